"""A number that can be dragged, typed, stepped, and double-clicked to its default."""

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.wheel import Number, Slider

_TYPED_WIDTH = 60


class SliderField(QWidget):
    """A slider over the usual range `low` to `high` beside a box that takes anything from `least` to `most`."""

    changed = Signal(float)

    def __init__(
        self,
        low: float,
        high: float,
        *,
        step: float = 1.0,
        decimals: int = 0,
        least: float | None = None,
        most: float | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._step, self.default = step, low
        self.slider = Slider()
        self.slider.setRange(round(low / step), round(high / step))
        self.box = Number(decimals)
        self.box.setSingleStep(step)
        self.box.setRange(low if least is None else least, high if most is None else most)
        self.box.setFixedWidth(_TYPED_WIDTH)
        self.slider.valueChanged.connect(self._dragged)
        self.slider.restored.connect(self.restore)
        self.box.valueChanged.connect(self._typed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE.medium)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.box)
        self.setFocusProxy(self.slider)

    @property
    def value(self) -> float:
        """The number shown."""
        return self.box.value()

    def set_value(self, value: float) -> None:
        """Show another number."""
        self.box.setValue(value)

    def restore(self) -> None:
        """Back to the default."""
        self.set_value(self.default)

    def name(self, text: str, hint: str) -> None:
        """What a screen reader calls the two controls, and their tooltip."""
        for control in (self.slider, self.box):
            control.setAccessibleName(text)
            control.setToolTip(hint)

    def _dragged(self, ticks: int) -> None:
        self.box.setValue(ticks * self._step)

    def _typed(self, value: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(value / self._step))
        self.changed.emit(value)
