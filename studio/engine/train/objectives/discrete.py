"""Variational objectives: the simplified bound on a discrete chain, predicting the noise or the velocity."""

from collections.abc import Mapping
from typing import Any

from studio.domain.training import Weighting
from studio.engine.libraries import torch
from studio.engine.train.objectives.base import Levels, LinearObjective, Noised
from studio.engine.train.objectives.schedule import alpha_bars


class DiscreteObjective(LinearObjective):
    """On the chain x_t = √ᾱ_t·x0 + √(1-ᾱ_t)·ε, its timestep t drawn uniformly from 0 to T - 1.

    Ho et al. 2020, equation 4 and algorithm 1, with their t counted from 0 as diffusers counts.
    """

    def __init__(self, schedule: Mapping[str, Any], weighting: Weighting = Weighting.UNIFORM) -> None:
        super().__init__(weighting)
        self.alpha_bars = alpha_bars(schedule)
        self._alphas = self.alpha_bars.sqrt().float()
        self._sigmas = (1 - self.alpha_bars).sqrt().float()

    def at_timestep(self, clean: torch.Tensor, noise: torch.Tensor, timestep: torch.Tensor) -> Noised:
        """Noised at the timesteps (B,) of the chain, whole numbers from 0 to T - 1."""
        return self._noised(clean, noise, self._levels(timestep))

    def _drawn(self, u: torch.Tensor) -> Levels:
        return self._levels((u * len(self._alphas)).long())

    def _at(self, t: torch.Tensor) -> Levels:
        return self._levels((t * (len(self._alphas) - 1)).round().long())

    def _levels(self, index: torch.Tensor) -> Levels:
        index = index.clamp(0, len(self._alphas) - 1)
        alpha = self._alphas.to(index.device)[index]
        return Levels(alpha, self._sigmas.to(index.device)[index], index, torch.ones_like(alpha))


class Epsilon(DiscreteObjective):
    """Predict the noise: L_simple = E‖ε - ε_θ(x_t, t)‖² (Ho et al. 2020, equation 14)."""

    name = "epsilon"

    def _mix(self, alpha: torch.Tensor, sigma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.zeros_like(alpha), torch.ones_like(sigma)


class Velocity(DiscreteObjective):
    """Predict v = √ᾱ_t·ε - √(1-ᾱ_t)·x0 (Salimans & Ho 2022, section 4 and appendix D)."""

    name = "v"

    def _mix(self, alpha: torch.Tensor, sigma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return -sigma, alpha
