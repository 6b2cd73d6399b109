"""Layers moved by whole pixels, which puts their pixels into other tiles."""

import numpy as np

from studio.domain.document.layers import Mask
from studio.domain.document.tiles import TILE, Place, TileMap
from studio.domain.geometry import Rect
from studio.imaging.tiles import TileStore


class Shifter:
    """Moves tile maps of one store; what `studio.domain.document.edits.cropped` needs."""

    def __init__(self, store: TileStore) -> None:
        self._store = store

    def __call__(self, tiles: TileMap, dx: int, dy: int, outside: int | None) -> TileMap:
        """The map after its pixels moved by (dx, dy): a paint layer's (`outside` None), or a mask's with that value
        where it has no tile. Whole tiles are only renamed. Raises StudioError (DISK) when a tile is gone or damaged.
        """
        columns, rows = dx // TILE, dy // TILE
        if (columns * TILE, rows * TILE) == (dx, dy):
            return TileMap().edited({Place(at.column + columns, at.row + rows): name for at, name in tiles.items()})
        changes: dict[Place, str | None] = {}
        for at in {
            Place(at.column + columns + right, at.row + rows + below)
            for at in tiles
            for right in (0, 1)
            for below in (0, 1)
        }:
            source = Rect(at.rect.x - dx, at.rect.y - dy, TILE, TILE)
            if outside is None:
                pixels = self._store.paint(tiles, source)
                blank = not pixels.any()
            else:
                pixels = self._store.mask(Mask(tiles, outside), source)
                blank = bool(np.all(pixels == outside))
            changes[at] = None if blank else self._store.put(pixels)
        return TileMap().edited(changes)
