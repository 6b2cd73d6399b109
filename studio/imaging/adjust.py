"""Adjustments carried out: on colours that are not multiplied by alpha, with alpha kept as it is."""

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.domain.document.adjustments import (
    Adjustment,
    Balance,
    Blur,
    ColorBalance,
    CurvePoint,
    Curves,
    HueSaturation,
    Levels,
    Sharpen,
)
from studio.domain.errors import ErrorKind, StudioError
from studio.imaging.blend import Corner, interleaved, planes_of, premultiplied, straight
from studio.imaging.composing.blurring import blurred
from studio.imaging.composing.formulas import Planes
from studio.imaging.tiles import Pixels

Table = NDArray[np.float64]
_STEPS = np.linspace(0.0, 1.0, 256)


def adjusted(
    pixels: Pixels, adjustment: Adjustment, corner: Corner = (0, 0), margin: int = 0, soft: Planes | None = None
) -> Pixels:
    """`pixels` (height, width, 4, premultiplied) under an adjustment.

    `corner` is the place (x, y) of the upper left pixel in the document, and the result is `margin` pixels smaller on
    each side: with a margin of `reach(adjustment)` it is what the whole picture would give there. `soft` has the
    result's colours under the blur, (3, n) from 0 to 255, where they are known already. Raises StudioError (INPUT) for
    levels whose black is not below their white, and for curves whose points do not grow in x.
    """
    inner = pixels[margin : pixels.shape[0] - margin, margin : pixels.shape[1] - margin]
    if not inner.size or not inner[..., 3].any():
        return inner.copy()
    if isinstance(adjustment, Levels | Curves):
        return premultiplied(_looked_up(straight(inner), tables(adjustment)))
    planes = planes_of(inner)
    colour = planes[:3]
    colour *= 1 / np.maximum(planes[3], 1)
    if isinstance(adjustment, Blur | Sharpen):
        if adjustment.radius <= 0:
            return inner.copy()
        soft = (blurred(pixels, adjustment.radius, corner, margin) if soft is None else soft) / np.float32(255)
        colour = soft if isinstance(adjustment, Blur) else _sharpened(colour, soft, adjustment)
    elif isinstance(adjustment, HueSaturation):
        colour = _colorized(colour, adjustment) if adjustment.colorize else _turned(colour, adjustment)
    else:
        colour = _balanced(colour, adjustment)
    planes[:3] = np.clip(colour, 0, 1) * planes[3]
    return interleaved(planes, inner)


def tables(adjustment: Levels | Curves) -> Pixels:
    """Where each of the 256 values of red, green and blue goes: (3, 256). Raises StudioError as `adjusted` does."""
    if isinstance(adjustment, Levels):
        found = np.stack([_levels(adjustment)] * 3)
    else:
        channels = (adjustment.red, adjustment.green, adjustment.blue)
        # The channel's own curve first, then the one for all, as in GIMP and Photoshop.
        found = np.stack([curve(adjustment.value, curve(points, _STEPS)) for points in channels])
    return np.floor(np.clip(found, 0, 1) * 255 + 0.5).astype(np.uint8)


def curve(points: tuple[CurvePoint, ...], at: Table) -> Table:
    """The monotone cubic through the points at these x, level before the first and after the last.

    F. N. Fritsch and R. E. Carlson, "Monotone Piecewise Cubic Interpolation", SIAM J. Numer. Anal. 17 (1980): between
    two points the curve never leaves their range. Raises StudioError (INPUT) where x does not grow.
    """
    x, y = np.array([point.x for point in points]), np.array([point.y for point in points])
    if not len(x) or (np.diff(x) <= 0).any():
        raise StudioError(
            ErrorKind.INPUT, "The points of the curve do not run from left to right.",
            "Give every point its own place, further right than the one before it.", "curves",
        )  # fmt: skip
    if len(x) == 1:
        return np.full_like(at, y[0])
    width, slope = np.diff(x), np.diff(y) / np.diff(x)
    tangent = np.concatenate([slope[:1], (slope[:-1] + slope[1:]) / 2, slope[-1:]])
    turns = np.concatenate([[False], slope[:-1] * slope[1:] <= 0, [False]])
    tangent[turns] = 0
    for start, rise in enumerate(np.abs(slope)):
        length = float(np.hypot(*tangent[start : start + 2]))
        if length > 3 * rise:  # outside the circle of radius 3 the cubic would overshoot
            tangent[start : start + 2] *= 3 * rise / length
    inside = np.clip(at, x[0], x[-1])
    k = np.clip(np.searchsorted(x, inside, side="right") - 1, 0, len(width) - 1)
    t, h = (inside - x[k]) / width[k], width[k]
    found: Table = (
        y[k] * (2 * t**3 - 3 * t**2 + 1)
        + h * tangent[k] * (t**3 - 2 * t**2 + t)
        + y[k + 1] * (3 * t**2 - 2 * t**3)
        + h * tangent[k + 1] * (t**3 - t**2)
    )
    return found


def _levels(levels: Levels) -> Table:
    if not levels.black < levels.white or levels.gamma <= 0:
        raise StudioError(
            ErrorKind.INPUT, "The black of the levels is not below their white.",
            "Move the black slider to the left of the white one, and keep the gamma above zero.", "levels",
        )  # fmt: skip
    part = np.clip((_STEPS - levels.black) / (levels.white - levels.black), 0, 1) ** (1 / levels.gamma)
    return levels.out_black + (levels.out_white - levels.out_black) * part


def _looked_up(colours: Pixels, table: Pixels) -> Pixels:
    whole = np.stack([*table, np.arange(256, dtype=np.uint8)], axis=-1)
    return np.asarray(cv2.LUT(colours, whole.reshape(1, 256, 4)), np.uint8)


def _sharpened(colour: Planes, soft: Planes, sharpen: Sharpen) -> Planes:
    """The unsharp mask: what the blur took away, added again `amount` times."""
    detail = colour - soft
    detail[np.abs(detail) < sharpen.threshold] = 0
    return colour + np.float32(sharpen.amount) * detail


def _turned(colour: Planes, change: HueSaturation) -> Planes:
    """Hue, saturation and lightness changed in HSL, as GIMP's and Photoshop's "Hue/Saturation" do."""
    hue, saturation, lightness = _hsl(colour)
    saturation = np.clip(saturation * np.float32(1 + change.saturation), 0, 1)
    hue = (hue + np.float32(change.hue / 60)) % np.float32(6)
    return _rgb(hue, saturation, _lighter(lightness, change.lightness))


def _colorized(colour: Planes, change: HueSaturation) -> Planes:
    """One hue for all: the lightness is the luma of ITU-R BT.709, a saturation of 0 stands for half of the full one."""
    luma = np.float32(0.2126) * colour[0] + np.float32(0.7152) * colour[1] + np.float32(0.0722) * colour[2]
    saturation = np.full_like(luma, (1 + change.saturation) / 2)
    hue = np.full_like(luma, (change.hue / 60) % 6)
    return _rgb(hue, saturation, _lighter(luma, change.lightness))


def _lighter(lightness: Planes, by: float) -> Planes:
    """Towards white for a positive `by`, towards black for a negative one."""
    if by < 0:
        return lightness * np.float32(1 + by)
    return lightness + np.float32(by) * (1 - lightness)


def _balanced(colour: Planes, change: ColorBalance) -> Planes:
    """GIMP's colour balance (app/operations/gimpoperationcolorbalance.c): three soft ranges of the HSL lightness."""
    hue, saturation, lightness = _hsl(colour)
    edge, end, scale = np.float32(0.25), np.float32(0.333), np.float32(0.7)
    rises = np.clip((lightness - end) / edge + np.float32(0.5), 0, 1)
    bright = np.clip((lightness + end - 1) / edge + np.float32(0.5), 0, 1)
    shares = ((change.shadows, 1 - rises), (change.midtones, rises * (1 - bright)), (change.highlights, bright))
    out = colour.copy()
    for balance, share in shares:
        if balance != Balance():
            shift = np.array([balance.red, balance.green, balance.blue], np.float32)
            out += shift[:, None] * (share * scale)
    out = np.clip(out, 0, 1)
    if change.preserve_luminosity:
        hue, saturation, _ = _hsl(out)
        out = _rgb(hue, saturation, lightness)
    return out


def _hsl(colour: Planes) -> tuple[Planes, Planes, Planes]:
    """Hue from 0 to 6, saturation and lightness from 0 to 1 (CSS Color Module Level 4, section 7)."""
    red, green, blue = colour
    high, low = colour.max(0), colour.min(0)
    chroma, lightness = high - low, (high + low) / 2
    divisor = np.where(chroma > 0, chroma, np.float32(1))
    hue = np.where(high == red, (green - blue) / divisor % np.float32(6), (blue - red) / divisor + 2)
    hue = np.where((high == blue) & (high != red) & (high != green), (red - green) / divisor + 4, hue)
    room = 1 - np.abs(2 * lightness - 1)
    saturation = np.where(chroma > 0, chroma / np.where(room > 0, room, np.float32(1)), np.float32(0))
    return hue, np.minimum(saturation, 1), lightness


def _rgb(hue: Planes, saturation: Planes, lightness: Planes) -> Planes:
    """The inverse of `_hsl`; (3, n)."""
    reach = saturation * np.minimum(lightness, 1 - lightness)
    out = np.empty((3, *hue.shape), np.float32)
    for channel, offset in enumerate((0.0, 8.0, 4.0)):
        k = (np.float32(offset) + 2 * hue) % np.float32(12)
        out[channel] = lightness - reach * np.clip(np.minimum(k - 3, 9 - k), -1, 1)
    return out
