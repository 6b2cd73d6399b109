"""Requests about where clips begin and end. What cannot be done raises StudioError (INPUT), and nothing has changed.

Frames are the timeline's; `by` counts them towards the end.
"""

import dataclasses
from collections.abc import Collection
from fractions import Fraction

from studio.domain.timeline.keeping import cut_in, drawn_at, shown_at, slipped
from studio.domain.timeline.model import Canvas, Clip, Still, Timeline, Track, new_id
from studio.domain.timeline.placing import edited, found_clip, impossible, moved, title, track_of, with_companions
from studio.domain.timeline.times import local_frame, longest, short, step
from studio.domain.timeline.validity import MAX_SPEED


def request_trim_start(timeline: Timeline, clip_id: str, by: int) -> Timeline:
    """A clip that begins `by` frames later; what is seen at each frame stays."""
    return _changed(timeline, _start_trimmed(found_clip(timeline, clip_id), by, timeline.rate)) if by else timeline


def request_trim_end(timeline: Timeline, clip_id: str, by: int) -> Timeline:
    """A clip that ends `by` frames later."""
    return _changed(timeline, _end_trimmed(found_clip(timeline, clip_id), by)) if by else timeline


def request_ripple_trim_start(timeline: Timeline, clip_id: str, by: int) -> Timeline:
    """A clip without its first `by` frames (with more before them, below 0), which begins where it did; the later ones
    on its track stay next to it.
    """
    clip = found_clip(timeline, clip_id)
    trimmed = dataclasses.replace(_start_trimmed(clip, by, timeline.rate), start=clip.start)
    return _rippled(timeline, trimmed, -by) if by else timeline


def request_ripple_trim_end(timeline: Timeline, clip_id: str, by: int) -> Timeline:
    """A clip that ends `by` frames later; the later ones on its track stay next to it."""
    return _rippled(timeline, _end_trimmed(found_clip(timeline, clip_id), by), by) if by else timeline


def request_roll(timeline: Timeline, clip_id: str, by: int) -> Timeline:
    """The cut between a clip and the next one, which touches it, `by` frames later."""
    clip = found_clip(timeline, clip_id)
    following = _neighbour(timeline, clip, after=True)
    if following is None or following is clip:
        raise impossible(f"No other clip begins where {title(clip)} ends.", "Choose a cut between two clips.")
    trimmed = _start_trimmed(following, by, timeline.rate)
    return edited(timeline, {clip_id: _end_trimmed(clip, by), following.id: trimmed}) if by else timeline


def request_slip(timeline: Timeline, clip_id: str, by: Fraction) -> Timeline:
    """Other frames of its source in the same place: those `by` source frames later."""
    clip = found_clip(timeline, clip_id)
    if isinstance(clip.media, Still | Canvas):
        raise impossible(f"{title(clip)} is the same at all times.", "Slip a clip that moves.")
    return _changed(timeline, slipped(clip, by, timeline.rate)) if by else timeline


def request_slide(timeline: Timeline, clip_id: str, by: int) -> Timeline:
    """A clip `by` frames later between its neighbours: those that touch it become longer and shorter."""
    clip = found_clip(timeline, clip_id)
    changes = {clip_id: moved(clip, by)}
    before, following = _neighbour(timeline, clip, after=False), _neighbour(timeline, clip, after=True)
    if before is clip:
        raise impossible(f"{title(clip)} fills the ring.", "Rotate the loop's start instead.")
    if before is not None:
        changes[before.id] = _end_trimmed(before, by)
    if following is not None:
        changes[following.id] = _start_trimmed(changes.get(following.id, following), by, timeline.rate)
    return edited(timeline, changes) if by else timeline


def request_split(timeline: Timeline, clip_ids: Collection[str], frame: int) -> Timeline:
    """Clips, and those of their groups, cut in two before a frame of the timeline. Where a group's clips are cut, the
    later halves are a group of their own.
    """
    cuts = {
        clip.id: (clip, local)
        for clip in with_companions(timeline, clip_ids).values()
        if (local := local_frame(timeline, clip, frame))
    }
    if not cuts:
        raise impossible(f"No selected clip can be cut at frame {frame:,}.", "Move the playhead inside of one.")
    shared = [clip.group for clip, _ in cuts.values()]
    groups = {group: new_id() for group in {*shared} if group and shared.count(group) > 1}
    changes: dict[str, Clip | None] = {}
    added = []
    for clip, local in cuts.values():
        group = groups.get(clip.group, clip.group)
        later = _start_trimmed(clip, local, timeline.rate)
        changes[clip.id] = dataclasses.replace(clip, length=local)
        added.append((track_of(timeline, clip.id).id, dataclasses.replace(later, id=new_id(), group=group)))
    return edited(timeline, changes, added)


def request_speed(timeline: Timeline, clip_id: str, speed: Fraction) -> Timeline:
    """A clip at another speed, which shows the same frames of its source and is longer or shorter for it; a speed below
    0 turns it round.
    """
    clip = found_clip(timeline, clip_id)
    faster = abs(speed / clip.speed) if speed else Fraction(1)
    sped = _sped(clip, speed, timeline.rate)
    length = max(1, round(clip.length / faster))
    most = longest(sped, timeline.rate)
    sped = dataclasses.replace(sped, length=length if most is None else min(length, max(1, most)))
    return edited(timeline, {clip_id: shown_at(sped, lambda at: at / faster)})


def request_speed_in_place(timeline: Timeline, clip_id: str, speed: Fraction) -> Timeline:
    """A clip at another speed that stays as long as it is, and shows more or less of its source."""
    return _changed(timeline, _sped(found_clip(timeline, clip_id), speed, timeline.rate))


def _changed(timeline: Timeline, clip: Clip) -> Timeline:
    return edited(timeline, {clip.id: clip})


def _start_trimmed(clip: Clip, by: int, rate: Fraction) -> Clip:
    after = cut_in(clip, by, rate)
    if isinstance(clip.media, Still | Canvas):
        after = dataclasses.replace(after, offset=clip.offset)
    return dataclasses.replace(after, start=clip.start + by, length=clip.length - by)


def _end_trimmed(clip: Clip, by: int) -> Clip:
    return dataclasses.replace(clip, length=clip.length + by)


def _sped(clip: Clip, speed: Fraction, rate: Fraction) -> Clip:
    if not 0 < abs(speed) <= MAX_SPEED:
        hint = f"Choose up to {MAX_SPEED} times, below 0 to run backwards; freeze a frame as a still."
        raise impossible(f"A speed of {float(speed):g} cannot be used.", hint, "speed")
    speed = short(speed)
    offset = clip.offset
    if speed * clip.speed < 0:  # the frame seen last becomes the first
        offset = short(offset + (clip.length - 1) * step(clip, rate))
    return drawn_at(dataclasses.replace(clip, speed=speed, offset=offset), clip, rate, rate)


def _rippled(timeline: Timeline, clip: Clip, by: int) -> Timeline:
    """With this clip in place of the one with its id, and what is later on its track `by` frames later."""
    changes = {other.id: moved(other, by) for other in track_of(timeline, clip.id).clips if other.start > clip.start}
    return edited(timeline, {**changes, clip.id: clip})


def _neighbour(timeline: Timeline, clip: Clip, after: bool) -> Clip | None:
    """The clip that begins where this one ends, or ends where it begins; on a ring it may be the same one."""
    track: Track = track_of(timeline, clip.id)
    ring = timeline.ring

    def touches(earlier: Clip, later: Clip) -> bool:
        return (earlier.end - later.start) % ring == 0 if ring else earlier.end == later.start

    return next((each for each in track.clips if (touches(clip, each) if after else touches(each, clip))), None)
