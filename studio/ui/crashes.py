"""What happens to an exception nobody caught: written down, and told in a sentence."""

import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QCoreApplication

from studio.domain.errors import ErrorKind, Problem, StudioError

Report = Callable[[Problem, str], None]
MAX_LOG = 1_000_000  # bytes; an older log is kept once, as log.old.txt


class CrashLog:
    """Takes the place of `sys.excepthook`: appends to a file and reports a `Problem` with its details."""

    def __init__(self, path: Path, report: Report) -> None:
        self.path = path
        self._report = report
        self._previous = sys.excepthook

    def install(self) -> None:
        """From now on, uncaught exceptions come here."""
        sys.excepthook = self._handle

    def remove(self) -> None:
        """Give the hook back."""
        if sys.excepthook == self._handle:
            sys.excepthook = self._previous

    def write(self, text: str) -> None:
        """Append to the log; a full disk must not make matters worse."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() and self.path.stat().st_size > MAX_LOG:
                self.path.replace(self.path.with_suffix(".old.txt"))
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"--- {datetime.now(UTC).isoformat(timespec='seconds')}\n{text}\n")
        except OSError:
            return

    def _handle(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._previous(kind, error, trace)
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        self.write(details)
        self._report(_problem(error, self.path), details)


def _problem(error: BaseException, log: Path) -> Problem:
    cause: BaseException | None = error
    while cause is not None:  # psygnal wraps what a listener raises
        if isinstance(cause, StudioError):
            return cause.problem
        cause = cause.__cause__
    translate, what = QCoreApplication.translate, str(error) or type(error).__name__
    return Problem(
        ErrorKind.INTERNAL,
        translate("CrashLog", "Something in Safelight went wrong: {error}.").format(error=what),
        translate("CrashLog", "You can go on working. The details are in {log}.").format(log=log),
    )
