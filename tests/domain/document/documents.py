"""Documents of all kinds, for tests that search."""

import dataclasses
import itertools
import string
from collections.abc import Iterator

from hypothesis import strategies as st

from studio.domain.document import adjustments as adjust
from studio.domain.document.blending import BlendMode
from studio.domain.document.document import MAX_SIDE, Document, FrameRepair, Guide
from studio.domain.document.layers import (
    AdjustmentLayer,
    GroupLayer,
    ImageLayer,
    Layer,
    Mask,
    MaskLayer,
    PaintLayer,
)
from studio.domain.document.tiles import EMPTY, Place
from studio.domain.geometry import Rect, Size
from studio.domain.treatment import Arrow

digests = st.text("0123456789abcdef", min_size=64, max_size=64)
places = st.builds(Place, st.integers(-300, 300), st.integers(-300, 300))
tile_maps = st.dictionaries(places, digests, max_size=6).map(EMPTY.edited)
masks = st.builds(Mask, tile_maps, st.integers(0, 255))
numbers = st.floats(-100, 100)
units = st.floats(0, 1)
points = st.lists(st.builds(adjust.CurvePoint, units, units), max_size=4).map(tuple)
balances = st.builds(adjust.Balance, numbers, numbers, numbers)
adjustments = (
    st.builds(adjust.Levels, units, units, numbers, units, units)
    | st.builds(adjust.Curves, points, points, points, points)
    | st.builds(adjust.HueSaturation, numbers, numbers, numbers, st.booleans())
    | st.builds(adjust.ColorBalance, balances, balances, balances, st.booleans())
    | st.builds(adjust.Blur, numbers)
    | st.builds(adjust.Sharpen, numbers, numbers, units)
)
common = {
    "id": st.just(""),  # given in `numbered`: random ones would make a failure one that cannot be told again
    "name": st.text(max_size=5) | st.text(string.printable, max_size=5) | st.just("\ud800"),
    "opacity": units,
    "mode": st.sampled_from(BlendMode),
    "visible": st.booleans(),
    "locked": st.booleans(),
    "clipped": st.booleans(),
    "mask": st.none() | masks,
    "mask_enabled": st.booleans(),
}
sides = st.integers(0, 5000)
leaves: st.SearchStrategy[Layer] = (
    st.builds(PaintLayer, tiles=tile_maps, **common)
    | st.builds(ImageLayer, tiles=tile_maps, width=sides, height=sides, matrix=st.tuples(*[numbers] * 9), **common)
    | st.builds(MaskLayer, content=masks, tint=st.tuples(*[st.integers(0, 255)] * 3), **common)
    | st.builds(AdjustmentLayer, adjustment=adjustments, **common)
)
layers = st.recursive(
    leaves,
    lambda inner: st.builds(
        GroupLayer, children=st.lists(inner, max_size=3).map(tuple), expanded=st.booleans(), **common
    ),
    max_leaves=6,
)


def numbered(layers: tuple[Layer, ...], ids: Iterator[int]) -> tuple[Layer, ...]:
    """The layers with ids that no other has."""
    found: list[Layer] = []
    for layer in layers:
        if isinstance(layer, GroupLayer):
            layer = dataclasses.replace(layer, children=numbered(layer.children, ids))
        found.append(dataclasses.replace(layer, id=f"{next(ids):032x}"))
    return tuple(found)


frames = st.builds(Rect, st.integers(-999, 999), st.integers(-999, 999), sides, sides)
documents = st.builds(
    Document,
    size=st.builds(Size, st.integers(1, MAX_SIDE), st.integers(1, MAX_SIDE)),
    layers=st.lists(layers, max_size=4).map(lambda found: numbered(tuple(found), itertools.count())),
    selection=st.none() | masks,
    active=st.text(max_size=4),
    frame=frames,
    guides=st.lists(st.builds(Guide, numbers, st.booleans()), max_size=3).map(tuple),
    flow=st.lists(st.builds(Arrow, numbers, numbers, numbers, numbers), max_size=3).map(tuple),
    repair=st.none()
    | st.builds(FrameRepair, st.text(max_size=3), st.text(max_size=3), sides, st.text(max_size=3), frames),
)
