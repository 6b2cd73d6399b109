"""The timeline's colours, all mixed from the theme's."""

import functools

from PySide6.QtGui import QColor

from studio.domain.timeline.model import Canvas, Generated, Media, Sound, Still, Video
from studio.ui.theme.tokens import COLOURS
from studio.ui.timeline.facts import Light

_TINTS: dict[type, str] = {
    Generated: COLOURS.violet,
    Video: COLOURS.sky,
    Still: COLOURS.success,
    Canvas: COLOURS.warning,
    Sound: COLOURS.sky,
}
SIGNS: dict[type, str] = {
    Generated: "sparkles",
    Video: "film",
    Still: "images",
    Canvas: "brush",
    Sound: "audio-lines",
}
LIGHTS: dict[Light, tuple[str, str]] = {
    Light.GOOD: ("circle-check", COLOURS.success),
    Light.FAIR: ("triangle-alert", COLOURS.warning),
    Light.POOR: ("octagon-alert", COLOURS.lamp),
}


@functools.cache
def ink(name: str, alpha: int = 255) -> QColor:
    """A colour of the theme."""
    made = QColor(name)
    made.setAlpha(alpha)
    return made


@functools.cache
def mixed(ground: str, colour: str, share: float) -> QColor:
    """`share` of a colour on a ground."""
    first, second = QColor(ground), QColor(colour)
    pairs = zip(first.getRgb()[:3], second.getRgb()[:3], strict=True)  # type: ignore[index]
    return QColor(*(round(a + (b - a) * share) for a, b in pairs))


def body(media: Media) -> QColor:
    """A clip's ground."""
    return mixed(COLOURS.field, _TINTS[type(media)], 0.22)


def edge(media: Media) -> QColor:
    """A clip's outline, and what is drawn on its ground."""
    return mixed(COLOURS.edge, _TINTS[type(media)], 0.6)
