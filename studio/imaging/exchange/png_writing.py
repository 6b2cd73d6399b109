"""PNG written in bands of rows (ISO/IEC 15948), so that a large picture never lies in memory as a whole.

Pillow filters the rows (each band becomes a small PNG that is not compressed), zlib compresses what came of all.
"""

import io
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from studio.domain.geometry import Size
from studio.imaging.exchange.colour import srgb_profile
from studio.imaging.exchange.png_rows import chunk
from studio.imaging.png import SIGNATURE
from studio.imaging.tiles import Pixels

_COLOURS = {1: 0, 3: 2, 4: 6}  # by the number of channels: grey, RGB, RGB and alpha
_LEVEL = 4  # of zlib: 6 makes files 2 % smaller in twice the time

SRGB = chunk(b"sRGB", b"\0")  # perceptual; a note of 13 bytes that says what a profile would


def srgb_chunk() -> bytes:
    """An iCCP chunk with the profile of sRGB, which more programs honour than the note."""
    return chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(srgb_profile(), 9))


def offset_chunk(x: int, y: int) -> bytes:
    """An oFFs chunk: the place of the picture on a larger page, in pixels (PNG extensions 1.4)."""
    return chunk(b"oFFs", struct.pack(">iiB", x, y, 0))


class PngWriter:
    """A PNG of `size` with 1 (grey), 3 (RGB) or 4 channels (straight alpha) of 8 bits. Raises OSError.

    `chunks` come between the header and the pixels. `close` must follow when all rows were added.
    """

    def __init__(self, file: IO[bytes], size: Size, channels: int, chunks: Iterable[bytes] = (SRGB,)) -> None:
        self._file, self._channels = file, channels
        self._deflater = zlib.compressobj(_LEVEL)
        self._above = np.zeros(size.width * channels, np.uint8)
        header = struct.pack(">IIBBBBB", size.width, size.height, 8, _COLOURS[channels], 0, 0, 0)
        file.write(SIGNATURE + chunk(b"IHDR", header) + b"".join(chunks))

    def add(self, rows: Pixels) -> None:
        """The next rows, (rows, width[, channels])."""
        raw = np.ascontiguousarray(rows).reshape(len(rows), -1)
        self._put(self._deflater.compress(_filtered(raw, self._above, self._channels)))
        self._above = raw[-1].copy()

    def close(self) -> None:
        """The end of the picture; the file stays open."""
        self._put(self._deflater.flush())
        self._file.write(chunk(b"IEND", b""))

    def _put(self, data: bytes) -> None:
        if data:
            self._file.write(chunk(b"IDAT", data))


def _filtered(raw: NDArray[np.uint8], above: NDArray[np.uint8], reach: int) -> bytes:
    """The rows, each with its filter byte, as Pillow filters them below the row known before."""
    if not raw.any() and not above.any():
        return bytes(len(raw) * (raw.shape[1] + 1))
    band = np.vstack([above[None], raw]).reshape(len(raw) + 1, -1, reach)
    file = io.BytesIO()
    Image.fromarray(band[..., 0] if reach == 1 else band).save(file, "PNG", compress_level=0)
    inflater = zlib.decompressobj()
    parts = [inflater.decompress(data) for kind, data in _chunks(file.getvalue()) if kind == b"IDAT"]
    return b"".join(parts)[raw.shape[1] + 1 :]


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = len(SIGNATURE)
    while position < len(png):
        length, kind = struct.unpack_from(">I4s", png, position)
        yield kind, png[position + 8 : position + 8 + length]
        position += length + 12
