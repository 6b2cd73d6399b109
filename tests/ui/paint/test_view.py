"""Points go from the screen to the document and back, however the view is turned."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF

from studio.domain.geometry import Rect, Size
from studio.ui.paint.view import LEAST, MARGIN, MOST, View

views = st.builds(
    View,
    width=st.floats(50, 2000),
    height=st.floats(50, 2000),
    ratio=st.sampled_from([1.0, 1.25, 2.0]),
    zoom=st.floats(LEAST, MOST),
    x=st.floats(-500, 5000),
    y=st.floats(-500, 5000),
    angle=st.one_of(st.just(0.0), st.sampled_from([90.0, -90.0, 180.0]), st.floats(-180, 180)),
    mirrored=st.booleans(),
)
points = st.tuples(st.floats(-1000, 1000), st.floats(-1000, 1000)).map(lambda at: QPointF(*at))


def apart(first: QPointF, second: QPointF) -> float:
    return math.hypot(first.x() - second.x(), first.y() - second.y())


@given(view=views, at=points)
def test_there_and_back(view: View, at: QPointF) -> None:
    there = view.to_document(at)
    assert apart(view.to_screen(there.x(), there.y()), at) < 1e-4


@given(view=views, at=points, zoom=st.floats(LEAST, MOST))
def test_the_point_under_the_pointer_stays_when_zooming(view: View, at: QPointF, zoom: float) -> None:
    held = view.to_document(at)
    after = view.zoomed(zoom, at)
    assert after.zoom == zoom
    assert apart(after.to_screen(held.x(), held.y()), at) <= 1.5 / view.ratio  # whole device pixels


@given(view=views, at=points, degrees=st.floats(-180, 180))
def test_the_point_under_the_pointer_stays_when_turning(view: View, at: QPointF, degrees: float) -> None:
    held = view.to_document(at)
    after = view.turned(degrees, at)
    assert apart(after.to_screen(held.x(), held.y()), at) <= 1.5 / view.ratio


@given(view=views, dx=st.floats(-300, 300), dy=st.floats(-300, 300))
def test_a_drag_moves_the_document_with_the_pointer(view: View, dx: float, dy: float) -> None:
    held = view.to_document(QPointF(100, 100))
    after = view.panned(dx, dy)
    assert apart(after.to_screen(held.x(), held.y()), QPointF(100 + dx, 100 + dy)) <= 1.5 / view.ratio


def test_a_quarter_turn_is_clockwise_as_it_is_seen() -> None:
    view = View(200, 200, zoom=1.0)
    right = view.to_screen(10, 0) - view.to_screen(0, 0)
    assert (right.x(), right.y()) == (10, 0)
    down = view.turned(90).to_screen(10, 0) - view.turned(90).to_screen(0, 0)
    assert (round(down.x(), 9), round(down.y(), 9)) == (0, 10)
    mirrored = view.flipped().turned(90)
    seen = mirrored.to_screen(-10, 0) - mirrored.to_screen(0, 0)  # what lay at the right
    assert (round(seen.x(), 9), round(seen.y(), 9)) == (0, 10)


def test_the_mirror_flips_left_and_right_on_the_screen() -> None:
    view = View(200, 100, x=50, y=50).turned(30)
    plain, flipped = view.to_screen(70, 20), view.flipped().to_screen(70, 20)
    assert flipped.x() == pytest.approx(200 - plain.x(), abs=1)
    assert flipped.y() == pytest.approx(plain.y(), abs=1)


def test_fitted_shows_all_of_it_with_a_margin() -> None:
    view = View(800, 600, 2.0).fitted(Size(1000, 500))
    seen = view.screen_rect(Rect(0, 0, 1000, 500))
    assert seen.left() == pytest.approx(MARGIN, abs=1) and seen.right() == pytest.approx(800 - MARGIN, abs=1)
    assert seen.center().y() == pytest.approx(300, abs=1)


def test_fitted_counts_the_turn() -> None:
    seen = View(800, 600).turned(90).fitted(Size(1000, 500)).screen_rect(Rect(0, 0, 1000, 500))
    assert seen.height() == pytest.approx(600 - 2 * MARGIN, abs=1)


def test_an_upright_document_begins_on_a_whole_device_pixel() -> None:
    view = View(801, 601, 1.5, zoom=3.0, x=33.3, y=12.7)
    corner = view.to_screen(0, 0)
    assert (corner.x() * 1.5) % 1 == pytest.approx(0, abs=1e-6)


def test_what_is_in_sight() -> None:
    assert View(100, 50, zoom=2.0, x=50, y=50).visible == Rect(25, 37, 50, 26)
    assert View(100, 50, zoom=2.0, x=50, y=50).turned(90).visible == Rect(37, 25, 26, 50)


def test_the_document_cannot_be_lost() -> None:
    view = View(100, 100, x=-900, y=20).kept_over(Size(64, 64))
    assert (view.x, view.y) == (0, 20)
