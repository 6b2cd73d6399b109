"""Animated WebP as its container has it (RFC 9649): what FFmpeg's muxer leaves to do."""

import os
import struct
from pathlib import Path

_RIFF, _CHUNK, _FLAGS = 12, 8, 15  # bytes of the file's head, of a chunk's, and before a frame's flags
_NO_BLEND = 0x02  # of the chunk ANMF (2.7.1.1)


def replace_each(path: Path) -> None:
    """Let each frame take the place of the one before: FFmpeg lays it over that, which shows where it is transparent.

    Raises OSError.
    """
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        at = _RIFF
        while at + _CHUNK <= end:
            file.seek(at)
            name, length = struct.unpack("<4sI", file.read(_CHUNK))
            if name == b"ANMF":
                file.seek(at + _CHUNK + _FLAGS)
                flags = file.read(1)[0]
                file.seek(-1, os.SEEK_CUR)
                file.write(bytes([flags | _NO_BLEND]))
            at += _CHUNK + length + length % 2
