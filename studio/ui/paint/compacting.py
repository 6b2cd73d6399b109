"""Asks how a project is to be compacted, and how much its history may take."""

import dataclasses
import time
from datetime import datetime

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.session.canvas import CanvasSession
from studio.session.project.store import Weight
from studio.session.settings import CanvasSettings
from studio.ui.paint.amounts import amount
from studio.ui.plurals import counted
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import label
from studio.ui.widgets.wheel import Choice, WholeNumber

HOUR = 3600.0
_AGES = (7 * 24 * HOUR, 24 * HOUR, HOUR, 0.0)  # seconds: steps older than that can be dropped
_LIMIT = next(field for field in dataclasses.fields(CanvasSettings) if field.name == "undo_megabytes").metadata


def _tr(text: str) -> str:
    return QCoreApplication.translate("CompactDialog", text)


def _title(age: float) -> str:
    return {
        7 * 24 * HOUR: _tr("Drop steps older than a week"),
        24 * HOUR: _tr("Drop steps older than a day"),
        HOUR: _tr("Drop steps older than an hour"),
        0.0: _tr("Drop all steps"),
    }[age]


class CompactDialog(QDialog):
    """Says what compacting frees and what it drops.

    `asked` wants `show_weight` for steps older than a moment (seconds since 1970, None for every step to stay);
    `chosen` brings that moment when it is to be done.
    """

    asked = Signal(object)
    chosen = Signal(object)

    def __init__(self, session: CanvasSession, parent: QWidget | None = None, now: float | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Compact project"))
        self._history = session.history
        now = time.time() if now is None else now
        self.steps = Choice()
        self.steps.setAccessibleName(self.tr("Undo history"))
        self.steps.setToolTip(self.tr("What cannot be undone to needs no room"))
        self.steps.addItem(self.tr("Keep every step"), None)
        for age in _AGES:
            if self._history.older_than(now - age):
                self.steps.addItem(_title(age), now - age)
        self.frees = label("", "heading", wrap=True)
        self.drops = label("", "caption", wrap=True)
        self.ok = push_button(self.tr("Compact"), look="accent-small")
        self.ok.setDefault(True)
        self.cancel_button = push_button(self.tr("Cancel"))
        self._arrange()
        self.steps.currentIndexChanged.connect(lambda _: self._ask())
        self.ok.clicked.connect(self.accept)
        self.cancel_button.clicked.connect(self.reject)
        self.accepted.connect(lambda: self.chosen.emit(self.older))

    @property
    def older(self) -> float | None:
        """Steps made before that moment are dropped; None where all stay."""
        moment: float | None = self.steps.currentData()
        return moment

    def showEvent(self, event: object) -> None:
        """Ask for the first answer."""
        super().showEvent(event)  # type: ignore[arg-type]
        self._ask()

    def show_weight(self, older: float | None, weight: Weight | None) -> None:
        """The answer; None where it is unknown. One that came too late is left."""
        if older != self.older:
            return
        if weight is None:
            self.frees.setText(self.tr("How much that frees is not known."))
        elif not weight.freed:
            self.frees.setText(self.tr("There is nothing to free."))
        else:
            text = self.tr("Frees about {freed} of {disk}.")
            self.frees.setText(text.format(freed=amount(weight.freed), disk=amount(weight.disk)))

    def _ask(self) -> None:
        self.frees.setText(self.tr("Counting…"))
        self.drops.setText(self._dropped())
        self.asked.emit(self.older)

    def _dropped(self) -> str:
        """What is lost, in words."""
        all_steps = len(self._history.versions)
        if self.older is None:
            return counted(self.tr("All %n step(s) of the history stay.", "", all_steps), all_steps)
        count = len(self._history.older_than(self.older))
        words = self.tr("%n step(s) of {all} go for good: those before {when}.", "", count)
        words = counted(words, count).format(all=all_steps, when=f"{datetime.fromtimestamp(self.older):%Y-%m-%d %H:%M}")
        return f"{words} {self.tr('The picture as it is and the named versions stay.')}"

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(SPACE.large)
        form.addRow(label(self.tr("Undo history"), "caption", buddy=self.steps), self.steps)
        layout = _column(self, self.cancel_button, self.ok)
        layout.insertLayout(0, form)
        layout.insertWidget(1, self.frees)
        layout.insertWidget(2, self.drops)
        self.setMinimumWidth(420)


class LimitDialog(QDialog):
    """How many megabytes the history may take; `chosen` brings them."""

    chosen = Signal(int)

    def __init__(self, limit: int, parent: QWidget | None = None) -> None:
        """`limit` is the one that holds, in megabytes."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Undo memory"))
        self.box = WholeNumber()
        self.box.setRange(_LIMIT["minimum"], _LIMIT["maximum"])
        self.box.setSingleStep(256)
        self.box.setValue(limit)
        self.box.setAccessibleName(self.tr("Megabytes"))
        self.box.setToolTip(self.tr("For each project, in its file"))
        self.ok = push_button(self.tr("Set"), look="accent-small")
        self.ok.setDefault(True)
        self.cancel_button = push_button(self.tr("Cancel"))
        form = QFormLayout()
        form.setHorizontalSpacing(SPACE.large)
        form.addRow(label(self.tr("Megabytes"), "caption", buddy=self.box), self.box)
        words = self.tr("When the history of a project takes more, its oldest steps go, but never those with a name.")
        layout = _column(self, self.cancel_button, self.ok)
        layout.insertLayout(0, form)
        layout.insertWidget(1, label(words, "small", wrap=True))
        self.setMinimumWidth(360)
        self.ok.clicked.connect(self.accept)
        self.cancel_button.clicked.connect(self.reject)
        self.accepted.connect(lambda: self.chosen.emit(self.box.value()))


def _column(dialog: QDialog, *buttons: QWidget) -> QVBoxLayout:
    """A dialog's layout with its buttons at the foot."""
    foot = QHBoxLayout()
    foot.setSpacing(SPACE.small)
    foot.addStretch(1)
    for button in buttons:
        foot.addWidget(button)
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(SPACE.huge, SPACE.huge, SPACE.huge, SPACE.large)
    layout.setSpacing(SPACE.large)
    layout.addLayout(foot)
    return layout
