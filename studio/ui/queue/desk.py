"""The queue in a window: its panel, the form in which a waiting job is changed, the way to pictures on the canvas."""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from studio.domain.jobs import Job, made_by, maker_of
from studio.domain.recipe import SourceImage
from studio.session.gallery import Entry
from studio.ui.queue.control import QueueControl
from studio.ui.queue.editing import Editing
from studio.ui.queue.words import source_title

if TYPE_CHECKING:
    from studio.ui.window import MainWindow


class QueueDesk(QObject):
    """Made once the window has its panels, its stage and the keeper of its draft."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window, self._queue = window, window.studio.queue
        self.control = QueueControl(window.queue, self._queue, self)
        self.editing = Editing(window.panel, window.draft, window.studio, self)
        window.ending += [self.control.close, self.editing.close]
        window.panel.source.title_of = self._title_of
        window.queue.opened.connect(self._open)
        self.control.edit_wanted.connect(self._edit)
        self.control.result_wanted.connect(self._use_result)
        self.control.history_wanted.connect(window.aftercare.steps.show)
        for part in (self.control, self.editing):
            part.problem.connect(window.area.banner.report)

    def show_remaining(self) -> None:
        """How long the queue, and the picture that is being made, will still take."""
        self._window.status.show_eta(self._queue.open_count, self.control.show_remaining(), held=self._queue.held)
        for job in self._queue.open_jobs[:1]:
            self._window.stage.show_remaining(self._queue.pace.remaining([job]))

    def _edit(self, job: Job) -> None:
        self._window.workspaces.show_page("generate")
        self.editing.begin(job)

    def _use_result(self, job: Job) -> None:
        """Begin the next picture with one that is there, or that will be."""
        path = job.pictures[-1].path if job.state.final and job.pictures else ""
        source = self._window.panel.source
        source.set_value(SourceImage(path or made_by(job.id), source.strength.value))

    def _open(self, job_id: str) -> None:
        """What is being made, or was made, comes to the canvas."""
        job = self._queue.job(job_id)
        if job is None:
            return
        if job.state.active and job.makes_pictures:
            self._window.stage.follow()
        elif job.pictures and job.pictures[-1].path:
            path = Path(job.pictures[-1].path)
            known = self._window.history.entry(self._window.history.row_of(path))
            self._window.stage.choose(known or Entry(path, datetime.datetime.fromtimestamp(job.ended or job.made)))

    def _title_of(self, path: str) -> str:
        maker = maker_of(path)
        return source_title(path, self._queue.job(maker[0]) if maker else None)
