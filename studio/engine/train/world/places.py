"""The ground of the wild places; `countryside` has those that people made."""

from collections.abc import Callable

from studio.engine.train.world import buildings, plants, terrain
from studio.engine.train.world.palette import darken, lighten, mix
from studio.engine.train.world.skies import GLOW
from studio.engine.train.world.stage import Stage
from studio.engine.train.world.terrain import fill_below, layers, ridge_line, water


def _mountains(stage: Stage) -> None:
    layers(stage, 4, stage.horizon - 30, 225, (95, 35), 0.55)


def _snowy_mountains(stage: Stage) -> None:
    layers(stage, 4, stage.horizon - 30, 225, (95, 35), 0.55, snow=True)


def _green_hills(stage: Stage) -> None:
    layers(stage, 4, stage.horizon, 230, (45, 25), 0.3)


def _desert(stage: Stage) -> None:
    layers(stage, 3, stage.horizon, 215, (40, 25), 0.25)


def _snow_field(stage: Stage) -> None:
    layers(stage, 3, stage.horizon, 215, (35, 20), 0.3)


def _sea(stage: Stage) -> None:
    water(stage, stage.horizon)


def _lake(stage: Stage) -> None:
    layers(stage, 2, stage.horizon - 25, stage.horizon - 5, (60, 40), 0.5)
    if stage.season and stage.rng.random() < 0.7:
        sizes, shore = (16, 30), (stage.horizon + 2, stage.horizon + 5)
        if stage.season == "winter":
            plants.grove(stage, plants.pine, ("#3c5a4c",), 14, shore, sizes)
            stage.note("pine trees")
        else:
            plants.grove(stage, plants.round_tree, plants.LEAVES[stage.season], 14, shore, sizes)
            stage.note("autumn trees" if stage.season == "autumn" else "trees")
    water(stage, stage.horizon)


def _island(stage: Stage) -> None:
    rng, shore = stage.rng, stage.horizon
    water(stage, shore)
    if stage.style == "paper cut":
        stage.canvas.ellipse(128, shore + 37, 77, 21, "#000000", 0.25)
    stage.canvas.ellipse(128, shore + 40, 75, 20, stage.lit("#ecd39a"))
    for _ in range(rng.randrange(1, 4)):
        x, y = rng.uniform(85, 165), shore + 36 + rng.uniform(-4, 8)
        plants.palm(stage, x, y, rng.uniform(45, 75), stage.lit("#3a8f4a"))
    stage.note("palm trees")


def _forest(stage: Stage) -> None:
    canvas, rng = stage.canvas, stage.rng
    autumn = stage.place == "autumn forest"
    for i in range(4):
        near, colour = i / 3, stage.depth(i / 3)
        y = stage.horizon + 10 + near * 75
        canvas.rect(-2, y, 260, 256, colour)
        for _ in range(int(17 - 8 * near)):
            x, height = rng.uniform(-5, 260), rng.uniform(30, 48) * (0.7 + near * 0.8)
            foot = y + 6 + rng.uniform(-3, 8)
            if autumn:
                leaf = stage.lit(rng.choice(("#d9772b", "#c8452a", "#e0a92f", "#a8612a")), 0.08)
                plants.round_tree(stage, x, foot, height, mix(leaf, colour, 0.45 * (1 - near)))
            elif stage.season == "winter":
                plants.pine(stage, x, foot, height, canvas.vary(mix(colour, stage.lit("#3c5a4c"), 0.55)))
            else:
                plants.pine(stage, x, foot, height, canvas.vary(colour))


def _jungle(stage: Stage) -> None:
    rng = stage.rng
    for i in range(4):
        near, colour = i / 3, stage.depth(i / 3)
        y = stage.horizon - 5 + near * 80
        fill_below(stage, ridge_line(rng, y, 22, 0.6), colour)
        for _ in range(9):
            plant = plants.palm if rng.random() < 0.5 else plants.round_tree
            leaf = stage.canvas.vary(lighten(colour, 0.08))
            plant(stage, rng.uniform(-5, 260), y + 12, rng.uniform(40, 80), leaf)
    for _ in range(7):
        bend = f"q{rng.uniform(-25, 25):.0f},40 {rng.uniform(-10, 10):.0f},{rng.uniform(40, 95):.0f}"
        stage.canvas.line(f"M{rng.uniform(0, 256):.0f},-4 {bend}", darken(stage.near, 0.8), 3)


def _swamp(stage: Stage) -> None:
    canvas, rng, shore = stage.canvas, stage.rng, stage.horizon
    layers(stage, 2, shore - 10, shore + 8, (30, 20), 0.6)
    water(stage, shore + 25, colour=stage.lit("#4f5f3a"))
    for _ in range(rng.randrange(5, 9)):
        x, y, height = rng.uniform(5, 250), rng.uniform(shore + 35, 245), rng.uniform(60, 110)
        bark = stage.lit("#3b2f26")
        canvas.line(f"M{x:.0f},{y:.0f} q{rng.uniform(-8, 8):.0f},{-height * 0.5:.0f} 0,{-height:.0f}", bark, 6)
        for side in (-1, 1):
            fork = f"M{x:.0f},{y - height * rng.uniform(0.55, 0.85):.0f}"
            canvas.line(f"{fork} q{side * 12},-4 {side * 22},{rng.uniform(-22, -6):.0f}", bark, 3)
    for _ in range(12):
        canvas.ellipse(rng.uniform(0, 256), rng.uniform(shore + 45, 250), 9, 3, stage.lit("#6f9a45"))


def _cave(stage: Stage) -> None:
    canvas, rng = stage.canvas, stage.rng
    rock = canvas.vary("#2a2530")
    canvas.rect(-2, -2, 260, 260, rock)
    glow = canvas.vary(rng.choice(("#3a6a8a", "#7a5a3a", "#4a3a7a", "#2f6a55")))
    light = canvas.gradient([(0, lighten(glow, 0.3), 1), (0.6, glow, 0.9), (1, rock, 0)], 'cx=".5" cy=".5" r=".55"')
    canvas.painted('rect width="256" height="256"', light)
    for near in (0.5, 1.0):
        colour = mix(lighten(rock, 0.2), darken(rock, 0.6), near)
        for i in range(11):
            x = i * 26 + rng.uniform(-10, 10)
            tip = (x + rng.uniform(-4, 4), rng.uniform(30, 95) * near)
            canvas.polygon([(x - 17, -3), (x + 17, -3), tip], colour)
        fill_below(stage, ridge_line(rng, 205 + 25 * near, 30, 0.6), colour)
        for wall, inwards in ((-3, 1), (259, -1)):
            bulges = [(rng.uniform(25, 45), -3), (rng.uniform(12, 40), 130), (rng.uniform(20, 45), 260)]
            edge = [(wall + inwards * width * near, y) for width, y in bulges]
            canvas.polygon([(wall, -3), *edge, (wall, 260)], colour)


def _underwater(stage: Stage) -> None:
    canvas, rng = stage.canvas, stage.rng
    depth = canvas.gradient([(0, lighten(stage.far, 0.35), 1), (0.5, stage.far, 1), (1, stage.near, 1)])
    canvas.painted('rect width="256" height="256"', depth)
    for _ in range(5):
        x = rng.uniform(0, 256)
        canvas.polygon([(x, -4), (x + 18, -4), (x + 60, 230), (x + 5, 230)], "#ffffff", 0.1)
    fill_below(stage, ridge_line(rng, 220, 26, 0.4), mix("#d8c08a", stage.near, 0.45))
    for _ in range(rng.randrange(5, 12)):
        x, height = rng.uniform(5, 250), rng.uniform(35, 90)
        weed = f"M{x:.0f},250 q10,{-height * 0.3:.0f} 0,{-height * 0.5:.0f} t0,{-height * 0.5:.0f}"
        canvas.line(weed, canvas.vary("#2f8a55"), 4)
    for _ in range(18):
        canvas.circle(rng.uniform(0, 256), rng.uniform(0, 220), rng.uniform(1, 4), "#e8fbff", 0.5)


def _canyon(stage: Stage) -> None:
    canvas, rng, horizon = stage.canvas, stage.rng, stage.horizon
    layers(stage, 2, horizon - 10, horizon + 20, (50, 40), 0.7)
    colour = stage.depth(1)
    left = [(rng.uniform(40, 70), horizon - 65), (rng.uniform(70, 90), horizon), (rng.uniform(80, 110), 260)]
    right = [(rng.uniform(180, 210), horizon - 62), (rng.uniform(165, 185), horizon), (rng.uniform(145, 170), 260)]
    canvas.polygon([(-3, horizon - 70), *left, (-3, 260)], colour)
    canvas.polygon([(260, horizon - 60), *right, (260, 260)], colour)
    for i in range(4):
        y = horizon - 45 + i * 32
        canvas.line(f"M0,{y:.0f} h{52 + i * 8}", lighten(colour, 0.12), 3, 0.6)
        canvas.line(f"M256,{y + 6:.0f} h{-52 - i * 8}", lighten(colour, 0.12), 3, 0.6)


def _volcano(stage: Stage) -> None:
    canvas, rng, horizon = stage.canvas, stage.rng, stage.horizon
    canvas.rect(-2, horizon - 5, 260, 140, stage.depth(0))
    x, colour, rim = rng.uniform(90, 166), stage.depth(1), horizon - 75
    canvas.polygon([(x - 110, 258), (x - 18, rim), (x + 18, rim), (x + 110, 258)], colour)
    canvas.polygon([(x + 4, rim), (x + 18, rim), (x + 110, 258), (x + 30, 258)], darken(colour, 0.72))
    glow = canvas.gradient([(0, "#ff8a3a", 0.75), (1, "#ff5a1a", 0)], GLOW)
    canvas.painted(f'circle cx="{x:.0f}" cy="{rim - 5:.0f}" r="52"', glow)
    for bend, length in ((-26, 95), (4, 120), (28, 80)):
        flow = f"M{x + bend * 0.3:.0f},{rim + 1:.0f} q{bend * 0.3:.0f},{length * 0.4:.0f} {bend:.0f},{length}"
        canvas.line(flow, "#ff7a2a", rng.uniform(5, 9))
    crater = ((-18, 0), (18, 0), (6, 30), (12, 70), (0, 40), (-8, 60), (-5, 25))
    canvas.polygon([(x + dx, rim + dy) for dx, dy in crater], "#ff6a2a")
    canvas.ellipse(x + 10, rim - 25, 24, 16, "#555555", 0.75)
    canvas.ellipse(x + 30, rim - 43, 28, 16, "#666666", 0.65)
    stage.note("lava")
    if rng.random() < 0.4:
        for _ in range(12):
            spark = x + rng.gauss(0, 22), rim - 10 - abs(rng.gauss(0, 22))
            canvas.circle(*spark, rng.uniform(1.5, 3.5), "#ff9a3c")
    layers(stage, 2, 222, 236, (15, 12), 0.5)


def _cliffs(stage: Stage) -> None:
    canvas, rng, horizon = stage.canvas, stage.rng, stage.horizon
    water(stage, horizon + 10)
    side = rng.choice((-1, 1))
    edge, wall, top = 128 + side * rng.uniform(-10, 30), 0 if side < 0 else 256, horizon - rng.uniform(15, 40)
    colour = stage.depth(0.7)
    face = [(edge, top + rng.uniform(-4, 6)), (edge + side * 6, horizon + 40), (edge - side * 14, 258)]
    canvas.polygon([(wall + side * 4, top), *face, (wall, 258)], colour)
    for i in range(4):
        y = top + 22 + i * 24
        canvas.line(f"M{wall},{y:.0f} L{edge + side * (4 + 3 * i):.0f},{y + 5:.0f}", darken(colour, 0.8), 3, 0.6)
    turf = [(wall, top - 5), (edge, top - 3), (edge, top + 6), (wall, top + 7)]
    canvas.polygon(turf, stage.lit("#6f9a4a"))
    build = rng.choice((buildings.draw_lighthouse, buildings.draw_castle, buildings.draw_ruins, None))
    if build:
        build(stage, (wall + edge) / 2, top)


def _beach(stage: Stage) -> None:
    water(stage, stage.horizon - 10, 225)
    shore = ridge_line(stage.rng, stage.horizon + 45, 26, 0.3)
    fill_below(stage, [y - 5 for y in shore], lighten(stage.lit("#cfeaf2"), 0.2), 0.8)
    fill_below(stage, shore, stage.lit("#ecd39a"))


def _river_valley(stage: Stage) -> None:
    layers(stage, 4, stage.horizon - 15, 205, (70, 25), 0.45)
    terrain.river(stage)


def _waterfall(stage: Stage) -> None:
    canvas, rng = stage.canvas, stage.rng
    top = stage.horizon - rng.uniform(30, 60)
    x, width, pool = rng.uniform(100, 156), rng.uniform(36, 64), 212.0
    rock = stage.depth(0.35)
    fill_below(stage, ridge_line(rng, top, 26, 0.5), rock)
    for _ in range(16):
        cx, cy = rng.uniform(0, 256), rng.uniform(top + 20, pool - 20)
        canvas.line(
            f"M{cx:.0f},{cy:.0f} l{rng.uniform(-6, 6):.0f},{rng.uniform(12, 34):.0f}", darken(rock, 0.82), 3, 0.5
        )
    fall = canvas.gradient([(0, stage.lit("#e8f6fd", 0), 1), (1, stage.lit("#b8def2", 0), 1)])
    canvas.painted(
        f'rect x="{x - width / 2:.0f}" y="{top + 3:.0f}" width="{width:.0f}" height="{pool - top:.0f}"', fall
    )
    for _ in range(14):
        cx = x + rng.uniform(-0.45, 0.45) * width
        canvas.line(f"M{cx:.1f},{top + rng.uniform(5, 60):.1f} v{rng.uniform(25, 60):.0f}", "#ffffff", 1.8, 0.75)
    canvas.rect(-2, pool, 260, 60, stage.lit("#4f98bd"))
    for _ in range(9):
        canvas.ellipse(
            x + rng.gauss(0, width * 0.42), pool + rng.uniform(-5, 6), rng.uniform(9, 19), 6, "#ffffff", 0.55
        )
    for left, reach in ((True, x - width * 0.7), (False, 256 - x - width * 0.7)):
        shape = [(0, 214), (reach * 0.75, 220), (reach * 0.95, 240), (reach * 0.7, 260), (0, 260)]
        canvas.polygon([(px if left else 256 - px, py) for px, py in shape], stage.depth(0.9))


def _savanna(stage: Stage) -> None:
    canvas, rng = stage.canvas, stage.rng
    layers(stage, 3, stage.horizon + 5, 205, (18, 12), 0.3)
    plants.acacias(stage)
    for _ in range(60):
        x, y = rng.uniform(0, 256), rng.uniform(205, 254)
        blade = f"M{x:.0f},{y:.0f} l{rng.uniform(-3, 3):.0f},{rng.uniform(-9, -4):.0f}"
        canvas.line(blade, stage.lit("#c79a45", 0.1), 1.4, 0.8)


WILD: dict[str, Callable[[Stage], None]] = {
    "mountains": _mountains,
    "snowy mountains": _snowy_mountains,
    "hills": _green_hills,
    "meadow": _green_hills,
    "desert": _desert,
    "snow field": _snow_field,
    "sea": _sea,
    "lake": _lake,
    "island": _island,
    "forest": _forest,
    "autumn forest": _forest,
    "jungle": _jungle,
    "swamp": _swamp,
    "cave": _cave,
    "underwater": _underwater,
    "canyon": _canyon,
    "volcano": _volcano,
    "cliffs": _cliffs,
    "beach": _beach,
    "river valley": _river_valley,
    "waterfall": _waterfall,
    "savanna": _savanna,
}
