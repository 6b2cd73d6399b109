"""Free transform: scale, turn, skew and perspective of a layer or of what is selected of it, applied by Enter."""

import dataclasses
import math
from typing import ClassVar, NamedTuple

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from studio.domain.document.document import Document
from studio.domain.document.edits import changed, with_selection, with_tiles
from studio.domain.document.layers import IDENTITY, ImageLayer, Layer, Mask, Matrix, PaintLayer
from studio.domain.document.tiles import TileMap
from studio.domain.errors import StudioError
from studio.domain.geometry import Rect
from studio.imaging import matrices
from studio.imaging.tiles import TileStore
from studio.imaging.transforms import applied, content, shifted
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.tools.base import Pointer, Tool
from studio.ui.paint.tools.handles import INSIDE, Grip
from studio.ui.paint.tools.lifting import dropped, over_rest, plain, standing_picture, taken_apart
from studio.ui.paint.view import View
from studio.ui.theme.tokens import COLOURS

OUTSIDE: Grip = (2, 2)  # turns
_CORNERS: tuple[Grip, ...] = ((-1, -1), (1, -1), (1, 1), (-1, 1))
_SIDES: tuple[Grip, ...] = ((0, -1), (1, 0), (0, 1), (-1, 0))
_REACH, _SIDE = 9.0, 8.0
_FEW = 24  # tiles
_LEAST = 0.01  # of the size
_STEP = 15.0  # degrees, with Shift


class _Work(NamedTuple):
    """What is being transformed: the picture where it was, the layer's pixels that stay (None where all were taken),
    and the box of what is seen of it."""

    layer: Layer
    picture: ImageLayer
    rest: TileMap | None
    box: Rect


class TransformTool(Tool):
    """Corners and sides scale (Shift keeps the shape, Alt the middle), with Ctrl they distort and skew; outside the box
    it turns (Shift by 15 degrees), inside it moves."""

    name: ClassVar[str] = "transform"
    passing: ClassVar[bool] = True

    def __init__(self, desk: PaintDesk) -> None:
        super().__init__(desk)
        self._work: _Work | None = None
        self._matrix: Matrix = IDENTITY
        self._held: tuple[Grip, Pointer, Matrix] | None = None
        self._asked: object = None  # what to transform is being found out
        desk.changed.connect(self._document_changed)

    @property
    def active(self) -> bool:
        """Is something being transformed?"""
        return self.holds or self._asked is not None

    @property
    def holds(self) -> bool:
        """Are there handles to be taken hold of?"""
        return self._work is not None

    def take_up(self) -> None:
        """Take what is to be transformed."""
        desk = self.desk
        if not desk.ready() or self.holds:
            return
        layer = desk.active
        if isinstance(layer, ImageLayer) and not layer.locked and not desk.read_only:
            box = Rect(0, 0, layer.width, layer.height)
            self._work = _Work(layer, dataclasses.replace(layer, matrix=IDENTITY), None, box)
            self._matrix = layer.matrix
        elif (paint := self.paintable()) is not None:
            self._lift(paint.id)
        desk.overlay_changed.emit()

    def press(self, at: Pointer) -> None:
        """Take hold of a handle."""
        if not self.holds:
            self.take_up()  # also where that failed before
        elif (grip := self._grip_at(at)) is not None:
            self._held = (grip, at, self._matrix)

    def move(self, at: Pointer) -> None:
        """Pull at it; what would squeeze the picture flat is not done."""
        if self._held is None or self._work is None:
            return
        grip, start, before = self._held
        try:
            matrix = self._pulled(grip, start, at, before)
            matrices.corners(matrices.composed(matrix, self._work.picture.matrix), *self._size)
        except StudioError:
            return
        self._matrix = matrix
        self._show()

    def release(self, at: Pointer) -> None:
        """Let go."""
        self.move(at)
        self._held = None

    def accept(self) -> None:
        """Apply it, as one edit."""
        work, matrix = self._work, self._matrix
        self._work = self._held = self._asked = None
        unchanged = matrix == (work.layer.matrix if work and isinstance(work.layer, ImageLayer) else IDENTITY)
        if work is None or unchanged:
            self.desk.preview(None)
            return
        self.desk.later(_tr("Transform"), lambda document: _done(self.desk.store, document, work, matrix))

    def cancel(self) -> None:
        """As it was."""
        self._work = self._held = self._asked = None
        self.desk.preview(None)
        self.desk.overlay_changed.emit()

    def cursor_at(self, at: Pointer) -> Qt.CursorShape:
        """What a press would do."""
        grip = self._grip_at(at) if self._work is not None else None
        if grip == INSIDE:
            return Qt.CursorShape.SizeAllCursor
        return Qt.CursorShape.CrossCursor if grip in (None, OUTSIDE) else Qt.CursorShape.PointingHandCursor

    def overlay(self, painter: QPainter, view: View) -> None:
        """The box with its handles."""
        if self._work is None:
            return
        corners = [view.to_screen(*self._spot(grip)) for grip in _CORNERS]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(0, 0, 0, 160), 3.0), (QColor(255, 255, 255), 1.0)):
            painter.setPen(QPen(colour, width))
            painter.drawPolygon(QPolygonF(corners))
        painter.setPen(QPen(QColor(0, 0, 0, 200), 1))
        painter.setBrush(QColor(COLOURS.text))
        for grip in (*_CORNERS, *_SIDES):
            middle: QPointF = view.to_screen(*self._spot(grip))
            painter.drawRect(QRectF(middle.x() - _SIDE / 2, middle.y() - _SIDE / 2, _SIDE, _SIDE))

    # ------------------------------------------------------------------------------------------ inside

    @property
    def _size(self) -> tuple[float, float]:
        assert self._work is not None
        return float(self._work.picture.width), float(self._work.picture.height)

    def _spot(self, grip: Grip) -> matrices.Point:
        """Where a grip is in the document."""
        assert self._work is not None
        return matrices.mapped(self._matrix, _plain_spot(self._work.box, grip))

    def _grip_at(self, at: Pointer) -> Grip | None:
        for grip in (*_CORNERS, *_SIDES):
            if at.near(*self._spot(grip), reach=_REACH):
                return grip
        corners = QPolygonF([QPointF(*self._spot(grip)) for grip in _CORNERS])
        return INSIDE if corners.containsPoint(QPointF(at.x, at.y), Qt.FillRule.OddEvenFill) else OUTSIDE

    def _pulled(self, grip: Grip, start: Pointer, at: Pointer, before: Matrix) -> Matrix:
        assert self._work is not None
        box, here = self._work.box, (at.x, at.y)
        if grip == INSIDE:
            dx, dy = round(at.x - start.x), round(at.y - start.y)
            return matrices.composed(matrices.translation(dx, dy), before)
        if grip == OUTSIDE:
            middle = matrices.mapped(before, _plain_spot(box, INSIDE))
            degrees = math.degrees(_angle(middle, here) - _angle(middle, (start.x, start.y)))
            degrees = round(degrees / _STEP) * _STEP if at.shift else degrees
            return matrices.composed(matrices.rotation(degrees, middle), before)
        if at.ctrl and grip in _CORNERS:
            corners = [here if each == grip else matrices.mapped(before, _plain_spot(box, each)) for each in _CORNERS]
            to_origin = matrices.translation(-box.x, -box.y)
            return matrices.composed(matrices.perspective(box.width, box.height, corners), to_origin)
        plain = matrices.mapped(matrices.inverse(before), here)  # the pen, where the box is not transformed
        if at.ctrl:
            return matrices.composed(before, _skewed(box, grip, plain))
        return matrices.composed(before, _scaled(box, grip, plain, keep=at.shift, middle=at.alt))

    def _lift(self, layer_id: str) -> None:
        """Find out, aside, what of a layer is to be transformed."""
        asked = self._asked = object()
        store = self.desk.store

        def lifted(document: Document) -> _Work | None:
            layer = document.find(layer_id)
            return _lift(store, layer, document.selection) if isinstance(layer, PaintLayer) else None

        def found(work: _Work | None) -> None:
            if self._asked is not asked:
                return
            self._asked, self._work, self._matrix = None, work, IDENTITY
            if work is None:
                self._tell(self.desk.tr("There is nothing here to transform."))
            self.desk.overlay_changed.emit()

        self.desk.aside(_tr("Transform"), lifted, found)

    def _show(self) -> None:
        assert self._work is not None
        work = self._work
        picture = dataclasses.replace(work.picture, matrix=matrices.composed(self._matrix, work.picture.matrix))
        document = self.desk.document
        if work.rest is None:
            shown = document.replaced(work.layer.id, lambda _: picture)
        else:
            assert isinstance(work.layer, PaintLayer)
            over = over_rest(work.layer, work.rest, picture)
            shown = document.replaced(work.layer.id, lambda _: over)
        self.desk.preview(shown)
        self.desk.overlay_changed.emit()

    def _document_changed(self, document: Document, previous: Document) -> None:
        if self.active and document is not previous:
            self._work = self._held = self._asked = None
            self.desk.overlay_changed.emit()


def _lift(store: TileStore, layer: PaintLayer, selection: Mask | None) -> _Work | None:
    tiles, rest = layer.tiles, None
    if selection is not None:
        tiles, rest = taken_apart(store, layer.tiles, selection)
    box = content(store, tiles)
    if box.empty:
        return None
    if len(tiles) <= _FEW:
        picture = standing_picture(store, layer, shifted(store, tiles, -box.x, -box.y))
        move = matrices.translation(box.x, box.y)
        picture = dataclasses.replace(picture, width=box.width, height=box.height, matrix=move)
    else:  # left and above it keeps what its first tiles have of nothing: shifting many tiles would take too long
        picture = standing_picture(store, layer, tiles)
    if rest is not None:
        picture = plain(picture)
    return _Work(layer, picture, rest, box)


def _done(store: TileStore, document: Document, work: _Work, matrix: Matrix) -> Document:
    """The document with the transformed picture in it."""
    if isinstance(work.layer, ImageLayer):
        return changed(document, work.layer.id, matrix=matrix)
    picture = dataclasses.replace(work.picture, matrix=matrices.composed(matrix, work.picture.matrix))
    if work.rest is None:
        return document.replaced(work.layer.id, lambda _: applied(store, picture))
    tiles = dropped(store, work.rest, applied(store, picture).tiles)
    return with_selection(with_tiles(document, work.layer.id, tiles), None)


def _plain_spot(box: Rect, grip: Grip) -> matrices.Point:
    return box.x + box.width * (grip[0] + 1) / 2, box.y + box.height * (grip[1] + 1) / 2


def _scaled(box: Rect, grip: Grip, pen: matrices.Point, *, keep: bool, middle: bool) -> Matrix:
    """The box scaled so that the grip is under the pen; the opposite side stays, or the middle."""
    anchor = _plain_spot(box, INSIDE if middle else (-grip[0], -grip[1]))
    spot = _plain_spot(box, grip)
    factors = []
    for axis in (0, 1):
        length = spot[axis] - anchor[axis]
        factor = (pen[axis] - anchor[axis]) / length if grip[axis] and length else 1.0
        factors.append(math.copysign(max(abs(factor), _LEAST), factor))
    if keep:
        largest = max(factors, key=lambda factor: abs(factor - 1))
        factors = [largest, largest]
    return matrices.scaling(factors[0], factors[1], anchor)


def _skewed(box: Rect, grip: Grip, pen: matrices.Point) -> Matrix:
    """The box skewed so that a side goes along with the pen; the opposite side stays."""
    anchor, spot = _plain_spot(box, (-grip[0], -grip[1])), _plain_spot(box, grip)
    if grip[1]:
        return matrices.skewing((pen[0] - spot[0]) / (spot[1] - anchor[1]), 0.0, anchor)
    return matrices.skewing(0.0, (pen[1] - spot[1]) / (spot[0] - anchor[0]), anchor)


def _angle(middle: matrices.Point, at: matrices.Point) -> float:
    return math.atan2(at[1] - middle[1], at[0] - middle[0])


def _tr(text: str) -> str:
    return QCoreApplication.translate("PaintTools", text)
