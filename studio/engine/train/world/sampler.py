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

Plan = Scene | Plain | Composite


@dataclass(frozen=True, slots=True)
class Mixture:
    """Shares of the kinds of samples, which need not add up to 1.

    A `single` one is an object alone, in the look that its bare noun means, on a plain ground: what a network should
    see most of at first, so that it learns what things are called.
    """

    scene: float = 0.3
    plain: float = 0.45
    composite: float = 0.25
    single: float = 0.0


USUAL = Mixture()


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


def plan(split: Split, index: int, mixture: Mixture = USUAL) -> Plan:
    """What a sample shows, before a pixel of it is drawn."""
    total = mixture.scene + mixture.plain + mixture.composite + mixture.single
    scenes, plain, composites = (
        share / total
        for share in (
            mixture.scene,
            mixture.scene + mixture.plain,
            mixture.scene + mixture.plain + mixture.composite,
        )
    )
    attempt = 0
    while True:
        key = f"{split.value}/{index}/{attempt}"
        rng = random.Random(key)
        share = rng.random()
        drawn: Plan
        if share < scenes:
            drawn = make_scene(f"{key}/scene")
        elif share < plain:
            drawn = plan_plain(rng, shipped_pack().objects)
        elif share < composites:
            drawn = plan_composite(rng, shipped_pack().objects)
        else:
            drawn = _plan_single(rng)
        if split is Split.HELD_OUT or not held_out(drawn.facts):
            return drawn
        attempt += 1


def _plan_single(rng: random.Random) -> Plain:
    """An object alone."""
    usual = [item for item in shipped_pack().objects if item.style == "3d"]
    while True:
        drawn = plan_plain(rng, usual)
        if drawn.facts.count == 1:
            return drawn


def sample(split: Split, index: int, size: int = SIZE, mixture: Mixture = USUAL) -> Sample:
    """The sample of this number in a split, as a square of `size` pixels.

    A pure function: the same arguments give the same bytes in every process on one version of the libraries.
    """
    drawn, rng = plan(split, index, mixture), random.Random(f"{split.value}/{index}/captions")
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
