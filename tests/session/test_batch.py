"""Batch files: what a line may say, how it is known again, and what of it is still to be made."""

import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.jobs import Job, JobState, Picture, Priority, sources_of
from studio.domain.recipe import MAX_BATCH, Branch, Recipe, SourceImage
from studio.session import batch
from studio.session.batch import Line, Plan, Wanted

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a batch file with these lines: objects, or text as it is."""

    def make(*lines: Any, name: str = "jobs.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines), "utf-8")
        return path

    return make


def read(path: Path, here: Path | None = None) -> tuple[Wanted, ...]:
    return batch.read(path, path.with_suffix(".safelight"), here or path.parent)


def ids(path: Path, here: Path | None = None) -> list[str]:
    return [one.id for one in read(path, here)]


def fault(path: Path) -> str:
    with pytest.raises(StudioError) as caught:
        read(path)
    assert caught.value.problem.kind is ErrorKind.INPUT
    return str(caught.value)


def task(one: Wanted) -> Recipe:
    return Recipe(one.line.prompt, source=SourceImage(one.image) if one.image else None, batch=one.line.batch)


def planned(path: Path, known: dict[str, Job] | None = None) -> Plan:
    prefix = batch.mark(path, path.with_suffix(".safelight"))
    return batch.plan(read(path), prefix, known or {}, task)


def known_of(plan: Plan, **changes: Any) -> dict[str, Job]:
    return {job.id: dataclasses.replace(job, **changes) for job in plan.begun}


# ------------------------------------------------------------------------------------------------ lines


def test_a_line_says_what_it_says_and_the_rest_is_as_usual(write: Write) -> None:
    path = write(
        "# a remark",
        "",
        {
            "prompt": "sea",
            "negative": "fog",
            "model": "sd",
            "size": "64x96",
            "steps": 5,
            "guidance": 4,
            "sampler": "euler",
            "seed": 7,
            "strength": 0.5,
            "batch": 2,
            "loras": ["a:0.5"],
            "upscale": 2,
            "fast": True,
            "branches": [{"step": 3, "prompt": "storm"}],
        },
        {"prompt": "boat\u2028at night"},
    )
    first, second = read(path)
    assert (first.number, second.number) == (3, 4)
    assert first.line == Line(
        "sea", "fog", "sd", "64x96", 5, 4.0, "euler", 7, strength=0.5, batch=2, loras=("a:0.5",), upscale=2, fast=True,
        branches=(Branch(3, "storm"),),
    )  # fmt: skip
    assert second.line == Line("boat\u2028at night")


def test_windows_lines_and_a_byte_order_mark_are_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "jobs.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"prompt": "sea"}\r\n\r\n{"prompt": "boat"}\r\n')
    assert [one.line.prompt for one in read(path)] == ["sea", "boat"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"prompt": "a", "promt": "b"}, "It has an unknown entry “promt”"),
        ({"prompt": "a", "steps": "5"}, "Its steps should be int, not str"),
        ({"prompt": "a", "seed": True}, "Its seed should be int, not bool"),
        ({"prompt": "a", "branches": [{"step": 1, "promt": ""}]}, "branches[0] has an unknown entry “promt”"),
        ({"prompt": "a", "branches": [{}]}, "branches[0] is incomplete"),
        ({"prompt": None}, "Its prompt should be str"),
        ({"steps": 5}, "It has no prompt"),
        ('{"prompt": "a"', "It is no JSON object"),
        ('{"prompt": "a", "prompt": "b"}', "It has the entry “prompt” twice"),
        ('{"prompt": "a", "guidance": NaN}', "NaN, which is no number"),
        ('["a"]', "It is no JSON object"),
        ("[" * 100_000, "It is nested too deeply"),
        (f'{{"prompt": "a", "seed": {"9" * 5000}}}', "line 2: "),
    ],
)
def test_a_line_at_fault_is_named_with_its_entry(write: Write, line: Any, says: str) -> None:
    message = fault(write({"prompt": "fine"}, line))
    assert message.startswith("jobs.jsonl, line 2: ")
    assert says in message
    assert "Nothing was begun." in message


def test_all_lines_at_fault_are_named_at_once(write: Write) -> None:
    message = fault(write({"prompt": "a", "x": 1}, {"prompt": "b"}, {}, "nonsense"))
    assert "line 1: " in message
    assert "something wrong with 2 more: 3, 4." in message


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    assert "cannot be read" in fault(tmp_path / "missing.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"prompt": "\xe9"}')
    assert "UTF-8" in fault(tmp_path / "latin.jsonl")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Never anything else than a StudioError."""
    try:
        found = batch._line(text)
    except ValueError:
        return
    assert isinstance(found, Line)


# ------------------------------------------------------------------------------------------------ known again


def test_a_line_is_known_wherever_it_stands_and_however_it_is_written(write: Write) -> None:
    before = ids(write({"prompt": "sea", "seed": 1}, {"prompt": "boat"}))
    after = ids(write('{"seed":1,   "prompt":"\\u0073ea", "negative": ""}', "", {"prompt": "fox"}, {"prompt": "boat"}))
    assert [after[0], after[2]] == before
    assert after[1] not in before


def test_a_line_that_says_something_else_is_another(write: Write) -> None:
    lines = [{"prompt": "sea"}, {"prompt": "sea", "seed": 0}, {"prompt": "sea", "output": "a.png"}, {"prompt": "sea."}]
    assert len(set(ids(write(*lines)))) == len(lines)


def test_equal_lines_are_counted(write: Write) -> None:
    two = ids(write({"prompt": "sea"}, {"prompt": "sea"}))
    assert len(set(two)) == 2
    assert ids(write({"prompt": "sea"}, {"prompt": "sea"}, {"prompt": "sea"}))[:2] == two


def test_the_same_line_of_another_batch_is_another_job(write: Write, tmp_path: Path) -> None:
    project = tmp_path / "all.safelight"
    one, other = write({"prompt": "sea"}), write({"prompt": "sea"}, name="others.jsonl")
    first, second = (batch.read(path, project, tmp_path)[0].id for path in (one, other))
    assert first != second
    assert first.startswith(batch.mark(one, project))
    assert not second.startswith(batch.mark(one, project))


def test_a_batch_is_the_same_after_its_folder_was_moved(tmp_path: Path) -> None:
    found = []
    for name in ("here", "there"):
        folder = tmp_path / name
        folder.mkdir()
        path = folder / "jobs.jsonl"
        path.write_text(json.dumps({"prompt": "sea", "image": "in.png", "output": "out/a.png"}))
        (one,) = read(path, folder)
        assert (one.image, one.output) == (str(folder / "in.png"), str(folder / "out" / "a.png"))
        found.append(one.id)
    assert found[0] == found[1]


def test_paths_are_relative_to_the_working_folder(write: Write, tmp_path: Path) -> None:
    path = write({"prompt": "sea", "output": "a.png"}, {"prompt": "sea"})
    named, unnamed = read(path, tmp_path / "elsewhere")
    assert named.output == str(tmp_path / "elsewhere" / "a.png")
    assert unnamed.output == str(tmp_path / "elsewhere")
    here = ids(path)
    assert here[0] != named.id, "another file"
    assert here[1] == unnamed.id, "repeated nowhere, wherever the batch is started from"


# ---------------------------------------------------------------------- one line's picture for another


def test_a_line_needs_the_line_whose_picture_it_begins_with(write: Write) -> None:
    first, second, third = read(
        write(
            {"prompt": "sea", "output": "a.png", "batch": 2},
            {"prompt": "storm", "image": "./x/../a-2.png", "output": "b.png"},
            {"prompt": "calm", "image": "b.png", "mask": "a-1.png", "output": "c.png"},
        )
    )
    assert first.needs == ()
    assert second.needs == (first.id,)
    assert set(third.needs) == {first.id, second.id}


def test_a_line_cannot_begin_with_what_a_later_one_or_itself_makes(write: Write) -> None:
    later = {"prompt": "sea", "output": "a.png"}
    assert "picture that line 2 makes" in fault(write({"prompt": "storm", "image": "a.png"}, later))
    assert "save over a picture" in fault(write({"prompt": "storm", "image": "a.png", "output": "a.png"}))


def test_two_lines_cannot_make_one_file(write: Write, tmp_path: Path) -> None:
    assert "file of line 1" in fault(write({"prompt": "sea", "output": "a.png"}, {"prompt": "fox", "output": "a.png"}))
    assert "file of line 1" in fault(
        write({"prompt": "sea", "output": "a.png", "batch": 3}, {"prompt": "fox", "output": "a-3.png"})
    )
    (tmp_path / "out").mkdir()
    assert len(read(write({"prompt": "sea", "output": "out"}, {"prompt": "fox", "output": "out"}))) == 2


def test_a_batch_of_any_number_is_read_at_once(write: Write) -> None:
    (one,) = read(write({"prompt": "sea", "output": "a.png", "batch": 10**12}))
    assert len(one.files) == MAX_BATCH


# ---------------------------------------------------------------------- what is still to be made


def test_a_new_batch_makes_a_job_of_each_line_in_their_order(write: Write) -> None:
    path = write({"prompt": "sea"}, {"prompt": "fox", "output": "a.png"}, {"prompt": "boat", "image": "a.png"})
    plan = planned(path)
    assert [job.task.prompt for job in plan.begun] == ["sea", "fox", "boat"]  # type: ignore[union-attr]
    assert [job.priority for job in plan.begun] == [Priority.BATCH] * 3
    ranks = [job.rank for job in plan.begun]
    assert ranks == sorted(set(ranks))
    assert plan.begun[2].needs == (plan.begun[1].id,)
    assert plan.begun[1].output == str(path.parent / "a.png")
    assert plan.dropped == ()


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.LOADING, JobState.RUNNING, JobState.INTERRUPTED])
def test_what_waits_or_was_under_way_is_left_to_the_queue(write: Write, state: JobState) -> None:
    path = write({"prompt": "sea"})
    assert planned(path, known_of(planned(path), state=state)) == Plan((), ())


@pytest.mark.parametrize("state", [JobState.PAUSED, JobState.FAILED, JobState.CANCELLED, JobState.QUARANTINED])
def test_what_was_stopped_or_failed_goes_on_with_its_seed_and_pictures(write: Write, state: JobState) -> None:
    path = write({"prompt": "sea", "batch": 2})
    done = (Picture(0, 5, "ab", 8, 8, "somewhere.png"),)
    known = known_of(planned(path), state=state, pictures=done, task=Recipe("sea", seed=5, batch=2))
    (job,) = planned(path, known).begun
    assert (job.state, job.pictures, job.recipe.seed) == (JobState.QUEUED, done, 5)


def test_what_is_done_is_done(write: Write) -> None:
    path = write({"prompt": "sea", "output": "a.png"})
    (path.parent / "a.png").touch()
    known = known_of(planned(path), state=JobState.DONE, pictures=(Picture(0, 5, "ab", 8, 8, "old/a.png"),))
    assert planned(path, known) == Plan((), ())


def test_pictures_whose_files_are_gone_are_made_again_from_the_first_of_them_on(write: Write) -> None:
    path = write({"prompt": "sea", "output": "a.png", "batch": 3})
    for name in ("a-1.png", "a-3.png"):
        (path.parent / name).touch()
    pictures = tuple(Picture(index, index, "ab", 8, 8, f"a-{index + 1}.png") for index in range(3))
    (job,) = planned(path, known_of(planned(path), state=JobState.DONE, pictures=pictures)).begun
    assert (job.state, job.pictures) == (JobState.QUEUED, pictures[:1])


def test_the_jobs_of_lines_that_are_gone_are_cancelled_unless_they_are_over(write: Write) -> None:
    known = known_of(planned(write({"prompt": "sea"}, {"prompt": "fox"}, {"prompt": "boat"})))
    sea, fox, boat = known.values()
    known[sea.id] = dataclasses.replace(sea, state=JobState.DONE)
    other = Job("other", Recipe("not of this batch"))
    plan = planned(write({"prompt": "boat"}), {**known, other.id: other})
    assert [job.id for job in plan.dropped] == [fox.id]
    assert plan.dropped[0].state is JobState.CANCELLED
    assert plan.begun == ()
    assert boat.id in known


def test_unfinished_jobs_follow_a_folder_that_was_moved(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "jobs.jsonl").write_text(json.dumps({"prompt": "sea", "image": "in.png", "output": "a.png"}))
    known = known_of(planned(folder / "jobs.jsonl"))
    moved = folder.rename(tmp_path / "there")
    (job,) = planned(moved / "jobs.jsonl", known).begun
    assert job.id in known
    assert (job.output, sources_of(job.task)) == (str(moved / "a.png"), (str(moved / "in.png"),))


def test_ten_thousand_lines_are_planned_in_a_second(write: Write) -> None:
    path = write(*({"prompt": "sea", "seed": seed, "output": f"{seed}.png"} for seed in range(10_000)))
    began = time.process_time()
    known = known_of(planned(path))
    assert len(planned(path, known).begun) == 0
    assert time.process_time() - began < 6, "twice"
