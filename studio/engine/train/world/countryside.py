"""The ground of the places that people made: city, village, harbour, fields and gardens."""

from collections.abc import Callable

from studio.engine.train.world import buildings
from studio.engine.train.world.palette import DARK_TIMES, darken, lighten
from studio.engine.train.world.stage import Stage
from studio.engine.train.world.terrain import layers, water

LIT_WINDOWS = DARK_TIMES | {"sunset", "storm", "alien"}


def _city(stage: Stage) -> None:
    canvas, rng = stage.canvas, stage.rng
    for i in range(3):
        near, x, colour = i / 2, -5.0, stage.depth(i / 2)
        while x < 256:
            width, height = rng.uniform(12, 30), rng.uniform(30, 105) * (1 - 0.25 * near)
            y = stage.horizon + 25 + near * 45 - height
            if stage.style == "paper cut":
                canvas.rect(x - 2, y - 3, width + 4, 260, "#000000", 0.22)
            canvas.rect(x, y, width, 260, colour)
            if rng.random() < 0.15:
                canvas.polygon([(x, y), (x + width / 2, y - 18), (x + width, y)], colour)
            if stage.time in LIT_WINDOWS or rng.random() < 0.4:
                for column in range(int((width - 4) / 5.5)):
                    for row in range(int(height / 9)):
                        if rng.random() < 0.35:
                            canvas.rect(x + 3 + 5.5 * column, y + 5 + 8 * row, 3.2, 4.4, "#ffd97a", 0.9)
            x += width + rng.uniform(-1, 4)
    if rng.random() < 0.3 and stage.style != "synthwave":
        water(stage, 222)
        stage.note("a river in front")


def _farm(stage: Stage) -> None:
    canvas, top = stage.canvas, stage.horizon + 25
    layers(stage, 2, stage.horizon - 5, stage.horizon + 10, (35, 15), 0.3)
    soil = stage.depth(0.8)
    canvas.rect(-2, top, 260, 260 - top, soil)
    for i in range(-9, 10):
        far, near = 128 + i * 8, 128 + i * 44
        canvas.polygon([(far, top), (far + 3, top), (near + 16, 260), (near, 260)], darken(soil, 0.82))


def _vineyard(stage: Stage) -> None:
    canvas, rng, top = stage.canvas, stage.rng, stage.horizon + 22
    layers(stage, 3, stage.horizon - 20, top, (45, 20), 0.35)
    canvas.rect(-2, top + 6, 260, 260 - top, stage.depth(0.85))
    leaf = {"autumn": "#b0622c", "spring": "#86b84a"}.get(stage.season, "#4f7a34")
    for row in range(11):
        way = (row / 10) ** 1.6
        y, size = top + 10 + way * (250 - top), 2.6 + 8.5 * way
        step, slope = size * 1.35, rng.uniform(-1.5, 1.5)
        canvas.line(
            f"M-4,{y + size * 0.9:.1f} L260,{y + size * 0.9 + slope:.1f}", stage.lit("#6b4f34"), 0.6 + size * 0.16
        )
        for k in range(int(264 / step) + 1):
            x = -2 + k * step + rng.uniform(-0.2, 0.2) * size
            canvas.ellipse(x, y + rng.uniform(-0.1, 0.1) * size, size * 0.72, size * 0.6, stage.lit(leaf, 0.07))
    if stage.season == "autumn" or not stage.season:
        for _ in range(26):
            canvas.circle(rng.uniform(0, 256), rng.uniform(220, 250), 2.2, stage.lit("#5a2f6a"))


def _garden(stage: Stage) -> None:
    canvas, rng, lawn = stage.canvas, stage.rng, stage.horizon + 28
    layers(stage, 2, stage.horizon, stage.horizon + 14, (26, 14), 0.4)
    canvas.rect(-2, lawn, 260, 260 - lawn, stage.depth(0.8))
    hedge = stage.lit({"winter": "#8fa39a", "autumn": "#8a7a34"}.get(stage.season, "#3f7a3a"))
    x = -4.0
    while x < 258:
        width = rng.uniform(16, 26)
        canvas.ellipse(x + width / 2, lawn, width * 0.62, rng.uniform(10, 15), hedge)
        x += width * 0.8
    for k in range(15):
        canvas.rect(k * 18 - 2, lawn - 2, 4, 20, stage.lit("#f4efe4", 0))
    canvas.rect(-2, lawn + 3, 260, 3, stage.lit("#f4efe4", 0))
    canvas.rect(-2, lawn + 11, 260, 3, stage.lit("#f4efe4", 0))
    bend = rng.uniform(-40, 40)
    canvas.path(
        f"M96,260 Q{128 + bend:.0f},{(lawn + 260) / 2:.0f} 122,{lawn + 16:.0f} L134,{lawn + 16:.0f} "
        f"Q{160 + bend:.0f},{(lawn + 260) / 2:.0f} 164,260Z",
        stage.lit("#d8c6a0"),
    )
    if stage.season == "winter":
        return
    for cx in (36, 218):
        for cy in (lawn + 34, lawn + 66):
            canvas.ellipse(cx, cy, 34, 10, stage.lit("#6a4a32"))
            colour = stage.lit(rng.choice(("#ff5a7a", "#ffd94a", "#f4f0f8", "#b07aff", "#ff9a3c")), 0)
            for _ in range(26):
                px, py = cx + rng.gauss(0, 13), cy - 4 + rng.gauss(0, 3)
                canvas.circle(px, py + 3, 2.4, stage.lit("#4f8f3f"))
                canvas.circle(px, py, rng.uniform(1.8, 3.2), colour)
    stage.note("flower beds")


def _village_street(stage: Stage) -> None:
    canvas, rng, end = stage.canvas, stage.rng, stage.horizon + 30
    layers(stage, 2, stage.horizon - 5, stage.horizon + 12, (40, 20), 0.4)
    ground = "#eef3f8" if stage.season == "winter" else "#8fa05c" if stage.season in ("spring", "summer") else "#8a8a6a"
    canvas.rect(-2, end, 260, 260 - end, stage.lit(ground))
    canvas.polygon([(118, end), (138, end), (222, 260), (34, 260)], stage.lit("#b5aa98"))
    for i in range(6):
        y = end + (260 - end) * (i / 6) ** 1.5 + 4
        canvas.line(f"M{128 - (y - end) * 0.7:.0f},{y:.0f} H{128 + (y - end) * 0.7:.0f}", stage.lit("#a0968a"), 1, 0.5)
    for step in range(5):
        near = (step / 4) ** 1.3
        y = end + 6 + near * 74
        width, height = 22 + near * 46, 30 + near * 62
        gap = 10 + near * 66
        buildings.town_house(stage, 128 - gap - width, y, width, height)
        buildings.town_house(stage, 128 + gap, y, width, height)
    stage.note("houses on both sides")
    if rng.random() < 0.5:
        lamp = "#ffe49a" if stage.time in LIT_WINDOWS else "#e8ecf0"
        for near in (0.35, 0.75):
            y, height = end + 14 + near * 70, 26 + near * 40
            for side in (-1, 1):
                x = 128 + side * (16 + near * 56)
                canvas.line(f"M{x:.0f},{y:.0f} v{-height:.0f}", stage.lit("#3a3c44"), 1.4 + near * 1.6)
                canvas.circle(x, y - height, 2.4 + near * 2.6, lamp)
        stage.note("street lamps")


def _harbor(stage: Stage) -> None:
    canvas, rng, shore = stage.canvas, stage.rng, stage.horizon
    layers(stage, 2, shore - 25, shore - 8, (40, 20), 0.4)
    x = -6.0
    while x < 256:
        width = rng.uniform(17, 27)
        buildings.town_house(stage, x, shore + 2, width, rng.uniform(26, 44))
        x += width
    canvas.rect(-2, shore, 260, 7, stage.lit("#8f877c"))
    water(stage, shore + 7)
    for _ in range(rng.randrange(3, 6)):
        x, y, size = rng.uniform(16, 240), rng.uniform(shore + 24, 212), rng.uniform(14, 24)
        hull = stage.lit(rng.choice(("#e8e4da", "#c8452a", "#3a6fa8", "#3f8f6a")))
        canvas.polygon(
            [(x - size, y), (x + size, y), (x + size * 0.7, y + size * 0.4), (x - size * 0.8, y + size * 0.4)], hull
        )
        canvas.line(f"M{x:.0f},{y:.0f} v{-size * 1.9:.0f}", stage.lit("#d8cdb8"), 1.8)
        canvas.rect(x - size * 0.5, y - size * 0.35, size * 0.8, size * 0.36, lighten(hull, 0.4))
    stage.note("boats")
    canvas.rect(-2, 236, 260, 24, stage.lit("#9a9186"))
    canvas.rect(-2, 234, 260, 4, stage.lit("#b8afa2"))
    for k in range(4):
        canvas.rect(24 + k * 66, 224, 8, 13, stage.lit("#4a4440"))


def draw_neon_grid(stage: Stage) -> None:
    """Draw the glowing floor of the synthwave style."""
    canvas, top = stage.canvas, stage.horizon + 40
    canvas.rect(-2, top, 260, 260 - top, "#120a2a")
    for i in range(-12, 13):
        canvas.line(f"M{128 + i * 9},{top:.0f} L{128 + i * 55},260", "#e070c0", 1.1)
    for i in range(9):
        canvas.line(f"M0,{top + (260 - top) * (i / 9) ** 1.8:.0f} H256", "#e070c0", 1.1)
    stage.note("a neon grid floor")


BUILT: dict[str, Callable[[Stage], None]] = {
    "city": _city,
    "farm field": _farm,
    "vineyard": _vineyard,
    "garden": _garden,
    "village street": _village_street,
    "harbor": _harbor,
}
