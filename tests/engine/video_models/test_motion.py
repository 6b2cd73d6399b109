"""AnimateDiff: a motion module in a Stable Diffusion 1 model."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from diffusers import AnimateDiffPipeline, MotionAdapter, UNet2DConditionModel
from PIL import Image

from studio.domain.catalog import Family
from studio.domain.codec import from_json
from studio.domain.errors import ErrorKind, JobPaused, StudioError
from studio.domain.messages import Checkpoint, ClipPreview, Loaded, Phase, PictureDone, Progress
from studio.domain.recipe import Lora
from studio.domain.samplers import SAMPLERS
from studio.domain.sequence import Footage, Held, Method, PromptKey, Provenance, Windows
from studio.engine.libraries import quiet, torch
from studio.engine.models import LoadedModel
from studio.engine.sampling import build_scheduler
from studio.engine.video_models.coding import PictureCoder
from studio.engine.video_models.course import Course
from studio.engine.video_models.denoising import denoise_clip
from studio.engine.video_models.drivers import AnimateDiff, Score
from studio.engine.video_models.grid import Grid
from studio.engine.video_models.motion import linear, set_in_motion
from studio.engine.video_models.view import View
from tests.engine import loras
from tests.engine.jobs import PLAN, Result, is_plain
from tests.engine.video_models.conftest import Clips, request, slow
from tests.engine.video_models.tiny_video import build_module


@pytest.fixture
def model(clips: Clips) -> LoadedModel:
    return clips.model(clips.videos["sd1"])


@pytest.fixture
def red(tmp_path: Path) -> str:
    Image.new("RGB", (50, 40), (200, 40, 30)).save(tmp_path / "red.png")
    return str(tmp_path / "red.png")


def draw(
    model: LoadedModel, module: Path, noise: torch.Tensor, sampler: str, *, closed: bool, length: int, roll: int = 0
) -> torch.Tensor:
    """Clean latents without a job around."""
    driver = AnimateDiff(model, set_in_motion(model, module, PLAN, lambda: None))
    recipe = request("sd1", noise.shape[2], sampler=sampler, steps=4).recipe
    words = model.conditioner.encode("a red fox", "", True, lambda message: None)
    score = Score(recipe, words, ("", ""), 12.0, noise.shape[2], noise, torch.Generator().manual_seed(1))
    course = Course(Grid(*noise.shape[1:]), noise, roll=roll)
    view = View(course, "sample", length, length // 4, closed)
    with quiet():
        return denoise_clip(driver, score, course, view, lambda pipe, guess: lambda *about: None)


def test_a_clip_is_that_of_the_bare_pipeline(clips: Clips, model: LoadedModel) -> None:
    """Diffusers' own motion UNet holds copies of the weights; ours holds the layers themselves."""
    sequence = request("sd1", 5, closed=False, sampler="dpmpp-2m")
    result = clips("sd1", sequence)
    assert len(result.digests()) == 5
    assert not is_plain(result.pixels())
    recipe = sequence.recipe
    adapter = MotionAdapter.from_pretrained(clips.videos["module"])
    parts = model.text_to_image
    scheduler = build_scheduler(SAMPLERS["dpmpp-2m"], linear(model.schedule), 2, recipe.seed)
    pipe = AnimateDiffPipeline(parts.vae, parts.text_encoder, parts.tokenizer, parts.unet, adapter, scheduler)
    pipe.set_progress_bar_config(disable=True)
    with quiet():
        latents = pipe(
            prompt=recipe.prompt,
            negative_prompt=recipe.negative,
            num_frames=5,
            width=32,
            height=32,
            num_inference_steps=2,
            guidance_scale=3.0,
            latents=torch.randn((1, 4, 5, 4, 4), generator=torch.Generator().manual_seed(recipe.seed)),
            output_type="latent",
        ).frames
    theirs = PictureCoder(parts.vae).decode(latents, None, range(5))  # type: ignore[arg-type]
    for index, frame in enumerate(theirs):
        np.testing.assert_allclose(result.pixels(index).astype(int), frame.astype(int), atol=1)


def test_a_seed_decides_and_frames_tell_where_they_come_from(clips: Clips) -> None:
    sequence = request("sd1", 6)
    first, again = clips("sd1", sequence), clips("sd1", sequence)
    other = clips("sd1", dataclasses.replace(sequence, recipe=dataclasses.replace(sequence.recipe, seed=8)))
    assert first.digests() == again.digests() != other.digests()
    assert len(set(first.digests())) == 6
    pictures = [event.picture for event in first.of(PictureDone)]
    assert [(picture.index, picture.width, picture.height) for picture in pictures] == [(n, 32, 32) for n in range(6)]
    about = from_json(Provenance, json.loads(pictures[2].about))
    assert (about.method, about.seed, about.model_hash) == ("motion", 7, first.of(Loaded)[0].model_hash)
    assert about.note.startswith("motion module ")


def test_previews_move(clips: Clips) -> None:
    previews = clips("sd1", request("sd1", 6), previews=True).of(ClipPreview)
    assert [event.step for event in previews] == [1, 2]
    for event in previews:
        assert event.indices == tuple(range(6))
        assert len(event.rgb) == 6 * 3 * event.width * event.height
        assert max(event.width, event.height) <= 128


def test_only_some_frames_are_delivered(clips: Clips, red: str) -> None:
    whole = clips("sd1", request("sd1", 6))
    some = clips("sd1", request("sd1", 6, only=(1, 4)), made=(4,), done=1)
    assert [event.picture.index for event in some.of(PictureDone)] == [1]
    assert some.digests() == whole.digests()[1:2]


def test_a_frame_that_stays_leads_the_others(clips: Clips, red: str) -> None:
    """With the network's say taken away, the first frame comes out as the picture that was put there."""
    plain = clips("sd1", request("sd1", 6))
    led = clips("sd1", request("sd1", 6, first=red))
    coder = PictureCoder(clips.model(clips.videos["sd1"]).vae)
    pixels = np.full((32, 32, 3), (200, 40, 30), np.uint8)
    expected = next(coder.decode(coder.encode([pixels], None), None, (0,)))  # type: ignore[arg-type]
    np.testing.assert_allclose(led.pixels(0).astype(int), expected.astype(int), atol=1)
    assert led.digests()[3] != plain.digests()[3]
    held = clips("sd1", request("sd1", 6, held=(Held(0, red),)))
    assert [event.picture.index for event in held.of(PictureDone)] == [1, 2, 3, 4, 5]
    assert held.digests() == led.digests()[1:]


def test_the_prompt_ring_reaches_each_frame(clips: Clips) -> None:
    one = clips("sd1", request("sd1", 6))
    same = tuple(PromptKey(at, "a red fox", "night") for at in (0.0, 0.5))
    assert clips("sd1", request("sd1", 6, prompts=same)).digests() == one.digests()
    two = (PromptKey(0.0, "a red fox", "night"), PromptKey(0.5, "green sea over the mountain", "night"))
    ring = clips("sd1", request("sd1", 6, prompts=two))
    differences = [np.abs(ring.pixels(n).astype(int) - one.pixels(n).astype(int)).mean() for n in range(6)]
    assert max(differences) == differences[3] > 0


def test_a_clip_longer_than_the_module_sees_is_drawn_in_windows(clips: Clips) -> None:
    assert len(set(clips("sd1", request("sd1", 33)).digests())) == 33
    with pytest.raises(StudioError) as caught:
        clips("sd1", request("sd1", 33, windows=Windows(length=33)))
    assert caught.value.problem.field == "windows"


def test_the_seam_of_closed_windows_is_like_the_inside(model: LoadedModel, clips: Clips) -> None:
    """All frames begin with one noise, so that what differs between them comes from the windows alone."""
    noise = torch.randn((1, 4, 1, 4, 4), generator=torch.Generator().manual_seed(7)).expand(-1, -1, 24, -1, -1)

    def seam(closed: bool) -> float:
        latents = draw(model, clips.videos["module"], noise.contiguous(), "ddim", closed=closed, length=8)
        jumps = (latents - torch.roll(latents, -1, 2)).abs().mean((0, 1, 3, 4))
        return float(jumps[-1] / jumps[:-1].median())

    assert 0.5 < seam(True) < 1.5
    assert seam(False) > 3


@pytest.mark.parametrize("sampler", ["ddim", "dpmpp-2m", "unipc", *map(slow, ("heun", "pndm", "lms", "deis"))])
def test_rolling_is_undone_with_all_that_samplers_remember(model: LoadedModel, tmp_path: Path, sampler: str) -> None:
    """Without motion layers at work, the network treats each frame alike: then the roll must change nothing."""
    idle = build_module(tmp_path / "idle", strength=0.0)
    noise = torch.randn((1, 4, 5, 4, 4), generator=torch.Generator().manual_seed(3))
    still, rolled = (draw(model, idle, noise, sampler, closed=True, length=5, roll=roll) for roll in (0, 2))
    torch.testing.assert_close(rolled, still, atol=1e-4, rtol=1e-3)


def test_rolling_reaches_the_network(clips: Clips) -> None:
    closed, opened = clips("sd1", request("sd1", 6)), clips("sd1", request("sd1", 6, closed=False))
    assert closed.digests() != opened.digests()
    with pytest.raises(StudioError) as caught:
        clips("sd1", request("sd1", 6, sampler="dpmpp-sde"))
    assert caught.value.problem.field == "sampling.sampler"
    assert clips("sd1", request("sd1", 6, sampler="euler-a")).digests()


def test_video_to_video_keeps_as_much_as_it_is_told(clips: Clips, tmp_path: Path) -> None:
    frames = [np.full((40, 50, 3), (20 * n, 90, 200 - 20 * n), np.uint8) for n in range(4)]
    paths = []
    for index, frame in enumerate(frames):
        Image.fromarray(frame).save(tmp_path / f"{index}.png")
        paths.append(str(tmp_path / f"{index}.png"))

    def drawn(strength: float) -> Result:
        source = Footage(tuple(paths))
        return clips("sd1", request("sd1", 4, method=Method.VIDEO, source=source, strength=strength, steps=6))

    coder = PictureCoder(clips.model(clips.videos["sd1"]).vae)
    small = [frame[:32, :32] for frame in frames]
    kept = list(coder.decode(coder.encode(small, None), None, range(4)))  # type: ignore[arg-type]

    def distance(result: Result) -> float:
        return float(np.mean([np.abs(result.pixels(n).astype(int) - kept[n].astype(int)).mean() for n in range(4)]))

    little, much, all_of_it = drawn(0.2), drawn(0.7), drawn(1.0)
    assert distance(little) < distance(much)
    assert [event.step for event in little.of(Progress) if event.phase is Phase.DENOISE] == [6]
    assert all_of_it.digests() == clips("sd1", request("sd1", 4, steps=6)).digests()


@pytest.mark.parametrize("sampler", ["dpmpp-2m", slow("euler-a")])
def test_a_paused_clip_goes_on_bit_by_bit(clips: Clips, sampler: str) -> None:
    sequence = request("sd1", 4, sampler=sampler, steps=4)
    whole = clips("sd1", sequence)
    stopped: list[Result] = []

    def poll(result: Result) -> None:
        stopped[:] = [result]
        if any(event.phase is Phase.DENOISE and event.step == 2 for event in result.of(Progress)):
            raise JobPaused

    with pytest.raises(JobPaused):
        clips("sd1", sequence, poll=poll)
    (kept,) = stopped[0].of(Checkpoint)
    assert kept.step == 2
    rest = clips("sd1", sequence, checkpoint=kept.data)
    assert rest.digests() == whole.digests()
    assert [event.step for event in rest.of(Progress) if event.phase is Phase.DENOISE] == [3, 4]
    other = clips("sd1", dataclasses.replace(sequence, windows=Windows(roll=1)), checkpoint=kept.data)
    assert [event.step for event in other.of(Progress) if event.phase is Phase.DENOISE] == [1, 2, 3, 4]


def test_what_is_left_after_memory_ran_out_is_told(clips: Clips) -> None:
    sequence = request("sd1", 6)
    job, _ = clips.job("sd1", sequence)
    rest = job.rest()
    assert (rest.done, rest.made) == (6, tuple(range(6)))
    assert not clips("sd1", sequence, done=rest.done, made=rest.made, checkpoint=rest.checkpoint).digests()


def test_loras_of_the_model_act_in_motion_too(clips: Clips, tmp_path: Path) -> None:
    bare = clips("sd1", request("sd1", 4))
    pairs = loras.matrices(clips.videos["sd1"] / "unet", UNet2DConditionModel)
    path = loras.save(tmp_path / "style.safetensors", {"unet": pairs}, Family.SD1)
    sequence = request("sd1", 4)
    recipe = dataclasses.replace(sequence.recipe, loras=(Lora("style", 1.0),))
    dressed = clips("sd1", dataclasses.replace(sequence, recipe=recipe), loras=(path,))
    assert dressed.digests() != bare.digests()
    assert clips("sd1", sequence).digests() == bare.digests()


# ------------------------------------------------------------------------------------------------ refused


def test_a_model_without_a_module_cannot_move(clips: Clips) -> None:
    clips.videos = {**clips.videos, "module": Path()}
    with pytest.raises(StudioError):
        clips("sd1", request("sd1", 4))


def _copy(clips: Clips, tmp_path: Path, **changes: object) -> Path:
    folder = Path(shutil.copytree(clips.videos["module"], tmp_path / "copy"))
    config = folder / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), **changes}))
    return folder


@pytest.mark.parametrize(
    "changes",
    [
        {"block_out_channels": [16, 64]},
        {"block_out_channels": [16, 32, 32]},
        {"motion_max_seq_length": 10**9},
        {"motion_layers_per_block": 3},
        {"conv_in_channels": 9},
        {"_class_name": "StableDiffusionPipeline"},
        {"motion_num_attention_heads": 7},
    ],
)
def test_a_module_that_does_not_fit_is_refused(clips: Clips, tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(StudioError) as caught:
        clips("sd1", request("sd1", 4), module=_copy(clips, tmp_path, **changes))
    assert caught.value.problem.kind is ErrorKind.MODEL
    assert caught.value.problem.hint
    assert clips("sd1", request("sd1", 4)).digests()


def test_a_module_of_pickles_is_refused(clips: Clips, tmp_path: Path) -> None:
    folder = _copy(clips, tmp_path)
    weights = folder / "diffusion_pytorch_model.safetensors"
    weights.rename(folder / "diffusion_pytorch_model.bin")
    with pytest.raises(StudioError, match="pickle"):
        clips("sd1", request("sd1", 4), module=folder)
