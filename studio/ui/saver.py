"""Saves pictures away from the window's thread: a slow disk must not stall it."""

import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from PySide6.QtCore import QObject, Qt, Signal, Slot

from studio.session.studio import Errand
from studio.ui.bridge import Bridge

PATIENCE = 10.0  # seconds for the disk at closing


class Saver(QObject):
    """`run` is a runner for a `Studio`: one task after the other in one thread, the outcome in the window's.

    The bridge is held meanwhile, so that the worker's later events come after the outcome. What a task did not expect
    goes to `sys.excepthook`, in the window's thread.
    """

    _ended = Signal()

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._thread = ThreadPoolExecutor(1, "saver")
        self._under_way: deque[Future[Callable[[], None]]] = deque()  # oldest first
        self._ended.connect(self._go_on, Qt.ConnectionType.QueuedConnection)

    def run(self, task: Errand) -> None:
        """Begin a task, or let it wait for those before it; returns at once."""
        self._bridge.hold()
        future = self._thread.submit(task)
        self._under_way.append(future)
        future.add_done_callback(self._wake)

    def close(self) -> None:
        """Wait for everything that was begun, but no longer than `PATIENCE`; take nothing more.

        What the disk has not taken by then is still written before the process ends, and nobody is told.
        """
        late = wait(self._under_way, PATIENCE).not_done
        self._thread.shutdown(wait=not late)
        ended = [future for future in self._under_way if future not in late]
        self._under_way.clear()
        for future in ended:
            _tell(future)

    def _wake(self, _future: Future[Callable[[], None]]) -> None:
        """In the thread of the task."""
        if self._under_way:  # else closed, and this object may be gone
            self._ended.emit()

    @Slot()
    def _go_on(self) -> None:
        if not self._under_way:
            return
        try:
            _tell(self._under_way.popleft())
        finally:
            if not self._under_way:
                self._bridge.release()


def _tell(future: Future[Callable[[], None]]) -> None:
    error = future.exception()
    if error is None:
        future.result()()
    else:
        sys.excepthook(type(error), error, error.__traceback__)
