"""Fast changes of brightness and colour between frames, taken out; slow ones and changes of scene stay."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.imaging.flow import thumb, thumbs_differ
from studio.imaging.looping.mixing import Made, Poll, unheard
from studio.imaging.looping.padding import wrap_padded
from studio.imaging.pixels import Pixels

Numbers = NDArray[np.float64]

_SPREAD = 3.0  # frames: the standard deviation of the weights
_REACH = 9  # frames that a frame is compared with, on either side
_PAD = 2 * _REACH  # one frame's reach, and that of those which decide how far these can be believed
_ROUNDS = 2  # in which frames that lie far from the others come to count less
_FLAT = 1.0  # levels: a channel that varies less has no contrast to be changed
_CALM = 0.25  # levels: what frames usually miss the curve by is taken to be no less
_MOST = 2.0  # times, or its half, that contrast is changed


@dataclass(frozen=True, slots=True)
class Look:
    """A frame's means and standard deviations of red, green and blue, in levels; and whether it begins a scene."""

    means: tuple[float, ...]
    spreads: tuple[float, ...]
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to a frame's red, green and blue: times `gain`, plus `offset` levels; it gets `lighter` by so many
    levels.
    """

    gain: tuple[float, ...]
    offset: tuple[float, ...]
    lighter: float


def deflickered(
    read: Callable[[int, int], Iterable[Pixels]],
    count: int,
    strength: float,
    closed: bool,
    poll: Poll = unheard,
    made: Set[int] = frozenset(),
) -> Iterator[Made]:
    """The `count` frames that `read(start, stop)` gives, in order, without `strength` in [0, 1] of their flicker: mean
    and contrast of each colour follow a smooth curve over the frames around. Frames in `made` are left out.

    Reads the frames twice and holds two of them. On a loop (`closed`) the curve goes round; nothing is carried over a
    change of scene. Alpha stays. `poll` is called at each frame, each time.
    """
    changes = changes_of(looks(read(0, count), poll), strength, closed)
    for index in range(count):
        if index in made:
            continue
        poll()
        (frame,) = read(index, index + 1)
        change = changes[index]
        note = f"{abs(change.lighter):.1f} levels {'lighter' if change.lighter > 0 else 'darker'}"
        yield Made(index, _changed(frame, change), note if abs(change.lighter) >= 0.05 else "")


def looks(frames: Iterable[Pixels], poll: Poll = unheard) -> list[Look]:
    """What decides how frames are changed; the first begins a scene if the last shows another one."""
    found: list[Look] = []
    thumbs: list[Pixels] = []  # of the first frame and of the last so far
    for frame in frames:
        poll()
        small = thumb(frame)
        begins = bool(thumbs) and thumbs_differ(thumbs[-1], small)
        found.append(_look(frame, begins))
        thumbs = [*thumbs[:1], small]
    if found:
        found[0] = Look(found[0].means, found[0].spreads, thumbs_differ(thumbs[-1], thumbs[0]))
    return found


def changes_of(found: Sequence[Look], strength: float, closed: bool) -> list[Change]:
    """What takes `strength` of the flicker out of frames of these looks."""

    def change(given: Sequence[Look]) -> list[Change]:
        return [each for scene in _scenes(given) for each in _changes(scene, strength)]

    return wrap_padded(found, change, _PAD) if closed else change(found)


def _look(frame: Pixels, begins: bool) -> Look:
    colours = np.asarray(frame[..., :3]).reshape(-1, 3)
    weights = None if frame.shape[2] == 3 else np.ascontiguousarray(frame[..., 3]).reshape(-1)
    if weights is None or not weights.any():
        means, spreads = cv2.meanStdDev(colours.reshape(-1, 1, 3))
        return Look(tuple(means.ravel().tolist()), tuple(spreads.ravel().tolist()), begins)
    average = np.average(colours, 0, weights)
    spread = np.sqrt(np.average((colours - average) ** 2, 0, weights))
    return Look(tuple(average.tolist()), tuple(spread.tolist()), begins)


def _scenes(found: Sequence[Look]) -> Iterator[Sequence[Look]]:
    starts = [index for index, look in enumerate(found) if look.begins and index]
    bounds = (0, *starts, len(found)) if found else ()
    for start, stop in itertools.pairwise(bounds):
        yield found[start:stop]


def _changes(scene: Sequence[Look], strength: float) -> Iterator[Change]:
    means = np.array([look.means for look in scene])
    spreads = np.maximum([look.spreads for look in scene], _FLAT)
    to_means, to_spreads = _smooth(means), np.maximum(_smooth(spreads), _FLAT)
    gains = np.clip((to_spreads / spreads) ** strength, 1 / _MOST, _MOST)
    wanted = means + strength * (to_means - means)
    for gain, mean, after in zip(gains, means, wanted, strict=True):
        yield Change(tuple(gain), tuple(after - gain * mean), float((after - mean).mean()))


def _smooth(values: Numbers) -> Numbers:
    """Each column of values, frames × channels, as a smooth curve: at each frame a parabola through those around it,
    where frames that lie far off count less (LOESS: Cleveland 1979, "Robust Locally Weighted Regression"). What goes
    steadily up or down stays as it is, also at the ends.
    """
    trust, curve = np.ones_like(values), values
    for _ in range(_ROUNDS + 1):
        curve = np.stack([_at(index, values, trust) for index in range(len(values))])
        missed = np.abs(values - curve)
        usual = np.maximum(np.median(missed, 0), _CALM)
        trust = np.maximum(1 - (missed / (6 * usual)) ** 2, 1e-3) ** 2
    return curve


def _at(index: int, values: Numbers, trust: Numbers) -> Numbers:
    low, high = max(0, index - _REACH), min(len(values), index + _REACH + 1)
    away = np.arange(low, high) - index
    near = np.exp(-0.5 * (away / _SPREAD) ** 2)
    powers = away[:, None] ** np.arange(min(3, high - low))
    columns = []
    for channel in range(values.shape[1]):
        root = np.sqrt(near * trust[low:high, channel])
        fit, *_ = np.linalg.lstsq(powers * root[:, None], values[low:high, channel] * root, rcond=None)
        columns.append(fit[0])
    return np.array(columns)


def _changed(frame: Pixels, change: Change) -> Pixels:
    levels = np.arange(256)[:, None] * np.array(change.gain) + np.array(change.offset)
    table = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
    colours = np.stack([table[:, channel][frame[..., channel]] for channel in range(3)], axis=2)
    return colours if frame.shape[2] == 3 else np.dstack([colours, frame[..., 3]])
