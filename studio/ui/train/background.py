"""Slow work of the Train page, away from the window's thread."""

import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from studio.domain.errors import Problem, StudioError

T = TypeVar("T")


class Background(QObject):
    """One thread; its works are done in order, and each one's outcome is told in the window's thread.

    A StudioError becomes `problem`; what was not expected goes to `sys.excepthook`, in the window's thread.
    """

    problem = Signal(Problem)
    _ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = ThreadPoolExecutor(1, "train")
        self._closed = False
        self._ended.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def run(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        """Begin a work, or let it wait for those before it; returns at once."""
        if self._closed:
            return

        def done(future: Future[T]) -> None:
            if not self._closed:  # else this object may be gone
                self._ended.emit(lambda: self._hand_over(future, then))

        self._thread.submit(work).add_done_callback(done)

    def close(self) -> None:
        """Finish everything, tell nobody, take nothing more."""
        self._closed = True
        self._thread.shutdown(wait=True)

    def abandon(self) -> None:
        """Finish only the work under way, tell nobody, take nothing more."""
        self._closed = True
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _hand_over(self, future: Future[T], then: Callable[[T], None]) -> None:
        error = future.exception()
        if error is None:
            then(future.result())
        elif isinstance(error, StudioError):
            self.problem.emit(error.problem)
        else:
            sys.excepthook(type(error), error, error.__traceback__)

    @Slot(object)
    def _tell(self, tell: Callable[[], None]) -> None:
        if not self._closed:
            tell()
