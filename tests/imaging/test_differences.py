"""Which pixels two pictures do not share: counted, measured and shown."""

import numpy as np
import pytest

from studio.domain.geometry import Rect, Size
from studio.imaging.differences import Difference, difference, difference_map

ONE = np.random.default_rng(0).integers(0, 200, (6, 8, 3), dtype=np.uint8)


def test_equal_pictures_do_not_differ() -> None:
    assert difference(ONE, ONE.copy()) == Difference(Size(8, 6))
    assert not difference_map(ONE, ONE.copy()).any()


def test_what_differs_is_counted_measured_and_placed() -> None:
    other = ONE.copy()
    other[1, 2, 0] += 5
    other[4, 6] += 40
    assert difference(ONE, other) == Difference(Size(8, 6), 2, 40, Rect(2, 1, 5, 4))
    shown = difference_map(ONE, other)
    assert (shown[4, 6] == 255).all()
    assert (shown[1, 2] == 32).all()
    assert (shown > 0).any(axis=2).sum() == 2


def test_little_differences_are_tolerated() -> None:
    other = ONE + np.uint8(2)
    other[3, 3] += 9
    assert difference(ONE, other, tolerance=2) == Difference(Size(8, 6), 1, 11, Rect(3, 3, 1, 1))


def test_transparency_counts_and_pictures_without_it_are_opaque() -> None:
    opaque = np.dstack([ONE, np.full(ONE.shape[:2], 255, np.uint8)])
    assert not difference(ONE, opaque).pixels
    opaque[0, 0, 3] = 100
    assert difference(ONE, opaque) == Difference(Size(8, 6), 1, 155, Rect(0, 0, 1, 1))


def test_other_sizes_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="sizes"):
        difference(ONE, ONE[:5])
