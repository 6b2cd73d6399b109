"""How many times a finished picture is enlarged, and the size that results."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from studio.domain.geometry import Size
from studio.domain.recipe import MAX_RESULT_SIDE, UPSCALES
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.labels import label


class UpscaleField(QWidget):
    """Off, ×2 or ×4; beside them the size of the finished picture where it is another than the one drawn."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drawn = Size(256, 256)
        self._group = QButtonGroup(self)
        self.buttons = {factor: self._button(factor) for factor in UPSCALES}
        self.result = label("", "small")
        self.result.setAccessibleName(self.tr("Size of the finished picture"))
        self._group.idToggled.connect(self._toggled)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE.hair)
        for button in self.buttons.values():
            layout.addWidget(button)
        layout.addSpacing(SPACE.small)
        layout.addWidget(self.result, 1)
        self.setFocusProxy(self.buttons[1])
        self.set_value(1)

    @property
    def value(self) -> int:
        """The factor, one of `UPSCALES`."""
        return self._group.checkedId()

    def set_value(self, factor: int) -> None:
        """Show another factor."""
        self.buttons[factor].setChecked(True)

    def show_drawn(self, size: Size) -> None:
        """The size that the model will draw at; factors whose pictures would be too large cannot be chosen."""
        self._drawn = size
        for factor, button in self.buttons.items():
            button.setEnabled(factor == 1 or self._fits(factor))
        if not self.buttons[self.value].isEnabled():
            self.set_value(max(factor for factor, button in self.buttons.items() if button.isEnabled()))
        self._tell()

    def _toggled(self, factor: int, checked: bool) -> None:
        if checked:
            self._tell()
            self.changed.emit()

    def _fits(self, factor: int) -> bool:
        return factor * max(self._drawn.width, self._drawn.height) <= MAX_RESULT_SIDE

    def _tell(self) -> None:
        width, height = (side * self.value for side in (self._drawn.width, self._drawn.height))
        self.result.setText(f"{width} × {height}" if self.value != 1 else "")

    def _button(self, factor: int) -> QToolButton:
        button = QToolButton()
        button.setText(self.tr("Off") if factor == 1 else f"×{factor}")
        button.setCheckable(True)
        button.setProperty("look", "shape")
        button.setFixedSize(2 * SPACE.huge, SPACE.control)
        name = self.tr("No upscaling") if factor == 1 else self.tr("Upscale {factor} times").format(factor=factor)
        button.setAccessibleName(name)
        button.setToolTip(
            self.tr("Leave the picture as it is drawn")
            if factor == 1
            else self.tr("Enlarge the finished picture {factor} times, with sharp edges").format(factor=factor)
        )
        self._group.addButton(button, factor)
        return button
