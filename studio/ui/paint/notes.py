"""Bars above the canvas: that a project can only be looked at, and that work without a name is waiting."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.session.canvas import CanvasSession
from studio.session.project.project import OTHER_WINDOW
from studio.ui.plurals import counted
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.message_bar import MessageBar


class Notes(QWidget):
    """Each bar is there while what it says is so, or until it is closed."""

    copy_wanted = Signal()
    again_wanted = Signal()
    work_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.read_only = MessageBar("lock", COLOURS.muted, "offer")
        self.again_button = self.read_only.add_button(
            self.tr("Try again"), hint=self.tr("When it was closed there, it can be painted on here")
        )
        self.copy_button = self.read_only.add_button(
            self.tr("Save as…"), hint=self.tr("Go on in a copy of the project, with its history")
        )
        self.left_over = MessageBar("folder-open", COLOURS.muted, "offer")
        self.work_button = self.left_over.add_button(self.tr("Show…"))
        self.again_button.clicked.connect(self.again_wanted)
        self.copy_button.clicked.connect(self.copy_wanted)
        self.work_button.clicked.connect(self.work_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.medium, 0, SPACE.medium, 0)
        column.setSpacing(0)
        for bar in (self.read_only, self.left_over):
            column.addWidget(bar)
            bar.closed.connect(self._fit)
        self._fit()

    def show_project(self, session: CanvasSession) -> None:
        """Say so if this project can only be read."""
        if session.why:
            if session.why == OTHER_WINDOW:
                hint = self.tr("{why} To paint on it, close it there and try again, or go on in a copy.")
            else:
                hint = self.tr("{why} To paint on it, go on in a copy.")
            self.read_only.say(
                self.tr("{name} can only be looked at").format(name=session.path.name), hint.format(why=session.why)
            )
        else:
            self.read_only.hide()
        self._fit()

    def offer(self, count: int) -> None:
        """Say how much work without a name is waiting; 0 for none."""
        if count:
            words = counted(self.tr("%n piece(s) of work without a name", "", count), count)
            self.left_over.say(words, self.tr("They are kept until you give them a name or delete them."))
        else:
            self.left_over.hide()
        self._fit()

    def _fit(self) -> None:
        self.setVisible(not (self.read_only.isHidden() and self.left_over.isHidden()))
