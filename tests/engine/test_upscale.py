"""The upscaler: tiles without seams, honest jobs, and shipped weights that are worth their bytes."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from studio.domain.errors import ErrorKind, JobCancelled, StudioError
from studio.domain.messages import Event, Phase, PictureDone, Progress, Run
from studio.domain.recipe import Recipe
from studio.domain.upscaling import Upscaling
from studio.engine import upscale as upscaling
from studio.engine.libraries import torch
from studio.engine.run import StudioEngine
from studio.engine.train.drawings import drawing
from studio.engine.upscale import (
    SCALE,
    Upscaler,
    UpscalerNetwork,
    enlarged,
    load_upscaler,
    save_upscaler,
    shipped_upscaler,
    upscale,
)
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import Pixels, decode
from tests.engine.jobs import PLAN, Result, Runner, cancel_when, recipe


@pytest.fixture(scope="module")
def shipped() -> Upscaler:
    return load_upscaler(PLAN, shipped_upscaler())


@pytest.fixture
def wild() -> Upscaler:
    """A network that was never trained and adds strong detail, so that every pixel it sees matters."""
    torch.manual_seed(1)
    network = UpscalerNetwork(features=8, blocks=2)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return Upscaler(network.eval(), PLAN)


def noise(width: int, height: int, channels: int = 3) -> Pixels:
    return np.random.default_rng(3).integers(0, 256, (height, width, channels), np.uint8)


def reduced(picture: Pixels) -> Pixels:
    side = picture.shape[1] // SCALE, picture.shape[0] // SCALE
    return np.asarray(Image.fromarray(picture).resize(side, Image.Resampling.BOX))


def resized(small: Pixels, method: Image.Resampling) -> Pixels:
    height, width = small.shape[:2]
    return np.asarray(Image.fromarray(small).resize((width * SCALE, height * SCALE), method))


def psnr(made: Pixels, wanted: Pixels) -> float:
    error = np.mean((made.astype(np.float64) - wanted) ** 2)
    return float(10 * np.log10(255**2 / error))


def test_an_untrained_network_is_the_bicubic_enlargement() -> None:
    picture = torch.rand(1, 3, 9, 11)
    assert torch.equal(UpscalerNetwork(features=8, blocks=1)(picture), enlarged(picture, SCALE))


@pytest.mark.parametrize("factor", [2, 4])
def test_tiles_leave_no_seam(wild: Upscaler, factor: int) -> None:
    picture = noise(61, 45)
    whole = upscale(wild, picture, factor, tile=100)
    tiled = upscale(wild, picture, factor, tile=16)
    assert whole.shape == (45 * factor, 61 * factor, 3)
    assert np.abs(whole.astype(int) - tiled).max() <= 1


def test_a_network_sees_no_farther_than_it_says(wild: Upscaler) -> None:
    picture, network = torch.rand(1, 3, 41, 41), wild.network
    changed = picture.clone()
    changed[..., 20, 20] = 1 - changed[..., 20, 20]
    touched = (network(picture) != network(changed)).any(1)[0].nonzero()
    first, last = touched.min().item() // SCALE, touched.max().item() // SCALE
    assert 20 - network.reach <= first < last <= 20 + network.reach
    assert last - first > network.reach  # and not much less, or tiles would be wasteful


def test_twice_is_the_average_of_four_times(wild: Upscaler) -> None:
    picture = noise(12, 10)
    four = upscale(wild, picture, 4).reshape(20, 2, 24, 2, 3).mean((1, 3))
    assert np.abs(upscale(wild, picture, 2) - four).max() <= 1


def test_transparency_is_enlarged_and_leaves_colours_alone(wild: Upscaler) -> None:
    picture = noise(12, 10, 4)
    result = upscale(wild, picture, 4)
    assert (result[..., :3] == upscale(wild, picture[..., :3].copy(), 4)).all()
    assert np.abs(reduced(result[..., 3]).astype(int) - picture[..., 3]).mean() < 20


def test_what_a_tile_raises_ends_the_work(wild: Upscaler) -> None:
    seen = []

    def stop(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        upscale(wild, noise(40, 40), 4, stop, tile=20)
    assert seen == [(0, 4), (1, 4), (2, 4)]


def test_weights_survive_the_disk(tmp_path: Path) -> None:
    torch.manual_seed(2)
    network = UpscalerNetwork()
    torch.nn.init.normal_(network.tail.weight, std=0.1)
    save_upscaler(network, tmp_path)
    picture = noise(8, 8)
    loaded = upscale(load_upscaler(PLAN, tmp_path), picture, 4)
    assert np.abs(loaded.astype(int) - upscale(Upscaler(network.eval(), PLAN), picture, 4)).max() <= 1
    assert (loaded != resized(picture, Image.Resampling.BICUBIC)).any()


def test_missing_and_damaged_weights_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StudioError) as missing:
        load_upscaler(PLAN, tmp_path)
    (tmp_path / upscaling.WEIGHTS).write_bytes(b"no weights")
    with pytest.raises(StudioError) as damaged:
        load_upscaler(PLAN, tmp_path)
    for caught in (missing, damaged):
        assert caught.value.problem.kind is ErrorKind.MODEL
        assert caught.value.problem.hint


# ------------------------------------------------------------------------------------------ the shipped weights


@pytest.mark.parametrize(("blur", "gain"), [(0.0, 0.5), (0.8, 0.3)])
def test_the_shipped_weights_beat_bicubic_and_lanczos_on_a_drawing_they_never_saw(
    shipped: Upscaler, blur: float, gain: float
) -> None:
    sharp = drawing(77, 768)
    small = np.asarray(Image.fromarray(reduced(sharp)).filter(ImageFilter.GaussianBlur(blur)))
    ours = psnr(upscale(shipped, small, 4), sharp)
    for method in (Image.Resampling.BICUBIC, Image.Resampling.LANCZOS):
        assert ours > psnr(resized(small, method), sharp) + gain


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 40, 90)])
def test_the_shipped_weights_keep_a_plain_colour(shipped: Upscaler, colour: tuple[int, int, int]) -> None:
    plain = np.full((48, 48, 3), colour, np.uint8)
    assert np.abs(upscale(shipped, plain, 4).astype(int) - colour).max() <= 4


def test_the_shipped_weights_are_small_and_named_by_the_engine(engine: StudioEngine) -> None:
    assert (shipped_upscaler() / upscaling.WEIGHTS).stat().st_size <= 2e6
    assert len(engine.describe().versions["upscaler"]) == 16


# ------------------------------------------------------------------------------------------ jobs


@pytest.mark.parametrize("factor", [2, 4])
def test_a_recipe_enlarges_what_it_would_have_made(runner: Runner, shipped: Upscaler, factor: int) -> None:
    plain, large = runner(recipe()), runner(_upscaled(factor))
    assert (large.pixels() == upscale(shipped, plain.pixels(), factor)).all()
    assert large.phases()[-3:] == [Phase.DECODE, Phase.UPSCALE, Phase.SAVE]
    (done,) = large.of(PictureDone)
    assert (done.picture.width, done.picture.height) == (32 * factor, 32 * factor)
    assert large.finished and large.finished.cost.seconds["upscale"] > 0


def test_upscaling_can_be_cancelled(runner: Runner) -> None:
    def is_upscaling(result: Result) -> bool:
        return result.phases()[-1:] == [Phase.UPSCALE]

    with pytest.raises(JobCancelled):
        runner(_upscaled(4), poll=cancel_when(is_upscaling))
    assert runner.stored() == []


def test_a_picture_from_a_file_is_enlarged(engine: StudioEngine, shipped: Upscaler, tmp_path: Path) -> None:
    picture = noise(24, 20, 4)
    Image.fromarray(picture).save(tmp_path / "source.png")
    events: list[Event] = []
    command = Run("job", Upscaling(str(tmp_path / "source.png"), 2), "", str(tmp_path / "store"))
    finished = engine.run(command, events.append, lambda: None)
    (done,) = [event for event in events if isinstance(event, PictureDone)]
    stored = BlobStore(tmp_path / "store").get(done.picture.digest)
    assert (decode(stored) == upscale(shipped, picture, 2)[..., :3]).all()
    assert (done.picture.width, done.picture.height) == (48, 40)
    phases = dict.fromkeys(event.phase for event in events if isinstance(event, Progress))
    assert list(phases) == [Phase.LOAD, Phase.UPSCALE, Phase.SAVE]
    assert set(finished.cost.seconds) == {"load", "upscale", "save"}


def test_a_file_that_is_no_picture_is_refused(engine: StudioEngine, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(StudioError) as caught:
        engine.run(Run("job", Upscaling(str(tmp_path / "text.png")), "", str(tmp_path)), lambda event: None, _nothing)
    assert caught.value.problem.kind is ErrorKind.INPUT


def _nothing() -> None:
    pass


def _upscaled(factor: int) -> Recipe:
    return dataclasses.replace(recipe(), upscale=factor)
