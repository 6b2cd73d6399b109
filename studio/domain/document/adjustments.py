"""Adjustments of colour and sharpness, as values; `studio/imaging/adjust.py` carries them out.

Channel values are fractions of full scale in sRGB's own encoding, 0 to 1, unless another unit is given.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Levels:
    """Input black and white (0 ≤ black < white ≤ 1), midtone gamma (0.1 to 10), and output black and white."""

    black: float = 0.0
    white: float = 1.0
    gamma: float = 1.0
    out_black: float = 0.0
    out_white: float = 1.0


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A point of a curve: x and y in [0, 1]."""

    x: float
    y: float


LINE = (CurvePoint(0.0, 0.0), CurvePoint(1.0, 1.0))


@dataclass(frozen=True, slots=True)
class Curves:
    """A monotone cubic through points of growing x for all channels, and one more for each channel."""

    value: tuple[CurvePoint, ...] = LINE
    red: tuple[CurvePoint, ...] = LINE
    green: tuple[CurvePoint, ...] = LINE
    blue: tuple[CurvePoint, ...] = LINE


@dataclass(frozen=True, slots=True)
class HueSaturation:
    """Hue turned by −180 to 180 degrees; saturation and lightness by −1 to 1. `colorize` sets the hue instead."""

    hue: float = 0.0
    saturation: float = 0.0
    lightness: float = 0.0
    colorize: bool = False


@dataclass(frozen=True, slots=True)
class Balance:
    """Shifts from cyan to red, magenta to green, yellow to blue, each −1 to 1."""

    red: float = 0.0
    green: float = 0.0
    blue: float = 0.0


@dataclass(frozen=True, slots=True)
class ColorBalance:
    """A balance for the shadows, the midtones and the highlights."""

    shadows: Balance = Balance()
    midtones: Balance = Balance()
    highlights: Balance = Balance()
    preserve_luminosity: bool = True


@dataclass(frozen=True, slots=True)
class Blur:
    """A Gaussian blur; `radius`, its standard deviation, in pixels, 0 to 500."""

    radius: float = 4.0


@dataclass(frozen=True, slots=True)
class Sharpen:
    """An unsharp mask: the radius in pixels (0 to 100), the amount (0 to 5) and the smallest difference (0 to 1)."""

    radius: float = 1.5
    amount: float = 0.7
    threshold: float = 0.0


Adjustment = Levels | Curves | HueSaturation | ColorBalance | Blur | Sharpen


def reach(adjustment: Adjustment) -> int:
    """How many pixels away a pixel's result looks, so that a tile is adjusted as the whole picture would be."""
    if isinstance(adjustment, Blur | Sharpen):
        return int(adjustment.radius * 4) + 1 if adjustment.radius else 0
    return 0
