"""The sound that goes into a clip's file."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.user_paths import expanded
from studio.imaging.video.sound import sound_info

_MAX_CHANNELS = 8


@dataclass(frozen=True, slots=True)
class Soundtrack:
    """The sound of a file, from `offset` seconds on; before 0 there is silence first. What is longer than the picture
    is left out, what is shorter is followed by silence.
    """

    path: Path
    offset: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Samples:
    """Sound in pieces: float32, samples × `channels`, in [−1, 1], `rate` samples a second."""

    pieces: Iterable[NDArray[np.float32]]
    rate: int = 48_000
    channels: int = 2


Sound = Soundtrack | Samples


@dataclass(frozen=True, slots=True)
class Heard:
    """FFmpeg's arguments for a sound as an input, and filters for it, each followed by a comma."""

    arguments: list[str]
    filters: str = ""


def heard(sound: Sound, folder: Path) -> Heard:
    """How FFmpeg hears a sound; samples are written to `folder`.

    Raises StudioError when the file holds no sound, OSError when there is no room.
    """
    if isinstance(sound, Soundtrack):
        return _of_file(sound)
    spool = folder / "sound.f32"
    with spool.open("wb") as file:
        for piece in sound.pieces:
            _require(piece, sound)
            file.write(np.ascontiguousarray(piece, dtype="<f4").data)
    return Heard(["-f", "f32le", "-ar", f"{sound.rate}", "-ac", f"{sound.channels}", "-i", f"{spool}"])


def _of_file(sound: Soundtrack) -> Heard:
    path = expanded(sound.path)
    if sound_info(path) is None:
        raise StudioError(ErrorKind.INPUT, f"{path.name} holds no sound.", "Choose another sound file.", "sound")
    at, delay = max(sound.offset, Fraction(0)), max(-sound.offset, Fraction(0))
    silence = f"adelay={round(float(delay) * 1000)}:all=1," if delay else ""
    return Heard(["-ss", f"{float(at):.6f}", "-i", f"file:{path.absolute()}"], silence)


def _require(piece: NDArray[np.float32], sound: Samples) -> None:
    if piece.ndim != 2 or piece.shape[1] != sound.channels or not 1 <= sound.channels <= _MAX_CHANNELS:
        raise ValueError(f"a piece of sound is {piece.shape}, not samples × {sound.channels}")
