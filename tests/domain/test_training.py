"""What a training is allowed to be."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from studio.domain.catalog import FAMILIES, Family, ModelInfo
from studio.domain.codec import from_json, to_json
from studio.domain.training import (
    PRESETS,
    ObjectiveName,
    Training,
    TrainingKind,
    keeps_base,
    run_folder,
    same_course,
    unfit_base,
    validate_training,
)

GOOD = Training(folder="pictures", output="cat.safetensors")


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_presets_can_start_once_they_have_a_folder_and_a_name(preset: Training) -> None:
    assert validate_training(dataclasses.replace(preset, folder="a", output="b.safetensors")) == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"folder": ""}, "folder"),
        ({"output": ""}, "output"),
        ({"output": "cat.bin"}, "output"),
        ({"base": ""}, "base"),
        ({"scratch": True}, "scratch"),
        ({"kind": TrainingKind.FEW_STEPS, "output": "folder"}, "output"),
        ({"trigger": "word " * 100}, "trigger"),
        ({"sample_prompts": ("word " * 100_000,)}, "sample_prompts"),
        ({"steps": 0}, "steps"),
        ({"batch": 100_000}, "batch"),
        ({"accumulate": 0}, "accumulate"),
        ({"warmup": -1}, "warmup"),
        ({"rank": 0}, "rank"),
        ({"alpha": 0}, "alpha"),
        ({"side": 8}, "side"),
        ({"segments": 0}, "segments"),
        ({"checkpoint_every": 0}, "checkpoint_every"),
        ({"seed": -1}, "seed"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"learning_rate": 2.0}, "learning_rate"),
        ({"ema": 1.0}, "ema"),
        ({"caption_dropout": 1.5}, "caption_dropout"),
        ({"validation": 0.9}, "validation"),
        ({"prior": -1.0}, "prior"),
        ({"guidance": 0.5}, "guidance"),
    ],
)
def test_a_bad_value_is_named_with_what_to_do(changes: dict[str, Any], field: str) -> None:
    assert validate_training(GOOD) == ()
    problems = validate_training(dataclasses.replace(GOOD, **changes))
    assert [problem.field for problem in problems] == [field]
    assert problems[0].hint.endswith(".")


@pytest.mark.parametrize("name", ["subject", "style"])
def test_presets_of_loras_keep_the_base_and_drop_no_caption(name: str) -> None:
    """What is learnt without words would show in every picture, trigger or not."""
    assert PRESETS[name].prior >= 1 and PRESETS[name].caption_dropout == 0


def test_it_survives_json() -> None:
    training = dataclasses.replace(PRESETS["scratch"], objective=ObjectiveName.EDM, sample_prompts=("a", "b"))
    assert from_json(Training, to_json(training)) == training


def test_the_run_lies_beside_its_result() -> None:
    assert run_folder("/a/cat.safetensors") == Path("/a/cat.training")


def test_only_length_and_displays_may_change_on_the_way() -> None:
    assert same_course(GOOD, dataclasses.replace(GOOD, steps=9, sample_prompts=("x",), checkpoint_every=1))
    for change in ({"rank": 3}, {"seed": 5}, {"batch": 9}, {"trigger": "zib"}, {"learning_rate": 0.1}):
        assert not same_course(GOOD, dataclasses.replace(GOOD, **change))


@pytest.mark.parametrize("family", Family)
@pytest.mark.parametrize("kind", TrainingKind)
def test_what_a_model_can_be_taught_depends_on_its_family(kind: TrainingKind, family: Family) -> None:
    problem = unfit_base(kind, ModelInfo("sun", "/models/sun", family, 1))
    flow = family in (Family.STARTER, Family.SD3)
    fits = {TrainingKind.LORA: not FAMILIES[family].video, TrainingKind.FEW_STEPS: flow}.get(
        kind, family is Family.STARTER
    )
    assert (problem is None) == fits
    if problem is not None:
        assert problem.field == "base" and "sun" in problem.message and problem.hint


@pytest.mark.parametrize("kind", TrainingKind)
def test_a_model_for_inpainting_cannot_be_taught_anything(kind: TrainingKind) -> None:
    problem = unfit_base(kind, ModelInfo("holes", "/models/holes", Family.SD1, 1, inpainting=True))
    assert problem is not None and "inpainting" in problem.message and "Stable Diffusion 1" in problem.hint


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, True),
        ({"trigger": " "}, False),
        ({"prior": 0.0}, False),
        ({"kind": TrainingKind.FEW_STEPS}, False),
        ({"kind": TrainingKind.DENOISER}, False),
    ],
)
def test_the_base_is_kept_only_where_a_trigger_stands_for_what_is_new(changes: dict[str, Any], kept: bool) -> None:
    assert keeps_base(dataclasses.replace(GOOD, **{"trigger": "zib", **changes})) is kept
