"""Controls that turn with the wheel only when they have the focus, so that scrolling a panel changes nothing in it."""

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QSlider,
    QSpinBox,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionSlider,
    QWidget,
)

from studio.ui.theme.icons import pixmap
from studio.ui.theme.tokens import COLOURS, SPACE

_INSET = (7, 0, 7, 0)  # a style sheet cannot say it: Qt ignores the padding of a spin box without buttons


class Slider(QSlider):
    """A horizontal slider: a press goes to that place, a double click to `restored`'s default."""

    restored = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only with the focus."""
        super().wheelEvent(event) if self.hasFocus() else event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Bring the handle under the pointer, then drag it from there."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.setValue(self._value_at(event.position()))
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to the default."""
        self.restored.emit()
        event.accept()

    def _value_at(self, point: QPointF) -> int:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        control, part = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
        handle = self.style().subControlRect(control, option, part, self).width()
        at, room = round(point.x() - handle / 2), max(1, self.width() - handle)
        return QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), at, room)


class WholeNumber(QSpinBox):
    """A spin box without its tiny arrows; keys and the focused wheel step it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.lineEdit().setTextMargins(*_INSET)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only with the focus."""
        super().wheelEvent(event) if self.hasFocus() else event.ignore()


_KEPT_DECIMALS = 6


class Number(QDoubleSpinBox):
    """`WholeNumber` with decimals: it keeps six, and shows as many of them as say something."""

    def __init__(self, usual_decimals: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._usual = usual_decimals
        self.setDecimals(_KEPT_DECIMALS if usual_decimals else 0)
        self.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.lineEdit().setTextMargins(*_INSET)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def textFromValue(self, value: float) -> str:
        """The usual number of decimals, more where the value has them."""
        enough = (n for n in range(self._usual, self.decimals()) if round(value, n) == value)
        decimals = next(enough, self.decimals())
        return self.locale().toString(value, "f", decimals)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only with the focus."""
        super().wheelEvent(event) if self.hasFocus() else event.ignore()


class Choice(QComboBox):
    """A combo box with our chevron; it never asks for more width than its panel has."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setMaxVisibleItems(14)
        self.setItemDelegate(QStyledItemDelegate(self))  # the default one of a combo box ignores our sheet

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only with the focus."""
        super().wheelEvent(event) if self.hasFocus() else event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The chevron, over what the style draws."""
        super().paintEvent(event)
        side = 16
        painter = QPainter(self)
        sign = pixmap("chevron-down", COLOURS.muted, side, self.devicePixelRatioF())
        painter.drawPixmap(self.width() - side - SPACE.small, (self.height() - side) // 2, sign)
        painter.end()
