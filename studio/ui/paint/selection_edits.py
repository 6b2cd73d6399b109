"""Edits of the selection, and the clipboard."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject

from studio.domain.document.document import Document
from studio.domain.document.edits import insert, with_selection, with_tiles
from studio.domain.document.layers import Mask, PaintLayer
from studio.domain.document.tiles import EMPTY
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect
from studio.domain.inpainting import INTENTS, Intent
from studio.imaging.exchange import Notice
from studio.imaging.exchange.clipboard import copied, pasted
from studio.imaging.fills import filled
from studio.imaging.selections import extent, feathered, grown, inverted, shrunk
from studio.session.in_place import removed
from studio.ui.paint.clipboard import offer
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.layer_edits import free_name


class SelectionEdits(QObject):
    """What the menus Edit and Select do."""

    def __init__(self, desk: PaintDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk

    def select_all(self) -> None:
        """The whole canvas."""
        store = self._desk.store

        def change(document: Document) -> Document:
            values = store.mask(Mask(outside=255), document.rect)
            return with_selection(document, store.masked(Mask(), document.rect, values))

        self._desk.later(_tr("Select all"), change)

    def select_none(self) -> None:
        """Nothing, which lets edits reach everything."""
        self._desk.edit(_tr("Deselect"), lambda document: with_selection(document, None))

    def invert(self) -> None:
        """What was out is in."""
        self._change(_tr("Invert selection"), lambda mask: inverted(self._desk.store, mask))

    def grow(self, pixels: float) -> None:
        """Larger all around."""
        self._change(_tr("Grow selection"), lambda mask: grown(self._desk.store, mask, pixels))

    def shrink(self, pixels: float) -> None:
        """Smaller all around."""
        self._change(_tr("Shrink selection"), lambda mask: shrunk(self._desk.store, mask, pixels))

    def feather(self, pixels: float) -> None:
        """With a soft edge."""
        self._change(_tr("Feather selection"), lambda mask: feathered(self._desk.store, mask, pixels))

    def bounds(self) -> Rect:
        """The smallest rectangle of the canvas that holds what is selected; all of it without a selection."""
        document = self._desk.document
        return (
            document.rect if document.selection is None else extent(self._desk.store, document.selection, document.rect)
        )

    def remove_content(self) -> None:
        """What is selected goes, and its place is filled from around it; as a layer on top, and without a model."""
        desk, wanted = self._desk, self._desk.options.inpaint
        how = wanted if wanted.intent is Intent.REMOVE else INTENTS[Intent.REMOVE]
        name = free_name(desk.document, _tr("Removed"))

        def change(document: Document) -> Document:
            patch = removed(desk.compositor, desk.store, document, how)
            return insert(document, PaintLayer(name=name, tiles=desk.store.painted(EMPTY, patch.rect, patch.pixels)))

        desk.later(_tr("Remove what is selected"), change)

    # ------------------------------------------------------------------------------------------ clipboard

    def copy(self) -> bool:
        """The active layer's pixels in the selection, or all of them. False, with a note, when that cannot be."""
        if not self._desk.ready() or (layer := self._desk.active) is None:
            return False
        return self._copy(lambda rect: self._desk.compositor.layer_pixels(layer, rect))

    def copy_merged(self) -> None:
        """What is seen, in the selection or everywhere."""
        if self._desk.ready():
            self._copy(lambda rect: self._desk.compositor.render(self._desk.document, rect))

    def cut(self) -> None:
        """Copy, and take the pixels away."""
        layer, store = self._desk.active, self._desk.store
        if not isinstance(layer, PaintLayer) or layer.locked:
            self._desk.noted.emit(_tr("Choose a paint layer that is not locked."))
            return
        if not self.copy():
            return

        def change(document: Document) -> Document:
            now = document.find(layer.id)
            if not isinstance(now, PaintLayer):
                return document
            tiles = filled(store, now, (0, 0, 0), document.rect, None, document.selection, erase=True)
            return with_tiles(document, now.id, tiles)

        self._desk.later(_tr("Cut"), change)

    def paste(self, data: bytes, view: Rect) -> None:
        """The picture in a PNG as a new layer: where it was copied from, or in the middle of `view`."""
        if not data:
            self._desk.noted.emit(_tr("There is no picture on the clipboard."))
            return
        if self._desk.refused():
            return
        desk, name = self._desk, free_name(self._desk.document, _tr("Pasted"))
        above = desk.document.active

        def place(found: tuple[PaintLayer, tuple[Notice, ...]]) -> None:
            layer, notices = found
            if notices:
                desk.noted.emit(" ".join(map(str, notices)))
            desk.later(_tr("Paste"), lambda document: insert(document, layer, above if document.find(above) else None))

        inside = view.intersected(desk.document.rect)
        desk.aside(_tr("Paste"), lambda _: pasted(desk.store, data, inside, name), place)

    def _copy(self, pixels: Callable[[Rect], object]) -> bool:
        desk, rect = self._desk, self.bounds()
        if rect.empty:
            desk.noted.emit(_tr("Nothing is selected."))
            return False
        try:
            data = copied(desk.store, pixels(rect), rect, desk.document.selection)  # type: ignore[arg-type]
        except StudioError as error:
            desk.noted.emit(f"{error.problem.message} {error.problem.hint}")
            return False
        offer(data)
        return True

    def _change(self, label: str, change: Callable[[Mask], Mask]) -> None:
        def edit(document: Document) -> Document:
            if document.selection is None:
                raise StudioError(ErrorKind.INPUT, _tr("Nothing is selected."), _tr("Select something first."))
            return with_selection(document, change(document.selection))

        self._desk.later(label, edit)


def _tr(text: str) -> str:
    return QCoreApplication.translate("PaintEdits", text)
