"""The bars over the canvas: a problem, an offer, and news of jobs that go on."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QWidget

from studio.domain.errors import Problem
from studio.ui.plurals import counted
from studio.ui.theme.tokens import COLOURS
from studio.ui.widgets.message_bar import MessageBar

_ROOMY = 360  # logical pixels


class ErrorBanner(MessageBar):
    """The newest problem, and how many came before it since the banner was last closed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("triangle-alert", COLOURS.warning, "banner", parent)
        self._details, self._count = "", 0
        self._retry: Callable[[], object] | None = None
        self.retry_button = self.add_button(self.tr("Try again"), sign="refresh-cw")
        self.copy_button = self.add_button(
            self.tr("Copy details"), sign="copy", hint=self.tr("Copy everything that is known, for a bug report")
        )
        self.copy_button.clicked.connect(self.copy_details)
        self.retry_button.clicked.connect(self._try_again)
        self.retry_button.hide()
        self.closed.connect(self._forget)

    def report(self, problem: Problem, details: str = "", retry: Callable[[], object] | None = None) -> None:
        """Show a problem; `retry` is what [Try again] does, which is offered only with it."""
        self._count += 1
        self._retry = retry
        self.retry_button.setVisible(retry is not None)
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

    def _try_again(self) -> None:
        retry, self._retry = self._retry, None
        self.dismiss()
        if retry is not None:
            retry()

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


class NewsBar(MessageBar):
    """Tells of jobs that go on by themselves, and lets them wait."""

    pause_wanted = Signal()
    go_on_wanted = Signal()
    queue_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("rotate-cw", COLOURS.text, "offer", parent)
        self._details = ""
        self.pause_button = self.add_button(
            self.tr("Pause the queue"), sign="pause", hint=self.tr("Let all jobs wait until you let them go on")
        )
        self.go_on_button = self.add_button(self.tr("Continue"), sign="play", hint=self.tr("Let the queue go on"))
        self.queue_button = self.add_button(self.tr("Show queue"))
        self.copy_button = self.add_button(
            self.tr("Copy details"), sign="copy", hint=self.tr("Copy everything that is known, for a bug report")
        )
        self.pause_button.clicked.connect(self.pause_wanted)
        self.go_on_button.clicked.connect(self.go_on_wanted)
        self.queue_button.clicked.connect(self.queue_wanted)
        self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._details))

    def tell(self, message: str, hint: str = "", *, held: bool = False, details: str = "") -> None:
        """Say what goes on, or, if the queue is held, what waits. News with `details` to be copied outlives jobs."""
        self._details = details
        self.copy_button.setVisible(bool(details))
        self.pause_button.setVisible(not held)
        self.go_on_button.setVisible(held)
        self.say(message, hint)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room, what can be done needs it more than the hint."""
        super().resizeEvent(event)
        self._fit()

    def rest(self) -> None:
        """Nothing goes on any more."""
        self.pause_button.hide()
        self.go_on_button.hide()
        if not self._details:
            self.hide()

    def _fit(self) -> None:
        self.hint.setVisible(bool(self.hint.text()) and self.width() >= _ROOMY)
