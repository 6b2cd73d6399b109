"""Compressed tiles."""

import hashlib

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.document.tiles import TILE
from studio.session.project.packing import packed, unpacked


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@given(st.integers(0, 2**32), st.sampled_from([1, 4]), st.sampled_from(["flat", "noise", "ramp"]))
def test_tiles_come_back(seed: int, channels: int, kind: str) -> None:
    draw = np.random.default_rng(seed)
    tile = np.full((TILE, TILE, channels), draw.integers(0, 256), np.uint8)
    if kind == "noise":
        tile = draw.integers(0, 256, tile.shape, dtype=np.uint8)
    elif kind == "ramp":
        tile = tile + np.arange(TILE, dtype=np.uint8)[:, None, None] * np.uint8(3)
    data = tile.tobytes()
    assert unpacked(packed(data), digest(data)) == data
    if kind != "noise":
        assert len(packed(data)) < 2000


def test_what_is_no_tile_is_refused() -> None:
    data = bytes(TILE * TILE)
    whole = packed(data)
    bomb = zstandard.ZstdCompressor().compress(bytes(2**28))
    lying = bytearray(zstandard.ZstdCompressor().compress(bytes(TILE * TILE * 4)))
    for bad in (b"", b"tile", whole[:-3], whole[:5], bomb, bytes(lying[:-2]), packed(bytes(TILE * TILE * 4))):
        with pytest.raises(ValueError, match=r".+"):
            unpacked(bad, digest(data))
