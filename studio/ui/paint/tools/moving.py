"""The move tool: a layer, or what is selected of it, goes with the pen."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtCore import QCoreApplication, Qt

from studio.domain.document.document import Document
from studio.domain.document.edits import with_selection, with_tiles
from studio.domain.document.layers import GroupLayer, ImageLayer, Layer, Mask, MaskLayer, PaintLayer
from studio.domain.document.tiles import TileMap
from studio.imaging import matrices
from studio.imaging.tiles import TileStore
from studio.imaging.transforms import shifted, shifted_mask
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.tools.base import Pointer, Tool
from studio.ui.paint.tools.lifting import Standing, dropped, standing, standing_part, taken_apart

_KEYS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


@dataclass(frozen=True, slots=True)
class _Float:
    """What a selection took out of a layer, how far it has come since, and the pixels and the selection that this left
    in the document. As long as they are there, a further move goes on from here: what the selection came to lie over
    is not torn out with it, and nothing is rounded twice.
    """

    taken: TileMap
    rest: TileMap
    chosen: Mask
    dx: int
    dy: int
    tiles: TileMap
    selection: Mask


@dataclass(frozen=True, slots=True)
class _Steps:
    """Steps by the arrow keys that are not in the document yet."""

    layer_id: str
    dx: int
    dy: int


class MoveTool(Tool):
    """Drags the active layer by whole pixels; arrow keys by one, with Shift by ten. Shift keeps a drag straight."""

    name: ClassVar[str] = "move"
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.SizeAllCursor
    moves_guides: ClassVar[bool] = True

    def __init__(self, desk: PaintDesk) -> None:
        super().__init__(desk)
        self._start: Pointer | None = None
        self._layer_id = ""
        self._standing: Standing | None = None
        self._offset = (0, 0)
        self._float: _Float | None = None  # of the desk's thread
        self._steps: _Steps | None = None
        self._gestures = 0
        desk.busy_changed.connect(self._step_on)
        desk.changed.connect(lambda *_: desk.carry((0, 0)))

    @property
    def active(self) -> bool:
        """Is something being dragged?"""
        return self._start is not None

    def press(self, at: Pointer) -> None:
        """Take hold; what it looks like without its pixels is found out aside."""
        if not self.desk.ready() or (layer := self._movable()) is None:
            return
        layer_id = layer.id
        self._start, self._offset, self._standing, self._layer_id = at, (0, 0), None, layer_id
        self._gestures += 1

        def found(standing: Standing) -> None:
            if self._start is at:
                self._standing = standing
                self._show()

        self.desk.aside(_tr("Move"), lambda document: self._lifted(document, layer_id), found)

    def move(self, at: Pointer) -> None:
        """Show it where it would be."""
        if self._start is None:
            return
        dx, dy = round(at.x - self._start.x), round(at.y - self._start.y)
        if at.shift:
            dx, dy = (dx, 0) if abs(dx) >= abs(dy) else (0, dy)
        if (dx, dy) != self._offset:
            self._offset = (dx, dy)
            self._show()

    def release(self, at: Pointer) -> None:
        """One edit."""
        self.move(at)
        moved, self._start, self._standing = self._start is not None, None, None
        if moved and self._offset != (0, 0):
            self._commit(self._layer_id, *self._offset)
        elif moved:
            self.cancel()

    def key(self, key: Qt.Key, shift: bool) -> bool:
        """A step with the arrow keys; steps in a row are one edit."""
        if (step := _KEYS.get(key)) is None:
            return False
        if self._start is None and (layer := self._movable()) is not None:
            if self._steps is not None and self._steps.layer_id != layer.id:
                self._step_on("")
            times, before = 10 if shift else 1, self._steps or _Steps(layer.id, 0, 0)
            self._steps = _Steps(layer.id, before.dx + step[0] * times, before.dy + step[1] * times)
            if not self.desk.is_busy:
                self._step_on("")
        return True

    def cancel(self) -> None:
        """Where it was."""
        self._start = self._standing = None
        self.desk.carry((0, 0))
        self.desk.preview(None)

    def _step_on(self, busy: str) -> None:
        """Steps that came while another one was made are made together."""
        if not busy and (steps := self._steps) is not None:
            self._steps = None
            self._commit(steps.layer_id, steps.dx, steps.dy, f"step-{steps.layer_id}-{self._gestures}")

    def _show(self) -> None:
        document = self.desk.document
        if self._standing is None:
            return
        layer = self._standing.at(*self._offset)
        self.desk.preview(document.replaced(self._layer_id, lambda _: layer))
        if isinstance(document.find(self._layer_id), PaintLayer):
            self.desk.carry(self._offset)

    def _commit(self, layer_id: str, dx: int, dy: int, merge: str = "") -> None:
        def change(document: Document) -> Document:
            layer = document.find(layer_id)
            if document.selection is not None and isinstance(layer, PaintLayer):
                return self._moved_part(document, layer, document.selection, dx, dy)
            return document.replaced(layer_id, lambda now: moved_layer(self.desk.store, now, dx, dy))

        self.desk.later(_tr("Move"), change, merge)

    def _movable(self) -> Layer | None:
        layer = self.desk.active
        if layer is None or self.desk.read_only or isinstance(layer, PaintLayer):
            return self.paintable()
        if layer.locked:
            words = self.desk.tr("“{name}” is locked. Unlock it to move it.")
            self._tell(words.format(name=layer.name))
            return None
        return layer

    # ------------------------------------------------------------------------------------------ in the desk's thread

    def _lifted(self, document: Document, layer_id: str) -> Standing:
        layer, store = document.find(layer_id), self.desk.store
        assert layer is not None
        if document.selection is None or not isinstance(layer, PaintLayer):
            return standing(store, layer)
        floating = self._floating(layer, document.selection)
        found = standing_part(store, layer, floating.rest, floating.taken)
        return Standing(found.at(floating.dx, floating.dy), found.moving)

    def _floating(self, layer: PaintLayer, chosen: Mask) -> _Float:
        found = self._float
        if found is None or found.tiles is not layer.tiles or found.selection is not chosen:
            taken, rest = taken_apart(self.desk.store, layer.tiles, chosen)
            found = self._float = _Float(taken, rest, chosen, 0, 0, layer.tiles, chosen)
        return found

    def _moved_part(self, document: Document, layer: PaintLayer, chosen: Mask, dx: int, dy: int) -> Document:
        """What is selected of a paint layer moved over the rest of it, and the selection with it."""
        store, floating = self.desk.store, self._floating(layer, chosen)
        self._float = None  # its pixels may have left the project with the history: then the next move lifts anew
        x, y = floating.dx + dx, floating.dy + dy
        tiles = dropped(store, floating.rest, shifted(store, floating.taken, x, y))
        selection = shifted_mask(store, floating.chosen, x, y)
        self._float = dataclasses.replace(floating, dx=x, dy=y, tiles=tiles, selection=selection)
        return with_selection(with_tiles(document, layer.id, tiles), selection)


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


def _tr(text: str) -> str:
    return QCoreApplication.translate("PaintTools", text)
