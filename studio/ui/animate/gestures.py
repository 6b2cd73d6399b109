"""Edits that belong together: those of one drag, or of one word that is typed, are one step of the history."""

import itertools
import time
from collections.abc import Callable

_APART = 1.2  # seconds; what comes later is another step


class Gestures:
    """Gives edits of one field in a row one key to merge by."""

    _numbers = itertools.count()

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._field, self._last, self._number = "", 0.0, 0

    def key(self, field: str) -> str:
        """The key for an edit of a field."""
        now = self._now()
        if field != self._field or now - self._last > _APART:
            self._field, self._number = field, next(self._numbers)
        self._last = now
        return f"clip-{self._number}-{field}"

    def end(self) -> None:
        """The next edit is another step."""
        self._field = ""
