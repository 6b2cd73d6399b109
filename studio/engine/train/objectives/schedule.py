"""A model's noise schedule as numbers: the discrete chain's ᾱ, and the stochastic differential equation behind it."""

import math
from collections.abc import Mapping
from typing import Any

from studio.domain.errors import ErrorKind, StudioError
from studio.engine.libraries import diffusers, torch
from studio.engine.sampling import noise_schedule

_CHAIN = (
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "trained_betas",
    "rescale_betas_zero_snr",
)
_COSINE_OFFSET = 0.008  # s of Nichol & Dhariwal 2021, equation 17


def alpha_bars(schedule: Mapping[str, Any]) -> torch.Tensor:
    """ᾱ_t = ∏(1 - β_s) of the chain that a diffusers scheduler config describes (Ho et al. 2020, section 2).

    (T,), float64, on the CPU, falling from nearly 1 to nearly (with zero terminal SNR: exactly) 0. Raises StudioError
    (MODEL) on values that no model has.
    """
    settings = noise_schedule(schedule).settings
    betas = diffusers.DDPMScheduler(**{key: settings[key] for key in _CHAIN if key in settings}).betas
    return torch.cumprod(1 - betas.double(), 0)


def beta_integral(schedule: Mapping[str, Any], t: torch.Tensor) -> torch.Tensor:
    """∫₀ᵗ β(s) ds of the variance-preserving SDE whose discretisation in T steps is the config's chain; as `t`.

    β(t) = T·β_t (Song et al. 2021, appendix B), linear in t as in their appendix C, with a linear root as in latent
    diffusion (Rombach et al. 2022), or from the cosine ᾱ of Nichol & Dhariwal 2021. Raises StudioError (INPUT) for
    chains that are the discretisation of no such equation.
    """
    settings = noise_schedule(schedule).settings
    if "trained_betas" in settings or settings.get("rescale_betas_zero_snr"):
        raise StudioError(
            ErrorKind.INPUT,
            "The model's noise schedule is a table that belongs to no stochastic differential equation.",
            "Choose the objective epsilon or v.",
            "objective",
        )
    kind = settings.get("beta_schedule", "linear")
    steps = float(settings.get("num_train_timesteps", 1000))
    first, last = (steps * float(settings.get(key, usual)) for key, usual in (("beta_start", 1e-4), ("beta_end", 0.02)))
    if kind == "linear":
        return t * (first + t * (last - first) / 2)
    if kind == "scaled_linear":
        root, rise = math.sqrt(first), math.sqrt(last) - math.sqrt(first)
        return t * (root**2 + root * rise * t + (rise * t).square() / 3)
    # -ln of the squared ratio of cosines, written so that it is exact near t = 0; at t = 1 it would be infinite
    start = _COSINE_OFFSET / (1 + _COSINE_OFFSET) * math.pi / 2
    angle = t / (1 + _COSINE_OFFSET) * math.pi / 2
    fall = 2 * (angle / 2).sin().square() + math.tan(start) * angle.sin()
    return -2 * torch.log1p(-fall.clamp(max=1 - 1e-4))


def positive(schedule: Mapping[str, Any], key: str, default: float) -> float:
    """A positive number of the config. Raises StudioError (MODEL) on anything else."""
    value = schedule.get(key)
    if value is None:
        return default
    if isinstance(value, int | float) and 0 < value < math.inf:
        return float(value)
    raise StudioError(
        ErrorKind.MODEL,
        f"The model's scheduler has an impossible {key}: {str(value)[:40]}.",
        "Download the model again from a source you trust.",
        "model",
    )
