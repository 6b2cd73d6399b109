"""One picture: noise or a source picture in, pixels out."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio.domain.catalog import Family
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.recipe import Recipe
from studio.domain.samplers import SAMPLERS
from studio.engine.conditioning import Conditioning
from studio.engine.hook import OnStep, watched_steps
from studio.engine.inpainting import Hole, keep_outside, picture_for, shown
from studio.engine.latents import to_autoencoder, to_denoiser
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel
from studio.engine.noise import initial_noise
from studio.engine.replay import Leg, LegEnd, Replay, Track, Turn, legs_of
from studio.engine.sampling import build_scheduler, draw_from
from studio.engine.source import effective_strength, strength_rounded_up
from studio.imaging.pixels import Pixels


@dataclass(frozen=True, slots=True)
class Denoising:
    """How one picture is denoised: the recipe of that picture alone, its text embeddings and its start.

    `source` is the encoded or plain source picture, as the image-to-image pipeline takes it; None starts from noise.
    With a `hole` only a part is made, of the hole's own picture. `turns` are the recipe's branches. `generator` must
    stand where the starting noise is drawn from it, unless that is given as `noise` (B, C, h, w): B frames at once.
    """

    recipe: Recipe
    conditioning: Conditioning
    generator: torch.Generator
    source: torch.Tensor | None = None
    hole: Hole | None = None
    turns: tuple[Turn, ...] = ()
    noise: torch.Tensor | None = None
    guidance: float | None = None  # in place of the recipe's

    @property
    def strength(self) -> float:
        """The share of the steps that is run; 1 starts from noise alone, or ignores the picture to start from."""
        start = self.recipe.inpaint or self.recipe.source
        return start.strength if start else 1.0


def denoise(
    model: LoadedModel, job: Denoising, watch: Callable[[Any, Any], OnStep], track: Track | None = None
) -> torch.Tensor:
    """Clean latents (1, C, h, w) in the model's scale and number format.

    `watch(pipeline, scheduler)` gives what is to be called after each step. `track` is told of each step before that;
    where it has steps already, they are left out. Raises StudioError (MODEL) when the numbers overflow, (INPUT) when a
    branch comes after the last step, and passes on whatever the watcher raises.
    """
    track = Track() if track is None else track
    start = job.generator.get_state()
    guidance = job.recipe.sampling.guidance if job.guidance is None else job.guidance
    *before, last = legs_of(job.conditioning, guidance, job.turns)
    for leg in before:
        if leg.until is not None and track.step < leg.until:
            with contextlib.suppress(LegEnd):
                _run(model, job, leg, watch, track)
            job.generator.set_state(start)
    latents = _run(model, job, last, watch, track)
    if not bool(torch.isfinite(latents).all()):
        raise StudioError(
            ErrorKind.MODEL,
            "The model ran out of its number range and produced no picture.",
            "Lower the guidance, choose another sampler, or check that the model is sound.",
            "sampling",
        )
    return latents


def _run(
    model: LoadedModel, job: Denoising, leg: Leg, watch: Callable[[Any, Any], OnStep], track: Track
) -> torch.Tensor:
    """The latents at the end of the pipeline; raises LegEnd where the leg has another one to follow."""
    recipe, sampling = job.recipe, job.recipe.sampling
    sampler = SAMPLERS[sampling.sampler]
    from_picture = job.source is not None or (job.hole is not None and job.strength < 1)
    pipe = model.image_to_image if from_picture else model.text_to_image
    scheduler = build_scheduler(sampler, model.schedule, sampling.steps, recipe.seed)
    draw_from(scheduler, job.generator)
    with led_by(pipe, scheduler):
        start = _from_picture(model, job, track.step) if from_picture else _from_noise(model, job, track.step)
        replay = Replay(track, leg, job.generator)
        replay.follow(pipe)
        with (
            shown(model, job.hole, recipe.size),
            watched_steps(scheduler, replay.watched(watch(pipe, scheduler))),
            replay.resting(model.denoiser, model.latent_channels),
        ):
            latents: torch.Tensor = pipe(
                **leg.conditioning.arguments(),
                **start,
                num_inference_steps=sampling.steps,
                guidance_scale=leg.guidance,
                generator=job.generator,
                **({} if model.schedule.is_flow else {"eta": sampler.eta}),
                output_type="latent",
                return_dict=False,
            )[0]
    return latents


@contextlib.contextmanager
def led_by(pipe: Any, scheduler: Any) -> Iterator[None]:
    """Let the pipeline use this scheduler while the block runs; what that holds of the work goes with it."""
    before, pipe.scheduler = pipe.scheduler, scheduler
    try:
        yield
    finally:
        pipe.scheduler = before


def _from_picture(model: LoadedModel, job: Denoising, done: int) -> dict[str, Any]:
    """Where the image-to-image pipeline begins."""
    steps, strength, size = job.recipe.sampling.steps, job.strength, job.recipe.size
    image = job.source
    if job.hole is not None:
        image = picture_for(model, job.hole)
        keep_outside(model.image_to_image, job.hole, _noise(model, job), model.schedule, done)
    if model.family is Family.SD3:
        strength = strength_rounded_up(steps, strength)
        return {"image": image, "strength": strength, "width": size.width, "height": size.height}
    return {"image": image, "strength": effective_strength(steps, strength)}


def _from_noise(model: LoadedModel, job: Denoising, done: int) -> dict[str, Any]:
    """Where the text-to-image pipeline begins."""
    noise, size = _noise(model, job), job.recipe.size
    if job.hole is not None:
        keep_outside(model.text_to_image, job.hole, noise, model.schedule, done)
    latents = noise.to(model.denoiser.device, model.denoiser.dtype)
    return {"latents": latents, "width": size.width, "height": size.height}


def _noise(model: LoadedModel, job: Denoising) -> torch.Tensor:
    if job.noise is not None:
        return job.noise
    size, scale = job.recipe.size, model.vae_scale
    shape = (1, model.latent_channels, size.height // scale, size.width // scale)
    return initial_noise(shape, job.recipe.ring, job.generator)


@torch.no_grad()
def encode_source(model: LoadedModel, picture: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Latents of `picture` (1, 3, H, W) in 0 to 1, drawn from the autoencoder's posterior.

    Older pipelines recognise latents by their four channels; for other models the picture itself is returned and
    encoded there. Done here where possible because the SDXL pipeline moves the autoencoder to a format in which it
    overflows.
    """
    vae = model.vae
    if model.latent_channels != 4 or not hasattr(vae.config, "force_upcast") or _is_tiny(vae):
        return picture
    encoded = vae.encode((picture * 2 - 1).to(vae.device, vae.dtype)).latent_dist.sample(generator)
    return to_denoiser(vae, encoded.to(model.denoiser.dtype))


def _is_tiny(vae: Any) -> bool:
    return type(vae).__name__ == "AutoencoderTiny"


@torch.no_grad()
def decode(model: LoadedModel, latents: torch.Tensor) -> Pixels:
    """The pixels of clean latents (1, C, h, w)."""
    vae = model.vae
    return pixels_of(vae.decode(to_autoencoder(vae, latents.to(vae.dtype)), return_dict=False)[0][0])


def pixels_of(image: torch.Tensor) -> Pixels:
    """The pixels of a decoded image (3, H, W) in −1 to 1. Rounds in float32: in bfloat16 bright tones would lose a bit.

    Raises StudioError (MODEL) when the numbers have overflowed.
    """
    image = image.float()
    if not bool(torch.isfinite(image).all()):
        raise StudioError(
            ErrorKind.MODEL,
            "The model's autoencoder ran out of its number range.",
            "Check that the model is sound, or compute on the CPU.",
            "model",
        )
    pixels = (image / 2 + 0.5).clamp(0, 1).permute(1, 2, 0).cpu().numpy()
    return np.asarray((pixels * 255).round(), dtype=np.uint8)
