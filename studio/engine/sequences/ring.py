"""The ring on which the frames of a loop live: noise by the angle, and angles at which the picture changes evenly."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.engine.libraries import torch

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Circles:
    """`centre` and, for each harmonic k = 1, 2 …, a pair of axes (a_k, b_k), all (1, C, h, w) ~ N(0, I)."""

    centre: torch.Tensor
    axes: tuple[tuple[torch.Tensor, torch.Tensor], ...]

    @classmethod
    def drawn(cls, shape: tuple[int, ...], harmonics: int, seed: int) -> "Circles":
        """Drawn on the CPU from the clip's seed, so that it means the same on each device. For one harmonic these are
        the draws of `studio.engine.noise.initial_noise`.
        """
        generator = torch.Generator("cpu").manual_seed(seed)
        centre = torch.randn(shape, generator=generator)
        pairs = (
            (torch.randn(shape, generator=generator), torch.randn(shape, generator=generator)) for _ in range(harmonics)
        )
        return cls(centre, tuple(pairs))

    def at(self, turns: Sequence[float], radii: Sequence[float]) -> torch.Tensor:
        """Noise (len(turns), C, h, w) at these angles, float32: √(1−r²)·c + r·Σ w_k (cos kθ·a_k + sin kθ·b_k) with
        w_k ∝ 1/k and Σ w_k² = 1, so that each place is standard normal by itself whatever its radius.
        """
        weights = [1 / (k + 1) for k in range(len(self.axes))]
        spread = math.sqrt(sum(weight**2 for weight in weights))
        return torch.cat(
            [
                math.sqrt(1 - radius**2) * self.centre + radius / spread * self._displaced(turn, weights)
                for turn, radius in zip(turns, radii, strict=True)
            ]
        )

    def _displaced(self, turn: float, weights: list[float]) -> torch.Tensor:
        moved = torch.zeros_like(self.centre)
        for k, ((a, b), weight) in enumerate(zip(self.axes, weights, strict=True), 1):
            angle = 2 * math.pi * k * turn
            moved += weight * (math.cos(angle) * a + math.sin(angle) * b)
        return moved


def steps_of(pictures: torch.Tensor, closed: bool) -> Floats:
    """The mean absolute difference from each picture of (B, 3, h, w) to the next, and if `closed` to the first."""
    after = pictures.roll(-1, 0)
    found = (after - pictures).abs().mean((1, 2, 3)).double().numpy()
    return np.asarray(found if closed else found[:-1])


def between(turns: Floats, steps: Floats, budget: int, end: float) -> list[float]:
    """Up to `budget` more turns, where the picture changes most: each splits what is then the longest step evenly.

    None are added once no step is longer than the mean one. `end` is where the last step leads.
    """
    pieces = np.ones(len(steps), dtype=int)
    usual = steps.sum() / max(1, len(steps))
    for _ in range(budget):
        longest = int(np.argmax(steps / pieces))
        if steps[longest] / pieces[longest] <= usual:
            break
        pieces[longest] += 1
    nexts = np.append(turns, end)[1 : len(steps) + 1]
    return [
        float(start + (stop - start) * piece / count)
        for start, stop, count in zip(turns, nexts, pieces, strict=False)
        for piece in range(1, count)
    ]


def even_places(steps: Floats, count: int) -> tuple[NDArray[np.int64], Floats]:
    """Where `count` frames lie among pictures that are `steps` apart so that each changes as much as every other: the
    picture before each and the share of the way to the next. The first frame is the first picture, and the end is left
    out. Pictures that do not change at all are taken at even distances.
    """
    lengths = steps if steps.sum() > 0 else np.ones_like(steps)
    marks = np.concatenate([[0.0], np.cumsum(lengths)])
    places = np.arange(count) * marks[-1] / count
    before = np.clip(np.searchsorted(marks, places, side="right") - 1, 0, len(steps) - 1)
    share = (places - marks[before]) / np.where(lengths[before] > 0, lengths[before], 1.0)
    return before, np.clip(share, 0.0, 1.0)
