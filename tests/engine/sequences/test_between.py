"""A range drawn anew between frames that stay."""

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diffusers import AutoencoderKL

from studio.domain.catalog import Family
from studio.domain.geometry import Size
from studio.domain.messages import Phase, Progress
from studio.domain.sequence import FrameSequence, Held
from studio.engine.sequences.between import _Span, _spans
from studio.imaging.pixels import Pixels
from tests.engine.jobs import recipe
from tests.engine.sequences.clips import PLAIN, Clip, Clips, apart, circle, counted, panned, saved

FRAMES = 8


def holding(stills: tuple[str, ...], only: tuple[int, ...], **changes: Any) -> FrameSequence:
    """All frames but `only` stay."""
    held = tuple(Held(number, path) for number, path in enumerate(stills) if number not in only)
    return circle(frames=len(stills), held=held, only=only, **changes)


@pytest.mark.parametrize(
    ("wanted", "there", "closed", "found"),
    [
        ((2, 3), (0, 1, 4), True, [((2, 3), 1, 4)]),
        ((7, 0), (1, 6), True, [((7, 0), 6, 1)]),
        ((0, 1, 7), (2, 6), True, [((7, 0, 1), 6, 2)]),
        ((0, 7), (2, 6), False, [((0,), None, 2), ((7,), 6, None)]),
        ((1, 3), (0, 2, 4), True, [((1,), 0, 2), ((3,), 2, 4)]),
        ((3,), (5,), True, [((3,), 5, 5)]),
    ],
)
def test_a_row_lies_between_the_nearest_that_stay(
    wanted: tuple[int, ...], there: tuple[int, ...], closed: bool, found: list[tuple[object, ...]]
) -> None:
    held = {number: np.zeros((1, 1, 3), np.uint8) for number in there}
    spans = _spans(sorted(wanted), held, FRAMES, closed)
    assert [(span.wanted, span.before, span.after) for span in spans] == found


def test_frames_are_the_models_own_the_farther_they_are_from_what_stays() -> None:
    inside = _Span((1, 2, 3), 0, 4)
    assert [inside.freedom(at) for at in range(3)] == pytest.approx([0.5, 1.0, 0.5])
    end = [_Span((5, 6, 7), 4, None).freedom(at) for at in range(3)]
    begin = [_Span((0, 1, 2), None, 3).freedom(at) for at in range(3)]
    assert end == sorted(end) and begin == pytest.approx(end[::-1])


def test_frames_that_stay_are_not_made_again(clips: Clips, tmp_path: Path) -> None:
    stills = saved(tmp_path, panned(6, 32, 3)).paths
    clip = clips(holding(stills, (2, 3), steps=4))
    assert sorted(clip.frames()) == [2, 3]
    assert {each.method for each in clip.about().values()} == {"between"}
    assert clips(holding(stills, (2, 3), steps=4)).digests() == clip.digests()
    other = dataclasses.replace(holding(stills, (2, 3), steps=4), motion=0.9)
    assert clips(other).digests() != clip.digests()


@pytest.mark.parametrize(("strength", "calls"), [(0.05, 1), (0.5, 3), (1.0, 6)])
def test_the_strength_says_how_much_is_drawn(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strength: float, calls: int
) -> None:
    wanted = holding(saved(tmp_path, panned(6, 32, 3)).paths, (1, 2, 4), steps=6, strength=strength, guidance=1.0)
    with counted(monkeypatch) as batches:
        clip = clips(wanted)
    assert batches == [2] * calls + [1] * calls, "two rows"
    told = [event for event in clip.of(Progress) if event.phase is Phase.DENOISE]
    assert (told[-1].step, told[-1].total) == (3 * calls,) * 2


def test_of_a_long_clip_few_frames_are_looked_at(clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stills = saved(tmp_path, panned(40, 32, 1)).paths
    seen: list[int] = []
    encode = AutoencoderKL.encode

    def counting(self: Any, pixels: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append(len(pixels))
        return encode(self, pixels, *args, **kwargs)

    clips(holding(stills, (5,), steps=2))  # the model is loaded, and its previews are fitted
    monkeypatch.setattr(AutoencoderKL, "encode", counting)
    clips(holding(stills, (20, 21), steps=2))
    assert 0 < sum(seen) <= 2 + 2 + 2 * 8


def rerolled(drawn: Clips, folder: Path, strength: float, only: tuple[int, ...]) -> tuple[list[Pixels], Clip]:
    """A loop by the shipped model, and a range of it drawn anew."""
    wanted = recipe(Family.STARTER, prompt="sunset over the sea", steps=4)
    loop = FrameSequence(dataclasses.replace(wanted, size=Size(128, 128)), FRAMES, consistency=PLAIN)
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
