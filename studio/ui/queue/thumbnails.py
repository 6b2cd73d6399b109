"""Small pictures of jobs: what they are making, where they stopped, or what they made."""

from collections import OrderedDict
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from studio.domain.jobs import Job, JobState
from studio.domain.messages import Preview
from studio.ui.canvas.stage import to_image
from studio.ui.loader import PictureLoader

SIDE = 96  # pixels; enough for a row at twice the usual density
_KEPT = 400

Stopped = Callable[[Job], bytes]  # the last preview of a job that stopped, as a picture file; b"" for none


def _nothing(_job: Job) -> bytes:
    return b""


class Thumbnails(QObject):
    """Read when a row is looked at. `stopped` is asked once for each job that stopped, and must be quick."""

    changed = Signal(str)  # job id

    def __init__(self, loader: PictureLoader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._kept: OrderedDict[str, QImage] = OrderedDict()
        self._live: dict[str, QImage] = {}
        self._wanted: dict[str, str] = {}  # the job by the path of the file that is being read for it
        self.stopped: Stopped = _nothing
        loader.loaded.connect(self._loaded)

    def show_preview(self, preview: Preview) -> None:
        """What a job is making now."""
        if (image := to_image(preview)) is not None:
            self._live[preview.job_id] = image
            self.changed.emit(preview.job_id)

    def picture(self, job: Job) -> QImage | None:
        """The picture of a job; None when there is none, or it is still being read."""
        if (live := self._live.get(job.id)) is not None:
            return live
        if job.pictures and job.pictures[-1].path:
            return self._file(job.id, job.pictures[-1].path)
        return self._stopped(job) if _has_stopped(job) else None

    def settle(self, job: Job) -> None:
        """A job is with the worker no more: of a guess, what it came to is left."""
        if not job.state.active:
            last = self._live.pop(job.id, None)
            if last is not None and _has_stopped(job):
                self._keep(job.id, last)

    def _stopped(self, job: Job) -> QImage | None:
        if job.id not in self._kept:
            self._keep(job.id, QImage.fromData(self.stopped(job)))
        return self._found(job.id)

    def _file(self, job_id: str, path: str) -> QImage | None:
        if path not in self._kept:
            self._wanted[path] = job_id
            self._loader.request(path, SIDE)
        return self._found(path)

    def _found(self, key: str) -> QImage | None:
        image = self._kept.get(key)
        return None if image is None or image.isNull() else image

    def _keep(self, key: str, image: QImage) -> None:
        self._kept[key] = image
        self._kept.move_to_end(key)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def _loaded(self, path: str, limit: int, image: QImage) -> None:
        if limit == SIDE and (job_id := self._wanted.pop(path, None)) is not None:
            self._keep(path, image)
            self.changed.emit(job_id)


def _has_stopped(job: Job) -> bool:
    """Is it neither over nor with the worker, though it had begun?"""
    stopped = job.state in (JobState.PAUSED, JobState.INTERRUPTED)
    return stopped or (job.state is JobState.QUEUED and job.step > 0)
