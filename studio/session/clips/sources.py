"""Frames of takes as the pictures that a task begins with.

A task that the project remembers names them as `take_path` does, since nothing else finds them again. When it is run
they are put into the blob store, and the task that goes to the queue names these files: it can be carried out, and
taken up after a kill, whether or not the project is open.
"""

import dataclasses
from pathlib import Path

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.jobs import Job, sources_of, with_sources
from studio.domain.sequence import MAX_FRAMES, Footage
from studio.domain.timeline.model import ClipTask
from studio.domain.treatment import FlowLoop
from studio.imaging.blobs import BlobStore
from studio.session.clips.takes import TakeStore

_TAKE = "take:"


def take_path(take: str, number: int | None = None) -> str:
    """In place of a path: frame `number` of a take, or the take as footage."""
    return f"{_TAKE}{take}" if number is None else f"{_TAKE}{take}#{number}"


def taken(path: str) -> tuple[str, int | None] | None:
    """The take, and the number of its frame if there is one, that `take_path` put in place of a path; None for a real
    path.
    """
    if not path.startswith(_TAKE):
        return None
    take, _, number = path.removeprefix(_TAKE).partition("#")
    return take, int(number) if number.isdecimal() else None


def take_of(job: Job) -> str:
    """The take that a job makes the frames of; "" for other jobs."""
    return job.output.removeprefix(_TAKE) if job.makes_frames and job.output.startswith(_TAKE) else ""


def with_files(task: ClipTask, takes: TakeStore, blobs: BlobStore) -> ClipTask:
    """The task with files in place of takes and their frames; may take long.

    Raises StudioError: INPUT when a frame is missing, DISK when it cannot be stored.
    """
    if (footage := footage_of(task)) is not None and len(footage.paths) == 1:
        task = _with_footage(task, _spread(footage, takes))
    named = dict.fromkeys(sources_of(task))
    paths = {path: str(_stored(found, takes, blobs)) for path in named if (found := taken(path))}
    after = with_sources(task, paths)
    if not isinstance(after, type(task)):
        raise TypeError("another place of its sources makes no task another")
    return after


def names_takes(task: ClipTask) -> bool:
    """Does a task begin with frames of takes?"""
    return any(map(taken, sources_of(task)))


def footage_of(task: ClipTask) -> Footage | None:
    """The frames that a task begins with."""
    return None if isinstance(task, FlowLoop) else task.source


def _with_footage(task: ClipTask, footage: Footage) -> ClipTask:
    return task if isinstance(task, FlowLoop) else dataclasses.replace(task, source=footage)


def _spread(footage: Footage, takes: TakeStore) -> Footage:
    """Footage that is a take, as its frames one by one; other footage as it is."""
    take = taken(footage.paths[0])
    if take is None or take[1] is not None:
        return footage
    end = footage.first + footage.count if footage.count else max(takes.numbers(take[0]), default=-1) + 1
    if end - footage.first > MAX_FRAMES:
        message = f"A clip of {end - footage.first:,} frames is too long to begin with."
        raise StudioError(ErrorKind.INPUT, message, f"Choose a part of at most {MAX_FRAMES:,} frames.", "source")
    paths = tuple(take_path(take[0], number) for number in range(footage.first, end))
    if not paths:
        raise StudioError(ErrorKind.INPUT, "The clip to begin with has no frames yet.", "Generate it first.", "source")
    return Footage(paths)


def _stored(found: tuple[str, int | None], takes: TakeStore, blobs: BlobStore) -> Path:
    take, number = found
    png = None if number is None else takes.png(take, number)
    if png is None:
        what = "A picture" if number is None else f"Frame {number + 1}"
        raise StudioError(
            ErrorKind.INPUT,
            f"{what} of the clip to begin with is missing.",
            "Let its generation finish, make its missing frames, or choose a part that is there.",
            "source",
        )
    return blobs.path(blobs.put(png))
