"""OpenRaster files as documents."""

import re
from pathlib import Path
from typing import IO, Any

from PIL import PngImagePlugin

from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import (
    IDENTITY,
    AdjustmentLayer,
    GroupLayer,
    ImageLayer,
    Layer,
    Mask,
    MaskLayer,
    PaintLayer,
    new_id,
)
from studio.domain.document.tiles import EMPTY, TileMap
from studio.domain.geometry import Rect, Size
from studio.imaging.exchange.bands import mask_of, tiles_of
from studio.imaging.exchange.colour import ToSrgb
from studio.imaging.exchange.errors import (
    LAYER_SIDE,
    MAX_DEPTH,
    MAX_LAYERS,
    MAX_PIXELS,
    refused,
    require_canvas,
    require_layer,
)
from studio.imaging.exchange.ora import names
from studio.imaging.exchange.ora.archive import Archive, Element
from studio.imaging.exchange.ora.names import PREFIX
from studio.imaging.exchange.png_rows import PngRows, Values
from studio.imaging.exchange.rows import COLOURS, PillowRows, to_paint
from studio.imaging.exchange.values import Imported, Notices
from studio.imaging.tiles import Pixels, TileStore

_ID = re.compile(r"[\w.-]{1,64}")
_ERASERS = ("svg:dst-in", "svg:dst-out", "svg:dst-atop", "svg:clear", "krita:erase")


def read(path: Path, store: TileStore) -> Imported:
    """The document in an OpenRaster file. Raises StudioError, and what `exchange.errors.errors_of` turns into one."""
    with path.open("rb") as file:
        return _Reader(path, Archive(path, file), store).imported()


class _Reader:
    def __init__(self, path: Path, archive: Archive, store: TileStore) -> None:
        self._path, self._archive, self._store = path, archive, store
        self._notices = Notices()
        self._ids: set[str] = set()
        self._pixels = 0
        self._active = ""

    def imported(self) -> Imported:
        image = self._archive.stack()
        stack = image.find("stack")
        if image.tag != "image" or stack is None:
            raise ValueError("its list of layers is none")
        (width,), (height,) = (names.whole(image.attributes.get(name, "0"), 1) for name in ("w", "h"))
        size = require_canvas(self._path, width, height)
        layers = self._layers(stack, 1)
        document = Document(size, layers, active=self._active or (layers[-1].id if layers else ""))
        return Imported(self._with_ours(document, image), self._notices.all)

    def _with_ours(self, document: Document, image: Element) -> Document:
        """The selection, the frame and the guides, where the file is ours."""
        ours = _ours(image)
        side = min(document.size.width, document.size.height, 512)
        frame = Rect((document.size.width - side) // 2, (document.size.height - side) // 2, side, side)
        try:
            x, y, width, height = names.whole(ours.get("frame", names.joined((frame.x, frame.y, side, side))), 4)
            guides = names.guides_of(ours.get("guides", ""))
            if min(width, height) < 1 or max(width, height) > LAYER_SIDE:
                raise ValueError("no frame")
            frame = Rect(x, y, width, height)
        except ValueError:
            self._notices.add("The frame and the guides were not taken over.", "What the file says of them is damaged.")
            guides = ()
        selection = image.find(f"{PREFIX}selection")
        active = ours.get("active", document.active)
        return Document(
            document.size,
            document.layers,
            None if selection is None else self._mask(_ours(selection)),
            active if not active or active in self._ids else document.active,
            frame,
            guides,
        )

    def _layers(self, stack: Element, depth: int) -> tuple[Layer, ...]:
        """The layers of a stack, the lowest first."""
        if depth > MAX_DEPTH:
            raise refused(self._path, f"has groups within groups, more than {MAX_DEPTH} deep", "Ungroup some of them.")
        found: list[Layer] = []
        for element in reversed(stack.children):
            if element.tag == "stack" and _ours(element).get("clip") == "true":
                found += self._layers(element, depth + 1)
            elif element.tag in ("stack", "layer", f"{PREFIX}mask-layer"):
                found.append(self._layer(element, depth))
            elif element.tag == "filter":
                self._notices.add("Filter layers were left out.", "Only the program that made them knows what they do.")
            elif element.tag in ("text", "vector"):
                self._notices.add(f"Layers of kind “{element.tag}” were left out.", "This program lacks them.")
            if len(self._ids) > MAX_LAYERS:
                raise refused(self._path, f"has more than {MAX_LAYERS:,} layers", "Merge some of them.")
        return tuple(found)

    def _layer(self, element: Element, depth: int) -> Layer:
        ours = self._trusted(element)
        common = self._common(element, ours)
        nested = element.find(f"{PREFIX}stack") if ours else None
        if element.tag == f"{PREFIX}mask-layer":
            tint = names.whole(ours.get("tint", "224 64 48"), 3)
            red, green, blue = (min(255, max(0, value)) for value in tint)
            content = self._mask(ours, "content")
            return MaskLayer(**common, content=content, tint=(red, green, blue))
        if element.tag == "stack" or nested is not None:
            children = self._layers(nested or element, depth + 1)
            return GroupLayer(**common, children=children, expanded=ours.get("expanded") != "false")
        if "adjustment" in ours:
            return AdjustmentLayer(**common, adjustment=names.adjustment_of(ours["adjustment"]))
        if "matrix" in ours:
            width, height = names.whole(ours.get("size", ""), 2)
            if not (0 <= width <= LAYER_SIDE and 0 <= height <= LAYER_SIDE):
                raise ValueError("a picture of no sound size")
            matrix = names.numbers(ours.get("matrix", names.joined(IDENTITY)), 9)
            tiles = self._source(ours)
            return ImageLayer(**common, tiles=tiles, width=width, height=height, matrix=matrix)
        if "source" in ours:
            return PaintLayer(**common, tiles=self._source(ours))
        return PaintLayer(**common, tiles=self._plain(element, common["name"]))

    def _trusted(self, element: Element) -> dict[str, str]:
        """Our own attributes, unless another program has changed the pixels that they describe."""
        ours = _ours(element)
        if "crc" not in ours:
            return ours
        if ours["crc"] == f"{self._archive.checksum(element.attributes.get('src', '')):08x}":
            return ours
        self._notices.add(
            "What only this program stores of these layers was dropped.",
            "Another program has changed their pixels.",
            element.attributes.get("name", ""),
        )
        return {}

    def _common(self, element: Element, ours: dict[str, str]) -> dict[str, Any]:
        """What all kinds of layers have. What we wrote ourselves goes before what other programs were to see."""
        theirs = element.attributes
        name = names.unescaped(ours["name"]) if "name" in ours else theirs.get("name", "")
        opacity = min(1.0, max(0.0, names.numbers(ours.get("opacity", theirs.get("opacity", "1")), 1)[0]))
        visible = ours.get("visibility", theirs.get("visibility", "visible")) != "hidden"
        clipped = ours.get("clipped") == "true"
        if "mode" in ours:
            mode = BlendMode(ours["mode"])
        else:
            mode, visible, clipped = self._mode(element, name, opacity, visible, clipped)
        layer_id = ours.get("id", "")
        if not _ID.fullmatch(layer_id) or layer_id in self._ids:
            layer_id = new_id()
        self._ids.add(layer_id)
        if theirs.get("selected") == "true":
            self._active = layer_id
        return {
            "id": layer_id,
            "name": name,
            "opacity": opacity,
            "mode": mode,
            "visible": visible,
            "locked": theirs.get("edit-locked") == "true",
            "clipped": clipped,
            "mask": self._mask(ours) if "mask-outside" in ours else None,
            "mask_enabled": ours.get("mask-disabled") != "true",
        }

    def _mode(
        self, element: Element, name: str, opacity: float, visible: bool, clipped: bool
    ) -> tuple[BlendMode, bool, bool]:
        """Mode, visibility and clipping by what OpenRaster says."""
        operator = element.attributes.get("composite-op", "svg:src-over")
        mode = names.mode_of(operator)
        if operator == "svg:src-atop":
            why = "OpenRaster cuts to all that lies below."
            self._notices.add("These layers are clipped to the layer below them.", why, name)
            return BlendMode.NORMAL, visible, True
        if operator in _ERASERS:
            self._notices.add(f"These layers were hidden: their mode “{operator}” takes away.", "We lack it.", name)
            return BlendMode.NORMAL, False, clipped
        if mode is None:
            self._notices.add(f"The mode “{operator[:40]}” became normal.", "This program lacks it.", name)
            mode = BlendMode.NORMAL
        if element.tag == "stack" and mode is BlendMode.NORMAL and opacity == 1:
            # As Krita and MyPaint read it: groups are isolated when they say so.
            isolated = element.attributes.get("isolation") == "isolate"
            mode = BlendMode.NORMAL if isolated else BlendMode.PASS_THROUGH
        if element.tag != "stack" and mode is BlendMode.PASS_THROUGH:
            mode = BlendMode.NORMAL
        return mode, visible, clipped

    def _plain(self, element: Element, name: str) -> TileMap:
        """The pixels that every program sees."""
        source = element.attributes.get("src", "")
        if not self._archive.has(source) or not source.lower().endswith(".png"):
            what = "These layers are empty."
            why = "Their pixels are missing from the file, or in a format that this program does not read there."
            self._notices.add(what, why, name)
            return EMPTY
        x, y = (names.whole(element.attributes.get(key, "0"), 1)[0] for key in ("x", "y"))
        return self._pixels_of(source, x, y)

    def _source(self, ours: dict[str, str]) -> TileMap:
        if not ours.get("source"):
            return EMPTY
        x, y = names.whole(ours.get("source-at", "0 0"), 2)
        return self._pixels_of(ours["source"], x, y)

    def _mask(self, ours: dict[str, str], name: str = "mask") -> Mask:
        """A mask of ours: a grey picture, and the value around it."""
        outside = min(255, max(0, names.whole(ours.get(f"{name}-outside", "0"), 1)[0]))
        if not ours.get(name):
            return Mask(EMPTY, outside)
        x, y = names.whole(ours.get(f"{name}-at", "0 0"), 2)
        with self._archive.member(ours[name]) as file:
            rows = PngRows(file)
            rect = self._placed(rows.header.size, x, y)
            if rows.header.colour != 0 or rows.header.depth != 8 or rows.header.transparency:
                raise ValueError("a mask is no grey picture")
            return mask_of(self._store, rect, outside, lambda count: _grey(rows.take(count)))

    def _pixels_of(self, member: str, x: int, y: int) -> TileMap:
        with self._archive.member(member) as file:
            rows = PngRows(file)
            rect = self._placed(rows.header.size, x, y)
            if rows.header.interlaced:
                return self._interlaced(file, rect)
            mode = "L" if rows.is_grey else "RGB"
            to_srgb = ToSrgb(mode, rows.header.profile, self._notices)
            if rows.header.depth == 16:
                self._notices.add("Layers of 16 bits a channel were rounded to 8.", "This program paints in 8 bits.")
            return tiles_of(self._store, rect, lambda count: to_paint(rows.take(count), COLOURS[mode], to_srgb))

    def _interlaced(self, file: IO[bytes], rect: Rect) -> TileMap:
        file.seek(0)
        with PngImagePlugin.PngImageFile(file) as image:
            rows = PillowRows(image)
            to_srgb = ToSrgb(rows.mode, rows.profile, self._notices)
            return tiles_of(self._store, rect, lambda count: to_paint(rows.take(count), COLOURS[rows.mode], to_srgb))

    def _placed(self, size: Size, x: int, y: int) -> Rect:
        rect = Rect(x, y, size.width, size.height)
        require_layer(self._path, rect)
        self._pixels += size.pixels
        if self._pixels > MAX_PIXELS:
            hint = "Crop its layers in another program."
            raise refused(self._path, f"has layers of more than {MAX_PIXELS / 1e9:.0f} billion pixels together", hint)
        return rect


def _grey(values: Values) -> Pixels:
    assert values.dtype == "uint8"  # the depth was looked at
    return values[..., 0]


def _ours(element: Element) -> dict[str, str]:
    return {name.removeprefix(PREFIX): value for name, value in element.attributes.items() if name.startswith(PREFIX)}
