"""Training of the starter family's autoencoder: pixels in, latents of unit spread, pixels out."""

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.recipe import STARTER
from studio.domain.training import Training
from studio.engine.device import DevicePlan
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel, Poll
from studio.engine.train.data import Source
from studio.engine.train.denoising import generator_for
from studio.engine.train.folders import write_model
from studio.engine.train.networks import new_autoencoder
from studio.engine.train.sheets import GAP
from studio.imaging.pixels import Pixels

LATENT_NOISE = 0.07  # added while training, so that small errors of the denoiser do not show
CROP = 128  # pixels: what is looked at of each picture from scratch
LEVELS = 3  # of the pyramid the pictures are compared on
SHOWN = 6


class AutoencoderCourse:
    """Learns to give pictures back.

    From scratch everything is new, and it looks at pieces of the pictures, so that a step costs a quarter. Otherwise
    the base's encoder stays as it is, so that denoisers trained on its latents go on working, and the decoder learns
    alone, on whole pictures: their borders, where zeros are padded, are in no piece.
    """

    def __init__(
        self,
        training: Training,
        model: LoadedModel,
        sources: Sequence[Source],
        held_out: Sequence[Source],
        plan: DevicePlan,
    ) -> None:
        if type(model.vae).__name__ != "AutoencoderTiny":
            raise StudioError(
                ErrorKind.INPUT,
                f"The autoencoder of this model is a {type(model.vae).__name__}; only AutoencoderTiny is trained.",
                f"Choose “{STARTER}”.",
                "base",
            )
        self._training, self._model, self._sources, self._device = training, model, sources, plan.device
        self._held_out = held_out or sources[:SHOWN]
        network = new_autoencoder(model.vae, training.seed) if training.scratch else copy.deepcopy(model.vae)
        self.network = network.float().to(plan.device).train().requires_grad_(True)
        learning: torch.nn.Module = self.network
        if not training.scratch:
            self.network.encoder.requires_grad_(False)
            learning = self.network.decoder
        self.parameters = dict(learning.named_parameters())

    def loss(self, step: int, micro: int) -> torch.Tensor:
        """The pyramid loss of one batch of pictures."""
        training = self._training
        generator = generator_for(training.seed, step, micro)
        places = torch.randint(len(self._sources), (training.batch,), generator=generator).tolist()
        pictures = torch.stack([self._seen(_tensor(self._sources[i].load()[0]), generator) for i in places])
        pictures = pictures.to(self._device)
        latents = self.network.encoder(pictures)
        noise = torch.randn(latents.shape, generator=generator).to(self._device)
        return pyramid_loss(self.network.decoder(latents + LATENT_NOISE * noise), pictures)

    @torch.no_grad()
    def validate(self) -> tuple[float, float | None]:
        """The pyramid loss on held-out pictures."""
        losses = []
        for source in self._held_out:
            picture = _tensor(source.load()[0])[None].to(self._device)
            losses.append(float(pyramid_loss(self.network.decoder(self.network.encoder(picture)), picture)))
        return sum(losses) / len(losses), None

    @torch.no_grad()
    def sheet(self, poll: Poll) -> Pixels:
        """Held-out pictures above, what comes back below."""
        columns = []
        for source in self._held_out[:SHOWN]:
            poll()
            pixels = source.load()[0]
            back = self.network.decoder(self.network.encoder(_tensor(pixels)[None].to(self._device)))[0]
            made = ((back.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).cpu().numpy()
            columns.append(np.concatenate([pixels, np.zeros((GAP, pixels.shape[1], 3), np.uint8), made]))
        height = min(column.shape[0] for column in columns)
        gap = np.zeros((height, GAP, 3), np.uint8)
        return np.concatenate([part for column in columns for part in (column[:height], gap)][:-1], axis=1)

    def write(self, output: Path, step: int) -> None:
        """See `Course`; a new encoder's latents are given zero mean and unit spread first."""
        network = copy.deepcopy(self.network).eval().requires_grad_(False)
        if self._training.scratch:
            normalise(network, [_tensor(source.load()[0]) for source in self._sources[:64]])
        write_model(output, self._model, {"vae": network}, self._training, step)

    def close(self) -> None:
        """See `Course`; the loaded model was never touched."""

    def _seen(self, picture: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """A piece of a picture (3, H, W) from scratch, else the whole."""
        if not self._training.scratch:
            return picture
        height, width = (min(CROP, side) for side in picture.shape[1:])
        room = torch.tensor([picture.shape[1] - height, picture.shape[2] - width])
        top, left = (torch.rand(2, generator=generator) * (room + 1)).long().tolist()
        return picture[:, top : top + height, left : left + width]


def pyramid_loss(made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Half the squared error, and on three scales the absolute errors of values and of their gradients.

    `made` and `wanted` are (B, 3, H, W) in -1 to 1. The gradients keep edges sharp without a discriminator.
    """
    made = made.float()
    loss = 0.5 * (made - wanted).square().mean()
    for _ in range(LEVELS):
        loss = loss + (made - wanted).abs().mean()
        for axis in (2, 3):
            loss = loss + (made.diff(dim=axis) - wanted.diff(dim=axis)).abs().mean()
        made, wanted = torch.nn.functional.avg_pool2d(made, 2), torch.nn.functional.avg_pool2d(wanted, 2)
    return loss


@torch.no_grad()
def normalise(network: Any, pictures: Sequence[torch.Tensor]) -> None:
    """Fold the latents' means and spreads into the encoder's last and the decoder's first convolution.

    Stock pipelines know one scale for all channels only. Away from the border, where zeros
    are padded, the network gives back what it gave before.
    """
    device = next(network.parameters()).device
    latents = torch.cat([network.encoder(picture[None].to(device)).float() for picture in pictures])
    mean, spread = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    last = network.encoder.layers[-1]
    first: Any = next(layer for layer in network.decoder.layers if isinstance(layer, torch.nn.Conv2d))
    last.weight.div_(spread[:, None, None, None])
    last.bias.sub_(mean).div_(spread)
    first.bias.add_((first.weight * mean[None, :, None, None]).sum((1, 2, 3)))
    first.weight.mul_(spread[None, :, None, None])


def _tensor(pixels: Pixels) -> torch.Tensor:
    return torch.from_numpy(pixels.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)
