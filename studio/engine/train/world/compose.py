"""Objects of the pack on plain colours and gradients, one to three of them, and single ones in landscapes."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import PIL.Image

from studio.engine.train.world.facts import CompositeFacts, ObjectFacts, side_of
from studio.engine.train.world.objects import ObjectPack, PackedObject
from studio.engine.train.world.scenes import Scene, draw_scene
from studio.engine.train.world.setting import TIME_WEIGHTS, settle

Rgb = tuple[int, int, int]

# A bare noun means the 3D picture; the other styles are asked for by name (captions.py). A small model learns the shape
# of a thing only where most of what it sees of the thing is one picture, which is also why single objects are neither
# mirrored nor moved about much.
STYLE_WEIGHTS = {"3d": 12.0, "gradient": 0.8, "flat": 2.0, "cartoon": 1.5, "emoji": 0.4, "classic": 0.3}
BACKGROUNDS: dict[str, Rgb] = {
    "red": (214, 60, 60),
    "orange": (240, 150, 60),
    "yellow": (246, 210, 80),
    "green": (90, 170, 90),
    "teal": (60, 160, 160),
    "light blue": (150, 205, 240),
    "blue": (70, 120, 210),
    "dark blue": (30, 45, 100),
    "purple": (130, 85, 180),
    "pink": (240, 160, 190),
    "beige": (232, 214, 184),
    "gray": (160, 164, 170),
    "black": (18, 18, 22),
    "brown": (120, 84, 58),
    "mint": (176, 226, 204),
    "lavender": (200, 186, 236),
}
_LAND = (
    *("hills", "meadow", "beach", "snow field", "farm field", "desert", "river valley", "mountains"),
    *("snowy mountains", "city", "forest", "autumn forest", "garden", "village street", "savanna", "vineyard"),
)
# Where a thing may be set, by its home.
GROUNDS = {
    "land": _LAND,
    "water": ("sea", "lake"),
    "sea": ("sea", "underwater"),
    "air": (*_LAND, "sea", "island", "harbor", "cliffs"),
    "sky": (*_LAND, "sea", "island", "harbor", "cliffs"),
}
# Second 3D pictures of a noun (a whole cat beside a cat's face, …), which would blur what the bare noun means.
SECOND_PICTURES = frozenset(["02225", "02581", "05144", "05388", "06473", "07773", "08129", "11689", "14063"])
SPACEFARERS = frozenset({"rocket", "alien", "ufo", "robot"})


@dataclass(frozen=True, slots=True)
class Placement:
    """An object in a picture: its centre and its side as fractions of the picture's."""

    item: PackedObject
    x: float
    y: float
    scale: float


@dataclass(frozen=True, slots=True)
class Plain:
    """Objects on a background that runs from one colour at the top to another (or the same) at the bottom."""

    top: Rgb
    bottom: Rgb
    placements: tuple[Placement, ...]
    facts: ObjectFacts


@dataclass(frozen=True, slots=True)
class Composite:
    """An object in front of a landscape."""

    scene: Scene
    placement: Placement
    facts: CompositeFacts


def choose_object(rng: random.Random, objects: Sequence[PackedObject]) -> PackedObject:
    """Draw a noun, all being equally likely, and then one of its pictures by the weights of the styles."""
    nouns = sorted({item.noun for item in objects})
    noun = rng.choice(nouns)
    choices = [item for item in objects if item.noun == noun and item.id not in SECOND_PICTURES]
    return rng.choices(choices, [STYLE_WEIGHTS[item.style] for item in choices])[0]


def plan_plain(rng: random.Random, objects: Sequence[PackedObject]) -> Plain:
    """One, two or three equal objects on white, a colour or a gradient."""
    item = choose_object(rng, objects)
    background, top, bottom = _background(rng)
    share = rng.random()
    count = 1 if share < 0.66 or not item.plural else 2 if share < 0.83 else 3
    centres, sizes = {
        1: (((rng.uniform(0.48, 0.52), 0.5),), (0.8, 0.92)),
        2: (((0.26, 0.5), (0.74, 0.5)), (0.44, 0.5)),
        3: (((0.27, 0.27), (0.73, 0.27), (0.5, 0.72)), (0.42, 0.47)),
    }[count]
    scale = rng.uniform(*sizes)
    placements = tuple(Placement(item, x, y + rng.uniform(-0.02, 0.02), scale) for x, y in centres)
    facts = ObjectFacts(item.noun, item.plural, item.style, background, count, item.colour)
    return Plain(top, bottom, placements, facts)


def _background(rng: random.Random) -> tuple[str, Rgb, Rgb]:
    """The name of a background with its colours at the top and at the bottom."""
    share = rng.random()
    if share < 0.3:
        return "white", (255, 255, 255), (255, 255, 255)
    if share < 0.78:
        name = rng.choice(list(BACKGROUNDS))
        colour = _near(BACKGROUNDS[name], rng)
        return name, colour, colour
    first, second = rng.sample(list(BACKGROUNDS), 2)
    return f"{first} and {second} gradient", _near(BACKGROUNDS[first], rng), _near(BACKGROUNDS[second], rng)


def _near(colour: Rgb, rng: random.Random) -> Rgb:
    red, green, blue = (min(255, max(0, round(value + rng.gauss(0, 9)))) for value in colour)
    return red, green, blue


def plan_composite(rng: random.Random, objects: Sequence[PackedObject], place: str = "", time: str = "") -> Composite:
    """An object in a landscape, by default one where such a thing can be: on the ground, on the water, in the air."""
    settled = [item for item in objects if item.home]
    usual = [item for item in settled if item.style == "3d"]
    item = choose_object(rng, usual if rng.random() < 0.8 else settled)
    spacefaring = item.noun in SPACEFARERS and rng.random() < 0.3
    place = place or ("space" if spacefaring else rng.choice(GROUNDS[item.home]))
    time = time or rng.choices(list(TIME_WEIGHTS), list(TIME_WEIGHTS.values()))[0]
    scene = draw_scene(rng, settle(rng, place, time), features=False)
    aloft = place == "space" or item.home == "sky" or (item.home == "air" and rng.random() < 0.75)
    scale = rng.uniform(0.64, 0.8)
    reach = (
        1.05 - scale / 2 if rng.random() < 0.25 else 0.53
    )  # mostly in the middle, as a single thing on a plain ground
    x = rng.uniform(1 - reach, reach)
    if place == "underwater":
        y = rng.uniform(0.4, 0.6)
    else:
        y = rng.uniform(scale / 2, 0.46) if aloft else 1 - scale / 2 - rng.uniform(0.01, 0.07)
    placement = Placement(item, x, y, scale)
    facts = CompositeFacts(item.noun, item.plural, item.style, scene.facts, aloft, side_of(x), item.colour)
    return Composite(scene, placement, facts)


def gradient(top: Rgb, bottom: Rgb, size: int) -> PIL.Image.Image:
    """A square that runs from one colour at the top to another at the bottom."""
    ramp = np.linspace(np.array(top, np.float32), np.array(bottom, np.float32), size)[:, None]
    return PIL.Image.fromarray(np.broadcast_to(ramp.round().astype(np.uint8), (size, size, 3)).copy())


def paste(image: PIL.Image.Image, pack: ObjectPack, placement: Placement) -> None:
    """Draw an object into a square RGB picture, in place."""
    side = max(8, round(image.width * placement.scale))
    thing = pack.picture(placement.item).resize((side, side), PIL.Image.Resampling.LANCZOS)
    corner = round(placement.x * image.width - side / 2), round(placement.y * image.height - side / 2)
    image.paste(thing, corner, thing)
