"""Documents drawn whole, in parts, live and reduced: always the same picture."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.document.adjustments import Blur, Levels
from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import AdjustmentLayer, GroupLayer, Mask, MaskLayer, PaintLayer
from studio.domain.document.tiles import EMPTY, Place, places_in
from studio.domain.errors import StudioError
from studio.domain.geometry import Rect, Size
from studio.imaging.compose import Compositor
from studio.imaging.tiles import MemoryBlobs, Pixels, TileStore
from tests.examples import few
from tests.imaging.composing.documents import AREA, Maker, plainly

RED, GREEN, BLUE = (200, 0, 0, 255), (0, 160, 0, 255), (0, 0, 120, 255)
CLEAR = (0, 0, 0, 0)
SQUARE = Rect(0, 0, 20, 20)
rects = st.builds(Rect, st.integers(150, 330), st.integers(150, 330), st.integers(1, 130), st.integers(1, 130))
seeds = st.integers(0, 2**32)


class Studio:
    """A store, a compositor, and flat layers."""

    def __init__(self) -> None:
        self.store = TileStore(MemoryBlobs())
        self.compositor = Compositor(self.store)

    def flat(self, colour: tuple[int, int, int, int], rect: Rect = SQUARE, **fields: object) -> PaintLayer:
        pixels = np.full((rect.height, rect.width, 4), colour, np.uint8)
        layer = PaintLayer(tiles=self.store.painted(EMPTY, rect, pixels))
        return dataclasses.replace(layer, **fields)  # type: ignore[arg-type]

    def masked(self, rect: Rect, value: int = 255) -> Mask:
        return self.store.masked(Mask(), rect, np.full((rect.height, rect.width), value, np.uint8))

    def at(self, x: int, y: int, *layers: object) -> tuple[int, ...]:
        pixels = self.compositor.render_layers(layers, Rect(x, y, 1, 1))  # type: ignore[arg-type]
        return tuple(pixels[0, 0].tolist())


@pytest.fixture
def studio() -> Studio:
    return Studio()


@settings(max_examples=few(15), deadline=None)
@given(seeds, rects)
def test_any_part_of_any_document_is_what_drawing_it_plainly_gives(seed: int, rect: Rect) -> None:
    studio = Studio()
    document = Maker(studio.store, seed).document()
    want = plainly(studio.store, document, rect)
    assert np.array_equal(studio.compositor.render(document, rect), want)
    # Once more from kept tiles, and cut out of a larger piece.
    for _, tile in studio.compositor.render_tiles(document, places_in(AREA)):
        assert not tile.flags.writeable
    whole = studio.compositor.render(document, Rect(100, 100, 412, 412))
    assert np.array_equal(whole[rect.y - 100 : rect.bottom - 100, rect.x - 100 : rect.right - 100], want)


@settings(max_examples=few(15), deadline=None)
@given(seeds, rects, st.booleans())
def test_a_live_layer_is_drawn_as_the_changed_document_will_be(seed: int, rect: Rect, warm: bool) -> None:
    studio = Studio()
    maker = Maker(studio.store, seed)
    document = maker.document()
    painted = [layer for layer in document.walk() if isinstance(layer, PaintLayer)]
    if not painted:
        return
    layer = painted[seed % len(painted)]
    around = studio.compositor.around(document, layer.id)
    if warm:
        around.render(rect, studio.store.paint(layer.tiles, around.needed(rect)))
    dab = maker.rect()
    tiles = studio.store.painted(layer.tiles, dab, maker.pixels(dab))
    changed = document.replaced(layer.id, lambda old: dataclasses.replace(old, tiles=tiles))  # type: ignore[call-arg]
    want = plainly(studio.store, changed, rect)
    assert np.array_equal(around.render(rect, studio.store.paint(tiles, around.needed(rect))), want)
    assert np.array_equal(around.render_as(rect, dataclasses.replace(layer, tiles=tiles)), want)
    # What the dab changes lies where it was promised.
    before = plainly(studio.store, document, Rect(100, 100, 412, 412))
    differs = (before != plainly(studio.store, changed, Rect(100, 100, 412, 412))).any(-1)
    reached = around.needed(dab)
    differs[max(0, reached.y - 100) : reached.bottom - 100, max(0, reached.x - 100) : reached.right - 100] = False
    assert not differs.any()


@settings(max_examples=few(10), deadline=None)
@given(seeds, rects)
def test_a_live_mask_is_drawn_as_the_changed_document_will_be(seed: int, rect: Rect) -> None:
    studio = Studio()
    maker = Maker(studio.store, seed)
    document = maker.document()
    masked = [layer for layer in document.walk() if not isinstance(layer, MaskLayer)]
    if not masked:
        return
    layer, mask = masked[seed % len(masked)], maker.mask()
    document = document.replaced(layer.id, lambda old: dataclasses.replace(old, mask=Mask(outside=255)))
    changed = document.replaced(layer.id, lambda old: dataclasses.replace(old, mask=mask))
    around = studio.compositor.around(document, layer.id)
    got = around.render_mask(rect, studio.store.mask(mask, around.needed(rect)))
    assert np.array_equal(got, plainly(studio.store, changed, rect))


def test_groups_keep_their_modes_to_themselves_unless_they_pass_through(studio: Studio) -> None:
    under, child = studio.flat(GREEN), studio.flat(RED, mode=BlendMode.SCREEN)
    alone = GroupLayer(children=(child,))
    through = dataclasses.replace(alone, mode=BlendMode.PASS_THROUGH)
    assert studio.at(1, 1, under, alone) == RED
    assert studio.at(1, 1, under, through) == (200, 160, 0, 255)
    assert studio.at(1, 1, under, dataclasses.replace(through, opacity=0.5)) == (100, 160, 0, 255)
    half = studio.masked(Rect(0, 0, 5, 20))
    assert studio.at(1, 1, under, dataclasses.replace(through, mask=half)) == (200, 160, 0, 255)
    assert studio.at(9, 1, under, dataclasses.replace(through, mask=half)) == GREEN


def test_clipped_layers_show_where_their_base_does(studio: Studio) -> None:
    base = studio.flat(RED, Rect(0, 0, 10, 20))
    clip = studio.flat(BLUE, clipped=True)
    assert studio.at(1, 1, base, clip) == BLUE
    assert studio.at(15, 1, base, clip) == CLEAR
    assert studio.at(1, 1, dataclasses.replace(base, visible=False), clip) == CLEAR
    assert studio.at(15, 1, base, MaskLayer(), clip) == CLEAR  # a mask is no base
    assert studio.at(15, 1, clip) == BLUE  # without a base it is a layer like others
    assert studio.at(1, 1, dataclasses.replace(base, opacity=0.5), clip) == (0, 0, 60, 128)
    # The base's mode applies to both together.
    multiplied = dataclasses.replace(base, mode=BlendMode.MULTIPLY)
    assert studio.at(1, 1, studio.flat((255, 255, 255, 255)), multiplied, clip) == BLUE


def test_an_adjustment_acts_on_what_lies_under_it_in_its_group(studio: Studio) -> None:
    invert = AdjustmentLayer(adjustment=Levels(out_black=1.0, out_white=0.0))
    top = studio.flat(RED, Rect(0, 0, 10, 20))
    assert studio.at(1, 1, top, invert) == (55, 255, 255, 255)
    assert studio.at(15, 1, top, invert) == CLEAR
    group = GroupLayer(children=(top, invert))
    assert studio.at(15, 1, studio.flat(GREEN), group) == GREEN
    assert studio.at(1, 1, studio.flat(GREEN), group) == (55, 255, 255, 255)
    assert studio.at(15, 1, studio.flat(GREEN), dataclasses.replace(group, mode=BlendMode.PASS_THROUGH)) == (
        255,
        95,
        255,
        255,
    )
    clipped = dataclasses.replace(invert, clipped=True)
    assert studio.at(15, 1, studio.flat(GREEN), top, clipped) == GREEN
    assert studio.at(1, 1, studio.flat(GREEN), top, clipped) == (55, 255, 255, 255)
    assert studio.at(1, 1, top, dataclasses.replace(invert, opacity=0.5)) == (127, 128, 128, 255)
    masked = dataclasses.replace(invert, mask=studio.masked(Rect(0, 0, 5, 20)))
    assert studio.at(1, 1, top, masked) == (55, 255, 255, 255)
    assert studio.at(7, 1, top, masked) == RED


def test_empty_places_cost_no_memory_and_an_edit_draws_its_own_tile_again(studio: Studio) -> None:
    layers = tuple(studio.flat(colour, Rect(0, 0, 1024, 512), mode=BlendMode.MULTIPLY) for colour in (RED, GREEN))
    layers = (*layers, studio.flat((0, 0, 99, 99), Rect(0, 0, 300, 300)))
    document = Document(size=Size(16384, 16384), layers=layers)
    places = [*places_in(Rect(0, 0, 4096, 4096))]
    drawn = dict(studio.compositor.render_tiles(document, places))
    kept = studio.compositor._stack.kept
    assert kept.bytes <= 8 * 256 * 256 * 4
    again = dict(studio.compositor.render_tiles(document, places))
    assert all(drawn[place] is again[place] for place in places)
    top = layers[2]
    tiles = studio.store.painted(top.tiles, Rect(10, 10, 5, 5), np.full((5, 5, 4), 255, np.uint8))
    edited = document.replaced(top.id, lambda old: dataclasses.replace(old, tiles=tiles))  # type: ignore[call-arg]
    after = dict(studio.compositor.render_tiles(edited, places))
    assert [place for place in places if after[place] is not again[place]] == [Place(0, 0)]


class Counting(TileStore):
    """A store that counts how often a tile is asked for."""

    asked = 0

    def get(self, digest: str) -> Pixels:
        self.asked += 1
        return super().get(digest)


@pytest.mark.parametrize("side", [2048, 8192])
def test_a_dab_costs_what_lies_above_it_and_not_what_lies_under_it_or_elsewhere(side: int) -> None:
    store = Counting(MemoryBlobs())
    compositor, maker, rect = Compositor(store), Maker(store, 5), Rect(0, 0, 512, 512)
    far = Rect(side - 512, side - 512, 512, 512)
    layers = []
    for mode in (BlendMode.MULTIPLY, BlendMode.SCREEN, BlendMode.OVERLAY, BlendMode.HUE) * 2:
        tiles = store.painted(store.painted(EMPTY, rect, maker.pixels(rect)), far, maker.pixels(far))
        layers.append(PaintLayer(tiles=tiles, mode=mode))
    document = Document(size=Size(side, side), layers=tuple(layers))
    around = compositor.around(document, layers[5].id)
    around.prepare(rect)
    store.asked, dab = 0, Rect(100, 230, 64, 64)
    for _ in range(3):
        around.render(dab, store.paint(layers[5].tiles, dab))
    assert store.asked == 3 * 2 * (2 + 1)  # two tiles, two layers above, and the test itself reads the layer's own


def test_what_is_kept_is_bounded(studio: Studio) -> None:
    compositor = Compositor(studio.store, budget=4 * 2**20)
    layers = tuple(studio.flat(colour, Rect(0, 0, 2048, 2048), opacity=0.5) for colour in (RED, GREEN))
    pixels = np.random.default_rng(3).integers(0, 256, (2048, 2048, 4), np.uint8)
    pixels[..., 3] = 255
    layers = (*layers, PaintLayer(tiles=studio.store.painted(EMPTY, Rect(0, 0, 2048, 2048), pixels)))
    for _ in compositor.render_tiles(Document(layers=layers), places_in(Rect(0, 0, 2048, 2048))):
        assert compositor._stack.kept.bytes <= 3 * 2**20
    compositor.clear()
    assert compositor._stack.kept.bytes == 0


def test_reduced_pictures_are_the_mean_of_the_whole(studio: Studio) -> None:
    maker = Maker(studio.store, 7)
    rect = Rect(0, 0, 512, 512)
    layer = PaintLayer(tiles=studio.store.painted(EMPTY, rect, maker.pixels(rect)))
    document = Document(size=Size(512, 512), layers=(layer,))
    whole = studio.compositor.render(document, rect).astype(float)
    for level in (1, 3, 8):
        side = 512 >> level
        want = whole.reshape(side, 512 // side, side, 512 // side, 4).mean((1, 3))
        got = studio.compositor.render(document, Rect(0, 0, side, side), level)
        assert np.abs(got - want).max() <= 0.501
    # Adjustments look as far, in proportion.
    soft = Document(size=Size(512, 512), layers=(layer, AdjustmentLayer(adjustment=Blur(radius=24.0))))
    small = studio.compositor.render(soft, Rect(0, 0, 128, 128), 2).astype(float)
    large = studio.compositor.render(soft, rect).astype(float).reshape(128, 4, 128, 4, 4).mean((1, 3))
    opaque = (small[..., 3] == 255) & (large[..., 3] == 255)
    assert opaque.any()
    assert np.abs(small - large)[opaque].max() <= 4


def test_thumbnails_fit_and_are_never_enlarged(studio: Studio) -> None:
    layer = studio.flat(RED, Rect(0, 0, 1000, 500))
    document = Document(size=Size(2000, 1000), layers=(studio.flat(GREEN, Rect(0, 0, 2000, 1000)), layer))
    small = studio.compositor.thumbnail(document, 96)
    assert small.shape == (48, 96, 4)
    assert tuple(small[5, 5]) == RED
    assert tuple(small[40, 5]) == GREEN
    alone = studio.compositor.layer_thumbnail(dataclasses.replace(layer, opacity=0.2), document.rect, 96)
    assert tuple(alone[5, 5]) == RED
    assert tuple(alone[40, 5]) == CLEAR
    mask = studio.masked(Rect(0, 0, 1000, 1000))
    values = studio.compositor.mask_thumbnail(mask, document.rect, 96)
    assert values.shape == (48, 96)
    assert (values[20, 10], values[20, 80]) == (255, 0)
    tiny = Document(size=Size(20, 10), layers=(layer,))
    assert studio.compositor.thumbnail(tiny, 96).shape == (10, 20, 4)


def test_a_layer_that_is_gone_is_refused(studio: Studio) -> None:
    with pytest.raises(StudioError, match="not there"):
        studio.compositor.around(Document(), "gone")


def test_a_layer_alone_has_its_mask_and_opacity(studio: Studio) -> None:
    layer = studio.flat(RED, opacity=0.5, mask=studio.masked(Rect(0, 0, 10, 20)), mode=BlendMode.MULTIPLY)
    pixels: Pixels = studio.compositor.layer_pixels(layer, Rect(5, 0, 10, 1))
    assert tuple(pixels[0, 0]) == (100, 0, 0, 128)
    assert tuple(pixels[0, 9]) == CLEAR
    assert not studio.compositor.layer_pixels(AdjustmentLayer(), Rect(0, 0, 4, 4)).any()
