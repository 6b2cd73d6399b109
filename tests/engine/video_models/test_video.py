"""Wan and LTX-Video: models made for clips, whose autoencoders hold several frames in a latent."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diffusers import WanVideoToVideoPipeline
from PIL import Image
from safetensors.torch import load_file, save_file

from studio.domain.errors import ErrorKind, JobCancelled, JobPaused, StudioError
from studio.domain.messages import Checkpoint, ClipPreview, Log, Phase, PictureDone, Progress
from studio.domain.samplers import SAMPLERS
from studio.domain.sequence import Footage, Held, Method, Windows
from studio.engine import polling
from studio.engine.libraries import quiet, torch
from studio.engine.models import LoadedModel
from studio.engine.sampling import build_scheduler
from studio.engine.video_models.coding import VideoCoder
from studio.engine.video_models.course import Course
from studio.engine.video_models.denoising import denoise_clip
from studio.engine.video_models.drivers import Ltx, Score
from studio.engine.video_models.extent import extent_of
from studio.engine.video_models.grid import Grid
from studio.engine.video_models.loading import coder_of
from studio.engine.video_models.view import View
from studio.imaging.pixels import Pixels
from tests.engine.jobs import Result, is_plain
from tests.engine.video_models.conftest import Clips, request, slow

ALL = 28  # latents: untrained autoencoders remember that many, where those of trained ones fade


@pytest.fixture
def red(tmp_path: Path) -> str:
    Image.new("RGB", (50, 40), (200, 40, 30)).save(tmp_path / "red.png")
    return str(tmp_path / "red.png")


def loaded(clips: Clips, name: str) -> LoadedModel:
    return clips.model(clips.videos[name])


def frames_of(video: Any) -> list[Pixels]:
    """The frames of a pipeline's (1, F, 3, H, W) in 0 to 1."""
    return [np.asarray((frame.permute(1, 2, 0).float() * 255).round(), np.uint8) for frame in video[0]]


def assert_same(result: Result, theirs: list[Pixels]) -> None:
    assert len(result.digests()) == len(theirs)
    for index, frame in enumerate(theirs):
        assert np.abs(result.pixels(index).astype(int) - frame.astype(int)).max() <= 1


# ------------------------------------------------------------------------------------------------ as diffusers has it


@pytest.mark.parametrize("sampler", ["unipc", slow("dpmpp-2m")])
def test_wan_draws_what_the_bare_pipeline_draws(clips: Clips, sampler: str) -> None:
    sequence = request("wan", 9, closed=False, sampler=sampler)
    result = clips("wan", sequence)
    assert not is_plain(result.pixels())
    model, recipe = loaded(clips, "wan"), sequence.recipe
    pipe = model.text_to_image
    pipe.scheduler = build_scheduler(SAMPLERS[sampler], model.schedule, 2, recipe.seed)
    with quiet():
        video = pipe(
            prompt=recipe.prompt, negative_prompt=recipe.negative, width=32, height=32, num_frames=9,
            num_inference_steps=2, guidance_scale=3.0, generator=torch.Generator().manual_seed(recipe.seed),
            output_type="pt",
        ).frames  # fmt: skip
    assert_same(result, frames_of(video))


@pytest.mark.parametrize("led", [False, True])
def test_ltx_draws_what_the_bare_pipeline_draws(clips: Clips, red: str, led: bool) -> None:
    sequence = request("ltx", 17, closed=False, **({"first": red, "last": red} if led else {}))
    result = clips("ltx", sequence)
    model, recipe = loaded(clips, "ltx"), sequence.recipe
    pipe = model.image_to_image if led else model.text_to_image
    image = Image.new("RGB", (64, 64), (200, 40, 30)) if led else None
    texts = recipe.prompt, recipe.negative
    words = model.conditioner.encode(*texts, True, lambda message: None)
    generator = torch.Generator().manual_seed(recipe.seed)
    score = Score(recipe, words, texts, 12.0, 17, torch.zeros(1), generator, image)
    pipe.scheduler = Ltx(model, 7).scheduler(score)
    masks = {f"{kind}prompt_attention_mask": model.conditioner.mask(text) for kind, text in _named(texts)}  # type: ignore[attr-defined]
    given = {**words.arguments(), **masks} if led else dict(zip(("prompt", "negative_prompt"), texts, strict=True))
    ends = {"image": [image, image], "video": [None, None], "frame_index": [0, 16], "strength": [1.0, 1.0]}
    with quiet():
        video = pipe(
            **given,
            **(ends if led else {}),
            width=64,
            height=64,
            num_frames=17,
            frame_rate=12.0,
            num_inference_steps=2,
            guidance_scale=3.0,
            generator=generator,
            output_type="pt",
        ).frames
    assert_same(result, frames_of(video))


def _named(texts: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return ("", texts[0]), ("negative_", texts[1])


def test_wan_goes_on_from_a_video_as_the_bare_pipeline_does(clips: Clips, tmp_path: Path) -> None:
    images = [Image.new("RGB", (32, 32), (20 * n, 90, 200 - 20 * n)) for n in range(9)]
    for index, image in enumerate(images):
        image.save(tmp_path / f"{index}.png")
    source = Footage(tuple(str(tmp_path / f"{index}.png") for index in range(9)))
    sequence = request("wan", 9, closed=False, method=Method.VIDEO, source=source, strength=0.6, steps=5)
    result = clips("wan", sequence)
    assert [event.step for event in result.of(Progress) if event.phase is Phase.DENOISE] == [3, 4, 5]
    model, recipe = loaded(clips, "wan"), sequence.recipe
    parts = dict(model.text_to_image.components)
    parts.pop("transformer_2")
    parts["scheduler"] = build_scheduler(SAMPLERS["unipc"], model.schedule, 5, recipe.seed)
    parts["scheduler"].__class__.set_begin_index = _first_call_only(parts["scheduler"], 2)
    words = model.conditioner.encode(recipe.prompt, recipe.negative, True, lambda message: None)
    pipe = WanVideoToVideoPipeline(**parts)
    pipe.set_progress_bar_config(disable=True)
    with quiet():
        video = pipe(
            video=images, **words.arguments(), width=32, height=32,
            num_inference_steps=5, guidance_scale=3.0,
            strength=0.6, generator=torch.Generator().manual_seed(recipe.seed), output_type="pt",
        ).frames  # fmt: skip
    assert_same(result, frames_of(video))


def _first_call_only(scheduler: Any, begin: int) -> Any:
    """That pipeline does not tell its scheduler where it begins."""
    original = type(scheduler).set_begin_index

    def set_begin_index(self: Any, index: int = 0) -> None:
        original(self, begin)

    return set_begin_index


# ------------------------------------------------------------------------------------------------ loops


@pytest.mark.parametrize(("name", "frames"), [("wan", 12), slow("wan", 10), slow("ltx", 16), ("ltx", 13)])
def test_a_loop_has_as_many_frames_as_asked(clips: Clips, name: str, frames: int) -> None:
    result = clips(name, request(name, frames), previews=True)
    assert [event.picture.index for event in result.of(PictureDone)] == list(range(frames))
    assert len(set(result.digests())) == frames
    assert result.digests() == clips(name, request(name, frames)).digests()
    uneven = frames % {"wan": 4, "ltx": 8}[name] != 0
    assert any("multiple" in event.message for event in result.of(Log)) == uneven
    for event in result.of(ClipPreview):
        assert len(event.rgb) == 3 * event.width * event.height * len(event.indices)
        assert max(event.width, event.height) <= 128 and set(event.indices) <= set(range(frames))


@pytest.mark.parametrize("name", ["wan", "ltx"])
def test_the_seam_is_decoded_like_the_inside(clips: Clips, name: str) -> None:
    """Turning the ring of latents turns the frames and changes nothing else; without borrowing the first would."""
    model = loaded(clips, name)
    coder = replace(coder_of(model), borrowed=ALL)
    extent = extent_of(3 * coder.ratio, coder.ratio, True)
    shape = (1, model.latent_channels, 3, 2, 2)
    latents = torch.randn(shape, generator=torch.Generator().manual_seed(2))
    frames = decoded(coder, latents, extent)
    turned = decoded(coder, torch.roll(latents, 1, 2), extent)
    assert len(frames) == 3 * coder.ratio
    worst = np.abs(np.roll(frames, coder.ratio, 0) - turned).max((1, 2, 3))
    assert worst.max() <= 2
    opened = decoded(coder, torch.roll(latents, 1, 2), extent_of(2 * coder.ratio + 1, coder.ratio, False))
    assert np.abs(opened[0] - turned[coder.ratio - 1]).max() > 2


def decoded(coder: VideoCoder, latents: torch.Tensor, extent: Any) -> Any:
    return np.stack(list(coder.decode(latents, extent, range(extent.drawn)))).astype(int)


@pytest.mark.parametrize("name", ["wan", "ltx"])
def test_a_ring_of_frames_is_coded_there_and_back_in_place(clips: Clips, name: str) -> None:
    """Turning the frames turns the latents: the same frames come into each latent, and none stands out."""
    coder = replace(coder_of(loaded(clips, name)), borrowed=ALL)
    extent = extent_of(3 * coder.ratio, coder.ratio, True)
    rng = np.random.default_rng(4)
    side = 64 if name == "ltx" else 16
    frames = [rng.integers(0, 255, (side, side, 3), np.uint8) for _ in range(extent.drawn)]
    latents = coder.encode(frames, extent)
    turned = coder.encode(frames[-coder.ratio :] + frames[: -coder.ratio], extent)
    torch.testing.assert_close(torch.roll(latents, 1, 2), turned, atol=1e-4, rtol=1e-3)
    assert latents.shape[2] == 3


@pytest.mark.parametrize("name", [slow("wan"), "ltx"])
def test_closed_windows_and_rolls_act(clips: Clips, name: str) -> None:
    long, length = (16, 8) if name == "wan" else (32, 16)
    windows = Windows(length=length, overlap=length // 2)
    kinds = [
        clips(name, request(name, long, windows=windows)).digests(),
        clips(name, request(name, long, windows=windows, closed=False)).digests(),
        clips(name, request(name, long)).digests(),
        clips(name, request(name, long, windows=Windows(roll=long // 4 if name == "wan" else 5))).digests(),
    ]
    assert len({tuple(digests) for digests in kinds}) == 4


def test_rolled_rings_and_closed_windows_have_no_seam(clips: Clips) -> None:
    """All latents begin with one noise, so that what differs between them comes from their places alone: seen at once
    and not rolled, the ring's ends are two ends.
    """
    assert _seam(clips, roll=0, length=12) > 5
    assert _seam(clips, roll=5, length=12) < 1.5
    assert _seam(clips, roll=0, length=6) < 1.5


def _seam(clips: Clips, roll: int, length: int) -> float:
    """The jump at the seam of a ring of 12 latents, as a share of the median inner one."""
    model, recipe = loaded(clips, "ltx"), request("ltx", 12, steps=12).recipe
    noise = torch.randn((1, 8, 1, 2, 2), generator=torch.Generator().manual_seed(7)).repeat(1, 1, 12, 1, 1)
    driver, texts = Ltx(model, 7), ("a red fox", "")
    words = model.conditioner.encode(*texts, True, lambda message: None)
    score = Score(recipe, words, texts, 12.0, 8 * 11 + 1, noise, torch.Generator().manual_seed(1))
    course = Course(Grid(8, 12, 2, 2, packed=True), noise, roll=roll)
    view = View(course, driver.latents_name, length, length // 4, ring=True)
    with quiet():
        latents = denoise_clip(driver, score, course, view, lambda pipe, guess: lambda *about: None)
    jumps = (latents - torch.roll(latents, -1, 2)).abs().mean((0, 1, 3, 4))
    return float(jumps[-1] / jumps[:-1].median())


def test_one_picture_at_both_ends_is_kept_once(clips: Clips, red: str) -> None:
    for name, frames in (("wan-pictures", 8), ("ltx", 16)):
        loop = clips(name, request(name, frames, first=red))
        line = clips(name, request(name, frames + 1, first=red, last=red, closed=False))
        assert len(loop.digests()) == frames
        assert loop.digests() == line.digests()[:-1]


def test_frames_that_stay_lead_those_between_them(clips: Clips, tmp_path: Path) -> None:
    """A connection: the tail of what went before, and the head of what comes."""
    paths = []
    for index in (*range(5), *range(9, 13)):
        path = tmp_path / f"{index}.png"
        Image.new("RGB", (32, 32), (250, 20 * index, 0)).save(path)
        paths.append(Held(index, str(path)))
    plain = clips("wan", request("wan", 13, closed=False))
    led = clips("wan", request("wan", 13, closed=False, held=tuple(paths)))
    assert [event.picture.index for event in led.of(PictureDone)] == [5, 6, 7, 8]
    assert led.digests() != plain.digests()[5:9]


# ------------------------------------------------------------------------------------------------ stop, go on


@pytest.mark.parametrize("name", ["sd1", "wan", slow("ltx")])
def test_cancel_takes_effect_within_a_step(clips: Clips, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Asked at each block, the last time before the first step is done lies inside of it."""
    monkeypatch.setattr(polling, "POLL_SECONDS", 0.0)
    polls: list[bool] = []

    def count(result: Result) -> None:
        polls.append(any(event.phase is Phase.DENOISE for event in result.of(Progress)))

    sequence = request(name, 9)
    whole = clips(name, sequence)
    clips(name, sequence, poll=count)
    before = polls.index(True)
    left: list[Result] = []

    def stop(result: Result) -> None:
        left.append(result)
        if len(left) == before:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        clips(name, sequence, poll=stop)
    phases = left[0].phases()
    assert Phase.ENCODE in phases and Phase.DENOISE not in phases
    assert clips(name, sequence).digests() == whole.digests()


@pytest.mark.parametrize(("name", "changes"), [("wan", {}), slow("ltx", {}), ("ltx", {"closed": False, "led": True})])
def test_a_paused_clip_goes_on_bit_by_bit(clips: Clips, red: str, name: str, changes: dict[str, Any]) -> None:
    if changes.pop("led", False):
        changes |= {"first": red, "last": red}
    sequence = request(name, 9, steps=3, **changes)
    whole = clips(name, sequence)
    stopped: list[Result] = []

    def poll(result: Result) -> None:
        stopped[:] = [result]
        if any(event.phase is Phase.DENOISE and event.step == 1 for event in result.of(Progress)):
            raise JobPaused

    with pytest.raises(JobPaused):
        clips(name, sequence, poll=poll)
    (kept,) = stopped[0].of(Checkpoint)
    rest = clips(name, sequence, checkpoint=kept.data)
    assert rest.digests() == whole.digests()
    assert [event.step for event in rest.of(Progress) if event.phase is Phase.DENOISE] == [2, 3]


# ------------------------------------------------------------------------------------------------ refused


@pytest.mark.parametrize(
    ("name", "changes", "field"),
    [
        ("wan", {"first": "RED"}, "first"),
        ("wan-pictures", {}, "first"),
        ("wan-pictures", {"last": "RED", "closed": False}, "first"),
        ("ltx", {"first": "RED", "windows": Windows(length=8)}, "windows"),
        ("ltx", {"sampler": "dpmpp-2m"}, "sampling.sampler"),
        ("wan", {"sampler": "ddim"}, "sampling.sampler"),
        ("wan-pictures", {"first": "RED", "windows": Windows(roll=1)}, "windows"),
    ],
)
def test_what_a_model_cannot_do_is_said(clips: Clips, red: str, name: str, changes: dict[str, Any], field: str) -> None:
    changes = {key: red if value == "RED" else value for key, value in changes.items()}
    with pytest.raises(StudioError) as caught:
        clips(name, request(name, 9, **changes))
    assert (caught.value.problem.kind, caught.value.problem.field) == (ErrorKind.INPUT, field)
    assert caught.value.problem.hint


def _edited(clips: Clips, name: str, tmp_path: Path, config: str, changes: dict[str, Any]) -> None:
    folder = Path(shutil.copytree(clips.videos[name], tmp_path / "copy"))
    path = folder / config
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    clips.videos = {**clips.videos, name: folder}


@pytest.mark.parametrize(
    ("name", "config", "changes"),
    [
        ("wan", "transformer/config.json", {"text_dim": 64}),
        ("wan", "transformer/config.json", {"in_channels": 20}),
        ("wan", "transformer/config.json", {"num_layers": 10**6}),
        ("wan", "transformer/config.json", {"rope_max_seq_len": 10**9}),
        ("wan", "transformer/config.json", {"_class_name": "WanVACETransformer3DModel"}),
        ("wan", "transformer/config.json", {"image_dim": 32}),
        ("wan", "vae/config.json", {"base_dim": 10**7}),
        ("wan", "vae/config.json", {"latents_std": [0.0] * 16}),
        ("wan", "vae/config.json", {"latents_mean": [0.0]}),
        ("wan", "model_index.json", {"boundary_ratio": "half"}),
        ("wan", "model_index.json", {"expand_timesteps": 3}),
        ("wan", "scheduler/scheduler_config.json", {"_class_name": "DDIMScheduler", "prediction_type": "epsilon"}),
        ("wan", "scheduler/scheduler_config.json", {"num_train_timesteps": 10**9}),
        ("ltx", "scheduler/scheduler_config.json", {"base_shift": 10**9}),
        ("ltx", "transformer/config.json", {"caption_channels": 64}),
        ("ltx", "transformer/config.json", {"patch_size": 2}),
        ("ltx", "vae/config.json", {"decoder_block_out_channels": [10**6] * 4}),
        ("ltx", "model_index.json", {"_class_name": "LTX2Pipeline"}),
    ],
)
def test_damaged_and_hostile_models_are_refused(
    clips: Clips, tmp_path: Path, name: str, config: str, changes: dict[str, Any]
) -> None:
    _edited(clips, name, tmp_path, config, changes)
    with pytest.raises(StudioError) as caught:
        clips(name, request(name, 9))
    assert caught.value.problem.kind is ErrorKind.MODEL
    assert caught.value.problem.hint


def test_weights_that_lack_tensors_are_refused(clips: Clips, tmp_path: Path) -> None:
    _edited(clips, "wan", tmp_path, "transformer/config.json", {})
    path = clips.videos["wan"] / "transformer/diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    weights.pop(sorted(weights)[0])
    save_file(weights, path)
    with pytest.raises(StudioError, match="lack"):
        clips("wan", request("wan", 9))
