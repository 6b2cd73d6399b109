"""Random flat drawings with exact edges: sharp targets for the upscaler that need no renderer and no data."""

import math
import random

import numpy as np
from PIL import Image, ImageDraw

from studio.imaging.pixels import Pixels

_SUPERSAMPLING = 2  # drawn larger and averaged, for smooth edges
Colour = tuple[int, int, int]
Point = tuple[float, float]


def drawing(seed: int, side: int) -> Pixels:
    """A drawing of `side` × `side` pixels: a soft ground, then shapes, outlines and strokes of all sizes."""
    rng, size = random.Random(seed), side * _SUPERSAMPLING
    image = _ground(rng, size)
    draw = ImageDraw.Draw(image)
    palette = [_colour(rng) for _ in range(rng.randint(3, 7))]
    for _ in range(rng.randint(8, 40)):
        _shape(draw, rng, size, palette)
    return np.asarray(image.resize((side, side), Image.Resampling.BOX))


def _colour(rng: random.Random) -> Colour:
    return rng.randrange(256), rng.randrange(256), rng.randrange(256)


def _ground(rng: random.Random, size: int) -> Image.Image:
    """One colour that changes slowly into another."""
    first, last = np.array(_colour(rng), np.float64), np.array(_colour(rng), np.float64)
    angle, axis = rng.uniform(0, 2 * math.pi), np.linspace(-0.5, 0.5, 64)
    ramp = np.clip(math.cos(angle) * axis[None, :] + math.sin(angle) * axis[:, None] + 0.5, 0, 1)[..., None]
    small = Image.fromarray((first + (last - first) * rng.choice((0.0, 0.3, 1.0)) * ramp).astype(np.uint8))
    return small.resize((size, size), Image.Resampling.BILINEAR)


def _shape(draw: ImageDraw.ImageDraw, rng: random.Random, size: int, palette: list[Colour]) -> None:
    """One shape; small ones are more frequent."""
    fill, line = rng.choice(palette), rng.choice(palette)
    centre = (rng.uniform(0, size), rng.uniform(0, size))
    radius = size * 0.5 * rng.random() ** 2.2 + size * 0.008
    width = max(1, round(size * rng.choice((0.002, 0.004, 0.008, 0.016))))
    kind = rng.choice(("ellipse", "polygon", "star", "curve", "curve", "hatching"))
    if kind == "ellipse":
        tall = radius * rng.uniform(0.3, 1)
        box = (centre[0] - radius, centre[1] - tall, centre[0] + radius, centre[1] + tall)
        draw.ellipse(box, fill=fill, outline=rng.choice((fill, line)), width=width)
    elif kind == "hatching":
        for i in range(rng.randint(3, 9)):
            y = centre[1] + i * 3 * width
            draw.line([(centre[0], y), (centre[0] + radius, y + radius * 0.2)], fill=line, width=width)
    elif kind == "curve":
        draw.line(_curve(rng, centre, radius), fill=line, width=width, joint="curve")
    else:
        corners = _corners(rng, centre, radius, is_star=kind == "star")
        draw.polygon(corners, fill=fill, outline=rng.choice((fill, line)), width=width)


def _corners(rng: random.Random, centre: Point, radius: float, *, is_star: bool) -> list[Point]:
    count, turn = rng.randint(3, 8) * (2 if is_star else 1), rng.uniform(0, 2 * math.pi)
    inner = rng.uniform(0.3, 0.7)
    radii = [radius * (inner if is_star and i % 2 else rng.uniform(0.8, 1)) for i in range(count)]
    angles = [turn + 2 * math.pi * i / count for i in range(count)]
    return [(centre[0] + r * math.cos(a), centre[1] + r * math.sin(a)) for r, a in zip(radii, angles, strict=True)]


def _curve(rng: random.Random, start: Point, length: float) -> list[Point]:
    """A line that turns slowly."""
    x, y = start
    heading, bend = rng.uniform(0, 2 * math.pi), rng.uniform(-0.15, 0.15)
    points = [start]
    for _ in range(24):
        heading += bend
        x, y = x + length / 12 * math.cos(heading), y + length / 12 * math.sin(heading)
        points.append((x, y))
    return points
