"""The Lab's figures are exact: each is held against diffusers, a closed form or an ordinary job."""

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.domain.catalog import FAMILIES, PICTURE_FAMILIES, Family
from studio.domain.errors import ErrorKind, JobCancelled, StudioError
from studio.domain.geometry import Size
from studio.domain.messages import Event, Finished, PathStep, Run, Studied
from studio.domain.recipe import SourceImage
from studio.domain.samplers import SAMPLERS
from studio.domain.schedules import LATENT, PLAIN, PLOTTED, Chain, level
from studio.domain.study import Frame, Study
from studio.domain.training import ObjectiveName
from studio.engine.libraries import diffusers, quiet, torch
from studio.engine.models import LoadedModel
from studio.engine.pictures import decode
from studio.engine.preview import synthetic_pictures
from studio.engine.run import StudioEngine
from studio.engine.sampling import build_scheduler
from studio.engine.source import source_tensor
from studio.engine.study import Forwards, encode_clean, equal_snr, heat_map, rms, shown_steps
from studio.engine.train.objectives import build
from studio.imaging.pixels import Pixels
from tests.engine.jobs import Runner

SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
BARE = {"beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear"}
FLOW = {"prediction_type": "flow_prediction", "flow_shift": 1.5}
NAMES = [name for name in ObjectiveName if name is not ObjectiveName.AUTO]


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture on disk."""
    path = tmp_path_factory.mktemp("pictures") / "photo.png"
    pixels = synthetic_pictures(1, 96)[0].permute(1, 2, 0).mul(255).round().to(torch.uint8).numpy()
    Image.fromarray(pixels).save(path)
    return path


Look = Callable[..., list[Event]]


@pytest.fixture
def look(engine: StudioEngine, models: dict[Family, Path], tmp_path: Path) -> Look:
    """Carries out a study on the tiny model of a family."""

    def run(study: Study, family: Family = Family.STARTER, poll: Callable[[], None] = lambda: None) -> list[Event]:
        events: list[Event] = []
        command = Run("look", study, str(models[family]), str(tmp_path))
        finished = engine.run(command, events.append, poll)
        assert isinstance(finished, Finished) and finished.job_id == "look"
        return events

    return run


def study(family: Family = Family.STARTER, **changes: object) -> Study:
    side = 2 * max(16, FAMILIES[family].size_multiple)
    base = Study(prompt="a red fox", size=Size(side, side), seed=7)
    return replace(base, **changes)  # type: ignore[arg-type]


def seen(events: list[Event]) -> Studied:
    (found,) = [event for event in events if isinstance(event, Studied)]
    return found


def path_of(events: list[Event]) -> list[PathStep]:
    return [event for event in events if isinstance(event, PathStep)]


def pixels_of(frame: Frame) -> Pixels:
    return np.frombuffer(frame.rgb, np.uint8).reshape(frame.height, frame.width, 3)


def loaded(engine: StudioEngine, path: Path) -> LoadedModel:
    return engine._model(path, lambda: None, lambda *_: None)


# ---------------------------------------------------------------------------------------------------- forward


def pair() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    clean, noise = torch.randn(2, 1, 4, 8, 8, generator=generator)
    return clean, noise


def test_the_chains_marginal_is_diffusers() -> None:
    """But for the last bit of ᾱ, which diffusers multiplies up in float32 and the objectives in float64."""
    clean, noise = pair()
    forwards = Forwards(ObjectiveName.AUTO, {**SD, "prediction_type": "epsilon"}, clean, noise)
    scheduler = diffusers.DDPMScheduler(**SD)
    different = 0
    for index in (0, 1, 250, 500, 998, 999):
        found = forwards.at(index / 999 if index else 1e-9)
        wanted = scheduler.add_noise(clean, noise, torch.tensor([index]))
        alpha, sigma = (float(value) for value in (found.own.alpha, found.own.sigma))
        assert alpha == pytest.approx(float(scheduler.alphas_cumprod[index]) ** 0.5, rel=2e-6)
        torch.testing.assert_close(found.own.x_t, wanted, rtol=2e-6, atol=2e-6)
        different += int((found.own.x_t != alpha * clean + sigma * noise).sum())
    assert different == 0, "x_t is α·x0 + σ·ε and nothing else"


def test_the_flows_marginal_is_diffusers_bit_for_bit() -> None:
    clean, noise = pair()
    forwards = Forwards(ObjectiveName.AUTO, FLOW, clean, noise)
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler()
    for index in (0, 1, 333, 500, 998):
        t = scheduler.timesteps[index : index + 1]
        found = forwards.at(float(scheduler.sigmas[index]))
        assert torch.equal(found.own.x_t, scheduler.scale_noise(clean, t, noise))


@pytest.mark.parametrize("name", PLOTTED)
@pytest.mark.parametrize(("settings", "chain"), [(SD, LATENT), (BARE, PLAIN), (FLOW, PLAIN)])
def test_the_plotted_schedules_are_those_that_train(name: ObjectiveName, settings: object, chain: Chain) -> None:
    objective = build(name, settings)  # type: ignore[arg-type]
    clean, noise = pair()
    for t in (0.01, 0.2, 0.5, 0.77, 0.99):
        wanted = objective.at(clean, noise, torch.tensor([t]))
        found = level(name, t, chain)
        assert found.alpha == pytest.approx(float(wanted.alpha), rel=1e-4, abs=1e-6)
        assert found.sigma == pytest.approx(float(wanted.sigma), rel=1e-4)
        assert found.log_snr == pytest.approx(float(objective.log_snr(torch.tensor([t]))), abs=1e-3)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("settings", [{**SD, "prediction_type": "epsilon"}, FLOW])
def test_a_foreign_schedule_is_asked_at_equal_noise(name: ObjectiveName, settings: dict[str, object]) -> None:
    clean, noise = pair()
    forwards = Forwards(name, settings, clean, noise)
    for t in (0.3, 0.6):
        found = forwards.at(t)
        ratio = float(found.own.sigma / found.own.alpha)
        assert ratio == pytest.approx(found.sigma / found.alpha, rel=0.02)  # a chain has only whole steps
        chosen = build(name, settings).at(clean, noise, torch.tensor([t]))
        torch.testing.assert_close(found.own.x_t / found.own.alpha, chosen.x_t / chosen.alpha, rtol=0.05, atol=0.05)


def test_epsilon_and_v_are_one_process() -> None:
    clean, noise = pair()
    forwards = Forwards(ObjectiveName.V, {**SD, "prediction_type": "epsilon"}, clean, noise)
    assert forwards.at(0.37).own_t == 0.37


def test_equal_snr_finds_the_time_and_stops_at_the_ends() -> None:
    flow = build(ObjectiveName.FLOW, FLOW)
    assert equal_snr(flow, float(flow.log_snr(torch.tensor([0.2])))) == pytest.approx(0.2, abs=1e-5)
    chain = build(ObjectiveName.EPSILON, SD)
    assert equal_snr(chain, 100.0) == pytest.approx(0.0, abs=1e-6)
    assert equal_snr(chain, -100.0) == 1.0


# ---------------------------------------------------------------------------------------------------- guess and score


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "flow_prediction"])
@pytest.mark.parametrize("t", [0.1, 0.5, 0.9])
def test_of_gaussian_data_guess_and_score_have_their_closed_form(kind: str, t: float) -> None:
    """x0 ~ N(m, s²): E[x0 | x_t] = m + αs²(x_t - αm)/(α²s² + σ²), ∇ log p(x_t) = -(x_t - αm)/(α²s² + σ²)."""
    clean, noise = pair()
    mean, spread = 0.7, 0.4
    forwards = Forwards(ObjectiveName.AUTO, {**SD, "prediction_type": kind}, mean + spread * clean, noise)
    own = forwards.at(t).own
    alpha, sigma = own.alpha.double(), own.sigma.double()
    away, variance = own.x_t.double() - alpha * mean, alpha**2 * spread**2 + sigma**2
    wanted = mean + alpha * spread**2 * away / variance
    best_noise = sigma * away / variance
    best = {
        "epsilon": best_noise,
        "v_prediction": alpha * best_noise - sigma * wanted,
        "flow_prediction": best_noise - wanted,
    }[kind]
    torch.testing.assert_close(forwards.own.clean_guess(best, own).double(), wanted, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(forwards.own.score(best, own).double(), -away / variance, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("family", [Family.STARTER, Family.SD1])
def test_guess_and_score_are_what_the_network_says(
    look: Look, engine: StudioEngine, models: dict[Family, Path], photo: Path, family: Family
) -> None:
    task = study(family, picture=str(photo), t=0.4)
    found = seen(look(task, family))
    model = loaded(engine, models[family])
    clean = encode_clean(model, source_tensor(SourceImage(str(photo)), task.size))
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(task.seed))
    states = model.conditioner.encode(task.prompt, "", False, lambda _: None).positive.states
    if family is Family.STARTER:
        x, time, sigma = 0.6 * clean + 0.4 * noise, 400.0, 0.4
    else:
        time = round(0.4 * 999)
        bar = diffusers.DDPMScheduler(**SD).alphas_cumprod[time]
        x, sigma = bar.sqrt() * clean + (1 - bar).sqrt() * noise, float((1 - bar).sqrt())
    with torch.no_grad():
        output = model.denoiser(x, torch.tensor(time), encoder_hidden_states=states).sample
    noise_found = output + (x - 0.4 * output) if family is Family.STARTER else output
    guess = x - 0.4 * output if family is Family.STARTER else (x - sigma * output) / bar.sqrt()
    score = -noise_found / sigma
    assert found.sigma == pytest.approx(sigma, rel=1e-5)
    assert found.x0_error == pytest.approx(rms(guess - clean), rel=1e-4)
    assert found.score_rms == pytest.approx(rms(score), rel=1e-4)
    assert found.score is not None
    assert found.score.high == pytest.approx(float(score[0].norm(dim=0).max()), rel=1e-4)
    assert np.abs(pixels_of(found.guess).astype(int) - decode(model, guess)).max() <= 1


@pytest.mark.parametrize("family", list(PICTURE_FAMILIES))
def test_every_family_can_be_studied(look: Look, photo: Path, family: Family) -> None:
    events = look(study(family, picture=str(photo), t=0.6, steps=4), family)
    found = seen(events)
    assert math.isfinite(found.x0_error) and found.x0_error > 0
    assert (found.noisy.width, found.noisy.height) == (study(family).size.width, study(family).size.height)
    assert len({found.clean.rgb, found.noisy.rgb, found.guess.rgb}) == 3
    path = path_of(events)
    assert path[0].step == 0 and path[-1].step == path[-1].total and path[-1].t == 0
    assert all(a.t > b.t for a, b in itertools.pairwise(path))


@pytest.mark.parametrize("name", NAMES)
def test_at_0_everything_is_the_picture(
    look: Look, engine: StudioEngine, models: dict[Family, Path], photo: Path, name: ObjectiveName
) -> None:
    task = study(picture=str(photo), t=0.0, steps=5, objective=name)
    events = look(task)
    found = seen(events)
    model = loaded(engine, models[Family.STARTER])
    rebuilt = decode(model, encode_clean(model, source_tensor(SourceImage(str(photo)), task.size)))
    assert np.array_equal(pixels_of(found.guess), rebuilt)
    assert found.guess == found.clean == found.noisy
    assert (found.x0_error, found.sigma, found.alpha, found.score) == (0, 0, 1, None)
    assert not path_of(events), "there is nothing to go back from"


def test_the_score_of_another_schedule_is_scaled_to_it(look: Look, photo: Path) -> None:
    """x = x0 + rε against x' = (1-t)x0 + tε with r = t/(1-t): p'(x') = p(x'/(1-t)) up to a factor."""
    t, edm = 0.5, None
    low, high = 0.002 ** (1 / 7), 80 ** (1 / 7)
    edm = (1 - low) / (high - low)  # where σ = 1, as t/(1-t) is
    own = seen(look(study(picture=str(photo), t=t)))
    other = seen(look(study(picture=str(photo), t=edm, objective=ObjectiveName.EDM)))
    assert other.sigma == pytest.approx(1, rel=1e-5) and other.model_t == pytest.approx(t, abs=1e-5)
    assert own.score_rms is not None and other.score_rms is not None
    assert other.score_rms == pytest.approx(own.score_rms * 0.5, rel=1e-3)
    assert other.x0_error == pytest.approx(own.x0_error, rel=1e-3)


# ---------------------------------------------------------------------------------------------------- reverse


@pytest.mark.parametrize("sampler", ["dpmpp-2m", "euler-a", "unipc"])
@pytest.mark.parametrize("family", list(PICTURE_FAMILIES))
def test_the_path_from_1_is_the_ordinary_job_bit_for_bit(
    look: Look, runner: Runner, photo: Path, family: Family, sampler: str
) -> None:
    task = study(family, picture=str(photo), t=1.0, steps=4, sampler=sampler)
    path = path_of(look(task, family))
    ordinary = runner(task.recipe, family)
    assert np.array_equal(pixels_of(path[-1].picture), ordinary.pixels())
    assert [step.step for step in path] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("sampler", ["ddim", "dpmpp-2m", "euler", "heun", "dpmpp-sde"])
def test_the_path_from_the_middle_is_image_to_image(
    look: Look, engine: StudioEngine, models: dict[Family, Path], photo: Path, sampler: str
) -> None:
    """SDEdit by diffusers' own pipeline, given the same latents and the same generator."""
    task = study(Family.SD1, picture=str(photo), t=0.5, steps=10, sampler=sampler)
    path = path_of(look(task, Family.SD1))
    model = loaded(engine, models[Family.SD1])
    kept = path[0].total
    pipe = model.image_to_image
    pipe.scheduler = build_scheduler(SAMPLERS[sampler], model.schedule, 10, task.seed)
    begun = kept if sampler not in ("heun", "dpmpp-sde") else (kept + 1) // 2
    conditioning = model.conditioner.encode(task.prompt, "", True, lambda _: None)
    with quiet():
        latents = pipe(
            **conditioning.arguments(),
            image=encode_clean(model, source_tensor(SourceImage(str(photo)), task.size)),
            strength=begun / 10,
            num_inference_steps=10,
            guidance_scale=task.guidance,
            generator=torch.Generator().manual_seed(task.seed),
            output_type="latent",
            return_dict=False,
        )[0]
    assert np.array_equal(pixels_of(path[-1].picture), decode(model, latents))


def test_the_path_begins_at_or_below_the_moment_and_ends_at_the_picture(look: Look, photo: Path) -> None:
    for t in (0.2, 0.5, 0.8):
        path = path_of(look(study(picture=str(photo), t=t, steps=20)))
        assert t - 0.1 < path[0].t <= t + 0.001
        assert path[-1].t == 0


def test_where_no_step_is_left_there_is_no_path(look: Look, photo: Path) -> None:
    assert not path_of(look(study(picture=str(photo), t=0.01, steps=3)))


def test_a_long_path_is_shown_in_few_pictures() -> None:
    assert list(shown_steps(3)) == [0, 1, 2]
    for total in (7, 8, 30, 100):
        shown = list(shown_steps(total))
        assert len(shown) == 7 and shown[0] == 0 and shown[-1] < total


# ---------------------------------------------------------------------------------------------------- as a job


def test_equal_studies_give_equal_bytes(look: Look, photo: Path) -> None:
    task = study(picture=str(photo), t=0.7, steps=3, sampler="euler-a")

    def shown() -> list[Event]:
        return [event for event in look(task) if isinstance(event, Studied | PathStep)]

    first = shown()
    look(study(t=0.2, prompt="a boat"))
    assert shown() == first


def test_a_sample_is_drawn_once_and_by_its_own_seed(look: Look) -> None:
    first = look(study(t=0.3, sample_seed=21))
    again = look(study(t=0.6, sample_seed=21, seed=9))
    other = look(study(t=0.6, sample_seed=22, seed=9))
    assert seen(first).clean == seen(again).clean != seen(other).clean
    assert len(first) > len(again), "the second study reports no drawing"


def test_a_changed_file_is_read_again(look: Look, tmp_path: Path) -> None:
    path = tmp_path / "changing.png"
    Image.new("RGB", (40, 40), "red").save(path)
    red = seen(look(study(picture=str(path), t=0.0)))
    Image.new("RGB", (48, 48), "blue").save(path)
    assert seen(look(study(picture=str(path), t=0.0))).clean != red.clean


def test_a_huge_picture_is_scaled_down(look: Look, tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    Image.new("RGB", (6000, 4000), "teal").save(path)
    assert seen(look(study(picture=str(path)))).clean.width == study().size.width


def test_a_broken_picture_is_told_and_the_engine_goes_on(look: Look, tmp_path: Path, photo: Path) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\nnot much")
    for bad in (path, tmp_path / "missing.png"):
        with pytest.raises(StudioError) as told:
            look(study(picture=str(bad)))
        assert told.value.problem.kind is ErrorKind.INPUT and told.value.problem.hint
    assert seen(look(study(picture=str(photo))))


def test_a_study_stops_when_told(look: Look, photo: Path) -> None:
    events: list[int] = []

    def poll() -> None:
        events.append(1)
        if len(events) > 40:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        look(study(picture=str(photo), steps=60, t=1.0), poll=poll)
    assert seen(look(study(picture=str(photo))))


def test_a_study_leaves_no_mark_on_the_next_picture(look: Look, runner: Runner, photo: Path) -> None:
    task = study(Family.SD1, picture=str(photo), t=0.5, steps=6, sampler="euler")
    before = runner(task.recipe, Family.SD1).digests()
    look(task, Family.SD1)
    assert runner(task.recipe, Family.SD1).digests() == before


def test_the_heat_map_is_the_length_at_each_place() -> None:
    field = torch.zeros(1, 2, 2, 3)
    field[0, :, 1, 2] = torch.tensor([3.0, 4.0])
    found = heat_map(field)
    assert (found.width, found.height, found.low, found.high) == (3, 2, 0.0, 5.0)
    assert list(found.levels) == [0, 0, 0, 0, 0, 255]
