"""The box a prompt is written in."""

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from studio.ui.panels.emphasis import STEP, Selection, change_weight

_STEPS = {Qt.Key.Key_Up: STEP, Qt.Key.Key_Down: -STEP}


class PromptEdit(QPlainTextEdit):
    """Plain text; Tab leaves it, Ctrl+↑ and Ctrl+↓ weigh the selected words, files are left to the panel."""

    def __init__(self, name: str, placeholder: str, height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        self.setMinimumHeight(height)
        self.document().setDocumentMargin(4)

    def text(self) -> str:
        """What is written."""
        return self.toPlainText()

    def show_text(self, text: str) -> None:
        """Replace everything, as one step of undo."""
        if text == self.text():
            return
        cursor = self.textCursor()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        self.setTextCursor(cursor)

    def insert_words(self, words: str) -> None:
        """Put words where the cursor is, apart from their neighbours, and go on there."""
        cursor = self.textCursor()
        cursor.clearSelection()
        before, after = self.text()[: cursor.position()], self.text()[cursor.position() :]
        left = " " if before and not before[-1].isspace() else ""
        right = " " if after and after[0].isalnum() else ""
        cursor.insertText(f"{left}{words}{right}")
        self.setTextCursor(cursor)
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Weights; everything else as usual."""
        step = _STEPS.get(Qt.Key(event.key()))
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if step is not None and modifiers == Qt.KeyboardModifier.ControlModifier:
            self._weigh(step)
            event.accept()
            return
        super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Text only: a dropped picture is for the panel."""
        return source.hasText() and not source.hasUrls() and not source.hasImage()

    def _weigh(self, step: float) -> None:
        cursor = self.textCursor()
        before = Selection(self.text(), cursor.selectionStart(), cursor.selectionEnd())
        after = change_weight(before, step)
        if after == before:
            return
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(after.text)
        cursor.setPosition(after.start)
        cursor.setPosition(after.end, QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)
