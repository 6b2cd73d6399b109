"""Frames between frames lie on the motion, go round on a loop, and never mix two scenes."""

import numpy as np
import pytest

from studio.imaging.looping.interpolation import Pair, interpolated
from studio.imaging.metrics import measure
from studio.imaging.pixels import Pixels
from studio.imaging.verdict import Light, verdict
from tests.imaging.looping import clips

SIDE = 128


def apart(a: Pixels, b: Pixels) -> float:
    return float(np.abs(a[8:-8, 8:-8].astype(int) - b[8:-8, 8:-8]).mean())


def test_new_frames_are_those_that_the_camera_would_have_seen() -> None:
    truth = clips.correct(16, SIDE)
    made = list(interpolated(truth[::2], 2, closed=True))
    assert [frame.index for frame in made] == list(range(16)) and not any(frame.note for frame in made)
    assert all(np.array_equal(made[index].pixels, truth[index]) for index in range(0, 16, 2))
    for index in range(1, 16, 2):
        blend = (truth[index - 1].astype(int) + truth[(index + 1) % 16]) // 2
        assert apart(made[index].pixels, truth[index]) < 0.4 * apart(blend.astype(np.uint8), truth[index]), index


def test_a_ring_stays_one_and_a_forgotten_pair_opens_it() -> None:
    few = clips.correct(12, SIDE)
    ring = measure([made.pixels for made in interpolated(few, 3, closed=True)], True)
    assert ring.frames == 36 and verdict(ring).light is Light.GREEN, verdict(ring).reasons
    assert ring.seam_ratio == pytest.approx(1, abs=0.15) and ring.sharpness_dip > 0.9
    line = measure([made.pixels for made in interpolated(few, 3, closed=False)], True)
    assert line.frames == 34 and line.seam_ratio > 2


def test_a_change_of_scene_is_not_interpolated_and_told() -> None:
    one, other = clips.correct(24, SIDE)[:3], [clips.board(SIDE)] * 3
    made = list(interpolated([*one, *other], 4, closed=False))
    between = made[9:12]
    assert [frame.note for frame in between] == ["repeated at a change of scene"] * 3
    assert np.array_equal(between[0].pixels, one[2])
    assert np.array_equal(between[1].pixels, other[0]) and np.array_equal(between[2].pixels, other[0])
    assert not any(frame.note for frame in made[:9] + made[12:])


def test_what_only_one_frame_shows_is_not_a_ghost_of_half() -> None:
    """A patch that moves over a still ground: the ground keeps its bytes, before and after the patch is there."""
    ground = clips.look(clips.scene(side=SIDE), 0, 0, SIDE)
    patch = clips.look(clips.scene(9, SIDE), 0, 0, SIDE)[:40, :40]
    a, b = ground.copy(), ground.copy()
    a[40:80, 30:70], b[40:80, 36:76] = patch, patch
    middle = Pair(a, b).at(0.5)
    truth = ground.copy()
    truth[40:80, 33:73] = patch
    blend = ((a.astype(int) + b) // 2).astype(np.uint8)
    assert apart(middle, truth) < 0.5 * apart(blend, truth)


def test_frames_that_are_there_are_left_out() -> None:
    few = clips.correct(4, 48)
    whole = {made.index: made.pixels for made in interpolated(few, 3, True)}
    rest = {made.index: made.pixels for made in interpolated(few, 3, True, made={0, 1, 2, 3, 7})}
    assert sorted(rest) == [4, 5, 6, 8, 9, 10, 11]
    assert all(np.array_equal(rest[index], whole[index]) for index in rest)


@pytest.mark.parametrize(
    ("count", "closed", "expected"), [(0, True, 0), (1, True, 1), (1, False, 1), (2, True, 4), (2, False, 3)]
)
def test_few_frames(count: int, closed: bool, expected: int) -> None:
    assert len(list(interpolated(clips.correct(4, 48)[:count], 2, closed))) == expected


def test_transparent_frames_stay_transparent() -> None:
    frames = [np.dstack([frame, np.full((48, 48), 255, np.uint8)]) for frame in clips.correct(6, 48)]
    for frame in frames:
        frame[10:20, 10:20] = 0
    made = list(interpolated(frames, 2, True))
    assert all(frame.pixels.shape == (48, 48, 4) for frame in made)
    assert (made[1].pixels[13:17, 13:17, 3] < 100).all() and (made[1].pixels[30:, 30:, 3] == 255).all()
