"""The flow brush: a still flows along its arrows, comes back exactly, and stays where it is frozen."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from studio.domain.treatment import Arrow
from studio.imaging.flow import flow
from studio.imaging.looping.eulerian import flow_loop, motion_field
from studio.imaging.metrics import measure
from studio.imaging.pixels import Pixels
from studio.imaging.verdict import Light, verdict

SIDE, FRAMES = 128, 16
DOWN = (Arrow(0.5, 0.2, 0, 0.3), Arrow(0.5, 0.5, 0, 0.3), Arrow(0.5, 0.8, 0, 0.3))


def river(side: int = SIDE) -> tuple[Pixels, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """Water between two banks, around a rock; and the freeze mask of banks and rock."""
    noise = np.random.default_rng(2).random((side, side)).astype(np.float32)
    water = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 1, cv2.NORM_MINMAX)  # type: ignore[call-overload]
    still = (water[..., None] * (120, 150, 160) + (20, 40, 60)).astype(np.uint8)
    freeze = np.zeros((side, side), np.uint8)
    freeze[:, : side // 4] = freeze[:, -side // 4 :] = 1
    cv2.circle(freeze, (side // 2, side // 2), side // 12, 1, -1)
    still[freeze > 0] = (90, 100, 80)
    return still, freeze.astype(bool)


def frames_of(still: Pixels, freeze: object, count: int = FRAMES, arrows: tuple[Arrow, ...] = DOWN) -> list[Pixels]:
    return [made.pixels for made in flow_loop(still, arrows, freeze, count, 24.0, 0.3)]  # type: ignore[arg-type]


def test_the_water_flows_down_and_the_loop_closes() -> None:
    still, freeze = river()
    frames = frames_of(still, freeze)
    assert len(frames) == FRAMES and np.array_equal(frames[0], still)
    measures = measure(frames, True)
    assert verdict(measures).light is not Light.RED, verdict(measures).reasons
    assert measures.velocity_jump < 1 and measures.sharpness_dip > 0.75 and not measures.held
    assert measures.seam_ratio == pytest.approx(1, abs=0.1) and measures.dynamic_degree > 0.005
    for a, b in ((3, 4), (12, 13), (FRAMES - 1, 0)):
        found = flow(frames[a], frames[b])[~freeze]
        assert np.median(found[:, 1]) == pytest.approx(0.3 * SIDE / 24, rel=0.35), "also over the seam"


def test_frozen_pixels_keep_their_bytes_and_do_not_leak_into_the_water() -> None:
    still, freeze = river()
    still[freeze] = np.random.default_rng(4).integers(0, 256, (freeze.sum(), 3))
    still[freeze, 2] = 0
    still[~freeze, 0] = 0
    for frame in frames_of(still, freeze):
        assert np.array_equal(frame[freeze], still[freeze])
        assert (frame[~freeze][:, 0] > 60).mean() < 0.02, "the rock's colour does not flow off with the water"


def test_without_motion_nothing_changes() -> None:
    still, freeze = river()
    far = (Arrow(0.05, 0.05, 0, 0.5),)
    assert all(np.array_equal(frame, still) for frame in frames_of(still, np.ones_like(freeze)))
    for frame in [made.pixels for made in flow_loop(still, far, None, 6, 24.0, 0.05)]:
        assert np.array_equal(frame[64:, 64:], still[64:, 64:]), "beyond the arrow's reach"
        assert np.array_equal(frame, still) or not np.array_equal(frame[:30, :30], still[:30, :30])


def test_alpha_flows_along_and_opaque_stays_opaque() -> None:
    still, freeze = river()
    opaque = np.dstack([still, np.full((SIDE, SIDE), 255, np.uint8)])
    plain = frames_of(still, freeze, 6)
    for frame, expected in zip(frames_of(opaque, freeze, 6), plain, strict=True):
        assert (frame[..., 3] == 255).all() and np.abs(frame[..., :3].astype(int) - expected).max() <= 1
    holed = opaque.copy()
    holed[30:50, 50:80] = 0
    frames = frames_of(holed, None, 6)
    assert np.array_equal(frames[0], holed) and frames[2].shape == holed.shape
    assert frames[3][..., 3].min() < 200 and not np.array_equal(frames[3][..., 3], holed[..., 3])


def test_the_field_is_the_arrow_beside_it_and_their_mean_between_two() -> None:
    field = motion_field((100, 200), (Arrow(0.25, 0.5, 0.1, 0), Arrow(0.75, 0.5, -0.1, 0)), None, 10.0, 0.3)
    assert field[50, 50] == pytest.approx((2, 0), abs=0.25) and field[50, 150] == pytest.approx((-2, 0), abs=0.25)
    assert field[50, 100] == pytest.approx((0, 0), abs=0.1)
    freeze = np.zeros((100, 200), bool)
    freeze[:, :100] = True
    frozen = motion_field((100, 200), (Arrow(0.25, 0.5, 0.1, 0), Arrow(0.75, 0.5, -0.1, 0)), freeze, 10.0, 0.3)
    assert not frozen[:, :100].any() and np.allclose(frozen[:, 110:], field[:, 110:])
    assert not motion_field((100, 200), (), None, 10.0, 0.3).any()


def test_twice_the_rate_halves_the_step_and_sides_scale_the_arrows() -> None:
    slow, fast = (motion_field((64, 64), DOWN, None, float(rate), 0.3) for rate in (Fraction(48), Fraction(24)))
    assert np.allclose(2 * slow, fast)
    large = motion_field((128, 128), DOWN, None, 24.0, 0.3)
    assert large[64, 64, 1] == pytest.approx(2 * fast[32, 32, 1], rel=0.02)


def test_frames_that_are_there_are_left_out_and_the_others_are_the_same() -> None:
    still, freeze = river(64)
    whole = {made.index: made.pixels for made in flow_loop(still, DOWN, freeze, 10, 24.0, 0.3)}
    rest = {made.index: made.pixels for made in flow_loop(still, DOWN, freeze, 10, 24.0, 0.3, made={0, 1, 2, 5})}
    assert sorted(whole) == list(range(10)) and sorted(rest) == [3, 4, 6, 7, 8, 9]
    assert all(np.array_equal(rest[index], whole[index]) for index in rest)


@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (700, 40), (37, 61)])
def test_any_shape_flows(shape: tuple[int, int]) -> None:
    still = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)
    frames = frames_of(still, None, 3)
    assert len(frames) == 3 and all(frame.shape == still.shape for frame in frames)
