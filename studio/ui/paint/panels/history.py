"""The undo tree: each step with its picture, branches indented; a click goes there. Below, what it takes on disk."""

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListView, QVBoxLayout, QWidget

from studio.ui.paint.amounts import amount
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.panels.history_rows import StepRow, Steps, steps
from studio.ui.paint.version_pictures import VersionPictures
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import push_button, tool_button

_WEIGH = 1500  # milliseconds after a step


class StepList(QListView):
    """Arrows walk, Enter or a click goes to the step."""

    def __init__(self, desk: PaintDesk, pictures: VersionPictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._pictures = desk, pictures
        self.steps = Steps(pictures.picture, self)
        self.setModel(self.steps)
        self.setItemDelegate(StepRow(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setProperty("look", "layers")
        self.setAccessibleName(self.tr("History"))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.clicked.connect(lambda index: self._go(index.row()))
        self.verticalScrollBar().valueChanged.connect(self._want)
        pictures.made.connect(self.steps.show_picture)

    def show_history(self) -> None:
        """The steps as they are now."""
        self.steps.show_steps(steps(self._desk.session.history))
        current = next(row for row, step in enumerate(self.steps.rows) if step.current)
        self.setCurrentIndex(self.steps.index(current))
        self.scrollTo(self.steps.index(current))
        self._want()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes there."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._go(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """What is in sight gets its pictures."""
        super().showEvent(event)
        self._want()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More may be in sight."""
        super().resizeEvent(event)
        self._want()

    def _want(self) -> None:
        """Pictures of the rows in sight, that of the current step first. Nobody sees a hidden list's."""
        if not self.isVisible() or not self.steps.rows:
            return
        first = self.indexAt(QPoint(1, 1)).row()
        last = self.indexAt(QPoint(1, self.viewport().height() - 2)).row()
        seen = self.steps.rows[max(0, first) : last + 1 if last >= 0 else len(self.steps.rows)]
        self._pictures.want(step.version.id for step in sorted(seen, key=lambda step: not step.current))

    def _go(self, row: int) -> None:
        if 0 <= row < len(self.steps.rows) and self._desk.ready():
            self._desk.jump(self.steps.rows[row].version.id)


class HistoryPanel(QFrame):
    """The steps, and what can be done with them.

    `weight_wanted` asks for `show_weight`; the other signals come from the buttons.
    """

    name_wanted = Signal()
    versions_wanted = Signal()
    limit_wanted = Signal()
    weight_wanted = Signal()

    def __init__(self, desk: PaintDesk, pictures: VersionPictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.list = StepList(desk, pictures)
        self.size_button = push_button(
            self.tr("Undo memory…"), look="quiet", hint=self.tr("How much the history takes, and how much it may")
        )
        self.name_button = tool_button("text-cursor-input", self.tr("Name this version…"))
        self.versions_button = tool_button("clock", self.tr("Named versions…"))
        self.size_button.clicked.connect(self.limit_wanted)
        self.name_button.clicked.connect(self.name_wanted)
        self.versions_button.clicked.connect(self.versions_wanted)
        self._weigh = QTimer(self, singleShot=True, interval=_WEIGH)
        self._weigh.timeout.connect(self.weight_wanted)
        row = QHBoxLayout()
        row.setContentsMargins(SPACE.medium, 0, SPACE.small, SPACE.hair)
        row.setSpacing(SPACE.hair)
        row.addWidget(self.size_button)
        row.addStretch(1)
        row.addWidget(self.name_button)
        row.addWidget(self.versions_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.hair)
        column.addWidget(self.list, 1)
        column.addLayout(row)
        self.setFocusProxy(self.list)
        self._show()
        desk.changed.connect(lambda *_: self._show())
        desk.session.versions_changed.connect(self._show)

    def show_weight(self, undo: int | None, limit: int) -> None:
        """What the history takes and may take, in bytes; None while that is being counted."""
        if undo is None:
            self._ask()
            return
        text = self.tr("{taken} of {limit}").format(taken=amount(undo), limit=amount(limit))
        self.size_button.setText(text)
        self.size_button.setAccessibleName(self.tr("Undo memory: {text}").format(text=text))

    def showEvent(self, event: QShowEvent) -> None:
        """Come up to date."""
        super().showEvent(event)
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody asks."""
        super().hideEvent(event)
        self._weigh.stop()

    def close_work(self) -> None:
        """Nothing comes any more."""
        self._weigh.stop()
        self._desk.session.versions_changed.disconnect(self._show)

    def _show(self) -> None:
        """While it is hidden, nothing: a stroke shall not wait for the rows of a thousand others."""
        for button in (self.size_button, self.name_button):
            button.setEnabled(not self._desk.read_only)
        if self.isVisible():
            self.list.show_history()
            self._ask()

    def _ask(self) -> None:
        if self.isVisible() and not self._desk.read_only and not self._weigh.isActive():
            self._weigh.start()
