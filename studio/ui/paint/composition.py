"""The composed document as tiles for the screen, made away from the window's thread.

Level 0 has the document's own pixels, each further level half as many a side. A tile is an array (256, 256, 4) of
uint8: sRGB with premultiplied alpha in the order B, G, R, A, as the memory of `QImage.Format_ARGB32_Premultiplied` has
it on the machines that Qt calls little-endian.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QObject, QThreadPool, Signal, Slot
from PySide6.QtGui import QImage

from studio.domain.document.document import Document
from studio.domain.document.tiles import TILE, Place, places_in
from studio.domain.errors import StudioError
from studio.domain.geometry import Rect
from studio.imaging.tiles import Pixels
from studio.ui.paint.pictures import blank, swapped

Render = Callable[[Document, Rect, int], Pixels]
BUDGET = 192 * 2**20  # bytes of tiles kept
MOST_LEVEL = 6
_THREADS = 2
_UNKNOWN = (44, 40, 40, 255)  # what stands for a tile that was never made: a grey of the window
_STAND_IN = 3  # levels away that a missing tile may be borrowed from


class Key(NamedTuple):
    """A tile: its level, column and row."""

    level: int
    column: int
    row: int

    @property
    def small(self) -> Rect:
        """The pixels of its level that it has."""
        return Rect(self.column * TILE, self.row * TILE, TILE, TILE)

    @property
    def rect(self) -> Rect:
        """The document's pixels that it shows."""
        side = TILE << self.level
        return Rect(self.column * side, self.row * side, side, side)


@dataclass(slots=True)
class _Tile:
    pixels: Pixels
    fresh: bool


def level_for(zoom: float) -> int:
    """The level that is drawn at a zoom in device pixels per document pixel: 0 above 50 %."""
    return min(MOST_LEVEL, max(0, math.floor(-math.log2(zoom) + 1e-9)))


def keys_in(level: int, rect: Rect) -> list[Key]:
    """The tiles of a level that a rectangle of the document touches, the nearest to its middle first."""
    if rect.empty:
        return []
    side = TILE << level
    columns = range(rect.x // side, (rect.right - 1) // side + 1)
    rows = range(rect.y // side, (rect.bottom - 1) // side + 1)
    x, y = (rect.x + rect.width / 2) / side - 0.5, (rect.y + rect.height / 2) / side - 0.5
    found = [Key(level, column, row) for row in rows for column in columns]
    return sorted(found, key=lambda key: (key.column - x) ** 2 + (key.row - y) ** 2)


class Composition(QObject):
    """Tiles of one document. What is out of date is still shown until what takes its place has been made."""

    arrived = Signal(object)  # Rect of the document whose tile is new
    problem = Signal(object)  # Problem: a tile could not be read
    _made = Signal(object, object)  # Key, pixels or a Problem

    def __init__(self, render: Render, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._render = render
        self._document = Document()
        self._tiles: OrderedDict[Key, _Tile] = OrderedDict()
        self._lock = threading.Lock()
        self._wanted: list[Key] = []
        self._under_way: dict[Key, bool] = {}  # whether a newer version has overtaken it
        self._running = 0
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(_THREADS)
        self._made.connect(self._take)

    @property
    def busy(self) -> bool:
        """Is anything being made?"""
        with self._lock:
            return bool(self._wanted or self._under_way)

    def show_document(self, document: Document, changed: Iterable[Place] | None = None) -> None:
        """Another version; `changed` are the tiles that differ, None for all."""
        places = None if changed is None else list(changed)
        with self._lock:
            self._document = document
            if places is None:
                self._wanted = []
                self._under_way = dict.fromkeys(self._under_way, True)
                for tile in self._tiles.values():
                    tile.fresh = False
                return
            spots = {(place.column, place.row) for place in places}
            for level in range(MOST_LEVEL + 1):
                for spot in spots:
                    key = Key(level, *spot)
                    if (touching := self._tiles.get(key)) is not None:
                        touching.fresh = False
                    if key in self._under_way:
                        self._under_way[key] = True
                spots = {(column >> 1, row >> 1) for column, row in spots}

    def forget(self) -> None:
        """Drop all tiles: what comes has nothing to do with what was."""
        with self._lock:
            self._tiles.clear()
            self._wanted = []
            self._under_way = dict.fromkeys(self._under_way, True)

    def want(self, level: int, rect: Rect) -> None:
        """See to it that the tiles in sight are made; those asked for before and not begun are forgotten."""
        keys = keys_in(level, rect.intersected(self._document.rect))
        with self._lock:
            stale = [key for key in keys if not ((tile := self._tiles.get(key)) and tile.fresh)]
            self._wanted = [key for key in stale if key not in self._under_way]  # those are wanted again when they come
            start = min(_THREADS - self._running, len(self._wanted))
            self._running += start
        for _ in range(start):
            self._pool.start(self._work)

    def patch(self, level: int, rect: Rect) -> QImage:
        """What is there of a rectangle of a level, in pixels of that level; missing tiles are grey."""
        image, out = blank(rect.width, rect.height)
        area = Rect(rect.x << level, rect.y << level, rect.width << level, rect.height << level)
        for key in keys_in(level, area):
            pixels = self._found(key)
            part = key.small.intersected(rect)
            out[_slices(part, rect)] = _UNKNOWN if pixels is None else pixels[_slices(part, key.small)]
        return image

    def paste(self, level: int, rect: Rect, pixels: Pixels) -> None:
        """Put pixels (h, w, 4), R, G, B, A, into the tiles of a level that are there; `rect` is in its pixels.

        Other levels keep what they had.
        """
        turned = swapped(pixels)
        for place in places_in(rect):
            tile = self._tiles.get(Key(level, place.column, place.row))
            if tile is None:
                continue
            part = place.rect.intersected(rect)
            tile.pixels[_slices(part, place.rect)] = turned[_slices(part, rect)]

    def close(self) -> None:
        """Make nothing more, and wait for what is being made."""
        with self._lock:
            self._wanted = []
        self._pool.waitForDone()
        self._made.disconnect(self._take)

    # ------------------------------------------------------------------------------------------ in the pool's threads

    def _work(self) -> None:
        while (task := self._next()) is not None:
            key, document = task
            made: object = None
            try:
                made = swapped(self._render(document, key.small, key.level))
            except StudioError as error:
                made = error.problem
            except BaseException:
                with self._lock:
                    self._running -= 1
                raise
            finally:
                self._made.emit(key, made)

    def _next(self) -> tuple[Key, Document] | None:
        with self._lock:
            if not self._wanted:
                self._running -= 1
                return None
            key = self._wanted.pop(0)
            self._under_way[key] = False
            return key, self._document

    # ------------------------------------------------------------------------------------------ in the window's thread

    @Slot(object, object)
    def _take(self, key: Key, made: object) -> None:
        with self._lock:
            overtaken = self._under_way.pop(key, True)
            if isinstance(made, np.ndarray):
                self._tiles[key] = _Tile(made, not overtaken)
                self._tiles.move_to_end(key)
                while len(self._tiles) * TILE * TILE * 4 > BUDGET:
                    self._tiles.popitem(last=False)
        if isinstance(made, np.ndarray):
            self.arrived.emit(key.rect)
        elif made is not None:
            self.problem.emit(made)

    def _found(self, key: Key) -> Pixels | None:
        """The tile, or what another level has of it."""
        tile = self._tiles.get(key)
        if tile is not None:
            self._tiles.move_to_end(key)
            return tile.pixels
        return self._from_coarser(key) if (finer := self._from_finer(key)) is None else finer

    def _from_coarser(self, key: Key) -> Pixels | None:
        for steps in range(1, _STAND_IN + 1):
            tile = self._tiles.get(Key(key.level + steps, key.column >> steps, key.row >> steps))
            if tile is not None:
                side, times = TILE >> steps, 1 << steps
                x, y = key.column % times * side, key.row % times * side
                return tile.pixels[y : y + side, x : x + side].repeat(times, 0).repeat(times, 1)
        return None

    def _from_finer(self, key: Key) -> Pixels | None:
        if key.level == 0:
            return None
        out, found, half = np.zeros((TILE, TILE, 4), np.uint8), False, TILE // 2
        for row in (0, 1):
            for column in (0, 1):
                tile = self._tiles.get(Key(key.level - 1, key.column * 2 + column, key.row * 2 + row))
                if tile is not None:
                    there = (slice(row * half, (row + 1) * half), slice(column * half, (column + 1) * half))
                    out[there] = tile.pixels[::2, ::2]
                    found = True
        return out if found else None


def _slices(part: Rect, whole: Rect) -> tuple[slice, slice]:
    y, x = part.y - whole.y, part.x - whole.x
    return slice(y, y + part.height), slice(x, x + part.width)
