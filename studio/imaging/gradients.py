"""Gradients: pixels that run through colours, dithered so that slow ones show no bands."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect
from studio.imaging.painting.ink import Color
from studio.imaging.tiles import Pixels

Floats = NDArray[np.float64]


class GradientKind(StrEnum):
    """How the colours are laid out between the start and the end."""

    LINEAR = "linear"  # along the line
    RADIAL = "radial"  # in circles around the start, through the end
    CONICAL = "conical"  # once around the start, clockwise from the direction of the end
    REFLECTED = "reflected"  # along the line, and the same on the other side of the start


class Stop(NamedTuple):
    """A colour, straight sRGB with alpha 0 to 1, at a share of the way (0 to 1)."""

    at: float
    color: Color
    alpha: float = 1.0


@dataclass(frozen=True, slots=True)
class Gradient:
    """Colours from `start` to `end` (document pixels), as they are before the first stop and after the last.

    Between stops premultiplied sRGB values are mixed, so that what fades to transparent keeps its colour. Raises
    StudioError (INPUT) for no stops, stops out of order or out of range, and ends at one place.
    """

    kind: GradientKind
    start: tuple[float, float]
    end: tuple[float, float]
    stops: tuple[Stop, ...]

    def __post_init__(self) -> None:
        places = [stop.at for stop in self.stops]
        if not places or places != sorted(places) or not 0 <= places[0] <= places[-1] <= 1:
            message = "The stops of the gradient are out of order or out of range."
            raise StudioError(ErrorKind.INPUT, message, "Use stops from 0 to 1 in growing order.", "stops")
        if not all(map(math.isfinite, (*self.start, *self.end))) or math.dist(self.start, self.end) < 0.01:
            message = "The gradient has no length."
            raise StudioError(ErrorKind.INPUT, message, "Drag from where it begins to where it ends.", "end")


def between(kind: GradientKind, start: tuple[float, float], end: tuple[float, float], *colors: Color) -> Gradient:
    """A gradient through opaque colours at equal distances. Raises StudioError (INPUT) as `Gradient` does."""
    last = max(1, len(colors) - 1)
    return Gradient(kind, start, end, tuple(Stop(i / last, color) for i, color in enumerate(colors)))


def gradient_pixels(gradient: Gradient, rect: Rect) -> Pixels:
    """The gradient in a rectangle: premultiplied (h, w, 4). A part of a rectangle is what the whole has there.

    The remainders of the rounding are spread by interleaved gradient noise (Jimenez, "Next Generation Post Processing
    in Call of Duty: Advanced Warfare", 2014), the same for all channels, which keeps colours below alpha.
    """
    x = np.arange(rect.x, rect.right, dtype=np.float64)[None, :]
    y = np.arange(rect.y, rect.bottom, dtype=np.float64)[:, None]
    share = _share(gradient, x + 0.5, y + 0.5)
    noise = 52.9829189 * ((0.06711056 * x + 0.00583715 * y) % 1) % 1
    out = np.empty((rect.height, rect.width, 4), np.uint8)
    places = [stop.at for stop in gradient.stops]
    for channel, values in enumerate(_channels(gradient.stops)):
        exact = np.interp(share, places, values)
        # Whole values, such as those beyond the ends, must not be dithered by an error in the last digits.
        out[..., channel] = np.clip(np.floor(np.round(exact, 6) + noise * (1 - 1e-6)), 0, 255)
    return out


def _channels(stops: Sequence[Stop]) -> list[list[float]]:
    premultiplied = [[*(value * stop.alpha for value in stop.color), 255 * stop.alpha] for stop in stops]
    return [list(channel) for channel in zip(*premultiplied, strict=True)]


def _share(gradient: Gradient, x: Floats, y: Floats) -> Floats:
    """How far along the gradient each place is; beyond 0 to 1 outside its ends."""
    (x0, y0), (x1, y1) = gradient.start, gradient.end
    dx, dy = x1 - x0, y1 - y0
    length = math.hypot(dx, dy)
    match gradient.kind:
        case GradientKind.LINEAR:
            return np.asarray(((x - x0) * dx + (y - y0) * dy) / length**2)
        case GradientKind.REFLECTED:
            return np.asarray(np.abs((x - x0) * dx + (y - y0) * dy) / length**2)
        case GradientKind.RADIAL:
            return np.asarray(np.hypot(x - x0, y - y0) / length)
        case GradientKind.CONICAL:
            turn = np.arctan2(y - y0, x - x0) - math.atan2(dy, dx)
            return np.asarray(turn / (2 * np.pi) % 1)
