"""From picture and mask to a job and back, as the window and the command line go."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.catalog import Family, ModelInfo
from studio.domain.errors import StudioError
from studio.domain.geometry import Rect, Size
from studio.domain.inpainting import INTENTS, Infill, Inpaint, Intent
from studio.domain.recipe import Recipe, SourceImage, validate
from studio.imaging import placing
from studio.imaging.blobs import BlobStore
from studio.imaging.masks import bounds, load_mask
from studio.imaging.pictures import load_picture
from studio.imaging.pixels import Pixels
from studio.session import inpainting
from tests.examples import few

MODEL = ModelInfo("tiny", "tiny", Family.STARTER, 0, size=Size(64, 64))


def canvas(width: int = 200, height: int = 150, seed: int = 1) -> Pixels:
    generator = np.random.default_rng(seed)
    return placing.premultiplied(generator.integers(0, 256, (height, width, 4), np.uint8))


def spot(width: int = 200, height: int = 150, x: int = 100, y: int = 60, side: int = 20) -> Pixels:
    mask = np.zeros((height, width), np.uint8)
    mask[y : y + side, x : x + side] = 255
    return mask


def result_for(prepared: inpainting.Prepared, value: int = 9) -> Pixels:
    return np.full_like(prepared.picture, value)


def test_the_model_sees_a_part_at_its_own_size_filled() -> None:
    chosen = Inpaint(infill=Infill.BLUR, grow=2, feather=3)
    found = inpainting.prepare(canvas(), spot(), None, chosen, MODEL)
    size = found.placement.size
    assert found.picture.shape == (size.height, size.width, 3)
    assert found.hole.shape == (size.height, size.width)
    assert found.placement.context.contains(Rect(95, 55, 30, 30))
    assert found.before.shape[:2] == (found.placement.context.height, found.placement.context.width)
    filled = found.picture[found.hole > 0].astype(float)
    assert filled.std() < 0.5 * found.picture[found.hole == 0].std()


@settings(max_examples=few(30))
@given(st.integers(0, 2**32), st.sampled_from(list(Intent)), st.booleans())
def test_whatever_comes_back_not_a_byte_outside_changes(seed: int, intent: Intent, far: bool) -> None:
    generator = np.random.default_rng(seed)
    width, height = (int(side) for side in generator.integers(1, 300 if far else 70, 2))
    pixels = canvas(width, height, seed)
    mask = np.zeros((height, width), np.uint8)
    mask[int(generator.integers(height)) :, int(generator.integers(width)) :] = generator.integers(1, 256)
    chosen = dataclasses.replace(INTENTS[intent], infill=Infill.EDGE_EXTEND)
    prepared = inpainting.prepare(pixels, mask, None, chosen, MODEL)
    placed = inpainting.finish(prepared, generator.integers(0, 256, prepared.picture.shape, np.uint8))
    after = pixels.copy()
    part = np.s_[placed.rect.y : placed.rect.bottom, placed.rect.x : placed.rect.right]
    after[part] = placing.over(pixels[part], placed.pixels)
    inside = np.zeros((height, width), bool)
    inside[part] = placed.pixels[..., 3] > 0
    assert (after[~inside] == pixels[~inside]).all()
    assert inside[mask > 0].all()
    assert placed.exactness.exact
    assert placed.badge.startswith("Exact: ")


def test_the_mask_is_replaced_and_nothing_far_from_it() -> None:
    pixels, mask = canvas(), spot()
    prepared = inpainting.prepare(pixels, mask, None, Inpaint(infill=Infill.NONE, grow=0, feather=4), MODEL)
    placed = inpainting.finish(prepared, result_for(prepared))
    assert placed.rect == Rect(96, 56, 28, 28)
    assert (placed.pixels[4:24, 4:24, 3] == 255).all()
    assert placed.exactness.inside == int((placed.pixels[..., 3] > 0).sum())


def test_a_part_of_a_canvas_is_prepared_as_the_whole_is() -> None:
    pixels, mask, frame = canvas(), spot(), Rect(60, 20, 80, 90)
    chosen = Inpaint(padding=10)
    whole = inpainting.prepare(pixels, mask, frame, chosen, MODEL)
    placement = inpainting.placement_for(Size(200, 150), bounds(mask), frame, chosen, MODEL)
    assert placement == whole.placement
    assert placement.context.contains(frame)
    context = placement.context
    part = np.s_[context.y : context.bottom, context.x : context.right]
    found = inpainting.prepare_part(pixels[part], mask[part], placement, chosen)
    assert (found.picture == whole.picture).all()
    assert (found.hole == whole.hole).all()


def test_the_job_is_a_sound_recipe_and_equal_work_gives_equal_recipes(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    chosen = Inpaint(intent=Intent.ADD, grow=3, strength=0.7)
    base = Recipe("a boat", source=SourceImage("x.png"))
    first, again = (
        inpainting.job_recipe(inpainting.prepare(canvas(), spot(), None, chosen, MODEL), base, store) for _ in range(2)
    )
    assert first == again
    assert validate(first, 32) == ()
    assert first.inpaint is not None
    assert (first.inpaint.strength, first.inpaint.intent, first.inpaint.infill) == (0.7, Intent.ADD, Infill.NONE)
    picture = load_picture(Path(first.inpaint.image))
    assert picture.shape[:2] == load_mask(Path(first.inpaint.mask)).shape == (first.size.height, first.size.width)
    other = inpainting.prepare(canvas(seed=2), spot(), None, chosen, MODEL)
    assert inpainting.job_recipe(other, base, store) != first
    inpainting.forget(first, store)
    assert not Path(first.inpaint.image).exists()
    assert not Path(first.inpaint.mask).exists()


def test_what_cannot_be_used_is_told() -> None:
    with pytest.raises(StudioError, match="empty"):
        inpainting.prepare(canvas(), spot() * 0, None, Inpaint(), MODEL)
    with pytest.raises(StudioError, match="10x10"):
        inpainting.prepare(canvas(), np.ones((10, 10), np.uint8), None, Inpaint(), MODEL)
    with pytest.raises(StudioError) as caught:
        inpainting.prepare(canvas(), spot(), None, Inpaint(strength=3), MODEL)
    assert caught.value.problem.field == "inpaint.strength"


def test_a_thing_is_removed_at_full_resolution_without_a_model() -> None:
    rows, columns = np.mgrid[:300, :400]
    picture = np.where(((rows // 6 + columns // 6) % 2)[..., None] == 0, (220, 200, 180), (40, 60, 80)).astype(np.uint8)
    scratched, mask = picture.copy(), spot(400, 300, 180, 130, 24)
    scratched[mask > 0] = (255, 0, 0)
    placed = inpainting.remove(
        placing.premultiplied(scratched), mask, Inpaint(infill=Infill.CONTENT, grow=2, feather=2)
    )
    after = placing.over_file(scratched, placed.pixels, placed.rect)
    wrong = (np.abs(after.astype(int) - picture).max(axis=2) > 60)[mask > 0].mean()
    assert wrong < 0.1
    assert placed.exactness.exact


def test_settings_follow_the_intent() -> None:
    assert inpainting.settings_for(Intent.REMOVE).infill is Infill.CONTENT
