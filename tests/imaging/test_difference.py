"""Where two pictures differ, and the map of it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from studio.imaging.difference import difference, heat


def test_strength_share_and_most_are_those_of_the_channels() -> None:
    before = np.full((4, 5, 4), 100, np.uint8)
    after = before.copy()
    after[1, 2] = (100, 90, 130, 100)
    after[3, 0, 3] = 0
    found = difference(before, after)
    assert found.strengths[1, 2] == 30 and found.strengths[3, 0] == 100
    assert (found.strengths > 0).sum() == 2
    assert found.share == 2 / 20 and found.most == 100


def test_equal_pictures_differ_nowhere() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (8, 8, 4), np.uint8)
    found = difference(picture, picture)
    assert not found.strengths.any() and found.share == 0 and found.most == 0


@given(st.integers(0, 254))
def test_the_map_grows_lighter_with_the_difference_and_hides_none(strength: int) -> None:
    weaker, stronger = heat(np.array([[strength, strength + 1]], np.uint8))[0].astype(int)
    assert stronger[:3].sum() >= weaker[:3].sum() and stronger[3] >= weaker[3]
    assert (stronger[:3] <= stronger[3]).all(), "premultiplied"
    none, least = heat(np.array([[0, 1]], np.uint8))[0].astype(int)
    assert not none[:3].any() and 0 < none[3] < 255
    assert np.abs(least - none).max() > 8, "the least difference is seen"
