"""Live painting: the newest sketch wins, equal work is done once, jobs go first, and nothing comes when it is off."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.document.layers import Mask
from studio.domain.errors import ErrorKind, Problem
from studio.domain.inpainting import Infill
from studio.domain.jobs import Cost, Picture
from studio.domain.messages import (
    Cancelled,
    Failed,
    Finished,
    Interrupted,
    Phase,
    PictureDone,
    Preview,
    Progress,
    Run,
    Started,
)
from studio.domain.recipe import Lora, Recipe, Sampling
from studio.imaging.blobs import BlobStore
from studio.imaging.masks import load_mask
from studio.imaging.pictures import load_picture
from studio.imaging.pixels import encode_png
from studio.session.live_painting import LONGEST, QUIET
from studio.session.live_requests import FEW, few_steps
from studio.session.live_state import LiveState
from tests.examples import few
from tests.session.live_bench import FAST, FRAME, SIDE, TINY, Bench, a_bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with a_bench(tmp_path) as made:
        yield made


def shades(bench: Bench) -> list[int | None]:
    return [None if seen is None else int(seen.patch.pixels[0, 0, 0]) for seen in bench.seen]


# ---------------------------------------------------------------------------------------------------- what is asked for


def test_the_frame_is_painted_from_what_is_seen_in_few_steps(bench: Bench) -> None:
    bench.paint(40)
    bench.begin()
    recipe = bench.run.recipe
    assert bench.colour() == 40 and recipe.source is not None and recipe.source.strength == 0.5
    assert (recipe.loras, recipe.sampling, recipe.seed) == ((Lora("quick"),), FAST.sampling, 7)
    assert bench.run.lora_paths == (FAST.path,) and bench.run.model_path == TINY.path
    bench.finish(200)
    assert shades(bench) == [200]
    (result,) = bench.seen
    assert result is not None and result.patch.rect == FRAME and (result.whole == [200, 200, 200, 255]).all()
    assert bench.states == [LiveState.DRAWING, LiveState.PAINTING, LiveState.IDLE]


def test_a_selection_is_made_anew_from_what_is_painted_there(bench: Bench) -> None:
    bench.paint(40)
    values = np.zeros((SIDE, SIDE), np.uint8)
    values[8:24, 8:24] = 255
    mask = bench.store.masked(Mask(), FRAME, values)
    bench.document = dataclasses.replace(bench.document, selection=mask)
    bench.begin()
    inpaint = bench.run.recipe.inpaint
    assert inpaint is not None and inpaint.strength == 0.5 and inpaint.infill is Infill.NONE
    image, hole = load_picture(Path(inpaint.image)), load_mask(Path(inpaint.mask))
    assert np.median(image[hole == 255]) == 40, "what is painted there is the beginning"
    bench.finish()
    (result,) = bench.seen
    assert result is not None and "unchanged" in result.patch.badge
    assert (result.whole[0, 0] == [40, 40, 40, 255]).all() and result.whole[16, 16, 0] > 40


def test_fewer_steps_without_a_lora_for_it() -> None:
    recipe = Recipe(sampling=Sampling("euler", 30, 5.0))
    assert few_steps(recipe, None).sampling == Sampling("euler", FEW, 5.0)
    few = dataclasses.replace(recipe, sampling=Sampling("euler", 3, 5.0))
    assert few_steps(few, None) == few
    chosen = dataclasses.replace(recipe, loras=(Lora("quick", 0.8),), sampling=Sampling("euler", 5, 1.0))
    assert few_steps(chosen, FAST) == chosen, "who put it in has chosen its settings"


# ---------------------------------------------------------------------------------------------------- when it is asked


def test_changes_are_gathered_until_the_hand_rests(bench: Bench) -> None:
    bench.begin()
    bench.finish()
    for value in (10, 20, 30):
        bench.paint(value)
        bench.clock.turn(QUIET / 2)
        bench.work()
    assert len(bench.worker.runs) == 1 and bench.live.state is LiveState.DRAWING
    bench.quiet()
    assert len(bench.worker.runs) == 2 and bench.colour() == 30


def test_a_hand_that_never_rests_is_not_waited_for(bench: Bench) -> None:
    bench.begin()
    bench.finish()
    for value in range(1, 30):
        bench.paint(value)
        bench.clock.turn(QUIET / 2)
        bench.work()
        if len(bench.worker.runs) > 1:
            break
    assert bench.clock.time <= LONGEST + QUIET


def test_equal_work_is_not_done_twice(bench: Bench) -> None:
    bench.paint(10)
    bench.begin()
    bench.finish(100)
    bench.paint(50, x=3 * SIDE)
    bench.quiet()
    assert len(bench.worker.runs) == 1 and bench.live.state is LiveState.IDLE, "that was outside of the frame"
    bench.paint(20)
    bench.quiet()
    bench.finish(120)
    bench.paint(10)
    bench.quiet()
    assert len(bench.worker.runs) == 2 and shades(bench)[-1] == 100, "undo brings the picture back at once"


def test_equal_pixels_elsewhere_are_laid_where_the_frame_is_now(bench: Bench) -> None:
    bench.paint(10)
    bench.paint(10, x=2 * SIDE)
    bench.begin()
    bench.finish(100)
    bench.document = dataclasses.replace(bench.document, frame=FRAME.moved(SIDE, 0))
    bench.live.change()
    bench.quiet()
    assert len(bench.worker.runs) == 1
    assert bench.seen[-1] is not None and bench.seen[-1].patch.rect == FRAME.moved(SIDE, 0)


def test_another_prompt_or_strength_is_other_work(bench: Bench) -> None:
    bench.begin()
    bench.finish()
    bench.prompt = "a house"
    bench.live.change()
    bench.quiet()
    assert bench.run.recipe.prompt == "a house"
    bench.finish()
    bench.strength = 0.9
    bench.live.change()
    bench.quiet()
    assert len(bench.worker.runs) == 3


# ---------------------------------------------------------------------------------------------------- newest wins


def test_a_newer_sketch_takes_the_place_of_what_runs_and_of_what_waits(bench: Bench) -> None:
    bench.begin()
    first = bench.run
    bench.load()
    for value in (10, 20):
        bench.paint(value)
        bench.quiet()
    assert bench.worker.cancelled == [first.job_id] and len(bench.worker.runs) == 1
    bench.say(Preview(first.job_id, 0, 1, 1, 1, b"rgb"))
    bench.say(Cancelled(first.job_id))
    assert len(bench.worker.runs) == 2 and bench.colour() == 20, "what was overtaken while it waited is not painted"


def test_a_model_that_loads_is_not_given_up(bench: Bench) -> None:
    bench.begin()
    first = bench.run
    bench.say(Started(first.job_id))
    bench.say(Progress(first.job_id, Phase.LOAD, 0, 0))
    bench.paint(10)
    bench.quiet()
    assert not bench.worker.cancelled, "the worker would be ended for it"
    bench.say(Progress(first.job_id, Phase.ENCODE, 0, 0))
    assert bench.worker.cancelled == [first.job_id]


def test_whoever_never_pauses_still_sees_pictures(bench: Bench) -> None:
    bench.begin()
    given_up = 0
    for value in range(1, 9):
        bench.load()
        bench.paint(value)
        bench.quiet()
        if bench.run.job_id in bench.worker.cancelled:
            given_up += 1
            bench.say(Cancelled(bench.run.job_id))
        else:
            bench.finish()
    assert given_up == 4 and len(bench.seen) == 4, "every other one is carried through"


def test_what_was_known_already_makes_what_runs_needless(bench: Bench) -> None:
    bench.paint(10)
    bench.begin()
    bench.finish(100)
    bench.paint(20)
    bench.quiet()
    bench.load()
    bench.paint(10)
    bench.quiet()
    assert bench.worker.cancelled == [bench.run.job_id]
    assert shades(bench) == [100, 100] and bench.live.state is LiveState.IDLE


# ---------------------------------------------------------------------------------------------------- beside the queue


def test_jobs_of_the_queue_go_first_and_live_ones_are_none_of_them(bench: Bench) -> None:
    bench.begin()
    live = bench.run
    bench.load()
    job = bench.studio.queue.submit(Recipe(model=TINY.name), 32)
    assert bench.worker.cancelled == [live.job_id]
    assert [known.id for known in bench.studio.queue.jobs] == [job.id]
    bench.say(Cancelled(live.job_id))
    assert bench.run.job_id == job.id, "nothing is painted live while a job is open"
    bench.say(Finished(job.id, Cost()))
    assert bench.run.recipe == live.recipe
    bench.finish()
    assert bench.states[-3:] == [LiveState.WAITING, LiveState.PAINTING, LiveState.IDLE]
    assert not list((bench.studio.paths.pictures).rglob("*.png")), "the gallery knows nothing of it"


def test_a_job_that_comes_while_the_model_loads_delays_the_picture_only(bench: Bench) -> None:
    bench.begin()
    live = bench.run
    job = bench.studio.queue.submit(Recipe(model=TINY.name), 32)
    bench.live.change()  # the page comes in sight again, and nothing is another
    bench.quiet()
    bench.load(live)
    assert bench.worker.cancelled == [live.job_id]
    bench.say(Cancelled(live.job_id))
    bench.say(Finished(job.id, Cost()))
    assert bench.run is not live and bench.run.recipe == live.recipe
    bench.finish()
    assert bench.live.state is LiveState.IDLE


def test_a_job_that_is_taken_back_while_the_model_loads_costs_no_second_picture(bench: Bench) -> None:
    bench.begin()
    job = bench.studio.queue.submit(Recipe(model=TINY.name), 32)
    bench.say(Cancelled(job.id))
    del bench.worker.runs[1:]
    bench.at_once = False  # the picture is still being read when the worker has finished
    bench.finish()
    bench.at_once = True
    bench.work()
    assert len(bench.worker.runs) == 1 and bench.live.state is LiveState.IDLE


# ---------------------------------------------------------------------------------------------------- trouble and end


def test_what_cannot_be_asked_for_is_tried_again_with_the_next_change(bench: Bench) -> None:
    bench.document = dataclasses.replace(bench.document, selection=Mask())
    bench.begin()
    assert bench.live.state is LiveState.PAUSED and bench.live.problem is not None
    assert "selection" in bench.live.problem.message and not bench.worker.runs
    bench.document = dataclasses.replace(bench.document, selection=None)
    bench.live.change()
    bench.quiet()
    assert bench.live.problem is None and len(bench.worker.runs) == 1


@pytest.mark.parametrize("end", [Failed, Interrupted])
def test_a_failure_pauses_until_the_user_goes_on(bench: Bench, end: type[Failed] | type[Interrupted]) -> None:
    bench.begin()
    problem = Problem(ErrorKind.MEMORY, "Too little memory.", "Choose a smaller frame.")
    bench.say(end(bench.run.job_id, problem))
    assert bench.live.state is LiveState.PAUSED and bench.live.problem == problem
    bench.paint(10)
    bench.quiet()
    assert len(bench.worker.runs) == 1, "each stroke would fail again"
    bench.live.resume()
    bench.work()
    assert len(bench.worker.runs) == 2 and bench.live.problem is None and bench.colour() == 10


def test_switching_off_gives_up_what_runs_and_keeps_no_files(bench: Bench) -> None:
    bench.begin()
    folder = Path(bench.run.store)
    bench.load()
    bench.paint(10)
    bench.live.end()
    assert bench.worker.cancelled == [bench.run.job_id] and bench.live.state is LiveState.OFF
    bench.quiet()
    bench.say(Cancelled(bench.run.job_id))
    assert len(bench.worker.runs) == 1 and not folder.exists() and not bench.seen


def test_between_two_sketches_no_files_are_left(bench: Bench) -> None:
    bench.begin()
    folder = Path(bench.run.store)
    for value in (10, 20):
        bench.finish()
        assert not [path for path in folder.rglob("*") if path.is_file()]
        bench.paint(value)
        bench.quiet()


def test_a_picture_that_was_taken_is_not_painted_over_at_once(bench: Bench) -> None:
    bench.paint(10)
    bench.begin()
    bench.finish(100)
    bench.paint(100)  # what the picture looks like, now a layer
    bench.live.settle()
    bench.work()
    bench.quiet()
    assert len(bench.worker.runs) == 1 and shades(bench)[-1] is None and bench.live.state is LiveState.IDLE
    bench.paint(90)
    bench.quiet()
    assert len(bench.worker.runs) == 2
    bench.finish(80)
    bench.paint(100)
    bench.quiet()
    assert len(bench.worker.runs) == 2 and shades(bench)[-1] is None, "redo: it is finished as it was"


# ---------------------------------------------------------------------------------------------------- in any order

ACTIONS = (
    "paint",
    "tick",
    "wait",
    "task",
    "load",
    "finish",
    "cancelled",
    "fail",
    "job",
    "job done",
    "resume",
    "settle",
)


@settings(max_examples=few(60))
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 5)), max_size=60))
def test_in_any_order_one_runs_and_the_newest_is_shown_at_last(
    tmp_path_factory: pytest.TempPathFactory, script: list[tuple[str, int]]
) -> None:
    with a_bench(tmp_path_factory.mktemp("live"), at_once=False) as bench:
        bench.live.begin(bench.look)
        over: set[str] = set()
        for action, value in [*script, ("end", 0)]:
            _play(bench, action, value, over)
            own = [run for run in bench.worker.runs if run.store != str(bench.studio.paths.blobs)]
            assert len([run for run in own if run.job_id not in over]) <= 1, "one at a time"
            assert all(cancelled in {run.job_id for run in own} for cancelled in bench.worker.cancelled)
        newest = bench.live.newest
        assert bench.live.state is LiveState.IDLE and newest is not None
        shown = bench.seen[-1]
        assert shown is None or shown.recipe == newest.recipe


def _play(bench: Bench, action: str, value: int, over: set[str]) -> None:
    """One thing that happens; "end" lets everything come to rest."""
    live = [run for run in bench.worker.runs if run.job_id not in over and run.store != str(bench.studio.paths.blobs)]
    jobs = bench.studio.queue.open_jobs
    if action == "paint":
        bench.paint(value * 10)
    elif action in ("tick", "wait"):
        bench.clock.turn(0.05 if action == "tick" else QUIET)
    elif action == "task" and bench.tasks:
        bench.tasks.pop(0)()()
    elif action == "load" and live:
        bench.load(live[0])
    elif action in ("finish", "cancelled", "fail") and live:
        if action == "cancelled" and live[0].job_id not in bench.worker.cancelled:
            return
        over.add(live[0].job_id)
        _answer(bench, action, live[0])
    elif action == "job" and not jobs:
        before = len(bench.worker.runs)
        bench.studio.queue.submit(Recipe(model=TINY.name), 32)
        assert len(bench.worker.runs) == before + 1
    elif action == "job done" and jobs:
        bench.say(Finished(jobs[0].id, Cost()))
    elif action == "resume":
        bench.live.resume()
    elif action == "settle":
        bench.live.settle()
    elif action == "end":
        for _ in range(30):
            for rest in ("job done", "resume", "wait", *["task"] * 6, "load", "cancelled", "finish"):
                _play(bench, rest, 0, over)


def _answer(bench: Bench, action: str, run: Run) -> None:
    if action == "fail":
        bench.say(Failed(run.job_id, Problem(ErrorKind.INTERNAL, "broken")))
    elif action == "cancelled":
        bench.say(Cancelled(run.job_id))
    else:
        size = run.recipe.size
        digest = BlobStore(Path(run.store)).put(encode_png(np.full((size.height, size.width, 3), 9, np.uint8)))
        bench.say(PictureDone(run.job_id, Picture(0, 0, digest, size.width, size.height)))
        bench.say(Finished(run.job_id, Cost()))
