"""Masks made larger, smaller or softer, tile by tile; the result does not depend on how the tiles are cut."""

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.domain.document.layers import Mask
from studio.domain.document.tiles import TILE, Place, places_in
from studio.domain.geometry import Rect
from studio.imaging.painting.tiled import inside
from studio.imaging.tiles import Pixels, TileStore

LARGEST = 1000.0  # pixels by which a mask grows, shrinks or is feathered at most
_FINE = 6.0  # pixels: from twice as much on, a Gaussian may be carried out on a mask half as large


def grown(store: TileStore, mask: Mask, radius: float) -> Mask:
    """A mask that reaches `radius` pixels (0 to 1000) further: Euclidean distance from what is at least half in.

    Straight edges stay sharp, round ones become smooth. Nothing that was in becomes less so.
    """

    def change(values: Pixels) -> Pixels:
        return np.maximum(values, _near(values >= 128, radius))

    return _neighbourhoods(store, mask, math.ceil(_limited(radius)) + 1, change)


def shrunk(store: TileStore, mask: Mask, radius: float) -> Mask:
    """A mask that keeps `radius` pixels away from what is at least half out; the counterpart of `grown`."""

    def change(values: Pixels) -> Pixels:
        return np.minimum(values, 255 - _near(values < 128, radius))

    return _neighbourhoods(store, mask, math.ceil(_limited(radius)) + 1, change)


def feathered(store: TileStore, mask: Mask, radius: float) -> Mask:
    """A mask under a Gaussian whose standard deviation is `radius` pixels (0 to 1000), cut off at three of them.

    Large ones are carried out on a mask reduced by a power of two, whose squares lie on a grid of the document: what
    they lose is far below one step of 255.
    """
    radius = _limited(radius)
    if not radius:
        return mask
    factor = 2 ** max(0, math.floor(math.log2(radius / _FINE)))
    margin = -(-math.ceil(3 * radius) // factor) * factor + 2 * factor * (factor > 1)
    return _neighbourhoods(store, mask, margin, lambda values: _blurred(values, radius, factor))


def _limited(radius: float) -> float:
    return min(LARGEST, max(0.0, radius))


def _near(chosen: NDArray[np.bool_], radius: float) -> Pixels:
    """255 up to `radius` from the centre of a chosen pixel, and falling to 0 within the next pixel."""
    apart = cv2.distanceTransform((~chosen).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(np.rint(np.clip(radius + 1 - apart, 0, 1) * 255), np.uint8)


def _blurred(values: Pixels, radius: float, factor: int) -> Pixels:
    """Values under a Gaussian, on squares of `factor` pixels, which must fit."""
    if factor == 1:
        size = 2 * math.ceil(3 * radius) + 1
        return np.asarray(cv2.GaussianBlur(values, (size, size), radius, borderType=cv2.BORDER_REPLICATE), np.uint8)
    height, width = values.shape
    means = cv2.resize(values.astype(np.float32), (width // factor, height // factor), interpolation=cv2.INTER_AREA)
    # Means over squares and straight lines between them blur by themselves: factor² / 12 and factor² / 6 of variance.
    rest = math.sqrt(radius**2 - factor**2 / 4) / factor
    size = 2 * math.ceil(3 * rest) + 1
    soft = cv2.GaussianBlur(means, (size, size), rest, borderType=cv2.BORDER_REPLICATE)
    full = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(np.rint(full), 0, 255).astype(np.uint8)


def _neighbourhoods(store: TileStore, mask: Mask, margin: int, change: Callable[[Pixels], Pixels]) -> Mask:
    """A mask changed by an operation that looks `margin` pixels around and leaves what is all equal as it is."""
    side = min(8, max(1, -(-2 * margin // TILE)))
    near = {place for tile in mask.tiles for place in places_in(tile.rect.grown(margin))}
    changes: dict[Place, str | None] = {}
    for column, row in sorted({(place.column // side, place.row // side) for place in near}):
        block = Rect(column * side * TILE, row * side * TILE, side * TILE, side * TILE)
        window = block.grown(margin)
        values = store.mask(mask, window)
        if values.min() == values.max():
            continue
        after = change(values)[inside(block, window)]
        for place in places_in(block):
            tile = np.ascontiguousarray(after[inside(place.rect, block)])
            changes[place] = None if (tile == mask.outside).all() else store.put(tile)
    return Mask(mask.tiles.edited(changes), mask.outside)
