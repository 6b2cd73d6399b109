"""Which part of time is seen: frames to pixels and back."""

import dataclasses
import math
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

CLOSEST = 96.0  # logical pixels a frame
_AIR = 12.0  # logical pixels before the first frame of a line
_ROOM = 0.5  # of the view that stays free after the end, to put something there
_FIT = 0.96  # of the view that everything takes


@dataclass(frozen=True, slots=True)
class TimeView:
    """`scale` logical pixels a frame; `left` is the frame, with its share, at the left edge of `width` pixels."""

    scale: float = 8.0
    left: float = 0.0
    width: float = 800.0

    def x(self, frame: float) -> float:
        """Where a frame begins, in pixels from the left edge."""
        return (frame - self.left) * self.scale

    def frame(self, x: float) -> float:
        """The frame, with its share, at a place."""
        return self.left + x / self.scale

    @property
    def right(self) -> float:
        """The frame at the right edge."""
        return self.left + self.width / self.scale

    def zoomed(self, factor: float, x: float) -> "TimeView":
        """Closer by a factor; what is at `x` stays there."""
        scale = min(CLOSEST, self.scale * factor)
        return dataclasses.replace(self, scale=scale, left=self.frame(x) - x / scale)

    def moved(self, pixels: float) -> "TimeView":
        """Scrolled to the right."""
        return dataclasses.replace(self, left=self.left + pixels / self.scale)

    def fitted(self, first: float, end: float) -> "TimeView":
        """All from `first` to `end`."""
        span = max(1.0, end - first)
        scale = min(CLOSEST, self.width * _FIT / span)
        return dataclasses.replace(self, scale=scale, left=first - (self.width / scale - span) / 2)

    def limits(self, length: int, ring: int) -> tuple[float, float]:
        """The least and the greatest `left` at this scale."""
        seen = self.width / self.scale
        if ring:
            beside = min(ring, seen) / 2
            return -beside, max(-beside, ring + beside - seen)
        low = -_AIR / self.scale
        return low, max(low, length - (1 - _ROOM) * seen)

    def bounded(self, length: int, ring: int) -> "TimeView":
        """The nearest view that shows something: a line from its beginning, a ring with half a turn at both sides."""
        width = max(1.0, self.width)
        least = width / (2 * ring) if ring else width * _ROOM / max(24, length)
        made = TimeView(min(CLOSEST, max(self.scale, least)), self.left, width)
        low, high = made.limits(length, ring)
        return dataclasses.replace(made, left=min(max(self.left, low), high))

    def showing(self, frame: float) -> "TimeView":
        """The nearest view in which a frame is seen."""
        if self.left <= frame <= self.right - 1:
            return self
        return dataclasses.replace(self, left=frame - self.width / self.scale / 2)


class TimeAxis(QObject):
    """The view that ruler and strip share."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.view = TimeView()
        self.length, self.ring = 0, 0
        self._fitted = True

    def set_view(self, view: TimeView) -> None:
        """Another view, as near to the asked one as there is something to see."""
        self._fitted = False
        view = view.bounded(self.length, self.ring)
        if view != self.view:
            self.view = view
            self.changed.emit()

    def set_length(self, length: int, ring: int) -> None:
        """Another timeline. All of it is shown when there was none, or when it becomes a ring or a line."""
        new = not self.length or bool(ring) != bool(self.ring)
        if (length, ring) != (self.length, self.ring):
            self.length, self.ring = length, ring
            self.fit() if new else self.set_view(self.view)

    def set_width(self, width: float) -> None:
        """So many pixels. What was shown from end to end is so again."""
        fitted = self._fitted
        self.set_view(dataclasses.replace(self.view, width=max(1.0, width)))
        if fitted:
            self.fit()

    def zoom(self, factor: float, x: float) -> None:
        """Closer by a factor about a place."""
        self.set_view(self.view.zoomed(factor, x))

    def fit(self) -> None:
        """All there is; of a ring one turn, with a little of what comes before and after."""
        turn = self.ring or self.length
        air = turn / 12 if self.ring else 0
        self.set_view(self.view.fitted(-air, max(24, turn) + air))
        self._fitted = True

    def turns(self) -> range:
        """The turns of a ring of which something is in view, 0 for the one that counts."""
        if not self.ring:
            return range(1)
        # one more before: its last clips may reach across the seam
        return range(math.floor(self.view.left / self.ring) - 1, math.floor(self.view.right / self.ring) + 1)
