import numpy as np
import pytest

from studio.domain.inpainting import Infill
from studio.imaging import patchmatch
from studio.imaging.infill import infilled
from studio.imaging.pixels import Pixels

FILLS = [how for how in Infill if how is not Infill.NONE]


def hole_in(
    height: int, width: int, top: int = 20, left: int = 24, side: int = 14
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    hole = np.zeros((height, width), bool)
    hole[top : top + side, left : left + side] = True
    return hole


def stripes(height: int = 64, width: int = 72) -> Pixels:
    """Diagonal stripes of 8 pixels."""
    rows, columns = np.mgrid[:height, :width]
    return np.where(((rows + columns) // 4 % 2)[..., None] == 0, (230, 40, 60), (20, 90, 200)).astype(np.uint8)


@pytest.mark.parametrize("how", FILLS)
def test_only_the_hole_is_filled_by_what_lies_outside_and_always_the_same(how: Infill) -> None:
    hole = hole_in(64, 72)
    picture, other = stripes(), stripes()
    other[hole] = 0
    filled = infilled(picture, hole, how)
    assert (filled[~hole] == picture[~hole]).all()
    assert (infilled(other, hole, how) == filled).all()
    assert filled.dtype == np.uint8


@pytest.mark.parametrize("how", FILLS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (5, 5), (40, 7)])
def test_any_size_and_any_hole_is_filled(how: Infill, shape: tuple[int, int]) -> None:
    generator = np.random.default_rng(3)
    picture = generator.integers(0, 256, (*shape, 3), np.uint8)
    for share in (0.0, 0.3, 0.9, 1.0):
        hole = generator.random(shape) < share
        assert (infilled(picture, hole, how)[~hole] == picture[~hole]).all()


@pytest.mark.parametrize("how", FILLS)
def test_a_whole_picture_becomes_grey(how: Infill) -> None:
    assert (infilled(stripes(), np.ones((64, 72), bool), how) == 128).all()


def test_no_infill_leaves_what_is_there() -> None:
    picture = stripes()
    assert infilled(picture, hole_in(64, 72), Infill.NONE) is picture


@pytest.mark.parametrize("how", [Infill.BLUR, Infill.EDGE_EXTEND, Infill.TELEA, Infill.CONTENT])
def test_a_plain_picture_stays_plain(how: Infill) -> None:
    picture = np.full((64, 72, 3), (40, 120, 200), np.uint8)
    holed = picture.copy()
    hole = hole_in(64, 72)
    holed[hole] = (255, 0, 255)
    assert np.abs(infilled(holed, hole, how).astype(int) - picture).max() <= 2


def test_blur_joins_both_sides() -> None:
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[:, 30:] = 200
    hole = np.zeros((40, 60), bool)
    hole[:, 20:40] = True
    row = infilled(picture, hole, Infill.BLUR)[20, :, 0].astype(int)
    assert row[21] < 40
    assert row[38] > 160
    assert (np.diff(row[18:42]) >= -3).all()


def test_edge_extend_takes_the_nearest_pixel() -> None:
    picture = np.arange(0, 180, 3, dtype=np.uint8).reshape(1, 20, 3).repeat(5, 0)
    hole = np.zeros((5, 20), bool)
    hole[:, 12:] = True
    assert (infilled(picture, hole, Infill.EDGE_EXTEND)[:, 12:] == picture[:, 11:12]).all()


def test_content_goes_on_with_the_texture_around() -> None:
    hole = hole_in(64, 72)
    picture = stripes()
    holed = picture.copy()
    holed[hole] = 128
    found = infilled(holed, hole, Infill.CONTENT)
    right = (np.abs(found[hole].astype(int) - picture[hole]).max(axis=1) < 60).mean()
    smooth = (np.abs(infilled(holed, hole, Infill.BLUR)[hole].astype(int) - picture[hole]).max(axis=1) < 60).mean()
    assert right > 0.9 > smooth


def test_content_of_a_large_hole_is_copied_where_it_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patchmatch, "_MOST", 400)
    hole = hole_in(128, 140, 40, 50, 40)
    picture = stripes(128, 140)
    holed = picture.copy()
    holed[hole] = 128
    found = infilled(holed, hole, Infill.CONTENT)
    assert float(found[hole].std()) > 40
