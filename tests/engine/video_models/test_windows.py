"""Windows, extents and noise: what can be told without a network."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.errors import StudioError
from studio.domain.recipe import Recipe
from studio.domain.sequence import FrameSequence, Method, Windows
from studio.engine.libraries import torch
from studio.engine.video_models.conduct import conduct_of
from studio.engine.video_models.extent import extent_of
from studio.engine.video_models.noise import reused_noise
from studio.engine.video_models.windows import ordered_halving, pyramid, windows_at


def sequence(frames: int, closed: bool = True, **windows: int) -> FrameSequence:
    return FrameSequence(Recipe(), frames=frames, closed=closed, method=Method.MOTION, windows=Windows(**windows))  # type: ignore[arg-type]


@settings(max_examples=60)
@given(
    step=st.integers(0, 40),
    count=st.integers(1, 70),
    length=st.integers(1, 32),
    overlap=st.integers(0, 31),
    closed=st.booleans(),
)
def test_windows_see_every_frame(step: int, count: int, length: int, overlap: int, closed: bool) -> None:
    overlap = min(overlap, length - 1)
    parts = windows_at(step, count, length, overlap, closed)
    assert set(itertools.chain(*parts)) == set(range(count))
    assert all(len(part) == len(set(part)) == min(length, count) for part in parts)
    if not closed:
        assert all(later == earlier + 1 for part in parts for earlier, later in itertools.pairwise(part))
    if length < count:
        rounds = zip(parts, (*parts[1:], *parts[:1]), strict=True) if closed else itertools.pairwise(parts)
        assert all(len(set(one) & set(other)) >= overlap for one, other in rounds)


def test_windows_of_a_loop_cross_the_seam_and_move() -> None:
    borders = [part[0] for step in range(8) for part in windows_at(step, 24, 8, 2, True)]
    assert len(set(borders)) == 24, "each frame is a window's first one once in a while"
    assert any(0 in part and 23 in part for part in windows_at(0, 24, 8, 2, True))
    assert not any(0 in part and 23 in part for step in range(8) for part in windows_at(step, 24, 8, 2, False))


def test_ordered_halving_and_the_pyramid() -> None:
    assert [ordered_halving(number) for number in range(5)] == [0, 0.5, 0.25, 0.75, 0.125]
    assert pyramid(5) == (1, 2, 3, 2, 1)
    assert pyramid(4) == (1, 2, 2, 1)


@settings(max_examples=60)
@given(frames=st.integers(1, 200), ratio=st.sampled_from([1, 4, 8]), closed=st.booleans(), ends=st.booleans())
def test_enough_is_drawn_and_latents_hold_all_of_it(frames: int, ratio: int, closed: bool, ends: bool) -> None:
    extent = extent_of(frames, ratio, closed, ends)
    held = [drawn for latent in range(extent.latents) for drawn in extent.within(latent)]
    assert held == list(range(extent.drawn))
    chosen = [extent.drawn_for(index) for index in range(frames)]
    assert chosen == sorted(set(chosen))
    assert chosen[0] >= 0 and chosen[-1] < extent.drawn
    assert [extent.shown_by(drawn) for drawn in chosen] == list(range(frames))


def test_a_loop_is_not_cut_at_its_end() -> None:
    """22 frames of a ring of 24: those left out lie apart, and not both at the seam."""
    extent = extent_of(22, 8, True)
    assert (extent.latents, extent.drawn, extent.even) == (3, 24, False)
    left = set(range(24)) - {extent.drawn_for(index) for index in range(22)}
    assert len(left) == 2 and min(abs(a - b) for a, b in itertools.combinations(left, 2)) > 1
    assert extent_of(24, 8, True).even
    ends = extent_of(8, 4, True, ends=True)
    assert (ends.latents, ends.drawn, ends.ring) == (3, 9, False)
    assert [ends.drawn_for(index) for index in range(8)] == list(range(8)), "frame 8 is frame 0 again"


def test_a_loop_that_is_seen_at_once_is_rolled_and_a_longer_one_is_not() -> None:
    at_once = conduct_of(sequence(12), 1, 32, 16, ends=False)
    assert (at_once.length, at_once.roll, at_once.windowed) == (12, 5, False)
    longer = conduct_of(sequence(24), 1, 32, 16, ends=False)
    assert (longer.length, longer.overlap, longer.roll, longer.windowed) == (16, 4, 0, True)
    assert conduct_of(sequence(24, roll=3), 1, 32, 16, ends=False).roll == 3
    assert conduct_of(sequence(12, closed=False), 1, 32, 16, ends=False).roll == 0
    video = conduct_of(sequence(80, length=40, overlap=8), 4, 0, 0, ends=False)
    assert (video.extent.latents, video.length, video.overlap) == (20, 10, 2)


@pytest.mark.parametrize(
    ("closed", "windows"),
    [(False, {"roll": 2}), (True, {"length": 4, "overlap": 4}), (True, {"length": -1}), (True, {"roll": -1})],
)
def test_windows_that_cannot_be_are_refused(closed: bool, windows: dict[str, int]) -> None:
    with pytest.raises(StudioError) as caught:
        conduct_of(sequence(12, closed, **windows), 1, 32, 16, ends=False)
    assert caught.value.problem.field == "windows"


def test_reused_noise_repeats_shuffled_frames() -> None:
    noise = reused_noise((1, 4, 22, 6, 6), 8, 6, torch.Generator().manual_seed(1))
    frames = [noise[0, :, index].flatten() for index in range(22)]
    for start in (8, 14):
        before = {tuple(frame.tolist()) for frame in frames[start - 8 : start - 2]}
        assert {tuple(frame.tolist()) for frame in frames[start : start + 6]} == before
    assert abs(float(noise.std()) - 1) < 0.05
