"""Windows over the frames of a clip that a network cannot see at once, open or going round a ring.

Each frame's prediction is the mean of those of the windows that see it, weighted by a pyramid, so that windows fade
into each other. From step to step the windows move, by ordered halving, so that no border stays in one place: the
"uniform" context scheduling of AnimateDiff's users, here with window borders that lie on whole frames of the ring.
"""


def ordered_halving(number: int) -> float:
    """The van der Corput sequence to base 2, in [0, 1): 0, 1/2, 1/4, 3/4, 1/8 …"""
    share, weight = 0.0, 0.5
    while number:
        share += weight * (number & 1)
        number, weight = number >> 1, weight / 2
    return share


def pyramid(length: int) -> tuple[int, ...]:
    """Weights of a window's frames: 1 at its ends, growing by 1 to its middle."""
    return tuple(min(index, length - 1 - index) + 1 for index in range(length))


def windows_at(step: int, count: int, length: int, overlap: int, closed: bool) -> tuple[tuple[int, ...], ...]:
    """The frames that each window sees at `step`, in their order; together they see all of `count` frames.

    `length` frames a window, of which neighbours share at least `overlap` < `length`. A window of a closed clip goes on
    behind the last frame with the first.
    """
    if length >= count:
        return (tuple(range(count)),)
    stride = max(1, length - overlap)
    shift = ordered_halving(step)
    if closed:
        number = -(-count // stride)
        starts = (int((shift + index) * count / number) for index in range(number))
        return tuple(tuple((start + offset) % count for offset in range(length)) for start in starts)
    last = count - length
    inner = range(int(shift * stride), last, stride)
    return tuple(tuple(range(start, start + length)) for start in sorted({0, last, *inner}))
