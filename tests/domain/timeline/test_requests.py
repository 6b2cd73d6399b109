"""Requests at random: what holds after any of them."""

import dataclasses
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.document.document import Document
from studio.domain.document.history import History
from studio.domain.timeline import requests as ask
from studio.domain.timeline.model import Timeline
from studio.domain.timeline.seen import shots_at
from studio.domain.timeline.times import longest
from studio.domain.timeline.validity import timeline_problem
from tests.domain.timeline.timelines import BEGUN, NTSC, OPERATIONS, Edit, carried_out, edits, timelines
from tests.examples import few


@settings(max_examples=few(120))
@given(st.booleans(), edits)
def test_a_timeline_is_sound_after_any_requests_and_undo_brings_each_back(begun: bool, found: list[Edit]) -> None:
    before = [BEGUN if begun else Timeline()]
    history = History.of(Document(timeline=before[0]), "new")
    for edit in found:
        after = carried_out(before[-1], edit)
        assert timeline_problem(after) == "", f"{[*OPERATIONS][edit[0] % len(OPERATIONS)]} {edit[1:]}"
        if after is not before[-1]:
            history.commit("edit", dataclasses.replace(history.document, timeline=after))
            before.append(after)
    for expected in reversed(before):
        assert history.document.timeline is expected
        history.undo()
    for expected in before:
        assert history.document.timeline is expected
        history.redo()


def test_the_random_edits_are_not_refused_too_often() -> None:
    done = {
        name
        for name, operation in OPERATIONS.items()
        for numbers in ((0, 2, 99), (1, -2, 75), (2, 1, 96), (3, -1, 72), (8, 3, 10))
        if carried_out(BEGUN, ([*OPERATIONS].index(name), *numbers)) is not BEGUN
    }
    assert {*OPERATIONS} - done <= {"rotate", "choose", "move marker", "move keys", "opacity"}


@settings(max_examples=few(60))
@given(timelines, st.integers(0, 99), st.integers(0, 99))
def test_a_split_changes_nothing_that_is_seen(timeline: Timeline, frame: int, other: int) -> None:
    clips = [each.id for track in timeline.tracks for each in track.clips]
    if timeline.ring or not clips:
        return
    after = carried_out(timeline, ([*OPERATIONS].index("split"), other, 0, frame))
    for at in range(120):
        before_shots, after_shots = shots_at(timeline, at), shots_at(after, at)
        assert [(shot.source, shot.opacity, shot.x, shot.values) for shot in before_shots] == [
            (shot.source, shot.opacity, shot.x, shot.values) for shot in after_shots
        ]


@settings(max_examples=few(60))
@given(timelines, st.integers(-50, 50))
def test_moving_all_and_back_is_nothing(timeline: Timeline, by: int) -> None:
    clips = [each.id for track in timeline.tracks for each in track.clips]
    if not clips or any(track.locked for track in timeline.tracks):
        return
    earliest = min(each.start for track in timeline.tracks for each in track.clips)
    if earliest + by >= 0 or timeline.ring:
        there = ask.request_move_clips(timeline, clips, by)
        assert sorted(_lengths(there)) == sorted(_lengths(timeline))
        assert ask.request_move_clips(there, clips, -by) == timeline


@settings(max_examples=few(60))
@given(timelines, st.integers(-200, 200))
def test_a_rotated_loop_shows_the_same_frames_in_another_order(timeline: Timeline, by: int) -> None:
    if timeline.ring:
        rotated = ask.request_rotate(timeline, by)
        assert ask.request_rotate(rotated, -by) == timeline
        for frame in range(timeline.ring):
            assert [shot.source for shot in shots_at(rotated, frame)] == [
                shot.source for shot in shots_at(timeline, frame + by)
            ]


@settings(max_examples=few(60))
@given(timelines)
def test_twice_the_rate_and_back_is_nothing(timeline: Timeline) -> None:
    if timeline.rate > 120:
        return
    doubled = ask.request_rate(timeline, timeline.rate * 2)
    pairs = [
        (before, after)
        for track, other in zip(timeline.tracks, doubled.tracks, strict=True)
        for before, after in zip(track.clips, other.clips, strict=True)
    ]
    cut = [after for before, after in pairs if after.length != before.length * 2]
    # Half a frame after the end of its media was seen by whole frames, and is not by halves.
    assert all(after.length == longest(after, doubled.rate) for after in cut)
    if not cut:
        assert _sources(doubled, 2) == _sources(timeline, 1)
        assert ask.request_rate(doubled, timeline.rate) == timeline


def test_cuts_stay_cuts_in_another_rate_and_show_the_same_at_the_same_time() -> None:
    there = ask.request_rate(BEGUN, NTSC)
    track = there.tracks[0]
    assert [track.clips[0].end, track.clips[1].end] == [track.clips[1].start, track.clips[2].start] == [48, 88]
    clip, before = track.clips[1], BEGUN.tracks[0].clips[1]
    # The line from time to source frame is the same one, though the cut lies a little earlier.
    moment = Fraction(clip.start) / NTSC
    assert clip.offset == before.offset + (moment - Fraction(before.start, 12)) * NTSC


def _lengths(timeline: Timeline) -> list[float]:
    return [each.length for track in timeline.tracks for each in track.clips]


def _sources(timeline: Timeline, every: int) -> list[list[int]]:
    return [[shot.source for shot in shots_at(timeline, frame * every)] for frame in range(80)]
