"""Selections drawn by hand: rectangle, ellipse, lasso and polygon."""

import math
from collections.abc import Callable
from typing import ClassVar

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from studio.domain.document.document import Document
from studio.domain.document.edits import with_selection
from studio.domain.geometry import Rect
from studio.imaging.selections import Area, Combination, combined, ellipse, feathered, polygon, rectangle
from studio.imaging.tiles import TileStore
from studio.ui.paint.desk import Change, PaintDesk
from studio.ui.paint.tools.base import SLOP, Pointer, Tool
from studio.ui.paint.view import View

Point = tuple[float, float]
MakeArea = Callable[[Rect], Area]


def combination(at: Pointer, chosen: str) -> Combination:
    """What the keys held at the press say: Shift adds, Alt subtracts, both intersect; else what is set."""
    if at.shift and at.alt:
        return Combination.INTERSECT
    if at.shift:
        return Combination.ADD
    return Combination.SUBTRACT if at.alt else Combination(chosen)


def selected(store: TileStore, make: MakeArea, how: Combination, feather: float) -> Change:
    """The edit that joins an area to what is selected."""

    def change(document: Document) -> Document:
        area = make(document.rect)
        if feather and not area.rect.empty:
            empty = combined(store, None, area.values, area.rect, Combination.REPLACE)
            mask = None if empty is None else feathered(store, empty, feather)
            if mask is not None:
                area = Area(store.mask(mask, document.rect), document.rect)
        return with_selection(document, combined(store, document.selection, area.values, area.rect, how))

    return change


def deselected(document: Document) -> Document:
    """Nothing selected: everything can be edited."""
    return with_selection(document, None)


class _Drawn(Tool):
    """What the tools here share: a shape on the screen, and its end as an edit."""

    label: ClassVar[str]

    def __init__(self, desk: PaintDesk) -> None:
        super().__init__(desk)
        self._how = Combination.REPLACE
        self._points: list[Point] = []

    @property
    def active(self) -> bool:
        """Is a shape begun?"""
        return bool(self._points)

    def cancel(self) -> None:
        """No shape."""
        self._points = []
        self.desk.overlay_changed.emit()

    def overlay(self, painter: QPainter, view: View) -> None:
        """The shape so far."""
        if not self._points:
            return
        path = view.transform().map(self._path())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 200), 1))
        painter.drawPath(path)
        dashes = QPen(QColor(255, 255, 255), 1, Qt.PenStyle.CustomDashLine)
        dashes.setDashPattern([4, 4])
        painter.setPen(dashes)
        painter.drawPath(path)

    def _path(self) -> QPainterPath:
        path = QPainterPath()
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in self._points]))
        return path

    def _select(self, make: MakeArea) -> None:
        desk = self.desk
        desk.later(_tr(self.label), selected(desk.store, make, self._how, desk.options.feather))

    def _deselect(self) -> None:
        if self._how is Combination.REPLACE and self.desk.document.selection is not None:
            self.desk.edit(_tr("Deselect"), deselected)


class RectangleTool(_Drawn):
    """Drags out a rectangle; Shift, pressed on the way, makes it a square."""

    name: ClassVar[str] = "select-rectangle"
    label: ClassVar[str] = "Select rectangle"

    def __init__(self, desk: PaintDesk) -> None:
        super().__init__(desk)
        self._start = self._end = Pointer(0, 0)

    def press(self, at: Pointer) -> None:
        """The first corner."""
        self._how = combination(at, self.desk.options.how)
        self._start = self._end = at
        self._points = [(at.x, at.y)]

    def move(self, at: Pointer) -> None:
        """The other corner."""
        if self._points:
            self._end = at
            self.desk.overlay_changed.emit()

    def release(self, at: Pointer) -> None:
        """One edit; a mere click selects nothing."""
        if not self._points:
            return
        self._end = at
        box = self._box()
        far = max(box.width(), box.height()) * at.scale >= SLOP
        self.cancel()
        if far:
            self._select(lambda canvas: self._area(box, canvas))
        else:
            self._deselect()

    def _box(self) -> QRectF:
        """On whole pixels, as what is cut along them has no soft edges."""
        start, end = self._start, self._end
        width, height = end.x - start.x, end.y - start.y
        if end.shift and not start.shift:
            side = max(abs(width), abs(height))
            width, height = math.copysign(side, width), math.copysign(side, height)
        left, right = sorted((start.x, start.x + width))
        top, bottom = sorted((start.y, start.y + height))
        return QRectF(QPointF(round(left), round(top)), QPointF(round(right), round(bottom)))

    def _area(self, box: QRectF, canvas: Rect) -> Area:
        return rectangle(box.left(), box.top(), box.right(), box.bottom(), canvas)

    def _path(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self._box())
        return path


class EllipseTool(RectangleTool):
    """Drags out an ellipse; Shift, pressed on the way, makes it a circle."""

    name: ClassVar[str] = "select-ellipse"
    label: ClassVar[str] = "Select ellipse"

    def _area(self, box: QRectF, canvas: Rect) -> Area:
        return ellipse(box.left(), box.top(), box.right(), box.bottom(), canvas)

    def _path(self) -> QPainterPath:
        path = QPainterPath()
        path.addEllipse(self._box())
        return path


class LassoTool(_Drawn):
    """Draws round what is to be selected."""

    name: ClassVar[str] = "lasso"
    label: ClassVar[str] = "Lasso"

    def press(self, at: Pointer) -> None:
        """The first point."""
        self._how = combination(at, self.desk.options.how)
        self._points = [(at.x, at.y)]

    def move(self, at: Pointer) -> None:
        """The next point."""
        if self._points:
            self._points.append((at.x, at.y))
            self.desk.overlay_changed.emit()

    def release(self, at: Pointer) -> None:
        """Close the line; one edit."""
        points = [*self._points, (at.x, at.y)]
        drawn = bool(self._points)
        self.cancel()
        if drawn and len(points) > 3:
            self._select(lambda canvas: polygon(points, canvas))
        elif drawn:
            self._deselect()


class PolygonTool(_Drawn):
    """Corner by corner; the first corner, a double click or Enter closes it, Backspace takes the last one back."""

    name: ClassVar[str] = "select-polygon"
    label: ClassVar[str] = "Select polygon"

    def __init__(self, desk: PaintDesk) -> None:
        super().__init__(desk)
        self._next: Point | None = None

    def press(self, at: Pointer) -> None:
        """Another corner."""
        if not self._points:
            self._how = combination(at, self.desk.options.how)
        elif len(self._points) > 2 and at.near(*self._points[0]):
            self.accept()
            return
        self._points.append((at.x, at.y))
        self.desk.overlay_changed.emit()

    def double_press(self, at: Pointer) -> None:
        """The last corner."""
        self.accept()

    def hover(self, at: Pointer) -> None:
        """Where the next corner would be."""
        if self._points:
            self._next = (at.x, at.y)
            self.desk.overlay_changed.emit()

    def key(self, key: Qt.Key, shift: bool) -> bool:
        """Backspace."""
        if key != Qt.Key.Key_Backspace or not self._points:
            return False
        self._points.pop()
        self.desk.overlay_changed.emit()
        return True

    def accept(self) -> None:
        """Close it."""
        points = list(self._points)
        self.cancel()
        if len(points) > 2:
            self._select(lambda canvas: polygon(points, canvas))

    def cancel(self) -> None:
        """No polygon."""
        self._next = None
        super().cancel()

    def _path(self) -> QPainterPath:
        corners = [*self._points, self._next] if self._next is not None else self._points
        path = QPainterPath()
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in corners]))
        return path


def _tr(text: str) -> str:
    return QCoreApplication.translate("PaintTools", text)
