"""What the canvas shows: the job that is followed while it becomes a picture, or a picture that was chosen."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from studio.domain.errors import StudioError
from studio.domain.jobs import Job, JobState
from studio.domain.messages import Preview
from studio.domain.samplers import SAMPLERS
from studio.session.gallery import Entry
from studio.ui.canvas.area import CanvasArea
from studio.ui.loader import WHOLE, PictureLoader
from studio.ui.phases import about, phase_text, share
from studio.ui.plurals import counted


@dataclass(frozen=True, slots=True)
class _Live:
    """The place in a job whose preview is on the canvas."""

    job_id: str
    index: int


class Stage(QObject):
    """Follows the running job until a picture is chosen; then only what is chosen, until the next request."""

    shown = Signal(object)  # the Entry on the canvas, or None while it is a preview

    def __init__(self, area: CanvasArea, loader: PictureLoader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._area, self._loader = area, loader
        self._following = True
        self._live: _Live | None = None
        self._running: Job | None = None
        self._entry: Entry | None = None  # on the canvas
        self._wanted: Entry | None = None  # on its way to the canvas
        self._before: Entry | None = None  # where a job that fails returns to
        self._seconds: float | None = None
        loader.loaded.connect(self._loaded)
        area.follow_wanted.connect(self.follow)

    @property
    def entry(self) -> Entry | None:
        """The picture on the canvas, None while it is a preview."""
        return self._entry

    def follow(self) -> None:
        """Show what is being made, now and from now on."""
        self._following = True
        self._area.offer_to_follow(False)
        if self._running is not None:
            self._go_live(self._running)

    def choose(self, entry: Entry) -> None:
        """Show a finished picture and stay with it."""
        self._following, self._live = False, None
        self._area.view.show_progress(None)
        self._want(entry)
        self._area.offer_to_follow(self._running is not None)

    def job_changed(self, job: Job) -> None:
        """A job went on; those that make no pictures show nothing here."""
        if not job.makes_pictures:
            return
        waits = job.state is JobState.QUEUED and self._running in (None, job)
        if waits or job.state in (JobState.LOADING, JobState.RUNNING):
            starts = self._running is None or self._running.id != job.id
            self._running = job
            if self._following and starts:
                self._go_live(job)
            self._area.offer_to_follow(not self._following)
            self._tell(job)
        elif job.state.final and self._running is not None and self._running.id == job.id:
            self._running = self._seconds = None
            self._area.offer_to_follow(False)
            self._over(job)

    def show_remaining(self, seconds: float | None) -> None:
        """How long the followed job will still take."""
        self._seconds = seconds
        if self._running is not None:
            self._tell(self._running)

    def preview(self, preview: Preview) -> None:
        """A guess at a picture; one that comes too late is dropped."""
        job = self._running
        if not self._following or job is None or job.id != preview.job_id or _done(job, preview.index):
            return
        if (image := to_image(preview)) is None:
            return
        self._live, self._wanted = _Live(job.id, preview.index), None
        self._leave_entry()
        self._area.view.show_preview(image, job.recipe.result_size)
        self._area.show_picture(True)

    def saved(self, job: Job, entry: Entry) -> None:
        """A finished picture is on disk."""
        following = self._running is None or self._running.id == job.id
        self._before = entry
        if self._following and following:
            self._want(entry)

    def _go_live(self, job: Job) -> None:
        """The last picture stays in sight until the first preview takes its place."""
        self._live = _Live(job.id, len(job.pictures))
        if self._entry is None and self._wanted is None:
            self._area.view.show_frame(job.recipe.result_size)
            self._area.show_picture(True)
        self._tell(job)

    def _tell(self, job: Job) -> None:
        if self._live is None or self._live.job_id != job.id:
            return
        text = self.tr("Waiting for the engine") if job.state is JobState.QUEUED else phase_text(job)
        if self._seconds is not None and job.state is JobState.RUNNING:
            text += " · " + about(self._seconds)
        self._area.bar.caption.set_text(text)
        self._area.view.setAccessibleDescription(text)
        self._area.view.show_progress(share(job))

    def _over(self, job: Job) -> None:
        if self._live is None or self._live.job_id != job.id:
            return
        self._live = None
        self._area.view.show_progress(None)
        if self._entry is not None:
            self._describe(self._entry)
        elif self._wanted is None and self._before is not None:
            self._want(self._before)
        elif self._wanted is None:
            self._area.show_picture(False)

    def _want(self, entry: Entry) -> None:
        self._wanted = self._before = entry
        self._loader.request(str(entry.path), WHOLE)

    def _loaded(self, path: str, limit: int, image: QImage) -> None:
        entry = self._wanted
        if limit != WHOLE or entry is None or str(entry.path) != path:
            return
        self._wanted = self._live = None
        if image.isNull():
            self._area.bar.caption.set_text(self.tr("{name} cannot be read").format(name=entry.path.name))
            self._area.view.show_progress(None)
            return
        self._entry = entry
        self._area.view.show_result(image)
        self._area.show_picture(True)
        self._describe(entry)
        self.shown.emit(entry)
        if self._following and self._running is not None:
            self._go_live(self._running)

    def _describe(self, entry: Entry) -> None:
        size = self._area.view.picture_size
        self._area.bar.caption.set_text(" · ".join((f"{size.width} × {size.height}", *self._made_with(entry))))
        self._area.bar.caption.setToolTip(str(entry.path))
        self._area.view.setAccessibleDescription(self.tr("Picture {name}").format(name=entry.path.name))

    def _made_with(self, entry: Entry) -> tuple[str, ...]:
        try:
            recipe = entry.info().recipe
        except StudioError:
            recipe = None
        if recipe is None:
            return (entry.path.name,)
        steps = counted(self.tr("%n step(s)", "", recipe.sampling.steps), recipe.sampling.steps)
        sampler = SAMPLERS.get(recipe.sampling.sampler)
        title = sampler.title if sampler else recipe.sampling.sampler
        return (self.tr("seed {seed}").format(seed=recipe.seed), f"{title}, {steps}")

    def _leave_entry(self) -> None:
        if self._entry is not None:
            self._entry = None
            self.shown.emit(None)


def _done(job: Job, index: int) -> bool:
    return any(picture.index == index for picture in job.pictures)


def to_image(preview: Preview) -> QImage | None:
    """The pixels of a preview; None when their number does not fit its size."""
    width, height = preview.width, preview.height
    if width < 1 or height < 1 or len(preview.rgb) != width * height * 3:
        return None
    return QImage(preview.rgb, width, height, width * 3, QImage.Format.Format_RGB888).copy()
