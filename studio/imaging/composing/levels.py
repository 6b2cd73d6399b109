"""Layers seen from afar: tiles reduced by powers of two, so that small pictures need not be made from large ones.

At level n every side is 2ⁿ times smaller; rectangles are given in the pixels of that level. A reduced pixel is the mean
of the premultiplied ones that it covers.
"""

import dataclasses

import cv2
import numpy as np

from studio.domain.document.adjustments import Adjustment, Blur, Sharpen, reach
from studio.domain.document.layers import ImageLayer, Mask
from studio.domain.document.tiles import TILE, TileMap, places_in
from studio.domain.geometry import Rect
from studio.imaging.composing.courtesy import COURTESY
from studio.imaging.composing.kept import Kept
from studio.imaging.tiles import Pixels, TileStore
from studio.imaging.transforms import warp

DEEPEST = 8  # a tile is one pixel


class Levels:
    """The content of layers at any level; reduced tiles are kept by their digest."""

    def __init__(self, store: TileStore, budget: int) -> None:
        self.store = store
        self._kept: Kept[Pixels] = Kept(budget)

    def paint(self, tiles: TileMap, rect: Rect, level: int) -> Pixels:
        """The pixels (height, width, 4) of a paint layer."""
        if not level:
            return self.store.paint(tiles, rect)
        out = np.zeros((rect.height, rect.width, 4), np.uint8)
        self._gather(tiles, rect, level, out)
        return out

    def mask(self, mask: Mask, rect: Rect, level: int) -> Pixels:
        """The values (height, width) of a mask."""
        if not level:
            return self.store.mask(mask, rect)
        out = np.full((rect.height, rect.width), mask.outside, np.uint8)
        self._gather(mask.tiles, rect, level, out)
        return out

    def image(self, layer: ImageLayer, rect: Rect, level: int) -> Pixels:
        """The pixels (height, width, 4) of a picture under its transformation."""
        if level:
            matrix = np.diag([0.5**level, 0.5**level, 1.0]) @ np.reshape(layer.matrix, (3, 3))
            layer = dataclasses.replace(layer, matrix=tuple(matrix.ravel().tolist()))
        return warp(self.store, layer, rect)

    def tile(self, digest: str, level: int) -> Pixels:
        """A tile, read-only: 256 >> level pixels on each side."""
        if not level:
            return self.store.get(digest)
        if (found := self._kept.get((digest, level))) is not None:
            return found
        tile = self.store.get(digest)
        side = TILE >> level
        reduced = np.asarray(cv2.resize(tile, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
        return self._kept.put((digest, level), reduced.reshape(side, side, *tile.shape[2:]))

    def clear(self) -> None:
        """Give up all reduced tiles."""
        self._kept.clear()

    def _gather(self, tiles: TileMap, rect: Rect, level: int, out: Pixels) -> None:
        side = TILE >> level
        for place in places_in(enlarged(rect, level)):
            if (digest := tiles.get(place)) is None:
                continue
            COURTESY.give_way()
            whole = Rect(place.column * side, place.row * side, side, side)
            part = whole.intersected(rect)
            there = self.tile(digest, level)[cut(part, whole)]
            out[cut(part, rect)] = there


def enlarged(rect: Rect, level: int) -> Rect:
    """The pixels of the document that a rectangle at some level covers."""
    return Rect(rect.x << level, rect.y << level, rect.width << level, rect.height << level)


def reduced(rect: Rect, level: int) -> Rect:
    """The smallest rectangle at some level that covers these pixels of the document."""
    x, y = rect.x >> level, rect.y >> level
    return Rect(x, y, -(-rect.right >> level) - x, -(-rect.bottom >> level) - y)


def cut(part: Rect, whole: Rect) -> tuple[slice, slice]:
    """Where a part lies in the array of a whole."""
    y, x = part.y - whole.y, part.x - whole.x
    return slice(y, y + part.height), slice(x, x + part.width)


def scaled(adjustment: Adjustment, level: int) -> Adjustment:
    """The adjustment that does at a level what this one does at full size."""
    if level and isinstance(adjustment, Blur | Sharpen):
        return dataclasses.replace(adjustment, radius=adjustment.radius / 2**level)
    return adjustment


def reach_at(adjustment: Adjustment, level: int) -> int:
    """`reach` in the pixels of a level."""
    return reach(scaled(adjustment, level))
