"""The blend modes: their names here, in OpenRaster and in PSD.

The formulas are those of the PDF 2.0 standard (ISO 32000-2, 11.3.5), of the W3C's Compositing and Blending Level 1, and
for the modes that neither knows those of the PSD family as published by Adobe and implemented by Krita and GIMP; the
code that carries them out cites each (`studio/imaging/blend.py`).
"""

from dataclasses import dataclass
from enum import StrEnum


class BlendMode(StrEnum):
    """How a layer's colour meets what lies under it."""

    NORMAL = "normal"
    DISSOLVE = "dissolve"
    DARKEN = "darken"
    MULTIPLY = "multiply"
    COLOR_BURN = "color-burn"
    LINEAR_BURN = "linear-burn"
    DARKER_COLOR = "darker-color"
    LIGHTEN = "lighten"
    SCREEN = "screen"
    COLOR_DODGE = "color-dodge"
    ADD = "add"  # linear dodge
    LIGHTER_COLOR = "lighter-color"
    OVERLAY = "overlay"
    SOFT_LIGHT = "soft-light"
    HARD_LIGHT = "hard-light"
    VIVID_LIGHT = "vivid-light"
    LINEAR_LIGHT = "linear-light"
    PIN_LIGHT = "pin-light"
    HARD_MIX = "hard-mix"
    DIFFERENCE = "difference"
    EXCLUSION = "exclusion"
    SUBTRACT = "subtract"
    DIVIDE = "divide"
    HUE = "hue"
    SATURATION = "saturation"
    COLOR = "color"
    LUMINOSITY = "luminosity"
    PASS_THROUGH = "pass-through"  # groups only: the children meet what lies under the group


@dataclass(frozen=True, slots=True)
class Foreign:
    """A mode's names in other formats: OpenRaster's `composite-op`, and the four letters of a PSD layer record."""

    openraster: str
    psd: str


# OpenRaster 0.0.6 has the svg: names; those of Krita are used beyond it, as other programs do.
FOREIGN: dict[BlendMode, Foreign] = {
    BlendMode.NORMAL: Foreign("svg:src-over", "norm"),
    BlendMode.DISSOLVE: Foreign("krita:dissolve", "diss"),
    BlendMode.DARKEN: Foreign("svg:darken", "dark"),
    BlendMode.MULTIPLY: Foreign("svg:multiply", "mul "),
    BlendMode.COLOR_BURN: Foreign("svg:color-burn", "idiv"),
    BlendMode.LINEAR_BURN: Foreign("krita:linear_burn", "lbrn"),
    BlendMode.DARKER_COLOR: Foreign("krita:darker color", "dkCl"),
    BlendMode.LIGHTEN: Foreign("svg:lighten", "lite"),
    BlendMode.SCREEN: Foreign("svg:screen", "scrn"),
    BlendMode.COLOR_DODGE: Foreign("svg:color-dodge", "div "),
    BlendMode.ADD: Foreign("svg:plus", "lddg"),
    BlendMode.LIGHTER_COLOR: Foreign("krita:lighter color", "lgCl"),
    BlendMode.OVERLAY: Foreign("svg:overlay", "over"),
    BlendMode.SOFT_LIGHT: Foreign("svg:soft-light", "sLit"),
    BlendMode.HARD_LIGHT: Foreign("svg:hard-light", "hLit"),
    BlendMode.VIVID_LIGHT: Foreign("krita:vivid_light", "vLit"),
    BlendMode.LINEAR_LIGHT: Foreign("krita:linear light", "lLit"),
    BlendMode.PIN_LIGHT: Foreign("krita:pin_light", "pLit"),
    BlendMode.HARD_MIX: Foreign("krita:hard_mix_photoshop", "hMix"),
    BlendMode.DIFFERENCE: Foreign("svg:difference", "diff"),
    BlendMode.EXCLUSION: Foreign("krita:exclusion", "smud"),
    BlendMode.SUBTRACT: Foreign("krita:subtract", "fsub"),
    BlendMode.DIVIDE: Foreign("krita:divide", "fdiv"),
    BlendMode.HUE: Foreign("svg:hue", "hue "),
    BlendMode.SATURATION: Foreign("svg:saturation", "sat "),
    BlendMode.COLOR: Foreign("svg:color", "colr"),
    BlendMode.LUMINOSITY: Foreign("svg:luminosity", "lum "),
    BlendMode.PASS_THROUGH: Foreign("krita:pass through", "pass"),
}
