"""One frame out of pictures: each placed, and blended onto those below with the mathematics of canvas layers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from studio.domain.document.blending import BlendMode
from studio.domain.document.layers import Matrix
from studio.domain.geometry import Rect, Size
from studio.imaging.blend import blend_onto, faded, premultiplied, straight
from studio.imaging.montage.placing import Transform, fills, opaque, placed, placement
from studio.imaging.tiles import Pixels

_UNMOVED = Transform()
_BAND = 32  # rows whose planes stay in a core's cache together
_PLAIN = (BlendMode.NORMAL, BlendMode.PASS_THROUGH)


@dataclass(frozen=True, eq=False, slots=True)
class Layer:
    """A picture, (h, w, 4) with straight alpha, and how it is laid onto what lies below; `opacity` is in [0, 1]."""

    pixels: Pixels
    how: Transform = field(default_factory=Transform)
    mode: BlendMode = BlendMode.NORMAL
    opacity: float = 1.0

    @property
    def size(self) -> Size:
        """Of the picture, in its own pixels."""
        return Size(self.pixels.shape[1], self.pixels.shape[0])

    @property
    def plain(self) -> bool:
        """Whether it hides what lies below wherever it is opaque."""
        return self.mode in _PLAIN and self.opacity >= 1

    def hides(self, frame: Size) -> bool:
        """Whether nothing that lies below can be seen in a frame of this size."""
        if not self.plain or not opaque(self.pixels):
            return False
        if self.size == frame and self.how == _UNMOVED:
            return True
        matrix = self._matrix(frame)
        return matrix is not None and fills(matrix, self.size, frame)

    def as_it_is(self, frame: Size) -> bool:
        """Whether its own pixels are what a frame of this size shows where nothing lies below."""
        whole = self.opacity >= 1 and self.mode is not BlendMode.DISSOLVE
        return whole and self.size == frame and self.how == _UNMOVED

    def _matrix(self, frame: Size) -> Matrix | None:
        return placement(self.size, frame, self.how)

    def seen(self, frame: Size) -> tuple[Pixels, Rect]:
        """What it shows inside the frame: premultiplied pixels (its own, maybe) before they are blended, and where."""
        matrix = self._matrix(frame) if self.opacity > 0 else None
        if matrix is None:
            return np.zeros((0, 0, 4), np.uint8), Rect(0, 0, 0, 0)
        pixels = self.pixels if opaque(self.pixels) else premultiplied(self.pixels)
        found, part = placed(pixels, matrix, frame)
        return faded(found, self.opacity, None), part


def visible(layers: Sequence[Callable[[], Layer]], frame: Size) -> list[Layer]:
    """Of layers from the lowest to the uppermost those that can be seen, in that order; the others are not made."""
    found: list[Layer] = []
    for make in reversed(layers):
        layer = make()
        found.append(layer)
        if layer.hides(frame):
            break
    return found[::-1]


def stacked(layers: Sequence[Layer], frame: Size) -> Pixels:
    """The frame, (height, width, 4) with straight alpha, of layers from the lowest to the uppermost; transparent where
    there is none. One layer that fills the frame as it is comes back itself, not as a copy.
    """
    if len(layers) == 1 and layers[0].as_it_is(frame):
        return layers[0].pixels
    canvas: Pixels | None = None
    for layer in layers:
        pixels, part = layer.seen(frame)
        if part.empty:
            continue
        if canvas is None and part == Rect.of(frame) and layer.mode is not BlendMode.DISSOLVE:
            # On nothing, each mode is NORMAL.
            canvas = pixels.copy() if pixels.base is not None or pixels is layer.pixels else pixels
            continue
        if canvas is None:
            canvas = np.zeros((frame.height, frame.width, 4), np.uint8)
        below = canvas[part.y : part.bottom, part.x : part.right]
        blend_onto(layer.mode, below, np.ascontiguousarray(pixels), (part.x, part.y))
    if canvas is None:
        return np.zeros((frame.height, frame.width, 4), np.uint8)
    return canvas if opaque(canvas) else _straight(canvas)


def _straight(pixels: Pixels) -> Pixels:
    out = np.empty_like(pixels)
    for top in range(0, len(pixels), _BAND):
        out[top : top + _BAND] = straight(pixels[top : top + _BAND])
    return out


def flattened(pixels: Pixels) -> Pixels:
    """(h, w, 3) of (h, w, 4) with straight alpha, on black, as video without alpha is shown; a new array."""
    seen = pixels if opaque(pixels) else premultiplied(pixels)
    return np.asarray(cv2.cvtColor(seen, cv2.COLOR_RGBA2RGB), np.uint8)
