"""One job in the queue: what it is, how far it is, and what can be done about it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from studio.domain.jobs import Job, JobState
from studio.ui.phases import about, job_title, phase_text, share, state_text
from studio.ui.theme.icons import pixmap
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button, tool_button
from studio.ui.widgets.labels import ElidedLabel, label

_SIGNS: dict[JobState, tuple[str, str]] = {
    JobState.QUEUED: ("clock", COLOURS.muted),
    JobState.LOADING: ("loader", COLOURS.lamp),
    JobState.RUNNING: ("loader", COLOURS.lamp),
    JobState.DONE: ("circle-check", COLOURS.success),
    JobState.FAILED: ("triangle-alert", COLOURS.warning),
    JobState.CANCELLED: ("circle-slash", COLOURS.muted),
    JobState.PAUSED: ("pause", COLOURS.muted),
    JobState.INTERRUPTED: ("triangle-alert", COLOURS.warning),
}
_TICKS = 1000


class JobRow(QFrame):
    """Follows one job through its states."""

    cancelled = Signal(str)
    retried = Signal(str)
    followed = Signal(str)

    def __init__(self, job: Job, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "card")
        self.job = job
        self.title = ElidedLabel(job_title(job))
        self.sign = QLabel()
        self.sign.setFixedSize(16, 16)
        self.state = ElidedLabel("", "small")
        self.eta = label("", "small")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.problem = label("", wrap=True)
        self.hint = label("", "small", wrap=True)
        self.cancel_button = tool_button("x", self.tr("Cancel this job"))
        self.cancel_button.setFixedSize(24, 24)
        self.copy_button = push_button(self.tr("Copy details"), look="link")
        self.retry_button = push_button(self.tr("Try again"), look="link")
        self.cancel_button.clicked.connect(lambda: self.cancelled.emit(self.job.id))
        self.retry_button.clicked.connect(lambda: self.retried.emit(self.job.id))
        self.copy_button.clicked.connect(self.copy_details)
        self._arrange()
        self.show_job(job)

    def show_job(self, job: Job) -> None:
        """The job as it is now."""
        self.job = job
        text, running = phase_text(job), job.state in (JobState.LOADING, JobState.RUNNING)
        self.state.set_text(text)
        self.sign.setPixmap(pixmap(*_SIGNS[job.state], 16, self.devicePixelRatioF()))
        self.cancel_button.setVisible(not job.state.final)
        self._show_progress(share(job), running)
        self._show_problem()
        self.setAccessibleName(f"{self.title.text()}: {text}")
        if job.state.final:
            self.eta.clear()
        elif not running:
            self.show_remaining(None)

    def show_remaining(self, seconds: float | None) -> None:
        """About how long it will take."""
        self.eta.setText("" if seconds is None else about(seconds))

    def copy_details(self) -> None:
        """Everything known of a failure, to the clipboard."""
        problem = self.job.problem
        parts = (str(problem) if problem else "", self.job.details, repr(self.job.task))
        QGuiApplication.clipboard().setText("\n".join(part for part in parts if part))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a running job shows it on the canvas."""
        super().mouseReleaseEvent(event)
        self.followed.emit(self.job.id)

    def _show_progress(self, done: float, running: bool) -> None:
        self.bar.setVisible(running)
        self.bar.setRange(0, _TICKS if done >= 0 or not running else 0)
        if done >= 0:
            self.bar.setValue(round(done * _TICKS))

    def _show_problem(self) -> None:
        problem = self.job.problem
        broken = self.job.state in (JobState.FAILED, JobState.INTERRUPTED)
        self.problem.setVisible(broken and problem is not None)
        self.hint.setVisible(broken and problem is not None and bool(problem.hint))
        for button in (self.copy_button, self.retry_button):
            button.setVisible(broken)
        if broken and problem is not None:
            self.problem.setText(problem.message)
            self.hint.setText(problem.hint)
            self.state.set_text(state_text(self.job.state))

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(SPACE.small)
        top.addWidget(self.title, 1)
        top.addWidget(self.cancel_button)
        middle = QHBoxLayout()
        middle.setSpacing(SPACE.small)
        middle.addWidget(self.sign)
        middle.addWidget(self.state, 1)
        middle.addWidget(self.eta)
        links = QHBoxLayout()
        links.setSpacing(SPACE.small)
        links.addWidget(self.retry_button)
        links.addWidget(self.copy_button)
        links.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE.medium, SPACE.small, SPACE.small, SPACE.small)
        layout.setSpacing(SPACE.hair)
        layout.addLayout(top)
        layout.addLayout(middle)
        for part in (self.bar, self.problem, self.hint):
            layout.addWidget(part)
        layout.addLayout(links)
        self.title.setMinimumHeight(24)
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
