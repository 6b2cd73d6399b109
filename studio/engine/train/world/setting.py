"""What a landscape can be: places, times, seasons and styles, how often each is drawn, and what goes together."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from studio.engine.train.world.palette import COLOURLESS


@dataclass(frozen=True, slots=True)
class Place:
    """The ground of a place: its colours far and near, its share of all scenes, the features that fit it."""

    far: str
    near: str
    weight: float = 1.0
    features: tuple[str, ...] = ()


def _place(far: str, near: str, weight: float, features: str = "") -> Place:
    return Place(far, near, weight, tuple(features.split()))


PLACES = {
    "mountains": _place("#5b6b84", "#2f3b4f", 1.5, "pine_trees castle house tent village bridge ruins waterfall river"),
    "snowy mountains": _place("#8fa3bd", "#52637d", 1.3, "pine_trees house castle village tent"),
    "hills": _place(
        "#6fa35a", "#3c6b38", 1.3, "trees house castle windmill road village ruins river cherry_trees autumn_trees"
    ),
    "desert": _place("#e0b070", "#b87a3c", 1.3, "cactus cactus pyramids pyramids pyramids tent ruins camels"),
    "forest": _place("#4b7a52", "#1f4029", 1.4, "house tent river deer"),
    "autumn forest": _place("#c9873f", "#6e3b1f", 1.2, "house tent river deer"),
    "sea": _place("#3a86b8", "#1c4f7d", 1.5, "sailboat lighthouse ship whale"),
    "lake": _place("#5b7f8a", "#2b4a52", 1.2, "sailboat swans"),
    "river valley": _place("#7fa86a", "#456b3f", 0.6, "trees house bridge village pine_trees"),
    "city": _place("#48506a", "#1d2233", 1.6),
    "island": _place("#3a9fb8", "#1c6f8d", 1.3, "sailboat ship"),
    "volcano": _place("#5a4a4a", "#2a2022", 1.0, "palm_trees"),
    "canyon": _place("#c4683c", "#7d3a22", 0.6, "cactus bridge"),
    "meadow": _place("#86b552", "#4f7d33", 1.2, "flowers flowers flowers flowers trees house windmill cherry_trees"),
    "snow field": _place("#e6eef5", "#b4c6d8", 0.9, "pine_trees house snowman igloo tent"),
    "jungle": _place("#3f8a4f", "#12371f", 0.5, "ruins waterfall"),
    "swamp": _place("#6b7a4a", "#2c3a26", 0.25, "house"),
    "cliffs": _place("#8d8478", "#57493d", 0.5),
    "cave": _place("#4a4350", "#1b1820", 0.9, "crystals crystals crystals treasure"),
    "underwater": _place("#1f7fa8", "#0b3554", 0.6, "fish coral treasure shipwreck"),
    "space": _place("#000000", "#000000", 1.7),
    "beach": _place("#3fa6c4", "#ecd39a", 1.2, "palm_trees umbrella sailboat"),
    "farm field": _place("#c9b458", "#8a7a34", 0.5, "house windmill trees scarecrow"),
    "garden": _place("#83b85c", "#56923f", 0.8, "fountain fountain trees cherry_trees house"),
    "village street": _place("#9a9484", "#7d7365", 0.8, "church church"),
    "harbor": _place("#4a8fae", "#2a5f80", 0.8, "lighthouse sailboat ship"),
    "waterfall": _place("#6f7b78", "#3f6b48", 0.8, "pine_trees bridge deer"),
    "savanna": _place("#dcb866", "#a8843a", 0.9, "giraffes giraffes elephants"),
    "vineyard": _place("#9bb25c", "#6f8a3a", 0.7, "house castle cypresses cypresses"),
}
TIME_WEIGHTS = {
    "day": 2.2,
    "sunset": 2.0,
    "night": 1.8,
    "sunrise": 1.0,
    "golden hour": 1.0,
    "fog": 1.0,
    "aurora": 0.9,
    "overcast": 0.6,
    "storm": 0.6,
    "alien": 0.4,
}
# The empty style is the default look.
STYLE_WEIGHTS = {
    "": 11.0,
    "flat illustration": 1.3,
    "paper cut": 1.3,
    "pastel": 1.5,
    "noir": 0.25,
    "synthwave": 1.1,
    "pixel art": 0.25,
    "sepia": 0.25,
    "low poly": 0.3,
    "watercolor": 0.8,
    "travel poster": 0.8,
}
TIMELESS = frozenset({"space", "cave", "underwater"})  # no sky above them, hence no time of day and no weather
# A low, free horizon.
OPEN = frozenset(
    {"hills", "meadow", "sea", "lake", "island", "desert", "beach", "farm field", "river valley", "snow field"}
    | {"savanna", "vineyard"}
)
# Ground made of ridges, on which the facets of the low poly style show.
RIDGED = (
    *("mountains", "snowy mountains", "hills", "meadow", "desert", "snow field", "jungle", "river valley"),
    *("canyon", "savanna", "volcano", "beach", "waterfall"),
)
SHAPED = frozenset({"low poly", "paper cut", "flat illustration"})  # styles of shapes, which do not show in space
_YEAR = ("spring", "summer", "autumn", "winter")
SEASONS = {
    "hills": _YEAR,
    "meadow": ("spring", "summer", "autumn", "winter"),
    "forest": ("spring", "summer", "winter"),  # in autumn it is the place "autumn forest"
    "lake": _YEAR,
    "river valley": _YEAR,
    "garden": _YEAR,
    "village street": _YEAR,
    "farm field": _YEAR,
    "vineyard": ("spring", "summer", "autumn"),
    "waterfall": ("spring", "summer", "autumn"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and when a scene plays and how it is drawn; `season` and `style` may be empty."""

    place: str
    time: str
    season: str
    style: str


def _pick(rng: random.Random, weights: Mapping[str, float]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def choose_setting(rng: random.Random) -> Setting:
    """Draw a setting; styles that live on few places or lights keep to them."""
    style = _pick(rng, STYLE_WEIGHTS)
    place = _pick(rng, {name: ground.weight for name, ground in PLACES.items()})
    time = _pick(rng, TIME_WEIGHTS)
    if style == "synthwave":
        time = rng.choice(("sunset", "night"))
        place = rng.choice(("mountains", "city", "desert", "sea", "island", "snowy mountains", "space"))
    elif style == "pastel":
        time = rng.choice(("day", "sunrise", "golden hour", "sunset", "alien"))
    elif style == "noir":
        time = rng.choice(("day", "sunset", "night", "fog", "golden hour"))
    elif style == "low poly" and place not in RIDGED:
        place = rng.choice(RIDGED)
    if place == "space" and style in SHAPED:
        style = ""
    return settle(rng, place, time, style)


def settle(rng: random.Random, place: str, time: str, style: str = "") -> Setting:
    """The setting of this place, time and style, with a season where one shows, and no time where there is no sky."""
    if place in TIMELESS:
        return Setting(place, "", "", style)
    seasonal = place in SEASONS and style not in COLOURLESS and time != "alien" and rng.random() < 0.4
    return Setting(place, time, rng.choice(SEASONS[place]) if seasonal else "", style)
