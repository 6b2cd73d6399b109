"""The line under the canvas: what is shown, and what can be done with it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.labels import ElidedLabel

_ROOMY = 600  # logical pixels


class CanvasBar(QFrame):
    """A caption at the left, the picture's actions at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "footer")
        self.caption = ElidedLabel("", "caption")
        self._wordy: list[QToolButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(SPACE.large, SPACE.hair, SPACE.small, SPACE.hair)
        self._row.setSpacing(SPACE.hair)
        self._row.addWidget(self.caption, 1)

    def add(self, action: QAction, *, words: bool = False) -> None:
        """One more button, with its words or only its sign."""
        button = QToolButton()
        button.setDefaultAction(action)
        button.setAccessibleName(action.text().replace("&", ""))
        button.setFixedHeight(SPACE.control)
        if words:
            self._wordy.append(button)
        self._row.addWidget(button)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room, the caption needs it more than the words on a button."""
        super().resizeEvent(event)
        roomy = event.size().width() >= _ROOMY
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if roomy else Qt.ToolButtonStyle.ToolButtonIconOnly
        for button in self._wordy:
            button.setToolButtonStyle(style)
