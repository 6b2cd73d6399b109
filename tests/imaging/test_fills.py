"""Fills: regions of similar colour, gaps, soft borders, gradients."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.document.layers import Mask, PaintLayer
from studio.domain.document.tiles import EMPTY, Place, TileMap
from studio.domain.errors import StudioError
from studio.domain.geometry import Rect
from studio.imaging.fills import filled, filled_mask, flooded, graded, graded_mask
from studio.imaging.gradients import Gradient, GradientKind, Stop, between, gradient_pixels
from studio.imaging.tiles import MemoryBlobs, Pixels, TileStore
from tests.examples import few

CANVAS = Rect(0, 0, 600, 540)
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def sampler(store: TileStore, pixels: Pixels) -> Callable[[Rect], Pixels]:
    tiles = store.painted(EMPTY, Rect(0, 0, pixels.shape[1], pixels.shape[0]), pixels)
    return lambda rect: store.paint(tiles, rect)


def paper(color: tuple[int, int, int] = WHITE) -> Pixels:
    return np.full((540, 600, 4), (*color, 255), np.uint8)


@settings(max_examples=few(12), deadline=None)
@given(st.integers(0, 1000), st.floats(0.3, 0.75), st.booleans(), st.integers(0, 599), st.integers(0, 539))
def test_a_flood_is_what_one_flood_of_the_whole_picture_gives(
    seed: int, density: float, contiguous: bool, x: int, y: int
) -> None:
    store = TileStore(MemoryBlobs())
    grey = (np.random.default_rng(seed).random((540, 600)) < density).astype(np.uint8) * 200
    grey = np.repeat(np.repeat(grey[::4, ::4], 4, axis=0), 4, axis=1)[:540, :600]
    pixels = paper()
    pixels[..., :3] = grey[..., None]
    region = flooded(store, sampler(store, pixels), (x, y), CANVAS, 10, contiguous, antialias=False)
    found = store.mask(region, Rect(-300, -300, 1200, 1140))
    same = (grey == grey[y, x]).astype(np.uint8)
    if contiguous:
        labels = cv2.connectedComponents(same, connectivity=4)[1]
        same = (labels == labels[y, x]).astype(np.uint8)
    expected = np.zeros((1140, 1200), np.uint8)
    expected[300:840, 300:900] = same * 255
    assert np.array_equal(found, expected)


def test_a_flood_reads_only_the_tiles_that_it_reaches() -> None:
    store, pixels = TileStore(MemoryBlobs()), paper()
    cv2.rectangle(pixels, (20, 20), (200, 200), (0, 0, 0, 255), 3)
    read: list[Rect] = []
    sample = sampler(store, pixels)

    def counting(rect: Rect) -> Pixels:
        read.append(rect)
        return sample(rect)

    found = flooded(store, counting, (100, 100), Rect(0, 0, 16384, 16384), antialias=False)
    assert set(found.tiles) == {Place(0, 0)}
    assert len(read) <= 2


def test_tolerance_bounds_the_largest_channel() -> None:
    store, pixels = TileStore(MemoryBlobs()), paper((100, 100, 100))
    pixels[:, 300:] = (100, 130, 100, 255)
    pixels[:, 500:] = (100, 131, 100, 255)
    found = store.mask(flooded(store, sampler(store, pixels), (5, 5), CANVAS, 30, antialias=False), CANVAS)
    assert found[:, :500].all() and not found[:, 500:].any()


def test_transparent_pixels_are_alike() -> None:
    store, pixels = TileStore(MemoryBlobs()), np.zeros((540, 600, 4), np.uint8)
    pixels[:, 100:110] = (0, 0, 0, 255)  # black ink differs from nothing
    found = store.mask(flooded(store, sampler(store, pixels), (5, 5), CANVAS), CANVAS)
    assert found[:, :100].all() and not found[:, 110:].any()


def ring(opening: int) -> Pixels:
    """A square frame of three pixels with an opening in its right side, which crosses the border of two tiles."""
    pixels = paper()
    pixels[149:402, 149:402] = (0, 0, 0, 255)
    pixels[152:399, 152:399] = 255
    pixels[256 - opening // 2 : 256 - opening // 2 + opening, 395:406] = 255
    return pixels


@pytest.mark.parametrize(("opening", "gap", "leaks"), [(0, 0, False), (5, 0, True), (5, 6, False), (5, 3, True)])
def test_small_gaps_are_closed(opening: int, gap: int, leaks: bool) -> None:
    store = TileStore(MemoryBlobs())
    region = flooded(store, sampler(store, ring(opening)), (200, 200), CANVAS, gap=gap, antialias=False)
    found = store.mask(region, CANVAS)
    assert bool(found[10, 10]) is leaks
    inner = found[152:399, 152:399]
    assert inner.all()  # up to the corners of the frame
    if not leaks and opening:
        assert not found[:, 402 + gap :].any()


def test_a_seed_in_a_narrow_place_fills_that_place() -> None:
    store, pixels = TileStore(MemoryBlobs()), paper(BLACK)
    pixels[100:103, 50:550] = 255
    found = store.mask(flooded(store, sampler(store, pixels), (300, 101), CANVAS, gap=8, antialias=False), CANVAS)
    assert found[101, 300] and not found[90].any() and not found[110].any()


def test_mixed_border_pixels_are_taken_in_part() -> None:
    store, pixels = TileStore(MemoryBlobs()), paper()
    cv2.circle(pixels, (256, 256), 100, (0, 0, 0, 255), 5, cv2.LINE_AA)
    hard = store.mask(flooded(store, sampler(store, pixels), (256, 256), CANVAS, 20, antialias=False), CANVAS)
    soft = store.mask(flooded(store, sampler(store, pixels), (256, 256), CANVAS, 20), CANVAS)
    assert (soft[hard == 255] == 255).all()
    fringe = (soft > 0) & (soft < 255)
    assert fringe.sum() > 100
    assert not soft[cv2.dilate(hard, np.ones((3, 3), np.uint8)) == 0].any()
    assert np.abs(soft[fringe].astype(int) - pixels[..., 0][fringe]).max() <= 60  # as light as the line lets through
    sharp = flooded(store, sampler(store, ring(0)), (200, 200), CANVAS, 20)
    assert set(np.unique(store.mask(sharp, CANVAS))) == {0, 255}  # a sharp border stays sharp


def test_growing_reaches_under_the_line() -> None:
    store = TileStore(MemoryBlobs())
    plain = store.mask(flooded(store, sampler(store, ring(0)), (200, 200), CANVAS, antialias=False), CANVAS)
    grown = store.mask(flooded(store, sampler(store, ring(0)), (200, 200), CANVAS, grow=2), CANVAS)
    assert np.array_equal(grown[275] > 0, cv2.dilate(plain[275:276], np.ones((1, 5), np.uint8))[0] > 0)


def test_a_seed_outside_is_refused() -> None:
    store = TileStore(MemoryBlobs())
    with pytest.raises(StudioError) as caught:
        flooded(store, sampler(store, paper()), (600, 3), CANVAS)
    assert caught.value.problem.hint


def test_filling_stays_in_the_canvas_the_area_and_the_selection() -> None:
    store = TileStore(MemoryBlobs())
    area = store.masked(Mask(), Rect(100, 100, 300, 300), np.full((300, 300), 255, np.uint8))
    selection = store.masked(Mask(), Rect(350, 0, 100, 600), np.full((600, 100), 128, np.uint8))
    whole = filled(store, PaintLayer(), (9, 8, 7), CANVAS)
    pixels = store.paint(whole, Rect(0, 0, 700, 700))
    assert (pixels[:540, :600] == (9, 8, 7, 255)).all() and not pixels[540:].any() and not pixels[:, 600:].any()
    both = store.paint(filled(store, PaintLayer(), (200, 100, 50), CANVAS, area, selection), CANVAS)
    assert (both[100:400, 350:400] == (100, 50, 25, 128)).all()
    both[100:400, 350:400] = 0
    assert not both.any()
    assert filled(store, PaintLayer(tiles=whole), WHITE, CANVAS, Mask()) is whole
    cleared = filled(store, PaintLayer(tiles=whole), WHITE, CANVAS, erase=True)
    assert cleared == EMPTY


def test_filling_a_mask() -> None:
    store = TileStore(MemoryBlobs())
    area = store.masked(Mask(), Rect(100, 100, 300, 300), np.full((300, 300), 255, np.uint8))
    values = store.mask(filled_mask(store, Mask(outside=255), 0, CANVAS, area), CANVAS)
    assert not values[100:400, 100:400].any() and values[:100].all() and values[400:].all()


KINDS = [Gradient(kind, (50.0, 60.0), (400.0, 210.0), (Stop(0.0, BLACK), Stop(1.0, WHITE))) for kind in GradientKind]


@pytest.mark.parametrize("gradient", KINDS, ids=[g.kind.value for g in KINDS])
def test_a_part_of_a_gradient_is_what_the_whole_has_there(gradient: Gradient) -> None:
    whole = gradient_pixels(gradient, CANVAS)
    part = Rect(131, 77, 201, 99)
    assert np.array_equal(gradient_pixels(gradient, part), whole[77:176, 131:332])


@pytest.mark.parametrize("gradient", KINDS, ids=[g.kind.value for g in KINDS])
def test_gradients_follow_their_geometry(gradient: Gradient) -> None:
    pixels = gradient_pixels(gradient, CANVAS).astype(int)
    middle = pixels[135, 225, 0]  # half way on the line
    match gradient.kind:
        case GradientKind.LINEAR:
            assert abs(middle - 128) <= 1 and pixels[0, 0, 0] == 0 and pixels[539, 599, 0] == 255
        case GradientKind.REFLECTED:
            assert abs(middle - 128) <= 1 and pixels[539, 599, 0] == 255
            assert abs(pixels[60 + 30, 50 + 20, 0] - pixels[60 - 30, 50 - 20, 0]) <= 2
        case GradientKind.RADIAL:
            assert abs(middle - 128) <= 1 and abs(pixels[60, 50 + 190, 0] - 127) <= 2
        case GradientKind.CONICAL:
            opposite = pixels[60 - 15, 50 - 35, 0]
            assert abs(opposite - 128) <= 3 and min(middle, 255 - middle) <= 1
            assert abs(pixels[60 + 35, 50 - 15, 0] - 64) <= 3


def test_slow_gradients_show_no_bands() -> None:
    """Two greys that differ by two, over 600 pixels: each stretch of 50 pixels has the mean that it should have."""
    slow = between(GradientKind.LINEAR, (0.0, 0.0), (600.0, 0.0), (100, 100, 100), (102, 102, 102))
    pixels = gradient_pixels(slow, Rect(0, 0, 600, 64))[..., 0].astype(float)
    means = pixels.reshape(64, 12, 50).mean(axis=(0, 2))
    assert np.abs(means - (100 + 2 * (np.arange(12) + 0.5) / 12)).max() < 0.03
    assert (gradient_pixels(slow, Rect(-40, 0, 30, 5))[..., :3] == 100).all()
    assert (gradient_pixels(slow, Rect(610, 0, 30, 5))[..., :3] == 102).all()


def test_what_fades_keeps_its_colour() -> None:
    stops = (Stop(0.0, (255, 0, 0)), Stop(1.0, (0, 0, 255), 0.0))
    fading = Gradient(GradientKind.LINEAR, (0.0, 0.0), (256.0, 0.0), stops)
    pixels = gradient_pixels(fading, Rect(0, 0, 256, 16))
    assert (pixels[..., :3] <= pixels[..., 3:]).all()
    assert not pixels[..., 2].any() and np.array_equal(pixels[..., 0], pixels[..., 3])


@pytest.mark.parametrize(
    ("stops", "end"),
    [((), (9.0, 9.0)), ((Stop(0.7, BLACK), Stop(0.2, WHITE)), (9.0, 9.0)), ((Stop(0.0, BLACK),), (0.0, 0.0)),
     ((Stop(-1.0, BLACK),), (5.0, 0.0))],
)  # fmt: skip
def test_gradients_without_sense_are_refused(stops: tuple[Stop, ...], end: tuple[float, float]) -> None:
    with pytest.raises(StudioError) as caught:
        Gradient(GradientKind.LINEAR, (0.0, 0.0), end, stops)
    assert caught.value.problem.hint


def test_a_gradient_on_a_layer_and_on_a_mask() -> None:
    store = TileStore(MemoryBlobs())
    gradient = between(GradientKind.LINEAR, (0.0, 0.0), (600.0, 0.0), BLACK, WHITE)
    selection = store.masked(Mask(), Rect(0, 0, 300, 540), np.full((540, 300), 255, np.uint8))
    tiles: TileMap = graded(store, PaintLayer(), gradient, CANVAS, selection)
    pixels = store.paint(tiles, CANVAS)
    assert np.array_equal(pixels[:, :300], gradient_pixels(gradient, CANVAS)[:, :300]) and not pixels[:, 300:].any()
    values = store.mask(graded_mask(store, Mask(outside=255), gradient, CANVAS, selection), CANVAS)
    assert np.array_equal(values[:, :300], pixels[:, :300, 0]) and (values[:, 300:] == 255).all()
    locked = graded(store, PaintLayer(tiles=tiles), between(GradientKind.RADIAL, (0.0, 0.0), (9.0, 0.0), WHITE, WHITE),
                    CANVAS, lock_alpha=True)  # fmt: skip
    assert np.array_equal(store.paint(locked, CANVAS)[..., 3], pixels[..., 3])
    assert (store.paint(locked, CANVAS)[:, :300] == 255).all()
