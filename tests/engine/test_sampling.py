"""The samplers, checked against a distribution whose every score is known, and on the networks themselves."""

import inspect
from typing import Any

import pytest

from studio.domain.catalog import Family
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.samplers import SAMPLERS, Mathematics, Sampler
from studio.engine.libraries import quiet, torch
from studio.engine.sampling import CleanGuess, NoiseSchedule, build_scheduler, draw_from, noise_schedule
from tests.engine.jobs import Runner, is_plain, recipe

MEAN, SPREAD = 0.7, 0.5
STABLE_DIFFUSION = noise_schedule(
    {
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "beta_schedule": "scaled_linear",
        "steps_offset": 1,
        "num_train_timesteps": 1000,
        "prediction_type": "epsilon",
        "set_alpha_to_one": False,
    }
)
FLOW = noise_schedule({"num_train_timesteps": 1000, "prediction_type": "flow_prediction", "flow_shift": 1.5})
FLOW_SAMPLERS = [sampler for sampler in SAMPLERS.values() if sampler.flow_options is not None]
CASES = [(s, STABLE_DIFFUSION) for s in SAMPLERS.values()] + [(s, FLOW) for s in FLOW_SAMPLERS]
NAMES = [f"{s.id}-{'flow' if schedule is FLOW else 'noise'}" for s, schedule in CASES]
QUICK = ("ddim", "euler", "euler-a", "dpmpp-2m", "unipc")  # in a thousand steps, too


class Gaussian:
    """A perfect network for normally distributed data: it knows E[x0 | x] at every noise level."""

    def __init__(self, schedule: NoiseSchedule, alphas: list[float] | None) -> None:
        self.schedule, self.alphas = schedule, alphas

    def __call__(self, x: torch.Tensor, timestep: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """The prediction for variance-preserving (or flow) x, and the clean guess it stands for."""
        alpha, sigma = self._levels(float(timestep))
        clean = MEAN + alpha * SPREAD**2 / (alpha**2 * SPREAD**2 + sigma**2) * (x - alpha * MEAN)
        noise = (x - alpha * clean) / max(sigma, 1e-6)
        return (noise - clean if self.alphas is None else noise), clean

    def _levels(self, time: float) -> tuple[float, float]:
        if self.alphas is None:
            return 1 - time / 1000, time / 1000
        low = int(time)
        high = min(low + 1, 999)
        squared = self.alphas[low] * (1 - time + low) + self.alphas[high] * (time - low)
        return squared**0.5, (1 - squared) ** 0.5


def _sample(
    sampler: Sampler, schedule: NoiseSchedule, steps: int, noise_seed: int = 0, side: int = 64
) -> tuple[torch.Tensor, float]:
    """side² samples, and the largest error of the clean guess on the way."""
    with quiet():
        scheduler = build_scheduler(sampler, schedule, steps, noise_seed)
        scheduler.set_timesteps(steps)
        x = torch.randn(1, 1, side, side, generator=torch.Generator().manual_seed(0)) * scheduler.init_noise_sigma
        accepted = inspect.signature(scheduler.step).parameters
        extra = {"generator": torch.Generator().manual_seed(noise_seed), "eta": sampler.eta}
        extra = {name: value for name, value in extra.items() if name in accepted}
        network = Gaussian(schedule, None if schedule.is_flow else scheduler.alphas_cumprod.tolist())
        guess, worst = CleanGuess(scheduler, schedule), 0.0
        for timestep in scheduler.timesteps:
            prediction, clean = network(scheduler.scale_model_input(x, timestep), timestep)
            worst = max(worst, float((guess(prediction, timestep, x) - clean).abs().max()))
            x = scheduler.step(prediction, timestep, x, return_dict=False, **extra)[0]
    return x, worst


@pytest.mark.parametrize(("sampler", "schedule"), CASES, ids=NAMES)
def test_every_sampler_draws_the_distribution_that_the_network_knows(sampler: Sampler, schedule: NoiseSchedule) -> None:
    samples, worst = _sample(sampler, schedule, 20)
    assert abs(float(samples.mean()) - MEAN) < 0.06
    # A consistency model jumps to the mean of what is possible, so the spread of a Gaussian's guesses is narrower.
    low = 0.25 if sampler.mathematics is Mathematics.CONSISTENCY else 0.38
    assert low < float(samples.std()) < 0.62
    assert worst < 1e-2, "the preview's clean guess is off"


@pytest.mark.parametrize(
    ("sampler", "schedule", "steps"),
    [
        pytest.param(*case, steps, id=f"{name}-{steps}", marks=pytest.mark.slow if night else ())
        for case, name in zip(CASES, NAMES, strict=True)
        for steps in (1, 2, 101, 1000)
        for night in [steps == 1000 and case[0].id not in QUICK]
    ],
)
def test_every_number_of_steps_works(sampler: Sampler, schedule: NoiseSchedule, steps: int) -> None:
    if steps == 1000 and sampler.scheduler in ("LMSDiscreteScheduler", "DPMSolverSDEScheduler"):
        steps = 250  # beyond that they are sound, but take seconds
    samples, _ = _sample(sampler, schedule, steps, side=32)
    assert abs(float(samples.mean()) - MEAN) < 0.12
    assert float(samples.std()) < 0.65


@pytest.mark.parametrize(("sampler", "schedule"), CASES, ids=NAMES)
def test_only_stochastic_samplers_listen_to_the_noise_seed(sampler: Sampler, schedule: NoiseSchedule) -> None:
    first, again, other = (_sample(sampler, schedule, 5, seed, side=8)[0] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert torch.equal(first, other) is not sampler.stochastic


@pytest.mark.parametrize("sampler", FLOW_SAMPLERS, ids=lambda sampler: sampler.id)
@pytest.mark.parametrize("family", [Family.STARTER, Family.SD3])
def test_every_flow_sampler_runs_on_flow_models(runner: Runner, family: Family, sampler: Sampler) -> None:
    _runs_reproducibly(runner, family, sampler)


@pytest.mark.parametrize("sampler", list(SAMPLERS.values()), ids=lambda sampler: sampler.id)
@pytest.mark.parametrize("family", [Family.SD1, Family.SDXL])
def test_every_sampler_runs_on_stable_diffusion(runner: Runner, family: Family, sampler: Sampler) -> None:
    _runs_reproducibly(runner, family, sampler)


def _runs_reproducibly(runner: Runner, family: Family, sampler: Sampler) -> None:
    request = recipe(family, sampler=sampler.id, steps=2)
    result = runner(request, family)
    assert not is_plain(result.pixels())
    assert runner(request, family).digests() == result.digests()


def test_euler_on_a_flow_is_eulers_rule() -> None:
    """x + (σ' - σ) v, to rounding: what makes first-order DPM-Solver++ the right class for it."""
    with quiet():
        scheduler = build_scheduler(SAMPLERS["euler"], FLOW, 7, 0)
        scheduler.set_timesteps(7)
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(1, 4, 8, 8, generator=generator)
    expected = x.clone()
    for i, timestep in enumerate(scheduler.timesteps):
        velocity = torch.randn(x.shape, generator=generator)
        expected = expected + (scheduler.sigmas[i + 1] - scheduler.sigmas[i]) * velocity
        x = scheduler.step(velocity, timestep, x, return_dict=False)[0]
        torch.testing.assert_close(x, expected, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("sampler", ["euler-a", "dpmpp-2m-sde", "dpmpp-2m"])
def test_noise_is_drawn_from_the_jobs_generator_where_a_pipeline_passes_none(sampler: str) -> None:
    def stepped(seed: int, **arguments: Any) -> torch.Tensor:
        with quiet():
            scheduler = build_scheduler(SAMPLERS[sampler], FLOW, 3, 0)
            draw_from(scheduler, torch.Generator().manual_seed(seed))
            scheduler.set_timesteps(3)
        x = torch.ones(1, 4, 8, 8)
        found: torch.Tensor = scheduler.step(0.5 * x, scheduler.timesteps[0], x, return_dict=False, **arguments)[0]
        return found

    handed_over = stepped(2, generator=torch.Generator().manual_seed(1))
    assert torch.equal(stepped(1), handed_over)
    assert torch.equal(stepped(2), handed_over) is not SAMPLERS[sampler].stochastic


def test_solver_settings_of_the_models_own_scheduler_are_not_carried_over() -> None:
    config = {
        "algorithm_type": "sde-dpmsolver++",
        "solver_order": 3,
        "final_sigmas_type": "sigma_min",
        "thresholding": True,
        "use_karras_sigmas": True,
        "interpolation_type": "log_linear",
        "clip_sample": True,
        "beta_end": 0.012,
        "prediction_type": "v_prediction",
    }
    built = build_scheduler(SAMPLERS["dpmpp-2m"], noise_schedule(config), 10, 0).config
    assert (built.algorithm_type, built.solver_order, built.final_sigmas_type) == ("dpmsolver++", 2, "zero")
    assert not built.thresholding
    assert not built.use_karras_sigmas
    assert (built.beta_end, built.prediction_type) == (0.012, "v_prediction")
    assert not build_scheduler(SAMPLERS["ddim"], noise_schedule(config), 10, 0).config.clip_sample


def test_the_flow_shift_of_the_model_is_kept() -> None:
    assert build_scheduler(SAMPLERS["unipc"], FLOW, 10, 0).config.flow_shift == 1.5


def test_the_shift_of_a_flow_matching_scheduler_is_the_models() -> None:
    found = noise_schedule({"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "shift": 3})
    assert found.is_flow
    assert build_scheduler(SAMPLERS["euler"], found, 10, 0).config.flow_shift == 3
    with pytest.raises(StudioError):
        noise_schedule({"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": -1.0})


@pytest.mark.parametrize("steps", [0, -1, 10**9, "1000", 3.5])
def test_absurd_training_steps_are_refused(steps: object) -> None:
    with pytest.raises(StudioError) as caught:
        noise_schedule({"num_train_timesteps": steps})
    assert caught.value.problem.kind is ErrorKind.MODEL


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample"])
def test_the_clean_guess_inverts_every_kind_of_prediction(kind: str) -> None:
    schedule = noise_schedule({**STABLE_DIFFUSION.settings, "prediction_type": kind})
    scheduler = build_scheduler(SAMPLERS["ddim"], schedule, 10, 0)
    clean, noise = torch.randn(2, 1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    squared = scheduler.alphas_cumprod[600]
    x = squared.sqrt() * clean + (1 - squared).sqrt() * noise
    output = {"epsilon": noise, "sample": clean, "v_prediction": squared.sqrt() * noise - (1 - squared).sqrt() * clean}[
        kind
    ]
    torch.testing.assert_close(CleanGuess(scheduler, schedule)(output, 600, x), clean, atol=1e-4, rtol=1e-4)
