"""One run as it goes: how far it is, its curve, its sample sheets."""

from collections import deque
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QSplitter, QVBoxLayout, QWidget

from studio.domain.errors import Problem
from studio.domain.messages import TrainingStep
from studio.domain.training import Training
from studio.session.training_log import RunLog
from studio.ui.loader import PictureLoader
from studio.ui.phases import about
from studio.ui.theme.icons import icon, pixmap
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.train.curve import LossCurve
from studio.ui.train.sheets import Sheets
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import ElidedLabel, label

_RECENT = 50  # steps whose times tell the pace


class RunPane(QFrame):
    """Shows a run; it decides nothing."""

    used = Signal()
    folder_wanted = Signal()

    def __init__(self, loader: PictureLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._times: deque[float] = deque(maxlen=_RECENT)
        self._training = Training()
        self.step = 0
        self.title = ElidedLabel("", "heading")
        self.state = ElidedLabel("", "caption")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress of the training"))
        self.problem_sign = QLabel()
        self.problem_sign.setPixmap(pixmap("triangle-alert", COLOURS.warning, 16, self.devicePixelRatioF()))
        self.problem = label("", "warning", wrap=True)
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.notes = ElidedLabel("", "small")
        self.curve = LossCurve()
        self.log_button = push_button(
            self.tr("Logarithmic"), look="toggle", hint=self.tr("Show small losses as large as big ones")
        )
        self.log_button.setCheckable(True)
        self.log_button.toggled.connect(self.curve.set_logarithmic)
        self.sheets = Sheets(loader)
        self.sheets.enlarged.connect(self._enlarge)
        self.use_button = push_button(
            self.tr("Use it"), look="accent-small", hint=self.tr("Go to Generate with what was learnt")
        )
        self.use_button.setIcon(icon("sparkles", COLOURS.on_accent, COLOURS.on_accent, 4))
        self.use_button.clicked.connect(self.used)
        self.folder_button = push_button(self.tr("Show in folder"), sign="folder-open")
        self.folder_button.clicked.connect(self.folder_wanted)
        self._legend = label("", "small")
        self._left = QWidget()
        self._arrange()
        self.offer_result(False)
        self.tell(None)
        self.note("")

    @property
    def seconds_per_step(self) -> float | None:
        """The pace of late; None before the first step."""
        return sum(self._times) / len(self._times) if self._times else None

    def show_run(self, training: Training, log: RunLog | None) -> None:
        """Show another run, from its folder if it has one."""
        self._training = training
        self._times.clear()
        self.step = log.steps[-1].step if log and log.steps else 0
        path = Path(training.output)
        self.title.set_text(path.stem if path.suffix else path.name)
        self.curve.show_course(log.steps if log else (), log.validations if log else (), training.steps)
        self.sheets.show_sheets(log.sheets if log else ())
        self.offer_result(False)
        self.tell(None)
        self.note("")
        line, dots = self.tr("Line: moving average."), self.tr("Dots: held-out pictures.")
        self._legend.setText(f"{line} {dots}" if training.validation else line)
        self._show_bar(self.step, training.steps)

    def take(self, event: TrainingStep) -> None:
        """A step was made."""
        self.step = event.step
        if event.seconds > 0:
            self._times.append(event.seconds)
        self.curve.add(event.step, event.loss, event.total)
        self._show_bar(event.step, event.total)
        self.state.set_text(self._progress(event))

    def say(self, text: str) -> None:
        """Put another state into words."""
        self.state.set_text(text)

    def wait(self, done: int, total: int) -> None:
        """Something goes on before the first step; with a `total` of 0 it cannot be counted."""
        self.bar.setRange(0, total)
        self.bar.setValue(done)

    def rest(self) -> None:
        """Nothing goes on."""
        self._show_bar(self.step, self._training.steps)

    def tell(self, problem: Problem | None) -> None:
        """What went wrong and what to do, or nothing."""
        self.problem.setText(str(problem) if problem else "")
        self._trouble.setVisible(problem is not None)

    def note(self, text: str) -> None:
        """Something that should be known and is no failure."""
        self.notes.set_text(text)
        self.notes.setVisible(bool(text))

    def offer_result(self, wanted: bool) -> None:
        """The buttons for what was made."""
        self.use_button.setVisible(wanted)
        self.folder_button.setVisible(wanted)

    def _progress(self, event: TrainingStep) -> str:
        number = self.locale().toString
        parts = [
            self.tr("Step {step} of {total}").format(step=number(event.step), total=number(event.total)),
            self.tr("loss {loss:.4f}").format(loss=event.loss),
        ]
        pace = self.seconds_per_step
        if pace:
            rate = self._training.batch * self._training.accumulate / pace
            parts.append(self.tr("{rate:.1f} pictures/s").format(rate=rate))
            parts.append(self.tr("{time} left").format(time=about(pace * (event.total - event.step))))
        return " · ".join(parts)

    def _show_bar(self, step: int, total: int) -> None:
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(step)

    def _enlarge(self) -> None:
        """The sheets take the curve's room, or give it back."""
        self._left.setVisible(self._left.isHidden())

    def _arrange(self) -> None:
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(self.title)
        names.addWidget(self.state)
        head = QHBoxLayout()
        head.setSpacing(SPACE.small)
        head.addLayout(names, 1)
        head.addWidget(self.folder_button)
        head.addWidget(self.use_button)
        self._trouble = QWidget()
        trouble = QHBoxLayout(self._trouble)
        trouble.setContentsMargins(0, 0, 0, 0)
        trouble.setSpacing(SPACE.small)
        trouble.addWidget(self.problem_sign, 0, Qt.AlignmentFlag.AlignTop)
        trouble.addWidget(self.problem, 1)
        left = QVBoxLayout(self._left)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(SPACE.small)
        left.addWidget(self.curve, 1)
        foot = QHBoxLayout()
        foot.addWidget(self._legend, 1)
        foot.addWidget(self.log_button)
        left.addLayout(foot)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setHandleWidth(SPACE.medium)
        split.setChildrenCollapsible(False)
        split.addWidget(self._left)
        split.addWidget(self.sheets)
        split.setSizes([3, 2])
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.large, SPACE.medium, SPACE.large, SPACE.small)
        column.setSpacing(SPACE.small)
        column.addLayout(head)
        column.addWidget(self.bar)
        column.addWidget(self._trouble)
        column.addWidget(self.notes)
        column.addWidget(split, 1)
        column.addWidget(self.sheets.strip)
