"""Buildings and camps."""

from studio.engine.train.world.palette import DARK_TIMES, darken, lighten
from studio.engine.train.world.stage import Stage

WALLS = ("#e8d8b8", "#d86a5a", "#f2f2ee", "#8fb0c8", "#e3b55c")
ROOFS = ("#8a3a2c", "#4a4a55", "#a0522d")


def draw_house(stage: Stage, x: float, y: float, size: float) -> None:
    """Draw a house whose floor is centred on (x, y), with snow on its roof in winter."""
    canvas, rng = stage.canvas, stage.rng
    canvas.rect(x - size / 2, y - size * 0.6, size, size * 0.6, stage.lit(rng.choice(WALLS)))
    roof = stage.lit("#f1f5fa", 0) if stage.season == "winter" else stage.lit(rng.choice(ROOFS))
    canvas.polygon([(x - size * 0.62, y - size * 0.58), (x, y - size * 1.1), (x + size * 0.62, y - size * 0.58)], roof)
    canvas.rect(x - size * 0.1, y - size * 0.35, size * 0.2, size * 0.35, "#5a3d28")
    canvas.rect(x + size * 0.2, y - size * 0.42, size * 0.16, size * 0.16, "#ffdf8a")


def house(stage: Stage) -> None:
    """A single house."""
    x, y = stage.spot()
    draw_house(stage, x, y, stage.rng.uniform(30, 55))
    stage.note("a house", x)


def village(stage: Stage) -> None:
    """Small houses scattered over the ground."""
    rng = stage.rng
    count, larger = (rng.randrange(4, 7), 1.8) if stage.subject else (rng.randrange(5, 10), 1)
    for y, x in sorted((rng.uniform(198, 236), rng.uniform(15, 240)) for _ in range(count)):
        draw_house(stage, x, y, rng.uniform(18, 30) * larger)
    stage.note("a village")


def town_house(stage: Stage, x: float, y: float, width: float, height: float) -> None:
    """Draw the narrow front of a house, from its lower left corner, with rows of windows."""
    canvas, rng = stage.canvas, stage.rng
    canvas.rect(x, y - height, width, height, stage.lit(rng.choice((*WALLS, "#c98a5a", "#a8c0a0"))))
    roof = stage.lit("#f1f5fa", 0) if stage.season == "winter" else stage.lit(rng.choice(ROOFS))
    canvas.polygon([(x - 2, y - height), (x + width / 2, y - height - width * 0.45), (x + width + 2, y - height)], roof)
    pane = "#ffd97a" if stage.time in DARK_TIMES or stage.time in ("sunset", "storm") else "#5a6f88"
    columns, rows = max(1, int(width / 13)), max(1, int(height / 18))
    for column in range(columns):
        for row in range(rows):
            left = x + width * (column + 0.5) / columns - 2.6
            canvas.rect(left, y - height + 7 + row * (height - 4) / rows, 5.2, 6.5, pane, 0.95)
    canvas.rect(x + width / 2 - 3, y - 10, 6, 10, "#5a3d28")


def draw_castle(stage: Stage, x: float, y: float) -> None:
    """Draw a castle with three towers whose foot is near (x, y)."""
    canvas, rng = stage.canvas, stage.rng
    size, stone = rng.uniform(34, 58), stage.lit("#8a8a96")
    roof = stage.lit(rng.choice(("#a03a4a", "#3a5aa0", "#5a3a7a")))
    canvas.rect(x - size * 0.6, y - size * 0.7, size * 1.2, size * 0.9, stone)
    for offset, height in ((-0.6, 1.05), (0.6, 1.05), (0, 1.3)):
        cx, top = x + offset * size, y - size * height
        canvas.rect(cx - size * 0.14, top, size * 0.28, size * height + 8, darken(stone, 0.9))
        canvas.polygon([(cx - size * 0.2, top), (cx, top - size * 0.42), (cx + size * 0.2, top)], roof)
    canvas.path(
        f"M{x - size * 0.12:.1f},{y + 8:.1f} v{-size * 0.3:.1f} a{size * 0.12:.1f},{size * 0.12:.1f} 0 0 1 "
        f"{size * 0.24:.1f},0 v{size * 0.3:.1f}Z",
        "#2a1d18",
    )
    stage.note("a castle", x)


def castle(stage: Stage) -> None:
    """A castle."""
    draw_castle(stage, *stage.spot(60))


def church(stage: Stage) -> None:
    """A church with a steeple, in the middle distance."""
    canvas, x, y = stage.canvas, stage.rng.uniform(118, 138), stage.horizon + 36
    wall, roof = stage.lit("#efe6d2"), stage.lit("#6a4038")
    canvas.rect(x - 8, y - 34, 34, 34, wall)
    canvas.polygon([(x - 8, y - 34), (x + 9, y - 50), (x + 26, y - 34)], roof)
    canvas.rect(x - 16, y - 62, 14, 62, darken(wall, 0.93))
    canvas.polygon([(x - 18, y - 62), (x - 9, y - 96), (x, y - 62)], roof)
    canvas.circle(x - 9, y - 50, 3.2, "#3a3f4c")
    stage.note("a church")


def windmill(stage: Stage) -> None:
    """A windmill."""
    canvas, rng = stage.canvas, stage.rng
    x, y = stage.spot(60)
    size, turn = rng.uniform(50, 75), rng.uniform(0, 90)
    tower = [(-0.2, 0.0), (-0.12, -0.75), (0.12, -0.75), (0.2, 0.0)]
    canvas.polygon([(x + size * dx, y + size * dy) for dx, dy in tower], stage.lit("#e6dcc8"))
    for quarter in range(4):
        turned = f'transform="rotate({turn + 90 * quarter:.0f} {x:.1f} {y - size * 0.72:.1f})"'
        canvas.rect(x - 2.5, y - size * 1.3, 5, size * 0.6, stage.lit("#7a5a3c"), extra=turned)
    stage.note("a windmill", x)


def draw_lighthouse(stage: Stage, x: float, y: float) -> None:
    """Draw a striped lighthouse whose foot is centred on (x, y)."""
    canvas = stage.canvas
    canvas.polygon([(x - 9, y), (x - 6, y - 65), (x + 6, y - 65), (x + 9, y)], stage.lit("#f5f5f0"))
    for stripe in (15, 40):
        canvas.rect(x - 8, y - stripe - 10, 16, 10, stage.lit("#d8443a"))
    canvas.rect(x - 6, y - 77, 12, 12, "#ffe27a")
    canvas.polygon([(x - 8, y - 77), (x, y - 87), (x + 8, y - 77)], stage.lit("#a8322a"))
    stage.note("a lighthouse", x)


def lighthouse(stage: Stage) -> None:
    """A lighthouse on a rock in the water."""
    x, y = stage.spot(50, stage.horizon + 8, stage.horizon + 8)
    stage.canvas.path(f"M{x - 48:.1f},{y + 26:.1f} q48,-50 96,0Z", stage.lit("#4a4038"))
    draw_lighthouse(stage, x, y)


def pyramids(stage: Stage) -> None:
    """Two pyramids, each with a lit and a shaded side."""
    x, y = stage.spot(80)
    for offset, size in ((-45, 38), (30, 55)):
        foot, top = (x + offset, y), (x + offset, y - size * 0.9)
        stage.canvas.polygon([(x + offset - size, y), top, foot], stage.lit("#d9a85a", 0))
        stage.canvas.polygon([top, (x + offset + size, y), foot], stage.lit("#a87a3c", 0))
    stage.note("pyramids")


def tent(stage: Stage) -> None:
    """A tent."""
    x, y = stage.spot()
    canvas = stage.lit(stage.rng.choice(("#e0703c", "#3c8ae0", "#e0c03c")))
    stage.canvas.polygon([(x - 30, y), (x, y - 40), (x + 30, y)], canvas)
    stage.canvas.polygon([(x - 9, y), (x, y - 24), (x + 9, y)], "#2a2420")
    stage.note("a tent", x)


def bridge(stage: Stage) -> None:
    """A bridge across the whole picture, on two piers."""
    canvas, y = stage.canvas, stage.rng.uniform(190, 215)
    wood = stage.lit(stage.rng.choice(("#7a5230", "#8f8a84", "#a03c2c")))
    canvas.path(f"M-4,{y:.0f} Q128,{y - 45:.0f} 260,{y:.0f} v10 Q128,{y - 33:.0f} -4,{y + 10:.0f}Z", wood)
    for i in range(1, 8):
        x = i * 32
        lift = 22 * (1 - ((x - 128) / 128) ** 2)
        if i in (2, 6):
            canvas.line(f"M{x},{y - lift + 8:.0f} V{y + 34:.0f}", wood, 5)
        else:
            canvas.line(f"M{x},{y - lift:.0f} v-12", wood, 2)
    canvas.line(f"M-4,{y - 12:.0f} Q128,{y - 57:.0f} 260,{y - 12:.0f}", wood, 2.5)
    stage.note("a bridge")


def draw_ruins(stage: Stage, x: float, y: float) -> None:
    """Draw the columns of a temple, some of them broken, whose feet are near (x, y)."""
    canvas, rng = stage.canvas, stage.rng
    stone = stage.lit("#b3aa98")
    for i in range(5):
        height, cx = rng.uniform(22, 62), x + (i - 2) * 19
        canvas.rect(cx - 5, y - height, 10, height, stone)
        canvas.rect(cx - 7, y - 5, 14, 6, darken(stone, 0.85))
        if height > 45:
            canvas.rect(cx - 8, y - height - 5, 16, 6, lighten(stone, 0.15))
    stage.note("ancient ruins", x)


def ruins(stage: Stage) -> None:
    """The ruins of a temple."""
    draw_ruins(stage, *stage.spot(70))


def igloo(stage: Stage) -> None:
    """An igloo."""
    x, y = stage.spot()
    stage.canvas.path(f"M{x - 34:.0f},{y:.0f} a34,32 0 0 1 68,0Z", stage.lit("#f4f9fd", 0))
    stage.canvas.path(f"M{x - 11:.0f},{y:.0f} a11,14 0 0 1 22,0Z", "#4a6076")
    for dy in (10, 20):
        stage.canvas.line(f"M{x - 31 + dy * 0.5:.0f},{y - dy:.0f} h{62 - dy:.0f}", stage.lit("#c3d3e0"), 1)
    stage.note("an igloo", x)


def fountain(stage: Stage) -> None:
    """A round fountain with jets of water."""
    canvas, (x, y) = stage.canvas, stage.spot(70, 212, 232)
    stone, jet = stage.lit("#c9c4b8"), stage.lit("#d8effa")
    canvas.ellipse(x, y, 40, 12, darken(stone, 0.82))
    canvas.ellipse(x, y - 3, 36, 9, stage.lit("#5fa9d0"))
    canvas.rect(x - 4, y - 34, 8, 32, stone)
    canvas.ellipse(x, y - 34, 17, 5, stone)
    for reach in (-24, -13, 13, 24):
        canvas.line(f"M{x:.0f},{y - 38:.0f} q{reach * 0.6:.0f},-22 {reach},{32:.0f}", jet, 2, 0.85)
    canvas.line(f"M{x:.0f},{y - 36:.0f} v-18", jet, 2.4, 0.9)
    stage.note("a fountain", x)
