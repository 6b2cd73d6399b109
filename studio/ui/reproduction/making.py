"""Reproduce: a picture's recipe carried out once more, and what comes out compared with the file."""

import dataclasses
import functools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.jobs import Job, JobState, Picture
from studio.domain.messages import Ready
from studio.domain.user_paths import expanded
from studio.imaging.pixels import encode_png
from studio.session import inpainting
from studio.session.gallery import Entry
from studio.session.reproduce import Attempt, Original, attempt_for, read_original
from studio.session.studio import Studio
from studio.ui.phases import phase_text, share
from studio.ui.reproduction.dialog import ReproductionDialog
from studio.ui.reproduction.jobs import new_id
from studio.ui.reproduction.outcome import Outcome, outcome_of


@dataclass(slots=True, eq=False)
class _Asked:
    """One picture on its way: what is to be made again, by which job, and what came out."""

    dialog: ReproductionDialog
    original: Original | None = None
    attempt: Attempt | None = None
    job: Job | None = None
    picture: Picture | None = None
    engine: Ready | None = None
    outcome: Outcome | None = None


class Reproducing(QObject):
    """Each picture has a dialog of its own. What is made again is not kept unless that is asked for."""

    _prepared = Signal(object, object)  # _Asked, Future of (Original, Attempt)
    _compared = Signal(object, object)  # _Asked, Outcome or Problem
    _finished = Signal(str)  # id of a job of ours that is over

    def __init__(self, studio: Studio, window: QWidget) -> None:
        super().__init__(window)
        self._studio, self._window = studio, window
        self._thread = ThreadPoolExecutor(1, "reproducing")
        self._jobs: dict[str, _Asked] = {}
        self._open: list[_Asked] = []
        self._keep, studio.keep = studio.keep, self._kept
        self._prepared.connect(self._submit)
        self._compared.connect(self._show)
        self._finished.connect(self._take_off, Qt.ConnectionType.QueuedConnection)
        studio.queue.changed.connect(self._changed)

    def start(self, entry: Entry) -> None:
        """Make a picture again."""
        asked = _Asked(ReproductionDialog(entry.path.name, self._window))
        self._open.append(asked)
        asked.dialog.kept.connect(lambda: self._keep_too(asked))
        asked.dialog.ended.connect(lambda: self._ended(asked))
        asked.dialog.show()
        future = self._thread.submit(_prepare, entry.path, self._studio)
        future.add_done_callback(lambda done: self._prepared.emit(asked, done))

    def close_work(self) -> None:
        """Close all dialogs, and stop what is under way."""
        for asked in tuple(self._open):
            asked.dialog.close()
        self._thread.shutdown(wait=True)
        self._prepared.disconnect(self._submit)
        self._compared.disconnect(self._show)
        self._finished.disconnect(self._take_off)
        self._studio.queue.changed.disconnect(self._changed)

    @Slot(object, object)
    def _submit(self, asked: _Asked, prepared: "Future[tuple[Original, Attempt]]") -> None:
        error = prepared.exception()
        if isinstance(error, StudioError):
            asked.dialog.fail(error.problem)
        elif error is not None:
            raise error
        elif asked in self._open:
            asked.original, asked.attempt = prepared.result()
            self._queue(asked, asked.attempt)

    def _queue(self, asked: _Asked, attempt: Attempt) -> None:
        job_id = new_id()
        self._jobs[job_id] = asked
        try:
            asked.job = self._studio.submit(attempt.recipe, job_id=job_id)
        except StudioError as error:
            self._forget(asked, job_id)
            asked.dialog.fail(error.problem)

    def _changed(self, job: Job) -> None:
        asked = self._jobs.get(job.id)
        if asked is None:
            return
        asked.job = job
        if not job.state.final:
            asked.dialog.show_progress(phase_text(job), share(job) if job.state is JobState.RUNNING else -1.0)
            return
        self._forget(asked, job.id)
        self._finished.emit(job.id)
        if job.state is not JobState.DONE:
            stopped = Problem(ErrorKind.INPUT, self.tr("It was stopped before it was finished."))
            asked.dialog.fail(job.problem or stopped)

    def _kept(self, job: Job, picture: Picture, engine: Ready | None) -> Entry | None:
        """Where finished pictures are saved; may be called in any thread."""
        asked = self._jobs.get(job.id)
        if asked is None or asked.original is None or asked.attempt is None:
            return self._keep(job, picture, engine)
        asked.picture, asked.engine = picture, engine
        try:
            store = self._studio.gallery.store
            self._compared.emit(asked, outcome_of(asked.original, asked.attempt, job, picture, engine, store))
            store.discard(picture.digest)
        except StudioError as error:
            self._compared.emit(asked, error.problem)
        return None

    @Slot(object, object)
    def _show(self, asked: _Asked, found: Outcome | Problem) -> None:
        if asked not in self._open:
            return
        if isinstance(found, Problem):
            asked.dialog.fail(found)
        else:
            asked.outcome = found
            asked.dialog.show_outcome(found)

    def _keep_too(self, asked: _Asked) -> None:
        """Save what came out beside what is in the gallery already."""
        outcome, job, picture, original = asked.outcome, asked.job, asked.picture, asked.original
        if outcome is None or job is None or picture is None or original is None:
            return
        engine, gallery, studio = asked.engine, self._studio.gallery, self._studio
        recipe = dataclasses.replace(job.recipe.for_picture(0), inpaint=original.recipe.inpaint)

        def save() -> Entry:
            height, width = outcome.pixels.shape[:2]
            digest = gallery.store.put(encode_png(outcome.pixels))
            whole = dataclasses.replace(picture, digest=digest, width=width, height=height)
            return gallery.add(recipe, whole, engine, plan=job.plan)

        studio.run(lambda: _told(studio, job, save))

    def _ended(self, asked: _Asked) -> None:
        if asked not in self._open:
            return
        self._open.remove(asked)
        if asked.job is not None and asked.job.id in self._jobs:
            self._studio.queue.cancel(asked.job.id)
        asked.dialog.deleteLater()

    def _forget(self, asked: _Asked, job_id: str) -> None:
        """A job is over: its pictures to begin with are not needed any more, where they were made for it."""
        self._jobs.pop(job_id, None)
        attempt, original = asked.attempt, asked.original
        made = attempt.recipe.inpaint if attempt is not None else None
        if attempt is None or made is None or original is None or original.recipe.inpaint is None:
            return
        if expanded(Path(original.recipe.inpaint.image)) != Path(made.image):
            inpainting.forget(attempt.recipe, self._studio.gallery.store)

    @Slot(str)
    def _take_off(self, job_id: str) -> None:
        """Jobs of ours are no part of the list: their dialogs tell of them."""
        self._studio.queue.forget([job_id], unsaved=True)


def _prepare(path: Path, studio: Studio) -> tuple[Original, Attempt]:
    """Read the file and see how it can be made again; another model of the same name is a reason, no obstacle."""
    original = read_original(path)
    return original, attempt_for(original, studio, anyway=True)


def _told(studio: Studio, job: Job, save: Callable[[], Entry]) -> Callable[[], None]:
    """Save a picture; the outcome is to be told in the window's thread."""
    try:
        entry = save()
    except StudioError as error:
        return functools.partial(studio.problem.emit, error.problem)
    return functools.partial(studio.saved.emit, job, entry)
