"""Flow smoothing and what makes tools loop-safe."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from studio.imaging.looping.interpolation import interpolated
from studio.imaging.looping.padding import anchored, wrap_padded
from studio.imaging.looping.smoothing import smoothed
from studio.imaging.metrics import measure
from studio.imaging.pixels import Pixels
from tests.imaging.looping import clips

SIDE = 128


def noisy(frames: list[Pixels], sigma: float = 12) -> list[Pixels]:
    rng = np.random.default_rng(1)
    return [np.clip(frame + rng.normal(0, sigma, frame.shape), 0, 255).astype(np.uint8) for frame in frames]


def test_smoothing_takes_the_warp_error_down_and_leaves_sharpness_and_motion() -> None:
    clip = noisy(clips.correct(16, SIDE))
    before, after = measure(clip, True), measure(smoothed(clip, 0.7, closed=True), True)
    assert after.warp_error < 0.2 * before.warp_error and after.seam_warp_error < 0.2 * before.seam_warp_error
    assert after.dynamic_degree > 0.9 * before.dynamic_degree
    clean = measure(clips.correct(16, SIDE), True)
    assert after.sharpness > 0.9 * clean.sharpness


def test_on_a_ring_the_first_frame_follows_the_last() -> None:
    clip = noisy(clips.correct(12, SIDE))
    ring, line = (list(smoothed(clip, 0.7, closed=closed)) for closed in (True, False))
    assert np.array_equal(line[0], clip[0]) and not np.array_equal(ring[0], clip[0])
    assert measure(ring, True).seam_warp_error < 0.5 * measure(line, True).seam_warp_error


def test_the_motion_may_be_that_of_other_pictures() -> None:
    guides = clips.correct(8, SIDE)
    clip = noisy(guides, 60)
    own, led = (measure(smoothed(clip, 0.7, True, guides=given), True) for given in (None, guides))
    assert led.warp_error < own.warp_error


def test_nothing_is_mixed_over_a_cut_and_nothing_at_all_with_beta_0() -> None:
    one, other = clips.correct(2, SIDE), [clips.board(SIDE)] * 2
    assert np.array_equal(list(smoothed([*one, *other], 0.8, closed=False))[2], other[0])
    clip = noisy(one)
    for closed in (True, False):
        assert all(np.array_equal(a, b) for a, b in zip(smoothed(clip, 0, closed), clip, strict=True))
    assert list(smoothed([], 0.5, True)) == [] and len(list(smoothed(one[:1], 0.5, True))) == 1


def lagging(frames: Sequence[Pixels]) -> list[Pixels]:
    """A tool with a memory: each frame is mixed with what became of the one before."""
    held = frames[0].astype(float)
    return [(held := 0.6 * held + 0.4 * frame).round().astype(np.uint8) for frame in frames]


def test_any_tool_is_loop_safe_between_wrapped_frames() -> None:
    loop = clips.correct(12, 64)
    bare, padded = measure(lagging(loop), True), measure(wrap_padded(loop, lagging, 8), True)
    assert bare.seam_ratio > 1.3 and padded.seam_ratio == pytest.approx(1, abs=0.12)
    assert len(wrap_padded(loop, lagging, 30)) == 12, "more than once round"
    assert np.array_equal(wrap_padded(loop, list, 3), loop)


def test_tools_may_make_several_frames_of_each() -> None:
    def doubled(frames: Sequence[Pixels]) -> list[Pixels]:
        return [frame for each in frames for frame in (each, each)]

    made = wrap_padded(clips.correct(5, 48), doubled, 2)
    assert len(made) == 10 and np.array_equal(made[0], made[1]) and np.array_equal(made[0], clips.correct(5, 48)[0])
    with pytest.raises(ValueError, match="a tool made 8 frames of 9"):
        wrap_padded(clips.correct(5, 48), lambda frames: frames[1:], 2)
    assert wrap_padded([], doubled, 2) == []


def test_colours_that_drift_are_brought_back_and_the_loop_closes() -> None:
    clip = [np.clip(frame * (1 + 0.01 * i), 0, 255).astype(np.uint8) for i, frame in enumerate(clips.correct(16, SIDE))]
    before = measure(clip, True)
    assert before.colour_drift > 5 and before.seam_ratio > 1.5
    for strength in (0, 0.5, 1):
        after = measure(anchored(clip, strength, closed=True), True)
        assert after.seam_ratio == pytest.approx(1, abs=0.15), "whatever the strength"
        assert after.colour_drift < 0.2 * before.colour_drift
    half = measure(anchored(clip, 0.5, closed=False), False)
    assert half.colour_drift == pytest.approx(before.colour_drift / 2, rel=0.2)
    assert np.array_equal(next(anchored(clip, 1, closed=True)), clip[0])


def test_anchoring_leaves_good_colours_and_alpha_alone() -> None:
    clip = [np.dstack([frame, np.full((48, 48), 99, np.uint8)]) for frame in clips.correct(8, 48)]
    for before, after in zip(clip, anchored(clip, 0, closed=True), strict=True):
        assert np.array_equal(after[..., 3], before[..., 3]) and np.abs(after.astype(int) - before).mean() < 1.5
    assert list(anchored([], 1, closed=True)) == []


Maker = Callable[[Callable[[], None]], Iterator[object]]


@pytest.mark.parametrize("name", ["smoothed", "anchored", "interpolated"])
def test_a_cancel_is_heard_at_each_frame(name: str) -> None:
    frames, heard = clips.correct(5, 48), list[int]()
    makers: dict[str, Maker] = {
        "smoothed": lambda poll: smoothed(frames, 0.5, True, poll),
        "anchored": lambda poll: anchored(frames, 0.5, True, poll),
        "interpolated": lambda poll: interpolated(frames, 2, True, poll),
    }
    for count, _ in enumerate(makers[name](lambda: heard.append(1)), 1):
        assert len(heard) >= count
