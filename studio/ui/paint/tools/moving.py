"""The move tool: a layer, or what is selected of it, goes with the pen."""

import dataclasses
from typing import ClassVar

from PySide6.QtCore import QCoreApplication, Qt

from studio.domain.document.document import Document
from studio.domain.document.edits import with_selection, with_tiles
from studio.domain.document.layers import GroupLayer, ImageLayer, Layer, Mask, MaskLayer, PaintLayer
from studio.imaging import matrices
from studio.imaging.tiles import TileStore
from studio.imaging.transforms import shifted, shifted_mask
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.tools.base import Pointer, Tool
from studio.ui.paint.tools.lifting import dropped, standing_picture, taken_apart

_KEYS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


class MoveTool(Tool):
    """Drags the active layer by whole pixels; arrow keys by one, with Shift by ten. Shift keeps a drag straight."""

    name: ClassVar[str] = "move"
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.SizeAllCursor

    def __init__(self, desk: PaintDesk) -> None:
        super().__init__(desk)
        self._start: Pointer | None = None
        self._offset = (0, 0)
        self._nudges = 0

    @property
    def active(self) -> bool:
        """Is something being dragged?"""
        return self._start is not None

    def press(self, at: Pointer) -> None:
        """Take hold."""
        if self.desk.ready() and self._movable() is not None:
            self._start, self._offset = at, (0, 0)

    def move(self, at: Pointer) -> None:
        """Show it where it would be."""
        layer = self._movable()
        if self._start is None or layer is None:
            return
        dx, dy = round(at.x - self._start.x), round(at.y - self._start.y)
        if at.shift:
            dx, dy = (dx, 0) if abs(dx) >= abs(dy) else (0, dy)
        if (dx, dy) != self._offset:
            self._offset = (dx, dy)
            desk = self.desk
            if desk.document.selection is None:
                desk.preview(desk.document.replaced(layer.id, lambda now: standing_in(desk.store, now, dx, dy)))

    def release(self, at: Pointer) -> None:
        """One edit."""
        self.move(at)
        moved, self._start = self._start is not None, None
        if moved and self._offset != (0, 0):
            self._commit(*self._offset)
        elif moved:
            self.desk.preview(None)

    def key(self, key: Qt.Key, shift: bool) -> bool:
        """A step with the arrow keys; steps in a row are one edit."""
        if (step := _KEYS.get(key)) is None:
            return False
        if self.desk.ready() and self._movable() is not None:
            times = 10 if shift else 1
            self._commit(step[0] * times, step[1] * times)
        return True

    def cancel(self) -> None:
        """Where it was."""
        self._start = None
        self.desk.preview(None)

    def _commit(self, dx: int, dy: int) -> None:
        layer, store = self._movable(), self.desk.store
        if layer is None:
            return

        def change(document: Document) -> Document:
            if document.selection is not None and isinstance(layer, PaintLayer):
                return _moved_part(store, document, layer.id, document.selection, dx, dy)
            return document.replaced(layer.id, lambda now: moved_layer(store, now, dx, dy))

        self.desk.later(QCoreApplication.translate("PaintTools", "Move"), change)

    def _movable(self) -> Layer | None:
        layer = self.desk.active
        if layer is None or self.desk.read_only or isinstance(layer, PaintLayer):
            return self.paintable()
        if layer.locked:
            words = self.desk.tr("“{name}” is locked. Unlock it to move it.")
            self._tell(words.format(name=layer.name))
            return None
        return layer


def standing_in(store: TileStore, layer: Layer, dx: int, dy: int) -> Layer:
    """The layer as it would look elsewhere, without a tile being made; only to be shown."""
    if isinstance(layer, PaintLayer) and layer.tiles:
        picture = standing_picture(store, layer, layer.tiles)
        return dataclasses.replace(picture, matrix=matrices.composed(matrices.translation(dx, dy), picture.matrix))
    if isinstance(layer, GroupLayer):
        children = tuple(standing_in(store, child, dx, dy) for child in layer.children)
        return dataclasses.replace(layer, children=children)
    return moved_layer(store, layer, dx, dy) if isinstance(layer, ImageLayer) else layer


def moved_layer(store: TileStore, layer: Layer, dx: int, dy: int) -> Layer:
    """The layer, with its mask and all that is in it, moved by whole pixels."""
    if layer.mask is not None:
        layer = dataclasses.replace(layer, mask=shifted_mask(store, layer.mask, dx, dy))
    match layer:
        case PaintLayer():
            return dataclasses.replace(layer, tiles=shifted(store, layer.tiles, dx, dy))
        case ImageLayer():
            move = matrices.composed(matrices.translation(dx, dy), layer.matrix)
            return dataclasses.replace(layer, matrix=move)
        case MaskLayer():
            return dataclasses.replace(layer, content=shifted_mask(store, layer.content, dx, dy))
        case GroupLayer():
            return dataclasses.replace(layer, children=tuple(moved_layer(store, c, dx, dy) for c in layer.children))
    return layer


def _moved_part(store: TileStore, document: Document, layer_id: str, chosen: Mask, dx: int, dy: int) -> Document:
    """What is selected of a paint layer moved over the rest of it, and the selection with it."""
    layer = document.find(layer_id)
    if not isinstance(layer, PaintLayer):
        return document
    taken, rest = taken_apart(store, layer.tiles, chosen)
    tiles = dropped(store, rest, shifted(store, taken, dx, dy))
    return with_selection(with_tiles(document, layer_id, tiles), shifted_mask(store, chosen, dx, dy))
