"""Edits of the canvas as a whole: its size, and pictures that come in."""

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject

from studio.domain.document.document import Document
from studio.domain.document.edits import cropped, insert, renewed, resized
from studio.domain.document.layers import GroupLayer, ImageLayer, Layer, PaintLayer
from studio.domain.geometry import Rect, Size
from studio.imaging import matrices
from studio.imaging.exchange import Imported, read
from studio.imaging.shifting import Shifter
from studio.imaging.tiles import TileStore
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.tools.moving import moved_layer


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

    def bring_in(self, path: Path, middle: tuple[float, float]) -> None:
        """A picture file as a new layer around a point, made smaller in its frame where it is larger than the canvas.

        A file with layers comes as a group, in which each has an id of its own: a file may be brought in twice.
        """
        desk, label = self._desk, _tr("Place “{name}”").format(name=path.name)
        if desk.refused():
            return
        above = desk.document.active

        def place(found: Imported) -> None:
            def change(document: Document) -> Document:
                layer = _as_layer(desk.store, found.document, path.stem, document.size, middle)
                return insert(document, layer, above if document.find(above) else None)

            if found.notices:
                desk.noted.emit(" ".join(map(str, found.notices)))
            desk.later(label, change)

        desk.aside(label, lambda _: read(path, desk.store), place)


def _as_layer(store: TileStore, found: Document, name: str, canvas: Size, middle: tuple[float, float]) -> Layer:
    size = found.size
    x, y = round(middle[0] - size.width / 2), round(middle[1] - size.height / 2)
    x, y = _inside(x, size.width, canvas.width), _inside(y, size.height, canvas.height)
    if not _is_flat(found):
        layers = tuple(renewed(moved_layer(store, layer, x, y)) for layer in found.layers)
        return GroupLayer(name=name, children=layers)
    scale = min(1.0, canvas.width / size.width, canvas.height / size.height)
    if scale < 1:
        middle_of_both = ((canvas.width - size.width * scale) / 2, (canvas.height - size.height * scale) / 2)
        matrix = matrices.composed(matrices.translation(*middle_of_both), matrices.scaling(scale, scale))
    else:
        matrix = matrices.translation(x, y)
    (layer,) = found.layers
    assert isinstance(layer, PaintLayer)
    return ImageLayer(name=name, tiles=layer.tiles, width=size.width, height=size.height, matrix=matrix)


def _is_flat(found: Document) -> bool:
    """Whether a document is nothing but one layer of pixels as they are."""
    if len(found.layers) != 1 or not isinstance(layer := found.layers[0], PaintLayer):
        return False
    return layer == PaintLayer(id=layer.id, name=layer.name, tiles=layer.tiles)


def _inside(at: int, length: int, room: int) -> int:
    """As near as it can be without leaving the canvas; in the middle where it is too large for it."""
    return (room - length) // 2 if length >= room else min(max(0, at), room - length)


def _tr(text: str) -> str:
    return QCoreApplication.translate("PaintEdits", text)
