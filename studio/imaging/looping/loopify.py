"""A clip made to loop: cut where its end is most like its beginning, and blended over the cut along the motion."""

import math
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.imaging.looping.interpolation import Pair
from studio.imaging.looping.mixing import Made, Planes, Poll, unheard
from studio.imaging.pixels import Pixels

Numbers = NDArray[np.float64]
Read = Callable[[int, int], Iterable[Pixels]]  # the frames of a clip from one number up to another, which is left out

_THUMB = 16  # pixels a side
_AS_GOOD = 0.25  # of a usual step; among cuts no worse than the best by more than that the longest loop is taken
_LIVELY = 0.25  # of the clip's usual step; a loop that moves less is taken only if there is no other
_BLOCK = 64  # beginnings that are compared at once
_MOST_BLENDED = 12  # frames, where the number is left to us
_STILL = 1e4  # levels that a loop counts as worse that hardly moves
_CLOSING = (0.8, 1.25)  # of a usual step: so far is the last frame of a loop from the first
_GOING_ON = 1.5  # of a usual change from step to step: so much may the motion change where a loop closes


@dataclass(frozen=True, slots=True)
class Cut:
    """The loop is the frames from `first` up to `stop`, which is left out, and `blend` of them are blended: with
    `early` the last ones, into those before `first`; else the first ones, out of those from `stop` on. `distance` is
    that of the frames that meet, in levels of 255. `closed` is a clip that is a loop as it is.
    """

    first: int
    stop: int
    blend: int = 0
    early: bool = True
    distance: float = 0.0
    closed: bool = False

    @property
    def frames(self) -> int:
        """The loop's length."""
        return self.stop - self.first


def best_cut(frames: Iterable[Pixels], least: int, most: int, blend: int = 0, poll: Poll = unheard) -> Cut:
    """The loop of `least` to `most` frames (0: any number) whose ends meet best in picture and in motion, seen on
    thumbnails, of which one is held for each frame.

    `blend` frames are blended (0: a quarter of the loop, at most 12), so that many have to lie before or after it;
    where the clip has no more to give, fewer. A clip that is too short for `least` is taken whole; and one of a length
    that is wanted whose end leads on to its beginning as it is, which a cut or a blend could only make worse.
    """
    clip = _Thumbs(frames, poll)
    count = clip.count
    if least <= count <= (most or count) and clip.closes():
        return Cut(0, count, closed=True)
    if count <= least or count < 3:
        return Cut(0, count)
    spare = min(blend or _blend_of(least), count - least)
    distance, length, first = _best(clip, range(least, min(most or count, count - 1) + 1), spare, poll)
    stop = first + length
    wanted = min(blend or _blend_of(length), length - 1)
    early = first >= min(wanted, count - stop)
    return Cut(first, stop, min(wanted, first if early else count - stop), early, distance)


def loopified(read: Read, cut: Cut, poll: Poll = unheard, made: Set[int] = frozenset()) -> Iterator[Made]:
    """The frames of the loop, in order, less those whose indices are in `made`. Holds `blend` frames.

    In the blended ones the picture itself moves over, from where it is to where it has to be; a plain cross-fade would
    show both. Where the two have nothing in common, it is one.
    """
    frames, blend = cut.frames, cut.blend
    begin, end = (frames - blend, frames) if cut.early else (0, blend)
    other = (cut.first - blend, cut.first) if cut.early else (cut.stop, cut.stop + blend)
    others = list(read(*other)) if blend else []
    for index, frame in enumerate(read(cut.first, cut.stop)):
        poll()
        if index in made:
            continue
        if not begin <= index < end or index - begin >= len(others):
            yield Made(index, frame)
            continue
        place = index - begin
        share = (place + 1) / (blend + 1)
        pair = Pair(frame, others[place])
        yield Made(index, pair.at(share if cut.early else 1 - share), "blended over the cut")


def _blend_of(length: int) -> int:
    return min(_MOST_BLENDED, max(1, length // 4))


class _Thumbs:
    """A clip's frames as thumbnails, a row each, scaled so that rows are apart by their root mean square of levels."""

    def __init__(self, frames: Iterable[Pixels], poll: Poll) -> None:
        rows = []
        for frame in frames:
            poll()
            small = np.asarray(cv2.resize(frame[..., :3], (_THUMB, _THUMB), interpolation=cv2.INTER_AREA), np.float32)
            rows.append(small.ravel() / np.float32(math.sqrt(small.size)))
        self.count = len(rows)
        self.pictures = np.array(rows, np.float32)
        if self.count > 1:
            self.motion = np.diff(self.pictures, axis=0, prepend=self.pictures[:1])
            self.motion[0] = self.motion[1]
            steps = np.linalg.norm(self.motion[1:], axis=1)
            self.usual = float(np.median(steps))
            self._walked = np.concatenate([[0], np.cumsum(steps)])

    def closes(self) -> bool:
        """Whether the first frame follows the last as any follows the one before: after a usual step, and with the
        motion going on. The change of motion counts against half a usual step where the usual change is less than that:
        a steady pan never changes.
        """
        if self.count < 4:
            return False  # too few to know what is usual
        seam = self.pictures[0] - self.pictures[-1]
        step = float(np.linalg.norm(seam))
        if not _CLOSING[0] * self.usual <= step <= _CLOSING[1] * self.usual:
            return False
        usual = float(np.median(np.linalg.norm(np.diff(self.motion[1:], axis=0), axis=1)))
        change = max(float(np.linalg.norm(seam - self.motion[end])) for end in (-1, 1))
        return change <= _GOING_ON * max(usual, self.usual / 2)

    def costs(self, begin: int, lengths: range, spare: int) -> Numbers:
        """For a block of first frames from `begin` on and each length: how badly the loop's ends meet, in levels; not
        finite where there is none, or too little beside it to blend.
        """
        first = np.arange(begin, min(begin + _BLOCK, self.count - lengths.start))[:, None]
        stop = first + np.array(lengths)
        there = (stop < self.count) & ((first >= spare) | (stop + spare <= self.count))
        stop = np.minimum(stop, self.count - 1)
        others = slice(begin + lengths.start, int(stop.max()) + 1)
        column = np.maximum(stop - others.start, 0)
        rows = slice(begin, begin + len(first))
        apart = _distances(self.pictures[rows], self.pictures[others])
        apart += _distances(self.motion[rows], self.motion[others])
        costs = np.take_along_axis(apart, column, 1)
        still = self._walked[stop] - self._walked[first] < _LIVELY * self.usual * (stop - first)
        return np.asarray(np.where(there, costs + _STILL * still, np.inf), np.float64)


def _best(clip: _Thumbs, lengths: range, spare: int, poll: Poll) -> tuple[float, int, int]:
    """Distance, length and first frame; block by block, so that memory is bounded."""
    found: list[tuple[float, int, int]] = []
    tolerance = _AS_GOOD * clip.usual
    for begin in range(0, clip.count - lengths.start, _BLOCK):
        poll()
        for row, costs in enumerate(clip.costs(begin, lengths, spare)):
            least = int(costs.argmin())
            longest = int(np.flatnonzero(costs <= costs[least] + tolerance)[-1])
            found += [(float(costs[at]), lengths[at], begin + row) for at in (least, longest)]
    limit = min(found)[0] + tolerance
    return max((one for one in found if one[0] <= limit), key=lambda one: (one[1], -one[0]))


def _distances(a: Planes, b: Planes) -> Numbers:
    """Between each row of the one and each of the other."""
    squares = np.square(a).sum(1)[:, None] + np.square(b).sum(1) - 2 * (a @ b.T)
    return np.asarray(np.sqrt(np.maximum(squares, 0)), np.float64)
