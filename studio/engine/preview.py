"""Previews: a small linear map from latents to RGB, fitted to the model's own autoencoder.

A pixel block of the preview is a linear function of the 3 × 3 latents around it. The map is found by ridge regression
on synthetic pictures (soft gradients and shapes in all colours) that the autoencoder encodes and decodes itself, so
it costs a fraction of a second once per model and a fraction of a millisecond per step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studio.domain.messages import ClipPreview
from studio.engine.latents import to_denoiser
from studio.engine.libraries import torch

LIMIT = 512  # pixels a side at most
CLIP_SIDE = 128  # and of each frame, where a clip moves
_SEED = 20
_LARGE, _SMALL = (12, 16), (6, 8)  # pictures and latents a side: for quick autoencoders, and for those of full size
_RIDGE = 1e-2


@dataclass(frozen=True, slots=True)
class PreviewPicture:
    """`rgb` holds height × width × 3 bytes, sRGB."""

    width: int
    height: int
    rgb: bytes


@dataclass(frozen=True, slots=True)
class LatentsToRgb:
    """The fitted map: `weight` (3 * block², channels, 3, 3) and `bias` (3 * block²), float32 on the CPU.

    `error` is the root mean square of what it misses, in 0 to 1, on pictures it was not fitted to.
    """

    weight: torch.Tensor
    bias: torch.Tensor
    block: int
    error: float

    def __call__(self, latents: torch.Tensor) -> PreviewPicture:
        """The first picture of clean latents (B, C, h, w) in the pipeline's scale, `block` pixels a latent."""
        rgb = self.predict(latents[:1].detach().float().cpu())[0]
        pixels = (rgb.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0)
        return PreviewPicture(pixels.shape[1], pixels.shape[0], pixels.contiguous().numpy().tobytes())

    def predict(self, latents: torch.Tensor) -> torch.Tensor:
        """RGB in about 0 to 1, (B, 3, h * block, w * block), at most LIMIT pixels a side."""
        padded = torch.nn.functional.pad(latents, (1, 1, 1, 1), mode="replicate")
        blocks = torch.nn.functional.conv2d(padded, self.weight, self.bias)
        rgb = torch.nn.functional.pixel_shuffle(blocks, self.block)
        largest = max(rgb.shape[-2:])
        if largest > LIMIT:
            rgb = torch.nn.functional.interpolate(rgb, scale_factor=LIMIT / largest, mode="area")
        return rgb


@torch.no_grad()
def fit(vae: Any, scale: int) -> LatentsToRgb:
    """Fit the map to `vae`, whose latents stand for `scale` × `scale` pixels; the result is always the same."""
    count, side = _LARGE if hasattr(vae.config, "latent_magnitude") else _SMALL
    pictures = synthetic_pictures(count, side * scale)
    latents, decoded = _round_trip(vae, pictures)
    block = max(1, scale // 4)
    targets = torch.nn.functional.interpolate(
        decoded, size=tuple(block * side for side in latents.shape[-2:]), mode="area"
    )
    held_out = count // 6
    weight, bias = _regress(latents[held_out:], targets[held_out:], block)
    found = LatentsToRgb(weight, bias, block, 0.0)
    error = (found.predict(latents[:held_out]) - targets[:held_out]).square().mean().sqrt()
    return LatentsToRgb(weight, bias, block, float(error))


def _round_trip(vae: Any, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents (B, C, h, w) in the pipeline's scale and the decoded pictures (B, 3, H, W) in 0 to 1, float32."""
    latents, decoded = [], []
    for picture in pictures:
        encoded = vae.encode((picture[None] * 2 - 1).to(vae.device, vae.dtype))
        latent = encoded.latents if hasattr(encoded, "latents") else encoded.latent_dist.mode()
        decoded.append(vae.decode(latent, return_dict=False)[0].float().cpu() / 2 + 0.5)
        latents.append(to_denoiser(vae, latent.float().cpu()))
    return torch.cat(latents), torch.cat(decoded).clamp(0, 1)


def _regress(latents: torch.Tensor, targets: torch.Tensor, block: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ridge regression of each pixel block on its 3 × 3 latents."""
    channels = latents.shape[1]
    padded = torch.nn.functional.pad(latents, (1, 1, 1, 1), mode="replicate")
    inputs = torch.nn.functional.unfold(padded, 3).transpose(1, 2).reshape(-1, channels * 9).double()
    outputs = torch.nn.functional.pixel_unshuffle(targets, block).flatten(2).transpose(1, 2).reshape(len(inputs), -1)
    center_in, center_out = inputs.mean(0), outputs.double().mean(0)
    spread = inputs - center_in
    penalty = _RIDGE * len(inputs) * spread.square().mean() * torch.eye(channels * 9, dtype=torch.float64)
    solution = torch.linalg.solve(spread.T @ spread + penalty, spread.T @ (outputs.double() - center_out))
    bias = center_out - center_in @ solution
    return solution.T.reshape(-1, channels, 3, 3).float().contiguous(), bias.float()


def synthetic_pictures(count: int, side: int) -> torch.Tensor:
    """Soft colour fields with round shapes, (count, 3, side, side) in 0 to 1; always the same."""
    generator = torch.Generator("cpu").manual_seed(_SEED)
    fields = []
    for i in range(count):
        picture = _smooth_noise(generator, side, 2 + 2 * (i % 4), 3)
        inside = _smooth_noise(generator, side, 3 + i % 3, 1) > 0.55
        color = torch.rand(3, 1, 1, generator=generator)
        fields.append(torch.where(inside, color, picture))
    return torch.stack(fields)


def _smooth_noise(generator: torch.Generator, side: int, cells: int, channels: int) -> torch.Tensor:
    coarse = torch.rand(1, channels, cells, cells, generator=generator)
    smooth = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bicubic", align_corners=False)
    return ((smooth[0] - 0.5) * 1.2 + 0.5).clamp(0, 1)


def clip_preview(job_id: str, step: int, indices: Sequence[int], rgb: torch.Tensor) -> ClipPreview:
    """Guesses at the frames `indices` (F, 3, H, W) in 0 to 1, shrunk to `CLIP_SIDE` pixels a side at most."""
    largest = max(rgb.shape[-2:])
    if largest > CLIP_SIDE:
        rgb = torch.nn.functional.interpolate(rgb, scale_factor=CLIP_SIDE / largest, mode="area")
    pixels = (rgb.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()
    _, height, width, _ = pixels.shape
    return ClipPreview(job_id, step, tuple(indices), width, height, pixels.numpy().tobytes())
