"""The noise a clip starts from, drawn on the CPU in float32: a seed means the same on each device."""

from studio.engine.libraries import torch


def clip_noise(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    """Standard normal latents (1, C, F, h, w), each frame by itself."""
    return torch.randn(shape, generator=generator)


def reused_noise(shape: tuple[int, ...], length: int, stride: int, generator: torch.Generator) -> torch.Tensor:
    """Standard normal latents (1, C, F, h, w) whose frames beyond the first window of `length` repeat those one window
    before, shuffled within each `stride` (FreeNoise: Qiu et al. 2023), so that far frames stay related.
    """
    noise = torch.randn(shape, generator=generator)
    count = shape[2]
    for start in range(length, count, stride):
        shuffled = torch.randperm(stride, generator=generator) + start - length
        end = min(start + stride, count)
        noise[:, :, start:end] = noise[:, :, shuffled[: end - start]]
    return noise
