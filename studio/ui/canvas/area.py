"""The middle of the workspace Generate: messages, the canvas or its invitation, and the line below."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.ui.canvas.bar import CanvasBar
from studio.ui.canvas.empty import EmptyState
from studio.ui.canvas.view import CanvasView
from studio.ui.denoise.bar import DenoiseBar
from studio.ui.dropping import dropped_files
from studio.ui.messages import ErrorBanner, OfferBar
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button

_LOW = 460  # logical pixels


class CanvasArea(QWidget):
    """Takes drops; shows the invitation until there is something to see."""

    dropped = Signal(list)
    follow_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(f"CanvasArea {{ background: {COLOURS.canvas}; }}")
        self.banner = ErrorBanner()  # laid out above all workspaces
        self.offer = OfferBar()
        self.view = CanvasView()
        self.empty = EmptyState()
        self.bar = CanvasBar()
        self.steps = DenoiseBar()
        self.follow_button = push_button(
            self.tr("Show the running picture"),
            look="chip",
            sign="eye",
            parent=self.view,
            hint=self.tr("Go back to the picture that is being made"),
        )
        self.follow_button.clicked.connect(self.follow_wanted)
        self.follow_button.hide()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.view)
        self._arrange()
        self.show_picture(False)

    def show_picture(self, shown: bool) -> None:
        """The picture, or the invitation to make one."""
        self.pages.setCurrentWidget(self.view if shown else self.empty)
        self.bar.setVisible(shown)

    def offer_to_follow(self, shown: bool) -> None:
        """A way back to what is being made, while another picture is looked at."""
        self.follow_button.setVisible(shown)
        self.follow_button.adjustSize()
        self.follow_button.move(SPACE.large, SPACE.large)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room, the picture needs it more."""
        super().resizeEvent(event)
        self.steps.set_low(event.size().height() < _LOW)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Pictures are welcome."""
        if dropped_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand them on."""
        event.acceptProposedAction()
        self.dropped.emit(dropped_files(event.mimeData()))

    def _arrange(self) -> None:
        notes = QVBoxLayout()
        notes.setContentsMargins(SPACE.medium, 0, SPACE.medium, 0)
        notes.addWidget(self.offer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(notes)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.steps)
        layout.addWidget(self.bar)
