"""Removing a thing without a model, judged where the truth is known: a scene drawn with an object in it, and without.

The error is measured inside the hole alone. It favours what is smooth over what is plausible, so that how much of the
scene's texture is there again is asked as well: blurred ground is no ground.
"""

import dataclasses
import random
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.domain.inpainting import INTENTS, Infill, Intent
from studio.engine.train.world.compose import Placement, paste, plan_composite
from studio.engine.train.world.objects import shipped_pack
from studio.engine.train.world.raster import rasterise
from studio.imaging import placing
from studio.imaging.tiles import Pixels
from studio.session.inpainting import remove

SIDE, SCENES = 256, 24
BEST = 50.0  # decibels; beyond, there is nothing to be seen any more
OTHERS = (Infill.BLUR, Infill.TELEA)


@cache
def scene(number: int) -> tuple[Pixels, Pixels, Pixels]:
    """A scene (h, w, 3), the same with an object in it, and the object's mask, which is a little wider than it."""
    rng = random.Random(f"removal/{number}")
    drawn = plan_composite(rng, shipped_pack().objects)
    place = Placement(drawn.placement.item, rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7), rng.uniform(0.2, 0.35))
    image = rasterise(drawn.scene.svg, SIDE)
    truth = np.asarray(image).copy()
    paste(image, shipped_pack(), place)
    seen = np.asarray(image).copy()
    touched = (np.abs(truth.astype(int) - seen).max(axis=2) > 0).astype(np.uint8) * 255
    return truth, seen, np.asarray(cv2.dilate(touched, np.ones((5, 5), np.uint8)), np.uint8)


@cache
def removed(number: int, infill: Infill) -> Pixels:
    """The scene after the object was removed from it."""
    _, seen, mask = scene(number)
    settings = dataclasses.replace(INTENTS[Intent.REMOVE], infill=infill, grow=2, feather=2)
    placed = remove(placing.premultiplied(seen), mask, settings)
    assert placed.exactness.exact
    return placing.over_file(seen, placed.pixels, placed.rect)


def likeness(number: int, infill: Infill) -> float:
    """The peak signal-to-noise ratio inside the hole, in decibels."""
    truth, _, mask = scene(number)
    error = ((removed(number, infill).astype(float) - truth) ** 2)[mask > 0].mean()
    return min(BEST, float(10 * np.log10(255**2 / max(error, 1e-9))))


def texture(number: int, infill: Infill) -> float:
    """The mean slope inside the hole, times that of the scene there."""
    truth, _, mask = scene(number)
    inner = cv2.erode(mask, np.ones((7, 7), np.uint8)) > 0
    return float(slope(removed(number, infill))[inner].mean() / max(1e-3, slope(truth)[inner].mean()))


def slope(pixels: Pixels) -> NDArray[np.float32]:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))


def test_what_is_copied_from_around_is_nearer_to_the_truth_than_what_is_smeared() -> None:
    found = {how: np.array([likeness(number, how) for number in range(SCENES)]) for how in (Infill.CONTENT, *OTHERS)}
    content = found[Infill.CONTENT]
    for other, margin in zip(OTHERS, (1.0, 1.5), strict=True):
        assert content.mean() > found[other].mean() + margin, other
        assert np.median(content) > np.median(found[other]), other
    assert (content > found[Infill.TELEA]).mean() > 0.6


def test_the_texture_of_the_ground_is_there_again() -> None:
    found = {how: np.median([texture(number, how) for number in range(SCENES)]) for how in (Infill.CONTENT, *OTHERS)}
    assert 0.8 < found[Infill.CONTENT] < 1.2
    assert found[Infill.BLUR] < 0.6
    assert abs(found[Infill.CONTENT] - 1) < abs(found[Infill.TELEA] - 1)
