"""Adjustments against their formulas, written here in float64 on straight colours."""

import colorsys
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.document.adjustments import (
    Adjustment,
    Balance,
    Blur,
    ColorBalance,
    CurvePoint,
    Curves,
    HueSaturation,
    Levels,
    Sharpen,
    reach,
)
from studio.domain.errors import StudioError
from studio.domain.geometry import Rect
from studio.imaging.adjust import adjusted, curve, tables
from studio.imaging.tiles import MemoryBlobs, Pixels, TileStore
from tests.examples import few
from tests.imaging.composing.documents import ADJUSTMENTS, Maker

GREY = np.linspace(0, 1, 256)


def picture(seed: int, height: int, width: int) -> Pixels:
    return Maker(TileStore(MemoryBlobs()), seed).pixels(Rect(0, 0, width, height))


def colours() -> Pixels:
    """Opaque pixels (1, n, 4) on a grid of all colours, with the greys."""
    levels = np.array([0, 1, 40, 127, 128, 200, 254, 255], np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(-1, 3)
    return np.concatenate([grid, np.full((len(grid), 1), 255, np.uint8)], 1)[None]


@pytest.mark.parametrize(
    "nothing",
    [Levels(), Curves(), HueSaturation(), ColorBalance(), Blur(radius=0.0), Sharpen(radius=0.0), Sharpen(amount=0.0)],
)
def test_an_adjustment_at_rest_changes_no_byte(nothing: Adjustment) -> None:
    pixels = picture(1, 40, 50)
    assert np.array_equal(adjusted(pixels, nothing), pixels)
    assert np.array_equal(adjusted(colours(), nothing), colours())


@pytest.mark.parametrize("adjustment", ADJUSTMENTS)
def test_alpha_stays_and_colours_stay_below_it(adjustment: Adjustment) -> None:
    pixels = picture(2, 60, 70)
    out = adjusted(pixels, adjustment)
    assert np.array_equal(out[..., 3], pixels[..., 3])
    assert (out[..., :3] <= out[..., 3:]).all()
    assert not np.array_equal(out, pixels)


def test_levels_stretch_bend_and_place() -> None:
    levels = Levels(black=0.2, white=0.7, gamma=2.0, out_black=0.1, out_white=0.9)
    want = 0.1 + 0.8 * np.sqrt(np.clip((GREY - 0.2) / 0.5, 0, 1))
    assert np.abs(tables(levels)[0] - 255 * want).max() <= 0.5
    pixels = colours()
    assert np.array_equal(adjusted(pixels, levels)[..., 0], tables(levels)[0][pixels[..., 0]])
    negative = adjusted(pixels, Levels(out_black=1.0, out_white=0.0))
    assert np.array_equal(negative[..., :3], 255 - pixels[..., :3])
    with pytest.raises(StudioError, match="black of the levels"):
        adjusted(pixels, Levels(black=0.5, white=0.5))


points = st.lists(st.tuples(st.integers(0, 255), st.floats(0, 1)), min_size=2, max_size=8, unique_by=lambda p: p[0])


@given(points)
def test_curves_pass_their_points_and_never_leave_the_range_between_two(found: list[tuple[int, float]]) -> None:
    """Fritsch and Carlson (1980), theorem: piecewise monotone data give a piecewise monotone curve."""
    found = sorted(found)
    through = tuple(CurvePoint(x / 255, y) for x, y in found)
    y = curve(through, GREY)
    for x, value in found:
        assert y[x] == pytest.approx(value, abs=1e-9)
    assert np.allclose(y[: found[0][0]], found[0][1])
    assert np.allclose(y[found[-1][0] :], found[-1][1])
    for (left, start), (right, end) in itertools.pairwise(found):
        steps = np.diff(y[left : right + 1]) * (1 if end >= start else -1)
        assert (steps >= -1e-9).all()


def test_curves_are_smooth_and_the_channels_own_comes_first() -> None:
    # Three points on a parabola, where the tangents of the cubic are known: the mean slope of both sides.
    three = (CurvePoint(0, 0), CurvePoint(0.5, 0.25), CurvePoint(1, 1))
    x = np.array([0.25, 0.75])
    hermite = [0.125 * 1 - 0.5 * 0.125 * (1.0 - 0.5), (0.25 + 1) / 2 + 0.5 * 0.125 * (1.0 - 1.5)]
    assert curve(three, x) == pytest.approx(hermite)
    double = Curves(value=(CurvePoint(0, 1), CurvePoint(1, 0)), red=(CurvePoint(0, 0.5), CurvePoint(1, 0.5)))
    table = tables(double)
    assert set(table[0]) == {128}
    assert np.array_equal(table[1], 255 - np.arange(256))
    with pytest.raises(StudioError, match="left to right"):
        tables(Curves(value=(CurvePoint(0.5, 0), CurvePoint(0.5, 1))))


@pytest.mark.parametrize(
    "change", [HueSaturation(70, 0.4, 0.2), HueSaturation(-150, -0.5, -0.3), HueSaturation(hue=180)]
)
def test_hue_and_saturation_work_in_hsl(change: HueSaturation) -> None:
    pixels = colours()
    out = adjusted(pixels, change)[0, :, :3].astype(float)
    for pixel, got in zip(pixels[0, :, :3] / 255, out, strict=True):
        hue, lightness, saturation = colorsys.rgb_to_hls(*pixel.tolist())
        saturation = min(1.0, saturation * (1 + change.saturation))
        lightness += change.lightness * ((1 - lightness) if change.lightness > 0 else lightness)
        want = colorsys.hls_to_rgb((hue + change.hue / 360) % 1, lightness, saturation)
        assert np.abs(got - np.array(want) * 255).max() <= 0.51


def test_colorize_gives_every_pixel_one_hue_and_keeps_its_luma() -> None:
    pixels = colours()
    out = adjusted(pixels, HueSaturation(hue=120, colorize=True))[0, :, :3].astype(float)
    luma = pixels[0, :, :3] @ np.array([0.2126, 0.7152, 0.0722]) / 255
    for level, got in zip(luma, out, strict=True):
        assert np.abs(got - np.array(colorsys.hls_to_rgb(1 / 3, level, 0.5)) * 255).max() <= 0.51
    grey = adjusted(pixels, HueSaturation(saturation=-1.0, colorize=True))[0, :, :3]
    assert (grey.max(-1) == grey.min(-1)).all()


@pytest.mark.parametrize("preserve", [True, False])
def test_colour_balance_shifts_its_own_range(preserve: bool) -> None:
    """The map of GIMP's app/operations/gimpoperationcolorbalance.c, line by line."""
    change = ColorBalance(Balance(0.5, -0.2, 0.1), Balance(-0.3, 0.4, 0.0), Balance(0.0, 0.2, -0.6), preserve)

    def mapped(value: float, lightness: float, shadows: float, midtones: float, highlights: float) -> float:
        a, b, scale = 0.25, 0.333, 0.7
        shadows *= min(1, max(0, (lightness - b) / -a + 0.5)) * scale
        midtones *= min(1, max(0, (lightness - b) / a + 0.5)) * min(1, max(0, (lightness + b - 1) / -a + 0.5)) * scale
        highlights *= min(1, max(0, (lightness + b - 1) / a + 0.5)) * scale
        return min(1.0, max(0.0, value + shadows + midtones + highlights))

    ranges = (change.shadows, change.midtones, change.highlights)
    pixels = colours()
    out = adjusted(pixels, change)[0, :, :3].astype(float)
    for pixel, got in zip((pixels[0, :, :3] / 255).tolist(), out, strict=True):
        lightness = colorsys.rgb_to_hls(*pixel)[1]
        want = [
            mapped(value, lightness, *(getattr(part, name) for part in ranges))
            for value, name in zip(pixel, ("red", "green", "blue"), strict=True)
        ]
        if preserve:
            hue, _, saturation = colorsys.rgb_to_hls(*want)
            want = [*colorsys.hls_to_rgb(hue, lightness, saturation)]
        assert np.abs(got - np.array(want) * 255).max() <= 0.51


@pytest.mark.parametrize("radius", [0.8, 3.0, 5.9, 6.0, 14.0, 40.0])
def test_a_blur_is_a_gaussian_of_the_colours_weighted_by_alpha(radius: float) -> None:
    """A point of light becomes exp(−r²/2σ²) / 2πσ²; where alpha is uneven, what covers more counts more."""
    half = 4 * round(radius) + 8
    side = 2 * half + 1
    wide = np.full((side, side, 4), 255, np.uint8)
    wide[..., :3] = 0
    wide[:, half:, :3] = 255
    out = adjusted(wide, Blur(radius=radius))[half, :, 0].astype(float) / 255
    at = np.arange(side)
    kernel = np.exp(-((at - half) ** 2) / (2 * radius**2))
    edge = np.convolve(np.r_[np.zeros(side), wide[half, :, 0] / 255, np.ones(side)], kernel / kernel.sum(), "same")
    inner = slice(half // 2, side - half // 2)
    assert np.abs(out - edge[side:-side])[inner].max() <= 0.012
    uneven = np.zeros((1, 3, 4), np.uint8)
    uneven[0, 0], uneven[0, 2] = (200, 0, 0, 200), (0, 0, 50, 50)
    uneven[0, 1, 3] = 10
    soft = adjusted(uneven, Blur(radius=1.0))[0, 1].astype(float)
    weights = np.exp([-0.5, 0, -0.5]) * [200, 10, 50]
    assert np.abs(soft[:3] - 10 * np.array([weights[0], 0, weights[2]]) / weights.sum()).max() <= 0.51


@settings(max_examples=few(40), deadline=None)
@given(
    st.sampled_from([1.0, 3.3, 6.5, 13.0, 26.0]),
    st.integers(0, 90), st.integers(0, 90), st.integers(1, 60), st.integers(1, 60),
    st.tuples(st.integers(-300, 300), st.integers(-300, 300)),
    st.booleans(),
)  # fmt: skip
def test_with_its_reach_as_margin_a_part_is_adjusted_as_the_whole(
    radius: float, x: int, y: int, width: int, height: int, corner: tuple[int, int], sharpen: bool
) -> None:
    adjustment: Adjustment = Sharpen(radius=radius, amount=2.0) if sharpen else Blur(radius=radius)
    margin = reach(adjustment)
    pixels = np.zeros((150 + 2 * margin, 150 + 2 * margin, 4), np.uint8)
    pixels[margin:-margin, margin:-margin] = picture(3, 150, 150)
    whole = adjusted(pixels, adjustment, corner)
    part = pixels[y : y + height + 2 * margin, x : x + width + 2 * margin]
    got = adjusted(part, adjustment, (corner[0] + x, corner[1] + y), margin)
    assert np.array_equal(got, whole[y + margin :, x + margin :][: got.shape[0], : got.shape[1]])


def test_sharpening_adds_what_a_blur_takes_away_above_the_threshold() -> None:
    pixels = np.full((41, 41, 4), 255, np.uint8)
    pixels[..., :3] = 100
    pixels[:, 20:, :3] = 150
    soft = adjusted(pixels, Blur(radius=2.0))[20, :, 0].astype(float)
    sharp = adjusted(pixels, Sharpen(radius=2.0, amount=1.5))[20, :, 0].astype(float)
    inner = slice(10, 31)
    want = np.clip(pixels[20, :, 0] + 1.5 * (pixels[20, :, 0] - soft), 0, 255)
    assert np.abs(sharp - want)[inner].max() <= 1.3  # the blur compared with is rounded itself
    same = adjusted(pixels, Sharpen(radius=2.0, amount=1.5, threshold=0.2))
    assert np.array_equal(same, pixels)


def test_clear_pictures_and_empty_ones_come_back() -> None:
    for shape in ((0, 5, 4), (5, 0, 4), (5, 5, 4)):
        for adjustment in ADJUSTMENTS:
            assert adjusted(np.zeros(shape, np.uint8), adjustment).shape == shape
