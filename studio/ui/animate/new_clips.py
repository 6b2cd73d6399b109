"""Clips that come onto a timeline from elsewhere: new loops, and files that were brought along."""

import dataclasses
from collections.abc import Iterable

from studio.domain.errors import StudioError
from studio.domain.geometry import Size
from studio.domain.sequence import FrameSequence
from studio.domain.timeline.model import Clip, ClipTask, Generated, Media, Sound, Timeline, Track, TrackKind, Video
from studio.domain.timeline.requests import (
    new_clip,
    request_add_clip,
    request_add_track,
    request_rate,
    request_ring,
)
from studio.session.clips.generating import frames_of

STILL = Size(512, 512)  # of a task that does not say how large its frames are


def generated(task: ClipTask, size: Size = STILL) -> Generated:
    """The media that a task will make. Frames of a source that only a file counts are taken for one second."""
    rate = task.rate
    closed = task.closed if isinstance(task, FrameSequence) else getattr(task, "closed", True)
    size = task.recipe.result_size if isinstance(task, FrameSequence) else size
    return Generated(task, rate, frames_of(task, max(2, round(rate))), size, closed)


def with_new_loop(timeline: Timeline, task: ClipTask, clip_id: str, at: int, size: Size = STILL) -> Timeline:
    """The timeline with a clip that a task makes, at frame `at` of a track that is free there, or of a new one.

    The first clip of an empty timeline decides its rate, and a loop makes a ring of it. Raises StudioError (INPUT).
    """
    media = generated(task, size)
    first = not any(track.clips for track in timeline.tracks)
    if first:
        timeline, at = request_rate(timeline, media.rate), 0
    clip = dataclasses.replace(new_clip(media, timeline), id=clip_id)
    timeline = placed(timeline, clip, at)
    if first and media.closed and clip.length > 1 and not timeline.ring:
        timeline = request_ring(timeline, clip.length)
    return timeline


def with_media(timeline: Timeline, found: Iterable[tuple[Media, str]], at: int, track_id: str = "") -> Timeline:
    """The timeline with media from files, one after the other from frame `at` on: on this track if it is one for them,
    else on one that is free there, or on a new one. Each comes with the name of its clip. A video's rate becomes that
    of an empty timeline. Raises StudioError (INPUT).
    """
    for media, name in found:
        if isinstance(media, Video) and not any(track.clips for track in timeline.tracks):
            timeline = request_rate(timeline, media.rate)
        clip = new_clip(media, timeline, name)
        timeline = placed(timeline, clip, at, track_id)
        at += clip.length
    return timeline


def placed(timeline: Timeline, clip: Clip, at: int, track_id: str = "") -> Timeline:
    """The timeline with a clip at a frame: on this track, else on the lowest one that is free there, else on a new one
    of its kind. Raises StudioError (INPUT).
    """
    kind = TrackKind.AUDIO if isinstance(clip.media, Sound) else TrackKind.VIDEO
    fitting = [track for track in timeline.tracks if (track.kind is TrackKind.AUDIO) is (kind is TrackKind.AUDIO)]
    for track in sorted(fitting, key=lambda track: track.id != track_id):
        if not track.locked and (added := _tried(timeline, track, clip, at)) is not None:
            return added
    before = {track.id for track in timeline.tracks}
    timeline = request_add_track(timeline, kind)
    new = next(track for track in timeline.tracks if track.id not in before)
    return request_add_clip(timeline, new.id, clip, at)


def _tried(timeline: Timeline, track: Track, clip: Clip, at: int) -> Timeline | None:
    try:
        return request_add_clip(timeline, track.id, clip, at)
    except StudioError:  # something lies there
        return None
