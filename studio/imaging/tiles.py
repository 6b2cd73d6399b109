"""Tiles in and out of memory: content-addressed squares of 256 × 256 pixels, and the rectangles they make up.

Paint tiles are (256, 256, 4) uint8, sRGB with premultiplied alpha; mask tiles are (256, 256) uint8.
"""

import hashlib
import threading
from collections import OrderedDict
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from studio.domain.document.layers import Mask
from studio.domain.document.tiles import TILE, Place, TileMap, places_in
from studio.domain.geometry import Rect

Pixels = NDArray[np.uint8]
BUDGET = 512 * 2**20  # bytes of decoded tiles kept in memory
_MASK, _PAINT = TILE * TILE, TILE * TILE * 4


class Blobs(Protocol):
    """Where the bytes of tiles are kept under their digest; both methods may be called from any thread."""

    def read(self, digest: str) -> bytes:
        """The bytes of a tile. Raises StudioError (DISK) when they are gone or damaged."""

    def write(self, digest: str, data: bytes) -> None:
        """Keep the bytes of a tile. Does nothing where it has them already."""


class MemoryBlobs:
    """Tiles that live as long as the process."""

    def __init__(self) -> None:
        self._held: dict[str, bytes] = {}

    def read(self, digest: str) -> bytes:
        """The bytes of a tile. Raises KeyError."""
        return self._held[digest]

    def write(self, digest: str, data: bytes) -> None:
        """Keep the bytes of a tile."""
        self._held.setdefault(digest, data)


class TileStore:
    """Tiles by their digest, the latest used ones decoded in memory. Safe in several threads."""

    def __init__(self, blobs: Blobs, budget: int = BUDGET) -> None:
        self._blobs, self._budget = blobs, budget
        self._recent: OrderedDict[str, Pixels] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, digest: str) -> Pixels:
        """A tile, read-only. Raises StudioError (DISK) when it is gone or damaged."""
        with self._lock:
            if (tile := self._recent.get(digest)) is not None:
                self._recent.move_to_end(digest)
                return tile
        data = self._blobs.read(digest)
        tile = np.frombuffer(data, np.uint8).reshape((TILE, TILE) if len(data) == _MASK else (TILE, TILE, 4))
        self._remember(digest, tile)
        return tile

    def put(self, tile: Pixels) -> str:
        """Keep a tile of 256 × 256 (× 4); its digest."""
        data = tile.tobytes()
        if len(data) not in (_MASK, _PAINT):
            raise ValueError(f"{tile.shape} is no tile")
        digest = hashlib.sha256(data).hexdigest()
        self._blobs.write(digest, data)
        self._remember(digest, np.frombuffer(data, np.uint8).reshape(tile.shape))
        return digest

    def forget(self) -> None:
        """Give up the decoded tiles, to free memory; they are read again when they are needed."""
        with self._lock:
            self._recent.clear()
            self._bytes = 0

    def paint(self, tiles: TileMap, rect: Rect) -> Pixels:
        """The pixels (height, width, 4) of a paint layer inside a rectangle; transparent black where nothing is."""
        out = np.zeros((rect.height, rect.width, 4), np.uint8)
        self._gather(tiles, rect, out)
        return out

    def mask(self, mask: Mask, rect: Rect) -> Pixels:
        """The values (height, width) of a mask inside a rectangle."""
        out = np.full((rect.height, rect.width), mask.outside, np.uint8)
        self._gather(mask.tiles, rect, out)
        return out

    def painted(self, tiles: TileMap, rect: Rect, pixels: Pixels) -> TileMap:
        """The map of a paint layer after `pixels` (height, width, 4) replaced what was in a rectangle."""
        return self._replaced(tiles, rect, pixels, np.zeros(4, np.uint8))

    def masked(self, mask: Mask, rect: Rect, values: Pixels) -> Mask:
        """A mask after `values` (height, width) replaced what was in a rectangle."""
        return Mask(self._replaced(mask.tiles, rect, values, np.uint8(mask.outside)), mask.outside)

    def _gather(self, tiles: TileMap, rect: Rect, out: Pixels) -> None:
        for place in places_in(rect):
            if (digest := tiles.get(place)) is None:
                continue
            part = place.rect.intersected(rect)
            here, there = _slices(part, rect), _slices(part, place.rect)
            out[here] = self.get(digest)[there]

    def _replaced(self, tiles: TileMap, rect: Rect, pixels: Pixels, blank: NDArray[np.uint8] | np.uint8) -> TileMap:
        if pixels.shape[:2] != (rect.height, rect.width):
            raise ValueError(f"pixels of shape {pixels.shape} do not fill {rect}")
        changes: dict[Place, str | None] = {}
        for place in places_in(rect):
            part = place.rect.intersected(rect)
            if part == place.rect:
                tile = pixels[_slices(part, rect)]
            else:
                digest = tiles.get(place)
                shape = (TILE, TILE, *pixels.shape[2:])
                tile = np.broadcast_to(blank, shape).copy() if digest is None else self.get(digest).copy()
                tile[_slices(part, place.rect)] = pixels[_slices(part, rect)]
            changes[place] = None if (tile == blank).all() else self.put(np.ascontiguousarray(tile))
        return tiles.edited(changes)

    def _remember(self, digest: str, tile: Pixels) -> None:
        with self._lock:
            if digest in self._recent:
                return
            self._recent[digest] = tile
            self._bytes += tile.nbytes
            while self._bytes > self._budget and len(self._recent) > 1:
                self._bytes -= self._recent.popitem(last=False)[1].nbytes


def _slices(part: Rect, whole: Rect) -> tuple[slice, slice]:
    y, x = part.y - whole.y, part.x - whole.x
    return slice(y, y + part.height), slice(x, x + part.width)
