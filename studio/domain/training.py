"""The recipe of a training run: everything that decides what is learnt.

Equal training, data, base weights and device give equal weights, whether or not the run was interrupted. Like the
recipe of a picture it is a value: edit it with `dataclasses.replace`, send it, write it to JSON.
"""

import dataclasses
import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from studio.domain.catalog import FAMILIES, Family, ModelInfo
from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.recipe import MAX_PROMPT, SEED_LIMIT, STARTER, Sampling

MAX_STEPS = 10_000_000
MAX_BATCH = 1024
MAX_RANK = 1024
MIN_SIDE, MAX_SIDE = 32, 2048
MAX_PICTURES = 1_000_000
# What holds a LoRA to its base (`studio.engine.train.prior`): pictures that the base draws before the first step, with
# this many steps at most, and samples for each picture of a batch. Predictions without noise are cheap to follow.
PRIOR_PICTURES = 20
PRIOR_DRAWN_STEPS = 8
PRIOR_SAMPLES = 2


class TrainingKind(StrEnum):
    """What is trained."""

    LORA = "lora"  # low-rank matrices beside a frozen denoiser (Hu et al. 2021)
    FEW_STEPS = "few-steps"  # a LoRA by which a flow model needs few steps and no guidance (Salimans & Ho 2022)
    DENOISER = "denoiser"  # the denoiser of the starter family, from scratch or from a base
    AUTOENCODER = "autoencoder"  # the autoencoder of the starter family


LORA_KINDS = frozenset({TrainingKind.LORA, TrainingKind.FEW_STEPS})  # those that make a LoRA


class ObjectiveName(StrEnum):
    """What the denoiser learns to predict, and from which noise levels; see `studio.engine.train.objectives`."""

    AUTO = "auto"  # what the base model was trained for
    EPSILON = "epsilon"  # variational, simplified bound (Ho et al. 2020)
    V = "v"  # variational, velocity (Salimans & Ho 2022)
    VP_SDE = "vp-sde"  # score matching, variance preserving (Song et al. 2021)
    VE_SDE = "ve-sde"  # score matching, variance exploding (Song et al. 2021)
    EDM = "edm"  # score matching, preconditioned (Karras et al. 2022)
    FLOW = "flow"  # rectified flow, logit-normal times (Liu et al. 2022, Esser et al. 2024)


class Weighting(StrEnum):
    """How losses at different noise levels are weighed."""

    UNIFORM = "uniform"
    MIN_SNR = "min-snr"  # Hang et al. 2023


class Optimizer(StrEnum):
    """Who makes the steps."""

    ADAMW = "adamw"
    ADAMW_8BIT = "adamw-8bit"  # needs bitsandbytes


class Decay(StrEnum):
    """How the learning rate goes after its warm-up."""

    CONSTANT = "constant"
    COSINE = "cosine"
    COOLDOWN = "cooldown"  # constant, and a cosine at the end (Hu et al. 2024, Hägele et al. 2024)


class Precision(StrEnum):
    """In which number format the networks compute; weights that learn are always kept in float32."""

    AUTO = "auto"  # bf16 where the machine has instructions for it
    BF16 = "bf16"
    FP32 = "fp32"


@dataclass(frozen=True, slots=True)
class Training:
    """One training run.

    `folder` holds pictures, each with its caption in a `.txt` of the same name or none; "world:N" stands for N pictures
    of the built-in world, "world:N:single=3,scene=1" for such as are mixed in these shares. `base` is a model of the
    library or a path; with `scratch` what is trained begins anew and only the other parts are the base's. `output` is
    the file (LoRA) or folder (model) to make; checkpoints and the log lie in `run_folder(output)`. `trigger` is put
    before each caption.

    `steps` counts optimiser steps of `batch` × `accumulate` pictures of about `side`² pixels, in `buckets` of near
    aspect ratio when wanted. `clip` bounds the gradient's norm, 0 does not. `ema` is the decay of the averaged weights,
    0 for none. `validation` is the share of the pictures that is held out. `sample_prompts` are drawn each
    `sample_every` steps; a checkpoint is written each `checkpoint_every`.

    `caption_dropout` trains the unconditional model beside the conditional (Ho & Salimans 2022). `prior` weighs how
    strongly a LoRA keeps what the base makes without the trigger (Ruiz et al. 2022; here against the base's own
    predictions for prompts of all kinds), 0 is not at all; without a trigger nothing is kept. The empty prompt, which
    guidance multiplies, is kept too unless captions are dropped. `guidance` and `segments` are of few-steps training:
    the guidance scale that is learnt, and into how many steps.
    """

    kind: TrainingKind = TrainingKind.LORA
    folder: str = ""
    base: str = STARTER
    scratch: bool = False
    output: str = ""
    trigger: str = ""
    objective: ObjectiveName = ObjectiveName.AUTO
    weighting: Weighting = Weighting.UNIFORM
    steps: int = 500
    batch: int = 2
    accumulate: int = 1
    learning_rate: float = 5e-4
    warmup: int = 20
    decay: Decay = Decay.COSINE
    weight_decay: float = 0.01
    clip: float = 1.0
    optimizer: Optimizer = Optimizer.ADAMW
    precision: Precision = Precision.AUTO
    rank: int = 16
    alpha: int = 16
    side: int = 256
    buckets: bool = True
    flip: bool = False
    caption_dropout: float = 0.0
    prior: float = 1.0
    guidance: float = 3.0
    segments: int = 6
    gradient_checkpointing: bool = False
    ema: float = 0.0
    validation: float = 0.0
    validate_every: int = 100
    sample_prompts: tuple[str, ...] = ()
    sample_every: int = 100
    checkpoint_every: int = 50
    seed: int = 0


def run_folder(output: str) -> Path:
    """Where a run keeps its checkpoint, log and sheets: beside what it makes."""
    path = Path(output)
    return path.with_name(path.stem + ".training")


PRESETS: dict[str, Training] = {
    # One thing that shall look the same everywhere: many steps, captions kept, no mirror images.
    "subject": Training(steps=500, learning_rate=6e-4, rank=16, alpha=16, caption_dropout=0.0),
    # A manner of drawing: fewer steps, captions carry what is shown, mirror images do no harm. No caption is dropped:
    # what is learnt without words would show without the trigger.
    "style": Training(steps=400, learning_rate=4e-4, rank=32, alpha=32, flip=True, caption_dropout=0.0),
    # The base itself in few steps: pictures of the kind that it draws, nothing new is learnt.
    "fast": Training(kind=TrainingKind.FEW_STEPS, steps=300, batch=8, learning_rate=4e-4, rank=64, alpha=64, prior=0.0),
    "scratch": Training(
        kind=TrainingKind.DENOISER,
        scratch=True,
        objective=ObjectiveName.FLOW,
        steps=20_000,
        batch=16,
        learning_rate=6e-4,
        warmup=200,
        caption_dropout=0.1,
        ema=0.999,
        validation=0.02,
        validate_every=500,
        sample_every=500,
        checkpoint_every=250,
    ),
}


def few_steps_sampling(training: Training) -> Sampling | None:
    """The settings with which the result of few-steps training is meant to be used; None for other trainings."""
    if training.kind is not TrainingKind.FEW_STEPS:
        return None
    return Sampling("euler", training.segments, 1.0)


def keeps_base(training: Training) -> bool:
    """Is the base held where the trigger is absent? Without a trigger the LoRA is meant to show everywhere."""
    return training.kind is TrainingKind.LORA and training.prior > 0 and bool(training.trigger.strip())


def unfit_base(kind: TrainingKind, base: ModelInfo) -> Problem | None:
    """Why this kind of training cannot start from a model; None when it can."""
    return unfit(kind, base.name, base.family, inpainting=base.inpainting)


def unfit(kind: TrainingKind, name: str, family: Family, *, inpainting: bool) -> Problem | None:
    """As `unfit_base`, of a model that is known by its parts."""
    if inpainting:
        return _problem(
            "base",
            f"{name} is a model for inpainting: beside the noise it reads a mask and a picture, which this training "
            "does not give it.",
            f"Train with a plain {FAMILIES[family].title} model; a LoRA of that works with {name} too.",
        )
    if FAMILIES[family].video:
        return _problem("base", f"{name} draws clips, which this training cannot teach.", f"Choose “{STARTER}”.")
    if kind is TrainingKind.FEW_STEPS and not FAMILIES[family].flow:
        return _problem(
            "base",
            f"Only flow models can be taught to need few steps here, and {name} is {FAMILIES[family].title}.",
            f"Choose “{STARTER}” or a Stable Diffusion 3 model; for others there are ready LoRAs such as LCM.",
        )
    if kind in (TrainingKind.DENOISER, TrainingKind.AUTOENCODER) and family is not Family.STARTER:
        return _problem(
            "base",
            f"Whole networks are trained for the starter family only, and {name} is {FAMILIES[family].title}.",
            f"Train a LoRA of this model instead, or choose “{STARTER}”.",
        )
    return None


def published(training: Training) -> Training:
    """The training as its result may tell it to strangers: names instead of the paths of its maker's disk."""
    folder, base, output = (Path(path).name for path in (training.folder, training.base, training.output))
    return dataclasses.replace(training, folder=folder, base=base, output=output)


def validate_training(training: Training) -> tuple[Problem, ...]:
    """Everything wrong with a training run that can be told without looking at files; empty when it can start."""
    return tuple(problem for check in (_check_names, _check_counts, _check_rates) for problem in check(training))


def require_valid_training(training: Training) -> None:
    """Raise the first of `validate_training`'s problems as a StudioError."""
    for problem in validate_training(training):
        raise StudioError(problem.kind, problem.message, problem.hint, problem.field)


def _problem(name: str, message: str, hint: str) -> Problem:
    return Problem(ErrorKind.INPUT, message, hint, name)


def _check_names(training: Training) -> list[Problem]:
    found = []
    if not training.folder:
        found.append(_problem("folder", "No folder of pictures is given.", "Choose a folder with 5 or more pictures."))
    if not training.output:
        found.append(_problem("output", "It is not said what the result shall be called.", "Give it a name."))
    lora = training.kind in LORA_KINDS
    if not training.base:
        found.append(_problem("base", "No model to start from is chosen.", f"Choose one, for example “{STARTER}”."))
    if lora and training.scratch:
        found.append(_problem("scratch", "A LoRA is trained beside a model that is there.", "Leave out “scratch”."))
    if lora and training.output and not training.output.endswith(".safetensors"):
        found.append(_problem("output", "A LoRA is a .safetensors file.", f"Use “{training.output}.safetensors”."))
    if len(training.trigger) > 200:
        found.append(_problem("trigger", "The trigger is a sentence, not a word.", "Use one or two rare words."))
    if sum(map(len, training.sample_prompts)) > MAX_PROMPT:
        found.append(_problem("sample_prompts", "The sample prompts are too long.", "Shorten them."))
    return found


def _check_counts(training: Training) -> list[Problem]:
    limits = (
        ("steps", 1, MAX_STEPS),
        ("batch", 1, MAX_BATCH),
        ("accumulate", 1, MAX_BATCH),
        ("warmup", 0, MAX_STEPS),
        ("rank", 1, MAX_RANK),
        ("alpha", 1, 16 * MAX_RANK),
        ("segments", 1, 64),
        ("side", MIN_SIDE, MAX_SIDE),
        ("validate_every", 1, MAX_STEPS),
        ("sample_every", 1, MAX_STEPS),
        ("checkpoint_every", 1, MAX_STEPS),
        ("seed", 0, SEED_LIMIT),
    )
    return [
        _problem(name, f"{name.replace('_', ' ')} cannot be {value:,}.", f"Choose {low:,} to {high:,}.")
        for name, low, high in limits
        if not low <= (value := getattr(training, name)) <= high
    ]


def _check_rates(training: Training) -> list[Problem]:
    limits = (
        ("learning_rate", 0.0, 1.0),
        ("weight_decay", 0.0, 1.0),
        ("clip", 0.0, 1e6),
        ("caption_dropout", 0.0, 1.0),
        ("prior", 0.0, 100.0),
        ("guidance", 1.0, 30.0),
        ("ema", 0.0, 0.999999),
        ("validation", 0.0, 0.5),
    )
    return [
        _problem(name, f"{name.replace('_', ' ')} cannot be {value}.", f"Choose {low:g} to {high:g}.")
        for name, low, high in limits
        if not (math.isfinite(value := getattr(training, name)) and low <= value <= high)
    ]


def same_course(first: Training, second: Training) -> bool:
    """May a checkpoint of the first run be continued as the second? Only its length and its displays may differ."""
    free = ("steps", "sample_prompts", "sample_every", "checkpoint_every", "validate_every", "output", "folder")
    return all(
        getattr(first, field.name) == getattr(second, field.name)
        for field in dataclasses.fields(Training)
        if field.name not in free
    )
