"""What stands in the masked part before a model sees it, or instead of a model. Made from the pixels outside alone.

Pixels are RGB, (height, width, 3) uint8; `hole` is (height, width) bool, True where they are to be replaced. Always the
same result for the same input.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.domain.inpainting import Infill
from studio.imaging.patchmatch import content_fill
from studio.imaging.pixels import Pixels

Hole = NDArray[np.bool_]
Floats = NDArray[np.float32]
_GREY = 128
_TELEA_RADIUS = 5  # pixels
_GRAIN = (12.0, 48.0)  # least and most standard deviation of the noise, of 255
_CELL = 8  # pixels between the values of the coarse half of the noise


def infilled(pixels: Pixels, hole: Hole, how: Infill) -> Pixels:
    """The picture with its hole filled; grey where there is nothing outside to go by."""
    if how is Infill.NONE or not hole.any():
        return pixels
    if hole.all():
        return np.full_like(pixels, _GREY)
    out = pixels.copy()
    out[hole] = _FILLS[how](pixels, hole)[hole]
    return out


def membrane(values: Floats, known: Floats) -> Floats:
    """`values` (height, width, channels) carried on smoothly to where `known` (height, width), in [0, 1], is 0.

    The pull and push of Gortler et al. 1996 ("The Lumigraph"), smoothed on each level: nearly the surface without
    creases through the known values, in time that grows with the number of pixels alone.
    """
    height, width = known.shape
    share = known[..., None]
    if max(height, width) == 1 or bool((known >= 1).all()):
        return values
    half = ((width + 1) // 2, (height + 1) // 2)
    weight = _shrunk(known, half)
    small = _shrunk(values * share, half) / np.maximum(weight, 1e-6)[..., None]
    coarse = membrane(np.where(weight[..., None] > 0, small, 0).astype(np.float32), np.minimum(1, 4 * weight))
    up = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR).reshape(values.shape)
    found = np.asarray(up, np.float32)
    for _ in range(3):
        found = values * share + cv2.blur(found, (3, 3)).reshape(values.shape) * (1 - share)
    return found


def _shrunk(values: Floats, size: tuple[int, int]) -> Floats:
    return np.asarray(
        cv2.resize(values, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], *values.shape[2:]), np.float32
    )


def _blur(pixels: Pixels, hole: Hole) -> Pixels:
    filled = membrane(pixels.astype(np.float32), (~hole).astype(np.float32))
    return np.asarray(np.rint(filled).clip(0, 255), np.uint8)


def _edge_extend(pixels: Pixels, hole: Hole) -> Pixels:
    _, labels = cv2.distanceTransformWithLabels(
        hole.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    known = ~hole
    of_label = np.zeros((int(labels.max()) + 1, 3), np.uint8)
    of_label[labels[known]] = pixels[known]
    return np.asarray(of_label[labels], np.uint8)


def _noise(pixels: Pixels, hole: Hole) -> Pixels:
    """Grain in two sizes over the smooth fill, as strong as the picture's own contrast."""
    generator = np.random.default_rng(0)
    height, width = hole.shape
    fine = generator.standard_normal((height, width, 3), np.float32)
    cells = generator.standard_normal((height // _CELL + 2, width // _CELL + 2, 3), np.float32)
    coarse = cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC)
    strength = np.clip(pixels[~hole].std(axis=0), *_GRAIN)
    grained = _blur(pixels, hole) + (0.5 * fine + 0.87 * coarse) * strength
    return np.asarray(np.rint(grained).clip(0, 255), np.uint8)


def _telea(pixels: Pixels, hole: Hole) -> Pixels:
    """Telea 2004, "An image inpainting technique based on the fast marching method"."""
    marked = hole.astype(np.uint8)
    return np.asarray(cv2.inpaint(np.ascontiguousarray(pixels), marked, _TELEA_RADIUS, cv2.INPAINT_TELEA), np.uint8)


def _content(pixels: Pixels, hole: Hole) -> Pixels:
    return content_fill(pixels, hole, _blur(pixels, hole))


_FILLS: dict[Infill, Callable[[Pixels, Hole], Pixels]] = {
    Infill.BLUR: _blur,
    Infill.EDGE_EXTEND: _edge_extend,
    Infill.NOISE: _noise,
    Infill.TELEA: _telea,
    Infill.CONTENT: _content,
}
