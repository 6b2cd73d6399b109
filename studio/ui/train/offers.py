"""Runs that were not finished, offered to go on."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.session.training_log import RunLog
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import push_button, tool_button
from studio.ui.widgets.labels import ElidedLabel

_MOST = 3  # offered at once


class RunOffers(QWidget):
    """One line for each run: go on with it, look at it, or not now."""

    continued = Signal(RunLog)
    looked_at = Signal(RunLog)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._refused: set[str] = set()
        self._offered: tuple[RunLog, ...] = ()
        self._lines: list[QFrame] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(SPACE.medium, SPACE.medium, SPACE.medium, 0)
        self._column.setSpacing(SPACE.small)
        self.hide()

    def show_runs(self, runs: tuple[RunLog, ...]) -> None:
        """Offer these, but for those that were refused."""
        offered = tuple(run for run in runs if run.training.output not in self._refused)[:_MOST]
        if offered == self._offered:
            return
        self._offered = offered
        for line in self._lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self._lines = [self._line(run) for run in offered]
        for line in self._lines:
            self._column.addWidget(line)
        self.setVisible(bool(self._lines))

    def _line(self, run: RunLog) -> QFrame:
        line = QFrame()
        line.setProperty("look", "card")
        text = self.tr("“{name}” stopped at step {step} of {total}.").format(
            name=run.name, step=run.checkpoint, total=run.training.steps
        )
        go_on = push_button(
            self.tr("Continue from step {step}").format(step=run.checkpoint), sign="play",
            hint=self.tr("Go on training “{name}” with its own settings").format(name=run.name),
        )  # fmt: skip
        go_on.setAccessibleName(
            self.tr("Continue “{name}” from step {step}").format(name=run.name, step=run.checkpoint)
        )
        look = push_button(self.tr("Look at it"), sign="eye", hint=self.tr("Show its curve, sheets and settings"))
        close = tool_button("x", self.tr("Not now"))
        go_on.clicked.connect(lambda: self.continued.emit(run))
        look.clicked.connect(lambda: self.looked_at.emit(run))
        close.clicked.connect(lambda: self._refuse(run, line))
        row = QHBoxLayout(line)
        row.setContentsMargins(SPACE.medium, SPACE.hair, SPACE.hair, SPACE.hair)
        row.setSpacing(SPACE.small)
        row.addWidget(ElidedLabel(text), 1)
        for button in (look, go_on, close):
            row.addWidget(button)
        return line

    def _refuse(self, run: RunLog, line: QFrame) -> None:
        self._refused.add(run.training.output)
        line.hide()
        self.setVisible(any(not other.isHidden() for other in self._lines))
