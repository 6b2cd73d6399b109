from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from studio.domain.errors import StudioError
from studio.domain.geometry import Rect, Size
from studio.domain.inpainting import Sides
from studio.imaging import masks


@pytest.mark.parametrize("mode", ["L", "RGB", "1", "I;16", "P"])
def test_white_is_marked_whatever_the_format(tmp_path: Path, mode: str) -> None:
    values = np.zeros((3, 4), np.uint8)
    values[1, 2] = 255
    image = Image.fromarray(values)
    if mode == "I;16":
        image = Image.fromarray(values.astype(np.uint16) * 257)
    elif mode != "L":
        image = image.convert(mode)
    image.save(tmp_path / "mask.png")
    assert (masks.load_mask(tmp_path / "mask.png") == values).all()


def test_what_is_transparent_is_not_marked(tmp_path: Path) -> None:
    pixels = np.full((1, 3, 4), 255, np.uint8)
    pixels[0, :, 3] = (255, 128, 0)
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    assert masks.load_mask(tmp_path / "mask.png").tolist() == [[255, 128, 0]]


def test_an_unreadable_mask_is_told_as_pictures_are(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_bytes(b"no picture")
    with pytest.raises(StudioError, match="no picture in a format"):
        masks.load_mask(tmp_path / "mask.png")


def test_a_mask_must_have_the_pictures_size_and_mark_something() -> None:
    with pytest.raises(StudioError, match="4x3 pixels, and the picture 5x3"):
        masks.require_mask(np.ones((3, 4), np.uint8), Size(5, 3))
    with pytest.raises(StudioError, match="empty"):
        masks.require_mask(np.zeros((3, 4), np.uint8), Size(4, 3))


def test_bounds() -> None:
    values = np.zeros((10, 10), np.uint8)
    assert masks.bounds(values).empty
    values[2, 3] = values[5, 7] = 1
    assert masks.bounds(values) == Rect(3, 2, 5, 4)


@given(st.integers(0, 2**32), st.integers(0, 6), st.integers(0, 6))
def test_widening_loses_nothing_and_reaches_no_further_than_asked(seed: int, grow: int, feather: int) -> None:
    generator = np.random.default_rng(seed)
    values = generator.integers(0, 256, (30, 40), np.uint8) * (generator.random((30, 40)) < 0.01)
    values = values.astype(np.uint8)
    found = masks.widened(values, grow, feather)
    assert (found >= values).all()
    core = (values >= 128).astype(np.uint8)
    if core.any():
        away = cv2.distanceTransform(1 - core, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        assert (found[away <= grow] == 255)[core[away <= grow] == 0].all()
        assert (found[away > grow + feather] == values[away > grow + feather])[away[away > grow + feather] > 0].all()


def test_a_feather_fades_out() -> None:
    values = np.zeros((1, 20), np.uint8)
    values[0, 0] = 255
    row = masks.widened(values, 2, 6)[0].astype(int).tolist()
    assert row[:3] == [255, 255, 255]
    assert row[2:10] == sorted(row[2:10], reverse=True)
    assert (row[8] > 0, row[9]) == (True, 0)


def test_a_small_mark_survives_being_made_smaller() -> None:
    values = np.zeros((1000, 1000), np.uint8)
    values[501, 377] = 255
    assert masks.at_size(values, Size(64, 64)).max() == 255
    assert masks.at_size(values, Size(1000, 1000)) is values


def test_an_extension_is_marked_and_the_picture_is_not() -> None:
    picture = np.full((2, 3, 3), 7, np.uint8)
    sides = Sides(left=1, bottom=2)
    larger, mask = masks.extended(picture, sides), masks.extension_mask(picture, sides)
    assert larger.shape == (4, 4, 3)
    assert (larger[mask == 0] == 7).all()
    assert (larger[mask == 255] == 0).all()
    assert int((mask == 0).sum()) == 6
