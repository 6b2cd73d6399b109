"""Frames to latents and back, for autoencoders that code pictures one by one and for those that code video.

Video autoencoders are causal: how a frame is coded depends on those before it, and the first has none. On a ring, they
get latents or frames from beyond both ends, which are left out of the result, so that it is coded like the inside.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from studio.engine.latents import to_autoencoder, to_denoiser
from studio.engine.libraries import diffusers, torch
from studio.engine.pictures import pixels_of
from studio.engine.video_models.extent import Extent
from studio.imaging.pixels import Pixels

BORROWED = 8  # latents beyond an end of a ring: what autoencoders remember of earlier ones fades by then
# How LTX-Video 0.9.1 and later are decoded: at this time of the autoencoder's own denoising, with this share of noise.
_DECODE_TIME, _DECODE_NOISE = 0.05, 0.025


class Coder(Protocol):
    """An autoencoder for the frames of a clip; `ratio` frames share a latent."""

    @property
    def ratio(self) -> int:
        """Frames in each latent but the first."""

    def encode(self, frames: Sequence[Pixels], extent: Extent) -> torch.Tensor:
        """Latents (1, C, F, h, w), float32, in the denoiser's scale, of all drawn frames of `extent`: RGB, one size."""

    def decode(self, latents: torch.Tensor, extent: Extent, wanted: Sequence[int]) -> Iterator[Pixels]:
        """The drawn frames with the numbers `wanted`, ascending, of clean latents (1, C, F, h, w). Raises StudioError
        (MODEL) when the numbers overflow.
        """


@dataclass(frozen=True, slots=True)
class PictureCoder:
    """Each frame by itself, by an autoencoder for pictures."""

    vae: Any

    @property
    def ratio(self) -> int:
        """One frame a latent."""
        return 1

    @torch.no_grad()
    def encode(self, frames: Sequence[Pixels], extent: Extent) -> torch.Tensor:
        """See `Coder.encode`."""
        return torch.stack([self._latent(frame) for frame in frames], 2)

    @torch.no_grad()
    def decode(self, latents: torch.Tensor, extent: Extent, wanted: Sequence[int]) -> Iterator[Pixels]:
        """See `Coder.decode`."""
        for index in wanted:
            scaled = to_autoencoder(self.vae, latents[:, :, index].to(self.vae.device, self.vae.dtype))
            yield pixels_of(self.vae.decode(scaled, return_dict=False)[0][0])

    def _latent(self, frame: Pixels) -> torch.Tensor:
        found = self.vae.encode(_tensor([frame])[:, :, 0].to(self.vae.device, self.vae.dtype))
        latent = found.latents if hasattr(found, "latents") else found.latent_dist.mode()
        return to_denoiser(self.vae, latent.float().cpu())


@dataclass(frozen=True, slots=True)
class VideoCoder:
    """All frames together, by a causal autoencoder whose latents have the mean `mean` and the spread `spread` (C,).

    `seed` decides the noise that some decoders add. On a ring, `borrowed` latents are put before the first, and behind
    the last for a decoder that `looks_ahead`.
    """

    vae: Any
    mean: torch.Tensor
    spread: torch.Tensor
    ratio: int
    seed: int = 0
    borrowed: int = BORROWED
    looks_ahead: bool = False

    @torch.no_grad()
    def encode(self, frames: Sequence[Pixels], extent: Extent) -> torch.Tensor:
        """See `Coder.encode`."""
        before = self.borrowed
        if extent.ring:
            count = 1 + self.ratio * (before + extent.latents - 1)
            first = -1 - self.ratio * (before - 1)
            frames = [frames[(first + index) % extent.drawn] for index in range(count)]
        video = _tensor(frames).to(self.vae.device, self.vae.dtype)
        found = self.vae.encode(video).latent_dist.mode().float().cpu()
        return self.to_denoiser(found[:, :, before:] if extent.ring else found)

    @torch.no_grad()
    def decode(self, latents: torch.Tensor, extent: Extent, wanted: Sequence[int]) -> Iterator[Pixels]:
        """See `Coder.decode`."""
        places = torch.arange(extent.latents)
        if extent.ring:
            behind = self.borrowed if self.looks_ahead else 0
            places = torch.arange(-self.borrowed, extent.latents + behind) % extent.latents
        with _seeded(self.vae.device, self.seed):
            prepared, time = self._prepared(latents.float().cpu())
            clean = self.to_autoencoder(prepared[:, :, places]).to(self.vae.device, self.vae.dtype)
            video = self.vae.decode(clean, *time, return_dict=False)[0][0]
        skipped = 1 + self.ratio * (self.borrowed - 1) if extent.ring else 0
        for index in wanted:
            yield pixels_of(video[:, skipped + index])

    def to_denoiser(self, latents: torch.Tensor) -> torch.Tensor:
        """Of mean 0 and spread 1."""
        return (latents - _wide(self.mean)) / _wide(self.spread)

    def to_autoencoder(self, latents: torch.Tensor) -> torch.Tensor:
        """The inverse of `to_denoiser`."""
        return latents * _wide(self.spread) + _wide(self.mean)

    def _prepared(self, latents: torch.Tensor) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        """Latents with the noise that the decoder takes away again, and the time that tells it how much there is."""
        if not getattr(self.vae.config, "timestep_conditioning", False):
            return latents, ()
        noise = torch.randn(latents.shape)
        mixed = (1 - _DECODE_NOISE) * latents + _DECODE_NOISE * noise
        return mixed, (torch.tensor([_DECODE_TIME], device=self.vae.device, dtype=self.vae.dtype),)


class StillCoder:
    """A video autoencoder as one for pictures, each a clip of one frame: what previews are fitted to.

    Its latents are in the denoiser's scale.
    """

    def __init__(self, coder: VideoCoder) -> None:
        self._coder = coder
        self.device, self.dtype = coder.vae.device, coder.vae.dtype
        self.config = diffusers.configuration_utils.FrozenDict(scaling_factor=1.0)

    def encode(self, pictures: torch.Tensor) -> Any:
        """Latents of (1, 3, H, W) in −1 to 1."""
        found = self._coder.vae.encode(pictures[:, :, None]).latent_dist.mode().float().cpu()
        return diffusers.models.autoencoders.autoencoder_tiny.AutoencoderTinyOutput(
            latents=self._coder.to_denoiser(found)[:, :, 0]
        )

    def decode(self, latents: torch.Tensor, return_dict: bool = False) -> tuple[torch.Tensor]:
        """Pictures in −1 to 1 of latents (1, C, h, w)."""
        extent = Extent(1, 1, self._coder.ratio, closed=False, ring=False)
        frame = next(self._coder.decode(latents[:, :, None], extent, (0,)))
        return (torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 127.5 - 1,)


@contextmanager
def _seeded(device: torch.device, seed: int) -> Iterator[None]:
    """While the block runs, torch's global numbers come from `seed`: some decoders draw from them."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _wide(numbers: torch.Tensor) -> torch.Tensor:
    return numbers.float().cpu().view(1, -1, 1, 1, 1)


def _tensor(frames: Sequence[Pixels]) -> torch.Tensor:
    """(1, 3, F, H, W) in −1 to 1."""
    stacked = torch.from_numpy(np.stack(frames)).permute(3, 0, 1, 2)[None]
    return stacked.float() / 127.5 - 1
