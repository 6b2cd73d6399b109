"""Timelines and clips into files: composed ahead of the encoder, and what came out decoded again."""

import dataclasses
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.timeline.model import Video
from studio.domain.user_paths import exists, expanded
from studio.imaging.metrics import Measures, Meter
from studio.imaging.montage.placing import opaque
from studio.imaging.montage.stacking import flattened
from studio.imaging.tiles import Pixels
from studio.imaging.verdict import Verdict, verdict
from studio.imaging.video.presets import (
    PRESETS,
    Family,
    Preset,
    gif_rate,
    preset_for,
    preset_of,
)
from studio.imaging.video.soundtracks import Samples
from studio.imaging.video.verifying import Verified, verify
from studio.imaging.video.writing import Written, write_clip
from studio.session.cutting import Cut
from studio.session.mixing import RATE, sounds
from studio.session.montage import Montage

MEASURED = 600  # frames of a loop that are measured; longer ones take minutes
_AHEAD = 64 * 2**20  # bytes of frames that wait for the encoder
_MOST, _LEAST = 16, 2  # frames that wait


class Stage(StrEnum):
    """What is being done."""

    WRITING = "writing"
    CHECKING = "checking"


OnProgress = Callable[[Stage, int, int], None]  # how many frames of how many
Poll = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Report:
    """A finished file, as it was found when it was decoded again.

    `loops` is whether it says of itself that it plays for ever, None for formats that cannot. `measures` and `verdict`
    are of the file's frames as a loop, None for what is none. `took` is in seconds. `notices` are sentences on what
    differs from what was asked for, `problems` on what is wrong; without any, all is well.
    """

    path: Path
    preset: str
    frames: int
    size: Size
    rate: Fraction
    bytes: int
    alpha: bool
    loops: bool | None
    sound: bool
    closed: bool
    took: float
    measures: Measures | None = None
    verdict: Verdict | None = None
    notices: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def seconds(self) -> Fraction:
        """How long it lasts."""
        return self.frames / self.rate


def preset_by_name(path: Path, closed: bool) -> str:
    """The preset that a file name asks for: by its suffix; PNGs for a name without one, or with #### in it.

    Raises StudioError (INPUT) for a suffix that none has.
    """
    suffix = path.suffix.lower()
    if not suffix or "#" in path.name:
        return "exr-sequence" if suffix == ".exr" else "png-sequence"
    if (found := preset_for(suffix, closed)) is not None:
        return found.id
    known = ", ".join(dict.fromkeys(preset.suffix for preset in PRESETS.values()))
    raise StudioError(ErrorKind.INPUT, f"Nothing is rendered to {suffix} files.", f"Choose one of {known}.", "path")


def render(
    montage: Montage,
    cut: Cut,
    path: Path,
    preset_id: str = "",
    *,
    turns: int = 1,
    replace: bool = False,
    progress: OnProgress | None = None,
    poll: Poll | None = None,
) -> Report:
    """Write frames with their sound to `path` (see `preset_by_name`; a folder for numbered files) and decode it again.

    A loop is one turn, or `turns`, and its seam is measured on the file. Works in any thread. `poll` is called at each
    frame, and what it raises ends the work. What is not complete is removed. Raises StudioError: INPUT for a name that
    is taken or a preset that there is not, DISK when the file cannot be written, ENVIRONMENT without FFmpeg.
    """
    began = time.monotonic()
    path = expanded(path).absolute()
    preset = preset_of(preset_id or preset_by_name(path, cut.closed))
    if exists(path) and not replace:
        raise StudioError(ErrorKind.INPUT, f"{path} exists and is not overwritten.", "Choose another name.", "path")
    told, poll = progress or _ignore, poll or _nothing
    written = _written(montage, cut, path, preset, turns, replace, told, poll)
    found, measures = _checked(written, cut, preset, turns, sounds(cut.timeline), told, poll)
    return Report(
        written.path, preset.id, found.frames, found.size, written.rate, written.bytes, found.alpha, found.loops,
        found.sound, cut.closed, time.monotonic() - began, measures,
        verdict(measures, cut.changing) if measures else None,
        (*written.notices, *_slower(cut, preset), *_unmeasured(cut, turns)), found.problems,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ writing


class _Transparent(Exception):
    """A frame has transparency, after others that had none."""


def _written(
    montage: Montage, cut: Cut, path: Path, preset: Preset, turns: int, replace: bool, told: OnProgress, poll: Poll
) -> Written:
    """The file. Room for transparency is only made when a frame needs it: it costs bytes, and in a GIF a colour."""

    def write(alpha: bool) -> Written:
        with _Frames(montage, cut, alpha, strict=preset.alpha and not alpha) as frames:
            return write_clip(
                path, frames, cut.size, cut.rate, preset.id,
                sound=_sound(montage, cut, turns, preset), metadata=cut.recipe, turns=turns, replace=replace,
                on_progress=lambda done: told(Stage.WRITING, done, cut.frames * turns), poll=poll,
            )  # fmt: skip

    try:
        return write(alpha=False)
    except _Transparent:
        return write(alpha=True)


class _Frames:
    """The frames of a cut, composed by other threads some frames ahead of whoever takes them.

    With `alpha` all have four channels; else those without transparency have three, and `strict` raises `_Transparent`
    at another.
    """

    def __init__(self, montage: Montage, cut: Cut, alpha: bool, *, strict: bool) -> None:
        self._montage, self._cut, self._alpha, self._strict = montage, cut, alpha, strict
        # A video is decoded forwards; two threads would send its reader back and forth.
        filmed = any(isinstance(clip.media, Video) for track in cut.timeline.tracks for clip in track.clips)
        workers = 1 if filmed else max(1, min(4, (os.cpu_count() or 1) - 1))
        self._pool = ThreadPoolExecutor(workers, "compose")
        self._ahead = max(_LEAST, min(_MOST, _AHEAD // max(1, 4 * cut.size.pixels)))

    def __enter__(self) -> "_Frames":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def __iter__(self) -> Iterator[Pixels]:
        waiting: deque[Future[Pixels]] = deque()
        for index in range(self._cut.frames):
            waiting.append(self._pool.submit(self._frame, index))
            if len(waiting) > self._ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _frame(self, index: int) -> Pixels:
        pixels = self._montage.frame(self._cut.timeline, self._cut.place(index), self._cut.size)
        if self._alpha:
            return pixels
        if opaque(pixels):
            return flattened(pixels)
        if self._strict:
            raise _Transparent
        return pixels


def _sound(montage: Montage, cut: Cut, turns: int, preset: Preset) -> Samples | None:
    """A second of sound at a time; None where there is none, or no place for it."""
    if not preset.sound or not sounds(cut.timeline):
        return None
    end = cut.first + cut.seconds * cut.timeline.rate

    def pieces() -> Iterator[NDArray[np.float32]]:
        for _ in range(turns):
            at = Fraction(cut.first)
            while at < end:
                upto = min(end, at + cut.timeline.rate)
                yield montage.sound(cut.timeline, at, upto, RATE)
                at = upto

    return Samples(pieces(), RATE, 2)


# ------------------------------------------------------------------------------------------------ checking


def _checked(
    written: Written, cut: Cut, preset: Preset, turns: int, heard: bool, told: OnProgress, poll: Poll
) -> tuple[Verified, Measures | None]:
    total, done = cut.frames * turns, 0
    meter = Meter() if cut.closed and turns == 1 and 1 < total <= MEASURED else None

    def watch(frame: Pixels) -> None:
        nonlocal done
        poll()
        if meter is not None:
            meter.add(frame)
        done += 1
        told(Stage.CHECKING, min(done, total), total)

    loose = preset.family is Family.SEQUENCE  # such files have no rate and say nothing of loops
    found = verify(
        written.path,
        frames=total,
        size=written.size,
        rate=None if loose else written.rate,
        loops=True if preset.loops and total > 1 else None,
        sound=True if heard and preset.sound else None,
        watch=watch,
    )
    return found, None if meter is None else meter.measures(True)


def _slower(cut: Cut, preset: Preset) -> tuple[str, ...]:
    if preset.family is not Family.GIF or not (nearest := gif_rate(cut.rate)).changes:
        return ()
    return (f"A GIF cannot run at {float(cut.rate):.4g} frames a second: it runs at {float(nearest.rate):.4g}.",)


def _unmeasured(cut: Cut, turns: int) -> tuple[str, ...]:
    if not cut.closed or turns > 1 or cut.frames <= MEASURED:
        return ()
    return (f"The seam was not measured: the loop has more than {MEASURED} frames.",)


def as_json(report: Report) -> dict[str, object]:
    """What a report says, for scripts."""
    measures = report.measures
    series = {} if measures is None else dataclasses.asdict(measures)
    series.pop("series", None)
    return {
        "file": str(report.path),
        "preset": report.preset,
        "frames": report.frames,
        "size": str(report.size),
        "rate": str(report.rate),
        "seconds": round(float(report.seconds), 6),
        "bytes": report.bytes,
        "alpha": report.alpha,
        "loops": report.loops,
        "sound": report.sound,
        "closed": report.closed,
        "took": round(report.took, 3),
        "seam_ratio": None if measures is None else round(measures.seam_ratio, 4),
        "measures": series,
        "verdict": None if report.verdict is None else dataclasses.asdict(report.verdict),
        "notices": [*report.notices],
        "problems": [*report.problems],
    }


def _ignore(stage: Stage, done: int, total: int) -> None:
    """Nobody wants to know."""


def _nothing() -> None:
    """Nobody can cancel."""
