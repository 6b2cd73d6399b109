"""One picture: noise or a source picture in, pixels out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio.domain.catalog import Family
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.recipe import Recipe
from studio.domain.samplers import SAMPLERS
from studio.engine.conditioning import Conditioning
from studio.engine.hook import OnStep, watched_steps
from studio.engine.latents import to_autoencoder, to_denoiser
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel
from studio.engine.noise import initial_noise
from studio.engine.sampling import build_scheduler, draw_from
from studio.engine.source import effective_strength, strength_rounded_up
from studio.imaging.pixels import Pixels


@dataclass(frozen=True, slots=True)
class Denoising:
    """How one picture is denoised: the recipe of that picture alone, its text embeddings and its start.

    `source` is the encoded or plain source picture, as the image-to-image pipeline takes it; None starts from noise.
    """

    recipe: Recipe
    conditioning: Conditioning
    generator: torch.Generator
    source: torch.Tensor | None = None


def denoise(model: LoadedModel, job: Denoising, watch: Callable[[Any, Any], OnStep]) -> torch.Tensor:
    """Clean latents (1, C, h, w) in the model's scale and number format.

    `watch(pipeline, scheduler)` gives what is to be called after each step. Raises StudioError (MODEL) when the numbers
    overflow, and passes on whatever the watcher raises.
    """
    recipe, sampling = job.recipe, job.recipe.sampling
    sampler = SAMPLERS[sampling.sampler]
    pipe = model.text_to_image if job.source is None else model.image_to_image
    scheduler = build_scheduler(sampler, model.schedule, sampling.steps, recipe.seed)
    draw_from(scheduler, job.generator)
    pipe.scheduler = scheduler
    with watched_steps(scheduler, watch(pipe, scheduler)):
        latents: torch.Tensor = pipe(
            **job.conditioning.arguments(),
            **_start(model, job),
            num_inference_steps=sampling.steps,
            guidance_scale=sampling.guidance,
            generator=job.generator,
            **({} if model.schedule.is_flow else {"eta": sampler.eta}),
            output_type="latent",
            return_dict=False,
        )[0]
    if not bool(torch.isfinite(latents).all()):
        raise StudioError(
            ErrorKind.MODEL,
            "The model ran out of its number range and produced no picture.",
            "Lower the guidance, choose another sampler, or check that the model is sound.",
            "sampling",
        )
    return latents


def _start(model: LoadedModel, job: Denoising) -> dict[str, Any]:
    """Where the pipeline begins."""
    recipe, scale = job.recipe, model.vae_scale
    size = {"width": recipe.size.width, "height": recipe.size.height}
    if job.source is not None:
        assert recipe.source is not None
        steps, strength = recipe.sampling.steps, recipe.source.strength
        if model.family is Family.SD3:
            return {"image": job.source, "strength": strength_rounded_up(steps, strength), **size}
        return {"image": job.source, "strength": effective_strength(steps, strength)}
    shape = (1, int(model.denoiser.config.in_channels), recipe.size.height // scale, recipe.size.width // scale)
    noise = initial_noise(shape, recipe.ring, job.generator).to(model.denoiser.device, model.denoiser.dtype)
    return {"latents": noise, **size}


@torch.no_grad()
def encode_source(model: LoadedModel, picture: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Latents of `picture` (1, 3, H, W) in 0 to 1, drawn from the autoencoder's posterior.

    Older pipelines recognise latents by their four channels; for other models the picture itself is returned and
    encoded there. Done here where possible because the SDXL pipeline moves the autoencoder to a format in which it
    overflows.
    """
    vae = model.vae
    if int(model.denoiser.config.in_channels) != 4 or not hasattr(vae.config, "force_upcast") or _is_tiny(vae):
        return picture
    encoded = vae.encode((picture * 2 - 1).to(vae.device, vae.dtype)).latent_dist.sample(generator)
    return to_denoiser(vae, encoded.to(model.denoiser.dtype))


def _is_tiny(vae: Any) -> bool:
    return type(vae).__name__ == "AutoencoderTiny"


@torch.no_grad()
def decode(model: LoadedModel, latents: torch.Tensor) -> Pixels:
    """The pixels of clean latents. Rounds in float32: in bfloat16 bright tones would lose a bit."""
    vae = model.vae
    image = vae.decode(to_autoencoder(vae, latents.to(vae.dtype)), return_dict=False)[0][0].float()
    if not bool(torch.isfinite(image).all()):
        raise StudioError(
            ErrorKind.MODEL,
            "The model's autoencoder ran out of its number range.",
            "Check that the model is sound, or compute on the CPU.",
            "model",
        )
    pixels = (image / 2 + 0.5).clamp(0, 1).permute(1, 2, 0).cpu().numpy()
    return np.asarray((pixels * 255).round(), dtype=np.uint8)
