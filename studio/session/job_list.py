"""All jobs that a session knows: those that wait in their line, and every state of each in the journal."""

import dataclasses
import itertools
import time
from collections.abc import Callable, Iterable

from psygnal import Signal

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.jobs import Job, JobState, Priority, Task, maker_of, sources_of, with_sources
from studio.domain.messages import Checkpoint, Preview
from studio.domain.recipe import Recipe, require_valid
from studio.domain.sequence import FrameSequence
from studio.domain.training import Training, require_valid_training
from studio.session.journal import Journal, KeptPreview
from studio.session.line import Line

_KEPT = 500  # jobs that are over and stay in the list
_TOLD = 100  # jobs of earlier sessions that are told one by one
WAITS = (JobState.QUEUED, JobState.INTERRUPTED)


class JobList:
    """Jobs by their id. Belongs to one thread, but for `keep_preview`.

    The one that `busy` names is with the worker, and not in the line whatever its state.
    """

    changed = Signal(Job)  # a job is new, or another than before
    removed = Signal(str)
    listed = Signal(tuple)  # these are all jobs, in order; `changed` is told only of the next ones to run
    forgotten = Signal(tuple)  # the Jobs that are about to be removed for good

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self.line = Line()
        self.busy: str | None = None
        self._blocked = set[str]()  # of the line, those found to wait for others since one of these changed
        self._wanted = set[str]()  # jobs that some wait for, or waited
        self.journal: Journal | None = None

    def __getitem__(self, job_id: str) -> Job:
        return self._jobs[job_id]

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._jobs

    def get(self, job_id: str) -> Job | None:
        """A job of the list."""
        return self._jobs.get(job_id)

    def known(self, job_id: str) -> Job:
        """A job of the list. Raises StudioError (INPUT) when it is not there."""
        if (job := self._jobs.get(job_id)) is None:
            raise StudioError(ErrorKind.INPUT, "This job is not in the list any more.", "Choose another one.")
        return job

    @property
    def all(self) -> tuple[Job, ...]:
        """In no order."""
        return tuple(self._jobs.values())

    @property
    def open(self) -> tuple[Job, ...]:
        """Those that run or wait, in the order they will run."""
        busy = (self._jobs[self.busy],) if self.busy else ()
        return (*busy, *(self._jobs[job_id] for job_id in self.line))

    @property
    def sorted(self) -> tuple[Job, ...]:
        """The open ones, those that are paused, and then what is over, the newest first."""
        paused = (job for job in self._jobs.values() if job.state is JobState.PAUSED and job.id != self.busy)
        over = (job for job in self._jobs.values() if job.state.final and job.id != self.busy)
        return (*self.open, *paused, *sorted(over, key=lambda job: -job.ended))

    # ---------------------------------------------------------------------------------------- changes

    def put(self, job: Job, then: Callable[[], None] | None = None) -> None:
        """The job as it is now, which the journal keeps; `then` is called once it has, in a thread of the journal's."""
        self._note(job)
        if self.journal is not None:
            self.journal.put((job,), then)
        elif then is not None:
            then()

    def put_all(self, jobs: Iterable[Job]) -> None:
        """Many jobs as they are now, written at once."""
        given = tuple(jobs)
        for job in given:
            self._note(job)
        if self.journal is not None:
            self.journal.put(given)

    def put_first(self, job_id: str) -> bool:
        """Put a job of the line before all others; whether it is one."""
        return job_id in self.line and self._place(job_id, self.line.before_all())

    def put_before(self, job_id: str, before: str | None) -> bool:
        """Put a job of the line before another, or at the end; whether it is one."""
        if job_id not in self.line or before == job_id:
            return False
        place = self.line.place(job_id, before)
        if place is None and before is not None:
            for other, rank in self.line.room(job_id, before).items():
                self.put(dataclasses.replace(self._jobs[other], rank=rank))
            place = self.line.place(job_id, before)
        return place is not None and self._place(job_id, place)

    def _place(self, job_id: str, place: tuple[Priority, float]) -> bool:
        priority, rank = place
        self.put(dataclasses.replace(self._jobs[job_id], priority=priority, rank=rank))
        return True

    def forget(self, job_ids: Iterable[str], *, unsaved: bool = False) -> None:
        """Take jobs that are over off the list, but those that others wait for and, unless `unsaved`, those with a
        picture that could not be saved: the next session tries again.
        """
        needed = {name for job in self._jobs.values() if not job.state.final for name in job.needed}
        given = (self._jobs[name] for name in job_ids if name in self._jobs and name not in needed)
        gone = [job.id for job in given if job.state.final and (unsaved or all(made.path for made in job.pictures))]
        if not gone:
            return
        self._blocked.clear()
        self.forgotten.emit(tuple(self._jobs.pop(job_id) for job_id in gone))
        if self.journal is not None:
            self.journal.remove(gone)
        for job_id in gone:
            self.removed.emit(job_id)

    def adopt(self, journal: Journal, jobs: Iterable[Job]) -> int:
        """Keep everything in this journal from now on, and take up its jobs; how many of them go on.

        Of those that are over, only the latest stay, and what belongs to a batch.
        """
        self.journal = journal
        journal.put(self.all)
        known = sorted((job for job in jobs if job.id not in self._jobs), key=lambda job: job.ended)
        ended = {job.id: job.moved(JobState.INTERRUPTED) for job in known if job.state.active}  # with the program
        journal.put(ended.values())
        for job in known:
            self._enter(ended.get(job.id, job))
        for job_id in (*itertools.islice(self.line, _TOLD), *(job.id for job in known if not job.makes_pictures)):
            self.changed.emit(self._jobs[job_id])
        self.listed.emit(self.sorted)
        # What a batch has done stays known, or it would be done again.
        old = [job.id for job in known if job.state.final and job.priority is not Priority.BATCH]
        self.forget(old[:-_KEPT])
        return sum(job.state.active or job.state in WAITS for job in known)

    def merge(self, jobs: Iterable[Job], gone: Iterable[str]) -> None:
        """Take in what other processes changed in the journal."""
        for job in jobs:
            if job.id != self.busy and self._jobs.get(job.id) != job:
                self._note(job)
        for job_id in gone:
            if job_id != self.busy and self._jobs.pop(job_id, None) is not None:
                self.line.leave(job_id)
                self._blocked.clear()
                self.removed.emit(job_id)

    def _note(self, job: Job) -> None:
        self._enter(job)
        self.changed.emit(job)

    def _enter(self, job: Job) -> None:
        self._jobs[job.id] = job
        self._blocked.discard(job.id)
        if job.id in self._wanted:
            self._blocked.clear()
        if job.state in WAITS and job.id != self.busy:
            self._wanted |= job.needed
            self.line.put(job)
        else:
            self.line.leave(job.id)

    # ---------------------------------------------------------------------------------------- what belongs to jobs

    def keep_preview(self, preview: Preview) -> None:
        """Keep a preview for the history of its job; may be called in any thread."""
        if self.journal is not None and preview.job_id in self._jobs:
            self.journal.keep_preview(preview)

    def keep_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep a place that a job can go on from."""
        if self.journal is not None:
            self.journal.keep_checkpoint(checkpoint)

    def previews(self, job_id: str, index: int) -> tuple[KeptPreview, ...]:
        """The history of a picture, by step. Raises StudioError (DISK)."""
        return self.journal.previews(job_id, index) if self.journal is not None else ()

    def checkpoint(self, job: Job) -> bytes:
        """From where a job goes on: its own checkpoint, or one of the picture that it branches off; b"" for none.

        May be called in any thread.
        """
        if self.journal is None or not isinstance(job.task, Recipe | FrameSequence):
            return b""
        if isinstance(job.task, FrameSequence):
            return self.journal.checkpoint(job.id, 0)
        found = self.journal.checkpoint(job.id, len(job.pictures))
        if not found and (origin := maker_of(job.origin)) and job.task.branches:
            found = self.journal.checkpoint(*origin, most=job.task.branches[-1].step)
        return found

    # ---------------------------------------------------------------------------------------- what needs what

    def blockers(self, job: Job) -> tuple[Job, ...]:
        """The jobs that must be done before this one and are not."""
        needed = (self._jobs.get(job_id) for job_id in job.needed)
        begins = {maker for path in sources_of(job.task) if (maker := maker_of(path))}
        return tuple(other for other in needed if other is not None and not _ready(other, begins))

    def is_blocked(self, job_id: str) -> bool:
        """Has a job of the line `blockers`? It is remembered, so that thousands can be asked about again and again."""
        if job_id not in self._blocked and self.blockers(self._jobs[job_id]):
            self._blocked.add(job_id)
        return job_id in self._blocked

    def resolved(self, task: Task) -> Task | None:
        """The task with the files of pictures that other jobs made; None while one is still being saved.

        Raises StudioError (INPUT) when such a job is gone or made no such picture.
        """
        paths: dict[str, str] = {}
        for source in sources_of(task):
            if (maker := maker_of(source)) is None:
                continue
            job = self._jobs.get(maker[0])
            picture = next((each for each in job.pictures if each.index == maker[1]), None) if job else None
            if picture is None:
                message = "The picture that this job begins with was never made, or its job was taken off the list."
                raise StudioError(ErrorKind.INPUT, message, "Choose another picture to start from.", "source.path")
            if not picture.path:
                return None
            paths[source] = picture.path
        return with_sources(task, paths) if paths else task

    def require_valid(self, job: Job, multiple: int) -> None:
        """Raise StudioError (INPUT) when a task cannot be carried out, needs a job that is not there or waits for this
        one, or trains what another trains; a recipe's model works in multiples of `multiple` pixels.
        """
        if isinstance(job.task, Recipe):
            require_valid(job.task, multiple)
        elif isinstance(job.task, Training):
            require_valid_training(job.task)
            self._require_untrained(job.id, job.task)
        for needed in job.needed:
            if needed not in self._jobs:
                message = f"There is no job “{needed[:40]}” that this one could need."
                raise StudioError(ErrorKind.INPUT, message, "Choose one of the list.", "needs")
            if job.id in self._jobs and job.id in self._all_needed(needed):
                message = "Two jobs would wait for each other."
                raise StudioError(ErrorKind.INPUT, message, "Let only one of them use the other's picture.", "needs")

    def _all_needed(self, job_id: str) -> set[str]:
        """A job and everything it needs, however far."""
        found, ahead = set[str](), [job_id]
        while ahead:
            name = ahead.pop()
            if name not in found:
                found.add(name)
                ahead += self._jobs[name].needed if name in self._jobs else ()
        return found

    def _require_untrained(self, job_id: str, training: Training) -> None:
        for job in self._jobs.values():
            same = isinstance(job.task, Training) and job.task.output == training.output
            if same and job.id != job_id and not job.state.final:
                raise StudioError(
                    ErrorKind.INPUT, "This is being trained already.", "Continue that run, or choose a name.", "output"
                )


def _ready(other: Job, begins: set[tuple[str, int]]) -> bool:
    """Is it done, and what is begun with saved?"""
    wanted = (picture for picture in other.pictures if (other.id, picture.index) in begins)
    return other.state is JobState.DONE and all(picture.path for picture in wanted)


def dated(job: Job) -> Job:
    """The job, with the time of its end if it is over."""
    return dataclasses.replace(job, ended=time.time()) if job.state.final and not job.ended else job
