"""What a moving picture is, and which of our readers takes it."""

import dataclasses
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from studio.domain.geometry import Size
from studio.domain.user_paths import expanded
from studio.imaging import pictures
from studio.imaging.pixels import Pixels
from studio.imaging.video import packets
from studio.imaging.video.animations import Animation
from studio.imaging.video.decoding import Decoder
from studio.imaging.video.numbered import Stills
from studio.imaging.video.problems import errors_of
from studio.imaging.video.timing import Timing

_SCANNED = 2**29  # bytes of a file whose frames are counted before it is asked for
_PNG = b"\x89PNG\r\n\x1a\n"
_STILLS = (b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"BM", b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51", b"v/1\x01")
_MAX_CHUNKS = 1000  # of a PNG before its pixels


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a video, an animated picture, a numbered sequence or a still is.

    `size` is upright and with square pixels. `frames` at the constant `rate` last `seconds`; they are estimated unless
    `exact`. `variable` is a file whose own frames do not come at a constant rate: `rate` is then chosen. `alpha` is
    room for transparency. `problem` is what was wrong with the file, a sentence or "".
    """

    size: Size
    rate: Fraction
    frames: int
    seconds: Fraction
    sound: bool = False
    alpha: bool = False
    variable: bool = False
    exact: bool = True
    codec: str = ""
    problem: str = ""


class Source(Protocol):
    """Stored frames by their numbers, and how they are spread over time."""

    @property
    def size(self) -> Size:
        """Of every frame, upright and with square pixels."""

    @property
    def alpha(self) -> bool:
        """Whether its frames have an alpha channel."""

    @property
    def problem(self) -> str:
        """What was wrong with the file so far, a sentence or ""."""

    codec: str
    sound: bool
    timing: Timing

    def picture(self, number: int) -> Pixels:
        """Stored frame `number` as uint8, height × width × 3 or 4."""

    def close(self) -> None:
        """Close the file."""


def probe(path: Path) -> VideoInfo:
    """What is at `path`: a file, or the first of a numbered sequence.

    Files of up to 512 MiB are read through, so that their frames are counted; of larger ones the container's word is
    taken. Raises StudioError: INPUT for what is no moving picture or damaged, DISK, MEMORY.
    """
    path = expanded(path)
    pictures.require_file(path)
    if path.stat().st_size > _SCANNED and not _is_picture(path):
        with errors_of(path):
            return _promised(path)
    source = open_source(path)
    try:
        return info_of(source)
    finally:
        source.close()


def info_of(source: Source) -> VideoInfo:
    """The same of what is open already."""
    timing = source.timing
    return VideoInfo(
        source.size, timing.rate, timing.frames, timing.seconds, source.sound, source.alpha, timing.variable,
        codec=source.codec, problem=source.problem,
    )  # fmt: skip


def open_source(path: Path) -> Source:
    """The reader for a file, by its content. Raises StudioError."""
    pictures.require_file(path)
    with errors_of(path):
        head = _head(path)
        if _is_still(path, head):
            return Stills(path)
        if (head[:4] == b"RIFF" and head[8:12] == b"WEBP") or head[4:12] in (b"ftypavif", b"ftypavis"):
            animation = Animation(path)
            if animation.timing.frames > 1:
                return animation
            animation.close()
            return Stills(path)
        return Decoder(path)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16)


def _is_picture(path: Path) -> bool:
    return _is_still(path, _head(path))


def _is_still(path: Path, head: bytes) -> bool:
    if head[:8] == _PNG:
        return not _is_animated_png(path)
    return head.startswith(_STILLS)


def _is_animated_png(path: Path) -> bool:
    """Whether the chunk acTL comes before the pixels (APNG, W3C PNG 3, 11.3.6)."""
    with path.open("rb") as file:
        file.seek(8)
        for _ in range(_MAX_CHUNKS):
            head = file.read(8)
            if len(head) < 8 or head[4:] == b"IDAT":
                return False
            if head[4:] == b"acTL":
                return True
            file.seek(int.from_bytes(head[:4], "big") + 4, 1)
    return False


def _promised(path: Path) -> VideoInfo:
    """What the container says of itself, and its first frame."""
    with packets.opened(path) as container:
        stream = packets.video_of(container, path)
        promised = packets.promised(container, stream)
    source = Decoder(path, promised)
    try:
        return dataclasses.replace(info_of(source), exact=False)
    finally:
        source.close()
