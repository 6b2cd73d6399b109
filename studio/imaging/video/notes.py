"""The recipe that a clip carries: where each format keeps it, written after its encoder and read back.

Videos keep it as the container's comment, GIF as a comment extension, WebP as XMP, PNG and APNG as the chunk of our
pictures, EXR as its comments.
"""

import re
import shutil
import struct
import warnings
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from studio.domain.user_paths import expanded
from studio.imaging import pictures, png
from studio.imaging.metadata import safelight, xmp
from studio.imaging.video import packets
from studio.imaging.video.exr import comments_of_exr
from studio.imaging.video.problems import errors_of

MAX_TEXT = 8 * 2**20  # characters
_SPECIAL = re.compile(r"([=;#\\\n])")  # of FFmpeg's metadata files
_SUB_BLOCK = 255  # bytes of a GIF's comment before the next length
_XMP_FLAG = 0x04  # of the chunk VP8X (RFC 9649, 2.7)


def ffmetadata(text: str) -> str:
    """A metadata file for FFmpeg with `text` as the comment; command lines are too short for recipes."""
    escaped = _SPECIAL.sub(r"\\\1", text)
    return f";FFMETADATA1\ncomment={escaped}\n"


def carry(path: Path, place: str, text: str) -> None:
    """Add `text` to a finished GIF, WebP or APNG: `place` is "gif", "xmp" or "png". Raises OSError."""
    {"gif": _carry_gif, "xmp": _carry_webp, "png": _carry_png}[place](path, text)


def _carry_png(path: Path, text: str) -> None:
    _insert(path, 8 + 25, png.international(safelight.PNG_KEYWORD, text))  # after the signature and IHDR


def _carry_gif(path: Path, text: str) -> None:
    data = text.encode()
    blocks = b"".join(_counted(data[at : at + _SUB_BLOCK]) for at in range(0, len(data), _SUB_BLOCK))
    with path.open("rb") as file:
        packed = file.read(13)[10]
    palette = 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0
    _insert(path, 13 + palette, b"\x21\xfe" + blocks + b"\0")


def _counted(data: bytes) -> bytes:
    return bytes([len(data)]) + data


def _insert(path: Path, at: int, data: bytes) -> None:
    """Put `data` into a file, which is copied beside itself for that."""
    longer = path.with_name(f"{path.name}.part")
    try:
        with path.open("rb") as source, longer.open("xb") as target:
            target.write(source.read(at))
            target.write(data)
            shutil.copyfileobj(source, target, 2**20)
        longer.replace(path)
    finally:
        longer.unlink(missing_ok=True)


def _carry_webp(path: Path, text: str) -> None:
    """A chunk at the end, and the flag for it in the chunk VP8X, which every animated WebP has."""
    data = xmp.packet(xmp.SourceType.GENERATED, picture=text).encode("ascii", "xmlcharrefreplace")
    with path.open("r+b") as file:
        head = file.read(21)
        if head[12:16] != b"VP8X":
            return
        file.seek(20)
        file.write(bytes([head[20] | _XMP_FLAG]))
        file.seek(0, 2)
        file.write(b"XMP " + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2))
        length = file.tell() - 8
        file.seek(4)
        file.write(struct.pack("<I", length))


# ------------------------------------------------------------------------------------------------ reading


def clip_text(path: Path) -> str:
    """What `write_clip` was given as metadata, or another program's comment; "" for none.

    Raises StudioError as `VideoReader` does.
    """
    path = expanded(path)
    pictures.require_file(path)
    with errors_of(path), path.open("rb") as file:
        head = file.read(16)
        if head.startswith(b"v/1\x01"):
            return comments_of_exr(path)
        if head.startswith(b"\x89PNG"):
            file.seek(0)
            return png.read(file).fields.get(safelight.PNG_KEYWORD, "")
        if head.startswith(b"GIF8") or head[8:12] == b"WEBP":
            file.seek(0)
            return _of_picture(file)
        with packets.opened(path) as container:
            return _comment(container.metadata)


def _comment(metadata: dict[str, str]) -> str:
    return next((text for name, text in metadata.items() if name.lower() == "comment"), "")


def _of_picture(file: BinaryIO) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(file, formats=("GIF", "WEBP")) as image:
            comment, packet = image.info.get("comment", b""), image.info.get("xmp", b"")
    if isinstance(packet, bytes) and packet:
        return xmp.ours(packet.decode("utf-8", "replace"), "picture")
    return comment.decode("utf-8", "replace") if isinstance(comment, bytes) else str(comment)
