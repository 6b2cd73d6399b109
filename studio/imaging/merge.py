"""Layers made one: merged down, merged or flattened whole, and layers and masks turned into each other.

All functions take the document and give another; what they make looks the same, but for the rounding of 8 bits, or
they refuse.
"""

import dataclasses
from collections.abc import Callable, Iterable

import numpy as np

from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import AdjustmentLayer, GroupLayer, ImageLayer, Layer, Mask, MaskLayer, PaintLayer
from studio.domain.document.tiles import EMPTY, Place, TileMap, places_in
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect
from studio.imaging.blend import faded
from studio.imaging.compose import Compositor
from studio.imaging.composing.changes import painted_places
from studio.imaging.composing.units import shows
from studio.imaging.tiles import Pixels

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # ITU-R BT.709


def merged_down(compositor: Compositor, document: Document, layer_id: str) -> Document:
    """The layer and the one under it as one paint layer, which keeps the id and the name of the lower one.

    Raises StudioError (INPUT) where one layer cannot look as the two do.
    """
    parent, siblings, index = _home(document, layer_id)
    if index == 0:
        raise _refused("There is no layer under this one.", "Choose a layer with another one under it in its group.")
    lower, upper = siblings[index - 1], siblings[index]
    _require_plain(lower, upper)
    if index + 1 < len(siblings) and siblings[index + 1].clipped and not upper.clipped:
        raise _refused("Other layers are clipped to this one.", "Merge them into it first, the lowest one first.")
    mode, opacity, pair = BlendMode.NORMAL, 1.0, (lower, upper)
    if upper.clipped and not lower.clipped:
        # Both are drawn as one picture already, to which the lower one's mode and opacity apply.
        mode, opacity = _mode_with_clipped(lower), lower.opacity
        pair = (dataclasses.replace(lower, mode=BlendMode.NORMAL, opacity=1.0), upper)
    else:
        if upper.clipped:
            pair = (dataclasses.replace(lower, clipped=False), dataclasses.replace(upper, clipped=False))
        elif lower.clipped:
            raise _refused("The layer below is clipped, this one is not.", "Clip this layer too, or release the other.")
        alone = (parent is None or parent.mode is not BlendMode.PASS_THROUGH) and not upper.clipped
        lowest = alone and not any(shows(other) for other in siblings[: index - 1] if not isinstance(other, MaskLayer))
        if not lowest:
            _require_alike(compositor, *pair)
    merged = PaintLayer(
        id=lower.id, name=lower.name, mode=mode, opacity=opacity, clipped=lower.clipped,
        tiles=_drawn(compositor, pair, painted_places(pair)),
    )  # fmt: skip
    after = document.replaced(lower.id, lambda _: merged).replaced(layer_id, lambda _: None)
    return dataclasses.replace(after, active=lower.id)


def merged_group(compositor: Compositor, document: Document, layer_id: str) -> Document:
    """A group as one paint layer, with the group's mode, opacity and mask. Raises StudioError (INPUT)."""
    _, siblings, index = _home(document, layer_id)
    group = siblings[index]
    if not isinstance(group, GroupLayer):
        raise _refused("This layer is no group.", "Choose a group.")
    if group.mode is BlendMode.PASS_THROUGH:
        raise _refused(
            "The layers of this group meet what lies under the group, which one layer cannot.",
            "Set the group's mode to Normal first, and see whether you like how it looks.",
        )
    kept = {field.name: getattr(group, field.name) for field in dataclasses.fields(Layer)}
    tiles = _drawn(compositor, group.children, painted_places(group.children))
    return document.replaced(layer_id, lambda _: PaintLayer(**kept, tiles=tiles))


def merged_visible(compositor: Compositor, document: Document, name: str) -> Document:
    """The visible layers as one of this name, in the place of the lowest; hidden layers and masks stay."""
    gone = [layer for layer in document.layers if layer.visible and not isinstance(layer, MaskLayer)]
    if not gone:
        raise _refused("No layer is visible.", "Show the layers that you want to merge.")
    merged = PaintLayer(name=name, tiles=_drawn(compositor, document.layers, painted_places(gone)))
    left = [merged if layer is gone[0] else layer for layer in document.layers if layer is gone[0] or layer not in gone]
    return dataclasses.replace(document, layers=tuple(left), active=merged.id)


def flattened(compositor: Compositor, document: Document, name: str) -> Document:
    """The whole picture as one layer of this name; hidden layers are dropped, masks of their own stay."""
    masks = tuple(layer for layer in document.layers if isinstance(layer, MaskLayer))
    merged = PaintLayer(name=name, tiles=_drawn(compositor, document.layers, painted_places(document.layers)))
    return dataclasses.replace(document, layers=(merged, *masks), active=merged.id)


def mask_applied(compositor: Compositor, document: Document, layer_id: str) -> Document:
    """The layer's mask multiplied into its pixels and removed. Raises StudioError (INPUT)."""
    _, siblings, index = _home(document, layer_id)
    layer = siblings[index]
    mask, store = layer.mask, compositor.store
    if not isinstance(layer, PaintLayer) or mask is None:
        raise _refused("Only the mask of a paint layer can be applied.", "Choose a paint layer that has a mask.")
    _require_unlocked(layer)
    changes: dict[Place, str | None] = {}
    for place, digest in layer.tiles.items():
        pixels = faded(store.get(digest), 1.0, store.mask(mask, place.rect))
        changes[place] = store.put(pixels) if pixels.any() else None
    after = dataclasses.replace(layer, tiles=layer.tiles.edited(changes), mask=None, mask_enabled=True)
    return document.replaced(layer_id, lambda _: after)


def alpha_mask(compositor: Compositor, layer: Layer) -> Mask:
    """A mask that shows as much as the layer covers, with its mask and opacity."""
    return _mask_of(compositor, layer, lambda pixels: pixels[..., 3])


def luminance_mask(compositor: Compositor, layer: Layer) -> Mask:
    """A mask that shows as much as the layer is bright (luma of BT.709, times alpha)."""
    return _mask_of(compositor, layer, lambda pixels: np.rint(pixels[..., :3] @ _LUMA).astype(np.uint8))


def layer_of(compositor: Compositor, mask: Mask, area: Rect, colour: tuple[int, int, int], name: str) -> PaintLayer:
    """A layer of one colour that covers, inside an area, as much as the mask shows."""
    store, tiles = compositor.store, EMPTY
    for place in places_in(area):
        part = place.rect.intersected(area)
        solid = np.full((part.height, part.width, 4), (*colour, 255), np.uint8)
        tiles = store.painted(tiles, part, faded(solid, 1.0, store.mask(mask, part)))
    return PaintLayer(name=name, tiles=tiles)


def _mask_of(compositor: Compositor, layer: Layer, values: Callable[[Pixels], Pixels]) -> Mask:
    changes: dict[Place, str | None] = {}
    for place in painted_places((layer,)):
        found = values(compositor.layer_pixels(layer, place.rect))
        if found.any():
            changes[place] = compositor.store.put(np.ascontiguousarray(found))
    return Mask(EMPTY.edited(changes))


def _drawn(compositor: Compositor, layers: tuple[Layer, ...], places: Iterable[Place]) -> TileMap:
    changes: dict[Place, str | None] = {}
    for place in places:
        pixels = compositor.render_layers(layers, place.rect)
        if pixels.any():
            changes[place] = compositor.store.put(pixels)
    return EMPTY.edited(changes)


def _home(document: Document, layer_id: str) -> tuple[GroupLayer | None, tuple[Layer, ...], int]:
    """The group around a layer, the layers beside it, and its place among them. Raises StudioError (INPUT)."""
    groups: list[GroupLayer | None] = [layer for layer in document.walk() if isinstance(layer, GroupLayer)]
    for parent in (None, *groups):
        siblings = document.layers if parent is None else parent.children
        for index, layer in enumerate(siblings):
            if layer.id == layer_id:
                return parent, siblings, index
    raise _refused("The layer is not there any more.", "Choose another layer.")


def _mode_with_clipped(base: Layer) -> BlendMode:
    """How a base meets its backdrop: with layers clipped to it no group passes through."""
    return BlendMode.NORMAL if base.mode is BlendMode.PASS_THROUGH else base.mode


def _require_plain(lower: Layer, upper: Layer) -> None:
    for layer in (lower, upper):
        _require_unlocked(layer)
        if not shows(layer):
            raise _refused(f"“{layer.name}” is hidden, and merging would lose it.", "Show it, or delete it instead.")
        if isinstance(layer, MaskLayer):
            raise _refused("A mask of its own is no part of the picture.", "Choose two layers that show pixels.")
    if not isinstance(lower, PaintLayer | ImageLayer | GroupLayer):
        raise _refused("There are no pixels to merge into.", "Move the layer above one that has pixels.")


def _require_unlocked(layer: Layer) -> None:
    if layer.locked:
        raise _refused(f"“{layer.name}” is locked.", "Unlock it first.")


def _require_alike(compositor: Compositor, lower: Layer, upper: Layer) -> None:
    """Refuse where what lies further down would meet the merged layer in another way than the two."""
    if any(isinstance(layer, GroupLayer) and layer.mode is BlendMode.PASS_THROUGH for layer in (lower, upper)):
        raise _refused(
            "The layers of a group that passes through meet what lies under it, which one layer cannot.",
            "Set the group's mode to Normal first, and see whether you like how it looks.",
        )
    if isinstance(upper, AdjustmentLayer):
        raise _refused(
            "The adjustment acts on everything under it, not on the next layer alone.",
            "Clip it to the layer below, or merge the visible layers.",
        )
    if lower.mode is not BlendMode.NORMAL:
        raise _refused(
            f"The layer below is blended by “{lower.mode}” with what lies under it.",
            "Set its mode to Normal, or merge the two with everything under them.",
        )
    if upper.mode is not BlendMode.NORMAL and not _covered(compositor, lower, upper):
        raise _refused(
            f"This layer is blended by “{upper.mode}” with more than the layer below.",
            "Set its mode to Normal, clip it to the layer below, or merge it with everything under it.",
        )


def _covered(compositor: Compositor, lower: Layer, upper: Layer) -> bool:
    """Whether the lower layer is opaque wherever the upper one has pixels: then nothing else is met."""
    for place in painted_places((upper,)):
        above, below = (compositor.layer_pixels(layer, place.rect)[..., 3] for layer in (upper, lower))
        if (below[above > 0] < 255).any():
            return False
    return True


def _refused(message: str, hint: str) -> StudioError:
    return StudioError(ErrorKind.INPUT, message, hint, "layer")
