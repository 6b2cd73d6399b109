"""A clip made to loop: the best cut is found, and the warped blend beats a cross-fade."""

import math
from collections.abc import Iterable

import cv2
import numpy as np
import pytest

from studio.imaging.looping.loopify import Cut, best_cut, loopified
from studio.imaging.metrics import measure
from studio.imaging.pixels import Pixels
from studio.imaging.verdict import Light, verdict
from tests.imaging.looping import clips

SIDE, PERIOD = 128, 20


def wandering(count: int = 50, drift: float = 0.3) -> list[Pixels]:
    """A camera that circles in 20 frames and slowly wanders off, so that it never quite comes back."""
    painted = clips.scene(side=SIDE)
    turns = [2 * math.pi * i / PERIOD for i in range(count)]
    return [
        clips.look(painted, 10 * math.cos(turn) + drift * i, 10 * math.sin(turn), SIDE) for i, turn in enumerate(turns)
    ]


def faded(frames: list[Pixels], cut: Cut) -> list[Pixels]:
    """The same loop with a plain cross-fade in place of the warped blend."""
    loop, blend = frames[cut.first : cut.stop], cut.blend
    others = frames[cut.first - blend : cut.first] if cut.early else frames[cut.stop : cut.stop + blend]
    for place, other in enumerate(others):
        index = len(loop) - blend + place if cut.early else place
        share = (place + 1) / (blend + 1) if cut.early else 1 - (place + 1) / (blend + 1)
        loop[index] = np.asarray(cv2.addWeighted(loop[index], 1 - share, other, share, 0), np.uint8)
    return loop


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_warped_blend_is_sharper_than_a_cross_fade_and_closes_as_well(mirrored: bool) -> None:
    clip = wandering()[::-1] if mirrored else wandering()
    cut = best_cut(clip, 12, 0)
    assert abs(cut.frames - PERIOD) <= 2 and cut.blend > 1
    warped = measure([made.pixels for made in loopified(lambda a, b: clip[a:b], cut)], True)
    plain = measure(faded(clip, cut), True)
    assert verdict(warped).light is Light.GREEN, verdict(warped).reasons
    assert warped.sharpness_dip > 0.85 and warped.sharpness_dip > plain.sharpness_dip + 0.1
    assert abs(warped.seam_ratio - 1) < 0.2


@pytest.mark.parametrize("early", [False, True])
def test_the_blend_leads_from_the_one_to_the_other_on_either_side(early: bool) -> None:
    clip = wandering()
    made = list(loopified(lambda a, b: clip[a:b], Cut(10, 30, 5, early)))
    assert [frame.index for frame in made] == list(range(20))
    blended = [frame.index for frame in made if frame.note]
    assert blended == (list(range(15, 20)) if early else list(range(5)))
    for frame in made:
        if frame.index not in blended:
            assert np.array_equal(frame.pixels, clip[10 + frame.index])


def test_the_cut_is_where_the_clip_repeats_and_the_limits_are_kept() -> None:
    clip = clips.correct(PERIOD, SIDE) * 3
    cut = best_cut(clip, 12, 30)
    assert cut.frames == PERIOD and cut.distance == pytest.approx(0, abs=0.1)
    assert best_cut(clip[:-5], 12, 0).frames == 2 * PERIOD, "of two that are as good, the longer one"
    assert 5 <= best_cut(wandering(), 5, 9).frames <= 9
    assert best_cut(clip, 12, 30, blend=7).blend == 7


def test_motion_counts_as_well_as_the_picture() -> None:
    """A pendulum is at each place twice in a turn, on its ways there and back; only one of them goes on alike."""
    painted = clips.scene(side=SIDE)
    swing = [clips.look(painted, 20 * math.sin(2 * math.pi * (i + 0.5) / 24), 0, SIDE) for i in range(40)]
    assert best_cut(swing, 5, 26).frames == 24


def test_a_title_that_stands_still_is_not_taken_for_the_best_loop() -> None:
    clip = [wandering()[0]] * 30 + wandering()
    assert best_cut(clip, 12, 0).first >= 18


@pytest.mark.parametrize("turns", [1, 3])
def test_a_clip_that_is_a_loop_already_is_left_as_it_is(turns: int) -> None:
    clip = clips.correct(PERIOD, SIDE) * turns
    cut = best_cut(clip, PERIOD, 0, blend=5)
    assert cut == Cut(0, PERIOD * turns, closed=True)
    made = list(loopified(lambda a, b: clip[a:b], cut))
    assert all(frame.pixels is clip[frame.index] and not frame.note for frame in made) and len(made) == len(clip)


def test_a_loop_already_is_cut_only_to_a_length_that_is_wanted() -> None:
    clip = clips.correct(PERIOD, SIDE) * 2
    assert best_cut(clip, 12, 2 * PERIOD).closed
    cut = best_cut(clip, 12, 2 * PERIOD - 1)
    assert cut.frames == PERIOD and not cut.closed
    assert not best_cut(clip, 2 * PERIOD + 1, 0).closed


@pytest.mark.parametrize(
    "clip",
    [clips.ping_pong(24), clips.endpoint_included(24), clips.pan(24, side=SIDE), wandering(40), wandering(19, 0)],
    ids=["there and back", "first frame twice", "pan", "wanders off", "a frame too few"],
)
def test_what_does_not_close_is_not_taken_for_a_loop(clip: list[Pixels]) -> None:
    assert not best_cut(clip, 5, 0).closed


def test_short_clips_are_taken_whole() -> None:
    clip = wandering(10)
    assert best_cut(clip, 12, 0) == Cut(0, 10) and best_cut([], 12, 0) == Cut(0, 0)
    assert [frame.index for frame in loopified(lambda a, b: clip[a:b], Cut(0, 10))] == list(range(10))
    cut = best_cut(clip, 9, 0)
    assert cut.frames == 9 and 0 < cut.blend + cut.first + 9 <= 10


def test_frames_that_are_there_are_left_out_and_reading_streams() -> None:
    clip = wandering()
    asked: list[tuple[int, int]] = []

    def read(start: int, stop: int) -> Iterable[Pixels]:
        asked.append((start, stop))
        return iter(clip[start:stop])

    cut = Cut(10, 30, 4)
    whole = {frame.index: frame.pixels for frame in loopified(read, cut)}
    assert asked == [(6, 10), (10, 30)]
    rest = {frame.index: frame.pixels for frame in loopified(read, cut, made=set(range(17)))}
    assert sorted(rest) == [17, 18, 19] and all(np.array_equal(rest[index], whole[index]) for index in rest)
