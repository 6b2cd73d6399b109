"""Which pixels two pictures do not share."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.domain.geometry import Rect, Size
from studio.imaging.pixels import Pixels


@dataclass(frozen=True, slots=True)
class Difference:
    """How two pictures of `size` differ: the number of pixels that do, by `largest` of 255 levels in a channel, all of
    them inside `where`, which is None when none does."""

    size: Size
    pixels: int = 0
    largest: int = 0
    where: Rect | None = None


def difference(one: Pixels, other: Pixels, tolerance: int = 0) -> Difference:
    """How two pictures differ by more than `tolerance` levels; (h, w, 3), or (h, w, 4) with straight alpha.

    Raises ValueError when they have different sizes.
    """
    levels = _levels(one, other)
    size = Size(levels.shape[1], levels.shape[0])
    rows, columns = np.nonzero(levels > tolerance)
    if not len(rows):
        return Difference(size)
    x, y = int(columns.min()), int(rows.min())
    where = Rect(x, y, int(columns.max()) + 1 - x, int(rows.max()) + 1 - y)
    return Difference(size, len(rows), int(levels.max()), where)


def difference_map(one: Pixels, other: Pixels) -> Pixels:
    """A picture (h, w, 3) of where two differ: black where they do not, and white where they differ most.

    Raises ValueError when they have different sizes.
    """
    levels = _levels(one, other).astype(np.float32)
    grey = np.rint(levels * (255 / max(1.0, float(levels.max())))).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _levels(one: Pixels, other: Pixels) -> NDArray[np.int16]:
    """The largest difference of any channel, of each pixel."""
    if one.shape[:2] != other.shape[:2]:
        raise ValueError("the pictures have different sizes")
    levels: NDArray[np.int16] = np.abs(_layered(one) - _layered(other)).max(axis=2)
    return levels


def _layered(pixels: Pixels) -> NDArray[np.int16]:
    """With alpha, and wide enough to subtract."""
    opaque = np.full((*pixels.shape[:2], 1), 255, np.uint8)
    return (pixels if pixels.shape[2] == 4 else np.concatenate([pixels, opaque], axis=2)).astype(np.int16)
