"""The command line as a process: signals, full disks, rivals, and what remains afterwards."""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from studio.domain.recipe import Recipe
from studio.imaging import metadata
from studio.session.paths import HOME_VARIABLE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
Spawn = Callable[..., "subprocess.Popen[str]"]
PROJECT = Path(__file__).resolve().parents[2]


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"no {what} within {seconds} s"
        time.sleep(0.02)


def remaining(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file()]


def blobs(home: Path) -> list[str]:
    return remaining(home / "data" / "blobs")


def workers_of(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


@pytest.mark.parametrize(
    ("number", "prompt"),
    [(signal.SIGINT, "slow"), (signal.SIGINT, "stuck"), (signal.SIGTERM, "stuck"), (signal.SIGHUP, "slow")],
)
def test_a_signal_cancels_cleanly(home: Path, spawn: Spawn, number: signal.Signals, prompt: str) -> None:
    """Also when the engine does not react, as in the middle of loading a model."""
    process = spawn("generate", prompt, "--steps", 1000, "--size", 64, "-o", "a.png", "--preview-dir", "steps")
    steps = Path("steps")
    ready = (lambda: bool(remaining(steps))) if prompt == "slow" else (lambda: bool(workers_of(process)))
    wait_for(ready, "work")
    workers = workers_of(process)
    process.send_signal(number)
    began = time.monotonic()
    out, err = process.communicate(timeout=20)
    assert time.monotonic() - began < 8
    assert (process.returncode, out, err) == (130, "", "Cancelled.\n")
    assert workers
    assert not [worker for worker in workers if worker.is_running()]
    assert not Path("a.png").exists()
    assert not [name for name in remaining(Path()) if ".new-" in name]
    assert blobs(home) == []


def test_a_terminal_shows_progress_beside_the_result(home: Path, spawn: Spawn) -> None:
    ours, theirs = os.openpty()
    process = spawn("generate", "slow remark", "--steps", 30, "--batch", 2, "--size", 64, "-o", "a.png", stderr=theirs)
    os.close(theirs)
    out, _ = process.communicate(timeout=30)
    shown = b""
    with contextlib.suppress(OSError):  # Linux reports the closed other end so
        while data := os.read(ours, 65_536):
            shown += data
    os.close(ours)
    assert (process.returncode, out.splitlines()) == (0, ["a-1.png", "a-2.png"])
    text = shown.decode()
    assert all(part in text for part in ("Denoising 2 of 2", "/30", "note: The prompt was cut."))


def test_a_cancel_is_json_too(home: Path, spawn: Spawn) -> None:
    process = spawn("generate", "slow", "--steps", 1000, "--json")
    wait_for(lambda: bool(workers_of(process)), "worker")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert (process.returncode, json.loads(out)["error"]["kind"]) == (130, "cancelled")


def test_what_was_finished_before_a_cancel_stays(home: Path, spawn: Spawn) -> None:
    process = spawn("generate", "slow", "--steps", 15, "--batch", 60, "--size", 64, "-o", "a.png")
    wait_for(Path("a-1.png").exists, "first picture")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert sorted(out.splitlines()) == sorted(path.name for path in Path().glob("a-*.png"))
    for path in Path().glob("a-*.png"):
        assert metadata.read(path).prompt == "slow"
    assert blobs(home) == []


def test_a_killed_program_leaves_no_worker(spawn: Spawn) -> None:
    process = spawn("generate", "stuck")
    wait_for(lambda: bool(workers_of(process)), "worker")
    workers = workers_of(process)
    process.kill()
    process.communicate()
    assert not psutil.wait_procs(workers, timeout=10)[1]


def test_of_two_programs_with_one_goal_one_wins(home: Path, spawn: Spawn) -> None:
    processes = [
        spawn("generate", "slow sea", "--steps", 8, "--seed", 1, "--size", 64, "-o", "a.png") for _ in range(2)
    ]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert sorted(process.returncode for process in processes) == [0, 2]
    assert "exists and is not overwritten" in "".join(errors)
    recipe = metadata.read(Path("a.png")).recipe
    assert isinstance(recipe, Recipe)


def test_the_same_request_twice_at_once_gives_two_pictures(home: Path, spawn: Spawn) -> None:
    processes = [spawn("generate", "slow sea", "--steps", 8, "--seed", 1, "--size", 64) for _ in range(2)]
    for process in processes:
        process.communicate(timeout=60)
    assert [process.returncode for process in processes] == [0, 0]
    assert len(list(Path().glob("*.png"))) == 2
    assert blobs(home) == []


def limit_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_a_full_disk_before_the_work_is_done(home: Path, spawn: Spawn) -> None:
    """No file can grow: neither the blob nor the picture is written."""
    process = spawn("generate", "sea", "-o", "a.png", preexec_fn=limit_file_size)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 5
    assert err.startswith("error: ")
    assert "too large" in err
    assert remaining(Path()) == []
    assert blobs(home) == []


def test_a_disk_that_is_full_when_the_picture_is_saved_keeps_it(home: Path, spawn: Spawn) -> None:
    process = spawn("generate", "slow sea", "--size", 64, "--steps", 40, "-o", "a.png", "--preview-dir", "steps")
    wait_for(lambda: bool(remaining(Path("steps"))), "work")
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, 0))  # of the program, not of its worker
    _, err = process.communicate(timeout=30)
    assert process.returncode == 5
    assert not Path("a.png").exists()
    assert not [name for name in remaining(Path()) if ".new-" in name]
    (kept,) = blobs(home)
    assert f"The picture is not lost: it is kept as {kept}" in err
    assert metadata.read(Path(kept)).format == "PNG"


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_named_before_the_work(home: Path, spawn: Spawn) -> None:
    Path("closed").mkdir(mode=0o500)
    process = spawn("generate", "stuck", "-o", "closed/a.png")
    _, err = process.communicate(timeout=30)
    assert (process.returncode, "Permission denied" in err) == (5, True)


def test_help_answers_at_once_and_loads_nothing_heavy(home: Path) -> None:
    code = (
        "import sys; from studio.cli import main; code = main(['--help']); "
        "heavy = ('numpy', 'PIL', 'cv2', 'torch', 'PySide6', 'psygnal'); "
        "print([name for name in heavy if name in sys.modules]); sys.exit(code)"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert done.stdout.endswith("[]\n")
        assert "generate" in done.stdout
    assert min(times) < 0.5, "processor seconds"


def test_python_m_studio_is_the_same_program(home: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-m", "studio"]
    done = subprocess.run([*command, "--version"], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Safelight ")


def test_without_a_screen_the_window_says_what_to_do_instead(home: Path) -> None:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {"PYTHONPATH": str(PROJECT), HOME_VARIABLE: str(home)}
    for arguments in ([], ["picture.png"], ["--worker=thread"]):
        done = subprocess.run(
            [sys.executable, "-m", "studio", *arguments], env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (7, "")
        assert "safelight generate" in done.stderr


def test_a_reader_that_goes_away_is_no_error(home: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command = f"{sys.executable} -m studio models --json | true"
    done = subprocess.run(command, shell=True, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr


def test_a_picture_counts_more_than_who_hears_of_it(home: Path, spawn: Spawn) -> None:
    """Standard output is a pipe whose reader has gone before the first picture of two."""
    ours, theirs = os.pipe()
    os.close(ours)
    process = spawn("generate", "sea", "--size", 64, "--batch", 2, "-o", "a.png", stdout=theirs)
    os.close(theirs)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in err) == (0, False)
    assert sorted(remaining(Path())) == ["a-1.png", "a-2.png"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no full disk at hand")
def test_a_full_disk_behind_the_output_is_named(home: Path, spawn: Spawn) -> None:
    with Path("/dev/full").open("w") as full:
        _, err = (process := spawn("models", "--json", stdout=full)).communicate(timeout=30)
    assert process.returncode == 5
    assert err.startswith("error: The output could not be written")
