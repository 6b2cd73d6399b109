"""The strip of tools at the left of the canvas."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QVBoxLayout, QWidget

from studio.ui.paint.keys import TOOLS, title_of
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import tool_button

WIDTH = 44
_BUTTON = 34


class ToolStrip(QFrame):
    """One button for each tool; `chosen` tells the id of the one that was clicked."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self.setFixedWidth(WIDTH)
        self.setAccessibleName(self.tr("Tools"))
        self.buttons = {}
        group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins((WIDTH - _BUTTON) // 2, SPACE.small, (WIDTH - _BUTTON) // 2, SPACE.small)
        column.setSpacing(2)
        before = TOOLS[0].group
        for entry in TOOLS:
            if entry.group != before:
                column.addSpacing(SPACE.medium)
                before = entry.group
            button = tool_button(entry.sign, title_of(entry), shortcut=entry.key, checkable=True)
            button.setFixedSize(_BUTTON, _BUTTON)
            button.setIconSize(QSize(18, 18))
            button.clicked.connect(lambda _checked=False, name=entry.id: self.chosen.emit(name))
            group.addButton(button)
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
            self.buttons[entry.id] = button
        column.addStretch(1)

    def show_tool(self, name: str) -> None:
        """Another tool is in hand."""
        self.buttons[name].setChecked(True)
