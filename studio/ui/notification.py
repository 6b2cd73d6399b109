"""Tells the desktop that a long job has ended while the user is elsewhere."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from studio.domain.jobs import Job, JobState, Priority
from studio.domain.training import Training
from studio.domain.upscaling import Upscaling
from studio.session.gallery import Entry
from studio.session.settings import DesktopSettings
from studio.session.studio import Studio
from studio.ui.denoise.way import quoted
from studio.ui.phases import duration, job_title
from studio.ui.plurals import counted

LONG = 20.0  # seconds
_LASTS = 10_000  # milliseconds that the desktop is asked to show it


class Desktop(QObject):
    """The window's entry in the task bar, and a notification where the desktop takes one from a program like this."""

    clicked = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._tray: QSystemTrayIcon | None = None
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.applicationStateChanged.connect(self._state_changed)

    def tell(self, title: str, text: str) -> None:
        """Ask for attention."""
        QApplication.alert(self._window)
        if not (QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages()):
            return
        tray = self._tray = self._tray or self._icon()
        tray.show()
        tray.showMessage(title, text, self._window.windowIcon(), _LASTS)

    def _icon(self) -> QSystemTrayIcon:
        tray = QSystemTrayIcon(QApplication.windowIcon(), self)
        tray.setToolTip(QApplication.applicationDisplayName())
        tray.messageClicked.connect(self.clicked)
        tray.activated.connect(lambda _reason: self.clicked.emit())
        return tray

    def _state_changed(self, state: Qt.ApplicationState) -> None:
        if state is Qt.ApplicationState.ApplicationActive and self._tray is not None:
            self._tray.hide()


class Notifier(QObject):
    """Watches the jobs: one that took `LONG` is told, and the end of a queue that did. A batch is told at its end only.

    `wanted` is emitted when the user follows the notification: the window is to come to the front with the picture.
    """

    wanted = Signal(object)  # Entry, or None

    def __init__(
        self,
        studio: Studio,
        window: QWidget,
        tell: Callable[[str, str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(window)
        self._studio, self._clock = studio, clock
        self.desktop = Desktop(window)
        self._tell = tell or self.desktop.tell
        self._began: dict[str, float] = {}  # when a job was taken up
        self._queue_began: float | None = None
        self._done = self._failed = 0  # since then
        self._entry: Entry | None = None  # the latest picture
        self.action = QAction(self.tr("N&otify when a long job ends"), self, checkable=True)
        self.action.setChecked(studio.settings.value.desktop.notify)
        self.action.toggled.connect(lambda on: studio.settings.change(desktop=DesktopSettings(notify=on)))
        self.desktop.clicked.connect(lambda: self.wanted.emit(self._entry))
        studio.saved.connect(self._saved)
        studio.queue.changed.connect(self._changed)

    def close_work(self) -> None:
        """Watch no more."""
        self._studio.saved.disconnect(self._saved)
        self._studio.queue.changed.disconnect(self._changed)

    def _saved(self, _job: Job, entry: Entry) -> None:
        self._entry = entry

    def _changed(self, job: Job) -> None:
        if job.state.active:
            now = self._clock()
            self._began.setdefault(job.id, now)
            self._queue_began = now if self._queue_began is None else self._queue_began
        elif job.state is not JobState.INTERRUPTED and (began := self._began.pop(job.id, None)) is not None:
            self._over(job, self._clock() - began)

    def _over(self, job: Job, seconds: float) -> None:
        """A job ended, or was paused; its queue is over when nothing waits any more."""
        failed = job.state in (JobState.FAILED, JobState.QUARANTINED)
        self._done += job.state is JobState.DONE
        self._failed += failed
        last = self._studio.queue.open_count == 0
        since, jobs = self._queue_began, self._done + self._failed
        if last and job.state.final and jobs > 1 and since is not None and self._clock() - since >= LONG:
            self._say(self.tr("The queue is finished"), self._counts(self._clock() - since))
        elif (failed or job.state is JobState.DONE) and seconds >= LONG and (last or job.priority < Priority.BATCH):
            self._say(self._title(job, failed), self._text(job, seconds))
        if last:
            self._queue_began, self._done, self._failed = None, 0, 0

    def _say(self, title: str, text: str) -> None:
        if self._studio.settings.value.desktop.notify and QApplication.activeWindow() is None:
            self._tell(title, text)

    def _title(self, job: Job, failed: bool) -> str:
        match job.task:
            case _ if failed:
                return self.tr("A job failed")
            case Training():
                return self.tr("The training is finished")
            case Upscaling():
                return self.tr("The picture is upscaled")
            case _:
                count = len(job.pictures)
                return self.tr("The picture is finished") if count == 1 else self._pictures(count)

    def _pictures(self, count: int) -> str:
        return counted(self.tr("%n picture(s) finished", "", count), count)

    def _text(self, job: Job, seconds: float) -> str:
        if job.problem is not None and job.state is not JobState.DONE:
            return f"{quoted(job_title(job))}\n{job.problem.message}"
        return self.tr("{title}\nIt took {time}.").format(title=quoted(job_title(job)), time=duration(seconds))

    def _counts(self, seconds: float) -> str:
        parts = [counted(self.tr("%n job(s) done", "", self._done), self._done)]
        if self._failed:
            parts.append(self.tr("%n failed", "", self._failed))
        return self.tr("{jobs} in {time}.").format(jobs=", ".join(parts), time=duration(seconds))
