"""A1111's text: read as it reads its own, written as others expect it."""

import dataclasses
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.geometry import Size
from studio.domain.recipe import MAX_LORAS, Lora, Recipe, Sampling, SourceImage
from studio.domain.samplers import SAMPLERS
from studio.imaging.metadata.a1111 import NEGATIVE, parse, recipe_of, write
from studio.imaging.metadata.a1111_samplers import names_of, sampler_of
from tests.domain.recipes import recipes

FORGE = """a red fox, <lora:ink:0.8>,
(forest:1.2)
Negative prompt: blurry,
text
Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 1234567890, Size: 512x768, \
Model hash: 6ce0161689, Model: v1-5-pruned, Denoising strength: 0.7, Lora hashes: "ink: abc, other: \\"def\\"", \
Version: f2.0.1"""


def as_read(text: str) -> str:
    """The format keeps no blanks at the ends of lines."""
    return "\n".join(line.strip() for line in text.strip().split("\n")).strip()


def test_a_text_of_forge_is_taken_apart() -> None:
    parameters = parse(FORGE)
    assert parameters.prompt == "a red fox, <lora:ink:0.8>,\n(forest:1.2)"
    assert parameters.negative == "blurry,\ntext"
    assert parameters.fields["Lora hashes"] == 'ink: abc, other: "def"'
    recipe, warnings = recipe_of(parameters)
    assert warnings == ()
    assert (recipe.prompt, recipe.loras) == ("a red fox,\n(forest:1.2)", (Lora("ink", 0.8),))
    assert (recipe.model, recipe.size, recipe.seed) == ("v1-5-pruned", Size(512, 768), 1234567890)
    assert recipe.sampling == Sampling("dpmpp-2m-karras", 20, 6.5)


def test_our_upscaling_is_read_back_and_that_of_others_is_named() -> None:
    text = write(Recipe(upscale=4), "Safelight")
    assert "Hires upscale: 4, Hires upscaler: Safelight x4" in text
    assert recipe_of(parse(text)) == (dataclasses.replace(Recipe(), upscale=4), ())
    assert "Hires" not in write(Recipe(), "Safelight")
    recipe, warnings = recipe_of(parse("a fox\nSteps: 20, Seed: 1, Hires upscale: 2, Hires upscaler: 4x-UltraSharp"))
    assert recipe.upscale == 1
    assert ["4x-UltraSharp" in warning for warning in warnings] == [True]


@pytest.mark.parametrize(
    ("prompt", "words", "loras"),
    [
        ("a fox <lora:ink:0.8>", "a fox", (Lora("ink", 0.8),)),
        ("a fox, <lora:ink:0.8>, snow", "a fox, snow", (Lora("ink", 0.8),)),
        ("<lora:ink> a fox", "a fox", (Lora("ink"),)),
        ("a <lora:ink:-1:0.5><lora:moss v2:unet=0.25> fox", "a fox", (Lora("ink", -1.0), Lora("moss v2", 0.25))),
        ("<lora:ink:1> a <lora:ink:2> fox", "a fox", (Lora("ink", 1.0),)),
        ("a <lora:> <b> fox", "a <lora:> <b> fox", ()),
    ],
)
def test_loras_are_read_out_of_the_prompt(prompt: str, words: str, loras: tuple[Lora, ...]) -> None:
    recipe, warnings = recipe_of(parse(f"{prompt}\nSteps: 20, Seed: 1, Size: 8x8"))
    assert (recipe.prompt, recipe.loras, warnings) == (words, loras, ())


def test_odd_loras_are_named() -> None:
    recipe, warnings = recipe_of(parse("a <lora:ink:much> fox\nSteps: 20, Seed: 1, Size: 8x8"))
    assert recipe.loras == (Lora("ink"),)
    assert "“ink” has the weight “much”" in warnings[0]
    many = " ".join(f"<lora:l{i}:1>" for i in range(9))
    recipe, warnings = recipe_of(parse(f"{many}\nSteps: 20, Seed: 1, Size: 8x8"))
    assert len(recipe.loras) == MAX_LORAS
    assert "only the first 8" in warnings[0]


def test_loras_are_written_where_others_look_for_them() -> None:
    recipe = Recipe("a fox\nsnow", "fog", loras=(Lora("/models/a:b <c>.safetensors", 0.5), Lora("ink", -1)))
    assert write(recipe, "x").split("\n")[:3] == [
        "a fox",
        "snow <lora:a_b _c_:0.5> <lora:ink:-1>",
        "Negative prompt: fog",
    ]


def test_without_a_last_line_of_pairs_all_is_prompt() -> None:
    parameters = parse("a fox\nSteps: 20, Seed: 1")
    assert parameters.prompt == "a fox\nSteps: 20, Seed: 1"
    assert parameters.fields == {}


def test_the_text_for_a_recipe() -> None:
    recipe = Recipe(
        "sea", "fog", "folder/model.safetensors", Size(512, 256), Sampling("euler-a", 30, 7.0), 5,
        source=SourceImage("a.png", 0.6), model_hash="0123456789abcdef",
    )  # fmt: skip
    assert write(recipe, "Safelight 1, “test”").split("\n") == [
        "sea",
        "Negative prompt: fog",
        "Steps: 30, Sampler: Euler a, Schedule type: Uniform, CFG scale: 7, Seed: 5, Size: 512x256, "
        'Model hash: 0123456789, Model: model, Denoising strength: 0.6, Version: "Safelight 1, “test”"',
    ]
    assert NEGATIVE not in write(dataclasses.replace(recipe, negative=""), "x")


@given(recipes())
def test_reading_what_was_written_gives_the_same(recipe: Recipe) -> None:
    ambiguous = any(line.strip().startswith(NEGATIVE) for line in f"{recipe.prompt}\n{recipe.negative}".split("\n"))
    if ambiguous or recipe.negative != recipe.negative.lstrip():
        return
    read, warnings = recipe_of(parse(write(recipe, "Safelight 1")))
    assert warnings == ()
    assert (read.prompt, read.negative) == (as_read(recipe.prompt), as_read(recipe.negative))
    assert (read.size, read.seed) == (recipe.size, recipe.seed)
    assert (read.sampling.sampler, read.sampling.steps) == (recipe.sampling.sampler, recipe.sampling.steps)
    assert read.sampling.guidance == pytest.approx(recipe.sampling.guidance, rel=1e-11)


@pytest.mark.parametrize("sampler", sorted(SAMPLERS))
def test_every_sampler_has_names_that_lead_back(sampler: str) -> None:
    assert sampler_of(*names_of(sampler)) == sampler


@pytest.mark.parametrize(
    ("name", "schedule", "expected"),
    [
        ("DPM++ 2M Karras", "", "dpmpp-2m-karras"),
        ("DPM++ 2M", "Automatic", "dpmpp-2m-karras"),
        ("DPM++ 2M", "", "dpmpp-2m"),
        ("Euler a", "Automatic", "euler-a"),
        ("euler A", "Karras", "euler-a"),
        ("DPM++ SDE", "Automatic", "dpmpp-sde-karras"),
        ("PLMS", "", "pndm"),
        ("Restart", "", None),
    ],
)
def test_names_of_other_versions(name: str, schedule: str, expected: str | None) -> None:
    assert sampler_of(name, schedule) == expected


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        ("Steps: many", "“Steps” has the value “many”"),
        ("Steps: -1", "“Steps”"),
        ("Seed: " + "9" * 5000, "“Seed”"),
        ("Seed: -1", "“Seed”"),
        ("CFG scale: nan", "“CFG scale”"),
        ("CFG scale: 1e999", "“CFG scale”"),
        ("Size: 0x0", "“Size”"),
        ("Size: big", "“Size”"),
        ("Sampler: Magic", "sampler “Magic” is not known"),
    ],
)
def test_values_that_cannot_be_used_are_named(pair: str, says: str) -> None:
    recipe, warnings = recipe_of(parse(f"sea\n{pair}, Aa: 1, Bb: 2, Cc: 3"))
    assert [says in warning for warning in warnings] == [True]
    assert recipe == Recipe(prompt="sea")


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    recipe_of(parse(text))
    recipe_of(parse(f"{text}\nSteps: {text}, Seed: {text}, Size: {text}, Sampler: {text}"))


@pytest.mark.parametrize(
    "text", ["word " * 20_000, "a:" * 50_000, 'a: "' * 25_000, " " * 100_000, "a" * 100_000, "a, " * 30_000]
)
def test_hostile_lines_are_read_quickly(text: str) -> None:
    began = time.perf_counter()
    parse(f"x\nAa: {text}")
    parse(text)
    assert time.perf_counter() - began < 2
