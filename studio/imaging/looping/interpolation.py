"""Frames between frames, along their motion; on a loop also between the last and the first."""

from collections.abc import Iterable, Iterator, Set

import cv2
import numpy as np

from studio.imaging.flow import Flow, Mask, is_cut, occluded, round_trip, warp
from studio.imaging.looping.mixing import Made, Planes, Poll, pixels_of, planes_of, unheard
from studio.imaging.pixels import Pixels

_ROUNDS = 3  # of looking for where a pixel in between comes from
_SOFT = 1.5  # pixels, the edge between what is taken from one frame and from the other


class Pair:
    """Two frames of one shape, with the motion between them."""

    def __init__(self, a: Pixels, b: Pixels) -> None:
        self.a, self.b = a, b
        self.cut = is_cut(a, b)
        if not self.cut:
            self._planes = planes_of(a), planes_of(b)
            self._forward, self._backward, self._in_both = round_trip(a, b)
            self._in_both_of_b = ~occluded(self._backward, self._forward)

    def at(self, share: float) -> Pixels:
        """The frame after `share` of the way from a to b: both are brought there along the motion, and each counts the
        more the nearer it is; what only one of them shows is taken from that one. Between two scenes it is the nearer.
        """
        if self.cut or share <= 0 or share >= 1:
            return (self.a if share < 0.5 else self.b).copy()
        to_a, to_b = _origin(self._forward, share), _origin(self._backward, 1 - share)
        seen_a, seen_b = _softly(self._in_both, to_a), _softly(self._in_both_of_b, to_b)
        # Where neither can be believed, both are; a little of each keeps the quotient defined.
        weight_a, weight_b = (1 - share) * (seen_a + 1e-3), share * (seen_b + 1e-3)
        part_b = (weight_b / (weight_a + weight_b))[..., None]
        from_a, from_b = (warp(*side, "cubic") for side in zip(self._planes, (to_a, to_b), strict=True))
        return pixels_of(from_a + part_b * (from_b - from_a))


def interpolated(
    frames: Iterable[Pixels], factor: int, closed: bool, poll: Poll = unheard, made: Set[int] = frozenset()
) -> Iterator[Made]:
    """`factor` times as many frames, in order: each of the clip, and after it `factor` − 1 that lead to the next; with
    `closed` also from the last to the first. Those whose indices are in `made` are left out, and cost nothing.

    Holds three frames. Across a change of scene the nearer frame is repeated, and noted.
    """
    first: Pixels | None = None
    last: Pixels | None = None
    start = -factor
    for frame in frames:
        poll()
        if last is None:
            first = frame
        else:
            yield from _between(last, frame, start, factor, poll, made)
        last, start = frame, start + factor
        if start not in made:
            yield Made(start, frame)
    if closed and first is not None and last is not None and start > 0:
        yield from _between(last, first, start, factor, poll, made)


def _between(a: Pixels, b: Pixels, start: int, factor: int, poll: Poll, made: Set[int]) -> Iterator[Made]:
    wanted = [step for step in range(1, factor) if start + step not in made]
    if not wanted:
        return
    pair = Pair(a, b)
    note = "repeated at a change of scene" if pair.cut else ""
    for step in wanted:
        poll()
        yield Made(start + step, pair.at(step / factor), note)


def _origin(flow: Flow, share: float) -> Flow:
    """For each pixel of the frame `share` of the way along `flow`, how far away in the frame where it starts it was:
    u(x) = −share · flow(x + u(x)), by fixed-point iteration.
    """
    back: Flow = np.float32(-share) * flow
    found = back
    for _ in range(_ROUNDS):
        found = warp(back, found)
    return found


def _softly(mask: Mask, where: Flow) -> Planes:
    moved = warp(mask.astype(np.float32), where)
    return np.asarray(cv2.GaussianBlur(moved, (0, 0), _SOFT), np.float32)
