"""The files that the commands for clips write: which format, which rate, and what is seen when they are read again."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from studio.cli.measurement import report as report_of
from studio.cli.measurement import spoken_rate
from studio.cli.program import note
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.job_json import task_to_json
from studio.domain.jobs import Task, without_folders
from studio.domain.sequence import changes
from studio.imaging.files import require_writable
from studio.imaging.metrics import Measures, Meter
from studio.imaging.pixels import Pixels, decode
from studio.imaging.verdict import Verdict, verdict
from studio.imaging.video.info import VideoInfo, probe
from studio.imaging.video.presets import PRESETS, Preset, available, preset_for
from studio.imaging.video.verifying import verify
from studio.imaging.video.writing import write_clip

_RATE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}|/[0-9]{0,5}[1-9])?")


@dataclass(frozen=True, slots=True)
class Kept:
    """A finished frame: its PNG, and where it comes from as JSON."""

    png: bytes
    about: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A clip's file, read again."""

    path: Path
    info: VideoInfo
    measures: Measures
    judged: Verdict
    provenance: tuple[str, ...] = ()

    def sentence(self) -> str:
        """For people: how many frames, and how good they are."""
        frames = f"{self.measures.frames:,} frames at {spoken_rate(self.info.rate)} frames a second."
        return f"{frames} {self.judged.light.value.capitalize()}: {'; '.join(self.judged.reasons)}."

    def as_json(self) -> dict[str, object]:
        """For programs."""
        about = [json.loads(text) if text else None for text in self.provenance]
        return report_of(self.path, self.info, self.measures, self.judged) | {"provenance": about}


def rate_of(text: str, otherwise: Fraction) -> Fraction:
    """Frames a second as typed: "24", "23.976", "30000/1001"; "" is `otherwise`. Raises StudioError (INPUT)."""
    if not text:
        return otherwise
    if not _RATE.fullmatch(text):
        message = f"“{text[:40]}” is no number of frames a second."
        raise StudioError(ErrorKind.INPUT, message, "Write 24, 23.976 or 30000/1001.", "rate")
    return Fraction(text)


def preset_of(path: Path, closed: bool = False, alpha: bool = False) -> Preset:
    """The format by a file's suffix, for a loop if `closed`; one with transparency if `alpha` and there is one.

    Raises StudioError (INPUT).
    """
    preset = preset_for(path.suffix, closed)
    if preset is not None:
        others = (other for other in available() if other.suffix == preset.suffix)
        return next((other for other in others if alpha and other.alpha), preset)
    suffixes = ", ".join(sorted({preset.suffix for preset in PRESETS.values()}))
    message = f"Clips are not written as “{path.suffix}” files."
    raise StudioError(ErrorKind.INPUT, message, f"Give the file one of these endings: {suffixes}.", "output")


def free_file(path: Path) -> Path:
    """A name that a clip can be written under. Raises StudioError: INPUT when it is taken or of an unknown format, DISK
    when its folder cannot be written.
    """
    preset_of(path)
    if _is_taken(path):
        raise StudioError(ErrorKind.INPUT, f"{path} exists and is not overwritten.", "Choose another name.", "output")
    require_writable(path.parent)
    return path


def _is_taken(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        message = f"{path.name[:60]} cannot be written: {error.strerror}."
        hint = "Choose another name, or another folder."
        raise StudioError(ErrorKind.DISK, message, hint, "output") from error
    return True


def saved(path: Path, frames: Mapping[int, Kept], rate: Fraction, task: Task, closed: bool) -> Report:
    """Write frames, in the order of their numbers, and look at the file again. Raises StudioError."""
    numbers = sorted(frames)

    def pixels() -> Iterator[Pixels]:
        return (decode(frames[number].png) for number in numbers)

    height, width = decode(frames[numbers[0]].png).shape[:2]
    text = json.dumps(task_to_json(without_folders(task)), ensure_ascii=False)
    written = write_clip(path, pixels(), Size(width, height), rate, preset_of(path, closed).id, metadata=text)
    meter = Meter()
    checked = verify(written.path, frames=len(numbers), watch=meter.add)
    for notice in (*written.notices, *checked.problems):
        note(f"note: {notice}")
    measures = meter.measures(closed)
    about = tuple(frames[number].about for number in numbers)
    return Report(written.path, probe(written.path), measures, verdict(measures, changes(task)), about)
