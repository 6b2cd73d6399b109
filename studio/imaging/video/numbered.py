"""Stills, alone or as a numbered sequence of files (shot.0001.png, shot.0002.png …)."""

import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from studio.domain.geometry import Size
from studio.imaging.pictures import load_layered, picture_size
from studio.imaging.pixels import Pixels
from studio.imaging.video.exr import SUFFIX, rate_of_exr, read_exr
from studio.imaging.video.problems import MAX_FRAMES, refused
from studio.imaging.video.timing import DEFAULT_RATE, still_timing

_NUMBERED = re.compile(r"(?P<head>.*?)(?P<number>\d+)(?P<tail>\.\w+)")
_MAX_GAP = 100  # numbers without a file; what comes after a longer gap is another sequence
_NAMED = 5  # gaps that a problem lists


@dataclass(frozen=True, slots=True)
class Sequence:
    """The files of a numbered sequence, one for each frame; where a number is missing, the file before stands in.

    `gaps` are the missing numbers, first and last of each run.
    """

    files: tuple[Path, ...]
    gaps: tuple[tuple[int, int], ...] = ()


def sequence_from(first: Path) -> Sequence:
    """The sequence that begins with `first`: itself alone when its name has no number or no file carries on."""
    name = _NUMBERED.fullmatch(first.name)
    if name is None:
        return Sequence((first,))
    begin, found = int(name["number"]), _numbers(first, name)
    files, gaps, at, last = [first], list[tuple[int, int]](), first, begin
    for number in sorted(number for number in found if number > begin):
        missing = number - last - 1
        if missing > _MAX_GAP or len(files) >= MAX_FRAMES:
            break
        if missing:
            files.extend([at] * missing)
            gaps.append((last + 1, number - 1))
        at, last = found[number], number
        files.append(at)
    return Sequence(tuple(files), tuple(gaps))


def _numbers(first: Path, name: re.Match[str]) -> dict[int, Path]:
    """The files beside `first` that differ from it by their number only: as many digits, or more when those ran out."""
    digits = len(name["number"])
    found = {}
    for path in first.parent.iterdir():
        other = _NUMBERED.fullmatch(path.name)
        if other is None or (other["head"], other["tail"]) != (name["head"], name["tail"]):
            continue
        if len(other["number"]) == digits or (len(other["number"]) > digits and other["number"][0] != "0"):
            found[int(other["number"])] = path
    return found


class Stills:
    """A still, or the stills of a numbered sequence, as numbered frames. Not thread-safe.

    All frames have the size and the alpha channel of the first; others are scaled, and `problem` says so.
    """

    sound = False

    def __init__(self, path: Path) -> None:
        self._sequence = sequence_from(path)
        exr = path.suffix.lower() == SUFFIX
        self.codec = path.suffix.lower().removeprefix(".")
        self.timing = still_timing(len(self._sequence.files), (rate_of_exr(path) if exr else None) or DEFAULT_RATE)
        first = _read(path)
        self.size, self.alpha = Size(first.shape[1], first.shape[0]), first.shape[2] == 4
        self._scaled = False

    @property
    def problem(self) -> str:
        """What was wrong with the sequence so far, a sentence or ""."""
        if self._sequence.gaps:
            listed = ", ".join(f"{a}" if a == b else f"{a}–{b}" for a, b in self._sequence.gaps[:_NAMED])
            more = " …" if len(self._sequence.gaps) > _NAMED else ""
            return f"Numbers are missing: {listed}{more}. The frame before is shown there."
        return "Frames of another size were scaled to that of the first." if self._scaled else ""

    def picture(self, number: int) -> Pixels:
        """Frame `number` as uint8, height × width × 3 or 4. Raises StudioError when its file is gone or damaged."""
        pixels = _read(self._sequence.files[number])
        if pixels.shape[:2] != (self.size.height, self.size.width):
            self._scaled = True
            pixels = np.asarray(
                cv2.resize(pixels, (self.size.width, self.size.height), interpolation=cv2.INTER_AREA), dtype=np.uint8
            )
        return _with_alpha(pixels) if self.alpha else np.ascontiguousarray(pixels[..., :3])

    def close(self) -> None:
        """Nothing is open between frames."""


def _with_alpha(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 4:
        return pixels
    return np.concatenate([pixels, np.full((*pixels.shape[:2], 1), 255, np.uint8)], axis=2)


def _read(path: Path) -> Pixels:
    if path.suffix.lower() != SUFFIX:
        picture_size(path)  # refuses what is too large before it is decoded
        return load_layered(path)
    if not path.is_file():
        raise refused(path, "is gone", "Put it back, or choose the clip's files anew.")
    return read_exr(path)


def numbered_name(stem: str, number: int, suffix: str) -> str:
    """The name of a sequence's file, which `sequence_from` finds again."""
    return f"{stem}.{number:04d}{suffix}"
