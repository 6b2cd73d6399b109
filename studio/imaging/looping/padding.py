"""What makes other tools loop-safe, and what holds a clip's colours."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.imaging.looping.mixing import Poll, unheard
from studio.imaging.pixels import Pixels

T = TypeVar("T")
R = TypeVar("R")
Numbers = NDArray[np.float64]

_THUMB = 64  # pixels a side, for colours
_LEAST_SPREAD = 1.0  # of a LAB channel; a flatter one has no contrast to be changed
_CERTAIN = 3.0  # times as far as other steps are from the mean of their neighbours, a ring is open


def wrap_padded(frames: Sequence[T], tool: Callable[[Sequence[T]], Sequence[R]], pad: int) -> list[R]:
    """What `tool` makes of a loop, as if it knew that the loop goes round: it sees `pad` frames more at both ends,
    taken from the ring, and what it makes of them is cut off.

    The tool may be any that works on a clip with two ends, and may make a whole number of frames of each. What it sees
    of a frame need not be pixels: numbers that were measured on it do for a long clip. Raises ValueError when it makes
    another number.
    """
    count = len(frames)
    if not count:
        return []
    ring = [frames[index % count] for index in range(-pad, count + pad)]
    results = tool(ring)
    factor, rest = divmod(len(results), len(ring))
    if rest or not factor:
        raise ValueError(f"a tool made {len(results)} frames of {len(ring)}")
    return list(results[pad * factor : (pad + count) * factor])


def anchored(frames: Sequence[Pixels], strength: float, closed: bool, poll: Poll = unheard) -> Iterator[Pixels]:
    """The frames, in order, with the colours of frame 0: mean and spread of each LAB channel are brought to its by
    `strength` in [0, 1] (Reinhard et al. 2001, "Color Transfer between Images", in CIELAB). Alpha stays.

    Each frame is changed by itself and frame 0 stays as it is. On a loop (`closed`) what would be left of a drift from
    the first frame to the last is taken out whole, so that no seam remains.
    """
    means, spreads = _colours(frames, poll)
    if not len(frames):
        return
    wanted_means, wanted_spreads = (_wanted(values, strength, closed) for values in (means, spreads))
    for index, frame in enumerate(frames):
        poll()
        gain = wanted_spreads[index] / spreads[index]
        yield _recoloured(frame, gain, wanted_means[index] - gain * means[index]) if index else frame.copy()


def _colours(frames: Sequence[Pixels], poll: Poll) -> tuple[Numbers, Numbers]:
    """Means and spreads of L, a, b for each frame; frames × 3."""
    means, spreads = np.zeros((len(frames), 3)), np.zeros((len(frames), 3))
    for index, frame in enumerate(frames):
        poll()
        small = cv2.resize(frame[..., :3], (_THUMB, _THUMB), interpolation=cv2.INTER_AREA)
        lab = _lab(np.asarray(small, np.uint8)).reshape(-1, 3)
        means[index], spreads[index] = lab.mean(0), np.maximum(lab.std(0), _LEAST_SPREAD)
    return means, spreads


def _wanted(values: Numbers, strength: float, closed: bool) -> Numbers:
    count = len(values)
    if closed and count > 3:
        steps = np.diff(values, axis=0)
        usual = (steps[0] + steps[-1]) / 2
        left_open = values[-1] + usual - values[0]  # by which the ring misses its beginning: its frames share the way
        inexact = np.median(np.abs(steps[1:-1] - (steps[:-2] + steps[2:]) / 2), axis=0)
        left_open = np.where(np.abs(left_open) > _CERTAIN * inexact, left_open, 0)
        values = values - np.arange(count)[:, None] / count * left_open
    return np.asarray(values + strength * (values[0] - values), np.float64)


def _recoloured(frame: Pixels, gain: Numbers, offset: Numbers) -> Pixels:
    lab = _lab(frame[..., :3]) * gain.astype(np.float32) + offset.astype(np.float32)
    rgb = np.asarray(cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_Lab2RGB))
    colours = np.clip(np.rint(rgb * 255), 0, 255).astype(np.uint8)
    return colours if frame.shape[2] == 3 else np.dstack([colours, frame[..., 3]])


def _lab(rgb: Pixels) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), np.float32)
