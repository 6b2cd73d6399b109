"""Pixels in and out of memory: arrays of uint8, height × width × 3 (sRGB) or × 4 (with straight alpha)."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def encode_png(pixels: Pixels) -> bytes:
    """A PNG of the pixels without metadata, compressed for speed."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def decode(data: bytes) -> Pixels:
    """The RGB pixels of an image file that this program stored itself; height × width × 3."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))
