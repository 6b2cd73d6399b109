"""Where the keys of a lane lie on the screen, and the handles of the curves between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from studio.domain.easing import Ease
from studio.domain.timeline.model import Clip, Key, Timeline, Track
from studio.domain.timeline.parameters import PARAMETERS
from studio.domain.timeline.times import period
from studio.ui.timeline.rows import Row

_INSET = 9.0  # logical pixels above and below the range, so that keys at its ends are seen whole
_USUAL = {"x": (-1.0, 1.0), "y": (-1.0, 1.0), "scale": (0.0, 2.0), "rotation": (-180.0, 180.0), "volume": (0.0, 2.0),
          "guidance": (0.0, 20.0)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` to `high` between `top` and `bottom` of a row, in pixels."""

    low: float
    high: float
    top: float
    bottom: float

    def y(self, value: float) -> float:
        """Where a value lies."""
        return self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top)

    def value(self, y: float) -> float:
        """The value at a place."""
        return self.low + (self.bottom - y) / (self.bottom - self.top) * (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Segment:
    """The way from the key at `key` on to the next, in frames after the clip's start and in values. Before the first
    key and after the last one the value stays: there `key` is None.
    """

    key: Fraction | None
    start: float
    end: float
    first: float
    last: float
    ease: Ease

    def handles(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The two inner points of its Bézier curve."""
        wide, high = self.end - self.start, self.last - self.first
        return (
            (self.start + self.ease.x1 * wide, self.first + self.ease.y1 * high),
            (self.start + self.ease.x2 * wide, self.first + self.ease.y2 * high),
        )


def scale_of(track: Track, row: Row) -> Scale:
    """The scale of a row of keys: the parameter's usual range, and the keys beyond it."""
    low, high = usual_range(row.parameter)
    for clip in track.clips:
        for key in keys_of(clip, row.parameter):
            low, high = min(low, key.value), max(high, key.value)
    return Scale(low, high, row.top + _INSET, row.bottom - _INSET)


def usual_range(parameter: str) -> tuple[float, float]:
    """The values that a lane shows at least."""
    known = PARAMETERS[parameter]
    return _USUAL.get(parameter, (known.minimum, known.maximum))


def keys_of(clip: Clip, parameter: str) -> tuple[Key, ...]:
    """The keys of a clip's parameter, by time."""
    return next((lane.keys for lane in clip.lanes if lane.parameter == parameter), ())


def turn_of_keys(timeline: Timeline, clip: Clip, parameter: str) -> Fraction | None:
    """After how many frames the keys begin anew, None where they do not; prompts count as drawn."""
    known = PARAMETERS.get(parameter)
    return period(timeline, clip, drawn=known.drawn if known is not None else True)


def repeats(turn: Fraction | None, length: float) -> range:
    """How often keys that begin anew after `turn` frames are seen along a clip, and once before."""
    return range(1) if turn is None else range(-1, int(length // float(turn)) + 1)


def segments(timeline: Timeline, clip: Clip, parameter: str) -> Iterator[Segment]:
    """The curve of a parameter along its clip, from the left; where keys begin anew, the last leads to the first."""
    keys = keys_of(clip, parameter)
    turn = turn_of_keys(timeline, clip, parameter)
    if not keys:
        return
    if turn is None:
        yield from _line(keys, clip.length)
        return
    around = float(turn)
    for again in repeats(turn, clip.length):
        for index, key in enumerate(keys):
            after = keys[(index + 1) % len(keys)]
            start = float(key.at) + again * around
            end = float(after.at) + (again + (index + 1 == len(keys))) * around
            if end > 0 and start < clip.length:
                yield Segment(key.at, start, end, key.value, after.value, key.ease)


def _line(keys: tuple[Key, ...], length: float) -> Iterator[Segment]:
    yield Segment(None, 0.0, float(keys[0].at), keys[0].value, keys[0].value, Ease())
    for index in range(len(keys) - 1):
        key, after = keys[index], keys[index + 1]
        yield Segment(key.at, float(key.at), float(after.at), key.value, after.value, key.ease)
    last = keys[-1]
    yield Segment(None, float(last.at), max(float(last.at), length), last.value, last.value, Ease())
