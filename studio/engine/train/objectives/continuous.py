"""Score matching in continuous time (variance preserving, variance exploding, EDM) and flow matching."""

from collections.abc import Mapping
from typing import Any

from studio.domain.training import Weighting
from studio.engine.libraries import torch
from studio.engine.sampling import noise_schedule
from studio.engine.train.objectives.base import Levels, LinearObjective
from studio.engine.train.objectives.schedule import alpha_bars, beta_integral, positive

_LARGEST_SIGMA = 80.0  # of Karras et al. 2022, table 1; cosine schedules end far beyond what any data needs
_MEAN, _STD = -1.2, 1.2  # of ln σ: P_mean and P_std of Karras et al. 2022, table 1
_RHO = 7.0  # their equation 5


class _NoisePrediction(LinearObjective):
    """Denoising score matching with s_θ = -ε_θ/σ and the weight λ(t) = σ², in which λ‖s_θ + ε/σ‖² is ‖ε - ε_θ‖².

    Vincent 2011; Song et al. 2021, equation 7 and section 3.3: λ as the inverse of E‖∇log p(x_t | x_0)‖². The network
    remains an ε network of the discrete chain, and is sampled as one.
    """

    def _mix(self, alpha: torch.Tensor, sigma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.zeros_like(alpha), torch.ones_like(sigma)


class VariancePreserving(_NoisePrediction):
    """The VP SDE dx = -½β(t)x dt + √β(t) dw (Song et al. 2021, equation 11).

    Its marginals (their equation 29) are alpha = exp(-½∫β), sigma² = 1 - exp(-∫β). Times are uniform on [1/T, 1], where
    t = (i + 1)/T is step i of the chain: there the network's time is i.
    """

    name = "vp-sde"

    def __init__(self, schedule: Mapping[str, Any], weighting: Weighting = Weighting.UNIFORM) -> None:
        super().__init__(weighting)
        self._schedule = dict(schedule)
        self._steps = noise_schedule(schedule).train_steps
        beta_integral(schedule, torch.ones(1))  # refuses tables now rather than at the first step

    def _drawn(self, u: torch.Tensor) -> Levels:
        return self._at((1 + (self._steps - 1) * u) / self._steps)

    def _at(self, t: torch.Tensor) -> Levels:
        integral = beta_integral(self._schedule, t)
        timestep = (t * self._steps - 1).clamp(0, self._steps - 1)
        return Levels((-integral / 2).exp(), (-torch.expm1(-integral)).sqrt(), timestep, torch.ones_like(t))


class VarianceExploding(_NoisePrediction):
    """The VE SDE, x_t = x0 + σ(t)ε with σ(t) = σ_min(σ_max/σ_min)^t and uniform t (Song et al. 2021, appendix C).

    σ_min and σ_max are the config's `sigma_min` and `sigma_max`, or else those of its chain, up to 80. The network gets
    x_t/√(1 + σ²) and the timestep of the chain that has this noise-to-signal ratio, interpolated in ln σ.
    """

    name = "ve-sde"

    def __init__(self, schedule: Mapping[str, Any], weighting: Weighting = Weighting.UNIFORM) -> None:
        super().__init__(weighting)
        bars = alpha_bars(schedule).clamp(min=1e-8)
        ladder = ((1 - bars) / bars).sqrt()
        self._log_ladder = ladder.log().float()
        self._smallest = positive(schedule, "sigma_min", float(ladder[0]))
        self._largest = positive(schedule, "sigma_max", min(float(ladder[-1]), _LARGEST_SIGMA))

    def _drawn(self, u: torch.Tensor) -> Levels:
        return self._at(u)

    def _at(self, t: torch.Tensor) -> Levels:
        sigma = self._smallest * (self._largest / self._smallest) ** t
        return Levels(torch.ones_like(t), sigma, self._timestep(sigma.log()), (1 + sigma.square()).rsqrt())

    def _timestep(self, log_sigma: torch.Tensor) -> torch.Tensor:
        ladder = self._log_ladder.to(log_sigma.device)
        above = torch.searchsorted(ladder, log_sigma).clamp(1, len(ladder) - 1)
        share = (log_sigma - ladder[above - 1]) / (ladder[above] - ladder[above - 1])
        return above - 1 + share.clamp(0, 1)


class Edm(LinearObjective):
    """Preconditioned denoising D(x) = c_skip·x + c_out·F(c_in·x, c_noise) of x = x0 + σε, with log-normal σ.

    Karras et al. 2022, table 1 and equations 7 and 8: c_skip = σ_d²/(σ² + σ_d²), c_out = σσ_d/√(σ² + σ_d²),
    c_in = 1/√(σ² + σ_d²), c_noise = ¼ ln σ, and λ(σ) = 1/c_out², so that errors in F weigh 1 at each σ. The target of F
    is (x0 - c_skip·x)/c_out. `at` spaces σ by their equation 5. The config's `sigma_data`, `sigma_min` and `sigma_max`
    count, by default 0.5, 0.002 and 80. With σ_d = 1, F is -v at the same signal-to-noise ratio.
    """

    name = "edm"

    def __init__(self, schedule: Mapping[str, Any], weighting: Weighting = Weighting.UNIFORM) -> None:
        super().__init__(weighting)
        self._data = positive(schedule, "sigma_data", 0.5)
        self._smallest = positive(schedule, "sigma_min", 0.002)
        self._largest = positive(schedule, "sigma_max", _LARGEST_SIGMA)

    def _drawn(self, u: torch.Tensor) -> Levels:
        return self._levels((_MEAN + _STD * torch.special.ndtri(u)).exp())

    def _at(self, t: torch.Tensor) -> Levels:
        low, high = self._smallest ** (1 / _RHO), self._largest ** (1 / _RHO)
        return self._levels((low + t * (high - low)) ** _RHO)

    def _levels(self, sigma: torch.Tensor) -> Levels:
        c_in = (sigma.square() + self._data**2).rsqrt()
        return Levels(torch.ones_like(sigma), sigma, sigma.log() / 4, c_in)

    def _mix(self, alpha: torch.Tensor, sigma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        c_in = (sigma.square() + self._data**2).rsqrt()
        # (1 - c_skip)/c_out and -c_skip·σ/c_out, cancelled so that nothing is lost at either end
        return sigma * c_in / self._data, -self._data * c_in


class Flow(LinearObjective):
    """Rectified flow: x_t = (1-t)x0 + tε, and the network predicts the velocity ε - x0 of that straight path.

    Liu et al. 2022, equation 1, with diffusers' direction of time. Times are logit-normal, t = sigmoid(z) with standard
    normal z (Esser et al. 2024, equation 19), and shifted to s·t/(1 + (s - 1)t) as their equation 23 does for larger
    pictures; `shift` comes on top of the config's own `flow_shift`. The network's time is T·t.
    """

    name = "flow"

    def __init__(
        self, schedule: Mapping[str, Any], weighting: Weighting = Weighting.UNIFORM, shift: float = 1.0
    ) -> None:
        super().__init__(weighting)
        own = noise_schedule(schedule)
        self._steps = own.train_steps
        self._shift = shift * float(own.settings.get("flow_shift", 1.0))

    def _drawn(self, u: torch.Tensor) -> Levels:
        t = torch.sigmoid(torch.special.ndtri(u))
        return self._at(self._shift * t / (1 + (self._shift - 1) * t))

    def _at(self, t: torch.Tensor) -> Levels:
        return Levels(1 - t, t, self._steps * t, torch.ones_like(t))

    def _mix(self, alpha: torch.Tensor, sigma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return -torch.ones_like(alpha), torch.ones_like(sigma)
