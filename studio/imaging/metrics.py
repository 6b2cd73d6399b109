"""How well a clip holds together, measured on its frames alone, whatever made them.

None of the measures suffices alone: a frozen or blurred clip is the most consistent of all.

Frames are measured no larger than 512 pixels a side. Differences are in levels of 0 to 255, places are frame numbers.
"""

import itertools
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.imaging.flow import Flow, RoundTrip, grey, round_trip, thumb, thumbs_differ, warp
from studio.imaging.pixels import Pixels

LARGEST_RATIO = 1000.0  # stands for any larger one, and for those of which the usual is nothing
HELD = 0.1  # of a usual step; what changes less is held
_SIDE = 512
_THUMB = 64  # pixels a side, for colours
_FASTEST = 0.95  # of the flow vectors are left out of the dynamic degree
_ENOUGH = 6  # places inside a clip, to tell how lively it is
_LEAST_CHANGE = 0.05  # pixels; smaller changes of velocity are the flow's own inaccuracy


@dataclass(frozen=True, slots=True)
class Series:
    """A value for each frame, for a diagnostics lane.

    `steps` and `warp_error` are of the step from the frame to the next, on a loop from the last to the first, and 0 at
    an open end. `flicker` is the second difference of mean luma around the frame, 0 at open ends. `drift` is ΔE (CIE76)
    of its mean colour against frame 0, `sharpness` the variance of its Laplacian, of luma relative to its mean.
    """

    steps: tuple[float, ...] = ()
    warp_error: tuple[float, ...] = ()
    flicker: tuple[float, ...] = ()
    drift: tuple[float, ...] = ()
    sharpness: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured; all finite. The seam is the step from the last frame to the first; that of an open clip counts
    as perfect (ratio 1, velocity jump 0).

    - `step`: usual (median) mean absolute difference of a frame and the next. `seam_ratio`: the seam's, of `step`.
    - `velocity_jump`: how much the motion's velocity changes at the seam, of its usual change between two steps, or of
      half its usual speed where that is more: a steady pan never changes. 1 is as elsewhere, a ping-pong has 4 or more.
      `inner_jump`: that of the liveliest places inside, a single turn left out.
    - `warp_error`, `seam_warp_error`: mean squared difference, summed over the channels in 0 to 1 and × 1000, of a
      frame and the next one warped onto it, where the flow can be believed (Lai et al. 2018, "Learning Blind Video
      Temporal Consistency"); inside and at the seam.
    - `sharpness`: the strongest edges of a usual frame, of its contrast: below 0.03 it is blurred. `sharpness_dip`: the
      least of `Series.sharpness`, at frame `softest`, of the usual one.
    - `held`: frames that repeat the one before. `cuts`: frames that begin another scene.
    - `flicker`: mean of `Series.flicker` inside; `colour_drift`: of the last frame, as in `Series.drift`.
    - `dynamic_degree`: mean length of the 5 % longest flow vectors, of the picture's diagonal, in a usual step
      (after Huang et al. 2024, "VBench").
    """

    frames: int
    closed: bool
    step: float = 0.0
    seam_ratio: float = 1.0
    velocity_jump: float = 0.0
    inner_jump: float = 0.0
    warp_error: float = 0.0
    seam_warp_error: float = 0.0
    sharpness: float = 0.0
    sharpness_dip: float = 1.0
    softest: int = 0
    held: tuple[int, ...] = ()
    cuts: tuple[int, ...] = ()
    flicker: float = 0.0
    colour_drift: float = 0.0
    dynamic_degree: float = 0.0
    series: Series = Series()


def measure(frames: Iterable[Pixels], closed: bool, poll: Callable[[], None] = lambda: None) -> Measures:
    """Measure a clip of any length, holding only a few frames of it; `closed` if it is to play as a loop.

    Frames are height × width, × 3 or × 4, uint8; those of another size than the first are scaled to it. `poll` is
    called at each.
    """
    meter = Meter()
    for frame in frames:
        poll()
        meter.add(frame)
    return meter.measures(closed)


@dataclass(frozen=True, slots=True)
class _Step:
    """From a frame to another: the flows, and what was measured on the way."""

    flows: RoundTrip
    difference: float
    warp_error: float
    speed: float
    fastest: float


class Meter:
    """Takes frames one by one, for who does not have them all at hand as `measure` wants them; holds the first, the
    last, and a few numbers for each.
    """

    def __init__(self) -> None:
        self._size = (0, 0)
        self._first: Pixels | None = None
        self._last: Pixels | None = None
        self._first_step: _Step | None = None
        self._last_step: _Step | None = None
        self._lumas, self._sharpness, self._edges = array("d"), array("d"), array("d")
        self._colours = array("d")  # three for each frame
        self._differences, self._warp_errors = array("d"), array("d")
        self._speeds, self._fastest, self._changes = array("d"), array("d"), array("d")
        self._cuts: list[int] = []

    def add(self, frame: Pixels) -> None:
        """The next frame."""
        if self._first is None:
            self._size = _size_to_measure(frame)
        frame = _prepared(frame, self._size)
        self._add_look(frame)
        if self._last is None:
            self._first = frame
        else:
            self._add_step(self._last, frame)
        self._last = frame

    def _add_look(self, frame: Pixels) -> None:
        luma = grey(frame)
        mean = float(luma.mean())
        self._lumas.append(mean)
        self._sharpness.append(float(cv2.Laplacian(luma, cv2.CV_32F).var()) / max(mean, 1.0) ** 2)
        self._edges.append(_edge_strength(luma))
        small = cv2.resize(frame, (_THUMB, _THUMB), interpolation=cv2.INTER_AREA)
        lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
        self._colours.extend(float(value) for value in lab.mean((0, 1)))

    def _add_step(self, last: Pixels, frame: Pixels) -> None:
        step = _step(last, frame)
        self._differences.append(step.difference)
        self._warp_errors.append(step.warp_error)
        self._speeds.append(step.speed)
        self._fastest.append(step.fastest)
        if self._last_step is None:
            self._first_step = step
        else:
            self._changes.append(_change(self._last_step.flows.backward, step.flows.forward))
        if thumbs_differ(thumb(last), thumb(frame)):
            self._cuts.append(len(self._lumas) - 1)
        self._last_step = step

    def measures(self, closed: bool) -> Measures:
        """What the frames so far are like, as a loop or as a clip with two ends."""
        if self._first is None or self._last is None:
            return Measures(0, closed)
        count = len(self._lumas)
        seam = _step(self._last, self._first) if closed and count > 1 else None
        usual = _usual(self._differences)
        sharpness, flicker, drift = np.array(self._sharpness), self._flicker(closed), self._drift()
        ends = (0.0,) if seam is None else (seam.difference,)
        errors = (0.0,) if seam is None else (seam.warp_error,)
        return Measures(
            frames=count,
            closed=closed,
            step=usual,
            seam_ratio=1.0 if seam is None else _ratio(seam.difference, usual),
            velocity_jump=0.0 if seam is None else self._velocity_jump(seam),
            inner_jump=self._inner_jump(),
            warp_error=_mean(self._warp_errors),
            seam_warp_error=errors[0],
            sharpness=float(np.median(self._edges)),
            sharpness_dip=min(1.0, _ratio(float(sharpness.min()), float(np.median(sharpness)))),
            softest=int(sharpness.argmin()),
            held=tuple(i + 1 for i, step in enumerate(self._differences) if step < HELD * usual),
            cuts=tuple(self._cuts),
            flicker=_mean(flicker[1:-1]),
            colour_drift=float(drift[-1]),
            dynamic_degree=_mean(self._fastest),
            series=Series(
                (*self._differences, *ends), (*self._warp_errors, *errors), tuple(flicker.tolist()),
                tuple(drift.tolist()), tuple(sharpness.tolist()),
            ),
        )  # fmt: skip

    def _velocity_jump(self, seam: _Step) -> float:
        if self._first_step is None or self._last_step is None or len(self._lumas) < 4:
            return 0.0  # too few to know what is usual
        jump = max(
            _change(self._last_step.flows.backward, seam.flows.forward),
            _change(seam.flows.backward, self._first_step.flows.forward),
        )
        return _ratio(jump, self._usual_change())

    def _inner_jump(self) -> float:
        """The larger change at each two frames in a row, as at the seam; a turn is in two such pairs, so that the third
        largest is taken.
        """
        pairs = sorted(map(max, itertools.pairwise(self._changes)))
        return _ratio(pairs[-3], self._usual_change()) if len(pairs) >= _ENOUGH else 0.0

    def _usual_change(self) -> float:
        return max(float(np.median(self._changes)), float(np.median(self._speeds)) / 2, _LEAST_CHANGE)

    def _flicker(self, closed: bool) -> NDArray[np.float64]:
        lumas = np.array(self._lumas)
        bends = np.abs(np.roll(lumas, -1) - 2 * lumas + np.roll(lumas, 1))
        if not closed:
            bends[[0, -1]] = 0
        return np.asarray(bends, np.float64)

    def _drift(self) -> NDArray[np.float64]:
        colours = np.array(self._colours).reshape(-1, 3)
        return np.asarray(np.linalg.norm(colours - colours[0], axis=1), np.float64)


def _size_to_measure(frame: Pixels) -> tuple[int, int]:
    """Width and height."""
    height, width = frame.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _prepared(frame: Pixels, size: tuple[int, int]) -> Pixels:
    """RGB of that size; what is transparent is black."""
    if frame.ndim == 2:
        frame = np.repeat(frame[..., None], 3, 2)
    if frame.shape[2] == 4:
        frame = (frame[..., :3].astype(np.uint16) * frame[..., 3:] // 255).astype(np.uint8)
    if frame.shape[1::-1] != size:
        frame = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(frame)


def _edge_strength(luma: Pixels) -> float:
    """The strongest half percent of the Laplacian, less grain, of the range of luma without its half percent at either
    end. A straight edge that was blurred by a Gaussian of s pixels has 0.24 / (1 + s²).
    """
    smooth = cv2.GaussianBlur(luma.astype(np.float32), (0, 0), 1)
    low, high = np.percentile(luma, (0.5, 99.5))
    return float(np.percentile(np.abs(cv2.Laplacian(smooth, cv2.CV_32F)), 99.5) / max(high - low, 1.0))


def _step(a: Pixels, b: Pixels) -> _Step:
    flows = round_trip(a, b)
    lengths = cv2.magnitude(flows.forward[..., 0], flows.forward[..., 1])
    fastest = np.partition(lengths.ravel(), int(_FASTEST * lengths.size))[int(_FASTEST * lengths.size) :]
    diagonal = float(np.hypot(*a.shape[:2]))
    difference = float(cv2.absdiff(a, b).mean())
    return _Step(flows, difference, _warp_error(a, b, flows), float(lengths.mean()), float(fastest.mean()) / diagonal)


def _warp_error(a: Pixels, b: Pixels, flows: RoundTrip) -> float:
    apart = (warp(b, flows.forward).astype(np.float32) - a) / 255
    errors = np.square(apart).sum(2)
    seen = errors[flows.visible] if flows.visible.any() else errors
    return 1000 * float(seen.mean())


def _change(backward: Flow, forward: Flow) -> float:
    """Mean length of what the velocity changes by at a frame, from the flows on its grid to the frame before and to the
    next: of a steady motion they are opposite.
    """
    return float(np.hypot(backward[..., 0] + forward[..., 0], backward[..., 1] + forward[..., 1]).mean())


def _usual(differences: "array[float]") -> float:
    """The median; of a clip most of whose frames are held, that of the others."""
    values = np.array(differences)
    if not values.any():
        return 0.0
    return float(np.median(values)) or float(np.median(values[values > 0]))


def _ratio(value: float, usual: float) -> float:
    if value <= usual * LARGEST_RATIO:
        return value / usual if usual else 1.0
    return LARGEST_RATIO


def _mean(values: "array[float] | NDArray[np.float64]") -> float:
    return float(np.mean(values)) if len(values) else 0.0
