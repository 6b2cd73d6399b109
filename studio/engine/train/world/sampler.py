"""Training pictures by number: `sample(split, index)` is the same picture with the same captions in every process."""

import random
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from studio.engine.train.world.captions import captions
from studio.engine.train.world.compose import Composite, Plain, gradient, paste, plan_composite, plan_plain
from studio.engine.train.world.facts import Facts
from studio.engine.train.world.heldout import held_out
from studio.engine.train.world.objects import shipped_pack
from studio.engine.train.world.raster import rasterise, stylise
from studio.engine.train.world.scenes import Scene, make_scene

SIZE = 256
SCENES, PLAIN = 0.3, 0.45  # shares of all samples; the rest are objects in scenes

Plan = Scene | Plain | Composite


class Split(StrEnum):
    """Disjoint streams of pictures: they start from different seeds."""

    TRAIN = "train"  # for the denoiser and the autoencoder
    SCORER = "scorer"  # for the scorer that judges them
    HELD_OUT = "held-out"  # for reference statistics; the only one that may show what the evaluation asks for


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture (size, size, 3) in sRGB, several wordings of what it shows, and the facts behind them."""

    pixels: NDArray[np.uint8]
    captions: tuple[str, ...]
    facts: Facts


def plan(split: Split, index: int) -> Plan:
    """What a sample shows, before a pixel of it is drawn."""
    attempt = 0
    while True:
        key = f"{split.value}/{index}/{attempt}"
        rng = random.Random(key)
        share = rng.random()
        drawn: Plan
        if share < SCENES:
            drawn = make_scene(f"{key}/scene")
        elif share < SCENES + PLAIN:
            drawn = plan_plain(rng, shipped_pack().objects)
        else:
            drawn = plan_composite(rng, shipped_pack().objects)
        if split is Split.HELD_OUT or not held_out(drawn.facts):
            return drawn
        attempt += 1


def sample(split: Split, index: int, size: int = SIZE) -> Sample:
    """The sample of this number in a split, as a square of `size` pixels.

    A pure function: the same arguments give the same bytes in every process on one version of the libraries.
    """
    drawn, rng = plan(split, index), random.Random(f"{split.value}/{index}/captions")
    sentences = captions(drawn.facts, rng)
    return Sample(np.asarray(render(drawn, size, rng)), sentences, drawn.facts)


def render(drawn: Plan, size: int, rng: random.Random) -> PIL.Image.Image:
    """The picture of a plan; `rng` draws the paint of the watercolour style."""
    if isinstance(drawn, Scene):
        return stylise(rasterise(drawn.svg, size), drawn.facts.style, rng)
    if isinstance(drawn, Composite):
        image = rasterise(drawn.scene.svg, size)
        paste(image, shipped_pack(), drawn.placement)
        return image
    image = gradient(drawn.top, drawn.bottom, size)
    for placement in drawn.placements:
        paste(image, shipped_pack(), placement)
    return image
