"""The starting noise: a seed decides it, and the circle closes without losing variance."""

import itertools

import pytest
import torch

from studio.domain.recipe import RingNoise
from studio.engine.noise import initial_noise

SHAPE = (1, 4, 64, 64)
N = 12


def noise(ring: RingNoise | None, seed: int = 5) -> torch.Tensor:
    return initial_noise(SHAPE, ring, torch.Generator("cpu").manual_seed(seed))


def test_without_a_ring_it_is_the_plain_draw_of_the_seed() -> None:
    assert torch.equal(noise(None), torch.randn(SHAPE, generator=torch.Generator("cpu").manual_seed(5)))


@pytest.mark.parametrize("motion", [0.1, 0.35, 1.0])
def test_each_place_is_standard_normal_by_itself(motion: float) -> None:
    for i in range(N):
        z = noise(RingNoise(i / N, motion))
        assert abs(float(z.mean())) < 0.03
        assert abs(float(z.std()) - 1) < 0.03


def test_neighbours_are_equally_far_apart_also_across_the_seam() -> None:
    frames = [noise(RingNoise(i / N, 0.35)) for i in range(N)]
    steps = [float((a - b).square().mean()) for a, b in itertools.pairwise([*frames, frames[0]])]
    assert steps[-1] == pytest.approx(sum(steps[:-1]) / (N - 1), rel=0.05)
    assert min(steps) > 0.8 * max(steps)
    assert not torch.equal(frames[0], frames[-1]), "the end of the turn is its beginning, and is left out"


def test_more_motion_is_a_wider_circle() -> None:
    def across(motion: float) -> float:
        return float((noise(RingNoise(0.0, motion)) - noise(RingNoise(0.5, motion))).square().mean())

    assert across(0.2) < across(0.5) < across(1.0)
