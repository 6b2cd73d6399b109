"""A few panels in one place, of which one is shown."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from studio.ui.theme.tokens import SPACE


class OnePage(QStackedWidget):
    """Pages of which only the one that is shown decides how much room is asked for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.currentChanged.connect(lambda _: self.updateGeometry())

    def sizeHint(self) -> QSize:
        """The shown page's, with as many lines of its texts as this width makes."""
        if (current := self.currentWidget()) is None:
            return super().sizeHint()
        hint, lines = current.sizeHint(), self.heightForWidth(self.width())
        return hint if lines < 0 else QSize(hint.width(), lines)

    def heightForWidth(self, width: int) -> int:
        """The shown page's; -1 where the width makes no difference."""
        current = self.currentWidget()
        return -1 if current is None or not current.hasHeightForWidth() else current.heightForWidth(width)

    def minimumSizeHint(self) -> QSize:
        """The shown page's."""
        current = self.currentWidget()
        return super().minimumSizeHint() if current is None else current.minimumSizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may make another height."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


class Tabs(QFrame):
    """A row of names over the panel that is shown; with one panel, its title."""

    def __init__(self, pages: QStackedWidget | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self.pages = pages or QStackedWidget()
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
