"""A canvas that collects SVG shapes and passes every colour through the palette of the picture's style."""

import random
from collections.abc import Iterable, Sequence

from studio.engine.train.world.palette import RECOLOUR, mix, to_hex

SIZE = 256  # of the drawing's own units; it is rasterised at any size

Point = tuple[float, float]


def outline(points: Iterable[Point]) -> str:
    """The path data of a closed polygon."""
    return "M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in points) + "Z"


class Canvas:
    """Shapes from back to front, in a square of `SIZE` units with the origin at the top left."""

    def __init__(self, rng: random.Random, style: str) -> None:
        self._rng = rng
        self._recolour = RECOLOUR.get(style)
        self._shapes: list[str] = []
        self._definitions: list[str] = []

    def colour(self, colour: str) -> str:
        """The colour as the style shows it."""
        return self._recolour(colour) if self._recolour else colour

    def vary(self, colour: str, amount: float = 0.08) -> str:
        """A random colour near the given one, so that no two scenes share a palette."""
        return mix(colour, to_hex([self._rng.randrange(256) for _ in range(3)]), amount)

    def __len__(self) -> int:
        """The number of shapes so far."""
        return len(self._shapes)

    def enlarge(self, first: int, about: Point, factor: float) -> None:
        """Enlarge all shapes from number `first` on, about a point that stays where it is."""
        (x, y), shapes = about, "".join(self._shapes[first:])
        moved = f"translate({x:.1f} {y:.1f}) scale({factor:.3f}) translate({-x:.1f} {-y:.1f})"
        self._shapes[first:] = [f'<g transform="{moved}">{shapes}</g>']

    def add(self, markup: str) -> None:
        """Add markup as it is; its colours must have gone through `colour`."""
        self._shapes.append(markup)

    def path(self, data: str, fill: str, opacity: float = 1.0, extra: str = "") -> None:
        """Add a filled path; `extra` holds further attributes."""
        self.add(f'<path d="{data}" fill="{self.colour(fill)}" opacity="{opacity:.2f}" {extra}/>')

    def line(self, data: str, stroke: str, width: float, opacity: float = 1.0, extra: str = "") -> None:
        """Add a stroked path with round ends."""
        self.add(
            f'<path d="{data}" fill="none" stroke="{self.colour(stroke)}" stroke-width="{width:.1f}" '
            f'stroke-linecap="round" opacity="{opacity:.2f}" {extra}/>'
        )

    def polygon(self, points: Iterable[Point], fill: str, opacity: float = 1.0, extra: str = "") -> None:
        """Add a filled polygon."""
        self.path(outline(points), fill, opacity, extra)

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, opacity: float = 1.0, extra: str = ""
    ) -> None:
        """Add a rectangle from its top left corner."""
        self.add(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{self.colour(fill)}" opacity="{opacity:.2f}" {extra}/>'
        )

    def circle(self, x: float, y: float, radius: float, fill: str, opacity: float = 1.0, extra: str = "") -> None:
        """Add a disc."""
        self.ellipse(x, y, radius, radius, fill, opacity, extra)

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, fill: str, opacity: float = 1.0, extra: str = ""
    ) -> None:
        """Add a filled ellipse."""
        self.add(
            f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" '
            f'fill="{self.colour(fill)}" opacity="{opacity:.2f}" {extra}/>'
        )

    def gradient(self, stops: Sequence[tuple[float, str, float]], radial: str = "") -> str:
        """Define a gradient of (offset, colour, opacity) stops and return its paint.

        It runs from top to bottom, or outwards when `radial` holds a centre and a radius as attributes.
        """
        name = f"g{len(self._definitions)}"
        body = "".join(
            f'<stop offset="{offset}" stop-color="{self.colour(colour)}" stop-opacity="{opacity}"/>'
            for offset, colour, opacity in stops
        )
        kind, shape = ("radial", radial) if radial else ("linear", 'x1="0" y1="0" x2="0" y2="1"')
        self._definitions.append(f'<{kind}Gradient id="{name}" {shape}>{body}</{kind}Gradient>')
        return f"url(#{name})"

    def painted(self, tag: str, paint: str, opacity: float = 1.0) -> None:
        """Add an element such as `circle cx=.. cy=.. r=..` filled with a gradient."""
        self.add(f'<{tag} fill="{paint}" opacity="{opacity:.2f}"/>')

    def blur(self, deviation: float) -> str:
        """Define a Gaussian blur and return the attribute that applies it."""
        name = f"b{len(self._definitions)}"
        self._definitions.append(
            f'<filter id="{name}" x="-60%" y="-60%" width="220%" height="220%">'
            f'<feGaussianBlur stdDeviation="{deviation}"/></filter>'
        )
        return f'filter="url(#{name})"'

    def svg(self) -> str:
        """The whole drawing."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">'
            f"<defs>{''.join(self._definitions)}</defs>{''.join(self._shapes)}</svg>"
        )
