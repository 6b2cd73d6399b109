"""The tools of the strip: what a drag of a clip, or of its edge, does."""

from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, Qt
from PySide6.QtGui import QCursor, QGuiApplication

from studio.ui.theme.icons import pixmap
from studio.ui.theme.tokens import COLOURS


@dataclass(frozen=True, slots=True)
class Tool:
    """`hint` says what it does beyond its title."""

    id: str
    title: str
    sign: str
    key: str
    hint: str


def _named(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Timeline", text))


TOOLS: tuple[Tool, ...] = (
    Tool("select", _named("Select and move"), "mouse-pointer-2", "V",
         _named("Drag a clip to move it, an edge to trim it. Ctrl+edge: ripple, Alt+edge: roll, Alt+clip: slip, "
                "Alt+Shift+clip: slide. Shift keeps from snapping.")),
    Tool("razor", _named("Razor"), "scissors", "C", _named("A click cuts a clip; with Shift, those of all tracks.")),
    Tool("ripple", _named("Ripple trim"), "fold-horizontal", "B", _named("Trims an edge; what follows comes along.")),
    Tool("roll", _named("Roll"), "columns-2", "N", _named("Moves the cut between two clips.")),
    Tool("slip", _named("Slip"), "move-horizontal", "Y", _named("Another part of the media, in the same place.")),
    Tool("slide", _named("Slide"), "arrow-left-right", "U", _named("Moves a clip; its neighbours make room.")),
)  # fmt: skip


def cursor(sign: str) -> QCursor:
    """A pointer that shows what a press does; its tip is the upper left corner."""
    ratio = QGuiApplication.primaryScreen().devicePixelRatio()
    return QCursor(pixmap(sign, COLOURS.text, 20, ratio), 10, 10)


SIZE = Qt.CursorShape.SizeHorCursor
