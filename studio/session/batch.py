"""Batch files: a picture in short form on each line, and what of it is still to be made.

A line is known again by what it says: by the digest of its entries and its number among lines that say the same. So a
batch that is started again finds the job of each line, wherever the line stands by now.
"""

import dataclasses
import hashlib
import itertools
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.domain.codec import from_json, to_json
from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.jobs import Job, JobState, Picture, Priority, Task, sources_of, with_sources
from studio.domain.recipe import MAX_BATCH, STARTER, Branch
from studio.domain.user_paths import exists, expanded
from studio.session.results import numbered

_APART = 1e-6  # between the ranks of neighbours; times of joining have this resolution


@dataclass(frozen=True, slots=True)
class Line:
    """What a line may say; None and "" are not given. `loras` are written NAME or NAME:WEIGHT, `size` WIDTHxHEIGHT."""

    prompt: str = ""
    negative: str = ""
    model: str = STARTER
    size: str | None = None
    steps: int | None = None
    guidance: float | None = None
    sampler: str | None = None
    seed: int | None = None
    image: str = ""
    mask: str = ""
    strength: float | None = None
    output: str = ""
    batch: int = 1
    loras: tuple[str, ...] = ()
    upscale: int = 1
    fast: bool = False
    branches: tuple[Branch, ...] = ()


KEYS = tuple(field.name for field in dataclasses.fields(Line))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line of a batch, line `number` of its file, and the job that it stands for.

    `output`, a file or a folder, and `image` and `mask`, if given, are absolute. `needs` are the jobs that make them.
    """

    number: int
    line: Line
    id: str
    output: str
    image: str
    mask: str
    needs: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that the line names for its pictures; none where it names a folder or nothing."""
        if not self.line.output or Path(self.output).is_dir():
            return ()
        batch = min(self.line.batch, MAX_BATCH)
        return tuple(numbered(Path(self.output), index, batch) for index in range(batch))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done for a batch: jobs to begin or to go on with, and those of lines that are there no more."""

    begun: tuple[Job, ...]
    dropped: tuple[Job, ...]


# ------------------------------------------------------------------------------------------------ reading


def read(path: Path, project: Path, here: Path) -> tuple[Wanted, ...]:
    """The lines of a batch file whose jobs are kept in `project`; paths in it are relative to the folder `here`.

    Blank lines and lines that begin with # say nothing. Raises StudioError (INPUT) that names every line at fault.
    """
    lines, faults = {}, {}
    for number, text in enumerate(_text(path).split("\n"), 1):
        if text.strip() and not text.lstrip().startswith("#"):
            try:
                lines[number] = _line(text)
            except ValueError as error:
                faults[number] = Problem(ErrorKind.INPUT, f"{error}.", f"A line may hold: {', '.join(KEYS)}.")
    refuse(path, faults)
    wanted = _identified(lines, path.absolute(), mark(path, project), here.absolute())
    return _connected(path, wanted)


def refuse(path: Path, faults: Mapping[int, Problem]) -> None:
    """Raise the fault of the first line at fault as a StudioError that names the others; do nothing without any."""
    if not faults:
        return
    first, *others = sorted(faults)
    problem = faults[first]
    numbers = ", ".join(map(str, others[:20])) + (" …" if len(others) > 20 else "")
    more = f" There is something wrong with {len(others):,} more: {numbers}." if others else ""
    message = f"{path.name}, line {first}: {problem.message}"
    raise StudioError(problem.kind, message, f"{problem.hint} Nothing was begun.{more}".strip(), problem.field)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise StudioError(ErrorKind.INPUT, message, "Name a file with a JSON object on each line.") from error
    except UnicodeDecodeError as error:
        raise StudioError(ErrorKind.INPUT, f"{path} is no text in UTF-8.", "Save it as UTF-8.") from error


def _line(text: str) -> Line:
    """Raises ValueError with a sentence, without its full stop, for a line that says nothing that we know."""
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ValueError(f"It is no JSON object: {error.msg} at character {error.colno}") from error
    except RecursionError as error:
        raise ValueError("It is nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("It is no JSON object, such as {“prompt”: “a boat”}")
    if "prompt" not in value:
        raise ValueError("It has no prompt")
    try:
        return from_json(Line, value, "it")
    except ValueError as error:
        raise ValueError(str(error).replace("it.", "Its ", 1).replace("it ", "It ", 1)) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, in which no entry may stand twice."""
    twice = next((name for name, count in Counter(name for name, _ in pairs).items() if count > 1), None)
    if twice is not None:
        raise ValueError(f"It has the entry “{twice}” twice")
    return dict(pairs)


def _no_number(text: str) -> float:
    raise ValueError(f"It holds {text}, which is no number")


# ------------------------------------------------------------------------------------------------ who is who


def mark(path: Path, project: Path) -> str:
    """What the ids of all jobs of a batch file begin with, in a project."""
    return f"{_digest(_relative(path.absolute(), project.absolute().parent))[:6]}-"


def _identified(lines: Mapping[int, Line], path: Path, prefix: str, here: Path) -> tuple[Wanted, ...]:
    seen: Counter[str] = Counter()
    found = []
    for number, line in lines.items():
        output, image, mask = (_absolute(name, here) for name in (line.output, line.image, line.mask))
        said = _digest(_said(line, path.parent, {"output": output, "image": image, "mask": mask}))
        seen[said] += 1
        name = prefix + _digest(f"{said} {seen[said]}")[:12]
        found.append(Wanted(number, line, name, output or str(here), image, mask))
    return tuple(found)


def _said(line: Line, folder: Path, places: Mapping[str, str]) -> str:
    """The entries of a line that are not the usual ones, its paths as seen from the batch file's folder: a folder that
    is moved with everything in it stays the same batch."""
    usual = to_json(Line())
    said = {name: value for name, value in to_json(line).items() if value != usual[name]}
    said |= {name: _relative(Path(place), folder) for name, place in places.items() if place}
    return json.dumps(said, sort_keys=True)


def _connected(path: Path, wanted: tuple[Wanted, ...]) -> tuple[Wanted, ...]:
    """Each line with the jobs that make what it begins with. Raises StudioError (INPUT) where two lines make one file,
    or one begins with what a later one makes.
    """
    makers: dict[str, Wanted] = {}
    faults: dict[int, Problem] = {}
    for one in wanted:
        for file in map(_key, one.files):
            if (other := makers.setdefault(file, one)) is not one:
                faults[one.number] = _same_file(other)
    found = []
    for one in wanted:
        needed = {maker.id: maker for file in _begins_with(one) if (maker := makers.get(_key(file)))}
        for maker in needed.values():
            if maker.number >= one.number:
                faults.setdefault(one.number, _too_early(maker, one))
        found.append(dataclasses.replace(one, needs=tuple(needed)))
    refuse(path, faults)
    return tuple(found)


def _begins_with(one: Wanted) -> tuple[Path, ...]:
    return tuple(Path(name) for name in (one.image, one.mask) if name)


def _same_file(other: Wanted) -> Problem:
    message = f"It would save to the file of line {other.number}."
    return Problem(ErrorKind.INPUT, message, "Give each line an output of its own.", "output")


def _too_early(maker: Wanted, one: Wanted) -> Problem:
    if maker is one:
        message = "It would save over a picture that it begins with."
        return Problem(ErrorKind.INPUT, message, "Give the line another output.", "output")
    message = f"It begins with the picture that line {maker.number} makes."
    return Problem(ErrorKind.INPUT, message, "Put a line behind those whose pictures it needs.", "image")


def _absolute(name: str, here: Path) -> str:
    return os.path.normpath(here / expanded(Path(name))) if name else ""


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # on another drive
        return path.as_posix()


def _key(path: Path) -> str:
    return os.path.normcase(path)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


# ------------------------------------------------------------------------------------------------ what is to be done


def plan(wanted: Iterable[Wanted], prefix: str, known: Mapping[str, Job], task_of: Callable[[Wanted], Task]) -> Plan:
    """What is still to be made of a batch, given all jobs of its project.

    A line without a job gets one, with the task that `task_of` makes of it. One whose job failed, was cancelled or set
    aside is tried again, and so is one that is done and whose picture is gone; each keeps its task, and so its seed.
    """
    rank = time.time()
    begun, ids = [], set[str]()
    for place, one in enumerate(wanted):
        ids.add(one.id)
        job = known.get(one.id)
        if job is None:
            made = time.time()
            job = Job(one.id, task_of(one), priority=Priority.BATCH, needs=one.needs, output=one.output, made=made)
            begun.append(dataclasses.replace(job, rank=rank + place * _APART))
        elif (again := _again(job, one)) != job:
            begun.append(again)
    left = (job for job in known.values() if job.id.startswith(prefix) and job.id not in ids and not job.state.final)
    return Plan(tuple(begun), tuple(_dropped(job) for job in left))


def _again(job: Job, one: Wanted) -> Job:
    """The job of a line as it goes on now; unchanged when it is done, or waits already."""
    if job.state is JobState.DONE:
        return _anew(job, one)
    paths = dict(zip(sources_of(job.task), filter(None, (one.image, one.mask)), strict=False))
    job = dataclasses.replace(
        job.again(), task=with_sources(job.task, paths), needs=one.needs, output=one.output
    )  # the folder may have been moved with all that is in it
    return job.moved(JobState.QUEUED) if job.state is JobState.PAUSED else job


def _anew(job: Job, one: Wanted) -> Job:
    """A job that is done, but for pictures that were never saved or are gone: from the first that is gone on, they are
    made again.
    """
    there = tuple(itertools.takewhile(lambda picture: _is_kept(picture, one), job.pictures))
    if len(there) == len(job.pictures) and all(picture.path for picture in there):
        return job
    return dataclasses.replace(
        job, state=JobState.QUEUED, pictures=there, phase="", step=0, total=0, cost=None, ended=0.0,
        output=one.output, needs=one.needs,
    )  # fmt: skip


def _is_kept(picture: Picture, one: Wanted) -> bool:
    """Is its file there, or was it not saved yet? Then the pixels may still be had."""
    named = {Path(path).name: path for path in one.files}  # where it is by now, if its folder was moved
    return not picture.path or exists(named.get(Path(picture.path).name, Path(picture.path)))


def _dropped(job: Job) -> Job:
    return dataclasses.replace(job.moved(JobState.CANCELLED), ended=time.time())
