"""The sky, and what flies, shines or bursts in it."""

import math

from studio.engine.train.world.palette import COLOURLESS, DARK_TIMES, darken, lighten, mix
from studio.engine.train.world.setting import OPEN
from studio.engine.train.world.stage import Stage
from studio.engine.train.world.svg import SIZE

GLOW = 'cx=".5" cy=".5" r=".5"'  # a radial gradient around the middle of its shape
BANDED = frozenset({"flat illustration", "paper cut"})  # styles whose sky is made of strips
CLOUDY = frozenset({"day", "storm", "sunrise", "sunset", "golden hour", "overcast"})


def draw_stars(stage: Stage, bottom: float) -> None:
    """Scatter stars above a height of the picture."""
    rng = stage.rng
    for _ in range(rng.randrange(25, 60)):
        x, y, radius = rng.uniform(0, SIZE), rng.uniform(0, bottom), rng.choice((0.8, 1.0, 1.4, 1.9))
        stage.canvas.circle(x, y, radius, "#ffffff", rng.uniform(0.4, 1))


def draw_sky(stage: Stage) -> None:
    """Draw the sky of the time of day, with stars, northern lights, the sun or moon, and clouds."""
    canvas, horizon = stage.canvas, stage.horizon
    top, middle, bottom = stage.sky
    if stage.style in BANDED:
        for i, colour in enumerate((top, mix(top, middle, 0.5), middle, mix(middle, bottom, 0.5), bottom)):
            canvas.rect(-2, i * horizon / 5 - 1, 260, 262, colour)
    else:
        paint = canvas.gradient([(0, top, 1), (0.5, middle, 1), (1, bottom, 1)])
        canvas.painted(f'rect width="256" height="{horizon + 60:.0f}"', paint)
    if stage.time in DARK_TIMES:
        draw_stars(stage, horizon)
    if stage.time == "aurora":
        _northern_lights(stage)
    if stage.lamp:
        _sun_or_moon(stage, stage.lamp)
    if stage.time in CLOUDY and stage.rng.random() < 0.55:
        _clouds(stage)


def _northern_lights(stage: Stage) -> None:
    rng, blur = stage.rng, stage.canvas.blur(7)
    for _ in range(3):
        y = rng.uniform(20, 70)
        stage.canvas.path(
            f"M0,{y:.0f} C80,{y - 40 + rng.uniform(-20, 20):.0f} 150,{y + 50:.0f} 256,{y:.0f} L256,{y + 45:.0f} "
            f"C150,{y + 95:.0f} 80,{y + 10:.0f} 0,{y + 50:.0f}Z",
            rng.choice(("#3dffb0", "#5affd6", "#a05aff")),
            0.4,
            blur,
        )


def _sun_or_moon(stage: Stage, lamp: str) -> None:
    canvas, rng, horizon = stage.canvas, stage.rng, stage.horizon
    synthwave = stage.style == "synthwave"
    low = horizon - 10 if stage.time in ("sunset", "sunrise", "golden hour") else horizon - 60
    x, y, radius = rng.uniform(40, 216), rng.uniform(30, low), rng.uniform(11, 25)
    if synthwave:
        x, y, radius = 128, horizon - 30, rng.uniform(40, 58)
    stage.sun = (x, y, radius)
    if stage.style not in BANDED:
        glow = canvas.gradient([(0, lamp, 0.8), (1, lamp, 0)], GLOW)
        canvas.painted(f'circle cx="{x:.0f}" cy="{y:.0f}" r="{min(90, radius * 4):.0f}"', glow)
    crescent = stage.time == "night" and not synthwave and rng.random() < 0.35
    if crescent:
        canvas.path(
            f"M{x:.1f},{y - radius:.1f} A{radius:.1f},{radius:.1f} 0 1,0 {x:.1f},{y + radius:.1f} "
            f"A{radius * 1.3:.1f},{radius * 1.3:.1f} 0 0,1 {x:.1f},{y - radius:.1f}Z",
            lamp,
            extra=f'transform="rotate({rng.choice((-150, -20, 20, 150))} {x:.1f} {y:.1f})"',
        )
    else:
        canvas.circle(x, y, radius, lamp)
    if synthwave:
        for i in range(5):
            canvas.rect(x - radius, y + i * radius * 0.2, radius * 2, 1.5 + i * 1.2, stage.sky[1])
        stage.note("a big striped sun")
    elif stage.time == "night":
        stage.note("a crescent moon" if crescent else "a full moon")


def _clouds(stage: Stage) -> None:
    rng = stage.rng
    colours = {"day": "#ffffff", "storm": "#3a4048", "sunset": "#e0709a", "overcast": "#7d868d"}
    colour = colours.get(stage.time, "#ffe6e0")
    for _ in range(rng.randrange(2, 5)):
        x, y, size = rng.uniform(0, 256), rng.uniform(15, 90), rng.uniform(8, 18)
        for d in (-2, -1, 0, 1, 2):
            lift = (2 - abs(d)) * size * 0.25
            stage.canvas.ellipse(x + d * size, y - lift, size * 1.1, size * (0.9 - 0.18 * abs(d)), colour, 0.85)
    stage.note("clouds")


def _birds(stage: Stage) -> None:
    for _ in range(stage.rng.randrange(3, 9)):
        x, y = stage.rng.uniform(20, 236), stage.rng.uniform(20, stage.horizon - 35)
        span = stage.rng.uniform(4, 8)
        wing = f"q{span * 0.5:.1f},{-span * 0.7:.1f} {span:.1f},0"
        stage.canvas.line(f"M{x - span:.0f},{y:.0f} {wing} {wing}", "#22252c", 1.6)
    stage.note("birds in the sky")


def _balloons(stage: Stage) -> None:
    rng, canvas, count = stage.rng, stage.canvas, stage.rng.choice((1, 1, 2, 3))
    for _ in range(count):
        if count == 1:
            x, y, size = rng.uniform(80, 176), rng.uniform(58, 80), rng.uniform(30, 44)
        else:
            x, y, size = rng.uniform(35, 221), rng.uniform(45, 105), rng.uniform(20, 32)
        first, second = rng.sample(("#e0453a", "#f2b632", "#3a7fe0", "#f2efe6", "#4aa564", "#8a4ab0"), 2)
        canvas.path(
            f"M{x:.1f},{y + size * 1.4:.1f} L{x - size * 0.9:.1f},{y + size * 0.4:.1f} "
            f"A{size:.1f},{size:.1f} 0 1 1 {x + size * 0.9:.1f},{y + size * 0.4:.1f}Z",
            stage.lit(first),
        )
        canvas.ellipse(x, y + size * 0.05, size * 0.42, size, stage.lit(second))
        canvas.rect(x - size * 0.2, y + size * 1.5, size * 0.4, size * 0.3, "#6b4a2a")
    stage.note("a hot air balloon" if count == 1 else "hot air balloons")


def _planet(stage: Stage) -> None:
    canvas, rng = stage.canvas, stage.rng
    x, y, radius = rng.uniform(45, 211), rng.uniform(35, 80), rng.uniform(18, 36)
    colour = canvas.vary(rng.choice(("#d98b4a", "#4a8bd9", "#c94a5a", "#b8a0d8")))
    canvas.circle(x, y, radius, colour)
    canvas.ellipse(x - radius * 0.2, y - radius * 0.25, radius * 0.6, radius * 0.45, lighten(colour, 0.2), 0.6)
    if rng.random() < 0.5:
        stroke = canvas.colour(lighten(colour, 0.5))
        canvas.add(
            f'<ellipse cx="{x:.0f}" cy="{y:.0f}" rx="{radius * 1.7:.0f}" ry="{radius * 0.35:.0f}" fill="none" '
            f'stroke="{stroke}" stroke-width="4" opacity=".8" transform="rotate(-18 {x:.0f} {y:.0f})"/>'
        )
        stage.note("a ringed planet in the sky")
    else:
        stage.note("a planet in the sky")


def _rainbow(stage: Stage) -> None:
    x, y = stage.rng.uniform(80, 176), stage.horizon + 10
    for i, colour in enumerate(("#e8443a", "#f29b32", "#f7e14a", "#5ab85a", "#3a86e0", "#7a4ab8")):
        radius = 105 - i * 6
        arc = f"M{x - radius:.0f},{y:.0f} a{radius},{radius} 0 0 1 {2 * radius},0"
        stage.canvas.line(arc, colour, 6, 0.55)
    stage.note("a rainbow")


def _shooting_star(stage: Stage) -> None:
    x, y = stage.rng.uniform(60, 240), stage.rng.uniform(15, 60)
    stage.canvas.line(f"M{x:.0f},{y:.0f} l-38,16", "#ffffff", 1.8, 0.9)
    stage.canvas.circle(x, y, 2.4, "#ffffff")
    stage.note("a shooting star")


def _flying_saucer(stage: Stage) -> None:
    canvas, (x, y) = stage.canvas, (stage.rng.uniform(50, 206), stage.rng.uniform(35, 85))
    if stage.rng.random() < 0.5:
        foot = stage.horizon + 30
        canvas.polygon([(x - 10, y), (x + 10, y), (x + 28, foot), (x - 28, foot)], "#c8ffd8", 0.35)
    canvas.path(f"M{x - 13:.0f},{y - 3:.0f} a13,13 0 0 1 26,0Z", "#a8e6ff")
    canvas.ellipse(x, y, 28, 8, "#8a929c")
    for dx in (-16, 0, 16):
        canvas.circle(x + dx, y + 1, 2.2, "#ffe05a")
    stage.note("a flying saucer", x)


def _fireworks(stage: Stage) -> None:
    rng = stage.rng
    for _ in range(rng.randrange(2, 5)):
        x, y, radius = rng.uniform(30, 226), rng.uniform(25, 85), rng.uniform(14, 30)
        colour = rng.choice(("#ff5a7a", "#ffd94a", "#5ad0ff", "#7dff8a", "#ff9ef0"))
        for i in range(14):
            angle = i * math.tau / 14
            dx, dy = math.cos(angle) * radius, math.sin(angle) * radius
            ray = f"M{x + dx * 0.35:.1f},{y + dy * 0.35:.1f} L{x + dx:.1f},{y + dy:.1f}"
            stage.canvas.line(ray, colour, 1.6)
    stage.note("fireworks")


def _airship(stage: Stage) -> None:
    canvas, (x, y) = stage.canvas, (stage.rng.uniform(60, 196), stage.rng.uniform(35, 85))
    colour = stage.lit(stage.rng.choice(("#9a6a42", "#8a8f98", "#b0483a")))
    canvas.ellipse(x, y, 40, 14, colour)
    canvas.ellipse(x, y - 4, 34, 6, lighten(colour, 0.2), 0.6)
    canvas.polygon([(x + 32, y), (x + 48, y - 12), (x + 48, y + 12)], darken(colour, 0.8))
    canvas.rect(x - 13, y + 14, 26, 7, darken(colour, 0.6))
    stage.note("an airship", x)


def draw_sky_things(stage: Stage) -> None:
    """Draw, in one scene of four, something in the sky that fits the time and place."""
    dark = stage.time in DARK_TIMES or stage.time == "storm"
    options = [_shooting_star] * 3 + [_flying_saucer] if dark else [_birds] * 3 + [_balloons] * 3 + [_airship]
    if stage.time == "night":
        options.append(_balloons)
    if stage.time == "alien":
        options += [_planet, _planet, _flying_saucer]
    if stage.time in CLOUDY - {"storm", "sunset"} and stage.style not in COLOURLESS and stage.place in OPEN:
        options += [_rainbow] * 3
    if stage.place == "city" and stage.time == "night":
        options += [_fireworks] * 2
    if stage.rng.random() < 0.25:
        stage.rng.choice(options)(stage)
