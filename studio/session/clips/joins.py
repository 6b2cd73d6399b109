"""How well frames that were made anew fit to those around them."""

import statistics
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from studio.imaging.flow import round_trip, warp
from studio.imaging.pixels import Pixels

GOOD = 1.5  # a join up to so many times a usual step is not seen
_AROUND = 6  # steps on each side of the range that count as usual ones
_LEAST_DIFFERENCE = 0.25  # grey levels: below it a step is none, and two of them are alike
_LEAST_ERROR = 9.0  # grey levels, squared: three of them are hardly seen


@dataclass(frozen=True, slots=True)
class Join:
    """The step from one frame to the next across the edge of a range, in multiples of the usual one: of the mean
    absolute difference, and of the warp error (`studio.imaging.metrics`). 1 is a step like the others.
    """

    difference: float
    warp_error: float

    @property
    def score(self) -> float:
        """The worse of the two."""
        return max(self.difference, self.warp_error)

    @property
    def good(self) -> bool:
        """Is it not seen?"""
        return self.score <= GOOD


def range_of(only: Collection[int], count: int, closed: bool) -> tuple[int, int]:
    """The first and the last of the frames that a request made anew; on a loop the first may be behind the last.

    `only` is not empty, and one range of the `count` frames.
    """
    first, last = min(only), max(only)
    if closed and {first, last} == {0, count - 1} and len(only) < count:
        gap = [number for number in range(count) if number not in only]
        return max(gap) + 1, min(gap) - 1
    return first, last


def join_scores(
    frame: Callable[[int], Pixels], count: int, first: int, last: int, closed: bool
) -> tuple[Join | None, Join | None]:
    """The joins before and after the frames `first` to `last`, both included, of `count`; on a loop these may go across
    the seam. None where nothing lies before, or after.

    `frame` gives frames (h, w, 3 or 4), all of one size. The usual step is the median of those within the range and
    near to it, which are not joins.
    """
    length = (last - first) % count + 1 if closed else last - first + 1
    if length >= count:
        return None, None
    joins = (first - 1, first + length - 1)  # each from a frame to the next
    steps = range(first - 1 - _AROUND, first + length + _AROUND)
    near = [step for step in steps if step not in joins and (closed or 0 <= step < count - 1)]
    if closed:  # a short loop comes round again
        taken = {join % count for join in joins}
        near = list({step % count: step for step in near if step % count not in taken}.values())
    measured = [_step(frame(step % count), frame((step + 1) % count)) for step in near]
    usual = tuple(statistics.median(values) for values in zip(*measured, strict=True)) if measured else (0.0, 0.0)
    before, after = (
        _join(_step(frame(step % count), frame((step + 1) % count)), usual) if closed or 0 <= step < count - 1 else None
        for step in joins
    )
    return before, after


def _step(a: Pixels, b: Pixels) -> tuple[float, float]:
    """Mean absolute difference in grey levels, and the mean squared one along the flow, where it can be followed."""
    a, b = a[..., :3], b[..., :3]
    forward, _, visible = round_trip(a, b)
    off = (warp(b, forward).astype(np.float32) - a) ** 2
    error = float(off[visible].mean()) if visible.any() else float(off.mean())
    return float(np.abs(a.astype(np.int16) - b).mean()), error


def _join(found: tuple[float, float], usual: tuple[float, ...]) -> Join:
    difference = max(found[0], _LEAST_DIFFERENCE) / max(usual[0], _LEAST_DIFFERENCE)
    return Join(difference, max(found[1], _LEAST_ERROR) / max(usual[1], _LEAST_ERROR))
