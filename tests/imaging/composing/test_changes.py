"""What an edit makes to be drawn again: enough, and no more than the edit."""

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.document.adjustments import Blur, HueSaturation
from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import AdjustmentLayer, GroupLayer, Layer, Mask, PaintLayer
from studio.domain.document.tiles import EMPTY, Place, places_in
from studio.domain.geometry import Rect, Size
from studio.imaging.compose import Compositor, changed_places
from studio.imaging.tiles import MemoryBlobs, Pixels, TileStore
from tests.examples import few
from tests.imaging.composing.documents import AREA, Maker

FULL = Mask(outside=255)
FIELDS = (
    "opacity",
    "mode",
    "visible",
    "clipped",
    "mask",
    "mask_enabled",
    "content",
    "adjustment",
    "order",
    "add",
    "remove",
)


def edited(maker: Maker, document: Document, what: str) -> Document:
    """The document after one edit somewhere in it."""
    layers = [*document.walk()]
    layer = layers[int(maker.random.integers(len(layers)))]
    if what == "add":
        return dataclasses.replace(document, layers=(*document.layers[:1], maker.layer(1), *document.layers[1:]))
    if what == "remove":
        return document.replaced(layer.id, lambda _: None)
    if what == "order":
        return dataclasses.replace(document, layers=document.layers[::-1])
    changes: dict[str, dict[str, object]] = {
        "opacity": {"opacity": 0.4},
        "mode": {"mode": BlendMode.DIFFERENCE},
        "visible": {"visible": not layer.visible},
        "clipped": {"clipped": not layer.clipped},
        "mask": {"mask": maker.mask()},
        "mask_enabled": {"mask_enabled": not layer.mask_enabled},
        "content": {},
        "adjustment": {},
    }
    change = changes[what]
    if what == "adjustment":
        found = [layer for layer in layers if isinstance(layer, AdjustmentLayer)]
        layer = found[0] if found else layer
        change = {"adjustment": Blur(radius=9.0), "opacity": 0.7} if found else {"opacity": 0.7}
    if what == "content" and isinstance(layer, PaintLayer):
        rect = maker.rect()
        change = {"tiles": maker.store.painted(layer.tiles, rect, maker.pixels(rect))}
    return document.replaced(layer.id, lambda old: dataclasses.replace(old, **change))  # type: ignore[arg-type]


@settings(max_examples=few(20), deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(FIELDS))
def test_no_place_that_looks_different_is_left_out(seed: int, what: str) -> None:
    store = TileStore(MemoryBlobs())
    maker, compositor = Maker(store, seed), Compositor(store)
    before = maker.document(4, 1)
    after = edited(maker, before, what)
    places = changed_places(before, after)
    if places is not None:
        for place in places_in(AREA):
            if place not in places:
                one, other = (compositor.render(document, place.rect) for document in (before, after))
                assert np.array_equal(one, other)


def flat(store: TileStore, rect: Rect, value: int = 9) -> PaintLayer:
    return PaintLayer(tiles=store.painted(EMPTY, rect, np.full((rect.height, rect.width, 4), value, np.uint8)))


def ones(side: int) -> Pixels:
    return np.full((side, side), 255, np.uint8)


def changed(document: Document, layer: Layer, **fields: object) -> Document:
    return document.replaced(layer.id, lambda old: dataclasses.replace(old, **fields))  # type: ignore[arg-type]


def test_only_what_was_touched_is_drawn_again() -> None:
    store = TileStore(MemoryBlobs())
    wide, small = flat(store, Rect(0, 0, 2048, 2048)), flat(store, Rect(600, 600, 100, 10))
    group = GroupLayer(children=(small,))
    document = Document(size=Size(8192, 8192), layers=(wide, group))
    dab = store.painted(wide.tiles, Rect(10, 10, 5, 5), np.full((5, 5, 4), 99, np.uint8))
    assert changed_places(document, document) == set()
    assert changed_places(document, changed(document, wide, tiles=dab)) == {Place(0, 0)}
    assert changed_places(document, changed(document, wide, name="other", locked=True)) == set()
    assert changed_places(document, changed(document, small, opacity=0.5)) == {Place(2, 2)}
    assert changed_places(document, changed(document, group, mode=BlendMode.PASS_THROUGH)) == {Place(2, 2)}
    assert changed_places(document, dataclasses.replace(document, layers=(wide,))) == {Place(2, 2)}
    assert changed_places(document, dataclasses.replace(document, active=wide.id, guides=())) == set()
    assert changed_places(document, dataclasses.replace(document, size=Size(9, 9))) is None
    hidden = changed(document, wide, visible=False)
    assert changed_places(hidden, changed(hidden, wide, tiles=dab)) == set()
    mask = store.masked(store.masked(FULL, Rect(0, 0, 2048, 2048), ones(2048)), Rect(300, 0, 9, 9), ones(9) // 2)
    masked = changed(document, wide, mask=FULL)
    assert changed_places(masked, changed(masked, wide, mask=mask)) == {Place(1, 0)}


def test_a_blur_above_carries_a_change_as_far_as_it_looks() -> None:
    store = TileStore(MemoryBlobs())
    wide, blur = flat(store, Rect(0, 0, 1024, 1024)), AdjustmentLayer(adjustment=Blur(radius=5.0))
    document = Document(size=Size(1024, 1024), layers=(wide, blur))
    dab = store.painted(wide.tiles, Rect(10, 10, 5, 5), np.full((5, 5, 4), 99, np.uint8))
    found = changed_places(document, changed(document, wide, tiles=dab))
    assert found is not None
    assert {Place(0, 0), Place(1, 0), Place(0, 1), Place(1, 1)} <= found
    assert Place(2, 0) not in found
    assert changed_places(document, changed(document, blur, adjustment=Blur(radius=6.0))) == set(wide.tiles)


def test_an_adjustment_shows_where_there_are_pixels_under_it_and_its_mask_lets_it() -> None:
    store = TileStore(MemoryBlobs())
    low, high = flat(store, Rect(0, 0, 300, 10)), flat(store, Rect(0, 600, 10, 10))
    tint = AdjustmentLayer(adjustment=HueSaturation(hue=10))
    turned: dict[str, object] = {"adjustment": HueSaturation(hue=20)}

    def places(document: Document, **fields: object) -> set[Place] | None:
        return changed_places(document, changed(document, tint, **fields))

    between = Document(size=Size(1024, 1024), layers=(low, tint, high))
    assert places(between, **turned) == {Place(0, 0), Place(1, 0)}, "not what lies above"
    assert places(between, visible=False) == places(between, opacity=0.3) == {Place(0, 0), Place(1, 0)}
    assert changed_places(between, between.replaced(tint.id, lambda _: None)) == {Place(0, 0), Place(1, 0)}
    mask = store.masked(Mask(), Rect(300, 0, 9, 9), ones(9))
    masked = changed(between, tint, mask=mask)
    assert places(masked, **turned) == {Place(1, 0)}
    for mode, seen in ((BlendMode.NORMAL, {Place(0, 2)}), (BlendMode.PASS_THROUGH, {*low.tiles, *high.tiles})):
        group = GroupLayer(children=(high, tint), mode=mode)
        assert places(Document(size=Size(1024, 1024), layers=(low, group)), **turned) == seen


def test_what_a_layer_is_clipped_to_is_drawn_in_another_way_with_it() -> None:
    """A group passes through only while nothing that shows is clipped to it."""
    store = TileStore(MemoryBlobs())
    group = GroupLayer(children=(flat(store, Rect(0, 0, 600, 10)),), mode=BlendMode.PASS_THROUGH)
    small = flat(store, Rect(0, 0, 10, 10))
    document = Document(size=Size(1024, 1024), layers=(flat(store, Rect(0, 0, 600, 600)), group, small))
    clipped = changed(document, small, clipped=True)
    whole = {Place(0, 0), Place(1, 0), Place(2, 0)}
    assert changed_places(document, clipped) == whole
    assert changed_places(clipped, changed(clipped, small, visible=False)) == whole
    assert changed_places(clipped, clipped.replaced(small.id, lambda _: None)) == whole
    assert changed_places(document, document.replaced(small.id, lambda _: None)) == {Place(0, 0)}
