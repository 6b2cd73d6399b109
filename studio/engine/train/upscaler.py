"""Train the upscaler on pairs of one picture, small and soft as the starter makes it, large and sharp as it was drawn.

What the small one has gone through is varied, so that the network learns to sharpen by as much as is missing (blind
degradation, Wang et al. 2021, https://arxiv.org/abs/2107.10833): the starter's autoencoder with noisy latents or plain
reduction, then blur, noise and JPEG of random strength. No adversary: nothing is invented that was not there.

Every step draws its batch from (seed, step) alone, so a run that is taken up again goes on as if never interrupted.
"""

import io
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from studio.engine.device import has_native_bfloat16
from studio.engine.libraries import torch
from studio.engine.upscale import SCALE, UpscalerNetwork
from studio.imaging.pixels import Pixels

_AVERAGING = 0.999  # of the weights that are kept (Polyak averaging)
_WARMUP = 30  # steps
_BY_AUTOENCODER = 0.1  # share of the crops that went through the autoencoder: what it smears, nothing brings back
_CANDIDATES = 3  # places looked at for each crop; the one with most edges is taken
_REDUCTIONS = (Image.Resampling.BOX, Image.Resampling.HAMMING, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)

RoundTrip = Callable[[Pixels, np.random.Generator], Pixels]


@dataclass(frozen=True, slots=True)
class UpscalerTraining:
    """The recipe of a run: `crop` is the side of a small crop in pixels, `steps` the length of the whole run."""

    steps: int = 1000
    batch: int = 8
    crop: int = 40
    learning_rate: float = 2e-3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pictures to learn from: `large` (N, 4s, 4s, 3), `plain` and `coded` (N, s, s, 3), uint8.

    `plain` holds them reduced, `coded` also sent through an autoencoder. May be memory maps.
    """

    large: NDArray[np.uint8]
    plain: NDArray[np.uint8]
    coded: NDArray[np.uint8]


def prepare(pictures: Iterable[Pixels], round_trip: RoundTrip, seed: int) -> Pairs:
    """Pairs of large `pictures` of one size; `round_trip` is what the starter's autoencoder makes of a small one."""
    rng = np.random.default_rng(seed)
    large, plain, coded = [], [], []
    for picture in pictures:
        image = Image.fromarray(picture)
        side = image.width // SCALE, image.height // SCALE
        large.append(picture)
        plain.append(np.asarray(image.resize(side, _REDUCTIONS[rng.integers(len(_REDUCTIONS))])))
        coded.append(round_trip(np.asarray(image.resize(side, Image.Resampling.BOX)), rng))
    return Pairs(np.stack(large), np.stack(plain), np.stack(coded))


def autoencoder_round_trip(vae: Any, noises: tuple[float, ...] = (0.0, 0.0, 0.05, 0.1)) -> RoundTrip:
    """What an `AutoencoderTiny` makes of a picture, its latents disturbed by noise of a random one of `noises`.

    The noise stands for what a denoiser leaves behind: its latents lie beside those of any real picture. Much of it
    would teach the network to see blotches, which no neighbourhood can tell from colours.
    """

    @torch.inference_mode()
    def round_trip(picture: Pixels, rng: np.random.Generator) -> Pixels:
        tensor = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].to(vae.device, vae.dtype)
        latents = vae.encode(tensor / 127.5 - 1).latents
        noise = torch.from_numpy(rng.standard_normal(tuple(latents.shape), np.float32)).to(latents)
        decoded = vae.decode(latents + float(rng.choice(noises)) * noise).sample[0].float()
        found = ((decoded / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        return np.asarray(found, dtype=np.uint8)

    return round_trip


def degraded(small: Pixels, rng: np.random.Generator) -> Pixels:
    """A small picture with blur, noise and JPEG artefacts, each of random strength and often absent."""
    image = Image.fromarray(small)
    if rng.random() < 0.4:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.2, 0.8))))
    if rng.random() < 0.05:
        noise = rng.standard_normal(small.shape) * rng.uniform(0.5, 5)
        image = Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).round().astype(np.uint8))
    if rng.random() < 0.05:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=int(rng.integers(60, 96)))
        image = Image.open(buffer)
    return np.asarray(image)


def batch_of(pairs: Pairs, recipe: UpscalerTraining, step: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The crops of one step, small (B, 3, c, c) and large (B, 3, 4c, 4c), float32 in 0 to 1."""
    rng = np.random.default_rng((recipe.seed, step))
    found = [_crop(pairs, recipe.crop, rng) for _ in range(recipe.batch)]
    small, large = (np.stack(part) for part in zip(*found, strict=True))
    return _tensor(small), _tensor(large)


def _tensor(pictures: NDArray[np.uint8]) -> torch.Tensor:
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last) / 255


def _crop(pairs: Pairs, side: int, rng: np.random.Generator) -> tuple[Pixels, Pixels]:
    """One crop, turned and mirrored at random, its colours sometimes exchanged."""
    index = int(rng.integers(len(pairs.large)))
    source = pairs.coded if rng.random() < _BY_AUTOENCODER else pairs.plain
    height, width = source.shape[1:3]
    places = rng.integers((0, 0), (height - side + 1, width - side + 1), (_CANDIDATES, 2))
    y, x = max(places, key=lambda place: _edges(source[index, place[0] : place[0] + side, place[1] : place[1] + side]))
    small = degraded(source[index, y : y + side, x : x + side], rng)
    large = pairs.large[index, y * SCALE : (y + side) * SCALE, x * SCALE : (x + side) * SCALE]
    turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))
    colours = rng.permutation(3) if rng.random() < 0.3 else np.arange(3)

    def moved(picture: Pixels) -> Pixels:
        turned = np.rot90(picture, turns)
        return np.ascontiguousarray((turned[:, ::-1] if mirrored else turned)[..., colours])

    return moved(small), moved(large)


def _edges(crop: Pixels) -> float:
    return float(np.abs(np.diff(crop.astype(np.int16), axis=0)).mean())


def loss_of(made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """L1 of the pixels, a little of their differences to neighbours (edges), and of the spectrum (Cho et al. 2021).

    The spectrum weighs fine detail as much as large areas; https://arxiv.org/abs/2108.05054, equation 7. More weight on
    differences would favour soft edges, since a sharp one that is a pixel off costs twice what a missing one does.
    """
    error = made - wanted
    edges = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
    spectrum: torch.Tensor = torch.view_as_real(torch.fft.rfft2(error, norm="ortho")).abs().mean()
    return error.abs().mean() + 0.1 * edges + 0.05 * spectrum


def train(
    pairs: Pairs,
    recipe: UpscalerTraining,
    checkpoint: Path,
    on_step: Callable[[int, float], None] = lambda step, loss: None,
    save_every: int = 200,
) -> UpscalerNetwork:
    """Carry out `recipe` and return the network with averaged weights.

    The state is kept in `checkpoint` every `save_every` steps and taken up from there. `on_step(step, loss)` is called
    after each step; what it raises ends the run, and the next one goes on from the last checkpoint.
    """
    torch.manual_seed(recipe.seed)
    run = _Training(recipe)
    if checkpoint.is_file():
        run.load(torch.load(checkpoint, weights_only=True))
    while run.step < recipe.steps:
        loss = run.advance(*batch_of(pairs, recipe, run.step))
        on_step(run.step, loss)
        if run.step % save_every == 0 or run.step == recipe.steps:
            waiting = checkpoint.with_suffix(".part")
            torch.save(run.state(), waiting)
            waiting.replace(checkpoint)
    run.network.load_state_dict(run.average)
    run.network.eval()
    return run.network


class _Training:
    """The network on its way, on the CPU, with its optimiser and averaged weights."""

    def __init__(self, recipe: UpscalerTraining) -> None:
        self.recipe, self.step = recipe, 0
        network: Any = UpscalerNetwork()
        self.network: UpscalerNetwork = network.to(memory_format=torch.channels_last)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), recipe.learning_rate, weight_decay=1e-4)
        self.average = {name: tensor.clone() for name, tensor in self.network.state_dict().items()}

    def advance(self, small: torch.Tensor, large: torch.Tensor) -> float:
        """One step of AdamW; gradients are cut at a norm of 0.5."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate * self._pace()
        with torch.autocast("cpu", torch.bfloat16, enabled=has_native_bfloat16()):
            made = self.network(small)
        loss = loss_of(made.float(), large)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 0.5)
        self.optimiser.step()
        self.step += 1
        keep = min(_AVERAGING, self.step / (self.step + 10))
        for name, tensor in self.network.state_dict().items():
            self.average[name].lerp_(tensor, 1 - keep)
        return float(loss.detach())

    def _pace(self) -> float:
        """Share of the learning rate: a short rise, then half a cosine to nothing."""
        rise = min(1.0, (self.step + 1) / _WARMUP)
        return rise * 0.5 * (1 + math.cos(math.pi * self.step / self.recipe.steps))

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on."""
        parts = {"network": self.network.state_dict(), "average": self.average}
        return {**parts, "optimiser": self.optimiser.state_dict(), "step": self.step}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.average, self.step = state["average"], int(state["step"])
