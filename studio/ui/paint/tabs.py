"""A few panels in one place, of which one is shown."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from studio.ui.theme.tokens import SPACE


class Tabs(QFrame):
    """A row of names over the panel that is shown; with one panel, its title."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self.pages = QStackedWidget()
        self._group = QButtonGroup(self)
        self._row = QHBoxLayout()
        self._row.setContentsMargins(SPACE.small, SPACE.hair, SPACE.small, 0)
        self._row.setSpacing(SPACE.hair)
        self._row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._row)
        layout.addWidget(self.pages, 1)

    def add(self, title: str, page: QWidget) -> QToolButton:
        """One more panel."""
        number = self.pages.addWidget(page)
        button = QToolButton()
        button.setText(title)
        button.setAccessibleName(title)
        button.setCheckable(True)
        button.setChecked(number == 0)
        button.setProperty("look", "tab")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self.pages.setCurrentIndex(number))
        self._group.addButton(button)
        self._row.insertWidget(number, button)
        return button
