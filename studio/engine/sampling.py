"""Schedulers: the samplers of `studio.domain.samplers` on a model's own noise schedule, and the clean guess x0."""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.samplers import Options, Sampler
from studio.engine.libraries import diffusers, quiet, torch

MAX_TRAIN_STEPS = 10_000
# What belongs to the model. Everything else in its scheduler config is a solver's own setting, and diffusers'
# `from_config` would carry it over to the next solver (algorithm_type, solver_order, final_sigmas_type...).
_KEPT: dict[str, Callable[[Any], bool]] = {
    "num_train_timesteps": lambda value: isinstance(value, int) and 1 <= value <= MAX_TRAIN_STEPS,
    "beta_start": lambda value: isinstance(value, float) and 0 < value < 1,
    "beta_end": lambda value: isinstance(value, float) and 0 < value < 1,
    "beta_schedule": lambda value: value in ("linear", "scaled_linear", "squaredcos_cap_v2"),
    "trained_betas": lambda value: isinstance(value, list) and all(isinstance(beta, float) for beta in value),
    "prediction_type": lambda value: value in ("epsilon", "v_prediction", "sample", "flow_prediction"),
    "timestep_spacing": lambda value: value in ("linspace", "leading", "trailing"),
    "steps_offset": lambda value: value in (0, 1),
    "rescale_betas_zero_snr": lambda value: isinstance(value, bool),
    "set_alpha_to_one": lambda value: isinstance(value, bool),
    "flow_shift": lambda value: isinstance(value, int | float) and 0 < value < 100,
}
# Outside these numbers of steps the "trailing" spacing is used (Lin et al. 2024, "Common diffusion noise schedules and
# sample steps are flawed"): "leading" leaves out the noisy end, so that a single step would start at t = 1, and
# "linspace" starts a single step at t = 0 and has equal neighbours with 1000.
_USUAL_STEPS = range(10, 101)


@dataclass(frozen=True, slots=True)
class NoiseSchedule:
    """A model's noise schedule: the kept part of its scheduler config."""

    settings: Mapping[str, Any]

    @property
    def is_flow(self) -> bool:
        """Does the model predict a velocity on the straight path (rectified flow)?"""
        return self.settings.get("prediction_type") == "flow_prediction"

    @property
    def train_steps(self) -> int:
        """Timesteps of the training schedule."""
        return int(self.settings.get("num_train_timesteps", 1000))


def noise_schedule(config: Mapping[str, Any]) -> NoiseSchedule:
    """The schedule in a model's scheduler config. Raises StudioError (MODEL) on values that no model has."""
    if str(config.get("_class_name", "")).startswith("FlowMatch"):
        config = {**config, "prediction_type": "flow_prediction", "flow_shift": config.get("shift", 1.0)}
    found = {key: config[key] for key in _KEPT if config.get(key) is not None}
    for key, value in found.items():
        if not _KEPT[key](value):
            raise StudioError(
                ErrorKind.MODEL,
                f"The model's scheduler has an impossible {key}: {str(value)[:40]}.",
                "Download the model again from a source you trust.",
                "model",
            )
    return NoiseSchedule(found)


def require_fitting(sampler: Sampler, schedule: NoiseSchedule) -> None:
    """Raise StudioError (INPUT) when this model cannot use the sampler."""
    if schedule.is_flow and sampler.flow_options is None:
        raise StudioError(
            ErrorKind.INPUT,
            f"The sampler {sampler.title} does not work with this flow-matching model.",
            "Choose DPM++ 2M, UniPC or Euler.",
            "sampling.sampler",
        )


def build_scheduler(sampler: Sampler, schedule: NoiseSchedule, steps: int, seed: int) -> Any:
    """A fresh diffusers scheduler for one picture.

    `seed` feeds the samplers that draw their noise from a Brownian tree instead of the pipeline's generator.
    """
    options, name = _choice(sampler, schedule)
    kind = getattr(diffusers, name)
    accepted = inspect.signature(kind.__init__).parameters
    settings = {**schedule.settings, "clip_sample": False, "noise_sampler_seed": seed, **dict(options)}
    if steps not in _USUAL_STEPS:
        settings["timestep_spacing"] = "trailing"
    if "original_inference_steps" in accepted:  # of LCM and TCD: the steps they were distilled from, at least `steps`
        settings["original_inference_steps"] = max(steps, 50)
    with quiet():
        scheduler = kind(**{key: value for key, value in settings.items() if key in accepted})
    if schedule.is_flow:
        _adapt_to_flow(scheduler)
    return scheduler


def _adapt_to_flow(scheduler: Any) -> None:
    """Begin at the first step, and answer to the name by which flow pipelines ask for noise on a source picture.

    Many flow steps share whole timesteps, and schedulers then look up the second of two equal ones as the start.
    """
    kind = type(scheduler)

    @functools.wraps(kind.set_timesteps)
    def set_timesteps(self: Any, *args: Any, **kwargs: Any) -> None:
        kind.set_timesteps(self, *args, **kwargs)
        self.set_begin_index(0)

    def scale_noise(self: Any, sample: torch.Tensor, timestep: torch.Tensor, noise: torch.Tensor) -> Any:
        return self.add_noise(sample, noise, timestep)

    override(scheduler, set_timesteps=set_timesteps, scale_noise=scale_noise)


def draw_from(scheduler: Any, generator: torch.Generator) -> None:
    """Let `step` draw its noise from `generator` in the pipelines that hand it none, such as Stable Diffusion 3's.

    Otherwise it would come from torch's global state, and the seed would not decide the picture.
    """
    kind = type(scheduler)
    if "generator" not in inspect.signature(kind.step).parameters:
        return

    @functools.wraps(kind.step)
    def step(self: Any, *args: Any, **kwargs: Any) -> Any:
        return kind.step(self, *args, **{"generator": generator, **kwargs})

    override(scheduler, step=step)


def override(scheduler: Any, **members: Any) -> None:
    """Give one scheduler a class of its own with these members, under the name of the old one."""
    kind = type(scheduler)
    scheduler.__class__ = type(kind.__name__, (kind,), {**members, "__module__": kind.__module__})


def _choice(sampler: Sampler, schedule: NoiseSchedule) -> tuple[Options, str]:
    if schedule.is_flow:
        require_fitting(sampler, schedule)
        return sampler.flow_options or (), sampler.flow_scheduler or sampler.scheduler
    return sampler.options, sampler.scheduler


class CleanGuess:
    """x0, what the network takes the clean latents to be, from its prediction at one step.

    The noise level is read off the timestep by the model's own schedule, which serves every solver alike, also inside
    second-order ones. Variance-exploding schedulers (Karras et al. 2022) hold x = x0 + σε, variance-preserving ones
    (Ho et al. 2020) x = αx0 + σε with α² + σ² = 1, flows (Liu et al. 2022) x = (1 - σ)x0 + σε.
    """

    def __init__(self, scheduler: Any, schedule: NoiseSchedule) -> None:
        self._kind = str(scheduler.config.prediction_type)
        self._exploding = float(scheduler.init_noise_sigma) > 1
        self._train_steps = schedule.train_steps
        self._alphas = None if schedule.is_flow else scheduler.alphas_cumprod.detach().float().cpu().tolist()

    def __call__(self, prediction: torch.Tensor, timestep: Any, sample: torch.Tensor) -> torch.Tensor:
        """Clean latents of the shape of `sample`, float32."""
        x, output = sample.float(), prediction.float()
        time = float(timestep)
        if self._alphas is None:
            return x - min(1.0, time / self._train_steps) * output
        alpha, sigma = self._levels(time)
        x = self.at_data_scale(x, timestep)
        if self._kind == "v_prediction":
            return alpha * x - sigma * output
        if self._kind == "sample":
            return output
        return (x - sigma * output) / alpha

    def prediction(self, clean: torch.Tensor, timestep: Any, sample: torch.Tensor) -> torch.Tensor:
        """What the network would have predicted had its clean guess been `clean`: the inverse of calling this."""
        x, time = sample.float(), float(timestep)
        if self._alphas is None:
            return (x - clean) / min(1.0, max(time, 1.0) / self._train_steps)
        alpha, sigma = self._levels(time)
        x = self.at_data_scale(x, timestep)
        if self._kind == "v_prediction":
            return (alpha * x - clean) / sigma
        if self._kind == "sample":
            return clean
        return (x - alpha * clean) / sigma

    def at_data_scale(self, sample: torch.Tensor, timestep: Any) -> torch.Tensor:
        """The noisy latents on a scale that does not grow with the noise: x/√(1 + σ²) where the sampler lets it."""
        return sample * self._levels(float(timestep))[0] if self._exploding else sample

    def _levels(self, time: float) -> tuple[float, float]:
        assert self._alphas is not None
        low = min(max(int(time), 0), len(self._alphas) - 1)
        high = min(low + 1, len(self._alphas) - 1)
        share = min(max(time - low, 0.0), 1.0)
        alpha_squared = max(self._alphas[low] * (1 - share) + self._alphas[high] * share, 1e-8)
        return float(alpha_squared**0.5), float((1 - alpha_squared) ** 0.5)


def placeholder() -> Any:
    """A scheduler that pipelines accept without complaint; each run sets its own."""
    return diffusers.DDIMScheduler(steps_offset=1, clip_sample=False)
