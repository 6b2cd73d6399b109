"""Garbage is collected in the window's thread only.

Python collects cycles in whichever thread happens to allocate. A widget, timer or thread pool that dies in a reading
thread is destroyed there, which Qt does not allow: a pool, for one, would wait for its own thread for ever.
"""

import gc

from PySide6.QtCore import QObject, QTimer

EVERY = 500  # milliseconds


class GarbageCollector(QObject):
    """Does by timer what the interpreter does at allocations, with the interpreter's own thresholds."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=EVERY)
        self._timer.timeout.connect(self.collect)

    def start(self) -> None:
        """Take over; what exists by now stays for the program's life and need not be looked through again."""
        gc.disable()
        gc.freeze()
        self._timer.start()

    def stop(self) -> None:
        """Give it back."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def collect(self) -> None:
        """Collect the oldest generation that is due, if any."""
        due = [
            age
            for age, (count, limit) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True))
            if count > limit
        ]
        if due:
            gc.collect(max(due))
