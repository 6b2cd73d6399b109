"""The files inside an OpenRaster document that is written."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from studio.domain.document.layers import Mask
from studio.domain.document.tiles import TileMap
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size
from studio.imaging.blend import straight
from studio.imaging.exchange.bands import bands, content_of
from studio.imaging.exchange.errors import LAYER_SIDE, MAX_LAYER, MAX_PIXELS
from studio.imaging.exchange.png_writing import SRGB, PngWriter, srgb_chunk
from studio.imaging.tiles import Pixels, TileStore

Draw = Callable[[Rect], Pixels]  # the premultiplied pixels of a band
NOWHERE = Rect(0, 0, 1, 1)  # an empty layer still needs a picture
THUMBNAIL = 256
_BEFORE = 1980, 1, 1, 0, 0, 0  # the earliest date ZIP knows: equal documents give equal files


class Members:
    """Writes the members, pictures in bands, and at its exit the list of them.

    Raises OSError, and StudioError (INPUT) for more than can be read back.
    """

    def __init__(self, path: Path, file: BinaryIO, store: TileStore) -> None:
        self._path, self._store = path, store
        self._zip = zipfile.ZipFile(file, "w")
        self._count = self._pixels = 0
        self.text("mimetype", b"image/openraster")  # first and not compressed, so that `file` finds it

    def __enter__(self) -> "Members":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def text(self, name: str, content: bytes) -> None:
        """A member that is no picture."""
        info = zipfile.ZipInfo(name, _BEFORE)
        info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
        self._zip.writestr(info, content)

    def drawn(self, rect: Rect, draw: Draw) -> tuple[str, int]:
        """A picture of a rectangle; its name and its CRC-32."""
        return self._picture(self._name("layer"), rect, 4, (SRGB,), lambda band: straight(draw(band)))

    def tiles(self, tiles: TileMap) -> tuple[str, Rect]:
        """The picture of a layer's own pixels, as small as holds them; its name and place."""
        rect = content_of(self._store, tiles)
        rect = NOWHERE if rect.empty else rect
        name, _ = self.drawn(rect, lambda band: self._store.paint(tiles, band))
        return name, rect

    def mask(self, mask: Mask) -> tuple[str, Rect]:
        """The grey picture of a mask's tiles, "" if it has none; its place."""
        rect = mask.tiles.bounds
        if rect.empty:
            return "", rect
        name, _ = self._picture(self._name("mask"), rect, 1, (), lambda band: self._store.mask(mask, band))
        return name, rect

    def merged(self, size: Size, draw: Draw) -> None:
        """The whole picture, and its thumbnail."""
        step = max(1, -(-max(size.width, size.height) // (4 * THUMBNAIL)))
        parts: list[Pixels] = []

        def seen(band: Rect) -> Pixels:
            pixels = draw(band)
            parts.append(pixels[-band.y % step :: step, ::step])
            return straight(pixels)

        self._picture("mergedimage.png", Rect.of(size), 4, (srgb_chunk(),), seen)
        whole = Image.fromarray(straight(np.concatenate(parts)))
        target = size.fitted_into(Size(THUMBNAIL, THUMBNAIL))
        small = np.asarray(whole.resize((target.width, target.height), Image.Resampling.BOX))
        self._picture("Thumbnails/thumbnail.png", Rect.of(target), 4, (SRGB,), lambda band: small[band.y : band.bottom])

    def _name(self, kind: str) -> str:
        self._count += 1
        return f"data/{kind}{self._count:04d}.png"

    def _picture(self, name: str, rect: Rect, channels: int, chunks: tuple[bytes, ...], draw: Draw) -> tuple[str, int]:
        self._require_readable(rect)
        info = zipfile.ZipInfo(name, _BEFORE)
        with self._zip.open(info, "w", force_zip64=rect.size.pixels > 2**28) as file:
            writer = PngWriter(file, rect.size, channels, chunks)
            for band in bands(rect):
                writer.add(draw(band))
            writer.close()
        return name, info.CRC

    def _require_readable(self, rect: Rect) -> None:
        self._pixels += rect.size.pixels
        reach = max(abs(rect.x), abs(rect.y), abs(rect.right), abs(rect.bottom))
        if reach <= 2 * LAYER_SIDE and rect.size.pixels <= MAX_LAYER and self._pixels <= MAX_PIXELS:
            return
        message = f"The document's layers are too large or lie too far out for {self._path.name}."
        hint = "Crop the layers to the canvas, or keep it as a project of this program."
        raise StudioError(ErrorKind.INPUT, message, hint)
