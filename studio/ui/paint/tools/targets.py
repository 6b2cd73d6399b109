"""What a stroke lands on: the pixels of a layer, its mask, or the selection itself as a quick mask."""

import dataclasses
from typing import Protocol

import numpy as np

from studio.domain.document.document import Document
from studio.domain.document.edits import changed, with_selection, with_tiles
from studio.domain.document.layers import Mask, MaskLayer, PaintLayer
from studio.domain.document.tiles import places_in
from studio.domain.geometry import Rect
from studio.imaging.compose import Around, Compositor
from studio.imaging.composing.levels import cut, enlarged, reduced
from studio.imaging.strokes import Stroke, painted, painted_mask
from studio.imaging.tiles import Pixels, TileStore
from studio.ui.paint.desk import Change
from studio.ui.paint.pictures import Colour, halved


class Target(Protocol):
    """Where a stroke goes, while it is drawn and when it is done."""

    def picture(self, stroke: Stroke, rect: Rect, level: int) -> tuple[Rect, Pixels] | None:
        """The picture with the stroke where a rectangle of the document changed: the rectangle of the level that is
        another, and its pixels (h, w, 4). None where the stroke shows only as a tint."""

    def tint(self, stroke: Stroke, rect: Rect) -> Pixels | None:
        """The mask's values (h, w) in a rectangle of the document; None where the stroke shows in the picture."""

    def change(self, stroke: Stroke) -> Change:
        """The edit that the stroke is, for any thread."""


@dataclasses.dataclass(frozen=True, slots=True)
class OnPixels:
    """The pixels of a paint layer."""

    store: TileStore
    around: Around
    layer: PaintLayer
    selection: Mask | None
    colour: Colour
    erase: bool
    lock_alpha: bool

    def picture(self, stroke: Stroke, rect: Rect, level: int) -> tuple[Rect, Pixels]:
        """The layer as the stroke leaves it, among the others."""
        shown = self.around.needed(reduced(rect, level), level)
        wide = self.around.needed(shown, level)
        return shown, self.around.render(shown, self._own(stroke, wide, level), level)

    def _own(self, stroke: Stroke, rect: Rect, level: int) -> Pixels:
        """The layer's pixels in a rectangle of the level. From afar a movement is long, and most of the rectangle
        around it is none of its business: there it is reduced tile by tile."""
        if not level:
            return self._painted(stroke, rect)
        out = np.empty((rect.height, rect.width, 4), np.uint8)
        for place in places_in(enlarged(rect, level)):
            part = reduced(place.rect, level).intersected(rect)
            whole = enlarged(part, level)
            reached = stroke.reaches(place)
            pixels = self._painted(stroke, whole) if reached else self.store.paint(self.layer.tiles, whole)
            out[cut(part, rect)] = halved(pixels, level)
        return out

    def _painted(self, stroke: Stroke, rect: Rect) -> Pixels:
        base = self.store.paint(self.layer.tiles, rect)
        chosen = None if self.selection is None else self.store.mask(self.selection, rect)
        opacity = stroke.brush.opacity
        return painted(base, stroke.coverage(rect), self.colour, opacity, chosen, self.erase, self.lock_alpha)

    def tint(self, stroke: Stroke, rect: Rect) -> None:
        """Nothing: the picture shows it."""

    def change(self, stroke: Stroke) -> Change:
        """The layer's new tiles."""

        def change(document: Document) -> Document:
            layer = document.find(self.layer.id)
            if not isinstance(layer, PaintLayer):
                return document
            tiles = stroke.applied(self.store, layer, self.colour, self.selection, self.erase, self.lock_alpha)
            return with_tiles(document, layer.id, tiles)

        return change


@dataclasses.dataclass(frozen=True, slots=True)
class OnMask:
    """The mask of a layer."""

    store: TileStore
    around: Around
    layer_id: str
    mask: Mask
    value: int
    selection: Mask | None

    def picture(self, stroke: Stroke, rect: Rect, level: int) -> tuple[Rect, Pixels]:
        """What the layer lets be seen."""
        shown = self.around.needed(reduced(rect, level), level)
        values = self._values(stroke, enlarged(self.around.needed(shown, level), level))
        return shown, self.around.render_mask(shown, halved(values, level), level)

    def _values(self, stroke: Stroke, rect: Rect) -> Pixels:
        chosen = None if self.selection is None else self.store.mask(self.selection, rect)
        base = self.store.mask(self.mask, rect)
        return painted_mask(base, stroke.coverage(rect), self.value, stroke.brush.opacity, chosen)

    def tint(self, stroke: Stroke, rect: Rect) -> None:
        """Nothing: the picture shows it."""

    def change(self, stroke: Stroke) -> Change:
        """The new mask."""

        def change(document: Document) -> Document:
            made = stroke.masked(self.store, self.mask, self.value, self.selection)
            return changed(document, self.layer_id, mask=made)

        return change


@dataclasses.dataclass(frozen=True, slots=True)
class OnSelection:
    """The selection itself, painted as a quick mask."""

    store: TileStore
    mask: Mask
    value: int

    def picture(self, stroke: Stroke, rect: Rect, level: int) -> None:
        """Nothing: a film shows it."""

    def tint(self, stroke: Stroke, rect: Rect) -> Pixels:
        """The mask as the stroke leaves it."""
        return painted_mask(self.store.mask(self.mask, rect), stroke.coverage(rect), self.value, stroke.brush.opacity)

    def change(self, stroke: Stroke) -> Change:
        """The new selection."""
        return lambda document: with_selection(document, stroke.masked(self.store, self.mask, self.value))


@dataclasses.dataclass(frozen=True, slots=True)
class OnContent:
    """A mask layer: whatever its colour, the brush adds to it, and the eraser takes away."""

    store: TileStore
    layer: MaskLayer
    value: int
    selection: Mask | None

    def picture(self, stroke: Stroke, rect: Rect, level: int) -> None:
        """Nothing: a film shows it."""

    def tint(self, stroke: Stroke, rect: Rect) -> Pixels:
        """The layer's values as the stroke leaves them."""
        chosen = None if self.selection is None else self.store.mask(self.selection, rect)
        base = self.store.mask(self.layer.content, rect)
        return painted_mask(base, stroke.coverage(rect), self.value, stroke.brush.opacity, chosen)

    def change(self, stroke: Stroke) -> Change:
        """The layer's new values."""

        def change(document: Document) -> Document:
            layer = document.find(self.layer.id)
            if not isinstance(layer, MaskLayer):
                return document
            made = stroke.masked(self.store, layer.content, self.value, self.selection)
            return changed(document, layer.id, content=made)

        return change


def on_pixels(
    compositor: Compositor, store: TileStore, document: Document, layer: PaintLayer, colour: Colour, **how: bool
) -> OnPixels:
    """A stroke on a layer of a document, kept inside the selection; `how` says `erase` and `lock_alpha`."""
    around = compositor.around(document, layer.id)
    return OnPixels(store, around, layer, document.selection, colour, how["erase"], how["lock_alpha"])


def grey(colour: Colour) -> int:
    """How light a colour is, 0 to 255, for painting on masks (Rec. 601 luma)."""
    red, green, blue = colour
    return round(0.299 * red + 0.587 * green + 0.114 * blue)
