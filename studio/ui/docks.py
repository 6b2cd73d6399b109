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
    """The window's size, and the docks of each workspace, in a file of their own."""

    def __init__(self, path: Path) -> None:
        self._file = QSettings(str(path), QSettings.Format.IniFormat)

    def restore_geometry(self, window: QMainWindow) -> bool:
        """Size and place as they were left; False at the first start."""
        geometry = self._file.value("geometry")
        return isinstance(geometry, QByteArray) and window.restoreGeometry(geometry)

    def restore_state(self, window: QMainWindow, workspace: str) -> bool:
        """The docks as they were left in a workspace; False when it was never left."""
        state = self._file.value(f"docks/{workspace}")
        return isinstance(state, QByteArray) and window.restoreState(state, STATE)

    def save_state(self, window: QMainWindow, workspace: str) -> None:
        """The docks as they are in a workspace."""
        self._file.setValue(f"docks/{workspace}", window.saveState(STATE))

    def save(self, window: QMainWindow, workspace: str) -> None:
        """Everything as it is."""
        self._file.setValue("geometry", window.saveGeometry())
        self.save_state(window, workspace)
        self._file.sync()
