"""Prompts such as people type, endlessly many: what a LoRA is asked while it has to answer as its base."""

import random

from studio.domain.catalog import Family
from studio.engine.train.world.captions import captions
from studio.engine.train.world.sampler import Split, plan

_WORLD = 2**31  # captions to draw from; the pictures they belong to are never made
_WORDINGS = 4
THINGS = (
    "a cat", "a dog", "two birds on a branch", "a horse", "a fish", "an elephant", "a butterfly", "a dragon",
    "a robot", "an astronaut", "a knight in armour", "an old man with a beard", "a woman in a red coat",
    "a young man with glasses", "a child with a balloon", "a crowd of people", "a dancer", "a king", "a face",
    "a car", "a bicycle", "a sailing boat", "a train", "an aeroplane", "a rocket", "a castle", "a small house",
    "a lighthouse", "a bridge", "a street with shops", "a skyscraper", "a church", "a red apple", "a bowl of soup",
    "a cup of coffee", "a slice of cake", "a bottle and glasses", "a bunch of flowers", "a tree", "a mushroom",
    "a stack of books", "a chair", "a lamp", "a clock", "a teapot", "a guitar", "a camera", "a pair of shoes",
    "a golden crown", "a heart", "three stars", "the letter A", "a circle and a square", "an abstract pattern",
)  # fmt: skip
PLACES = (
    "on a white background", "on a black background", "on a blue background", "on a wooden table", "in a kitchen",
    "in a library", "in a large hall", "by a window", "in a garden", "in a park", "in a forest", "in a jungle",
    "in the mountains", "on green hills", "in the desert", "on a beach", "by a lake", "on the sea", "under water",
    "in the snow", "in a field", "in a city", "in a narrow street", "in the sky above the clouds", "in space",
)  # fmt: skip
SCENES = (
    "snowy mountains", "a green valley with a river", "the sea with waves", "a sandy beach with palm trees", "a forest",
    "autumn trees", "a meadow with flowers", "a desert with dunes", "a city skyline", "a village", "a waterfall",
    "a volcano", "an island", "a frozen lake", "cliffs by the sea", "a cave", "a living room", "clouds", "a galaxy",
)  # fmt: skip
TIMES = (
    "at night", "at sunset", "at sunrise", "in the morning", "on a sunny day", "in the rain", "in fog", "in a storm",
    "in winter", "in autumn", "under a starry sky", "at golden hour",
)  # fmt: skip
MEDIA = (
    "a photograph", "a close-up", "an oil painting", "a watercolour", "a pencil drawing", "a cartoon",
    "a flat illustration", "an icon", "a sticker", "pixel art", "a 3d render", "a poster", "a portrait", "concept art",
)  # fmt: skip
DETAILS = (
    "highly detailed", "soft light", "dramatic lighting", "bright colours", "black and white", "pastel colours",
    "minimalist", "seen from above", "seen from far away", "out of focus background", "with a long shadow", "calm mood",
)  # fmt: skip


def everyday(rng: random.Random, family: Family) -> str:
    """A prompt drawn with `rng`; half of the starter's are captions of the world that it learnt from."""
    if family is Family.STARTER and rng.random() < 0.5:
        return rng.choice(captions(plan(Split.TRAIN, rng.randrange(_WORLD)).facts, rng, _WORDINGS))
    return _general(rng)


def _general(rng: random.Random) -> str:
    """A thing, a thing somewhere or a scene, in any medium, from two words to a long list."""
    shown = rng.choice(SCENES) if rng.random() < 0.35 else _thing(rng)
    if rng.random() < 0.4:
        shown = f"{shown} {rng.choice(TIMES)}"
    form = rng.random()
    if form < 0.2:
        shown = f"{rng.choice(MEDIA)} of {shown}"
    elif form < 0.35:
        shown = f"{shown}, {rng.choice(MEDIA).split(' ', 1)[-1]}"
    details = rng.sample(DETAILS, rng.randint(1, 5)) if rng.random() < 0.3 else []
    return ", ".join([shown, *details])


def _thing(rng: random.Random) -> str:
    thing = rng.choice(THINGS)
    if rng.random() < 0.15:
        thing = f"{thing} and {rng.choice(THINGS)}"
    return f"{thing} {rng.choice(PLACES)}" if rng.random() < 0.6 else thing
