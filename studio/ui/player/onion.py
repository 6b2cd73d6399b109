"""Onion skin: the frames before and after, tinted, over the one that is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from studio.domain.geometry import Size
from studio.domain.timeline.model import Timeline
from studio.imaging.tiles import Pixels
from studio.ui.theme.tokens import COLOURS

_TINT = 0.55  # how much of a frame's colour gives way to the tint
_QUIET, _STEEP = 8, 5  # differences below count as none; above, the ghost comes out so much faster
_CONTRAST = np.clip((np.arange(256) - _QUIET) * _STEEP, 0, 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class OnionSkin:
    """`before` and `after` frames are seen; the nearest with `opacity`, the n-th with an n-th of it."""

    before: int = 2
    after: int = 2
    opacity: float = 0.4


def neighbours(timeline: Timeline, frame: int, skin: OnionSkin) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The frames before and those after, the nearest first; across the seam of a ring, but never all the way round."""
    length = timeline.length
    if timeline.ring:
        room = max(0, length - 1)
        after = min(skin.after, (room + 1) // 2)
        before = min(skin.before, room - after)
        return (
            tuple((frame - by) % length for by in range(1, before + 1)),
            tuple((frame + by) % length for by in range(1, after + 1)),
        )
    return (
        tuple(frame - by for by in range(1, skin.before + 1) if frame - by >= 0),
        tuple(frame + by for by in range(1, skin.after + 1) if frame + by < length),
    )


def onion(
    before: Sequence[QImage | None],
    after: Sequence[QImage | None],
    size: Size,
    opacity: float = OnionSkin().opacity,
    over: QImage | None = None,
) -> QImage:
    """The frames before in red and those after in blue, the nearest first, on a transparent image of `size` that is
    laid over the frame they surround. None stands for a frame that is not there yet. With that frame as `over`, its
    neighbours are seen where they differ from it: otherwise opaque ones would veil all of it.
    """
    skin = QImage(size.width, size.height, QImage.Format.Format_ARGB32_Premultiplied)
    skin.fill(0)
    ground = _sized(over, size) if over is not None else None
    ghosts = [
        (by, image, colour)
        for images, colour in ((before, COLOURS.lamp), (after, COLOURS.sky))
        for by, image in enumerate(images, 1)
        if image is not None
    ]
    painter = QPainter(skin)
    for by, image, colour in sorted(ghosts, key=lambda ghost: -ghost[0]):
        painter.setOpacity(opacity / by)
        painter.drawImage(0, 0, _ghost(_sized(image, size), ground, QColor(colour)))
    painter.end()
    return skin


def _ghost(image: QImage, ground: QImage | None, colour: QColor) -> QImage:
    """A frame tinted, and transparent where it is as the ground is."""
    mask = _differing(image, ground) if ground is not None else None
    colour.setAlphaF(_TINT)
    painter = QPainter(image)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceAtop)
    painter.fillRect(image.rect(), colour)
    painter.end()
    if mask is not None:
        pixels = _pixels(image)
        cv2.multiply(pixels, cv2.merge([mask] * 4), dst=pixels, scale=1 / 255)
    return image


def _differing(image: QImage, ground: QImage) -> Pixels:
    """Where two frames of a size differ, 0 to 255 (height, width); the noise of a still picture does not count."""
    blue, green, red, alpha = cv2.split(cv2.absdiff(_pixels(image), _pixels(ground)))
    most = cv2.max(cv2.max(blue, green), cv2.max(red, alpha))
    return np.asarray(cv2.LUT(most, _CONTRAST), np.uint8)


def _sized(image: QImage, size: Size) -> QImage:
    """A frame of its own, premultiplied, at a size."""
    sized = image.scaled(
        QSize(size.width, size.height), Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    converted = sized.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    return converted.copy() if converted.cacheKey() == image.cacheKey() else converted


def _pixels(image: QImage) -> Pixels:
    return np.frombuffer(image.bits(), np.uint8).reshape(image.height(), image.width(), 4)
