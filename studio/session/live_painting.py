"""Live painting: a picture of the sketch that is painted anew as the sketch changes.

Changes are gathered for a moment, then the newest state is looked at. At most one request is with the worker and one
waits, always the newest; equal recipes are equal work and are not done twice. The jobs of the queue go first, and what
is painted live is no job of the queue: neither its list nor the gallery knows of it.
"""

import functools
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from psygnal import Signal

from studio.domain.errors import Problem, StudioError
from studio.domain.jobs import Job
from studio.domain.messages import (
    Cancelled,
    Event,
    Failed,
    Finished,
    Interrupted,
    JobEvent,
    Paused,
    Phase,
    PictureDone,
    Preview,
    Progress,
    Run,
)
from studio.domain.recipe import Recipe
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import Pixels, decode
from studio.session.dispatch import Submitter
from studio.session.live_requests import Painted, Request, painted
from studio.session.live_state import Clock, LiveState, Scratch
from studio.session.queue import JobQueue
from studio.session.studio import Errand

QUIET = 0.15  # seconds without a change after which the sketch is looked at
LONGEST = 0.6  # seconds that a change waits at most, for whoever never pauses
_KEPT = 8  # pictures remembered, so that undo and redo bring them back at once

Ask = Callable[[], Request]  # slow, for any thread; raises StudioError
Look = Callable[[BlobStore], Ask]  # quick: takes hold of everything as it is now


@dataclass(slots=True)
class _Running:
    """What is with the worker. Before its model is loaded it is not stopped: the worker would be ended for it."""

    job_id: str
    request: Request
    loaded: bool = False
    stopping: bool = False


class LivePainting:
    """Belongs to the thread that owns the queue, to which `handle` brings the worker's events.

    `run` carries out slow tasks one after the other, in any thread, and what they return in the owner's.
    """

    changed = Signal(LiveState)
    progress = Signal(float)  # share of the steps that are done; below 0 while it cannot be counted
    preview = Signal(Request, Preview)
    shown = Signal(object)  # Painted, or None where nothing is to lie over the sketch
    failed = Signal(Problem, str)  # the engine could not; with a traceback for "copy details"

    def __init__(self, worker: Submitter, queue: JobQueue, clock: Clock, run: Callable[[Errand], None]) -> None:
        self._worker, self._queue, self._clock, self._run = worker, queue, clock, run
        self._look: Look | None = None
        self._scratch: Scratch | None = None
        self._life = object()  # another one from each beginning to its end
        self._changed_at: float | None = None  # the first change that was not looked at
        self._preparing: object | None = None
        self._newest: Request | None = None
        self._shown: Request | None = None
        self._wanted: Request | None = None
        self._running: _Running | None = None
        self._gave_up = False  # the last run was given up for a newer request
        self._made: OrderedDict[Recipe, Pixels | None] = OrderedDict()  # None: the sketch is taken for finished
        self._failed = False
        self._told = LiveState.OFF
        self.problem: Problem | None = None

    @property
    def on(self) -> bool:
        """Is it switched on?"""
        return self._look is not None

    @property
    def state(self) -> LiveState:
        """What it is doing now."""
        if not self.on:
            return LiveState.OFF
        if self.problem is not None:
            return LiveState.PAUSED
        if self._changed_at is not None or self._preparing is not None:
            return LiveState.DRAWING
        if self._shown is self._newest:
            return LiveState.IDLE
        return LiveState.WAITING if self._queue.wants_worker else LiveState.PAINTING

    @property
    def newest(self) -> Request | None:
        """The request for the sketch as it is; None while that is not known."""
        return None if self._changed_at is not None or self._preparing is not None else self._newest

    def begin(self, look: Look) -> None:
        """Switch on, and paint what is there. Raises StudioError (DISK) when there is no room for the pictures."""
        if self.on:
            return
        self._scratch = self._scratch or Scratch()
        self._look, self._life = look, object()
        self._queue.changed.connect(self._queue_changed)
        self._look_now()

    def end(self) -> None:
        """Switch off: what runs is given up, and nothing more comes."""
        if not self.on:
            return
        self._queue.changed.disconnect(self._queue_changed)
        self._clock.stop()
        self._look, self._life = None, object()
        self._changed_at = self._preparing = self._newest = self._shown = self._wanted = self.problem = None
        self._gave_up = self._failed = False
        self._made.clear()
        self._supersede()
        self._clean()
        self._tell()

    def close(self) -> None:
        """Switch off for good; the worker is about to end."""
        self.end()
        self._running = None
        self._clean()

    def change(self) -> None:
        """Something that decides the picture is another."""
        if not self.on:
            return
        now = self._clock.now()
        if self._changed_at is None:
            self._changed_at = now
        if not self._failed:
            self.problem = None
            self._clock.ring_in(max(0.0, min(QUIET, self._changed_at + LONGEST - now)), self._look_now)
        self._tell()

    def resume(self) -> None:
        """Try again after a problem."""
        if self.problem is not None:
            self._look_now()

    def settle(self) -> None:
        """Take the sketch as it is now for finished: nothing is painted before it changes."""
        if self.on:
            self._prepare(settled=True)
            self._tell()

    def handle(self, event: Event) -> bool:
        """Take in an event of the worker; False when it is not of live painting."""
        run = self._running
        if run is None or not isinstance(event, JobEvent) or event.job_id != run.job_id:
            return False
        match event:
            case Progress():
                self._advance(run, event)
            case Preview():
                if self.on and not run.stopping:
                    self.preview.emit(self._asked_by(run), event)
            case PictureDone():
                self._run(functools.partial(self._read, self._life, run.request, self._store, event.picture.digest))
            case Failed() | Interrupted():
                if self.on:
                    self._fail(event.problem)
                    self.failed.emit(event.problem, event.details)
                self._over()
            case Finished():
                self._gave_up = False
                self._over()
            case Cancelled() | Paused():
                self._over()
        return True

    # ------------------------------------------------------------------------------------------ from change to request

    def _look_now(self) -> None:
        self._clock.stop()
        self._changed_at, self._failed, self.problem = None, False, None
        self._prepare(settled=False)
        self._tell()

    def _prepare(self, *, settled: bool) -> None:
        assert self._look is not None
        self._preparing = token = object()
        self._run(functools.partial(self._asked, token, self._look(self._store), settled))

    def _asked(self, token: object, ask: Ask, settled: bool) -> Callable[[], None]:
        """In any thread."""
        if token is not self._preparing:
            return _nothing
        try:
            request = ask()
        except StudioError as error:
            return functools.partial(self._refused, token, error.problem)
        return functools.partial(self._prepared, token, request, settled)

    def _refused(self, token: object, problem: Problem) -> None:
        """It cannot be asked for; the next change tries again."""
        if token is self._preparing:
            self._preparing = self._newest = self._wanted = None
            self.problem = problem
            self._tell()

    def _prepared(self, token: object, request: Request, settled: bool) -> None:
        if token is not self._preparing:
            return
        self._preparing, self._newest, self._wanted = None, request, None
        assert self._scratch is not None
        self._scratch.note(_files_of(request.recipe))
        if settled:
            self._remember(request.recipe, None)
        run = self._running
        if request.recipe in self._made:
            self._place(request)
        elif run is None or run.stopping or run.request.recipe != request.recipe:
            self._wanted = request
        self._supersede()
        self._feed()
        self._tell()

    # ------------------------------------------------------------------------------------------ from request to picture

    def _feed(self) -> None:
        if self._wanted is None or self._running is not None or self._failed or self._queue.wants_worker:
            return
        request, self._wanted = self._wanted, None
        self._running = _Running(uuid.uuid4().hex[:12], request)
        self.progress.emit(-1.0)
        run = Run(
            self._running.job_id, request.recipe, request.model_path, str(self._store.folder), True, request.lora_paths
        )
        self._worker.submit(run)

    def _advance(self, run: _Running, progress: Progress) -> None:
        run.loaded = run.loaded or progress.phase is not Phase.LOAD
        self._supersede()
        if self.on and not run.stopping:
            counted = progress.phase is Phase.DENOISE and progress.total > 0
            self.progress.emit(progress.step / progress.total if counted else -1.0)

    def _supersede(self) -> None:
        """Give up what runs if it is not wanted any more.

        For a newer request that is done once, and not again before another one was finished: whoever paints without a
        pause would never see a picture otherwise.
        """
        run = self._running
        if run is None or run.stopping or not run.loaded:
            return
        unwanted = not self.on or self._failed or self._queue.wants_worker
        newest = self._newest
        if newest is not None and newest.recipe == run.request.recipe:
            if unwanted and not self._failed and newest.recipe not in self._made:
                self._wanted = newest  # once more, when the queue is empty
        elif newest is not None and not unwanted:
            newer = self._wanted is not None
            unwanted = not newer or not self._gave_up
            self._gave_up = self._gave_up or newer
        if unwanted:
            run.stopping = True
            self._worker.cancel(run.job_id)

    def _queue_changed(self, _job: Job) -> None:
        self._supersede()
        self._feed()
        self._tell()

    def _read(self, life: object, request: Request, store: BlobStore, digest: str) -> Callable[[], None]:
        """In any thread."""
        try:
            made = decode(store.get(digest))
        except StudioError as error:
            return functools.partial(self._troubled, life, error.problem)
        return functools.partial(self._came, life, request, made, store.path(digest))

    def _came(self, life: object, request: Request, made: Pixels, file: Path) -> None:
        if life is not self._life or self._scratch is None:
            return
        self._scratch.note((file,))
        self._remember(request.recipe, made)
        newest = self._newest
        if newest is not None and newest.recipe == request.recipe:
            self._wanted = None
            self._place(newest)
        elif newest is not None and newest.recipe not in self._made:
            self._place(request)  # not of the newest sketch, but newer than what is shown
        self._clean()

    def _asked_by(self, run: _Running) -> Request:
        """The request that a run answers: the newest one, if it is for the same work at another place."""
        newest = self._newest
        return newest if newest is not None and newest.recipe == run.request.recipe else run.request

    def _over(self) -> None:
        self._running = None
        self._feed()
        self._clean()
        self._tell()

    def _fail(self, problem: Problem) -> None:
        """Nothing more is asked for before the user wants it again."""
        self._clock.stop()
        self._failed, self.problem, self._wanted = True, problem, None
        self._supersede()

    def _troubled(self, life: object, problem: Problem) -> None:
        if life is self._life:
            self._fail(problem)
            self._tell()

    # ------------------------------------------------------------------------------------------ from picture to screen

    def _place(self, request: Request) -> None:
        self._run(functools.partial(self._laid, self._life, request, self._made[request.recipe]))

    def _laid(self, life: object, request: Request, made: Pixels | None) -> Callable[[], None]:
        """In any thread."""
        try:
            result = None if made is None else painted(request, made)
        except StudioError as error:
            return functools.partial(self._troubled, life, error.problem)
        return functools.partial(self._show, life, request, result)

    def _show(self, life: object, request: Request, result: Painted | None) -> None:
        newest = self._newest
        if life is not self._life or newest is None:
            return
        if request is newest or newest.recipe not in self._made:
            self._shown = request
            self.shown.emit(result)
            self._tell()

    # ------------------------------------------------------------------------------------------ what is kept

    @property
    def _store(self) -> BlobStore:
        assert self._scratch is not None
        return self._scratch.store

    def _remember(self, recipe: Recipe, made: Pixels | None) -> None:
        self._made[recipe] = made
        self._made.move_to_end(recipe)
        while len(self._made) > _KEPT:
            self._made.popitem(last=False)

    def _clean(self) -> None:
        """Drop the files that no work needs any more; when all is over, their folder too."""
        scratch = self._scratch
        if scratch is None or self._running is not None or self._wanted is not None or self._preparing is not None:
            return
        if self.on:
            scratch.sweep()
        else:
            self._run(functools.partial(_removed, scratch))
            self._scratch = None

    def _tell(self) -> None:
        state = self.state
        if state is not self._told:
            self._told = state
            self.changed.emit(state)


def _files_of(recipe: Recipe) -> set[Path]:
    """The files that a recipe names."""
    names = [recipe.source.path] if recipe.source else []
    names += [recipe.inpaint.image, recipe.inpaint.mask] if recipe.inpaint else []
    return set(map(Path, names))


def _removed(scratch: Scratch) -> Callable[[], None]:
    """In any thread, after all that was begun before."""
    scratch.remove()
    return _nothing


def _nothing() -> None:
    """Nothing is to be told."""
