"""The queue: what runs, what waits, what happened."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.domain.jobs import Job
from studio.ui.panels.job_row import JobRow
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import label
from studio.ui.widgets.scroll import ScrollColumn

WIDTH = 272


class QueuePanel(QWidget):
    """A row for each job of the session: the open ones in the order they will run, then the newest results."""

    cancelled = Signal(str)
    retried = Signal(str)
    followed = Signal(str)
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._rows: dict[str, JobRow] = {}
        self.clear_button = push_button(
            self.tr("Clear finished"),
            look="quiet",
            hint=self.tr("Take the finished jobs off this list; their pictures stay"),
        )
        self.clear_button.clicked.connect(self.cleared)
        self.nothing = label(self.tr("Nothing is waiting.\nEach Generate adds a job; keep working meanwhile."), "small")
        self.nothing.setWordWrap(True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._column = QVBoxLayout()
        self._arrange()
        self._refresh()

    def row(self, job_id: str) -> JobRow | None:
        """The row of a job."""
        return self._rows.get(job_id)

    def show_job(self, job: Job) -> None:
        """Add or update a job's row."""
        row = self._rows.get(job.id)
        if row is None:
            row = self._add(job)
        was_open = not row.job.state.final
        row.show_job(job)
        if was_open and job.state.final:
            self._column.removeWidget(row)
            self._column.insertWidget(self._open_count(), row)
            self._refresh()

    def show_remaining(self, job_id: str, seconds: float | None) -> None:
        """About how long a job will take."""
        if (row := self._rows.get(job_id)) is not None:
            row.show_remaining(seconds)

    def forget_finished(self) -> None:
        """Take the rows of finished jobs away."""
        for job_id, row in list(self._rows.items()):
            if row.job.state.final:
                del self._rows[job_id]
                self._column.removeWidget(row)
                row.hide()
                row.deleteLater()
        self._refresh()

    def _add(self, job: Job) -> JobRow:
        row = JobRow(job)
        row.cancelled.connect(self.cancelled)
        row.retried.connect(self.retried)
        row.followed.connect(self.followed)
        self._column.insertWidget(self._open_count(), row)
        self._rows[job.id] = row
        self._refresh()
        return row

    def _open_count(self) -> int:
        return sum(1 for row in self._rows.values() if not row.job.state.final)

    def _refresh(self) -> None:
        self.nothing.setVisible(not self._rows)
        self.clear_button.setVisible(any(row.job.state.final for row in self._rows.values()))

    def _arrange(self) -> None:
        body = QWidget()
        inner = QVBoxLayout(body)
        inner.setContentsMargins(SPACE.medium, SPACE.medium, SPACE.medium, SPACE.medium)
        inner.setSpacing(SPACE.small)
        self._column.setSpacing(SPACE.small)
        inner.addLayout(self._column)
        inner.addWidget(self.nothing)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.clear_button)
        inner.addLayout(row)
        inner.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(ScrollColumn(body))
        self.setMinimumWidth(220)
