"""Columns of controls that scroll when they are too tall."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


class ScrollColumn(QScrollArea):
    """Shows `body` at the full width; only up and down, and no stop of its own on the way of the Tab key."""

    def __init__(self, body: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(body)


class FittingColumn(ScrollColumn):
    """Asks for the height that `body` has now, and is content with `least` pixels, or less where that is enough."""

    def __init__(self, body: QWidget, least: int, parent: QWidget | None = None) -> None:
        super().__init__(body, parent)
        self._body, self._least = body, least
        body.installEventFilter(self)

    def sizeHint(self) -> QSize:
        """All of the body."""
        return self._body.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """What is left to scroll in."""
        return QSize(0, min(self._least, self._body.sizeHint().height()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The body grows or shrinks."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)
