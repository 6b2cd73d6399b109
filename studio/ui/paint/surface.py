"""The surface under the pen: it moves the view, hands the pen to the tool, and shows what tools draw on top."""

import dataclasses
import time

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QCursor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QPointingDevice,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from studio.domain.document.document import Document, Guide
from studio.imaging.compose import changed_places
from studio.imaging.composing.courtesy import COURTESY
from studio.ui.paint.composition import Composition
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.frames.frame_overlay import FrameOverlay
from studio.ui.paint.live_view import LiveView
from studio.ui.paint.overlays import Overlays
from studio.ui.paint.picture import Picture
from studio.ui.paint.staging import Staging
from studio.ui.paint.tools.base import Pointer, Tool
from studio.ui.paint.tools.guiding import GuideTool

_CANVAS_KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
_MANY = 64  # tiles: beyond that, everything is drawn again
_DIGITS = {getattr(Qt.Key, f"Key_{digit}"): digit for digit in range(10)}


class Surface(Picture):
    """A `Picture` with a tool in hand. Space or the middle button takes hold of the sheet itself."""

    hovered = Signal(object)  # Pointer, or None when the pen left
    opacity_wanted = Signal(float)
    panels_wanted = Signal()  # Tab: more room, or the panels back
    unused_key = Signal(object)  # Qt.Key that neither tool nor surface had use for
    pen_changed = Signal()  # a gesture of a tool began or ended

    def __init__(self, desk: PaintDesk, composition: Composition, parent: QWidget | None = None) -> None:
        super().__init__(composition, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setTabletTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.setAccessibleName(self.tr("Canvas"))
        self.desk = desk
        self.guides = GuideTool(desk, self)
        self.overlays = Overlays(self, desk)
        self.tool = Tool(desk)
        self.alternate: Tool | None = None  # taken up while Alt is held
        self.other_end: Tool | None = None  # of the pen
        self.staging: Staging | None = None
        self.live_view: LiveView | None = None
        self.frame_overlay: FrameOverlay | None = None
        self._held: Tool | None = None  # the tool whose gesture is under way
        self._grip: QPointF | None = None
        self._button = Qt.MouseButton.NoButton  # that began what is under way
        self._space = False
        self._at: Pointer | None = None
        self._shown = desk.document
        self._begin(desk.document)
        desk.changed.connect(self._changed)
        desk.previewed.connect(self._show)
        desk.overlay_changed.connect(self.update)
        desk.options_changed.connect(self.update)

    def set_tool(self, tool: Tool) -> None:
        """Take up another tool; what the one before had begun is done."""
        if tool is self.tool:
            return
        self.finish()
        self.tool = tool
        tool.take_up()
        self._point()
        self.overlays.refresh()

    def hold(self, tool: Tool | None) -> None:
        """A gesture with a tool begins, or ends, elsewhere: at a ruler. Esc takes it back as it does others."""
        if tool is not self._held:
            self._held = tool
            COURTESY.pen(down=tool is not None)
            self.pen_changed.emit()

    @property
    def drawing(self) -> bool:
        """Is a gesture of a tool under way?"""
        return self._held is not None

    def finish(self) -> None:
        """End what is under way."""
        if self._held is not None:
            self._held.cancel()
            self.hold(None)
        if self.tool.active:
            self.tool.accept()

    def close_work(self) -> None:
        """Nothing moves any more."""
        COURTESY.pen(down=False)
        self.overlays.close()

    def paint_over(self, painter: QPainter, part: QRectF) -> None:
        """Grid, guides, frame, selection, the tool's own marks, and the brush's outline."""
        if self.frame_overlay is not None:
            self.frame_overlay.paint(painter, self.view)
        if self.live_view is not None:
            self.live_view.paint(painter, self.view)
        if self.staging is not None:
            self.staging.paint(painter, self.view)
        self.overlays.paint(painter)
        (self._held or self.tool).overlay(painter, self.view)
        self._paint_brush(painter)

    # ------------------------------------------------------------------------------------------ pen and mouse

    def tabletEvent(self, event: QTabletEvent) -> None:
        """The pen, with its pressure and tilt."""
        eraser = event.pointerType() is QPointingDevice.PointerType.Eraser
        at = self._pointer(
            event.position(), event.modifiers(), event.pressure(), (event.xTilt(), event.yTilt()), event.timestamp()
        )
        match event.type():
            case QEvent.Type.TabletPress:
                self._press(event.position(), event.button(), at, eraser=eraser)
            case QEvent.Type.TabletMove:
                self._move(event.position(), at)
            case QEvent.Type.TabletRelease:
                self._release(event.button(), at)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The left button draws, the middle one moves the sheet."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        at = self._pointer(event.position(), event.modifiers(), when=event.timestamp())
        self._press(event.position(), event.button(), at)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Two presses at one place."""
        at = self._pointer(event.position(), event.modifiers(), when=event.timestamp())
        self._press(event.position(), event.button(), at, double=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Along, or above."""
        self._move(event.position(), self._pointer(event.position(), event.modifiers(), when=event.timestamp()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        at = self._pointer(event.position(), event.modifiers(), when=event.timestamp())
        self._release(event.button(), at)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is elsewhere."""
        super().leaveEvent(event)
        self._outline_moved(None)
        self.hovered.emit(None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the guide there."""
        guide = self._guide_at(self._pointer(QPointF(event.pos()), event.modifiers()))
        if guide is not None and self._held is None:
            self.guides.menu(guide, self).popup(event.globalPos())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ctrl+wheel zooms at the pointer; the plain wheel moves the sheet, with Shift sideways."""
        held = event.modifiers()
        if held & (Qt.KeyboardModifier.ControlModifier):
            self.zoom_by(event.angleDelta().y() / 120, event.position())
        else:
            delta = event.pixelDelta() if not event.pixelDelta().isNull() else event.angleDelta() / 2
            sideways = bool(held & Qt.KeyboardModifier.ShiftModifier) and delta.x() == 0
            self._pan(QPointF(delta.y(), 0) if sideways else QPointF(delta))
        event.accept()

    # ------------------------------------------------------------------------------------------ keys

    def event(self, event: QEvent) -> bool:
        """While a gesture is under way, Esc and Enter belong to it and not to the window's commands."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            busy = self._held is not None or self.tool.active
            own = busy and event.key() in _CANVAS_KEYS and not event.modifiers()
            if own or (self.staging is not None and self.staging.takes(Qt.Key(event.key()), event.modifiers())):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space readies the hand, Alt the pipette, digits set the opacity; the rest is the tool's."""
        key, shift = Qt.Key(event.key()), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        bare = not event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if key == Qt.Key.Key_Space:
            self._space = True
        elif key == Qt.Key.Key_Escape and (self._held is not None or self.tool.active):
            self._cancel()
            self._put_down()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.tool.active:
            self.tool.accept()
            self._put_down()
        elif bare and self.tool.key(key, shift):
            pass
        elif bare and not shift and key in _DIGITS:
            self.opacity_wanted.emit((_DIGITS[key] or 10) / 10)
        elif self.staging is not None and self.staging.takes(key, event.modifiers()):
            self.staging.press(key, event.modifiers())
        elif bare and key in _CANVAS_KEYS:
            self.unused_key.emit(key)
        else:
            super().keyPressEvent(event)
        self._point()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space up: the tool again."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
        else:
            super().keyReleaseEvent(event)
        self._point()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab hides and shows the panels, as painters expect; Shift+Tab leaves for the panels."""
        if forward:
            self.panels_wanted.emit()
            return True
        return super().focusNextPrevChild(forward)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys that are let go elsewhere are not heard here."""
        super().focusOutEvent(event)
        self._space = False
        self._point()

    # ------------------------------------------------------------------------------------------ gestures

    def _press(
        self, place: QPointF, button: Qt.MouseButton, at: Pointer, *, eraser: bool = False, double: bool = False
    ) -> None:
        if self._held is not None or self._grip is not None:
            return
        self._button = button
        if button == Qt.MouseButton.MiddleButton or (button == Qt.MouseButton.LeftButton and self._space):
            self._grip = place
        elif self.tool.takes_away and (eraser or button == Qt.MouseButton.RightButton):
            self.hold(self.tool)
            self.tool.press(dataclasses.replace(at, alt=True))
        elif button == Qt.MouseButton.LeftButton:
            picking = at.alt and self.tool.picks and self.alternate is not None
            self.hold(self.alternate if picking else self.other_end if eraser and self.other_end else self._hand(at))
            assert self._held is not None
            self._held.double_press(at) if double else self._held.press(at)
        self._point()

    def _move(self, place: QPointF, at: Pointer) -> None:
        if self._grip is not None:
            self._pan(place - self._grip)
            self._grip = place
        elif self._held is not None:
            self._held.move(at)
        else:
            self.tool.hover(at)
        self._outline_moved(at)
        self._point()
        self.hovered.emit(at)

    def _release(self, button: Qt.MouseButton, at: Pointer) -> None:
        if button != self._button:
            return
        held, self._grip = self._held, None
        if held is not None:
            self._held = None
            COURTESY.pen(down=False)
            held.release(at)
            self.pen_changed.emit()
        self._point()

    def _cancel(self) -> None:
        (self._held or self.tool).cancel()
        self.hold(None)
        self.update()

    def _guide_at(self, at: Pointer) -> Guide | None:
        return self.guides.hit(at) if self.overlays.show_guides else None

    def _hand(self, at: Pointer) -> Tool:
        """What a press there is for: the tool, or the guide under it."""
        free = self.tool.moves_guides and not self.tool.active
        return self.guides if free and self._guide_at(at) is not None else self.tool

    def _put_down(self) -> None:
        if self.tool.passing and not self.tool.active:
            self.desk.tool_wanted.emit("move")

    def _pan(self, delta: QPointF) -> None:
        self.set_view(self.view.panned(delta.x(), delta.y()).kept_over(self.canvas.size))

    def _pointer(
        self,
        place: QPointF,
        held: Qt.KeyboardModifier,
        pressure: float = 1.0,
        tilt: tuple[float, float] = (0.0, 0.0),
        when: float = 0.0,
    ) -> Pointer:
        at = self.view.to_document(place)
        shift, ctrl, alt = (
            bool(held & key)
            for key in (
                Qt.KeyboardModifier.ShiftModifier,
                Qt.KeyboardModifier.ControlModifier,
                Qt.KeyboardModifier.AltModifier,
            )
        )
        seconds = when / 1000 if when else time.monotonic()
        return Pointer(at.x(), at.y(), pressure, *tilt, seconds, shift, ctrl, alt, self.view.scale)

    def _point(self) -> None:
        """The pointer's shape."""
        if self._grip is not None:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._space:
            shape = Qt.CursorShape.OpenHandCursor
        elif self._at is not None:
            shape = (self._held or self._hand(self._at)).cursor_at(self._at)
        else:
            shape = self.tool.cursor
        if self.cursor().shape() != shape:
            self.setCursor(QCursor(shape))

    # ------------------------------------------------------------------------------------------ the brush's outline

    def _outline_moved(self, at: Pointer | None) -> None:
        before, self._at = self._at, at
        for point in (before, at):
            if point is not None and self.tool.brush_size():
                self.update(self._outline(point).adjusted(-3, -3, 3, 3).toAlignedRect())

    def _outline(self, at: Pointer) -> QRectF:
        middle, side = self.view.to_screen(at.x, at.y), self.tool.brush_size() * self.view.scale
        return QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side)

    def _paint_brush(self, painter: QPainter) -> None:
        if self._at is None or not self.tool.brush_size() or self._space or self._grip is not None:
            return
        outline = self._outline(self._at)
        if outline.width() < 4:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(0, 0, 0, 150), 2.5), (QColor(255, 255, 255, 220), 1.0)):
            painter.setPen(QPen(colour, width))
            painter.drawEllipse(outline)

    # ------------------------------------------------------------------------------------------ the document

    def _begin(self, document: Document) -> None:
        self._shown = document
        self.composition.show_document(document)
        self.show_canvas(document.rect)
        self.redraw()
        self.overlays.refresh()

    def _changed(self, document: Document, _previous: Document) -> None:
        self._show(document)
        self.overlays.refresh()

    def _show(self, document: Document) -> None:
        """Another version, or one that is only looked at."""
        previous, self._shown = self._shown, document
        if document.size != previous.size:
            self.composition.forget()
            self._begin(document)
            return
        places = changed_places(previous, document)
        self.composition.show_document(document, places)
        if places is None or len(places) > _MANY:
            self.redraw()
        else:
            for place in places:
                self.redraw(place.rect)
