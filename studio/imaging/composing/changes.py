"""What has to be drawn again after an edit: the places whose picture may differ between two versions of a document.

The cost grows with what was edited: layers that both versions share are not looked at.
"""

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from studio.domain.document.adjustments import reach
from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import AdjustmentLayer, GroupLayer, ImageLayer, Layer, Mask, MaskLayer, PaintLayer
from studio.domain.document.tiles import TILE, Place, TileMap, places_in
from studio.imaging.composing.units import SOFT_EDGE, active_mask, image_bounds, shows

Places = set[Place]
Layers = tuple[Layer, ...]


def changed_places(before: Document, after: Document) -> Places | None:
    """The tiles of the picture that an edit may have changed; None for all of them.

    May name a place too many, never one too few.
    """
    if before.size != after.size:
        return None
    return _of_stack(_Stack(before.layers, set), _Stack(after.layers, set))


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


@dataclass(frozen=True, slots=True)
class _Stack:
    """Layers of one of the two versions, and where there may be pixels under all of them."""

    layers: Layers
    ground: Callable[[], Places]

    def under(self, number: int) -> Places:
        """Where there may be pixels under a layer."""
        return self.ground() | painted_places(self.layers[:number])

    def inside(self, number: int) -> "_Stack":
        """The children of a group."""
        group = self.layers[number]
        assert isinstance(group, GroupLayer)
        through = group.mode is BlendMode.PASS_THROUGH
        return _Stack(group.children, (lambda: self.under(number)) if through else set)

    def extent(self, number: int) -> Places:
        """Where a layer may show."""
        layer = self.layers[number]
        if not shows(layer) or isinstance(layer, MaskLayer):
            return set()
        if isinstance(layer, AdjustmentLayer):
            found = self.under(number)  # it leaves alpha as it is, and with it what is clear
        elif isinstance(layer, GroupLayer) and layer.mode is BlendMode.PASS_THROUGH:
            children = self.inside(number)
            found = children.extents(range(len(children.layers)))
        else:
            found = painted_places((layer,))
        mask = active_mask(layer)
        return found if mask is None or mask.outside else found & mask.tiles.keys()

    def extents(self, numbers: Iterable[int]) -> Places:
        """Where some of the layers may show."""
        return set[Place]().union(*map(self.extent, numbers))

    def bound(self, number: int) -> Places:
        """Where those layers may show that are drawn in another way when a layer begins or ends to show or to be
        clipped: what is clipped above it, and, of a clipped layer, its base."""
        found = self.extents(self.run(number + 1))
        return found | self.extents(self.base(number)) if self.layers[number].clipped else found

    def run(self, start: int) -> range:
        """The clipped layers from here on."""
        end = start
        while end < len(self.layers) and _hangs(self.layers[end]):
            end += 1
        return range(start, end)

    def base(self, number: int) -> range:
        """What a clipped layer at this place is clipped to; it may be a group that passes through only without it."""
        base = number - 1
        while base >= 0 and _hangs(self.layers[base]):
            base -= 1
        return range(max(0, base), base + 1)


def _of_stack(before: _Stack, after: _Stack) -> Places:
    if before.layers is after.layers:
        return set()
    if [layer.id for layer in before.layers] != [layer.id for layer in after.layers]:
        return _of_rearranged(before, after)
    found: Places = set()
    for number, (old, new) in enumerate(zip(before.layers, after.layers, strict=True)):
        found = _spread(found, max(_reach(old), _reach(new)))
        if old is not new:
            found |= _of_layer(before, after, number)
            if _binds(old) != _binds(new):
                found |= before.bound(number) | after.bound(number)
    return found


def _of_rearranged(before: _Stack, after: _Stack) -> Places:
    """Layers were added, removed or moved: what lies between the parts that stayed, with what is clipped to it."""
    start, shortest = 0, min(len(before.layers), len(after.layers))
    while start < shortest and before.layers[start] is after.layers[start]:
        start += 1
    end = 0
    while end < shortest - start and before.layers[-1 - end] is after.layers[-1 - end]:
        end += 1
    found, carried = set[Place](), 0
    for side in (before, after):
        first = len(side.layers) - end
        found |= side.extents((*range(start, first), *side.run(first)))
        if side.run(start):
            found |= side.extents(side.base(start))
        carried += sum(map(_reach, side.layers[start:first]))
    return _spread(found, carried + sum(map(_reach, before.layers[len(before.layers) - end :])))


def _of_layer(before: _Stack, after: _Stack, number: int) -> Places:
    """Where one layer differs between two versions."""
    old, new = before.layers[number], after.layers[number]
    if not shows(old) and not shows(new):
        return set()
    if type(old) is not type(new) or _without_content(old) != _without_content(new):
        return before.extent(number) | after.extent(number)
    found = _of_masks(old, new)
    if isinstance(old, ImageLayer) and isinstance(new, ImageLayer) and old.tiles is not new.tiles:
        found |= before.extent(number) | after.extent(number)
    if isinstance(old, PaintLayer) and isinstance(new, PaintLayer):
        found |= new.tiles.changed_since(old.tiles)
    if isinstance(old, GroupLayer) and isinstance(new, GroupLayer):
        found |= _of_stack(before.inside(number), after.inside(number))
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


def _hangs(layer: Layer) -> bool:
    """Whether a layer belongs to the run of clipped layers above a base."""
    return layer.clipped or isinstance(layer, MaskLayer)


def _spread(places: Places, margin: int) -> Places:
    """The places within `margin` pixels of these, along the rows first and then along the columns."""
    if not places or not margin:
        return places
    tiles = -(-margin // TILE)
    steps = range(-tiles, tiles + 1)
    rows = {Place(place.column + step, place.row) for place in places for step in steps}
    return {Place(place.column, place.row + step) for place in rows for step in steps}
