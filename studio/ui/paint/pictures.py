"""Between arrays of pixels and Qt's images."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from studio.imaging.tiles import Pixels

Colour = tuple[int, int, int]  # sRGB, 0 to 255 each


def blank(width: int, height: int) -> tuple[QImage, Pixels]:
    """A transparent image (ARGB32, premultiplied), and its bytes (height, width, 4) in the order B, G, R, A."""
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    return image, np.frombuffer(image.bits(), np.uint8).reshape(height, width, 4)


def swapped(pixels: Pixels) -> Pixels:
    """R, G, B, A as B, G, R, A and back, in an array of its own."""
    out = np.empty_like(pixels)
    out[..., 0], out[..., 1], out[..., 2], out[..., 3] = (pixels[..., n] for n in (2, 1, 0, 3))
    return out


def image_of(pixels: Pixels) -> QImage:
    """An image of its own with premultiplied R, G, B, A (height, width, 4)."""
    image, held = blank(pixels.shape[1], pixels.shape[0])
    held[..., 0], held[..., 1], held[..., 2], held[..., 3] = (pixels[..., n] for n in (2, 1, 0, 3))
    return image


def halved(pixels: Pixels, level: int) -> Pixels:
    """Pixels (h, w) or (h, w, channels) at a level, each the mean of 2^level a side; the sides must divide by that."""
    if level == 0:
        return pixels
    step = 1 << level
    height, width = pixels.shape[0] // step, pixels.shape[1] // step
    sums: NDArray[np.uint32] = pixels.reshape(height, step, width, step, *pixels.shape[2:]).sum((1, 3), dtype=np.uint32)
    means: Pixels = ((sums + step * step // 2) >> (2 * level)).astype(np.uint8)
    return means
