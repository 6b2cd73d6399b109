"""How the latents of a clip lie in memory."""

from dataclasses import dataclass

from studio.engine.libraries import torch


@dataclass(frozen=True, slots=True)
class Grid:
    """Latents of `frames` × `height` × `width` places; `packed` ones are tokens (B, frames · height · width, C), as
    LTX-Video takes them, others (B, C, frames, height, width).
    """

    channels: int
    frames: int
    height: int
    width: int
    packed: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """One clip's shape, unpacked."""
        return (1, self.channels, self.frames, self.height, self.width)

    @property
    def places(self) -> int:
        """Places in one frame."""
        return self.height * self.width

    def unpacked(self, latents: torch.Tensor) -> torch.Tensor:
        """As (B, C, F, h, w); tokens in front of the clip's own, of pictures it is led by, are left out."""
        if not self.packed:
            return latents
        own = latents[:, -self.frames * self.places :]
        video: torch.Tensor = own.unflatten(1, (self.frames, self.height, self.width)).permute(0, 4, 1, 2, 3)
        return video

    def native(self, video: torch.Tensor) -> torch.Tensor:
        """The way that the network takes (B, C, F, h, w)."""
        return video.permute(0, 2, 3, 4, 1).flatten(1, 3) if self.packed else video
