"""What all objectives share: a noised batch, the interface, and the algebra of linear targets."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

from studio.domain.training import Weighting
from studio.engine.libraries import torch

GAMMA = 5.0  # of min-SNR, as Hang et al. 2023 recommend
# Below this share of signal or of noise, what is asked for (x0 out of pure noise, the score of the data itself) has no
# answer in float32; the level is taken as this much. It keeps log-SNRs within ±18.5.
FLOOR = 1e-4
_INSIDE = 1e-6  # float32 uniform draws can be exactly 0, whose normal quantile is -∞


@dataclass(frozen=True, slots=True)
class Noised:
    """A noised batch and what is to be learnt from it: float32, only the timesteps of a discrete chain are int64.

    `sample` is what the network is given (already scaled where the parametrisation has an input scale), `target` what
    it is to predict; both have the shape of `clean`. `timestep` (B,) is what it takes as time, `weight` (B,) the weight
    of the loss. `alpha` and `sigma` (B,) place the batch on the noising process x_t = alpha·clean + sigma·noise.
    """

    sample: torch.Tensor
    timestep: torch.Tensor
    target: torch.Tensor
    weight: torch.Tensor
    clean: torch.Tensor
    noise: torch.Tensor
    alpha: torch.Tensor
    sigma: torch.Tensor

    @property
    def x_t(self) -> torch.Tensor:
        """The noised data before any input scale, in the shape of `clean`."""
        return along(self.alpha, self.clean) * self.clean + along(self.sigma, self.clean) * self.noise


class Objective(Protocol):
    """How a denoiser is trained: which noise levels it sees, what it predicts, how its errors weigh.

    `clean` and `noise` are (B, ...) of any float type, and are computed with in float32.
    """

    name: str

    def noised(self, clean: torch.Tensor, noise: torch.Tensor, u: torch.Tensor) -> Noised:
        """Noised at the quantiles `u` (B,), in (0, 1), of this objective's density of noise levels."""

    def at(self, clean: torch.Tensor, noise: torch.Tensor, t: torch.Tensor) -> Noised:
        """Noised at the normalised times `t` (B,), from 0 (clean) to 1 (noise)."""

    def loss(self, prediction: torch.Tensor, noised: Noised) -> torch.Tensor:
        """The weighted mean squared error of each sample, (B,)."""

    def clean_guess(self, prediction: torch.Tensor, noised: Noised) -> torch.Tensor:
        """E[x0 | x_t] as the prediction has it, in the shape of `clean`."""

    def score(self, prediction: torch.Tensor, noised: Noised) -> torch.Tensor:
        """The gradient of log p_t(x_t) with respect to x_t as the prediction has it, in the shape of `clean`."""

    def log_snr(self, t: torch.Tensor) -> torch.Tensor:
        """ln(alpha²/sigma²) at the normalised times `t`, (B,), within ±18.5."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Places on a noising process x_t = alpha·x0 + sigma·ε, with the network's time and input scale; each (B,)."""

    alpha: torch.Tensor
    sigma: torch.Tensor
    timestep: torch.Tensor
    scale: torch.Tensor


class LinearObjective(ABC):
    """An objective whose target is a mix a·x0 + b·ε, its weights given by the noise level.

    Together with x_t = αx0 + σε, a prediction then gives both x0 = (b·x_t - σ·prediction)/D and
    ε = (α·prediction - a·x_t)/D with D = αb - aσ. All that follows is linear in the target, so what holds for x0 and ε
    holds for their expectations given x_t: the score is -E[ε | x_t]/σ (Vincent 2011; Efron's 2011 account of Tweedie's
    formula).

    Min-SNR (Hang et al. 2023, section 3.4) weighs errors in x0 with min(SNR, γ). An error in the prediction is σ/D
    times as large in x0, so its weight is min(SNR, γ)·σ²/D²: min(SNR, γ)/SNR for ε, min(SNR, γ)/(SNR + 1) for v as in
    the paper, and by the same rule min(SNR, γ)·t² for a flow.
    """

    name: str

    def __init__(self, weighting: Weighting = Weighting.UNIFORM) -> None:
        self._weighting = weighting

    @abstractmethod
    def _drawn(self, u: torch.Tensor) -> Levels:
        """The levels at quantiles `u` of the density that training draws from."""

    @abstractmethod
    def _at(self, t: torch.Tensor) -> Levels:
        """The levels at normalised times."""

    @abstractmethod
    def _mix(self, alpha: torch.Tensor, sigma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The weights a and b of x0 and ε in the target."""

    def noised(self, clean: torch.Tensor, noise: torch.Tensor, u: torch.Tensor) -> Noised:
        """Noised at the quantiles `u` (B,), in (0, 1), of this objective's density of noise levels."""
        return self._noised(clean, noise, self._drawn(u.float().clamp(_INSIDE, 1 - _INSIDE)))

    def at(self, clean: torch.Tensor, noise: torch.Tensor, t: torch.Tensor) -> Noised:
        """Noised at the normalised times `t` (B,), from 0 (clean) to 1 (noise)."""
        return self._noised(clean, noise, self._at(t.float()))

    def loss(self, prediction: torch.Tensor, noised: Noised) -> torch.Tensor:
        """The weighted mean squared error of each sample, (B,)."""
        squared = (prediction.float() - noised.target).square()
        return noised.weight * squared.reshape(len(squared), -1).mean(1)

    def clean_guess(self, prediction: torch.Tensor, noised: Noised) -> torch.Tensor:
        """E[x0 | x_t] as the prediction has it, in the shape of `clean`."""
        alpha, sigma = noised.alpha.clamp(min=FLOOR), noised.sigma
        a, b = self._mix(alpha, sigma)
        determinant = alpha * b - a * sigma
        output, x = prediction.float(), noised.x_t
        return along(b / determinant, x) * x - along(sigma / determinant, x) * output

    def score(self, prediction: torch.Tensor, noised: Noised) -> torch.Tensor:
        """The gradient of log p_t(x_t) with respect to x_t as the prediction has it, in the shape of `clean`."""
        alpha, sigma = noised.alpha.clamp(min=FLOOR), noised.sigma.clamp(min=FLOOR)
        a, b = self._mix(alpha, sigma)
        divisor = sigma * (alpha * b - a * sigma)
        output, x = prediction.float(), noised.x_t
        return along(a / divisor, x) * x - along(alpha / divisor, x) * output

    def log_snr(self, t: torch.Tensor) -> torch.Tensor:
        """ln(alpha²/sigma²) at the normalised times `t`, (B,), within ±18.5."""
        levels = self._at(t.float())
        return 2 * (levels.alpha.clamp(min=FLOOR).log() - levels.sigma.clamp(min=FLOOR).log())

    def _noised(self, clean: torch.Tensor, noise: torch.Tensor, levels: Levels) -> Noised:
        x0, eps = clean.float(), noise.float()
        alpha, sigma = levels.alpha, levels.sigma
        x_t = along(alpha, x0) * x0 + along(sigma, x0) * eps
        a, b = self._mix(alpha, sigma)
        return Noised(
            sample=along(levels.scale, x0) * x_t,
            timestep=levels.timestep,
            target=along(a, x0) * x0 + along(b, x0) * eps,
            weight=self._weight(alpha, sigma),
            clean=x0,
            noise=eps,
            alpha=alpha,
            sigma=sigma,
        )

    def _weight(self, alpha: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        if self._weighting is Weighting.UNIFORM:
            return torch.ones_like(sigma)
        signal = alpha.clamp(min=FLOOR)
        a, b = self._mix(signal, sigma)
        # min(SNR, γ)·σ² = min(α², γσ²): nothing to divide by where there is no noise
        return torch.minimum(signal.square(), GAMMA * sigma.square()) / (signal * b - a * sigma).square()


def along(values: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Values (B,) shaped to multiply a batch (B, ...)."""
    return values.reshape(-1, *(1 for _ in like.shape[1:]))
