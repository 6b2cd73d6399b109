"""`safelight queue`: jobs in a project, added by one process and carried out by another."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.domain.jobs import Job, JobState
from studio.imaging import metadata
from studio.session.journal import Journal
from studio.session.paths import Paths
from tests.cli import fake_engine
from tests.cli.conftest import Call, Result
from tests.cli.test_processes import wait_for

Spawn = Callable[..., "subprocess.Popen[str]"]
NAME = "work.safelight"
SMALL = ("--size", 64, "--steps", 2)


def add(call: Call, prompt: str, *options: object) -> str:
    done = call("queue", "add", NAME, prompt, *SMALL, *options)
    assert done.code == 0, done.err
    return done.out.strip()


def jobs(name: str = NAME) -> dict[str, Job]:
    journal = Journal.open(Path(name))
    try:
        return {job.id: job for job in journal.jobs()}
    finally:
        journal.close()


def states() -> list[str]:
    return [str(job.state) for job in jobs().values()]


def listed(call: Call, *options: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call("queue", "list", NAME, "--json", *options).json["jobs"]
    return found


# ---------------------------------------------------------------------------------------- by itself


def test_what_is_added_waits_in_a_project_until_it_is_run(call: Call) -> None:
    first = add(call, "sea", "--seed", 7, "-o", "sea.png")
    second = add(call, "fox", "--seed", 8, "--batch", 2, "-o", "fox.png")
    assert [job["id"] for job in listed(call)] == [first, second]
    done = call("queue", "run", NAME)
    assert done.code == 0, done.err
    paths = [str(Path(name).absolute()) for name in ("sea.png", "fox-1.png", "fox-2.png")]
    assert done.out.splitlines() == paths
    assert "1 of 2 · sea" in done.err
    assert metadata.read(Path("fox-2.png")).recipe.seed == 9  # type: ignore[union-attr]
    assert listed(call) == []
    over = {job["id"]: job for job in listed(call, "--all")}
    assert (over[first]["state"], over[second]["files"]) == ("done", paths[1:])


def test_without_an_output_it_goes_to_the_users_pictures(call: Call, home: Path) -> None:
    add(call, "sea", "--seed", 7)
    call("queue", "run", NAME)
    (path,) = (home / "pictures").rglob("*.png")
    assert path.name.endswith("sea-7.png")


def test_the_queue_of_the_window_is_written_as_a_hyphen(call: Call) -> None:
    done = call("queue", "add", "-", "sea", *SMALL, "-o", "a.png", "--json")
    assert (done.json["project"], done.json["running"]) == (str(Paths.of_user().queue), False)
    assert call("queue", "run", "-").code == 0
    assert Path("a.png").exists()


def test_adding_starts_no_engine_and_checks_all_that_can_be_checked(call: Call) -> None:
    for options, code, says in [
        (("--steps", 0), 2, "0 steps cannot be run"),
        (("--size", "100x64"), 2, "Use 96x64"),
        (("--model", "none"), 3, "none"),
        (("--image", "none.png"), 2, "none.png"),
        (("-o", "a.bmp"), 2, "“.bmp”"),
        (("--needs", "abc"), 2, "There is no job “abc”"),
        (("--image-of", "abc"), 2, "There is no job “abc”"),
    ]:
        done = call("queue", "add", NAME, "sea", *options, engine="nothing:at-all")
        assert done.code == code, done.err
        assert says in done.err
    assert not Path(NAME).exists()


def test_a_job_runs_after_those_it_needs_and_begins_with_their_picture(call: Call) -> None:
    first = add(call, "sea", "-o", "a.png")
    second = add(call, "storm", "--image-of", first, "--strength", 0.3, "-o", "b.png", "--next")
    third = add(call, "calm", "--needs", second, "-o", "c.png", "--next")
    assert [job["id"] for job in listed(call)] == [third, second, first], "as they were put before each other"
    assert {job["id"]: job["needs"] for job in listed(call)} == {first: [], second: [first], third: [second]}
    done = call("queue", "run", NAME)
    assert [Path(line).name for line in done.out.splitlines()] == ["a.png", "b.png", "c.png"]
    source = metadata.read(Path("b.png")).recipe.source  # type: ignore[union-attr]
    assert source is not None
    assert (Path(source.path).name, source.strength) == ("a.png", 0.3)


def test_batch_work_lets_others_go_first(call: Call) -> None:
    batch = add(call, "sea", "--batch-priority")
    interactive = add(call, "fox")
    assert [job["id"] for job in listed(call)] == [interactive, batch]


def test_a_failure_stops_nobody_but_those_who_need_it(call: Call) -> None:
    bad = add(call, "refuse", "-o", "a.png")
    needs = add(call, "storm", "--image-of", bad, "-o", "b.png")
    good = add(call, "fox", "-o", "c.png")
    done = call("queue", "run", NAME)
    assert done.code == 3, "that of the model which is damaged"
    assert "refuse: failed. The model is damaged. Download it again." in done.err
    assert "1 is left. Jobs that were needed were not done." in done.err
    found = jobs()
    assert [found[name].state for name in (bad, needs, good)] == [JobState.FAILED, JobState.QUEUED, JobState.DONE]
    assert call("queue", "retry", NAME, "--all").code == 0
    assert jobs()[bad].state is JobState.QUEUED


def test_an_engine_that_cannot_be_had_costs_no_jobs(call: Call) -> None:
    add(call, "sea")
    add(call, "fox")
    done = call("queue", "run", NAME, engine=f"{fake_engine.__name__}:unavailable")
    assert (done.code, "There is no device" in done.err) == (7, True)
    assert done.err.count("There is no device") == 1
    assert set(states()) <= {"queued", "interrupted"}, "they wait for another try"


def test_json_tells_what_came_of_the_run(call: Call) -> None:
    add(call, "sea", "--seed", 3, "-o", "a.png")
    add(call, "refuse", "--seed", 4)
    done = call("queue", "run", NAME, "--json")
    assert (done.code, done.err) == (3, "")
    first, second = done.json["jobs"]
    assert (first["state"], first["files"], first["seed"]) == ("done", [str(Path("a.png").absolute())], 3)
    assert (second["state"], second["problem"]["kind"]) == ("failed", "model")


def test_json_of_a_run_that_leaves_something_is_one_document(call: Call) -> None:
    call("queue", "pause", NAME, add(call, "sea"))
    done = call("queue", "run", NAME, "--json")
    assert (done.code, done.err, [job["state"] for job in done.json["jobs"]]) == (130, "", ["paused"])


def test_a_picture_that_cannot_be_saved_is_kept_until_it_can(call: Call) -> None:
    add(call, "sea", "--seed", 3, "-o", "a.png")
    Path("a.png").write_text("somebody else's")
    done = call("queue", "run", NAME, "--json")
    assert done.code == 2
    assert "exists and is not overwritten" in done.json["jobs"][0]["problem"]["message"]
    assert Path("a.png").read_text() == "somebody else's"
    Path("a.png").unlink()
    assert call("queue", "run", NAME).code == 0
    assert metadata.read(Path("a.png")).recipe.seed == 3  # type: ignore[union-attr]


# ---------------------------------------------------------------------------------------- changes, nobody running


def test_a_paused_queue_and_a_paused_job_wait(call: Call) -> None:
    first, second = add(call, "sea", "-o", "a.png"), add(call, "fox", "-o", "b.png")
    assert call("queue", "pause", NAME).code == 0
    done = call("queue", "run", NAME)
    assert (done.code, "is paused" in done.err) == (2, True)
    assert "The queue is paused." in call("queue", "list", NAME).err
    call("queue", "resume", NAME)
    call("queue", "pause", NAME, first[:6])
    assert [job["state"] for job in listed(call)] == ["queued", "paused"]
    done = call("queue", "run", NAME)
    assert (done.code, f"1 is left. Paused: {first}." in done.err) == (130, True)
    assert (jobs()[first].state, jobs()[second].state) == (JobState.PAUSED, JobState.DONE)
    call("queue", "resume", NAME, first)
    assert call("queue", "run", NAME).code == 0
    assert Path("a.png").exists()


def test_cancelled_jobs_do_not_run_and_can_be_tried_again(call: Call) -> None:
    first, _ = add(call, "sea", "-o", "a.png"), add(call, "fox", "-o", "b.png")
    assert call("queue", "cancel", NAME, first).code == 0
    assert sorted(states()) == ["cancelled", "queued"]
    assert call("queue", "cancel", NAME, "--all").code == 0
    assert states() == ["cancelled", "cancelled"]
    call("queue", "retry", NAME, first)
    assert call("queue", "run", NAME).out.splitlines() == [str(Path("a.png").absolute())]


@pytest.mark.parametrize("arguments", [("cancel", "abc"), ("pause", "abc"), ("cancel",), ("cancel", "abc", "--all")])
def test_jobs_that_are_not_there_are_named(call: Call, arguments: tuple[str, ...]) -> None:
    add(call, "sea")
    act, *names = arguments
    done = call("queue", act, NAME, *names)
    assert done.code == 2
    assert "There is no job “abc”" in done.err or "It is not said which jobs" in done.err
    assert states() == ["queued"]


def test_a_project_that_is_not_there_is_no_empty_queue(call: Call) -> None:
    for act in ("list", "run", "pause", "resume"):
        done = call("queue", act, "none.safelight")
        assert (done.code, "Save As" in done.err) == (2, False)
        assert "none.safelight" in done.err
    assert not Path("none.safelight").exists()


def test_what_a_terminal_would_obey_is_written_out(call: Call) -> None:
    add(call, "sea \x1b[31m [bold]red")
    shown = call("queue", "list", NAME).out
    assert "\x1b" not in shown
    assert "[bold]red" in shown


# ---------------------------------------------------------------------------------------- while another process runs it


@pytest.fixture
def runner(call: Call, spawn: Spawn) -> Iterator["subprocess.Popen[str]"]:
    """Another process that carries out a slow job."""
    if sys.platform == "win32":
        pytest.skip("ends processes by POSIX signals")
    call("queue", "add", NAME, "slow sea", "--size", 64, "--steps", 1000, "-o", "slow.png")
    process = spawn("queue", "run", NAME)
    wait_for(lambda: "running" in states(), "running job")
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def ended(process: "subprocess.Popen[str]") -> Result:
    out, err = process.communicate(timeout=30)
    return Result(process.returncode, out, err)


def test_who_runs_a_queue_takes_up_what_others_add_and_does_what_they_ask(
    call: Call, runner: "subprocess.Popen[str]"
) -> None:
    (slow,) = jobs()
    done = call("queue", "add", NAME, "fox", *SMALL, "-o", "fox.png", "--json")
    assert done.json["running"]
    assert call("queue", "cancel", NAME, slow).code == 0
    done = ended(runner)
    assert done.code == 130, "a job was cancelled"
    assert not done.err.endswith("Cancelled.\n"), "the command was not"
    assert done.out.splitlines() == [str(Path("fox.png").absolute())]
    assert jobs()[slow].state is JobState.CANCELLED


def test_many_may_add_at_once_and_nothing_is_lost(call: Call, spawn: Spawn, runner: "subprocess.Popen[str]") -> None:
    adding = [
        spawn("queue", "add", NAME, f"picture {number}", *SMALL, "-o", f"{number}.png", "--batch-priority")
        for number in range(6)
    ]
    for process in adding:
        process.communicate(timeout=60)
    (slow,) = [job.id for job in jobs().values() if job.recipe.prompt == "slow sea"]
    call("queue", "cancel", NAME, slow)
    done = ended(runner)
    assert sorted(Path(line).name for line in done.out.splitlines()) == [f"{number}.png" for number in range(6)]
    assert sorted(states()) == ["cancelled", *["done"] * 6]


def test_a_queue_is_run_once(call: Call, runner: "subprocess.Popen[str]") -> None:
    done = call("queue", "run", NAME)
    assert done.code == 2
    assert "Another process carries out" in done.err
    assert runner.poll() is None


def test_a_pause_from_outside_ends_the_run_and_keeps_all(call: Call, runner: "subprocess.Popen[str]") -> None:
    call("queue", "pause", NAME)
    done = ended(runner)
    assert done.code == 130
    assert "1 is left. The queue is paused." in done.err
    assert states() == ["queued"]
    call("queue", "resume", NAME)
    assert not call("queue", "list", NAME, "--json").json["paused"]


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_ctrl_c_keeps_what_runs(call: Call, runner: "subprocess.Popen[str]", number: str) -> None:
    runner.send_signal(getattr(signal, number))
    done = ended(runner)
    assert done.code == 130
    assert done.err.endswith("Stopped. The same command goes on from here.\nCancelled.\n")
    assert states() in (["queued"], ["interrupted"])


def test_a_killed_run_loses_nothing(call: Call, runner: "subprocess.Popen[str]") -> None:
    (slow,) = jobs()
    runner.kill()
    runner.communicate()
    assert [job["state"] for job in listed(call)] == ["interrupted"], "nobody runs it"
    fox = add(call, "fox", "-o", "fox.png", "--next")
    call("queue", "cancel", NAME, slow)
    assert call("queue", "run", NAME).code == 0
    assert {job.id: job.state for job in jobs().values()} == {slow: JobState.CANCELLED, fox: JobState.DONE}
