"""The state that the drawing functions of one scene share."""

import random

from studio.engine.train.world.facts import Feature, SceneFacts, side_of
from studio.engine.train.world.palette import LIGHTS, SEASON_TINTS, darken, mix
from studio.engine.train.world.setting import PLACES, Setting
from studio.engine.train.world.svg import SIZE, Canvas


class Stage:
    """A canvas, the light and the ground colours of a setting, and the facts noted while things are drawn on it."""

    def __init__(self, rng: random.Random, setting: Setting) -> None:
        self.rng = rng
        self.place, self.time = setting.place, setting.time
        self.season, self.style = setting.season, setting.style
        self.canvas = Canvas(rng, setting.style)
        light = LIGHTS[setting.time or "day"]
        self.lamp, self.brightness = light.lamp, light.brightness
        self.sky = [self.canvas.vary(colour) for colour in light.sky]
        ground = PLACES[setting.place]
        self.far, self.near = self.canvas.vary(ground.far), self.canvas.vary(ground.near)
        if self.season and self.place != "village street":
            tint, share = SEASON_TINTS[self.season]
            water = 0.1 if self.place in ("lake", "waterfall") else 1.0
            self.far, self.near = mix(self.far, tint, share * water), mix(self.near, darken(tint, 0.86), share * water)
        self.horizon = rng.uniform(120, 172)
        self.sun: tuple[float, float, float] | None = None  # x, y, radius
        self.weather: list[str] = []
        self.features: list[Feature] = []
        self.subject = False  # whether what is drawn now is what the picture is about: large and near the middle
        self.foot = (0.0, 0.0)  # where the last single thing was put

    def lit(self, colour: str, vary: float = 0.05) -> str:
        """The colour of a thing on the ground in this light."""
        return darken(self.canvas.vary(colour, vary), max(0.52, self.brightness))

    def depth(self, fraction: float) -> str:
        """The colour of terrain from far (0) to near (1), fading into the sky."""
        colour = mix(mix(self.far, self.near, fraction), self.sky[2], 0.55 * (1 - fraction))
        return darken(colour, max(0.5, self.brightness))

    def spot(self, margin: float = 50, low: float = 205, high: float = 238) -> tuple[float, float]:
        """A random place for a single thing, by default on the ground near the viewer."""
        margin = 112 if self.subject else margin
        self.foot = self.rng.uniform(margin, SIZE - margin), self.rng.uniform(low, high)
        return self.foot

    def note(self, name: str, x: float | None = None) -> None:
        """Note that a feature has been drawn, and where when it is one thing with a place of its own."""
        if all(feature.name != name for feature in self.features):
            self.features.append(Feature(name, "" if x is None else side_of(x / SIZE)))

    def facts(self) -> SceneFacts:
        """What the picture shows."""
        return SceneFacts(self.place, self.time, self.season, self.style, tuple(self.weather), tuple(self.features))
