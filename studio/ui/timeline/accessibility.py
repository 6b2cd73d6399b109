"""What a screen reader finds in the strip: a list with an item for each clip in view."""

from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import QObject, QPoint, QRect, QRectF
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget

from studio.domain.timeline.model import Clip, Timeline, Track
from studio.ui.timeline.hints import about_clip
from studio.ui.timeline.naming import clip_name, described
from studio.ui.timeline.rows import RowKind, Rows
from studio.ui.timeline.strip import Strip

_installed = False


class ClipItem(QAccessibleInterface):
    """A clip: its name and place, what is to be said of it, whether it is selected, and where it is on the screen."""

    def __init__(self, strip: Strip, clip_id: str) -> None:
        super().__init__()
        self._strip, self.clip_id = strip, clip_id

    @property
    def _clip(self) -> Clip | None:
        return self._strip.desk.shown.clip(self.clip_id) if shiboken6.isValid(self._strip) else None

    def isValid(self) -> bool:
        """Is the clip still on the timeline?"""
        return self._clip is not None

    def object(self) -> QObject | None:  # type: ignore[override]  # the stubs forget that there may be none
        """It is no object of Qt's."""
        return None

    def parent(self) -> QAccessibleInterface | None:  # type: ignore[override]
        """The strip."""
        return QAccessible.queryAccessibleInterface(self._strip) if shiboken6.isValid(self._strip) else None

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """It has none."""
        return None

    def childCount(self) -> int:
        """It has none."""
        return 0

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        """It has none."""
        return -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """It has none."""
        return None

    def role(self) -> QAccessible.Role:
        """An item of a list."""
        return QAccessible.Role.ListItem

    def state(self) -> QAccessible.State:
        """Selected, and active; or gone."""
        state = QAccessible.State()
        clip = self._clip
        if clip is None:
            state.invalid = True
            return state
        desk, active = self._strip.desk, self._strip.desk.active_clip
        state.selectable = state.focusable = state.multiSelectable = True
        state.selected = clip.id in desk.selected
        state.focused = active is not None and active.id == clip.id and self._strip.hasFocus()
        state.offscreen = self.rect().isEmpty()
        return state

    def text(self, kind: QAccessible.Text) -> str:
        """Kind, name, track, beginning and end; described by its length, its take, and how good it came out."""
        clip = self._clip
        if clip is None:
            return ""
        match kind:
            case QAccessible.Text.Name:
                return described(self._strip.desk.shown, clip)
            case QAccessible.Text.Description:
                return ". ".join(
                    line.rstrip(".") for line in about_clip(self._strip.desk.shown, clip, self._strip.facts)
                )
            case QAccessible.Text.Value:
                return clip_name(clip)
            case _:
                return ""

    def setText(self, kind: QAccessible.Text, text: str) -> None:
        """Nothing of it can be typed."""

    def rect(self) -> QRect:
        """Where it is seen on the screen; empty where it is not."""
        clip = self._clip
        track = self._strip.desk.shown.track_of(self.clip_id) if clip is not None else None
        if clip is None or track is None:
            return QRect()
        box = box_of(self._strip, track, clip).intersected(self._strip.rect())
        return box.translated(self._strip.mapToGlobal(QPoint(0, 0))) if not box.isEmpty() else QRect()


@dataclass(frozen=True, slots=True)
class _Known:
    """What decides which clips are in view."""

    timeline: Timeline
    rows: Rows
    view: tuple[object, ...]


class StripList(QAccessibleWidget):
    """The strip: a list of the clips in view, from the uppermost track down and from left to right."""

    def __init__(self, strip: Strip) -> None:
        super().__init__(strip, QAccessible.Role.List, strip.accessibleName())
        self._strip = strip
        self._items: dict[str, ClipItem] = {}
        self._known: _Known | None = None
        self._clips: list[str] = []

    @property
    def clips(self) -> list[str]:
        """The ids of the clips in view."""
        strip, known = self._strip, self._known
        now = _Known(strip.desk.shown, strip.rows, (strip.axis.view, strip.top, strip.size()))
        if known is None or known.timeline is not now.timeline or known.rows is not now.rows or known.view != now.view:
            self._known, self._clips = now, _in_view(strip, now.timeline)
        return self._clips

    def childCount(self) -> int:
        """How many clips are in view."""
        return len(self.clips)

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """One of them."""
        clips = self.clips
        return self.item(clips[index]) if 0 <= index < len(clips) else None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        """Which one it is."""
        name = child.clip_id if isinstance(child, ClipItem) else ""
        return self.clips.index(name) if name in self.clips else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """The one at a place of the screen."""
        place = self._strip.mapFromGlobal(QPoint(x, y))
        spot = self._strip.spot(place.x(), place.y())
        shown = spot.clip is not None and spot.row is not None and spot.row.kind is RowKind.CLIPS
        return self.item(spot.clip.id) if shown and spot.clip is not None else None

    def item(self, clip_id: str) -> ClipItem:
        """The item of a clip, the same one as long as it lives: Qt owns it, and may have let it go."""
        found = self._items.get(clip_id)
        if found is None or not shiboken6.isValid(found):
            found = self._items[clip_id] = ClipItem(self._strip, clip_id)
        return found


def box_of(strip: Strip, track: Track, clip: Clip) -> QRect:
    """Where a clip lies, in the strip's pixels; on a ring in the turn in which it is in view."""
    row, view, ring = strip.rows.of_track(track.id), strip.axis.view, strip.desk.shown.ring
    if row is None:
        return QRect()
    boxes = [
        QRectF(view.x(clip.start + turn * ring), row.top - strip.top, clip.length * view.scale, row.height).toRect()
        for turn in strip.axis.turns()
    ]
    return max(boxes, key=lambda box: box.intersected(strip.rect()).width(), default=QRect())


def install() -> None:
    """Let screen readers see the clips of strips; the strips of other modules need nothing else."""
    global _installed
    if not _installed:
        _installed = True
        QAccessible.installFactory(_made)


def tell_selection(strip: Strip) -> None:
    """Another clip is active: a screen reader that is in the strip says it."""
    active = strip.desk.active_clip
    if active is None or not QAccessible.isActive():
        return
    face = QAccessible.queryAccessibleInterface(strip)
    if isinstance(face, StripList) and active.id in face.clips:
        for kind in (QAccessible.Event.Selection, QAccessible.Event.Focus):
            event = QAccessibleEvent(strip, kind)
            event.setChild(face.clips.index(active.id))
            QAccessible.updateAccessibility(event)


def _made(_: str, what: QObject) -> QAccessibleInterface | None:
    return StripList(what) if isinstance(what, Strip) else None


def _in_view(strip: Strip, timeline: Timeline) -> list[str]:
    found = []
    for row in strip.rows.between(strip.top, strip.top + strip.height()):
        track = timeline.track(row.track) if row.kind is RowKind.CLIPS else None
        if track is not None:
            boxes = [(box_of(strip, track, clip), clip) for clip in track.clips]
            seen = [(box.left(), clip.id) for box, clip in boxes if box.intersects(strip.rect())]
            found += [name for _, name in sorted(seen)]
    return found
