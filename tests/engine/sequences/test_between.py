"""A range drawn anew between frames that stay."""

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest

from studio.domain.catalog import Family
from studio.domain.geometry import Size
from studio.domain.messages import Phase, Progress
from studio.domain.sequence import FrameSequence, Held
from studio.engine.sequences.between import _span
from studio.imaging.pixels import Pixels
from tests.engine.jobs import recipe
from tests.engine.sequences.clips import Clip, Clips, apart, circle, panned, saved

FRAMES = 8


def holding(stills: tuple[str, ...], only: tuple[int, ...], **changes: object) -> FrameSequence:
    """All frames but `only` stay."""
    held = tuple(Held(number, path) for number, path in enumerate(stills) if number not in only)
    return circle(frames=len(stills), held=held, only=only, **changes)


@pytest.mark.parametrize(
    ("index", "there", "closed", "span"),
    [
        (2, (0, 1, 4), True, (1, 4, 1 / 3)),
        (7, (1, 6), True, (6, 1, 1 / 3)),
        (0, (2, 7), True, (7, 2, 1 / 3)),
        (7, (1, 6), False, (6, 6, 0.5)),
        (0, (2, 7), False, (2, 2, 0.5)),
        (3, (5,), True, (5, 5, 6 / 8)),
    ],
)
def test_a_frame_lies_between_the_nearest_that_stay(
    index: int, there: tuple[int, ...], closed: bool, span: tuple[int, int, float]
) -> None:
    held = {number: np.zeros((1, 1, 3), np.uint8) for number in there}
    assert _span(index, held, FRAMES, closed) == pytest.approx(span)


def test_frames_that_stay_are_not_made_again(clips: Clips, tmp_path: Path) -> None:
    stills = saved(tmp_path, panned(6, 32, 3)).paths
    clip = clips(holding(stills, (2, 3), steps=4))
    assert sorted(clip.frames()) == [2, 3]
    assert {each.method for each in clip.about().values()} == {"between"}
    assert clips(holding(stills, (2, 3), steps=4)).digests() == clip.digests()
    other = dataclasses.replace(holding(stills, (2, 3), steps=4), motion=0.9)
    assert clips(other).digests() != clip.digests()


def test_the_farther_from_what_stays_the_freer(clips: Clips, tmp_path: Path) -> None:
    """Frames near an end are drawn by fewer steps than those in the middle."""
    clip = clips(holding(saved(tmp_path, panned(9, 32, 3)).paths, (1, 2, 3, 4, 5, 6, 7), steps=10, strength=1.0))
    total = {event.total for event in clip.of(Progress) if event.phase is Phase.DENOISE}
    expected = [max(1, round(10 * np.sin(np.pi * at / 8))) for at in range(1, 8)]
    assert total == {sum(expected)} and expected[0] < expected[3] == 10


def rerolled(drawn: Clips, folder: Path, strength: float, only: tuple[int, ...]) -> tuple[list[Pixels], Clip]:
    """A loop by the shipped model, and a range of it drawn anew."""
    wanted = recipe(Family.STARTER, prompt="sunset over the sea", steps=6)
    loop = FrameSequence(dataclasses.replace(wanted, size=Size(128, 128)), FRAMES)
    frames = drawn(loop, Family.STARTER).film()
    held = tuple(
        Held(number, path) for number, path in enumerate(saved(folder, frames).paths) if number not in only
    )  # fmt: skip
    again = dataclasses.replace(
        loop, held=held, only=only, strength=strength, recipe=dataclasses.replace(loop.recipe, seed=99)
    )
    return frames, drawn(again, Family.STARTER)


def test_a_range_fits_between_its_neighbours_also_across_the_seam(drawn: Clips, tmp_path: Path) -> None:
    only = (7, 0, 1)
    frames, clip = rerolled(drawn, tmp_path, 0.4, only)
    found = clip.frames()
    assert sorted(found) == [0, 1, 7]
    assert all(apart(found[number], frames[number]) > 0.5 for number in only), "another draw"
    joins = [apart(frames[6], found[7]), apart(found[1], frames[2])]
    usual = np.median([apart(a, b) for a, b in itertools.pairwise(frames)])
    assert max(joins) < 4 * usual, (joins, usual)


def test_on_a_line_the_first_frames_fit_to_those_after_them(clips: Clips, tmp_path: Path) -> None:
    stills = saved(tmp_path, panned(5, 32, 3)).paths
    assert sorted(clips(holding(stills, (0, 4), closed=False, steps=4)).frames()) == [0, 4]
