"""What the canvas says before there is a picture."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.theme.icons import pixmap
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.flow import FlowLayout
from studio.ui.widgets.labels import label

_CHIPS = 6
_WIDTH = 560


class EmptyState(QWidget):
    """An invitation, and examples to click."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(200, 160)
        lamp = QLabel()
        lamp.setPixmap(pixmap("lamp", COLOURS.lamp, 40, self.devicePixelRatioF()))
        self.title = label("", "display", wrap=True)
        self.subtitle = label(self.tr("Or begin with one of these:"), "caption")
        self.chips = QWidget()
        self._flow = FlowLayout(self.chips, most=_WIDTH)
        self.footnote = label(self.tr("Drop a picture here to start from it."), "small")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE.huge, SPACE.huge, SPACE.huge, SPACE.huge)
        layout.setSpacing(SPACE.large)
        layout.addStretch(3)
        for part in (lamp, self.title, self.subtitle):
            if isinstance(part, QLabel):
                part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(part)
        layout.addLayout(_centred(self.chips))
        layout.addSpacing(SPACE.small)
        self.footnote.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self.footnote)
        layout.addStretch(4)
        self.invite(first=True)

    def invite(self, *, first: bool) -> None:
        """Say which key makes a picture."""
        key = QKeySequence("Ctrl+Return").toString(QKeySequence.SequenceFormat.NativeText)
        text = self.tr("Press {key} to make your first picture") if first else self.tr("Press {key} to make a picture")
        self.title.setText(text.format(key=key))

    def offer(self, examples: Sequence[str]) -> None:
        """Show examples of the chosen model."""
        while self._flow.count():
            item = self._flow.takeAt(0)
            if item is not None and (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for text in examples[:_CHIPS]:
            chip = push_button(text, look="chip", hint=self.tr("Put this into the prompt"))
            chip.clicked.connect(lambda _checked=False, text=text: self.chosen.emit(text))
            self._flow.addWidget(chip)
        self.subtitle.setVisible(bool(examples))
        self.chips.setVisible(bool(examples))
        self.chips.updateGeometry()

    def sizeHint(self) -> QSize:
        """Whatever there is."""
        return QSize(480, 400)


def _centred(widget: QWidget) -> QVBoxLayout:
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    policy.setHeightForWidth(True)
    widget.setSizePolicy(policy)
    column = QVBoxLayout()
    column.addWidget(widget)
    return column
