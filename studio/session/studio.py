"""One session: its folders, settings, models, queue and gallery, put together. Window and command line share it."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from psygnal import Signal

from studio.domain.catalog import Library, LoraInfo, ModelInfo
from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.jobs import Job, Picture
from studio.domain.messages import Died, Event, ModelDone, Ready, Unavailable, WorkerOptions
from studio.domain.recipe import Recipe, require_valid
from studio.domain.study import Study, require_valid_study
from studio.domain.training import Training, require_valid_training, unfit_base
from studio.domain.upscaling import Upscaling, require_valid_upscaling
from studio.imaging.blobs import BlobStore
from studio.imaging.pictures import picture_size, require_picture
from studio.resources import resources
from studio.session import library
from studio.session.gallery import Entry, Gallery
from studio.session.loras import find_lora
from studio.session.paths import Paths
from studio.session.queue import JobQueue, Submitter
from studio.session.settings import SettingsFile
from studio.session.studies import Studies


class Worker(Submitter, Protocol):
    """A worker host (`studio.worker.host`)."""

    def start(self) -> None:
        """Begin; returns at once."""

    def close(self) -> None:
        """End the worker and wait for it."""


WorkerFactory = Callable[[Callable[[Event], None], WorkerOptions], Worker]
Keep = Callable[[Recipe, Picture, Ready | None], Entry | None]
KeepUpscaled = Callable[[Upscaling, Picture, Ready | None], Entry | None]
Task = Callable[[], Callable[[], None]]  # slow work for any thread; what it returns is for the owner's


def run_here(task: Task) -> None:
    """Carry out a task in the calling thread."""
    task()()


class Studio:
    """The state of one run of the program.

    `post` brings an event from the worker host's thread to the thread that owns this object, where `handle` must be
    called with it. Nothing heavy happens before `start`. `store` is another folder for blobs than the user's.
    Finished pictures go to `keep`, which is the gallery's `add` unless a front end sets something else, enlarged ones
    to `keep_upscaled`. `run` calls them, here and now unless a front end sets a runner with a thread; such a runner
    takes one task after the other, and no event may be handled before the last one's outcome is told. `scan` finds the
    models on disk. An event is for the first of `takers` that takes it, else for the queue.
    """

    ready = Signal(Ready)
    problem = Signal(Problem)
    saved = Signal(Job, Entry)
    library_changed = Signal(Library)

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
        self.studies = Studies(self.worker, self.queue, store)
        self.takers: list[Callable[[Event], bool]] = [self.studies.handle]
        self.gallery = Gallery(paths.pictures, BlobStore(store))
        self.keep: Keep = self.gallery.add
        self.keep_upscaled: KeepUpscaled = self.gallery.add_upscaled
        self.run: Callable[[Task], None] = run_here
        self.scan: Callable[[], Library] = functools.partial(library.scan, (resources() / "models", paths.models))
        self.library = self.scan()
        self.engine: Ready | None = None
        self.queue.picture.connect(self._save)

    def start(self) -> None:
        """Start the worker; returns at once."""
        self.worker.start()

    def close(self) -> None:
        """End the worker; what ran is cancelled."""
        self.worker.close()

    def refresh_library(self) -> None:
        """Look again which models and LoRAs are there, and tell when that changed."""
        found = self.scan()
        if found != self.library:
            self.library = found
            self.library_changed.emit(found)

    def model(self, name: str) -> ModelInfo:
        """The model of this name or path. Raises StudioError (MODEL)."""
        return library.find(self.library, name)

    def check(self, recipe: Recipe) -> ModelInfo:
        """The model for a recipe. Raises StudioError when it, its model, LoRAs or source picture cannot be used."""
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
        if recipe.inpaint:
            for path in filter(None, (recipe.inpaint.image, recipe.inpaint.mask)):
                require_picture(Path(path))
        self.loras(recipe, model)
        return model

    def loras(self, recipe: Recipe, model: ModelInfo) -> tuple[LoraInfo, ...]:
        """The LoRAs of a recipe, in its order. Raises StudioError (MODEL) when one is missing or does not fit."""
        return tuple(find_lora(self.library, lora.name, model) for lora in recipe.loras)

    def submit(self, recipe: Recipe) -> Job:
        """Queue a recipe. Raises StudioError as `check` does."""
        model = self.check(recipe)
        paths = tuple(lora.path for lora in self.loras(recipe, model))
        return self.queue.submit(recipe, model.path, model.traits.size_multiple, paths)

    def check_training(self, training: Training) -> str:
        """The path of the model that a training starts from.

        Raises StudioError when it or its model cannot be used; its pictures are looked at by the worker.
        """
        require_valid_training(training)
        model = self.model(training.base)
        if (problem := unfit_base(training.kind, model)) is not None:
            raise StudioError(problem.kind, problem.message, problem.hint, problem.field)
        return model.path

    def submit_training(self, training: Training) -> Job:
        """Queue a training, which goes on from its checkpoint if there is one. Raises as `check_training` does."""
        return self.queue.submit_training(training, self.check_training(training))

    def check_upscaling(self, task: Upscaling) -> None:
        """Raise StudioError when the file is no picture or cannot be enlarged so."""
        require_valid_upscaling(task, picture_size(Path(task.path)))

    def submit_upscaling(self, task: Upscaling) -> Job:
        """Queue the enlargement of a picture. Raises as `check_upscaling` does."""
        self.check_upscaling(task)
        return self.queue.submit_upscaling(task)

    def study(self, study: Study) -> None:
        """Look at a model's noising and denoising as soon as the worker is free; a newer study takes its place.

        Raises StudioError when the study or its model cannot be used; its picture is looked at by the worker.
        """
        model = self.model(study.model)
        require_valid_study(study, model.traits.size_multiple)
        self.studies.want(study, model.path)

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
            case ModelDone():
                self.refresh_library()
                self.queue.handle(event)
            case _ if not any(take(event) for take in self.takers):
                self.queue.handle(event)

    def _save(self, job: Job, picture: Picture) -> None:
        self.run(functools.partial(self._kept, job, picture, self.engine))

    def _kept(self, job: Job, picture: Picture, engine: Ready | None) -> Callable[[], None]:
        """Save a picture; the outcome is to be told in the owner's thread."""
        try:
            if isinstance(job.task, Upscaling):
                entry = self.keep_upscaled(job.task, picture, engine)
            else:
                entry = self.keep(job.recipe.for_picture(picture.index), picture, engine)
        except StudioError as error:
            return functools.partial(self.problem.emit, error.problem)
        return functools.partial(self._tell, job, entry)

    def _tell(self, job: Job, entry: Entry | None) -> None:
        if entry:
            self.saved.emit(job, entry)
