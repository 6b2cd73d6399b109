"""Making a part of a picture anew, with tiny models of every family."""

import dataclasses
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.domain.catalog import FAMILIES, PICTURE_FAMILIES, Family
from studio.domain.errors import JobCancelled, StudioError
from studio.domain.inpainting import Infill, Inpaint, Sides
from studio.domain.messages import Phase, Preview, Progress
from studio.domain.recipe import Recipe
from studio.domain.samplers import SAMPLERS
from studio.engine import libraries
from studio.engine.inpainting import Hole, noise_level, open_hole
from studio.engine.libraries import torch
from studio.engine.loading import open_model
from studio.engine.models import LoadedModel
from studio.engine.pictures import Denoising, denoise
from studio.engine.run import StudioEngine
from studio.engine.sampling import NoiseSchedule, build_scheduler
from tests.engine import tiny
from tests.engine.jobs import PLAN, Runner, cancel_when, recipe

FITTING = [
    (family, sampler.id)
    for family in (Family.SD1, Family.STARTER)
    for sampler in SAMPLERS.values()
    if sampler.flow_options is not None or not FAMILIES[family].flow
]


def side_of(family: Family) -> int:
    return recipe(family).size.width


def save_picture(path: Path, side: int) -> Path:
    rows = np.linspace(20, 220, side, dtype=np.uint8)
    pixels = np.stack(np.broadcast_arrays(rows[:, None], rows[None], np.uint8(90)), axis=2)
    Image.fromarray(pixels).save(path)
    return path


def save_mask(path: Path, side: int, where: Any = np.s_[:, :], value: int = 255) -> Path:
    values = np.zeros((side, side), np.uint8)
    values[where] = value
    Image.fromarray(values).save(path)
    return path


def inpainting_recipe(
    tmp_path: Path, family: Family, where: Any = np.s_[:, :], value: int = 255, **settings: Any
) -> Any:
    """A recipe for the whole tiny picture; `settings` are those of Inpaint, and sampler, steps and seed."""
    side = side_of(family)
    image = save_picture(tmp_path / "image.png", side)
    mask = save_mask(tmp_path / "mask.png", side, where, value)
    recipe_settings = {name: settings.pop(name) for name in ("sampler", "steps", "seed", "batch") if name in settings}
    plain = {"infill": Infill.NONE, "feather": 0, "grow": 0}
    found = Inpaint(str(image), str(mask), **{**plain, **settings})
    return dataclasses.replace(recipe(family, **recipe_settings), inpaint=found)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """As in every job."""
    with libraries.quiet():
        yield


@pytest.fixture(scope="module")
def loaded(models: dict[Family, Path]) -> dict[Family, LoadedModel]:
    return {
        family: open_model(path, family, family.value, PLAN, lambda: None, lambda *_: None)
        for family, path in models.items()
    }


def hole_and_latents(model: LoadedModel, wanted: Recipe) -> tuple[Hole, torch.Tensor]:
    """The hole of a recipe, and what denoising it gives."""
    assert wanted.inpaint is not None
    hole = open_hole(model, wanted.inpaint, wanted.size)
    conditioning = model.conditioner.encode("a red fox", "", wanted.sampling.guidance > 1, lambda _: None)
    generator = torch.Generator("cpu").manual_seed(wanted.seed)
    latents = denoise(model, Denoising(wanted, conditioning, generator, None, hole), lambda *_: lambda *_: None)
    return hole, latents


# ------------------------------------------------------------------------------------------------ what comes out


@pytest.mark.parametrize("family", list(PICTURE_FAMILIES))
def test_a_full_mask_at_full_strength_is_text_to_image(runner: Runner, tmp_path: Path, family: Family) -> None:
    inpainted = runner(inpainting_recipe(tmp_path, family), family)
    assert inpainted.digests() == runner(recipe(family), family).digests()


@pytest.mark.parametrize(("family", "strength"), [(family, s) for family in PICTURE_FAMILIES for s in (1.0, 0.7)])
def test_latents_outside_the_mask_are_the_sources_at_the_end(
    loaded: dict[Family, LoadedModel], tmp_path: Path, family: Family, strength: float
) -> None:
    half = side_of(family) // 2
    hole, latents = hole_and_latents(
        loaded[family], inpainting_recipe(tmp_path, family, np.s_[:, :half], strength=strength)
    )
    outside = (hole.free == 0).expand_as(latents)
    assert 0 < int(outside.sum()) < latents.numel()
    assert torch.equal(latents[outside], hole.latents[outside])
    assert not torch.isclose(latents[~outside], hole.latents[~outside]).any()


@pytest.mark.parametrize(("family", "sampler"), FITTING)
def test_every_sampler_keeps_the_outside_and_makes_the_inside(
    loaded: dict[Family, LoadedModel], tmp_path: Path, family: Family, sampler: str
) -> None:
    half = side_of(family) // 2
    wanted = inpainting_recipe(tmp_path, family, np.s_[:half], sampler=sampler, steps=5, strength=0.8)
    hole, latents = hole_and_latents(loaded[family], wanted)
    outside = (hole.free == 0).expand_as(latents)
    assert torch.equal(latents[outside], hole.latents[outside])
    assert not torch.equal(latents[~outside], hole.latents[~outside])
    assert torch.equal(hole_and_latents(loaded[family], wanted)[1], latents)


def test_an_empty_hole_gives_the_source_back(loaded: dict[Family, LoadedModel], tmp_path: Path) -> None:
    model, wanted = loaded[Family.SD1], inpainting_recipe(tmp_path, Family.SD1, np.s_[:2])
    hole = open_hole(model, wanted.inpaint, wanted.size)
    empty = dataclasses.replace(hole, free=torch.zeros_like(hole.free))
    conditioning = model.conditioner.encode("a red fox", "", True, lambda _: None)
    job = Denoising(wanted, conditioning, torch.Generator("cpu").manual_seed(1), None, empty)
    assert torch.equal(denoise(model, job, lambda *_: lambda *_: None), hole.latents)


def test_nothing_of_a_small_mask_is_lost(loaded: dict[Family, LoadedModel], tmp_path: Path) -> None:
    wanted = inpainting_recipe(tmp_path, Family.SD1, np.s_[9:10, 17:18])
    hole = open_hole(loaded[Family.SD1], wanted.inpaint, wanted.size)
    assert [tuple(place) for place in hole.free.nonzero().tolist()] == [(0, 0, 1, 2)]


def test_grey_places_of_the_mask_are_let_go_late(loaded: dict[Family, LoadedModel], tmp_path: Path) -> None:
    model, grey = loaded[Family.SD1], 140
    wanted = inpainting_recipe(tmp_path, Family.SD1, np.s_[:16], grey, sampler="ddim", steps=5)
    hole = open_hole(model, wanted.inpaint, wanted.size)
    noise = torch.randn(1, 4, 4, 4, generator=torch.Generator("cpu").manual_seed(wanted.seed))
    free = []

    def watch(_: Any, scheduler: Any) -> Any:
        def on_step(__: Any, timestep: Any, sample: Any) -> None:
            alpha_squared = float(scheduler.alphas_cumprod[int(timestep)])
            source = alpha_squared**0.5 * hole.latents + (1 - alpha_squared) ** 0.5 * noise
            free.append(not torch.allclose(sample[:, :, :2], source[:, :, :2], atol=1e-5))

        return on_step

    conditioning = model.conditioner.encode("a red fox", "", True, lambda _: None)
    denoise(model, Denoising(wanted, conditioning, torch.Generator("cpu").manual_seed(wanted.seed), None, hole), watch)
    assert free[1:] == [grey / 255 > (5 - done) / 5 for done in (1, 2, 3, 4)] == [False, False, True, True]


def test_strength_infill_and_seed_count(runner: Runner, tmp_path: Path) -> None:
    def digest(**settings: Any) -> str:
        return runner(inpainting_recipe(tmp_path, Family.SD1, np.s_[4:20, 4:20], **settings)).digests()[0]

    first = digest(strength=0.5, steps=4)
    assert digest(strength=0.5, steps=4) == first
    others = [
        digest(strength=0.9, steps=4),
        digest(strength=0.5, steps=4, infill=Infill.NOISE),
        digest(strength=0.5, steps=4, seed=8),
        digest(strength=0.5, steps=4, grow=6),
    ]
    assert len({first, *others}) == 5


def test_a_job_reports_as_others_do_and_a_batch_draws_each_picture_alone(runner: Runner, tmp_path: Path) -> None:
    wanted = inpainting_recipe(tmp_path, Family.STARTER, np.s_[:32], steps=3, seed=5, batch=2)
    result = runner(wanted, Family.STARTER, previews=True)
    assert result.phases() == [Phase.LOAD, Phase.ENCODE, Phase.DENOISE, Phase.DECODE, Phase.SAVE]
    assert len(result.of(Preview)) == 6
    alone = [runner(wanted.for_picture(i), Family.STARTER).digests()[0] for i in (0, 1)]
    assert result.digests() == alone


def test_a_cancel_in_the_middle_leaves_the_model_as_it_was(runner: Runner, tmp_path: Path) -> None:
    wanted = inpainting_recipe(tmp_path, Family.SD1, np.s_[:16], steps=6)
    before = runner(wanted).digests()
    plain = runner(recipe()).digests()

    def in_the_middle(result: Any) -> bool:
        return any(p.phase is Phase.DENOISE and p.step == 3 for p in result.of(Progress))

    with pytest.raises(JobCancelled):
        runner(wanted, poll=cancel_when(in_the_middle))
    assert runner(recipe()).digests() == plain
    assert runner(wanted).digests() == before


# ------------------------------------------------------------------------------------------------ noise levels


@pytest.mark.parametrize(("family", "sampler"), FITTING)
def test_the_source_is_noised_to_the_level_of_each_step(
    loaded: dict[Family, LoadedModel], family: Family, sampler: str
) -> None:
    """A network that knew x0 and ε leads each solver along αx0 + σε; what we put back outside must lie on that path."""
    schedule = loaded[family].schedule
    chosen = SAMPLERS[sampler]
    generator = torch.Generator("cpu").manual_seed(1)
    x0, noise = torch.randn(2, 1, 4, 32, 32, generator=generator)
    scheduler = build_scheduler(chosen, schedule, 12, 3)
    scheduler.set_timesteps(12)
    alpha, sigma = _first_level(scheduler, schedule)
    sample = alpha * x0 + sigma * noise
    for number, time in enumerate(scheduler.timesteps):
        scheduler.scale_model_input(sample, time)
        current = (sample - alpha * x0) / sigma
        output = current - x0 if schedule.is_flow else current
        arguments: dict[str, Any] = {"generator": generator, "eta": chosen.eta}
        accepted = inspect.signature(scheduler.step).parameters
        arguments = {name: value for name, value in arguments.items() if name in accepted}
        sample = scheduler.step(output, time, sample, return_dict=False, **arguments)[0]
        following = len(scheduler.timesteps) - number - 1
        alpha, sigma = noise_level(scheduler, schedule, following)
        if following == 0:
            assert (alpha, sigma) == (1, 0)
            return
        residual = (sample - alpha * x0) / sigma
        if not chosen.stochastic:
            assert torch.allclose(residual, noise, atol=0.01), (number, alpha, sigma)
        assert abs(float(residual.std()) - 1) < 0.05, (number, alpha, sigma)
        assert abs(float((residual * x0).mean())) < 0.06, (number, alpha, sigma)


def _first_level(scheduler: Any, schedule: NoiseSchedule) -> tuple[float, float]:
    """The level at which a solver takes its first sample to be."""
    if not hasattr(scheduler, "sigmas"):
        alpha_squared = float(scheduler.alphas_cumprod[int(scheduler.timesteps[0])])
        return alpha_squared**0.5, (1 - alpha_squared) ** 0.5
    sigma = float(scheduler.sigmas[0])
    if schedule.is_flow:
        return 1 - sigma, sigma
    return (
        (1.0, sigma)
        if float(scheduler.init_noise_sigma) > 1
        else (1 / (1 + sigma**2) ** 0.5, sigma / (1 + sigma**2) ** 0.5)
    )


# ------------------------------------------------------------------------------------------------ nine channels


@pytest.fixture(scope="module")
def nine(tmp_path_factory: pytest.TempPathFactory) -> dict[Family, Path]:
    folder = tmp_path_factory.mktemp("nine")
    return {
        Family.SD1: tiny.build_sd1(folder / "sd1", in_channels=9),
        Family.SDXL: tiny.build_sdxl(folder / "sdxl", in_channels=9),
    }


@pytest.mark.parametrize("family", [Family.SD1, Family.SDXL])
@pytest.mark.parametrize("strength", [1.0, 0.6])
def test_nine_channel_models_see_the_picture_around_the_hole(
    engine: StudioEngine, nine: dict[Family, Path], tmp_path: Path, family: Family, strength: float
) -> None:
    run = Runner(engine, nine, tmp_path / "store")
    wanted = inpainting_recipe(tmp_path, family, np.s_[8:24, 8:24], strength=strength, steps=4)
    first = run(wanted, family)
    assert run(wanted, family).digests() == first.digests()
    pixels = np.array(Image.open(tmp_path / "image.png"))
    pixels[:, :4] = 255 - pixels[:, :4]
    Image.fromarray(pixels).save(tmp_path / "image.png")
    other = run(wanted, family)
    inside = np.s_[12:20, 12:20]
    assert (first.pixels()[inside] != other.pixels()[inside]).any()


def test_nine_channel_models_make_pictures_from_text_too(
    engine: StudioEngine, nine: dict[Family, Path], tmp_path: Path
) -> None:
    run = Runner(engine, nine, tmp_path / "store")
    assert run(recipe()).digests() == run(recipe()).digests()
    assert run(inpainting_recipe(tmp_path, Family.SD1)).digests() == run(recipe()).digests()


# ------------------------------------------------------------------------------------------------ bad input


def test_a_mask_of_another_size_is_refused(runner: Runner, tmp_path: Path) -> None:
    wanted = inpainting_recipe(tmp_path, Family.SD1)
    save_mask(tmp_path / "mask.png", 30)
    with pytest.raises(StudioError, match="30x30"):
        runner(wanted)


def test_an_empty_mask_is_refused(runner: Runner, tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="empty"):
        runner(inpainting_recipe(tmp_path, Family.SD1, value=0))


def test_a_picture_is_extended(loaded: dict[Family, LoadedModel], tmp_path: Path) -> None:
    image = save_picture(tmp_path / "image.png", 16)
    wanted = Inpaint(str(image), "", infill=Infill.EDGE_EXTEND, feather=0, grow=0, extend=Sides(left=16, bottom=16))
    hole = open_hole(loaded[Family.SD1], wanted, recipe().size)
    assert hole.free.flatten().tolist() == [*[1.0, 1.0, 0.0, 0.0] * 2, *[1.0] * 8]
    assert torch.equal(hole.picture[..., 0, :16], hole.picture[..., 0, 16:17].expand(1, 3, 16))
