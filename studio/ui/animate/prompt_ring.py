"""The prompts of a clip, one after the other."""

from fractions import Fraction

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from studio.domain.timeline.model import Clip, Words
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import tool_button
from studio.ui.widgets.labels import ElidedLabel

_HEIGHT = 28


class PromptRing(QWidget):
    """A row for each prompt with the frame from which on it counts; nothing for a clip with one prompt."""

    chosen = Signal(object)  # the place of a prompt, a Fraction
    dropped = Signal(object)  # the same: it is to be deleted

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[Words, ...] = ()
        self._marked: Fraction | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._places: list[QToolButton] = []
        self.hide()

    def show_clip(self, clip: Clip | None, marked: Fraction | None) -> None:
        """Show the prompts of a clip; the one at `marked` is that which is written in the box above."""
        words = clip.words if clip is not None else ()
        if words != self._words:
            self._words, self._marked = words, None
            self._fill()
        if marked != self._marked:
            self._marked = marked
            for place, each in zip(self._places, words, strict=True):
                place.setChecked(each.at == marked)
        self.setVisible(bool(words))

    def _fill(self) -> None:
        while (item := self._column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self._places = []
        for words in self._words:
            self._column.addWidget(self._row(words))

    def _row(self, words: Words) -> QWidget:
        row = QWidget()
        place = QToolButton()
        place.setText(f"{float(words.at):g}")
        place.setCheckable(True)
        place.setProperty("look", "shape")
        place.setFixedSize(QSize(40, 22))
        place.setToolTip(self.tr("Write at this prompt: go to its frame"))
        place.setAccessibleName(self.tr("Prompt from frame {n}").format(n=f"{float(words.at):g}"))
        place.clicked.connect(lambda: self.chosen.emit(words.at))
        self._places.append(place)
        drop = tool_button("x", self.tr("Delete this prompt"))
        drop.setFixedSize(24, 24)
        drop.clicked.connect(lambda: self.dropped.emit(words.at))
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE.small)
        layout.addWidget(place)
        layout.addWidget(ElidedLabel(words.prompt or self.tr("(no prompt)"), "caption"), 1)
        layout.addWidget(drop)
        row.setFixedHeight(_HEIGHT)
        row.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        return row
