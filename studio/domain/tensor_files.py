"""Safetensors files, known by their header alone: no tensor is read and nothing is unpickled.

The bounds refuse files made to exhaust memory or time (a million tiny tensors) before a library sees them.
"""

import json
import math
import stat
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.domain.errors import ErrorKind, StudioError

MAX_HEADER = 16 * 2**20
MAX_TENSORS = 50_000
_PICKLE_STARTS = (b"PK", b"\x80")  # and one in 32 of all header lengths, which only a sound file lets a "{" follow
_DTYPE_BYTES = {
    "F64": 8,
    "I64": 8,
    "U64": 8,
    "F32": 4,
    "I32": 4,
    "U32": 4,
    "F16": 2,
    "BF16": 2,
    "I16": 2,
    "U16": 2,
    "I8": 1,
    "U8": 1,
    "BOOL": 1,
    "F8_E4M3": 1,
    "F8_E5M2": 1,
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """Shape and type of one tensor, as the header states them."""

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """What a safetensors file says of itself: its tensors by name, and the texts its maker put in."""

    tensors: dict[str, Tensor]
    metadata: dict[str, str]


def read_header(path: Path) -> dict[str, Tensor]:
    """Names, types and shapes of the tensors in a safetensors file, checked against its real size.

    Raises StudioError (MODEL) when the file is cut, hostile or no safetensors file.
    """
    return read_whole_header(path).tensors


def read_whole_header(path: Path) -> Header:
    """Tensors and metadata of a safetensors file. Raises StudioError (MODEL) as `read_header` does."""
    try:
        return _read_header(path)
    except OSError as error:
        raise refusal(
            f"{path.name} cannot be read: {error.strerror}.", "Check its permissions and the disk."
        ) from error


def refusal(message: str, hint: str) -> StudioError:
    """The error for a model file that is not taken."""
    return StudioError(ErrorKind.MODEL, message, hint, "model")


def _read_header(path: Path) -> Header:
    require_ordinary(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        if start.startswith(_PICKLE_STARTS) and file.read(1) != b"{":
            raise refusal(
                f"{path.name} is a pickle, which could run code, whatever its name says.",
                "Use the model's safetensors version.",
            )
        if len(start) < 8:
            raise _cut(path)
        length = struct.unpack("<Q", start)[0]
        if length > MAX_HEADER:
            raise refusal(
                f"The header of {path.name} claims {length:,} bytes; this is no sound safetensors file.",
                "Download the model again from a source you trust.",
            )
        if 8 + length > size:
            raise _cut(path)
        file.seek(8)
        raw = file.read(length)
    return _parse_header(path, raw, size - 8 - length)


def require_ordinary(path: Path) -> None:
    """A pipe or a device, which may never end, is refused before anything reads it. Raises OSError when it is gone."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise refusal(f"{path.name} is no ordinary file.", "Put the file itself in its place.")


def _parse_header(path: Path, raw: bytes, data: int) -> Header:
    try:
        entries = json.loads(raw)
        metadata = entries.pop("__metadata__", None)
        if len(entries) > MAX_TENSORS:
            raise refusal(
                f"{path.name} claims {len(entries):,} tensors, more than any model has.",
                "Download the model again from a source you trust.",
            )
        tensors, end = {}, 0
        for name, entry in entries.items():
            tensors[name] = Tensor(entry["dtype"], tuple(entry["shape"]))
            end = max(end, _checked_end(entry))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise refusal(f"The header of {path.name} is damaged.", "Download the model again.") from error
    if end > data:
        raise _cut(path)
    return Header(tensors, _texts(metadata))


def _texts(metadata: object) -> dict[str, str]:
    entries = metadata.items() if isinstance(metadata, dict) else ()
    return {key: value for key, value in entries if isinstance(value, str)}


def _checked_end(entry: dict[str, Any]) -> int:
    """Where the tensor ends in the data, when shape, type and offsets agree; ValueError otherwise."""
    begin, end = entry["data_offsets"]
    shape = entry["shape"]
    if any(not isinstance(side, int) or side < 0 for side in (*shape, begin, end)) or len(shape) > 8:
        raise ValueError("shape")
    if math.prod(shape) * _DTYPE_BYTES[entry["dtype"]] != end - begin:
        raise ValueError("offsets")
    return int(end)


def _cut(path: Path) -> StudioError:
    return refusal(f"{path.name} is cut short.", "Download or copy it again; the rest of the file is missing.")
