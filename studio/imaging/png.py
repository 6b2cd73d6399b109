"""PNG chunks (ISO/IEC 15948): the text chunks read and written without touching the pixels.

Pillow and Qt alter or refuse some texts (newlines, sizes, repeated keywords), hence this reader. The bounds keep
a hostile file from exhausting memory or time.
"""

import io
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_TEXT = 8 * 2**20  # bytes of one text, inflated
MAX_TOTAL = 32 * 2**20  # bytes of all texts of a file
MAX_CHUNKS = 100_000
_MAX_PROFILE = 2**20
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_PIXELS = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_LOOKS = (b"tRNS", b"iCCP", b"gAMA", b"cHRM", b"sRGB", b"eXIf")  # what changes how the pixels are shown


@dataclass(frozen=True, slots=True)
class Texts:
    """What a PNG says beside its pixels: the first text of each keyword, EXIF data, and what was wrong with them."""

    fields: dict[str, str]
    exif: bytes = b""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    length: int
    start: int  # of the content, in the file


def read(file: BinaryIO) -> Texts:
    """The texts of a PNG opened in binary mode. Never fails on bad content: that becomes warnings."""
    if file.read(8) != SIGNATURE:
        return Texts({}, b"", ("This is no PNG file.",))
    fields: dict[str, str] = {}
    warnings: list[str] = []
    exif, total = b"", 0
    for chunk in _chunks(file, warnings):
        if chunk.kind == b"eXIf" and chunk.length <= MAX_TEXT:
            exif = exif or _content(file, chunk, warnings)
        if chunk.kind not in _TEXTS:
            continue
        try:
            keyword, value = _read_text(file, chunk, warnings)
        except ValueError as error:
            warnings.append(f"A text in the file was skipped: {error}.")
            continue
        total += len(value)
        if total > MAX_TOTAL:
            warnings.append("The file holds more text than this program reads.")
            break
        fields.setdefault(keyword, value)
    return Texts(fields, exif, tuple(dict.fromkeys(warnings)))


def without_texts(png: bytes) -> bytes:
    """Only the chunks that pixels and their looks depend on, the latter with checksums mended.

    A decoder that gives up on a picture because of a bad text never sees that text. What is no PNG comes back as it is.
    """
    file = io.BytesIO(png)
    if file.read(8) != SIGNATURE:
        return png
    parts, end = [SIGNATURE], 8
    for chunk in _chunks(file, []):
        content = memoryview(png)[chunk.start : chunk.start + chunk.length]
        end = chunk.start + chunk.length + 4
        if chunk.kind in _PIXELS:
            parts.append(png[chunk.start - 8 : end])
        elif chunk.kind in _LOOKS and (chunk.kind != b"iCCP" or _is_sound_profile(bytes(content))):
            parts.append(_chunk(chunk.kind, bytes(content)))
        if chunk.kind == b"IEND":
            return b"".join(parts)
    return b"".join([*parts, png[end:]])  # cut short: the decoder will say so


def with_chunks(png: bytes, chunks: Iterable[bytes]) -> bytes:
    """A PNG with chunks added right after its header; pixels and other chunks stay as they are.

    Raises ValueError when `png` is no PNG.
    """
    end = 8 + 12 + 13  # signature and IHDR, whose size is fixed
    if png[:8] != SIGNATURE or png[12:16] != b"IHDR" or len(png) < end:
        raise ValueError("no PNG data")
    return png[:end] + b"".join(chunks) + png[end:]


def text(keyword: str, value: str) -> bytes:
    """A tEXt chunk where that suffices, since old readers know nothing else; iTXt for what is not ASCII.

    Raises ValueError when the keyword is not 1 to 79 Latin-1 characters.
    """
    if not value.isascii() or "\0" in value:
        return international(keyword, value)
    return _chunk(b"tEXt", _keyword(keyword) + b"\0" + value.encode("ascii"))


def international(keyword: str, value: str) -> bytes:
    """An uncompressed iTXt chunk. Unpaired surrogates become question marks, zeros are dropped.

    Raises ValueError when the keyword is not 1 to 79 Latin-1 characters.
    """
    content = value.replace("\0", "").encode("utf-8", "replace")
    return _chunk(b"iTXt", _keyword(keyword) + b"\0\0\0\0\0" + content)


def exif(block: bytes) -> bytes:
    """An eXIf chunk; the prefix that other formats put before EXIF data is left out."""
    return _chunk(b"eXIf", block.removeprefix(b"Exif\0\0"))


def _is_sound_profile(content: bytes) -> bool:
    _, separator, rest = content.partition(b"\0")
    try:
        return bool(separator) and 0 < len(_inflate(rest[1:])) <= _MAX_PROFILE
    except ValueError:
        return False


def _keyword(keyword: str) -> bytes:
    if not 1 <= len(keyword) <= 79 or "\0" in keyword:
        raise ValueError(f"{keyword[:100]!r} is no PNG keyword")
    return keyword.encode("latin-1")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _chunks(file: BinaryIO, warnings: list[str]) -> Iterator[_Chunk]:
    """All chunks up to IEND, without reading their content."""
    size = file.seek(0, 2)
    position = 8
    for _ in range(MAX_CHUNKS):
        file.seek(position)
        head = file.read(8)
        if len(head) < 8:
            warnings.append("The file is cut short.")
            return
        length, kind = struct.unpack(">I4s", head)
        position += length + 12
        if position > size:
            warnings.append("The file is cut short.")
            return
        yield _Chunk(kind, length, position - length - 4)
        if kind == b"IEND":
            return
    warnings.append("The file has more parts than this program reads.")


def _content(file: BinaryIO, chunk: _Chunk, warnings: list[str]) -> bytes:
    file.seek(chunk.start)
    content, crc = file.read(chunk.length), file.read(4)
    if struct.pack(">I", zlib.crc32(chunk.kind + content)) != crc:
        warnings.append("A text in the file has a wrong checksum and may be damaged.")
    return content


def _read_text(file: BinaryIO, chunk: _Chunk, warnings: list[str]) -> tuple[str, str]:
    if chunk.length > MAX_TEXT:
        raise ValueError(f"it has {chunk.length:,} bytes")
    keyword, separator, rest = _content(file, chunk, warnings).partition(b"\0")
    if not separator or not 1 <= len(keyword) <= 79:
        raise ValueError("it has no keyword")
    name = keyword.decode("latin-1")
    if chunk.kind == b"tEXt":
        return name, _decode_liberally(rest)
    if chunk.kind == b"zTXt":
        return name, _decode_liberally(_inflate(rest[1:]))
    return name, _international_text(rest)


def _international_text(rest: bytes) -> str:
    if len(rest) < 2:
        raise ValueError("it is cut short")
    parts = rest[2:].split(b"\0", 2)  # language, translated keyword, text
    if len(parts) < 3:
        raise ValueError("it is cut short")
    raw = _inflate(parts[2]) if rest[0] == 1 else parts[2]
    return raw.decode("utf-8", "replace")


def _decode_liberally(raw: bytes) -> str:
    """Latin-1 by the standard, but many programs write UTF-8; text that is valid UTF-8 is hardly ever anything else."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _inflate(raw: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(raw, MAX_TEXT)
    except zlib.error as error:
        raise ValueError("its compressed data is damaged") from error
    if inflater.unconsumed_tail:
        raise ValueError(f"it inflates beyond {MAX_TEXT:,} bytes")
    return data
