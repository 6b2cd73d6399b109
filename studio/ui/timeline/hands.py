"""The strip in the user's hands: presses, drags, the wheel, drops, tooltips."""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QCursor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from studio.domain.timeline.seen import source_frame
from studio.ui.timeline.axis import TimeAxis
from studio.ui.timeline.clip_moves import ClipMoves
from studio.ui.timeline.desk import TimelineDesk
from studio.ui.timeline.drags import BandDrag, Drag, EditDrag, Modifiers, PanDrag, Pointer
from studio.ui.timeline.facts import Facts
from studio.ui.timeline.hints import hint
from studio.ui.timeline.key_moves import KeyMoves
from studio.ui.timeline.key_spots import Grip, grip_at
from studio.ui.timeline.rows import RowKind
from studio.ui.timeline.selecting import clicked, pressed
from studio.ui.timeline.snapping import Snapper
from studio.ui.timeline.spots import Part, Spot
from studio.ui.timeline.strip import Strip
from studio.ui.timeline.tools import TOOLS, cursor

_ZOOM = 1.0015  # for each eighth of a degree of the wheel
_STEP = 48  # logical pixels for a notch of the wheel
_CTRL, _SHIFT, _ALT = Modifiers.ControlModifier, Modifiers.ShiftModifier, Modifiers.AltModifier


class HandStrip(Strip):
    """The strip with what hands do to it. `tool` is the id of one of `tools.TOOLS`."""

    menu_wanted = Signal(object, object)  # Spot, QPoint of the screen
    key_menu_wanted = Signal(object)  # QPoint of the screen; the keys are chosen
    dropped = Signal(list, int, str)  # paths, frame, track id or ""
    clip_opened = Signal(str)
    words_opened = Signal(str, object, object)  # clip, place of the prompt's key (Fraction), QPointF of the screen
    words_wanted = Signal(str, float, object)  # clip, frames after its start, QPointF of the screen
    repair_wanted = Signal(str, int)  # clip, source frame
    refused = Signal(str)  # why what is dragged cannot be there, "" for nothing
    escaped = Signal()  # let go of what is dragged, or selected
    razed = Signal(object, bool)  # Spot: cut there; all tracks

    def __init__(self, desk: TimelineDesk, axis: TimeAxis, facts: Facts, parent: QWidget | None = None) -> None:
        super().__init__(desk, axis, facts, parent)
        self.snapper = Snapper(desk, axis)
        self.tool = "select"
        self.drag: Drag | None = None
        self._pressed: Pointer | None = None  # the button is down, and nothing is dragged yet
        self._spot: Spot | None = None
        self._grip: Grip | None = None
        self._cursors: dict[str, QCursor] = {}
        self.setAcceptDrops(True)
        desk.changed.connect(self._rebase)

    # ------------------------------------------------------------------------------------------ mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of what lies there."""
        at = self.pointer(event.position(), event.modifiers())
        if event.button() is Qt.MouseButton.MiddleButton:
            self.drag = PanDrag(self, at)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if event.button() is not Qt.MouseButton.LeftButton or self.drag is not None:
            return
        spot = self.spot(event.position().x(), event.position().y())
        self._pressed, self._spot, self._grip = at, spot, self._grip_at(event.position(), spot)
        if spot.row is not None and spot.row.kind is not RowKind.CLIPS:
            self._press_lane(at, spot)
        elif self.tool == "razor" and spot.clip is not None:
            self._pressed = None
            self.razed.emit(spot, bool(at.held & _SHIFT))
        else:
            self.choose_keys(())
            pressed(self.desk, spot, at.held)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """It goes along; or the pointer shows what a press would do."""
        at = self.pointer(event.position(), event.modifiers())
        if self.drag is None and self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            way = event.position() - self._pressed.place
            if way.manhattanLength() >= QApplication.startDragDistance() / 2:
                self.drag = self._begin(self._pressed)
        if self.drag is not None:
            self._creep(event.position().x())
            self.drag.move(at)
        elif self._pressed is None:
            self._show_cursor(event.position(), event.modifiers())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        drag, self.drag = self.drag, None
        start, self._pressed = self._pressed, None
        if drag is not None:
            drag.drop()
        elif start is not None and self._spot is not None and event.button() is Qt.MouseButton.LeftButton:
            clicked(self.desk, self._spot, start.held)
        self._show_cursor(event.position(), event.modifiers())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open a clip, add a key or a prompt."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        spot = self.spot(event.position().x(), event.position().y())
        self._pressed = None
        if spot.clip is None or spot.row is None:
            return
        grip = self._grip_at(event.position(), spot)
        local = spot.frame - spot.clip.start - spot.turn * self.desk.timeline.ring
        if spot.row.kind is RowKind.CLIPS:
            self.clip_opened.emit(spot.clip.id)
        elif spot.row.kind is RowKind.WORDS and grip is not None:
            self.words_opened.emit(spot.clip.id, grip.key.at, event.globalPosition())
        elif spot.row.kind is RowKind.WORDS:
            self.words_wanted.emit(spot.clip.id, local, event.globalPosition())
        elif spot.row.kind is RowKind.KEYS and grip is None:
            self.moves_of_keys.add(spot.clip, spot.row, local, event.position().y() + self.top)

    def cancel(self) -> bool:
        """Let go without effect. Was something dragged?"""
        drag, self.drag, self._pressed = self.drag, None, None
        if drag is not None:
            drag.cancel()
        return drag is not None

    def pointer(self, place: QPointF, held: Modifiers) -> Pointer:
        """A place of the widget."""
        return Pointer(place, self.axis.view.frame(place.x()), self.rows.at(place.y() + self.top), held)

    @property
    def moves_of_keys(self) -> KeyMoves:
        """What drags of keys mean."""
        return KeyMoves(self, self.snapper)

    # ------------------------------------------------------------------------------------------ wheel

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ctrl zooms about the pointer; else tracks scroll where there are more than fit, or with Shift, time does."""
        turned, held = event.angleDelta(), event.modifiers()
        if held & _CTRL:
            self.axis.zoom(_ZOOM ** (turned.y() or turned.x()), event.position().x())
        elif held & _SHIFT or turned.x() or self.rows.height <= self.height():
            way = turned.x() or turned.y()
            self.axis.set_view(self.axis.view.moved(-way / 120 * _STEP))
        else:
            self.scroll_to(self.top - round(turned.y() / 120 * _STEP))
        event.accept()

    # ------------------------------------------------------------------------------------------ menus, tooltips, focus

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with what lies there; from the keyboard, with the active clip."""
        place, where = QPointF(event.pos()), event.globalPos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            place, where = self._active_place()
        spot = self.spot(place.x(), place.y())
        grip = self._grip_at(place, spot)
        if grip is not None:
            self.choose_keys(self.keys if grip.key in self.keys else (grip.key,))
            self.key_menu_wanted.emit(where)
            return
        if spot.clip is not None and spot.clip.id not in self.desk.selected:
            pressed(self.desk, spot, Modifiers.NoModifier)
        self.menu_wanted.emit(spot, where)

    def event(self, event: QEvent) -> bool:
        """A tooltip says what lies there. Esc is the window's only where there is nothing to let go of here."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._escapes(event):
            event.accept()
            return True
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = QPointF(event.pos())
            spot = self.spot(place.x(), place.y())
            QToolTip.showText(event.globalPos(), hint(self.desk.shown, spot, self.facts), self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc lets go."""
        self.escaped.emit() if self._escapes(event) else super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is gone."""
        self.hover("")
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The focus is seen."""
        super().focusInEvent(event)
        self.update()

    # ------------------------------------------------------------------------------------------ drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files are welcome."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Show where they would lie."""
        at = self.pointer(event.position(), Modifiers.NoModifier)
        row = self.rows.of_track(at.row.track) if at.row is not None else None
        self.landing = (row, max(0, self.snapper.snapped(at.frame, -1)))
        self.update()
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """They go elsewhere."""
        self.landing = None
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand them on."""
        row, frame = self.landing or (None, self.desk.playhead)
        self.landing = None
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.update()
        self.dropped.emit(paths, frame, row.track if row is not None else "")

    # ------------------------------------------------------------------------------------------ inside

    def _escapes(self, event: QKeyEvent) -> bool:
        something = self.drag is not None or bool(self.keys) or bool(self.desk.selected)
        return event.key() == Qt.Key.Key_Escape and something

    def _press_lane(self, at: Pointer, spot: Spot) -> None:
        if spot.row is not None and spot.row.kind is RowKind.MEASURES and spot.clip is not None:
            self._pressed = None
            frame = int(spot.frame // 1) - spot.turn * self.desk.timeline.ring
            self.desk.select((spot.clip.id,))
            self.desk.set_playhead(frame)
            timeline = self.desk.timeline
            self.repair_wanted.emit(spot.clip.id, source_frame(spot.clip, frame, timeline.rate, timeline.ring))
            return
        grip = self._grip
        if grip is None:
            self.choose_keys(())
        elif at.held & _CTRL:
            self.choose_keys(self.keys ^ {grip.key})
        elif grip.key not in self.keys:
            self.choose_keys((grip.key,))
        if spot.clip is not None and spot.clip.id not in self.desk.selected:
            self.desk.select((spot.clip.id,))

    def _begin(self, at: Pointer) -> Drag | None:
        """What a drag that began there does."""
        spot, grip = self._spot, self._grip
        self._pressed = None
        if spot is None:
            return None
        if (grip is not None or spot.clip is not None) and self.desk.desk.refused():
            return None
        if grip is not None:
            label, meant = self.moves_of_keys.drag(grip, at)
            return EditDrag(self, label, meant, self.refused.emit)
        if spot.row is not None and spot.row.kind is not RowKind.CLIPS:
            return None
        if spot.clip is None:
            kept = self.desk.selected if at.held & (_CTRL | _SHIFT) else frozenset[str]()
            return BandDrag(self, at, kept)
        label, change = ClipMoves(self.desk, self.snapper).drag(self._doing(spot, at.held), spot, at)
        return EditDrag(self, label, change, self.refused.emit)

    def _doing(self, spot: Spot, held: Modifiers) -> str:
        """What a drag of a clip does with this tool and these keys held."""
        edge = spot.part in (Part.START, Part.END)
        if self.tool in ("ripple", "roll"):
            return self.tool if edge else "move"
        if self.tool in ("slip", "slide"):
            return self.tool
        if edge:
            return "ripple" if held & _CTRL else "roll" if held & _ALT else "trim"
        if held & _ALT:
            return "slide" if held & _SHIFT else "slip"
        return "move"

    def _grip_at(self, place: QPointF, spot: Spot) -> Grip | None:
        if spot.row is None:
            return None
        return grip_at(self.desk.shown, self.axis.view, spot.row, self.keys, place.x(), place.y() + self.top)

    def _show_cursor(self, place: QPointF, held: Modifiers) -> None:
        spot = self.spot(place.x(), place.y())
        on_clips = spot.row is not None and spot.row.kind is RowKind.CLIPS
        self.hover(spot.clip.id if spot.clip is not None and on_clips else "")
        if spot.row is not None and not on_clips:
            shape = Qt.CursorShape.ArrowCursor
            if self._grip_at(place, spot) is not None:
                shape = Qt.CursorShape.SizeAllCursor if spot.row.kind is RowKind.KEYS else Qt.CursorShape.SizeHorCursor
            elif spot.clip is not None and spot.row.kind is RowKind.MEASURES:
                shape = Qt.CursorShape.PointingHandCursor
            self.setCursor(shape)
        elif spot.clip is None:
            self.setCursor(Qt.CursorShape.ArrowCursor)
        elif self.tool == "razor":
            self.setCursor(self._own_cursor("scissors"))
        else:
            doing = self._doing(spot, held)
            signs = {tool.id: tool.sign for tool in TOOLS}
            if doing in signs:
                self.setCursor(self._own_cursor(signs[doing]))
            else:
                edge = spot.part in (Part.START, Part.END)
                self.setCursor(Qt.CursorShape.SizeHorCursor if edge else Qt.CursorShape.ArrowCursor)

    def _own_cursor(self, sign: str) -> QCursor:
        if sign not in self._cursors:
            self._cursors[sign] = cursor(sign)
        return self._cursors[sign]

    def _creep(self, x: float) -> None:
        """What is dragged beyond an edge brings more into view."""
        over = min(0.0, x) + max(0.0, x - self.width())
        if over and not isinstance(self.drag, PanDrag):
            self.axis.set_view(self.axis.view.moved(max(-24.0, min(24.0, over))))

    def _rebase(self, *_: object) -> None:
        """What is dragged is dragged on the timeline that there is now."""
        if isinstance(self.drag, EditDrag):
            self.drag.again()
        clips = {key.clip for key in self.keys}
        if clips and any(self.desk.timeline.clip(clip) is None for clip in clips):
            self.choose_keys(())

    def _active_place(self) -> tuple[QPointF, QPoint]:
        clip = self.desk.active_clip
        track = self.desk.shown.track_of(clip.id) if clip is not None else None
        row = self.rows.of_track(track.id) if track is not None else None
        if clip is None or row is None:
            place = QPointF(self.width() / 2, self.height() / 2)
        else:
            left = max(0.0, self.axis.view.x(clip.start))
            place = QPointF(left + 12, row.top + row.height / 2 - self.top)
        return place, self.mapToGlobal(place.toPoint())
