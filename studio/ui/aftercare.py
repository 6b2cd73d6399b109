"""What a window does for jobs beyond making them: looking back, telling, notifying, making again."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu

from studio.session.gallery import Entry
from studio.ui.denoise.looking import LookingBack
from studio.ui.job_news import JobNews
from studio.ui.messages import NewsBar
from studio.ui.notification import Notifier
from studio.ui.reproduction.jobs import drop_old

if TYPE_CHECKING:
    from studio.ui.reproduction.making import Reproducing
    from studio.ui.window import MainWindow


class Aftercare(QObject):
    """Made once the window has its stage; `news` is to be laid out by the window."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._reproducing: Reproducing | None = None
        window.studio.queue.taken_up.connect(self._taken_up)  # before the news, which counts what is left
        self.steps = LookingBack(window.studio, window.stage, window.area, self)
        self.news = NewsBar()
        self._jobs = JobNews(window.studio, window.area.banner, self.news, self)
        self.notifier = Notifier(window.studio, window)
        window.studio.queue.held_changed.connect(window.stage.hold)
        window.ending += [self._end, self._jobs.close_work, self.notifier.close_work]
        self.steps.problem.connect(window.area.banner.report)
        self.news.queue_wanted.connect(self._show_queue)
        self.notifier.wanted.connect(self._come_with)

    def join(self, menu: QMenu) -> None:
        """Put what can be set into a menu."""
        menu.addSeparator()
        menu.addAction(self.notifier.action)

    def reproduce(self, entry: Entry) -> None:
        """Make the picture on the canvas again, and compare."""
        self._window.stage.stay()
        self._maker().start(entry)

    def _maker(self) -> "Reproducing":
        """Its libraries are loaded when they are first needed."""
        if self._reproducing is None:
            from studio.ui.reproduction.making import Reproducing

            self._reproducing = Reproducing(self._window.studio, self._window)
            self._window.ending.append(self._reproducing.close_work)
        return self._reproducing

    def _taken_up(self, _count: int) -> None:
        drop_old(self._window.studio.queue)

    def _end(self) -> None:
        self._window.studio.queue.held_changed.disconnect(self._window.stage.hold)
        self._window.studio.queue.taken_up.disconnect(self._taken_up)

    def _show_queue(self) -> None:
        self._window.workspaces.show_page("generate")
        panel = next(docked for docked in self._window.docks if docked.objectName() == "queue")
        panel.show()
        panel.raise_()

    def _come_with(self, entry: Entry | None) -> None:
        """To the front, with a picture that was finished meanwhile."""
        self._window.open_files(())
        if entry is not None:
            self._window.workspaces.show_page("generate")
            self._window.stage.choose(entry)
