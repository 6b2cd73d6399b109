"""The samplers, by the mathematics they solve.

Pure data: `scheduler` names a class of diffusers and `options` its settings; the engine builds it from the model's own
noise schedule. A sampler with `flow_options` also serves flow-matching models (rectified flow, Liu et al. 2022).
"""

from dataclasses import dataclass
from enum import StrEnum


class Mathematics(StrEnum):
    """The view of the reverse process that a sampler takes."""

    ODE = "probability-flow ODE"
    SDE = "score SDE"
    MARKOV = "variational (ancestral Markov chain)"
    CONSISTENCY = "consistency"


Options = tuple[tuple[str, str | int | float | bool], ...]


@dataclass(frozen=True, slots=True)
class Sampler:
    """One entry of the sampler list.

    `stochastic` samplers draw fresh noise at each step (from the job's seed: still reproducible). `evaluations` is
    the number of network calls a step takes.
    """

    id: str
    title: str
    scheduler: str
    mathematics: Mathematics
    options: Options = ()
    flow_options: Options | None = None
    stochastic: bool = False
    evaluations: int = 1


_KARRAS: Options = (("use_karras_sigmas", True),)
_FLOW: Options = (("prediction_type", "flow_prediction"), ("use_flow_sigmas", True))
_DPM = "DPMSolverMultistepScheduler"
_ODE, _SDE, _MARKOV = Mathematics.ODE, Mathematics.SDE, Mathematics.MARKOV

_LIST = (
    Sampler("dpmpp-2m", "DPM++ 2M", _DPM, _ODE, (("solver_order", 2),), (*_FLOW, ("solver_order", 2))),
    Sampler("dpmpp-2m-karras", "DPM++ 2M Karras", _DPM, _ODE, (("solver_order", 2), *_KARRAS)),
    Sampler("dpmpp-3m", "DPM++ 3M", _DPM, _ODE, (("solver_order", 3),), (*_FLOW, ("solver_order", 3))),
    Sampler(
        "dpmpp-2m-sde",
        "DPM++ 2M SDE",
        _DPM,
        _SDE,
        (("algorithm_type", "sde-dpmsolver++"),),
        (*_FLOW, ("algorithm_type", "sde-dpmsolver++")),
        stochastic=True,
    ),
    Sampler(
        "dpmpp-2m-sde-karras",
        "DPM++ 2M SDE Karras",
        _DPM,
        _SDE,
        (("algorithm_type", "sde-dpmsolver++"), *_KARRAS),
        stochastic=True,
    ),
    Sampler("dpmpp-2s", "DPM++ 2S", "DPMSolverSinglestepScheduler", _ODE, (), _FLOW),
    Sampler("dpmpp-sde", "DPM++ SDE", "DPMSolverSDEScheduler", _SDE, (), stochastic=True, evaluations=2),
    Sampler(
        "dpmpp-sde-karras", "DPM++ SDE Karras", "DPMSolverSDEScheduler", _SDE, _KARRAS, stochastic=True, evaluations=2
    ),
    Sampler("unipc", "UniPC", "UniPCMultistepScheduler", _ODE, (), _FLOW),
    Sampler("unipc-karras", "UniPC Karras", "UniPCMultistepScheduler", _ODE, _KARRAS),
    Sampler("deis", "DEIS", "DEISMultistepScheduler", _ODE, (), _FLOW),
    Sampler("euler", "Euler", "EulerDiscreteScheduler", _ODE, ()),
    Sampler("euler-karras", "Euler Karras", "EulerDiscreteScheduler", _ODE, _KARRAS),
    Sampler("euler-a", "Euler ancestral", "EulerAncestralDiscreteScheduler", _MARKOV, (), stochastic=True),
    Sampler("heun", "Heun", "HeunDiscreteScheduler", _ODE, (), evaluations=2),
    Sampler("kdpm2", "KDPM2", "KDPM2DiscreteScheduler", _ODE, (), evaluations=2),
    Sampler(
        "kdpm2-a", "KDPM2 ancestral", "KDPM2AncestralDiscreteScheduler", _MARKOV, (), stochastic=True, evaluations=2
    ),
    Sampler("lms", "LMS", "LMSDiscreteScheduler", _ODE),
    Sampler("pndm", "PNDM", "PNDMScheduler", _ODE, (("skip_prk_steps", True),)),
    Sampler("ipndm", "iPNDM", "IPNDMScheduler", _ODE),
    Sampler("ddim", "DDIM", "DDIMScheduler", _MARKOV),
    Sampler("ddpm", "DDPM", "DDPMScheduler", _MARKOV, (), stochastic=True),
    Sampler("sa-solver", "SA-Solver", "SASolverScheduler", _SDE, (), _FLOW, stochastic=True),
    Sampler("lcm", "LCM", "LCMScheduler", Mathematics.CONSISTENCY, (), stochastic=True),
    Sampler("tcd", "TCD", "TCDScheduler", Mathematics.CONSISTENCY, (), stochastic=True),
)

SAMPLERS: dict[str, Sampler] = {sampler.id: sampler for sampler in _LIST}
