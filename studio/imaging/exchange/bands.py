"""Pictures in bands: large ones go between files and tiles without ever lying in memory as a whole.

Bands end where tiles do, so that each tile is made once.
"""

from collections.abc import Callable, Iterator

import numpy as np

from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import Layer, Mask, PaintLayer
from studio.domain.document.tiles import EMPTY, TILE, TileMap, places_in
from studio.domain.geometry import Rect, Size
from studio.imaging.tiles import Pixels, TileStore

Take = Callable[[int], Pixels]  # the next rows from the top, (rows, width, 4); of a mask, (rows, width)


def bands(rect: Rect) -> Iterator[Rect]:
    """A rectangle of the document in bands of its full width that end at the rows of tiles."""
    y = rect.y
    while y < rect.bottom:
        bottom = min(rect.bottom, (y // TILE + 1) * TILE)
        yield Rect(rect.x, y, rect.width, bottom - y)
        y = bottom


def tiles_of(store: TileStore, rect: Rect, take: Take) -> TileMap:
    """The tiles of a layer whose premultiplied pixels `take` hands out, put at a rectangle of the document."""
    tiles = EMPTY
    for band in bands(rect):
        pixels = take(band.height)
        if pixels.any():
            tiles = store.painted(tiles, band, pixels)
    return tiles


def mask_of(store: TileStore, rect: Rect, outside: int, take: Take) -> Mask:
    """The mask whose values `take` hands out, put at a rectangle of the document."""
    mask = Mask(EMPTY, outside)
    for band in bands(rect):
        mask = store.masked(mask, band, take(band.height))
    return mask


def turned(store: TileStore, size: Size, orientation: int, take: Take) -> tuple[Size, TileMap]:
    """The upright picture of a stored one of `size`, by EXIF's orientation (1 to 8); its size and tiles.

    Rows of the file become columns of the picture for 5 to 8; bands are cut where tiles of the *picture* end.
    """
    sideways = orientation >= 5
    backwards = orientation in (3, 4, 6, 7)
    upright = Size(size.height, size.width) if sideways else size
    tiles, done = EMPTY, 0
    while done < size.height:
        left = size.height - done
        rows = min(left, ((left - 1) % TILE + 1) if backwards else TILE)
        pixels = _turned(take(rows), orientation)
        at = size.height - done - rows if backwards else done
        rect = Rect(at, 0, rows, size.width) if sideways else Rect(0, at, size.width, rows)
        tiles = store.painted(tiles, rect, pixels)
        done += rows
    return upright, tiles


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    if orientation in (3, 4, 6, 7):
        pixels = pixels[::-1]
    if orientation in (2, 3, 7, 8):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels.swapaxes(0, 1) if orientation >= 5 else pixels)


def is_opaque(store: TileStore, document: Document) -> bool:
    """Whether the picture surely has no transparency: one layer shows whole, and its tiles cover the canvas with alpha
    255. False does not say that there is some.
    """
    return any(_covers(store, layer, document.rect) for layer in document.layers)


def _covers(store: TileStore, layer: Layer, canvas: Rect) -> bool:
    if not isinstance(layer, PaintLayer) or not layer.visible or layer.clipped or layer.opacity < 1:
        return False
    if (layer.mask is not None and layer.mask_enabled) or layer.mode is BlendMode.DISSOLVE:
        return False
    for place in places_in(canvas):
        digest = layer.tiles.get(place)
        part = place.rect.intersected(canvas)
        if digest is None or (store.paint(layer.tiles, part)[..., 3] != 255).any():
            return False
    return True


def content_of(store: TileStore, tiles: TileMap) -> Rect:
    """The smallest rectangle that holds all pixels that are not empty."""
    found = Rect(0, 0, 0, 0)
    for place, digest in tiles.items():
        if found.contains(place.rect):
            continue
        tile = store.get(digest)
        filled = np.logical_or.reduce(tile, axis=2)
        rows, columns = np.flatnonzero(filled.any(axis=1)), np.flatnonzero(filled.any(axis=0))
        if rows.size:
            x, y = int(columns[0]), int(rows[0])
            inside = Rect(x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1)
            found = found.united(inside.moved(place.rect.x, place.rect.y))
    return found
