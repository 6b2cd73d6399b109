"""Trims, rolls, slips, slides, splits and speeds, one by one."""

from fractions import Fraction

import pytest

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.timeline import requests as ask
from studio.domain.timeline.model import Clip, Key, Lane, Timeline, Words
from studio.domain.timeline.seen import prompt_keys, shots_at, source_frame, value_at
from tests.domain.timeline.timelines import NTSC, clip, line, loop, track, video

# Ten frames of each side are left: 12 frames a second on a timeline of as many.
TIMELINE = line(
    clip("a", 0, 20, video(40), offset=Fraction(10)),
    clip("b", 20, 20, video(40), offset=Fraction(10)),
    clip("c", 40, 20, video(40), offset=Fraction(10)),
    clip("d", 70, 5, video(40)),
)


def spans(timeline: Timeline) -> list[tuple[object, ...]]:
    return [(each.id, each.start, each.length, each.offset) for each in timeline.tracks[0].clips]


def refused(what: str) -> "pytest.RaisesExc[StudioError]":
    return pytest.raises(StudioError, match=what, check=lambda error: error.problem.kind is ErrorKind.INPUT)


def test_trimming_the_start_leaves_what_is_seen_where_it_was() -> None:
    after = ask.request_trim_start(TIMELINE, "b", 7)
    assert spans(after)[1] == ("b", 27, 13, 17)
    assert [[shot.source for shot in shots_at(each, 30)] for each in (after, TIMELINE)] == [[20], [20]]


def test_a_clip_cannot_be_trimmed_beyond_its_media_unless_it_is_a_loop() -> None:
    assert spans(ask.request_trim_end(TIMELINE, "c", 10))[2] == ("c", 40, 30, 10)
    with refused("beyond the frames"):
        ask.request_trim_end(TIMELINE, "c", 11)
    with refused("beyond the frames"):
        ask.request_trim_start(TIMELINE, "d", -1)  # its first frame is its media's
    looping = line(clip("a", 30, 20, video(20, closed=True)))
    assert spans(ask.request_trim_end(looping, "a", 100)) == [("a", 30, 120, 0)]
    assert spans(ask.request_trim_start(looping, "a", -3)) == [("a", 27, 23, 17)]  # frame -3 of a loop of 20
    still = line(clip("a", 30, 20))
    assert spans(ask.request_trim_start(still, "a", -30)) == [("a", 0, 50, 0)]


def test_what_would_overlap_is_refused_and_says_which() -> None:
    with refused("“a.mp4” and “a.mp4” would overlap"):
        ask.request_trim_end(TIMELINE, "a", 1)
    names = {("", ""): "Two clips would", ("sea", ""): "“sea” and another clip would", ("", "sky"): "“sky” and another"}
    for (one, other), words in names.items():
        pair = line(clip("a", 0, 20, loop(), name=one), clip("b", 20, 20, loop(), name=other))
        with refused(words):
            ask.request_trim_end(pair, "a", 1)
    with refused("no frame left"):
        ask.request_trim_end(TIMELINE, "a", -20)
    with refused("beyond the ends of the timeline"):
        ask.request_move_clips(TIMELINE, ["a"], -1)


def test_a_ripple_trim_keeps_the_later_ones_next_to_it() -> None:
    assert spans(ask.request_ripple_trim_end(TIMELINE, "a", -5)) == [
        ("a", 0, 15, 10), ("b", 15, 20, 10), ("c", 35, 20, 10), ("d", 65, 5, 0)]  # fmt: skip
    assert spans(ask.request_ripple_trim_start(TIMELINE, "b", 4)) == [
        ("a", 0, 20, 10), ("b", 20, 16, 14), ("c", 36, 20, 10), ("d", 66, 5, 0)]  # fmt: skip
    assert spans(ask.request_ripple_trim_start(TIMELINE, "b", -4))[1:3] == [("b", 20, 24, 6), ("c", 44, 20, 10)]


def test_a_roll_moves_the_cut_alone() -> None:
    assert spans(ask.request_roll(TIMELINE, "a", 6)) == [
        ("a", 0, 26, 10), ("b", 26, 14, 16), ("c", 40, 20, 10), ("d", 70, 5, 0)]  # fmt: skip
    with refused("beyond the frames"):
        ask.request_roll(TIMELINE, "a", -11)
    with refused("No other clip begins"):
        ask.request_roll(TIMELINE, "c", 1)


def test_a_slip_changes_the_frames_and_not_the_place() -> None:
    assert spans(ask.request_slip(TIMELINE, "b", Fraction(-5, 2)))[1] == ("b", 20, 20, Fraction(15, 2))
    with refused("beyond the frames"):
        ask.request_slip(TIMELINE, "b", Fraction(11))


def test_a_slide_is_made_up_for_by_its_neighbours() -> None:
    assert spans(ask.request_slide(TIMELINE, "b", 8)) == [
        ("a", 0, 28, 10), ("b", 28, 20, 10), ("c", 48, 12, 18), ("d", 70, 5, 0)]  # fmt: skip
    assert spans(ask.request_slide(TIMELINE, "d", -10))[3] == ("d", 60, 5, 0)  # into the gap
    with refused("overlap"):
        ask.request_slide(TIMELINE, "d", -11)


def test_a_split_makes_two_clips_of_one_and_groups_of_groups() -> None:
    grouped = ask.request_group(TIMELINE, ["a", "b"])
    parted = ask.request_split(grouped, ["a"], 12)
    assert [each[1:] for each in spans(parted)[:3]] == [(0, 12, 10), (12, 8, 22), (20, 20, 10)]
    assert len({each.group for each in parted.tracks[0].clips[:3]}) == 1
    two = Timeline(Fraction(12), (track("V1", clip("a", 0, 9, group="g")), track("V2", clip("b", 3, 9, group="g"))))
    halves = [each for row in ask.request_split(two, ["a"], 5).tracks for each in row.clips]
    assert [each.group == "g" for each in halves] == [True, False, True, False]
    assert halves[1].group == halves[3].group
    with refused("No selected clip can be cut"):
        ask.request_split(TIMELINE, ["a"], 20)


def test_keys_stay_where_they_are_seen_when_a_clip_is_cut() -> None:
    lanes = (Lane("opacity", (Key(Fraction(0), 0.0), Key(Fraction(20), 1.0))),)
    cut = ask.request_trim_start(line(clip("a", 10, 20, lanes=lanes)), "a", 5)
    found = cut.clip("a")
    assert found and [key.at for key in found.lanes[0].keys] == [-5, 15]
    assert value_at(found, "opacity", 0) == 0.25


def test_prompts_stay_with_the_frames_they_belong_to() -> None:
    words = (Words(Fraction(0), "day"), Words(Fraction(12), "night"))
    start = line(clip("a", 10, 24, loop(24), words=words))
    keys = prompt_keys(_only(start), start.rate)
    assert [(key.at, key.prompt) for key in keys] == [(0.0, "day"), (0.5, "night")]
    for changed in (
        ask.request_trim_start(start, "a", 5),
        ask.request_slip(start, "a", Fraction(7)),
        ask.request_speed(start, "a", Fraction(2)),
        ask.request_speed(start, "a", Fraction(-1, 3)),
        ask.request_rate(start, NTSC),
    ):
        found = prompt_keys(_only(changed), changed.rate)
        assert [(key.at, key.prompt) for key in found] == [(0.0, "day"), (0.5, "night")]


def test_a_faster_clip_shows_the_same_frames_in_less_time() -> None:
    fast = _only(ask.request_speed(line(clip("a", 0, 20, video(40), offset=Fraction(10))), "a", Fraction(2)))
    assert [fast.length, fast.offset, fast.speed] == [10, 10, 2]
    assert [source_frame(fast, frame, Fraction(12)) for frame in range(3)] == [10, 12, 14]
    slow = _only(ask.request_speed_in_place(line(clip("a", 0, 20, video(40))), "a", Fraction(1, 2)))
    assert (slow.length, [source_frame(slow, frame, Fraction(12)) for frame in range(5)]) == (20, [0, 0, 1, 1, 2])
    with refused("beyond the frames"):
        ask.request_speed_in_place(line(clip("a", 0, 30, video(40))), "a", Fraction(2))
    with refused("A speed of 0"):
        ask.request_speed(TIMELINE, "a", Fraction(0))


@pytest.mark.parametrize("rate", [Fraction(12), Fraction(24), NTSC], ids=str)
def test_backwards_is_the_mirror_of_forwards(rate: Fraction) -> None:
    start = line(clip("a", 3, 17, video(40), offset=Fraction(5, 2)), rate=rate)
    turned = ask.request_speed(start, "a", Fraction(-1))
    forwards = [source_frame(_only(start), frame, rate) for frame in range(3, 20)]
    assert [source_frame(_only(turned), frame, rate) for frame in range(3, 20)] == forwards[::-1]
    assert ask.request_speed(turned, "a", Fraction(1)) == start


def test_film_frames_on_a_timeline_of_another_rate_are_exact() -> None:
    """A day of 23.976 on 30 frames a second: no rounding adds up."""
    made = clip("a", 0, 30 * 86400, video(10**7, NTSC))
    assert source_frame(made, 30 * 86400 - 1, Fraction(30)) == (30 * 86400 - 1) * 24000 // (1001 * 30)
    third = ask.request_split(line(made, rate=Fraction(30)), ["a"], 30 * 3600 + 7)
    later = third.tracks[0].clips[1]
    assert later.offset == Fraction((30 * 3600 + 7) * 24000, 1001 * 30)
    assert source_frame(later, 30 * 86400 - 1, Fraction(30)) == source_frame(made, 30 * 86400 - 1, Fraction(30))


def _only(timeline: Timeline) -> Clip:
    return timeline.tracks[0].clips[0]
