"""From the events of a pen to the places of dabs: stabiliser, curve, arc length.

Nothing here depends on how the events were batched: each is taken by itself, in order.
"""

import math
import random
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from studio.domain.document.brushes import Brush, PenPoint, response

LIMIT = 65536.0  # pixels from the origin beyond which a pen is held back
FINEST = 0.5  # pixels: the smallest distance of two dabs
_SETTLED = 0.25  # pixels from the pen at which the stabiliser has arrived
_CURVE = 2.0  # pixels between the points at which a curve is measured


class Mark(NamedTuple):
    """Where a dab goes and how: size in pixels, opacity and flow 0 to 1, angle in degrees, roundness."""

    x: float
    y: float
    size: float
    opacity: float
    flow: float
    angle: float
    roundness: float


class Stabiliser:
    """Holds the brush back behind a shaking pen, and lets it arrive where the pen ended."""

    def __init__(self, smoothing: float, string: float) -> None:
        self._smoothing, self._string = smoothing, string
        self._pulled: PenPoint | None = None
        self._at: PenPoint | None = None

    def follow(self, pen: PenPoint) -> PenPoint:
        """Where the brush is after an event."""
        pulled = self._pulled
        if pulled is None or not self._string:
            pulled = pen
        else:
            away = math.hypot(pen.x - pulled.x, pen.y - pulled.y)
            share = max(0.0, 1 - self._string / away) if away else 0.0
            x, y = pulled.x + (pen.x - pulled.x) * share, pulled.y + (pen.y - pulled.y) * share
            pulled = pen._replace(x=x, y=y)
        self._pulled = pulled
        self._at = pulled if self._at is None else _between(pulled, self._at, self._smoothing)
        return self._at

    def arrive(self, pen: PenPoint) -> Iterator[PenPoint]:
        """The rest of the way to where the pen ended."""
        while self._at is not None and math.hypot(pen.x - self._at.x, pen.y - self._at.y) > _SETTLED:
            if not self._smoothing:
                break
            self._at = _between(pen, self._at, self._smoothing)
            yield self._at
        yield pen


class Path:
    """The curve through the events, as marks at equal distances along it."""

    def __init__(self, brush: Brush, seed: int = 0) -> None:
        self._brush, self._response = brush, response(brush.pressure_curve)
        self._stabiliser = Stabiliser(brush.smoothing, brush.string)
        self._random = random.Random(seed)
        self._pen: PenPoint | None = None  # the last event
        self._hardest: PenPoint | None = None
        self._knots: list[PenPoint] = []  # the last three points of the curve at most
        self._missing = 0.0  # way left to the next mark
        self._marks = 0

    def extend(self, pen: PenPoint) -> Iterator[Mark]:
        """The marks that an event brings: those of the piece of curve before the last one, which it has now shaped."""
        if not all(map(math.isfinite, pen)):
            return
        x, y = min(LIMIT, max(-LIMIT, pen.x)), min(LIMIT, max(-LIMIT, pen.y))
        pen = pen._replace(x=x, y=y, pressure=min(1.0, max(0.0, pen.pressure)))
        self._pen = pen
        if self._hardest is None or pen.pressure > self._hardest.pressure:
            self._hardest = pen
        yield from self._add(self._stabiliser.follow(pen))

    def finish(self) -> Iterator[Mark]:
        """The marks up to where the pen ended. A tap leaves the mark of its hardest moment."""
        if self._pen is None or self._hardest is None:
            return
        for point in self._stabiliser.arrive(self._pen):
            yield from self._add(point)
        if len(self._knots) > 1:
            before, start, end = (self._knots[0], *self._knots)[-3:]
            yield from self._along(before, start, end, end)
        if self._marks == 1 and self._hardest.pressure > self._knots[0].pressure:
            yield self._mark(self._knots[-1]._replace(pressure=self._hardest.pressure))
        self._pen = None

    def _add(self, point: PenPoint) -> Iterator[Mark]:
        knots = self._knots
        if knots and math.hypot(point.x - knots[-1].x, point.y - knots[-1].y) < 1e-3:
            return
        knots.append(point)
        if len(knots) == 1:
            yield self._mark(point)
        elif len(knots) > 2:
            before, start, end = (knots[0], *knots)[-4:-1]
            yield from self._along(before, start, end, point)
        del knots[:-3]

    def _along(self, before: PenPoint, start: PenPoint, end: PenPoint, after: PenPoint) -> Iterator[Mark]:
        """The marks on the curve from start to end."""
        line = _curve(before, start, end, after)
        lengths = [0.0]
        for (x0, y0), (x1, y1) in pairwise(line):
            lengths.append(lengths[-1] + math.hypot(x1 - x0, y1 - y0))
        at, whole = self._missing, lengths[-1]
        while at <= whole:
            i = max(1, bisect_left(lengths, at))
            step = lengths[i] - lengths[i - 1]
            t = (at - lengths[i - 1]) / step if step else 0.0
            x = line[i - 1][0] + (line[i][0] - line[i - 1][0]) * t
            y = line[i - 1][1] + (line[i][1] - line[i - 1][1]) * t
            yield self._mark(_between(end, start, 1 - (i - 1 + t) / (len(line) - 1))._replace(x=x, y=y))
            at += self._missing
        self._missing = at - whole

    def _mark(self, at: PenPoint) -> Mark:
        """The mark here; sets how far it is to the next one."""
        brush, firmness = self._brush, 1 - self._response(at.pressure)
        size = max(0.05, brush.size * (1 - brush.size_by_pressure * firmness))
        self._missing = max(FINEST, brush.spacing * size)
        self._marks += 1
        drawn = [self._random.random() for _ in range(4)]
        x, y = at.x, at.y
        if brush.scatter:
            away, turn = brush.scatter * size * math.sqrt(drawn[0]), 2 * math.pi * drawn[1]
            x, y = x + away * math.cos(turn), y + away * math.sin(turn)
        lean_x, lean_y = math.tan(_lean(at.tilt_x)), math.tan(_lean(at.tilt_y))
        angle = brush.angle + brush.angle_jitter * (2 * drawn[2] - 1)
        if brush.tilt_turns and (lean_x or lean_y):
            angle += math.degrees(math.atan2(lean_y, lean_x))
        lying = math.atan(math.hypot(lean_x, lean_y)) / (math.pi / 2)
        return Mark(
            x,
            y,
            max(0.05, size * (1 - brush.size_jitter * drawn[3])),
            1 - brush.opacity_by_pressure * firmness,
            brush.flow * (1 - brush.flow_by_pressure * firmness),
            angle,
            max(0.02, brush.roundness * (1 - brush.tilt_flattens * lying)),
        )


def _lean(degrees: float) -> float:
    """A tilt in radians, short of lying flat."""
    return math.radians(min(89.0, max(-89.0, degrees)))


def _between(to: PenPoint, start: PenPoint, share: float) -> PenPoint:
    """The point between two, at `share` of the way back from `to` to `start`."""
    if not share:
        return to
    return PenPoint(*(a + (b - a) * share for a, b in zip(to, start, strict=True)))


def _curve(p0: PenPoint, p1: PenPoint, p2: PenPoint, p3: PenPoint) -> list[tuple[float, float]]:
    """Points on the centripetal Catmull-Rom curve from p1 to p2, at equal steps of its parameter.

    Catmull, Rom, "A class of local interpolating splines" (1974); the centripetal parameters make neither cusps nor
    loops inside a piece (Yuksel, Schaefer, Keyser, "Parameterization and applications of Catmull-Rom curves", 2011).
    """

    def knot(a: PenPoint, b: PenPoint) -> float:
        return math.sqrt(math.hypot(b.x - a.x, b.y - a.y))

    d1, d2, d3 = knot(p0, p1), knot(p1, p2), knot(p2, p3)

    def tangents(a: float, b: float, c: float, d: float) -> tuple[float, float]:
        first = last = c - b
        if d1 > 1e-6:
            first += d2 * (b - a) / d1 - d2 * (c - a) / (d1 + d2)
        if d3 > 1e-6:
            last += d2 * (d - c) / d3 - d2 * (d - b) / (d2 + d3)
        return first, last

    (first_x, last_x), (first_y, last_y) = tangents(p0.x, p1.x, p2.x, p3.x), tangents(p0.y, p1.y, p2.y, p3.y)
    steps = max(2, min(256, math.ceil(d2 * d2 / _CURVE)))
    line: list[tuple[float, float]] = []
    for i in range(steps + 1):
        t = i / steps
        rest = 1 - t
        start, end = (1 + 2 * t) * rest * rest, t * t * (3 - 2 * t)
        leave, reach = t * rest * rest, -t * t * rest
        x = p1.x * start + p2.x * end + first_x * leave + last_x * reach
        y = p1.y * start + p2.y * end + first_y * leave + last_y * reach
        line.append((x, y))
    return line
