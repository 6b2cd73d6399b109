"""The strip above the canvas while live painting is on: what it does, how far it may go, and Apply."""

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.domain.errors import Problem
from studio.session.live_state import LiveState
from studio.ui.paint.desk import Options, PaintDesk
from studio.ui.paint.keys import LIVE_KEY
from studio.ui.theme.icons import pixmap
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button, tool_button
from studio.ui.widgets.labels import ElidedLabel, label, row_label
from studio.ui.widgets.slider_field import SliderField

_SIGNS = {
    LiveState.OFF: ("radio", COLOURS.muted),
    LiveState.IDLE: ("circle-check", COLOURS.success),
    LiveState.DRAWING: ("brush", COLOURS.muted),
    LiveState.PAINTING: ("loader", COLOURS.lamp),
    LiveState.WAITING: ("clock", COLOURS.muted),
    LiveState.PAUSED: ("triangle-alert", COLOURS.warning),
}
_SIDE = 48  # logical pixels of a slider at least


class LiveBar(QFrame):
    """Shows and sets the options of a desk that live painting has."""

    applied = Signal()
    resumed = Signal()
    rolled = Signal()
    closed = Signal()

    def __init__(self, desk: PaintDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setProperty("look", "title")
        self.setAccessibleName(self.tr("Live painting"))
        self.sign = label("")
        self.words = ElidedLabel("", "caption")
        self.words.setMinimumWidth(64)
        self.resume_button = push_button(self.tr("Try again"), sign="refresh-cw")
        self.strength = self._slider(
            self.tr("Strength"), 95, self.tr("How far the picture may go from the sketch, in percent"), "live_strength"
        )
        self.opacity = self._slider(
            self.tr("Opacity"), 100, self.tr("Of the picture over the sketch, in percent"), "live_opacity"
        )
        self.places = QButtonGroup(self)
        self.beside_button = tool_button(
            "columns-2", self.tr("Beside"), hint=self.tr("Show the picture beside the canvas"), checkable=True
        )
        self.over_button = tool_button(
            "layers", self.tr("Over"), hint=self.tr("Show the picture over the sketch, in the frame"), checkable=True
        )
        self.seed_button = tool_button(
            "dices", self.tr("New seed"), hint=self.tr("Another picture of the same sketch"), look="field"
        )
        self.apply_button = push_button(
            self.tr("Apply"),
            look="accent-small",
            sign="check",
            hint=self.tr("Keep the picture as a new layer over the sketch"),
            shortcut="Return",
        )
        self.close_button = tool_button("x", self.tr("End live painting"), shortcut=LIVE_KEY)
        self._arrange()
        self._connect()
        self._show_options()
        self.hide()

    def show_state(self, state: LiveState, problem: Problem | None, *, begun: bool, can_apply: bool) -> None:
        """What it is doing, and for a pause, why; `begun` while steps of a picture are being made."""
        sign, colour = _SIGNS[state]
        self.sign.setPixmap(pixmap(sign, colour, 16, self.devicePixelRatioF()))
        self.words.set_text(self._text(state, begun) if problem is None else problem.message)
        self.words.setToolTip("" if problem is None else f"{problem.message} {problem.hint}".strip())
        self.resume_button.setVisible(problem is not None)
        self.apply_button.setEnabled(can_apply)

    def _text(self, state: LiveState, begun: bool) -> str:
        return {
            LiveState.OFF: "",
            LiveState.IDLE: self.tr("Up to date"),
            LiveState.DRAWING: self.tr("Drawing"),
            LiveState.PAINTING: self.tr("Painting…") if begun else self.tr("Getting ready…"),
            LiveState.WAITING: self.tr("Waits for the queue"),
            LiveState.PAUSED: self.tr("Paused"),
        }[state]

    def _slider(self, text: str, high: int, hint: str, name: str) -> SliderField:
        field = SliderField(5, high)
        field.name(text, hint)
        field.default = round(getattr(Options(), name) * 100)
        field.slider.setMinimumWidth(_SIDE)
        field.box.setSuffix(" %")
        field.changed.connect(lambda percent: self._desk.set_options(**{name: percent / 100}))
        return field

    def _show_options(self) -> None:
        options = self._desk.options
        with QSignalBlocker(self.strength), QSignalBlocker(self.opacity):
            self.strength.set_value(round(options.live_strength * 100))
            self.opacity.set_value(round(options.live_opacity * 100))
        (self.beside_button if options.live_beside else self.over_button).setChecked(True)
        self.opacity.setVisible(not options.live_beside)
        self.opacity_label.setVisible(not options.live_beside)

    def _connect(self) -> None:
        self.beside_button.clicked.connect(lambda: self._desk.set_options(live_beside=True))
        self.over_button.clicked.connect(lambda: self._desk.set_options(live_beside=False))
        self.resume_button.clicked.connect(self.resumed)
        self.seed_button.clicked.connect(self.rolled)
        self.apply_button.clicked.connect(self.applied)
        self.close_button.clicked.connect(self.closed)
        self._desk.options_changed.connect(self._show_options)

    def _arrange(self) -> None:
        self.opacity_label = row_label(self.opacity.slider.accessibleName(), self.opacity)
        strength_label = row_label(self.strength.slider.accessibleName(), self.strength)
        for name in (strength_label, self.opacity_label):
            name.setMinimumWidth(0)
        for button in (self.beside_button, self.over_button):
            self.places.addButton(button)
        places = QHBoxLayout()
        places.setSpacing(2)
        places.addWidget(self.beside_button)
        places.addWidget(self.over_button)
        above = QHBoxLayout()
        above.setSpacing(SPACE.small)
        above.addWidget(self.sign)
        above.addWidget(self.words, 1)
        above.addWidget(self.resume_button)
        above.addLayout(places)
        above.addWidget(self.seed_button)
        above.addWidget(self.apply_button)
        above.addWidget(self.close_button)
        below = QHBoxLayout()
        below.setSpacing(SPACE.small)
        below.addWidget(strength_label)
        below.addWidget(self.strength, 1)
        below.addSpacing(SPACE.small)
        below.addWidget(self.opacity_label)
        below.addWidget(self.opacity, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(SPACE.medium, SPACE.hair, SPACE.small, SPACE.hair)
        rows.setSpacing(0)
        rows.addLayout(above)
        rows.addLayout(below)
