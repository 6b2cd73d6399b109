"""The design tokens: every colour, distance and letter size of the window comes from here.

A darkroom: neutral greys by which a picture is judged without a tint, and one red lamp that marks what acts.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colours:
    """sRGB as #rrggbb, surfaces from the deepest to the nearest."""

    canvas: str = "#111113"
    window: str = "#18181b"
    panel: str = "#1d1d20"
    field: str = "#28282c"
    hover: str = "#323238"
    pressed: str = "#3b3b42"
    line: str = "#2f2f34"
    edge: str = "#434349"
    text: str = "#ededf0"
    muted: str = "#a9a9b2"
    faint: str = "#93939c"
    off: str = "#6a6a73"  # what cannot be used now; contrast is not asked of it
    accent: str = "#c8323a"
    accent_hover: str = "#d33f46"
    accent_pressed: str = "#a9272e"
    on_accent: str = "#ffffff"
    lamp: str = "#ff6b6e"
    focus: str = "#c4c4cd"
    warning: str = "#f0b750"
    warning_ground: str = "#2c2619"
    success: str = "#7fc79a"
    sky: str = "#8ab4f0"  # with violet, lamp, warning and success: the inks of curves
    violet: str = "#c9a0ee"


@dataclass(frozen=True, slots=True)
class Spacing:
    """Distances in logical pixels, on a grid of 4."""

    hair: int = 4
    small: int = 8
    medium: int = 12
    large: int = 16
    huge: int = 24
    control: int = 32
    row: int = 28
    radius: int = 6
    label: int = 72


@dataclass(frozen=True, slots=True)
class Type:
    """Letter sizes in logical pixels."""

    family: str = "Inter"
    caption: int = 11
    body: int = 13
    title: int = 15
    display: int = 22


COLOURS = Colours()
SPACE = Spacing()
TYPE = Type()

# Foreground and ground as they really meet in the window; each pair must reach CONTRAST.
CONTRAST = 4.5
TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    *((ink, ground) for ink in ("text", "muted") for ground in ("canvas", "window", "panel", "field", "hover")),
    ("text", "pressed"),
    ("text", "warning_ground"),
    ("muted", "warning_ground"),
    ("warning", "warning_ground"),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    ("on_accent", "accent_pressed"),
    ("lamp", "panel"),
    ("lamp", "field"),
    ("lamp", "canvas"),
    ("success", "panel"),
    ("warning", "panel"),
    ("warning", "window"),
    ("lamp", "window"),
    ("faint", "panel"),
    ("faint", "window"),
    ("faint", "field"),
)


def contrast(first: str, second: str) -> float:
    """The contrast ratio of WCAG 2.2, 1 to 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
