"""Waiting jobs are dragged, or nudged with keys, to another place in the line."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QDrag, QDropEvent, QPainter, QPen, QPixmap

from studio.domain.jobs import Job
from studio.ui.queue.model import Section, section
from studio.ui.queue.rows import INSET, Look, paint
from studio.ui.theme.tokens import COLOURS

if TYPE_CHECKING:
    from studio.ui.queue.view import QueueView

MIME = "application/x-safelight-jobs"
_NOWHERE = -1


class Dragging:
    """Where a drag over the list would go, and what it carries."""

    def __init__(self, view: "QueueView") -> None:
        self._view = view
        self._place = _NOWHERE  # the row before which the line is drawn

    def start(self) -> None:
        """Drag the selected jobs that wait."""
        jobs = self._waiting()
        if not jobs:
            return
        drag, data = QDrag(self._view), QMimeData()
        data.setData(MIME, "\n".join(job.id for job in jobs).encode())
        drag.setMimeData(data)
        drag.setPixmap(self._picture(jobs[0]))
        drag.setHotSpot(QPoint(24, 24))
        drag.exec(Qt.DropAction.MoveAction)
        self.leave()

    def over(self, event: QDropEvent) -> None:
        """A drag is over the list: show where it would go."""
        if not event.mimeData().hasFormat(MIME):
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.MoveAction)
        event.accept()
        self._show(self._fitting(self._view.between(round(event.position().y()))))

    def leave(self) -> None:
        """No drag is over the list."""
        self._show(_NOWHERE)

    def drop(self, event: QDropEvent) -> None:
        """Ask for the move."""
        self.over(event)
        place = self._place
        self.leave()
        if event.isAccepted() and place != _NOWHERE:
            moved = bytes(event.mimeData().data(MIME).data()).decode().split("\n")
            self._ask(moved, place)

    def nudge(self, *, down: bool) -> None:
        """Move the selected jobs that wait by one place."""
        jobs = self._waiting()
        if not jobs:
            return
        model = self._view.jobs
        places = [model.row_of(job.id) for job in jobs]
        first, end = self._span()
        place = places[-1] + 2 if down else places[0] - 1
        if first <= place <= end:
            self._ask([job.id for job in jobs], place)

    def paint(self, painter: QPainter) -> None:
        """The line where the jobs would go."""
        if self._place == _NOWHERE:
            return
        model = self._view.jobs
        _, end = self._span()
        if self._place < end:
            y = self._view.visualRect(model.index(self._place)).top() - 2.5
        else:
            y = self._view.visualRect(model.index(end - 1)).bottom() + 2.5
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(COLOURS.lamp), 2))
        painter.setBrush(QColor(COLOURS.lamp))
        painter.drawEllipse(QPointF(INSET, y), 2.5, 2.5)
        painter.drawLine(QPointF(INSET, y), QPointF(self._view.viewport().width() - INSET, y))

    def _ask(self, moved: list[str], place: int) -> None:
        """Before the next job in the line that does not move itself; "" for none."""
        _, end = self._span()
        rest = (self._view.jobs.job(row) for row in range(place, end))
        before = next((job.id for job in rest if job is not None and job.id not in moved), "")
        self._view.moved.emit(moved, before)

    def _waiting(self) -> list[Job]:
        return [job for job in self._view.chosen() if section(job) is Section.WAITING]

    def _span(self) -> tuple[int, int]:
        """The first row that waits, and the one behind the last."""
        begins = self._view.jobs.begins()
        first = begins.get(Section.WAITING, 0)
        behind = [begin for part, begin in begins.items() if part > Section.WAITING]
        return first, min(behind, default=self._view.jobs.rowCount())

    def _fitting(self, place: int) -> int:
        first, end = self._span()
        return min(max(place, first), end) if end > first else _NOWHERE

    def _show(self, place: int) -> None:
        if place != self._place:
            self._place = place
            self._view.viewport().update()

    def _picture(self, job: Job) -> QPixmap:
        view = self._view
        place = view.visualRect(view.jobs.index(view.jobs.row_of(job.id)))
        ratio = view.devicePixelRatioF()
        image = QPixmap(place.size() * ratio)
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setOpacity(0.85)
        place.moveTopLeft(QPoint(0, 0))
        paint(painter, place, job, Look(hovered=True, ratio=ratio))
        painter.end()
        return image
