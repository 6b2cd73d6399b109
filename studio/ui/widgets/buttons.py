"""Buttons in our looks, each with a name for a screen reader and a tooltip that shows its shortcut."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from studio.ui.theme.icons import icon
from studio.ui.theme.tokens import COLOURS, SPACE

_AIR = 4  # between a sign and its words; the style leaves too little


def hint_with(text: str, shortcut: str = "") -> str:
    """A tooltip with its shortcut as this system writes it."""
    if not shortcut:
        return text
    return f"{text} ({QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)})"


def tool_button(
    sign: str,
    name: str,
    *,
    hint: str = "",
    shortcut: str = "",
    look: str = "",
    checkable: bool = False,
    parent: QWidget | None = None,
) -> QToolButton:
    """A square button with only an icon."""
    button = QToolButton(parent)
    button.setIcon(icon(sign, COLOURS.muted, COLOURS.text))
    button.setIconSize(QSize(16, 16))
    button.setAccessibleName(name)
    button.setToolTip(hint_with(hint or name, shortcut))
    button.setCheckable(checkable)
    button.setFixedSize(SPACE.control, SPACE.control)
    if look:
        button.setProperty("look", look)
    return button


def push_button(
    text: str, *, look: str = "", sign: str = "", hint: str = "", shortcut: str = "", parent: QWidget | None = None
) -> QPushButton:
    """A button with words."""
    button = QPushButton(text, parent)
    button.setAutoDefault(False)
    if sign:
        button.setIcon(icon(sign, COLOURS.on_accent if look == "accent" else COLOURS.muted, COLOURS.text, _AIR))
        button.setIconSize(QSize(16 + _AIR, 16))
    if hint or shortcut:
        button.setToolTip(hint_with(hint or text, shortcut))
    if look:
        button.setProperty("look", look)
    return button
