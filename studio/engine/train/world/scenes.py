"""Whole landscapes: a setting drawn from back to front, as SVG, with exact facts.

Sky, things in the sky, the ground of the place, features, weather; every colour passes through the style.
"""

import random
from dataclasses import dataclass

from studio.engine.train.world.countryside import BUILT, draw_neon_grid
from studio.engine.train.world.facts import SceneFacts
from studio.engine.train.world.features import draw_feature
from studio.engine.train.world.places import WILD
from studio.engine.train.world.setting import PLACES, TIMELESS, Setting, choose_setting
from studio.engine.train.world.skies import draw_sky, draw_sky_things
from studio.engine.train.world.space import draw_space
from studio.engine.train.world.stage import Stage
from studio.engine.train.world.weather import draw_weather


@dataclass(frozen=True, slots=True)
class Scene:
    """A landscape as an SVG drawing, with what it shows."""

    svg: str
    facts: SceneFacts


def make_scene(seed: int | str) -> Scene:
    """The landscape of a seed, the same in every process."""
    rng = random.Random(seed)
    return draw_scene(rng, choose_setting(rng))


def draw_scene(rng: random.Random, setting: Setting, features: bool = True) -> Scene:
    """Draw a landscape in this setting; without `features` nothing is added to what the place itself shows."""
    stage = Stage(rng, setting)
    if setting.place == "space":
        draw_space(stage)
        return Scene(stage.canvas.svg(), stage.facts())
    if setting.place not in TIMELESS:
        draw_sky(stage)
        if features:
            draw_sky_things(stage)
    (BUILT.get(setting.place) or WILD[setting.place])(stage)
    if setting.style == "synthwave" and setting.place in ("mountains", "snowy mountains", "desert"):
        draw_neon_grid(stage)
    elif features:
        _draw_features(stage)
    draw_weather(stage)
    return Scene(stage.canvas.svg(), stage.facts())


def _draw_features(stage: Stage) -> None:
    fitting, rng = PLACES[stage.place].features, stage.rng
    often = 0.75
    if fitting and rng.random() < often:
        names = dict.fromkeys(rng.choices(fitting, k=2 if rng.random() < 0.15 else 1))
        alone = len(names) == 1 and not stage.facts().shows("a hot air balloon")
        for name in names:
            draw_feature(stage, name, subject=alone and rng.random() < 0.85)
