"""Making a part of a picture anew: where, what for, and what stands there before the model begins."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from studio.domain.errors import ErrorKind, Problem

MAX_MARGIN = 1024  # pixels of feather and grow
MAX_PADDING = 8192  # pixels of context
MAX_SIDE = 8192  # pixels added to one side


class Intent(StrEnum):
    """What the masked part is wanted for; it decides the settings that were not given."""

    FILL = "fill"
    EXPAND = "expand"
    ADD = "add"
    REMOVE = "remove"
    REPLACE_BACKGROUND = "replace-background"


class Infill(StrEnum):
    """What the masked part is filled with before the model sees it; a strength below 1 lets it show through."""

    NONE = "none"  # what is there
    BLUR = "blur"  # the colours around, smoothly joined
    EDGE_EXTEND = "edge-extend"  # the nearest pixel outside
    NOISE = "noise"  # the colours around with grain, so that new things may grow
    TELEA = "telea"  # lines that reach in go on (Telea 2004)
    CONTENT = "content"  # texture copied from elsewhere in the picture


@dataclass(frozen=True, slots=True)
class Sides:
    """Pixels that are added to a picture on each side."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


@dataclass(frozen=True, slots=True)
class Inpaint:
    """Make what `mask` marks in the picture `image` anew, and leave the rest as it is.

    Both are paths; the mask is a grey picture of the image's size in which white is to be made, black stays, and grey
    is remade less. With `extend` the picture is made larger instead, and the mask, which is "", is all that is added.
    `grow` widens the mask, `feather` lets it fade out beyond that; `padding` is how much around it the model sees at
    least, None as much as suits the model. All three are pixels of the image. `strength` in (0, 1] is the share of the
    steps that is run on the filled and noised picture: 1 begins with noise alone.
    """

    image: str = ""
    mask: str = ""
    intent: Intent = Intent.FILL
    infill: Infill = Infill.BLUR
    feather: int = 8
    grow: int = 4
    padding: int | None = None
    strength: float = 1.0
    extend: Sides | None = None


# What suits each intent. Whoever adds keeps what is there as a start; whoever removes begins with the finished fill and
# lets the model only smooth it. An extension must overlap the old picture more, and begin with its drawn out edges, or
# its seam is seen.
INTENTS: Mapping[Intent, Inpaint] = {
    Intent.FILL: Inpaint(intent=Intent.FILL, infill=Infill.BLUR, strength=1.0),
    Intent.EXPAND: Inpaint(intent=Intent.EXPAND, infill=Infill.EDGE_EXTEND, feather=16, grow=8, strength=0.9),
    Intent.ADD: Inpaint(intent=Intent.ADD, infill=Infill.NONE, strength=0.9),
    Intent.REMOVE: Inpaint(intent=Intent.REMOVE, infill=Infill.CONTENT, grow=6, strength=0.4),
    Intent.REPLACE_BACKGROUND: Inpaint(
        intent=Intent.REPLACE_BACKGROUND, infill=Infill.NOISE, feather=4, grow=0, strength=1.0
    ),
}


def inpainting_problems(inpaint: Inpaint) -> list[Problem]:
    """Everything wrong with the numbers and paths, most important first; whether the files can be read is not asked."""
    found = []
    if not inpaint.image:
        found.append(_problem("image", "No picture to work on is given.", "Choose an image file."))
    sides = inpaint.extend
    if sides is not None:
        found += sides_problems(sides)
        if inpaint.mask:
            found.append(
                _problem("mask", "A picture that is extended takes no mask.", "Extend it first, then mask the result.")
            )
    elif not inpaint.mask:
        found.append(
            _problem("mask", "No mask is given.", "Give a picture of the same size in which white is to be made.")
        )
    found += settings_problems(inpaint)
    return found


def settings_problems(inpaint: Inpaint) -> list[Problem]:
    """Everything wrong with the settings alone: strength, feather, grow and padding."""
    found = []
    if not math.isfinite(inpaint.strength) or not 0 < inpaint.strength <= 1:
        found.append(
            _problem(
                "strength",
                f"A strength of {inpaint.strength} cannot be used.",
                "Choose above 0 (keep what is there) up to 1 (begin with noise).",
            )
        )
    limits = (("feather", inpaint.feather, MAX_MARGIN), ("grow", inpaint.grow, MAX_MARGIN))
    for name, pixels, most in (*limits, ("padding", inpaint.padding or 0, MAX_PADDING)):
        if not 0 <= pixels <= most:
            found.append(_problem(name, f"A {name} of {pixels:,} pixels cannot be used.", f"Choose 0 to {most:,}."))
    return found


def sides_problems(sides: Sides) -> list[Problem]:
    """What is wrong with what is to be added."""
    pixels = (sides.left, sides.top, sides.right, sides.bottom)
    if all(0 <= side <= MAX_SIDE for side in pixels) and any(pixels):
        return []
    return [
        _problem(
            "extend",
            "A picture cannot be extended by these numbers of pixels.",
            f"Choose 0 to {MAX_SIDE:,} for each side, and more than 0 for one of them.",
        )
    ]


def _problem(name: str, message: str, hint: str) -> Problem:
    return Problem(ErrorKind.INPUT, message, hint, f"inpaint.{name}")
