"""Joins of frames that were made anew, on clips whose truth is known; frames made out of those around them."""

import cv2
import numpy as np
import pytest

from studio.domain.errors import StudioError
from studio.imaging.pixels import Pixels
from studio.session.clips.bridging import bridge
from studio.session.clips.joins import join_scores, range_of

COUNT = 16


def turning(shift: int = 0) -> list[Pixels]:
    """A textured picture on a circle: all steps of the loop alike."""
    texture = np.random.default_rng(1).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    large = np.asarray(cv2.resize(texture, (160, 160), interpolation=cv2.INTER_CUBIC), np.uint8)
    angles = [2 * np.pi * (index + shift) / COUNT for index in range(COUNT)]
    moves = [np.array([[1, 0, -40 + 6 * np.cos(a)], [0, 1, -40 + 6 * np.sin(a)]]) for a in angles]
    return [np.asarray(cv2.warpAffine(large, move, (80, 80), flags=cv2.INTER_CUBIC), np.uint8) for move in moves]


def test_a_part_that_fits_has_joins_like_any_step() -> None:
    frames = turning()
    for first, last in ((4, 7), (14, 1), (0, 3)):
        before, after = join_scores(frames.__getitem__, COUNT, first, last, closed=True)
        assert before is not None and after is not None
        assert before.score == pytest.approx(1, abs=0.4) and after.good


def test_a_part_that_does_not_fit_is_told_at_both_ends() -> None:
    frames, other = turning(), turning(shift=6)
    mixed = [*frames[:4], *other[4:8], *frames[8:]]
    before, after = join_scores(mixed.__getitem__, COUNT, 4, 7, closed=True)
    assert before is not None and after is not None
    assert not before.good and not after.good and before.difference > 1.5
    inner, _ = join_scores(mixed.__getitem__, COUNT, 5, 6, closed=True)
    assert inner is not None and inner.good, "a step within the part is no join"


def test_a_range_is_known_by_its_frames() -> None:
    assert range_of((3, 4, 5), COUNT, closed=True) == (3, 5)
    assert range_of((0, 1, 14, 15), COUNT, closed=True) == (14, 1)
    assert range_of((0,), COUNT, closed=True) == (0, 0)
    assert range_of(range(COUNT), COUNT, closed=True) == (0, COUNT - 1)
    assert range_of((14, 15), COUNT, closed=False) == (14, 15)


def test_the_ends_of_a_line_are_no_joins() -> None:
    frames = turning()
    before, after = join_scores(frames.__getitem__, COUNT, 0, 3, closed=False)
    assert before is None and after is not None
    before, after = join_scores(frames.__getitem__, COUNT, 12, 15, closed=False)
    assert before is not None and after is None
    assert join_scores(frames.__getitem__, COUNT, 3, 2, closed=True) == (None, None), "all of a loop"


def test_what_stands_still_has_good_joins() -> None:
    frames = [turning()[0]] * COUNT
    before, after = join_scores(frames.__getitem__, COUNT, 4, 7, closed=True)
    assert before is not None and before.score == 1 and after is not None and after.score == 1


def test_frames_are_bridged_along_the_motion_also_across_the_seam() -> None:
    frames = turning()
    there = [number for number in range(COUNT) if number not in (15, 0)]
    made = bridge(frames.__getitem__, there, 15, 0, COUNT, closed=True)
    assert list(made) == [15, 0]
    for number, pixels in made.items():
        off = np.abs(pixels.astype(int) - frames[number])[10:-10, 10:-10].mean()
        held = np.abs(frames[14].astype(int) - frames[number])[10:-10, 10:-10].mean()
        assert off < 0.5 * held, "nearer to the truth than a held frame"


def test_at_an_end_the_frame_next_to_it_stands_still() -> None:
    frames = turning()
    made = bridge(frames.__getitem__, range(COUNT), 14, 15, COUNT, closed=False)
    assert all(np.array_equal(made[number], frames[13]) for number in (14, 15))
    with pytest.raises(StudioError, match="no frames around"):
        bridge(frames.__getitem__, range(COUNT), 0, COUNT - 1, COUNT, closed=False)
