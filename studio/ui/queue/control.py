"""The panel and the queue, wired: what the panel's user wants happens to the jobs, and what happens is shown."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from studio.domain.errors import Problem, StudioError
from studio.domain.jobs import Job
from studio.session.queue import JobQueue
from studio.ui.queue import actions
from studio.ui.queue.panel import QueuePanel
from studio.ui.queue.words import details_to_copy


class QueueControl(QObject):
    """Lives as long as the window; `close` takes it off the queue.

    `edit_wanted` brings a job whose settings shall be changed, `result_wanted` one whose picture the next shall begin
    with, `history_wanted` a job and the picture whose making shall be shown, and `problem` what could not be done.
    """

    edit_wanted = Signal(object)  # Job
    result_wanted = Signal(object)  # Job
    history_wanted = Signal(str, int)
    problem = Signal(Problem)

    def __init__(self, panel: QueuePanel, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.panel, self._queue = panel, queue
        model = panel.model
        model.blockers = queue.blockers
        model.remaining = self._remaining
        panel.thumbnails.stopped = self._stopped
        panel.wanted.connect(self._do)
        panel.moved.connect(self._move)
        panel.held.connect(lambda held: queue.hold() if held else queue.go_on())
        panel.cancelled_all.connect(queue.cancel_all)
        panel.cleared.connect(queue.forget_finished)
        self._signals = (
            (queue.changed, panel.show_job),
            (queue.listed, panel.show_jobs),
            (queue.removed, panel.forget),
            (queue.held_changed, panel.show_held),
            (queue.preview, panel.show_preview),
        )
        for signal, slot in self._signals:
            signal.connect(slot)
        panel.show_jobs(queue.jobs)
        panel.show_held(queue.held)

    def close(self) -> None:
        """Listen to the queue no more."""
        for signal, slot in self._signals:
            signal.disconnect(slot)

    def show_remaining(self) -> float | None:
        """Estimate anew, and say how long the queue will take."""
        seconds = self._queue.remaining_seconds()
        self.panel.show_remaining(seconds)
        return seconds

    def _do(self, name: str, job_ids: list[str]) -> None:
        jobs = [job for job in map(self._queue.job, job_ids) if job is not None]
        try:
            self._carry_out(name, jobs)
        except StudioError as error:
            self.problem.emit(error.problem)

    def _carry_out(self, name: str, jobs: list[Job]) -> None:
        queue = self._queue
        each: dict[str, Callable[[str], object]] = {
            actions.RETRY: queue.retry,
            actions.CONTINUE: queue.resume,
            actions.PAUSE: queue.pause,
            actions.CANCEL: queue.cancel,
            actions.DUPLICATE: queue.duplicate,
            actions.NEXT: queue.run_next,
        }
        match name:
            case actions.REMOVE:
                queue.forget([job.id for job in jobs])
            case actions.COPY:
                QGuiApplication.clipboard().setText("\n\n".join(map(details_to_copy, jobs)))
            case actions.EDIT:
                self.edit_wanted.emit(jobs[0])
            case actions.USE:
                self.result_wanted.emit(jobs[0])
            case actions.HISTORY:
                self._show_history(jobs[0])
            case _:
                backwards = name in (actions.NEXT, actions.CANCEL)  # so that the first ends up first, and none starts
                for job in reversed(jobs) if backwards else jobs:
                    each[name](job.id)

    def _show_history(self, job: Job) -> None:
        done = job.pictures[-1].index if job.pictures else 0
        self.history_wanted.emit(job.id, len(job.pictures) if job.state.active else done)

    def _move(self, job_ids: list[str], before: str) -> None:
        for job_id in job_ids:
            self._queue.move(job_id, before or None)

    def _remaining(self, job: Job) -> float | None:
        return None if job.state.final else self._queue.pace.remaining([job])

    def _stopped(self, job: Job) -> bytes:
        """The last preview of a job that stopped."""
        try:
            kept = self._queue.history(job.id, len(job.pictures))
        except StudioError:
            return b""  # the row does without
        return kept[-1].jpeg if kept else b""
