"""Real pictures of the evaluation prompts, drawn until they show what a prompt asks for."""

import random
from collections.abc import Sequence

from studio.engine.train.world.compose import Plain, plan_composite, plan_plain
from studio.engine.train.world.heldout import Prompt
from studio.engine.train.world.objects import PackedObject, shipped_pack
from studio.engine.train.world.sampler import Plan
from studio.engine.train.world.scenes import Scene, draw_scene
from studio.engine.train.world.setting import settle

_USUAL_STYLE = "3d"  # of an object whose prompt names no style


def plan_prompt(prompt: Prompt, rng: random.Random) -> Plan:
    """A picture of an evaluation prompt in the season and the style that a prompt means that names none."""
    if prompt.kind == "scene":
        return _landscape(prompt, rng)
    things = _things(prompt)
    if prompt.kind == "object":
        return _on_plain(prompt, rng, things)
    while True:
        drawn = plan_composite(rng, things, prompt.place, prompt.time)
        if drawn.facts.aloft == (" over " in prompt.prompt) and not drawn.facts.scene.season:
            return drawn


def _things(prompt: Prompt) -> list[PackedObject]:
    """The objects that a prompt can mean: of the style and the colour that it names."""
    words = set(prompt.prompt.partition(" on ")[0].split())
    things = [item for item in shipped_pack().objects if item.noun == prompt.noun]
    style = next((item.style for item in things if item.style in words), _USUAL_STYLE)
    things = [item for item in things if item.style == style]
    return [item for item in things if item.colour in words] or things


def _on_plain(prompt: Prompt, rng: random.Random, things: Sequence[PackedObject]) -> Plain:
    while True:
        drawn = plan_plain(rng, things)
        if (drawn.facts.background, drawn.facts.count) == (prompt.background, prompt.count):
            return drawn


def _landscape(prompt: Prompt, rng: random.Random) -> Scene:
    while True:
        drawn = draw_scene(rng, settle(rng, prompt.place, prompt.time, prompt.style))
        if not drawn.facts.season and (not prompt.feature or drawn.facts.shows(prompt.feature)):
            return drawn
