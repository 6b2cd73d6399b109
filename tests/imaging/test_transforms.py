"""Moving, cropping and transforming layers."""

import dataclasses
import itertools
import math

import cv2
import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from studio.domain.document.blending import BlendMode
from studio.domain.document.layers import IDENTITY, ImageLayer, Mask, Matrix, PaintLayer
from studio.domain.document.tiles import EMPTY
from studio.domain.errors import StudioError
from studio.domain.geometry import Rect
from studio.imaging import matrices
from studio.imaging.matrices import composed, perspective, rotation, scaling, skewing, translation
from studio.imaging.tiles import MemoryBlobs, Pixels, TileStore
from studio.imaging.transforms import (
    applied,
    bounds,
    content,
    corners,
    cropped,
    cropped_mask,
    lifted,
    placed,
    shifted,
    shifted_mask,
    transformed,
    warp,
)
from tests.examples import few

WIDTH, HEIGHT = 300, 200


def colourful(seed: int = 0, width: int = WIDTH, height: int = HEIGHT, opaque: bool = False) -> Pixels:
    """A smooth random picture with transparent parts."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (height // 16 + 1, width // 16 + 1, 4), dtype=np.uint8)
    pixels = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    pixels[..., 3] = 255 if opaque else np.where(pixels[..., 3] > 90, pixels[..., 3], 0)
    pixels[..., :3] = np.minimum(pixels[..., :3], pixels[..., 3:])
    return pixels


def image(store: TileStore, pixels: Pixels, matrix: Matrix = IDENTITY) -> ImageLayer:
    height, width = pixels.shape[:2]
    tiles = store.painted(EMPTY, Rect(0, 0, width, height), pixels)
    return ImageLayer(name="picture", tiles=tiles, width=width, height=height, matrix=matrix)


SQUARE = ((0.0, 0.0), (400.0, 0.0), (400.0, 400.0), (0.0, 400.0))
points = st.tuples(st.floats(-400, 700, width=32), st.floats(-400, 700, width=32))
offset = st.floats(-170, 170, width=32) | st.integers(-170, 170).map(float)
offsets = st.tuples(offset, offset)
quadrilaterals = st.lists(offsets, min_size=4, max_size=4).map(
    lambda by: [(x + dx, y + dy) for (x, y), (dx, dy) in zip(SQUARE, by, strict=True)]
)
affine = st.builds(
    lambda dx, dy, sx, sy, turn, skew: composed(translation(dx, dy), rotation(turn), skewing(skew, 0), scaling(sx, sy)),
    st.floats(-200, 200, width=32),
    st.floats(-200, 200, width=32),
    st.sampled_from([-1.5, 0.07, 0.4, 0.9, 1.0, 3.3]),
    st.sampled_from([0.05, 0.5, 1.0, 1.1, 4.0]),
    st.floats(-180, 180, width=32),
    st.sampled_from([0.0, 0.4]),
)
# Corners to place a picture at, and how it is transformed then: turned, skewed, in perspective, or all of it.
turns = st.builds(lambda turn, skew: composed(rotation(turn), skewing(skew, 0)), st.floats(-180, 180), st.floats(-1, 1))
ways = st.tuples(st.none(), affine) | st.tuples(quadrilaterals, st.just(IDENTITY) | turns)


def put(layer: ImageLayer, way: tuple[list[matrices.Point] | None, Matrix]) -> ImageLayer:
    """The layer placed and transformed; what cannot be done is no example."""
    at, matrix = way
    try:
        return transformed(layer if at is None else placed(layer, (at[0], at[1], at[2], at[3])), matrix)
    except StudioError:
        reject()


@given(affine, points)
def test_the_inverse_leads_back(matrix: Matrix, point: matrices.Point) -> None:
    assert math.dist(matrices.mapped(matrices.inverse(matrix), matrices.mapped(matrix, point)), point) < 1e-3
    assert composed(matrix, matrices.inverse(matrix)) == pytest.approx(IDENTITY, abs=1e-6)


@given(st.one_of(quadrilaterals, st.lists(points, min_size=4, max_size=4)))
def test_a_perspective_takes_corners_to_corners_or_is_refused(targets: list[matrices.Point]) -> None:
    try:
        matrix = perspective(WIDTH, HEIGHT, targets)
    except StudioError as error:
        assert error.problem.hint
        return
    found = matrices.corners(matrix, WIDTH, HEIGHT)
    for at, target in zip(found, targets, strict=True):
        assert math.dist(at, target) < 0.05


def test_simple_matrices() -> None:
    assert matrices.mapped(scaling(2, 3, (10, 10)), (11, 12)) == (12, 16)
    assert matrices.mapped(rotation(90, (5, 5)), (6, 5)) == (5, 6)
    assert matrices.mapped(rotation(-450), (1, 0)) == (0, -1)
    assert matrices.mapped(skewing(0.5, 0, (0, 10)), (0, 20)) == (5, 20)
    assert matrices.mapped(composed(translation(1, 0), scaling(2, 2)), (3, 3)) == (7, 6)


@pytest.mark.parametrize(
    "matrix",
    [
        scaling(0, 1),
        scaling(1e-9, 1),
        skewing(1, 1),
        (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, -0.01, 1.0),
        (math.nan, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
        (1e200, 0.0, 0.0, 0.0, 1e200, 0.0, 0.0, 0.0, 1.0),
        (1.0, 0.0),
    ],
)
def test_degenerate_matrices_are_refused_and_show_nothing(matrix: Matrix) -> None:
    store = TileStore(MemoryBlobs())
    layer = image(store, colourful(opaque=True))
    if len(matrix) == 9:
        with pytest.raises(StudioError) as caught:
            transformed(layer, matrix)
        assert caught.value.problem.hint and caught.value.problem.field == "matrix"
    broken = dataclasses.replace(layer, matrix=matrix)
    for refusing in (bounds, corners):
        with pytest.raises(StudioError):
            refusing(broken)
    with pytest.raises(StudioError):
        applied(store, broken)
    assert not warp(store, broken, Rect(-50, -50, 500, 400)).any()


@pytest.mark.parametrize("turned", [(0, 0), (300, 0), (300, 200), (0, 0)])
def test_folded_corners_are_refused(turned: matrices.Point) -> None:
    layer = image(TileStore(MemoryBlobs()), colourful())
    inner = (150.0, 100.0) if turned == (0, 0) else turned
    with pytest.raises(StudioError):
        placed(layer, ((0.0, 0.0), inner, (300.0, 200.0), (300.0, 0.0)))


def test_whole_moves_quarters_and_mirrors_are_exact() -> None:
    store, pixels = TileStore(MemoryBlobs()), colourful()
    rows = {
        (translation(-7, 300), Rect(-7, 300, WIDTH, HEIGHT)): pixels,
        (rotation(90), Rect(-HEIGHT, 0, HEIGHT, WIDTH)): np.rot90(pixels, -1),
        (rotation(180), Rect(-WIDTH, -HEIGHT, WIDTH, HEIGHT)): pixels[::-1, ::-1],
        (rotation(-90), Rect(0, -WIDTH, HEIGHT, WIDTH)): np.rot90(pixels),
        (scaling(-1, 1), Rect(-WIDTH, 0, WIDTH, HEIGHT)): pixels[:, ::-1],
    }
    for (matrix, where), expected in rows.items():
        layer = transformed(image(store, pixels), matrix)
        assert bounds(layer) == where
        shown = warp(store, layer, where.grown(20))
        assert np.array_equal(shown[20:-20, 20:-20], expected)
        shown[20:-20, 20:-20] = 0
        assert not shown.any()


@settings(max_examples=few(25))
@given(
    ways,
    st.lists(st.tuples(st.integers(0, 250), st.integers(0, 250), st.integers(1, 150), st.integers(1, 150)), max_size=3),
)
def test_how_rectangles_are_cut_makes_no_difference(
    way: tuple[list[matrices.Point] | None, Matrix], cuts: list[tuple[int, int, int, int]]
) -> None:
    store = TileStore(MemoryBlobs())
    layer = put(image(store, colourful()), way)
    area = bounds(layer)
    view = Rect(area.x + min(60, area.width // 3), area.y - 30, 400, 400)
    whole = warp(store, layer, view)
    assert (whole[..., :3] <= whole[..., 3:]).all()
    for x, y, width, height in cuts:
        part = warp(store, layer, Rect(view.x + x, view.y + y, width, height))
        assert np.array_equal(part, whole[y : y + height, x : x + width])


@pytest.mark.parametrize(
    "at",
    [
        ((1, 7), (91, 37), (61, 127), (-29, 97)),  # turned: slopes of a third cover every third pixel by half
        ((1, 7), (91, 37), (94, 130), (-2, 98)),  # in perspective
    ],
)
def test_the_outline_is_the_same_however_rectangles_are_cut(at: matrices.Corners) -> None:
    store = TileStore(MemoryBlobs())
    layer = placed(image(store, np.full((60, 90, 4), 255, np.uint8)), at)
    whole = warp(store, layer, Rect(-40, -20, 180, 160))
    for x, y in itertools.product(range(-33, 100, 19), range(3, 110, 13)):
        part = warp(store, layer, Rect(x, y, 23, 11))
        assert np.array_equal(part, whole[y + 20 : y + 31, x + 40 : x + 63])


@settings(max_examples=few(15))
@given(ways)
def test_nothing_lies_outside_the_bounds(way: tuple[list[matrices.Point] | None, Matrix]) -> None:
    store = TileStore(MemoryBlobs())
    layer = put(image(store, np.full((40, 60, 4), 255, np.uint8)), way)
    shown = warp(store, layer, bounds(layer).grown(5)).astype(int)
    assert set(np.unique(np.ptp(shown, axis=2))) <= {0}  # white stays white: no fringe of another colour
    shown[5:-5, 5:-5] = 0
    assert not shown.any()


def test_a_flat_colour_stays_under_any_transformation() -> None:
    store = TileStore(MemoryBlobs())
    pixels = np.empty((200, 300, 4), np.uint8)
    pixels[:] = (60, 120, 30, 180)
    for matrix in (rotation(33), scaling(0.1, 0.1), scaling(0.02, 0.9), scaling(7.3, 7.3), rotation(10, (99, 3))):
        layer = transformed(image(store, pixels), matrix)
        area = bounds(layer).intersected(Rect(-300, -300, 900, 900))
        shown = warp(store, layer, area)
        covered = warp(store, dataclasses.replace(layer, tiles=image(store, np.full_like(pixels, 255)).tiles), area)
        inner = covered[..., 3] == 255
        assert inner.any() and (shown[inner] == (60, 120, 30, 180)).all()


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_reduced_pixels_are_means(factor: int) -> None:
    store, pixels = TileStore(MemoryBlobs()), colourful(3, 320, 320)
    layer = transformed(image(store, pixels), scaling(1 / factor, 1 / factor))
    means = pixels.reshape(320 // factor, factor, 320 // factor, factor, 4).mean(axis=(1, 3))
    assert np.abs(warp(store, layer, bounds(layer)) - means).max() <= 0.5001


@pytest.mark.parametrize("scale", [(0.3, 0.3), (0.13, 0.7), (0.05, 1.0)])
def test_fine_patterns_turn_grey_when_reduced(scale: tuple[float, float]) -> None:
    """Stripes one pixel wide, which sampling without a filter would turn into moiré."""
    store = TileStore(MemoryBlobs())
    pixels = np.full((600, 600, 4), 255, np.uint8)
    pixels[:, ::2, :3] = 0
    for turn in (0, 25):
        layer = transformed(image(store, pixels), composed(rotation(turn), scaling(*scale)))
        area = bounds(layer)
        shown = warp(store, layer, area)
        inner = cv2.erode(shown[..., 3], np.ones((5, 5), np.uint8)) == 255
        assert inner.sum() > 50
        assert np.abs(shown[..., 0][inner].astype(int) - 128).max() < 20


def test_enlarging_is_smooth_and_the_border_sharp() -> None:
    store = TileStore(MemoryBlobs())
    ramp = np.full((10, 16, 4), 255, np.uint8)
    ramp[..., :3] = (np.arange(16) * 16)[None, :, None]
    layer = transformed(image(store, ramp), scaling(20, 20))
    shown = warp(store, layer, bounds(layer))
    assert (shown[..., 3] == 255).all()  # up to the border
    steps = np.diff(shown[100, 40:-40, 0].astype(int))
    assert steps.min() >= 0 and steps.max() <= 2


def test_turning_there_and_back_comes_close() -> None:
    store, pixels = TileStore(MemoryBlobs()), colourful(5, opaque=True)
    middle = (WIDTH / 2, HEIGHT / 2)
    first = applied(store, transformed(image(store, pixels), rotation(17, middle)))
    area = content(store, first.tiles)
    again = transformed(lifted(store, first).picture, rotation(-17, middle))
    shown = warp(store, again, Rect(0, 0, WIDTH, HEIGHT)).astype(int)
    assert not area.empty
    assert np.abs(shown - pixels)[10:-10, 10:-10].mean() < 0.6


@settings(max_examples=few(30), deadline=None)
@given(st.integers(-700, 700), st.integers(-700, 700))
def test_layers_and_masks_move_by_whole_pixels(dx: int, dy: int) -> None:
    store, pixels = TileStore(MemoryBlobs()), colourful()
    where = Rect(90, -40, WIDTH, HEIGHT)
    tiles = shifted(store, store.painted(EMPTY, where, pixels), dx, dy)
    assert np.array_equal(store.paint(tiles, where.moved(dx, dy)), pixels)
    assert content(store, tiles) == content(store, store.painted(EMPTY, where.moved(dx, dy), pixels))
    mask = store.masked(Mask(outside=255), where, pixels[..., 0])
    moved = shifted_mask(store, mask, dx, dy)
    view = Rect(-300, -300, 1000, 900)
    assert np.array_equal(store.mask(moved, view.moved(dx, dy)), store.mask(mask, view))


def test_moves_by_tiles_share_them() -> None:
    store = TileStore(MemoryBlobs())
    tiles = store.painted(EMPTY, Rect(0, 0, WIDTH, HEIGHT), colourful())
    moved = shifted(store, tiles, 512, -256)
    assert sorted(moved.values()) == sorted(tiles.values()) and moved != tiles
    assert shifted(store, moved, -512, 256) == tiles


def test_cropping_keeps_what_is_inside() -> None:
    store = TileStore(MemoryBlobs())
    pixels = colourful(1, 900, 700, opaque=True)
    tiles = store.painted(EMPTY, Rect(0, 0, 900, 700), pixels)
    rect = Rect(200, 150, 500, 400)
    left = cropped(store, tiles, rect)
    shown = store.paint(left, Rect(0, 0, 900, 700))
    assert np.array_equal(shown[150:550, 200:700], pixels[150:550, 200:700])
    assert content(store, left) == rect
    assert set(left.values()) & set(tiles.values())
    mask = store.masked(Mask(outside=255), Rect(0, 0, 900, 700), pixels[..., 0])
    values = store.mask(cropped_mask(store, mask, rect), Rect(0, 0, 900, 700))
    assert np.array_equal(values[150:550, 200:700], pixels[150:550, 200:700, 0])
    values[150:550, 200:700] = 255
    assert (values == 255).all()


def test_lifting_all_keeps_the_layer_and_the_picture() -> None:
    store, pixels = TileStore(MemoryBlobs()), colourful()
    mask = Mask(outside=255)
    layer = PaintLayer(
        name="hill", opacity=0.4, mode=BlendMode.MULTIPLY, mask=mask,
        tiles=store.painted(EMPTY, Rect(-33, 77, WIDTH, HEIGHT), pixels),
    )  # fmt: skip
    rest, picture = lifted(store, layer)
    assert rest.tiles == EMPTY
    assert (picture.id, picture.name, picture.opacity, picture.mode) == (layer.id, "hill", 0.4, BlendMode.MULTIPLY)
    assert bounds(picture) == content(store, layer.tiles)
    assert np.array_equal(warp(store, picture, Rect(-33, 77, WIDTH, HEIGHT)), pixels)
    back = applied(store, picture)
    assert back == layer


def test_lifting_a_selection_leaves_the_rest() -> None:
    store, pixels = TileStore(MemoryBlobs()), colourful(opaque=True)
    layer = PaintLayer(tiles=store.painted(EMPTY, Rect(0, 0, WIDTH, HEIGHT), pixels))
    values = np.zeros((HEIGHT, WIDTH), np.uint8)
    values[50:100, 60:150], values[100:110, 60:150] = 255, 100
    rest, picture = lifted(store, layer, store.masked(Mask(), Rect(0, 0, WIDTH, HEIGHT), values))
    assert rest.id == layer.id != picture.id
    assert bounds(picture) == Rect(60, 50, 90, 60)
    taken = warp(store, picture, Rect(0, 0, WIDTH, HEIGHT)).astype(int)
    left = store.paint(rest.tiles, Rect(0, 0, WIDTH, HEIGHT)).astype(int)
    assert np.array_equal(taken[values == 255], pixels[values == 255]) and not left[values == 255].any()
    assert np.array_equal(taken + left, pixels)
    with pytest.raises(StudioError):
        lifted(store, PaintLayer())
    with pytest.raises(StudioError):
        lifted(store, layer, Mask())


def test_applying_stays_within_and_refuses_the_absurd() -> None:
    store = TileStore(MemoryBlobs())
    layer = transformed(image(store, colourful(opaque=True)), scaling(500, 500))
    with pytest.raises(StudioError, match="pixels"):
        applied(store, layer)
    part = applied(store, layer, Rect(1000, 1000, 100, 100))
    assert content(store, part.tiles) == Rect(1000, 1000, 100, 100)
    assert part.id == layer.id and part.name == layer.name
