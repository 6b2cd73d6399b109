"""What of the canvas is set in motion, and what of it stands still; in any thread."""

import dataclasses
from dataclasses import dataclass

import cv2
import numpy as np

from studio.domain.document.document import Document
from studio.domain.document.flow import freeze_of
from studio.domain.document.layers import AdjustmentLayer, Layer, MaskLayer
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size
from studio.imaging.blend import straight
from studio.imaging.compose import Compositor
from studio.imaging.flow import Mask
from studio.imaging.tiles import Pixels, TileStore
from studio.ui.paint.outlines import thinned

_FROZEN = 128  # of 255: what is marked as much as this stands still


@dataclass(frozen=True, slots=True)
class Motionless:
    """A picture, (h, w, 3), or (h, w, 4) with straight alpha; and where it stands still, (h, w), None for nowhere."""

    pixels: Pixels
    freeze: Mask | None


def still_of(compositor: Compositor, store: TileStore, document: Document, side: int, *, alone: bool) -> Motionless:
    """The canvas, or with `alone` its active layer, at most `side` pixels wide and high.

    Raises StudioError (INPUT) for a layer without a picture of its own.
    """
    level = 0
    while max(document.size.width, document.size.height) >> (level + 1) >= side:
        level += 1
    whole = Rect(0, 0, -(-document.size.width >> level), -(-document.size.height >> level))
    layers = _active(document) if alone else document.layers
    size = fitted(document.size, side)
    pixels = straight(_resized(compositor.render_layers(layers, whole, level), size))
    if (pixels[..., 3] == 255).all():
        pixels = np.ascontiguousarray(pixels[..., :3])
    marked = freeze_of(document)
    if marked is None or not marked.visible:
        return Motionless(pixels, None)
    freeze = _resized(thinned(store, marked.content, document.rect, 1 << level), size) >= _FROZEN
    return Motionless(pixels, np.asarray(freeze, np.bool_) if freeze.any() else None)


def _active(document: Document) -> tuple[Layer, ...]:
    layer = document.find(document.active)
    if layer is None or isinstance(layer, MaskLayer | AdjustmentLayer):
        message = f"“{layer.name}” has no picture that could flow." if layer else "No layer is chosen that could flow."
        raise StudioError(ErrorKind.INPUT, message, "Choose a paint layer, or let all that is seen flow.", "layer")
    return (dataclasses.replace(layer, visible=True),)


def fitted(size: Size, side: int) -> Size:
    """The size itself, or with the same shape one that is `side` pixels wide or high."""
    scale = min(1.0, side / max(size.width, size.height))
    return Size(max(2, round(size.width * scale)), max(2, round(size.height * scale)))


def _resized(pixels: Pixels, size: Size) -> Pixels:
    if (pixels.shape[1], pixels.shape[0]) == (size.width, size.height):
        return pixels
    return np.asarray(cv2.resize(pixels, (size.width, size.height), interpolation=cv2.INTER_AREA), np.uint8)
