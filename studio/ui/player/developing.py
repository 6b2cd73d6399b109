"""From the pixels of a frame to what Qt draws without converting."""

import cv2
import numpy as np
from PySide6.QtGui import QImage

from studio.imaging.tiles import Pixels


def develop(pixels: Pixels) -> tuple[QImage, int]:
    """An image of straight RGBA (height, width, 4), and its bytes: RGB32 where all of it is opaque, which is drawn
    fastest, premultiplied ARGB32 else.
    """
    height, width = pixels.shape[:2]
    opaque = bool(pixels[..., 3].min() == 255)
    image = QImage(width, height, QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied)
    held = np.frombuffer(image.bits(), np.uint8).reshape(height, width, 4)
    source = pixels if opaque else cv2.cvtColor(pixels, cv2.COLOR_RGBA2mRGBA)
    cv2.cvtColor(source, cv2.COLOR_RGBA2BGRA, dst=held)
    return image, image.sizeInBytes()
