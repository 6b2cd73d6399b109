"""What can wait lets the pen go first: an interpreter serves one thread at a time, and each turn that a small picture
takes while a stroke is being drawn comes between the pen and the screen.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LONGEST = 0.25  # seconds that one piece of work waits: even a stroke that never ends lets it come through


class Courtesy:
    """Who may go first. Threads that said that they can wait do, piece by piece, while the pen is down."""

    def __init__(self) -> None:
        self._pen_up = threading.Event()
        self._pen_up.set()
        self._patient = threading.local()

    def pen(self, *, down: bool) -> None:
        """A gesture begins or ends."""
        self._pen_up.clear() if down else self._pen_up.set()

    @contextmanager
    def patience(self) -> Iterator[None]:
        """In this thread, what is done inside the block can wait."""
        self._patient.so = True
        try:
            yield
        finally:
            self._patient.so = False

    def give_way(self) -> None:
        """Called between two pieces of work: waits where the thread can and the pen is down."""
        if not self._pen_up.is_set() and getattr(self._patient, "so", False):
            self._pen_up.wait(_LONGEST)


COURTESY = Courtesy()  # one, as there is one interpreter
