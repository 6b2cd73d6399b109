"""Ground and water: fractal ridges, terrain in layers, lakes and seas."""

import itertools
import random
from collections.abc import Sequence

from studio.engine.train.world.palette import darken, lighten, mix
from studio.engine.train.world.stage import Stage
from studio.engine.train.world.svg import SIZE, outline


def ridge_line(rng: random.Random, y: float, amplitude: float, roughness: float = 0.55, levels: int = 6) -> list[float]:
    """Heights of a fractal ridge at 2**levels + 1 equal steps across the picture.

    Midpoint displacement: Fournier, Fussell and Carpenter, "Computer rendering of stochastic models", 1982.
    """
    heights = [y + rng.uniform(-amplitude, amplitude) / 2 for _ in range(2)]
    for _ in range(levels):
        finer: list[float] = []
        for left, right in itertools.pairwise(heights):
            finer += [left, (left + right) / 2 + rng.uniform(-amplitude, amplitude) / 2]
        heights = [*finer, heights[-1]]
        amplitude *= roughness
    return heights


def fill_below(stage: Stage, heights: Sequence[float], colour: str, opacity: float = 1.0) -> None:
    """Draw a layer of terrain below a ridge, in the manner of the style."""
    canvas, step = stage.canvas, SIZE / (len(heights) - 1)
    points = [(i * step, y) for i, y in enumerate(heights)]
    corners = (-5.0, 262.0), (262.0, 262.0)
    if stage.style == "paper cut":
        canvas.polygon([corners[0], *((x, y - 4) for x, y in points), corners[1]], "#000000", 0.22)
        canvas.polygon([corners[0], *((x, y - 1.5) for x, y in points), corners[1]], lighten(colour, 0.35), opacity)
    if stage.style in ("", "pastel", "synthwave", "watercolor") and opacity == 1.0:
        misty = mix(colour, darken(stage.sky[2], max(0.55, stage.brightness)), 0.3)
        paint = canvas.gradient([(0, colour, 1), (1, misty, 1)])
        canvas.add(f'<path d="{outline([corners[0], *points, corners[1]])}" fill="{paint}"/>')
    else:
        canvas.polygon([corners[0], *points, corners[1]], colour, opacity)
    if stage.style == "low poly":
        coarse = points[::8]
        for (x0, y0), (x1, y1) in itertools.pairwise(coarse):
            middle = ((x0 + x1) / 2 + stage.rng.uniform(-6, 6), max(y0, y1) + stage.rng.uniform(20, 45))
            canvas.polygon([(x0, y0), (x1, y1), middle], lighten(colour, stage.rng.uniform(0.04, 0.2)))
            shade = darken(colour, stage.rng.uniform(0.75, 0.95))
            canvas.polygon([(x1, y1), middle, (x1, middle[1] + 30)], shade)


def layers(
    stage: Stage,
    count: int,
    top: float,
    bottom: float,
    amplitudes: tuple[float, float],
    roughness: float,
    snow: bool = False,
) -> None:
    """Draw terrain from far (at `top`) to near (at `bottom`); `amplitudes` are the far and near heights of its ridges.

    With `snow` the far ridges are white above a ragged line.
    """
    for i in range(count):
        fraction = i / max(1, count - 1)
        amplitude = amplitudes[0] + (amplitudes[1] - amplitudes[0]) * fraction
        heights = ridge_line(stage.rng, top + (bottom - top) * fraction, amplitude, roughness)
        if snow and i < 2:
            fill_below(stage, heights, mix("#ffffff", stage.depth(fraction), 0.25))
            rock = [(j * SIZE / 64, y + stage.rng.uniform(8, 26)) for j, y in enumerate(heights)]
            stage.canvas.polygon([(-5, 262), *rock, (262, 262)], stage.depth(fraction))
        else:
            fill_below(stage, heights, stage.depth(fraction))


def water(stage: Stage, top: float, bottom: float = SIZE, colour: str = "") -> None:
    """Draw water between two heights, with waves and the reflection of the sun or moon."""
    canvas, rng = stage.canvas, stage.rng
    if stage.style == "paper cut":
        canvas.rect(-2, top - 4, 260, 8, "#000000", 0.22)
        canvas.rect(-2, top - 1.5, 260, 8, "#f4f8fb")
    colour = colour or darken(mix(stage.far, stage.sky[2], 0.3), max(0.5, stage.brightness))
    canvas.rect(-2, top, 260, bottom - top + 4, colour)
    canvas.rect(-2, top + (bottom - top) * 0.45, 260, (bottom - top) * 0.55 + 4, darken(colour, 0.8), 0.6)
    for _ in range(int((bottom - top) / 4)):
        y = rng.uniform(top + 4, bottom - 3)
        canvas.line(f"M{rng.uniform(0, 240):.0f},{y:.0f} q6,-3 12,0 t12,0", "#ffffff", 0.6 + (y - top) / 80, 0.35)
    if stage.sun and stage.lamp and stage.sun[1] < top:
        x, _, radius = stage.sun
        for i in range(8):
            width = radius * rng.uniform(1.0, 2.2)
            if top + 4 + i * 9 < bottom:
                canvas.rect(x - width / 2, top + 4 + i * 9, width, 2.4, stage.lamp, 0.7 - 0.06 * i)


def river(stage: Stage) -> None:
    """Draw a river that winds towards the viewer."""
    x, top = stage.rng.uniform(80, 176), stage.horizon + 40
    stage.canvas.path(
        f"M{x:.0f},{top:.0f} C{x + 60:.0f},{top + 30:.0f} {x - 70:.0f},{top + 50:.0f} {x - 40:.0f},260 "
        f"L{x + 50:.0f},260 C{x - 10:.0f},{top + 55:.0f} {x + 90:.0f},{top + 35:.0f} {x + 6:.0f},{top:.0f}Z",
        stage.lit("#4a95c4"),
    )
    stage.note("a river")


def road(stage: Stage) -> None:
    """Draw a road that winds away from the viewer."""
    x = stage.rng.uniform(70, 186)
    stage.canvas.path(
        f"M{x - 40:.0f},258 C{x - 10:.0f},235 {x + 40:.0f},225 {x:.0f},{stage.horizon + 45:.0f} l4,0 "
        f"C{x + 55:.0f},225 {x + 30:.0f},235 {x + 20:.0f},258Z",
        stage.lit("#b8a080"),
    )
    stage.note("a winding road")
