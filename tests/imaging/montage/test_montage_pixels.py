"""Pictures in a frame: what each way of laying them gives, pixel by pixel."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.domain.document.blending import BlendMode
from studio.domain.geometry import Rect, Size
from studio.imaging.blend import blend, faded, premultiplied, straight
from studio.imaging.montage.placing import Transform, fitted, opaque, placed, placement
from studio.imaging.montage.stacking import Layer, flattened, stacked, visible

Pixels = NDArray[np.uint8]


def plain(size: Size, colour: tuple[int, int, int, int]) -> Pixels:
    return np.full((size.height, size.width, 4), colour, np.uint8)


def noisy(size: Size, seed: int = 0, *, clear: bool = False) -> Pixels:
    pixels = np.random.default_rng(seed).integers(0, 256, (size.height, size.width, 4), dtype=np.uint8)
    if not clear:
        pixels[..., 3] = 255
    return pixels


RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)
FRAME = Size(64, 48)


def test_a_picture_that_fills_the_frame_is_not_copied() -> None:
    for pixels in (noisy(FRAME), noisy(FRAME, clear=True)):
        assert stacked([Layer(pixels)], FRAME) is pixels


def test_a_picture_is_fitted_into_the_middle() -> None:
    assert fitted(Size(10, 10), FRAME) == Rect(8, 0, 48, 48)
    assert fitted(Size(200, 100), FRAME) == Rect(0, 8, 64, 32)
    assert fitted(Size(9999, 1), FRAME) == Rect(0, 23, 64, 1)  # never thinner than a pixel
    found = stacked([Layer(plain(Size(10, 10), RED))], FRAME)
    assert (found[:, 8:56] == RED).all()
    assert not found[:, :8].any() and not found[:, 56:].any()


def test_reducing_averages_and_enlarging_keeps_an_area() -> None:
    board = np.zeros((96, 128, 4), np.uint8)
    board[..., 3] = 255
    board[::2, ::2, :3] = board[1::2, 1::2, :3] = 200
    assert (stacked([Layer(board)], FRAME)[..., :3] == 100).all()
    found = stacked([Layer(plain(Size(16, 12), RED))], FRAME)
    assert (found == RED).all()


def test_a_move_by_whole_pixels_keeps_pixels() -> None:
    pixels = noisy(FRAME)
    found = stacked([Layer(pixels, Transform(x=0.25, y=-0.5))], FRAME)
    assert (found[:24, 16:] == pixels[24:, :48]).all()
    assert not found[24:].any() and not found[:, :16].any()


def test_quarter_turns_are_exact() -> None:
    square = noisy(Size(32, 32), clear=True)
    square[square[..., 3] == 0] = 0
    for turns in (1, 2, 3, 5, -1):
        found = stacked([Layer(square, Transform(rotation=90 * turns))], Size(32, 32))
        expected = straight(premultiplied(np.ascontiguousarray(np.rot90(square, -turns))))
        assert np.abs(found.astype(int) - expected).max() <= 1, turns


def test_a_turn_is_clockwise_and_its_border_exact() -> None:
    bar = plain(Size(40, 10), RED)
    found = stacked([Layer(bar, Transform(rotation=30, scale=0.5))], Size(40, 40))
    assert abs(int(found[..., 3].sum()) / 255 - 20 * 5) < 0.5  # the area of the bar
    rows, columns = np.nonzero(found[..., 3])
    assert np.corrcoef(rows, columns)[0, 1] > 0  # to the right it goes down
    assert (found[..., :3][found[..., 3] > 8] == RED[:3]).all()  # no dark fringe


@pytest.mark.parametrize("scale", [0.13, 0.5, 0.77, 1.3, 3.0])
def test_scaling_keeps_colour_and_area(scale: float) -> None:
    how = Transform(x=0.013, y=0.021, scale=scale)
    found = stacked([Layer(plain(Size(48, 48), (10, 200, 30, 255)), how)], Size(256, 256))
    assert (found[found[..., 3] == 255][:, :3] == (10, 200, 30)).all()
    side = 256 * scale
    across = min(256.0, 128 + 0.013 * 256 + side / 2) - max(0.0, 128 + 0.013 * 256 - side / 2)
    down = min(256.0, 128 + 0.021 * 256 + side / 2) - max(0.0, 128 + 0.021 * 256 - side / 2)
    assert abs(int(found[..., 3].sum()) / 255 - across * down) / (across * down) < 0.01


def test_a_turn_back_gives_the_picture() -> None:
    rows, columns = np.mgrid[0:64, 0:64]
    smooth = plain(Size(64, 64), (0, 0, 0, 255))
    for channel, wave in enumerate((rows, columns, rows + columns)):
        smooth[..., channel] = 127 + 100 * np.sin(wave / 9)
    once = stacked([Layer(smooth, Transform(rotation=20))], Size(64, 64))
    back = stacked([Layer(once, Transform(rotation=-20))], Size(64, 64))
    inner = np.s_[24:40, 24:40, :3]
    assert np.abs(back[inner].astype(int) - smooth[inner]).mean() < 1.5


@pytest.mark.parametrize("mode", list(BlendMode))
def test_blending_is_that_of_canvas_layers(mode: BlendMode) -> None:
    below, above = noisy(FRAME, 1), noisy(FRAME, 2, clear=True)
    found = stacked([Layer(below), Layer(above, mode=mode, opacity=0.6)], FRAME)
    expected = blend(mode, below, faded(premultiplied(above), 0.6, None))
    assert (found == expected).all()


def test_opacity_on_nothing_is_alpha() -> None:
    found = stacked([Layer(plain(FRAME, RED), opacity=0.5)], FRAME)
    assert (found == (255, 0, 0, 128)).all()
    assert not stacked([Layer(plain(FRAME, RED), opacity=0)], FRAME).any()
    assert stacked([], FRAME).shape == (48, 64, 4) and not stacked([], FRAME).any()


def test_dissolving_onto_nothing_leaves_whole_pixels() -> None:
    found = stacked([Layer(plain(FRAME, (255, 0, 0, 128)), mode=BlendMode.DISSOLVE)], FRAME)
    assert {*np.unique(found[..., 3]).tolist()} == {0, 255} and 0.4 < (found[..., 3] == 255).mean() < 0.6


def test_pictures_are_never_written_to() -> None:
    below, above = noisy(FRAME, 1), noisy(FRAME, 2)
    kept = below.copy()
    below.flags.writeable = above.flags.writeable = False
    stacked([Layer(below), Layer(above, Transform(scale=0.5), opacity=0.5)], FRAME)
    stacked([Layer(below, Transform(y=0.25)), Layer(above, mode=BlendMode.SCREEN)], FRAME)
    stacked([Layer(noisy(Size(64, 40), clear=True)), Layer(above, mode=BlendMode.DISSOLVE, opacity=0.5)], FRAME)
    assert (below == kept).all()


def test_what_is_hidden_is_not_made() -> None:
    made: list[str] = []

    def layer(name: str, pixels: Pixels, how: Transform, opacity: float = 1.0) -> Layer:
        made.append(name)
        return Layer(pixels, how, opacity=opacity)

    def shown(pixels: Pixels, how: Transform = Transform(), opacity: float = 1.0) -> list[str]:  # noqa: B008
        made.clear()
        stack = [
            lambda: layer("below", plain(FRAME, RED), Transform()),
            lambda: layer("above", pixels, how, opacity),
        ]
        assert len(visible(stack, FRAME)) == len(made)
        return made

    assert shown(plain(FRAME, BLUE)) == ["above"]
    assert shown(plain(Size(128, 96), BLUE)) == ["above"]  # fits exactly
    assert shown(plain(FRAME, BLUE), Transform(rotation=45, scale=2.5)) == ["above"]
    assert shown(plain(FRAME, BLUE), Transform(rotation=45, scale=1.5)) == ["above", "below"]
    assert shown(plain(FRAME, BLUE), Transform(x=0.1)) == ["above", "below"]
    assert shown(plain(FRAME, BLUE), opacity=0.99) == ["above", "below"]
    assert shown(plain(Size(48, 48), BLUE)) == ["above", "below"]
    assert shown(noisy(FRAME, clear=True)) == ["above", "below"]


@pytest.mark.parametrize("how", [Transform(scale=0), Transform(scale=1e-9), Transform(x=5), Transform(y=-1e6)])
def test_nothing_is_seen_of_what_is_tiny_or_elsewhere(how: Transform) -> None:
    below = noisy(FRAME)
    assert (stacked([Layer(below), Layer(plain(FRAME, RED), how)], FRAME) == below).all()


def test_an_enormous_scale_costs_no_more_than_the_frame() -> None:
    matrix = placement(FRAME, FRAME, Transform(scale=1e6))
    assert matrix is not None
    pixels, part = placed(plain(FRAME, RED), matrix, FRAME)
    assert part == Rect.of(FRAME) and pixels.shape == (48, 64, 4) and (pixels == RED).all()


def test_flattening_puts_black_below() -> None:
    assert (flattened(plain(FRAME, (200, 100, 0, 128))) == (100, 50, 0)).all()
    assert (flattened(plain(FRAME, (200, 100, 0, 255))) == (200, 100, 0)).all()
    assert not opaque(plain(FRAME, (0, 0, 0, 254)))
    assert math.prod(flattened(plain(FRAME, RED)).shape) == 64 * 48 * 3
