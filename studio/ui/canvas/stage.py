"""What the canvas shows: the job that is followed while it becomes a picture, or a picture that was chosen."""

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtGui import QImage

from studio.domain.errors import StudioError
from studio.domain.geometry import Size
from studio.domain.jobs import Job, JobState
from studio.domain.messages import Preview
from studio.domain.recipe import Recipe
from studio.domain.samplers import SAMPLERS
from studio.session.gallery import Entry
from studio.ui.canvas.area import CanvasArea
from studio.ui.denoise.way import quoted
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
        self._held = False
        self._still = ""  # the job whose last preview stays in sight while it is paused
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

    def stay(self) -> None:
        """Stay with what is on the canvas until the next request."""
        if self._entry is not None:
            self._following, self._live = False, None
            self._area.view.show_progress(None)

    def hold(self, held: bool) -> None:
        """The queue is paused, or goes on."""
        self._held = held
        if self._running is not None:
            self._tell(self._running)

    def look_back(self, image: QImage, size: Size, text: str) -> None:
        """Show a step of a picture's way at the size that the picture has, and stay with it; null is an empty frame."""
        self._following, self._live, self._wanted = False, None, None
        self._area.view.show_progress(None)
        if image.isNull():
            self._area.view.show_frame(size)
        else:
            self._area.view.show_preview(image, size)
        self._area.show_picture(True)
        self._area.bar.caption.set_text(text)
        self._area.view.setAccessibleDescription(text)
        self._area.offer_to_follow(self._running is not None)

    def look_ahead(self, result: QImage) -> None:
        """Back from `look_back` to the picture on the canvas, whose pixels are `result`, or to what there is else."""
        if self._entry is not None and not result.isNull():
            self._area.view.show_result(result)
            self._describe(self._entry)
        elif self._running is not None:
            self.follow()
        elif self._before is not None:
            self._want(self._before)
        else:
            self._area.show_picture(False)

    def job_changed(self, job: Job) -> None:
        """A job went on; those that make no pictures show nothing here."""
        if not job.makes_pictures:
            return
        ours = self._running is not None and self._running.id == job.id
        waits = job.state in (JobState.QUEUED, JobState.INTERRUPTED) and (ours or self._running is None)
        if waits or job.state.active:
            starts = self._running is None or self._running.id != job.id
            self._running = job
            if self._following and starts:
                self._go_live(job)
            self._area.offer_to_follow(not self._following)
            self._tell(job)
        elif ours and (job.state.final or job.state is JobState.PAUSED):
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
        if self._entry is None and self._wanted is None and self._still != job.id:
            self._area.view.show_frame(job.recipe.result_size)
            self._area.show_picture(True)
        self._tell(job)

    def _tell(self, job: Job) -> None:
        if self._live is None or self._live.job_id != job.id:
            return
        text = phase_text(job)
        if not job.state.active:
            text = self.tr("The queue is paused") if self._held else self.tr("Waiting for the engine")
        if self._seconds is not None and job.state is JobState.RUNNING:
            text += " · " + about(self._seconds)
        self._area.bar.caption.set_text(text)
        self._area.view.setAccessibleDescription(text)
        self._area.view.show_progress(share(job) if job.state.active or not self._held else None)

    def _over(self, job: Job) -> None:
        if self._live is None or self._live.job_id != job.id:
            return
        self._live = None
        self._area.view.show_progress(None)
        self._still = job.id if job.state is JobState.PAUSED else ""
        if self._still and self._entry is None:
            self._area.bar.caption.set_text(phase_text(job))
        elif self._entry is not None:
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
        made = (self.tr("seed {seed}").format(seed=recipe.seed), f"{title}, {steps}")
        return (_branched(recipe), *made) if recipe.branches else made

    def _leave_entry(self) -> None:
        if self._entry is not None:
            self._entry = None
            self.shown.emit(None)


def _branched(recipe: Recipe) -> str:
    """Where a picture left the way of another one, and what that was of."""
    *before, last = recipe.branches
    prompt = before[-1].prompt if before else recipe.prompt
    text = QCoreApplication.translate("Stage", "from step {step} of “{prompt}”")
    return text.format(step=last.step, prompt=quoted(prompt))


def _done(job: Job, index: int) -> bool:
    return any(picture.index == index for picture in job.pictures)


def to_image(preview: Preview) -> QImage | None:
    """The pixels of a preview; None when their number does not fit its size."""
    width, height = preview.width, preview.height
    if width < 1 or height < 1 or len(preview.rgb) != width * height * 3:
        return None
    return QImage(preview.rgb, width, height, width * 3, QImage.Format.Format_RGB888).copy()
