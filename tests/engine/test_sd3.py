"""Stable Diffusion 3: a flow-matching transformer with two CLIPs and, if it is there, T5."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModelWithProjection

from studio.domain.catalog import FAMILIES, Family
from studio.domain.errors import ErrorKind, JobCancelled, StudioError
from studio.domain.geometry import Size
from studio.domain.messages import Phase, Preview
from studio.domain.recipe import Recipe, Sampling, SourceImage
from studio.domain.samplers import SAMPLERS
from studio.engine import preview
from studio.engine.latents import to_autoencoder, to_denoiser
from studio.engine.libraries import quiet, torch
from studio.engine.loading import T5_TOKENS, identify, open_model
from studio.engine.models import LoadedModel
from studio.engine.run import StudioEngine
from studio.engine.sampling import CleanGuess, build_scheduler, draw_from
from studio.engine.train.calls import Reader, predict
from tests.engine import tiny
from tests.engine.jobs import PLAN, Runner, cancel_when, is_plain, recipe

FLOW_SAMPLERS = [sampler.id for sampler in SAMPLERS.values() if sampler.flow_options is not None]


@pytest.fixture(scope="module")
def model(models: dict[Family, Path]) -> LoadedModel:
    return _open(models[Family.SD3])


@pytest.fixture(scope="module")
def without_t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.build_sd3(tmp_path_factory.mktemp("sd3") / "clip", with_t5=False)


@pytest.fixture
def copy(models: dict[Family, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(models[Family.SD3], tmp_path / "copy"))


@pytest.fixture
def photo(tmp_path: Path) -> SourceImage:
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, :30, 0] = pixels[:, 30:, 2] = 230
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return SourceImage(str(tmp_path / "photo.png"), 0.5)


def _open(path: Path) -> LoadedModel:
    return open_model(path, *identify(path, lambda: None), PLAN, lambda: None, lambda done, total: None)


def _refused(path: Path, tmp_path: Path) -> StudioError:
    with pytest.raises(StudioError) as caught:
        Runner(StudioEngine(PLAN), {Family.SD3: path}, tmp_path / "store")(recipe(Family.SD3), Family.SD3)
    assert caught.value.problem.kind is ErrorKind.MODEL
    assert caught.value.problem.hint
    return caught.value


def _bare(model: LoadedModel, request: Recipe) -> Any:
    """The pixels that diffusers' own pipeline makes, with no hook and no embeddings of ours."""
    pipe, sampling = model.text_to_image, request.sampling
    generator = torch.Generator().manual_seed(request.seed)
    pipe.scheduler = build_scheduler(SAMPLERS[sampling.sampler], model.schedule, sampling.steps, request.seed)
    draw_from(pipe.scheduler, generator)  # the pipeline itself keeps its generator from the scheduler
    with quiet():
        found = pipe(
            prompt=request.prompt,
            negative_prompt=request.negative,
            width=request.size.width,
            height=request.size.height,
            num_inference_steps=sampling.steps,
            guidance_scale=sampling.guidance,
            generator=generator,
            output_type="pil",
        )
    return np.asarray(found.images[0])


@pytest.mark.parametrize(("sampler", "guidance"), [("dpmpp-2m", 4.5), ("dpmpp-2m", 1.0), ("euler-a", 4.5)])
def test_a_job_gives_the_bytes_of_the_bare_pipeline(
    runner: Runner, model: LoadedModel, sampler: str, guidance: float
) -> None:
    request = Recipe("a red fox over the sea", "night", "sd3", Size(64, 48), Sampling(sampler, 4, guidance), seed=11)
    ours = runner(request, Family.SD3, previews=True).pixels()
    assert not is_plain(ours)
    np.testing.assert_array_equal(ours, _bare(model, request))


def test_in_bfloat16_too(models: dict[Family, Path], tmp_path: Path) -> None:
    plan = replace(PLAN, dtype=torch.bfloat16)
    path, request = models[Family.SD3], recipe(Family.SD3)
    ours = Runner(StudioEngine(plan), models, tmp_path)(request, Family.SD3).pixels()
    other = open_model(path, *identify(path, lambda: None), plan, lambda: None, lambda done, total: None)
    theirs = _bare(other, request)
    assert np.abs(ours.astype(int) - theirs.astype(int)).max() <= 1  # ours are rounded in float32


def test_without_t5_its_states_are_zeros_as_in_diffusers(without_t5: Path, tmp_path: Path) -> None:
    model = _open(without_t5)
    assert len(model.conditioner.networks()) == 2
    states = model.conditioner.encode("a fox", "", False, lambda message: None).positive.states
    assert states.shape == (1, 77 + T5_TOKENS, 80)
    assert not states[:, 77:].any() and states[:, :77].any()
    request = recipe(Family.SD3)
    ours = Runner(StudioEngine(PLAN), {Family.SD3: without_t5}, tmp_path)(request, Family.SD3).pixels()
    np.testing.assert_array_equal(ours, _bare(model, request))


def test_a_folder_whose_t5_was_never_copied_runs_without_it(copy: Path) -> None:
    shutil.rmtree(copy / "text_encoder_3")
    shutil.rmtree(copy / "tokenizer_3")
    assert len(_open(copy).conditioner.networks()) == 2


def test_long_prompts_add_chunks_of_clip_before_t5(model: LoadedModel) -> None:
    found = model.conditioner.encode("fox " * 60, "night", True, lambda message: None)
    assert found.negative is not None
    assert found.positive.states.shape == found.negative.states.shape == (1, 3 * 77 + T5_TOKENS, 80)
    short = model.conditioner.encode("night", "", False, lambda message: None).positive.states
    empty = model.conditioner.encode("", "", False, lambda message: None).positive.states
    expected = torch.cat([short[:, :77], empty[:, :77], empty[:, :77], short[:, 77:]], dim=1)
    assert torch.equal(found.negative.states, expected)


def test_a_training_step_reads_captions_of_any_length_and_has_a_gradient(models: dict[Family, Path]) -> None:
    model = _open(models[Family.SD3])
    captions = Reader(model)(["fox " * 60, "night"])
    expected = model.conditioner.encode("fox " * 60, "night", True, lambda message: None)
    assert expected.negative is not None
    torch.testing.assert_close(captions.states, torch.cat([expected.positive.states, expected.negative.states]))
    weight = model.denoiser.proj_out.weight.requires_grad_(True)
    noisy = torch.randn(2, 16, 4, 6, generator=torch.Generator().manual_seed(0))
    velocity = predict(Family.SD3, model.denoiser, noisy, torch.tensor([100.0, 900.0]), captions, model.vae_scale)
    assert velocity.shape == noisy.shape
    velocity.square().mean().backward()
    assert weight.grad is not None and bool(weight.grad.any())


def test_the_pooled_vector_is_that_of_both_clips(model: LoadedModel) -> None:
    pooled = model.conditioner.encode("a fox", "", False, lambda message: None).positive.pooled
    assert pooled is not None and pooled.shape == (1, 64)
    assert not torch.equal(pooled[:, :32], pooled[:, 32:])


@pytest.mark.parametrize("sampler", FLOW_SAMPLERS)
def test_every_flow_sampler_starts_from_a_picture_and_hears_the_seed(
    runner: Runner, photo: SourceImage, sampler: str
) -> None:
    request = recipe(Family.SD3, sampler=sampler, steps=4, source=photo)
    first = runner(request, Family.SD3)
    assert not is_plain(first.pixels())
    torch.manual_seed(99)  # torch's global state decides nothing
    assert runner(request, Family.SD3).digests() == first.digests()


def test_latents_go_to_the_denoisers_scale_and_back_with_the_shift(model: LoadedModel) -> None:
    raw = torch.randn(1, 16, 4, 4, generator=torch.Generator().manual_seed(0))
    scaled = to_denoiser(model.vae, raw)
    torch.testing.assert_close(scaled, (raw - 0.0609) * 1.5305)
    torch.testing.assert_close(to_autoencoder(model.vae, scaled), raw)


def test_the_preview_knows_the_shift(model: LoadedModel) -> None:
    """With latents moved by the shift, the fitted map answers with the picture, not with one off its colour."""
    found = preview.fit(model.vae, model.vae_scale)
    picture = preview.synthetic_pictures(1, 64)
    with torch.no_grad():
        raw = model.vae.encode(picture * 2 - 1).latent_dist.mode()
        decoded = model.vae.decode(raw, return_dict=False)[0] / 2 + 0.5
    target = torch.nn.functional.interpolate(decoded.clamp(0, 1), scale_factor=found.block / 8, mode="area")
    right = (found.predict(to_denoiser(model.vae, raw)) - target).square().mean()
    wrong = (found.predict(raw * model.vae.config.scaling_factor) - target).square().mean()
    assert right < wrong


def test_the_last_clean_guess_is_the_picture(model: LoadedModel) -> None:
    """x − σv before the last step is what the last step of Euler's rule arrives at."""
    scheduler = build_scheduler(SAMPLERS["euler"], model.schedule, 5, 0)
    with quiet():
        scheduler.set_timesteps(5)
    guess = CleanGuess(scheduler, model.schedule)
    x = torch.randn(1, 16, 4, 4, generator=torch.Generator().manual_seed(0))
    for timestep in scheduler.timesteps:
        velocity = 0.3 * x
        clean = guess(velocity, timestep, x)
        x = scheduler.step(velocity, timestep, x, return_dict=False)[0]
    torch.testing.assert_close(clean, x, atol=1e-3, rtol=0)


def test_a_picture_from_a_picture_previews_each_of_its_steps(runner: Runner, photo: SourceImage) -> None:
    result = runner(recipe(Family.SD3, steps=6, source=photo), Family.SD3, previews=True)
    assert [event.step for event in result.of(Preview)] == [1, 2, 3]


@pytest.mark.parametrize("phase", [Phase.LOAD, Phase.ENCODE, Phase.DENOISE, Phase.DECODE])
def test_cancel_leaves_no_file_and_the_next_picture_is_the_same(runner: Runner, phase: Phase) -> None:
    request = recipe(Family.SD3)
    with pytest.raises(JobCancelled):
        runner(request, Family.SD3, poll=cancel_when(lambda result: phase in result.phases()))
    assert not runner.stored()
    assert runner(request, Family.SD3).digests() == runner(request, Family.SD3).digests()


@pytest.mark.parametrize("size", [Size(272, 64), Size(64, 272)])
def test_a_size_beyond_the_table_of_positions_is_refused_with_the_limit(runner: Runner, size: Size) -> None:
    with pytest.raises(StudioError) as caught:
        runner(Recipe("a fox", size=size, sampling=Sampling("euler", 2, 1.0)), Family.SD3)
    assert caught.value.problem.kind is ErrorKind.INPUT
    assert caught.value.problem.field == "size"
    assert "256" in caught.value.problem.hint


def test_sizes_are_multiples_of_16(runner: Runner) -> None:
    assert FAMILIES[Family.SD3].size_multiple == 16
    with pytest.raises(StudioError) as caught:
        runner(Recipe("a fox", size=Size(72, 64), sampling=Sampling("euler", 2, 1.0)), Family.SD3)
    assert caught.value.problem.field == "size"


def test_the_family_offers_flow_samplers_only_and_likes_one_of_them(runner: Runner) -> None:
    assert FAMILIES[Family.SD3].flow
    assert FAMILIES[Family.SD3].sampling.sampler in FLOW_SAMPLERS
    with pytest.raises(StudioError) as caught:
        runner(recipe(Family.SD3, sampler="ddim"), Family.SD3)
    assert caught.value.problem.field == "sampling.sampler"


@pytest.mark.parametrize(
    "part",
    [
        "transformer/diffusion_pytorch_model",
        "vae/diffusion_pytorch_model",
        "text_encoder/model",
        "text_encoder_3/model",
    ],
)
def test_weights_that_lack_tensors_are_refused(copy: Path, tmp_path: Path, part: str) -> None:
    file = copy / f"{part}.safetensors"
    tensors = load_file(file)
    tensors.pop(sorted(tensors)[len(tensors) // 2])
    save_file(tensors, file, {"format": "pt"})
    assert part.split("/")[0] in str(_refused(copy, tmp_path))


def test_missing_weights_are_named(copy: Path, tmp_path: Path) -> None:
    (copy / "transformer/diffusion_pytorch_model.safetensors").unlink()
    assert "transformer are missing" in str(_refused(copy, tmp_path))


def test_a_missing_tokenizer_is_named(copy: Path, tmp_path: Path) -> None:
    shutil.rmtree(copy / "tokenizer_3")
    assert "could not be loaded" in str(_refused(copy, tmp_path))


def test_a_schedule_that_is_no_flow_is_refused(copy: Path, tmp_path: Path) -> None:
    (copy / "scheduler/scheduler_config.json").write_text(
        '{"_class_name": "DDIMScheduler", "num_train_timesteps": 1000}'
    )
    assert "flow" in str(_refused(copy, tmp_path))


@pytest.mark.parametrize("which", ["text_encoder", "text_encoder_3"])
def test_text_encoders_of_another_model_are_refused(copy: Path, tmp_path: Path, which: str) -> None:
    torch.manual_seed(0)
    if which == "text_encoder":
        other: Any = CLIPTextModelWithProjection(tiny._clip_config(515, width=64))
    else:
        other = tiny._t5(96)
    shutil.rmtree(copy / which)
    other.save_pretrained(copy / which)
    assert "widths" in str(_refused(copy, tmp_path))


def test_half_precision_shards_load(copy: Path, tmp_path: Path) -> None:
    """As the published T5 comes: shards named `model.fp16-00001-of-00002`, and no others."""
    file = copy / "text_encoder_3/model.safetensors"
    tensors = {name: tensor.half() for name, tensor in load_file(file).items()}
    names = sorted(tensors)
    shards = {f"model.fp16-0000{i + 1}-of-00002.safetensors": names[i::2] for i in range(2)}
    for shard, members in shards.items():
        save_file({name: tensors[name] for name in members}, file.with_name(shard), {"format": "pt"})
    found = {name: shard for shard, members in shards.items() for name in members}
    index = {"metadata": {"total_size": 0}, "weight_map": found}
    (copy / "text_encoder_3/model.safetensors.index.fp16.json").write_text(json.dumps(index))
    file.unlink()
    assert len(_open(copy).conditioner.networks()) == 3
