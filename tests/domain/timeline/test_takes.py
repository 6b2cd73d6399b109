"""Takes, tasks and media of clips; tracks and their locks."""

import dataclasses
from collections.abc import Callable
from fractions import Fraction

import pytest

from studio.domain.document.blending import BlendMode
from studio.domain.errors import StudioError
from studio.domain.recipe import Recipe
from studio.domain.sequence import FrameSequence
from studio.domain.timeline import requests as ask
from studio.domain.timeline.model import Generated, Sound, Take, Timeline, TrackKind
from studio.domain.timeline.seen import prompt_keys, shots_at, volume_at
from tests.domain.timeline.timelines import clip, line, loop, video

START = line(clip("a", 0, 24, loop()), clip("b", 40, 10, video()))
LONG = Take("t1", 36, FrameSequence(Recipe("x"), 36))


def media(timeline: Timeline) -> Generated:
    found = timeline.tracks[0].clips[0].media
    assert isinstance(found, Generated)
    return found


def test_a_new_take_is_seen_and_a_whole_clip_stays_whole() -> None:
    after = ask.request_add_take(START, "a", LONG)
    assert media(after).take == LONG and media(after).frames == 36
    assert after.tracks[0].clips[0].length == 36
    trimmed = ask.request_add_take(ask.request_trim_end(START, "a", -4), "a", LONG)
    assert trimmed.tracks[0].clips[0].length == 20


def test_a_take_that_is_too_long_for_its_place_is_still_taken() -> None:
    after = ask.request_add_take(START, "a", dataclasses.replace(LONG, frames=60, task=None))
    assert media(after).frames == 60 and after.tracks[0].clips[0].length == 24
    short = line(clip("a", 0, 12, loop(24, closed=False), offset=Fraction(12)))
    after = ask.request_add_take(short, "a", Take("t", 5))
    assert [after.tracks[0].clips[0].length, after.tracks[0].clips[0].offset] == [5, 0]


def test_takes_are_chosen_renamed_and_deleted() -> None:
    two = ask.request_add_take(ask.request_add_take(START, "a", LONG), "a", Take("t2", 24))
    assert media(ask.request_choose_take(two, "a", "t1")).active == "t1"
    named = ask.request_rename_take(two, "a", "t1", "good")
    assert [take.name for take in media(named).takes] == ["good", ""]
    assert media(ask.request_delete_take(two, "a", "t2")).take == LONG
    assert media(ask.request_delete_take(two, "a", "t1")).active == "t2"
    none = ask.request_delete_take(ask.request_delete_take(two, "a", "t2"), "a", "t1")
    assert (media(none).takes, media(none).active) == ((), "")
    assert media(ask.request_take_frames(two, "a", "t2", 30)).frames == 30
    for request in (ask.request_choose_take, ask.request_delete_take):
        with pytest.raises(StudioError, match="no longer there"):
            request(START, "a", "t1")
    with pytest.raises(StudioError, match="not made here"):
        ask.request_add_take(START, "b", LONG)
    with pytest.raises(StudioError, match="already"):
        ask.request_add_take(two, "a", LONG)


def test_a_task_decides_the_frames_until_there_is_a_take() -> None:
    task = FrameSequence(Recipe("y"), 12, Fraction(6))
    after = ask.request_set_task(START, "a", task)
    assert [media(after).frames, media(after).rate, after.tracks[0].clips[0].length] == [12, 6, 24]
    taken = ask.request_set_task(ask.request_add_take(START, "a", LONG), "a", task)
    assert (media(taken).frames, media(taken).task) == (36, task)


def test_prompts_stay_at_their_share_of_a_clip_that_gets_longer() -> None:
    made = ask.request_set_words(ask.request_set_words(START, "a", Fraction(0), "day"), "a", Fraction(12), "night")
    for after in (
        ask.request_set_task(made, "a", FrameSequence(Recipe("y"), 30)),
        ask.request_add_take(made, "a", Take("t1", 8)),
        ask.request_take_frames(ask.request_add_take(made, "a", Take("t1", 8)), "a", "t1", 50),
    ):
        keys = prompt_keys(after.tracks[0].clips[0], after.rate)
        assert [(key.at, key.prompt) for key in keys] == [(0, "day"), (0.5, "night")]


def test_media_that_were_found_again_are_as_long_as_they_are() -> None:
    after = ask.request_set_media(START, "b", video(7))
    assert after.tracks[0].clips[1].length == 7
    with pytest.raises(StudioError, match="audio tracks"):
        ask.request_set_media(START, "b", Sound("a.wav", Fraction(3)))


def test_a_locked_track_refuses_edits_but_no_work() -> None:
    locked = ask.request_lock_track(START, "V1", True)
    changes: list[Callable[[], Timeline]] = [
        lambda: ask.request_move_clips(locked, ["a"], 1),
        lambda: ask.request_set_key(locked, "a", "x", Fraction(0), 1),
        lambda: ask.request_delete_clips(locked, ["a"]),
        lambda: ask.request_remove_track(locked, "V1"),
        lambda: ask.request_track_opacity(locked, "V1", 0.5),
        lambda: ask.request_choose_take(ask.request_add_take(locked, "a", LONG), "a", "t1"),
        lambda: ask.request_set_task(locked, "a", LONG.task or FrameSequence(Recipe())),
    ]
    for change in changes:
        with pytest.raises(StudioError, match="“V1” is locked"):
            change()
    after = ask.request_add_take(locked, "a", LONG)
    assert media(after).active == "t1" and after.tracks[0].locked


def test_tracks_are_in_order_and_audio_is_last() -> None:
    made = ask.request_add_track(START, TrackKind.OVERLAY, "O", 0)
    made = ask.request_add_track(made, TrackKind.VIDEO, "V3")
    made = ask.request_add_track(made, TrackKind.AUDIO, "A0", 0)
    assert [track.name for track in made.tracks] == ["O", "V1", "V2", "V3", "A0", "A1"]
    moved = ask.request_move_track(made, "V1", 99)
    assert [track.name for track in moved.tracks] == ["O", "V2", "V3", "V1", "A0", "A1"]
    assert ask.request_track_mode(made, "V2", BlendMode.SCREEN).tracks[2].kind is TrackKind.OVERLAY
    with pytest.raises(StudioError, match="Sound is not blended"):
        ask.request_track_mode(made, "A1", BlendMode.SCREEN)
    assert [track.name for track in ask.request_remove_track(made, "V1").tracks] == ["O", "V2", "V3", "A0", "A1"]


def test_clips_go_up_and_down_among_tracks_of_their_kind() -> None:
    start = ask.request_add_clip(START, "A1", clip("s", 3, 12, Sound("a.wav", Fraction(5))), 3)
    start = ask.request_group(start, ["a", "s"])
    up = ask.request_move_clips(start, ["a"], 2, 1)
    assert [(track.name, [(each.id, each.start) for each in track.clips]) for track in up.tracks] == [
        ("V1", [("b", 40)]), ("V2", [("a", 2)]), ("A1", [("s", 5)])]  # fmt: skip
    with pytest.raises(StudioError, match="no track so far"):
        ask.request_move_clips(start, ["a"], 0, -1)
    with pytest.raises(StudioError, match="Sound lies on audio tracks"):
        ask.request_move_clips(start, ["b"], 0, 2)


def test_what_is_hidden_or_disabled_is_not_seen() -> None:
    assert [shot.clip.id for shot in shots_at(START, 45)] == ["b"]
    assert shots_at(ask.request_hide_track(START, "V1", True), 45) == ()
    assert shots_at(ask.request_enable_clips(START, ["b"], False), 45) == ()
    loud = ask.request_add_clip(START, "A1", clip("s", 0, 12, Sound("a.wav", Fraction(5))), 3)
    loud = ask.request_set_key(ask.request_track_opacity(loud, "A1", 0.5), "s", "volume", Fraction(0), 1.5)
    track = loud.tracks[2]
    assert volume_at(loud, track, track.clips[0], 5) == 0.75
    assert shots_at(loud, 5)[-1].clip.id == "a"


def test_a_deleted_clip_leaves_a_gap_or_none() -> None:
    assert [each.start for each in ask.request_delete_clips(START, ["a"]).tracks[0].clips] == [40]
    assert [each.start for each in ask.request_ripple_delete(START, ["a"]).tracks[0].clips] == [16]


def test_a_new_clip_takes_the_first_gap_that_holds_it() -> None:
    after = ask.request_add_clip(START, "V1", clip("c", 0, 16))
    assert [(each.id, each.start) for each in after.tracks[0].clips] == [("a", 0), ("c", 24), ("b", 40)]
    after = ask.request_add_clip(START, "V1", clip("c", 0, 17))
    assert [(each.id, each.start) for each in after.tracks[0].clips] == [("a", 0), ("b", 40), ("c", 50)]
    lengths = [ask.new_clip(m, START).length for m in (loop(24, Fraction(24)), video(25, Fraction(24)))]
    assert lengths == [12, 13]
    copied = ask.request_duplicate_clips(START, ["a"])
    assert [each.start for each in copied.tracks[0].clips] == [0, 40, 50]
