"""A traffic light for a clip, from its measures, with the reasons in plain words."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from studio.imaging.metrics import HELD, Measures


class Light(StrEnum):
    """GREEN: nothing shows; AMBER: something shows to who looks for it; RED: anybody sees it."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The light, and why: the worst first. A green one says what is good."""

    light: Light
    reasons: tuple[str, ...]


Finding = tuple[Light, str]
_ORDER = (Light.RED, Light.AMBER, Light.GREEN)

STILL_STEP, STILL_MOTION = 0.25, 0.0005  # levels, and of the diagonal: a clip with less of both stands still
GOOD_SEAM, JUMPING_SEAM = (0.8, 1.2), 1.5  # of a usual step
GOOD_VELOCITY, TURNING_VELOCITY = 1.5, 3.0
BROKEN_SEAM, BROKEN_SEAM_ERROR = 5.0, 3.0  # the seam's warp error, of that inside and by itself
GOOD_DIP, DEEP_DIP = 0.85, 0.6
BLURRED = 0.03
GOOD_FLICKER, STRONG_FLICKER = 1.5, 4.0  # levels
GOOD_ERROR, LARGE_ERROR = 10.0, 30.0
SEEN_DRIFT, STRONG_DRIFT, OPEN_DRIFT = 2.0, 5.0, 6.0  # ΔE
DRIFTING_STEPS = 4.0  # so many usual steps of colour from the last frame to the first are no step
STEADY_DRIFT = 0.9  # correlation of drift and time
_BESIDE = 4  # frames before and after one that it is compared with
_AS_LARGE = 1.05
_AS_LIVELY = 1.25  # times the liveliest places inside
_NAMED = 4  # frames that a sentence names at most


def verdict(measures: Measures, changing: bool = False) -> Verdict:
    """What a viewer would say of a clip with these measures. Of one that is `changing` because other things are asked
    for on its way, brightness, sharpness and course may change from one frame to another.
    """
    if measures.frames < 2:
        return Verdict(Light.RED, ("it has no frames" if not measures.frames else "it is a single picture",))
    if measures.step < STILL_STEP and measures.dynamic_degree < STILL_MOTION and measures.seam_ratio <= JUMPING_SEAM:
        return Verdict(Light.RED, ("it stands still",))
    drifts = tuple(_colour(measures))
    findings = [*drifts, *_seam(measures, bool(drifts), changing)]
    findings += [*_softness(measures, bool(drifts), changing), *_inside(measures, changing)]
    if not findings:
        return Verdict(Light.GREEN, _praise(measures))
    findings.sort(key=lambda finding: _ORDER.index(finding[0]))
    return Verdict(findings[0][0], tuple(reason for _, reason in findings))


def _praise(measures: Measures) -> tuple[str, ...]:
    if measures.closed:
        return (f"the seam is a usual step ({measures.seam_ratio:.2f} ×)", "it moves, and nothing flickers")
    return ("it moves, and nothing flickers",)


def _colour(measures: Measures) -> Iterator[Finding]:
    drift = np.array(measures.series.drift)
    end = measures.colour_drift
    if measures.closed:
        usual = float(np.median(np.abs(np.diff(drift))))
        if end > SEEN_DRIFT and end > DRIFTING_STEPS * usual and _steady(drift):
            strong = end > STRONG_DRIFT or measures.seam_ratio > JUMPING_SEAM
            light = Light.RED if strong else Light.AMBER
            yield light, f"its colours drift: the last frame is ΔE {end:.1f} from the first, to which it goes back"
    elif end > OPEN_DRIFT and _steady(drift):
        yield Light.AMBER, f"its colours drift: the last frame is ΔE {end:.1f} from the first"


def _steady(drift: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> bool:
    """Does it grow all the time?"""
    if len(drift) < 4 or np.ptp(drift) == 0:
        return False
    return bool(np.corrcoef(drift, np.arange(len(drift)))[0, 1] > STEADY_DRIFT)


def _seam(measures: Measures, drifts: bool, changing: bool) -> Iterator[Finding]:
    ratio = measures.seam_ratio
    low, high = GOOD_SEAM
    if not measures.closed:
        return
    if ratio > JUMPING_SEAM and not (_continues(measures) and _uneven(measures)):
        yield Light.RED, f"the seam jumps: {ratio:.1f} × a usual step"
    elif ratio < HELD:
        yield Light.RED, f"the last frame repeats the first: the seam is {ratio:.2f} of a usual step"
    elif drifts:
        return  # what shows at the seam is the drift
    elif not _continues(measures):
        error, usual = measures.seam_warp_error, measures.warp_error
        reason = f"the seam jumps: the picture does not go on there (warp error {error:.1f}, inside {usual:.1f})"
        yield Light.RED, reason
    elif ratio > JUMPING_SEAM:
        yield Light.AMBER, f"its speed is uneven: the seam is {ratio:.2f} × a usual step, and others are as large"
    elif not low <= ratio <= high:
        size = "large" if ratio > high else "small"
        yield Light.AMBER, f"the seam is a {size} step: {ratio:.2f} × a usual one"
    if HELD <= ratio <= JUMPING_SEAM and not (drifts or changing) and _continues(measures):
        yield from _turn(measures.velocity_jump, measures.inner_jump)


def _turn(jump: float, inner: float) -> Iterator[Finding]:
    """What is to be said of the motion at a seam whose step is none of the worst; inside it may be as lively."""
    if jump > max(GOOD_VELOCITY, _AS_LIVELY * inner):
        turns = jump > TURNING_VELOCITY
        what = "turns round" if turns else "changes its course"
        reason = f"the motion {what} at the seam: its velocity jumps {jump:.1f} × as far as elsewhere"
        yield (Light.RED if turns else Light.AMBER), reason


def _continues(measures: Measures) -> bool:
    """Can what is seen be followed over the seam as it can inside?"""
    return measures.seam_warp_error <= max(BROKEN_SEAM_ERROR, BROKEN_SEAM * measures.warp_error)


def _uneven(measures: Measures) -> bool:
    """Are there steps inside as large as the seam's?"""
    *inner, seam = measures.series.steps
    return bool(seam <= _AS_LARGE * np.percentile(inner, 95))


def _softness(measures: Measures, drifts: bool, changing: bool) -> Iterator[Finding]:
    steady = measures.closed and not changing
    dip, place = (measures.sharpness_dip, measures.softest) if steady else _softest(measures)
    if dip < GOOD_DIP and not drifts:  # contrast drifts with the colours
        light = Light.RED if dip < DEEP_DIP else Light.AMBER
        if steady and _only_at_the_seam(measures):
            yield light, f"the seam is blurred as by a cross-fade: frame {place} has {dip:.2f} of the usual sharpness"
        else:
            yield light, f"frame {place} is soft: it has {dip:.2f} of the usual sharpness"
    if measures.sharpness < BLURRED:
        yield Light.AMBER, "it is blurred, or shows no details"


def _softest(measures: Measures) -> tuple[float, int]:
    """The frame that is softest beside its neighbours, for what a clip shows may change, and its share of their
    sharpness.
    """
    sharpness = np.array(measures.series.sharpness)
    beside = np.lib.stride_tricks.sliding_window_view(np.pad(sharpness, _BESIDE, "reflect"), 2 * _BESIDE + 1)
    shares = sharpness / np.maximum(np.median(beside, axis=1), np.finfo(np.float64).tiny)
    place = int(shares.argmin())
    return (float(shares[place]), place) if sharpness.any() else (1.0, 0)


def _only_at_the_seam(measures: Measures) -> bool:
    """Are all soft frames among those next to the seam?"""
    sharpness = np.array(measures.series.sharpness)
    (soft,) = np.nonzero(sharpness < GOOD_DIP * np.median(sharpness))
    return bool((np.minimum(soft, measures.frames - soft) <= max(2, measures.frames // 4)).all())


def _inside(measures: Measures, changing: bool) -> Iterator[Finding]:
    if measures.held:
        yield Light.AMBER, _frames(measures.held, "is held", "are held")
    if measures.cuts:
        yield Light.AMBER, _frames(measures.cuts, "begins another scene", "begin other scenes")
    if measures.flicker > GOOD_FLICKER and not changing:
        light = Light.RED if measures.flicker > STRONG_FLICKER else Light.AMBER
        yield light, f"its brightness flickers, by {measures.flicker:.1f} levels of 255"
    if measures.warp_error > GOOD_ERROR:
        light = Light.RED if measures.warp_error > LARGE_ERROR else Light.AMBER
        yield light, f"its details shimmer: warp error {measures.warp_error:.1f}"


def _frames(places: tuple[int, ...], one: str, several: str) -> str:
    if len(places) == 1:
        return f"frame {places[0]} {one}"
    named = ", ".join(map(str, places[:_NAMED]))
    if (more := len(places) - _NAMED) > 0:
        return f"frames {named} and {more} more {several}"
    *others, last = map(str, places)
    return f"frames {', '.join(others)} and {last} {several}"
