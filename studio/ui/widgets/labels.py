"""Labels in our looks."""

import html

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from studio.ui.theme.tokens import SPACE


def label(text: str, look: str = "", *, buddy: QWidget | None = None, wrap: bool = False) -> QLabel:
    """A label; `buddy` is the control it names."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if look:
        made.setProperty("look", look)
    if buddy is not None:
        made.setBuddy(buddy)
    return made


def row_label(text: str, buddy: QWidget) -> QLabel:
    """The label at the left of a form's row; all are equally wide, so that the controls line up."""
    made = label(text, "caption", buddy=buddy)
    made.setMinimumWidth(SPACE.label)
    return made


class ElidedLabel(QLabel):
    """One line that ends in … where there is no room; the whole text is its tooltip."""

    def __init__(self, text: str = "", look: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if look:
            self.setProperty("look", look)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show another text."""
        line = " ".join(text.split())
        if line != self.text():
            self.setText(line)
            self.setToolTip(html.escape(line))  # a stranger's prompt is no markup

    def minimumSizeHint(self) -> QSize:
        """May shrink to nothing."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), self.alignment() | Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        """Another font or colour is another picture."""
        super().changeEvent(event)
        self.update()
