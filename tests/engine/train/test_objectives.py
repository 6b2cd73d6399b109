"""Each objective against closed forms on Gaussian data, and against diffusers and the papers."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    EDMEulerScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.training import ObjectiveName, Weighting
from studio.engine.libraries import quiet
from studio.engine.train.objectives import Noised, Objective, build, natural_objective
from studio.engine.train.objectives.discrete import DiscreteObjective
from tests.engine.train.gaussian import Gaussian, line, plane

LATENT: Mapping[str, Any] = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
LINEAR: Mapping[str, Any] = {"beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear"}
COSINE: Mapping[str, Any] = {"beta_schedule": "squaredcos_cap_v2"}
TERMINAL: Mapping[str, Any] = {**LATENT, "rescale_betas_zero_snr": True}
NAMES = [name for name in ObjectiveName if name is not ObjectiveName.AUTO]
SIGMA_DATA = 0.7
TOYS = {"line": line(0.3, 0.5), "plane": plane()}
DRAWS = 8_000


def seeded(seed: int = 1) -> torch.Generator:
    return torch.Generator("cpu").manual_seed(seed)


def objective_of(name: ObjectiveName, weighting: Weighting = Weighting.UNIFORM) -> Objective:
    return build(name, {**LATENT, "sigma_data": SIGMA_DATA}, weighting)


def noised_toy(objective: Objective, toy: Gaussian, t: float, count: int = DRAWS) -> Noised:
    generator = seeded()
    clean = toy.draw(count, generator)
    noise = torch.randn(clean.shape, generator=generator, dtype=torch.float64)
    return objective.at(clean, noise, torch.full((count,), t))


def level(noised: Noised) -> tuple[float, float]:
    return float(noised.alpha[0]), float(noised.sigma[0])


def mixed(noised: Noised) -> torch.Tensor:
    """x_t in float64."""
    alpha, sigma = level(noised)
    return alpha * noised.clean.double() + sigma * noised.noise.double()


def target_by_x0(name: ObjectiveName, alpha: float, sigma: float) -> tuple[float, float]:
    """The target as p·x_t + q·x0, written from the papers' definitions with ε = (x_t - αx0)/σ."""
    match name:
        case ObjectiveName.EPSILON | ObjectiveName.VP_SDE | ObjectiveName.VE_SDE:
            return 1 / sigma, -alpha / sigma
        case ObjectiveName.V:  # αε - σx0
            return alpha / sigma, -(alpha**2) / sigma - sigma
        case ObjectiveName.FLOW:  # ε - x0
            return 1 / sigma, -alpha / sigma - 1
        case _:  # (x0 - c_skip·x)/c_out
            total = sigma**2 + SIGMA_DATA**2
            c_skip, c_out = SIGMA_DATA**2 / total, sigma * SIGMA_DATA / math.sqrt(total)
            return -c_skip / c_out, 1 / c_out


def optimum(name: ObjectiveName, toy: Gaussian, noised: Noised) -> torch.Tensor:
    """E[target | x_t], float64."""
    x_t = mixed(noised)
    p, q = target_by_x0(name, *level(noised))
    return p * x_t + q * toy.clean(x_t, *level(noised))


def bound_of_mean(values: torch.Tensor) -> float:
    """Five standard errors."""
    return 5 * float(values.std()) / math.sqrt(len(values))


CASES = [(name, toy, t) for name in NAMES for toy in TOYS for t in (0.15, 0.5, 0.85)]


@pytest.mark.parametrize("weighting", Weighting)
@pytest.mark.parametrize(("name", "toy_name", "t"), CASES)
def test_the_loss_of_the_optimum_is_the_irreducible_variance(
    name: ObjectiveName, toy_name: str, t: float, weighting: Weighting
) -> None:
    toy, objective = TOYS[toy_name], objective_of(name, weighting)
    noised = noised_toy(objective, toy, t)
    losses = objective.loss(optimum(name, toy, noised), noised).double()
    _, q = target_by_x0(name, *level(noised))
    expected = float(noised.weight[0]) * q**2 * float(toy.uncertainty(*level(noised)).diagonal().mean())
    assert float(losses.mean()) == pytest.approx(expected, abs=bound_of_mean(losses) + 1e-5 * expected)


PERTURBATIONS: list[Callable[[torch.Tensor], torch.Tensor]] = [
    lambda x: torch.full_like(x, 0.05),
    lambda x: -0.1 * x,
    lambda x: 0.1 * torch.sin(3 * x),
    lambda x: 0.05 * x.flip(1) ** 2,
]


@pytest.mark.parametrize(("name", "toy_name", "t"), CASES)
def test_any_perturbation_of_the_optimum_costs_its_own_square(name: ObjectiveName, toy_name: str, t: float) -> None:
    toy, objective = TOYS[toy_name], objective_of(name)
    noised = noised_toy(objective, toy, t)
    best, x = optimum(name, toy, noised), noised.sample.double()
    for perturb in PERTURBATIONS:
        extra = (objective.loss(best + perturb(x), noised) - objective.loss(best, noised)).double()
        cost = float(perturb(x).square().mean())
        # what is left over is 2δ·(optimum - target), which has no mean
        assert float(extra.mean()) == pytest.approx(cost, abs=bound_of_mean(extra) + 1e-6)
        assert cost > 0


@pytest.mark.parametrize(("name", "toy_name", "t"), CASES)
def test_clean_guess_and_score_of_the_optimum_are_the_closed_forms(
    name: ObjectiveName, toy_name: str, t: float
) -> None:
    toy, objective = TOYS[toy_name], objective_of(name)
    noised = noised_toy(objective, toy, t, count=500)
    prediction, (alpha, sigma) = optimum(name, toy, noised), level(noised)
    x_t = mixed(noised)
    # float32 rounding of x_t, of about that size, is amplified where x0 has to be divided out of much noise
    scale = max(1.0, float(x_t.abs().max()) / alpha)
    guess = objective.clean_guess(prediction, noised).double()
    torch.testing.assert_close(guess, toy.clean(x_t, alpha, sigma), rtol=1e-5, atol=1e-6 * scale)
    score = objective.score(prediction, noised).double()
    torch.testing.assert_close(score, toy.score(x_t, alpha, sigma), rtol=1e-5, atol=1e-5 / min(sigma, 1.0))
    torch.testing.assert_close(noised.x_t.double(), x_t, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_linear_network_learns_the_closed_form(name: ObjectiveName) -> None:
    toy, objective = plane(), build(name, {**LATENT, "sigma_data": 1.0})
    times, batch, steps = torch.tensor([0.2, 0.5, 0.8]), 192, 250
    generator = seeded()
    matrix = torch.zeros((len(times), 2, 2), requires_grad=True)
    bias = torch.zeros((len(times), 1, 2), requires_grad=True)
    optimiser = torch.optim.SGD([matrix, bias], lr=0.4)
    decay = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.01, steps)

    def predict(sample: torch.Tensor) -> torch.Tensor:
        return (sample.reshape(len(times), -1, 2) @ matrix + bias).reshape(-1, 2)

    for _ in range(steps):
        clean = toy.draw(len(times) * batch, generator)
        noise = torch.randn(clean.shape, generator=generator)
        noised = objective.at(clean, noise, times.repeat_interleave(batch))
        loss = objective.loss(predict(noised.sample), noised).mean() * len(times) * 2  # each time at its own full rate
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        decay.step()

    clean = toy.draw(len(times) * 500, generator)
    noised = objective.at(clean, torch.randn(clean.shape, generator=generator), times.repeat_interleave(500))
    guess = objective.clean_guess(predict(noised.sample), noised).detach().double()
    for part in range(len(times)):
        rows = slice(part * 500, (part + 1) * 500)
        alpha, sigma = float(noised.alpha[rows][0]), float(noised.sigma[rows][0])
        best = toy.clean(noised.x_t[rows].double(), alpha, sigma)
        _, q = target_by_x0(name, alpha, sigma) if name is not ObjectiveName.EDM else (0, math.sqrt(1 + 1 / sigma**2))
        gap = (guess[rows] - best).square().mean().sqrt() * abs(q)  # in the units of the prediction, about 1
        assert gap < 0.04, f"at t = {times[part]}"


# Noise levels against diffusers and the stochastic differential equations


@pytest.mark.parametrize("schedule", [LATENT, LINEAR, COSINE, TERMINAL])
@pytest.mark.parametrize("scheduler_type", [DDPMScheduler, DDIMScheduler])
@pytest.mark.parametrize("name", [ObjectiveName.EPSILON, ObjectiveName.V])
def test_discrete_objectives_noise_as_diffusers_does(
    schedule: Mapping[str, Any], scheduler_type: Any, name: ObjectiveName
) -> None:
    scheduler = scheduler_type(**schedule)
    clean, noise = torch.randn((6, 4, 3, 3), generator=seeded(1)), torch.randn((6, 4, 3, 3), generator=seeded(2))
    u = torch.tensor([0.0001, 0.2, 0.4, 0.6, 0.8, 0.9999])
    noised = build(name, schedule).noised(clean, noise, u)
    assert noised.timestep.tolist() == [0, 200, 400, 600, 800, 999]
    expected = scheduler.add_noise(clean, noise, noised.timestep)
    torch.testing.assert_close(noised.sample, expected, rtol=1e-5, atol=1e-5)
    if name is ObjectiveName.V:
        velocity = scheduler.get_velocity(clean, noise, noised.timestep)
        torch.testing.assert_close(noised.target, velocity, rtol=1e-5, atol=1e-5)
    else:
        assert torch.equal(noised.target, noise)


def rate(schedule: Mapping[str, Any]) -> Callable[[float], float]:
    """β(t) of the VP SDE by its definition."""
    first, last = 1000 * schedule["beta_start"], 1000 * schedule["beta_end"]
    if schedule["beta_schedule"] == "linear":
        return lambda t: float(first + t * (last - first))
    return lambda t: float((math.sqrt(first) + t * (math.sqrt(last) - math.sqrt(first))) ** 2)


@pytest.mark.parametrize("schedule", [LATENT, LINEAR])
@pytest.mark.parametrize("t", [1e-3, 0.1, 0.5, 1.0])
def test_the_vp_sde_has_the_marginals_of_its_equation(schedule: Mapping[str, Any], t: float) -> None:
    noised = build(ObjectiveName.VP_SDE, schedule).at(torch.zeros(1), torch.zeros(1), torch.tensor([t]))
    integral = quad(rate(schedule), 0, t)[0]
    assert float(noised.alpha) == pytest.approx(math.exp(-integral / 2), rel=1e-5)
    assert float(noised.sigma) == pytest.approx(math.sqrt(1 - math.exp(-integral)), rel=1e-5)


@pytest.mark.parametrize("t", [1e-3, 0.1, 0.5, 0.99])
def test_the_vp_sde_of_a_cosine_schedule_has_its_alpha_bar(t: float) -> None:
    noised = build(ObjectiveName.VP_SDE, COSINE).at(torch.zeros(1), torch.zeros(1), torch.tensor([t]))
    bar, start = (math.cos((time + 0.008) / 1.008 * math.pi / 2) ** 2 for time in (t, 0.0))
    assert float(noised.alpha) ** 2 == pytest.approx(bar / start, rel=1e-4)
    assert float(noised.sigma) ** 2 == pytest.approx(1 - bar / start, rel=1e-4)


@pytest.mark.parametrize("schedule", [LATENT, LINEAR, COSINE])
def test_a_network_of_the_vp_sde_can_be_sampled_on_the_chain(schedule: Mapping[str, Any]) -> None:
    u = torch.linspace(0, 1, 200)
    noised = build(ObjectiveName.VP_SDE, schedule).noised(torch.zeros(200), torch.zeros(200), u)
    chain = DDPMScheduler(**schedule).alphas_cumprod.sqrt()
    assert 0 <= float(noised.timestep.min()) < 0.01
    assert 998.9 < float(noised.timestep.max()) <= 999
    torch.testing.assert_close(noised.alpha, chain[noised.timestep.round().long()], rtol=0, atol=0.01)


def test_the_ve_sde_grows_geometrically_between_its_bounds() -> None:
    objective = build(ObjectiveName.VE_SDE, {**LATENT, "sigma_min": 0.01, "sigma_max": 50.0})
    noised = objective.at(torch.zeros(3), torch.zeros(3), torch.tensor([0.0, 0.5, 1.0]))
    torch.testing.assert_close(noised.sigma, torch.tensor([0.01, math.sqrt(0.5), 50.0]), rtol=1e-5, atol=0)
    assert noised.alpha.tolist() == [1, 1, 1]


def test_a_network_of_the_ve_sde_is_asked_as_the_euler_sampler_asks() -> None:
    euler = EulerDiscreteScheduler(**LATENT, timestep_spacing="trailing")
    with quiet():
        euler.set_timesteps(50)
    clean, noise = torch.randn((1, 4), generator=seeded(1)), torch.randn((1, 4), generator=seeded(2))
    for sigma, timestep in zip(euler.sigmas[:-1:7], euler.timesteps[::7], strict=True):
        objective = build(ObjectiveName.VE_SDE, {**LATENT, "sigma_min": 0.001, "sigma_max": float(sigma)})
        noised = objective.at(clean, noise, torch.ones(1))
        assert float(noised.timestep) == pytest.approx(float(timestep), abs=0.01)
        scaled = (clean + sigma * noise) / (sigma**2 + 1).sqrt()
        torch.testing.assert_close(noised.sample, scaled, rtol=1e-5, atol=1e-5)
    steepest = build(ObjectiveName.VE_SDE, TERMINAL).at(clean, noise, torch.ones(1))
    assert float(steepest.sigma) == pytest.approx(80.0)
    below = int(steepest.timestep)
    bars = DDPMScheduler(**TERMINAL).alphas_cumprod
    low, high = ((1 - bars[below : below + 2]) / bars[below : below + 2]).sqrt().tolist()
    assert low < 80 < high


@pytest.mark.parametrize("t", [0.0, 0.3, 1.0])
def test_edm_preconditions_as_diffusers_does(t: float) -> None:
    scheduler = EDMEulerScheduler(sigma_min=0.002, sigma_max=80.0, sigma_data=0.5, rho=7.0)
    objective = build(ObjectiveName.EDM, scheduler.config)
    clean, noise = torch.randn((1, 4), generator=seeded(1)), torch.randn((1, 4), generator=seeded(2))
    noised = objective.at(clean, noise, torch.tensor([t]))
    sigma = float(noised.sigma)
    assert sigma == pytest.approx((0.002 ** (1 / 7) * (1 - t) + 80 ** (1 / 7) * t) ** 7, rel=1e-5)
    x = clean + sigma * noise
    torch.testing.assert_close(noised.sample, scheduler.precondition_inputs(x, sigma), rtol=1e-5, atol=1e-6)
    assert float(noised.timestep) == pytest.approx(float(scheduler.precondition_noise(noised.sigma)), rel=1e-5)
    output = torch.randn((1, 4), generator=seeded(3))
    guess = objective.clean_guess(output, noised)
    torch.testing.assert_close(guess, scheduler.precondition_outputs(x, output, sigma), rtol=1e-4, atol=1e-5)
    # λ(σ)‖D - x0‖² of the paper, with λ = (σ² + σ_data²)/(σ·σ_data)², is the plain loss on F
    paper = (sigma**2 + 0.25) / (sigma * 0.5) ** 2 * (guess.double() - clean.double()).square().mean()
    if sigma > 0.1:  # below, the paper's form subtracts nearly equal float32 numbers
        assert float(objective.loss(output, noised)) == pytest.approx(float(paper), rel=1e-3)


def test_flow_noises_as_diffusers_does() -> None:
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
    clean, noise = torch.randn((1, 4), generator=seeded(1)), torch.randn((1, 4), generator=seeded(2))
    objective = build(ObjectiveName.FLOW, scheduler.config)
    for index in (0, 500, 999):
        timestep, sigma = scheduler.timesteps[index], scheduler.sigmas[index]
        noised = objective.at(clean, noise, sigma.reshape(1))
        assert float(noised.timestep) == pytest.approx(float(timestep), rel=1e-5)
        scheduler.set_begin_index(0)
        expected = scheduler.scale_noise(clean, timestep.reshape(1), noise)
        torch.testing.assert_close(noised.sample, expected if index == 0 else (1 - sigma) * clean + sigma * noise)
        torch.testing.assert_close(noised.target, noise - clean)


# Densities of the noise levels


def sigmas_drawn(objective: Objective, count: int = 20_000) -> Any:
    zeros = torch.zeros(count)
    return objective.noised(zeros, zeros, torch.rand(count, generator=seeded(3))).sigma.double().numpy()


@pytest.mark.parametrize(("shift", "own"), [(1.0, 1.0), (3.0, 1.0), (2.0, 1.5)])
def test_times_of_a_flow_are_logit_normal_and_shifted(shift: float, own: float) -> None:
    t = sigmas_drawn(build(ObjectiveName.FLOW, {"flow_shift": own, "prediction_type": "flow_prediction"}, shift=shift))
    # odds are multiplied by the shift, so the logit moves by its logarithm
    assert stats.kstest(np.log(t / (1 - t)), stats.norm(math.log(shift * own), 1).cdf).pvalue > 0.01


def test_noise_of_edm_is_log_normal() -> None:
    assert (
        stats.kstest(sigmas_drawn(build(ObjectiveName.EDM, {})), stats.lognorm(1.2, scale=math.exp(-1.2)).cdf).pvalue
        > 0.01
    )


def test_noise_of_the_ve_sde_is_log_uniform() -> None:
    sigmas = sigmas_drawn(build(ObjectiveName.VE_SDE, {"sigma_min": 0.01, "sigma_max": 50.0}))
    assert stats.kstest(sigmas, stats.loguniform(0.01, 50).cdf).pvalue > 0.01


def test_times_of_the_vp_sde_are_uniform() -> None:
    zeros = torch.zeros(20_000)
    u = torch.rand(20_000, generator=seeded(3))
    timesteps = build(ObjectiveName.VP_SDE, LATENT).noised(zeros, zeros, u).timestep.numpy()
    assert stats.kstest(timesteps, stats.uniform(0, 999).cdf).pvalue > 0.01


@pytest.mark.parametrize("name", [ObjectiveName.EPSILON, ObjectiveName.V])
def test_each_timestep_of_a_chain_has_an_equal_share(name: ObjectiveName) -> None:
    zeros, u = torch.zeros(5000), (torch.arange(5000) + 0.5) / 5000
    timesteps = build(name, LATENT).noised(zeros, zeros, u).timestep
    assert torch.bincount(timesteps).tolist() == [5] * 1000


# Weights


def test_min_snr_weights_are_those_of_the_paper() -> None:
    # ᾱ = 0.9, 0.5 and 0.2, so SNR = 9, 1 and 1/4
    schedule = {"trained_betas": [0.1, 4 / 9, 0.6]}
    zeros, timesteps = torch.zeros(3), torch.arange(3)
    hand = {ObjectiveName.EPSILON: [5 / 9, 1.0, 1.0], ObjectiveName.V: [5 / 10, 1 / 2, 0.25 / 1.25]}
    for name, weights in hand.items():
        objective = build(name, schedule, Weighting.MIN_SNR)
        assert isinstance(objective, DiscreteObjective)
        noised = objective.at_timestep(zeros, zeros, timesteps)
        torch.testing.assert_close(noised.weight, torch.tensor(weights))


def test_min_snr_weighs_errors_in_x0_for_the_others_too() -> None:
    flow = build(ObjectiveName.FLOW, {}, Weighting.MIN_SNR)
    # SNR = 9, 1 and 1/9; the error in x0 is t times the error in the velocity
    weights = flow.at(torch.zeros(3), torch.zeros(3), torch.tensor([0.25, 0.5, 0.75])).weight
    torch.testing.assert_close(weights, torch.tensor([5 / 16, 1 / 4, 1 / 16]))
    edm = build(ObjectiveName.EDM, {}, Weighting.MIN_SNR)
    # one standard deviation above the mean is σ = 1: SNR = 1, and c_out² = 0.25/1.25
    torch.testing.assert_close(
        edm.noised(torch.zeros(1), torch.zeros(1), torch.tensor([0.841344746])).weight, torch.tensor([0.2])
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_min_snr_loss_is_the_capped_error_in_x0(name: ObjectiveName) -> None:
    objective = objective_of(name, Weighting.MIN_SNR)
    for t in (0.2, 0.5, 0.8):
        noised = noised_toy(objective, plane(), t, count=50)
        prediction = noised.target + torch.randn(noised.target.shape, generator=seeded(4))
        squared = (objective.clean_guess(prediction, noised) - noised.clean).square().mean(1)
        snr = (noised.alpha / noised.sigma).square()
        torch.testing.assert_close(objective.loss(prediction, noised), snr.clamp(max=5) * squared, rtol=2e-3, atol=1e-5)


# Shapes, number formats, ends and errors

SHAPES = st.one_of(
    st.tuples(st.integers(1, 5)),
    st.tuples(st.integers(1, 4), st.integers(1, 5)),
    st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5), st.integers(1, 5)),
)


@given(
    name=st.sampled_from(NAMES),
    weighting=st.sampled_from(Weighting),
    shape=SHAPES,
    dtype=st.sampled_from([torch.float32, torch.bfloat16, torch.float16]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60)
def test_every_shape_and_number_format_is_computed_in_float32(
    name: ObjectiveName, weighting: Weighting, shape: tuple[int, ...], dtype: torch.dtype, seed: int
) -> None:
    generator = seeded(seed)
    objective = objective_of(name, weighting)
    clean, noise, output = (torch.randn(shape, generator=generator).to(dtype) for _ in range(3))
    u = torch.rand(shape[0], generator=generator)
    noised = objective.noised(clean, noise, u)
    exact = objective.noised(clean.float(), noise.float(), u)
    for part in ("sample", "target"):
        assert getattr(noised, part).shape == shape
        assert getattr(noised, part).dtype is torch.float32
        assert torch.equal(getattr(noised, part), getattr(exact, part))
    for part in ("timestep", "weight", "alpha", "sigma"):
        assert getattr(noised, part).shape == shape[:1]
    loss = objective.loss(output, noised)
    assert loss.shape == shape[:1]
    assert torch.equal(loss, objective.loss(output.float(), exact))
    # a target that is hit costs nothing and gives the clean data back
    assert not objective.loss(noised.target, noised).any()
    for value in (objective.clean_guess(output, noised), objective.score(output, noised)):
        assert value.shape == shape
        assert value.dtype is torch.float32
        assert value.isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_a_prediction_that_hits_gives_back_the_clean_data(name: ObjectiveName) -> None:
    objective = objective_of(name)
    noised = noised_toy(objective, plane(), 0.6, count=100)
    torch.testing.assert_close(objective.clean_guess(noised.target, noised), noised.clean, rtol=1e-4, atol=1e-4)
    conditional = -noised.noise / noised.sigma.reshape(-1, 1)  # the score of q(x_t | x0)
    torch.testing.assert_close(objective.score(noised.target, noised), conditional, rtol=1e-4, atol=1e-4)


ENDS = [
    (name, schedule)
    for name in NAMES
    for schedule in (LATENT, COSINE, TERMINAL)
    if not (name is ObjectiveName.VP_SDE and schedule is TERMINAL)  # refused, see below
]


@pytest.mark.parametrize("weighting", Weighting)
@pytest.mark.parametrize(("name", "schedule"), ENDS)
def test_both_ends_are_finite(name: ObjectiveName, weighting: Weighting, schedule: Mapping[str, Any]) -> None:
    objective = build(name, schedule, weighting)
    clean, noise = torch.randn((4, 2), generator=seeded(1)), torch.randn((4, 2), generator=seeded(2))
    at_ends = objective.at(clean, noise, torch.tensor([0.0, 1.0, 0.0, 1.0]))
    drawn = objective.noised(clean, noise, torch.tensor([0.0, 1.0, 1e-9, 1 - 1e-7]))
    for noised in (at_ends, drawn):
        values = (noised.sample, noised.timestep, noised.target, noised.weight, noised.alpha, noised.sigma)
        derived = (objective.loss(noise, noised), objective.clean_guess(noise, noised), objective.score(noise, noised))
        for value in (*values, *derived):
            assert value.isfinite().all()


@given(name=st.sampled_from(NAMES), times=st.lists(st.floats(0, 1), min_size=2, max_size=8))
@settings(max_examples=50)
def test_log_snr_falls_with_time_and_is_that_of_the_levels(name: ObjectiveName, times: list[float]) -> None:
    objective, t = objective_of(name), torch.tensor(sorted(times))
    log_snr = objective.log_snr(t)
    assert (log_snr.diff() <= 1e-5).all()
    assert (log_snr.abs() <= 18.5).all()
    noised = objective.at(torch.zeros(len(t)), torch.zeros(len(t)), t)
    inside = (noised.alpha > 1e-4) & (noised.sigma > 1e-4)
    ratio = (noised.alpha / noised.sigma).square().log()
    torch.testing.assert_close(log_snr[inside], ratio[inside], rtol=1e-4, atol=1e-4)


def test_auto_follows_what_the_model_predicts() -> None:
    found = {kind: build(ObjectiveName.AUTO, {"prediction_type": kind}).name for kind in ("epsilon", "v_prediction")}
    assert found == {"epsilon": "epsilon", "v_prediction": "v"}
    assert natural_objective({}) is ObjectiveName.EPSILON
    assert natural_objective({"prediction_type": "flow_prediction"}) is ObjectiveName.FLOW
    assert natural_objective({"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0}) is ObjectiveName.FLOW
    for name in NAMES:
        assert build(name, {}).name == name


@pytest.mark.parametrize(
    ("name", "schedule", "kind"),
    [
        (ObjectiveName.AUTO, {"prediction_type": "sample"}, ErrorKind.INPUT),
        (ObjectiveName.VP_SDE, TERMINAL, ErrorKind.INPUT),
        (ObjectiveName.VP_SDE, {"trained_betas": [0.1, 0.2]}, ErrorKind.INPUT),
        (ObjectiveName.EDM, {"sigma_data": 0}, ErrorKind.MODEL),
        (ObjectiveName.VE_SDE, {"sigma_max": "many"}, ErrorKind.MODEL),
        (ObjectiveName.EPSILON, {"beta_schedule": "sigmoid"}, ErrorKind.MODEL),
    ],
)
def test_what_does_not_fit_is_refused_with_a_hint(
    name: ObjectiveName, schedule: dict[str, Any], kind: ErrorKind
) -> None:
    with pytest.raises(StudioError) as raised:
        build(name, schedule)
    assert raised.value.problem.kind is kind
    assert raised.value.problem.hint
