"""Flow: it leads from a picture into another, and says where it cannot."""

import threading

import cv2
import numpy as np
import pytest

from studio.imaging.flow import Flow, flow, is_cut, occluded, round_trip, warp
from studio.imaging.pixels import Pixels

SIDE = 128


def texture(seed: int = 0, height: int = SIDE, width: int = SIDE, smooth: float = 2.0) -> Pixels:
    noise = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), smooth), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)  # type: ignore[call-overload, no-any-return]


def panned(dx: int, dy: int) -> tuple[Pixels, Pixels]:
    """Two looks at one scene; what is at (x, y) in the first is at (x + dx, y + dy) in the second."""
    scene = texture(height=SIDE + 40, width=SIDE + 40)
    return scene[20 : 20 + SIDE, 20 : 20 + SIDE], scene[20 - dy : 20 - dy + SIDE, 20 - dx : 20 - dx + SIDE]


def inner(picture: Pixels, margin: int = 12) -> Pixels:
    return picture[margin:-margin, margin:-margin]


def difference(a: Pixels, b: Pixels) -> float:
    return float(np.abs(inner(a).astype(int) - inner(b)).mean())


@pytest.mark.parametrize("quality", ["ultrafast", "fast", "medium"])
def test_the_flow_of_a_pan_is_the_pan_and_warps_it_back(quality: str) -> None:
    a, b = panned(5, -3)
    found = flow(a, b, quality)  # type: ignore[arg-type]
    assert found.dtype == np.float32 and found.shape == (SIDE, SIDE, 2)
    assert np.abs(np.median(found, (0, 1)) - (5, -3)).max() < 0.2
    assert difference(warp(b, found), a) < 0.1 * difference(b, a)


def test_what_comes_into_view_or_is_covered_cannot_be_followed() -> None:
    a, b = (texture(1, smooth=3).copy() for _ in range(2))
    patch = texture(2, 40, 40, smooth=3)
    a[40:80, 30:70], b[40:80, 38:78] = patch, patch
    _, _, visible = round_trip(a, b)
    assert visible.dtype == np.bool_ and visible.shape == (SIDE, SIDE)
    assert visible[45:75, 38:62].mean() > 0.8, "the patch is followed"
    assert visible[:30].mean() > 0.99 and visible[90:].mean() > 0.99, "the ground stands still"
    assert visible[45:75, 71:77].mean() < 0.2, "the ground that the patch covers"


def test_opposite_flows_agree_and_equal_ones_do_not() -> None:
    there: Flow = np.full((32, 32, 2), 4, np.float32)
    assert not occluded(there, -there).any()
    assert occluded(there, there).all()
    step = there.copy()
    step[:, 16:] = 0
    assert occluded(step, -step)[:, 15:17].all(), "the edge of a motion"


@pytest.mark.parametrize("channels", [1, 3, 4, 16])
def test_any_channels_are_warped_alike_and_the_border_goes_on(channels: int) -> None:
    ramp = np.repeat(np.arange(20, dtype=np.float32)[None, :, None], 8, 0).repeat(channels, 2)
    shifted = warp(ramp, np.broadcast_to(np.array([1.5, 0], np.float32), (8, 20, 2)))
    assert shifted.shape == ramp.shape
    assert np.allclose(shifted[:, :18], ramp[:, :18] + 1.5, atol=0.04) and np.allclose(shifted[:, 18:], 19, atol=0.04)
    assert np.array_equal(warp(ramp, np.zeros((8, 20, 2), np.float32)), ramp)
    assert warp(ramp[..., 0], np.zeros((8, 20, 2), np.float32)).shape == (8, 20)


@pytest.mark.parametrize("shape", [(1, 1), (3, 90), (16, 300), (24, 1500), (90, 2), (11, 11)])
def test_no_picture_is_too_small(shape: tuple[int, int]) -> None:
    picture = texture(height=shape[0], width=shape[1])
    forward, backward, visible = round_trip(picture, picture)
    assert forward.shape == backward.shape == (*shape, 2) and visible.shape == shape
    assert np.abs(forward).max() < 0.01


def test_grey_and_transparent_pictures_have_the_flow_of_their_colours() -> None:
    a, b = panned(2, 1)
    opaque = np.full((SIDE, SIDE), 255, np.uint8)
    assert np.array_equal(flow(np.dstack([a, opaque]), np.dstack([b, opaque])), flow(a, b))
    assert flow(a[..., 0], b[..., 0]).shape == (SIDE, SIDE, 2)
    with pytest.raises(ValueError, match="between pictures of"):
        flow(a, b[1:])


def test_what_went_before_makes_no_difference() -> None:
    a, b = panned(4, 2)
    found = flow(a, b)
    flow(a[:11, :11], b[:11, :11])
    assert np.array_equal(flow(a, b), found)


def test_threads_do_not_disturb_each_other() -> None:
    pairs = [panned(dx, 0) for dx in (-6, -2, 2, 6)]
    alone = [flow(a, b) for a, b in pairs]
    together: dict[int, Flow] = {}

    def find(index: int) -> None:
        for _ in range(5):
            together[index] = flow(*pairs[index])

    threads = [threading.Thread(target=find, args=(index,)) for index in range(len(pairs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(together[index], alone[index]) for index in range(len(pairs)))


def test_a_cut_is_told_from_motion_and_from_a_change_of_light() -> None:
    scene = texture(3, smooth=8)
    a, b = scene[8:-8, 8:-8], scene[:-16, 2:-14]
    assert not is_cut(a, b) and not is_cut(a, (a * 0.7).astype(np.uint8))
    assert is_cut(a, 255 - a) and is_cut(a, np.zeros_like(a))
    assert not is_cut(np.zeros_like(a), np.zeros_like(a))
