"""The ring: its seam, its length, its beginning, and its beats."""

import dataclasses
from fractions import Fraction

import pytest

from studio.domain.errors import StudioError
from studio.domain.timeline import requests as ask
from studio.domain.timeline.beats import beat_lock, beats_between
from studio.domain.timeline.model import Beats, Marker, Timeline, Zone
from studio.domain.timeline.seen import clip_at, shots_at
from studio.domain.timeline.snapping import Snap, SnapKind, snap, snap_edges, snap_points
from studio.domain.timeline.timeline_json import TimelineDecoder, TimelineEncoder
from tests.domain.timeline.timelines import NTSC, clip, line, loop, video

RING = line(clip("a", 2, 10, video(40)), clip("b", 18, 8, video(40)), ring=24)  # b crosses the seam by 2


def spans(timeline: Timeline) -> list[tuple[object, ...]]:
    return [(each.start, each.length, each.offset) for each in timeline.tracks[0].clips]


def test_a_clip_is_seen_on_both_sides_of_the_seam() -> None:
    seen = [[(shot.clip.id, shot.source) for shot in shots_at(RING, frame)] for frame in (23, 24, 0, 1, 2, 17)]
    assert seen == [[("b", 5)], [("b", 6)], [("b", 6)], [("b", 7)], [("a", 0)], []]


def test_clips_are_moved_across_the_seam_and_do_not_overlap_beyond_it() -> None:
    moved = ask.request_move_clips(RING, ["a", "b"], 7)
    assert [(each.id, each.start) for each in moved.tracks[0].clips] == [("b", 1), ("a", 9)]
    with pytest.raises(StudioError, match="overlap"):
        ask.request_move_clips(RING, ["b"], 1)
    with pytest.raises(StudioError, match="overlap"):
        ask.request_trim_end(RING, "b", 1)
    with pytest.raises(StudioError, match="longer than the ring"):
        ask.request_trim_end(line(clip("a", 3, 24), ring=24), "a", 1)


def test_the_cut_at_the_seam_is_a_cut_like_any_other() -> None:
    rolled = ask.request_roll(RING, "b", 3)
    assert spans(rolled) == [(5, 7, 3), (18, 11, 0)]
    two = ask.request_split(RING, ["b"], 0)
    assert spans(two) == [
        (0, 2, 6), (2, 10, 0), (18, 6, 0)]  # fmt: skip


def test_a_first_gap_may_cross_the_seam() -> None:
    ring = line(clip("a", 5, 14), ring=24)
    assert ask.request_add_clip(ring, "V1", clip("b", 0, 10)).clip("b") == clip("b", 19, 10)
    assert ask.request_add_clip(ring, "V1", clip("b", 0, 5)).clip("b") == clip("b", 0, 5)
    with pytest.raises(StudioError, match="no gap of 11 frames"):
        ask.request_add_clip(ring, "V1", clip("b", 0, 11))
    copy = ask.request_duplicate_clips(line(clip("a", 20, 8), clip("b", 4, 3), ring=24), ["a"])
    assert [(each.start, each.length) for each in copy.tracks[0].clips] == [(4, 3), (7, 8), (20, 8)]
    with pytest.raises(StudioError, match="no room"):
        ask.request_duplicate_clips(ring, ["a"])


def test_the_loop_begins_elsewhere_and_all_that_lies_on_it_goes_along() -> None:
    ring = dataclasses.replace(RING, markers=(Marker(1, "one"), Marker(20, "two")), zone=Zone(4, 20))
    after = ask.request_rotate(ring, 10)
    assert [(each.id, each.start) for each in after.tracks[0].clips] == [("b", 8), ("a", 16)]
    assert [(marker.name, marker.at) for marker in after.markers] == [("two", 10), ("one", 15)]
    assert after.zone == Zone(18, 34)  # across the seam
    assert after.tracks[0].clips[1].media is RING.tracks[0].clips[0].media  # nothing is made anew
    with pytest.raises(StudioError, match="Only a loop"):
        ask.request_rotate(line(), 1)


def test_a_ring_is_turned_on_where_everything_fits() -> None:
    flat = ask.request_ring(RING, 0)
    assert flat.ring == 0 and flat.length == 26
    assert ask.request_ring(flat, 24) == RING
    with pytest.raises(StudioError, match="begins beyond frame 17"):
        ask.request_ring(flat, 18)
    with pytest.raises(StudioError, match="overlap"):
        ask.request_ring(flat, 23)
    whole = line(clip("a", 3, 24, loop()), clip("b", 0, 24, video(30)), ring=24)
    whole = dataclasses.replace(whole, tracks=(
        dataclasses.replace(whole.tracks[0], clips=whole.tracks[0].clips[:1]),
        dataclasses.replace(whole.tracks[1], clips=whole.tracks[0].clips[1:]),
        whole.tracks[2]))  # fmt: skip
    longer = ask.request_ring(whole, 48)
    assert [(each.id, each.length) for track in longer.tracks for each in track.clips] == [("a", 48), ("b", 30)]


def test_a_zone_is_set_across_the_seam() -> None:
    assert ask.request_zone(RING, 20, 4).zone == ask.request_zone(RING, 20, 28).zone == Zone(20, 28)
    assert ask.request_clear_zone(ask.request_zone(RING, 0, 24)).zone is None
    with pytest.raises(StudioError, match="no frame"):
        ask.request_zone(line(), 5, 5)


def test_snapping_reaches_across_the_seam() -> None:
    points = snap_points(RING, ignore=["b"], playhead=5)
    assert [point.at for point in points] == [0, 2, 5, 12]
    assert snap(RING, 23, points, 2) == Snap(0, 1, SnapKind.SEAM)
    assert snap(RING, 6, points, 2) == Snap(5, -1, SnapKind.PLAYHEAD)
    assert snap(RING, 8, points, 2) is None
    assert snap(RING, 11.4, points, 2) == Snap(12, 1, SnapKind.CLIP)
    assert snap_edges(RING, (9, 17, 11), points, 3) == Snap(12, 1, SnapKind.CLIP)
    flat = line(clip("a", 2, 10))
    assert snap(flat, 40, snap_points(flat), 50) == Snap(12, -28, SnapKind.CLIP)
    assert snap(flat, 3, (), 50) is None


def test_everything_that_can_catch_does() -> None:
    made = line(clip("a", 2, 10, loop()))
    made = ask.request_set_key(made, "a", "opacity", Fraction(3), 0.5)
    made = ask.request_zone(ask.request_add_marker(made, 40, "here"), 30, 50)
    kinds = {point.at: point.kind for point in snap_points(made, playhead=70, beats=(6, 12))}
    assert kinds == {
        0: SnapKind.SEAM, 2: SnapKind.CLIP, 5: SnapKind.KEY, 6: SnapKind.BEAT, 12: SnapKind.CLIP, 30: SnapKind.ZONE,
        40: SnapKind.MARKER, 50: SnapKind.ZONE, 70: SnapKind.PLAYHEAD}  # fmt: skip


def test_beats_are_exact() -> None:
    lock = beat_lock(Fraction(120), 2, 4, Fraction(24))
    assert [lock.frames, lock.exact, lock.bpm, lock.drift] == [96, 96, 120, 0]
    odd = beat_lock(Fraction(128), 1, 4, NTSC)
    assert odd.exact == Fraction(60 * 24000 * 4, 1001 * 128)
    assert odd.frames == 45 and beat_lock(odd.bpm, 1, 4, NTSC).drift == 0
    music = Timeline(Fraction(24), beats=Beats(Fraction(120), 4, Fraction(3)))
    assert [*beats_between(music, 0, 48)] == [(0, 3), (1, 15), (2, 27), (3, 39)], "none before the first"
    assert [*beats_between(music, 15, 27)] == [(1, 15)] and [*beats_between(music, 15.5, 27.5)] == [(2, 27)]
    assert [*beats_between(music, 0, 200, 4)] == [(0, 3), (4, 51), (8, 99), (12, 147), (16, 195)]
    assert not [*beats_between(Timeline(), 0, 48)]
    # After a thousand beats the frame is still the nearest one: nothing adds up.
    long = Timeline(NTSC, beats=Beats(Fraction(133)))
    at = round(Fraction(60000 * 24000, 1001 * 133))
    assert [*beats_between(long, at, at + 1)] == [(1000, at)]
    with pytest.raises(StudioError, match="0 beats a minute"):
        beat_lock(Fraction(0), 1, 4, Fraction(24))


def test_on_a_ring_beats_begin_anew_in_each_turn_and_go_along() -> None:
    ring = Timeline(Fraction(24), ring=30, beats=Beats(Fraction(120), 4, Fraction(4)))
    assert [*beats_between(ring, -30, 60)] == [
        (0, -26), (1, -14), (2, -2), (0, 4), (1, 16), (2, 28), (0, 34), (1, 46), (2, 58)]  # fmt: skip
    turned = ask.request_rotate(ring, 10)
    assert [at for _, at in beats_between(turned, 0, 30)] == [6, 18, 24]
    double = ask.request_rate(ring, Fraction(48))
    assert [at for _, at in beats_between(double, 0, 60)] == [8, 32, 56]


def test_beats_are_set_and_taken_away_and_come_back_from_the_project() -> None:
    beats = Beats(Fraction(12800, 129), 3, Fraction(7, 2))
    made = ask.request_beats(line(), beats)
    assert made.beats == beats and ask.request_beats(made, None) == line() and ask.request_beats(made, beats) is made
    parts: dict[str, bytes] = {}
    digest = TimelineEncoder().encode(made, parts)
    assert TimelineDecoder(parts.__getitem__).decode(digest) == made
    for wrong in (Beats(Fraction(0)), Beats(Fraction(1001)), Beats(bar=0), Beats(bar=65), Beats(first=Fraction(10**8))):
        with pytest.raises(StudioError, match="A timeline cannot have"):
            ask.request_beats(line(), wrong)


def test_markers_have_a_frame_of_their_own() -> None:
    marked = ask.request_add_marker(ask.request_add_marker(RING, 9, " a "), 24 + 3, "b")
    assert marked.markers == (Marker(3, "b"), Marker(9, "a"))
    assert ask.request_move_marker(marked, 3, -1).markers == (Marker(9, "a"), Marker(23, "b"))
    assert ask.request_rename_marker(marked, 3, "c").markers[0] == Marker(3, "c")
    assert ask.request_remove_marker(marked, 3).markers == (Marker(9, "a"),)
    with pytest.raises(StudioError, match="already"):
        ask.request_move_marker(marked, 3, 9 + 24)


def test_the_clip_of_a_track_at_a_frame() -> None:
    track = RING.tracks[0]
    found = [clip_at(RING, track, frame) for frame in (0, 2, 12, 18, 47, -23)]
    assert [each and each.id for each in found] == ["b", "a", None, "b", "b", "b"]
