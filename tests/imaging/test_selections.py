"""Selections: exact shapes, combinations, distances, and the lines around them."""

import itertools
import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.document.layers import Mask
from studio.domain.document.tiles import EMPTY, Place
from studio.domain.geometry import Rect
from studio.imaging.painting.shapes import covered
from studio.imaging.selections import (
    Area,
    Combination,
    color_range,
    combined,
    ellipse,
    extent,
    feathered,
    grown,
    inverted,
    joined,
    likeness,
    of_alpha,
    outlines,
    polygon,
    rectangle,
    shrunk,
)
from studio.imaging.tiles import MemoryBlobs, Pixels, TileStore
from tests.examples import few

CANVAS = Rect(0, 0, 600, 500)
coordinates = st.floats(-300, 300, width=32) | st.integers(-300, 300).map(float)
corners = st.tuples(coordinates, coordinates)


def mask_of(store: TileStore, area: Area) -> Mask:
    made = combined(store, None, area.values, area.rect, Combination.REPLACE)
    assert made is not None
    return made


def blobs(seed: int, side: int = 400) -> Pixels:
    """A mask of lumps, some of them soft."""
    noise = cv2.GaussianBlur(np.random.default_rng(seed).random((side, side)).astype(np.float32), (0, 0), 9)
    return np.asarray(np.clip((noise - noise.mean()) * 3000 + 128, 0, 255), np.uint8)


def test_a_rectangle_covers_pixels_by_their_area() -> None:
    area = rectangle(10, 20, 30, 40, CANVAS)
    assert area.rect == Rect(10, 20, 20, 20) and (area.values == 255).all()
    area = rectangle(10.25, 20.5, 30, 40, CANVAS)
    assert area.values[0, 0] == round(255 * 0.75 * 0.5) and area.values[5, 0] == 191 and area.values[0, 5] == 128
    assert rectangle(-50, -50, 2000, 2000, CANVAS).rect == CANVAS
    assert rectangle(700, 10, 800, 20, CANVAS).rect.empty


@pytest.mark.parametrize("size", [(3.0, 3.0), (40.0, 17.0), (599.0, 300.5)])
def test_an_ellipse_has_its_area(size: tuple[float, float]) -> None:
    area = ellipse(0.3, 0.6, 0.3 + size[0], 0.6 + size[1], CANVAS)
    assert area.values.sum() / 255 == pytest.approx(math.pi / 4 * size[0] * size[1], rel=1e-2 if size[0] < 10 else 3e-3)
    if size[0] > 20:
        assert ((area.values > 0) & (area.values < 255)).any()


@settings(max_examples=few(25), deadline=None)
@given(st.lists(corners, min_size=3, max_size=3))
def test_a_triangle_covers_what_a_fine_grid_says(points: list[tuple[float, float]]) -> None:
    rect, fine = Rect(-20, -10, 40, 30), 12
    y, x = np.mgrid[0 : rect.height * fine, 0 : rect.width * fine]
    x, y = (x + 0.5) / fine + rect.x, (y + 0.5) / fine + rect.y
    sides = []
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        sides.append((bx - ax) * (y - ay) - (by - ay) * (x - ax))
    hit = np.all([side > 0 for side in sides], axis=0) | np.all([side < 0 for side in sides], axis=0)
    share = hit.reshape(rect.height, fine, rect.width, fine).mean(axis=(1, 3))
    assert np.abs(covered(points, rect) / 255 - share).max() < 2.2 / fine


@settings(max_examples=few(25), deadline=None)
@given(
    st.lists(corners, min_size=3, max_size=12),
    st.integers(-100, 100),
    st.integers(-100, 100),
    st.integers(1, 60),
    st.integers(1, 60),
)
def test_a_part_of_a_polygon_is_what_the_whole_has_there(
    points: list[tuple[float, float]], x: int, y: int, width: int, height: int
) -> None:
    whole = Rect(-110, -110, 280, 280)
    part = covered(points, whole)[y + 110 : y + 110 + height, x + 110 : x + 110 + width]
    assert np.array_equal(covered(points, Rect(x, y, width, height)), part)


def test_a_pixel_that_is_covered_by_half_is_the_same_in_any_rectangle() -> None:
    """Slopes of a third cover every third pixel by half, where the last digit of a sum decides how it is rounded."""
    points = [(1, 7), (91, 37), (94, 130), (-2, 98)]
    whole = covered(points, Rect(-20, -20, 160, 160))
    for x, y in itertools.product(range(-13, 100, 9), range(3, 110, 7)):
        part = covered(points, Rect(x, y, 23, 11))
        assert np.array_equal(part, whole[y + 20 : y + 31, x + 20 : x + 43])


def test_a_lasso_that_crosses_itself_selects_both_loops() -> None:
    area = polygon([(0, 0), (100, 100), (100, 0), (0, 100)], CANVAS)
    assert area.values[50, 5] == 255 and area.values[50, 95] == 255
    assert area.values[5, 50] == 0 and area.values[95, 50] == 0


@settings(max_examples=few(30), deadline=None)
@given(
    st.sampled_from(Combination),
    st.integers(0, 50),
    st.integers(0, 50),
    st.booleans(),
    st.booleans(),
    st.integers(-100, 300),
)
def test_masks_are_joined_pixel_by_pixel(
    how: Combination, first: int, second: int, turn_first: bool, turn_second: bool, shift: int
) -> None:
    store, view = TileStore(MemoryBlobs()), Rect(-200, -200, 1000, 1000)
    one = store.masked(Mask(), Rect(0, 0, 400, 400), blobs(first))
    two = store.masked(Mask(), Rect(shift, -100, 400, 400), blobs(second))
    one, two = (inverted(store, one) if turn_first else one), (inverted(store, two) if turn_second else two)
    a, b = store.mask(one, view), store.mask(two, view)
    expected = {
        Combination.REPLACE: b,
        Combination.ADD: np.maximum(a, b),
        Combination.SUBTRACT: np.minimum(a, 255 - b),
        Combination.INTERSECT: np.minimum(a, b),
    }[how]
    result = joined(store, one, two, how)
    assert result is not None
    assert np.array_equal(store.mask(result, view), expected)


def test_a_selection_of_nothing_is_none() -> None:
    store = TileStore(MemoryBlobs())
    area = rectangle(10, 10, 50, 50, CANVAS)
    whole = mask_of(store, area)
    assert combined(store, whole, area.values, area.rect, Combination.SUBTRACT) is None
    assert joined(store, whole, mask_of(store, rectangle(60, 60, 90, 90, CANVAS)), Combination.INTERSECT) is None
    assert joined(store, None, whole, Combination.SUBTRACT) is None
    assert joined(store, None, whole, Combination.ADD) == whole


def test_inverting_twice_is_nothing_and_costs_no_tiles() -> None:
    store = TileStore(MemoryBlobs())
    mask = mask_of(store, ellipse(300, 300, 400, 420, CANVAS))
    turned = inverted(store, mask)
    assert turned.outside == 255 and set(turned.tiles) == set(mask.tiles)
    assert np.array_equal(store.mask(turned, CANVAS), 255 - store.mask(mask, CANVAS))
    assert inverted(store, turned) == mask


@pytest.mark.parametrize("radius", [0.0, 1.0, 2.5, 20.0, 90.0])
def test_growing_is_by_exact_distance(radius: float) -> None:
    store, view = TileStore(MemoryBlobs()), Rect(-150, -150, 850, 850)
    values = np.zeros((400, 400), np.uint8)
    values[250:260, 100:105] = 255  # across the border of two tiles
    values[30, 380] = 255
    mask = grown(store, store.masked(Mask(), Rect(0, 0, 400, 400), values), radius)
    rows, columns = np.nonzero(store.mask(Mask(), view) + np.pad(values, ((150, 300), (150, 300))))
    y, x = np.mgrid[0:850, 0:850]
    away = np.full((850, 850), np.inf)
    for row, column in zip(rows, columns, strict=True):
        away = np.minimum(away, np.hypot(y - row, x - column))
    assert np.array_equal(store.mask(mask, view), np.rint(np.clip(radius + 1 - away, 0, 1) * 255).astype(np.uint8))


@pytest.mark.parametrize("radius", [3.0, 60.0])
def test_shrinking_is_growing_of_the_rest(radius: float) -> None:
    store, view = TileStore(MemoryBlobs()), Rect(-200, -200, 1000, 1000)
    mask = store.masked(Mask(), Rect(10, 20, 400, 400), blobs(4))
    other = inverted(store, grown(store, inverted(store, mask), radius))
    assert np.array_equal(store.mask(shrunk(store, mask, radius), view), store.mask(other, view))
    square = mask_of(store, rectangle(100, 100, 400, 400, CANVAS))
    assert extent(store, shrunk(store, square, radius), view) == Rect(100, 100, 300, 300).grown(-int(radius))


@pytest.mark.parametrize("radius", [0.7, 6.0, 12.0, 13.0, 40.0])
@pytest.mark.parametrize("outside", [0, 255])
def test_feathering_is_a_gaussian_wherever_the_tiles_are_cut(radius: float, outside: int) -> None:
    store, view = TileStore(MemoryBlobs()), Rect(-300, -300, 1000, 1000)
    mask = store.masked(Mask(outside=outside), Rect(90, 70, 300, 300), blobs(7, 300))
    soft = store.mask(feathered(store, mask, radius), view)
    whole = store.mask(mask, view).astype(np.float32)
    exact = cv2.GaussianBlur(whole, (0, 0), radius, borderType=cv2.BORDER_REPLICATE)
    assert np.abs(soft - exact).max() <= 2.5
    moved = store.masked(Mask(outside=outside), Rect(90 + 100, 70 + 33, 300, 300), blobs(7, 300))
    again = store.mask(feathered(store, moved, radius), view)
    assert np.abs(again[33:, 100:].astype(int) - soft[:-33, :-100]).max() <= 1


def test_a_feather_of_nothing_changes_nothing() -> None:
    store = TileStore(MemoryBlobs())
    mask = store.masked(Mask(), Rect(0, 0, 400, 400), blobs(1))
    assert feathered(store, mask, 0) == mask
    assert feathered(store, Mask(outside=255), 30) == Mask(outside=255)


def test_the_extent_is_exact() -> None:
    store = TileStore(MemoryBlobs())
    mask = mask_of(store, polygon([(300.5, 10.5), (310, 10.5), (310, 400.2), (300.5, 400.2)], CANVAS))
    assert extent(store, mask, CANVAS) == Rect(300, 10, 10, 391)
    assert extent(store, mask, Rect(0, 0, 305, 100)) == Rect(300, 10, 5, 90)
    assert extent(store, inverted(store, mask), CANVAS) == CANVAS
    assert extent(store, Mask(), CANVAS).empty


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 0.9))
def test_outlines_run_along_pixel_edges_all_around(seed: int, density: float) -> None:
    rng = np.random.default_rng(seed)
    chosen = rng.random((13, 17)) < density
    values = np.where(chosen, rng.integers(128, 256, (13, 17)), rng.integers(0, 128, (13, 17))).astype(np.uint8)
    lines = outlines(values, Rect(5, 9, 17, 13))
    surface = length = 0.0
    for line in lines:
        after = np.roll(line, -1, axis=0)
        assert ((line == after).sum(axis=1) == 1).all()  # upright or level
        x, y = (line - (5, 9)).T
        surface += (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2
        length += np.abs(line - after).sum()
    padded = np.pad(chosen, 1).astype(int)
    assert length == np.abs(np.diff(padded, axis=0)).sum() + np.abs(np.diff(padded, axis=1)).sum()
    assert abs(surface) == chosen.sum()


def test_a_color_range_is_full_near_and_fades() -> None:
    pixels = np.zeros((1, 5, 4), np.uint8)
    pixels[0, :, 3] = (255, 255, 255, 128, 0)
    pixels[0, :4, :3] = [(200, 30, 30), (30, 30, 200), (240, 80, 40), (100, 15, 15)]
    values = color_range(pixels, [(200, 30, 30)], 30)[0]
    assert values[0] == 255 and values[1] == 0 and 0 < values[2] < 255 and values[3] == 128 and values[4] == 0
    assert color_range(pixels, [(200, 30, 30), (30, 30, 200)], 30)[0, 1] == 255
    white, grey = np.full((1, 1, 4), 255, np.uint8), np.array([[[119, 119, 119, 255]]], np.uint8)
    assert color_range(white, [(119, 119, 119)], 52)[0, 0] == pytest.approx(255 * (52 - 50) / 26, abs=4)  # L* 100 − 50
    assert color_range(grey, [(119, 119, 119)], 1)[0, 0] == 255


def test_likeness_and_alpha_become_masks() -> None:
    store = TileStore(MemoryBlobs())
    pixels = np.zeros((500, 600, 4), np.uint8)
    pixels[100:300, 200:400] = (0, 128, 0, 128)
    tiles = store.painted(EMPTY, CANVAS, pixels)
    alpha = of_alpha(store, tiles)
    assert np.array_equal(store.mask(alpha, CANVAS), pixels[..., 3])
    found = likeness(store, lambda rect: store.paint(tiles, rect), [(0, 255, 0)], 20, CANVAS)
    assert np.array_equal(store.mask(found, CANVAS), pixels[..., 3])
    assert Place(0, 0) in found.tiles and Place(2, 1) not in found.tiles
