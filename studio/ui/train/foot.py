"""The foot of the training form: what it will cost, and the big button."""

from enum import Enum, auto

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.session.training_cost import Estimate
from studio.ui.phases import rough
from studio.ui.theme.icons import icon
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import hint_with, push_button
from studio.ui.widgets.labels import label

KEY = "Ctrl+Return"


class RunState(Enum):
    """What the big button can do about a run."""

    READY = auto()  # start
    UNFINISHED = auto()  # go on from a checkpoint
    WAITING = auto()  # for other jobs
    RUNNING = auto()
    STOPPING = auto()  # the checkpoint is being written
    PAUSED = auto()


class TrainFoot(QFrame):
    """Start, Stop or Continue, Cancel while there is something to cancel, and Start anew while there is something to
    continue."""

    started = Signal()
    stopped = Signal()
    continued = Signal()
    cancelled = Signal()
    begun_anew = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "footer")
        self.state = RunState.READY
        self.cost = label("", "small", wrap=True)
        self.problem = label("", "warning", wrap=True)
        self.problem.hide()
        self.button = push_button("", look="accent")
        self.button.clicked.connect(self._clicked)
        self.cancel_button = push_button(
            self.tr("Cancel"), look="tall", hint=self.tr("End this run now; its last checkpoint stays")
        )
        self.cancel_button.clicked.connect(self.cancelled)
        self.anew_button = push_button(
            self.tr("Start anew"),
            look="tall",
            hint=self.tr("Begin again at step 0; what was learnt so far is set aside, not deleted"),
        )
        self.anew_button.clicked.connect(self.begun_anew)
        self.anew_button.hide()
        row = QHBoxLayout()
        row.setSpacing(SPACE.small)
        row.addWidget(self.button, 1)
        row.addWidget(self.anew_button)
        row.addWidget(self.cancel_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.large, SPACE.medium, SPACE.large, SPACE.large)
        column.setSpacing(SPACE.small)
        column.addWidget(self.cost)
        column.addWidget(self.problem)
        column.addLayout(row)
        self.show_state(RunState.READY)

    def show_state(self, state: RunState, step: int = 0) -> None:
        """What the buttons do now; `step` is that of the checkpoint to go on from."""
        focused = any(part.hasFocus() for part in (self, self.button, self.cancel_button, self.anew_button))
        self.state = state
        go_on = self.tr("Continue from step {step}").format(step=step) if step else self.tr("Continue")
        text, sign, hint = {
            RunState.READY: (self.tr("Start training"), "play", self.tr("Learn these pictures")),
            RunState.UNFINISHED: (go_on, "play", self.tr("Go on from the last checkpoint")),
            RunState.WAITING: (self.tr("Waiting for other jobs"), "clock", self.tr("It starts by itself")),
            RunState.RUNNING: (self.tr("Stop"), "pause", self.tr("Keep a checkpoint and pause")),
            RunState.STOPPING: (self.tr("Stopping…"), "pause", self.tr("The checkpoint is being written")),
            RunState.PAUSED: (go_on, "play", self.tr("Go on from the checkpoint")),
        }[state]
        idle = state in (RunState.WAITING, RunState.STOPPING)
        self.button.setText(text)
        self.button.setIcon(icon(sign, COLOURS.off if idle else COLOURS.on_accent, COLOURS.on_accent, 4))
        self.button.setToolTip(hint_with(hint, KEY))
        self.button.setEnabled(not idle)
        self.cancel_button.setVisible(state not in (RunState.READY, RunState.UNFINISHED))
        if focused:  # a button that goes would hand it to whatever comes next
            self.take_focus()
        self._show_cost()

    def take_focus(self) -> None:
        """The keyboard is to be at the big button as soon as it can be pressed."""
        (self.button if self.button.isEnabled() else self).setFocus()

    def show_estimate(self, cost: Estimate | None, memory: int) -> None:
        """Time and memory, where this machine has `memory` bytes; nothing when there is nothing to learn."""
        if cost is None:
            self.cost.setText("")
            self._show_cost()
            return
        text = self.tr("About {time} and {size:.1f} GB of memory").format(
            time=rough(cost.seconds), size=cost.memory / 2**30
        )
        told = (
            self.tr("as measured on this machine") if cost.measured else self.tr("a guess; the first steps will tell")
        )
        text += f" – {told}."
        if memory and cost.memory > memory:
            text += " " + self.tr("There are only {size:.1f} GB: choose a smaller batch or resolution.").format(
                size=memory / 2**30
            )
        self.cost.setText(text)
        self._show_cost()

    def offer_anew(self, wanted: bool) -> None:
        """A way to forget the checkpoint."""
        if self.anew_button.hasFocus() and not wanted:
            self.take_focus()
        self.anew_button.setVisible(wanted)

    def tell(self, text: str) -> None:
        """What keeps the button from doing its work; the empty text is nothing."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def _show_cost(self) -> None:
        idle = self.state in (RunState.READY, RunState.UNFINISHED, RunState.PAUSED)
        self.cost.setVisible(idle and bool(self.cost.text()))

    def _clicked(self) -> None:
        match self.state:
            case RunState.READY:
                self.started.emit()
            case RunState.RUNNING:
                self.stopped.emit()
            case RunState.UNFINISHED | RunState.PAUSED:
                self.continued.emit()
