"""Pixels to the clipboard and back."""

import io

import numpy as np
import pytest
from PIL import Image

from studio.domain.document.layers import Mask
from studio.domain.document.tiles import EMPTY
from studio.domain.errors import StudioError
from studio.domain.geometry import Rect
from studio.imaging.exchange.clipboard import copied, pasted
from studio.imaging.pixels import encode_png
from tests.imaging.exchange.documents import STORE, noise

VIEW = Rect(100, 100, 50, 50)


def test_what_is_copied_is_pasted_at_its_place() -> None:
    rect = Rect(-30, 250, 70, 40)
    pixels = noise(1, 40, 70)
    layer, notices = pasted(STORE, copied(STORE, pixels, rect, None), VIEW, "Pasted")
    assert (STORE.paint(layer.tiles, rect) == pixels).all()
    assert (layer.name, notices) == ("Pasted", ())


def test_only_what_is_selected_is_copied() -> None:
    rect, pixels = Rect(0, 0, 60, 60), np.full((60, 60, 4), 255, np.uint8)
    values = np.zeros((10, 20), np.uint8)
    values[2:, 3:], values[2, 3] = 255, 100
    selection = STORE.masked(Mask(EMPTY), Rect(5, 7, 20, 10), values)
    data = copied(STORE, pixels, rect, selection)
    with Image.open(io.BytesIO(data)) as image:
        assert (image.mode, image.size) == ("RGBA", (17, 8))
        assert image.getpixel((0, 0)) == (255, 255, 255, 100)
        assert "icc_profile" in image.info
    layer, _ = pasted(STORE, data, VIEW)
    found = STORE.paint(layer.tiles, rect)[..., 3]
    assert (found == STORE.mask(selection, rect)).all()


def test_a_picture_without_a_place_comes_to_the_middle() -> None:
    layer, _ = pasted(STORE, encode_png(np.full((10, 20, 3), 9, np.uint8)), VIEW)
    assert (STORE.paint(layer.tiles, Rect(115, 120, 20, 10)) == (9, 9, 9, 255)).all()
    assert not STORE.paint(layer.tiles, Rect(114, 119, 1, 12)).any()


@pytest.mark.parametrize("data", [b"", b"x", encode_png(np.zeros((9, 9, 3), np.uint8))[:-40]])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(StudioError, match="no picture that can be pasted"):
        pasted(STORE, data, VIEW)


def test_nothing_to_copy() -> None:
    with pytest.raises(StudioError, match="Nothing is selected"):
        copied(STORE, noise(1, 5, 5), Rect(0, 0, 5, 5), Mask())
    with pytest.raises(StudioError, match="nothing to copy"):
        copied(STORE, np.zeros((0, 0, 4), np.uint8), Rect(0, 0, 0, 0), None)
