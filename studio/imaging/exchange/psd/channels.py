"""The channels of a PSD, compressed and not."""

import zlib

import numpy as np
from numpy.typing import NDArray
from psd_tools.compression import decode_prediction, decode_rle, encode_rle
from psd_tools.constants import Compression

from studio.imaging.exchange.png_rows import Values
from studio.imaging.tiles import Pixels

_TYPES = {8: ">u1", 16: ">u2", 32: ">f4"}
_RLE_RATIO = 64  # two bytes become at most 128
_DEFLATE_RATIO = 1032
Plane = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]


def unpacked(compression: Compression, data: bytes, width: int, height: int, depth: int, version: int) -> Plane:
    """The samples (height, width) of a channel. Raises ValueError where they are missing or far too many.

    Nothing is unpacked that the compressed bytes could not hold, so that a small file cannot fill the memory.
    """
    row = (width * depth + 7) // 8
    size = row * height
    if compression == Compression.RAW:
        raw = data[:size]
    elif compression == Compression.RLE:
        if size > _RLE_RATIO * len(data):
            raise ValueError("a channel is cut short")
        raw = decode_rle(data, width, height, depth, version)
    else:
        if size > _DEFLATE_RATIO * len(data):
            raise ValueError("a channel is cut short")
        raw = zlib.decompressobj().decompress(data, size)
        if compression == Compression.ZIP_WITH_PREDICTION and len(raw) == size:
            raw = decode_prediction(raw, width, height, depth)
    if len(raw) < size:
        raise ValueError("a channel is cut short")
    if depth == 1:
        bits = np.unpackbits(np.frombuffer(raw, np.uint8).reshape(height, row), axis=1)[:, :width]
        return (1 - bits) * np.uint8(255)  # a set bit is black
    samples = np.frombuffer(raw, _TYPES[depth]).reshape(height, width)
    native: Plane = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    return native


def to_integers(samples: Plane) -> Values:
    """Samples as whole numbers. Those of 32 bits are light itself, which sRGB's curve encodes (IEC 61966-2-1)."""
    if samples.dtype == np.uint8:
        return samples.astype(np.uint8, copy=False)
    if samples.dtype == np.uint16:
        return samples.astype(np.uint16, copy=False)
    light = np.clip(np.nan_to_num(samples.astype(np.float32)), 0, 1)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    whole: Values = np.rint(encoded * 65_535).astype(np.uint16)
    return whole


class Packing:
    """A channel that is compressed in bands, by run lengths."""

    def __init__(self) -> None:
        self._counts: list[bytes] = []
        self._rows: list[bytes] = []

    def add(self, band: Pixels) -> None:
        """The next rows, (rows, width)."""
        height, width = band.shape
        packed = encode_rle(band.tobytes(), width, height, 8, 1)
        self._counts.append(packed[: 2 * height])
        self._rows.append(packed[2 * height :])

    @property
    def counts(self) -> bytes:
        """The lengths of the rows, which come before all rows."""
        return b"".join(self._counts)

    @property
    def rows(self) -> bytes:
        """The rows."""
        return b"".join(self._rows)
