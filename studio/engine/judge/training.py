"""Training of the scorer: symmetric InfoNCE with a learned temperature (van den Oord et al. 2018, arXiv:1807.03748;
Radford et al. 2021, arXiv:2103.00020), AdamW, cosine decay.

Equal data, options and thread count give equal weights on one machine.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.engine.judge.scorer import SIDE, Floats, Pixels, ScorerNetwork
from studio.engine.libraries import torch

_MAX_LOG_SCALE = math.log(100)
_WARM = 0.05  # share of the steps in which the learning rate rises


@dataclass(frozen=True, slots=True)
class ScorerTraining:
    """What decides the weights, beside the data. `jitter` is the largest change of brightness, contrast and
    saturation, as a share; `zoom` the largest share of a side that a crop leaves out."""

    steps: int
    seed: int = 1
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    jitter: float = 0.15
    zoom: float = 0.15


@dataclass(frozen=True, slots=True)
class Pairs:
    """A batch: sRGB pictures (n, side, side, 3) and the mean states of their captions (n, 384)."""

    pictures: Pixels
    states: Floats


def pairs(
    pictures: Pixels, states: NDArray[np.floating], batch: int, seed: int, rows: NDArray[np.integer]
) -> Iterator[Pairs]:
    """Endless batches of `rows` of `pictures` (n, side, side, 3), in an order that `seed` decides, each picture once
    before any comes again, with one of its captions `states` (n, captions, 384)."""
    rng = np.random.default_rng(seed)
    if batch > len(rows):
        raise ValueError(f"A batch of {batch} needs more than {len(rows)} pictures.")
    while True:
        order = rng.permutation(rows)
        for start in range(0, len(order) - batch + 1, batch):
            chosen = np.sort(order[start : start + batch])
            captions = rng.integers(states.shape[1], size=batch)
            yield Pairs(pictures[chosen], states[chosen, captions].astype(np.float32))


def train(
    batches: Iterator[Pairs], options: ScorerTraining, report: Callable[[int, float], None] = lambda step, loss: None
) -> ScorerNetwork:
    """Train a new network for `options.steps` batches; `report` hears each step (from 1) and its loss in nats."""
    torch.manual_seed(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    network = _channels_last(ScorerNetwork())
    network.train()
    optimizer = torch.optim.AdamW(_groups(network, options.weight_decay), options.learning_rate, (0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate((step + 1) / options.steps))
    for step in range(1, options.steps + 1):
        found = next(batches)
        pictures = augmented(torch.from_numpy(found.pictures), options, generator)
        with torch.autocast("cpu", torch.bfloat16):
            seen, read = network(pictures.to(memory_format=torch.channels_last), torch.from_numpy(found.states))
        loss = contrastive(seen.float(), read.float(), network.log_scale)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            network.log_scale.clamp_(max=_MAX_LOG_SCALE)
        report(step, loss.item())
    network.eval()
    return network


def contrastive(seen: torch.Tensor, read: torch.Tensor, log_scale: torch.Tensor) -> torch.Tensor:
    """Symmetric InfoNCE, nats, of unit vectors (n, d) of pictures and of their captions: the mean cross entropy of
    finding each picture's caption in the batch and each caption's picture, at temperature exp(-log_scale)."""
    logits = log_scale.exp() * seen @ read.T
    own = torch.arange(len(seen))
    entropy = torch.nn.functional.cross_entropy
    return (entropy(logits, own) + entropy(logits.T, own)) / 2


def augmented(pictures: torch.Tensor, options: ScorerTraining, generator: torch.Generator) -> torch.Tensor:
    """Crops, changed colours and blurs of pictures (n, side, side, 3), uint8, as (n, 3, 64, 64) in [0, 1].

    Half of the pictures lose sharpness, each by its own amount: what models make is softer than what is rendered.
    Nothing is mirrored, since captions speak of left and right.
    """
    count = len(pictures)

    def uniform(low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(count, 1, 1, 1, generator=generator)

    x = pictures.permute(0, 3, 1, 2).float() / 255
    size = uniform(1 - options.zoom, 1)[:, 0, 0, 0]
    slack = 1 - size
    across, down = (slack * uniform(-1, 1)[:, 0, 0, 0] for _ in range(2))
    zero = torch.zeros(count)
    frame = torch.stack([torch.stack([size, zero, across], 1), torch.stack([zero, size, down], 1)], 1)
    grid = torch.nn.functional.affine_grid(frame, [count, 3, SIDE, SIDE], align_corners=False)
    x = torch.nn.functional.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
    soft = _blurred(_blurred(x, 1.0), 1.0)
    x = x + (soft - x) * uniform(-1, 1).clamp(min=0)
    mean = x.mean((2, 3), keepdim=True)
    x = mean + (x - mean) * (1 + options.jitter * uniform(-1, 1))
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * (1 + options.jitter * uniform(-1, 1))
    return (x * (1 + options.jitter * uniform(-1, 1))).clamp(0, 1)


def _blurred(x: torch.Tensor, amount: float) -> torch.Tensor:
    """The binomial filter 1-2-1 in both directions, mixed in by `amount`."""
    line = torch.tensor([1.0, 2.0, 1.0]) / 4
    kernel = torch.outer(line, line).expand(x.shape[1], 1, 3, 3)
    padded = torch.nn.functional.pad(x, (1, 1, 1, 1), mode="replicate")
    return torch.lerp(x, torch.nn.functional.conv2d(padded, kernel, groups=x.shape[1]), amount)


def _rate(progress: float) -> float:
    """Share of the full learning rate: a linear rise, then half a cosine down to nothing."""
    return min(progress / _WARM, 0.5 * (1 + math.cos(math.pi * min(progress, 1.0))))


def _channels_last(network: ScorerNetwork) -> ScorerNetwork:
    """With kernels laid out as convolutions on a CPU are fastest."""
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network


def _groups(network: ScorerNetwork, weight_decay: float) -> list[dict[str, object]]:
    """Weight decay for matrices and kernels only."""
    trained = list(network.parameters())
    return [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
