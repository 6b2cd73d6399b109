"""The blend modes in float64 on colours that are not premultiplied, written from the standards, not from the program.

[PDF] ISO 32000-2:2020, 11.3.5.2 (table 134, separable) and 11.3.5.3 (table 135, non-separable), compositing 11.3.6.
[W3C] Compositing and Blending Level 1, https://www.w3.org/TR/compositing-1/: 5.1 (source-over), 10.1, 10.2.
The modes that neither has: [KRITA] libs/pigment/compositeops/KoCompositeOpFunctions.h, [GIMP]
app/operations/layer-modes/gimpoperationlayermode-blend.c.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.domain.document.blending import BlendMode

Colour = NDArray[np.float64]  # (n, 3), 0 to 1


def by_cases(*cases: tuple[Any, Any]) -> Colour:
    conditions, values = zip(*cases, strict=True)
    shape = np.broadcast_shapes(*(np.shape(part) for part in (*conditions, *values)))
    return np.asarray(
        np.select([np.broadcast_to(c, shape) for c in conditions], [np.broadcast_to(v, shape) for v in values])
    )


def ratio(a: Colour, b: Colour) -> Colour:
    found: Colour = np.divide(a, b, out=np.full(np.broadcast_shapes(a.shape, b.shape), np.inf), where=b != 0)
    return found


def multiply(b: Colour, s: Colour) -> Colour:
    return b * s


def screen(b: Colour, s: Colour) -> Colour:
    return 1 - (1 - b) * (1 - s)


def hard_light(b: Colour, s: Colour) -> Colour:
    return by_cases((s <= 0.5, multiply(b, 2 * s)), (True, screen(b, 2 * s - 1)))


def color_dodge(b: Colour, s: Colour) -> Colour:
    return by_cases((b == 0, 0.0), (s == 1, 1.0), (True, np.minimum(1, ratio(b, 1 - s))))


def color_burn(b: Colour, s: Colour) -> Colour:
    return by_cases((b == 1, 1.0), (s == 0, 0.0), (True, 1 - np.minimum(1, ratio(1 - b, s))))


def soft_light(b: Colour, s: Colour) -> Colour:
    d = np.where(b <= 0.25, ((16 * b - 12) * b + 4) * b, np.sqrt(b))
    return np.where(s <= 0.5, b - (1 - 2 * s) * b * (1 - b), b + (2 * s - 1) * (d - b))


def vivid_light(b: Colour, s: Colour) -> Colour:  # [KRITA] cfVividLight, [GIMP] vivid_light
    return np.where(s <= 0.5, color_burn(b, np.minimum(2 * s, 1)), color_dodge(b, np.maximum(2 * s - 1, 0)))


def pin_light(b: Colour, s: Colour) -> Colour:  # [GIMP] pin_light
    return np.where(s > 0.5, np.maximum(b, 2 * (s - 0.5)), np.minimum(b, 2 * s))


def divide(b: Colour, s: Colour) -> Colour:  # [KRITA] cfDivide: nothing divided by nothing is nothing
    return by_cases((b == 0, 0.0), (True, np.minimum(1, ratio(b, s))))


def lum(c: Colour) -> Colour:
    found: Colour = c @ np.array([0.3, 0.59, 0.11])
    return found[..., None]


def sat(c: Colour) -> Colour:
    spread: Colour = c.max(-1, keepdims=True) - c.min(-1, keepdims=True)
    return spread


def clip_color(c: Colour) -> Colour:
    level, low, high = lum(c), c.min(-1, keepdims=True), c.max(-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        c = np.where(low < 0, level + (c - level) * level / (level - low), c)
        return np.where(high > 1, level + (c - level) * (1 - level) / (high - level), c)


def set_lum(c: Colour, level: Colour) -> Colour:
    return clip_color(c + (level - lum(c)))


def set_sat(c: Colour, s: Colour) -> Colour:
    """The pseudocode of [PDF] and [W3C], which orders the three channels."""
    out, order = np.zeros_like(c), np.argsort(c, axis=-1, kind="stable")
    low, mid, high = (np.take_along_axis(c, order[..., k : k + 1], -1) for k in range(3))
    spread = np.where(high > low, high - low, 1.0)
    middle = np.where(high > low, (mid - low) * s / spread, 0.0)
    np.put_along_axis(out, order[..., 1:2], middle, -1)
    np.put_along_axis(out, order[..., 2:3], np.where(high > low, s, 0.0), -1)
    return out


BLENDS: dict[BlendMode, Callable[[Colour, Colour], Colour]] = {
    BlendMode.NORMAL: lambda b, s: s + 0 * b,
    BlendMode.PASS_THROUGH: lambda b, s: s + 0 * b,
    BlendMode.DARKEN: np.minimum,
    BlendMode.MULTIPLY: multiply,
    BlendMode.COLOR_BURN: color_burn,
    BlendMode.LINEAR_BURN: lambda b, s: np.maximum(0, b + s - 1),  # [KRITA] cfLinearBurn
    BlendMode.DARKER_COLOR: lambda b, s: np.where(lum(s) < lum(b) - 1e-9, s, b),  # [KRITA] cfDarkerColor
    BlendMode.LIGHTEN: np.maximum,
    BlendMode.SCREEN: screen,
    BlendMode.COLOR_DODGE: color_dodge,
    BlendMode.ADD: lambda b, s: np.minimum(1, b + s),  # [KRITA] cfAddition
    BlendMode.LIGHTER_COLOR: lambda b, s: np.where(lum(s) > lum(b) + 1e-9, s, b),  # [KRITA] cfLighterColor
    BlendMode.OVERLAY: lambda b, s: hard_light(s, b),
    BlendMode.SOFT_LIGHT: soft_light,
    BlendMode.HARD_LIGHT: hard_light,
    BlendMode.VIVID_LIGHT: vivid_light,
    BlendMode.LINEAR_LIGHT: lambda b, s: np.clip(b + 2 * s - 1, 0, 1),  # [KRITA] cfLinearLight
    BlendMode.PIN_LIGHT: pin_light,
    BlendMode.HARD_MIX: lambda b, s: np.where(b + s >= 1 - 1e-9, 1.0, 0.0),  # [KRITA] cfHardMixPhotoshop
    BlendMode.DIFFERENCE: lambda b, s: np.abs(b - s),
    BlendMode.EXCLUSION: lambda b, s: b + s - 2 * b * s,
    BlendMode.SUBTRACT: lambda b, s: np.maximum(0, b - s),  # [KRITA] cfSubtract
    BlendMode.DIVIDE: divide,
    BlendMode.HUE: lambda b, s: set_lum(set_sat(s, sat(b)), lum(b)),
    BlendMode.SATURATION: lambda b, s: set_lum(set_sat(b, sat(s)), lum(b)),
    BlendMode.COLOR: lambda b, s: set_lum(s, lum(b)),
    BlendMode.LUMINOSITY: lambda b, s: set_lum(b, lum(s)),
}


def composited(mode: BlendMode, backdrop: NDArray[np.uint8], source: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Premultiplied pixels (n, 4) from 0 to 255 over each other: co = cs·as·(1 − ab) + cb·ab·(1 − as) + as·ab·B."""
    ab, as_ = backdrop[:, 3:] / 255, source[:, 3:] / 255
    cb = np.divide(backdrop[:, :3] / 255, ab, out=np.zeros((len(ab), 3)), where=ab > 0)
    cs = np.divide(source[:, :3] / 255, as_, out=np.zeros((len(as_), 3)), where=as_ > 0)
    # What is 1 but for the last bit is 1: the limits of the formulas are meant exactly.
    cb, cs = (np.where(np.abs(c - 1) < 1e-12, 1.0, c) for c in (cb, cs))
    mix = BLENDS[mode](cb, cs)
    colour = cs * as_ * (1 - ab) + cb * ab * (1 - as_) + as_ * ab * mix
    return np.hstack([colour, as_ + ab - as_ * ab]) * 255
