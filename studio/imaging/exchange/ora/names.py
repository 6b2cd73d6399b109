"""What OpenRaster and we call things, and values as attributes."""

import itertools
import json
import math
import re
from collections.abc import Sequence

from studio.domain.codec import from_json, to_json
from studio.domain.document.adjustments import (
    Adjustment,
    Blur,
    ColorBalance,
    Curves,
    HueSaturation,
    Levels,
    Sharpen,
)
from studio.domain.document.blending import FOREIGN, BlendMode
from studio.domain.document.document import Guide

PREFIX = "safelight:"
NAMESPACE = "urn:safelight:openraster:1"
VERSION = "0.0.6"

_ADJUSTMENTS: dict[str, type[Adjustment]] = {
    "levels": Levels,
    "curves": Curves,
    "hue-saturation": HueSaturation,
    "color-balance": ColorBalance,
    "blur": Blur,
    "sharpen": Sharpen,
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2

# Other names for the same, without regard to case, underscores and hyphens: Krita's own, and those of its old versions.
_ALIASES = {
    "krita:normal": BlendMode.NORMAL,
    "krita:multiply": BlendMode.MULTIPLY,
    "krita:screen": BlendMode.SCREEN,
    "krita:overlay": BlendMode.OVERLAY,
    "krita:darken": BlendMode.DARKEN,
    "krita:lighten": BlendMode.LIGHTEN,
    "krita:dodge": BlendMode.COLOR_DODGE,
    "krita:burn": BlendMode.COLOR_BURN,
    "krita:hard light": BlendMode.HARD_LIGHT,
    "krita:soft light": BlendMode.SOFT_LIGHT,
    "krita:soft light svg": BlendMode.SOFT_LIGHT,
    "krita:diff": BlendMode.DIFFERENCE,
    "krita:difference": BlendMode.DIFFERENCE,
    "krita:exclusion": BlendMode.EXCLUSION,
    "krita:hue": BlendMode.HUE,
    "krita:saturation": BlendMode.SATURATION,
    "krita:color": BlendMode.COLOR,
    "krita:luminize": BlendMode.LUMINOSITY,
    "krita:luminosity": BlendMode.LUMINOSITY,
    "krita:linear dodge": BlendMode.ADD,
    "krita:add": BlendMode.ADD,
    "svg:add": BlendMode.ADD,
    "color dodge": BlendMode.COLOR_DODGE,
    "difference": BlendMode.DIFFERENCE,
}


def _plain(operator: str) -> str:
    return operator.strip().lower().replace("_", " ").replace("-", " ")


_MODES = _ALIASES | {_plain(foreign.openraster): mode for mode, foreign in FOREIGN.items()}


def mode_of(operator: str) -> BlendMode | None:
    """The mode that a `composite-op` names; None for one that we lack."""
    return _MODES.get(_plain(operator))


def printable(text: str) -> str:
    """The text with what XML cannot hold replaced."""
    return _NOT_XML.sub("\ufffd", text)


def escaped(text: str) -> str:
    """Any text as characters that XML can hold."""
    return json.dumps(text)


def unescaped(text: str) -> str:
    """What `escaped` wrote. Raises ValueError."""
    value = json.loads(text)
    if not isinstance(value, str):
        raise ValueError("no text")
    return value


def numbers(text: str, count: int) -> tuple[float, ...]:
    """So many finite numbers. Raises ValueError."""
    found = tuple(float(part) for part in text.split())
    if len(found) != count or not all(map(math.isfinite, found)):
        raise ValueError(f"“{text[:60]}” is not {count} numbers")
    return found


def whole(text: str, count: int) -> tuple[int, ...]:
    """So many whole numbers within ±2³¹. Raises ValueError."""
    found = numbers(text, count)
    if any(abs(value) > 2**31 for value in found):
        raise ValueError(f"“{text[:60]}” is too large")
    return tuple(int(value) for value in found)


def joined(values: Sequence[float]) -> str:
    """Numbers as `numbers` and `whole` read them, exactly."""
    return " ".join(repr(value) for value in values)


def guides_text(guides: Sequence[Guide]) -> str:
    """Guides as text."""
    return " ".join(f"{'v' if guide.vertical else 'h'}{guide.at!r}" for guide in guides)


def guides_of(text: str) -> tuple[Guide, ...]:
    """What `guides_text` wrote. Raises ValueError."""
    parts = text.split()
    if len(parts) > 10_000 or any(part[0] not in "vh" for part in parts):
        raise ValueError("no guides")
    return tuple(Guide(numbers(part[1:], 1)[0], part[0] == "v") for part in parts)


def adjustment_text(adjustment: Adjustment) -> str:
    """An adjustment as JSON."""
    kind = next(name for name, cls in _ADJUSTMENTS.items() if type(adjustment) is cls)
    return json.dumps({"kind": kind, **to_json(adjustment)}, allow_nan=False)


def adjustment_of(text: str) -> Adjustment:
    """What `adjustment_text` wrote. Raises ValueError."""
    value = json.loads(text, parse_constant=_no_number)
    if not isinstance(value, dict) or value.get("kind") not in _ADJUSTMENTS:
        raise ValueError("no adjustment of ours")
    adjustment = from_json(_ADJUSTMENTS[value.pop("kind")], value)
    _require_sound(adjustment)
    return adjustment


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _require_sound(adjustment: Adjustment) -> None:
    """Within the ranges that the adjustments state, as far as code depends on them. Raises ValueError."""
    match adjustment:
        case Levels(black, white, gamma):
            sound = 0 <= black < white <= 1 and 0.1 <= gamma <= 10
        case Curves(value, red, green, blue):
            sound = all(_is_curve([point.x for point in curve]) for curve in (value, red, green, blue))
        case Blur(radius):
            sound = 0 <= radius <= 500
        case Sharpen(radius, amount, threshold):
            sound = 0 <= radius <= 100 and 0 <= amount <= 5 and 0 <= threshold <= 1
        case HueSaturation(hue, saturation, lightness):
            sound = abs(hue) <= 360 and abs(saturation) <= 1 and abs(lightness) <= 1
        case ColorBalance(shadows, midtones, highlights):
            parts = (shadows, midtones, highlights)
            sound = all(abs(value) <= 1 for part in parts for value in (part.red, part.green, part.blue))
    if not sound:
        raise ValueError("an adjustment beyond its ranges")


def _is_curve(xs: list[float]) -> bool:
    return 2 <= len(xs) <= 256 and all(0 <= x <= 1 for x in xs) and all(a < b for a, b in itertools.pairwise(xs))
