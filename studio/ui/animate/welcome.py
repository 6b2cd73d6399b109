"""What the player says while there is no clip: how to begin."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.ui.theme.icons import pixmap
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import hint_with, push_button
from studio.ui.widgets.flow import FlowLayout
from studio.ui.widgets.labels import label

_WIDTH = 460


class Welcome(QFrame):
    """Lies over its parent. `begun` brings an example, `made` asks for the loop, `import_wanted` for a file."""

    begun = Signal(str)
    made = Signal()
    import_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(f"Welcome {{ background: {COLOURS.canvas}; }}")
        sign = QLabel()
        sign.setPixmap(pixmap("repeat", COLOURS.lamp, 32, self.devicePixelRatioF()))
        title = label(self.tr("A loop without a seam"), "display")
        text = label(
            self.tr("Write what it shows in the box at the right. Its frames appear here one by one, play at once, and"
                    " the seam is measured."),
            "caption", wrap=True,
        )  # fmt: skip
        self.make_button = push_button(self.tr("Make a loop"), look="accent", sign="sparkles")
        self.make_button.setToolTip(hint_with(self.tr("From the prompt at the right"), "Ctrl+Return"))
        self.make_button.setMinimumWidth(168)
        self.import_button = push_button(self.tr("Import video…"), look="tall", sign="film")
        self.import_button.setToolTip(hint_with(self.tr("Videos, pictures, sounds and timelines"), "Ctrl+I"))
        self.make_button.clicked.connect(self.made)
        self.import_button.clicked.connect(self.import_wanted)
        self._chips = FlowLayout()
        self._column = QWidget(self)
        self._arrange(sign, title, text)
        parent.installEventFilter(self)
        self._fit()

    def offer(self, examples: Iterable[str]) -> None:
        """Prompts to begin with."""
        for text in examples:
            chip = push_button(text, look="chip", hint=self.tr("Put it into the box of the prompt"))
            chip.clicked.connect(lambda _=False, text=text: self.begun.emit(text))
            self._chips.addWidget(chip)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """As large as its parent."""
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return False

    def _fit(self) -> None:
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())
            self.raise_()

    def _arrange(self, sign: QLabel, title: QLabel, text: QLabel) -> None:
        self._column.setMaximumWidth(_WIDTH)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE.small)
        buttons.addStretch(1)
        buttons.addWidget(self.make_button)
        buttons.addWidget(self.import_button)
        buttons.addStretch(1)
        column = QVBoxLayout(self._column)
        column.setContentsMargins(SPACE.large, SPACE.small, SPACE.large, SPACE.small)
        column.setSpacing(SPACE.medium)
        column.addStretch(1)
        for part in (sign, title, text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(part)
        column.addSpacing(SPACE.hair)
        column.addLayout(buttons)
        column.addSpacing(SPACE.hair)
        column.addLayout(self._chips)
        column.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(self._column, 10)
        row.addStretch(1)
