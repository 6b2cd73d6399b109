"""Plants: single ones, and groves of them that fit the season."""

import math
from collections.abc import Callable, Sequence

from studio.engine.train.world.palette import darken, lighten
from studio.engine.train.world.stage import Stage

# Draws one plant whose foot is at (x, y), of this height, in this colour.
Plant = Callable[[Stage, float, float, float, str], None]

LEAVES = {
    "": ("#4f8a3c",),
    "spring": ("#86c552", "#a3d468", "#74b848"),
    "summer": ("#3f8f38", "#357f34"),
    "autumn": ("#d9772b", "#c8452a", "#e0a92f"),
}
BLOSSOM = ("#f2a7c3", "#f7c1d4", "#e88bb0")


def pine(stage: Stage, x: float, y: float, height: float, colour: str) -> None:
    """A conifer of three tiers, with snow on them in winter."""
    for i in range(3):
        width, base = height * 0.28 * (1 - i * 0.22), y - height * 0.25 * i
        stage.canvas.polygon(
            [(x - width, base), (x, base - height * 0.5), (x + width, base)], lighten(colour, 0.04 * i)
        )
        if stage.season == "winter":
            tip = base - height * 0.5
            stage.canvas.polygon(
                [(x - width * 0.45, tip + height * 0.2), (x, tip), (x + width * 0.45, tip + height * 0.2)],
                stage.lit("#f4f8fc", 0),
            )


def round_tree(stage: Stage, x: float, y: float, height: float, colour: str) -> None:
    """A tree with a round crown."""
    canvas = stage.canvas
    canvas.rect(x - height * 0.05, y - height * 0.45, height * 0.1, height * 0.45, stage.lit("#5a3d28"))
    canvas.circle(x, y - height * 0.65, height * 0.33, colour)
    canvas.circle(x - height * 0.12, y - height * 0.72, height * 0.18, lighten(colour, 0.15))


def bare_tree(stage: Stage, x: float, y: float, height: float, colour: str) -> None:
    """A tree without leaves; `colour` is its bark."""
    canvas = stage.canvas
    canvas.line(f"M{x:.1f},{y:.1f} v{-height:.1f}", colour, height * 0.08)
    for side in (-1, 1):
        for share, reach in ((0.42, 0.3), (0.62, 0.24), (0.8, 0.16)):
            canvas.line(
                f"M{x:.1f},{y - height * share:.1f} l{side * height * reach:.1f},{-height * reach:.1f}",
                colour,
                height * 0.045,
            )


def palm(stage: Stage, x: float, y: float, height: float, colour: str) -> None:
    """A palm that leans to the right."""
    stage.canvas.line(
        f"M{x:.1f},{y:.1f} q{height * 0.1:.1f},{-height * 0.5:.1f} {height * 0.15:.1f},{-height * 0.9:.1f}",
        stage.lit("#6b4a2a"),
        height * 0.07,
    )
    for angle in (0, 0.6, 1.2, 1.9, 2.5, 3.1):
        c, s = math.cos(angle) * height, math.sin(angle) * height
        stage.canvas.path(
            f"M{x + height * 0.15:.1f},{y - height * 0.9:.1f} q{c * 0.3:.1f},{s * 0.3 - height * 0.2:.1f} "
            f"{c * 0.5:.1f},{s * 0.3:.1f} q{-c * 0.2:.1f},{-height * 0.1:.1f} {-c * 0.5:.1f},{-s * 0.3:.1f}Z",
            colour,
        )


def saguaro(stage: Stage, x: float, y: float, height: float, colour: str) -> None:
    """A cactus with two arms."""
    for data in (
        f"M{x:.1f},{y:.1f} V{y - height:.1f}",
        f"M{x:.1f},{y - height * 0.4:.1f} h{height * 0.25:.1f} v{-height * 0.25:.1f}",
        f"M{x:.1f},{y - height * 0.55:.1f} h{-height * 0.25:.1f} v{-height * 0.2:.1f}",
    ):
        stage.canvas.line(data, colour, height * 0.16)


def acacia(stage: Stage, x: float, y: float, height: float, colour: str) -> None:
    """A tree of the savanna with a flat crown."""
    canvas, bark = stage.canvas, stage.lit("#5a4230")
    canvas.line(
        f"M{x:.1f},{y:.1f} q{height * 0.04:.1f},{-height * 0.4:.1f} 0,{-height * 0.75:.1f}", bark, height * 0.06
    )
    for side in (-1, 1):
        canvas.line(
            f"M{x:.1f},{y - height * 0.45:.1f} q{side * height * 0.1:.1f},{-height * 0.25:.1f} "
            f"{side * height * 0.35:.1f},{-height * 0.35:.1f}",
            bark,
            height * 0.04,
        )
    canvas.ellipse(x, y - height * 0.82, height * 0.55, height * 0.12, colour)
    canvas.ellipse(x - height * 0.12, y - height * 0.9, height * 0.34, height * 0.09, lighten(colour, 0.1))


def cypress(stage: Stage, x: float, y: float, height: float, colour: str) -> None:
    """A slim cypress."""
    stage.canvas.rect(x - height * 0.02, y - height * 0.12, height * 0.04, height * 0.12, stage.lit("#5a3d28"))
    stage.canvas.path(
        f"M{x:.1f},{y - height:.1f} q{height * 0.16:.1f},{height * 0.6:.1f} 0,{height * 0.92:.1f} "
        f"q{-height * 0.16:.1f},{-height * 0.32:.1f} 0,{-height * 0.92:.1f}Z",
        colour,
    )


def grove(
    stage: Stage,
    plant: Plant,
    colours: Sequence[str],
    count: int,
    rows: tuple[float, float] = (205, 244),
    sizes: tuple[float, float] = (28, 60),
) -> None:
    """Scatter plants between two heights of the picture, far ones first; as its subject fewer and larger ones."""
    rng = stage.rng
    if stage.subject:
        count, rows, sizes = max(2, count // 2), (222, 248), (sizes[0] + 30, sizes[1] * 1.3 + 30)
    for y, x in sorted((rng.uniform(*rows), rng.uniform(5, 250)) for _ in range(count)):
        plant(stage, x, y, rng.uniform(*sizes), stage.lit(rng.choice(colours), 0.1))


def trees(stage: Stage) -> None:
    """Deciduous trees as the season has them."""
    count = stage.rng.randrange(3, 10)
    if stage.season == "winter":
        grove(stage, bare_tree, ("#4a3a30",), count)
        stage.note("bare trees")
    else:
        grove(stage, round_tree, LEAVES[stage.season], count)
        stage.note("autumn trees" if stage.season == "autumn" else "trees")


def pine_trees(stage: Stage) -> None:
    """A few conifers."""
    grove(stage, pine, ("#2c5a3c",), stage.rng.randrange(4, 12))
    stage.note("pine trees")


def palm_trees(stage: Stage) -> None:
    """A few palms."""
    grove(stage, palm, ("#3a8f4a",), stage.rng.randrange(2, 6), sizes=(50, 90))
    stage.note("palm trees")


def cypresses(stage: Stage) -> None:
    """A few cypresses."""
    grove(stage, cypress, ("#2f5a36", "#274e30"), stage.rng.randrange(3, 8), sizes=(50, 85))
    stage.note("cypress trees")


def acacias(stage: Stage) -> None:
    """The trees of a savanna."""
    grove(stage, acacia, ("#6f7a34", "#5f7030"), stage.rng.randrange(2, 5), rows=(190, 232), sizes=(50, 90))
    stage.note("acacia trees")


def cactus(stage: Stage) -> None:
    """A few cacti."""
    grove(stage, saguaro, ("#3f7a45",), stage.rng.randrange(2, 8), sizes=(25, 50))
    stage.note("cactus")


def cherry_trees(stage: Stage) -> None:
    """Cherry trees in blossom, petals in the air; in other seasons than spring, plain trees."""
    if stage.season not in ("", "spring"):
        trees(stage)
        return
    grove(stage, round_tree, BLOSSOM, stage.rng.randrange(2, 7), sizes=(50, 90))
    for _ in range(30):
        stage.canvas.circle(stage.rng.uniform(0, 256), stage.rng.uniform(120, 252), 1.4, "#f9cfe0", 0.9)
    stage.note("cherry blossom trees")


def autumn_trees(stage: Stage) -> None:
    """Trees in autumn colours; in another season, trees as that season has them."""
    if stage.season:
        trees(stage)
        return
    grove(stage, round_tree, LEAVES["autumn"], stage.rng.randrange(3, 9), sizes=(35, 70))
    stage.note("autumn trees")


def scatter_flowers(stage: Stage, count: int, top: float, bottom: float) -> None:
    """Draw flower heads between two heights."""
    rng = stage.rng
    for _ in range(count):
        colour = darken(rng.choice(("#ff5a7a", "#ffd94a", "#ffffff", "#b07aff", "#ff9a3c")), max(0.5, stage.brightness))
        stage.canvas.circle(rng.uniform(0, 256), rng.uniform(top, bottom), rng.uniform(1.5, 4), colour)


def flowers(stage: Stage) -> None:
    """Flowers in the grass, except in winter."""
    if stage.season != "winter":
        scatter_flowers(stage, 80, 200, 254)
        stage.note("flowers")
