"""The noise a picture starts from. Drawn on the CPU in float32, so that a seed means the same on each device."""

import math

from studio.domain.recipe import RingNoise
from studio.engine.libraries import torch


def initial_noise(shape: tuple[int, ...], ring: RingNoise | None, generator: torch.Generator) -> torch.Tensor:
    """Standard normal latents of `shape`, float32; with `ring`, the place on the circle that it names.

    On the ring three draws are mixed with weights whose squares sum to 1, so each place is standard normal by itself,
    and neighbouring places are close: √(1−r²)·c + r·(cos θ·a + sin θ·b).
    """
    if ring is None:
        return torch.randn(shape, generator=generator)
    centre, a, b = (torch.randn(shape, generator=generator) for _ in range(3))
    angle, radius = 2 * math.pi * ring.turn, ring.motion
    return math.sqrt(1 - radius**2) * centre + radius * (math.cos(angle) * a + math.sin(angle) * b)
