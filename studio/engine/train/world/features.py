"""Things that stand, lie, swim or grow in a landscape, by the names that `setting.PLACES` gives them."""

from collections.abc import Callable

from studio.engine.train.world import buildings, plants, terrain
from studio.engine.train.world.palette import darken, lighten
from studio.engine.train.world.stage import Stage


def _afloat(stage: Stage, margin: float, low: float) -> tuple[float, float]:
    """A place on the water, in front of the island if there is one."""
    far = stage.horizon + (66 if stage.place == "island" else 19)
    return stage.spot(margin, far, max(far + 1, low))


def sailboat(stage: Stage) -> None:
    """A boat with two sails on the water."""
    canvas, rng = stage.canvas, stage.rng
    (x, y), z = _afloat(stage, 50, 222), rng.uniform(28, 56)
    canvas.polygon(
        [(x - z * 0.6, y), (x + z * 0.6, y), (x + z * 0.4, y + z * 0.25), (x - z * 0.4, y + z * 0.25)], "#6b4226"
    )
    sail = rng.choice(["#ffffff", "#f2e2c0", "#e05a4a"])
    canvas.polygon([(x + 2, y - 2), (x + 2, y - z), (x + z * 0.5, y - 4)], sail)
    canvas.polygon([(x - 2, y - 2), (x - 2, y - z * 0.85), (x - z * 0.4, y - 4)], sail)
    stage.note("a sailboat", x)


def ship(stage: Stage) -> None:
    """A steamer on the water."""
    canvas, rng = stage.canvas, stage.rng
    (x, y), z = _afloat(stage, 70, 205), rng.uniform(45, 75)
    hull = stage.lit(rng.choice(["#7a3020", "#2c3f5c", "#444444"]))
    canvas.polygon([(x - z, y), (x + z, y), (x + z * 0.75, y + z * 0.3), (x - z * 0.8, y + z * 0.3)], hull)
    canvas.rect(x - z * 0.55, y - z * 0.25, z * 1.0, z * 0.26, stage.lit("#f0ece0"))
    canvas.rect(x - z * 0.1, y - z * 0.6, z * 0.18, z * 0.36, stage.lit("#c8402c"))
    for i in range(5):
        canvas.circle(x - z * 0.45 + i * z * 0.2, y - z * 0.12, z * 0.04, "#ffe08a")
    stage.note("a ship", x)


def waterfall(stage: Stage) -> None:
    """A waterfall over a rock."""
    canvas, rng = stage.canvas, stage.rng
    (x, _), top, width = stage.spot(), stage.horizon + rng.uniform(-15, 15), rng.uniform(16, 30)
    rock = stage.lit("#5c5a58")
    canvas.polygon([(x - 45, 238), (x - 30, top), (x + 30, top - 4), (x + 48, 238)], rock)
    canvas.rect(x - width / 2, top - 3, width, 238 - top, stage.lit("#bfe3f5"))
    for _ in range(6):
        canvas.line(
            f"M{x + rng.uniform(-0.4, 0.4) * width:.1f},{top + rng.uniform(0, 20):.1f} v{rng.uniform(30, 60):.0f}",
            "#ffffff",
            1.6,
            0.8,
        )
    canvas.ellipse(x, 240, 55, 12, stage.lit("#5fa9d0"))
    canvas.ellipse(x, 236, width * 0.8, 6, "#ffffff", 0.75)
    stage.note("a waterfall", x)


def snowman(stage: Stage) -> None:
    """A snowman."""
    canvas = stage.canvas
    x, y = stage.spot()
    canvas.circle(x, y - 14, 17, "#ffffff")
    canvas.circle(x, y - 38, 12, "#ffffff")
    canvas.polygon([(x, y - 38), (x + 14, y - 35), (x, y - 33)], "#ff8a3c")
    canvas.circle(x - 4, y - 42, 1.6, "#000000")
    canvas.circle(x + 4, y - 42, 1.6, "#000000")
    canvas.rect(x - 8, y - 60, 16, 12, "#222222")
    stage.note("a snowman", x)


def whale(stage: Stage) -> None:
    """A whale that blows."""
    canvas = stage.canvas
    x, y = stage.spot(70, stage.horizon + 25, 215)
    colour = stage.lit("#35506b")
    canvas.path(f"M{x - 42:.0f},{y:.0f} q8,-34 48,-28 q24,4 34,28Z", colour)
    canvas.path(f"M{x + 38:.0f},{y:.0f} q6,-18 2,-26 q10,2 12,8 q6,-4 12,-2 q-4,14 -14,20Z", colour)
    canvas.line(f"M{x - 10:.0f},{y - 28:.0f} q-3,-14 -12,-16 M{x - 10:.0f},{y - 28:.0f} q3,-14 12,-16", "#e8f6ff", 2.5)
    canvas.circle(x - 28, y - 9, 1.8, "#ffffff")
    stage.note("a whale", x)


def swans(stage: Stage) -> None:
    """One to three swans on the water."""
    for _ in range(stage.rng.randrange(1, 4)):
        x, y = stage.rng.uniform(40, 216), stage.rng.uniform(stage.horizon + 25, 235)
        stage.canvas.path(f"M{x - 14:.0f},{y:.0f} q4,-11 18,-8 q8,0 12,-4 q0,14 -10,14 h-14 q-6,0 -6,-2Z", "#ffffff")
        stage.canvas.line(f"M{x - 11:.0f},{y - 2:.0f} q-9,-12 0,-18", "#ffffff", 3)
    stage.note("swans")


def umbrella(stage: Stage) -> None:
    """A beach umbrella."""
    x, y = stage.spot(50, 215, 240)
    colour = stage.rng.choice(["#e0453a", "#f2b632", "#3a7fe0"])
    stage.canvas.line(f"M{x:.0f},{y:.0f} l6,-48", "#8a6a4a", 2.5)
    stage.canvas.path(f"M{x - 26:.0f},{y - 38:.0f} q28,-34 62,-4Z", stage.lit(colour))
    stage.note("a beach umbrella", x)


def scarecrow(stage: Stage) -> None:
    """A scarecrow."""
    x, y = stage.spot()
    stage.canvas.line(f"M{x:.0f},{y:.0f} v-50 M{x - 22:.0f},{y - 32:.0f} h44", stage.lit("#6b4a2a"), 4)
    stage.canvas.polygon([(x - 20, y - 36), (x + 20, y - 36), (x + 9, y - 10), (x - 9, y - 10)], stage.lit("#b0432f"))
    stage.canvas.circle(x, y - 46, 8, stage.lit("#e8c98a"))
    stage.canvas.polygon([(x - 14, y - 50), (x + 14, y - 50), (x, y - 68)], stage.lit("#5a4326"))
    stage.note("a scarecrow", x)


def crystals(stage: Stage) -> None:
    """Crystals that glow, of one colour."""
    glow, name = stage.rng.choice(
        (("#57e0ff", "blue"), ("#c77dff", "purple"), ("#6dffa8", "green"), ("#ff7db0", "pink"))
    )
    for _ in range(stage.rng.randrange(6, 14)):
        x, y, h = stage.rng.uniform(10, 246), stage.rng.uniform(200, 250), stage.rng.uniform(18, 50)
        lean = stage.rng.uniform(-12, 12)
        stage.canvas.polygon(
            [(x - 6, y), (x - 7 + lean, y - h * 0.8), (x + lean, y - h), (x + 1, y)], lighten(glow, 0.3)
        )
        stage.canvas.polygon([(x + 1, y), (x + lean, y - h), (x + 7 + lean, y - h * 0.75), (x + 7, y)], glow)
    stage.note(f"glowing {name} crystals")


def treasure(stage: Stage) -> None:
    """A treasure chest."""
    x, y = stage.spot(60, 222, 244)
    canvas = stage.canvas
    canvas.rect(x - 20, y - 18, 40, 18, "#7a4a22")
    canvas.path(f"M{x - 20:.0f},{y - 20:.0f} a20,16 0 0 1 40,0Z", "#93602f")
    canvas.rect(x - 20, y - 22, 40, 5, "#ffd84a")
    canvas.rect(x - 3, y - 19, 6, 8, "#e0b020")
    stage.note("a treasure chest", x)


def fish(stage: Stage) -> None:
    """A few fish in different colours."""
    rng = stage.rng
    for _ in range(rng.randrange(3, 9)):
        x, y, z = rng.uniform(20, 236), rng.uniform(40, 200), rng.uniform(8, 18)
        colour = rng.choice(["#ff9a3c", "#ffd94a", "#ff5a7a", "#5ad0ff", "#b07aff"])
        stage.canvas.ellipse(x, y, z, z * 0.55, colour)
        stage.canvas.polygon([(x + z * 0.8, y), (x + z * 1.6, y - z * 0.5), (x + z * 1.6, y + z * 0.5)], colour)
        stage.canvas.circle(x - z * 0.55, y - z * 0.1, 1.6, "#101010")
    stage.note("colorful fish")


def coral(stage: Stage) -> None:
    """Corals on the sea floor."""
    rng = stage.rng
    for _ in range(rng.randrange(5, 10)):
        x, y, h = rng.uniform(10, 246), rng.uniform(225, 252), rng.uniform(25, 55)
        colour = rng.choice(["#ff6f61", "#ff9ecb", "#ffb347", "#c77dff"])
        for bend in (-0.6, -0.2, 0.2, 0.6):
            stage.canvas.line(
                f"M{x:.0f},{y:.0f} q{bend * h * 0.2:.0f},{-h * 0.5:.0f} {bend * h:.0f},{-h * 0.85:.0f}", colour, 4.5
            )
    stage.note("coral")


def shipwreck(stage: Stage) -> None:
    """The wreck of a ship on the sea floor."""
    x, y = stage.spot(70, 225, 240)
    wood = "#4a3526"
    stage.canvas.polygon([(x - 60, y - 30), (x + 50, y - 18), (x + 36, y + 8), (x - 38, y + 8)], wood)
    stage.canvas.line(f"M{x - 8:.0f},{y - 24:.0f} l14,-60 M{x - 4:.0f},{y - 60:.0f} l26,8", wood, 5)
    stage.note("a shipwreck", x)


def giraffes(stage: Stage) -> None:
    """One or two giraffes."""
    canvas, rng = stage.canvas, stage.rng
    count = rng.choice((1, 2))
    for _ in range(count):
        (x, y), size, turn = stage.spot(50), rng.uniform(42, 62), rng.choice((-1, 1))
        hide, patch = stage.lit("#e0b060"), stage.lit("#a0682c")
        for leg in (-0.2, -0.1, 0.12, 0.22):
            canvas.line(f"M{x + leg * size:.1f},{y:.1f} v{-size * 0.42:.1f}", darken(hide, 0.88), size * 0.06)
        canvas.ellipse(x, y - size * 0.5, size * 0.3, size * 0.16, hide)
        neck = [(0.1, -0.5), (0.3, -0.5), (0.42, -1.2), (0.34, -1.22)]
        canvas.polygon([(x + turn * size * dx, y + size * dy) for dx, dy in neck], hide)
        canvas.ellipse(x + turn * size * 0.44, y - size * 1.22, size * 0.11, size * 0.055, hide)
        for _ in range(9):
            canvas.circle(x + rng.uniform(-0.24, 0.24) * size, y - rng.uniform(0.4, 0.6) * size, size * 0.035, patch)
        for k in range(4):
            canvas.circle(x + turn * size * (0.24 + 0.04 * k), y - size * (0.66 + 0.14 * k), size * 0.028, patch)
    stage.note("a giraffe" if count == 1 else "giraffes")


def elephants(stage: Stage) -> None:
    """Two or three elephants in a row."""
    canvas, rng = stage.canvas, stage.rng
    x, y, turn, hide = rng.uniform(70, 120), rng.uniform(212, 236), rng.choice((-1, 1)), stage.lit("#7f7f88")
    for i in range(rng.choice((2, 3))):
        size, cx = rng.uniform(30, 46), x + i * 52
        for leg in (-0.3, -0.12, 0.14, 0.3):
            canvas.rect(cx + leg * size - size * 0.06, y - size * 0.4, size * 0.13, size * 0.4, darken(hide, 0.85))
        canvas.ellipse(cx, y - size * 0.52, size * 0.46, size * 0.3, hide)
        canvas.circle(cx + turn * size * 0.5, y - size * 0.66, size * 0.2, hide)
        canvas.ellipse(cx + turn * size * 0.38, y - size * 0.64, size * 0.13, size * 0.18, darken(hide, 0.85))
        canvas.line(
            f"M{cx + turn * size * 0.64:.1f},{y - size * 0.6:.1f} q{turn * size * 0.14:.1f},{size * 0.3:.1f} "
            f"{turn * size * 0.04:.1f},{size * 0.46:.1f}",
            hide,
            size * 0.1,
        )
    stage.note("elephants")


def camels(stage: Stage) -> None:
    """A caravan of two or three camels."""
    canvas, rng = stage.canvas, stage.rng
    x, y, hide = rng.uniform(60, 110), rng.uniform(214, 236), stage.lit("#9a6a38")
    for i in range(rng.choice((2, 3))):
        size, cx = rng.uniform(32, 40), x + i * 50
        for leg in (-0.26, -0.16, 0.16, 0.26):
            canvas.line(f"M{cx + leg * size:.1f},{y:.1f} v{-size * 0.5:.1f}", darken(hide, 0.85), size * 0.06)
        canvas.ellipse(cx, y - size * 0.55, size * 0.36, size * 0.15, hide)
        for hump in (-0.14, 0.14):
            canvas.ellipse(cx + hump * size, y - size * 0.7, size * 0.12, size * 0.15, hide)
        canvas.line(
            f"M{cx + size * 0.3:.1f},{y - size * 0.56:.1f} q{size * 0.22:.1f},{size * 0.04:.1f} "
            f"{size * 0.2:.1f},{-size * 0.36:.1f} l{size * 0.12:.1f},{size * 0.03:.1f}",
            hide,
            size * 0.09,
        )
    stage.note("camels")


def deer(stage: Stage) -> None:
    """A deer with antlers."""
    canvas, rng = stage.canvas, stage.rng
    (x, y), size, turn, hide = stage.spot(60), rng.uniform(36, 50), rng.choice((-1, 1)), stage.lit("#9a6538")
    for leg in (-0.24, -0.14, 0.16, 0.26):
        canvas.line(f"M{x + leg * size:.1f},{y:.1f} v{-size * 0.45:.1f}", darken(hide, 0.85), size * 0.055)
    canvas.ellipse(x, y - size * 0.52, size * 0.32, size * 0.15, hide)
    neck = [(0.16, -0.5), (0.32, -0.46), (0.44, -0.84), (0.34, -0.88)]
    canvas.polygon([(x + turn * size * dx, y + size * dy) for dx, dy in neck], hide)
    canvas.ellipse(x + turn * size * 0.45, y - size * 0.88, size * 0.13, size * 0.07, hide)
    for bend in (-0.12, 0.1):
        canvas.line(
            f"M{x + turn * size * 0.38:.1f},{y - size * 0.92:.1f} l{bend * size:.1f},{-size * 0.16:.1f} "
            f"l{bend * size * 0.3:.1f},{-size * 0.14:.1f} m{-bend * size * 0.3:.1f},{size * 0.14:.1f} "
            f"l{bend * size:.1f},{-size * 0.03:.1f}",
            stage.lit("#d8c29a"),
            1.8,
        )
    stage.note("a deer", x)


_DRAWN_BY: tuple[Callable[[Stage], None], ...] = (
    *(plants.trees, plants.pine_trees, plants.palm_trees, plants.cypresses, plants.cactus, plants.cherry_trees),
    *(plants.autumn_trees, plants.flowers, terrain.river, terrain.road),
    *(buildings.house, buildings.village, buildings.castle, buildings.church, buildings.windmill),
    *(buildings.lighthouse, buildings.pyramids, buildings.tent, buildings.bridge, buildings.ruins),
    *(buildings.igloo, buildings.fountain),
    *(sailboat, ship, waterfall, snowman, whale, swans, umbrella, scarecrow, crystals, treasure, fish, coral),
    *(shipwreck, giraffes, elephants, camels, deer),
)
FEATURES = {draw.__name__: draw for draw in _DRAWN_BY}
# Single things that a picture can be about, and how much larger they are drawn then. Plants and villages see to it
# themselves.
SUBJECTS = {
    "house": 2.2,
    "castle": 1.75,
    "windmill": 1.7,
    "lighthouse": 1.7,
    "pyramids": 1.45,
    "tent": 2.3,
    "igloo": 2.1,
    "ruins": 1.6,
    "fountain": 1.7,
    "sailboat": 2.1,
    "ship": 1.4,
    "waterfall": 1.3,
    "snowman": 2.2,
    "whale": 1.6,
    "umbrella": 2.0,
    "scarecrow": 1.9,
    "treasure": 2.3,
    "shipwreck": 1.4,
    "deer": 2.2,
}


def draw_feature(stage: Stage, name: str, subject: bool) -> None:
    """Draw a feature; as the `subject` of the picture it is large and near the middle."""
    first, stage.subject = len(stage.canvas), subject
    FEATURES[name](stage)
    stage.subject = False
    if subject and name in SUBJECTS:
        stage.canvas.enlarge(first, stage.foot, SUBJECTS[name])
