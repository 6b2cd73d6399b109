"""Requests about markers, the zone between in and out, beats, the ring and the rate. What cannot be done raises
StudioError (INPUT), and nothing has changed.
"""

import dataclasses
from collections.abc import Callable
from fractions import Fraction

from studio.domain.sequence import MAX_RATE
from studio.domain.timeline.keeping import drawn_at, shown_at
from studio.domain.timeline.model import Beats, Clip, Marker, Sound, Timeline, Zone
from studio.domain.timeline.placing import edited_throughout, impossible, moved, title
from studio.domain.timeline.times import fills_ring, longest, looping, media_frames, short, step
from studio.domain.timeline.validity import MAX_BAR, MAX_BPM, MAX_LENGTH, MAX_NAME, beats_problem

MAX_MARKERS = 10_000


def request_add_marker(timeline: Timeline, at: int, name: str = "") -> Timeline:
    """A marker at a frame, on a ring modulo its length."""
    return _marked(timeline, [*timeline.markers, Marker(_on_ring(timeline, at), name.strip()[:MAX_NAME])])


def request_move_marker(timeline: Timeline, at: int, to: int) -> Timeline:
    """The marker at one frame moved to another."""
    marker = _marker(timeline, at)
    others = [other for other in timeline.markers if other is not marker]
    return _marked(timeline, [*others, dataclasses.replace(marker, at=_on_ring(timeline, to))])


def request_rename_marker(timeline: Timeline, at: int, name: str) -> Timeline:
    """The marker at a frame with another name."""
    marker = _marker(timeline, at)
    renamed = dataclasses.replace(marker, name=name.strip()[:MAX_NAME])
    return _marked(timeline, [renamed if other is marker else other for other in timeline.markers])


def request_remove_marker(timeline: Timeline, at: int) -> Timeline:
    """Without the marker at a frame."""
    marker = _marker(timeline, at)
    return _marked(timeline, [other for other in timeline.markers if other is not marker])


def request_zone(timeline: Timeline, start: int, end: int) -> Timeline:
    """The zone from `start` to before `end`. On a ring it may cross the seam: then its `end` lies beyond the ring's
    length, also where `end` was given as a frame before `start`.
    """
    if timeline.ring:
        span = end - start if 0 < end - start <= timeline.ring else (end - start) % timeline.ring
        start %= timeline.ring
        end = start + span
    if not 0 <= start < end <= MAX_LENGTH:
        raise impossible("The zone would hold no frame.", "Set its out point after its in point.", "zone")
    return dataclasses.replace(timeline, zone=Zone(start, end))


def request_clear_zone(timeline: Timeline) -> Timeline:
    """All of the timeline instead of a zone."""
    return dataclasses.replace(timeline, zone=None)


def request_beats(timeline: Timeline, beats: Beats | None) -> Timeline:
    """Beats at which drags catch; None for no beats."""
    if beats is not None and (problem := beats_problem(beats)):
        hint = f"Choose 1 to {MAX_BPM:,} beats a minute, and bars of 1 to {MAX_BAR} beats."
        raise impossible(f"A timeline cannot have {problem}.", hint, "beats")
    return timeline if beats == timeline.beats else dataclasses.replace(timeline, beats=beats)


def request_ring(timeline: Timeline, length: int) -> Timeline:
    """A ring of so many frames, 0 for a line with two ends. Clips that fill the ring become as long as the new one as
    far as their frames go; a zone that does not fit is cleared.
    """
    if length and not 2 <= length <= MAX_LENGTH:
        raise impossible(f"A ring of {length:,} frames is none.", "Choose 2 frames or more.", "ring")
    for track in timeline.tracks:
        for clip in track.clips:
            if length and clip.start >= length:
                message = f"{title(clip)} begins beyond frame {length - 1:,}, the ring's last."
                raise impossible(message, "Make the ring longer, or move the clip.", "ring")
    if length and any(marker.at >= length for marker in timeline.markers):
        message = f"A marker lies beyond frame {length - 1:,}, the ring's last."
        raise impossible(message, "Make the ring longer, or remove the marker.", "ring")
    zone = timeline.zone
    if zone is not None and zone.end > (length or MAX_LENGTH):
        zone = None
    return _refitted(
        dataclasses.replace(timeline, ring=length, zone=zone),
        lambda clip: _filling(clip, timeline, length) if length and fills_ring(timeline, clip) else clip,
    )


def request_rotate(timeline: Timeline, by: int) -> Timeline:
    """The ring's frame `by` as its frame 0; all that lies on it goes along, and nothing is made anew."""
    ring = timeline.ring
    if not ring:
        raise impossible("Only a loop can begin elsewhere.", "Turn on ring mode first.", "ring")
    if by % ring == 0:
        return timeline
    markers = sorted((dataclasses.replace(marker, at=(marker.at - by) % ring) for marker in timeline.markers),
                     key=lambda marker: marker.at)  # fmt: skip
    zone = timeline.zone
    if zone is not None:
        start = (zone.start - by) % ring
        zone = Zone(start, start + zone.end - zone.start)
    beats = timeline.beats and dataclasses.replace(timeline.beats, first=(timeline.beats.first - by) % ring)
    rotated = dataclasses.replace(timeline, markers=tuple(markers), zone=zone, beats=beats)
    return _refitted(rotated, lambda clip: moved(clip, -by))


def request_rate(timeline: Timeline, rate: Fraction) -> Timeline:
    """The timeline counted in another rate. Each cut goes to the nearest frame, and what is seen at any time stays:
    offsets and keys make up for the rest, exactly.
    """
    if not 0 < rate <= MAX_RATE or rate.denominator > 10**6:
        hint = f"Choose above 0 and up to {MAX_RATE}; 12, 24, 24000/1001 and 30 are usual."
        raise impossible(f"A timeline cannot run at {rate} frames a second.", hint, "rate")
    if rate == timeline.rate:
        return timeline
    ratio = rate / timeline.rate
    markers = {round(marker.at * ratio): marker for marker in timeline.markers}
    zone, ring = timeline.zone, round(timeline.ring * ratio)
    if timeline.ring and ring < 2:
        raise impossible("The ring would have no frames left.", "Choose a higher rate.", "rate")
    if zone is not None:
        start = round(zone.start * ratio)
        zone = Zone(start, max(start + 1, round(zone.end * ratio)))
    if ring:
        markers = {at % ring: marker for at, marker in markers.items()}
        zone = zone and Zone(zone.start % ring, zone.start % ring + min(ring, zone.end - zone.start))
    after = dataclasses.replace(
        timeline,
        rate=rate,
        ring=ring,
        zone=zone,
        markers=tuple(dataclasses.replace(markers[at], at=at) for at in sorted(markers)),
        beats=timeline.beats and dataclasses.replace(timeline.beats, first=timeline.beats.first * ratio),
    )
    return _refitted(after, lambda clip: _conformed(clip, timeline, after))


def _conformed(clip: Clip, before: Timeline, timeline: Timeline) -> Clip:
    """A clip of the timeline `before`, as near as whole frames of another rate come."""
    rate = timeline.rate
    ratio = rate / before.rate
    start, end = round(clip.start * ratio), round(clip.end * ratio)
    if before.ring and clip.end > before.ring:  # where it ends is where others begin, beyond the seam
        end = timeline.ring + round((clip.end - before.ring) * ratio)
    if end == start:
        raise impossible(f"{title(clip)} would have no frame left.", "Choose a higher rate, or delete it.", "rate")
    late = start - clip.start * ratio  # frames by which it begins later than it did
    offset = clip.offset * ratio if isinstance(clip.media, Sound) else clip.offset
    way = step(clip, rate)
    frames = media_frames(clip.media, rate)
    if frames is not None:
        offset = short(offset + late * way)
        if not looping(clip.media):
            # Before its first frame there is none: there the first one is seen half a frame longer.
            offset = max(offset, Fraction(0)) if way > 0 else min(offset, frames - Fraction(1, 10**6))
    conformed = dataclasses.replace(clip, start=start, length=end - start, offset=offset)
    most = longest(conformed, rate)
    length = conformed.length if most is None else max(1, min(conformed.length, most))
    if timeline.ring:
        length = min(length, timeline.ring)
    conformed = shown_at(dataclasses.replace(conformed, length=length), lambda at: at * ratio - late)
    if isinstance(clip.media, Sound):
        return conformed
    return drawn_at(conformed, clip, rate, before.rate)


def _filling(clip: Clip, timeline: Timeline, ring: int) -> Clip:
    most = longest(clip, timeline.rate)
    return dataclasses.replace(clip, length=ring if most is None else min(ring, most))


def _refitted(timeline: Timeline, change: Callable[[Clip], Clip]) -> Timeline:
    """The timeline with all clips changed, and checked as any edit is; locked tracks go along, since all of it does."""
    # Copies, so that none passes the gate unseen as the clip that was there before.
    changes = {clip.id: dataclasses.replace(change(clip)) for track in timeline.tracks for clip in track.clips}
    return edited_throughout(timeline, changes)


def _marked(timeline: Timeline, markers: list[Marker]) -> Timeline:
    places = {marker.at for marker in markers}
    if len(places) < len(markers):
        raise impossible("There is a marker at this frame already.", "Choose another frame, or rename it.", "at")
    if len(markers) > MAX_MARKERS or any(not 0 <= at <= MAX_LENGTH for at in places):
        raise impossible("A marker cannot be there.", "Choose a frame of the timeline.", "at")
    return dataclasses.replace(timeline, markers=tuple(sorted(markers, key=lambda marker: marker.at)))


def _marker(timeline: Timeline, at: int) -> Marker:
    for marker in timeline.markers:
        if marker.at == at:
            return marker
    raise impossible(f"There is no marker at frame {at:,}.", "Choose another.", "at")


def _on_ring(timeline: Timeline, at: int) -> int:
    return at % timeline.ring if timeline.ring else at
