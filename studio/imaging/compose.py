"""Documents drawn: whole, in parts, tile by tile, reduced, and around a layer that is being painted on."""

import dataclasses
from collections.abc import Hashable, Iterable, Iterator

import cv2
import numpy as np

from studio.domain.document.document import Document
from studio.domain.document.layers import Layer, Mask
from studio.domain.document.tiles import Place, places_in
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size
from studio.imaging.composing.changes import changed_places
from studio.imaging.composing.levels import DEEPEST, Levels, cut, reduced
from studio.imaging.composing.stack import CELL, Live, Stack
from studio.imaging.composing.units import Units, children_of, holds, margin_of, units_of
from studio.imaging.tiles import Pixels, TileStore

__all__ = ["BUDGET", "Around", "Compositor", "changed_places"]

BUDGET = 384 * 2**20  # bytes of composed and reduced tiles kept in memory


class Compositor:
    """Draws layers to pixels (height, width, 4), uint8, sRGB, premultiplied. May be used from several threads.

    A pixel comes out the same however the picture is cut into rectangles. Rectangles may reach beyond the canvas, where
    layers may have pixels too. At `level` n the picture is 2ⁿ times smaller, and rectangles and places are counted in
    its own pixels: layers are reduced before they are blended, which is much cheaper than reducing the whole.
    """

    def __init__(self, store: TileStore, budget: int = BUDGET) -> None:
        self.store = store
        self._levels = Levels(store, budget // 4)
        self._stack = Stack(self._levels, budget - budget // 4)

    def render(self, document: Document, rect: Rect, level: int = 0) -> Pixels:
        """The picture inside a rectangle; a new array."""
        return self.render_layers(document.layers, rect, level)

    def render_layers(self, layers: tuple[Layer, ...], rect: Rect, level: int = 0) -> Pixels:
        """The picture of a stack of layers, from the lowest to the uppermost; a new array."""
        units = units_of(layers)
        out = np.empty((rect.height, rect.width, 4), np.uint8)
        places = list(places_in(rect))
        if not any(rect.contains(place.rect) for place in places):
            return out if rect.empty else self._stack.compose(units, rect, level)
        for place in places:
            part = place.rect.intersected(rect)
            whole = part == place.rect
            out[cut(part, rect)] = self._tile(units, place, level) if whole else self._stack.compose(units, part, level)
        return out

    def render_tiles(
        self, document: Document, places: Iterable[Place], level: int = 0
    ) -> Iterator[tuple[Place, Pixels]]:
        """The picture tile by tile (256 × 256 × 4, read-only), in the order of the places; may be left at any time."""
        units = units_of(document.layers)
        for place in places:
            yield place, self._tile(units, place, level)

    def layer_pixels(self, layer: Layer, rect: Rect, level: int = 0) -> Pixels:
        """A layer alone, with its transformation, mask and opacity; a new array, clear for layers without pixels."""
        return np.ascontiguousarray(self._stack.drawn(layer, rect, level))

    def around(self, document: Document, layer_id: str) -> "Around":
        """What is needed to draw the document again and again while one layer changes. Raises StudioError (INPUT)."""
        if document.find(layer_id) is None:
            raise StudioError(ErrorKind.INPUT, "The layer is not there any more.", "Choose another layer.", "layer")
        return Around(self._stack, document, layer_id)

    def thumbnail(self, document: Document, side: int) -> Pixels:
        """The whole canvas, as large as fits into `side` × `side` pixels, never enlarged."""
        level = _level_for(document.size, side)
        return _fitted(self.render(document, reduced(document.rect, level), level), document.size, side)

    def layer_thumbnail(self, layer: Layer, area: Rect, side: int) -> Pixels:
        """What a layer has inside an area of the document, without its mask and opacity, as large as fits."""
        level = _level_for(area.size, side)
        bare = dataclasses.replace(layer, opacity=1.0, mask=None)
        return _fitted(self.layer_pixels(bare, reduced(area, level), level), area.size, side)

    def mask_thumbnail(self, mask: Mask, area: Rect, side: int) -> Pixels:
        """The values (height, width) of a mask inside an area of the document, as large as fits."""
        level = _level_for(area.size, side)
        return _fitted(self._levels.mask(mask, reduced(area, level), level), area.size, side)

    def clear(self) -> None:
        """Give up all that is kept, to free memory."""
        self._stack.clear()
        self._levels.clear()

    def _tile(self, units: Units, place: Place, level: int) -> Pixels:
        return self._stack.tile(units, place.rect, level)


class Around:
    """A document around one layer that changes from moment to moment, as under a brush.

    What lies under the layer is composed once for each tile and kept; what lies above is laid over it layer by layer,
    groups from kept tiles. The pictures are byte for byte those of `Compositor.render` of the changed document.
    """

    def __init__(self, stack: Stack, document: Document, layer_id: str) -> None:
        self._stack, self._document, self._id = stack, document, layer_id
        self._units = units_of(document.layers)
        self._keys: dict[Hashable, Hashable] = {}

    def prepare(self, rect: Rect, level: int = 0) -> None:
        """Compose what lies around the layer inside a rectangle, so that the first strokes there need not wait."""
        for y in range(rect.y // CELL * CELL, rect.bottom, CELL):
            for x in range(rect.x // CELL * CELL, rect.right, CELL):
                self._stack.compose(self._units, Rect(x, y, 1, 1), level, Live(self._id, keys=self._keys))

    def needed(self, rect: Rect, level: int = 0) -> Rect:
        """The rectangle of the layer that decides the picture inside `rect`: larger under a blur, else the same.

        Likewise the rectangle of the picture that changes when the layer changes inside `rect`.
        """
        return rect.grown(_margin_around(self._units, self._id, level))

    def render(self, rect: Rect, own: Pixels, level: int = 0) -> Pixels:
        """The picture inside a rectangle with `own` (height, width, 4) as the layer's pixels inside `needed(rect)`.

        Mask, opacity and mode of the layer apply to them.
        """
        live = Live(self._id, self.needed(rect, level), pixels=own, keys=self._keys)
        return self._stack.compose(self._units, rect, level, live)

    def render_mask(self, rect: Rect, values: Pixels, level: int = 0) -> Pixels:
        """The same with `values` (height, width) as the layer's mask inside `needed(rect)`."""
        live = Live(self._id, self.needed(rect, level), mask=values, keys=self._keys)
        return self._stack.compose(self._units, rect, level, live)

    def render_as(self, rect: Rect, layer: Layer, level: int = 0) -> Pixels:
        """The same with another value of the layer: moved, transformed, with another opacity or adjustment."""
        layer = dataclasses.replace(layer, id=self._id)
        layers = self._document.replaced(self._id, lambda _: layer).layers
        return self._stack.compose(units_of(layers), rect, level, Live(self._id, keys=self._keys))


def _margin_around(units: Units, layer_id: str, level: int) -> int:
    """How far the pixels of a layer are carried by it and by what lies above it, at every depth."""
    for number, unit in enumerate(units):
        for layer in unit.members:
            if holds(layer, layer_id):
                inside = _margin_around(units_of(children_of(layer)), layer_id, level)
                return margin_of(units[number:], level) + unit.inner_margin(level) + inside
    return 0


def _level_for(size: Size, side: int) -> int:
    """The deepest level at which the longer side is not yet too small."""
    level = 0
    while level < DEEPEST and max(size.width, size.height) >> (level + 1) >= side:
        level += 1
    return level


def _fitted(pixels: Pixels, size: Size, side: int) -> Pixels:
    target = size.fitted_into(Size(side, side))
    if pixels.shape[:2] == (target.height, target.width):
        return pixels
    scaled = cv2.resize(pixels, (target.width, target.height), interpolation=cv2.INTER_AREA)
    return np.asarray(scaled, np.uint8)
