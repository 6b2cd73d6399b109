"""A loaded model: its networks, pipelines and noise schedule."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.domain.catalog import FAMILIES, Family
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.engine.conditioning import Conditioner
from studio.engine.libraries import torch
from studio.engine.preview import LatentsToRgb
from studio.engine.sampling import NoiseSchedule

Poll = Callable[[], None]
_OTHERS = ("image_encoder", "transformer_2")  # that only some models for video have


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA to carry: its file, the content hash of that, and the weight."""

    path: Path
    digest: str
    weight: float


@dataclass(slots=True)
class LoadedModel:
    """Everything needed to run one model; both pipelines share the networks.

    Of a model that draws clips, the pipelines lead from text to video, and on from pictures.

    `bytes` is what the weights take on disk. `preview` is fitted when a preview is first wanted. `adapters` are the
    LoRAs that it carries at present; `studio.engine.adapters` puts them on and takes them off. `guests` are networks
    that work inside of the denoiser for one job.
    """

    path: Path
    family: Family
    digest: str
    bytes: int
    schedule: NoiseSchedule
    conditioner: Conditioner
    text_to_image: Any
    image_to_image: Any
    preview: LatentsToRgb | None = field(default=None)
    adapters: tuple[Adapter, ...] = field(default=())
    guests: tuple[torch.nn.Module, ...] = field(default=())

    @property
    def denoiser(self) -> Any:
        """The network that denoises: a UNet or a transformer."""
        transformer = self.family is Family.SD3 or FAMILIES[self.family].video
        return self.text_to_image.transformer if transformer else self.text_to_image.unet

    @property
    def latent_channels(self) -> int:
        """Channels of the latents that are denoised."""
        return int(self.denoiser.config.out_channels)

    @property
    def inpaints(self) -> bool:
        """Does the network see a mask and the masked picture beside the latents, as those made for inpainting do?"""
        return int(self.denoiser.config.in_channels) == 2 * self.latent_channels + 1

    @property
    def vae(self) -> Any:
        """The autoencoder."""
        return self.text_to_image.vae

    @property
    def vae_scale(self) -> int:
        """Pixels along one side of a latent."""
        pipe = self.text_to_image
        names = {Family.WAN: "vae_scale_factor_spatial", Family.LTX: "vae_spatial_compression_ratio"}
        return int(getattr(pipe, names.get(self.family, "vae_scale_factor")))

    def networks(self) -> tuple[torch.nn.Module, ...]:
        """All networks, in the order a picture passes them."""
        found = (pipe.components.get(name) for pipe in (self.text_to_image, self.image_to_image) for name in _OTHERS)
        others = dict.fromkeys(each for each in found if each is not None)
        return (*self.conditioner.networks(), *others, self.denoiser, *self.guests, self.vae)

    def require_places(self, size: Size) -> None:
        """Raise StudioError (INPUT) when the denoiser's table of positions is too small for a picture of `size`."""
        config = self.denoiser.config
        if self.family is not Family.SD3 or config.pos_embed_max_size is None:
            return
        longest = int(config.pos_embed_max_size) * int(config.patch_size) * self.vae_scale
        if max(size.width, size.height) > longest:
            raise StudioError(
                ErrorKind.INPUT,
                f"{size.width}x{size.height} is larger than this model can lay out.",
                f"Stay within {longest} pixels a side.",
                "size",
            )
