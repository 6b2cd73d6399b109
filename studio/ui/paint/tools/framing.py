"""Tools that frame a part of the canvas: the frame that pictures are generated in, and crop."""

from typing import ClassVar

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from studio.domain.document.edits import with_frame
from studio.domain.geometry import Rect
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.tools.base import SLOP, Pointer, Tool
from studio.ui.paint.tools.handles import (
    Grip,
    Limits,
    dragged,
    draw_handles,
    draw_shade,
    grip_at,
    shape_of,
)
from studio.ui.paint.view import View


class _Framing(Tool):
    """A rectangle that is moved and resized by its handles, or drawn anew beside it."""

    def __init__(self, desk: PaintDesk) -> None:
        super().__init__(desk)
        self._start: Pointer | None = None
        self._before = Rect(0, 0, 0, 0)
        self._grip: Grip | None = None
        self.rect = Rect(0, 0, 0, 0)

    @property
    def limits(self) -> Limits:
        """What the rectangle may be."""
        return Limits()

    def press(self, at: Pointer) -> None:
        """Take hold of a handle, or begin another rectangle."""
        self._start, self._before = at, self.rect
        self._grip = None if self.rect.empty else grip_at(self.rect, at)

    def move(self, at: Pointer) -> None:
        """Pull at it."""
        if self._start is None:
            return
        if self._grip is None:
            self.rect = _between(self._start, at)
        else:
            dx, dy = at.x - self._start.x, at.y - self._start.y
            self.rect = dragged(self._before, self._grip, dx, dy, self.limits)
        self.desk.overlay_changed.emit()

    def cursor_at(self, at: Pointer) -> Qt.CursorShape:
        """What a press would take hold of."""
        return shape_of(None if self.rect.empty else grip_at(self.rect, at))


class FrameTool(_Framing):
    """Moves and resizes the frame that pictures are generated in; Shift keeps its shape."""

    name: ClassVar[str] = "frame"

    def __init__(self, desk: PaintDesk) -> None:
        super().__init__(desk)
        self.step = 8  # the model's multiple
        self._shift = False
        self.rect = desk.document.frame

    @property
    def limits(self) -> Limits:
        """Multiples of what the model can do."""
        ratio = self._before.width / self._before.height if self._shift and not self._before.empty else 0.0
        return Limits(self.step, max(64, self.step), 8192, ratio)

    def press(self, at: Pointer) -> None:
        """Take hold of the frame; beside it nothing happens."""
        self.rect = self.desk.document.frame
        if grip_at(self.rect, at) is not None and self.desk.ready():
            super().press(at)

    def move(self, at: Pointer) -> None:
        """Pull at it."""
        self._shift = at.shift
        super().move(at)

    def release(self, at: Pointer) -> None:
        """One step of the history for moves in a row."""
        if self._start is None:
            return
        self.move(at)
        self._start = None
        rect = self.rect
        self.desk.edit(_tr("Move the frame"), lambda document: with_frame(document, rect), "frame")

    def cancel(self) -> None:
        """Where it was."""
        self._start = None
        self.rect = self.desk.document.frame
        self.desk.overlay_changed.emit()

    def cursor_at(self, at: Pointer) -> Qt.CursorShape:
        """What a press would take hold of."""
        if self._start is None:
            self.rect = self.desk.document.frame
        grip = grip_at(self.rect, at)
        return Qt.CursorShape.ArrowCursor if grip is None else shape_of(grip)

    def overlay(self, painter: QPainter, view: View) -> None:
        """The handles, and the frame where it is being dragged to."""
        rect = self.rect if self._start is not None else self.desk.document.frame
        if self._start is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(255, 255, 255), 1, Qt.PenStyle.DashLine))
            painter.drawPolygon(view.screen_polygon(rect))
        draw_handles(painter, view, rect)


class CropTool(_Framing):
    """Drags out what the canvas is to be; Enter crops, Esc does not."""

    name: ClassVar[str] = "crop"

    @property
    def active(self) -> bool:
        """Is something framed?"""
        return not self.rect.empty

    def release(self, at: Pointer) -> None:
        """Wait for Enter; a mere click frames nothing."""
        if self._start is None:
            return
        self.move(at)
        if self._grip is None and max(self.rect.width, self.rect.height) * at.scale < SLOP:
            self.rect = Rect(0, 0, 0, 0)
        elif self._grip is None:
            self.desk.noted.emit(_tr("Enter crops the canvas, Esc leaves it as it is."))
        self._start = None
        self.desk.overlay_changed.emit()

    def accept(self) -> None:
        """Crop."""
        rect, self.rect = self.rect, Rect(0, 0, 0, 0)
        self.desk.crop_wanted.emit(rect)
        self.desk.overlay_changed.emit()

    def cancel(self) -> None:
        """Leave the canvas as it is."""
        self.rect, self._start = Rect(0, 0, 0, 0), None
        self.desk.overlay_changed.emit()

    def overlay(self, painter: QPainter, view: View) -> None:
        """What will stay."""
        if not self.rect.empty:
            draw_shade(painter, view, self.rect)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(255, 255, 255), 1))
            painter.drawPolygon(view.screen_polygon(self.rect))
            draw_handles(painter, view, self.rect)


def _between(start: Pointer, end: Pointer) -> Rect:
    """The pixels from one corner to the other; at least one."""
    left, right = sorted((round(start.x), round(end.x)))
    top, bottom = sorted((round(start.y), round(end.y)))
    return Rect(left, top, max(1, right - left), max(1, bottom - top))


def _tr(text: str) -> str:
    return QCoreApplication.translate("PaintTools", text)
