"""The gradient: a drag from where the front colour is to where it has become the back one, or nothing."""

import dataclasses
import math
from typing import ClassVar

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from studio.domain.document.document import Document
from studio.domain.document.edits import with_tiles
from studio.domain.document.layers import Mask, PaintLayer
from studio.imaging.fills import graded, graded_mask
from studio.imaging.gradients import Gradient, GradientKind, Stop
from studio.ui.paint.desk import Change, PaintDesk
from studio.ui.paint.pictures import Colour
from studio.ui.paint.tools.base import SLOP, Pointer, Tool
from studio.ui.paint.tools.targets import grey
from studio.ui.paint.view import View


class GradientTool(Tool):
    """Shift keeps the line to steps of 45 degrees."""

    name: ClassVar[str] = "gradient"
    picks: ClassVar[bool] = True

    def __init__(self, desk: PaintDesk) -> None:
        super().__init__(desk)
        self._start: Pointer | None = None
        self._end = Pointer(0, 0)

    @property
    def active(self) -> bool:
        """Is a line being drawn?"""
        return self._start is not None

    def press(self, at: Pointer) -> None:
        """The beginning, if the active layer can be painted on."""
        if self.desk.ready() and (self.mask() is not None or self.paintable() is not None):
            self._start = self._end = at

    def move(self, at: Pointer) -> None:
        """The end."""
        if self._start is not None:
            self._end = straightened(self._start, at) if at.shift else at
            self.desk.overlay_changed.emit()

    def release(self, at: Pointer) -> None:
        """One edit."""
        start = self._start
        if start is None:
            return
        self.move(at)
        end = self._end
        self.cancel()
        if max(abs(end.x - start.x), abs(end.y - start.y)) * at.scale < SLOP:
            return
        change = self._on_mask(start, end) if self.mask() is not None else self._on_layer(start, end)
        if change is not None:
            self.desk.set_inks(self.desk.inks.used())
            self.desk.later(QCoreApplication.translate("PaintTools", "Gradient"), change)

    def _gradient(self, start: Pointer, end: Pointer, front: Colour, back: Colour) -> Gradient:
        options = self.desk.options
        last = Stop(1.0, front, 0.0) if options.to_transparent else Stop(1.0, back)
        places = (start.x, start.y), (end.x, end.y)
        return Gradient(GradientKind(options.gradient), *places, (Stop(0.0, front), last))

    def _on_mask(self, start: Pointer, end: Pointer) -> Change:
        desk, opacity = self.desk, self.desk.options.brush.opacity
        front, back = grey(desk.inks.front), grey(desk.inks.back)
        gradient = self._gradient(start, end, (front, front, front), (back, back, back))

        def grade(document: Document, mask: Mask, selection: Mask | None) -> Mask:
            return graded_mask(desk.store, mask, gradient, document.rect, selection, opacity)

        return self.on_mask(grade)

    def _on_layer(self, start: Pointer, end: Pointer) -> Change | None:
        desk, options, layer = self.desk, self.desk.options, self.paintable()
        if layer is None:
            return None
        gradient, layer_id = self._gradient(start, end, desk.inks.front, desk.inks.back), layer.id

        def change(document: Document) -> Document:
            now = document.find(layer_id)
            if not isinstance(now, PaintLayer):
                return document
            chosen, opacity, lock = document.selection, options.brush.opacity, options.lock_alpha
            return with_tiles(document, now.id, graded(desk.store, now, gradient, document.rect, chosen, opacity, lock))

        return change

    def cancel(self) -> None:
        """No line."""
        self._start = None
        self.desk.overlay_changed.emit()

    def overlay(self, painter: QPainter, view: View) -> None:
        """The line, with its two colours at the ends."""
        if self._start is None:
            return
        first, last = view.to_screen(self._start.x, self._start.y), view.to_screen(self._end.x, self._end.y)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((QColor(0, 0, 0, 180), 3.0), (QColor(255, 255, 255), 1.0)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(first, last)
        painter.setPen(QPen(QColor(255, 255, 255), 1.5))
        ends = (self.desk.inks.front, self.desk.inks.back)
        for place, ink in zip((first, last), ends, strict=True):
            hollow = place is last and self.desk.options.to_transparent
            painter.setBrush(Qt.BrushStyle.NoBrush if hollow else QColor(*ink))
            painter.drawEllipse(place, 5.0, 5.0)


def straightened(start: Pointer, at: Pointer) -> Pointer:
    """The point moved onto the nearest of the eight directions from the start."""
    dx, dy = at.x - start.x, at.y - start.y
    angle = round(math.atan2(dy, dx) / (math.pi / 4)) * math.pi / 4
    length = dx * math.cos(angle) + dy * math.sin(angle)
    return dataclasses.replace(at, x=start.x + length * math.cos(angle), y=start.y + length * math.sin(angle))
