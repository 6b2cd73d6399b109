"""A stack of layers in the order of drawing, and what enters the picture at a place."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from studio.domain.document.blending import BlendMode
from studio.domain.document.layers import AdjustmentLayer, GroupLayer, ImageLayer, Layer, Mask, MaskLayer, PaintLayer
from studio.domain.document.tiles import TILE, TileMap, places_in
from studio.domain.errors import StudioError
from studio.domain.geometry import Rect
from studio.imaging.composing.levels import enlarged, reach_at, reduced
from studio.imaging.transforms import bounds

SOFT_EDGE = 2  # pixels that the resampling of a picture may colour beyond its outline


@dataclass(frozen=True, slots=True)
class Unit:
    """A layer that meets what lies under it, and the layers clipped to it, from the lowest to the uppermost."""

    base: Layer
    clipped: tuple[Layer, ...] = ()

    @property
    def passes_through(self) -> bool:
        """Whether it is a group whose children meet what lies under the group; a base of clipped layers never is."""
        return isinstance(self.base, GroupLayer) and self.base.mode is BlendMode.PASS_THROUGH and not self.clipped

    def margin(self, level: int) -> int:
        """How much further than its result it looks at what lies under it, in pixels of the level."""
        if isinstance(self.base, AdjustmentLayer):
            return reach_at(self.base.adjustment, level) + self.inner_margin(level)
        if self.passes_through:
            return margin_of(units_of(children_of(self.base)), level)
        return 0

    def inner_margin(self, level: int) -> int:
        """How much further the adjustments clipped to it look at it."""
        return sum(reach_at(layer.adjustment, level) for layer in self.clipped if isinstance(layer, AdjustmentLayer))

    @property
    def members(self) -> tuple[Layer, ...]:
        """The base and what is clipped to it."""
        return (self.base, *self.clipped)


Units = tuple[Unit, ...]


def units_of(layers: tuple[Layer, ...]) -> Units:
    """The visible layers of a stack; a pass-through group that changes nothing of its own is replaced by its children.

    A clipped layer without a base under it is drawn like any other, so that nothing that was painted disappears.
    """
    found: list[tuple[Layer, list[Layer]]] = []
    base: tuple[Layer, list[Layer]] | None = None
    for layer in layers:
        if isinstance(layer, MaskLayer):
            continue
        if layer.clipped and base is not None:
            if shows(layer) and layer is not base[0]:
                base[1].append(layer)
            continue
        entry: tuple[Layer, list[Layer]] = (layer, [])
        if not layer.clipped:
            base = entry
        if shows(layer):
            found.append(entry)
    units: list[Unit] = []
    for under, clipped in found:
        unit = Unit(under, tuple(clipped))
        if unit.passes_through and under.opacity >= 1 and active_mask(under) is None:
            units += units_of(children_of(under))
        else:
            units.append(unit)
    return tuple(units)


def shows(layer: Layer) -> bool:
    """Whether a layer takes part in the picture at all."""
    return layer.visible and layer.opacity > 0


def children_of(layer: Layer) -> tuple[Layer, ...]:
    """The layers of a group; none of any other."""
    return layer.children if isinstance(layer, GroupLayer) else ()


def active_mask(layer: Layer) -> Mask | None:
    """The mask that is in force."""
    return layer.mask if layer.mask_enabled else None


def margin_of(units: Iterable[Unit], level: int) -> int:
    """How much further than the result of a stack its lowest layer must be known."""
    return sum(unit.margin(level) for unit in units)


def holds(layer: Layer, layer_id: str) -> bool:
    """Whether this is the layer, or a group around it."""
    return layer.id == layer_id or any(holds(child, layer_id) for child in children_of(layer))


def entering(units: Units, rect: Rect, level: int) -> tuple[Hashable, ...]:
    """All that decides the pixels of a stack inside a rectangle, as a key; () where nothing is drawn.

    What does not reach the rectangle does not enter it, so that edits elsewhere leave the key as it is.
    """
    found: list[Hashable] = []
    for unit in reversed(units):
        key = _unit_key(unit, rect, level)
        if key is not None:
            found.append(key)
            rect = rect.grown(unit.margin(level))
    return tuple(reversed(found))


def draws_nothing(layer: Layer, rect: Rect, level: int) -> bool:
    """Whether a layer is empty inside a rectangle; some that are empty are not found out."""
    if isinstance(layer, PaintLayer):
        return all(layer.tiles.get(place) is None for place in places_in(enlarged(rect, level)))
    return _layer_key(layer, rect, level) is None


def _unit_key(unit: Unit, rect: Rect, level: int) -> Hashable | None:
    inner = unit.inner_margin(level)
    base = _layer_key(unit.base, rect.grown(max(inner, unit.margin(level))), level)
    if base is None or not unit.clipped:
        return base
    return (base, *(_layer_key(layer, rect.grown(inner), level) for layer in unit.clipped))


def _layer_key(layer: Layer, rect: Rect, level: int) -> Hashable | None:
    mask: Hashable = None
    if (active := active_mask(layer)) is not None:
        digests = _digests(active.tiles, rect, level)
        if digests is None and not active.outside:
            return None
        mask = (active.outside, digests)
    content = _content_key(layer, rect, level)
    if content is None:
        return None
    # Dissolve looks at where a pixel lies, not only at what it is.
    where = rect if layer.mode is BlendMode.DISSOLVE else None
    return (content, layer.mode, layer.opacity, mask, where)


def _content_key(layer: Layer, rect: Rect, level: int) -> Hashable | None:
    if isinstance(layer, PaintLayer):
        return _digests(layer.tiles, rect, level)
    if isinstance(layer, ImageLayer):
        touched = image_bounds(layer)
        if touched.empty or reduced(touched, level).grown(SOFT_EDGE).intersected(rect).empty:
            return None
        return (_Same(layer.tiles), layer.matrix, layer.width, layer.height, rect)
    if isinstance(layer, AdjustmentLayer):
        return (layer.adjustment, rect.size)
    return entering(units_of(children_of(layer)), rect, level) or None


def _digests(tiles: TileMap, rect: Rect, level: int) -> Hashable | None:
    """The tiles inside, and where they lie in it; None if there is none."""
    if not tiles:
        return None
    area = enlarged(rect, level)
    found = tuple(tiles.get(place) for place in places_in(area))
    return (area.x % TILE, area.y % TILE, area.width, area.height, found) if any(found) else None


class _Same:
    """A value in a key that is compared by identity, because comparing its content would cost more than it saves."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


def image_bounds(layer: ImageLayer) -> Rect:
    """The pixels of the document that a picture can touch; empty where its matrix is none that is drawn."""
    try:
        return bounds(layer)
    except StudioError:
        return Rect(0, 0, 0, 0)
