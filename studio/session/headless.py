"""Jobs without a window: submitted, waited for and cancelled in the calling thread."""

import contextlib
import queue
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self, TypeVar

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.jobs import Job, JobState, Picture
from studio.domain.messages import Event, Phase, Ready, WorkerOptions
from studio.domain.recipe import Recipe
from studio.domain.training import Training
from studio.domain.upscaling import Upscaling
from studio.imaging.files import require_writable
from studio.session.gallery import Entry
from studio.session.paths import HOME_VARIABLE, Paths
from studio.session.studio import Keep, KeepUpscaled, Studio, Worker, WorkerFactory

T = TypeVar("T")
_OVER = (JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED, JobState.PAUSED)
_PATIENCE = 0.2  # seconds between looks at the keyboard where a wait cannot be interrupted


class Cancelled(Exception):
    """The job was cancelled by `Headless.cancel`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A job that is done and the files it was saved as, in the order of the batch."""

    job: Job
    entries: tuple[Entry, ...]


class Headless:
    """A studio for one thread, with its own blob store, so that runs side by side never share a blob.

    Use it as a context manager: leaving it ends the worker. `device` "" takes the user's setting.
    """

    def __init__(self, paths: Paths, make_worker: WorkerFactory, device: str = "") -> None:
        def make(post: Callable[[Event], None], options: WorkerOptions) -> Worker:
            return make_worker(post, replace(options, device=device) if device else options)

        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._store = paths.blobs / f"run-{uuid.uuid4().hex[:12]}"
        self.studio = Studio(paths, make, self._events.put, spare_core=False, store=self._store)
        self._cancelled = False
        self._unsaved = False  # a picture could not be saved, and the store keeps it
        self._entries: list[Entry] = []
        self._failure: StudioError | None = None
        self.studio.saved.connect(lambda _, entry: self._entries.append(entry))
        self.studio.problem.connect(self._note)

    def __enter__(self) -> Self:
        self.studio.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.studio.close()
        if not self._unsaved:
            shutil.rmtree(self._store, ignore_errors=True)

    def require_store(self) -> None:
        """Raise StudioError (DISK) when finished pixels could not be stored, before any work is done for them."""
        try:
            require_writable(self._store)
        except StudioError as error:
            hint = f"Mend that, or set {HOME_VARIABLE} to a folder that can be written."
            raise StudioError(ErrorKind.DISK, error.problem.message, hint) from error

    def cancel(self) -> None:
        """End the present `run`. May be called from a signal handler or another thread."""
        self._cancelled = True
        self._events.put(None)

    def engine(self, seconds: float) -> Ready:
        """Wait until the engine is loaded. Raises StudioError when it cannot be, or is not within `seconds`."""
        rounds = max(1, round(seconds / _PATIENCE))
        for _ in range(rounds):
            if self.studio.engine:
                return self.studio.engine
            self._handle_next()
            if self._failure:
                raise self._failure
        raise StudioError(
            ErrorKind.ENVIRONMENT,
            f"The engine was not ready after {seconds:.0f} seconds.",
            "Try again on an idle machine.",
        )

    def run(self, recipe: Recipe, keep: Keep) -> Outcome:
        """Carry out a recipe, handing each finished picture to `keep`, which saves it.

        Raises StudioError for whatever went wrong, also in saving, and Cancelled after `cancel`.
        """
        self._entries, self._failure, self.studio.keep = [], None, self._noting(keep)
        return self._to_the_end(self.studio.submit(recipe).id)

    def upscale(self, task: Upscaling, keep: KeepUpscaled) -> Outcome:
        """Enlarge a picture and hand the result to `keep`; raises as `run` does."""
        self._entries, self._failure, self.studio.keep_upscaled = [], None, self._noting(keep)
        return self._to_the_end(self.studio.submit_upscaling(task).id)

    def _noting(self, keep: Callable[[T, Picture, Ready | None], Entry | None]) -> Callable[..., Entry | None]:
        """`keep`, which notes that a picture could not be saved."""

        def keep_or_note(task: T, picture: Picture, engine: Ready | None) -> Entry | None:
            try:
                return keep(task, picture, engine)
            except StudioError:
                self._unsaved = True
                raise

        return keep_or_note

    def _to_the_end(self, job_id: str) -> Outcome:
        asked = False
        while not (job := self._job(job_id)).state.final:
            if (self._cancelled or self._failure) and not asked:
                self.studio.queue.cancel(job_id)
                asked = True
            self._handle_next()
        self.studio.queue.forget_finished()
        return self._outcome(job)

    def train(self, training: Training) -> Job:
        """Carry out a training, from its checkpoint if there is one.

        Raises StudioError for whatever went wrong, and Cancelled after `cancel`, which keeps a checkpoint if it can.
        """
        self._failure = None
        job_id = self.studio.submit_training(training).id
        queue, asked = self.studio.queue, False
        while (job := self._job(job_id)).state not in _OVER:
            if self._cancelled and not asked:
                stop = queue.pause if job.phase == Phase.TRAIN else queue.cancel
                stop(job_id)
                asked = True
            self._handle_next()
        if self._failure:
            raise self._failure
        if job.problem:
            raise _error(job.problem)
        if job.state is not JobState.DONE:
            raise Cancelled
        return job

    def _outcome(self, job: Job) -> Outcome:
        if self._failure:
            raise self._failure
        if job.problem:
            raise _error(job.problem)
        if job.state is not JobState.DONE:
            raise Cancelled
        return Outcome(job, tuple(self._entries))

    def _job(self, job_id: str) -> Job:
        return next(job for job in self.studio.queue.jobs if job.id == job_id)

    def _handle_next(self) -> None:
        with contextlib.suppress(queue.Empty):
            event = self._events.get(timeout=_PATIENCE)
            if event is not None:
                self.studio.handle(event)

    def _note(self, problem: Problem) -> None:
        self._failure = self._failure or _error(problem)


def _error(problem: Problem) -> StudioError:
    return StudioError(problem.kind, problem.message, problem.hint, problem.field)
