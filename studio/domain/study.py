"""A study: one look at the forward and the reverse process of a model, at one moment of noise.

It is a task of the worker like a recipe, but it makes nothing that is kept, and is never queued: the newest one counts.
"""

import dataclasses
import math
from dataclasses import dataclass

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.geometry import Size
from studio.domain.recipe import STARTER, Recipe, Sampling, validate
from studio.domain.training import ObjectiveName

MAX_PATH_STEPS = 100
PATH_SHOWN = 8  # pictures of a reverse path, its two ends among them


@dataclass(frozen=True, slots=True)
class Study:
    """What is looked at, and where.

    x0 is the picture in the file `picture`, scaled to cover `size`, or with "" a sample that the model draws from
    `prompt` and `sample_seed`. It is noised with ε ~ N(0, I), drawn from `seed` as a recipe's starting noise is, to the
    normalised time `t` in [0, 1] of the schedule of `objective`; `AUTO` is the model's own. t = 0 is the data itself.
    With `steps` ≥ 1 the reverse path from there follows: `steps` is what the sampler would make from t = 1.
    """

    model: str = STARTER
    picture: str = ""
    prompt: str = ""
    size: Size = Size(256, 256)
    objective: ObjectiveName = ObjectiveName.AUTO
    t: float = 0.5
    seed: int = 1
    sample_seed: int = 0
    sampler: str = "dpmpp-2m"
    steps: int = 0
    guidance: float = 4.0

    @property
    def recipe(self) -> Recipe:
        """The ordinary job that the reverse path from t = 1 equals, bit for bit."""
        sampling = Sampling(self.sampler, max(1, self.steps), self.guidance)
        return Recipe(self.prompt, model=self.model, size=self.size, sampling=sampling, seed=self.seed)

    def sample_recipe(self, sampling: Sampling) -> Recipe:
        """How x0 is drawn where there is no picture."""
        return dataclasses.replace(self.recipe, sampling=sampling, seed=self.sample_seed)


@dataclass(frozen=True, slots=True)
class Frame:
    """A small picture: `rgb` holds height × width × 3 bytes, sRGB."""

    width: int
    height: int
    rgb: bytes


@dataclass(frozen=True, slots=True)
class HeatMap:
    """One number for each place of the latents: a byte each, row by row, from 0 for `low` to 255 for `high`."""

    width: int
    height: int
    levels: bytes
    low: float
    high: float


def validate_study(study: Study, multiple: int = 8) -> tuple[Problem, ...]:
    """Everything wrong with a study that can be told without looking at files; `multiple` as in `validate`."""
    found = list(validate(study.recipe, multiple))
    if not (math.isfinite(study.t) and 0 <= study.t <= 1):
        found.append(_problem("t", f"There is no time {study.t}.", "Choose 0, the clean picture, to 1, pure noise."))
    if not 0 <= study.steps <= MAX_PATH_STEPS:
        found.append(
            _problem(
                "steps",
                f"A path of {study.steps:,} steps cannot be shown.",
                f"Choose 1 to {MAX_PATH_STEPS}, or 0 for the forward view alone.",
            )
        )
    found += [
        dataclasses.replace(problem, field="sample_seed")
        for problem in validate(study.sample_recipe(Sampling()), multiple)
        if problem.field == "seed"
    ]
    return tuple(found)


def require_valid_study(study: Study, multiple: int = 8) -> None:
    """Raise the first of `validate_study`'s problems as a StudioError."""
    for problem in validate_study(study, multiple):
        raise StudioError(problem.kind, problem.message, problem.hint, problem.field)


def _problem(name: str, message: str, hint: str) -> Problem:
    return Problem(ErrorKind.INPUT, message, hint, name)
