"""What the timeline says while it is empty."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.ui.theme.icons import pixmap
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import label


class Invitation(QWidget):
    """Three ways to begin."""

    generate_wanted = Signal()
    import_wanted = Signal()
    canvas_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(f"Invitation {{ background: {COLOURS.canvas}; }}")
        sign = QLabel()
        sign.setPixmap(pixmap("clapperboard", COLOURS.lamp, 28, self.devicePixelRatioF()))
        title = label(self.tr("Make a loop, or bring something along"), "heading")
        hint = self.tr("Drop videos, pictures or sounds here. What you add lies on a track, and plays at once.")
        words = label(hint, "caption", wrap=True)
        generate = push_button(self.tr("Generate a loop"), sign="sparkles",
                               hint=self.tr("A seamless loop from a prompt"))  # fmt: skip
        bring = push_button(self.tr("Import…"), sign="folder-open", hint=self.tr("Videos, pictures, sounds, timelines"))
        canvas = push_button(
            self.tr("Use the canvas"), sign="brush", hint=self.tr("The painting of this project as a clip")
        )
        row = QHBoxLayout()
        row.setSpacing(SPACE.small)
        row.addStretch(1)
        for button, signal in (
            (generate, self.generate_wanted),
            (bring, self.import_wanted),
            (canvas, self.canvas_wanted),
        ):
            button.clicked.connect(signal)
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.large, SPACE.medium, SPACE.large, SPACE.medium)
        column.setSpacing(SPACE.small)
        column.addStretch(1)
        for part in (sign, title, words):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(part)
        column.addSpacing(SPACE.hair)
        column.addLayout(row)
        column.addStretch(1)
