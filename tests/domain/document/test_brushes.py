"""Brushes, pressure curves and symmetry as values."""

import dataclasses
import math
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.document.adjustments import CurvePoint
from studio.domain.document.brushes import PRESETS, RANGES, SAME, Brush, Symmetry, response
from studio.domain.errors import StudioError

curves = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=6, unique_by=lambda at: at[0]
).map(lambda points: [CurvePoint(x / 100, y / 100) for x, y in sorted(points)])


@pytest.mark.parametrize("name", RANGES)
def test_a_brush_refuses_what_is_out_of_range(name: str) -> None:
    low, high = RANGES[name]
    change: Callable[..., Brush] = dataclasses.replace
    for value in (low, high):
        assert getattr(change(Brush(), **{name: value}), name) == value
    for value in (low - 1, high + 1, math.nan):
        with pytest.raises(StudioError) as caught:
            change(Brush(), **{name: value})
        assert caught.value.problem.field == name and caught.value.problem.hint


def test_presets_have_names_of_their_own() -> None:
    assert len({brush.name for brush in PRESETS}) == len(PRESETS) >= 8


@given(curves)
def test_a_curve_meets_its_points_and_stays_between_them(points: list[CurvePoint]) -> None:
    value = response(points)
    for point in points:
        assert value(point.x) == pytest.approx(point.y, abs=1e-9)
    for left, right in pairwise(points):
        low, high = sorted((left.y, right.y))
        steps = [value(left.x + (right.x - left.x) * i / 20) for i in range(21)]
        assert all(low - 1e-9 <= step <= high + 1e-9 for step in steps)
        rising = [b - a for a, b in pairwise(steps)]
        assert all(step >= -1e-9 for step in rising) or all(step <= 1e-9 for step in rising)


@pytest.mark.parametrize("points", [(), ((0.5, 0.0), (0.5, 1.0)), ((0.0, 0.0), (1.0, 1.2)), ((0.0, math.nan),)])
def test_a_curve_out_of_order_is_refused(points: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(StudioError, match="pressure curve"):
        Brush(pressure_curve=tuple(CurvePoint(x, y) for x, y in points))


@given(st.booleans(), st.booleans(), st.integers(1, 12), st.floats(-500, 500), st.floats(-500, 500))
def test_symmetries_are_closed(mirror_x: bool, mirror_y: bool, radial: int, x: float, y: float) -> None:
    """An image of an image is an image: painting at any of them paints the same picture."""
    images = Symmetry(x, y, mirror_x, mirror_y, radial).images()
    assert images[0] == SAME
    once = [image.of(x + 30, y + 7) for image in images]
    assert len({(round(px, 6), round(py, 6)) for px, py in once}) == len(images)
    for point in once:
        twice = [image.of(*point) for image in images]
        for px, py in twice:
            assert min(math.dist((px, py), other) for other in once) < 1e-6


def test_symmetry_mirrors_and_turns() -> None:
    mirrored = Symmetry(100, 50, mirror_x=True).images()
    assert [image.of(110, 60) for image in mirrored] == [(110, 60), (90, 60)]
    assert [image.mirrored for image in mirrored] == [False, True]
    quarters = Symmetry(0, 0, radial=4).images()
    assert [image.of(3, 1) for image in quarters] == [(3, 1), (-1, 3), (-3, -1), (1, -3)]
    assert [image.turn for image in quarters] == [0, 90, 180, -90]
    assert len(Symmetry(0, 0, mirror_x=True, mirror_y=True, radial=2).images()) == 4
    with pytest.raises(StudioError):
        Symmetry(radial=0)
