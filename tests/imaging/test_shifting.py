"""Layers moved by whole pixels."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.document.layers import Mask
from studio.domain.document.tiles import EMPTY
from studio.domain.geometry import Rect
from studio.imaging.shifting import Shifter
from studio.imaging.tiles import MemoryBlobs, TileStore
from tests.examples import few

WHOLE = Rect(-700, -700, 1700, 1700)
offsets = st.sampled_from([0, 1, -1, 100, 255, 256, -256, 512, -300])


@settings(max_examples=few(25))
@given(offsets, offsets, st.sampled_from([0, 255]))
def test_pixels_and_masks_arrive_where_they_should(dx: int, dy: int, outside: int) -> None:
    store = TileStore(MemoryBlobs())
    shift = Shifter(store)
    rect = Rect(-40, 200, 300, 90)
    pixels = np.random.default_rng(1).integers(0, 256, (90, 300, 4), dtype=np.uint8)
    tiles = shift(store.painted(EMPTY, rect, pixels), dx, dy, None)
    expected = store.painted(EMPTY, rect.moved(dx, dy), pixels)
    assert tiles == expected, "and no tile that is empty"
    mask = Mask(shift(store.masked(Mask(outside=outside), rect, pixels[..., 0]).tiles, dx, dy, outside), outside)
    assert np.array_equal(
        store.mask(mask, WHOLE),
        store.mask(store.masked(Mask(outside=outside), rect.moved(dx, dy), pixels[..., 0]), WHOLE),
    )
