"""What a recipe may be, and what is said about one that may not."""

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.recipe import (
    MAX_PROMPT,
    SEED_LIMIT,
    Recipe,
    RingNoise,
    Sampling,
    SourceImage,
    require_valid,
    validate,
)
from tests.domain.recipes import recipes


def changed(**changes: Any) -> Recipe:
    return dataclasses.replace(Recipe(prompt="sea"), **changes)


def test_the_default_recipe_is_valid() -> None:
    assert validate(Recipe()) == ()


@given(recipes())
def test_what_is_within_the_limits_is_valid(recipe: Recipe) -> None:
    assert validate(recipe) == ()


@pytest.mark.parametrize(
    ("recipe", "field", "says"),
    [
        (changed(size=Size(0, 512)), "size", "no area"),
        (changed(size=Size(-8, 8)), "size", "no area"),
        (changed(size=Size(8192, 8)), "size", "too large"),
        (changed(size=Size(4096, 4096)), "size", "too large"),
        (changed(size=Size(250, 256)), "size", "steps of 8 pixels"),
        (changed(sampling=Sampling(steps=0)), "sampling.steps", "0 steps"),
        (changed(sampling=Sampling(steps=10**6)), "sampling.steps", "1,000,000 steps"),
        (changed(sampling=Sampling(guidance=math.nan)), "sampling.guidance", "nan"),
        (changed(sampling=Sampling(guidance=math.inf)), "sampling.guidance", "inf"),
        (changed(sampling=Sampling(guidance=-1.0)), "sampling.guidance", "-1"),
        (changed(sampling=Sampling(sampler="magic")), "sampling.sampler", "magic"),
        (changed(batch=0), "batch", "0 pictures"),
        (changed(batch=1000), "batch", "1,000 pictures"),
        (changed(seed=-1), "seed", "-1"),
        (changed(seed=SEED_LIMIT), "seed", "out of range"),
        (changed(prompt="word " * MAX_PROMPT), "prompt", "500,000 characters"),
        (changed(negative="x" * (MAX_PROMPT + 1)), "negative", "100,001 characters"),
        (changed(model="  "), "model", "No model"),
        (changed(source=SourceImage("")), "source.path", "No picture"),
        (changed(source=SourceImage("a.png", 0.0)), "source.strength", "0.0"),
        (changed(source=SourceImage("a.png", math.nan)), "source.strength", "nan"),
        (changed(ring=RingNoise(1.0)), "ring", "circle"),
        (changed(ring=RingNoise(math.nan)), "ring", "circle"),
        (changed(ring=RingNoise(0.5, 0.0)), "ring", "circle"),
        (changed(ring=RingNoise(0.5), source=SourceImage("a.png")), "ring", "cannot start from a picture"),
    ],
)
def test_each_mistake_is_named_with_its_field_and_a_hint(recipe: Recipe, field: str, says: str) -> None:
    (problem,) = validate(recipe)
    assert problem.field == field
    assert problem.kind is ErrorKind.INPUT
    assert says in problem.message
    assert problem.hint


def test_the_hint_for_a_size_between_the_steps_is_a_size_that_works() -> None:
    (problem,) = validate(changed(size=Size(250, 130)), multiple=32)
    assert "256x128" in problem.hint
    assert validate(changed(size=Size(256, 128)), multiple=32) == ()


def test_several_mistakes_are_all_found_and_the_first_is_raised() -> None:
    wrong = changed(size=Size(1, 1), batch=0, sampling=Sampling("magic", 0, math.nan))
    assert [problem.field for problem in validate(wrong)] == [
        "size", "sampling.sampler", "sampling.steps", "sampling.guidance", "batch",
    ]  # fmt: skip
    with pytest.raises(StudioError, match="steps of 8") as caught:
        require_valid(wrong)
    assert caught.value.problem.field == "size"


@given(recipes(), st.integers(0, 63))
def test_a_picture_of_a_batch_has_a_recipe_of_its_own(recipe: Recipe, index: int) -> None:
    alone = recipe.for_picture(index)
    assert (alone.seed, alone.batch) == (recipe.seed + index, 1)
    assert dataclasses.replace(alone, seed=recipe.seed, batch=recipe.batch) == recipe
    assert alone.for_picture(0) == alone
