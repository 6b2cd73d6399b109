"""Requests for frames that need no model: a still set in motion, a clip made to loop, frames between frames, a clip
without its flicker.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.sequence import MAX_FRAMES, MAX_RATE, Footage

MAX_ARROWS = 1000
MAX_FACTOR = 16


@dataclass(frozen=True, slots=True)
class Arrow:
    """At (x, y) the picture flows by (dx, dy) in each second; all in shares of its width and height."""

    x: float
    y: float
    dx: float
    dy: float


@dataclass(frozen=True, slots=True)
class FlowLoop:
    """A loop of `frames` frames out of the still `path`, which flows along the `arrows` (Holynski et al. 2021,
    "Animating Pictures with Eulerian Motion Fields"). `freeze` is the path of a grey picture of the same shape whose
    bright parts stand still, "" for none. `reach` is how far an arrow is felt, as a share of the picture's diagonal.
    """

    path: str
    arrows: tuple[Arrow, ...] = ()
    freeze: str = ""
    frames: int = 48
    rate: Fraction = Fraction(24)
    reach: float = 0.15


@dataclass(frozen=True, slots=True)
class Loopify:
    """A loop out of a clip: the best place to cut it is sought among loops of at least `least` and at most `most`
    frames (0: all of it), and `blend` frames at the cut are blended along their motion (0: chosen by its length).
    """

    source: Footage
    rate: Fraction = Fraction(24)
    least: int = 12
    most: int = 0
    blend: int = 0


@dataclass(frozen=True, slots=True)
class Interpolation:
    """`factor` times as many frames: between each two of the clip `factor` − 1 new ones, and with `closed` also between
    the last and the first.
    """

    source: Footage
    rate: Fraction = Fraction(24)
    factor: int = 2
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Deflicker:
    """A clip without fast changes of brightness and colour from frame to frame; `strength` in (0, 1] of them is taken
    out. Slow changes stay. With `closed` the last frame is followed by the first.
    """

    source: Footage
    rate: Fraction = Fraction(24)
    strength: float = 1.0
    closed: bool = True


Treatment = FlowLoop | Loopify | Interpolation | Deflicker


def require_valid_treatment(task: Treatment) -> None:
    """Raise StudioError (INPUT) for the first thing that is wrong with a treatment; files are looked at later."""
    for field, wrong, message, hint in _checks(task):
        if wrong:
            raise StudioError(ErrorKind.INPUT, message, hint, field)


def _checks(task: Treatment) -> list[tuple[str, bool, str, str]]:
    rate = ("rate", not 0 < task.rate <= MAX_RATE, f"A clip cannot run at {task.rate} frames a second.",
            f"Choose above 0 and up to {MAX_RATE}.")  # fmt: skip
    match task:
        case FlowLoop(path=path, arrows=arrows, frames=frames, reach=reach):
            numbers = [n for arrow in arrows for n in (arrow.x, arrow.y, arrow.dx, arrow.dy)]
            return [
                rate,
                ("path", not path, "There is no picture to set in motion.", "Choose one."),
                ("arrows", not arrows, "Nothing says where the picture flows.", "Draw at least one arrow on it."),
                ("arrows", len(arrows) > MAX_ARROWS, f"{len(arrows):,} arrows are too many.",
                 f"Draw at most {MAX_ARROWS:,}."),
                ("arrows", not all(map(math.isfinite, numbers)), "An arrow lies nowhere.", "Draw it anew."),
                ("frames", not 2 <= frames <= MAX_FRAMES, f"A loop of {frames:,} frames cannot be made.",
                 f"Choose 2 to {MAX_FRAMES:,}."),
                ("reach", not (math.isfinite(reach) and 0 < reach <= 1), f"An arrow cannot reach {reach} far.",
                 "Choose above 0 up to 1."),
            ]  # fmt: skip
        case Loopify(source=source, least=least, most=most, blend=blend):
            return [
                rate,
                ("source", not source.paths, "There is no clip to make a loop of.", "Choose a video."),
                ("least", least < 2, f"A loop of {least} frames is none.", "Choose at least 2."),
                ("most", most != 0 and most < least, "The longest loop is shorter than the shortest.",
                 "Choose a larger number, or 0 for all of the clip."),
                ("blend", blend < 0, f"{blend} frames cannot be blended.", "Choose 0 or more."),
            ]  # fmt: skip
        case Interpolation(source=source, factor=factor):
            return [
                rate,
                ("source", not source.paths, "There is no clip to put frames into.", "Choose a video."),
                ("factor", not 2 <= factor <= MAX_FACTOR, f"{factor} times as many frames cannot be made.",
                 f"Choose 2 to {MAX_FACTOR}."),
            ]  # fmt: skip
        case Deflicker(source=source, strength=strength):
            return [
                rate,
                ("source", not source.paths, "There is no clip to take the flicker from.", "Choose a video."),
                ("strength", not 0 < strength <= 1, f"A strength of {strength} cannot be used.",
                 "Choose above 0 up to 1."),
            ]  # fmt: skip
