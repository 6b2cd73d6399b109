"""Decoding a finished file again: is it what was meant?"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from studio.domain.geometry import Size
from studio.domain.user_paths import expanded
from studio.imaging.pixels import Pixels
from studio.imaging.video.info import VideoInfo
from studio.imaging.video.presets import PRESETS
from studio.imaging.video.problems import errors_of
from studio.imaging.video.reading import VideoReader
from studio.imaging.video.sound import sound_info
from studio.imaging.video.writing import Written

Watch = Callable[[Pixels], None]
_LOOPING = ("GIF", "WEBP", "PNG")
_RATE = Fraction(1, 1000)  # by how much of itself a rate may be off: clocks of files are coarse


@dataclass(frozen=True, slots=True)
class Verified:
    """What a file turned out to be. `loops` is whether it says of itself that it plays for ever, None for formats that
    cannot say so. `problems` are sentences on what is not as expected; empty is well.
    """

    frames: int
    size: Size
    rate: Fraction
    loops: bool | None
    alpha: bool
    sound: bool
    problems: tuple[str, ...] = ()


def verify(
    path: Path,
    *,
    frames: int | None = None,
    size: Size | None = None,
    rate: Fraction | None = None,
    loops: bool | None = None,
    alpha: bool | None = None,
    sound: bool | None = None,
    watch: Watch | None = None,
) -> Verified:
    """Decode all of `path` (of a sequence the first file) and compare it with what is expected; None is not compared.

    `watch` gets every decoded frame, so that measures (the seam of a loop) need no second decoding.
    Raises StudioError when the file cannot be read at all.
    """
    path = expanded(path)
    with VideoReader(path) as reader:
        decoded = 0
        transparent = False
        for frame in reader.frames():
            decoded += 1
            transparent = transparent or (frame.shape[2] == 4 and bool(np.any(frame[..., 3] < 255)))
            if watch is not None:
                watch(frame)
        info = reader.info
    turning, heard = loops_for_ever(path), sound_info(path) is not None if info.sound else False
    found = Verified(decoded, info.size, info.rate, turning, transparent, heard)
    expected = _Expected(frames, size, rate, loops, alpha, sound)
    return Verified(decoded, info.size, info.rate, turning, transparent, heard, _problems(found, info, expected))


def check(written: Written, watch: Watch | None = None) -> Verified:
    """`verify` what `write_clip` wrote against what it says of it. Sequences of stills but EXR know no rate."""
    preset = PRESETS[written.preset]
    moving = written.frames > 1
    return verify(
        written.path,
        frames=written.frames,
        size=written.size,
        rate=written.rate if moving and preset.id != "png-sequence" else None,
        loops=True if preset.loops and moving else None,
        alpha=written.alpha,
        sound=written.sound,
        watch=watch,
    )


def loops_for_ever(path: Path) -> bool | None:
    """Whether a GIF, WebP or APNG says that it repeats without an end; None for other files."""
    with errors_of(path), path.open("rb") as file:
        head = file.read(12)
        if not head.startswith((b"GIF8", b"RIFF", b"\x89PNG")):
            return None
        file.seek(0)
        try:
            with Image.open(file, formats=_LOOPING) as image:
                moving = getattr(image, "n_frames", 1) > 1
                return image.info.get("loop") == 0 if moving or image.format == "GIF" else None
        except UnidentifiedImageError:  # RIFF is also AVI
            return None


@dataclass(frozen=True, slots=True)
class _Expected:
    frames: int | None
    size: Size | None
    rate: Fraction | None
    loops: bool | None
    alpha: bool | None
    sound: bool | None


def _problems(found: Verified, info: VideoInfo, expected: _Expected) -> tuple[str, ...]:
    said = [info.problem] if info.problem else []
    if expected.frames not in (None, found.frames):
        said.append(f"The file holds {found.frames} frames instead of {expected.frames}.")
    if expected.size not in (None, found.size):
        said.append(f"Its frames are {_of(found.size)} pixels instead of {_of(expected.size)}.")
    if expected.rate is not None and abs(found.rate / expected.rate - 1) > _RATE:
        said.append(f"It plays {float(found.rate):g} frames a second instead of {float(expected.rate):g}.")
    if expected.loops is not None and found.loops is not None and found.loops != expected.loops:
        said.append("It does not play for ever." if expected.loops else "It plays for ever.")
    if expected.alpha not in (None, found.alpha):
        said.append("Its transparency is lost." if expected.alpha else "It is transparent, which it should not be.")
    if expected.sound not in (None, found.sound):
        said.append("Its sound is missing." if expected.sound else "It has sound, which it should not have.")
    return tuple(said)


def _of(size: Size | None) -> str:
    return f"{size.width} × {size.height}" if size else ""
