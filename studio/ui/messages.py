"""The two bars over the canvas: a problem, and an offer."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from studio.domain.errors import Problem
from studio.ui.plurals import counted
from studio.ui.theme.tokens import COLOURS
from studio.ui.widgets.message_bar import MessageBar


class ErrorBanner(MessageBar):
    """The newest problem, and how many came before it since the banner was last closed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("triangle-alert", COLOURS.warning, "banner", parent)
        self._details, self._count = "", 0
        self.copy_button = self.add_button(
            self.tr("Copy details"), sign="copy", hint=self.tr("Copy everything that is known, for a bug report")
        )
        self.copy_button.clicked.connect(self.copy_details)
        self.closed.connect(self._forget)

    def report(self, problem: Problem, details: str = "") -> None:
        """Show a problem."""
        self._count += 1
        parts = (f"[{problem.kind}] {problem.message}", problem.hint, details)
        self._details = "\n".join(part for part in parts if part)
        hint = problem.hint
        if self._count > 1:
            earlier = counted(self.tr("%n earlier message(s) before this one.", "", self._count - 1), self._count - 1)
            hint = f"{hint}\n{earlier}".strip()
        self.say(problem.message, hint)

    def copy_details(self) -> None:
        """Everything that is known, to the clipboard."""
        QGuiApplication.clipboard().setText(self._details)

    def _forget(self) -> None:
        self._count = 0


class OfferBar(MessageBar):
    """Offers the settings that a dropped picture carries; nothing is taken unasked."""

    accepted = Signal()
    prompt_accepted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("wand-sparkles", COLOURS.text, "offer", parent)
        self.all_button = self.add_button(self.tr("Use its settings"))
        self.prompt_button = self.add_button(self.tr("Only the prompt"))
        for button, signal in ((self.all_button, self.accepted), (self.prompt_button, self.prompt_accepted)):
            button.clicked.connect(signal)
            button.clicked.connect(self.dismiss)
