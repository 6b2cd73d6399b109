"""Places on the timeline in words."""

from enum import StrEnum
from fractions import Fraction

from studio.ui.timeline.ticks import timecode


class Display(StrEnum):
    """How places are told."""

    TIMECODE = "timecode"
    FRAMES = "frames"
    SECONDS = "seconds"

    @property
    def next(self) -> "Display":
        """What a click brings."""
        order = tuple(Display)
        return order[(order.index(self) + 1) % len(order)]


def in_seconds(frame: int, rate: Fraction) -> str:
    """Seconds to the thousandth, rounded down."""
    thousandths = frame * 1000 * rate.denominator // rate.numerator
    return f"{thousandths // 1000}.{thousandths % 1000:03}"


def place(frame: int, rate: Fraction, display: Display) -> str:
    """A place as `display` wants it; frames are counted from 0."""
    if display is Display.TIMECODE:
        return timecode(frame, rate)
    return in_seconds(frame, rate) if display is Display.SECONDS else str(frame)


def rate_text(rate: Fraction) -> str:
    """A rate as people write it: 24, 23.976, 12.5."""
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")
