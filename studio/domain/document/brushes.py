"""Brushes, the pen's path and symmetry, as values; `studio/imaging/strokes.py` paints with them."""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from studio.domain.document.adjustments import LINE, CurvePoint
from studio.domain.errors import ErrorKind, StudioError

MAX_SIZE = 1000.0  # pixels across


class BrushKind(StrEnum):
    """What the tip is."""

    ROUND = "round"  # a disc or an ellipse with a sharp or a soft edge
    TEXTURED = "textured"  # a grain, such as chalk


class Texture(StrEnum):
    """The grains of textured tips."""

    CHALK = "chalk"
    CHARCOAL = "charcoal"
    BRISTLE = "bristle"
    SPONGE = "sponge"
    SPATTER = "spatter"


class PenPoint(NamedTuple):
    """Where the pen was: document pixels (pixel (0, 0) reaches from 0 to 1), pressure 0 to 1, tilt in degrees, seconds.

    The tilts are those of the pen against the upright, −90 to 90, to the right and towards the user.
    """

    x: float
    y: float
    pressure: float = 1.0
    tilt_x: float = 0.0
    tilt_y: float = 0.0
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Brush:
    """What a stroke looks like; see the ranges in `RANGES`, outside of which a StudioError (INPUT) is raised.

    `size` is the diameter in pixels. `hardness` is the share of the radius before the edge falls off. `opacity` bounds
    a whole stroke, `flow` is the share of what is missing to it that each dab adds. `spacing` is the distance of two
    dabs as a share of the size. `angle` turns the tip by degrees, clockwise as seen; `roundness` is its short axis as a
    share of the long one. `grain` is how much the paper's structure takes away.

    Pressure runs through `pressure_curve`; then `size_by_pressure` and the others are the share of size, opacity or
    flow that no pressure takes away. With `tilt_turns` the tip points to where the pen leans; `tilt_flattens` is the
    share of the roundness that a lying pen takes away.

    `size_jitter` is the share of the size that chance may take away, `angle_jitter` the largest turn by chance in
    degrees, `scatter` the largest way of a dab from the path as a share of the size.

    `smoothing` (exponential) is the share of the way to the pen that the brush stays behind at each event; `string` is
    the length in pixels of the string on which the pen pulls the brush. Strokes end where the pen ended, with either.
    """

    name: str = ""
    kind: BrushKind = BrushKind.ROUND
    texture: Texture = Texture.CHALK
    size: float = 32.0
    hardness: float = 0.8
    opacity: float = 1.0
    flow: float = 1.0
    spacing: float = 0.1
    angle: float = 0.0
    roundness: float = 1.0
    grain: float = 0.0
    pressure_curve: tuple[CurvePoint, ...] = LINE
    size_by_pressure: float = 0.0
    opacity_by_pressure: float = 0.0
    flow_by_pressure: float = 0.0
    tilt_turns: bool = False
    tilt_flattens: float = 0.0
    size_jitter: float = 0.0
    angle_jitter: float = 0.0
    scatter: float = 0.0
    smoothing: float = 0.0
    string: float = 0.0

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            if not low <= getattr(self, name) <= high:
                message = f"A brush cannot have a {name.replace('_', ' ')} of {getattr(self, name):g}."
                raise StudioError(ErrorKind.INPUT, message, f"Choose a value from {low:g} to {high:g}.", name)
        response(self.pressure_curve)


RANGES: dict[str, tuple[float, float]] = {
    "size": (0.1, MAX_SIZE),
    "hardness": (0.0, 1.0),
    "opacity": (0.0, 1.0),
    "flow": (0.001, 1.0),
    "spacing": (0.01, 10.0),
    "angle": (-360.0, 360.0),
    "roundness": (0.02, 1.0),
    "grain": (0.0, 1.0),
    "size_by_pressure": (0.0, 1.0),
    "opacity_by_pressure": (0.0, 1.0),
    "flow_by_pressure": (0.0, 1.0),
    "tilt_flattens": (0.0, 1.0),
    "size_jitter": (0.0, 1.0),
    "angle_jitter": (0.0, 180.0),
    "scatter": (0.0, 10.0),
    "smoothing": (0.0, 0.98),
    "string": (0.0, 1000.0),
}


class Image(NamedTuple):
    """A mapping of the plane onto itself that keeps lengths: (x, y) to (a x + b y + c, d x + e y + f)."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def of(self, x: float, y: float) -> tuple[float, float]:
        """Where a point goes."""
        return self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f

    @property
    def turn(self) -> float:
        """Where the direction to the right goes, in degrees clockwise as seen."""
        return math.degrees(math.atan2(self.d, self.a))

    @property
    def mirrored(self) -> bool:
        """Whether left and right change."""
        return self.a * self.e - self.b * self.d < 0


SAME = Image(1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Symmetry:
    """Each dab is repeated about the point (x, y), in document pixels.

    `mirror_x` repeats it left and right of the point, `mirror_y` above and below, `radial` that often (1 to 64) around.
    """

    x: float = 0.0
    y: float = 0.0
    mirror_x: bool = False
    mirror_y: bool = False
    radial: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.radial <= 64:
            message = f"A stroke cannot be repeated {self.radial} times around a point."
            raise StudioError(ErrorKind.INPUT, message, "Choose a number from 1 to 64.", "radial")

    def images(self) -> tuple[Image, ...]:
        """The different mappings that repeat a stroke, the identity first."""
        found: list[Image] = []
        flips = [(x, y) for y in ((1, -1) if self.mirror_y else (1,)) for x in ((1, -1) if self.mirror_x else (1,))]
        for sector in range(self.radial):
            cos, sin = _turn(sector, self.radial)
            for flip_x, flip_y in flips:
                a, b, d, e = cos * flip_x, -sin * flip_y, sin * flip_x, cos * flip_y
                image = Image(a, b, self.x - a * self.x - b * self.y, d, e, self.y - d * self.x - e * self.y)
                if not any(_close(image, other) for other in found):  # half a turn is both mirrors at once
                    found.append(image)
        return tuple(found)


NO_SYMMETRY = Symmetry()


def response(points: Sequence[CurvePoint]) -> Callable[[float], float]:
    """The monotone cubic through the points of growing x, level before the first and after the last.

    Fritsch, Carlson, "Monotone Piecewise Cubic Interpolation", SIAM J. Numer. Anal. 17 (1980), with the harmonic means
    of Fritsch and Butland (1984) as tangents: it never overshoots. Raises StudioError (INPUT) for points out of order.
    """
    xs, ys = [point.x for point in points], [point.y for point in points]
    if not points or any(b <= a for a, b in pairwise(xs)) or not all(0 <= v <= 1 for v in (*xs, *ys)):
        message = "The points of the pressure curve are out of order or out of range."
        raise StudioError(ErrorKind.INPUT, message, "Use points from 0 to 1 whose x grows.", "pressure_curve")
    tangents = [*_tangents(xs, ys)]

    def value(x: float) -> float:
        if x <= xs[0] or x >= xs[-1]:
            return ys[0] if x <= xs[0] else ys[-1]
        i = bisect_right(xs, x) - 1
        width = xs[i + 1] - xs[i]
        t = (x - xs[i]) / width
        rest = 1 - t
        ends = ys[i] * (1 + 2 * t) * rest * rest + ys[i + 1] * t * t * (3 - 2 * t)
        return ends + width * (tangents[i] * t * rest * rest - tangents[i + 1] * t * t * rest)

    return value


def _tangents(xs: list[float], ys: list[float]) -> Iterator[float]:
    slopes = [(ys[i + 1] - ys[i]) / (xs[i + 1] - xs[i]) for i in range(len(xs) - 1)] or [0.0]
    yield slopes[0]
    for before, after in pairwise(slopes):
        yield 0.0 if before * after <= 0 else 2 * before * after / (before + after)
    yield slopes[-1]


def _turn(part: int, whole: int) -> tuple[float, float]:
    """Cosine and sine of a part of a full turn; exact for quarters, so that whole pixels stay whole."""
    if 4 * part % whole == 0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[4 * part // whole]
    angle = 2 * math.pi * part / whole
    return math.cos(angle), math.sin(angle)


def _close(one: Image, other: Image) -> bool:
    return all(abs(a - b) < 1e-6 for a, b in zip(one, other, strict=True))


PRESETS: tuple[Brush, ...] = (
    Brush(name="Round", size=32, hardness=0.9, size_by_pressure=0.7),
    Brush(name="Soft", size=96, hardness=0.0, flow=0.35, spacing=0.06, flow_by_pressure=0.9),
    Brush(name="Ink", size=10, hardness=1.0, spacing=0.08, size_by_pressure=0.95, smoothing=0.5),
    Brush(name="Pencil", size=5, hardness=0.5, flow=0.6, spacing=0.2, grain=0.6, opacity_by_pressure=0.8),
    Brush(name="Marker", size=40, hardness=1.0, opacity=0.6, roundness=0.3, angle=-45, spacing=0.04),
    Brush(name="Chalk", kind=BrushKind.TEXTURED, texture=Texture.CHALK, size=48, flow=0.5, grain=0.5, angle_jitter=180),
    Brush(name="Charcoal", kind=BrushKind.TEXTURED, texture=Texture.CHARCOAL, size=64, flow=0.3, tilt_turns=True),
    Brush(name="Bristle", kind=BrushKind.TEXTURED, texture=Texture.BRISTLE, size=56, spacing=0.03, tilt_turns=True),
    Brush(name="Sponge", kind=BrushKind.TEXTURED, texture=Texture.SPONGE, size=96, spacing=0.35, angle_jitter=180),
    Brush(name="Spatter", kind=BrushKind.TEXTURED, texture=Texture.SPATTER, size=120, spacing=0.5, angle_jitter=180,
          scatter=0.4, size_jitter=0.5),
)  # fmt: skip
