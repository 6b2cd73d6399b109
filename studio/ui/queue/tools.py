"""The buttons on the row under the pointer."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton

from studio.domain.jobs import Job
from studio.ui.queue.actions import acts, at_hand
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import tool_button

if TYPE_CHECKING:
    from studio.ui.queue.view import QueueView

_SIDE = 24


class RowTools(QFrame):
    """Stands on one row at a time; keys find the same in the menu."""

    wanted = Signal(str, list)  # an act, ids
    menu_wanted = Signal(str, QPoint)  # id, global position

    def __init__(self, view: "QueueView") -> None:
        super().__init__(view.viewport())
        self.setProperty("look", "tools")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._job_id = ""
        self.buttons = {act.id: self._button(act.sign, act.title.rstrip("…")) for act in acts() if act.sign}
        for name, button in self.buttons.items():
            button.clicked.connect(partial(self._act, name))
        self.more = self._button("ellipsis", self.tr("More"))
        self.more.clicked.connect(self._menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for button in (*self.buttons.values(), self.more):
            row.addWidget(button)
        self.hide()

    def show_job(self, job: Job | None, place: QRect) -> None:
        """Stand on a job's row, or nowhere."""
        if job is None:
            self._job_id = ""
            self.hide()
            return
        self._job_id = job.id
        ready = at_hand(job)
        for name, button in self.buttons.items():
            if button.isHidden() is (name in ready):
                button.setVisible(name in ready)
        width = _SIDE * (len(ready) + 1)
        self.setGeometry(place.right() - width - SPACE.hair, place.top() + SPACE.hair, width, _SIDE)
        self.show()

    def _button(self, sign: str, name: str) -> QToolButton:
        button = tool_button(sign, name, parent=self)
        button.setFixedSize(_SIDE, _SIDE)
        button.setIconSize(QSize(14, 14))
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button

    def _act(self, name: str) -> None:
        self.wanted.emit(name, [self._job_id])

    def _menu(self) -> None:
        self.menu_wanted.emit(self._job_id, self.more.mapToGlobal(self.more.rect().bottomLeft()))
