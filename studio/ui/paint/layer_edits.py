"""What can be done with layers, as edits of a desk's document."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject

from studio.domain.document import edits
from studio.domain.document.adjustments import Adjustment
from studio.domain.document.document import Document
from studio.domain.document.layers import (
    AdjustmentLayer,
    GroupLayer,
    ImageLayer,
    Mask,
    PaintLayer,
)
from studio.imaging import merge
from studio.imaging.fills import filled
from studio.imaging.selections import of_alpha
from studio.imaging.tiles import TileStore
from studio.imaging.transforms import applied
from studio.ui.paint.desk import PaintDesk


class LayerEdits(QObject):
    """Edits of the active layer, unless they are given the id of another."""

    def __init__(self, desk: PaintDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk

    # ------------------------------------------------------------------------------------------ which

    def choose(self, layer_id: str) -> None:
        """Make a layer the active one."""
        self._desk.choose(layer_id)

    # ------------------------------------------------------------------------------------------ coming and going

    def add_paint(self) -> None:
        """An empty layer above the active one."""

        def change(document: Document) -> Document:
            layer = PaintLayer(name=free_name(document, _tr("Layer")))
            return edits.insert(document, layer, document.active or None)

        self._desk.edit(_tr("New layer"), change)

    def add_adjustment(self, adjustment: Adjustment, title: str) -> None:
        """An adjustment above the active layer, kept to the selection if there is one."""

        def change(document: Document) -> Document:
            name = free_name(document, title)
            layer = AdjustmentLayer(name=name, adjustment=adjustment, mask=document.selection)
            return edits.insert(document, layer, document.active or None)

        self._desk.edit(title, change)

    def duplicate(self) -> None:
        """The active layer once more."""
        desk, layer = self._desk, self._desk.active
        if layer is None:
            return
        desk.edit(_tr("Duplicate layer"), lambda document: edits.duplicated(document, layer.id))

    def remove(self) -> None:
        """Without the active layer; one remains."""
        layer = self._desk.active
        if layer is None:
            return
        if self._desk.document.layers == (layer,):
            self._desk.noted.emit(_tr("The last layer cannot be deleted. Clear it, or add another one first."))
            return
        label = _tr("Delete “{name}”").format(name=layer.name)
        self._desk.edit(label, lambda document: edits.remove(document, layer.id))

    def group(self) -> None:
        """The active layer in a group of its own."""
        layer = self._desk.active
        if layer is not None:
            self._desk.edit(_tr("Group"), lambda document: edits.grouped(document, [layer.id]))

    def ungroup(self) -> None:
        """The children of the active group in its place."""
        layer = self._desk.active
        if isinstance(layer, GroupLayer):
            self._desk.edit(_tr("Ungroup"), lambda document: edits.ungrouped(document, layer.id))

    def move_to(self, layer_id: str, group_id: str, index: int) -> None:
        """Another place: in a group ("" for none), counted from below among what is there without the layer."""
        self._desk.edit(_tr("Move layer"), lambda document: edits.moved(document, layer_id, group_id, index))

    def raise_layer(self, by: int) -> None:
        """One place up (1) or down (-1) among its siblings."""
        layer, document = self._desk.active, self._desk.document
        if layer is None:
            return
        group, index = edits.place(document, layer.id)
        if index + by >= 0:
            self.move_to(layer.id, group, index + by)

    # ------------------------------------------------------------------------------------------ how it is

    def rename(self, layer_id: str, name: str) -> None:
        """Another name."""
        layer = self._desk.document.find(layer_id)
        if layer is not None and layer.name != name:
            self._desk.edit(_tr("Rename layer"), lambda document: edits.changed(document, layer_id, name=name))

    def toggle(self, layer_id: str, field: str) -> None:
        """Turn one of visible, locked, clipped and mask_enabled."""
        layer = self._desk.document.find(layer_id)
        if layer is None:
            return
        now = not getattr(layer, field)
        self._desk.edit(_toggle_label(field, now), lambda document: edits.changed(document, layer_id, **{field: now}))

    def change(self, merge: str = "", **fields: object) -> None:
        """Other fields of the active layer; changes with one `merge` key in a row are one step."""
        layer = self._desk.active
        if layer is None or all(getattr(layer, name) == value for name, value in fields.items()):
            return
        label = _tr("Opacity") if "opacity" in fields else _tr("Blend mode") if "mode" in fields else layer.name
        self._desk.edit(label, lambda document: edits.changed(document, layer.id, **fields), merge)

    # ------------------------------------------------------------------------------------------ masks

    def add_mask(self) -> None:
        """A mask that shows all, or what is selected."""
        layer = self._desk.active
        if layer is None:
            return
        if layer.mask is not None:
            self._desk.noted.emit(_tr("“{name}” has a mask already.").format(name=layer.name))
            return

        def change(document: Document) -> Document:
            return edits.changed(document, layer.id, mask=document.selection or Mask(outside=255))

        if self._desk.edit(_tr("Add mask"), change):
            self._desk.set_on_mask(True)

    def remove_mask(self) -> None:
        """As if there had been none."""
        layer = self._desk.active
        if layer is not None and layer.mask is not None:
            self._desk.edit(_tr("Delete mask"), lambda document: edits.changed(document, layer.id, mask=None))

    def apply_mask(self) -> None:
        """The mask's effect in the pixels."""
        self._later(
            _tr("Apply mask"), lambda document, layer_id: merge.mask_applied(self._desk.compositor, document, layer_id)
        )

    def toggle_mask(self) -> None:
        """Let the mask work, or not."""
        layer = self._desk.active
        if layer is not None and layer.mask is not None:
            self.toggle(layer.id, "mask_enabled")

    def select_pixels(self) -> None:
        """What the active layer covers, or its mask lets through, as the selection."""
        layer, store = self._desk.active, self._store
        if self._desk.on_mask and layer is not None and layer.mask is not None:
            mask = layer.mask
            self._desk.edit(_tr("Selection from mask"), lambda document: edits.with_selection(document, mask))
        elif isinstance(layer, PaintLayer):
            layer_id = layer.id

            def change(document: Document) -> Document:
                now = document.find(layer_id)
                if not isinstance(now, PaintLayer):
                    return document
                return edits.with_selection(document, of_alpha(store, now.tiles))

            self._desk.later(_tr("Selection from layer"), change)

    # ------------------------------------------------------------------------------------------ pixels

    def merge_down(self) -> None:
        """The active layer and the one below as one; a group as one layer."""
        if isinstance(self._desk.active, GroupLayer):
            compositor = self._desk.compositor
            self._later(
                _tr("Merge group"), lambda document, layer_id: merge.merged_group(compositor, document, layer_id)
            )
            return
        self._later(
            _tr("Merge down"), lambda document, layer_id: merge.merged_down(self._desk.compositor, document, layer_id)
        )

    def flatten(self) -> None:
        """Everything that is seen as one layer."""
        self._desk.later(
            _tr("Flatten"), lambda document: merge.flattened(self._desk.compositor, document, _tr("Flattened"))
        )

    def apply_transform(self) -> None:
        """A transformed picture as a layer to be painted on."""
        layer, store = self._desk.active, self._store
        if not isinstance(layer, ImageLayer):
            return

        def change(document: Document) -> Document:
            return document.replaced(layer.id, lambda now: applied(store, now) if isinstance(now, ImageLayer) else now)

        self._desk.later(_tr("Apply transformation"), change)

    def clear(self) -> None:
        """Take away the pixels of the active layer, or what is selected of them."""
        self._fill(_tr("Clear"), erase=True)

    def fill(self, *, back: bool = False) -> None:
        """Fill the active layer, or what is selected, with the front or back colour."""
        self._fill(_tr("Fill"), erase=False, back=back)

    def _fill(self, label: str, *, erase: bool, back: bool = False) -> None:
        layer, inks, store = self._desk.active, self._desk.inks, self._store
        if not isinstance(layer, PaintLayer) or layer.locked:
            self._desk.noted.emit(_tr("Choose a paint layer that is not locked."))
            return
        colour = inks.back if back else inks.front

        def change(document: Document) -> Document:
            now = document.find(layer.id)
            if not isinstance(now, PaintLayer):
                return document
            tiles = filled(store, now, colour, document.rect, None, document.selection, erase=erase)
            return edits.with_tiles(document, now.id, tiles)

        self._desk.later(label, change)

    # ------------------------------------------------------------------------------------------ inside

    @property
    def _store(self) -> TileStore:
        return self._desk.store

    def _later(self, label: str, change: Callable[[Document, str], Document]) -> None:
        layer = self._desk.active
        if layer is not None:
            self._desk.later(label, lambda document: change(document, layer.id))


def free_name(document: Document, base: str) -> str:
    """“Layer 3”, where there are two."""
    taken = {layer.name for layer in document.walk()}
    number = 1
    while f"{base} {number}" in taken:
        number += 1
    return f"{base} {number}"


def _toggle_label(field: str, now: bool) -> str:
    labels = {
        "visible": (_tr("Hide layer"), _tr("Show layer")),
        "locked": (_tr("Unlock layer"), _tr("Lock layer")),
        "clipped": (_tr("Release clipping"), _tr("Clip to layer below")),
        "mask_enabled": (_tr("Disable mask"), _tr("Enable mask")),
    }
    return labels[field][now]


def _tr(text: str) -> str:
    return QCoreApplication.translate("PaintEdits", text)
