"""PNG (ISO/IEC 15948) in bands of rows, so that neither a large picture nor a bomb lies in memory as a whole.

Inflating is zlib's. Undoing the row filters is Pillow's (OpenCV's for 16 bit RGB): a band of filtered rows, with the
row above it in front, is a small PNG of its own. Only whole, not interlaced, pictures can be cut like this.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from studio.domain.geometry import Size
from studio.imaging.exchange.colour import MAX_PROFILE
from studio.imaging.png import MAX_CHUNKS, SIGNATURE

_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6
_CHANNELS = {_GREY: 1, _RGB: 3, _PALETTE: 1, _GREY_ALPHA: 2, _RGB_ALPHA: 4}
_DEPTHS = {_GREY: (1, 2, 4, 8, 16), _RGB: (8, 16), _PALETTE: (1, 2, 4, 8), _GREY_ALPHA: (8, 16), _RGB_ALPHA: (8, 16)}
# Pictures whose filters reach back as many bytes as those of the rows in question: (bits, colour type).
_STAND_IN = {1: (8, _GREY), 2: (8, _GREY_ALPHA), 3: (8, _RGB), 4: (8, _RGB_ALPHA), 6: (16, _RGB), 8: (16, _RGB_ALPHA)}
_SHOWN = (b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"eXIf", b"oFFs")
_PART = 2**18  # bytes of compressed data read at once
Values = NDArray[np.unsignedinteger[Any]]  # of 8 or 16 bits


@dataclass(frozen=True, slots=True)
class Header:
    """What a PNG says before its pixels. `offset` is its place on a larger page (oFFs), in pixels."""

    size: Size
    depth: int
    colour: int
    interlaced: bool
    palette: bytes = b""
    transparency: bytes = b""
    profile: bytes = b""
    exif: bytes = b""
    offset: tuple[int, int] | None = None

    @property
    def channels(self) -> int:
        """Channels stored in the file: 1 for a palette."""
        return _CHANNELS[self.colour]

    @property
    def row_bytes(self) -> int:
        """Bytes of a row without its filter byte."""
        return (self.size.width * self.depth * self.channels + 7) // 8


@dataclass(slots=True)
class _Parts:
    data: list[tuple[int, int]] = field(default_factory=list)  # where in the file the pixels lie, and how long
    found: dict[bytes, bytes] = field(default_factory=dict)


class PngRows:
    """The rows of a PNG from the top down. Raises ValueError for what is damaged, also while rows are taken."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        parts = _parts(file)
        self.header = _header(parts.found)
        self._compressed = _stream(file, parts.data)
        self._inflater = zlib.decompressobj()
        self._waiting = b""
        self._above = b""
        self._left = self.header.size.height

    @property
    def has_alpha(self) -> bool:
        """Whether any pixel may be transparent."""
        return self.header.colour in (_GREY_ALPHA, _RGB_ALPHA) or bool(self.header.transparency)

    @property
    def is_grey(self) -> bool:
        """Whether there is one channel beside alpha."""
        return self.header.colour in (_GREY, _GREY_ALPHA)

    def take(self, rows: int) -> Values:
        """The next rows: (rows, width, channels) of L, LA, RGB or RGBA with straight alpha, uint8 or uint16."""
        if self.header.interlaced:
            raise ValueError("an interlaced PNG has no rows")
        if rows > self._left:
            raise ValueError("the picture has no more rows")
        self._left -= rows
        self._above = self._above or bytes(self.header.row_bytes)
        stride = self.header.row_bytes + 1
        filtered = np.frombuffer(self._inflated(rows * stride), np.uint8).reshape(rows, stride)
        if not filtered.any() and not any(self._above):
            raw = np.zeros((rows, stride - 1), np.uint8)
        else:
            raw = self._unfiltered(filtered)
        self._above = raw[-1].tobytes()
        return self._values(raw)

    def _inflated(self, size: int) -> bytes:
        parts, have = [self._waiting[:size]], min(size, len(self._waiting))
        self._waiting = self._waiting[size:]
        while have < size:
            pending = self._inflater.unconsumed_tail or next(self._compressed, b"")
            if not pending:
                raise ValueError("its pixels are cut short")
            part = self._inflater.decompress(pending, size - have)
            parts.append(part)
            have += len(part)
            if self._inflater.eof and have < size:
                raise ValueError("its pixels are cut short")
        return b"".join(parts)

    def _unfiltered(self, filtered: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The rows as they were before filtering, as bytes; the band becomes a PNG below the last row known."""
        reach = max(1, self.header.depth * self.header.channels // 8)
        depth, colour = _STAND_IN[reach]
        width, height = self.header.row_bytes // reach, len(filtered) + 1
        body = zlib.compress(b"\0" + self._above + filtered.tobytes(), 0)
        data = b"".join(
            (
                SIGNATURE,
                chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)),
                chunk(b"IDAT", body),
                chunk(b"IEND", b""),
            )
        )
        if depth == 8:
            with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
                return np.asarray(image).reshape(height, -1)[1:]
        return _decoded_16_bit(data, colour == _RGB_ALPHA)[1:]

    def _values(self, raw: NDArray[np.uint8]) -> Values:
        header = self.header
        width, channels = header.size.width, header.channels
        values: Values = raw.reshape(len(raw), -1, channels) if header.depth == 8 else raw
        if header.depth == 16:
            values = np.ascontiguousarray(raw).view(">u2").astype(np.uint16).reshape(len(raw), width, channels)
        elif header.depth < 8:
            values = _unpacked(raw, header.depth, width)[..., None]
        if header.colour == _PALETTE:
            return _palette(header)[values[..., 0]]
        values = _with_key(values, header)
        if header.depth < 8:  # the key is compared before
            values[..., 0] *= np.uint8(255 // (2**header.depth - 1))
        return values


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk with its length and checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(kind)))


def _decoded_16_bit(data: bytes, alpha: bool) -> NDArray[np.uint8]:
    import cv2  # a quarter of a second that most sessions never need

    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None or image.dtype != np.uint16:
        raise ValueError("its pixels are damaged")
    ordered = np.ascontiguousarray(image[..., [2, 1, 0, 3] if alpha else [2, 1, 0]], ">u2")
    return ordered.view(np.uint8).reshape(len(image), -1)


def _unpacked(raw: NDArray[np.uint8], depth: int, width: int) -> NDArray[np.uint8]:
    shifts = np.arange(8 - depth, -1, -depth, dtype=np.uint8)
    values = (raw[:, :, None] >> shifts) & np.uint8(2**depth - 1)
    return np.ascontiguousarray(values.reshape(len(raw), -1)[:, :width])


def _palette(header: Header) -> NDArray[np.uint8]:
    """256 colours, (256, 3) or × 4 with alpha; indices beyond the palette are black, as elsewhere."""
    colours = np.frombuffer(header.palette, np.uint8).reshape(-1, 3)[:256]
    table = np.zeros((256, 4), np.uint8)
    table[:, 3] = 255
    table[: len(colours), :3] = colours
    alphas = np.frombuffer(header.transparency, np.uint8)[:256]
    table[: len(alphas), 3] = alphas
    return table if header.transparency else table[:, :3]


def _with_key(values: Values, header: Header) -> Values:
    """The one colour that tRNS names becomes transparent."""
    if not header.transparency or header.colour not in (_GREY, _RGB):
        return values
    size = 2 * header.channels
    if len(header.transparency) < size:
        raise ValueError("its transparent colour is damaged")
    key = np.frombuffer(header.transparency[:size], ">u2").astype(values.dtype)
    full = values.dtype.type(65_535 if header.depth == 16 else 255)
    alpha = np.where((values == key).all(axis=2, keepdims=True), values.dtype.type(0), full)
    return np.concatenate([values, alpha], axis=2)


def _parts(file: IO[bytes]) -> _Parts:
    """Where the chunks are that matter. Pixels after another chunk than IDAT are not looked for, by the standard."""
    file.seek(0, 2)
    end = file.tell()
    file.seek(0)
    if file.read(8) != SIGNATURE:
        raise ValueError("it is no PNG")
    parts, position = _Parts(), 8
    for _ in range(MAX_CHUNKS):
        file.seek(position)
        head = file.read(8)
        if len(head) < 8:
            break
        length, kind = struct.unpack(">I4s", head)
        if kind == b"IEND":
            break
        if kind == b"IDAT":
            parts.data.append((position + 8, min(length, end - position - 8)))
        elif kind in _SHOWN and kind not in parts.found and length <= MAX_PROFILE:
            parts.found[kind] = file.read(length)
        position += length + 12
    return parts


def _header(found: dict[bytes, bytes]) -> Header:
    try:
        width, height, depth, colour, method, filters, interlace = struct.unpack(">IIBBBBB", found.get(b"IHDR", b""))
    except struct.error as error:
        raise ValueError("its header is damaged") from error
    if depth not in _DEPTHS.get(colour, ()) or method or filters or interlace > 1 or not width or not height:
        raise ValueError("its header is damaged")
    palette = found.get(b"PLTE", b"")
    if colour == _PALETTE and (not palette or len(palette) % 3):
        raise ValueError("its palette is damaged")
    offset = None
    if len(place := found.get(b"oFFs", b"")) == 9 and place[8] == 0:
        offset = struct.unpack(">ii", place[:8])
    return Header(
        Size(width, height),
        depth,
        colour,
        bool(interlace),
        palette,
        found.get(b"tRNS", b""),
        _profile(found.get(b"iCCP", b"")),
        found.get(b"eXIf", b""),
        offset,
    )


def _profile(content: bytes) -> bytes:
    """The profile inflated; nothing where it is damaged, since it is not worth a picture."""
    try:
        return zlib.decompressobj().decompress(content.partition(b"\0")[2][1:], MAX_PROFILE)
    except zlib.error:
        return b""


def _stream(file: IO[bytes], data: list[tuple[int, int]]) -> Iterator[bytes]:
    for start, length in data:
        for position in range(start, start + length, _PART):
            file.seek(position)
            yield file.read(min(_PART, start + length - position))
