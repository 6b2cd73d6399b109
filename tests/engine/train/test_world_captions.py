"""The captions: grammatical, varied, and true."""

import random
import re

import pytest

from studio.engine.train.world.captions import captions, object_caption, with_article
from studio.engine.train.world.facts import CompositeFacts, Facts, Feature, ObjectFacts, SceneFacts
from studio.engine.train.world.palette import LIGHTS, SEASON_TINTS
from studio.engine.train.world.sampler import Split, plan
from studio.engine.train.world.setting import PLACES, STYLE_WEIGHTS
from studio.engine.train.world.words import OBJECT_ADJECTIVES, OBJECT_MEDIA, SCENE_STYLES, SEASONS, WEATHER, WHEN
from studio.engine.train.world.words import PLACES as PLACE_WORDS


def wordings(facts: Facts, count: int = 120) -> set[str]:
    return set(captions(facts, random.Random(1), count))


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("apple", "an apple"),
        ("fox", "a fox"),
        ("unicorn", "a unicorn"),
        ("ufo", "a ufo"),
        ("umbrella", "an umbrella"),
        ("orange and blue gradient", "an orange and blue gradient"),
        ("8-bit picture", "an 8-bit picture"),
    ],
)
def test_articles_follow_the_sound(phrase: str, expected: str) -> None:
    assert with_article(phrase) == expected


def test_everything_has_words() -> None:
    assert set(PLACE_WORDS) == set(PLACES)
    assert set(WHEN) == set(LIGHTS)
    assert set(SEASONS) == set(SEASON_TINTS)
    assert set(SCENE_STYLES) == set(STYLE_WEIGHTS)


def test_captions_are_well_formed() -> None:
    odd = re.compile(r"  | ,|,,|^,|,$|\ba (?!uni|ufo|one)[aeiou]|\ban [^aeiou8]|\b(\w+) \1\b|^\W|\W$|[A-Z]")
    texts = [text for i in range(500) for text in captions(plan(Split.TRAIN, i).facts, random.Random(i))]
    assert not [text for text in texts if odd.search(text)]
    assert max(len(text.split()) for text in texts) <= 32
    assert len(set(texts)) > 0.8 * len(texts)


def test_counts_and_plurals() -> None:
    for noun, plural in (("snowman", "snowmen"), ("sheep", "sheep"), ("doughnut", "doughnuts")):
        for count, word in ((2, "two"), (3, "three")):
            texts = wordings(ObjectFacts(noun, plural, "3d", "teal", count))
            assert all(re.search(rf"\b{word} (?:\w+ )*{plural}\b", text) for text in texts)
            assert not any(text.startswith(("3d icon two", "3d icon three")) for text in texts)


def test_nouns_that_are_plural_take_no_article() -> None:
    texts = wordings(ObjectFacts("grapes", "", "cartoon", "white"))
    assert not [text for text in texts if re.search(r"\ban? (?:\w+ )*grapes", text)]


def test_an_object_is_named_with_its_background_colour_and_style() -> None:
    texts = wordings(ObjectFacts("heart", "hearts", "emoji", "light blue", 1, "blue"))
    assert all("blue heart" in text for text in texts)
    assert sum("light blue background" in text for text in texts) > 0.7 * len(texts)
    assert any(medium in text for text in texts for medium in OBJECT_MEDIA["emoji"])


@pytest.mark.parametrize("season", SEASONS)
def test_seasons_are_named(season: str) -> None:
    texts = wordings(SceneFacts("meadow", "sunset", season))
    assert any(words in text for text in texts for words in SEASONS[season])


@pytest.mark.parametrize("weather", WEATHER)
def test_weather_is_named(weather: str) -> None:
    texts = wordings(SceneFacts("city", "day", weather=(weather,)))
    assert any(words in text for text in texts for words in WEATHER[weather])


def test_rain_does_not_fall_from_a_clear_sky() -> None:
    texts = wordings(SceneFacts("city", "day", weather=("rain",)))
    assert not [text for text in texts if re.search(r"\bclear|\bblue|\bsunny", text)]


def test_no_colours_are_named_where_there_are_none() -> None:
    scene = SceneFacts("hills", "day", style="noir")
    assert not [text for text in wordings(scene) if re.search(r"\bgreen|\bblue", text)]
    winter = SceneFacts("garden", "overcast", "winter")
    assert not [text for text in wordings(winter) if re.search(r"\bgreen|\bflower", text)]


def test_features_are_named_with_their_side_and_never_invented() -> None:
    scene = SceneFacts("hills", "night", features=(Feature("a castle", "left"), Feature("a full moon")))
    texts = wordings(scene)
    assert any("a castle on the left" in text for text in texts)
    assert not [text for text in texts if "castle on the right" in text or "moon on the left" in text]
    things = ("castle", "tent", "windmill", "lighthouse", "whale", "snowman", "balloon", "rainbow", "fountain", "deer")
    for index in range(300):
        facts = make_scene_facts(index)
        shown = " ".join(feature.name for feature in facts.features)
        for text in captions(facts, random.Random(index)):
            assert not [thing for thing in things if thing in text and thing not in shown], (text, facts)


def make_scene_facts(index: int) -> SceneFacts:
    """The facts of the next scene of the training pictures from this index on."""
    while not isinstance(facts := plan(Split.TRAIN, index).facts, SceneFacts):
        index += 1
    return facts


def test_a_composite_names_thing_place_and_time() -> None:
    scene = SceneFacts("city", "sunset")
    texts = wordings(CompositeFacts("helicopter", "helicopters", "3d", scene, aloft=True, side="right"))
    assert all("helicopter" in text for text in texts)
    assert any(" over " in text for text in texts)
    assert sum(any(words in text for words in WHEN["sunset"]) for text in texts) > 0.6 * len(texts)
    assert any(text.endswith("on the right") for text in texts)
    assert not any("on the left" in text for text in texts)


@pytest.mark.parametrize("style", ["gradient", "flat", "cartoon", "emoji", "classic"])
def test_only_the_default_style_goes_unnamed(style: str) -> None:
    words = {*OBJECT_MEDIA[style], *OBJECT_ADJECTIVES.get(style, ())}
    for seed in range(60):
        caption = object_caption(ObjectFacts("fox", "foxes", style, "red", 1, ""), random.Random(seed))
        assert any(word in caption for word in words), caption
    bare = [object_caption(ObjectFacts("fox", "foxes", "3d", "red", 1, ""), random.Random(seed)) for seed in range(60)]
    assert sum("3d" not in caption for caption in bare) > 15, "a bare noun is the default style"
