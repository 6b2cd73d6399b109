"""The jobs that wait, in the order in which they will run."""

import bisect
import math
import time
from collections.abc import Callable, Iterator

from studio.domain.jobs import Job, Priority, order

_Key = tuple[int, float, str]


class Line:
    """Ids sorted by priority and rank. Ranks are times of joining, so that jobs of several processes keep their order;
    whoever is moved gets one between its neighbours'.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._keys: list[_Key] = []
        self._of: dict[str, _Key] = {}
        self._last = 0.0

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._of

    def __iter__(self) -> Iterator[str]:
        """The ids, the next to run first; safe while the line changes."""
        return iter([job_id for _, _, job_id in self._keys])

    def all_are(self, blocked: Callable[[str], bool]) -> bool:
        """Does it hold for all? The line must not change meanwhile."""
        return all(blocked(job_id) for _, _, job_id in self._keys)

    def next_rank(self) -> float:
        """The rank of whoever joins at the end now; later than all given before."""
        self._last = max(self._clock(), math.nextafter(self._last, math.inf))
        return self._last

    def put(self, job: Job) -> None:
        """Let a job join, or stand where its priority and rank are now."""
        self.leave(job.id)
        key = order(job)
        bisect.insort(self._keys, key)
        self._of[job.id] = key
        self._last = max(self._last, job.rank)

    def leave(self, job_id: str) -> bool:
        """Take a job out; whether it was there."""
        key = self._of.pop(job_id, None)
        if key is None:
            return False
        del self._keys[bisect.bisect_left(self._keys, key)]
        return True

    def before_all(self) -> tuple[Priority, float]:
        """Priority and rank of a place before everybody."""
        first = self._keys[0] if self._keys else None
        if first is None or first[0] > Priority.INTERACTIVE:
            return Priority.INTERACTIVE, self.next_rank()
        return Priority.INTERACTIVE, first[1] - 1.0

    def place(self, job_id: str, before: str | None) -> tuple[Priority, float] | None:
        """Priority and rank of the place before another job, or at the end for None; the neighbour's priority is taken.

        None where no number lies between the neighbours any more: then others are to give `room` first.
        """
        others = [key for key in self._keys if key[2] != job_id]
        if before is None or before not in self._of or before == job_id:
            priority = Priority(others[-1][0]) if others else Priority.INTERACTIVE
            return priority, max(self.next_rank(), others[-1][1] + 1.0 if others else 0.0)
        at = bisect.bisect_left(others, self._of[before])
        priority, high = Priority(others[at][0]), others[at][1]
        same = at > 0 and others[at - 1][0] == others[at][0]
        low = others[at - 1][1] if same else high - 2.0
        middle = low + (high - low) / 2
        return (priority, middle) if low < middle < high else None

    def room(self, job_id: str, before: str) -> dict[str, float]:
        """Ranks of some that stand before another, in the same order and as few as can be, which leave room for a job
        behind them.
        """
        priority = self._of[before][0]
        others = [key for key in self._keys if key[0] == priority and key[2] != job_id]
        at = bisect.bisect_left(others, self._of[before])
        first, high, gap = at, others[at][1], 0.0
        while first and gap < 2 * math.ulp(high):
            first = max(0, 2 * first - at - 1)
            low = others[first - 1][1] if first else high - (at + 2.0)
            gap = (high - low) / (at - first + 2)
        return {name: low + gap * number for number, (_, _, name) in enumerate(others[first:at], 1)}
