"""PSD and PSB files as documents."""

import os
import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from psd_tools.constants import BlendMode as StoredMode
from psd_tools.constants import ChannelID, Clipping, ColorMode, Resource, SectionDivider, Tag
from psd_tools.psd.document import PSD
from psd_tools.psd.layer_and_mask import ChannelDataList, LayerInfo, LayerRecord
from psd_tools.psd.parse_limits import ParseLimits

from studio.domain.document.blending import FOREIGN, BlendMode
from studio.domain.document.document import Document, Guide
from studio.domain.document.layers import AdjustmentLayer, GroupLayer, Layer, Mask, PaintLayer
from studio.domain.document.tiles import EMPTY, TileMap
from studio.domain.geometry import Rect, Size
from studio.imaging.exchange.bands import bands, mask_of, tiles_of
from studio.imaging.exchange.colour import ToSrgb, to_8_bit
from studio.imaging.exchange.errors import MAX_DEPTH, MAX_LAYERS, MAX_PIXELS, refused, require_canvas, require_layer
from studio.imaging.exchange.psd import adjustments
from studio.imaging.exchange.psd.channels import Plane, to_integers, unpacked
from studio.imaging.exchange.psd.kinds import noticed, solid_colour
from studio.imaging.exchange.rows import COLOURS, to_paint
from studio.imaging.exchange.values import Imported, Notices
from studio.imaging.tiles import Pixels, TileStore

_HEADER = struct.Struct(">4sH6xHIIHH")
_OBJECTS = 4_000_000  # what one file may make psd-tools create
_MODES = {FOREIGN[mode].psd.encode(): mode for mode in BlendMode}
_SPACES = {
    ColorMode.RGB: "RGB",
    ColorMode.GRAYSCALE: "L",
    ColorMode.DUOTONE: "L",
    ColorMode.BITMAP: "L",
    ColorMode.INDEXED: "RGB",
    ColorMode.CMYK: "CMYK",
    ColorMode.LAB: "LAB",
}
_LOCKED_PIXELS, _LOCKED = 0x02, 0x80000000
Parts = list[tuple[LayerRecord, ChannelDataList]]


def read(path: Path, store: TileStore) -> Imported:
    """The document in a PSD or PSB file. Raises StudioError, and what `exchange.errors.errors_of` turns into one."""
    with path.open("rb") as file:
        space = _require_sound(path, file)
        size = os.fstat(file.fileno()).st_size
        # Every byte of the file is read into blocks at most a few times over.
        limits = ParseLimits(size + 2**16, 8 * size + 2**24, _OBJECTS, MAX_DEPTH)
        file.seek(0)
        psd = PSD.read(file, parse_limits=limits)
    return _Reader(path, store, psd, space).imported()


def _require_sound(path: Path, file: BinaryIO) -> str:
    """The colours of the file, if its header is sound. Raises StudioError and struct.error."""
    _, version, channels, height, width, depth, mode = _HEADER.unpack(file.read(_HEADER.size))
    if version not in (1, 2) or not 1 <= channels <= 56 or depth not in (1, 8, 16, 32):
        raise ValueError("its header is damaged")
    require_canvas(path, width, height)
    if mode not in _SPACES:
        hint = "Convert it to RGB in the program that made it."
        raise refused(path, "is in a colour mode that this program does not read (multichannel)", hint)
    return _SPACES[ColorMode(mode)]


class _Reader:
    def __init__(self, path: Path, store: TileStore, psd: PSD, space: str) -> None:
        self._path, self._store, self._psd, self._space = path, store, psd, space
        self._notices = Notices()
        self._header = psd.header
        self._size = Size(psd.header.width, psd.header.height)
        profile = psd.image_resources.get_data(Resource.ICC_PROFILE)
        # 32 bits are light itself, whatever the profile says of encoded values.
        usable = isinstance(profile, bytes) and psd.header.depth != 32
        self._to_srgb = ToSrgb(space, profile if usable else b"", self._notices)
        self._pixels = 0

    def imported(self) -> Imported:
        if self._header.depth > 8:
            self._notices.add(
                f"The picture's {self._header.depth} bits a channel were rounded to 8.",
                "This program paints in 8 bits.",
            )
        parts = self._parts()
        layers = self._tree(parts) if parts else (self._background(),)
        side = min(self._size.width, self._size.height, 512)
        frame = Rect((self._size.width - side) // 2, (self._size.height - side) // 2, side, side)
        active = layers[-1].id if layers else ""
        document = Document(self._size, layers, active=active, frame=frame, guides=self._guides())
        return Imported(document, self._notices.all)

    def _parts(self) -> Parts:
        """The records of the layers with their channels, the lowest first. Deep pictures keep them elsewhere."""
        information = self._psd.layer_and_mask_information
        info: LayerInfo | None = information.layer_info
        for key in (Tag.LAYER_16, Tag.LAYER_32):
            if information.tagged_blocks is not None and key in information.tagged_blocks:
                info = information.tagged_blocks.get_data(key)
        if info is None or not info.layer_records or not info.channel_image_data:
            return []
        found = list(zip(info.layer_records, info.channel_image_data, strict=True))
        if len(found) > MAX_LAYERS:
            raise refused(self._path, f"has more than {MAX_LAYERS:,} layers", "Merge some of them.")
        return found

    def _tree(self, parts: Parts) -> tuple[Layer, ...]:
        """Groups from the flat list: one begins with a divider without a name, and ends with its own record."""
        stack: list[list[Layer]] = [[]]
        for record, channels in parts:
            divider = record.tagged_blocks.get_data(Tag.SECTION_DIVIDER_SETTING)
            divider = record.tagged_blocks.get_data(Tag.NESTED_SECTION_DIVIDER_SETTING, divider)
            kind = SectionDivider.OTHER if divider is None else divider.kind
            if kind is SectionDivider.BOUNDING_SECTION_DIVIDER:
                stack.append([])
                if len(stack) > MAX_DEPTH:
                    raise refused(self._path, f"has groups more than {MAX_DEPTH} deep", "Ungroup some of them.")
            elif kind is not SectionDivider.OTHER:
                if len(stack) < 2:
                    raise ValueError("a group ends that never began")
                stack[-2].append(self._group(record, channels, divider, tuple(stack.pop())))
            elif (layer := self._layer(record, channels)) is not None:
                stack[-1].append(layer)
        if len(stack) > 1:
            raise ValueError("a group never ends")
        return tuple(stack[0])

    def _group(
        self, record: LayerRecord, channels: ChannelDataList, divider: Any, children: tuple[Layer, ...]
    ) -> Layer:
        common = self._common(record, channels)
        mode = _MODES[divider.blend_mode.value] if divider.blend_mode else common.pop("mode")
        if any(key in record.tagged_blocks for key in (Tag.ARTBOARD_DATA1, Tag.ARTBOARD_DATA2, Tag.ARTBOARD_DATA3)):
            self._notices.add("Artboards became groups.", "This program has one canvas.", common["name"])
        expanded = divider.kind is SectionDivider.OPEN_FOLDER
        return GroupLayer(**{**common, "mode": mode}, children=children, expanded=expanded)

    def _layer(self, record: LayerRecord, channels: ChannelDataList) -> Layer | None:
        common = self._common(record, channels)
        if common["mode"] is BlendMode.PASS_THROUGH:
            common["mode"] = BlendMode.NORMAL
        name = common["name"]
        adjustment = adjustments.adjustment_of(record.tagged_blocks, name, self._notices)
        if adjustment is not None:
            return AdjustmentLayer(**common, adjustment=adjustment)
        for key, kind in adjustments.FOREIGN.items():
            if key in record.tagged_blocks:
                self._notices.add(f"Adjustments of kind “{kind}” were left out.", "This program lacks it.", name)
                return None
        noticed(record, name, self._notices)
        colour = solid_colour(record)
        tiles = self._filled(colour) if colour is not None else self._tiles(record, channels)
        return PaintLayer(**common, tiles=tiles)

    def _common(self, record: LayerRecord, channels: ChannelDataList) -> dict[str, Any]:
        blocks = record.tagged_blocks
        name = blocks.get_data(Tag.UNICODE_LAYER_NAME) or record.name
        fill = blocks.get_data(Tag.BLEND_FILL_OPACITY, 255)
        locks = blocks.get_data(Tag.PROTECTED_SETTING, 0)
        locks = locks if isinstance(locks, int) else locks.value
        strength = record.opacity / 255 * (min(255, max(0, fill)) / 255 if isinstance(fill, int) else 1.0)
        return {
            "name": str(name).rstrip("\0"),
            "opacity": strength,
            "mode": _MODES[StoredMode(record.blend_mode).value],
            "visible": record.flags.visible,
            "locked": bool(locks & (_LOCKED_PIXELS | _LOCKED)),
            "clipped": record.clipping is Clipping.NON_BASE,
            "mask": self._mask(record, channels, str(name)),
            "mask_enabled": record.mask_data is None or not record.mask_data.flags.mask_disabled,
        }

    def _mask(self, record: LayerRecord, channels: ChannelDataList, name: str) -> Mask | None:
        stored = record.mask_data
        plane = self._channel(record, channels, ChannelID.USER_LAYER_MASK)
        if stored is None or plane is None:
            if Tag.VECTOR_MASK_SETTING1 in record.tagged_blocks or Tag.VECTOR_MASK_SETTING2 in record.tagged_blocks:
                self._notices.add("Vector masks were left out.", "This program has masks of pixels.", name)
            return None
        outside = 255 if stored.background_color > 127 else 0
        rect = Rect(stored.left, stored.top, stored.width, stored.height)
        if rect.empty:
            return Mask(EMPTY, outside)
        density = stored.parameters.user_mask_density if stored.parameters else None
        if stored.parameters and stored.parameters.user_mask_feather:
            self._notices.add(
                "The soft edges of these masks were left out.", "This program keeps them as pixels.", name
            )
        done = 0

        def take(count: int) -> Pixels:
            nonlocal done
            values = _bytes(plane[done : done + count])
            done += count
            return values if density is None else _weaker(values, density)

        return mask_of(self._store, rect, outside if density is None else int(_weaker(outside, density)), take)

    def _tiles(self, record: LayerRecord, channels: ChannelDataList) -> TileMap:
        """The pixels of a layer; none where the file has none."""
        rect = Rect(record.left, record.top, record.width, record.height)
        count = COLOURS[self._space]
        planes = [] if rect.empty else [self._channel(record, channels, ChannelID(n)) for n in range(count)]
        colours = [plane for plane in planes if plane is not None]
        if len(colours) < count:
            return EMPTY
        alpha = self._channel(record, channels, ChannelID.TRANSPARENCY_MASK)
        return self._painted(rect, colours if alpha is None else [*colours, alpha])

    def _painted(self, rect: Rect, planes: list[Plane]) -> TileMap:
        """Planes of colours, and alpha if there is one more, as tiles."""
        colours = COLOURS[self._space]
        done = 0

        def take(count: int) -> Pixels:
            nonlocal done
            values = np.stack([_bytes(plane[done : done + count]) for plane in planes], axis=2)
            done += count
            if self._space == "CMYK":
                values[..., :colours] = 255 - values[..., :colours]  # stored as the light that is left
            if self._space == "LAB":
                values[..., 1:3] ^= 128  # a and b around 128; Pillow wants them around 0, as TIFF has them
            return to_paint(values, colours, self._to_srgb)

        return tiles_of(self._store, rect, take)

    def _channel(self, record: LayerRecord, channels: ChannelDataList, wanted: ChannelID) -> Plane | None:
        """The samples of a channel; None where the layer has none."""
        for info, channel in zip(record.channel_info, channels, strict=False):
            if info.id != wanted:
                continue
            area = record.mask_data if wanted is ChannelID.USER_LAYER_MASK else record
            if area is None:
                return None
            rect = Rect(area.left, area.top, area.right - area.left, area.bottom - area.top)
            require_layer(self._path, rect)
            if rect.empty or not channel.data:
                return np.zeros((0, 0), np.uint8) if wanted is ChannelID.USER_LAYER_MASK else None
            self._count(rect.size.pixels)
            depth, version = self._header.depth, self._header.version
            return unpacked(channel.compression, channel.data, rect.width, rect.height, depth, version)
        return None

    def _count(self, pixels: int) -> None:
        self._pixels += pixels
        if self._pixels > 5 * MAX_PIXELS:
            raise refused(self._path, "has layers of more pixels than this program reads", "Crop its layers.")

    def _filled(self, colour: tuple[int, int, int]) -> TileMap:
        """The canvas full of one colour."""
        pixel = np.array([*colour, 255], np.uint8)
        tiles = EMPTY
        for band in bands(Rect.of(self._size)):
            tiles = self._store.painted(tiles, band, np.tile(pixel, (band.height, band.width, 1)))
        return tiles

    def _background(self) -> PaintLayer:
        """The merged picture, of a file without layers."""
        header, merged = self._psd.header, self._psd.image_data
        rows = header.height * header.channels
        self._count(header.width * rows)
        depth, version = header.depth, header.version
        whole = unpacked(merged.compression, merged.data, header.width, rows, depth, version)
        planes: list[Plane] = list(whole.reshape(header.channels, header.height, header.width))
        if header.color_mode is ColorMode.INDEXED:
            table = np.frombuffer(self._psd.color_mode_data.value[:768].ljust(768, b"\0"), np.uint8).reshape(3, 256)
            planes = [colour[planes[0]] for colour in table]
        if header.color_mode is ColorMode.DUOTONE:
            self._notices.add("The duotone became grey.", "Its inks are known to Photoshop only.")
        if len(planes) < COLOURS[self._space]:
            raise ValueError("its colours are missing")
        return PaintLayer(name="Background", tiles=self._painted(Rect.of(self._size), planes[: COLOURS[self._space]]))

    def _guides(self) -> tuple[Guide, ...]:
        stored = self._psd.image_resources.get_data(Resource.GRID_AND_GUIDES_INFO)
        lines = getattr(stored, "data", None)
        if not isinstance(lines, list):
            return ()
        return tuple(Guide(at / 32, direction == 0) for at, direction in lines[:1000])


def _bytes(samples: Plane) -> Pixels:
    return to_8_bit(to_integers(samples))


def _weaker(values: Any, density: int) -> Any:
    """A mask at a density below 255 hides less."""
    return (255 - (255 - np.asarray(values, np.uint16)) * min(255, density) // 255).astype(np.uint8)
