"""What training runs left on disk: their course, their sheets, and whether they can go on."""

import json
import math
import shutil
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.domain.codec import from_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.training import Training, run_folder

RECIPE, LOG = "training.json", "log.jsonl"
_RECENT = 200  # steps that tell how fast a run is


@dataclass(frozen=True, slots=True)
class Step:
    """An optimiser step: the mean loss of its pictures, its learning rate, and how long it took in seconds."""

    step: int
    loss: float
    learning_rate: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Validation:
    """The loss on held-out pictures after a step."""

    step: int
    loss: float
    bits: float | None = None


@dataclass(frozen=True, slots=True)
class SheetFile:
    """A sample sheet on disk."""

    step: int
    path: Path


@dataclass(frozen=True, slots=True)
class RunLog:
    """A run as its folder tells it; `checkpoint` is the step it can go on from, None for none."""

    folder: Path
    training: Training
    steps: tuple[Step, ...] = ()
    validations: tuple[Validation, ...] = ()
    sheets: tuple[SheetFile, ...] = ()
    checkpoint: int | None = None

    @property
    def name(self) -> str:
        """What its user calls it."""
        return Path(self.training.output).stem

    @property
    def finished(self) -> bool:
        """Was its last step made, and its model written?"""
        return (self.checkpoint or 0) >= self.training.steps and Path(self.training.output).exists()

    @property
    def seconds_per_step(self) -> float | None:
        """How long its steps took of late; None before the first."""
        times = [step.seconds for step in self.steps[-_RECENT:] if step.seconds > 0]
        return statistics.median(times) if times else None


@dataclass
class _Course:
    """Entries of a log in the order they were written; a run that went on from a checkpoint overwrites what followed
    it."""

    steps: dict[int, Step] = field(default_factory=dict)
    validations: dict[int, Validation] = field(default_factory=dict)
    sheets: dict[int, SheetFile] = field(default_factory=dict)
    checkpoint: int | None = None

    def take(self, line: dict[str, Any], folder: Path) -> None:
        """One line; what is not understood is left out. Raises the errors of values of a wrong kind."""
        step = int(line["step"])
        if "loss" in line:
            loss = float(line["loss"])
            self._rewind(step)
            self.steps[step] = Step(step, loss, float(line.get("learning_rate", 0)), float(line.get("seconds", 0)))
        elif "validation" in line:
            bits = line.get("bits")
            self.validations[step] = Validation(step, float(line["validation"]), None if bits is None else float(bits))
        elif "sheet" in line:
            self.sheets[step] = SheetFile(step, folder / Path(str(line["sheet"])).name)
        elif line.get("checkpoint"):
            self.checkpoint = step

    def _rewind(self, step: int) -> None:
        """The run went back to a checkpoint before `step`: what it did after that is done again."""
        if step > next(reversed(self.steps), step - 1):
            return
        self.steps = {number: entry for number, entry in self.steps.items() if number < step}
        self.validations = {number: entry for number, entry in self.validations.items() if number < step}
        self.sheets = {number: entry for number, entry in self.sheets.items() if number < step}


def read_run(folder: Path) -> RunLog:
    """The run that lies in `folder`. A last line that was cut by a crash is left out.

    Raises StudioError (DISK) when the folder holds no run or cannot be read.
    """
    try:
        training = from_json(Training, json.loads((folder / RECIPE).read_text("utf-8")))
        course = _read_course(folder)
    except (OSError, ValueError, RecursionError) as error:
        raise StudioError(
            ErrorKind.DISK,
            f"The training run in {folder.name} cannot be read: {error}.",
            "Train again under another name, or delete that folder.",
        ) from error
    return RunLog(
        folder,
        training,
        tuple(course.steps.values()),
        tuple(course.validations.values()),
        tuple(course.sheets.values()),
        course.checkpoint,
    )


def runs(folder: Path) -> tuple[RunLog, ...]:
    """All runs in the run folders of `folder`, the newest first; what cannot be read is left out."""
    return tuple(_readable(_run_folders(folder)))


def resumable(found: tuple[RunLog, ...]) -> tuple[RunLog, ...]:
    """The runs that have a checkpoint and are not finished."""
    return tuple(run for run in found if run.checkpoint is not None and not run.finished)


def set_aside(output: str) -> None:
    """Free the name of a run: its folder becomes NAME.training.old, in the place of an older one of that name.

    Raises StudioError (DISK).
    """
    folder = run_folder(output)
    old = folder.with_name(f"{folder.name}.old")
    try:
        if old.exists():
            shutil.rmtree(old)
        folder.rename(old)
    except OSError as error:
        raise StudioError(
            ErrorKind.DISK,
            f"The former run could not be set aside: {error.strerror}.",
            f"Rename or delete {folder.name} yourself, or choose another name.",
            "output",
        ) from error


def _run_folders(folder: Path) -> list[Path]:
    try:
        found = [path for path in folder.glob("*.training") if (path / RECIPE).is_file()]
        return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)
    except OSError:
        return []


def _readable(folders: list[Path]) -> Iterator[RunLog]:
    for folder in folders:
        try:
            yield read_run(folder)
        except StudioError:
            continue


def _read_course(folder: Path) -> _Course:
    course = _Course()
    try:
        text = (folder / LOG).read_text("utf-8", "replace")
    except FileNotFoundError:
        return course
    for line in text.splitlines():
        try:
            course.take(json.loads(line), folder / "sheets")
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return course


def smoothed(values: tuple[float, ...], keep: float = 0.95) -> tuple[float, ...]:
    """Exponential moving average, corrected for its start (Kingma & Ba 2015, section 3); what is not finite is passed
    over."""
    mean, weight, out = 0.0, 0.0, []
    for value in values:
        if math.isfinite(value):
            mean, weight = keep * mean + (1 - keep) * value, keep * weight + (1 - keep)
        out.append(mean / weight if weight else math.nan)
    return tuple(out)
