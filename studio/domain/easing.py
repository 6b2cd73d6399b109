"""Easing: how a value gets from one key to the next."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ease:
    """A cubic Bézier curve from (0, 0) to (1, 1), as of CSS Easing Functions: the share of the time across, that of the
    way up. `x1` and `x2` lie in [0, 1]; `y1` and `y2` may overshoot. With `hold`, the value stays until the next key.
    """

    x1: float = 0.0
    y1: float = 0.0
    x2: float = 1.0
    y2: float = 1.0
    hold: bool = False

    def at(self, share: float) -> float:
        """How much of the way is done after `share` of the time, both 0 at the first key and 1 at the second."""
        if self.hold:
            return 0.0 if share < 1 else 1.0
        if share <= 0 or share >= 1 or self.is_linear:
            return min(1.0, max(0.0, share))
        return _bezier(self._parameter(share), self.y1, self.y2)

    @property
    def is_linear(self) -> bool:
        """Does it go straight?"""
        return not self.hold and self.x1 == self.y1 and self.x2 == self.y2

    def _parameter(self, share: float) -> float:
        """The curve's parameter where it is `share` across, by bisection: x grows with it."""
        low, high = 0.0, 1.0
        for _ in range(52):
            middle = (low + high) / 2
            if _bezier(middle, self.x1, self.x2) < share:
                low = middle
            else:
                high = middle
        return (low + high) / 2


def _bezier(t: float, first: float, second: float) -> float:
    """One coordinate of the curve through 0, `first`, `second`, 1."""
    return 3 * (1 - t) ** 2 * t * first + 3 * (1 - t) * t**2 * second + t**3


LINEAR = Ease()
PRESETS: dict[str, Ease] = {
    "linear": LINEAR,
    "ease": Ease(0.25, 0.1, 0.25, 1.0),
    "ease-in": Ease(0.42, 0.0, 1.0, 1.0),
    "ease-out": Ease(0.0, 0.0, 0.58, 1.0),
    "ease-in-out": Ease(0.42, 0.0, 0.58, 1.0),
    "back": Ease(0.34, 1.56, 0.64, 1.0),
    "hold": Ease(hold=True),
}


def ease_problem(ease: Ease) -> str:
    """What is wrong with a curve; "" for one that can be used."""
    numbers = (ease.x1, ease.y1, ease.x2, ease.y2)
    if not all(map(math.isfinite, numbers)):
        return "A curve needs finite numbers."
    if not (0 <= ease.x1 <= 1 and 0 <= ease.x2 <= 1):
        return "A curve cannot go back in time: its handles lie between the two keys."
    return ""
