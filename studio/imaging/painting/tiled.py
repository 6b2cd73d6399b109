"""Edits that go tile by tile and leave out what does not change."""

from collections.abc import Callable, Iterable

import numpy as np

from studio.domain.document.layers import Mask
from studio.domain.document.tiles import TILE, Place, TileMap
from studio.domain.geometry import Rect
from studio.imaging.tiles import Pixels, TileStore

Change = Callable[[Rect, Pixels], Pixels]  # what is in a tile's rectangle afterwards; it must not write into its input

BLANK = np.zeros((TILE, TILE, 4), np.uint8)
BLANK.flags.writeable = False


def repainted(store: TileStore, tiles: TileMap, places: Iterable[Place], change: Change) -> TileMap:
    """A paint layer's map after a change of these tiles; the very same where nothing changed."""
    changes: dict[Place, str | None] = {}
    for place in places:
        digest = tiles.get(place)
        base = BLANK if digest is None else store.get(digest)
        after = change(place.rect, base)
        if not np.array_equal(after, base):
            changes[place] = store.put(after) if after.any() else None
    return tiles.edited(changes) if changes else tiles


def remasked(store: TileStore, mask: Mask, places: Iterable[Place], change: Change) -> Mask:
    """A mask after a change of these tiles; the very same where nothing changed."""
    blank = np.full((TILE, TILE), mask.outside, np.uint8)
    changes: dict[Place, str | None] = {}
    for place in places:
        digest = mask.tiles.get(place)
        base = blank if digest is None else store.get(digest)
        after = change(place.rect, base)
        if not np.array_equal(after, base):
            changes[place] = None if np.array_equal(after, blank) else store.put(after)
    return Mask(mask.tiles.edited(changes), mask.outside) if changes else mask


def inside(part: Rect, whole: Rect) -> tuple[slice, slice]:
    """The rows and columns of a part in an array that holds the whole."""
    y, x = part.y - whole.y, part.x - whole.x
    return slice(y, y + part.height), slice(x, x + part.width)
