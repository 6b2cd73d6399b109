"""What a hand does to the points of a curve: each takes some and returns others.

Points lie in the unit square and grow in x, with `GAP` between two neighbours at least.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence

from studio.domain.document.adjustments import CurvePoint

Points = tuple[CurvePoint, ...]
Evaluate = Callable[[Points, Sequence[float]], Sequence[float]]  # the curve's y at some x
GAP = 1 / 255
MOST = 16  # points


def added(points: Points, at: CurvePoint) -> tuple[Points, int]:
    """One more point, and its number; where there is no room for one, the points as they are and the nearest's."""
    at = _inside(at)
    nearest = min(range(len(points)), key=lambda n: abs(points[n].x - at.x))
    if abs(points[nearest].x - at.x) < GAP or len(points) >= MOST:
        return points, nearest
    number = sum(point.x < at.x for point in points)
    return (*points[:number], at, *points[number:]), number


def moved(points: Points, number: int, to: CurvePoint) -> Points:
    """A point elsewhere, kept between its neighbours."""
    low = points[number - 1].x + GAP if number else 0.0
    high = points[number + 1].x - GAP if number + 1 < len(points) else 1.0
    place = dataclasses.replace(_inside(to), x=min(max(to.x, low), high))
    return (*points[:number], place, *points[number + 1 :])


def without(points: Points, number: int) -> Points:
    """Without a point; two always stay."""
    return points if len(points) <= 2 else (*points[:number], *points[number + 1 :])


def between(points: Points, number: int, evaluate: Evaluate) -> CurvePoint:
    """A place on the curve halfway to the next point, or to the one before the last."""
    number = min(number, len(points) - 2)
    x = (points[number].x + points[number + 1].x) / 2
    return CurvePoint(x, evaluate(points, [x])[0])


def nearest(points: Points, x: float, y: float, reach: tuple[float, float]) -> int | None:
    """The number of the point within a reach of some place, if any; the reach is an ellipse."""

    def away(number: int) -> float:
        return math.hypot((points[number].x - x) / reach[0], (points[number].y - y) / reach[1])

    found = min(range(len(points)), key=away)
    return found if away(found) <= 1 else None


def _inside(at: CurvePoint) -> CurvePoint:
    return CurvePoint(min(max(at.x, 0.0), 1.0), min(max(at.y, 0.0), 1.0))
