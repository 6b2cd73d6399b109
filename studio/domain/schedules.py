"""Noise schedules in closed form: how much of the data and how much noise x_t = α·x0 + σ·ε holds at each time.

The plots draw them without an engine. `studio.engine.train.objectives` has the same schedules as tensors, and a test
holds the two together. Sources: the discrete chain, Ho et al. 2020, equation 4; the VP and VE SDE, Song et al. 2021,
equations 11, 29 and 30; EDM, Karras et al. 2022, equation 5; rectified flow, Liu et al. 2022, equation 1.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

from studio.domain.catalog import Family
from studio.domain.training import ObjectiveName

LARGEST_SIGMA = 80.0  # where a variance-exploding schedule ends
SMALLEST_SIGMA = 0.002  # where that of Karras et al. begins
RHO = 7.0


@dataclass(frozen=True, slots=True)
class Chain:
    """A discrete chain of `steps` betas from `first` to `last`, linear or (`rooted`) linear in their roots."""

    first: float
    last: float
    rooted: bool = False
    steps: int = 1000


@dataclass(frozen=True, slots=True)
class Level:
    """A place on a noising process: the share `alpha` of the data and the spread `sigma` of the noise."""

    alpha: float
    sigma: float

    @property
    def log_snr(self) -> float:
        """ln(α²/σ²); infinite where one of them is 0."""
        if self.sigma <= 0:
            return math.inf
        return 2 * math.log(self.alpha / self.sigma) if self.alpha > 0 else -math.inf


# What diffusers assumes where a model names no betas, as flows do; and latent diffusion's (Rombach et al. 2022).
PLAIN = Chain(1e-4, 0.02)
LATENT = Chain(0.00085, 0.012, rooted=True)

# The schedules that differ as processes: ε and v are two ways to read the same chain.
PLOTTED = (
    ObjectiveName.EPSILON,
    ObjectiveName.VP_SDE,
    ObjectiveName.VE_SDE,
    ObjectiveName.EDM,
    ObjectiveName.FLOW,
)


def chain_of(family: Family) -> Chain:
    """The chain that models of a family are known by."""
    return LATENT if family in (Family.SD1, Family.SDXL) else PLAIN


def plotted(objective: ObjectiveName, flow: bool) -> ObjectiveName:
    """Which of `PLOTTED` stands for an objective; `AUTO` is the flow or the chain of the model."""
    if objective is ObjectiveName.AUTO:
        return ObjectiveName.FLOW if flow else ObjectiveName.EPSILON
    return ObjectiveName.EPSILON if objective is ObjectiveName.V else objective


def level(objective: ObjectiveName, t: float, chain: Chain = PLAIN) -> Level:
    """The schedule of `objective`, one of `PLOTTED`, at the normalised time `t` in [0, 1]."""
    return _FORMS[objective](t, chain)


def _discrete(t: float, chain: Chain) -> Level:
    bar = _alpha_bars(chain)[round(t * (chain.steps - 1))]
    return Level(math.sqrt(bar), math.sqrt(1 - bar))


def _variance_preserving(t: float, chain: Chain) -> Level:
    """α = exp(-½∫β), σ² = 1 - exp(-∫β) with β(t) = T·β_t."""
    first, last = chain.steps * chain.first, chain.steps * chain.last
    if chain.rooted:
        root, rise = math.sqrt(first), math.sqrt(last) - math.sqrt(first)
        integral = t * (root**2 + root * rise * t + (rise * t) ** 2 / 3)
    else:
        integral = t * (first + t * (last - first) / 2)
    return Level(math.exp(-integral / 2), math.sqrt(-math.expm1(-integral)))


def _variance_exploding(t: float, chain: Chain) -> Level:
    """σ(t) = σ_min(σ_max/σ_min)^t between the ends of the chain."""
    bars = _alpha_bars(chain)
    low, high = (math.sqrt((1 - bar) / bar) for bar in (bars[0], bars[-1]))
    high = min(high, LARGEST_SIGMA)
    return Level(1.0, low * (high / low) ** t)


def _edm(t: float, _chain: Chain) -> Level:
    low, high = SMALLEST_SIGMA ** (1 / RHO), LARGEST_SIGMA ** (1 / RHO)
    return Level(1.0, (low + t * (high - low)) ** RHO)


def _flow(t: float, _chain: Chain) -> Level:
    return Level(1 - t, t)


@functools.cache
def _alpha_bars(chain: Chain) -> tuple[float, ...]:
    """ᾱ = ∏(1 - β) after each step."""
    ends = (chain.first, chain.last)
    first, last = map(math.sqrt, ends) if chain.rooted else ends
    ramp = [first + (last - first) * i / (chain.steps - 1) for i in range(chain.steps)]
    bars, bar = [], 1.0
    for value in ramp:
        bar *= 1 - (value**2 if chain.rooted else value)
        bars.append(bar)
    return tuple(bars)


_FORMS: dict[ObjectiveName, Callable[[float, Chain], Level]] = {
    ObjectiveName.EPSILON: _discrete,
    ObjectiveName.VP_SDE: _variance_preserving,
    ObjectiveName.VE_SDE: _variance_exploding,
    ObjectiveName.EDM: _edm,
    ObjectiveName.FLOW: _flow,
}
