"""Outer space: planets, nebulae, galaxies."""

import math

from studio.engine.train.world.palette import darken, lighten
from studio.engine.train.world.skies import draw_stars
from studio.engine.train.world.stage import Stage

KINDS = (
    *("planet", "planet", "ringed planet", "ringed planet", "ringed planet", "moon"),
    *("nebula", "nebula", "galaxy", "two planets", "comet"),
)
NAMES = {"two planets": "two planets", "moon": "the moon"}  # those that do not just take an article


def draw_space(stage: Stage) -> None:
    """Draw stars and one heavenly body, sometimes with a rocket."""
    canvas, rng = stage.canvas, stage.rng
    deep = canvas.vary(rng.choice(("#1a1030", "#0a1a33", "#2a0f2a", "#0c2426")))
    night = canvas.gradient([(0, "#05060f", 1), (0.5, deep, 1), (1, "#05060f", 1)])
    canvas.painted('rect width="256" height="256"', night)
    draw_stars(stage, 256)
    kind = rng.choice(KINDS)
    x, y, radius = rng.uniform(95, 161), rng.uniform(95, 161), rng.uniform(36, 62)
    if kind == "nebula":
        blur = canvas.blur(18)
        for _ in range(6):
            colour = rng.choice(("#ff4fa0", "#5a7dff", "#3dd6c8", "#ffb04a", "#a04aff"))
            canvas.circle(rng.uniform(40, 216), rng.uniform(40, 216), rng.uniform(25, 60), colour, 0.55, blur)
    elif kind == "galaxy":
        _galaxy(stage)
    elif kind == "comet":
        canvas.polygon([(x, y - 10), (x + 110, y - 70), (x + 8, y + 10)], "#9fd8ff", 0.5)
        canvas.circle(x, y, 13, "#e8f6ff")
    else:
        _body(stage, kind, x, y, radius)
        if kind == "two planets":
            _body(stage, kind, (x + 128) % 256, rng.uniform(40, 216), rng.uniform(18, 30))
    stage.note(NAMES.get(kind, f"a {kind}"))
    if rng.random() < 0.25:
        _rocket(stage)


def _galaxy(stage: Stage) -> None:
    canvas, rng = stage.canvas, stage.rng
    blur, colour, turn = canvas.blur(2), rng.choice(("#8fb4ff", "#ffb0d8", "#ffe0a0")), rng.uniform(-40, 40)
    turned = f'transform="rotate({turn:.0f} 128 128)"'
    for i in range(170):
        arm, way = i % 2, i / 170
        angle = way * 5.5 + arm * math.pi
        px, py = math.cos(angle) * way * 90 + rng.gauss(0, 4), math.sin(angle) * way * 42 + rng.gauss(0, 3)
        canvas.circle(128 + px, 128 + py, rng.uniform(1, 3.5) * (1.3 - way), colour, 0.8, turned)
    canvas.circle(128, 128, 13, "#fff6dc", 0.95, blur)


def _body(stage: Stage, kind: str, x: float, y: float, radius: float) -> None:
    """A planet or moon; a ring goes behind it and, as half an ellipse, in front of it."""
    canvas, rng = stage.canvas, stage.rng
    colour = rng.choice(("#d98b4a", "#4a8bd9", "#c94a5a", "#5ac98b", "#b8a0d8"))
    colour = "#c9c9c4" if kind == "moon" else canvas.vary(colour)
    ring, turn = canvas.colour(lighten(colour, 0.5)), rng.uniform(-30, 30)
    rx, ry = radius * 1.7, radius * 0.4
    drawn = f'fill="none" stroke="{ring}" stroke-width="7" transform="rotate({turn:.0f} {x:.0f} {y:.0f})"'
    if kind == "ringed planet":
        canvas.add(f'<ellipse cx="{x:.0f}" cy="{y:.0f}" rx="{rx:.0f}" ry="{ry:.0f}" opacity=".9" {drawn}/>')
    shade = [(0.0, lighten(colour, 0.45), 1.0), (0.6, colour, 1.0), (1.0, darken(colour, 0.25), 1.0)]
    canvas.painted(
        f'circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}"', canvas.gradient(shade, 'cx=".35" cy=".35" r=".8"')
    )
    if kind == "moon":
        for _ in range(8):
            dx, dy = rng.uniform(-0.6, 0.6) * radius, rng.uniform(-0.6, 0.6) * radius
            canvas.circle(x + dx, y + dy, rng.uniform(3, 10), darken(colour, 0.7), 0.5)
    if kind == "ringed planet":
        canvas.add(f'<path d="M{x - rx:.1f},{y:.1f} A{rx:.1f},{ry:.1f} 0 0 0 {x + rx:.1f},{y:.1f}" {drawn}/>')


def _rocket(stage: Stage) -> None:
    canvas, rng = stage.canvas, stage.rng
    x, y = rng.uniform(40, 216), rng.uniform(60, 200)
    turned = f'transform="rotate({rng.uniform(-50, 50):.0f} {x:.0f} {y:.0f})"'
    canvas.path(f"M{x:.0f},{y - 26:.0f} q11,14 9,34 h-18 q-2,-20 9,-34Z", "#eef0f4", extra=turned)
    canvas.polygon([(x - 5, y + 8), (x + 5, y + 8), (x, y + 24)], "#ff9a3c", extra=turned)
    canvas.circle(x, y - 8, 3.6, "#4a9ad0", extra=turned)
    stage.note("a rocket", x)
