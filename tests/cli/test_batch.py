"""`safelight batch`: each picture of a file is made once, whatever happens on the way."""

import hashlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import pytest
from PIL import Image

from studio.domain.jobs import Job, JobState
from studio.imaging import metadata
from studio.imaging.pictures import load_picture
from studio.session import results
from studio.session.paths import Paths
from tests.cli.conftest import Call
from tests.cli.test_processes import wait_for, workers_of
from tests.cli.test_queue import ended, jobs

Spawn = Callable[..., "subprocess.Popen[str]"]
Start = Callable[[], "subprocess.Popen[str]"]
PROJECT = "jobs.safelight"


def write(*lines: dict[str, Any], **usual: Any) -> None:
    small = {"size": "64", "steps": 2, **usual}
    Path("jobs.jsonl").write_text("".join(f"{json.dumps({**small, **line})}\n" for line in lines), "utf-8")


@pytest.fixture
def started(spawn: Spawn) -> Iterator[Start]:
    """Starts the batch as a process of its own, which does not outlive the test."""
    if sys.platform == "win32":
        pytest.skip("ends processes by POSIX signals")
    processes: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        processes.append(spawn("batch", "jobs.jsonl"))
        return processes[-1]

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.communicate()


def wait_until(prompt: str, state: JobState) -> None:
    """Wait until the job of a line is in a state."""

    def reached() -> bool:
        known = jobs(PROJECT).values() if Path(PROJECT).exists() else ()
        return any(job.recipe.prompt == prompt and job.state is state for job in known)

    wait_for(reached, f"{state} job")


def files() -> dict[str, str]:
    """The pictures in the current folder and the digests of their bytes."""
    paths = sorted(Path().glob("*.png"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def states(document: Any) -> list[str]:
    return [line["state"] for line in document["lines"]]


def of_prompt(prompt: str) -> Job:
    return next(job for job in jobs(PROJECT).values() if job.recipe.prompt == prompt)


def blobs() -> list[Path]:
    return [path for path in Paths.of_user().blobs.rglob("*") if path.is_file()]


# ---------------------------------------------------------------------------------------- once through


def test_every_line_makes_its_pictures(call: Call) -> None:
    write(
        {"prompt": "sea", "seed": 7, "output": "sea.png"},
        {"prompt": "fox", "seed": 8, "batch": 2, "output": "out/fox.webp", "size": "64x128"},
        {"prompt": "boat", "seed": 9},
        {"prompt": "storm", "seed": 1, "image": "sea.png", "strength": 0.4, "output": "storm.png"},
    )
    done = call("batch", "jobs.jsonl")
    assert done.code == 0, done.err
    made = ("sea.png", "out/fox-1.webp", "out/fox-2.webp", "boat-9.png", "storm.png")
    assert done.out.splitlines() == [str(Path(name).absolute()) for name in made]
    assert "1 of 4 · sea" in done.err
    assert "4 of 4 done" in done.err
    recipe = metadata.read(Path("storm.png")).recipe
    assert recipe is not None
    assert recipe.source is not None
    assert (Path(recipe.source.path).name, recipe.source.strength) == ("sea.png", 0.4)
    assert load_picture(Path("out/fox-1.webp")).shape == (128, 64, 3)
    assert blobs() == []


def test_what_is_done_is_not_done_again(call: Call) -> None:
    write({"prompt": "sea", "output": "sea.png"}, {"prompt": "fox"})
    first = call("batch", "jobs.jsonl", "--json").json
    before = files()
    again = call("batch", "jobs.jsonl", "--json", engine="nothing:at-all")
    assert again.code == 0
    assert again.json["lines"] == first["lines"], "with the seeds that were drawn"
    assert files() == before
    assert "2 of 2 lines are done already." in call("batch", "jobs.jsonl").err


def test_lines_may_be_added_changed_moved_and_taken_out(call: Call) -> None:
    write({"prompt": "sea", "output": "sea.png"}, {"prompt": "fox", "output": "fox.png"})
    call("batch", "jobs.jsonl")
    before = files()
    write(
        {"prompt": "boat", "output": "boat.png"},
        {"prompt": "fox", "output": "fox.png"},
        {"prompt": "sea", "output": "sea2.png"},
    )
    done = call("batch", "jobs.jsonl", "--json")
    assert (done.code, states(done.json)) == (0, ["done"] * 3)
    after = files()
    assert sorted(after) == ["boat.png", "fox.png", "sea.png", "sea2.png"]
    assert {name: after[name] for name in before} == before


def test_pictures_that_are_gone_are_made_again_the_same(call: Call) -> None:
    write({"prompt": "sea", "output": "sea.png"}, {"prompt": "fox", "batch": 3, "output": "fox.png"})
    call("batch", "jobs.jsonl")
    before = {name: load_picture(Path(name)) for name in files()}
    for name in ("sea.png", "fox-2.png"):
        Path(name).unlink()
    done = call("batch", "jobs.jsonl")
    assert done.code == 0, done.err
    assert set(files()) == set(before)
    assert all((load_picture(Path(name)) == pixels).all() for name, pixels in before.items())
    assert not list(Path().glob("*-4.png"))


def test_the_same_line_twice_makes_two_pictures(call: Call) -> None:
    write({"prompt": "sea"}, {"prompt": "sea"})
    call("batch", "jobs.jsonl")
    assert len(files()) == 2
    call("batch", "jobs.jsonl")
    assert len(files()) == 2


def test_another_project_can_keep_the_jobs(call: Call) -> None:
    write({"prompt": "sea", "output": "sea.png"})
    done = call("batch", "jobs.jsonl", "--project", "all.safelight", "--json")
    assert done.json["project"] == str(Path("all.safelight").absolute())
    assert not Path(PROJECT).exists()


def draw_photo() -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """A photo of 200 × 120 pixels and a mask of a part of it, as files; what must not change, with a margin."""
    rng = np.random.default_rng(3)
    Image.fromarray(rng.integers(0, 256, (120, 200, 3), np.uint8)).save("photo.png")
    mask = np.zeros((120, 200), np.uint8)
    mask[40:70, 60:100] = 255
    Image.fromarray(mask).save("mask.png")
    outside: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = cv2.dilate(mask, np.ones((41, 41), np.uint8)) == 0
    return outside


def test_a_mask_makes_a_part_of_a_picture_anew_and_keeps_the_rest_byte_by_byte(call: Call) -> None:
    outside = draw_photo()
    write(
        {"prompt": "hut", "image": "photo.png", "mask": "mask.png", "output": "hut.png", "batch": 2, "size": None},
        {"prompt": "red hut", "image": "hut-1.png", "mask": "mask.png", "output": "red.png", "size": None},
    )
    done = call("batch", "jobs.jsonl")
    assert done.code == 0, done.err
    before = load_picture(Path("photo.png"))
    for name in ("hut-1.png", "hut-2.png", "red.png"):
        after = load_picture(Path(name))
        assert (after[outside] == before[outside]).all(), name
        assert (after[50:60, 70:90] != before[50:60, 70:90]).any(), name
    recipe = metadata.read(Path("red.png")).recipe
    assert recipe is not None
    assert recipe.inpaint is not None
    assert Path(recipe.inpaint.image).name == "hut-1.png"
    assert blobs() == []


# ---------------------------------------------------------------------------------------- before anything is begun


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ({"prompt": "fox", "promt": ""}, 2, "line 2: It has an unknown entry “promt”"),
        ({"prompt": "fox", "model": "none"}, 3, "line 2: "),
        ({"prompt": "fox", "steps": 0}, 2, "line 2: 0 steps cannot be run"),
        ({"prompt": "fox", "sampler": "none"}, 2, "line 2: There is no sampler “none”"),
        ({"prompt": "fox", "size": "1x"}, 2, "line 2: "),
        ({"prompt": "fox", "image": "none.png"}, 2, "line 2: "),
        ({"prompt": "fox", "image": "text.png"}, 2, "line 2: "),
        ({"prompt": "fox", "strength": 0.5}, 2, "line 2: Its strength counts from a picture"),
        ({"prompt": "fox", "mask": "taken.png"}, 2, "line 2: Its mask marks a part of a picture"),
        ({"prompt": "fox", "mask": "taken.png", "image": "taken.png"}, 2, "line 2: The part that a mask marks"),
        ({"prompt": "fox", "mask": "black.png", "image": "taken.png", "size": None}, 2, "line 2: The mask is empty"),
        ({"prompt": "fox", "output": "fox.bmp"}, 2, "line 2: Pictures are not written as “.bmp”"),
        ({"prompt": "fox", "output": "taken.png"}, 2, "taken.png exists and is not overwritten"),
        ({"prompt": "fox", "image": "a.png", "output": "a.png"}, 2, "line 2: It would save over a picture"),
        ({"prompt": "fox", "branches": [{"step": 5}]}, 2, "line 2: A branch after step 5"),
        ({"prompt": "fox", "image": "sea.png", "strength": 2.0}, 2, "line 2: A strength of 2.0"),
    ],
)
def test_a_line_at_fault_is_named_before_anything_is_begun(
    call: Call, line: dict[str, Any], code: int, says: str
) -> None:
    for name in ("black.png", "taken.png"):
        Image.new("RGB", (8, 8)).save(name)
    Path("text.png").write_text("hello")
    write({"prompt": "sea", "output": "sea.png"}, line)
    done = call("batch", "jobs.jsonl", engine="nothing:at-all")
    assert done.code == code, done.err
    assert says in done.err
    assert "Nothing was begun." in done.err
    assert list(files()) == ["black.png", "taken.png", "text.png"]
    assert not Path(PROJECT).exists()


def test_all_lines_at_fault_are_counted(call: Call) -> None:
    write({"prompt": "sea", "steps": 0}, {"prompt": "fox"}, {"prompt": "boat", "size": "65"})
    assert "There is something wrong with 1 more: 3." in call("batch", "jobs.jsonl").err


def test_a_project_is_no_batch_file(call: Call) -> None:
    assert call("batch", "a.safelight").code == 2


# ---------------------------------------------------------------------------------------- what goes wrong meanwhile


def test_a_line_that_fails_does_not_stop_the_others_and_is_tried_again(call: Call) -> None:
    write(
        {"prompt": "refuse", "output": "a.png"},
        {"prompt": "storm", "image": "a.png", "output": "b.png"},
        {"prompt": "fox", "output": "c.png"},
    )
    done = call("batch", "jobs.jsonl", "--json")
    assert done.code == 3
    assert states(done.json) == ["failed", "waiting", "done"]
    first, second, _ = done.json["lines"]
    assert first["problem"]["message"] == "The model is damaged."
    assert "was not made" in second["problem"]["message"]
    assert list(files()) == ["c.png"]
    again = call("batch", "jobs.jsonl")
    assert again.code == 3, "tried again"
    assert "1 of 3 done" in again.err


def test_a_picture_that_cannot_be_saved_is_a_failure_of_its_line_alone(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else writes a file of that name while the picture is made."""
    write({"prompt": "slow sea", "output": "a.png", "steps": 20}, {"prompt": "fox", "output": "b.png"})
    theirs = Path("theirs.png")
    Image.new("RGB", (8, 8), "red").save(theirs)
    keep = results.keep

    def keep_late(gallery: Any, job: Job, *others: Any) -> Any:
        if job.recipe.prompt == "slow sea" and theirs.exists():
            theirs.rename("a.png")
        return keep(gallery, job, *others)

    monkeypatch.setattr(results, "keep", keep_late)
    done = call("batch", "jobs.jsonl", "--json")
    assert (done.code, states(done.json)) == (2, ["failed", "done"])
    assert "a.png exists and is not overwritten" in done.json["lines"][0]["problem"]["message"]
    assert load_picture(Path("a.png")).shape == (8, 8, 3), "not touched"
    Path("a.png").unlink()
    done = call("batch", "jobs.jsonl", "--json")
    assert (done.code, states(done.json)) == (0, ["done", "done"])
    assert load_picture(Path("a.png")).shape == (64, 64, 3)


def test_a_line_that_kills_its_worker_twice_is_set_aside(call: Call) -> None:
    write({"prompt": "crash", "output": "a.png"}, {"prompt": "fox", "output": "b.png"})
    done = call("batch", "jobs.jsonl", "--json")
    assert (done.code, states(done.json)) == (6, ["quarantined", "done"])


# ---------------------------------------------------------------------------------------- stopped and killed


def test_ctrl_c_stops_and_the_next_start_goes_on(call: Call, started: Start) -> None:
    write({"prompt": "fox", "output": "a.png"}, {"prompt": "slow sea", "steps": 40, "output": "b.png"})
    process = started()
    wait_until("slow sea", JobState.RUNNING)
    process.send_signal(signal.SIGINT)
    stopped = ended(process)
    assert stopped.code == 130
    assert "The same command goes on from here." in stopped.err
    before = files()
    assert list(before) == ["a.png"]
    done = call("batch", "jobs.jsonl")
    assert (done.code, done.out) == (0, f"{Path('b.png').absolute()}\n")
    assert files()["a.png"] == before["a.png"]


def test_a_second_ctrl_c_ends_at_once(call: Call, started: Start) -> None:
    write({"prompt": "stuck", "output": "a.png"})
    process = started()
    wait_until("stuck", JobState.LOADING)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)  # while it waits for its worker, which does not answer
    workers = workers_of(process)
    process.send_signal(signal.SIGINT)
    assert ended(process).code == 130
    assert not psutil.wait_procs(workers, timeout=10)[1]
    assert not of_prompt("stuck").state.final


def test_what_a_removed_line_had_begun_is_left(call: Call, started: Start) -> None:
    write({"prompt": "slow sea", "steps": 1000, "output": "a.png"}, {"prompt": "fox", "output": "b.png"})
    process = started()
    wait_until("slow sea", JobState.RUNNING)
    process.kill()
    process.communicate()
    write({"prompt": "fox", "output": "b.png"})
    done = call("batch", "jobs.jsonl", "--json")
    assert (done.code, states(done.json)) == (0, ["done"])
    assert done.json["dropped"] == [of_prompt("slow sea").id]
    assert of_prompt("slow sea").state is JobState.CANCELLED


def test_a_batch_that_runs_is_not_started_twice(call: Call, started: Start) -> None:
    write({"prompt": "slow sea", "steps": 1000, "output": "a.png"})
    process = started()
    wait_until("slow sea", JobState.RUNNING)
    done = call("batch", "jobs.jsonl")
    assert (done.code, "Another process carries out" in done.err) == (2, True)
    assert process.poll() is None


def test_killed_again_and_again_it_makes_every_picture_once(call: Call, started: Start) -> None:
    """At any moment: while it starts, while a picture is made, and just after one was saved."""
    draw_photo()
    given = files()
    lines = [{"prompt": f"slow picture {number}", "steps": 6, "batch": 2} for number in range(3)]
    part = {"prompt": "slow hut", "steps": 6, "batch": 2, "image": "photo.png", "mask": "mask.png", "size": None}
    write(*lines[:2], part, lines[2])
    seen: dict[str, str] = {}
    for seconds in (0.4, 1.0, 1.6, 1.1, 2.0, 1.3):
        process = started()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        now = files()
        assert {name: now.get(name) for name in seen} == seen, "what was saved stays as it is"
        seen = now
    done = call("batch", "jobs.jsonl", "--json")
    assert (done.code, states(done.json)) == (0, ["done"] * 4)
    named = [Path(path).name for line in done.json["lines"] for path in line["files"]]
    assert sorted(files()) == sorted((*named, *given))
    assert len(set(named)) == 8
    assert [load_picture(Path(name)).shape for name in named[4:6]] == [(120, 200, 3)] * 2
    assert {name: files()[name] for name in seen} == seen
    # A kill in the middle of writing leaves the part that was written, under a name that no blob has.
    assert [blob for blob in blobs() if not blob.name.startswith(".new-")] == []
