"""Messages on a byte stream: each is its length (8 bytes, big endian) and its pickle.

Pickle is safe here: the stream joins two processes of one program through pipes no one else can open.
"""

import pickle
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

from studio.domain.messages import WorkerOptions

_LENGTH = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class Setup:
    """The first message to a worker process."""

    engine: str
    options: WorkerOptions


def write(stream: BinaryIO, message: object) -> None:
    """Write one message and flush. Raises OSError when the other end is closed."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def read(stream: BinaryIO) -> Any:
    """Wait for one message. Raises EOFError when the other end is closed, also in the middle of a message."""
    (length,) = _LENGTH.unpack(_read_exactly(stream, _LENGTH.size))
    return pickle.loads(_read_exactly(stream, length))


def _read_exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data
