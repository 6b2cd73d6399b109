"""Documents as PSD files."""

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from psd_tools.constants import BlendMode as StoredMode
from psd_tools.constants import (
    ChannelID,
    Clipping,
    ColorMode,
    Compression,
    ProtectedFlags,
    Resource,
    SectionDivider,
    Tag,
)
from psd_tools.psd.document import PSD
from psd_tools.psd.header import FileHeader
from psd_tools.psd.image_data import ImageData
from psd_tools.psd.image_resources import GridGuidesInfo, ImageResource, ImageResources, VersionInfo
from psd_tools.psd.layer_and_mask import (
    ChannelData,
    ChannelDataList,
    ChannelImageData,
    ChannelInfo,
    GlobalLayerMaskInfo,
    LayerAndMaskInformation,
    LayerFlags,
    LayerInfo,
    LayerRecord,
    LayerRecords,
    MaskData,
    MaskFlags,
)
from psd_tools.psd.tagged_blocks import TaggedBlocks

from studio.domain.document.blending import FOREIGN, BlendMode
from studio.domain.document.document import Document, Guide
from studio.domain.document.layers import AdjustmentLayer, GroupLayer, ImageLayer, Layer, Mask, MaskLayer, PaintLayer
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect
from studio.imaging.blend import straight
from studio.imaging.compose import Compositor
from studio.imaging.composing.units import image_bounds
from studio.imaging.exchange.bands import bands, content_of
from studio.imaging.exchange.colour import srgb_profile
from studio.imaging.exchange.psd import adjustments
from studio.imaging.exchange.psd.channels import Packing
from studio.imaging.exchange.values import Notices, Saving
from studio.imaging.metadata.safelight import NAME
from studio.imaging.tiles import Pixels, TileStore

MAX_FILE = 2**31 - 1  # bytes; Photoshop's own limit for PSD
# psd-tools declares these by type variables that no caller can satisfy, and the data of resources as bytes.
_channel_list: Any = ChannelDataList
_resource: Any = ImageResource
_resources: Any = ImageResources
_guides: Any = GridGuidesInfo
Layers = tuple[Layer, ...]
Draw = Callable[[Rect], Pixels]  # the premultiplied pixels of a band
_EMPTY = Rect(0, 0, 0, 0)
_IDS = (ChannelID.TRANSPARENCY_MASK, ChannelID.CHANNEL_0, ChannelID.CHANNEL_1, ChannelID.CHANNEL_2)


def write(file: BinaryIO, path: Path, document: Document, store: TileStore, saving: Saving, notices: Notices) -> None:
    """Write a PSD. Raises OSError, and StudioError (INPUT) for a document larger than the format holds."""
    writer = _Writer(path, document, store, notices)
    writer.add(document.layers, ())
    header = FileHeader(channels=4, width=document.size.width, height=document.size.height, color_mode=ColorMode.RGB)
    count = len(writer.records)
    # A negative count says that the first channel beyond the colours of the merged picture is its alpha.
    info = LayerInfo(layer_count=-count, layer_records=writer.records, channel_image_data=writer.channels)
    if document.selection is not None:
        notices.add("The selection was left out.", "PSD keeps masks of layers only.")
    merged = writer.merged()
    PSD(
        header=header,
        image_resources=_described(document.guides),
        layer_and_mask_information=LayerAndMaskInformation(info, GlobalLayerMaskInfo(), TaggedBlocks()),
        image_data=merged,
    ).write(file)


def _described(guides: tuple[Guide, ...]) -> Any:
    found = [
        _resource(key=Resource.VERSION_INFO, data=VersionInfo(has_composite=True, writer=NAME, reader=NAME)),
        _resource(key=Resource.ICC_PROFILE, data=srgb_profile()),
    ]
    if guides:  # in 32nds of a pixel
        lines = [(max(0, round(guide.at * 32)), 0 if guide.vertical else 1) for guide in guides]
        info = _guides(horizontal=576, vertical=576, data=lines)
        found.append(_resource(key=Resource.GRID_AND_GUIDES_INFO, data=info))
    return _resources([(resource.key, resource) for resource in found])


class _Writer:
    def __init__(self, path: Path, document: Document, store: TileStore, notices: Notices) -> None:
        self._path, self._document, self._store, self._notices = path, document, store, notices
        self._compositor = Compositor(store)
        self._bytes = 0
        self.records, self.channels = LayerRecords(), ChannelImageData()

    def add(self, layers: Layers, below: Layers) -> None:
        """The records of a stack from the lowest layer to the uppermost; `below` is what its adjustments may meet."""
        for number, layer in enumerate(layers):
            under = below + layers[:number]
            if isinstance(layer, MaskLayer):
                self._notices.add("Mask layers were left out.", "PSD has none.", layer.name)
            elif isinstance(layer, GroupLayer):
                self._group(layer, under)
            elif isinstance(layer, AdjustmentLayer):
                self._adjustment(layer, under)
            elif isinstance(layer, ImageLayer):
                self._image(layer)
            elif isinstance(layer, PaintLayer):
                draw = functools.partial(self._store.paint, layer.tiles)
                self._pixels(layer, content_of(self._store, layer.tiles), draw)

    def merged(self) -> ImageData:
        """The whole picture, which programs show that do not read layers."""
        rect = self._document.rect
        planes = self._packed(rect, lambda band: self._compositor.render(self._document, band))
        data = b"".join([*(plane.counts for plane in planes), *(plane.rows for plane in planes)])
        self._count(len(data))
        return ImageData(Compression.RLE, data)

    def _group(self, group: GroupLayer, below: Layers) -> None:
        end = LayerRecord(name="</Layer group>")
        end.tagged_blocks.set_data(Tag.SECTION_DIVIDER_SETTING, SectionDivider.BOUNDING_SECTION_DIVIDER)
        end.tagged_blocks.set_data(Tag.UNICODE_LAYER_NAME, "</Layer group>")
        self._put(end, _no_channels())
        passes = group.mode is BlendMode.PASS_THROUGH
        self.add(group.children, below if passes else ())
        record = self._record(group, _EMPTY)
        mode = record.blend_mode
        record.blend_mode = StoredMode.NORMAL if passes else mode  # the divider says it, too
        record.tagged_blocks.set_data(
            Tag.SECTION_DIVIDER_SETTING,
            SectionDivider.OPEN_FOLDER if group.expanded else SectionDivider.CLOSED_FOLDER,
            signature=b"8BIM",
            blend_mode=mode,
        )
        self._put(record, self._with_mask(record, group, _no_channels()))

    def _adjustment(self, layer: AdjustmentLayer, below: Layers) -> None:
        block = adjustments.block_of(layer.adjustment)
        if block is None:
            self._drawn(layer, below)
            return
        record = self._record(layer, _EMPTY)
        record.flags.pixel_data_irrelevant = True
        record.tagged_blocks[block.key] = block
        self._put(record, self._with_mask(record, layer, _no_channels()))

    def _drawn(self, layer: AdjustmentLayer, below: Layers) -> None:
        """An adjustment that PSD lacks as the picture of its result."""
        self._notices.add(
            "These adjustments became pictures of their result.", "PSD has none of their kind.", layer.name
        )
        bare = dataclasses.replace(layer, opacity=1.0, mask=None, visible=True)
        normal = dataclasses.replace(layer, mode=BlendMode.NORMAL)
        self._pixels(normal, self._document.rect, lambda band: self._compositor.render_layers((*below, bare), band))

    def _image(self, layer: ImageLayer) -> None:
        self._notices.add("Transformed pictures became plain layers.", "PSD holds their pixels only.", layer.name)
        bounds = image_bounds(layer)
        rect = self._document.rect if bounds is None else bounds.intersected(self._document.rect)
        bare = dataclasses.replace(layer, opacity=1.0, mask=None)
        self._pixels(layer, rect, lambda band: self._compositor.layer_pixels(bare, band))

    def _pixels(self, layer: Layer, rect: Rect, draw: Draw) -> None:
        record = self._record(layer, rect)
        channels = _no_channels() if rect.empty else _channels(self._packed(rect, draw), (3, 0, 1, 2))
        self._put(record, self._with_mask(record, layer, channels))

    def _packed(self, rect: Rect, draw: Draw) -> list[Packing]:
        """Red, green, blue and alpha."""
        planes = [Packing() for _ in range(4)]
        for band in bands(rect):
            pixels = straight(draw(band))
            for number, plane in enumerate(planes):
                plane.add(np.ascontiguousarray(pixels[..., number]))
        return planes

    def _record(self, layer: Layer, rect: Rect) -> LayerRecord:
        name = layer.name.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
        record = LayerRecord(
            top=rect.y,
            left=rect.x,
            bottom=rect.bottom,
            right=rect.right,
            blend_mode=StoredMode(FOREIGN[layer.mode].psd.encode()),
            opacity=round(layer.opacity * 255),
            clipping=Clipping.NON_BASE if layer.clipped else Clipping.BASE,
            flags=LayerFlags(visible=layer.visible),
            name=name.encode("mac_roman", "replace")[:31].decode("mac_roman"),  # for programs of the last century
        )
        record.tagged_blocks.set_data(Tag.UNICODE_LAYER_NAME, name)
        record.tagged_blocks.set_data(Tag.LAYER_ID, len(self.records) + 1)
        if layer.locked:
            record.tagged_blocks.set_data(Tag.PROTECTED_SETTING, int(ProtectedFlags.COMPLETE))
        return record

    def _with_mask(self, record: LayerRecord, layer: Layer, channels: Any) -> Any:
        record.channel_info = [ChannelInfo(id=number) for number in _IDS]
        if layer.mask is None:
            return channels
        rect, outside = self._mask_area(layer.mask, layer.name)
        plane = Packing()
        for band in bands(rect):
            plane.add(self._store.mask(layer.mask, band))
        record.mask_data = MaskData(
            rect.y, rect.x, rect.bottom, rect.right, outside, MaskFlags(mask_disabled=not layer.mask_enabled)
        )
        record.channel_info.append(ChannelInfo(id=ChannelID.USER_LAYER_MASK))
        mask = ChannelData(Compression.RAW, b"") if rect.empty else _channels([plane], (0,))[0]
        return _channel_list([*channels, mask])

    def _mask_area(self, mask: Mask, name: str) -> tuple[Rect, int]:
        """Where a mask is stored, and the value around it: PSD knows only 0 and 255 there."""
        if mask.outside in (0, 255):
            return mask.tiles.bounds, mask.outside
        if not self._document.rect.contains(mask.tiles.bounds):
            self._notices.add("Beyond the canvas these masks hide or show fully.", "PSD knows no grey there.", name)
        return mask.tiles.bounds.united(self._document.rect), 255 if mask.outside > 127 else 0

    def _put(self, record: LayerRecord, channels: Any) -> None:
        if not record.channel_info:
            record.channel_info = [ChannelInfo(id=number) for number in _IDS]
        self.records.append(record)
        self.channels.append(channels)
        self._count(sum(len(channel.data) for channel in channels))

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > MAX_FILE or len(self.records) > 2**15 - 1:
            message = f"{self._path.name} would be larger than a PSD can be (2 GB, 32,767 layers)."
            raise StudioError(ErrorKind.INPUT, message, "Save as OpenRaster (.ora), or merge some layers.")


def _no_channels() -> Any:
    return _channel_list([ChannelData(Compression.RAW, b"") for _ in _IDS])


def _channels(planes: list[Packing], order: tuple[int, ...]) -> Any:
    packed = [ChannelData(Compression.RLE, plane.counts + plane.rows) for plane in planes]
    return _channel_list([packed[number] for number in order])
