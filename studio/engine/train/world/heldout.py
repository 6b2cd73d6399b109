"""The prompts that the starter model is judged by, and which training pictures would give them away."""

import json
from dataclasses import dataclass
from functools import cache

from studio.engine.train.world.facts import CompositeFacts, Facts, ObjectFacts, SceneFacts
from studio.resources import resources


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt of `resources/evaluation/prompts.json` with its facts; what it does not speak of is empty."""

    prompt: str
    kind: str
    place: str = ""
    time: str = ""
    feature: str = ""
    style: str = ""
    noun: str = ""
    background: str = ""
    count: int = 1


@cache
def evaluation_prompts() -> tuple[Prompt, ...]:
    """The evaluation prompts, read once in a process."""
    entries = json.loads((resources() / "evaluation" / "prompts.json").read_text("utf-8"))
    return tuple(Prompt(**entry) for entry in entries)


def held_out(facts: Facts) -> bool:
    """Whether a picture with these facts shows what an evaluation prompt asks for, and so must not be trained on.

    A scene matches by place and time, and by the feature or style that the prompt names; an object by noun and
    background, in any number; a composite by noun and place, at any time. A composite whose object is the feature
    that a scene's prompt names (a house, a castle) matches that prompt too.
    """
    return any(_matches(facts, prompt) for prompt in evaluation_prompts())


def _matches(facts: Facts, prompt: Prompt) -> bool:
    if isinstance(facts, ObjectFacts):
        return prompt.kind == "object" and (facts.noun, facts.background) == (prompt.noun, prompt.background)
    if isinstance(facts, SceneFacts):
        return prompt.kind == "scene" and _scene_matches(facts, prompt)
    if prompt.kind == "composite":
        return (facts.noun, facts.scene.place) == (prompt.noun, prompt.place)
    return prompt.kind == "scene" and _scene_matches(facts.scene, prompt, facts)


def _scene_matches(scene: SceneFacts, prompt: Prompt, thing: CompositeFacts | None = None) -> bool:
    added = () if thing is None else (thing.plural, f"a {thing.noun}", f"an {thing.noun}")
    return (
        (scene.place, scene.time) == (prompt.place, prompt.time)
        and (not prompt.style or scene.style == prompt.style)
        and (not prompt.feature or scene.shows(prompt.feature) or prompt.feature in added)
    )
