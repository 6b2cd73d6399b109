"""Pixels in and out of memory: arrays of uint8, height × width × 3 (sRGB) or × 4 (with straight alpha)."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

Pixels = NDArray[np.uint8]


def encode_png(pixels: Pixels, comment: str = "") -> bytes:
    """A PNG of the pixels, compressed for speed, without metadata but the comment if there is one."""
    buffer, text = io.BytesIO(), PngInfo()
    if comment:
        text.add_text("Comment", comment)
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1, pnginfo=text)
    return buffer.getvalue()


def decode(data: bytes) -> Pixels:
    """The RGB pixels of an image file that this program stored itself; height × width × 3."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))
