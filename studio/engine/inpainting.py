"""Making a part of a picture anew with any model, by blending latents, and with those made for it, by nine channels.

After each step the latents outside the mask are replaced by the source's, noised to the level of that step (RePaint,
Lugmayr et al. 2022; Blended Latent Diffusion, Avrahami, Fried & Lischinski 2023), always with the noise that the
picture begins with. A grey place of the mask is let go late, so that it is changed less (Differential Diffusion, Levin
& Fried 2023): after k of n steps all latents are free whose mask lies above 1 - k/n.
"""

import functools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from studio.domain.catalog import Family
from studio.domain.geometry import Size
from studio.domain.inpainting import Inpaint
from studio.engine.latents import to_denoiser
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel
from studio.engine.sampling import NoiseSchedule, override
from studio.engine.source import covering
from studio.imaging.infill import infilled
from studio.imaging.masks import extended, extension_mask, load_mask, require_mask, widened
from studio.imaging.pictures import load_picture

_HIDDEN = 128  # masks from here on hide the picture from a nine-channel network


@dataclass(frozen=True, slots=True)
class Hole:
    """A picture of which a part is to be made, at the size that the model works at.

    `picture` (1, 3, H, W) in 0 to 1 is filled where nothing is to be kept, `mask` (1, 1, H, W) in 0 to 1 says how
    freely each pixel may change. `latents` (1, C, h, w) are the picture's, and `free` (1, 1, h, w) the mask over them.
    """

    picture: torch.Tensor
    mask: torch.Tensor
    latents: torch.Tensor
    free: torch.Tensor


@torch.no_grad()
def open_hole(model: LoadedModel, inpaint: Inpaint, size: Size) -> Hole:
    """The hole of a recipe: its picture filled and its mask widened as it says, both scaled to cover `size`.

    Raises StudioError (INPUT, DISK, MEMORY) when a file cannot be used, or the mask has another size than the picture.
    """
    pixels = load_picture(Path(inpaint.image))
    if inpaint.extend is not None:
        values = extension_mask(pixels, inpaint.extend)
        pixels = extended(pixels, inpaint.extend)
    else:
        values = load_mask(Path(inpaint.mask))
    require_mask(values, Size(pixels.shape[1], pixels.shape[0]))
    values = widened(values, inpaint.grow, inpaint.feather)
    pixels = infilled(pixels, values > 0, inpaint.infill)
    picture = torch.from_numpy(covering(pixels, size).copy()).permute(2, 0, 1)[None].float() / 255
    marked = covering(values, size, Image.Resampling.BOX)
    mask = torch.from_numpy(np.array(marked))[None, None].float() / 255
    # The largest value over a latent's pixels, so that nothing of the mask is lost.
    free = torch.nn.functional.max_pool2d(mask, model.vae_scale)
    return Hole(picture, mask, encode(model, picture), free)


@torch.no_grad()
def encode(model: LoadedModel, picture: torch.Tensor) -> torch.Tensor:
    """Latents (1, C, h, w), float32, of `picture` (1, 3, H, W) in 0 to 1: the most likely ones, without any chance."""
    vae = model.vae
    encoded = vae.encode((picture * 2 - 1).to(vae.device, vae.dtype))
    latents = encoded.latents if hasattr(encoded, "latents") else encoded.latent_dist.mode()
    return to_denoiser(vae, latents.float())


def picture_for(model: LoadedModel, hole: Hole) -> torch.Tensor:
    """What the image-to-image pipeline takes as its picture: latents where it can."""
    if model.family is Family.SD3 or hole.latents.shape[1] == 4:
        return hole.latents.to(model.denoiser.dtype)
    return hole.picture


def keep_outside(pipe: Any, hole: Hole, noise: torch.Tensor, schedule: NoiseSchedule, done: int = 0) -> None:
    """Let the scheduler of `pipe` put back what lies outside the hole after each of its steps.

    `noise` (1, C, h, w), float32, is what the source is noised with, also at the start of an image-to-image run. After
    the last step the latents outside are the source's, bit by bit. The first `done` steps are not made here.
    """
    scheduler = pipe.scheduler
    kind = type(scheduler)

    @functools.wraps(kind.step)
    def step(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal done
        sample, *others = kind.step(self, *args, **kwargs)
        done += 1
        total = int(pipe.num_timesteps)
        alpha, sigma = noise_level(self, schedule, total - done)
        outside = (alpha * hole.latents.to(sample.device) + sigma * noise.to(sample.device)).to(sample.dtype)
        inside = hole.free.to(sample.device) > (total - done) / total
        return (torch.where(inside, sample, outside), *others)

    @functools.wraps(kind.add_noise)
    def add_noise(self: Any, samples: torch.Tensor, given: torch.Tensor, timesteps: Any) -> Any:
        return kind.add_noise(self, hole.latents.to(samples), noise.to(given), timesteps)

    override(scheduler, step=step, add_noise=add_noise)


def noise_level(scheduler: Any, schedule: NoiseSchedule, following: int) -> tuple[float, float]:
    """α and σ of the sample αx0 + σε that `scheduler.step` returned, with `following` more steps to come.

    Second-order solvers return samples between two levels of their list; those of the variance-exploding kind show the
    level by the scale they want for the network's input, 1/√(1 + σ²).
    """
    if following == 0:
        return 1.0, 0.0
    following_time = scheduler.timesteps[-following]
    if not schedule.is_flow and float(scheduler.init_noise_sigma) > 1:
        scale = float(scheduler.scale_model_input(torch.ones((), dtype=torch.float64), following_time))
        return 1.0, math.sqrt(max(0.0, 1 / scale**2 - 1))
    if hasattr(scheduler, "sigmas"):
        sigma = float(scheduler.sigmas[scheduler.step_index])
        if schedule.is_flow:
            return 1 - sigma, sigma
        return 1 / math.sqrt(1 + sigma**2), sigma / math.sqrt(1 + sigma**2)
    alpha_squared = float(scheduler.alphas_cumprod[int(following_time)])
    return math.sqrt(alpha_squared), math.sqrt(1 - alpha_squared)


@contextmanager
def shown(model: LoadedModel, hole: Hole | None, size: Size) -> Iterator[None]:
    """While the block runs, a nine-channel network sees the mask and the picture without its hole beside the latents.

    Without a hole everything is to be made. Other networks are left alone.
    """
    if not model.inpaints:
        yield
        return
    beside = _beside(model, hole, size).to(model.denoiser.device, model.denoiser.dtype)

    def join(module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        sample, *others = args
        return (torch.cat([sample, beside.expand(len(sample), -1, -1, -1)], dim=1), *others), kwargs

    handle = model.denoiser.register_forward_pre_hook(join, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


def _beside(model: LoadedModel, hole: Hole | None, size: Size) -> torch.Tensor:
    """The mask (1 is to be made) and the latents of the picture, grey where it is hidden: (1, 1 + C, h, w)."""
    if hole is None:
        hidden = torch.ones(1, 1, size.height, size.width)
        picture = torch.full((1, 3, size.height, size.width), 0.5)
    else:
        hidden = (hole.mask * 255 >= _HIDDEN).float()
        picture = hole.picture * (1 - hidden) + 0.5 * hidden
    mask = torch.nn.functional.max_pool2d(hidden, model.vae_scale)
    latents = encode(model, picture)
    return torch.cat([mask.to(latents), latents], dim=1)
