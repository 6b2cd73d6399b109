"""Pixels as floating point for mixing, with alpha multiplied in, and back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.imaging.pixels import Pixels

Planes = NDArray[np.float32]
Poll = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A frame of a clip that is made: its index, its pixels, and what is special about it, "" for nothing."""

    index: int
    pixels: Pixels
    note: str = ""


def unheard() -> None:
    """A poll that never cancels."""


def planes_of(pixels: Pixels) -> Planes:
    """float32 in 0 to 255, height × width × 3 or 4; colours are multiplied by alpha, so that they can be averaged."""
    planes = pixels.astype(np.float32)
    if pixels.shape[2] == 4:
        planes[..., :3] *= planes[..., 3:] / 255
    return planes


def pixels_of(planes: NDArray[Any]) -> Pixels:
    """The pixels that `planes_of` would make these planes of; rounded, and black where alpha is 0."""
    if planes.shape[2] == 4:
        alpha = planes[..., 3:]
        planes = np.dstack([planes[..., :3] * (255 / np.maximum(alpha, 0.5)), alpha])
    return np.asarray(np.clip(np.rint(planes), 0, 255), np.uint8)
