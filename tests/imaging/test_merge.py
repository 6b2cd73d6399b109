"""Merging changes the layers and not the picture."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.document.adjustments import Levels
from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import AdjustmentLayer, GroupLayer, Layer, Mask, MaskLayer, PaintLayer
from studio.domain.document.tiles import EMPTY
from studio.domain.errors import StudioError
from studio.domain.geometry import Rect, Size
from studio.imaging.compose import Compositor
from studio.imaging.merge import (
    alpha_mask,
    flattened,
    layer_of,
    luminance_mask,
    mask_applied,
    merged_down,
    merged_group,
    merged_visible,
)
from studio.imaging.tiles import MemoryBlobs, TileStore
from tests.examples import few
from tests.imaging.composing.documents import AREA, Maker

INVERT = Levels(out_black=1.0, out_white=0.0)


@pytest.fixture
def compositor() -> Compositor:
    return Compositor(TileStore(MemoryBlobs()))


def farthest(compositor: Compositor, one: Document, other: Document) -> int:
    a, b = (compositor.render(document, AREA).astype(int) for document in (one, other))
    return int(np.abs(a - b).max())


@settings(max_examples=few(20), deadline=None)
@given(st.integers(0, 2**32))
def test_merging_down_looks_the_same_or_is_refused(seed: int) -> None:
    compositor = Compositor(TileStore(MemoryBlobs()))
    maker = Maker(compositor.store, seed)
    layers = [dataclasses.replace(layer, visible=True) for layer in maker.layers(4, 1)]
    # Steep modes turn the rounding of one layer into more; what is tested here is which layers may be merged.
    gentle = (BlendMode.NORMAL, BlendMode.MULTIPLY, BlendMode.SCREEN, BlendMode.PASS_THROUGH)
    layers = [layer if layer.mode in gentle else dataclasses.replace(layer, mode=gentle[0]) for layer in layers]
    document = Document(size=Size(600, 600), layers=tuple(layers))
    for layer in document.layers[1:]:
        try:
            merged = merged_down(compositor, document, layer.id)
        except StudioError as error:
            assert error.problem.hint
            continue
        assert len(merged.layers) == len(document.layers) - 1
        assert isinstance(merged.find(merged.active), PaintLayer)
        steep = any(isinstance(other, AdjustmentLayer) for other in document.walk())
        assert farthest(compositor, document, merged) <= (12 if steep else 2)


def layer(compositor: Compositor, seed: int = 0, rect: Rect = AREA, **fields: object) -> PaintLayer:
    pixels = Maker(compositor.store, seed).pixels(rect)
    made = PaintLayer(name=f"layer {seed}", tiles=compositor.store.painted(EMPTY, rect, pixels))
    return dataclasses.replace(made, **fields)  # type: ignore[arg-type]


def document(*layers: Layer) -> Document:
    return Document(size=Size(600, 600), layers=layers)


def test_what_one_layer_can_show_is_merged(compositor: Compositor) -> None:
    ground, lower, upper = (layer(compositor, seed) for seed in range(3))
    opaque = dataclasses.replace(
        ground, tiles=compositor.store.painted(EMPTY, AREA, np.full((192, 192, 4), 255, np.uint8))
    )
    changes: list[tuple[Document, str]] = [
        (document(ground, lower, upper), upper.id),
        (document(ground, lower, dataclasses.replace(upper, opacity=0.5)), upper.id),
        # Nothing lies further down, or nothing of it can be seen.
        (document(ground, dataclasses.replace(lower, mode=BlendMode.DIFFERENCE)), lower.id),
        (document(lower, opaque, dataclasses.replace(upper, mode=BlendMode.HUE)), upper.id),
        (document(ground, AdjustmentLayer(id="invert", adjustment=INVERT)), "invert"),
        # A clipped layer belongs to its base, whose mode stays.
        (document(ground, dataclasses.replace(lower, mode=BlendMode.MULTIPLY, opacity=0.6),
                  dataclasses.replace(upper, clipped=True, mode=BlendMode.SCREEN)), upper.id),
        (document(ground, lower, AdjustmentLayer(id="invert", adjustment=INVERT, clipped=True)), "invert"),
    ]  # fmt: skip
    for before, layer_id in changes:
        after = merged_down(compositor, before, layer_id)
        assert len(after.layers) == len(before.layers) - 1
        assert farthest(compositor, before, after) <= 2
    kept = merged_down(compositor, changes[5][0], upper.id).find(lower.id)
    assert kept is not None
    assert (kept.name, kept.mode, kept.opacity) == ("layer 1", BlendMode.MULTIPLY, 0.6)


def test_what_one_layer_cannot_show_is_refused_with_a_way_out(compositor: Compositor) -> None:
    ground, lower, upper = (layer(compositor, seed) for seed in range(3))
    replace = dataclasses.replace
    refused: list[tuple[Document, str, str]] = [
        (document(ground), ground.id, "no layer under"),
        (document(ground), "gone", "not there"),
        (document(ground, lower, replace(upper, mode=BlendMode.HUE)), upper.id, "more than the layer below"),
        (document(ground, replace(lower, mode=BlendMode.HUE), upper), upper.id, "with what lies under it"),
        (document(ground, lower, AdjustmentLayer(id="a")), "a", "everything under it"),
        (document(ground, AdjustmentLayer(), upper), upper.id, "no pixels to merge into"),
        (document(ground, replace(lower, visible=False), upper), upper.id, "hidden"),
        (document(ground, lower, replace(upper, locked=True)), upper.id, "locked"),
        (document(ground, lower, MaskLayer(id="m")), "m", "no part of the picture"),
        (document(ground, replace(lower, clipped=True), upper), upper.id, "is clipped"),
        (document(ground, lower, upper, layer(compositor, 9, clipped=True)), upper.id, "clipped to this one"),
        (document(ground, lower, GroupLayer(id="g", mode=BlendMode.PASS_THROUGH, children=(upper,))), "g", "passes"),
    ]
    for before, layer_id, message in refused:
        with pytest.raises(StudioError, match=message) as caught:
            merged_down(compositor, before, layer_id)
        assert caught.value.problem.hint
    with pytest.raises(StudioError, match="no group"):
        merged_group(compositor, document(ground), ground.id)


@settings(max_examples=few(10), deadline=None)
@given(st.integers(0, 2**32))
def test_flattening_and_merging_all_that_is_visible_keep_the_picture(seed: int) -> None:
    compositor = Compositor(TileStore(MemoryBlobs()))
    before = Maker(compositor.store, seed).document(4, 1)
    flat = flattened(compositor, before, "all")
    assert farthest(compositor, before, flat) == 0
    assert [layer for layer in flat.layers if not isinstance(layer, MaskLayer)] == [flat.find(flat.active)]
    if any(layer.visible and not isinstance(layer, MaskLayer) for layer in before.layers):
        visible = merged_visible(compositor, before, "seen")
        assert farthest(compositor, before, visible) == 0
        assert {layer.id for layer in before.layers if not layer.visible} <= {layer.id for layer in visible.layers}


def test_a_group_becomes_one_layer_with_its_own_mode_and_mask(compositor: Compositor) -> None:
    mask = compositor.store.masked(Mask(), Rect(200, 200, 60, 60), np.full((60, 60), 200, np.uint8))
    children = (layer(compositor, 1), layer(compositor, 2, mode=BlendMode.MULTIPLY), AdjustmentLayer(adjustment=INVERT))
    group = GroupLayer(name="both", children=children, mode=BlendMode.SCREEN, opacity=0.7, mask=mask)
    before = document(layer(compositor, 3), group)
    after = merged_group(compositor, before, group.id)
    assert farthest(compositor, before, after) == 0
    made = after.layers[1]
    assert isinstance(made, PaintLayer)
    assert (made.id, made.name, made.mode, made.mask) == (group.id, "both", BlendMode.SCREEN, mask)


def test_masks_and_layers_become_each_other(compositor: Compositor) -> None:
    store = compositor.store
    mask = store.masked(Mask(outside=255), Rect(200, 200, 60, 60), np.full((60, 60), 100, np.uint8))
    painted = layer(compositor, 1, mask=mask)
    before = document(layer(compositor, 2), painted)
    after = mask_applied(compositor, before, painted.id)
    assert after.layers[1].mask is None
    assert farthest(compositor, before, after) == 0
    made = layer_of(compositor, mask, AREA, (255, 0, 0), "red")
    assert np.array_equal(store.mask(alpha_mask(compositor, made), AREA), store.mask(mask, AREA))
    bright = luminance_mask(compositor, made)
    assert np.abs(store.mask(bright, AREA) - store.mask(mask, AREA) * 0.2126).max() <= 1
    with pytest.raises(StudioError, match="paint layer"):
        mask_applied(compositor, after, painted.id)
