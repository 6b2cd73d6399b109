"""Rectangles of pixels in and out of tiles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.document.layers import Mask
from studio.domain.document.tiles import EMPTY, TILE, Place
from studio.domain.geometry import Rect
from studio.imaging.tiles import MemoryBlobs, TileStore

rects = st.builds(Rect, st.integers(-300, 300), st.integers(-300, 300), st.integers(1, 300), st.integers(1, 300))


@given(st.lists(st.tuples(rects, st.integers(0, 255)), max_size=4), st.sampled_from([0, 255]))
def test_what_is_written_is_read_anywhere(writes: list[tuple[Rect, int]], outside: int) -> None:
    store, whole = TileStore(MemoryBlobs()), Rect(-400, -400, 1000, 1000)
    tiles, mask = EMPTY, Mask(outside=outside)
    pixels, values = np.zeros((1000, 1000, 4), np.uint8), np.full((1000, 1000), outside, np.uint8)
    for rect, value in writes:
        part = np.s_[rect.y + 400 : rect.bottom + 400, rect.x + 400 : rect.right + 400]
        pixels[part], values[part] = (value, 1, 2, 255), value
        tiles = store.painted(tiles, rect, pixels[part])
        mask = store.masked(mask, rect, values[part])
    assert np.array_equal(store.paint(tiles, whole), pixels)
    assert np.array_equal(store.mask(mask, whole), values)


def test_what_becomes_empty_is_no_tile() -> None:
    store, rect = TileStore(MemoryBlobs()), Rect(10, 10, 300, 20)
    tiles = store.painted(EMPTY, rect, np.full((20, 300, 4), 9, np.uint8))
    assert set(tiles) == {Place(0, 0), Place(1, 0)}
    assert store.painted(tiles, rect, np.zeros((20, 300, 4), np.uint8)) == EMPTY


def test_memory_is_bounded_and_dropped_tiles_come_back() -> None:
    store = TileStore(MemoryBlobs(), budget=3 * TILE * TILE)
    digests = [store.put(np.full((TILE, TILE), value, np.uint8)) for value in range(6)]
    assert [int(store.get(digest)[0, 0]) for digest in digests] == list(range(6))
    assert store._bytes <= 3 * TILE * TILE
    with pytest.raises(ValueError, match="read-only"):
        store.get(digests[0])[0, 0] = 1
    with pytest.raises(ValueError, match="is no tile"):
        store.put(np.zeros((8, 8), np.uint8))


def test_what_was_decoded_can_be_given_up() -> None:
    store, rect = TileStore(MemoryBlobs()), Rect(0, 0, TILE, TILE)
    tiles = store.painted(EMPTY, rect, np.full((TILE, TILE, 4), 9, np.uint8))
    before = store.get(tiles[Place(0, 0)])
    assert store.get(tiles[Place(0, 0)]) is before
    store.forget()
    again = store.get(tiles[Place(0, 0)])
    assert again is not before
    assert np.array_equal(again, before)
