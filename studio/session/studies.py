"""Studies on their way to the worker: the newest one counts, and pictures and trainings go first.

At most one study is with the worker. Those that were superseded before they started are dropped, and a reverse path is
given up when a newer study or a job comes. Studies never appear in the queue.
"""

import uuid
from pathlib import Path

from psygnal import Signal

from studio.domain.errors import Problem
from studio.domain.jobs import Job
from studio.domain.messages import (
    Cancelled,
    Event,
    Failed,
    Finished,
    Interrupted,
    JobEvent,
    PathStep,
    Paused,
    Progress,
    Run,
    Studied,
)
from studio.domain.study import Study
from studio.session.dispatch import Submitter
from studio.session.queue import JobQueue


class Studies:
    """Belongs to the thread that owns the queue."""

    found = Signal(Study, Studied)
    walked = Signal(Study, PathStep)
    progress = Signal(Progress)
    failed = Signal(Study, Problem, str)  # problem and traceback
    busy = Signal(bool)  # whether a job keeps the worker, so that studies wait
    idle = Signal()  # nothing is under way, and nothing waits

    def __init__(self, worker: Submitter, queue: JobQueue, store: Path) -> None:
        self._worker, self._queue, self._store = worker, queue, store
        self._wanted: tuple[Study, str] | None = None
        self._running: Run | None = None
        self._seen = self._stopping = self._was_busy = False
        queue.changed.connect(self._queue_changed)

    @property
    def is_busy(self) -> bool:
        """Does a job keep the worker?"""
        return self._queue.wants_worker

    @property
    def under_way(self) -> bool:
        """Is a study with the worker, or waiting for it?"""
        return self._running is not None or self._wanted is not None

    def want(self, study: Study, model_path: str) -> None:
        """Carry out this study, and forget what was wanted before."""
        self._wanted = (study, model_path)
        self._stop()
        self._feed()

    def drop(self) -> None:
        """Want nothing any more."""
        self._wanted = None
        self._stop()

    def handle(self, event: Event) -> bool:
        """Take in an event of the worker; False when it is of no study."""
        run = self._running
        if run is None or not isinstance(event, JobEvent) or event.job_id != run.job_id:
            return False
        assert isinstance(run.task, Study)
        match event:
            case Studied():
                self._seen = True
                self.found.emit(run.task, event)
                self._stop_if_superseded()
            case PathStep():
                if not self._stopping:
                    self.walked.emit(run.task, event)
            case Progress():
                self.progress.emit(event)
            case Failed() | Interrupted():
                self._over()
                self.failed.emit(run.task, event.problem, event.details)
            case Finished() | Cancelled() | Paused():
                self._over()
        return True

    def _queue_changed(self, _job: Job) -> None:
        busy = self.is_busy
        if busy and self._running is not None and not self._stopping:
            if self._wanted is None and isinstance(self._running.task, Study):
                self._wanted = (self._running.task, self._running.model_path)  # once more, when the job is done
            self._stop()
        if busy != self._was_busy:
            self._was_busy = busy
            self.busy.emit(busy)
        self._feed()

    def _stop_if_superseded(self) -> None:
        if self._wanted is not None:
            self._stop()

    def _stop(self) -> None:
        """Give up a reverse path. What comes before it is short, or the loading of a model that is needed anyway."""
        if self._running is not None and self._seen and not self._stopping:
            self._stopping = True
            self._worker.cancel(self._running.job_id)

    def _over(self) -> None:
        self._running, self._seen, self._stopping = None, False, False
        self._feed()
        if not self.under_way:
            self.idle.emit()

    def _feed(self) -> None:
        if self._wanted is None or self._running is not None or self.is_busy:
            return
        (study, path), self._wanted = self._wanted, None
        self._running = Run(uuid.uuid4().hex[:12], study, path, str(self._store))
        self._worker.submit(self._running)
