"""EXIF (CIPA DC-008) as far as texts go: UserComment and the description fields, in JPEG, WebP, PNG and AVIF.

A TIFF structure is a list of 12 byte entries (tag, type, count, value or offset). Programs disagree on the encoding of
UserComment, so reading is liberal; writing follows the standard.
"""

import struct
from collections.abc import Iterator

USER_COMMENT = 0x9286
DESCRIPTION = 0x010E
SOFTWARE = 0x0131
XP_COMMENT = 0x9C9C
_EXIF_IFD = 0x8769
_TEXT_TAGS = {
    DESCRIPTION: "ImageDescription",
    SOFTWARE: "Software",
    USER_COMMENT: "UserComment",
    XP_COMMENT: "XPComment",
}
_MAX_ENTRIES = 1000
_MAX_TEXT = 8 * 2**20
_ASCII, _LONG, _UNDEFINED = 2, 4, 7
_SIZES = {1: 1, _ASCII: 1, 3: 2, _LONG: 4, _UNDEFINED: 1}
MAX_BLOCK = 65_533  # bytes of a JPEG segment after its length


def read(exif: bytes) -> dict[str, str]:
    """The texts in an EXIF block (with or without its `Exif\\0\\0` prefix), by the names of their tags.

    Raises ValueError when it is damaged.
    """
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        raise ValueError("its header is damaged")
    found: dict[str, str] = {}
    folders = [struct.unpack_from(f"{order}I", tiff, 4)[0]]
    for offset in folders:  # grows by the EXIF folder, at most once
        for tag, part in _entries(tiff, order, offset):
            if tag == _EXIF_IFD and len(folders) == 1 and part.stop - part.start == 4:
                folders.append(struct.unpack(f"{order}I", tiff[part])[0])
            elif tag in _TEXT_TAGS and _TEXT_TAGS[tag] not in found:
                found[_TEXT_TAGS[tag]] = _decode(tag, tiff[part])
    return {name: text for name, text in found.items() if text}


def write(comment: str, software: str) -> bytes:
    """An EXIF block, with its prefix, that holds UserComment and Software."""
    program = software.encode("ascii", "replace") + b"\0"
    text = b"UNICODE\0" + comment.encode("utf-16-be", "replace")
    start = 8 + 2 + 2 * 12 + 4  # header, then IFD0 with two entries
    exif_ifd = start + len(program)
    head = b"MM\0*" + struct.pack(">I", 8) + struct.pack(">H", 2)
    head += struct.pack(">HHII", SOFTWARE, _ASCII, len(program), start)
    head += struct.pack(">HHII", _EXIF_IFD, _LONG, 1, exif_ifd) + struct.pack(">I", 0)
    body = struct.pack(">H", 1) + struct.pack(">HHII", USER_COMMENT, _UNDEFINED, len(text), exif_ifd + 2 + 12 + 4)
    return b"Exif\0\0" + head + program + body + struct.pack(">I", 0) + text


def _entries(tiff: bytes, order: str, offset: int) -> Iterator[tuple[int, slice]]:
    """Tag and place of each value."""
    try:
        (count,) = struct.unpack_from(f"{order}H", tiff, offset)
        for i in range(min(count, _MAX_ENTRIES)):
            at = offset + 2 + 12 * i
            tag, kind, number = struct.unpack_from(f"{order}HHI", tiff, at)
            size = number * _SIZES.get(kind, 0)
            if not 0 < size <= _MAX_TEXT:
                continue
            start = at + 8 if size <= 4 else struct.unpack_from(f"{order}I", tiff, at + 8)[0]
            if start + size <= len(tiff):
                yield tag, slice(start, start + size)
    except struct.error as error:
        raise ValueError("it is cut short") from error


def _decode(tag: int, raw: bytes) -> str:
    if tag == XP_COMMENT:
        return raw.decode("utf-16-le", "replace").rstrip("\0")
    if tag != USER_COMMENT:
        return raw.decode("utf-8", "replace").rstrip("\0")
    code, text = raw[:8], raw[8:]
    if code == b"UNICODE\0":
        return _decode_utf_16(text).rstrip("\0")
    if code in (b"ASCII\0\0\0", b"\0" * 8):
        return text.decode("utf-8", "replace").rstrip("\0")
    return raw.decode("utf-8", "replace").rstrip("\0")


def _decode_utf_16(raw: bytes) -> str:
    """Big endian by custom, little endian by others, UTF-8 by mistake: whichever has its zero bytes in the right place.

    Text without any Latin characters has few zero bytes at all; big endian is taken then.
    """
    sample = raw[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    if even == odd == 0 and _is_utf_8(raw):
        return raw.decode("utf-8")
    return raw.decode("utf-16-le" if odd > even else "utf-16-be", "replace")


def _is_utf_8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
