"""A mask shown as a red film over what it hides, as a rubylith; or, a mask layer, in its colour over what it marks."""

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from studio.domain.document.layers import Mask
from studio.domain.geometry import Rect
from studio.imaging.tiles import Pixels, TileStore
from studio.ui.paint.outlines import thinned
from studio.ui.paint.pictures import Colour, blank
from studio.ui.paint.view import View

_DENSITY = 128  # of 255, where the mask is 0
RED: Colour = (224, 64, 48)


class Tint:
    """The film over the part of the document in sight, in pixels of the level on the screen."""

    def __init__(self, store: TileStore) -> None:
        self._store = store
        self._mask: Mask | None = None
        self._colour, self._marks = RED, False
        self._place = Rect(0, 0, 0, 0)  # of the document
        self._level = 0
        self._image = QImage()
        self._held: Pixels = np.zeros((0, 0, 4), np.uint8)

    def show(self, mask: Mask | None, colour: Colour = RED, *, marks: bool = False) -> None:
        """Another mask, or none. Its film lies where it is 0, or with `marks` where it is 255."""
        if mask is not self._mask or (colour, marks) != (self._colour, self._marks):
            self._mask, self._colour, self._marks = mask, colour, marks
            self._place = Rect(0, 0, 0, 0)

    def patch(self, rect: Rect, values: Pixels) -> None:
        """Put values (h, w) of a rectangle of the document over those of the mask."""
        step = 1 << self._level
        part = rect.intersected(self._place)
        if self._mask is None or part.empty:
            return
        left, top = -(-part.x // step) * step, -(-part.y // step) * step
        seen = values[top - rect.y : part.bottom - rect.y : step, left - rect.x : part.right - rect.x : step]
        x, y = (left - self._place.x) // step, (top - self._place.y) // step
        self._film(self._held[y : y + seen.shape[0], x : x + seen.shape[1]], seen)

    def draw(self, painter: QPainter, view: View, canvas: Rect, level: int) -> None:
        """Over the picture."""
        if self._mask is None:
            return
        step = 1 << level
        seen = view.visible.intersected(canvas)
        if seen.empty:
            return
        if not self._place.contains(seen) or level != self._level:
            self._make(seen, canvas, level)
        painter.save()
        painter.setTransform(view.transform(), True)
        painter.setClipRect(QRectF(canvas.x, canvas.y, canvas.width, canvas.height))
        size = (self._image.width() * step, self._image.height() * step)
        painter.drawImage(QRectF(self._place.x, self._place.y, *size), self._image)
        painter.restore()

    def _make(self, seen: Rect, canvas: Rect, level: int) -> None:
        assert self._mask is not None
        step = 1 << level
        left, top = seen.x // step * step, seen.y // step * step
        self._place = Rect(left, top, seen.right - left, seen.bottom - top)
        self._level = level
        values = thinned(self._store, self._mask, self._place, step)
        self._image, self._held = blank(values.shape[1], values.shape[0])
        self._film(self._held, values)

    def _film(self, out: Pixels, values: Pixels) -> None:
        _film(out, values if self._marks else ~values, self._colour)


def _film(out: Pixels, values: Pixels, tint: Colour) -> None:
    alpha = (values.astype(np.uint16) * _DENSITY) // 255
    for channel, colour in enumerate(reversed(tint)):
        out[..., channel] = alpha * colour // 255
    out[..., 3] = alpha
