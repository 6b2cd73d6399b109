"""Which clips a press selects: groups as one."""

from collections.abc import Iterable

from PySide6.QtCore import Qt

from studio.domain.timeline.model import Clip, Timeline
from studio.ui.timeline.desk import TimelineDesk
from studio.ui.timeline.rows import RowKind
from studio.ui.timeline.spots import Spot

_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def grouped(timeline: Timeline, ids: Iterable[str]) -> tuple[str, ...]:
    """These clips and those of their groups."""
    wanted = set(ids)
    clips = [clip for track in timeline.tracks for clip in track.clips]
    groups = {clip.group for clip in clips if clip.id in wanted and clip.group}
    return tuple(clip.id for clip in clips if clip.id in wanted or clip.group in groups)


def pressed(desk: TimelineDesk, spot: Spot, held: Qt.KeyboardModifier) -> None:
    """A press: a clip that is selected stays so, as all of them may be dragged."""
    clip = spot.clip
    if clip is None or spot.row is None or spot.row.kind is not RowKind.CLIPS:
        return
    group = frozenset(grouped(desk.timeline, (clip.id,)))
    if held & _CTRL:
        without = clip.id in desk.selected
        desk.select(desk.selected - group if without else desk.selected | group, "" if without else clip.id)
    elif held & _SHIFT and desk.active_clip is not None:
        desk.select(grouped(desk.timeline, _between(desk.timeline, desk.active_clip, clip)), desk.active_clip.id)
    elif clip.id in desk.selected:
        desk.select(desk.selected, clip.id)
    else:
        desk.select(group, clip.id)


def clicked(desk: TimelineDesk, spot: Spot, held: Qt.KeyboardModifier) -> None:
    """A press and release without a drag: only this one, or none."""
    if held & (_CTRL | _SHIFT) or spot.row is None or spot.row.kind is not RowKind.CLIPS:
        return
    desk.select(
        grouped(desk.timeline, (spot.clip.id,)) if spot.clip is not None else (), spot.clip.id if spot.clip else ""
    )


def _between(timeline: Timeline, first: Clip, last: Clip) -> list[str]:
    """The clips in the rectangle of tracks and time that two of them span."""
    numbers = {clip.id: number for number, track in enumerate(timeline.tracks) for clip in track.clips}
    low, high = sorted((numbers[first.id], numbers[last.id]))
    start, end = min(first.start, last.start), max(first.end, last.end)
    tracks = timeline.tracks[low : high + 1]
    return [clip.id for track in tracks for clip in track.clips if clip.start < end and clip.end > start]
