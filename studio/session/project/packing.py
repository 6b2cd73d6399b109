"""How tiles are compressed in a project file.

Differences between rows, channel by channel, and then zstd at level 1: of painted and photographic tiles this leaves
half to a third of what zlib's fastest level leaves of the plain bytes, and takes a fifth of its time.
"""

import hashlib
import threading

import cv2
import numpy as np
import zstandard
from numpy.typing import NDArray

from studio.domain.document.tiles import TILE

Planes = NDArray[np.uint8]  # (1 or 4, 256, 256)
_LEVEL = 1
_BAND = 16  # rows
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
        with _TOOLS.decompressor.stream_reader(data) as reader:
            if reader.readinto(_TOOLS.planes[:size]) != size:
                raise ValueError("some of it is missing")
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error
    planes: Planes = _TOOLS.planes[:size].reshape(-1, TILE, TILE)
    _summed(planes)
    whole: Planes = planes[0]
    if len(planes) > 1:
        whole = np.asarray(cv2.merge(list(planes), _TOOLS.mixed), np.uint8)
    if hashlib.sha256(whole.data).digest() != digest:
        raise ValueError("its digest is another")
    return whole.tobytes()


class _Tools(threading.local):
    """What a thread unpacks with. Its arrays are used again and again: to get as many new ones from the system, a tile
    after the other, takes as long as all the rest."""

    def __init__(self) -> None:
        self.decompressor = zstandard.ZstdDecompressor()
        self.planes = np.empty(max(_SIZES), np.uint8)
        self.mixed = np.empty((TILE, TILE, 4), np.uint8)


_TOOLS = _Tools()


def _summed(planes: Planes) -> None:
    """Sum up the rows in place: within bands at once, then band after band. In few calls on many values, as numpy likes
    it: four times as fast as row after row, which is four times as fast as numpy's accumulate.
    """
    bands = planes.reshape(len(planes), TILE // _BAND, _BAND, TILE)
    for row in range(1, _BAND):
        bands[:, :, row] += bands[:, :, row - 1]
    for band in range(1, TILE // _BAND):
        bands[:, band] += bands[:, band - 1, -1:]


def _planes(data: bytes) -> Planes:
    if len(data) == _SIZES[0]:
        return np.frombuffer(data, np.uint8).reshape(1, TILE, TILE)
    return np.stack(cv2.split(np.frombuffer(data, np.uint8).reshape(TILE, TILE, 4)))
