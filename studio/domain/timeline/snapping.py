"""Where a drag catches: clip edges, markers, the playhead, the zone, keys, the seam and beats."""

import bisect
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from studio.domain.timeline.model import Timeline


class SnapKind(StrEnum):
    """What a drag caught at; of several at one frame the first one here is told."""

    SEAM = "seam"  # of a ring; of a line its beginning
    PLAYHEAD = "playhead"
    MARKER = "marker"
    ZONE = "zone"
    CLIP = "clip"
    KEY = "key"
    BEAT = "beat"


@dataclass(frozen=True, slots=True)
class SnapPoint:
    """A frame of the timeline at which a drag can catch."""

    at: int
    kind: SnapKind


@dataclass(frozen=True, slots=True)
class Snap:
    """Frame `at` was near enough; what is dragged goes `by` frames further to be there."""

    at: int
    by: int
    kind: SnapKind


def snap_points(
    timeline: Timeline, ignore: Collection[str] = (), playhead: int | None = None, beats: Iterable[int] = ()
) -> tuple[SnapPoint, ...]:
    """Where a drag of the clips `ignore` can catch, by frame, each once. On a ring all are taken modulo its length."""
    found = [(0, SnapKind.SEAM)]
    if playhead is not None:
        found.append((playhead, SnapKind.PLAYHEAD))
    found += [(marker.at, SnapKind.MARKER) for marker in timeline.markers]
    if timeline.zone is not None:
        found += [(timeline.zone.start, SnapKind.ZONE), (timeline.zone.end, SnapKind.ZONE)]
    ignored = {*ignore}
    for track in timeline.tracks:
        for clip in track.clips:
            if clip.id in ignored:
                continue
            found += [(clip.start, SnapKind.CLIP), (clip.end, SnapKind.CLIP)]
            keys = [key.at for lane in clip.lanes for key in lane.keys] + [words.at for words in clip.words]
            found += [(clip.start + round(at), SnapKind.KEY) for at in keys if 0 <= at <= clip.length]
    found += [(beat, SnapKind.BEAT) for beat in beats]
    order = {kind: index for index, kind in enumerate(SnapKind)}
    best: dict[int, SnapKind] = {}
    for at, kind in found:
        at = at % timeline.ring if timeline.ring else at
        if at not in best or order[kind] < order[best[at]]:
            best[at] = kind
    return tuple(SnapPoint(at, best[at]) for at in sorted(best))


def snap(timeline: Timeline, frame: float, points: Sequence[SnapPoint], reach: float) -> Snap | None:
    """The point nearest to a frame, at most `reach` frames away, on a ring also across the seam; None for none.

    `points` are as `snap_points` gives them. `by` leads from the nearest whole frame to the point.
    """
    if not points:
        return None
    ring = timeline.ring
    place = frame % ring if ring else frame
    index = bisect.bisect_left(points, place, key=lambda point: point.at)
    around = [*points[max(0, index - 1) : index + 1], *((points[0], points[-1]) if ring else ())]

    def distance(point: SnapPoint) -> float:
        way = point.at - place
        return (way + ring / 2) % ring - ring / 2 if ring else way

    nearest = min(around, key=lambda point: (abs(distance(point)), point.at))
    if abs(distance(nearest)) > reach:
        return None
    by = round(distance(nearest) + frame - round(frame))
    return Snap(nearest.at, by, nearest.kind)


def snap_edges(timeline: Timeline, edges: Iterable[float], points: Sequence[SnapPoint], reach: float) -> Snap | None:
    """The nearest catch of several edges that are dragged together; None for none."""
    found = [caught for edge in edges if (caught := snap(timeline, edge, points, reach)) is not None]
    return min(found, key=lambda caught: abs(caught.by), default=None)
