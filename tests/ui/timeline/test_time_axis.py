"""Frames and pixels, marks of the ruler, rows, and what lies under the pointer."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.timeline.model import Timeline
from studio.domain.timeline.seen import source_frame
from studio.ui.timeline.axis import TimeAxis, TimeView
from studio.ui.timeline.rows import Lanes, RowKind, rows_of
from studio.ui.timeline.sources import sources
from studio.ui.timeline.spots import Part, clips_between, spot_at
from studio.ui.timeline.ticks import steps, timecode
from tests.ui.timeline.editing import line, loop, ring, video


@given(st.floats(0.01, 90), st.floats(-500, 5000), st.floats(0.2, 5), st.floats(0, 800))
def test_zooming_keeps_what_is_under_the_pointer(scale: float, left: float, factor: float, x: float) -> None:
    view = TimeView(scale, left)
    assert view.zoomed(factor, x).frame(x) == pytest.approx(view.frame(x))


@given(st.floats(0.0001, 500), st.floats(-1e6, 1e6), st.integers(0, 100_000), st.booleans())
def test_something_is_always_in_view(scale: float, left: float, length: int, closed: bool) -> None:
    around = max(2, length) if closed else 0
    view = TimeView(scale, left).bounded(length, around)
    assert view.right > 0
    assert view.left <= max(length, around)
    assert view.bounded(length, around) == view


def test_what_was_fitted_stays_fitted_when_there_is_more_room() -> None:
    axis = TimeAxis()
    axis.set_width(500)
    axis.set_length(100, 0)
    assert axis.view.left < 0
    assert axis.view.right > 100
    axis.set_width(1000)
    assert axis.view.scale == pytest.approx(9.6)
    axis.zoom(2, 500)
    axis.set_width(800)
    assert axis.view.scale == pytest.approx(19.2)


@pytest.mark.parametrize(
    ("frame", "rate", "written"),
    [
        (0, Fraction(12), "00:00:00"),
        (25, Fraction(12), "00:02:01"),
        (24 * 3600 + 5, Fraction(24000, 1001), "1:00:00:05"),
        (-1, Fraction(24), "-00:00:01"),
        (130, Fraction(120), "00:01:010"),
    ],
)
def test_time_code(frame: int, rate: Fraction, written: str) -> None:
    assert timecode(frame, rate) == written


@given(st.floats(0.002, 96), st.sampled_from([Fraction(1), Fraction(12), Fraction(24000, 1001), Fraction(60)]))
def test_numbers_of_the_ruler_have_room(scale: float, rate: Fraction) -> None:
    major, minor = steps(scale, rate)
    assert major % minor == 0
    assert major * scale >= 84 or major == round(rate) * 36000


def test_rows_run_from_the_uppermost_picture_down_to_the_sounds() -> None:
    rows = rows_of(line(), Lanes({"below": ("words", "opacity")}, frozenset({("below", "opacity")})))
    assert [(row.track, row.kind) for row in rows.rows] == [
        ("above", RowKind.CLIPS),
        ("below", RowKind.CLIPS),
        ("below", RowKind.WORDS),
        ("below", RowKind.KEYS),
        ("sound", RowKind.CLIPS),
    ]
    for row in rows.rows:
        assert rows.at(row.top) == rows.at(row.bottom - 1) == row
    assert rows.at(rows.height) is None
    assert rows.at(-1) is None
    assert rows.between(70, 71) == (rows.rows[1],)


def spot(timeline: Timeline, frame: float, row: int) -> tuple[Part, str, int]:
    rows = rows_of(timeline, Lanes({}))
    view = TimeView(10.0, -30.0)
    found = spot_at(timeline, view, rows, view.x(frame), rows.rows[row].top + 30)
    return found.part, found.clip.id if found.clip else "", found.turn


def test_edges_of_clips_are_found_before_their_bodies() -> None:
    assert spot(line(), 10, 1) == (Part.CLIP, "a", 0)
    assert spot(line(), 0.2, 1) == (Part.START, "a", 0)
    assert spot(line(), 19.8, 1) == (Part.END, "a", 0)
    assert spot(line(), 20.1, 1) == (Part.START, "b", 0)
    assert spot(line(), 40.2, 1) == (Part.END, "b", 0)  # beside it
    assert spot(line(), 41, 1) == (Part.NOTHING, "", 0)


def test_a_clip_of_a_ring_is_found_in_every_turn() -> None:
    assert spot(ring(), 25, 0) == (Part.CLIP, "d", 0)
    assert spot(ring(), 1, 0) == (Part.CLIP, "d", -1)
    assert spot(ring(), 45, 0) == (Part.CLIP, "d", 1)
    assert spot(ring(), -10, 1) == (Part.CLIP, "a", -1)
    assert spot(ring(), 10, 0) == (Part.NOTHING, "", 0)


def test_the_clips_between_two_places_also_across_the_seam() -> None:
    above = ring().tracks[1]
    assert [clip.id for clip in clips_between(ring(), above, 0, 3)] == ["d"]
    assert not clips_between(ring(), above, 7, 17)
    assert [clip.id for clip in clips_between(ring(), above, 40, 43)] == ["d"]


@given(
    st.fractions(-4, 4, max_denominator=8).filter(bool),
    st.fractions(0, 20, max_denominator=30),
    st.integers(-100, 200),
    st.booleans(),
)
def test_the_quick_source_frames_are_the_exact_ones(speed: Fraction, offset: Fraction, local: int, loops: bool) -> None:
    import dataclasses

    clip = dataclasses.replace(loop("a", 5) if loops else video("b", 5, 20), speed=speed, offset=offset)
    rate = Fraction(24000, 1001)
    assert sources(clip, rate)(local) == source_frame(clip, 5 + local, rate)
