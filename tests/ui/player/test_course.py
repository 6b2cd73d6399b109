"""The frames of a playback and when each is due."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.geometry import Size
from studio.domain.timeline.model import Timeline, Zone
from studio.ui.player.course import SECOND, Clock, Course, course_of
from studio.ui.player.places import Display, place, rate_text
from studio.ui.player.quality import Quality, level_for, sized
from studio.ui.player.shuttle import FASTEST, Shuttle
from tests.ui.player.theatre import line, ring

RATES = st.sampled_from([Fraction(12), Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60), Fraction(25, 2)])


@given(rate=RATES, beat=st.integers(0, 10**9), began=st.integers(0, 10**15))
def test_a_beat_is_due_exactly_when_the_clock_says_so(rate: Fraction, beat: int, began: int) -> None:
    clock = Clock(rate, began)
    assert clock.beat(clock.due(beat)) == beat
    assert clock.beat(clock.due(beat) - 1) == beat - 1


@given(rate=RATES, hours=st.integers(1, 1000))
def test_the_clock_does_not_drift(rate: Fraction, hours: int) -> None:
    assert Clock(rate, 7).beat(7 + hours * 3600 * SECOND) == hours * 3600 * rate // 1


def test_at_speed_two_each_beat_goes_two_steps_and_backwards_the_other_way() -> None:
    assert [Clock(Fraction(10), 0, 5, 2).step(beat) for beat in range(3)] == [5, 7, 9]
    assert [Clock(Fraction(10), 0, 5, -1).step(beat) for beat in range(3)] == [5, 4, 3]


def test_a_ring_is_played_for_ever_both_ways() -> None:
    course = course_of(ring(5), looped=True)
    assert [course.frame(step) for step in range(-2, 7)] == [3, 4, 0, 1, 2, 3, 4, 0, 1]


def test_without_a_loop_playback_ends() -> None:
    course = course_of(ring(5), looped=False)
    assert [course.frame(step) for step in (-1, 0, 4, 5)] == [None, 0, 4, None]
    assert Course(0, 0).frame(0) is None


def test_a_zone_may_lie_across_the_seam_of_a_ring() -> None:
    course = course_of(replace(ring(10), zone=Zone(8, 12)), looped=True)
    assert [course.frame(step) for step in range(6)] == [8, 9, 0, 1, 8, 9]
    assert course.step(1) == 3
    assert course.step(5) is None


def test_a_zone_beyond_the_end_of_a_line_is_cut() -> None:
    course = course_of(replace(line(10), zone=Zone(7, 20)), looped=True)
    assert [course.frame(step) for step in range(4)] == [7, 8, 9, 7]
    assert course_of(replace(line(10), zone=Zone(12, 20)), looped=True).length == 0
    assert course_of(Timeline(), looped=True).frame(0) is None


def test_what_comes_next_goes_across_the_seam_and_names_each_frame_once() -> None:
    course = course_of(ring(6), looped=True)
    assert course.ahead(4, 1, 4) == (5, 0, 1, 2)
    assert course.ahead(1, -1, 3) == (0, 5, 4)
    assert course.ahead(0, 2, 100) == (2, 4, 0)
    assert course_of(line(6), looped=False).ahead(4, 1, 4) == (5,)


def test_play_begins_in_the_zone_and_after_the_end_at_the_start() -> None:
    course = course_of(replace(line(20), zone=Zone(5, 10)), looped=True)
    assert course.frame(course.nearest_step(7, 1)) == 7
    assert course.frame(course.nearest_step(15, 1)) == 5
    assert course.frame(course.nearest_step(2, -1)) == 9
    once = course_of(line(20), looped=False)
    assert once.nearest_step(19, 1) == 0
    assert once.nearest_step(0, -1) == 19
    assert once.nearest_step(19, -1) == 19


@given(
    first=st.integers(0, 30), length=st.integers(1, 30), size=st.integers(30, 60), step=st.integers(-200, 200)
)  # fmt: skip
def test_frames_and_steps_belong_together(first: int, length: int, size: int, step: int) -> None:
    course = Course(first % size, length, size)
    frame = course.frame(step)
    assert frame is not None and 0 <= frame < size
    found = course.step(frame)
    assert found is not None and (found - step) % length == 0


def test_l_again_is_faster_and_j_turns_round() -> None:
    shuttle, speeds = Shuttle(), []
    for _ in range(5):
        shuttle = shuttle.pushed(1)
        speeds.append(shuttle.speed)
    assert speeds == [1, 2, 4, FASTEST, FASTEST]
    assert shuttle.pushed(-1).speed == -1
    assert shuttle.pushed(-1).pushed(-1).speed == -2
    assert shuttle.toggled() == Shuttle(0)
    assert shuttle.held(True) == Shuttle(0, stopping=True)


def test_frames_are_halved_as_far_as_the_screen_allows() -> None:
    size = Size(1921, 1080)
    assert sized(size, 1) == Size(961, 540)
    assert sized(size, 2) == Size(481, 270)
    assert sized(Size(20, 9), 3) == Size(16, 9)
    assert level_for(size, Size(1921, 1080)) == 0
    assert level_for(size, Size(962, 541)) == 0
    assert level_for(size, Size(961, 540)) == 1
    assert level_for(size, Size(100, 50)) == 3
    assert level_for(size, Size(4000, 3000)) == 0


def test_quality_falls_when_too_many_frames_are_late_and_no_further_than_a_quarter() -> None:
    quality = Quality()
    assert not any(quality.note(late) for late in [True, False, False] * 8)
    assert [quality.note(True) for _ in range(20)].count(True) == 2
    assert quality.halvings == 2
    quality.restore()
    assert quality.halvings == 0


@pytest.mark.parametrize(
    ("frame", "rate", "display", "text"),
    [
        (29, Fraction(12), Display.TIMECODE, "00:02:05"),
        (29, Fraction(12), Display.FRAMES, "29"),
        (29, Fraction(12), Display.SECONDS, "2.416"),
        (24000, Fraction(24000, 1001), Display.SECONDS, "1001.000"),
    ],
)
def test_places_are_told_in_three_ways(frame: int, rate: Fraction, display: Display, text: str) -> None:
    assert place(frame, rate, display) == text


def test_rates_are_told_as_people_write_them() -> None:
    assert [rate_text(rate) for rate in (Fraction(24), Fraction(24000, 1001), Fraction(25, 2))] == [
        "24",
        "23.976",
        "12.5",
    ]
