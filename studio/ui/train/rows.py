"""Rows of the training form: a control, and below it what is wrong with its value."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.labels import label, row_label
from studio.ui.widgets.slider_field import SliderField
from studio.ui.widgets.wheel import Choice

_BOX_WIDTH = 72


class Row(QWidget):
    """One value of a training: `control` shows it, `read` and `show` translate. `changed` follows every edit."""

    changed = Signal()

    def __init__(
        self, title: str, control: QWidget, read: Callable[[], Any], show: Callable[[Any], object], frame: QWidget
    ) -> None:
        super().__init__()
        self.title, self.control, self.read, self.show_value = title, control, read, show
        self.name = row_label(title, control)
        self.name.setFixedHeight(SPACE.control)
        self._frame = frame  # what is framed when the value is wrong
        self.problem = label("", "warning", wrap=True)
        self.problem.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(control)
        column.addWidget(self.problem)
        self.setFocusProxy(control)

    def mark(self, text: str) -> None:
        """Say what is wrong; the empty text says that nothing is."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        if bool(self._frame.property("wrong")) != bool(text):
            self._frame.setProperty("wrong", bool(text))
            self._frame.style().polish(self._frame)

    def set_shown(self, shown: bool) -> None:
        """Show or hide the row with its name."""
        self.name.setVisible(shown)
        self.setVisible(shown)


def slider_row(
    title: str,
    hint: str,
    low: float,
    high: float,
    *,
    least: float,
    most: float,
    step: float = 1.0,
    decimals: int = 0,
) -> Row:
    """A number; a whole one without `decimals`. Its default is set by `show_default`."""
    field = SliderField(low, high, step=step, decimals=decimals, least=least, most=most)
    field.box.setFixedWidth(_BOX_WIDTH)
    field.name(title, hint)
    row = Row(
        title, field, (lambda: field.value) if decimals else (lambda: round(field.value)), field.set_value, field.box
    )
    field.changed.connect(row.changed)
    return row


def text_row(title: str, hint: str, placeholder: str) -> Row:
    """A line of text."""
    edit = QLineEdit()
    edit.setPlaceholderText(placeholder)
    edit.setAccessibleName(title)
    edit.setToolTip(hint)
    row = Row(title, edit, lambda: edit.text().strip(), edit.setText, edit)
    edit.textChanged.connect(row.changed)
    return row


def lines_row(title: str, hint: str, placeholder: str) -> Row:
    """Some lines of text, as a tuple."""
    edit = QPlainTextEdit()
    edit.setPlaceholderText(placeholder)
    edit.setAccessibleName(title)
    edit.setToolTip(hint)
    edit.setTabChangesFocus(True)
    edit.setFixedHeight(64)
    row = Row(
        title,
        edit,
        lambda: tuple(line.strip() for line in edit.toPlainText().splitlines() if line.strip()),
        lambda lines: edit.setPlainText("\n".join(lines)),
        edit,
    )
    edit.textChanged.connect(row.changed)
    return row


def choice_row(title: str, hint: str, words: dict[StrEnum, str]) -> Row:
    """One of some values, each with its word."""
    values = list(words)
    box = Choice()
    box.setAccessibleName(title)
    box.setToolTip(hint)
    box.addItems(list(words.values()))
    row = Row(
        title,
        box,
        lambda: values[max(0, box.currentIndex())],
        lambda value: box.setCurrentIndex(values.index(value)),
        box,
    )
    box.currentIndexChanged.connect(row.changed)
    return row


def check_row(title: str, hint: str) -> Row:
    """Yes or no."""
    box = QCheckBox(title)
    box.setProperty("look", "caption")
    box.setToolTip(hint)
    box.setMinimumHeight(24)
    row = Row("", box, box.isChecked, box.setChecked, box)
    row.name.setFixedHeight(24)
    box.toggled.connect(row.changed)
    return row


def place_rows(grid: QGridLayout, rows: list[Row]) -> None:
    """Names at the left, controls at the right."""
    for row in rows:
        at = grid.rowCount()
        grid.addWidget(row.name, at, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(row, at, 1)
