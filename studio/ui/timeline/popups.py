"""Small forms that open where something is named or prompted, and close when the pointer goes elsewhere."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import label

_RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Popup(QFrame):
    """A frame with a title that deletes itself when it is closed; Esc closes it without effect."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setStyleSheet(f"Popup {{ background: {COLOURS.panel}; border: 1px solid {COLOURS.edge}; }}")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(SPACE.medium, SPACE.medium, SPACE.medium, SPACE.medium)
        self.column.setSpacing(SPACE.small)
        self.column.addWidget(label(title, "section"))

    def open_at(self, place: QPointF) -> None:
        """On the screen, as near to a place as it is seen whole."""
        self.adjustSize()
        room = self.screen().availableGeometry()
        x = min(max(room.left(), round(place.x())), room.right() - self.width())
        y = min(max(room.top(), round(place.y())), room.bottom() - self.height())
        self.move(x, y)
        self.show()


class NamePopup(Popup):
    """One line; Return takes it over."""

    def __init__(self, title: str, text: str, use: Callable[[str], object], parent: QWidget) -> None:
        super().__init__(title, parent)
        self.field = QLineEdit(text)
        self.field.setAccessibleName(title)
        self.field.setMinimumWidth(220)
        self.field.selectAll()
        self.column.addWidget(self.field)
        self.field.returnPressed.connect(lambda: self._take(use))
        self.field.setFocus()

    def _take(self, use: Callable[[str], object]) -> None:
        text = self.field.text()
        self.close()
        use(text)


class PromptPopup(Popup):
    """A prompt and what is not wanted; Ctrl+Return takes them over."""

    def __init__(
        self, title: str, prompt: str, negative: str, use: Callable[[str, str], object], parent: QWidget
    ) -> None:
        super().__init__(title, parent)
        self._use = use
        self.prompt, self.negative = QPlainTextEdit(prompt), QPlainTextEdit(negative)
        for box, name, high in ((self.prompt, self.tr("Prompt"), 72), (self.negative, self.tr("Negative prompt"), 44)):
            box.setAccessibleName(name)
            box.setPlaceholderText(name)
            box.setTabChangesFocus(True)
            box.setFixedSize(320, high)
            box.installEventFilter(self)
            self.column.addWidget(box)
        take = push_button(self.tr("Take over"), look="accent-small", shortcut="Ctrl+Return")
        take.clicked.connect(self._take)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(take)
        self.column.addLayout(row)
        self.prompt.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ctrl+Return is not a new line."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and _takes(event):
            self._take()
            return True
        return super().eventFilter(watched, event)

    def _take(self) -> None:
        prompt, negative = self.prompt.toPlainText().strip(), self.negative.toPlainText().strip()
        self.close()
        self._use(prompt, negative)


def _takes(event: QKeyEvent) -> bool:
    return event.key() in _RETURN and bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
