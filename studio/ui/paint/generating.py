"""Generate on the canvas: queues what the prompt panel asks for, and brings its pictures to the staging bar."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakSet

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QImage, QPainter

from studio.domain.document.document import Document
from studio.domain.document.edits import insert
from studio.domain.document.layers import PaintLayer, new_id
from studio.domain.document.tiles import EMPTY
from studio.domain.errors import StudioError
from studio.domain.jobs import Job, JobState
from studio.domain.messages import Preview
from studio.domain.recipe import Recipe
from studio.imaging.pictures import load_picture
from studio.imaging.tiles import Pixels
from studio.session import inpainting
from studio.session.gallery import Entry
from studio.session.in_place import Patch, Ready, Wish, placed, prepared
from studio.session.studio import Studio
from studio.ui.canvas.stage import to_image
from studio.ui.paint.editor import Editor
from studio.ui.paint.staging import Candidate, Staging, candidate
from studio.ui.phases import share


@dataclass(slots=True)
class _Asked:
    """A job of ours: for which editor, and what it was made of."""

    editor: Editor
    ready: Ready
    missing: int  # pictures that have not come yet
    over: bool = False


class InPlace(QObject):
    """Jobs whose pictures belong on the canvas; `problem` tells why one was not queued."""

    problem = Signal(object)  # Problem
    queued = Signal(object)  # Job
    _done = Signal(object, object)  # (what, editor, subject), Future

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._thread = ThreadPoolExecutor(1, "in place")
        self._jobs: dict[str, _Asked] = {}
        self._left: WeakSet[Editor] = WeakSet()
        self._done.connect(self._finished)
        studio.queue.changed.connect(self._job_changed)
        studio.queue.preview.connect(self._preview)
        studio.saved.connect(self._saved)

    def generate(self, editor: Editor, recipe: Recipe) -> None:
        """Queue the recipe for the selection, or for the frame where nothing is selected."""
        desk = editor.desk
        if desk.refused() or not desk.ready():
            return
        try:
            model = self._studio.model(recipe.model)
        except StudioError as error:
            self.problem.emit(error.problem)
            return
        wish = Wish(recipe, desk.options.strength, desk.options.inpaint)
        document, compositor, store = desk.document, desk.compositor, desk.store
        blobs = self._studio.gallery.store
        future = self._thread.submit(prepared, compositor, store, document, wish, model, blobs)
        future.add_done_callback(lambda done: self._done.emit(("prepared", editor, None), done))

    def close_work(self) -> None:
        """Nothing may come any more."""
        self._thread.shutdown(wait=True)
        self._done.disconnect(self._finished)
        self._studio.queue.changed.disconnect(self._job_changed)
        self._studio.queue.preview.disconnect(self._preview)
        self._studio.saved.disconnect(self._saved)

    def leave(self, editor: Editor) -> None:
        """The editor goes: what comes for it is in the gallery only."""
        self._left.add(editor)

    def _staging(self, editor: Editor) -> Staging | None:
        """Where its pictures are shown; None when it has gone."""
        return None if editor in self._left else editor.staging

    # ------------------------------------------------------------------------------------------ what comes

    @Slot(object, object)
    def _finished(self, what: "tuple[str, Editor, object]", done: "Future[object]") -> None:
        kind, editor, subject = what
        error = done.exception()
        if isinstance(error, StudioError):
            self.problem.emit(error.problem)
        elif error is not None:
            raise error
        elif kind == "prepared":
            self._submit(editor, done.result())  # type: ignore[arg-type]
        elif (staging := self._staging(editor)) is not None:
            staging.add(candidate(done.result(), str(subject)))  # type: ignore[arg-type]

    def _submit(self, editor: Editor, ready: Ready) -> None:
        try:
            job = self._studio.submit(ready.recipe)
        except StudioError as error:
            inpainting.forget(ready.recipe, self._studio.gallery.store)
            self.problem.emit(error.problem)
            return
        self._jobs[job.id] = _Asked(editor, ready, ready.recipe.batch)
        if (staging := self._staging(editor)) is not None:
            staging.show_progress(ready.rect, -1.0)
        self.queued.emit(job)

    def _job_changed(self, job: Job) -> None:
        asked = self._jobs.get(job.id)
        if asked is None:
            return
        staging, rect = self._staging(asked.editor), asked.ready.rect
        if staging is not None:
            going = share(job) if job.state is JobState.RUNNING else -1.0
            staging.show_progress(rect, None if job.state.final else going)
            if job.state.final and job.state is not JobState.DONE:
                staging.show_preview(None, rect)
        if not job.state.final:
            return
        asked.over = True
        if job.state is not JobState.DONE:
            asked.missing = 0
        self._drop(job.id, asked)

    def _drop(self, job_id: str, asked: _Asked) -> None:
        if asked.over and asked.missing <= 0:
            del self._jobs[job_id]

    def _preview(self, preview: Preview) -> None:
        asked = self._jobs.get(preview.job_id)
        if asked is None or (staging := self._staging(asked.editor)) is None or (image := to_image(preview)) is None:
            return
        if asked.ready.prepared is not None:
            image = through(image, asked.ready.prepared.hole)
        staging.show_preview(image, asked.ready.rect)

    def _saved(self, job: Job, entry: Entry) -> None:
        asked = self._jobs.get(job.id)
        if asked is None:
            return
        asked.missing -= 1
        self._drop(job.id, asked)
        if (staging := self._staging(asked.editor)) is None:
            return
        staging.show_preview(None, asked.ready.rect)
        future = self._thread.submit(_patch, asked.ready, entry.path)
        prompt = asked.ready.recipe.prompt
        future.add_done_callback(lambda done: self._done.emit(("made", asked.editor, prompt), done))


def accept(editor: Editor, taken: Candidate) -> str:
    """The candidate as a new layer on top of all, which is how it was looked at; the id that this layer will have."""
    store, patch = editor.desk.store, taken.patch
    name, layer_id = taken.name or editor.tr("Generated"), new_id()

    def change(document: Document) -> Document:
        tiles = store.painted(EMPTY, patch.rect, patch.pixels)
        return insert(document, PaintLayer(id=layer_id, name=name, tiles=tiles))

    editor.desk.later(editor.tr("Accept “{name}”").format(name=name), change)
    return layer_id


def through(image: QImage, mask: Pixels) -> QImage:
    """A picture seen through a mask (h, w) of any size."""
    height, width = mask.shape
    held = np.ascontiguousarray(mask)
    grey = QImage(held.data, width, height, width, QImage.Format.Format_Alpha8)
    alpha = grey.scaled(image.size(), mode=Qt.TransformationMode.SmoothTransformation)
    seen = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    painter = QPainter(seen)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
    painter.drawImage(0, 0, alpha)
    painter.end()
    return seen


def _patch(ready: Ready, path: Path) -> Patch:
    return placed(ready, load_picture(path))
