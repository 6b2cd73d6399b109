"""How many pixels a frame is rendered with while it is played, so that it can keep up."""

from collections import deque

from studio.domain.geometry import Size

COARSEST = 3
_AT_MOST = 2  # halvings for the sake of speed
_WINDOW = 12  # beats that are looked at
_LATE = 4  # of them may be late at most
_LEAST = 16  # pixels a side


def sized(size: Size, level: int) -> Size:
    """A frame's size after `level` halvings."""
    return Size(*(max(min(side, _LEAST), -(-side >> level)) for side in (size.width, size.height)))


def level_for(size: Size, shown: Size) -> int:
    """The most halvings that still leave as many pixels as are shown on the screen."""
    level = 0
    while level < COARSEST:
        smaller = sized(size, level + 1)
        if smaller.width < shown.width or smaller.height < shown.height:
            break
        level += 1
    return level


class Quality:
    """Coarser when more than `_LATE` of `_WINDOW` beats were late; fine again when playback stops, or all of a loop is
    there.
    """

    def __init__(self) -> None:
        self.halvings = 0
        self._late: deque[bool] = deque(maxlen=_WINDOW)

    def note(self, late: bool) -> bool:
        """A beat has passed; True when frames are to be coarser from now on."""
        self._late.append(late)
        if sum(self._late) <= _LATE or self.halvings == _AT_MOST:
            return False
        self.halvings += 1
        self._late.clear()
        return True

    def refine(self) -> int:
        """There is time for finer frames; the halvings from now on."""
        self.halvings = max(0, self.halvings - 1)
        self._late.clear()
        return self.halvings

    def restore(self) -> None:
        """Playback has stopped."""
        self.halvings = 0
        self._late.clear()
