"""Sample sheets: what the model draws now, for the eye."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from studio.domain.catalog import FAMILIES
from studio.domain.geometry import Size
from studio.domain.recipe import Recipe, Sampling
from studio.domain.training import Training
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel, Poll
from studio.engine.pictures import Denoising, decode, denoise
from studio.imaging.pixels import Pixels

GAP = 8  # pixels between two samples
MOST_STEPS = 20


@torch.no_grad()
def draw(model: LoadedModel, training: Training, sampling: Sampling, poll: Poll) -> Pixels:
    """The sample prompts side by side, each from a seed of its own that stays the same over the run."""
    pictures = [
        latents_and_pixels(model, prompt, training, sampling, index, poll)[1]
        for index, prompt in enumerate(training.sample_prompts)
    ]
    gap = np.zeros((pictures[0].shape[0], GAP, 3), dtype=np.uint8)
    parts = [part for picture in pictures for part in (picture, gap)][:-1]
    return np.concatenate(parts, axis=1)


@torch.no_grad()
def latents_and_pixels(
    model: LoadedModel, prompt: str, training: Training, sampling: Sampling, index: int, poll: Poll
) -> tuple[torch.Tensor, Pixels]:
    """One picture as the model draws it now: its clean latents (1, C, h, w) and its pixels."""
    multiple = max(FAMILIES[model.family].size_multiple, model.vae_scale)
    side = max(multiple, training.side // multiple * multiple)
    recipe = Recipe(prompt, size=Size(side, side), sampling=sampling, seed=training.seed + index)
    conditioning = model.conditioner.encode(prompt, "", sampling.guidance > 1, lambda _: None)
    job = Denoising(recipe, conditioning, torch.Generator("cpu").manual_seed(recipe.seed))

    def watch(_pipe: Any, _scheduler: Any) -> Any:
        return lambda *_: poll()

    latents = denoise(model, job, watch)
    return latents, decode(model, latents)


def sampling_for(model: LoadedModel) -> Sampling:
    """The family's own settings, with no more steps than a sheet needs."""
    usual = FAMILIES[model.family].sampling
    return replace(usual, steps=min(MOST_STEPS, usual.steps))


@contextmanager
def standing_in(model: LoadedModel, denoiser: Any) -> Iterator[None]:
    """Inside the block the model's pipelines use another denoiser."""
    pipelines = (model.text_to_image, model.image_to_image)
    own = model.denoiser
    for pipeline in pipelines:
        pipeline.unet = denoiser
    try:
        yield
    finally:
        for pipeline in pipelines:
            pipeline.unet = own
