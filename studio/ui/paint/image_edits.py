"""Edits of the canvas as a whole: its size, and pictures that come in."""

import dataclasses
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject

from studio.domain.document.document import Document
from studio.domain.document.edits import cropped, insert, resized, with_guides
from studio.domain.document.layers import GroupLayer, ImageLayer, Layer, PaintLayer, new_id
from studio.domain.geometry import Rect, Size
from studio.imaging.exchange import read
from studio.imaging.shifting import Shifter
from studio.ui.paint.desk import PaintDesk


class ImageEdits(QObject):
    """What the menu Image does."""

    def __init__(self, desk: PaintDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk

    def crop(self, rect: Rect) -> None:
        """The canvas cut, or widened, to a rectangle of it."""
        shifter = Shifter(self._desk.store)
        self._desk.later(_tr("Crop"), lambda document: cropped(document, rect, shifter))

    def resize(self, size: Size, across: float = 0.5, down: float = 0.5) -> None:
        """The canvas with another size, nothing scaled; what there is lies at the given share of the room."""
        shifter = Shifter(self._desk.store)
        self._desk.later(_tr("Canvas size"), lambda document: resized(document, size, across, down, shifter))

    def clear_guides(self) -> None:
        """Without guides."""
        self._desk.edit(_tr("Delete guides"), lambda document: with_guides(document, ()))

    def bring_in(self, path: Path, middle: tuple[float, float]) -> None:
        """A picture file as a new layer around a point, made smaller in its frame where it is larger than the canvas.

        A file with layers comes as a group.
        """
        desk = self._desk
        above = desk.document.active

        def change(document: Document) -> Document:
            found = read(path, desk.store).document
            return insert(document, _as_layer(found, path.stem, document.size, middle), above or None)

        desk.later(_tr("Place “{name}”").format(name=path.name), change)


def _as_layer(found: Document, name: str, canvas: Size, middle: tuple[float, float]) -> Layer:
    if len(found.layers) == 1 and isinstance(found.layers[0], PaintLayer):
        size = found.size
        scale = min(1.0, canvas.width / size.width, canvas.height / size.height)
        x, y = round(middle[0] - size.width * scale / 2), round(middle[1] - size.height * scale / 2)
        if scale == 1:
            x, y = _inside(x, size.width, canvas.width), _inside(y, size.height, canvas.height)
        matrix = (scale, 0.0, float(x), 0.0, scale, float(y), 0.0, 0.0, 1.0)
        if scale < 1:
            matrix = (scale, 0.0, (canvas.width - size.width * scale) / 2, 0.0, scale,
                      (canvas.height - size.height * scale) / 2, 0.0, 0.0, 1.0)  # fmt: skip
        tiles = found.layers[0].tiles
        return ImageLayer(name=name, tiles=tiles, width=size.width, height=size.height, matrix=matrix)
    return GroupLayer(name=name, children=tuple(map(_renamed, found.layers)))


def _inside(at: int, length: int, room: int) -> int:
    return min(max(0, at), room - length)


def _renamed(layer: Layer) -> Layer:
    """The same with ids of its own: a file may be brought in twice."""
    if isinstance(layer, GroupLayer):
        return dataclasses.replace(layer, id=new_id(), children=tuple(map(_renamed, layer.children)))
    return dataclasses.replace(layer, id=new_id())


def _tr(text: str) -> str:
    return QCoreApplication.translate("PaintEdits", text)
