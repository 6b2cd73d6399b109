"""Video to video: a clip's frames drawn anew, with noise that moves with what it is drawn on."""

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.domain.catalog import Family
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.sequence import Consistency, Footage, FrameSequence, Method
from studio.engine.libraries import torch
from studio.engine.sequences.anew import moving_noise
from studio.imaging.pixels import Pixels
from tests.engine.jobs import recipe
from tests.engine.sequences.clips import Clips, apart, circle, counted, panned, saved, steps, worst

SIDE, CELL = 128, 8
SHAPE = (1, 4, SIDE // CELL, SIDE // CELL)


def anew(source: Footage, frames: int, **changes: Any) -> FrameSequence:
    return circle(frames=frames, method=Method.VIDEO, source=source, **changes)


def noise_of(frames: list[Pixels], closed: bool = False, seed: int = 5) -> torch.Tensor:
    return moving_noise(frames, SHAPE, seed, closed, lambda: None)


# ------------------------------------------------------------------------------------------------ noise


def test_noise_goes_along_with_what_it_lies_on() -> None:
    found = noise_of(panned(5, SIDE, CELL))  # the picture moves by one latent to the left in each frame
    inside = np.s_[:, 3:-3, 3:-4]
    kept = [
        float((frame[:, :, :-1][inside] - before[:, :, 1:][inside]).abs().lt(0.2).float().mean())
        for before, frame in itertools.pairwise(found)
    ]
    assert min(kept) > 0.7, kept
    still = noise_of([panned(1, SIDE, CELL)[0]] * 3)
    assert torch.allclose(still[0], still[2], atol=1e-5), "what stands still keeps its noise"


def test_motion_below_a_latent_adds_up() -> None:
    """A quarter of a latent a frame: rounded at each step, the noise would never move."""
    found = noise_of(panned(9, SIDE, CELL // 4))
    inside = np.s_[:, 3:-3, 3:-5]
    moved = (found[8][:, :, :-2][inside] - found[0][:, :, 2:][inside]).abs().lt(0.2).float().mean()
    assert moved > 0.5, "two latents after eight frames"


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("step", [0, 3, CELL])
def test_noise_that_moves_is_noise(closed: bool, step: int) -> None:
    frames = panned(6, SIDE, step)
    found = torch.stack([noise_of(frames, closed, seed) for seed in range(4)])
    assert found.dtype == torch.float32 and found.shape == (4, 6, *SHAPE[1:])
    for number in range(6):
        assert abs(float(found[:, number].std()) - 1) < 0.06, number
        assert abs(float(found[:, number].mean())) < 0.08, number


def test_at_a_change_of_scene_the_noise_stays_where_it_is() -> None:
    one, other = panned(1, SIDE, 0, seed=1)[0], panned(1, SIDE, 0, seed=2)[0]
    found = noise_of([one, one, other])
    assert torch.allclose(found[0], found[1], atol=1e-5) and torch.allclose(found[1], found[2], atol=1e-5)


def test_the_noise_of_a_loop_has_no_seam() -> None:
    """There and back: the last frame is one step from the first."""
    pan = panned(4, SIDE, 4)
    frames = [*pan, *pan[-2:0:-1]]
    gaps = steps([frame.numpy() for frame in noise_of(frames, closed=True)])
    assert gaps[-1] < 1.5 * np.median(gaps)


# ------------------------------------------------------------------------------------------------ frames


@pytest.mark.parametrize(("strength", "calls"), [(0.05, 1), (0.5, 4), (1.0, 8)])
def test_the_strength_says_how_much_is_drawn(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strength: float, calls: int
) -> None:
    wanted = anew(saved(tmp_path, panned(3, 48, 4)), 3, steps=8, strength=strength, guidance=1.0)
    with counted(monkeypatch) as batches:
        clip = clips(wanted)
    assert batches == [3] * calls and len(clip.frames()) == 3
    assert {each.method for each in clip.about().values()} == {"video"}


@pytest.mark.parametrize(("there", "wanted"), [(8, 4), (2, 4)])
def test_frames_are_taken_from_all_over_the_clip(drawn: Clips, tmp_path: Path, there: int, wanted: int) -> None:
    source = panned(there, 128, 20)
    request = dataclasses.replace(recipe(Family.STARTER, steps=8, guidance=1.0), size=Size(128, 128))
    clip = FrameSequence(
        request, wanted, method=Method.VIDEO, source=saved(tmp_path, source), strength=0.13, closed=False,
        consistency=Consistency(colour=False),
    )  # fmt: skip
    for number, frame in drawn(clip, Family.STARTER).frames().items():
        gaps = [apart(frame, pixels) for pixels in source]
        assert int(np.argmin(gaps)) == number * there // wanted


def test_a_part_of_the_clip_is_drawn_and_frames_are_brought_to_size(clips: Clips, tmp_path: Path) -> None:
    source = dataclasses.replace(saved(tmp_path, panned(6, 70, 4)), first=2, count=3)
    found = clips(anew(source, 3, steps=4)).film()
    assert [frame.shape for frame in found] == [(32, 32, 3)] * 3
    part = Footage(source.paths[2:5])
    assert clips(anew(part, 3, steps=4)).digests() == clips(anew(source, 3, steps=4)).digests()


def test_a_clip_without_frames_is_refused(clips: Clips, tmp_path: Path) -> None:
    source = dataclasses.replace(saved(tmp_path, panned(3, 48, 4)), first=9)
    with pytest.raises(StudioError) as error:
        clips(anew(source, 3))
    assert (error.value.problem.kind, error.value.problem.field) == (ErrorKind.INPUT, "source")


def test_later_groups_carry_on_what_became_of_the_frame_before(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the groups' division shows in the second group alone."""
    wanted = anew(saved(tmp_path, panned(4, 64, 4)), 4, steps=4, size=64, closed=False, guidance=1.0)
    whole = clips(wanted).film()
    monkeypatch.setattr("studio.engine.sequences.group._MOST", 2)
    parted = clips(wanted).film()
    assert [worst([a], [b]) > 1 for a, b in zip(whole, parted, strict=True)] == [False, False, True, True]
