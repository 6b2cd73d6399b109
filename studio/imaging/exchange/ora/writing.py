"""Documents as OpenRaster files."""

import dataclasses
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np

from studio.domain.document.blending import FOREIGN, BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import (
    AdjustmentLayer,
    GroupLayer,
    ImageLayer,
    Layer,
    Mask,
    MaskLayer,
    PaintLayer,
)
from studio.domain.geometry import Rect
from studio.imaging.blend import faded, straight
from studio.imaging.compose import Compositor
from studio.imaging.composing.units import image_bounds
from studio.imaging.exchange.bands import content_of
from studio.imaging.exchange.ora import names
from studio.imaging.exchange.ora.members import NOWHERE, Draw, Members
from studio.imaging.exchange.ora.names import NAMESPACE, PREFIX, VERSION
from studio.imaging.exchange.values import Notices, Saving
from studio.imaging.tiles import Pixels, TileStore

Layers = tuple[Layer, ...]
_ATOP = "svg:src-atop"


def write(file: BinaryIO, path: Path, document: Document, store: TileStore, saving: Saving, notices: Notices) -> None:
    """Write an OpenRaster file. Raises OSError, and StudioError (INPUT) for what is too large for the format."""
    with Members(path, file, store) as members:
        _Writer(document, store, members, notices).written()


class _Writer:
    def __init__(self, document: Document, store: TileStore, members: Members, notices: Notices) -> None:
        self._document, self._store, self._members, self._notices = document, store, members, notices
        self._compositor = Compositor(store)

    def written(self) -> None:
        document = self._document
        size = document.size
        image = Element("image", version=VERSION, w=str(size.width), h=str(size.height), xres="72", yres="72")
        image.set("xmlns:safelight", NAMESPACE)
        frame = document.frame
        _set(image, active=document.active, frame=names.joined((frame.x, frame.y, frame.width, frame.height)))
        if document.guides:
            _set(image, guides=names.guides_text(document.guides))
        stack = ElementTree.SubElement(image, "stack")
        stack.extend(reversed(self._stack(document.layers, ())))
        if document.selection is not None:
            self._set_mask(ElementTree.SubElement(image, f"{PREFIX}selection"), document.selection)
        text: bytes = ElementTree.tostring(image, "UTF-8", xml_declaration=True)
        self._members.text("stack.xml", text)
        self._members.merged(size, lambda band: self._compositor.render(document, band))

    def _stack(self, layers: Layers, below: Layers) -> list[Element]:
        """The elements of a stack, the lowest first; `below` is what a pass-through group's children meet."""
        runs = dict(_runs(layers))
        found: list[Element] = []
        number = 0
        while number < len(layers):
            end = runs.get(number, number + 1)
            under = below + layers[:number]
            if number in runs:
                found += self._run(layers[number:end], under)
            else:
                found.append(self._element(layers[number], under))
            number = end
        return found

    def _run(self, layers: Layers, below: Layers) -> list[Element]:
        """A layer and those clipped to it."""
        base, clipped = layers[0], layers[1:]
        if isinstance(base, AdjustmentLayer):
            return [self._adjusted(base, below, clipped), *(self._hidden(layer) for layer in clipped)]
        wrapper = Element("stack", {"isolation": "isolate"})
        _set_plain(wrapper, base)
        if base.mode is BlendMode.PASS_THROUGH:
            wrapper.set("composite-op", FOREIGN[BlendMode.NORMAL].openraster)
        _set(wrapper, clip="true")
        self._notices.add(
            "Other programs show these layers with the ones clipped to them as a group.",
            "OpenRaster knows no clipping.",
            base.name,
        )
        shape = dataclasses.replace(base, opacity=1.0, visible=True, clipped=False, mode=BlendMode.NORMAL)
        lowest = self._element(shape, ())
        _set(lowest, mode=base.mode.value, opacity=repr(base.opacity), visibility=_visibility(base))
        parts = [lowest]
        for number, layer in enumerate(clipped):
            parts.append(self._clipped(layer, shape, clipped[:number]))
        wrapper.extend(reversed(parts))
        return [wrapper]

    def _clipped(self, layer: Layer, base: Layer, before: Layers) -> Element:
        """A layer cut to the shape of its base."""
        if isinstance(layer, MaskLayer):
            return self._element(layer, ())
        if isinstance(layer, AdjustmentLayer):
            return self._adjusted(layer, (base, *before), (), clipped=True)
        atop = layer.mode is BlendMode.NORMAL
        alone = dataclasses.replace(layer, opacity=1.0)

        def draw(band: Rect) -> Pixels:
            shape = self._compositor.layer_pixels(base, band)[..., 3]
            if atop:
                shape = (shape > 0) * np.uint8(255)
            return faded(self._compositor.layer_pixels(alone, band), 1.0, shape)

        element = self._plain(layer, self._reach(layer), draw, baked=True)
        if atop:
            element.set("composite-op", _ATOP)
        return element

    def _element(self, layer: Layer, below: Layers) -> Element:
        if isinstance(layer, MaskLayer):
            return self._mask_layer(layer)
        if isinstance(layer, AdjustmentLayer):
            return self._adjusted(layer, below, ())
        masked = layer.mask is not None and layer.mask_enabled
        if isinstance(layer, GroupLayer):
            return self._flat(layer, below) if masked else self._group(layer, below)
        if masked or isinstance(layer, ImageLayer):
            alone = dataclasses.replace(layer, opacity=1.0)
            return self._plain(layer, self._reach(layer), lambda band: self._compositor.layer_pixels(alone, band), True)
        assert isinstance(layer, PaintLayer)
        return self._plain(layer, self._reach(layer), lambda band: self._store.paint(layer.tiles, band), False)

    def _plain(self, layer: Layer, rect: Rect, draw: Draw, baked: bool) -> Element:
        """A layer's picture as others are to see it; if that is not its own, its own beside it."""
        element = Element("layer")
        self._set_seen(element, layer)
        name, checksum = self._members.drawn(rect, draw)
        element.attrib.update(src=name, x=str(rect.x), y=str(rect.y))
        _set(element, crc=f"{checksum:08x}")
        if isinstance(layer, GroupLayer):
            nested = ElementTree.SubElement(element, f"{PREFIX}stack")
            nested.extend(reversed(self._stack(layer.children, ())))
            _set(element, expanded="true" if layer.expanded else "false")
        elif isinstance(layer, AdjustmentLayer):
            _set(element, adjustment=names.adjustment_text(layer.adjustment))
        elif baked and isinstance(layer, PaintLayer | ImageLayer):
            self._set_source(element, layer)
        return element

    def _set_source(self, element: Element, layer: PaintLayer | ImageLayer) -> None:
        name, place = self._members.tiles(layer.tiles) if layer.tiles else ("", NOWHERE)
        _set(element, source=name)
        _set(element, **{"source-at": f"{place.x} {place.y}"})
        if isinstance(layer, ImageLayer):
            _set(element, size=f"{layer.width} {layer.height}", matrix=names.joined(layer.matrix))

    def _group(self, group: GroupLayer, below: Layers) -> Element:
        element = Element("stack")
        self._set_seen(element, group)
        passes = group.mode is BlendMode.PASS_THROUGH
        element.set("isolation", "auto" if passes else "isolate")
        if passes:
            element.set("composite-op", FOREIGN[BlendMode.NORMAL].openraster)
        _set(element, expanded="true" if group.expanded else "false")
        element.extend(reversed(self._stack(group.children, below if passes else ())))
        return element

    def _flat(self, group: GroupLayer, below: Layers) -> Element:
        """A group with a mask: its picture to others, its layers to us."""
        self._notices.add(
            "Other programs show these groups as one layer each.", "OpenRaster knows no masks of groups.", group.name
        )
        if group.mode is not BlendMode.PASS_THROUGH:
            alone = dataclasses.replace(group, opacity=1.0)
            return self._plain(group, self._reach(group), lambda band: self._compositor.layer_pixels(alone, band), True)
        bare = dataclasses.replace(group, opacity=1.0, mask=None, visible=True)

        def draw(band: Rect) -> Pixels:
            after = self._compositor.render_layers((*below, bare), band)
            return faded(after, 1.0, self._mask_values(group, band))

        element = self._plain(group, self._document.rect, draw, True)
        element.set("composite-op", FOREIGN[BlendMode.NORMAL].openraster)
        return element

    def _adjusted(self, layer: AdjustmentLayer, below: Layers, above: Layers, clipped: bool = False) -> Element:
        """The picture that an adjustment, and what is clipped to it, makes of what lies below, where its mask shows."""
        self._notices.add(
            "Other programs show these adjustments as pictures of their result.",
            "OpenRaster knows no adjustments.",
            layer.name,
        )
        bare = dataclasses.replace(layer, opacity=1.0, mask=None, visible=True, clipped=clipped)

        def draw(band: Rect) -> Pixels:
            colours = straight(self._compositor.render_layers((*below, bare, *above), band))
            colours[..., 3] = (colours[..., 3] > 0) * np.uint8(255)
            return faded(colours, 1.0, self._mask_values(layer, band))

        element = self._plain(layer, self._document.rect, draw, True)
        element.set("composite-op", _ATOP)
        return element

    def _hidden(self, layer: Layer) -> Element:
        """A layer that another's picture shows already."""
        element = self._element(layer, ())
        if not isinstance(layer, MaskLayer):
            element.set("visibility", "hidden")
        return element

    def _mask_layer(self, layer: MaskLayer) -> Element:
        element = Element(f"{PREFIX}mask-layer")
        self._set_seen(element, layer)
        self._set_mask(element, layer.content, "content")
        _set(element, tint=names.joined(layer.tint))
        return element

    def _set_seen(self, element: Element, layer: Layer) -> None:
        """What OpenRaster has, and of the same things what only we need."""
        _set_plain(element, layer)
        if layer.locked:
            element.set("edit-locked", "true")
        if layer.id == self._document.active:
            element.set("selected", "true")
        _set(element, id=layer.id, mode=layer.mode.value, visibility=_visibility(layer))
        if names.printable(layer.name) != layer.name:
            _set(element, name=names.escaped(layer.name))
        if layer.clipped:
            _set(element, clipped="true")
        if layer.mask is not None:
            self._set_mask(element, layer.mask)
        if not layer.mask_enabled:
            _set(element, **{"mask-disabled": "true"})

    def _set_mask(self, element: Element, mask: Mask, key: str = "mask") -> None:
        name, place = self._members.mask(mask)
        _set(element, **{f"{key}-outside": str(mask.outside)})
        if name:
            _set(element, **{key: name, f"{key}-at": f"{place.x} {place.y}"})

    def _mask_values(self, layer: Layer, band: Rect) -> Pixels | None:
        if layer.mask is None or not layer.mask_enabled:
            return None
        return self._store.mask(layer.mask, band)

    def _reach(self, layer: Layer) -> Rect:
        """Where a layer may have pixels: its own, or of what is drawn, the canvas."""
        if isinstance(layer, PaintLayer):
            found = content_of(self._store, layer.tiles)
        elif isinstance(layer, ImageLayer):
            bounds = image_bounds(layer)
            found = self._document.rect if bounds is None else bounds.intersected(self._document.rect)
        else:
            found = self._document.rect
        return NOWHERE if found.empty else found


def _runs(layers: Layers) -> list[tuple[int, int]]:
    """Where layers with others clipped to them begin and end; mask layers in between belong to them."""
    found: list[tuple[int, int]] = []
    base: int | None = None
    for number, layer in enumerate(layers):
        if isinstance(layer, MaskLayer):
            continue
        if not layer.clipped:
            base = number
        elif base is not None:
            if found and found[-1][0] == base:
                found.pop()
            found.append((base, number + 1))
    return found


def _visibility(layer: Layer) -> str:
    return "visible" if layer.visible else "hidden"


def _set_plain(element: Element, layer: Layer) -> None:
    """Name, opacity, visibility and mode."""
    element.set("name", names.printable(layer.name))
    element.set("opacity", repr(layer.opacity))
    element.set("visibility", _visibility(layer))
    element.set("composite-op", FOREIGN[layer.mode].openraster)


def _set(element: Element, **values: str) -> None:
    """Set attributes of our own."""
    element.attrib.update({f"{PREFIX}{name}": value for name, value in values.items()})
