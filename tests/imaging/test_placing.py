"""Where a part is made and how it is put back: not a byte outside the mask may change."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size
from studio.imaging import masks, placing
from studio.imaging.pixels import Pixels, encode_png
from studio.imaging.placing import LARGEST, Placement, place, verify

sides = st.integers(1, 3000)
NATIVE = [(Size(256, 256), 32), (Size(512, 512), 8), (Size(1024, 1024), 16), (Size(768, 512), 8)]


@st.composite
def canvases(draw: st.DrawFn) -> tuple[Size, Rect]:
    """A canvas and a part of it."""
    width, height = draw(sides), draw(sides)
    x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return Size(width, height), Rect(x, y, draw(st.integers(1, width - x)), draw(st.integers(1, height - y)))


@given(canvases(), st.sampled_from(NATIVE), st.none() | st.integers(0, 300))
def test_the_context_holds_the_mask_and_its_padding_and_lies_on_the_canvas(
    canvas_and_mark: tuple[Size, Rect], model: tuple[Size, int], padding: int | None
) -> None:
    (canvas, marked), (native, multiple) = canvas_and_mark, model
    found = place(canvas, marked, native, multiple, padding=padding)
    whole = Rect.of(canvas)
    assert whole.contains(found.context)
    assert found.context.contains(marked.grown(padding or 0).intersected(whole))
    assert found.size.width % multiple == found.size.height % multiple == 0
    assert min(found.size.width, found.size.height) >= multiple


@given(canvases(), st.sampled_from(NATIVE))
def test_the_model_works_near_the_size_it_was_trained_for(
    canvas_and_mark: tuple[Size, Rect], model: tuple[Size, int]
) -> None:
    (canvas, marked), (native, multiple) = canvas_and_mark, model
    found = place(canvas, marked, native, multiple)
    longer, shorter = max(canvas.width, canvas.height), min(canvas.width, canvas.height)
    if longer <= 4 * shorter:
        assert 0.6 * native.pixels <= found.size.pixels <= (LARGEST + 0.8) * native.pixels


def test_a_canvas_of_the_models_size_is_taken_as_it_is() -> None:
    found = place(Size(512, 512), Rect(200, 200, 50, 50), Size(512, 512), 8)
    assert found == Placement(Rect(0, 0, 512, 512), Size(512, 512))


def test_of_a_large_canvas_the_part_around_the_mask_is_shown_without_scaling() -> None:
    found = place(Size(4000, 3000), Rect(1000, 1000, 50, 50), Size(512, 512), 8)
    assert found == Placement(Rect(769, 769, 512, 512), Size(512, 512))
    assert found.scale == 1
    corner = place(Size(4000, 3000), Rect(0, 2990, 10, 10), Size(512, 512), 8)
    assert corner.context == Rect(0, 2488, 512, 512)


def test_a_large_mask_is_made_smaller_and_a_close_look_larger() -> None:
    assert place(Size(4000, 3000), Rect(0, 0, 4000, 3000), Size(512, 512), 8).size == Size(592, 440)
    close = place(Size(4000, 3000), Rect(1000, 1000, 50, 50), Size(512, 512), 8, padding=20)
    assert close == Placement(Rect(980, 980, 90, 90), Size(512, 512))


def test_twice_the_trained_size_is_still_made_in_one_piece() -> None:
    assert place(Size(512, 256), Rect(256, 0, 256, 256), Size(256, 256), 32).scale == 1


def test_the_frame_is_seen_too_as_far_as_it_lies_on_the_canvas() -> None:
    found = place(Size(1000, 1000), Rect(10, 10, 5, 5), Size(256, 256), 32, frame=Rect(-100, 0, 600, 300))
    assert found.context.contains(Rect(0, 0, 500, 300))


def test_nothing_on_the_canvas_cannot_be_placed() -> None:
    with pytest.raises(ValueError, match="nothing"):
        place(Size(100, 100), Rect(200, 0, 10, 10), Size(256, 256), 32)


# ------------------------------------------------------------------------------------------------ putting back


def random_pixels(generator: np.random.Generator, height: int, width: int, channels: int) -> Pixels:
    return generator.integers(0, 256, (height, width, channels), np.uint8)


@given(st.integers(0, 2**32), st.sampled_from([3, 4]), st.integers(0, 5), st.integers(0, 5))
def test_not_a_byte_outside_the_mask_changes_through_a_png(seed: int, channels: int, grow: int, feather: int) -> None:
    generator = np.random.default_rng(seed)
    height, width = (int(side) for side in generator.integers(1, 40, 2))
    picture = random_pixels(generator, height, width, channels)
    drawn = random_pixels(generator, height, width, 1)[..., 0] * (generator.random((height, width)) < 0.3)
    mask = masks.widened(drawn.astype(np.uint8), grow, feather)
    patch = placing.patch(random_pixels(generator, height, width, 3), mask)
    after = placing.over_file(picture, patch, Rect(0, 0, width, height))
    with Image.open(io.BytesIO(encode_png(after))) as image:
        read = np.array(image)
    assert (read[mask == 0] == picture[mask == 0]).all()
    exactness = verify(picture, read, mask)
    assert exactness.exact
    assert (exactness.outside, exactness.inside) == (int((mask == 0).sum()), int((mask > 0).sum()))
    canvas = placing.premultiplied(picture)
    assert (placing.over(canvas, patch)[mask == 0] == canvas[mask == 0]).all()


def test_a_changed_pixel_is_found_and_refused() -> None:
    before = np.zeros((4, 4, 4), np.uint8)
    after, mask = before.copy(), np.zeros((4, 4), np.uint8)
    mask[0] = 1
    after[0] = 9
    assert verify(before, after, mask) == placing.Exactness(12, 0, 4, 4)
    after[2, 2, 3] = 1
    found = verify(before, after, mask)
    assert (found.exact, found.changed_outside) == (False, 1)
    with pytest.raises(StudioError) as caught:
        found.require()
    assert caught.value.problem.kind is ErrorKind.INTERNAL


def test_a_full_mask_replaces_and_a_grey_one_mixes() -> None:
    picture, made = np.full((1, 2, 3), 100, np.uint8), np.full((1, 2, 3), 200, np.uint8)
    after = placing.over_file(picture, placing.patch(made, np.array([[255, 51]], np.uint8)), Rect(0, 0, 2, 1))
    assert after.tolist() == [[[200] * 3, [120] * 3]]


def test_a_transparent_picture_becomes_opaque_where_something_is_made() -> None:
    picture = np.zeros((1, 2, 4), np.uint8)
    made = np.full((1, 2, 3), 200, np.uint8)
    after = placing.over_file(picture, placing.patch(made, np.array([[255, 128]], np.uint8)), Rect(0, 0, 2, 1))
    assert after[0, 0].tolist() == [200, 200, 200, 255]
    assert after[0, 1, 3] == 128
    assert abs(int(after[0, 1, 0]) - 200) <= 1


def test_colours_are_matched_at_the_seam_and_details_are_not_carried_in() -> None:
    generator = np.random.default_rng(1)
    source = generator.integers(90, 110, (96, 96, 3), np.uint8)
    made = (source + np.uint8(10)).astype(np.uint8)
    mask = np.zeros((96, 96), np.uint8)
    mask[30:60, 30:60] = 255
    made[30:60, 30:60] = 150
    found = placing.matched(made, source, mask)[30:60, 30:60]
    assert abs(float(found.mean()) - 140) < 1.5
    assert float(found.std()) < 2.5


def test_matching_needs_something_to_match() -> None:
    made = np.full((8, 8, 3), 7, np.uint8)
    assert (placing.matched(made, made + np.uint8(9), np.full((8, 8), 255, np.uint8)) == made).all()


def test_transparent_parts_are_seen_on_white() -> None:
    assert placing.on_white(placing.premultiplied(np.array([[[0, 0, 0, 0]]], np.uint8))).tolist() == [[[255] * 3]]
