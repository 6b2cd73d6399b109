"""Live painting with a real engine: the picture is that of the sketch, whatever was given up on the way."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np

from studio.domain.catalog import Family, Library, ModelInfo
from studio.domain.document.layers import Mask
from studio.domain.errors import JobCancelled
from studio.domain.geometry import Size
from studio.domain.messages import Cancelled, Event, Preview, Run, Started
from studio.engine.run import StudioEngine
from studio.imaging.pixels import Pixels
from studio.session.live_state import LiveState
from tests.session.live_bench import FRAME, SIDE, Bench, a_bench


def library(models: dict[Family, Path]) -> Library:
    return Library((ModelInfo("tiny", str(models[Family.STARTER]), Family.STARTER, 0, size=Size(64, 64)),))


def carry_out(bench: Bench, engine: StudioEngine, seen: Callable[[Event], None] = lambda _event: None) -> None:
    """Do what the worker was told, one after the other; `seen` is called after each event."""
    done = 0
    while done < len(bench.worker.runs):
        _carry_out(bench, engine, bench.worker.runs[done], seen)
        done += 1


def _carry_out(bench: Bench, engine: StudioEngine, run: Run, seen: Callable[[Event], None]) -> None:
    def emit(event: Event) -> None:
        bench.say(event)
        seen(event)

    def poll() -> None:
        if run.job_id in bench.worker.cancelled:
            raise JobCancelled

    if not bench.live.handle(Started(run.job_id)):
        return  # that was carried out before
    try:
        bench.say(engine.run(run, emit, poll))
    except JobCancelled:
        bench.say(Cancelled(run.job_id))


def whole(bench: Bench) -> Pixels:
    """The newest picture."""
    assert bench.live.state is LiveState.IDLE
    shown = bench.seen[-1]
    assert shown is not None
    return shown.whole


def test_the_picture_is_that_of_the_sketch_and_equal_sketches_give_equal_bytes(
    engine: StudioEngine, models: dict[Family, Path], tmp_path: Path
) -> None:
    with a_bench(tmp_path, library=library(models)) as bench:
        bench.paint(40)
        bench.begin()
        carry_out(bench, engine)
        first = whole(bench)
        assert first.shape == (SIDE, SIDE, 4) and first.std() > 1
        bench.paint(220)
        bench.quiet()
        carry_out(bench, engine)
        assert not np.array_equal(whole(bench), first)
        bench.live.end()
        bench.paint(40)
        bench.begin()
        carry_out(bench, engine)
        assert len(bench.worker.runs) == 3 and np.array_equal(whole(bench), first)


def test_what_was_given_up_leaves_nothing_in_what_follows(
    engine: StudioEngine, models: dict[Family, Path], tmp_path: Path
) -> None:
    with a_bench(tmp_path / "a", library=library(models)) as bench:
        bench.paint(220)
        bench.begin()
        carry_out(bench, engine)
        expected = whole(bench)
    with a_bench(tmp_path / "b", library=library(models)) as bench:

        def draw_on(event: Event) -> None:
            if isinstance(event, Preview) and len(bench.worker.runs) == 1:
                bench.paint(220)
                bench.quiet()

        bench.paint(40)
        bench.begin()
        carry_out(bench, engine, draw_on)
        assert bench.worker.cancelled == [bench.worker.runs[0].job_id] and len(bench.seen) == 1
        assert np.array_equal(whole(bench), expected)


def test_outside_of_a_selection_every_byte_stays(
    engine: StudioEngine, models: dict[Family, Path], tmp_path: Path
) -> None:
    with a_bench(tmp_path, library=library(models)) as bench:
        bench.paint(40)
        values = np.zeros((SIDE, SIDE), np.uint8)
        values[10:22, 10:22] = 255
        selection = bench.store.masked(Mask(), FRAME, values)
        bench.document = dataclasses.replace(bench.document, selection=selection)
        bench.begin()
        carry_out(bench, engine)
        changed = (whole(bench) != (40, 40, 40, 255)).any(axis=2)
        assert changed[10:22, 10:22].mean() > 0.5
        changed[6:26, 6:26] = False  # with what it is feathered by
        assert not changed.any()
