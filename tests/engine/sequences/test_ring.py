"""The ring: each place has standard normal noise, and frames are moved to where the picture changes evenly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.recipe import RingNoise
from studio.engine.libraries import torch
from studio.engine.noise import initial_noise
from studio.engine.sequences.ring import Circles, between, even_places, steps_of

SHAPE = (1, 4, 64, 64)
STEPS = st.lists(st.floats(0.01, 10), min_size=2, max_size=20)


@pytest.mark.parametrize("harmonics", [1, 2, 4])
@pytest.mark.parametrize("radius", [0.02, 0.35, 1.0])
def test_each_place_is_standard_normal(harmonics: int, radius: float) -> None:
    found = Circles.drawn(SHAPE, harmonics, 5).at([0.0, 0.13, 0.5, 0.77], [radius] * 4)
    assert found.shape == (4, *SHAPE[1:]) and found.dtype == torch.float32
    assert all(abs(float(place.mean())) < 0.04 and abs(float(place.std()) - 1) < 0.03 for place in found)


@pytest.mark.parametrize("turn", [0.0, 0.3, 0.9])
def test_one_circle_is_that_of_a_picture_on_the_ring(turn: float) -> None:
    one = initial_noise(SHAPE, RingNoise(turn, 0.4), torch.Generator().manual_seed(9))
    assert torch.allclose(Circles.drawn(SHAPE, 1, 9).at([turn], [0.4]), one, atol=1e-6)


def test_the_circle_is_closed_and_its_neighbours_are_close() -> None:
    circles = Circles.drawn(SHAPE, 2, 5)
    assert torch.allclose(circles.at([0.0], [0.5]), circles.at([1.0], [0.5]), atol=1e-5)
    places = circles.at([at / 12 for at in range(12)], [0.5] * 12)
    gaps = [float((place - places[0]).square().mean().sqrt()) for place in places]
    assert gaps[1] < gaps[2] < gaps[3] and abs(gaps[1] - gaps[11]) < 0.1 * gaps[1]
    assert max(gaps[1:]) <= 2 * 0.5 * 1.05, "within the circle's diameter"


def test_more_harmonics_are_livelier() -> None:
    steps = [Circles.drawn(SHAPE, number, 5).at([0.0, 1 / 24], [0.5, 0.5]).diff(dim=0).std() for number in (1, 3)]
    assert 1.4 < steps[1] / steps[0] < 1.57, "√(3 / (1 + 1/4 + 1/9))"


def test_steps_go_round_the_ring_where_it_is_closed() -> None:
    pictures = torch.tensor([0.0, 0.1, 0.4]).view(3, 1, 1, 1).expand(3, 3, 2, 2)
    assert np.allclose(steps_of(pictures, closed=True), [0.1, 0.3, 0.4])
    assert np.allclose(steps_of(pictures, closed=False), [0.1, 0.3])


@settings(max_examples=60)
@given(STEPS, st.integers(2, 30))
def test_places_are_equally_far_apart_and_the_end_is_left_out(steps: list[float], count: int) -> None:
    lengths = np.array(steps)
    before, share = even_places(lengths, count)
    marks = np.concatenate([[0.0], np.cumsum(lengths)])
    way = marks[before] + share * lengths[before]
    assert way[0] == 0 and way[-1] < marks[-1]
    assert np.allclose(np.diff([*way, marks[-1]]), marks[-1] / count)


def test_pictures_that_do_not_change_are_taken_at_even_distances() -> None:
    before, share = even_places(np.zeros(4), 8)
    assert np.allclose(before + share, np.arange(8) / 2)


@settings(max_examples=60)
@given(STEPS, st.integers(0, 20))
def test_new_turns_split_the_longest_steps(steps: list[float], budget: int) -> None:
    lengths, turns = np.array(steps), np.arange(len(steps)) / len(steps)
    found = between(turns, lengths, budget, 1.0)
    assert len(found) <= budget and len(set(found) | set(turns.tolist())) == len(found) + len(turns)
    split = np.searchsorted(turns, found, side="right") - 1
    pieces = lengths / (1 + np.bincount(split, minlength=len(turns)))
    untouched = lengths[np.setdiff1d(np.arange(len(turns)), split)]
    assert pieces.max() <= lengths.max()
    if found and len(untouched):
        halves = lengths[split] / np.maximum(1, np.bincount(split, minlength=len(turns))[split])
        assert untouched.max() <= halves.max() + 1e-9, "none longer was left whole"


def test_even_steps_need_no_more_turns() -> None:
    assert between(np.arange(5) / 5, np.full(5, 0.3), 9, 1.0) == []
