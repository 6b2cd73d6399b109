"""Between arrays of pixels and Qt's images."""

import cv2
import numpy as np
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
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA), np.uint8)


def image_of(pixels: Pixels) -> QImage:
    """An image of its own with premultiplied R, G, B, A (height, width, 4)."""
    image, held = blank(pixels.shape[1], pixels.shape[0])
    cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA, dst=held)
    return image


def halved(pixels: Pixels, level: int) -> Pixels:
    """Pixels (h, w) or (h, w, channels) at a level, each the mean of 2^level a side; the sides must divide by that."""
    if level == 0:
        return pixels
    size = pixels.shape[1] >> level, pixels.shape[0] >> level
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
