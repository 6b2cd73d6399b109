"""Weather: rain, lightning, snowfall, mist, leaves in the wind, heat. Each is noted in the facts by its name."""

from collections.abc import Callable

from studio.engine.train.world.setting import TIMELESS
from studio.engine.train.world.stage import Stage
from studio.engine.train.world.svg import SIZE

HOT_PLACES = frozenset({"desert", "savanna", "canyon", "beach", "vineyard", "farm field"})
MISTY_PLACES = frozenset({"lake", "river valley", "forest", "autumn forest", "meadow", "hills", "mountains", "swamp"})
COLD_PLACES = frozenset({"snow field", "snowy mountains"})
TOWNS = frozenset({"city", "village street", "harbor"})
RAINY_TIMES = frozenset({"storm", "overcast"})


def draw_weather(stage: Stage) -> None:
    """Draw fog and lightning, and then at most one kind of weather that fits the place, the time and the season."""
    if stage.place in TIMELESS:
        return
    rng = stage.rng
    if stage.time == "fog":
        _fog(stage)
    if stage.time == "storm" and rng.random() < 0.45:
        _lightning(stage)
    fitting = _fitting(stage)
    if fitting and rng.random() < fitting[1]:
        fitting[0](stage)


def _fitting(stage: Stage) -> tuple[Callable[[Stage], None], float] | None:
    """The kind of weather that the place, the time and the season may have, and how often."""
    autumn = stage.season == "autumn" or stage.place == "autumn forest"
    hot = stage.place in HOT_PLACES if not stage.season else stage.season == "summer"
    if stage.place in COLD_PLACES or stage.season == "winter":
        return _snowfall, 0.4
    if stage.time in RAINY_TIMES:
        return _rain, 0.5
    if autumn:
        return _leaves, 0.35
    if stage.time == "sunrise" and stage.place in MISTY_PLACES:
        return _mist, 0.4
    if stage.time == "day" and hot:
        return _heat, 0.3
    if stage.time == "night" and stage.place in TOWNS:
        return (_snowfall if stage.rng.random() < 0.5 and not stage.season else _rain), 0.25
    return None


def _fog(stage: Stage) -> None:
    stops = [(0.0, "#e6ecee", 0.0), (0.45, "#e6ecee", 0.62), (0.7, "#e6ecee", 0.5), (1.0, "#e6ecee", 0.1)]
    top, height = stage.horizon - 60, 320 - stage.horizon
    stage.canvas.painted(f'rect x="-2" y="{top:.0f}" width="260" height="{height:.0f}"', stage.canvas.gradient(stops))


def _lightning(stage: Stage) -> None:
    x = stage.rng.uniform(40, 216)
    stage.canvas.line(f"M{x:.0f},20 l-12,35 l12,-3 l-14,42", "#fff6b0", 2.5)
    stage.note("lightning", x)


def _rain(stage: Stage) -> None:
    rng = stage.rng
    for _ in range(50):
        x, y = rng.uniform(-10, SIZE), rng.uniform(-10, 250)
        stage.canvas.line(f"M{x:.0f},{y:.0f} l-3,11", "#dcebf5", 1.1, 0.6)
    stage.weather.append("rain")


def _snowfall(stage: Stage) -> None:
    rng = stage.rng
    for _ in range(70):
        stage.canvas.circle(rng.uniform(0, SIZE), rng.uniform(0, SIZE), rng.uniform(1.3, 3.0), "#ffffff", 0.9)
    stage.weather.append("snowfall")


def _mist(stage: Stage) -> None:
    """Low strips of mist over the ground, under a clear sky."""
    rng, blur = stage.rng, stage.canvas.blur(5)
    for _ in range(5):
        x, y = rng.uniform(10, 246), rng.uniform(stage.horizon + 5, 225)
        stage.canvas.ellipse(x, y, rng.uniform(70, 120), rng.uniform(7, 13), "#f4f0ee", 0.5, blur)
    stage.weather.append("mist")


def _leaves(stage: Stage) -> None:
    """Leaves blown to the right, with the gusts that carry them."""
    canvas, rng = stage.canvas, stage.rng
    for _ in range(5):
        x, y, length = rng.uniform(-20, 180), rng.uniform(40, 220), rng.uniform(40, 80)
        gust = f"M{x:.0f},{y:.0f} q{length / 2:.0f},-12 {length:.0f},0 q8,6 2,9 q-7,1 -6,-6"
        canvas.line(gust, "#ffffff", 1.6, 0.45)
    for _ in range(26):
        x, y, colour = rng.uniform(0, SIZE), rng.uniform(30, 250), rng.choice(("#d9772b", "#c8452a", "#e0a92f"))
        turned = f'transform="rotate({rng.uniform(0, 180):.0f} {x:.0f} {y:.0f})"'
        canvas.ellipse(x, y, rng.uniform(3, 5), rng.uniform(1.4, 2.2), stage.lit(colour), 0.95, turned)
    stage.weather.append("leaves")


def _heat(stage: Stage) -> None:
    """A glaring sun, and air that shimmers in bands above the ground."""
    canvas, rng = stage.canvas, stage.rng
    if stage.sun:
        x, y, radius = stage.sun
        glare = canvas.gradient(
            [(0, "#ffffff", 0.95), (0.3, "#fff3c0", 0.7), (1, "#ffdf8a", 0)], 'cx=".5" cy=".5" r=".5"'
        )
        canvas.painted(f'circle cx="{x:.0f}" cy="{y:.0f}" r="{radius * 3.2:.0f}"', glare)
    haze = canvas.gradient([(0, "#ffe0a0", 0), (0.5, "#ffdc98", 0.42), (1, "#ffe0a0", 0)])
    canvas.painted(f'rect x="-2" y="{stage.horizon - 35:.0f}" width="260" height="80"', haze)
    for i in range(6):
        y = stage.horizon - 4 + i * 8 + rng.uniform(-2, 2)
        wave = f"M{rng.uniform(-30, 0):.0f},{y:.0f}" + " q12,-4 24,0 t24,0 t24,0" * 4
        canvas.line(wave, "#fff6dc", 1.6, 0.4)
    stage.weather.append("heat")
