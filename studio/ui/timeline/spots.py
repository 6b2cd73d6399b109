"""What lies under the pointer."""

import bisect
from dataclasses import dataclass
from enum import Enum, auto

from studio.domain.timeline.model import Clip, Timeline, Track
from studio.ui.timeline.axis import TimeView
from studio.ui.timeline.rows import Row, RowKind, Rows

_EDGE = 7.0  # logical pixels of a clip that are its edge, at most a quarter of it
_BESIDE = 3.0  # logical pixels beside it that are its edge as well


class Part(Enum):
    """What of a clip, or of a lane, it is."""

    NOTHING = auto()
    CLIP = auto()
    START = auto()  # its first edge
    END = auto()
    LANE = auto()  # a lane beside its keys


@dataclass(frozen=True, slots=True)
class Spot:
    """`frame` is the place in time, with its share, `turn` the turn of the ring on which the clip was met."""

    part: Part
    frame: float
    row: Row | None = None
    clip: Clip | None = None
    turn: int = 0


def spot_at(timeline: Timeline, view: TimeView, rows: Rows, x: float, y: float) -> Spot:
    """What lies at a place; `y` counts from the first row."""
    frame = view.frame(x)
    row = rows.at(y)
    track = timeline.track(row.track) if row is not None else None
    if row is None or track is None:
        return Spot(Part.NOTHING, frame)
    found = clip_near(timeline, track, frame, _BESIDE / view.scale)
    if found is None:
        return Spot(Part.NOTHING, frame, row)
    clip, turn = found
    if row.kind is not RowKind.CLIPS:
        return Spot(Part.LANE, frame, row, clip, turn)
    shift = turn * timeline.ring
    reach = min(_EDGE, clip.length * view.scale / 4) / view.scale
    part = Part.CLIP
    if frame - clip.start - shift < reach:
        part = Part.START
    elif clip.end + shift - frame < reach:
        part = Part.END
    return Spot(part, frame, row, clip, turn)


def clip_near(timeline: Timeline, track: Track, frame: float, beside: float = 0.0) -> tuple[Clip, int] | None:
    """The clip at a place, or at most `beside` frames from it, and the turn of the ring on which it is met there."""
    if not track.clips:
        return None
    turns = [0]
    if timeline.ring:
        turn = int(frame // timeline.ring)
        turns = [turn, turn - 1, turn + 1]  # the one before may reach across the seam
    near: tuple[float, Clip, int] | None = None
    for turn in turns:
        place = frame - turn * timeline.ring
        number = bisect.bisect_right(track.clips, place, key=lambda clip: clip.start) - 1
        for clip in track.clips[max(0, number) : number + 2]:
            distance = max(clip.start - place, place - clip.end, 0.0)
            if clip.start <= place < clip.end:
                return clip, turn
            if distance <= beside and (near is None or distance < near[0]):
                near = (distance, clip, turn)
    return (near[1], near[2]) if near is not None else None


def clips_between(timeline: Timeline, track: Track, low: float, high: float) -> tuple[Clip, ...]:
    """The clips of a track of which something lies between two places; on a ring in any turn."""
    ring = timeline.ring
    found = []
    for clip in track.clips:
        shift = (low - clip.end) // ring * ring + ring if ring else 0
        if clip.start + shift < high and clip.end + shift > low:
            found.append(clip)
    return tuple(found)
