"""Where rows of different heights lie below each other, under the headings of their sections."""

import bisect
import itertools
from collections.abc import Sequence

from studio.ui.queue.model import Section
from studio.ui.queue.rows import GAP
from studio.ui.theme.tokens import SPACE

HEADING = 28


class Stack:
    """Heights in logical pixels, `begins` the first row of each section; places count from the top of the list."""

    def __init__(self) -> None:
        self.heights: list[int] = []
        self.begins: dict[Section, int] = {}
        self._tops: list[int] = [0]

    def __len__(self) -> int:
        return len(self.heights)

    @property
    def total(self) -> int:
        """The height of all."""
        return self._tops[-1] + HEADING * len(self.begins) + SPACE.small

    def pile(self, begins: dict[Section, int]) -> None:
        """Put the rows below each other as high as they are now."""
        self.begins = begins
        self._tops = list(itertools.accumulate(self.heights, lambda top, high: top + high + GAP, initial=0))

    def insert(self, row: int, heights: Sequence[int]) -> None:
        """Rows come; they have their place after `pile`."""
        self.heights[row:row] = heights

    def remove(self, first: int, last: int) -> None:
        """Rows go."""
        del self.heights[first : last + 1]

    def move(self, first: int, last: int, place: int) -> None:
        """Rows go before the one that was at `place`."""
        moved = self.heights[first : last + 1]
        del self.heights[first : last + 1]
        place -= len(moved) if place > first else 0
        self.heights[place:place] = moved

    def top(self, row: int) -> int:
        """Where a row begins."""
        return self._tops[row] + HEADING * sum(begin <= row for begin in self.begins.values())

    def row_at(self, y: int) -> int:
        """The row there, with the gap below it, or the one below the heading there; -1 above all."""
        for row in reversed(self.begins.values()):
            top = self.top(row)
            if y >= top - HEADING:
                return max(row, bisect.bisect_right(self._tops, y - top + self._tops[row]) - 1)
        return -1
