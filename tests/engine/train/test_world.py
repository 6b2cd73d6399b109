"""The training pictures: the same in every process, true to their facts, and never what the evaluation asks for."""

import random
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from studio.engine.train.world.compose import BACKGROUNDS, GROUNDS, Composite, Plain
from studio.engine.train.world.facts import CompositeFacts, Facts, Feature, ObjectFacts, SceneFacts
from studio.engine.train.world.features import FEATURES
from studio.engine.train.world.heldout import Prompt, evaluation_prompts, held_out
from studio.engine.train.world.objects import shipped_pack
from studio.engine.train.world.palette import LIGHTS
from studio.engine.train.world.raster import rasterise, stylise
from studio.engine.train.world.sampler import Mixture, Split, plan, sample
from studio.engine.train.world.scenes import Scene, draw_scene, make_scene
from studio.engine.train.world.setting import PLACES, STYLE_WEIGHTS, TIMELESS, Setting, settle
from studio.engine.train.world.stage import Stage


def test_a_sample_is_the_same_in_another_process() -> None:
    code = (
        "import hashlib; from studio.engine.train.world.sampler import Split, sample\n"
        "for i in range(4):\n"
        "    drawn = sample(Split.TRAIN, i)\n"
        "    print(hashlib.sha256(drawn.pixels.tobytes()).hexdigest(), *drawn.captions)"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(2)]
    assert runs[0].stdout == runs[1].stdout
    assert len(set(runs[0].stdout.splitlines())) == 4


def test_a_sample_is_a_square_picture_with_captions() -> None:
    drawn = sample(Split.SCORER, 1, size=64)
    assert drawn.pixels.shape == (64, 64, 3)
    assert drawn.pixels.dtype == np.uint8
    assert len(drawn.captions) == 4
    assert all(drawn.captions)


def test_the_splits_are_different_streams() -> None:
    streams = {split: [plan(split, i).facts for i in range(20)] for split in Split}
    train, scorer, reference = streams.values()
    assert train != scorer != reference != train


def test_the_kinds_are_mixed_as_stated() -> None:
    kinds = [plan(Split.TRAIN, i).facts.kind for i in range(600)]
    shares = {kind: kinds.count(kind) / 600 for kind in ("scene", "object", "composite")}
    assert shares == pytest.approx({"scene": 0.3, "object": 0.45, "composite": 0.25}, abs=0.06)


def test_another_mixture_has_its_own_shares_and_the_usual_one_its_own_pictures() -> None:
    plans = [plan(Split.TRAIN, i, Mixture(1.0, 0.0, 1.0, 2.0)) for i in range(400)]
    kinds = [drawn.facts.kind for drawn in plans]
    shares = {kind: kinds.count(kind) / 400 for kind in ("scene", "object", "composite")}
    assert shares == pytest.approx({"scene": 0.25, "object": 0.5, "composite": 0.25}, abs=0.07)
    objects = [drawn.facts for drawn in plans if isinstance(drawn.facts, ObjectFacts)]
    assert {(facts.count, facts.style) for facts in objects} == {(1, "3d")}, (
        "single ones, as their bare noun means them"
    )
    assert not [drawn for drawn in plans if held_out(drawn.facts)]
    assert [plan(Split.TRAIN, i, Mixture(0.6, 0.9, 0.5)) for i in range(20)] == [
        plan(Split.TRAIN, i) for i in range(20)
    ]


@pytest.mark.parametrize(("split", "count"), [(Split.TRAIN, 1500), (Split.SCORER, 700)])
def test_nothing_that_is_evaluated_is_trained_on(split: Split, count: int) -> None:
    assert not [index for index in range(count) if held_out(plan(split, index).facts)]


def test_the_reference_pictures_do_show_what_is_evaluated() -> None:
    assert any(held_out(plan(Split.HELD_OUT, index).facts) for index in range(800))


def facts_of(prompt: Prompt, time: str = "") -> Facts:
    """What a picture of the prompt would show."""
    features = (Feature("clouds"), Feature(prompt.feature, "left")) if prompt.feature else ()
    scene = SceneFacts(prompt.place, time or prompt.time, "summer", prompt.style, (), features)
    if prompt.kind == "scene":
        return scene
    if prompt.kind == "object":
        return ObjectFacts(prompt.noun, "things", "3d", prompt.background, prompt.count)
    return CompositeFacts(prompt.noun, "things", "flat", scene, aloft=False)


@pytest.mark.parametrize("prompt", evaluation_prompts(), ids=lambda prompt: prompt.prompt)
def test_a_picture_of_a_prompt_is_held_out(prompt: Prompt) -> None:
    assert held_out(facts_of(prompt))
    assert held_out(facts_of(prompt, "alien")) == (prompt.kind != "scene")


def test_near_misses_are_not_held_out() -> None:
    assert not held_out(SceneFacts("mountains", "night", features=(Feature("a castle"),)))
    assert not held_out(SceneFacts("island", "sunset", style="pastel"))
    assert not held_out(ObjectFacts("cat", "cats", "3d", "yellow and blue gradient"))
    assert not held_out(CompositeFacts("fox", "foxes", "3d", SceneFacts("hills", "night"), aloft=False))


def test_an_object_that_is_the_feature_of_a_prompt_is_held_out() -> None:
    scene = SceneFacts("mountains", "aurora")
    assert held_out(CompositeFacts("castle", "castles", "3d", scene, aloft=False))
    assert not held_out(CompositeFacts("cow", "cows", "3d", scene, aloft=False))


def test_the_world_can_show_every_prompt() -> None:
    nouns = {item.noun: item for item in shipped_pack().objects}
    for prompt in evaluation_prompts():
        if prompt.kind == "object":
            assert prompt.background in BACKGROUNDS, prompt
            assert prompt.count == 1 or nouns[prompt.noun].plural, prompt
        elif prompt.kind == "composite":
            assert prompt.place in GROUNDS[nouns[prompt.noun].home], prompt
            assert prompt.time in LIGHTS, prompt
        elif prompt.style:
            assert prompt.style in STYLE_WEIGHTS, prompt
        else:
            assert shown_somewhere(prompt), prompt


def shown_somewhere(prompt: Prompt) -> bool:
    """Whether one of many scenes in this place at this time has the feature."""
    for seed in range(600):
        rng = random.Random(seed)
        if draw_scene(rng, settle(rng, prompt.place, prompt.time)).facts.shows(prompt.feature):
            return True
    return False


@pytest.mark.parametrize("place", PLACES)
def test_every_place_can_be_drawn_at_every_time_and_season(place: str) -> None:
    drawings = set()
    for seed, time in enumerate(LIGHTS):
        rng = random.Random(seed)
        scene = draw_scene(rng, settle(rng, place, time))
        ElementTree.fromstring(scene.svg)
        assert "nan" not in scene.svg
        assert scene.facts.time == ("" if place in TIMELESS else time)
        drawings.add(scene.svg)
    assert len(drawings) == len(LIGHTS)


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize("season", ["", "winter", "autumn"])
def test_every_feature_draws_and_notes_itself(name: str, season: str) -> None:
    stage = Stage(random.Random(name), Setting("hills", "day", season, ""))
    FEATURES[name](stage)
    ElementTree.fromstring(stage.canvas.svg())
    bare = name == "flowers" and season == "winter"
    assert len(stage.facts().features) == (0 if bare else 1)


def test_winter_is_white_and_autumn_is_not_green() -> None:
    def ground(season: str) -> tuple[float, float, float]:
        scene = draw_scene(random.Random(4), Setting("meadow", "day", season, ""), features=False)
        red, green, blue = np.asarray(rasterise(scene.svg, 64))[50:].reshape(-1, 3).mean(axis=0)
        return float(red), float(green), float(blue)

    summer, autumn, winter = ground("summer"), ground("autumn"), ground("winter")
    assert summer[1] > summer[0] + 20
    assert autumn[0] > autumn[1]
    assert min(winter) > max(summer)


def test_styles_change_the_pixels_as_named() -> None:
    def picture(style: str) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
        scene = draw_scene(random.Random(9), Setting("hills", "day", "", style))
        image = stylise(rasterise(scene.svg, 256), style, random.Random(0))
        return np.asarray(image).astype(np.int16)

    noir = picture("noir")
    assert int((noir.max(axis=2) - noir.min(axis=2)).max()) <= 6
    pixels = picture("pixel art")
    assert np.array_equal(pixels, pixels[::4, ::4].repeat(4, axis=0).repeat(4, axis=1))
    assert np.array_equal(picture("watercolor"), picture("watercolor"))
    assert float(picture("pastel").mean()) > float(picture("").mean()) + 20


def test_objects_stand_on_the_background_they_are_said_to_stand_on() -> None:
    seen = 0
    for index in range(160):
        drawn = plan(Split.TRAIN, index)
        if isinstance(drawn, Plain) and drawn.facts.background in BACKGROUNDS:
            corner = sample(Split.TRAIN, index, size=64).pixels[0, 0].astype(int)
            assert np.abs(corner - BACKGROUNDS[drawn.facts.background]).max() <= 45
            assert len(drawn.placements) == drawn.facts.count
            seen += 1
    assert seen >= 5


def test_things_are_set_where_they_can_be() -> None:
    homes = {item.noun: item.home for item in shipped_pack().objects}
    composites = [drawn for index in range(400) if isinstance(drawn := plan(Split.TRAIN, index), Composite)]
    for drawn in composites:
        place, home = drawn.facts.scene.place, homes[drawn.facts.noun]
        assert place == "space" or place in GROUNDS[home]
        assert home != "land" or place not in ("sea", "lake", "underwater")
    assert len(composites) > 40


def test_a_scene_depends_on_nothing_but_its_seed() -> None:
    first, other = make_scene("a"), make_scene("b")
    assert isinstance(first, Scene)
    assert make_scene("a") == first != other
