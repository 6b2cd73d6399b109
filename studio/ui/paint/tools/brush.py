"""Brush and eraser: a stroke is drawn as the pen moves, and becomes one edit when it is lifted."""

import dataclasses
import math
import secrets
from typing import ClassVar

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from studio.domain.document.brushes import Brush, PenPoint, Symmetry
from studio.domain.document.layers import Mask, MaskLayer
from studio.domain.geometry import Size
from studio.imaging.matrices import Point
from studio.imaging.strokes import Stroke
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.live import Live
from studio.ui.paint.tools.base import Pointer, Tool
from studio.ui.paint.tools.targets import OnContent, OnMask, OnPixels, OnSelection, Target, grey, on_pixels
from studio.ui.paint.view import View
from studio.ui.theme.tokens import COLOURS

_AXIS = QColor(COLOURS.sky)
_SEEN = 8.0  # logical pixels: an outline larger than this takes the place of the pointer


class BrushTool(Tool):
    """Paints with the front colour. With Shift, a straight line goes on from the end of the last stroke."""

    name: ClassVar[str] = "brush"
    picks: ClassVar[bool] = True
    erases: ClassVar[bool] = False

    def __init__(self, desk: PaintDesk, live: Live) -> None:
        super().__init__(desk)
        self._live = live
        self._stroke: Stroke | None = None
        self._target: Target | None = None
        self._end: PenPoint | None = None  # of the last stroke
        self._last: PenPoint | None = None

    @property
    def brush(self) -> Brush:
        """What it paints with."""
        return self.desk.options.brush

    @property
    def symmetry(self) -> Symmetry:
        """What repeats its strokes, about the middle of the canvas."""
        size = self.desk.document.size
        return dataclasses.replace(self.desk.options.symmetry, x=size.width / 2, y=size.height / 2)

    def overlay(self, painter: QPainter, view: View) -> None:
        """The axes that strokes are repeated about."""
        for start, end in axes(self.symmetry, self.desk.document.size):
            for colour, style in ((QColor(0, 0, 0, 120), Qt.PenStyle.SolidLine), (_AXIS, Qt.PenStyle.DashLine)):
                painter.setPen(QPen(colour, 1, style))
                painter.drawLine(view.to_screen(*start), view.to_screen(*end))

    @property
    def active(self) -> bool:
        """Is the pen down?"""
        return self._stroke is not None

    def press(self, at: Pointer) -> None:
        """Begin, if the active layer can be painted on."""
        if not self.desk.ready() or (target := self._find_target()) is None:
            return
        within = self.desk.document.rect
        self._target = target
        self._stroke = Stroke(self.brush, self.symmetry, within, secrets.randbits(32))
        self._live.begin(self._stroke, target)
        pen = _pen(at)
        if at.shift and self._end is not None:
            self._extend(self._end._replace(time=pen.time))
        self._extend(pen)

    def move(self, at: Pointer) -> None:
        """Go on."""
        if self._stroke is not None:
            self._extend(_pen(at))

    def release(self, at: Pointer) -> None:
        """One edit."""
        stroke, target, self._stroke, self._target = self._stroke, self._target, None, None
        if stroke is None or target is None:
            return
        self._live.grow(stroke.finish(), stroke.touched)
        self._end = self._last
        if stroke.bounds.empty:
            self._live.end()
            return
        self._live.linger()
        if not self.erases:
            self.desk.set_inks(self.desk.inks.used())
        self.desk.later(self._label(target), target.change(stroke))

    def cancel(self) -> None:
        """As if the pen had never been down."""
        if self._stroke is not None:
            self._stroke = self._target = None
            self._live.end()

    def cursor_at(self, at: Pointer) -> Qt.CursorShape:
        """The outline is enough where it can be seen."""
        seen = self.brush_size() * at.scale >= _SEEN
        return Qt.CursorShape.BlankCursor if seen else Qt.CursorShape.CrossCursor

    def brush_size(self) -> float:
        """The brush's own."""
        return self.brush.size

    def _extend(self, pen: PenPoint) -> None:
        assert self._stroke is not None
        self._last = pen
        self._live.grow(self._stroke.extend([pen]), self._stroke.touched)

    def _find_target(self) -> Target | None:
        desk, document = self.desk, self.desk.document
        if desk.read_only:
            self.paintable()  # says so
            return None
        value = 0 if self.erases else grey(desk.inks.front)
        if desk.quick_mask:
            return OnSelection(desk.store, document.selection or Mask(outside=255), value)
        layer = desk.active
        if desk.on_mask and layer is not None and layer.mask is not None:
            around = desk.compositor.around(document, layer.id)
            return OnMask(desk.store, around, layer.id, layer.mask, value, document.selection)
        if isinstance(layer, MaskLayer) and layer.visible and not layer.locked:
            return OnContent(desk.store, layer, 0 if self.erases else 255, document.selection)
        if (paint := self.paintable()) is None:
            return None
        lock = desk.options.lock_alpha
        return on_pixels(
            desk.compositor, desk.store, document, paint, desk.inks.front, erase=self.erases, lock_alpha=lock
        )

    def _label(self, target: Target) -> str:
        if not isinstance(target, OnPixels):
            return _tr("Mask stroke") if isinstance(target, OnMask | OnContent) else _tr("Quick mask stroke")
        return _tr("Eraser stroke") if self.erases else _tr("Brush stroke")


class EraserTool(BrushTool):
    """Takes pixels away."""

    name: ClassVar[str] = "eraser"
    picks: ClassVar[bool] = False
    erases: ClassVar[bool] = True

    @property
    def brush(self) -> Brush:
        """It has a size of its own."""
        return self.desk.options.eraser


def axes(symmetry: Symmetry, size: Size) -> list[tuple[Point, Point]]:
    """The lines of a canvas of this size that show a symmetry: mirrors from side to side, sectors from the middle."""
    x, y = symmetry.x, symmetry.y
    found: list[tuple[Point, Point]] = []
    if symmetry.mirror_x:
        found.append(((x, 0.0), (x, float(size.height))))
    if symmetry.mirror_y:
        found.append(((0.0, y), (float(size.width), y)))
    reach = min(size.width, size.height) / 2
    for sector in range(symmetry.radial if symmetry.radial > 1 else 0):
        angle = 2 * math.pi * sector / symmetry.radial
        found.append(((x, y), (x + reach * math.sin(angle), y - reach * math.cos(angle))))
    return found


def _pen(at: Pointer) -> PenPoint:
    return PenPoint(at.x, at.y, at.pressure, at.tilt_x, at.tilt_y, at.time)


def _tr(text: str) -> str:
    return QCoreApplication.translate("PaintTools", text)
