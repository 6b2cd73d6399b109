"""The buttons above the timeline."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.timeline.actions import PLACE_MENU, Actions
from studio.ui.timeline.tools import TOOLS
from studio.ui.widgets.buttons import hint_with, tool_button
from studio.ui.widgets.labels import ElidedLabel
from studio.ui.widgets.wheel import Slider

_SIDE = 28
_HEIGHT = 36


class Toolbar(QWidget):
    """Tools, magnet, ring, what can be added, and the zoom; in between, why something cannot be."""

    zoomed = Signal(int)  # 0 to 1000, logarithmic

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(_HEIGHT)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(SPACE.small, 0, SPACE.small, 0)
        self._row.setSpacing(2)
        self._tools = QActionGroup(self)
        for tool in TOOLS:
            action = actions.checkable(f"tool-{tool.id}", tool.id == "select")
            self._tools.addAction(action)
            action.setToolTip(
                f"<p>{hint_with(action.text().replace('&', ''), tool.key)}<br>{actions.words(tool.hint)}</p>"
            )
            self._add(action)
        self._line()
        for name, on in (("snap", True), ("ring", False)):
            self._add(actions.checkable(name, on))
        self._line()
        for name in ("split", "marker", "beats"):
            self._add(actions[name])
        self._line()
        add = tool_button("plus", self.tr("Add to the timeline"))
        add.setFixedSize(_SIDE, _SIDE)
        add.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.menu = actions.fill(QMenu(add), PLACE_MENU)
        add.clicked.connect(lambda: self.menu.popup(add.mapToGlobal(add.rect().bottomLeft())))
        self._row.addWidget(add)
        self.note = ElidedLabel(look="warning")
        self.note.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._row.addSpacing(SPACE.small)
        self._row.addWidget(self.note, 1)
        self._add(actions["zoom-out"])
        self.slider = Slider()
        self.slider.setRange(0, 1000)
        self.slider.setFixedWidth(96)
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.slider.setAccessibleName(self.tr("Zoom of the timeline"))
        self.slider.setToolTip(self.tr("Zoom; also Ctrl and the wheel over the timeline"))
        self.slider.valueChanged.connect(self.zoomed)
        self._row.addWidget(self.slider)
        self._add(actions["zoom-in"])
        self._add(actions["fit"])

    def say(self, words: str) -> None:
        """Why what is dragged cannot be there; "" for nothing."""
        self.note.set_text(words)

    def _add(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setAccessibleName(action.text().replace("&", "").rstrip("…"))
        button.setIconSize(QSize(16, 16))
        button.setFixedSize(_SIDE, _SIDE)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._row.addWidget(button)
        return button

    def _line(self) -> None:
        line = QFrame()
        line.setFixedSize(1, 16)
        line.setStyleSheet(f"background: {COLOURS.edge};")
        self._row.addSpacing(SPACE.hair)
        self._row.addWidget(line)
        self._row.addSpacing(SPACE.hair)
