"""Jobs without a window: submitted, waited for and cancelled in the calling thread."""

import contextlib
import queue
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.jobs import Job, JobState, Picture
from studio.domain.messages import Event, Phase, Ready, WorkerOptions
from studio.domain.recipe import Recipe
from studio.domain.sequence import FrameSequence
from studio.domain.training import Training
from studio.domain.treatment import Treatment
from studio.domain.upscaling import Upscaling
from studio.imaging.files import require_writable
from studio.session.gallery import Entry
from studio.session.outside import Outside
from studio.session.paths import HOME_VARIABLE, Paths
from studio.session.studio import Keep, Studio, Worker, WorkerFactory

_PATIENCE = 0.2  # seconds between looks at the keyboard where a wait cannot be interrupted


class Cancelled(Exception):
    """The job was cancelled by `Headless.cancel`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A job that is done and the files it was saved as, in the order of the batch."""

    job: Job
    entries: tuple[Entry, ...]


KeepPicture = Callable[[Recipe, Picture, Ready | None], Entry | None]
KeepUpscaled = Callable[[Upscaling, Picture, Ready | None], Entry | None]


class Headless:
    """A studio for one thread. Without a journal it has its own blob store: runs side by side never share a blob.

    Use it as a context manager: leaving it ends the worker, and what runs then goes on the next time if there is a
    journal. `device` "" takes the user's setting.
    """

    def __init__(self, paths: Paths, make_worker: WorkerFactory, device: str = "", journal: Path | None = None) -> None:
        def make(post: Callable[[Event], None], options: WorkerOptions) -> Worker:
            return make_worker(post, replace(options, device=device) if device else options)

        self._events: queue.SimpleQueue[Event | Outside | None] = queue.SimpleQueue()
        self._passing = journal is None
        self._store = paths.blobs / f"run-{uuid.uuid4().hex[:12]}" if journal is None else paths.store_of(journal)
        self.studio = Studio(paths, make, self._events.put, spare_core=False, store=self._store, journal=journal)
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
        with contextlib.suppress(queue.Empty):
            while True:  # what the worker still had to say: above all from where its job can go on
                if (event := self._events.get_nowait()) is not None:
                    self.studio.handle(event)
        self.studio.end()
        if self._passing and not self._unsaved:
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

    def run(self, recipe: Recipe, keep: KeepPicture) -> Outcome:
        """Carry out a recipe, handing each finished picture, and the recipe that makes it alone, to `keep` to be saved.

        Raises StudioError for whatever went wrong, also in saving, and Cancelled after `cancel`.
        """

        def keep_one(job: Job, picture: Picture, engine: Ready | None) -> Entry | None:
            return keep(job.recipe.for_picture(picture.index), picture, engine)

        self._entries, self._failure, self.studio.keep = [], None, self._noting(keep_one)
        return self._to_the_end(self.studio.submit(recipe).id)

    def upscale(self, task: Upscaling, keep: KeepUpscaled) -> Outcome:
        """Enlarge a picture and hand the result to `keep`; raises as `run` does."""

        def keep_one(_: Job, picture: Picture, engine: Ready | None) -> Entry | None:
            return keep(task, picture, engine)

        self._entries, self._failure, self.studio.keep = [], None, self._noting(keep_one)
        return self._to_the_end(self.studio.submit_upscaling(task).id)

    def frames(self, task: FrameSequence | Treatment, take: Callable[[Picture, bytes], None]) -> Job:
        """Make a clip, handing each finished frame with its PNG to `take` as it comes. Raises as `run` does, and what
        `take` raises.
        """
        studio = self.studio
        self._failure = None

        def keep(job: Job, picture: Picture) -> None:
            try:
                take(picture, studio.gallery.store.get(picture.digest))
            except StudioError as error:
                self._unsaved, self._failure = True, self._failure or error
                return
            studio.frame_kept(job, picture, "taken")

        studio.frame.connect(keep)
        try:
            job = studio.submit_sequence(task) if isinstance(task, FrameSequence) else studio.submit_treatment(task)
            return self._to_the_end(job.id).job
        finally:
            studio.frame.disconnect(keep)

    def work(self) -> bool:
        """Carry out what the journal holds until nothing is left that can run, also what other processes add meanwhile.

        True when nothing waits any more; False when jobs wait that cannot run: the queue is paused, or they need others
        that are not done. A job's failure is its own. Raises Cancelled after `cancel`, and StudioError when the journal
        cannot be had.
        """
        jobs = self.studio.queue
        if self._failure:
            raise self._failure
        while jobs.busy or (jobs.open_count and not jobs.stuck):
            if self._cancelled:
                raise Cancelled
            self._handle_next()
        return not jobs.open_count

    def _noting(self, keep: Keep) -> Keep:
        """`keep`, which notes that a picture could not be saved."""

        def keep_or_note(job: Job, picture: Picture, engine: Ready | None) -> Entry | None:
            try:
                return keep(job, picture, engine)
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
        while not ((job := self._job(job_id)).state.final or job.state is JobState.PAUSED):
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
        job = self.studio.queue.job(job_id)
        assert job is not None  # nobody else takes jobs off the list
        return job

    def listen(self, seconds: float) -> None:
        """Handle the next event of the worker or the journal, if one comes within so many seconds."""
        with contextlib.suppress(queue.Empty):
            event = self._events.get(timeout=seconds)
            if event is not None:
                self.studio.handle(event)

    def _handle_next(self) -> None:
        self.listen(_PATIENCE)

    def _note(self, problem: Problem) -> None:
        self._failure = self._failure or _error(problem)


def _error(problem: Problem) -> StudioError:
    return StudioError(problem.kind, problem.message, problem.hint, problem.field)
