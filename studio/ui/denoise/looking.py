"""Looking back at how the picture on the canvas came about, and leaving its way for another picture."""

import datetime
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent

from studio.domain.errors import StudioError
from studio.domain.jobs import Job, maker_of
from studio.domain.recipe import Branch, Recipe
from studio.session.gallery import Entry
from studio.session.journal.kept import KeptPreview
from studio.session.studio import Studio
from studio.ui.canvas.area import CanvasArea
from studio.ui.canvas.stage import Stage
from studio.ui.denoise.bar import is_escape
from studio.ui.denoise.way import Way, quoted, way_id, words_of

_WALK = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class LookingBack(QObject):
    """Opens the steps of the picture on the canvas, or of a job's; they go when something else comes to the canvas."""

    problem = Signal(object)  # Problem
    branched = Signal(object)  # Job

    def __init__(self, studio: Studio, stage: Stage, area: CanvasArea, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio, self._stage, self._area, self._bar = studio, stage, area, area.steps
        self._expected: Path | None = None  # its steps are shown once it is on the canvas
        self._result = QImage()
        stage.shown.connect(self._shown)
        self._bar.moved.connect(self._look)
        self._bar.closed.connect(self.close_steps)
        self._bar.branched.connect(self._branch)
        area.view.installEventFilter(self)

    @property
    def opened(self) -> bool:
        """Are steps shown, or the words that there are none?"""
        return not self._bar.isHidden()

    def toggle(self) -> None:
        """Open the steps of the picture on the canvas, or close them."""
        if self.opened:
            self.close_steps()
        elif self._stage.entry is not None:
            self._open(self._stage.entry)

    def show(self, job_id: str, index: int) -> None:
        """Open the steps of a job's picture, with the picture if there is one."""
        job = self._studio.queue.job(job_id)
        if job is None or not job.makes_pictures:
            return
        path = next((picture.path for picture in job.pictures if picture.index == index), "")
        self.close_steps()
        if path and self._stage.entry is not None and self._stage.entry.path == Path(path):
            self._open(self._stage.entry)
        elif path:
            self._expected = Path(path)
            self._stage.choose(Entry(Path(path), datetime.datetime.fromtimestamp(job.ended)))
        else:
            self._show_way(self._way(job.id, index, job.recipe.for_picture(index), finished=False), QImage())
            self._look()

    def close_steps(self) -> None:
        """Close them; the canvas shows the picture again."""
        if not self.opened:
            return
        looked_back = not (self._bar.at_end and self._stage.entry is not None)
        self._bar.hide()
        if looked_back:
            self._stage.look_ahead(self._result)
        self._result = QImage()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of the canvas while steps are shown: Escape, and left and right."""
        if self.opened and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride and is_escape(event):
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress and self._walked(event):
                return True
        return super().eventFilter(watched, event)

    def _walked(self, event: QKeyEvent) -> bool:
        step = _WALK.get(Qt.Key(event.key()))
        if is_escape(event):
            self._bar.back()
        elif step is not None and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self._bar.film.setValue(self._bar.film.value() + step)
        else:
            return False
        return True

    def _shown(self, entry: Entry | None) -> None:
        expected, self._expected = self._expected, None
        if entry is None:
            self._bar.hide()
        elif self.opened or expected == entry.path:
            self._open(entry)

    def _open(self, entry: Entry) -> None:
        try:
            info = entry.info()
        except StudioError as error:
            self.problem.emit(error.problem)
            return
        found = way_id(info.capsule.job) if info.capsule else None
        self._result = self._area.view.image or QImage()
        if found is None or info.recipe is None:
            self._show_way(Way("", 0, info.recipe or Recipe()), self._result)
        else:
            self._show_way(self._way(*found, info.recipe, finished=True), self._result)

    def _way(self, job_id: str, index: int, recipe: Recipe, *, finished: bool) -> Way:
        return Way(job_id, index, recipe, self._kept(job_id, index), finished)

    def _kept(self, job_id: str, index: int) -> tuple[KeptPreview, ...]:
        """What is kept of a picture's way; that of a branch begins on the way of another picture."""
        queue = self._studio.queue
        kept = sorted(queue.history(job_id, index), key=lambda preview: preview.step)
        job = queue.job(job_id)
        origin = maker_of(job.origin) if job is not None and kept else None
        if job is None or origin is None or not job.makes_pictures or not job.recipe.branches:
            return tuple(kept)
        shared = min(job.recipe.branches[-1].step + 1, kept[0].step)
        return (*(preview for preview in self._kept(*origin) if preview.step < shared), *kept)

    def _show_way(self, way: Way, result: QImage) -> None:
        self._result = result
        if way.kept:
            why = ""
        elif way.job_id:
            why = self.tr("Those of this picture are not kept any more; the oldest go first when there are many.")
        else:
            why = self.tr("This picture was not made here, or before its steps were kept.")
        self._bar.show_way(way, result, why)
        if way.kept:
            self._bar.film.setFocus()

    def _look(self) -> None:
        way = self._bar.way
        if way is None or not way.kept:
            return
        if self._bar.stop >= len(way.kept):
            self._stage.look_ahead(self._result)
            return
        text = self.tr("Step {step} of {total} · “{prompt}”")
        text = text.format(step=self._bar.step, total=way.total, prompt=quoted(words_of(way.recipe)))
        self._stage.look_back(self._bar.image(), way.size, text)

    def _branch(self, branch: Branch) -> None:
        way = self._bar.way
        if way is None:
            return
        try:
            job: Job = self._studio.queue.branch(way.job_id, way.index, branch)
        except StudioError as error:
            self.problem.emit(error.problem)
            return
        self.close_steps()
        self._stage.follow()
        self.branched.emit(job)
