"""The variational bound: each part against its definition, the whole against the entropy of Gaussian data."""

import math
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from diffusers import DDPMScheduler
from torch.distributions import Normal, kl_divergence

from studio.domain.errors import ErrorKind, StudioError
from studio.engine.train.bound import Predict, bits_per_dim, eight_bit_decoder, gaussian_decoder
from tests.engine.train.gaussian import Gaussian, line, plane

BITS = 1 / math.log(2)


def seeded(seed: int = 1) -> torch.Generator:
    return torch.Generator("cpu").manual_seed(seed)


def chain(length: int, **more: Any) -> dict[str, Any]:
    """The linear schedule of Ho et al. in `length` steps, with the same ends however long it is."""
    return {"num_train_timesteps": length, "beta_start": 0.1 / length, "beta_end": 20 / length, **more}


def even(length: int, **more: Any) -> dict[str, Any]:
    """A schedule whose log-SNR falls from 9 to -7 in equal steps, so that a longer chain is finer everywhere."""
    bars = torch.linspace(9, -7, length, dtype=torch.float64).sigmoid()
    betas = 1 - bars / torch.cat((torch.ones(1, dtype=torch.float64), bars[:-1]))
    return {"num_train_timesteps": length, "trained_betas": betas.tolist(), **more}


def levels(schedule: Mapping[str, Any]) -> torch.Tensor:
    """ᾱ in float64."""
    betas: torch.Tensor = DDPMScheduler(**schedule).betas.double()
    return (1 - betas).cumprod(0)


def optimal(toy: Gaussian, schedule: Mapping[str, Any]) -> Predict:
    """The best possible network for Gaussian data: E[ε | x_t], or E[v | x_t] where the schedule says so."""
    bars = levels(schedule)

    def predict(x_t: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
        alpha, sigma = float(bars[timestep[0]].sqrt()), float((1 - bars[timestep[0]]).sqrt())
        clean = toy.clean(x_t.double(), alpha, sigma)
        noise = (x_t.double() - alpha * clean) / sigma
        return alpha * noise - sigma * clean if schedule.get("prediction_type") == "v_prediction" else noise

    return predict


def crude(x_t: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
    """A network that is wrong by a different amount at each timestep."""
    return 0.7 * x_t + 0.1 * timestep.reshape(-1, 1).sin()


def test_each_term_is_the_divergence_of_the_posterior_from_the_reverse_step() -> None:
    schedule = chain(30)
    scheduler = DDPMScheduler(**schedule)
    betas, bars = scheduler.betas.double(), scheduler.alphas_cumprod.double()
    x0 = plane().draw(7, seeded())
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []

    def predict(x_t: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
        seen.append((x_t.double(), timestep))
        return crude(x_t, timestep)

    bound = bits_per_dim(predict, x0, schedule, seeded())
    assert bound.terms.shape == (7, 29)
    for place, (x_t, timestep) in enumerate(seen[:29]):
        t = int(timestep[0])
        assert bound.timesteps[:, place].tolist() == [t] * 7
        beta, bar, before = betas[t], bars[t], bars[t - 1]
        # Ho et al. 2020, equations 6 and 7
        mean = (before.sqrt() * beta * x0 + (1 - beta).sqrt() * (1 - before) * x_t) / (1 - bar)
        std = ((1 - before) / (1 - bar) * beta).sqrt()
        # ... and 11
        guess = (x_t - beta / (1 - bar).sqrt() * crude(x_t, timestep)) / (1 - beta).sqrt()
        expected = kl_divergence(Normal(mean, std), Normal(guess, std)).mean(1) * BITS
        torch.testing.assert_close(bound.terms[:, place].double(), expected, rtol=1e-3, atol=1e-6)
    assert sorted(int(timestep[0]) for _, timestep in seen) == list(range(30))


def test_prior_and_reconstruction_follow_their_definitions() -> None:
    schedule = chain(30)
    scheduler = DDPMScheduler(**schedule)
    x0 = plane().draw(7, seeded())
    bound = bits_per_dim(lambda x_t, _: 0.5 * x_t, x0, schedule, seeded())
    last = scheduler.alphas_cumprod[-1].double()
    standard = Normal(torch.zeros_like(x0), torch.ones_like(x0))
    prior = kl_divergence(Normal(last.sqrt() * x0, (1 - last).sqrt() * torch.ones_like(x0)), standard).mean(1) * BITS
    torch.testing.assert_close(bound.prior.double(), prior, rtol=1e-4, atol=1e-7)
    whole = bound.prior + (bound.multiplicity * bound.terms).sum(1) + bound.reconstruction
    torch.testing.assert_close(bound.total, whole)
    assert bound.multiplicity.tolist() == [1] * 29
    # with the right x0 put out, only the decoder's own width is left: ½ log₂(2πe·β_1) less the missing ½ log₂ e
    bars = levels(schedule).reshape(-1, 1)
    exact = bits_per_dim(lambda x_t, t: (x_t - bars[t].sqrt() * x0) / (1 - bars[t]).sqrt(), x0, schedule, seeded())
    beta = float(scheduler.betas[0])
    expected = torch.full((7,), math.log2(2 * math.pi * beta) / 2)
    torch.testing.assert_close(exact.reconstruction, expected, rtol=0, atol=1e-3)
    assert float(exact.terms.max()) < 1e-6


@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("toy", [line(0.2, 0.6), plane()], ids=["line", "plane"])
def test_the_bound_of_the_optimum_nears_the_entropy_as_the_chain_grows(toy: Gaussian, prediction_type: str) -> None:
    x0 = toy.draw(2000, seeded())
    dimensions = len(toy.mean)
    surprise = -torch.distributions.MultivariateNormal(toy.mean, toy.covariance).log_prob(x0) * BITS / dimensions
    entropy = (dimensions * math.log2(2 * math.pi * math.e) + float(toy.covariance.logdet()) * BITS) / 2 / dimensions
    assert float(surprise.mean()) == pytest.approx(entropy, abs=0.1)
    gaps = []
    for length in (20, 80, 320):
        schedule = even(length, prediction_type=prediction_type)
        bound = bits_per_dim(optimal(toy, schedule), x0, schedule, seeded(2))
        gaps.append(float((bound.total.double() - surprise).mean()))
    # what is paid above the entropy is in proportion to the step, and nothing remains in the limit
    assert gaps[0] > 2.5 * gaps[1] > 6 * gaps[2] > 0
    assert gaps[2] < 0.2
    assert (4 * gaps[2] - gaps[1]) / 3 == pytest.approx(0, abs=0.05)


def test_terms_of_the_optimum_have_their_closed_form() -> None:
    toy, schedule = plane(), even(20)
    bars = levels(schedule)
    bound = bits_per_dim(optimal(toy, schedule), toy.draw(20_000, seeded()), schedule, seeded(2))
    snr = bars / (1 - bars)
    for place in range(19):
        t = int(bound.timesteps[0, place])
        left = float(toy.uncertainty(float(bars[t].sqrt()), float((1 - bars[t]).sqrt())).diagonal().mean())
        expected = float(snr[t - 1] - snr[t]) / 2 * left * BITS
        term = bound.terms[:, place]
        assert float(term.mean()) == pytest.approx(expected, abs=5 * float(term.std()) / math.sqrt(len(term)))


def test_a_worse_network_has_a_larger_bound() -> None:
    toy, schedule = line(0.2, 0.6), chain(50)
    best, x0 = optimal(toy, schedule), toy.draw(2000, seeded())

    def total(wrong: float) -> float:
        return float(bits_per_dim(lambda x_t, t: best(x_t, t) + wrong, x0, schedule, seeded()).total.mean())

    totals = [total(wrong) for wrong in (0.0, 0.1, 0.2)]
    assert totals == sorted(totals)
    assert totals[2] - totals[0] > 0.01


@pytest.mark.parametrize("evaluations", [1, 3, 7])
def test_an_estimate_from_few_timesteps_has_the_same_mean(evaluations: int) -> None:
    schedule = even(40)
    x0 = torch.full((30_000, 1), 0.4)
    whole = bits_per_dim(crude, x0, schedule, seeded(1)).total.double()
    part = bits_per_dim(crude, x0, schedule, seeded(2), evaluations=evaluations)
    assert part.terms.shape == part.timesteps.shape == (30_000, evaluations)
    assert int(part.multiplicity.sum()) == 39
    total = part.total.double()
    error = math.sqrt(float(whole.var() + total.var()) / len(x0))
    assert float(total.mean()) == pytest.approx(float(whole.mean()), abs=4 * error)
    assert error < 0.03 * float(whole.mean()), "the test would not see a bias"
    # each timestep of a stretch is as likely as the others, and none is left out
    counts = torch.bincount(part.timesteps.flatten(), minlength=40)
    assert counts[0] == 0
    share = 30_000 / part.multiplicity.repeat_interleave(part.multiplicity)
    assert ((counts[1:] - share).abs() < 5 * share.sqrt()).all()


def test_the_generator_decides_everything_and_more_evaluations_than_timesteps_are_all() -> None:
    x0 = plane().draw(4, seeded())
    first = bits_per_dim(crude, x0, chain(30), seeded(5), evaluations=3)
    torch.testing.assert_close(first.total, bits_per_dim(crude, x0, chain(30), seeded(5), evaluations=3).total)
    assert not torch.equal(first.total, bits_per_dim(crude, x0, chain(30), seeded(6), evaluations=3).total)
    assert bits_per_dim(crude, x0, chain(30), seeded(5), evaluations=99).terms.shape == (4, 29)


def test_pictures_in_bf16_are_computed_in_float32() -> None:
    x0 = torch.rand((2, 3, 4, 4), generator=seeded()).to(torch.bfloat16)
    bound = bits_per_dim(lambda x_t, _: x_t, x0, chain(30), seeded())
    assert bound.total.shape == (2,)
    assert bound.total.dtype is torch.float32
    assert torch.equal(bound.total, bits_per_dim(lambda x_t, _: x_t, x0.float(), chain(30), seeded()).total)


@pytest.mark.parametrize("std", [0.003, 0.01, 0.2])
@pytest.mark.parametrize("mean", [-1.0, -0.2, 0.003, 0.99])
def test_the_bins_of_eight_bits_are_a_distribution(mean: float, std: float) -> None:
    values = torch.arange(256) / 127.5 - 1
    nats = eight_bit_decoder(values, torch.full((256,), mean), std)
    assert float((-nats.double()).exp().sum()) == pytest.approx(1, abs=1e-4)
    edges = Normal(mean, std).cdf(values[100:102].double().mean())
    assert float((-nats[:101].double()).exp().sum()) == pytest.approx(float(edges), abs=1e-4)


def test_the_decoders_agree_where_bins_are_narrow_and_stay_finite_far_out() -> None:
    values = (torch.arange(1, 255) / 127.5 - 1)[::5]
    mean = values + 0.05
    discrete = eight_bit_decoder(values, mean, 0.1)
    torch.testing.assert_close(discrete, gaussian_decoder(values, mean, 0.1) - math.log(2 / 255), rtol=0, atol=1e-3)
    far = eight_bit_decoder(torch.tensor([-1.0, -0.5, 0.5, 1.0]), torch.tensor([1.0, 1.0, -1.0, -1.0]), 0.01)
    assert far.isfinite().all()
    assert (far > 1000).all()
    normal = -Normal(mean, 0.1).log_prob(values)
    torch.testing.assert_close(gaussian_decoder(values, mean, 0.1), normal)


def test_the_bound_of_eight_bit_data_nears_its_entropy() -> None:
    toy, schedule = line(0.0, 0.25), even(320)
    x0 = ((toy.draw(4000, seeded()) + 1) * 127.5).round().clamp(0, 255) / 127.5 - 1
    bound = bits_per_dim(optimal(toy, schedule), x0, schedule, seeded(2), decoder=eight_bit_decoder)
    # fine bins hold the density times their width
    entropy = math.log2(2 * math.pi * math.e * 0.25**2) / 2 + math.log2(127.5)
    assert entropy < float(bound.total.mean()) < entropy + 0.3


def test_with_zero_terminal_snr_the_prior_costs_nothing() -> None:
    schedule = chain(50, rescale_betas_zero_snr=True, prediction_type="v_prediction")
    bound = bits_per_dim(lambda x_t, _: -x_t, plane().draw(3, seeded()), schedule, seeded())
    assert bound.prior.tolist() == [0, 0, 0]
    assert bound.total.isfinite().all()


def test_a_model_that_is_no_chain_is_refused() -> None:
    with pytest.raises(StudioError) as raised:
        bits_per_dim(crude, torch.zeros(1, 1), {"prediction_type": "flow_prediction"}, seeded())
    assert raised.value.problem.kind is ErrorKind.INPUT
    assert raised.value.problem.hint
