"""Every blend mode against formulas written independently in float64, over a grid of all combinations.

The same was compared with other programs on 64 × 64 pairs of pixels for each mode, with the extremes among them, half
of them opaque and half with alphas of 255, 200, 128 and 64; differences in premultiplied 8-bit values:

- Krita 5.1.5, from an .ora. Opaque: 0 for normal, darken, multiply, linear burn, lighten, screen, add, overlay, soft
  light, hard light, linear light, pin light, difference and subtract; 1 for color burn, color dodge, vivid light and
  divide; up to 4 for hue, saturation and color and 6 for luminosity, whose luma there is 0.299, 0.587, 0.114. Darker
  and lighter color choose otherwise where both lumas are nearly equal (less than 0.1 % of the pairs). Its "hard mix
  (Photoshop)" is black where the sum is exactly 1, where ours (and GIMP's formula) is white. With alpha the
  differences are at most 2 for the modes that agree above; burn, dodge, vivid light and divide differ more on under 5
  % of the pairs, near their poles, where the rounding of premultiplied colours decides. `svg:exclusion` and
  `krita:hard mix` are other modes there: the former is unknown and drawn as normal.
- GIMP 2.10.34, from PNG, blending and compositing in perceptual space. Opaque: 0 for normal, darken, multiply, linear
  burn, lighten, screen and add; 1 for color burn and color dodge; its luma darken has other weights. With alpha at
  most 2 for modes whose result lies in [0, 1]; it does not clamp B before the alphas enter, as the standards do, and
  differs where B leaves that range.
"""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.domain.document.blending import BlendMode
from studio.imaging.blend import blend, blend_atop, blend_onto, dissolved, faded, mixed, premultiplied, straight
from tests.examples import few
from tests.imaging.composing.formulas import BLENDS, composited

Pixels = NDArray[np.uint8]
ALPHAS = (0, 1, 2, 77, 128, 254, 255)


def all_pixels() -> Pixels:
    """Every (alpha, colour) on a grid, with the extremes, each colour with two others in the remaining channels."""
    found = []
    for alpha in ALPHAS:
        levels = sorted({0, 1, alpha // 4, alpha // 2, (alpha + 1) // 2, 3 * alpha // 4, max(0, alpha - 1), alpha})
        levels = [level for level in levels if level <= alpha]
        for red in levels:
            found += [(red, levels[len(levels) // 2], levels[-1 - levels.index(red)], alpha), (red, red, red, alpha)]
    return np.array(sorted(set(found)), np.uint8)


GRID = all_pixels()
PAIRS = np.array([*itertools.product(range(len(GRID)), repeat=2)])
BACKDROP, SOURCE = GRID[PAIRS[:, 0]][None], GRID[PAIRS[:, 1]][None]


def random_pixels(seed: int, height: int, width: int) -> Pixels:
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (height, width, 4), np.uint8)
    pixels[..., 3] = np.where(random.random((height, width)) < 0.3, 255, pixels[..., 3])
    pixels[random.random((height, width)) < 0.1] = 0
    pixels[..., :3] = np.minimum(pixels[..., :3], pixels[..., 3:])
    return pixels


def test_there_is_an_independent_formula_for_every_mode() -> None:
    assert set(BLENDS) == set(BlendMode) - {BlendMode.DISSOLVE}


@pytest.mark.parametrize("mode", [*BLENDS])
def test_a_mode_is_its_published_formula_rounded(mode: BlendMode) -> None:
    got = blend(mode, BACKDROP, SOURCE)[0].astype(float)
    want = composited(mode, BACKDROP[0], SOURCE[0])
    assert np.abs(got - want).max() <= 0.501  # of 255: nearest, but for the last bits of float32
    assert (got[:, :3] <= got[:, 3:]).all()


@pytest.mark.parametrize("mode", [*BLENDS])
def test_random_pictures_agree_too(mode: BlendMode) -> None:
    backdrop, source = random_pixels(1, 150, 211), random_pixels(2, 150, 211)
    want = composited(mode, backdrop.reshape(-1, 4), source.reshape(-1, 4))
    assert np.abs(blend(mode, backdrop, source).reshape(-1, 4) - want).max() <= 0.501


@pytest.mark.parametrize("mode", [*BlendMode])
def test_a_transparent_source_leaves_every_byte_and_a_transparent_backdrop_takes_it(mode: BlendMode) -> None:
    pixels = random_pixels(3, 64, 65)
    assert np.array_equal(blend(mode, pixels, np.zeros_like(pixels)), pixels)
    if mode is not BlendMode.DISSOLVE:
        assert np.array_equal(blend(mode, np.zeros_like(pixels), pixels), pixels)
    atop = pixels.copy()
    blend_atop(mode, atop, np.zeros_like(pixels))
    assert np.array_equal(atop, pixels)


@pytest.mark.parametrize("mode", [*BLENDS])
def test_atop_keeps_the_backdrops_alpha(mode: BlendMode) -> None:
    backdrop, source = random_pixels(4, 40, 50), random_pixels(5, 40, 50)
    got = backdrop.copy()
    blend_atop(mode, got, source)
    assert np.array_equal(got[..., 3], backdrop[..., 3])
    over = composited(mode, backdrop.reshape(-1, 4), source.reshape(-1, 4))
    # Porter and Duff: "atop" is "over" without what of the source lies outside the backdrop.
    flat_b, flat_s = backdrop.reshape(-1, 4).astype(float), source.reshape(-1, 4).astype(float)
    want = over[:, :3] - flat_s[:, :3] * (1 - flat_b[:, 3:] / 255)
    assert np.abs(got.reshape(-1, 4)[:, :3] - want).max() <= 0.501


def test_an_opaque_normal_source_is_copied() -> None:
    backdrop, source = random_pixels(6, 30, 30), random_pixels(7, 30, 30)
    source[..., 3] = 255
    assert np.array_equal(blend(BlendMode.NORMAL, backdrop, source), source)


@settings(max_examples=few(40), deadline=None)
@given(st.sampled_from([*BlendMode]), st.integers(0, 29), st.integers(0, 29), st.integers(1, 30), st.integers(1, 30))
def test_a_part_is_blended_as_the_whole_is(mode: BlendMode, x: int, y: int, width: int, height: int) -> None:
    backdrop, source = random_pixels(8, 30, 30), random_pixels(9, 30, 30)
    part = np.s_[y : y + height, x : x + width]
    whole = blend(mode, backdrop, source, (1000, -50))
    assert np.array_equal(blend(mode, backdrop[part], source[part], (1000 + x, -50 + y)), whole[part])


def test_dissolve_shows_whole_pixels_as_often_as_alpha_says_and_always_the_same() -> None:
    for alpha in (0, 1, 64, 200, 254, 255):
        pixels = np.full((256, 256, 4), alpha, np.uint8)
        shown = dissolved(pixels, (0, 0))
        assert set(np.unique(shown)) <= {0, 255}
        share = float((shown[..., 3] == 255).mean())
        assert abs(share - alpha / 255) < 0.008
        assert share == alpha / 255 or 0 < alpha < 255
    assert np.array_equal(dissolved(pixels, (5, 5)), dissolved(pixels, (5, 5)))
    half = np.full((64, 64, 4), 128, np.uint8)
    assert not np.array_equal(dissolved(half, (0, 0)), dissolved(half, (64, 0)))
    backdrop = random_pixels(10, 64, 64)
    out = blend(BlendMode.DISSOLVE, backdrop, half)
    assert ((out == backdrop).all(-1) | (out == 255).all(-1)).all()


def test_straight_colours_come_back_exactly() -> None:
    alpha, colour = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    pixels = np.stack([np.minimum(colour, alpha), np.minimum(255 - colour, alpha), alpha // 2, alpha], -1).astype(
        np.uint8
    )
    bare = straight(pixels)
    exact = np.divide(
        pixels[..., :3] * 255.0, alpha[..., None], out=np.zeros((256, 256, 3)), where=alpha[..., None] > 0
    )
    assert np.abs(bare[..., :3] - exact).max() <= 0.501
    assert np.array_equal(premultiplied(bare), pixels)


@pytest.mark.parametrize("opacity", [0.0, 0.25, 1 / 3, 0.999, 1.0])
def test_opacity_and_mask_scale_every_channel(opacity: float) -> None:
    pixels, mask = random_pixels(11, 70, 33), random_pixels(12, 70, 33)[..., 0].copy()
    assert np.abs(faded(pixels, opacity, None) - pixels * opacity).max() <= 0.5
    assert np.abs(faded(pixels, opacity, mask) - pixels * (mask[..., None] / 255) * opacity).max() <= 0.501
    after = random_pixels(13, 70, 33)
    share = mask[..., None] / 255 * opacity
    assert np.abs(mixed(pixels, after, opacity, mask) - (pixels + (after.astype(float) - pixels) * share)).max() <= 1
    assert np.array_equal(mixed(pixels, after, 1.0, np.full_like(mask, 255)), after)
    assert np.array_equal(mixed(pixels, after, opacity, np.zeros_like(mask)), pixels)


def test_blending_in_place_leaves_the_source_alone() -> None:
    backdrop, source = random_pixels(14, 20, 20), random_pixels(15, 20, 20)
    before = source.copy()
    for mode in BlendMode:
        canvas = backdrop.copy()
        blend_onto(mode, canvas, source)
        assert np.array_equal(source, before)
        assert np.array_equal(canvas, blend(mode, backdrop, source))
