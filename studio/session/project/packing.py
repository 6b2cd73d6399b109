"""How tiles are compressed in a project file.

Differences between rows, channel by channel, and then zstd at level 1: of painted and photographic tiles this leaves
half to a third of what zlib's fastest level leaves of the plain bytes, and takes a fifth of its time.
"""

import hashlib

import cv2
import numpy as np
import zstandard

from studio.domain.document.tiles import TILE

_LEVEL = 1
_SIZES = (TILE * TILE, TILE * TILE * 4)  # a mask's tile, a paint layer's


def packed(data: bytes) -> bytes:
    """The bytes of a tile (256 × 256, one or four channels), compressed."""
    planes = _planes(data)
    differences = planes.copy()
    differences[:, 1:] -= planes[:, :-1]
    return zstandard.ZstdCompressor(level=_LEVEL).compress(differences.tobytes())


def unpacked(data: bytes, digest: bytes) -> bytes:
    """The bytes of a tile again. Raises ValueError when they are not those that `digest` is the SHA-256 of."""
    try:
        size = zstandard.frame_content_size(data)
        if size not in _SIZES:
            raise ValueError(f"{size} bytes are no tile")
        raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=size)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error
    planes = np.frombuffer(bytearray(raw), np.uint8).reshape(-1, TILE, TILE)
    for row in range(1, TILE):  # four times as fast as numpy's accumulate
        planes[:, row] += planes[:, row - 1]
    whole = planes.tobytes() if len(planes) == 1 else cv2.merge(list(planes)).tobytes()
    if hashlib.sha256(whole).digest() != digest:
        raise ValueError("its digest is another")
    return whole


def _planes(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    if len(data) == _SIZES[0]:
        return np.frombuffer(data, np.uint8).reshape(1, TILE, TILE)
    return np.stack(cv2.split(np.frombuffer(data, np.uint8).reshape(TILE, TILE, 4)))
