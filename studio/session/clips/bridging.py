"""Frames of a take made anew out of those around them."""

from collections.abc import Callable, Iterable, Mapping

from studio.domain.errors import ErrorKind, StudioError
from studio.imaging.pixels import Pixels


def bridge(
    frame: Callable[[int], Pixels], there: Iterable[int], first: int, last: int, count: int, closed: bool
) -> Mapping[int, Pixels]:
    """The frames `first` to `last`, both included, of a take of `count`, interpolated along the motion from the frame
    before to the one after; on a loop across the seam. Frames are (h, w, 3 or 4); `there` are those that `frame` gives.

    At an end of a line the frame next to it stands still. Raises StudioError (INPUT) when there is no frame around.
    """
    from studio.imaging.looping.interpolation import Pair  # its libraries take long to load

    length = (last - first) % count + 1 if closed else last - first + 1
    others = set(there) - {(first + index) % count for index in range(length)}
    before, after = _before(others, first, count, closed), _after(others, first + length - 1, count, closed)
    if before is None or after is None:
        only = after if before is None else before
        if only is None:
            message = "There are no frames around to make these of."
            raise StudioError(ErrorKind.INPUT, message, "Choose a part of the clip only.", "only")
        return {(first + index) % count: frame(only % count) for index in range(length)}
    pair = Pair(frame(before % count), frame(after % count))
    return {(first + index) % count: pair.at((first + index - before) / (after - before)) for index in range(length)}


def _before(others: set[int], first: int, count: int, closed: bool) -> int | None:
    """The last of the frames before `first`, below 0 beyond a loop's seam."""
    places = range(first - 1, first - count if closed else -1, -1)
    return next((place for place in places if place % count in others), None)


def _after(others: set[int], last: int, count: int, closed: bool) -> int | None:
    """The first of the frames after `last`, from `count` on beyond a loop's seam."""
    places = range(last + 1, last + count if closed else count)
    return next((place for place in places if place % count in others), None)
