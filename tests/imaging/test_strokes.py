"""Strokes: what brushes cover, and what the coverage does to layers and masks."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studio.domain.document.adjustments import CurvePoint
from studio.domain.document.brushes import Brush, BrushKind, PenPoint, Symmetry, Texture
from studio.domain.document.layers import Mask, PaintLayer
from studio.domain.document.tiles import EMPTY, Place
from studio.domain.geometry import Rect
from studio.imaging.painting.textures import TIP, texture
from studio.imaging.strokes import Stroke, painted, painted_mask
from studio.imaging.tiles import MemoryBlobs, Pixels, TileStore
from tests.examples import few

RECT = Rect(-64, -64, 512, 512)
coordinates = st.floats(-50, 400, allow_nan=False, width=32)
pens = st.builds(
    PenPoint,
    coordinates,
    coordinates,
    st.floats(0, 1, width=32),
    st.floats(-60, 60, width=32),
    st.floats(-60, 60, width=32),
)
brushes = st.sampled_from(
    [
        Brush(size=20),
        Brush(size=3, hardness=1.0, size_by_pressure=1.0, smoothing=0.7),
        Brush(size=40, hardness=0.0, flow=0.2, flow_by_pressure=0.5, string=30),
        Brush(size=30, roundness=0.3, tilt_turns=True, tilt_flattens=0.5, scatter=0.5, size_jitter=0.5, grain=0.6),
        Brush(kind=BrushKind.TEXTURED, texture=Texture.CHALK, size=25, angle_jitter=180, opacity_by_pressure=1.0),
    ]
)


def stroke(brush: Brush, *points: tuple[float, ...] | PenPoint, symmetry: Symmetry | None = None) -> Stroke:
    made = Stroke(brush, symmetry or Symmetry(), seed=5)
    made.extend([PenPoint(*point) for point in points])
    made.finish()
    return made


def covered(brush: Brush, *points: tuple[float, ...] | PenPoint) -> Pixels:
    return stroke(brush, *points).coverage(RECT)


def area(coverage: Pixels) -> float:
    return float(coverage.sum()) / 255


@settings(max_examples=few(25), deadline=None)
@given(brushes, st.lists(pens, min_size=1, max_size=8), st.lists(st.integers(0, 8), max_size=4), st.booleans())
def test_the_batches_of_events_make_no_difference(
    brush: Brush, points: list[PenPoint], cuts: list[int], mirror: bool
) -> None:
    symmetry = Symmetry(180, 180, mirror_x=mirror)
    whole = stroke(brush, *points, symmetry=symmetry)
    split = Stroke(brush, symmetry, seed=5)
    dirty = Rect(0, 0, 0, 0)
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(points)], strict=True):
        dirty = dirty.united(split.extend(points[start:end]))
    dirty = dirty.united(split.finish())
    assert np.array_equal(split.coverage(RECT), whole.coverage(RECT))
    assert dirty == split.bounds == whole.bounds
    outside = split.coverage(dirty.grown(40))
    outside[40:-40, 40:-40] = 0
    assert not outside.any()  # what is said to be touched holds all that is


@pytest.mark.parametrize("size", [1, 2, 3.5, 8, 64, 333, 1000])
def test_a_hard_round_dab_covers_the_area_of_its_disc(size: float) -> None:
    made = stroke(Brush(size=size, hardness=1.0), (600.3, 600.6))
    assert area(made.coverage(Rect(0, 0, 1200, 1200))) == pytest.approx(math.pi * size**2 / 4, rel=0.02, abs=0.35)


@pytest.mark.parametrize("roundness", [0.1, 0.5, 0.9])
def test_an_ellipse_covers_its_area_and_turns(roundness: float) -> None:
    flat, turned = (Brush(size=80, hardness=1.0, roundness=roundness, angle=angle) for angle in (0, 90))
    first, second = covered(flat, (100, 100)), covered(turned, (100, 100))
    assert area(first) == pytest.approx(math.pi * 40 * 40 * roundness, rel=0.03)
    assert first[164, 164 + 30] > 200 and (roundness > 0.7 or not first[164 + 36, 164].any())
    assert second[164 + 30, 164] > 200 and (roundness > 0.7 or not second[164, 164 + 36].any())


def test_a_dab_is_placed_between_pixels() -> None:
    for part in (0.0, 0.25, 0.5, 0.75):
        coverage = covered(Brush(size=9, hardness=1.0), (100 + part, 50.5)).astype(float)
        columns = np.arange(RECT.x, RECT.right) + 0.5
        assert (coverage.sum(axis=0) * columns).sum() / coverage.sum() == pytest.approx(100 + part, abs=0.02)


def test_a_soft_edge_falls_evenly_from_the_hard_part_to_the_rim() -> None:
    coverage = covered(Brush(size=100, hardness=0.5), (100.5, 100.5))[164, 164:].astype(int)
    assert coverage[0] == 255 and coverage[23] >= 253 and coverage[51] == 0
    assert 100 < coverage[37] < 155
    assert (np.diff(coverage) <= 0).all()


@pytest.mark.parametrize("width", [0.25, 0.5, 1.0, 1.5, 2.0, 5.0])
def test_a_thin_line_covers_its_width(width: float) -> None:
    coverage = covered(Brush(size=width, hardness=1.0), (0, 100.5), (200, 100.5))
    assert area(coverage[:, 164 - 20 : 164 + 20]) / 40 == pytest.approx(width, rel=0.12, abs=0.1)


def test_overlapping_dabs_build_up_by_flow_and_never_exceed_the_tip() -> None:
    brush = Brush(size=20, flow=0.5, spacing=0.05)
    once, often = covered(brush, (100, 100)), covered(brush, *[(100 + i % 2, 100) for i in range(40)])
    assert once[164, 164] == 128
    assert often[164, 164] == 255
    full = Brush(size=20, flow=1.0, hardness=0.2, spacing=0.05)
    there = covered(full, (60, 100), (140, 100))
    back = covered(full, (60, 100), (140, 100), (60, 100), (140, 100))
    middle = np.s_[:, 164 - 10 : 164 + 10]
    assert np.abs(there[middle].astype(int) - back[middle]).max() <= 6  # the soft edge stays soft


def test_pressure_decides_on_size_opacity_and_flow() -> None:
    change: Callable[..., Brush] = dataclasses.replace
    for name in ("size_by_pressure", "opacity_by_pressure", "flow_by_pressure"):
        brush = change(Brush(size=40, hardness=1.0), **{name: 1.0})
        areas = [area(covered(brush, (100.0, 100.0, pressure))) for pressure in (0.25, 0.5, 1.0)]
        assert areas == sorted(areas) and areas[0] < 0.6 * areas[2], name
    half = Brush(size=40, hardness=1.0, size_by_pressure=0.5)
    assert area(covered(half, (100.0, 100.0, 0.0))) == pytest.approx(math.pi * 100, rel=0.02)
    curve = (CurvePoint(0.0, 1.0), CurvePoint(1.0, 0.0))
    inverse = Brush(size=40, hardness=1.0, size_by_pressure=1.0, pressure_curve=curve)
    assert area(covered(inverse, (100.0, 100.0, 0.1))) > area(covered(inverse, (100.0, 100.0, 0.9)))


def test_tilt_turns_and_flattens() -> None:
    brush = Brush(size=60, hardness=1.0, roundness=0.2, tilt_turns=True)
    right, down = covered(brush, (100.0, 100.0, 1.0, 40.0, 0.0)), covered(brush, (100.0, 100.0, 1.0, 0.0, 40.0))
    assert right[164, 188] == 255 and not right[188, 164]
    assert down[188, 164] == 255 and not down[164, 188]
    flat = Brush(size=60, hardness=1.0, tilt_flattens=0.9)
    assert area(covered(flat, (100.0, 100.0, 1.0, 60.0, 0.0))) < 0.6 * area(covered(flat, (100.0, 100.0)))


def test_a_fast_circle_is_round() -> None:
    """Twelve events around a circle of 150 pixels: straight lines between them would leave it by five."""
    events = [(180 + 150 * math.cos(t), 180 + 150 * math.sin(t)) for t in np.linspace(0, 2 * math.pi, 13)]
    coverage = covered(Brush(size=4, hardness=1.0), *events)
    rows, columns = np.nonzero(coverage > 128)
    away = np.hypot(columns + 0.5 + RECT.x - 180, rows + 0.5 + RECT.y - 180)
    angle = np.arctan2(rows + 0.5 + RECT.y - 180, columns + 0.5 + RECT.x - 180)
    inner = np.abs(angle) > 2 * math.pi / 12  # not the first and the last piece, whose ends have one neighbour
    assert np.abs(away[inner] - 150).max() < 3.2
    assert np.abs(away - 150).max() < 5.5


@pytest.mark.parametrize("brush", [Brush(size=10, smoothing=0.9), Brush(size=10, string=60), Brush(size=10)])
def test_a_stabilised_stroke_ends_where_the_pen_ended(brush: Brush) -> None:
    coverage = covered(brush, *[(10 * i, 100 + 20 * (i % 2)) for i in range(20)])
    assert coverage[64 + 120, 64 + 190] > 200
    columns = np.nonzero(coverage.any(axis=0))[0] + RECT.x
    assert columns.max() <= 190 + 6


def test_a_stabiliser_calms_a_shaking_pen() -> None:
    shaking = [(4.0 * i, 100.0 + 5 * (-1) ** i) for i in range(60)]
    height = [np.ptp(np.nonzero(covered(b, *shaking)[:, 128:256] > 128)[0]) for b in
              (Brush(size=4), Brush(size=4, smoothing=0.8), Brush(size=4, string=20))]  # fmt: skip
    assert height[1] < 0.6 * height[0] and height[2] < 0.6 * height[0]


def test_a_tap_leaves_the_mark_of_its_hardest_moment() -> None:
    brush = Brush(size=40, hardness=1.0, size_by_pressure=1.0)
    tap = covered(brush, (100.0, 100.0, 0.1), (100.0, 100.0, 0.8), (100.0, 100.0, 0.2))
    assert np.array_equal(tap, covered(brush, (100.0, 100.0, 0.8)))


def test_symmetry_repeats_a_stroke_exactly() -> None:
    brush = Brush(kind=BrushKind.TEXTURED, texture=Texture.BRISTLE, size=40, angle=20)
    points = [(140.0, 80.0), (170.0, 130.0), (150.0, 160.0)]
    made = stroke(brush, *points, symmetry=Symmetry(128, 128, mirror_x=True, mirror_y=True))
    coverage = made.coverage(Rect(0, 0, 256, 256)).astype(int)
    assert np.abs(coverage - coverage[:, ::-1]).max() <= 1 and np.abs(coverage - coverage[::-1]).max() <= 1
    single = stroke(brush, *points).coverage(Rect(0, 0, 256, 256))
    assert (coverage >= single).all() and coverage.any()
    assert len(made.touched) == 4


def test_scatter_follows_the_seed() -> None:
    brush = Brush(size=8, scatter=3.0, size_jitter=0.5)
    first, again, other = (Stroke(brush, seed=seed) for seed in (1, 1, 2))
    for made in (first, again, other):
        made.extend([PenPoint(0, 0), PenPoint(300, 300)])
        made.finish()
    assert np.array_equal(first.coverage(RECT), again.coverage(RECT))
    assert not np.array_equal(first.coverage(RECT), other.coverage(RECT))


@pytest.mark.parametrize("name", Texture)
def test_grains_are_the_same_each_time_and_end_before_their_rim(name: Texture) -> None:
    grain = texture(name)
    texture.cache_clear()
    assert np.array_equal(texture(name), grain)
    assert 0.02 < grain.mean() < 0.7 and grain.max() > 0.9
    assert not any(edge.any() for edge in (grain[0], grain[-1], grain[:, 0], grain[:, -1]))
    assert texture(name, TIP // 8).mean() == pytest.approx(grain.mean(), abs=0.01)
    made = covered(Brush(kind=BrushKind.TEXTURED, texture=name, size=100), (100, 100))
    disc = covered(Brush(size=100, hardness=1.0), (100, 100))
    assert made.any() and not made[disc == 0].any()


def test_events_out_of_the_world_do_no_harm() -> None:
    brush = Brush(size=100)
    made = Stroke(brush, within=Rect(0, 0, 300, 300))
    made.extend([PenPoint(math.nan, 3), PenPoint(50, math.inf), PenPoint(50, 50, 7.0), PenPoint(1e30, -1e30)])
    made.finish()
    assert set(made.places) <= {Place(0, 0), Place(1, 0), Place(0, 1), Place(1, 1)}
    assert Rect(0, 0, 300, 300).contains(made.bounds)
    assert made.coverage(Rect(0, 0, 300, 300)).max() == 255


def test_a_long_stroke_keeps_only_the_tiles_that_it_touched() -> None:
    made = stroke(Brush(size=10), (0, 0), (8000, 8000))
    assert len(list(made.places)) < 4 * 32


pixels = st.integers(0, 2**32 - 1).map(lambda seed: premultiplied(np.random.default_rng(seed)))


def premultiplied(rng: np.random.Generator) -> Pixels:
    values = rng.integers(0, 256, (16, 16, 4), dtype=np.uint8)
    values[..., 3][rng.random((16, 16)) < 0.2] = 0
    values[..., :3] = np.minimum(values[..., :3], values[..., 3:])
    return values


@given(
    pixels,
    st.integers(0, 2**32 - 1),
    st.tuples(*[st.integers(0, 255)] * 3),
    st.floats(0, 1),
    st.booleans(),
    st.sampled_from(["paint", "erase", "lock"]),
)
@example(np.zeros((16, 16, 4), np.uint8), 0, (255, 255, 255), 1.0, False, "lock")
def test_painting_is_exact(
    base: Pixels, seed: int, color: tuple[int, int, int], opacity: float, selected: bool, how: str
) -> None:
    rng = np.random.default_rng(seed)
    coverage = rng.choice(np.array([0, 255, 1, 128, 254], np.uint8), (16, 16))
    selection = rng.choice(np.array([0, 255, 77], np.uint8), (16, 16)) if selected else None
    before = base.copy()
    after = painted(base, coverage, color, opacity, selection, how == "erase", how == "lock")
    assert np.array_equal(base, before)
    assert (after[..., :3] <= after[..., 3:]).all()
    untouched = coverage == 0 if selection is None else (coverage == 0) | (selection == 0)
    assert np.array_equal(after[untouched], base[untouched])
    amount = np.rint(coverage * opacity) / 255 * (1 if selection is None else np.rint(selection) / 255)
    source = np.zeros(4) if how == "erase" else np.array([*color, 255.0])
    exact = source * amount[..., None] + base * (1 - amount[..., None])
    if how == "lock":
        assert np.array_equal(after[..., 3], base[..., 3])
        exact = (source * amount[..., None] + 0.0) * base[..., 3:] / 255 + base * (1 - amount[..., None])
    assert np.abs(after - exact).max() <= 1.6
    if opacity == 1:
        full = coverage == 255 if selection is None else (coverage == 255) & (selection == 255)
        if how == "paint":
            assert (after[full] == (*color, 255)).all()
        if how == "erase":
            assert not after[full].any()


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_painting_on_a_mask_is_exact(base: int, value: int, amount: int) -> None:
    held, coverage = np.full((4, 4), base, np.uint8), np.full((4, 4), amount, np.uint8)
    after = int(painted_mask(held, coverage, value)[0, 0])
    assert after == round((value * amount + base * (255 - amount)) / 255)


def test_a_stroke_becomes_the_tiles_that_were_shown() -> None:
    store, rect = TileStore(MemoryBlobs()), Rect(0, 0, 600, 400)
    rng = np.random.default_rng(1)
    base = rng.integers(0, 256, (400, 600, 4), dtype=np.uint8)
    base[..., :3] = np.minimum(base[..., :3], base[..., 3:])
    layer = PaintLayer(tiles=store.painted(EMPTY, rect, base))
    selection = store.masked(Mask(), Rect(0, 0, 600, 200), np.full((200, 600), 255, np.uint8))
    brush = Brush(size=40, opacity=0.6)
    made = stroke(brush, (30, 100), (200, 220))
    for erase, lock in ((False, False), (True, False), (False, True)):
        tiles = made.applied(store, layer, (10, 200, 30), selection, erase, lock)
        shown = painted(
            base, made.coverage(rect), (10, 200, 30), brush.opacity, store.mask(selection, rect), erase, lock
        )
        assert np.array_equal(store.paint(tiles, rect), shown)
        assert tiles.changed_since(layer.tiles) == {Place(0, 0)}  # the selection ends before the next row of tiles
    nothing = stroke(brush, (30, 300)).applied(store, layer, (10, 200, 30), selection)
    assert nothing is layer.tiles


def test_erasing_all_of_a_tile_removes_it() -> None:
    store = TileStore(MemoryBlobs())
    tiles = store.painted(EMPTY, Rect(100, 100, 20, 20), np.full((20, 20, 4), 255, np.uint8))
    assert stroke(Brush(size=60), (110, 110)).applied(store, PaintLayer(tiles=tiles), (0, 0, 0), erase=True) == EMPTY


@pytest.mark.parametrize("outside", [0, 255])
def test_a_stroke_on_a_mask(outside: int) -> None:
    store, mask = TileStore(MemoryBlobs()), Mask(outside=outside)
    made = stroke(Brush(size=50, hardness=1.0), (250, 250))
    hidden = made.masked(store, mask, 255 - outside)
    assert store.mask(hidden, Rect(240, 240, 20, 20)).tolist() == [[255 - outside] * 20] * 20
    assert store.mask(hidden, Rect(0, 0, 200, 200)).tolist() == [[outside] * 200] * 200
    assert stroke(Brush(size=90), (250, 250)).masked(store, hidden, outside) == mask  # and no tile is left
