"""What has to be drawn again after an edit: the places whose picture may differ between two versions of a document.

The cost grows with what was edited: layers that both versions share are not looked at.
"""

import dataclasses
from collections.abc import Iterable
from typing import Any

from studio.domain.document.adjustments import reach
from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import AdjustmentLayer, GroupLayer, ImageLayer, Layer, Mask, MaskLayer, PaintLayer
from studio.domain.document.tiles import TILE, Place, TileMap, places_in
from studio.imaging.composing.units import SOFT_EDGE, active_mask, image_bounds, shows

Places = set[Place] | None  # None: everywhere
Layers = tuple[Layer, ...]


def changed_places(before: Document, after: Document) -> Places:
    """The tiles of the picture that an edit may have changed; None for all of them.

    May name a place too many, never one too few.
    """
    if before.size != after.size:
        return None
    return _of_stack(before.layers, after.layers)


def painted_places(layers: Iterable[Layer]) -> set[Place]:
    """The tiles in which visible layers have pixels of their own."""
    found: set[Place] = set()
    for layer in filter(shows, layers):
        if isinstance(layer, PaintLayer):
            found |= set(layer.tiles)
        elif isinstance(layer, ImageLayer):
            touched = image_bounds(layer)
            found |= set() if touched.empty else set(places_in(touched.grown(SOFT_EDGE)))
        elif isinstance(layer, GroupLayer):
            found |= painted_places(layer.children)
    return found


def _of_stack(before: Layers, after: Layers) -> Places:
    if before is after:
        return set()
    if [layer.id for layer in before] != [layer.id for layer in after]:
        return _of_rearranged(before, after)
    found: Places = set()
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        if old is not new:
            found = _both(found, _of_layer(old, new))
            if _binds(old) != _binds(new):
                found = _both(found, *map(_extent, (*_run(before, number + 1), *_run(after, number + 1))))
        found = _spread(found, max(_reach(old), _reach(new)))
    return found


def _of_rearranged(before: Layers, after: Layers) -> Places:
    """Layers were added, removed or moved: what lies between the parts that stayed, with what is clipped to it."""
    start, shortest = 0, min(len(before), len(after))
    while start < shortest and before[start] is after[start]:
        start += 1
    end = 0
    while end < shortest - start and before[-1 - end] is after[-1 - end]:
        end += 1
    above = before[len(before) - end :]
    touched = (*before[start : len(before) - end], *after[start : len(after) - end], *_run(above, 0))
    found = _both(set(), *map(_extent, touched))
    return _spread(found, sum(map(_reach, above)) + sum(map(_reach, touched)))


def _of_layer(old: Layer, new: Layer) -> Places:
    """Where one layer differs between two versions."""
    if not shows(old) and not shows(new):
        return set()
    if type(old) is not type(new) or _without_content(old) != _without_content(new):
        return _both(_extent(old), _extent(new))
    found = _of_masks(old, new)
    if isinstance(old, ImageLayer) and isinstance(new, ImageLayer) and old.tiles is not new.tiles:
        found = _both(found, _extent(old), _extent(new))
    if isinstance(old, PaintLayer) and isinstance(new, PaintLayer):
        found = _both(found, new.tiles.changed_since(old.tiles))
    if isinstance(old, GroupLayer) and isinstance(new, GroupLayer):
        found = _both(found, _of_stack(old.children, new.children))
    return found


def _without_content(layer: Layer) -> Layer:
    """The layer reduced to what changes it everywhere at once."""
    mask = active_mask(layer)
    same: dict[str, Any] = {"name": "", "locked": False, "mask_enabled": True}
    if isinstance(layer, PaintLayer | ImageLayer):
        same["tiles"] = TileMap()
    if isinstance(layer, GroupLayer):
        same |= {"children": (), "expanded": True}
    return dataclasses.replace(layer, **same, mask=None if mask is None else Mask(outside=mask.outside))


def _of_masks(old: Layer, new: Layer) -> Places:
    one, other = active_mask(old), active_mask(new)
    if one is other or one is None or other is None:  # one of them being None shows in `_without_content`
        return set()
    return other.tiles.changed_since(one.tiles)


def _extent(layer: Layer) -> Places:
    """Where a layer may show."""
    if not shows(layer) or isinstance(layer, MaskLayer):
        return set()
    mask = active_mask(layer)
    if mask is not None and not mask.outside and not isinstance(layer, PaintLayer):
        return set(mask.tiles)
    if isinstance(layer, GroupLayer) and layer.mode is BlendMode.PASS_THROUGH:
        return _both(set(), *map(_extent, layer.children))
    # Adjustments change what lies under them, which in a group of its own is nothing but the group.
    return None if isinstance(layer, AdjustmentLayer) else painted_places((layer,))


def _reach(layer: Layer) -> int:
    """How far a layer carries what changes under it, or inside it."""
    if not shows(layer):
        return 0
    if isinstance(layer, AdjustmentLayer):
        return reach(layer.adjustment)
    if isinstance(layer, GroupLayer) and layer.mode is BlendMode.PASS_THROUGH:
        return sum(map(_reach, layer.children))
    return 0


def _binds(layer: Layer) -> tuple[bool, bool]:
    """What decides which layers above are clipped to it, and whether they show."""
    return (layer.clipped, shows(layer))


def _run(layers: Layers, start: int) -> Layers:
    """The clipped layers from here on."""
    end = start
    while end < len(layers) and (layers[end].clipped or isinstance(layers[end], MaskLayer)):
        end += 1
    return layers[start:end]


def _both(*parts: Places) -> Places:
    found: set[Place] = set()
    for part in parts:
        if part is None:
            return None
        found |= part
    return found


def _spread(places: Places, margin: int) -> Places:
    """The places within `margin` pixels of these."""
    if not places or not margin:
        return places
    tiles = -(-margin // TILE)
    return {
        Place(column, row)
        for place in places
        for column in range(place.column - tiles, place.column + tiles + 1)
        for row in range(place.row - tiles, place.row + tiles + 1)
    }
