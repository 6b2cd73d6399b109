"""Edits of a document: each takes one and returns another.

Raised by all of them is StudioError (INPUT), for what cannot be done: a layer that is not there, or one that is locked.
What changes nothing returns the very same document.
"""

import dataclasses
import math
from collections.abc import Callable, Iterable
from typing import Any

from studio.domain.document.blending import BlendMode
from studio.domain.document.document import MAX_SIDE, Document, FrameRepair, Guide
from studio.domain.document.layers import GroupLayer, ImageLayer, Layer, Mask, MaskLayer, PaintLayer, new_id
from studio.domain.document.tiles import TileMap
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size
from studio.domain.treatment import Arrow

MAX_NAME = 200  # characters of a layer's name
MAX_DEPTH = 32  # groups inside groups
_PIXELS = {"tiles", "content", "matrix", "width", "height", "adjustment", "mask"}  # what a lock keeps as it is

Place = tuple[str, int]  # the id of a group ("" for none), and how many of its layers lie below


def insert(document: Document, layer: Layer, above: str | None = None) -> Document:
    """A new layer right above another, in the same group; on top of all if none is named. It becomes active."""
    taken = {each.id for each in document.walk()}
    if any(each.id in taken for each in _tree(layer)):
        raise _impossible("This layer is in the document already.", "Duplicate it to have it twice.")
    parent, index = ("", len(document.layers)) if above is None else place(document, above)
    return dataclasses.replace(_put(document, layer, parent, index + (above is not None)), active=layer.id)


def remove(document: Document, layer_id: str) -> Document:
    """Without a layer, and what is in it; the one below it (or above, or its group) becomes active if it was."""
    layer = found(document, layer_id)
    for each in _tree(layer):
        _require_unlocked(each)
    parent, index = place(document, layer_id)
    rest = [each.id for each in _children(document, parent) if each.id != layer_id]
    after = document.replaced(layer_id, lambda _: None)
    if document.active not in {each.id for each in _tree(layer)}:
        return after
    return dataclasses.replace(after, active=rest[max(0, index - 1)] if rest else parent)


def moved(document: Document, layer_id: str, parent_id: str, index: int) -> Document:
    """A layer moved into a group ("" for none), with `index` of its other layers below it (held within range)."""
    layer = found(document, layer_id)
    if parent_id and not isinstance(found(document, parent_id), GroupLayer):
        raise _impossible("Layers can only be put into groups.", "Make a group first.")
    if parent_id in {each.id for each in _tree(layer)}:
        raise _impossible("A group cannot be put into itself.", "Move it elsewhere.")
    if place(document, layer_id) == (parent_id, index):
        return document
    without = document.replaced(layer_id, lambda _: None)
    return _put(without, layer, parent_id, min(max(index, 0), len(_children(without, parent_id))))


def duplicated(document: Document, layer_id: str) -> Document:
    """A copy of a layer, and of what is in it, right above it; the copy becomes active."""
    layer = found(document, layer_id)
    copy = dataclasses.replace(renewed(layer), name=f"{layer.name} copy"[:MAX_NAME])
    return insert(document, copy, layer_id)


def grouped(document: Document, layer_ids: Iterable[str], name: str = "Group") -> Document:
    """Layers put into a new group, in their order, where the uppermost of them was; the group becomes active."""
    chosen = {found(document, layer_id).id for layer_id in layer_ids}
    inside = {each.id for layer_id in chosen for each in _tree(found(document, layer_id)) if each.id != layer_id}
    children = tuple(layer for layer in document.walk() if layer.id in chosen - inside)
    if not children:
        raise _impossible("There is nothing to group.", "Select layers first.")
    parent, index = place(document, children[-1].id)
    below = [each for each in _children(document, parent)[:index] if each not in children]
    group = GroupLayer(name=name[:MAX_NAME], children=children)
    for child in children:
        document = document.replaced(child.id, lambda _: None)
    return dataclasses.replace(_put(document, group, parent, len(below)), active=group.id)


def ungrouped(document: Document, group_id: str) -> Document:
    """The layers of a group in its place. What the group itself did (its mask, opacity and mode) is gone; the layers of
    a hidden one are hidden.
    """
    group = found(document, group_id)
    if not isinstance(group, GroupLayer):
        raise _impossible("This layer is no group.", "Select a group.")
    _require_unlocked(group)
    parent, index = place(document, group_id)
    document = document.replaced(group_id, lambda _: None)
    for offset, child in enumerate(group.children):
        shown = child if group.visible else dataclasses.replace(child, visible=False)
        document = _put(document, shown, parent, index + offset)
    if document.active == group_id:
        document = dataclasses.replace(document, active=group.children[-1].id if group.children else parent)
    return document


def changed(document: Document, layer_id: str, **fields: Any) -> Document:
    """A layer with other values in some of its fields; not its id nor its children."""
    layer = found(document, layer_id)
    if layer.locked and fields.get("locked") is not False and _PIXELS & fields.keys():
        _require_unlocked(layer)
    after = dataclasses.replace(layer, **_checked(layer, fields))
    return document if after == layer else document.replaced(layer_id, lambda _: after)


def with_tiles(document: Document, layer_id: str, tiles: TileMap) -> Document:
    """A paint or image layer with other pixels, or a mask layer with other values."""
    layer = found(document, layer_id)
    if isinstance(layer, PaintLayer | ImageLayer):
        return changed(document, layer_id, tiles=tiles)
    if isinstance(layer, MaskLayer):
        return changed(document, layer_id, content=dataclasses.replace(layer.content, tiles=tiles))
    raise _impossible(f"“{layer.name}” has no pixels of its own.", "Select a paint layer, or add one.")


def with_mask(document: Document, layer_id: str, mask: Mask | None) -> Document:
    """A layer with another mask, or without one."""
    return changed(document, layer_id, mask=mask)


def with_selection(document: Document, selection: Mask | None) -> Document:
    """Another selection; None where nothing is selected."""
    return document if selection == document.selection else dataclasses.replace(document, selection=selection)


def with_active(document: Document, layer_id: str) -> Document:
    """Another active layer; "" for none."""
    if layer_id:
        found(document, layer_id)
    return document if layer_id == document.active else dataclasses.replace(document, active=layer_id)


def with_frame(document: Document, frame: Rect) -> Document:
    """Another generation frame."""
    if frame.empty:
        raise _impossible("The frame is empty.", "Draw it larger.", "frame")
    return document if frame == document.frame else dataclasses.replace(document, frame=frame)


def with_guides(document: Document, guides: Iterable[Guide]) -> Document:
    """Other guides."""
    after = tuple(guides)
    return document if after == document.guides else dataclasses.replace(document, guides=after)


Shift = Callable[[TileMap, int, int, int | None], TileMap]


def cropped(document: Document, rect: Rect, shifted: Shift) -> Document:
    """The canvas cut or widened to a rectangle of it, which may reach beyond; pixels outside stay and can be moved in.

    `shifted(tiles, dx, dy, outside)` moves the pixels of a paint layer (outside None), or of a mask with that value
    where it has no tile: `studio.imaging.shifting.Shifter` does it.
    """
    if rect.empty or rect.width > MAX_SIDE or rect.height > MAX_SIDE:
        raise _impossible(
            f"A canvas has 1 to {MAX_SIDE} pixels on each side, not {rect.width} × {rect.height}.",
            "Choose a size within that.",
            "size",
        )
    if rect == document.rect:
        return document
    dx, dy = -rect.x, -rect.y

    def mask(value: Mask | None) -> Mask | None:
        return None if value is None else Mask(shifted(value.tiles, dx, dy, value.outside), value.outside)

    def layer(value: Layer) -> Layer:
        value = dataclasses.replace(value, mask=mask(value.mask))
        if isinstance(value, PaintLayer):
            return dataclasses.replace(value, tiles=shifted(value.tiles, dx, dy, None))
        if isinstance(value, ImageLayer):
            return dataclasses.replace(value, matrix=_translated(value.matrix, dx, dy))
        if isinstance(value, MaskLayer):
            tiles = shifted(value.content.tiles, dx, dy, value.content.outside)
            return dataclasses.replace(value, content=Mask(tiles, value.content.outside))
        if isinstance(value, GroupLayer):
            return dataclasses.replace(value, children=tuple(map(layer, value.children)))
        return value

    guides = tuple(dataclasses.replace(each, at=each.at + (dx if each.vertical else dy)) for each in document.guides)
    return dataclasses.replace(
        document,
        size=rect.size,
        layers=tuple(map(layer, document.layers)),
        selection=mask(document.selection),
        frame=document.frame.moved(dx, dy),
        guides=guides,
        flow=tuple(_placed(arrow, document.size, rect) for arrow in document.flow),
        repair=_repair_moved(document.repair, dx, dy),
    )


def resized(document: Document, size: Size, across: float, down: float, shifted: Shift) -> Document:
    """The canvas with another size, nothing scaled. `across` and `down`, 0 to 1, say where the old one lies in it: 0 at
    the left or top, 0.5 in the middle. `shifted` as for `cropped`.
    """
    x, y = round((document.size.width - size.width) * across), round((document.size.height - size.height) * down)
    return cropped(document, Rect(x, y, size.width, size.height), shifted)


def found(document: Document, layer_id: str) -> Layer:
    """The layer with this id."""
    if (layer := document.find(layer_id)) is None:
        raise _impossible("That layer is no longer there.", "Select another one.")
    return layer


def renewed(layer: Layer) -> Layer:
    """A copy with ids of its own, as for a layer that comes twice into a document."""
    if isinstance(layer, GroupLayer):
        return dataclasses.replace(layer, id=new_id(), children=tuple(map(renewed, layer.children)))
    return dataclasses.replace(layer, id=new_id())


def place(document: Document, layer_id: str) -> Place:
    """Where a layer lies: the id of its group ("" for none), and how many of the group's layers lie below it."""
    for parent, children in [("", document.layers)] + [
        (group.id, group.children) for group in document.walk() if isinstance(group, GroupLayer)
    ]:
        for index, layer in enumerate(children):
            if layer.id == layer_id:
                return parent, index
    raise _impossible("That layer is no longer there.", "Select another one.")


def _put(document: Document, layer: Layer, parent_id: str, index: int) -> Document:
    if _depth_of(document, parent_id) + _height(layer) > MAX_DEPTH:
        raise _impossible(f"Groups can be nested {MAX_DEPTH} deep.", "Move the layer to an outer group.")

    def put(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
        return (*layers[:index], layer, *layers[index:])

    def into(group: Layer) -> Layer:
        assert isinstance(group, GroupLayer)
        return dataclasses.replace(group, children=put(group.children))

    if not parent_id:
        return dataclasses.replace(document, layers=put(document.layers))
    return document.replaced(parent_id, into)


def _children(document: Document, parent_id: str) -> tuple[Layer, ...]:
    if not parent_id:
        return document.layers
    group = found(document, parent_id)
    return group.children if isinstance(group, GroupLayer) else ()


def _tree(layer: Layer) -> list[Layer]:
    """A layer and all that is in it."""
    children = layer.children if isinstance(layer, GroupLayer) else ()
    return [layer, *(each for child in children for each in _tree(child))]


def _height(layer: Layer) -> int:
    """How many groups lie in each other here."""
    return 1 + max(map(_height, layer.children), default=0) if isinstance(layer, GroupLayer) else 0


def _depth_of(document: Document, parent_id: str) -> int:
    depth = 0
    while parent_id:
        parent_id, depth = place(document, parent_id)[0], depth + 1
    return depth


def _checked(layer: Layer, fields: dict[str, Any]) -> dict[str, Any]:
    if {"id", "children"} & fields.keys():
        raise TypeError("ids and children are changed by other edits")
    opacity = fields.get("opacity", layer.opacity)
    if not (math.isfinite(opacity) and 0 <= opacity <= 1):
        raise _impossible("Opacity lies between 0 and 100 %.", "Choose a value within that.", "opacity")
    if fields.get("mode") is BlendMode.PASS_THROUGH and not isinstance(layer, GroupLayer):
        raise _impossible("Only groups can pass through.", "Choose another mode.", "mode")
    return {**fields, "name": fields["name"].strip()[:MAX_NAME]} if "name" in fields else fields


def _translated(matrix: tuple[float, ...], dx: float, dy: float) -> tuple[float, ...]:
    """The matrix followed by a move: rows of perspective included."""
    a, b, c, d, e, f, g, h, i = matrix
    return (a + dx * g, b + dx * h, c + dx * i, d + dy * g, e + dy * h, f + dy * i, g, h, i)


def _placed(arrow: Arrow, size: Size, rect: Rect) -> Arrow:
    """An arrow on a canvas of `size`, where it was seen, as an arrow on a rectangle of that canvas."""
    across, down = size.width / rect.width, size.height / rect.height
    x, y = arrow.x * across - rect.x / rect.width, arrow.y * down - rect.y / rect.height
    return Arrow(x, y, arrow.dx * across, arrow.dy * down)


def _repair_moved(repair: FrameRepair | None, dx: int, dy: int) -> FrameRepair | None:
    if repair is None:
        return None
    return dataclasses.replace(repair, rect=repair.rect.moved(dx, dy), frame=repair.frame.moved(dx, dy))


def _require_unlocked(layer: Layer) -> None:
    if layer.locked:
        raise _impossible(f"The layer “{layer.name}” is locked.", "Unlock it in the layer list to change it.")


def _impossible(message: str, hint: str, field: str = "") -> StudioError:
    return StudioError(ErrorKind.INPUT, message, hint, field)
