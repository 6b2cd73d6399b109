"""A job as a state machine: whatever happens in whatever order, each step is a legal one."""

import dataclasses
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.errors import ErrorKind, Problem
from studio.domain.inpainting import Inpaint
from studio.domain.jobs import (
    Job,
    JobState,
    Picture,
    Priority,
    Task,
    made_by,
    maker_of,
    order,
    sources_of,
    with_sources,
)
from studio.domain.recipe import Recipe, SourceImage
from studio.domain.sequence import Footage, FrameSequence, Held
from studio.domain.training import Training
from studio.domain.treatment import Deflicker, FlowLoop, Interpolation, Loopify
from studio.domain.upscaling import Upscaling

S = JobState
PROBLEM = Problem(ErrorKind.CRASH, "The worker ended.")
ENDS = {S.DONE, S.FAILED, S.CANCELLED, S.QUARANTINED}
ACTIVE = {S.LOADING, S.RUNNING}
LEGAL = {(before, end) for before in set(S) - ENDS for end in ENDS} | {
    (S.QUEUED, S.LOADING),
    (S.LOADING, S.RUNNING),
    *((before, S.PAUSED) for before in (S.QUEUED, S.LOADING, S.RUNNING, S.INTERRUPTED)),
    *((before, S.INTERRUPTED) for before in (S.QUEUED, S.LOADING, S.RUNNING)),
    *((before, S.QUEUED) for before in (S.PAUSED, S.INTERRUPTED)),
}
EVENTS: list[Callable[[Job], Job]] = [
    *(lambda job, state=state: job.moved(state) for state in JobState),
    lambda job: job.died(PROBLEM),
    lambda job: job.progressed(),
]
WORKER = st.sampled_from(EVENTS)
SOME = Recipe(prompt="sea")


def job(state: JobState = S.QUEUED, **values: object) -> Job:
    return dataclasses.replace(Job("1", SOME, state), **values)  # type: ignore[arg-type]


@given(st.lists(WORKER, max_size=40))
def test_any_order_of_events_leaves_a_legal_job(events: list[Callable[[Job], Job]]) -> None:
    line = [job()]
    for event in events:
        line.append(event(line[-1]))
    for before, after in pairwise(line):
        assert before.state is after.state or (before.state, after.state) in LEGAL
        assert before.state not in ENDS or after.state is before.state, "an end is final"


@pytest.mark.parametrize("before", JobState)
@pytest.mark.parametrize("after", JobState)
def test_each_step_is_taken_or_refused(before: JobState, after: JobState) -> None:
    moved = job(before, step=3, phase="load").moved(after)
    taken = (before, after) in LEGAL or before is after
    assert moved == job(after if taken else before, step=3, phase="load")


@given(st.lists(WORKER, max_size=40))
def test_the_first_end_stays(events: list[Callable[[Job], Job]]) -> None:
    present, first = job(), None
    for event in events:
        present = event(present)
        first = first or (present.state if present.state in ENDS else None)
    assert present.state is first if first else present.state not in ENDS


@pytest.mark.parametrize("state", JobState)
def test_what_the_states_mean(state: JobState) -> None:
    assert state.final == (state in ENDS)
    assert state.active == (state in ACTIVE)


@pytest.mark.parametrize("state", [S.QUEUED, S.LOADING, S.RUNNING])
def test_a_worker_that_ends_interrupts_its_job_and_the_second_in_a_row_sets_it_aside(state: JobState) -> None:
    once = job(state).died(PROBLEM, "trace")
    assert (once.state, once.deaths, once.problem, once.details) == (S.INTERRUPTED, 1, PROBLEM, "trace")
    twice = once.moved(S.QUEUED).moved(S.LOADING).died(PROBLEM)
    assert (twice.state, twice.deaths) == (S.QUARANTINED, 2)
    assert twice.died(PROBLEM) is twice


@pytest.mark.parametrize("state", sorted(set(S) - {S.QUEUED, S.LOADING, S.RUNNING}))
def test_a_job_that_no_worker_has_does_not_die(state: JobState) -> None:
    assert job(state).died(PROBLEM) == job(state)


def test_a_job_that_came_further_in_between_is_not_set_aside() -> None:
    once = job(S.RUNNING).died(PROBLEM, "trace")
    further = once.moved(S.QUEUED).moved(S.LOADING).moved(S.RUNNING).progressed()
    assert (further.deaths, further.problem, further.details) == (0, None, "")
    assert further.died(PROBLEM).state is S.INTERRUPTED
    assert job().progressed() == job()


@pytest.mark.parametrize("state", JobState)
def test_what_ended_badly_can_be_tried_again_with_what_it_made(state: JobState) -> None:
    pictures = (Picture(0, 5, "ab", 8, 8, "sea.png"),)
    over = job(state, pictures=pictures, step=3, total=9, phase="denoise", problem=PROBLEM, deaths=2, ended=7.0)
    again = over.again()
    if state in (S.FAILED, S.CANCELLED, S.QUARANTINED):
        assert again == job(pictures=pictures)
    else:
        assert again == over


@given(
    st.lists(
        st.builds(
            Job,
            st.text(max_size=3),
            st.just(SOME),
            priority=st.sampled_from(Priority),
            rank=st.floats(allow_nan=False),
        ),
        max_size=8,
    )
)
def test_somebody_who_waits_goes_first_then_the_rank_counts(jobs: list[Job]) -> None:
    for before, after in pairwise(sorted(jobs, key=order)):
        assert before.priority <= after.priority
        if before.priority == after.priority:
            assert before.rank <= after.rank


@given(st.text("0123456789abcdef", min_size=1), st.integers(0, 99))
def test_the_maker_of_a_picture_stands_in_its_place(job_id: str, index: int) -> None:
    assert maker_of(made_by(job_id, index)) == (job_id, index)


@pytest.mark.parametrize("path", ["", "/pictures/sea.png", "C:\\job\\sea.png", "/pictures/job:1#2"])
def test_a_path_has_no_maker(path: str) -> None:
    assert maker_of(path) is None


def test_a_maker_without_an_index_made_the_first() -> None:
    assert maker_of("job:ab") == ("ab", 0)
    assert maker_of("job:ab#x") == ("ab", 0)


TASKS = [
    (Recipe(source=SourceImage("a.png", 0.5)), ("a.png",)),
    (Recipe(inpaint=Inpaint("a.png", "m.png")), ("a.png", "m.png")),
    (Recipe(), ()),
    (Upscaling("a.png"), ("a.png",)),
    (Training(), ()),
    (FrameSequence(Recipe()), ()),
    (
        FrameSequence(Recipe(), source=Footage(("a.mp4",)), held=(Held(1, "b.png"),), first="c.png", last="d.png"),
        ("a.mp4", "b.png", "c.png", "d.png"),
    ),
    (FlowLoop("a.png", freeze="m.png"), ("a.png", "m.png")),
    (FlowLoop("a.png"), ("a.png",)),
    (Loopify(Footage(("a.png", "b.png"))), ("a.png", "b.png")),
    (Interpolation(Footage(("a.mp4",))), ("a.mp4",)),
    (Deflicker(Footage(("a.mp4",))), ("a.mp4",)),
]


@pytest.mark.parametrize(("task", "paths"), TASKS)
def test_a_task_begins_with_its_sources(task: Task, paths: tuple[str, ...]) -> None:
    assert sources_of(task) == paths
    elsewhere = with_sources(task, {path: f"/there/{path}" for path in paths})
    assert sources_of(elsewhere) == tuple(f"/there/{path}" for path in paths)
    assert with_sources(elsewhere, {f"/there/{path}": path for path in paths}) == task, "nothing else changed"


def test_a_job_needs_those_that_it_names_and_those_whose_pictures_it_begins_with() -> None:
    task = Recipe(inpaint=Inpaint(made_by("a", 1), made_by("b")))
    assert Job("1", task, needs=("c",)).needed == {"a", "b", "c"}
    assert Job("1", Upscaling(made_by("d"))).needed == {"d"}
    assert job().needed == frozenset()


def test_only_a_recipe_makes_pictures() -> None:
    assert job().makes_pictures and job().recipe == SOME
    other = Job("1", Upscaling("a.png"))
    assert not other.makes_pictures
    with pytest.raises(TypeError):
        _ = other.recipe


@pytest.mark.parametrize("task", [FrameSequence(SOME), FlowLoop("a.png"), Loopify(Footage(("a.mp4",)))])
def test_clips_make_frames_and_no_pictures(task: Task) -> None:
    made = Job("1", task)
    assert made.makes_frames and not made.makes_pictures and not job().makes_frames
    with pytest.raises(TypeError):
        _ = made.recipe


def test_a_clip_waits_for_the_pictures_that_it_holds() -> None:
    task = FrameSequence(SOME, held=(Held(0, made_by("a")),), source=Footage((made_by("b"),)), first=made_by("c"))
    assert Job("1", task).needed == {"a", "b", "c"}
