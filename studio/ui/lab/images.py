"""What a study sends, as pictures: frames, heat maps, and the forward view in pixels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from studio.domain.schedules import Level
from studio.domain.study import Frame, HeatMap

HEAT = ("#17171a", "#4a1626", "#a3262f", "#f0733c", "#ffd98a", "#fffdf0")  # from low to high, ever lighter
PIXEL_SIDE = 256


def to_image(frame: Frame) -> QImage:
    """A frame as a picture; null when its bytes do not fit its size."""
    width, height = frame.width, frame.height
    if width < 1 or height < 1 or len(frame.rgb) != width * height * 3:
        return QImage()
    return QImage(frame.rgb, width, height, width * 3, QImage.Format.Format_RGB888).copy()


def heat_image(field: HeatMap) -> QImage:
    """A field in the colours of `HEAT`, one pixel for each of its places."""
    image = QImage(field.levels, field.width, field.height, field.width, QImage.Format.Format_Indexed8)
    image.setColorTable(heat_colours())
    return image.convertToFormat(QImage.Format.Format_RGB32)


def heat_colours(count: int = 256) -> Sequence[int]:
    """`count` colours from low to high, as Qt's numbers."""
    anchors = [QColor(name) for name in HEAT]
    at, places = np.linspace(0, len(HEAT) - 1, count), np.arange(len(HEAT))
    reds, greens, blues = (
        np.interp(at, places, np.array(channel)).round()
        for channel in zip(*((ink.red(), ink.green(), ink.blue()) for ink in anchors), strict=True)
    )
    return [QColor(int(r), int(g), int(b)).rgb() for r, g, b in zip(reds, greens, blues, strict=True)]


def noised_pixels(image: QImage, level: Level, seed: int) -> QImage:
    """q(x_t | x_0) on pixels in -1 to 1 instead of latents, for when no engine is at hand.

    Shown on the scale on which the variance does not grow, x_t/max(1, √(α² + σ²)), so that it stays in sight.
    """
    clean = _pixels(image)
    noise = np.random.default_rng(seed).standard_normal(clean.shape, dtype=np.float32)
    norm = max(1.0, float(np.hypot(level.alpha, level.sigma)))
    noisy = (level.alpha * clean + level.sigma * noise) / norm
    pixels = ((noisy / 2 + 0.5).clip(0, 1) * 255).round().astype(np.uint8)
    height, width = pixels.shape[:2]
    return QImage(pixels.tobytes(), width, height, width * 3, QImage.Format.Format_RGB888).copy()


def _pixels(image: QImage) -> NDArray[np.float32]:
    small = image.convertToFormat(QImage.Format.Format_RGB888)
    if max(small.width(), small.height()) > PIXEL_SIDE:
        wide = small.width() >= small.height()
        small = small.scaledToWidth(PIXEL_SIDE) if wide else small.scaledToHeight(PIXEL_SIDE)
    rows = np.frombuffer(small.constBits(), np.uint8).reshape(small.height(), small.bytesPerLine())
    rgb = rows[:, : small.width() * 3].reshape(small.height(), small.width(), 3)
    return rgb.astype(np.float32) / 127.5 - 1
