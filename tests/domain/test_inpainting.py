import dataclasses
import math
from typing import Any

import pytest

from studio.domain import recipe_json
from studio.domain.inpainting import INTENTS, Infill, Inpaint, Intent, Sides
from studio.domain.recipe import Recipe, RingNoise, SourceImage, validate

SOUND = Inpaint("picture.png", "mask.png")


def fields_of(inpaint: Inpaint, **others: Any) -> list[str]:
    return [problem.field for problem in validate(dataclasses.replace(Recipe(inpaint=inpaint), **others))]


def test_sound_settings_pass() -> None:
    assert fields_of(SOUND) == []
    assert fields_of(Inpaint("picture.png", extend=Sides(right=256))) == []


@pytest.mark.parametrize("intent", list(Intent))
def test_each_intent_has_sound_settings_of_its_own(intent: Intent) -> None:
    settings = INTENTS[intent]
    assert settings.intent is intent
    assert fields_of(dataclasses.replace(settings, image="a", mask="b")) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"image": ""}, "image"),
        ({"mask": ""}, "mask"),
        ({"strength": 0.0}, "strength"),
        ({"strength": 1.01}, "strength"),
        ({"strength": math.nan}, "strength"),
        ({"feather": -1}, "feather"),
        ({"grow": 2000}, "grow"),
        ({"padding": -5}, "padding"),
        ({"extend": Sides(left=1)}, "mask"),
        ({"mask": "", "extend": Sides()}, "extend"),
        ({"mask": "", "extend": Sides(left=-1, right=5)}, "extend"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], field: str) -> None:
    assert fields_of(dataclasses.replace(SOUND, **change)) == [f"inpaint.{field}"]


def test_a_part_is_made_from_one_picture_only_and_not_upscaled() -> None:
    assert fields_of(SOUND, source=SourceImage("other.png")) == ["inpaint"]
    assert fields_of(SOUND, ring=RingNoise(0.5)) == ["inpaint"]
    assert fields_of(SOUND, upscale=2) == ["upscale"]


def test_it_survives_json_and_older_recipes_are_read() -> None:
    full = Inpaint("a.png", "", Intent.EXPAND, Infill.TELEA, 3, 2, 64, 0.5, Sides(1, 2, 3, 4))
    for recipe in (Recipe(inpaint=full), Recipe(inpaint=SOUND), Recipe()):
        assert recipe_json.loads(recipe_json.dumps(recipe)) == recipe
    assert recipe_json.loads('{"safelight": 1, "recipe": {"prompt": "sea"}}') == Recipe("sea")
