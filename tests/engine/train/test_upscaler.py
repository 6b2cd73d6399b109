"""Training the upscaler: it learns, and an interruption leaves no trace."""

from pathlib import Path

import numpy as np
import pytest
from diffusers import AutoencoderTiny
from PIL import Image

from studio.engine.libraries import torch
from studio.engine.train.drawings import drawing
from studio.engine.train.upscaler import (
    Pairs,
    UpscalerTraining,
    autoencoder_round_trip,
    batch_of,
    degraded,
    loss_of,
    prepare,
    train,
)
from studio.engine.upscale import SCALE, enlarged
from studio.imaging.pixels import Pixels

SHORT = UpscalerTraining(steps=6, batch=2, crop=12)


class Interrupted(Exception):
    """Stands for whatever ends a run."""


def same(picture: Pixels, rng: np.random.Generator) -> Pixels:
    return picture


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    return prepare((drawing(seed, 128) for seed in range(6)), same, seed=1)


def test_drawings_repeat_by_their_seed() -> None:
    first = drawing(5, 96)
    assert first.shape == (96, 96, 3)
    assert (first == drawing(5, 96)).all()
    assert (first != drawing(6, 96)).any()


def test_small_and_large_lie_on_each_other(pairs: Pairs) -> None:
    assert pairs.large.shape == (6, 128, 128, 3)
    assert pairs.plain.shape == pairs.coded.shape == (6, 32, 32, 3)
    for large, plain in zip(pairs.large, pairs.plain, strict=True):
        reduced = np.asarray(Image.fromarray(large).reduce(SCALE)).astype(int)
        errors = {shift: np.abs(np.roll(reduced, shift, (0, 1)) - plain).mean() for shift in (-1, 0, 1)}
        assert min(errors, key=lambda shift: errors[shift]) == 0


def test_crops_lie_on_each_other_however_they_are_turned(pairs: Pairs) -> None:
    recipe = UpscalerTraining(batch=24, crop=20)
    small, large = batch_of(pairs, recipe, 0)
    assert (small.shape, large.shape) == ((24, 3, 20, 20), (24, 3, 80, 80))
    reduced = torch.nn.functional.avg_pool2d(large, SCALE)
    for turned in (reduced.flip(-1), reduced.flip(-2), reduced.rot90(1, (-2, -1))):
        assert (reduced - small).abs().mean() < 0.5 * (turned - small).abs().mean()


def test_a_batch_depends_on_its_step_alone(pairs: Pairs) -> None:
    first, again, other = (batch_of(pairs, SHORT, step)[0] for step in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_degradation_varies_and_keeps_the_size() -> None:
    picture = drawing(1, 48)
    made = [degraded(picture, np.random.default_rng(seed)) for seed in range(20)]
    assert {result.shape for result in made} == {(48, 48, 3)}
    errors = [float(np.abs(result.astype(int) - picture).mean()) for result in made]
    assert min(errors) < 0.5 < max(errors)


def test_the_round_trip_goes_through_the_autoencoder() -> None:
    torch.manual_seed(0)
    vae = AutoencoderTiny(
        encoder_block_out_channels=(8, 8), decoder_block_out_channels=(8, 8), num_encoder_blocks=(1, 1),
        num_decoder_blocks=(1, 1), latent_channels=4,
    ).eval()  # fmt: skip
    picture = drawing(2, 32)
    clean = autoencoder_round_trip(vae, noises=(0.0,))(picture, np.random.default_rng(0))
    noisy = autoencoder_round_trip(vae, noises=(1.0,))(picture, np.random.default_rng(0))
    assert clean.shape == noisy.shape == picture.shape
    with torch.inference_mode():
        tensor = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None] / 127.5 - 1
        wanted = (vae.decode(vae.encode(tensor).latents).sample[0] / 2 + 0.5).clamp(0, 1).permute(1, 2, 0) * 255
    assert np.abs(clean - wanted.numpy()).max() <= 1
    assert (clean != noisy).any()


def test_the_loss_is_nothing_for_equal_pictures_and_sees_edges() -> None:
    sharp = torch.zeros(1, 3, 16, 16)
    sharp[..., 8:] = 1
    soft = torch.nn.functional.avg_pool2d(sharp, 3, 1, 1, count_include_pad=False)
    dimmed = sharp - (soft - sharp).abs().mean()  # as far away in the mean, with edges as they were
    assert loss_of(sharp, sharp) == 0
    assert loss_of(soft, sharp) > 1.2 * loss_of(dimmed, sharp)


def test_it_learns_to_beat_the_bicubic_enlargement(tmp_path: Path) -> None:
    simple = prepare((drawing(seed, 512)[:256, :256] for seed in range(8)), same, seed=1)
    network = train(simple, UpscalerTraining(steps=120, batch=6, crop=32, learning_rate=3e-3), tmp_path / "run.pt")
    small, large = batch_of(simple, UpscalerTraining(batch=16, crop=32, seed=7), 0)
    with torch.inference_mode():
        assert loss_of(network(small), large) < 0.99 * loss_of(enlarged(small, SCALE), large)


def test_an_interrupted_run_ends_with_the_same_weights(pairs: Pairs, tmp_path: Path) -> None:
    straight = train(pairs, SHORT, tmp_path / "straight.pt").state_dict()

    def interrupt(step: int, loss: float) -> None:
        if step == 5:
            raise Interrupted

    with pytest.raises(Interrupted):
        train(pairs, SHORT, tmp_path / "broken.pt", interrupt, save_every=2)
    steps: list[int] = []
    resumed = train(pairs, SHORT, tmp_path / "broken.pt", lambda step, loss: steps.append(step), save_every=2)
    assert steps == [5, 6]
    for name, tensor in resumed.state_dict().items():
        assert torch.equal(tensor, straight[name]), name
