"""The samplers, by the mathematics they solve.

Pure data: `scheduler` names a class of diffusers and `options` its settings; the engine builds it from the model's
own noise schedule. A sampler with `flow_options` also serves flow-matching models (rectified flow, Liu et al. 2022),
with the class `flow_scheduler` where that is another one.
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

    `stochastic` samplers draw fresh noise at each step (from the job's seed: still reproducible). `evaluations` is the
    number of network calls a step takes, and `warmup` how many more the first steps take. `eta` scales the fresh noise
    where the scheduler's step asks for it (DDIM's η of Song et al. 2021, TCD's γ of Zheng et al. 2024).
    """

    id: str
    title: str
    scheduler: str
    mathematics: Mathematics
    options: Options = ()
    flow_options: Options | None = None
    stochastic: bool = False
    evaluations: int = 1
    flow_scheduler: str = ""
    eta: float = 0.0
    warmup: int = 0

    def calls(self, steps: int) -> int:
        """The network's calls in a run of `steps` steps from noise, as progress, previews and branches count them.

        Of the last step, which leads to zero noise, there is one.
        """
        return self.evaluations * (steps - 1) + 1 + (self.warmup if steps > 1 else 0)


_KARRAS: Options = (("use_karras_sigmas", True),)
_EXPONENTIAL: Options = (("use_exponential_sigmas", True),)
_LU: Options = (("use_lu_lambdas", True),)
_FLOW: Options = (("prediction_type", "flow_prediction"), ("use_flow_sigmas", True))
_FIRST: Options = (("solver_order", 1),)
_SECOND: Options = (("solver_order", 2),)
_THIRD: Options = (("solver_order", 3),)
_NOISY: Options = (("algorithm_type", "sde-dpmsolver++"),)
_DPM, _DPM_SINGLE, _DPM_SDE = "DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler", "DPMSolverSDEScheduler"
_UNIPC, _DEIS, _EULER = "UniPCMultistepScheduler", "DEISMultistepScheduler", "EulerDiscreteScheduler"
_ODE, _SDE, _MARKOV, _CONSISTENCY = (Mathematics.ODE, Mathematics.SDE, Mathematics.MARKOV, Mathematics.CONSISTENCY)

# DEIS and SA-Solver know flows too, but diffusers 0.42 ends their flow schedule above zero noise, which would stay in
# the picture; IPNDMScheduler hands networks times in [0, 1], where these models know 0 to 999. Both are left out.
# On a straight path a first-order DPM-Solver++ step is exactly an Euler step, and its SDE form the ancestral step.
_LIST = (
    Sampler("dpmpp-2m", "DPM++ 2M", _DPM, _ODE, _SECOND, (*_FLOW, *_SECOND)),
    Sampler("dpmpp-2m-karras", "DPM++ 2M Karras", _DPM, _ODE, (*_SECOND, *_KARRAS)),
    Sampler("dpmpp-2m-exponential", "DPM++ 2M exponential", _DPM, _ODE, (*_SECOND, *_EXPONENTIAL)),
    Sampler("dpmpp-2m-lu", "DPM++ 2M Lu", _DPM, _ODE, (*_SECOND, *_LU)),
    Sampler("dpmpp-3m", "DPM++ 3M", _DPM, _ODE, _THIRD, (*_FLOW, *_THIRD)),
    Sampler("dpmpp-2m-sde", "DPM++ 2M SDE", _DPM, _SDE, _NOISY, (*_FLOW, *_NOISY), stochastic=True),
    Sampler("dpmpp-2m-sde-karras", "DPM++ 2M SDE Karras", _DPM, _SDE, (*_NOISY, *_KARRAS), stochastic=True),
    Sampler("dpmpp-3m-sde-karras", "DPM++ 3M SDE Karras", _DPM, _SDE, (*_NOISY, *_THIRD, *_KARRAS), stochastic=True),
    Sampler("dpmpp-2s", "DPM++ 2S", _DPM_SINGLE, _ODE, (), _FLOW),
    Sampler("dpmpp-2s-karras", "DPM++ 2S Karras", _DPM_SINGLE, _ODE, _KARRAS),
    Sampler("dpmpp-sde", "DPM++ SDE", _DPM_SDE, _SDE, (), stochastic=True, evaluations=2),
    Sampler("dpmpp-sde-karras", "DPM++ SDE Karras", _DPM_SDE, _SDE, _KARRAS, stochastic=True, evaluations=2),
    Sampler("unipc", "UniPC", _UNIPC, _ODE, (), _FLOW),
    Sampler("unipc-karras", "UniPC Karras", _UNIPC, _ODE, _KARRAS),
    Sampler("deis", "DEIS", _DEIS, _ODE),
    Sampler("euler", "Euler", _EULER, _ODE, (), (*_FLOW, *_FIRST), flow_scheduler=_DPM),
    Sampler("euler-karras", "Euler Karras", _EULER, _ODE, _KARRAS),
    Sampler(
        "euler-a",
        "Euler ancestral",
        "EulerAncestralDiscreteScheduler",
        _MARKOV,
        (),
        (*_FLOW, *_NOISY, *_FIRST),
        stochastic=True,
        flow_scheduler=_DPM,
    ),
    Sampler("heun", "Heun", "HeunDiscreteScheduler", _ODE, evaluations=2),
    Sampler("heun-karras", "Heun Karras", "HeunDiscreteScheduler", _ODE, _KARRAS, evaluations=2),
    Sampler("kdpm2", "KDPM2", "KDPM2DiscreteScheduler", _ODE, evaluations=2),
    Sampler("kdpm2-a", "KDPM2 ancestral", "KDPM2AncestralDiscreteScheduler", _MARKOV, stochastic=True, evaluations=2),
    Sampler("lms", "LMS", "LMSDiscreteScheduler", _ODE),
    Sampler("lms-karras", "LMS Karras", "LMSDiscreteScheduler", _ODE, _KARRAS),
    Sampler("pndm", "PNDM", "PNDMScheduler", _ODE, (("skip_prk_steps", True),), warmup=1),
    Sampler("ddim", "DDIM", "DDIMScheduler", _MARKOV),
    Sampler("ddpm", "DDPM", "DDPMScheduler", _MARKOV, stochastic=True),
    Sampler("sa-solver", "SA-Solver", "SASolverScheduler", _SDE, stochastic=True),
    Sampler("lcm", "LCM", "LCMScheduler", _CONSISTENCY, stochastic=True),
    Sampler("tcd", "TCD", "TCDScheduler", _CONSISTENCY, stochastic=True, eta=0.3),
)

SAMPLERS: dict[str, Sampler] = {sampler.id: sampler for sampler in _LIST}
