"""A short note over the surface that goes away by itself."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QLabel, QWidget

from studio.ui.theme.tokens import COLOURS, SPACE

_SECONDS = 5
_WIDEST = 480


class Toast(QLabel):
    """Says why something was not done, at the top of its parent; it takes no clicks."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setStyleSheet(
            f"background: {COLOURS.hover}; color: {COLOURS.text}; border: 1px solid {COLOURS.edge};"
            f"border-radius: {SPACE.radius}px; padding: 8px 14px;"
        )
        self._timer = QTimer(self, singleShot=True, interval=_SECONDS * 1000)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.hide()

    def say(self, words: str) -> None:
        """Show a sentence for some seconds."""
        self.setText(words)
        self.setAccessibleName(words)
        self._place()
        self.show()
        self.raise_()
        self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the middle."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def hideEvent(self, event: QEvent) -> None:
        """Nothing to wait for."""
        self._timer.stop()

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is None:
            return
        width = min(_WIDEST, parent.width() - 2 * SPACE.large)
        self.setFixedWidth(min(width, self.fontMetrics().horizontalAdvance(self.text()) + 40))
        self.adjustSize()
        self.move((parent.width() - self.width()) // 2, SPACE.large)
