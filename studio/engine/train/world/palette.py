"""Colours of the procedural landscapes: arithmetic on `#rrggbb` strings, light by time of day, the styles' palettes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


def to_rgb(colour: str) -> tuple[int, int, int]:
    """The channels (0 to 255) of a colour such as `#3f8fe0`."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def to_hex(rgb: Sequence[float]) -> str:
    """The colour with these channels, which are clipped to 0 to 255."""
    return "#" + "".join(f"{int(max(0, min(255, value))):02x}" for value in rgb)


def mix(first: str, second: str, share: float) -> str:
    """A colour on the way from `first` (share 0) to `second` (share 1), linear in sRGB."""
    return to_hex([a + (b - a) * share for a, b in zip(to_rgb(first), to_rgb(second), strict=True)])


def darken(colour: str, brightness: float) -> str:
    """The colour under a light of this brightness: 0 is black, 1 leaves it alone."""
    return mix("#000000", colour, brightness)


def lighten(colour: str, amount: float) -> str:
    """The colour with this share of white."""
    return mix(colour, "#ffffff", amount)


def luminance(colour: str) -> float:
    """The perceived brightness, 0 to 1 (Rec. 601 weights on sRGB values)."""
    red, green, blue = to_rgb(colour)
    return (0.3 * red + 0.59 * green + 0.11 * blue) / 255


def ramp(colour: str, stops: Sequence[str]) -> str:
    """Another palette: the luminance of the colour, looked up between the stops from dark to light."""
    position = luminance(colour) * (len(stops) - 1)
    index = min(int(position), len(stops) - 2)
    return mix(stops[index], stops[index + 1], position - index)


@dataclass(frozen=True, slots=True)
class Light:
    """A time of day: the sky from top to horizon, the sun or moon (none behind clouds), how bright the ground is."""

    sky: tuple[str, str, str]
    lamp: str | None
    brightness: float


LIGHTS = {
    "sunset": Light(("#2b1b4d", "#c8456b", "#ffb15a"), "#ffe3a0", 0.75),
    "sunrise": Light(("#5b7fc7", "#f6a6a0", "#ffe0b0"), "#fff2c8", 0.9),
    "day": Light(("#3f8fe0", "#8fc8f5", "#dff1fb"), "#fff6d0", 1.0),
    "night": Light(("#050a1e", "#12224a", "#2b3f73"), "#f3f3e6", 0.45),
    "storm": Light(("#2b3038", "#4f5863", "#828c94"), None, 0.55),
    "fog": Light(("#aeb9bf", "#c9d2d5", "#e3e8e8"), None, 0.9),
    "aurora": Light(("#04101c", "#0b2a38", "#123c46"), None, 0.45),
    "alien": Light(("#2a0f3f", "#6a2a7a", "#e07a9a"), "#d8ffd0", 0.7),
    "golden hour": Light(("#6f8fb8", "#f2c98a", "#ffd9a0"), "#fff0b8", 0.92),
    "overcast": Light(("#8d99a3", "#aeb7bd", "#ccd2d5"), None, 0.8),
}
DARK_TIMES = frozenset({"night", "aurora"})

# What a season does to green ground: a colour, and how much of it.
SEASON_TINTS = {
    "spring": ("#a4d86c", 0.4),
    "summer": ("#5fa83a", 0.35),
    "autumn": ("#c88a3c", 0.6),
    "winter": ("#edf3f9", 0.8),
}


def _posterise(colour: str) -> str:
    return to_hex([round(value / 24) * 24 for value in to_rgb(colour)])


POSTER = ("#14233f", "#1f5a6e", "#e0763c", "#f4c57a", "#fbeed2")

RECOLOUR: dict[str, Callable[[str], str]] = {
    "flat illustration": _posterise,
    "pastel": lambda colour: mix(colour, "#fff4f0", 0.52),
    "noir": lambda colour: ramp(colour, ("#050506", "#2a2a2d", "#8d8d90", "#f4f4f2")),
    "synthwave": lambda colour: ramp(colour, ("#0b0221", "#3a0f6b", "#c01c8f", "#ff5fa2", "#ffd27a")),
    "sepia": lambda colour: ramp(colour, ("#22150c", "#7a5433", "#cfa877", "#f6e7c9")),
    "travel poster": lambda colour: mix(_posterise(colour), ramp(colour, POSTER), 0.62),
    "watercolor": lambda colour: mix(colour, "#fdfaf2", 0.3),
}
# In these a picture has no natural colours left, so a caption must not name any.
COLOURLESS = frozenset({"noir", "synthwave", "sepia", "travel poster"})
