"""Docks with calm titles, and where they stand."""

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt
from PySide6.QtWidgets import QDockWidget, QFrame, QHBoxLayout, QMainWindow, QWidget

from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.labels import label

STATE = 1  # raise it when docks come or go, so that an older arrangement is not applied to newer docks


class DockTitle(QFrame):
    """A dock's name; drag it to move the dock."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "title")
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(SPACE.large, 0, SPACE.hair, 0)
        self.row.setSpacing(SPACE.hair)
        self.row.addWidget(label(text, "section"), 1)

    def sizeHint(self) -> QSize:
        """One row of the grid, however small the letters are."""
        return QSize(super().sizeHint().width(), SPACE.control)

    def minimumSizeHint(self) -> QSize:
        """As high, and as narrow as need be."""
        return QSize(0, SPACE.control)


def dock(window: QMainWindow, name: str, title: str, content: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
    """Put a panel into a dock of the window."""
    made = QDockWidget(title, window)
    made.setObjectName(name)
    made.setTitleBarWidget(DockTitle(title))
    made.setWidget(content)
    window.addDockWidget(area, made)
    return made


class Arrangement:
    """The window's size and docks in a file of their own."""

    def __init__(self, path: Path) -> None:
        self._file = QSettings(str(path), QSettings.Format.IniFormat)

    def restore(self, window: QMainWindow) -> bool:
        """As it was left; False at the first start."""
        geometry, state = self._file.value("geometry"), self._file.value("state")
        if not isinstance(geometry, QByteArray) or not isinstance(state, QByteArray):
            return False
        return window.restoreGeometry(geometry) and window.restoreState(state, STATE)

    def save(self, window: QMainWindow) -> None:
        """As it is."""
        self._file.setValue("geometry", window.saveGeometry())
        self._file.setValue("state", window.saveState(STATE))
        self._file.sync()
