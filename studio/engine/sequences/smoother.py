"""The interleaved-frame smoother of ControlVideo (Zhang et al. 2023): at some steps the clean guess of each other frame
is decoded, replaced by what the motion between its neighbours makes of it, and encoded again.
"""

from typing import Any

import numpy as np

from studio.engine.latents import to_denoiser
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel, Poll
from studio.engine.pictures import decode
from studio.engine.sampling import CleanGuess
from studio.engine.sequences.group import Correct
from studio.imaging.looping.interpolation import Pair
from studio.imaging.pixels import Pixels

_FROM, _TO = 0.3, 0.75  # of the steps: before, nothing is to be seen, and afterwards details are drawn


def smoothed_steps(total: int, wanted: int) -> frozenset[int]:
    """Which of `total` calls of the network are smoothed, evenly spread."""
    first, last = int(total * _FROM), max(int(total * _FROM), int(total * _TO))
    count = min(wanted, last - first + 1)
    if count <= 0:
        return frozenset()
    return frozenset(first + (last - first + 1) * (2 * at + 1) // (2 * count) for at in range(count))


def smoother(model: LoadedModel, total: int, wanted: int, closed: bool, poll: Poll) -> Correct | None:
    """What corrects the predictions for a whole clip; None where nothing is to be smoothed."""
    steps = smoothed_steps(total, wanted)
    if not steps:
        return None

    def correct(scheduler: Any, prediction: torch.Tensor, timestep: Any, sample: torch.Tensor, step: int) -> Any:
        if step not in steps:
            return prediction
        guess = CleanGuess(scheduler, model.schedule)
        clean = guess(prediction, timestep, sample)
        odd = sorted(steps).index(step) % 2
        for index in range(odd, len(clean), 2):
            if closed or 0 < index < len(clean) - 1:
                clean[index] = _between(model, clean, index, poll)
        return guess.prediction(clean, timestep, sample).to(prediction.dtype)

    return correct


def _between(model: LoadedModel, clean: torch.Tensor, index: int, poll: Poll) -> torch.Tensor:
    """The clean latents of a frame as the motion between its neighbours has it."""
    poll()
    before, after = clean[index - 1], clean[(index + 1) % len(clean)]
    pictures = [decode(model, each[None].to(model.denoiser.dtype)) for each in (before, after)]
    return encoded(model, [Pair(*pictures).at(0.5)])[0].float()


@torch.no_grad()
def encoded(model: LoadedModel, pictures: list[Pixels]) -> torch.Tensor:
    """Latents (B, C, h, w) of RGB pictures in the denoiser's scale and format: the mean of the autoencoder's posterior,
    so that equal pictures have equal latents.
    """
    vae = model.vae
    found = []
    for picture in pictures:
        pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1
        answer = vae.encode(pixels.to(vae.device, vae.dtype))
        latents = answer.latent_dist.mean if hasattr(answer, "latent_dist") else answer.latents
        found.append(to_denoiser(vae, latents.to(model.denoiser.dtype)))
    return torch.cat(found)
