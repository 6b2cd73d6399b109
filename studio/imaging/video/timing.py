"""From the times at which stored frames are shown to frames at a constant rational rate."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from studio.imaging.video.problems import MAX_FRAMES

Ticks = NDArray[np.int64]

# What cameras and programs make; in a file whose clock is coarse (a millisecond in WebM) the nearest of these is meant.
STANDARD = tuple(
    Fraction(rate)
    for rate in (
        "5", "6", "8", "10", "12", "25/2", "15", "16", "20", "24000/1001", "24", "25", "30000/1001", "30", "48", "50",
        "60000/1001", "60", "72", "90", "100", "120000/1001", "120", "240",
    )
)  # fmt: skip
DEFAULT_RATE = Fraction(24)  # of what has no times of its own
MIN_RATE, MAX_RATE = Fraction(1, 10), Fraction(240)
_MAX_COMMON = 60  # a second: the highest rate that is taken only because every time is a multiple of it
_SAME = Fraction(2, 10_000)  # a rate no further than this from a usual one is that one
_ROUNDED = 1.01  # ticks by which the times of a constant rate may be spread when a clock rounds them
_TELLING = 8  # ticks a frame must last: on so coarse a clock everything would be a multiple of something


@dataclass(frozen=True, slots=True)
class Timing:
    """`frames` frames at `rate`. Frame e is the stored frame `stored[e]`; None is the identity. `variable` is a file
    whose own frames do not come at a constant rate.
    """

    rate: Fraction
    frames: int
    variable: bool = False
    stored: Ticks | None = None

    def of(self, frame: int) -> int:
        """The number of the stored frame that is seen at `frame`."""
        return frame if self.stored is None else int(self.stored[frame])

    @property
    def seconds(self) -> Fraction:
        """How long all frames take."""
        return self.frames / self.rate


def still_timing(frames: int, rate: Fraction = DEFAULT_RATE) -> Timing:
    """Frames without times of their own."""
    return Timing(rate, frames)


def timing_of(times: Ticks, end: int, tick: Fraction, hint: Fraction | None = None) -> Timing:
    """Frames at a constant rate for stored frames that begin at `times` (ascending, each once) and end at `end`, all in
    `tick` seconds; an `end` that is not after them is unknown. `hint` is the rate that the file claims.

    A constant rate is found through the rounding of the clock, and also where frames were left out since nothing moved.
    Where there is none, the usual distance of two frames decides, and frame e is what is seen at e / rate seconds.
    """
    start = int(times[0])
    times, end = times - start, end - start
    if len(times) == 1:
        return Timing(_sane(hint) or (_sane(1 / (end * tick)) if end > 0 else None) or DEFAULT_RATE, 1)
    if end <= int(times[-1]):  # nobody knows how long the last one is shown
        end = int(times[-1]) + max(int(np.median(np.diff(times))), 1)
    rate = _constant(times, end, tick, hint) or _of_multiples(times, end, tick, hint) or _common(times, end, tick)
    rate = rate or _usual(times, tick)
    step = 1 / (rate * tick)  # ticks
    frames = min(max(round(end / step), 1), MAX_FRAMES)
    moments = (np.arange(frames) + 0.25) * float(step)  # later by what a clock may round
    stored = (np.searchsorted(times, moments, side="right") - 1).astype(np.int64)
    if frames == len(times) and np.array_equal(stored, np.arange(frames)):
        return Timing(rate, frames)
    return Timing(rate, frames, variable=True, stored=stored)


def _sane(rate: Fraction | None) -> Fraction | None:
    return rate if rate is not None and MIN_RATE <= rate <= MAX_RATE else None


def _plainness(rate: Fraction) -> tuple[int, Fraction]:
    """Whole rates before others: a coarse clock tells 24 from 23.976 only after a while."""
    return rate.denominator, rate


def _constant(times: Ticks, end: int, tick: Fraction, hint: Fraction | None) -> Fraction | None:
    """The rate whose frame e is at `times[e]`, but for the rounding of the clock."""
    mean = (len(times) - 1) / (int(times[-1]) * tick)
    near = sorted(sorted(STANDARD, key=lambda rate: abs(rate - mean))[:3], key=_plainness)
    claimed = [hint] if hint is not None else []
    equal = int(np.ptp(np.diff(times))) == 0
    exact = next((rate for rate in near if abs(rate / mean - 1) < _SAME), mean)
    if equal and _sane(exact) and round(end * tick * exact) == len(times):
        return exact
    numbers = np.arange(len(times))
    for rate in (*claimed, *near, mean.limit_denominator(1001)):
        if not _sane(rate) or round(end * tick * rate) != len(times):
            continue
        if float(np.ptp(times - numbers / float(rate * tick))) <= _ROUNDED:
            return rate
    return None


def _of_multiples(times: Ticks, end: int, tick: Fraction, hint: Fraction | None) -> Fraction | None:
    """The lowest usual rate of which every time is some frame's: a camera or an encoder left out frames."""
    places = np.append(times, end)
    least = int(np.diff(places).min())
    claimed = _sane(hint)
    for rate in (*([claimed] if claimed else []), *sorted(STANDARD, key=_plainness)):
        step = float(1 / (rate * tick))
        if step < _TELLING or step > least + _ROUNDED:
            continue
        if np.abs(places - np.rint(places / step) * step).max() <= _ROUNDED:
            return rate
    return None


def _common(times: Ticks, end: int, tick: Fraction) -> Fraction | None:
    """The rate of which every time is exactly a multiple, if it is no higher than pictures are usually shown."""
    rate = 1 / (int(np.gcd.reduce(np.append(times[1:], end))) * tick)
    return rate if MIN_RATE <= rate <= _MAX_COMMON else None


def _usual(times: Ticks, tick: Fraction) -> Fraction:
    """The usual rate that is nearest to what most frames have."""
    rate = 1 / (max(int(np.median(np.diff(times))), 1) * tick)
    return min(STANDARD, key=lambda standard: abs(float(standard / rate) - 1))
