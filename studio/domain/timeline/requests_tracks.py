"""Requests about tracks. What cannot be done raises StudioError (INPUT)."""

import dataclasses
import math

from studio.domain.document.blending import BlendMode
from studio.domain.timeline.model import Timeline, Track, TrackKind, new_id
from studio.domain.timeline.placing import found_track, impossible, require_open, with_track
from studio.domain.timeline.validity import MAX_NAME

MAX_TRACKS = 200


def request_add_track(timeline: Timeline, kind: TrackKind, name: str = "", index: int | None = None) -> Timeline:
    """A new, empty track with `index` tracks below it, or above all; audio tracks come after the others."""
    if len(timeline.tracks) >= MAX_TRACKS:
        raise impossible(f"A timeline has at most {MAX_TRACKS} tracks.", "Remove one that is empty.")
    track = Track(new_id(), kind, name[:MAX_NAME])
    return _put(timeline, track, len(timeline.tracks) if index is None else index)


def request_remove_track(timeline: Timeline, track_id: str) -> Timeline:
    """Without a track and what lies on it."""
    require_open(found_track(timeline, track_id))
    return _without(timeline, track_id)


def request_move_track(timeline: Timeline, track_id: str, index: int) -> Timeline:
    """A track with `index` others below it, within the tracks of its kind: audio tracks come last."""
    moved = _put(_without(timeline, track_id), found_track(timeline, track_id), index)
    return timeline if moved.tracks == timeline.tracks else moved


def request_rename_track(timeline: Timeline, track_id: str, name: str) -> Timeline:
    """A track with another name."""
    return with_track(timeline, track_id, lambda track: dataclasses.replace(track, name=name.strip()[:MAX_NAME]))


def request_lock_track(timeline: Timeline, track_id: str, locked: bool) -> Timeline:
    """A track that refuses edits from now on, or no longer."""
    return with_track(timeline, track_id, lambda track: dataclasses.replace(track, locked=locked))


def request_hide_track(timeline: Timeline, track_id: str, hidden: bool) -> Timeline:
    """A track that is not seen or heard from now on, or again."""
    return with_track(timeline, track_id, lambda track: dataclasses.replace(track, hidden=hidden))


def request_track_opacity(timeline: Timeline, track_id: str, opacity: float) -> Timeline:
    """A track's opacity, or an audio track's loudness, in [0, 1]."""
    require_open(found_track(timeline, track_id))
    if not math.isfinite(opacity) or not 0 <= opacity <= 1:
        raise impossible(f"An opacity of {opacity} cannot be used.", "Choose 0 to 1.", "opacity")
    return with_track(timeline, track_id, lambda track: dataclasses.replace(track, opacity=opacity))


def request_track_mode(timeline: Timeline, track_id: str, mode: BlendMode) -> Timeline:
    """How a track is blended onto what lies below; one that is not plainly laid over it is an overlay."""
    track = found_track(timeline, track_id)
    require_open(track)
    if track.kind is TrackKind.AUDIO:
        raise impossible("Sound is not blended.", "Choose a track with pictures.", "mode")
    kind = track.kind if mode is BlendMode.NORMAL else TrackKind.OVERLAY
    return with_track(timeline, track_id, lambda track: dataclasses.replace(track, mode=mode, kind=kind))


def _put(timeline: Timeline, track: Track, index: int) -> Timeline:
    pictures = sum(other.kind is not TrackKind.AUDIO for other in timeline.tracks)
    low, high = (pictures, len(timeline.tracks)) if track.kind is TrackKind.AUDIO else (0, pictures)
    index = min(max(index, low), high)
    tracks = (*timeline.tracks[:index], track, *timeline.tracks[index:])
    return dataclasses.replace(timeline, tracks=tracks)


def _without(timeline: Timeline, track_id: str) -> Timeline:
    return dataclasses.replace(timeline, tracks=tuple(track for track in timeline.tracks if track.id != track_id))
