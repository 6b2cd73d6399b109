"""The beats in the ruler: bars taller than beats, and only as many as can be told apart."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from studio.domain.timeline.beats import beats_between, frames_apart
from studio.domain.timeline.model import Timeline
from studio.ui.theme.tokens import COLOURS
from studio.ui.timeline.axis import TimeView
from studio.ui.timeline.inks import ink

_NEAREST = 5.0  # logical pixels between two marks


def paint_beats(painter: QPainter, view: TimeView, timeline: Timeline, foot: float) -> None:
    """Marks that stand on `foot`, 9 pixels high for a beat and 13 for a bar's first: taller than the ruler's own."""
    if (beats := timeline.beats) is None:
        return
    wide = float(frames_apart(beats, timeline.rate)) * view.scale
    every = 1 if wide >= _NEAREST else beats.bar
    while wide * every < _NEAREST:
        every *= 2
    for number, frame in beats_between(timeline, view.left - 1, view.right + 1, every):
        strong = number % beats.bar == 0
        high = 13 if strong else 9
        box = QRectF(round(view.x(frame)) - (strong and 0.5), foot - high, 2 if strong else 1, high)
        painter.fillRect(box, ink(COLOURS.violet, 255 if strong else 170))
