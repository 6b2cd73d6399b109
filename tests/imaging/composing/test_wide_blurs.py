"""Blurs that look further than a tile: put together from shrunk tiles, and the same to the byte."""

import dataclasses

import numpy as np
import pytest

from studio.domain.document.adjustments import Adjustment, Blur, Sharpen, reach
from studio.domain.document.document import Document
from studio.domain.document.layers import AdjustmentLayer, PaintLayer
from studio.domain.document.tiles import EMPTY, places_in
from studio.domain.geometry import Rect, Size
from studio.imaging.adjust import adjusted
from studio.imaging.blend import mixed
from studio.imaging.compose import Compositor
from studio.imaging.tiles import MemoryBlobs, Pixels, TileStore

SHEET = Rect(0, 0, 1024, 768)


class Asked(TileStore):
    """Counts the tiles that are asked for."""

    asked = 0

    def get(self, digest: str) -> Pixels:
        self.asked += 1
        return super().get(digest)


def document(store: TileStore, adjustment: Adjustment) -> tuple[Document, Pixels]:
    """Coarse noise with holes under an adjustment at half strength, and the noise itself."""
    random = np.random.default_rng(7)
    pixels = random.integers(0, 256, (24, 32, 4), np.uint8)
    pixels[..., 3] = random.choice([0, 100, 255], (24, 32))
    pixels[..., :3] = np.minimum(pixels[..., :3], pixels[..., 3:])
    pixels = pixels.repeat(32, 0).repeat(32, 1)
    paint = PaintLayer(tiles=store.painted(EMPTY, SHEET, pixels))
    return Document(Size(1024, 768), (paint, AdjustmentLayer(adjustment=adjustment, opacity=0.5))), pixels


@pytest.mark.parametrize("adjustment", [Blur(radius=9.0), Blur(radius=130.0), Sharpen(radius=60.0, amount=2.0)])
def test_a_wide_blur_is_that_of_the_whole_picture(adjustment: Adjustment) -> None:
    store = TileStore(MemoryBlobs())
    made, pixels = document(store, adjustment)
    margin = reach(adjustment)
    around = np.pad(pixels, ((margin, margin), (margin, margin), (0, 0)))
    want = mixed(pixels, adjusted(around, adjustment, (-margin, -margin), margin), 0.5, None)
    compositor = Compositor(store)
    for place, tile in compositor.render_tiles(made, places_in(SHEET)):
        assert np.array_equal(tile, want[place.rect.y : place.rect.bottom, place.rect.x : place.rect.right])
    part = Rect(250, 300, 400, 90)
    assert np.array_equal(Compositor(store).render(made, part), want[300:390, 250:650])
    # Under the brush, as when the blur's own mask is painted.
    around_it = compositor.around(made, made.layers[1].id)
    shown = Rect(600, 200, 64, 64)
    needed = around_it.needed(shown)
    live = around_it.render_mask(shown, np.full((needed.height, needed.width), 128, np.uint8))
    before, after = pixels[200:264, 600:664], adjusted(around, adjustment, (-margin, -margin), margin)[200:264, 600:664]
    assert np.array_equal(live, mixed(before, after, 0.5, np.full((64, 64), 128, np.uint8)))


def test_each_tile_under_a_wide_blur_is_looked_at_once() -> None:
    store = Asked(MemoryBlobs())
    made, _ = document(store, Blur(radius=130.0))
    compositor = Compositor(store)
    for _ in compositor.render_tiles(made, places_in(SHEET)):
        pass
    assert store.asked == 12
    blur = made.layers[1]
    assert isinstance(blur, AdjustmentLayer)
    other = dataclasses.replace(blur, adjustment=Blur(radius=140.0))
    for _ in compositor.render_tiles(made.replaced(other.id, lambda _: other), places_in(SHEET)):
        pass
    assert store.asked == 12, "another radius of about the same width begins from the shrunk tiles"
