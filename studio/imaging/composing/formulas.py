"""The formulas of the blend modes.

Each takes planes of float32 and gives X = as·ab·B(cb, cs), the part of the result where the source's shape and the
backdrop's meet. To need no division by alpha, the formulas are written in u = cs·p and v = cb·p, where p = as·ab;
B is homogeneous in these: p·B(v/p, u/p). With colours and alphas as integers from 0 to 255, u, v and p are integers up
to 65,025, which float32 holds exactly, so that all modes without a quotient or a root are exact.

Sources, named at each formula:
[PDF] ISO 32000-2:2020 (PDF 2.0), 11.3.5, tables 134 and 135;
[W3C] Compositing and Blending Level 1, sections 10.1 and 10.2;
[PSD] the modes that neither knows: "Blending mode descriptions" of Adobe Photoshop's user guide, with the formulas as
in Krita's KoCompositeOpFunctions.h and GIMP's app/operations/layer-modes/gimpoperationlayermode-blend.c.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.domain.document.blending import BlendMode

Planes = NDArray[np.floating[Any]]  # float32
_NEVER_ZERO = 0.5  # a quotient's divisor is a whole number: less than 1 means 0
_TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Meeting:
    """A source over a backdrop.

    `source` and `backdrop`: premultiplied colours (3, n), 0 to 255; `both`: p = as·ab (n); `u` = cs·p and `v` = cb·p
    (3, n), all three from 0 to 65,025. `alpha`: the backdrop's (n), 0 to 255.
    """

    source: Planes
    backdrop: Planes
    alpha: Planes
    u: Planes
    v: Planes
    both: Planes


Formula = Callable[[Meeting], Planes]


def _least(a: Planes, b: Planes | float) -> Planes:
    found: Planes = np.minimum(a, b)
    return found


def _most(a: Planes, b: Planes | float) -> Planes:
    found: Planes = np.maximum(a, b)
    return found


def _normal(m: Meeting) -> Planes:
    """cs [PDF, W3C]."""
    return m.u


def _multiply(m: Meeting) -> Planes:
    """cb·cs [PDF, W3C]."""
    return m.source * m.backdrop


def _screen(m: Meeting) -> Planes:
    """cb + cs − cb·cs [PDF, W3C]."""
    return m.u + m.v - m.source * m.backdrop


def _darken(m: Meeting) -> Planes:
    """min(cb, cs) [PDF, W3C]."""
    return _least(m.u, m.v)


def _lighten(m: Meeting) -> Planes:
    """max(cb, cs) [PDF, W3C]."""
    return _most(m.u, m.v)


def _difference(m: Meeting) -> Planes:
    """|cb − cs| [PDF, W3C]."""
    return _most(m.u - m.v, m.v - m.u)


def _exclusion(m: Meeting) -> Planes:
    """cb + cs − 2·cb·cs [PDF, W3C]."""
    return m.u + m.v - 2 * m.source * m.backdrop


def _add(m: Meeting) -> Planes:
    """min(1, cb + cs): "linear dodge" [PSD]; OpenRaster's svg:plus, within the shape that both share."""
    return _least(m.u + m.v, m.both)


def _subtract(m: Meeting) -> Planes:
    """max(0, cb − cs) [PSD]."""
    return _most(m.v - m.u, 0)


def _divide(m: Meeting) -> Planes:
    """min(1, cb / cs), with 0 / 0 = 0 [PSD]."""
    return _least(m.v * (m.both / _most(m.u, _NEVER_ZERO)), m.both)


def _linear_burn(m: Meeting) -> Planes:
    """max(0, cb + cs − 1) [PSD]."""
    return _most(m.u + m.v - m.both, 0)


def _linear_light(m: Meeting) -> Planes:
    """cb + 2·cs − 1 within [0, 1] [PSD]."""
    return _least(_most(m.v + 2 * m.u - m.both, 0), m.both)


def _pin_light(m: Meeting) -> Planes:
    """min(cb, 2·cs) for cs ≤ ½, else max(cb, 2·cs − 1) [PSD]."""
    twice = 2 * m.u
    return _most(_least(m.v, twice), twice - m.both)


def _hard_mix(m: Meeting) -> Planes:
    """1 where cb + cs ≥ 1, else 0 [PSD]."""
    return np.where(m.u + m.v >= m.both, m.both, np.float32(0))


def _hard_light(m: Meeting) -> Planes:
    """Multiply by 2·cs for cs ≤ ½, else screen with 2·cs − 1 [PDF, W3C]."""
    return _multiplied_or_screened(m, m.u)


def _overlay(m: Meeting) -> Planes:
    """Hard light with source and backdrop exchanged [PDF, W3C]."""
    return _multiplied_or_screened(m, m.v)


def _multiplied_or_screened(m: Meeting, decides: Planes) -> Planes:
    twice = 2 * m.source * m.backdrop
    return np.where(2 * decides <= m.both, twice, 2 * (m.u + m.v) - m.both - twice)


def _color_dodge(m: Meeting) -> Planes:
    """0 for cb = 0, 1 for cs = 1, else min(1, cb / (1 − cs)) [PDF, W3C]."""
    return _least(m.v * (m.both / _most(m.both - m.u, _NEVER_ZERO)), m.both)


def _color_burn(m: Meeting) -> Planes:
    """1 for cb = 1, 0 for cs = 0, else 1 − min(1, (1 − cb) / cs) [PDF, W3C]."""
    left: Planes = m.both - m.v
    return m.both - _least(left * (m.both / _most(m.u, _NEVER_ZERO)), m.both)


def _vivid_light(m: Meeting) -> Planes:
    """Color burn by 2·cs for cs ≤ ½, else color dodge by 2·cs − 1 [PSD]."""
    burns = 2 * m.u <= m.both
    divisor = 2 * np.where(burns, m.u, m.both - m.u)
    part = np.where(burns, m.both - m.v, m.v)
    part = _least(part * (m.both / _most(divisor, _NEVER_ZERO)), m.both)
    return np.where(burns, m.both - part, part)


def _soft_light(m: Meeting) -> Planes:
    """cb − (1 − 2·cs)·cb·(1 − cb) for cs ≤ ½, else cb + (2·cs − 1)·(D(cb) − cb) [PDF, W3C].

    D(x) = ((16·x − 12)·x + 4)·x for x ≤ ¼, else √x.
    """
    towards = 2 * m.u - m.both
    x = m.backdrop / _most(m.alpha, 1)
    darker = x - x * x
    lighter = np.where(x <= 0.25, ((16 * x - 12) * x + 4) * x, np.sqrt(x)) - x
    return m.v + towards * np.where(towards <= 0, darker, lighter)


def _hundred_lum(c: Planes) -> Planes:
    """100·Lum, Lum = 0.30·R + 0.59·G + 0.11·B [PDF, W3C]: whole numbers, so that equal is equal."""
    found: Planes = 30 * c[0] + 59 * c[1] + 11 * c[2]
    return found


def _darker_color(m: Meeting) -> Planes:
    """The colour of the smaller Lum, the backdrop's where they are equal [PSD]."""
    return np.where(_hundred_lum(m.u) < _hundred_lum(m.v), m.u, m.v)


def _lighter_color(m: Meeting) -> Planes:
    """The colour of the larger Lum, the backdrop's where they are equal [PSD]."""
    return np.where(_hundred_lum(m.u) > _hundred_lum(m.v), m.u, m.v)


def _set_lum(c: Planes, lum: Planes, top: Planes) -> Planes:
    """SetLum and ClipColor of [PDF, W3C], for colours from 0 to `top`."""
    c = c + (lum - _hundred_lum(c) / 100)
    low, high = c.min(0), c.max(0)
    # high − low never exceeds `top`: a colour falls out below or above, not on both sides.
    below, above = lum / _most(lum - low, _TINY), (top - lum) / _most(high - lum, _TINY)
    nearer = np.where(low < 0, below, np.where(high > top, above, np.float32(1)))
    return _least(_most(lum + (c - lum) * nearer, 0), top)


def _sat(c: Planes) -> Planes:
    """Sat [PDF, W3C]."""
    spread: Planes = c.max(0) - c.min(0)
    return spread


def _set_sat(c: Planes, sat: Planes) -> Planes:
    """SetSat [PDF, W3C]."""
    low: Planes = c.min(0)
    found: Planes = (c - low) * (sat / _most(c.max(0) - low, _NEVER_ZERO))
    return found


def _hue(m: Meeting) -> Planes:
    """SetLum(SetSat(cs, Sat(cb)), Lum(cb)) [PDF, W3C]."""
    return _set_lum(_set_sat(m.u, _sat(m.v)), _hundred_lum(m.v) / 100, m.both)


def _saturation(m: Meeting) -> Planes:
    """SetLum(SetSat(cb, Sat(cs)), Lum(cb)) [PDF, W3C]."""
    return _set_lum(_set_sat(m.v, _sat(m.u)), _hundred_lum(m.v) / 100, m.both)


def _color(m: Meeting) -> Planes:
    """SetLum(cs, Lum(cb)) [PDF, W3C]."""
    return _set_lum(m.u, _hundred_lum(m.v) / 100, m.both)


def _luminosity(m: Meeting) -> Planes:
    """SetLum(cb, Lum(cs)) [PDF, W3C]."""
    return _set_lum(m.v, _hundred_lum(m.u) / 100, m.both)


# Dissolve chooses between the two pictures rather than mixing colours; what it chooses is drawn normally.
FORMULAS: dict[BlendMode, Formula] = {
    BlendMode.NORMAL: _normal,
    BlendMode.DISSOLVE: _normal,
    BlendMode.PASS_THROUGH: _normal,
    BlendMode.DARKEN: _darken,
    BlendMode.MULTIPLY: _multiply,
    BlendMode.COLOR_BURN: _color_burn,
    BlendMode.LINEAR_BURN: _linear_burn,
    BlendMode.DARKER_COLOR: _darker_color,
    BlendMode.LIGHTEN: _lighten,
    BlendMode.SCREEN: _screen,
    BlendMode.COLOR_DODGE: _color_dodge,
    BlendMode.ADD: _add,
    BlendMode.LIGHTER_COLOR: _lighter_color,
    BlendMode.OVERLAY: _overlay,
    BlendMode.SOFT_LIGHT: _soft_light,
    BlendMode.HARD_LIGHT: _hard_light,
    BlendMode.VIVID_LIGHT: _vivid_light,
    BlendMode.LINEAR_LIGHT: _linear_light,
    BlendMode.PIN_LIGHT: _pin_light,
    BlendMode.HARD_MIX: _hard_mix,
    BlendMode.DIFFERENCE: _difference,
    BlendMode.EXCLUSION: _exclusion,
    BlendMode.SUBTRACT: _subtract,
    BlendMode.DIVIDE: _divide,
    BlendMode.HUE: _hue,
    BlendMode.SATURATION: _saturation,
    BlendMode.COLOR: _color,
    BlendMode.LUMINOSITY: _luminosity,
}
