"""The seed: rolled for each job, or kept."""

import secrets

from PySide6.QtCore import QRegularExpression, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from studio.domain.recipe import MAX_BATCH, SEED_LIMIT
from studio.ui.theme.icons import icon
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import tool_button

_ROLLED = 2**32  # short enough to read out and to type, and accepted by every other program


class SeedField(QWidget):
    """A number, a dice and a lock. Typing a seed locks it: who types one means it."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = QLineEdit()
        self.box.setAccessibleName(self.tr("Seed"))
        self.box.setToolTip(self.tr("Equal seed and settings give the equal picture"))
        self.box.setValidator(QRegularExpressionValidator(QRegularExpression(r"\d{1,19}"), self.box))
        self.dice = tool_button("dices", self.tr("New seed now"), look="field")
        self.lock = tool_button("lock-open", self.tr("Keep the seed"), look="field", checkable=True)
        self.box.textEdited.connect(self._typed)
        self.dice.clicked.connect(self.roll)
        self.lock.toggled.connect(self._locked)
        self._locked(False)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE.hair)
        layout.addWidget(self.box, 1)
        layout.addWidget(self.dice)
        layout.addWidget(self.lock)
        self.setFocusProxy(self.box)

    @property
    def value(self) -> int:
        """The seed shown; an empty box is 0."""
        return min(int(self.box.text() or 0), SEED_LIMIT - MAX_BATCH)

    @property
    def locked(self) -> bool:
        """Is the seed kept?"""
        return self.lock.isChecked()

    def set_value(self, seed: int, *, locked: bool) -> None:
        """Show a seed."""
        self.box.setText(str(seed))
        self.lock.setChecked(locked)
        self.changed.emit()

    def roll(self) -> None:
        """Another seed by chance."""
        self.box.setText(str(secrets.randbelow(_ROLLED)))
        self.changed.emit()

    def advance(self) -> None:
        """Called for each new job: another seed unless this one is kept."""
        if not self.locked:
            self.roll()

    def _typed(self) -> None:
        self.lock.setChecked(True)
        self.changed.emit()

    def _locked(self, locked: bool) -> None:
        self.lock.setIcon(icon("lock" if locked else "lock-open", COLOURS.muted, COLOURS.text))
        self.lock.setToolTip(
            self.tr("The seed is kept; click to roll a new one for each picture")
            if locked
            else self.tr("Each job rolls a new seed; click to keep this one")
        )
        self.changed.emit()
