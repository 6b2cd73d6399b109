"""The jobs of a session: their order, their states, and what the worker says of them.

Not thread-safe on purpose: everything is called in the thread that owns the queue (the window's, or the command
line's main thread), to which the front end brings the worker's events. The journal keeps each job before it starts and
each state that it reaches, on a thread of its own.
"""

import dataclasses
import time
import uuid
from collections.abc import Iterable
from pathlib import Path

from psygnal import Signal

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.job_events import after
from studio.domain.jobs import Job, JobState, Picture, Priority, Task, made_by
from studio.domain.messages import (
    Checkpoint,
    ClipPreview,
    Event,
    Failed,
    Interrupted,
    JobEvent,
    Log,
    PictureDone,
    Planned,
    Preview,
    TrainingEvent,
    is_terminal,
)
from studio.domain.recipe import Branch, Recipe
from studio.session.dispatch import Asked, Dispatch, Locate, Located, Submitter
from studio.session.job_list import JobList, dated
from studio.session.journal import Journal, KeptPreview
from studio.session.pace import Pace


class JobQueue:
    """Jobs in order; at most one is with the worker at a time, so a crash can cost the others nothing.

    `locate` finds a task's files when it starts, and raises StudioError when they are not there any more. Without a
    journal the jobs live as long as this; with `awaits_journal` none starts before `adopt`.
    """

    held_changed = Signal(bool)
    preview = Signal(Preview)
    clip_preview = Signal(ClipPreview)
    picture = Signal(Job, Picture)
    notice = Signal(Job, str)
    training = Signal(Job, object)  # a TrainingEvent of a job
    taken_up = Signal(int)  # how many unfinished jobs of earlier sessions go on

    def __init__(
        self,
        worker: Submitter,
        store: Path,
        locate: Locate | None = None,
        *,
        awaits_journal: bool = False,
        pace: Pace | None = None,
    ) -> None:
        self._list = JobList()
        self.pace = pace or Pace()
        locate = locate or (lambda _: Located())
        self._dispatch = Dispatch(worker, store, self._list, locate, self.pace.memory_factor)
        self.changed, self.listed = self._list.changed, self._list.listed
        self.removed, self.forgotten = self._list.removed, self._list.forgotten
        self._asked = Asked.NOTHING
        self._awaits_journal = awaits_journal
        self._closing = self._held = False
        self.changed.connect(self.pace.observe)

    # ---------------------------------------------------------------------------------------- looking

    @property
    def previews(self) -> bool:
        """Are previews asked for when a job starts?"""
        return self._dispatch.previews

    @previews.setter
    def previews(self, wanted: bool) -> None:
        self._dispatch.previews = wanted

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The unfinished jobs in the order they will run, those that are paused behind them; then what is over, the
        newest first."""
        return self._list.sorted

    @property
    def open_jobs(self) -> tuple[Job, ...]:
        """The jobs that wait or run, in the order they will run."""
        return self._list.open

    @property
    def open_count(self) -> int:
        """How many jobs wait or run."""
        return len(self._list.line) + (self._list.busy is not None)

    @property
    def busy(self) -> bool:
        """Has the worker a job?"""
        return self._list.busy is not None

    @property
    def stuck(self) -> bool:
        """Can none of those that wait begin, even though the worker is free?"""
        return not self.busy and (self._held or self._list.line.all_are(self._list.is_blocked))

    @property
    def wants_worker(self) -> bool:
        """Has the worker a job, or will it get one as soon as it can?"""
        return self.busy or (self.open_count > 0 and not self.stuck)

    @property
    def held(self) -> bool:
        """Is the whole queue paused?"""
        return self._held

    def job(self, job_id: str) -> Job | None:
        """A job of the list."""
        return self._list.get(job_id)

    def blockers(self, job: Job) -> tuple[Job, ...]:
        """The jobs that must be done before this one and are not."""
        return self._list.blockers(job)

    def remaining_seconds(self) -> float | None:
        """Estimated seconds until the queue is empty; None when nothing is known yet."""
        return self.pace.remaining(self.open_jobs)

    def history(self, job_id: str, index: int) -> tuple[KeptPreview, ...]:
        """The kept previews of a picture of a job, by step. Raises StudioError (DISK)."""
        return self._list.previews(job_id, index)

    # ---------------------------------------------------------------------------------------- asking

    def submit(
        self,
        task: Task,
        multiple: int = 1,
        *,
        priority: Priority = Priority.INTERACTIVE,
        needs: tuple[str, ...] = (),
        output: str = "",
        origin: str = "",
        job_id: str = "",
    ) -> Job:
        """Queue a task; a recipe's model works in multiples of `multiple` pixels. `job_id` names it, unless it is "".

        Raises StudioError (INPUT) when the task is not valid, needs a job that is not there, trains what is being
        trained, or has a name that is taken; nothing is queued then.
        """
        if job_id in self._list:
            raise StudioError(ErrorKind.INPUT, "There is a job of this name already.", "Give it another name.")
        made, job_id = time.time(), job_id or uuid.uuid4().hex[:12]
        job = Job(job_id, task, priority=priority, needs=needs, output=output, origin=origin, made=made)
        self._list.require_valid(job, multiple)
        self._list.put(dataclasses.replace(job, rank=self._list.line.next_rank()))
        self._feed()
        return self._list[job.id]

    def branch(self, job_id: str, index: int, branch: Branch) -> Job:
        """Queue a job that goes the way of a picture up to `branch.step` and then its own.

        Raises StudioError (INPUT) when there is no such job or the branch does not fit into it.
        """
        recipe = self._list.known(job_id).recipe.requested().for_picture(index)
        before = tuple(each for each in recipe.branches if each.step < branch.step)
        task = dataclasses.replace(recipe, branches=(*before, branch))
        return self.submit(task, origin=made_by(job_id, index))

    def duplicate(self, job_id: str) -> Job:
        """Queue the same once more, as a job of its own. Raises StudioError (INPUT) as `submit`."""
        job = self._list.known(job_id)
        task = job.task.requested() if isinstance(job.task, Recipe) else job.task
        needs = tuple(name for name in job.needs if name in self._list)
        return self.submit(task, priority=job.priority, needs=needs, origin=job.origin)

    def retry(self, job_id: str) -> Job:
        """Let a job that failed, was cancelled or was set aside wait again; what it has made is kept.

        Raises StudioError (INPUT) when it is not in the list.
        """
        job = self._list.known(job_id)
        again = job.again()
        if again is not job:
            self._list.put(dataclasses.replace(again, rank=self._list.line.next_rank()))
            self._feed()
        return self._list[job_id]

    def edit(self, job_id: str, task: Task, multiple: int = 1) -> Job:
        """Let a job that has not begun, or is paused without a finished picture, do something else.

        Raises StudioError (INPUT) as `submit`, and when it has begun.
        """
        job = self._list.known(job_id)
        if task != job.task:
            fresh = dataclasses.replace(job, task=task, plan=None, origin="", deaths=0, problem=None)
            self._list.require_valid(fresh, multiple)
            self._dispatch.let_go(job)
            self._list.put(fresh)
            self._feed()
        return self._list[job_id]

    def pause(self, job_id: str) -> None:
        """Stop a job so that it can go on from where it is, or let it wait until it is resumed."""
        if job_id == self._list.busy:
            self._stop(job_id, Asked.PAUSE)
        elif (job := self._list.get(job_id)) is not None:
            self._list.put(job.moved(JobState.PAUSED))

    def resume(self, job_id: str) -> None:
        """Let a paused job wait again, at its old place."""
        if job_id == self._list.busy and self._asked is Asked.PAUSE:
            self._asked = Asked.WAIT
        if (job := self._list.get(job_id)) is not None and job.state is JobState.PAUSED:
            self._list.put(job.moved(JobState.QUEUED))
            self._feed()

    def hold(self) -> None:
        """Pause the whole queue: what runs stops at a checkpoint, and nothing starts, not in later sessions either."""
        self._hold(True)
        if self._list.busy is not None:
            self._stop(self._list.busy, Asked.WAIT)

    def go_on(self) -> None:
        """Let the queue go on."""
        self._hold(False)
        self._feed()

    def cancel(self, job_id: str) -> None:
        """Stop a job, queued or running; a job that is over stays as it is."""
        if (job := self._list.get(job_id)) is None:
            return
        if job_id != self._list.busy:
            self._list.put(dated(job.moved(JobState.CANCELLED)))
        elif self._dispatch.take_back(job_id):
            self._end(job.moved(JobState.CANCELLED))
        else:
            self._asked = Asked.CANCEL
            self._dispatch.worker.cancel(job_id)

    def cancel_all(self) -> None:
        """Stop every job, the waiting ones first so that none of them starts."""
        waiting = (job for job in self._list.all if not job.state.final and job.id != self._list.busy)
        self._list.put_all(dated(job.moved(JobState.CANCELLED)) for job in waiting)
        if self._list.busy is not None:
            self.cancel(self._list.busy)

    def run_next(self, job_id: str) -> None:
        """Let a waiting job be the next."""
        self._moved(self._list.put_first(job_id))

    def move(self, job_id: str, before: str | None) -> None:
        """Put a waiting job before another, or at the end; it takes its neighbour's priority."""
        self._moved(self._list.put_before(job_id, before))

    def forget(self, job_ids: Iterable[str], *, unsaved: bool = False) -> None:
        """Take jobs that are over off the list, but those that others wait for; their pictures stay."""
        self._list.forget(job_ids, unsaved=unsaved)

    def forget_finished(self) -> None:
        """Take all jobs that are over off the list; their pictures stay."""
        self.forget([job.id for job in self._list.all if job.state.final])

    def saved(self, job_id: str, index: int, path: str) -> None:
        """A picture of a job lies in this file."""
        if (job := self._list.get(job_id)) is not None:
            pictures = (dataclasses.replace(each, path=path) if each.index == index else each for each in job.pictures)
            self._list.put(dataclasses.replace(job, pictures=tuple(pictures)))
            self._feed()

    # ---------------------------------------------------------------------------------------- keeping

    def adopt(self, journal: Journal | None, jobs: Iterable[Job] = ()) -> None:
        """From now on keep everything in a journal, whose jobs are taken up: those that were under way go on. None: the
        journal that was awaited cannot be had, and all goes on without one.
        """
        self._awaits_journal = False
        if journal is not None:
            self._held = self._held or journal.held
            going_on = self._list.adopt(journal, jobs)
            if self._held:
                journal.hold(True)
                self.held_changed.emit(True)
            if going_on:
                self.taken_up.emit(going_on)
        self._feed()

    def keep_preview(self, preview: Preview) -> None:
        """Keep the preview of a job for its history; may be called in any thread."""
        self._list.keep_preview(preview)

    def closing(self) -> None:
        """The program ends: nothing starts any more, and what is stopped now goes on in the next session."""
        self._closing = True
        if self._list.busy is not None and self._dispatch.take_back(self._list.busy):
            self._end(self._list[self._list.busy].moved(JobState.PAUSED))

    def merge(self, jobs: Iterable[Job], gone: Iterable[str]) -> None:
        """Take in jobs that other processes added or changed in the journal, and ids of those they took away."""
        self._list.merge(jobs, gone)
        self._feed()

    # ---------------------------------------------------------------------------------------- the worker speaks

    def handle(self, event: Event) -> None:
        """Take in an event of the worker."""
        if not isinstance(event, JobEvent):
            return
        job = self._list.get(event.job_id)
        if job is None or job.state.final:
            return
        if isinstance(event, Preview | ClipPreview):
            (self.preview if isinstance(event, Preview) else self.clip_preview).emit(event)
        elif isinstance(event, Log):
            self.notice.emit(job, event.message)
        elif isinstance(event, TrainingEvent):
            self._progressed(job)
            self.training.emit(job, event)
        elif isinstance(event, Checkpoint):
            self._progressed(job)
            self._list.keep_checkpoint(event)
        else:
            self._advance(job, event)

    def _advance(self, job: Job, event: JobEvent) -> None:
        if is_terminal(event):
            self._end(self._ended(job, event))
            return
        known = after(job, event)
        if isinstance(event, Planned):
            plan = dataclasses.replace(event.plan, seconds=self.pace.remaining((known,)) or 0.0)
            known = dataclasses.replace(known, plan=plan)
        self._list.put(known)
        if isinstance(event, PictureDone):
            self.picture.emit(known, event.picture)

    def _ended(self, job: Job, event: JobEvent) -> Job:
        """The job after its terminal event. One that is ended with the program, or because it did not pause in time, is
        not to blame for that.
        """
        if isinstance(event, Interrupted) and (self._asked or self._closing):
            return job.moved(JobState.PAUSED if self._asked else JobState.INTERRUPTED)
        no_engine = isinstance(event, Failed) and event.problem.kind is ErrorKind.ENVIRONMENT
        if no_engine and self._list.line and not self._closing:
            self._hold(True)  # there is no engine: the others would only fail, too
        return after(job, event)

    def _end(self, job: Job) -> None:
        """The worker has nothing more to do with a job. Its end may have crossed a cancel, which counts."""
        asked = Asked.NOTHING
        if job.id == self._list.busy:
            asked, self._asked, self._list.busy = self._asked, Asked.NOTHING, None
        if asked is Asked.CANCEL:
            job = job.moved(JobState.CANCELLED)
        self._list.put(dated(job))
        if job.state is JobState.PAUSED and (asked is Asked.WAIT or (self._closing and asked < Asked.PAUSE)):
            self._list.put(job.moved(JobState.QUEUED))
        self._feed()

    def _stop(self, job_id: str, asked: Asked) -> None:
        """Pause the job that the worker has, or is about to get."""
        self._asked = max(self._asked, asked)
        if self._dispatch.take_back(job_id):
            self._end(self._list[job_id].moved(JobState.PAUSED))
        else:
            self._dispatch.worker.pause(job_id)

    def _progressed(self, job: Job) -> None:
        if (known := job.progressed()) is not job:
            self._list.put(known)

    # ---------------------------------------------------------------------------------------- what comes next

    def _feed(self) -> None:
        """Start the first job that can begin, if the worker is free."""
        for job_id in self._list.line if self._may_start else ():
            if not self._may_start:
                return
            if job_id in self._list.line and not self._list.is_blocked(job_id):
                self._dispatch.start(self._list[job_id])

    @property
    def _may_start(self) -> bool:
        return self._list.busy is None and not (self._held or self._closing or self._awaits_journal)

    def _hold(self, held: bool) -> None:
        if held != self._held:
            self._held = held
            if self._list.journal is not None:
                self._list.journal.hold(held)
            self.held_changed.emit(held)

    def _moved(self, moved: bool) -> None:
        if moved:
            self._feed()
