"""The variational bound of a denoising diffusion model, in bits per dimension.

Training minimises a reweighted bound; this is the bound itself: an upper limit of -log₂ p(x0), comparable between
models. Ho et al. 2020, equation 5, and Nichol & Dhariwal 2021, equations 4 to 7:
L = L_T + Σ L_{t-1} + L_0, with the reverse variance fixed to that of the posterior, σ_t² = β̃_t.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.training import ObjectiveName
from studio.engine.libraries import torch
from studio.engine.train.objectives import build
from studio.engine.train.objectives.discrete import DiscreteObjective

Predict = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Decoder = Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor]
_HALF_BIN = 1 / 255
_NATS_PER_BIT = math.log(2)


@dataclass(frozen=True, slots=True)
class Bound:
    """The bound of each sample, in bits per dimension, and its parts; float32.

    `total`, `prior` (L_T) and `reconstruction` (L_0) are (B,). `terms` (B, K) are the evaluated L_{t-1}, at the
    timesteps `timesteps` (B, K) counted from 0 as diffusers counts; each stands for its `multiplicity` (K,) neighbours,
    so that total = prior + Σ multiplicity·terms + reconstruction.
    """

    total: torch.Tensor
    prior: torch.Tensor
    terms: torch.Tensor
    reconstruction: torch.Tensor
    timesteps: torch.Tensor
    multiplicity: torch.Tensor


def gaussian_decoder(clean: torch.Tensor, mean: torch.Tensor, std: float) -> torch.Tensor:
    """-ln N(clean; mean, std²) in nats, as `clean`: for latents, whose density may exceed 1 and bits fall below 0."""
    return ((clean - mean) / std).square() / 2 + math.log(std) + math.log(2 * math.pi) / 2


def eight_bit_decoder(clean: torch.Tensor, mean: torch.Tensor, std: float) -> torch.Tensor:
    """-ln of the normal probability of a pixel's bin in nats, as `clean` (Ho et al. 2020, equation 13).

    `clean` holds whole numbers from 0 to 255 scaled to [-1, 1]; the outermost bins reach to infinity.
    """
    offset = clean - mean
    upper = torch.special.log_ndtr((offset + _HALF_BIN) / std)
    beyond = torch.special.log_ndtr((_HALF_BIN - offset) / std)
    # By symmetry both ends of a bin can be taken in the lower tail, where logarithms keep their digits.
    near = torch.special.log_ndtr((_HALF_BIN - offset.abs()) / std)
    far = torch.special.log_ndtr((-_HALF_BIN - offset.abs()) / std)
    inside = near + torch.log1p(-(far - near).exp())
    return -torch.where(clean < -1 + _HALF_BIN, upper, torch.where(clean > 1 - _HALF_BIN, beyond, inside))


def bits_per_dim(
    predict: Predict,
    clean: torch.Tensor,
    schedule: Mapping[str, Any],
    generator: torch.Generator,
    *,
    decoder: Decoder = gaussian_decoder,
    evaluations: int | None = None,
) -> Bound:
    """The bound on `clean` (B, ...) for the network `predict(x_t, timestep)`.

    The network predicts what the diffusers scheduler config `schedule` says, ε or v. The T - 1 terms between prior and
    reconstruction cost one call each. With `evaluations`, only so many are made: the chain is cut into as many
    stretches and each sample gets one timestep of each, which leaves the expectation as it is. Noise and timesteps come
    from `generator`. Raises StudioError (INPUT) for models that are no such chain.
    """
    objective = _chain(schedule)
    x0 = clean.float()
    bars = objective.alpha_bars
    timesteps, multiplicity = _timesteps(len(x0), len(bars) - 1, evaluations, generator)
    timesteps, multiplicity = timesteps.to(x0.device), multiplicity.to(x0.device)
    snr = bars / (1 - bars)
    # KL of two normals of equal variance β̃_t; the coefficients of their means leave half the fall in signal-to-noise
    # ratio (Kingma et al. 2021, equations 13 and 14).
    halved_fall = ((snr[:-1] - snr[1:]) / 2).float().to(x0.device)

    def guess(timestep: torch.Tensor) -> torch.Tensor:
        noise = torch.randn(x0.shape, generator=generator, device=generator.device).to(x0.device)
        noised = objective.at_timestep(x0, noise, timestep)
        return objective.clean_guess(predict(noised.sample, noised.timestep), noised)

    with torch.no_grad():
        terms = [halved_fall[t - 1] * _mean((x0 - guess(t)).square()) for t in timesteps.unbind(1)]
        first = guess(torch.zeros(len(x0), dtype=torch.long, device=x0.device))
        reconstruction = _mean(decoder(x0, first, math.sqrt(1 - float(bars[0])))) / _NATS_PER_BIT
        last = float(bars[-1])
        prior = (last * _mean(x0.square()) - last - math.log1p(-last)) / (2 * _NATS_PER_BIT)
    stacked = torch.stack(terms, 1) / _NATS_PER_BIT
    total = prior + (multiplicity * stacked).sum(1) + reconstruction
    return Bound(total, prior, stacked, reconstruction, timesteps, multiplicity)


def _chain(schedule: Mapping[str, Any]) -> DiscreteObjective:
    objective = build(ObjectiveName.AUTO, schedule)
    if isinstance(objective, DiscreteObjective) and len(objective.alpha_bars) > 1:
        return objective
    raise StudioError(
        ErrorKind.INPUT,
        "The variational bound is that of a discrete chain, and this model is none.",
        "Use a model that predicts epsilon or v.",
        "objective",
    )


def _timesteps(
    batch: int, last: int, evaluations: int | None, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Timesteps (B, K) from 1 to `last`, one of each of K stretches, and the lengths (K,) of the stretches."""
    count = last if evaluations is None else max(1, min(evaluations, last))
    edges = torch.arange(count + 1, device=generator.device) * last // count
    lengths = edges.diff()
    drawn = torch.rand((batch, count), generator=generator, device=generator.device)
    within = torch.minimum((drawn * lengths).long(), lengths - 1)
    return 1 + edges[:-1] + within, lengths


def _mean(values: torch.Tensor) -> torch.Tensor:
    return values.reshape(len(values), -1).mean(1)
