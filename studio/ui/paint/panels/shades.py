"""Two controls to find a colour by eye: a square of saturation and value, and a bar of hues."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QLinearGradient, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.theme.tokens import COLOURS

_RADIUS = 4.0
_STEP, _LEAP = 0.01, 0.1


class ShadeSquare(QWidget):
    """Saturation from left to right, value from below to above, both 0 to 1, of one hue."""

    changed = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hue, self.saturation, self.value = 0.0, 0.0, 0.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(self.tr("Saturation and value"))
        self.setToolTip(
            self.tr("Saturation to the right, brightness upwards; arrow keys move by one part in a hundred")
        )

    def show_shade(self, hue: float, saturation: float, value: float) -> None:
        """Another colour."""
        self.hue, self.saturation, self.value = hue, saturation, value
        self.setAccessibleDescription(self.tr("Saturation {s:.0%}, brightness {v:.0%}").format(s=saturation, v=value))
        self.update()

    def sizeHint(self) -> QSize:
        """Wide."""
        return QSize(200, 104)

    def paintEvent(self, event: QPaintEvent) -> None:
        """All shades of the hue, and a ring at the one that is chosen."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        across = QLinearGradient(rect.topLeft(), rect.topRight())
        across.setColorAt(0, QColor(255, 255, 255))
        across.setColorAt(1, QColor.fromHsvF(self.hue, 1, 1))
        down = QLinearGradient(rect.topLeft(), rect.bottomLeft())
        down.setColorAt(0, QColor(0, 0, 0, 0))
        down.setColorAt(1, QColor(0, 0, 0))
        painter.setPen(Qt.PenStyle.NoPen)
        for brush in (across, down):
            painter.setBrush(brush)
            painter.drawRoundedRect(rect, _RADIUS, _RADIUS)
        at = QPointF(rect.left() + self.saturation * rect.width(), rect.bottom() - self.value * rect.height())
        _ring(painter, at)
        _focus(painter, self, rect)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the shade under the pointer."""
        self._take(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """And follow it."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._take(event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, with Shift in leaps."""
        step = _LEAP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _STEP
        moves = {
            Qt.Key.Key_Left: (-step, 0.0),
            Qt.Key.Key_Right: (step, 0.0),
            Qt.Key.Key_Up: (0.0, step),
            Qt.Key.Key_Down: (0.0, -step),
        }
        if (move := moves.get(Qt.Key(event.key()))) is None:
            super().keyPressEvent(event)
        else:
            self._set(self.saturation + move[0], self.value + move[1])

    def _take(self, at: QPointF) -> None:
        self._set((at.x() - 1) / max(1, self.width() - 2), 1 - (at.y() - 1) / max(1, self.height() - 2))

    def _set(self, saturation: float, value: float) -> None:
        saturation, value = min(1.0, max(0.0, saturation)), min(1.0, max(0.0, value))
        self.show_shade(self.hue, saturation, value)
        self.changed.emit(saturation, value)


class HueBar(QWidget):
    """Hues from 0 to 1 around the circle, from above to below."""

    changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hue = 0.0
        self.setFixedWidth(20)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Hue"))
        self.setToolTip(self.tr("Hue; the arrow keys move by one part in a hundred"))

    def show_hue(self, hue: float) -> None:
        """Another hue."""
        self.hue = hue
        self.setAccessibleDescription(self.tr("{degrees:.0f} degrees").format(degrees=hue * 360))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The circle of hues, rolled out, and a handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        hues = QLinearGradient(rect.topLeft(), rect.bottomLeft())
        for sixth in range(7):
            hues.setColorAt(sixth / 6, QColor.fromHsvF(min(sixth / 6, 0.9999), 1, 1))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(hues)
        painter.drawRoundedRect(rect, _RADIUS, _RADIUS)
        y = rect.top() + 4 + self.hue * (rect.height() - 8)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        handle = QRectF(rect.left() + 1, y - 3, rect.width() - 2, 6)
        for colour, width in ((QColor(0, 0, 0, 160), 3.0), (QColor(255, 255, 255), 1.5)):
            painter.setPen(QPen(colour, width))
            painter.drawRoundedRect(handle, 3, 3)
        _focus(painter, self, rect)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the hue under the pointer."""
        self._set((event.position().y() - 5) / max(1, self.height() - 10))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """And follow it."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down."""
        step = _LEAP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _STEP
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._set(self.hue + (step if event.key() == Qt.Key.Key_Down else -step))
        else:
            super().keyPressEvent(event)

    def _set(self, hue: float) -> None:
        self.show_hue(min(0.9999, max(0.0, hue)))
        self.changed.emit(self.hue)


def _ring(painter: QPainter, at: QPointF) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((QColor(0, 0, 0, 180), 3.0), (QColor(255, 255, 255), 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawEllipse(at, 5.5, 5.5)


def _focus(painter: QPainter, widget: QWidget, rect: QRectF) -> None:
    if widget.hasFocus():
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(COLOURS.focus), 1))
        painter.drawRoundedRect(rect, _RADIUS, _RADIUS)
