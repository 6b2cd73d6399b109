"""Seconds and memory of a job."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from studio.domain.jobs import Cost
from studio.domain.messages import Phase

if sys.platform == "win32":
    import psutil
else:
    import resource


class PhaseClock:
    """Adds up the seconds of each phase; phases may come again and do not nest."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, phase: Phase) -> Iterator[None]:
        """Count the time inside the block for `phase`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self._seconds[phase.value] = self._seconds.get(phase.value, 0.0) + spent

    def cost(self) -> Cost:
        """What was counted so far."""
        return Cost(dict(self._seconds), peak_memory())


def peak_memory() -> int:
    """The largest resident memory of this process so far, in bytes."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
