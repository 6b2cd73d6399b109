"""One session: its folders, settings, models, queue and gallery, put together. Window and command line share it."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from psygnal import Signal

from studio.domain.catalog import ModelInfo
from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.jobs import Job, Picture
from studio.domain.messages import Died, Event, Ready, Unavailable, WorkerOptions
from studio.domain.recipe import Recipe, require_valid
from studio.imaging.blobs import BlobStore
from studio.imaging.pictures import require_picture
from studio.resources import resources
from studio.session import library
from studio.session.gallery import Entry, Gallery
from studio.session.paths import Paths
from studio.session.queue import JobQueue, Submitter
from studio.session.settings import SettingsFile


class Worker(Submitter, Protocol):
    """A worker host (`studio.worker.host`)."""

    def start(self) -> None:
        """Begin; returns at once."""

    def close(self) -> None:
        """End the worker and wait for it."""


WorkerFactory = Callable[[Callable[[Event], None], WorkerOptions], Worker]
Keep = Callable[[Recipe, Picture, Ready | None], Entry | None]
Task = Callable[[], Callable[[], None]]  # slow work for any thread; what it returns is for the owner's


def run_here(task: Task) -> None:
    """Carry out a task in the calling thread."""
    task()()


class Studio:
    """The state of one run of the program.

    `post` brings an event from the worker host's thread to the thread that owns this object, where `handle` must be
    called with it. Nothing heavy happens before `start`. `store` is another folder for blobs than the user's.
    Finished pictures go to `keep`, which is the gallery's `add` unless a front end sets something else. `run` calls it,
    here and now unless a front end sets a runner with a thread; such a runner takes one task after the other, and no
    event may be handled before the last one's outcome is told.
    """

    ready = Signal(Ready)
    problem = Signal(Problem)
    saved = Signal(Job, Entry)

    def __init__(
        self,
        paths: Paths,
        make_worker: WorkerFactory,
        post: Callable[[Event], None],
        *,
        spare_core: bool = True,
        store: Path | None = None,
    ) -> None:
        self.paths = paths
        self.settings = SettingsFile(paths.config / "settings.json")
        self.worker = make_worker(post, self.settings.value.worker.options(spare_core=spare_core))
        store = store or paths.blobs
        self.queue = JobQueue(self.worker, store)
        self.gallery = Gallery(paths.pictures, BlobStore(store))
        self.keep: Keep = self.gallery.add
        self.run: Callable[[Task], None] = run_here
        self.library = library.scan((resources() / "models", paths.models))
        self.engine: Ready | None = None
        self.queue.picture.connect(self._save)

    def start(self) -> None:
        """Start the worker; returns at once."""
        self.worker.start()

    def close(self) -> None:
        """End the worker; what ran is cancelled."""
        self.worker.close()

    def model(self, name: str) -> ModelInfo:
        """The model of this name or path. Raises StudioError (MODEL)."""
        return library.find(self.library, name)

    def check(self, recipe: Recipe) -> ModelInfo:
        """The model for a recipe. Raises StudioError when it, its model or its source picture cannot be used."""
        model = self.model(recipe.model)
        require_valid(recipe, model.traits.size_multiple)
        fitting = [sampler.id for sampler in model.samplers()]
        if recipe.sampling.sampler not in fitting:
            raise StudioError(
                ErrorKind.INPUT,
                f"The model {model.name} cannot be sampled with {recipe.sampling.sampler}.",
                f"Choose one of: {', '.join(fitting)}.",
                "sampling.sampler",
            )
        if recipe.source:
            require_picture(Path(recipe.source.path))
        return model

    def submit(self, recipe: Recipe) -> Job:
        """Queue a recipe. Raises StudioError as `check` does."""
        model = self.check(recipe)
        return self.queue.submit(recipe, model.path, model.traits.size_multiple)

    def handle(self, event: Event) -> None:
        """Take in an event of the worker, in the owner's thread."""
        match event:
            case Ready():
                self.engine = event
                self.ready.emit(event)
            case Died():
                self.engine = None
            case Unavailable():
                self.problem.emit(event.problem)
            case _:
                self.queue.handle(event)

    def _save(self, job: Job, picture: Picture) -> None:
        self.run(functools.partial(self._kept, job, picture, self.engine))

    def _kept(self, job: Job, picture: Picture, engine: Ready | None) -> Callable[[], None]:
        """Save a picture; the outcome is to be told in the owner's thread."""
        try:
            entry = self.keep(job.recipe.for_picture(picture.index), picture, engine)
        except StudioError as error:
            return functools.partial(self.problem.emit, error.problem)
        return functools.partial(self._tell, job, entry)

    def _tell(self, job: Job, entry: Entry | None) -> None:
        if entry:
            self.saved.emit(job, entry)
