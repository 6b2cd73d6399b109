"""The slider of time, and the button that plays it."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.theme.icons import icon
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import tool_button
from studio.ui.widgets.labels import ElidedLabel, label
from studio.ui.widgets.slider_field import SliderField

STEP = 0.005
START = 0.5
_EVERY = 40  # milliseconds between two moments that are played
_STRIDE = 0.01


class TimeBar(QFrame):
    """`moved` tells each new time; `settled` that a drag or the playing has ended."""

    moved = Signal(float)
    settled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self.field = SliderField(0.0, 1.0, step=STEP, decimals=3)
        self.field.default = START
        self.field.set_value(START)
        self.field.slider.setPageStep(round(0.05 / STEP))
        self.field.name(self.tr("Time t"), self.tr("How far the picture has been noised: 0 is clean, 1 is pure noise"))
        self.play_button = tool_button("play", self.tr("Play the noising there and back"), checkable=True, look="field")
        self.play_button.toggled.connect(self._played)
        self.read_out = ElidedLabel("", "caption")
        self.waits = False  # a moment is still being looked at; playing waits for it
        self._stride = _STRIDE
        self._timer = QTimer(self, interval=_EVERY)
        self._timer.timeout.connect(self._go_on)
        self.field.changed.connect(self.moved)
        self.field.slider.sliderReleased.connect(self.settled)
        self._arrange()

    @property
    def t(self) -> float:
        """The time shown."""
        return self.field.value

    @property
    def in_motion(self) -> bool:
        """Is the slider being dragged or played?"""
        return self._timer.isActive() or self.field.slider.isSliderDown()

    def stop(self) -> None:
        """Play no more."""
        self.play_button.setChecked(False)

    def _played(self, on: bool) -> None:
        self.play_button.setIcon(icon("pause" if on else "play", COLOURS.muted, COLOURS.text))
        if on:
            self._timer.start()
        else:
            self._timer.stop()
            self.settled.emit()

    def _go_on(self) -> None:
        if self.waits:
            return
        t = round(self.t + self._stride, 6)
        if not 0 <= t <= 1:
            self._stride = -self._stride
            t = min(1.0, max(0.0, t))
        self.field.set_value(t)

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(SPACE.medium)
        row.addWidget(self.play_button)
        row.addWidget(label(self.tr("Time t"), "heading", buddy=self.field))
        row.addWidget(self.field, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE.medium, SPACE.small, SPACE.medium, SPACE.small)
        layout.setSpacing(SPACE.hair)
        layout.addLayout(row)
        layout.addWidget(self.read_out)
