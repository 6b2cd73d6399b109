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
    MAX_BRANCHES,
    MAX_PROMPT,
    SEED_LIMIT,
    Branch,
    Lora,
    Recipe,
    RingNoise,
    Sampling,
    SourceImage,
    require_valid,
    validate,
)
from studio.domain.samplers import SAMPLERS
from tests.domain.recipes import branched_recipes, recipes


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
        (changed(loras=tuple(Lora(f"l{i}") for i in range(9))), "loras", "9 LoRAs"),
        (changed(loras=(Lora("ink"), Lora("ink", 0.5))), "loras", "“ink” is named twice"),
        (changed(loras=(Lora("ink", 4.5),)), "loras", "weight 4.5"),
        (changed(loras=(Lora("ink", math.nan),)), "loras", "weight nan"),
        (changed(loras=(Lora(" "),)), "loras", "no name"),
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


@given(branched_recipes())
def test_a_way_may_turn_after_any_step_but_the_last(recipe: Recipe) -> None:
    assert validate(recipe) == ()


@pytest.mark.parametrize(
    ("branches", "says"),
    [
        ((Branch(0),), "after step 0 "),
        ((Branch(-1),), "after step -1 "),
        ((Branch(12),), "after step 12 does not fit into 12 steps"),
        ((Branch(5), Branch(5)), "after step 5 "),
        ((Branch(5), Branch(4)), "after step 4 "),
        ((Branch(5, prompt="x" * (MAX_PROMPT + 1)),), "100,001 characters"),
        ((Branch(5, negative="x" * (MAX_PROMPT + 1)),), "100,001 characters"),
        ((Branch(5, guidance=math.nan),), "nan"),
        ((Branch(5, guidance=-1.0),), "-1"),
        ((Branch(5, seed=-1),), "-1"),
        ((Branch(5, seed=SEED_LIMIT),), "out of range"),
    ],
)
def test_a_branch_is_held_to_what_a_recipe_is_held_to(branches: tuple[Branch, ...], says: str) -> None:
    (problem,) = validate(changed(sampling=Sampling(steps=12), branches=branches))
    assert problem.field == "branches"
    assert says in problem.message
    assert problem.hint


def test_a_way_turns_only_so_often() -> None:
    recipe = changed(sampling=Sampling(steps=500))
    line = tuple(Branch(step) for step in range(1, MAX_BRANCHES + 2))
    assert validate(dataclasses.replace(recipe, branches=line[:-1])) == ()
    (problem,) = validate(dataclasses.replace(recipe, branches=line))
    assert problem.field == "branches" and str(MAX_BRANCHES) in problem.hint


def test_a_branch_lies_within_the_calls_of_a_sampler_that_makes_two_a_step() -> None:
    name = next(name for name, sampler in SAMPLERS.items() if sampler.calls(12) > 12)
    recipe = changed(sampling=Sampling(name, 12), branches=(Branch(13),))
    assert validate(recipe) == ()
    assert validate(dataclasses.replace(recipe, branches=(Branch(SAMPLERS[name].calls(12)),))) != ()


@given(recipes(), st.integers(0, 63))
def test_a_picture_of_a_batch_has_a_recipe_of_its_own(recipe: Recipe, index: int) -> None:
    alone = recipe.for_picture(index)
    assert (alone.seed, alone.batch) == (recipe.seed + index, 1)
    assert dataclasses.replace(alone, seed=recipe.seed, batch=recipe.batch) == recipe
    assert alone.for_picture(0) == alone


@pytest.mark.parametrize(
    ("size", "upscale", "sound"),
    [
        (Size(256, 256), 1, True),
        (Size(256, 256), 2, True),
        (Size(2048, 2048), 4, True),
        (Size(256, 256), 3, False),
        (Size(256, 256), 0, False),
        (Size(2056, 256), 4, False),
        (Size(4096, 1024), 2, True),
    ],
)
def test_upscaling_stays_within_its_factors_and_limits(size: Size, upscale: int, sound: bool) -> None:
    problems = validate(Recipe(size=size, upscale=upscale))
    assert [problem.field for problem in problems] == ([] if sound else ["upscale"])
    assert all(problem.hint for problem in problems)


def test_the_result_is_as_much_larger_as_it_is_upscaled() -> None:
    assert Recipe(size=Size(256, 384), upscale=4).result_size == Size(1024, 1536)
    assert Recipe(size=Size(256, 384)).result_size == Size(256, 384)


@given(recipes())
def test_hashes_are_filled_in_and_taken_out_again(recipe: Recipe) -> None:
    hashes = tuple(f"{i:016}" for i in range(len(recipe.loras)))
    done = recipe.carried_out("abc", hashes)
    assert (done.model_hash, tuple(lora.hash for lora in done.loras)) == ("abc", hashes)
    assert done.requested() == recipe.requested()
    assert done.requested().model_hash == ""
    assert not any(lora.hash for lora in done.requested().loras)
