"""A loaded model: its networks, pipelines and noise schedule."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.domain.catalog import Family
from studio.engine.conditioning import Conditioner
from studio.engine.libraries import torch
from studio.engine.preview import LatentsToRgb
from studio.engine.sampling import NoiseSchedule

Poll = Callable[[], None]


@dataclass(slots=True)
class LoadedModel:
    """Everything needed to run one model; both pipelines share the networks.

    `bytes` is what the weights take on disk. `preview` is fitted when a preview is first wanted.
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

    @property
    def unet(self) -> Any:
        """The denoiser."""
        return self.text_to_image.unet

    @property
    def vae(self) -> Any:
        """The autoencoder."""
        return self.text_to_image.vae

    @property
    def vae_scale(self) -> int:
        """Pixels along one side of a latent."""
        return int(self.text_to_image.vae_scale_factor)

    def networks(self) -> tuple[torch.nn.Module, ...]:
        """All networks, in the order a picture passes them."""
        return (*self.conditioner.networks(), self.unet, self.vae)
