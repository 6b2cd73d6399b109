"""Sentences for the training pictures, in varied wording, made from the facts alone.

A caption may leave things out, as people do, but never says what the picture does not show.
"""

import random
import re
from collections.abc import Sequence

from studio.engine.train.world.facts import CompositeFacts, Facts, ObjectFacts, SceneFacts
from studio.engine.train.world.palette import COLOURLESS
from studio.engine.train.world.words import (
    ADJECTIVES,
    CLEAR_WORDS,
    COLOUR_WORDS,
    MINOR,
    OBJECT_ADJECTIVES,
    OBJECT_MEDIA,
    OVER,
    PLACES,
    SCENE_STYLES,
    SEASONS,
    WEATHER,
    WHEN,
)

FALLING = frozenset({"rain", "snowfall"})
DEFAULT_STYLE = "3d"
COUNTS = {2: "two", 3: "three"}
_ARTICLE = re.compile(r"^(?:an?|the) ")
_SPOKEN_CONSONANT = ("uni", "ufo", "eu", "one")  # written with a vowel, spoken with a consonant
_SPOKEN_VOWEL = ("8", "11", "18")


def with_article(phrase: str) -> str:
    """The phrase with "a" or "an", by the sound that it begins with."""
    vowel = phrase[:1] in "aeiou" and not phrase.startswith(_SPOKEN_CONSONANT)
    return ("an " if vowel or phrase.startswith(_SPOKEN_VOWEL) else "a ") + phrase


def without_article(phrase: str) -> str:
    """The phrase without its leading article."""
    return _ARTICLE.sub("", phrase)


def enumerated(parts: Sequence[str]) -> str:
    """A list in words: "a tent, a house and trees"."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def captions(facts: Facts, rng: random.Random, count: int = 4) -> tuple[str, ...]:
    """Several wordings of the same facts, from short to rich, all in lower case."""
    return tuple(_caption(facts, rng, i) for i in range(count))


def _caption(facts: Facts, rng: random.Random, turn: int) -> str:
    if isinstance(facts, SceneFacts):
        text = rich_scene(facts, rng) if turn % 3 == 2 else plain_scene(facts, rng)
    elif isinstance(facts, ObjectFacts):
        text = object_caption(facts, rng)
    else:
        text = composite_caption(facts, rng)
    return re.sub(r" +(?=[ ,])", "", text).strip(" ,")


def _true(facts: SceneFacts, phrases: Sequence[str]) -> Sequence[str]:
    """The phrases that speak of nothing the picture has not, or the first if there is none."""
    untrue: set[str] = set()
    if facts.style in COLOURLESS or facts.season in ("autumn", "winter"):
        untrue |= COLOUR_WORDS
    if facts.season == "winter":
        untrue.add("flower")
    if not FALLING.isdisjoint(facts.weather):
        untrue |= CLEAR_WORDS
    if facts.shows("clouds"):
        untrue.add("clear")
    return [phrase for phrase in phrases if not untrue & set(phrase.split())] or phrases[:1]


def _noun(facts: SceneFacts, rng: random.Random) -> str:
    return rng.choice(_true(facts, PLACES[facts.place].nouns))


def _when(facts: SceneFacts, rng: random.Random, chance: float = 1.0) -> str:
    """Time, season and weather as adverbs, each of which may be left out."""
    parts = []
    if facts.time and rng.random() < chance:
        parts.append(rng.choice(_true(facts, WHEN[facts.time])))
    if facts.season and rng.random() < 0.85:
        parts.append(rng.choice(SEASONS[facts.season]))
    parts += [rng.choice(WEATHER[name]) for name in facts.weather if rng.random() < 0.85]
    return " ".join(parts)


def _styled(facts: SceneFacts, text: str, rng: random.Random) -> str:
    """The sentence with a word for the style; the default look is named seldom."""
    word = rng.choice(SCENE_STYLES[facts.style])
    if rng.random() > (0.95 if facts.style else 0.15):
        return text
    if word.endswith(("illustration", "art", "painting", "poster", "landscape")) and rng.random() < 0.4:
        return f"{word} of {text}"
    return rng.choice(
        (f"{text}, {word}", f"{word}, {text}", f"{text}, {word} style" if facts.style else f"{text}, {word}")
    )


def _shown(facts: SceneFacts, noun: str, rng: random.Random, minor: float, sides: float) -> list[str]:
    """Names of features that the noun has not said, minor ones with the chance `minor`, with their side by `sides`."""
    names = []
    for feature in facts.features:
        if without_article(feature.name) in noun or (feature.name == "clouds" and facts.time in ("storm", "overcast")):
            continue
        if rng.random() < (minor if feature.name in MINOR else 0.92):
            side = feature.side and rng.random() < sides
            names.append(f"{feature.name} on the {feature.side}" if side else feature.name)
    return names


def plain_scene(facts: SceneFacts, rng: random.Random) -> str:
    """A short description as people type it: the place, what stands out, the time, the style."""
    noun = _noun(facts, rng)
    shown = _shown(facts, noun, rng, minor=0.25, sides=0.1)
    if rng.random() < 0.2:
        shown = [without_article(name) for name in shown]
    if facts.place == "space":
        head = enumerated(shown) if shown else ""
        forms = [f"{head} in space", f"{head} in outer space", f"{head}, space", f"space with {head}"]
        return _styled(facts, rng.choice(forms) if head else noun, rng)
    joint = " and " if " with " in noun else rng.choice((" with ", " with ", " and "))
    things = joint + enumerated(shown) if shown else ""
    rest = _when(SceneFacts(facts.place, "", facts.season, facts.style, facts.weather), rng)
    form = rng.random()
    if not facts.time or rng.random() < (0.35 if facts.time == "day" else 0.03):
        text = f"{noun}{things} {rest}"
    elif form < 0.55:
        when = rng.choice(_true(facts, WHEN[facts.time]))
        if rng.random() < 0.65:
            text = f"{noun}{things} {when} {rest}"
        else:
            text = f"{noun} {when}{' with ' + enumerated(shown) if shown else ''} {rest}"
    elif form < 0.75:
        sky = rng.choice(_true(facts, OVER[facts.time]))
        text = f"{sky} {rng.choice(('over', 'over', 'above'))} {noun}{things} {rest}"
    elif form < 0.88 and facts.time in ADJECTIVES and not noun.startswith("the "):
        bare = f"{rng.choice(_true(facts, ADJECTIVES[facts.time]))} {without_article(noun)}"
        text = f"{with_article(bare) if noun.startswith(('a ', 'an ')) else bare}{things} {rest}"
    else:
        text = f"{noun}{things} {rest}, {rng.choice(_true(facts, OVER[facts.time]))}"
    return _styled(facts, text, rng)


def rich_scene(facts: SceneFacts, rng: random.Random) -> str:
    """A full description, with the sides on which things stand and the small things too."""
    noun, when = _noun(facts, rng), _when(facts, rng, 0.95)
    shown = _shown(facts, noun, rng, minor=0.6, sides=0.5)
    rng.shuffle(shown)
    form = rng.random()
    if shown and (facts.place == "space" or form < 0.25):
        text = f"{enumerated(shown)} {rng.choice(_true(facts, PLACES[facts.place].locations))} {when}"
    elif form < 0.7:
        joint = " and " if " with " in noun else " with "
        text = noun + (joint + enumerated(shown) if shown else "") + f" {when}"
    else:
        text = ", ".join([noun, *shown, *([when] if when else [])])
    return _styled(facts, text, rng)


def _named(noun: str, plural: str, colour: str, style: str, rng: random.Random, count: int = 1) -> str:
    """The object with its number, colour and style: "a 3d fox", "three hearts, sticker", "flat icon of an apple".

    Only the default style goes unnamed; every other is named always, so that a bare noun means one picture.
    """
    word = noun if count == 1 else plural
    coloured = f"{colour} {word}" if colour and (colour != "red" or rng.random() < 0.7) else word

    def counted(phrase: str) -> str:
        return f"{COUNTS[count]} {phrase}" if count > 1 else with_article(phrase) if plural else phrase

    form = rng.random() * (1 if style == DEFAULT_STYLE else 0.55)
    if form < 0.35 and style in OBJECT_ADJECTIVES:
        return counted(f"{rng.choice(OBJECT_ADJECTIVES[style])} {coloured}")
    medium = rng.choice(OBJECT_MEDIA[style])
    if form < 0.45 and not medium.endswith("3d"):
        return f"{medium} of {counted(coloured)}"
    if form < 0.55:
        return f"{counted(coloured)}, {medium}"
    return counted(coloured) if count > 1 or rng.random() < 0.85 else coloured


def object_caption(facts: ObjectFacts, rng: random.Random) -> str:
    """Objects on a plain background; the background is left out seldom, white more often."""
    text = _named(facts.noun, facts.plural, facts.colour, facts.style, rng, facts.count)
    form = rng.random()
    if form < (0.35 if facts.background == "white" else 0.08):
        return text
    if form < 0.75 and "," not in text:
        return f"{text} on {with_article(facts.background)} background"
    return f"{text}, {facts.background} background"


def composite_caption(facts: CompositeFacts, rng: random.Random) -> str:
    """An object in a landscape: "a fox in the woods at night, on the left"."""
    thing = _named(facts.noun, facts.plural, facts.colour, facts.style, rng)
    scene, when = facts.scene, _when(facts.scene, rng, 0.85)
    if facts.aloft and scene.place != "space" and rng.random() < 0.75:
        where = f"over {_noun(scene, rng)}"
    else:
        where = rng.choice(_true(scene, PLACES[scene.place].locations))
    form = rng.random()
    if "," in thing:  # the medium goes to the end
        thing, _, medium = thing.partition(", ")
        return f"{thing} {where} {when}, {medium}"
    if form < 0.7:
        text = f"{thing} {where} {when}"
        return f"{text.strip()}, on the {facts.side}" if facts.side and rng.random() < 0.25 else text
    setting = f"{_noun(scene, rng)} {when}".strip()
    if form < 0.8 and not facts.aloft:
        return f"{thing} in front of {setting}"
    return f"{setting} with {thing}" if form < 0.92 else f"{thing}, {setting}"
