"""One session: its folders, settings, models, queue and gallery, put together. Window and command line share it."""

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from psygnal import Signal

from studio.domain.catalog import Library, LoraInfo, ModelInfo
from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.jobs import Job, Picture, maker_of, sources_of
from studio.domain.messages import Died, Event, ModelDone, Preview, Ready, Unavailable, WorkerOptions
from studio.domain.recipe import Recipe, require_valid
from studio.domain.sequence import FrameSequence, require_valid_sequence
from studio.domain.study import Study, require_valid_study
from studio.domain.training import Training, require_valid_training, unfit_base
from studio.domain.treatment import Treatment, require_valid_treatment
from studio.domain.upscaling import Upscaling, require_valid_upscaling
from studio.imaging.blobs import BlobStore
from studio.imaging.pictures import picture_size, require_file, require_picture
from studio.resources import resources
from studio.session import library, results
from studio.session.dispatch import Located, Submitter
from studio.session.gallery import Entry, Gallery
from studio.session.journal import Journal
from studio.session.loras import find_lora
from studio.session.outside import ForeignChange, Outside, Trouble, Wish, grant
from studio.session.pace import Pace
from studio.session.paths import Paths
from studio.session.queue import JobQueue
from studio.session.settings import SettingsFile
from studio.session.studies import Studies


class Worker(Submitter, Protocol):
    """A worker host (`studio.worker.host`)."""

    def start(self) -> None:
        """Begin; returns at once."""

    def close(self, timeout: float = 1.0) -> None:
        """End the worker, by force after `timeout` seconds, and wait for it."""


WorkerFactory = Callable[[Callable[[Event], None], WorkerOptions], Worker]
Keep = Callable[[Job, Picture, Ready | None], Entry | None]
Errand = Callable[[], Callable[[], None]]  # slow work for any thread; what it returns is for the owner's
Post = Callable[[Event | Outside], None]


_FAREWELL = 3.0  # seconds for what runs to leave a checkpoint; the window is hidden by then


def run_here(errand: Errand) -> None:
    """Carry out an errand in the calling thread."""
    errand()()


class Studio:
    """The state of one run of the program.

    `post` brings an event from any thread to the thread that owns this object, where `handle` must be called with it.
    Nothing heavy happens before `start`. `store` is another folder for blobs than the user's. With `journal`, a project
    file, jobs are kept there and taken up again; without, they live as long as this.
    Finished pictures go to `keep`, which is `results.keep` unless a front end sets something else. `run` calls it, here
    and now unless a front end sets a runner with a thread; such a runner takes one errand after the other, and no event
    may be handled before the last one's outcome is told. `scan` finds the models on disk. An event is for the first of
    `takers` that takes it, else for the queue.
    """

    ready = Signal(Ready)
    problem = Signal(Problem)
    saved = Signal(Job, Entry)
    frame = Signal(Job, Picture)  # a finished frame of a clip; whoever keeps it calls `frame_kept`
    library_changed = Signal(Library)

    def __init__(
        self,
        paths: Paths,
        make_worker: WorkerFactory,
        post: Post,
        *,
        spare_core: bool = True,
        store: Path | None = None,
        journal: Path | None = None,
    ) -> None:
        self.paths = paths
        self.settings = SettingsFile(paths.config / "settings.json")
        self._post, self._journal_path = post, journal
        self.journal: Journal | None = None  # once it was taken up
        self.worker = make_worker(self._hear, self.settings.value.worker.options(spare_core=spare_core))
        store = store or paths.blobs
        pace = Pace(paths.data / "pace.json", family=self._family)
        self.queue = JobQueue(self.worker, store, self.locate, awaits_journal=journal is not None, pace=pace)
        self.studies = Studies(self.worker, self.queue, store)
        self.takers: list[Callable[[Event], bool]] = [self.studies.handle]
        self.gallery = Gallery(paths.pictures, BlobStore(store))
        self.keep: Keep = functools.partial(results.keep, self.gallery)
        self.run: Callable[[Errand], None] = run_here
        self.scan: Callable[[], Library] = functools.partial(library.scan, (resources() / "models", paths.models))
        self.library = self.scan()
        self.engine: Ready | None = None
        self._recovered: frozenset[str] = frozenset()  # jobs whose pictures may be on disk without our knowing
        self.queue.picture.connect(self._save)
        self.queue.forgotten.connect(self._forget_sources)

    def start(self) -> None:
        """Start the worker, and take up what is in the journal; returns at once."""
        self.worker.start()
        if self._journal_path is not None:
            self.run(functools.partial(self._opened, self._journal_path))

    def close(self) -> None:
        """End the worker; what ran is stopped so that it can go on. Events still come, and are to be handled."""
        self.queue.closing()
        self.worker.close(_FAREWELL)

    def end(self) -> None:
        """Close the journal, after the last event was handled and the last errand has ended."""
        if self.journal is not None:
            self.journal.close()

    def refresh_library(self) -> None:
        """Look again which models and LoRAs are there, and tell when that changed."""
        found = self.scan()
        if found != self.library:
            self.library = found
            self.library_changed.emit(found)

    def model(self, name: str) -> ModelInfo:
        """The model of this name or path. Raises StudioError (MODEL)."""
        return library.find(self.library, name)

    def _family(self, name: str) -> str:
        """The family of a model of the library, "" for one that is not there."""
        return next((str(model.family) for model in self.library.models if name in (model.name, model.path)), "")

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

    def locate(self, task: object) -> Located:
        """Where a task's model and LoRAs are. Raises StudioError when it cannot be carried out."""
        match task:
            case Recipe():
                model = self.check(task)
                library.require_pictures(model)
                return Located(model.path, tuple(lora.path for lora in self.loras(task, model)))
            case FrameSequence():
                model = self.check_sequence(task)
                module = library.find_module(self.library, task.module, model).path if task.module else ""
                return Located(model.path, tuple(lora.path for lora in self.loras(task.recipe, model)), module)
            case Training():
                return Located(self.check_training(task))
        return Located()

    def submit(self, recipe: Recipe, **options: Any) -> Job:
        """Queue a recipe; `options` are those of `JobQueue.submit`. Raises StudioError as `check` does."""
        return self.queue.submit(recipe, self._checked(recipe).traits.size_multiple, **options)

    def edit(self, job_id: str, recipe: Recipe) -> Job:
        """Let a job that waits make this. Raises StudioError as `check` and `JobQueue.edit` do."""
        return self.queue.edit(job_id, recipe, self._checked(recipe).traits.size_multiple)

    def _checked(self, recipe: Recipe) -> ModelInfo:
        """The model for a recipe, whose pictures to begin with may still have to be made."""
        to_come = any(maker_of(path) for path in sources_of(recipe))
        model = self.check(dataclasses.replace(recipe, source=None, inpaint=None) if to_come else recipe)
        library.require_pictures(model)
        return model

    def check_sequence(self, sequence: FrameSequence) -> ModelInfo:
        """The model for a clip. Raises StudioError when it, its model, LoRAs or pictures cannot be used."""
        model = self.check(sequence.recipe)
        require_valid_sequence(sequence, model.traits.size_multiple)
        library.require_motion(self.library, sequence, model)
        for path in sources_of(sequence):
            require_file(Path(path))
        return model

    def submit_sequence(self, sequence: FrameSequence, **options: Any) -> Job:
        """Queue the frames of a clip; `options` are those of `JobQueue.submit`. Raises as `check_sequence`."""
        self.check_sequence(sequence)
        return self.queue.submit(sequence, **options)

    def submit_treatment(self, task: Treatment, **options: Any) -> Job:
        """Queue frames that need no model. Raises StudioError when they cannot be made."""
        require_valid_treatment(task)
        for path in sources_of(task):
            require_file(Path(path))
        return self.queue.submit(task, **options)

    def frame_kept(self, job: Job, picture: Picture, place: str) -> None:
        """A frame is safe at `place`, a path or a name of the project's; the blob store lets go of its pixels, unless a
        job begins with them or another frame with the same ones is not safe yet.
        """
        self.queue.saved(job.id, picture.index, place)
        path, jobs = str(self.gallery.store.path(picture.digest)), self.queue.jobs
        waiting = (each.digest for other in jobs for each in other.pictures if not each.path)
        if picture.digest not in waiting and not any(path in sources_of(other.task) for other in jobs):
            self.gallery.drop(picture)

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
        self.check_training(training)
        return self.queue.submit(training)

    def check_upscaling(self, task: Upscaling) -> None:
        """Raise StudioError when the file is no picture or cannot be enlarged so."""
        require_valid_upscaling(task, picture_size(Path(task.path)))

    def submit_upscaling(self, task: Upscaling) -> Job:
        """Queue the enlargement of a picture. Raises as `check_upscaling` does."""
        if not maker_of(task.path):
            self.check_upscaling(task)
        return self.queue.submit(task)

    def study(self, study: Study) -> None:
        """Look at a model's noising and denoising as soon as the worker is free; a newer study takes its place.

        Raises StudioError when the study or its model cannot be used; its picture is looked at by the worker.
        """
        model = self.model(study.model)
        require_valid_study(study, model.traits.size_multiple)
        self.studies.want(study, model.path)

    def handle(self, event: Event | Outside) -> None:
        """Take in what was posted, in the owner's thread."""
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
            case ForeignChange(jobs, gone):
                self.queue.merge(jobs, gone)
                self._follow_journal()
            case Wish():
                grant(self.queue, event)
            case Trouble(problem):
                self.problem.emit(problem)
            case _ if not any(take(event) for take in self.takers):
                self.queue.handle(event)

    def _hear(self, event: Event) -> None:
        """In the worker host's thread. Previews are kept from here, because some are dropped on the way."""
        if isinstance(event, Preview):
            self.queue.keep_preview(event)
        self._post(event)

    # ---------------------------------------------------------------------------------------- the journal

    def _opened(self, path: Path) -> Callable[[], None]:
        """Open the journal and look what it knows; slow. The outcome is to be told in the owner's thread."""
        try:
            journal = Journal.open(path, create=True)
        except StudioError as error:
            return functools.partial(self._adopt, None, (), error.problem)
        journal.problem.connect(lambda found: self._post(Trouble(found)))
        journal.foreign.connect(lambda changed, gone: self._post(ForeignChange(changed, gone)))
        journal.wished.connect(lambda act, job_id: self._post(Wish(act, job_id)))
        if not journal.run_here():
            journal.close()
            return functools.partial(self._adopt, None, (), _runs_elsewhere(path))
        known = journal.jobs()
        jobs = tuple(map(self._looked_after, known))
        journal.put(job for job, before in zip(jobs, known, strict=True) if job != before)
        return functools.partial(self._adopt, journal, jobs, None)

    def _adopt(self, journal: Journal | None, jobs: tuple[Job, ...], problem: Problem | None) -> None:
        self.journal = journal
        self._recovered = frozenset(job.id for job in jobs if not job.state.final)
        if problem is not None:
            self.problem.emit(problem)
        self.queue.adopt(journal, jobs)

    def _follow_journal(self) -> None:
        """Another process may have paused the queue, or let it go on."""
        if self.journal is not None and self.journal.held != self.queue.held:
            self.queue.hold() if self.journal.held else self.queue.go_on()

    def _looked_after(self, job: Job) -> Job:
        """A job of an earlier session, with the files of its pictures; what an unfinished one lost is made anew."""
        if job.makes_frames:
            return self._with_frames(job)
        pictures: list[Picture] = []
        for picture in job.pictures:
            if not picture.path:
                try:
                    entry = results.recover(self.gallery, job, picture)
                except StudioError:  # its pixels stay in the store until next time, unless they are damaged
                    entry = None
                lost = entry is None and not self.gallery.store.path(picture.digest).exists()
                if lost and not job.state.final:
                    break
                if lost:
                    continue
                picture = dataclasses.replace(picture, path=str(entry.path) if entry else "")
            pictures.append(picture)
        return dataclasses.replace(job, pictures=tuple(pictures))

    def _with_frames(self, job: Job) -> Job:
        """A job that makes a clip, without the frames that are neither kept nor in the store: they are made again."""
        if job.state.final:
            return job
        there = (each for each in job.pictures if each.path or self.gallery.store.path(each.digest).exists())
        return dataclasses.replace(job, pictures=tuple(there))

    def _forget_sources(self, jobs: tuple[Job, ...]) -> None:
        """The pictures that were stored only for these jobs to begin with."""
        paths = {path for job in jobs for path in sources_of(job.task)}
        digests = {digest for path in paths if (digest := self.gallery.store.digest_of(Path(path)))}
        for other in self.queue.jobs if digests else ():
            digests -= {self.gallery.store.digest_of(Path(path)) for path in sources_of(other.task)}
            digests -= {picture.digest for picture in other.pictures if not picture.path}
        for digest in digests:
            self.gallery.store.discard(digest)

    # ---------------------------------------------------------------------------------------- pictures

    def _save(self, job: Job, picture: Picture) -> None:
        if job.makes_frames:
            self.frame.emit(job, picture)
            return
        self.run(functools.partial(self._kept, job, picture, self.engine))

    def _kept(self, job: Job, picture: Picture, engine: Ready | None) -> Callable[[], None]:
        """Save a picture; the outcome is to be told in the owner's thread."""
        try:
            entry = results.found(self.gallery, job, picture) if job.id in self._recovered else None
            entry = entry or self.keep(job, picture, engine)
        except StudioError as error:
            return functools.partial(self.problem.emit, error.problem)  # the pixels stay in the store until next time
        return functools.partial(self._tell, job, picture, entry)

    def _tell(self, job: Job, picture: Picture, entry: Entry | None) -> None:
        if entry:
            self.queue.saved(job.id, picture.index, str(entry.path))
            self.saved.emit(job, entry)


def _runs_elsewhere(path: Path) -> Problem:
    return Problem(
        ErrorKind.INPUT,
        f"Another process carries out the jobs in {path.name}.",
        "What you queue here is done all the same, but is not kept if this window ends before it is done.",
    )
