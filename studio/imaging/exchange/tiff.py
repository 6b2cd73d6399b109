"""TIFF (revision 6.0) in strips or tiles: tifffile reads the tags and writes files.

Each strip or tile that is read becomes a small TIFF for the decoders of Pillow, or of OpenCV for 16 bit, which know all
compressions and never unpack more than the size of the part.
"""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from studio.domain.document.tiles import TILE
from studio.domain.geometry import Size
from studio.imaging.exchange.colour import srgb_profile
from studio.imaging.exchange.errors import require_canvas
from studio.imaging.exchange.png_rows import Values
from studio.imaging.exchange.rows import COLOURS, plain
from studio.imaging.tiles import Pixels

_RAW, _OLD_JPEG, _ASSOCIATED = 1, 6, 1
_MODES = {0: "L", 1: "L", 2: "RGB", 5: "CMYK"}  # of 16 bit pictures, by their photometric interpretation
# What a decoder must know of a part: bits, compression, colours, samples, tables of JPEG, CCITT and YCbCr.
_COPIED = (258, 259, 262, 266, 277, 292, 293, 317, 320, 332, 338, 339, 347, 529, 530, 531, 532)
_PROFILE, _ORIENTATION = 34675, 274
_SHORT, _LONG, _TYPES = 3, 4, {1: "B", 2: "s", 3: "H", 4: "I", 5: "I", 6: "b", 7: "s", 8: "h", 9: "i", 11: "f"}


class TiffRows:
    """The first page of a TIFF from the top down.

    Raises NotImplementedError for a kind that only Pillow reads, as a whole, ValueError for what is damaged, and
    StudioError for what is too large.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._file = file
        self._tiff = tifffile.TiffFile(file)
        page: Any = self._tiff.pages[0]
        self._page = page
        self.size = require_canvas(path, int(page.imagewidth), int(page.imagelength))
        bits = page.tags.valueof(258, 1)
        self._deep = set(bits if isinstance(bits, tuple) else (bits,)) == {16}
        self._require_readable()
        self.profile = _bytes(page.tags.valueof(_PROFILE, b""))
        self.exif = _exif(page.tags.valueof(_ORIENTATION, 1))
        self._bands = self._decoded()
        self._waiting: Values = next(self._bands)
        self.mode = self._deep_mode(self._waiting.shape[2]) if self._deep else self._mode

    @property
    def pages(self) -> bool:
        """Whether there are more pages."""
        return bool(self._tiff.pages.is_multipage)

    def take(self, rows: int) -> Values:
        """The next rows."""
        parts, have = [], 0
        while have < rows:
            if not len(self._waiting):
                part = next(self._bands, None)
                if part is None:
                    raise ValueError("its pixels are cut short")
                self._waiting = part
            parts.append(self._waiting[: rows - have])
            self._waiting = self._waiting[rows - have :]
            have += len(parts[-1])
        return _integers(np.concatenate(parts))

    def _require_readable(self) -> None:
        page = self._page
        if page.planarconfig != 1 and page.samplesperpixel > 1:
            raise NotImplementedError("planes one after the other")
        if page.compression == _OLD_JPEG or page.imagedepth != 1 or not page.dataoffsets:
            raise NotImplementedError("an outdated kind")
        if not self._deep and page.bitspersample not in (1, 2, 4, 8):
            raise NotImplementedError("floating point or odd bits")
        if self._deep and (page.sampleformat != 1 or page.photometric not in _MODES):
            raise NotImplementedError("floating point or an odd colour space")

    def _deep_mode(self, channels: int) -> str:
        mode = _MODES[self._page.photometric]
        if channels not in (COLOURS[mode], COLOURS[mode] + 1):
            raise NotImplementedError("more channels than colours")
        return mode

    def _decoded(self) -> Iterator[Values]:
        """The picture in bands of whole rows, as strips or rows of tiles make them."""
        page, size = self._page, self.size
        width = page.tilewidth if page.is_tiled else size.width
        height = page.tilelength if page.is_tiled else min(page.rowsperstrip, size.height)
        if width < 1 or height < 1 or width * height > 2**28 + 2**24:
            raise ValueError("its parts have no sound size")
        across, offsets, lengths = -(-size.width // width), page.dataoffsets, page.databytecounts
        for number, y in enumerate(range(0, size.height, height)):
            rows = height if page.is_tiled else min(height, size.height - y)
            parts = []
            for index in range(number * across, (number + 1) * across):
                if index >= len(offsets) or index >= len(lengths):
                    raise ValueError("its pixels are cut short")
                parts.append(self._part(int(offsets[index]), int(lengths[index]), width, rows))
            yield _integers(np.concatenate(parts, axis=1)[: size.height - y, : size.width])

    def _part(self, offset: int, length: int, width: int, height: int) -> Values:
        self._file.seek(offset)
        data = self._file.read(min(length, 2**31))
        if self._deep and self._page.compression == _RAW:
            channels = self._page.samplesperpixel
            wanted = width * height * channels
            values = np.frombuffer(data, f"{self._tiff.byteorder}u2", min(len(data) // 2, wanted))
            if len(values) < wanted:
                raise ValueError("its pixels are cut short")
            return self._meant(values.reshape(height, width, channels).astype(np.uint16))
        if self._deep:
            return self._meant(_unpacked(self._small(data, width, height), width, height))
        small = io.BytesIO(self._small(data, width, height))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd tags
            with TiffImagePlugin.TiffImageFile(small) as image:
                part = plain(image)
                self._mode = part.mode.removesuffix("A") if part.mode in ("LA", "RGBA") else part.mode
                return np.asarray(part).reshape(height, width, -1)

    def _meant(self, values: Values) -> Values:
        """White as the largest value, and alpha straight."""
        colours = COLOURS[_MODES[self._page.photometric]]
        if self._page.photometric == 0:
            values = np.concatenate([65_535 - values[..., :1], values[..., 1:]], axis=2)
        if values.shape[2] > colours and _ASSOCIATED in self._page.extrasamples:
            alpha = np.maximum(values[..., colours : colours + 1], 1).astype(np.uint64)
            opaque = np.minimum((values[..., :colours] * np.uint64(65_535) + alpha // 2) // alpha, 65_535)
            values = np.concatenate([opaque.astype(np.uint16), values[..., colours : colours + 1]], axis=2)
        return values[..., : colours + 1] if values.shape[2] > colours else values

    def _small(self, data: bytes, width: int, height: int) -> bytes:
        """A TIFF of one strip that holds one part."""
        order = self._tiff.byteorder
        tags = {256: (_LONG, (width,)), 257: (_LONG, (height,)), 278: (_LONG, (height,)), 279: (_LONG, (len(data),))}
        for code in _COPIED:
            tag = self._page.tags.get(code)
            if tag is not None and (kind := int(tag.dtype)) in _TYPES and tag.count <= 2**16:
                value = tag.value.ravel().tolist() if isinstance(tag.value, np.ndarray) else tag.value
                tags[code] = (kind, tuple(value) if isinstance(value, tuple | list) else (value,))
        packed = {code: _packed(order, kind, values) for code, (kind, values) in tags.items()}
        start = 8 + 2 + 12 * (len(tags) + 1) + 4
        extra, entries = b"", {}
        for code, (count, raw) in packed.items():
            if len(raw) > 4:
                entries[code] = (tags[code][0], count, struct.pack(f"{order}I", start + len(extra)))
                extra += raw + b"\0" * (len(raw) % 2)
            else:
                entries[code] = (tags[code][0], count, raw.ljust(4, b"\0"))
        entries[273] = (_LONG, 1, struct.pack(f"{order}I", start + len(extra)))
        table = b"".join(
            struct.pack(f"{order}HHI", code, kind, count) + raw for code, (kind, count, raw) in sorted(entries.items())
        )
        magic = b"II*\0" if order == "<" else b"MM\0*"
        return b"".join(
            (magic, struct.pack(f"{order}IH", 8, len(entries)), table, struct.pack(f"{order}I", 0), extra, data)
        )


def _packed(order: str, kind: int, values: tuple[Any, ...]) -> tuple[int, bytes]:
    """How many values, and their bytes."""
    if _TYPES[kind] == "s":
        raw = b"".join(v.encode("latin-1", "replace") if isinstance(v, str) else bytes(v) for v in values)
        return len(raw), raw
    flat = [part for value in values for part in (value if isinstance(value, list | tuple | bytes) else (value,))]
    count = len(flat) // 2 if kind == 5 else len(flat)
    return count, struct.pack(f"{order}{len(flat)}{_TYPES[kind]}", *flat)


def _unpacked(data: bytes, width: int, height: int) -> Values:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None or image.dtype != np.uint16 or image.shape[:2] != (height, width):
        raise NotImplementedError("a compression of 16 bit pictures that OpenCV does not read")
    if image.ndim == 2:
        return _integers(image[..., None])
    return _integers(image[..., [2, 1, 0, *range(3, image.shape[2])]])


def _integers(values: NDArray[Any]) -> Values:
    return values.astype(np.uint8, copy=False) if values.dtype == np.uint8 else values.astype(np.uint16, copy=False)


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""


def _exif(orientation: object) -> bytes:
    """An EXIF block that says the orientation, which TIFF keeps among its own tags."""
    block = Image.Exif()
    block[_ORIENTATION] = orientation if isinstance(orientation, int) else 1
    return block.tobytes()


def write_tiff(file: BinaryIO, size: Size, channels: int, bands: Iterator[Pixels]) -> None:
    """A TIFF of 3 or 4 channels (straight alpha) of 8 bits, in strips of the heights of tiles, deflated."""
    with tifffile.TiffWriter(file) as writer:
        writer.write(
            map(_packed_strip, bands),
            shape=(size.height, size.width, channels),
            dtype=np.uint8,
            photometric="rgb",
            extrasamples=("unassalpha",) if channels == 4 else (),
            rowsperstrip=TILE,
            compression="zlib",
            predictor=True,
            iccprofile=srgb_profile(),
            metadata=None,
            software=False,
        )


def _packed_strip(rows: Pixels) -> bytes:
    """A strip deflated, each sample less the one to its left (TIFF 6.0, section 14)."""
    rest = rows.copy()
    rest[:, 1:] -= rows[:, :-1]
    return zlib.compress(rest.tobytes(), 6)
