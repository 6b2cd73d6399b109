"""A bar that says something and stays out of the way: for problems and for offers."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.ui.theme.icons import pixmap
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import push_button, tool_button
from studio.ui.widgets.flow import FlowLayout
from studio.ui.widgets.labels import label


class MessageBar(QFrame):
    """Icon, message, hint, buttons and a close button; hidden until `say`."""

    closed = Signal()

    def __init__(self, sign: str, colour: str, look: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", look)
        self.message = label("", "heading", wrap=True)
        self.hint = label("", "caption", wrap=True)
        for text in (self.message, self.hint):
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.close_button = tool_button("x", self.tr("Close this message"))
        self.close_button.clicked.connect(self.dismiss)
        self._buttons = FlowLayout(centred=False)
        self._arrange(self._sign(sign, colour))
        self.hide()

    def add_button(self, text: str, *, sign: str = "", hint: str = "") -> QPushButton:
        """One more thing that can be done about it."""
        button = push_button(text, sign=sign, hint=hint)
        self._buttons.addWidget(button)
        return button

    def say(self, message: str, hint: str = "") -> None:
        """Show a message."""
        self.message.setText(message)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.setAccessibleName(message)
        self.setAccessibleDescription(hint)
        self.show()

    def dismiss(self) -> None:
        """Take the message away."""
        self.hide()
        self.closed.emit()

    def _sign(self, sign: str, colour: str) -> QLabel:
        made = QLabel()
        made.setPixmap(pixmap(sign, colour, 20, self.devicePixelRatioF()))
        made.setFixedHeight(20)
        return made

    def _arrange(self, sign: QLabel) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(SPACE.hair)
        texts.setContentsMargins(0, 0, 0, 0)
        texts.addWidget(self.message)
        texts.addWidget(self.hint)
        texts.addLayout(self._buttons)  # below, so that a narrow window leaves the words their room
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE.medium, SPACE.medium, SPACE.small, SPACE.medium)
        layout.setSpacing(SPACE.medium)
        layout.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(texts, 1)
        layout.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
