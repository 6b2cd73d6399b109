"""How long a host waits: for an answer, for a sign of life, and before the next worker. No threads, no clock."""

from dataclasses import dataclass

_LOOK = 1.0  # seconds; the most that one look at the clock can add to a silence


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a host waits, in seconds.

    `grace` and `pause`: for a running job to react to its cancel, and to its pause, which may take a whole step.
    `silence`: without any sign of life of a worker that beats each second; Python's lock can be held that long by
    nothing that is well. `birth`: the same before its Ready, while large libraries come from a disk that may be slow.
    `reap`: for the end of a worker that was killed, about 30 ms, so that its memory is free before the next one starts.

    `backoff`: before the next worker, after 0, 1, 2 ... workers in a row that ended without having begun a job; behind
    its end the host gives up until another job is submitted. `relapse`: the same after 1, 2, 3 ... workers in a row
    that ended under a job that was `young` at most; the last one repeats, and a finished job begins the row anew.
    """

    grace: float = 1.2
    pause: float = 10.0
    silence: float = 20.0
    birth: float = 60.0
    reap: float = 5.0
    young: float = 60.0
    backoff: tuple[float, ...] = (0.0, 0.25, 1.0)
    relapse: tuple[float, ...] = (0.0, 0.25, 1.0, 5.0)


class Silence:
    """How long a worker has said nothing, counted only while its host was awake to hear it.

    The host looks at least each `look` seconds, and one look adds no more than that: a machine that slept and a host
    that was itself held up for an hour count as one look, after which the worker has the rest of its term.
    """

    def __init__(self, limit: float, now: float) -> None:
        self.limit = limit
        self.look = min(_LOOK, limit / 4)
        self._quiet, self._last = 0.0, now

    @property
    def next_look(self) -> float:
        """When to look again."""
        return self._last + self.look

    def heard(self, now: float) -> None:
        """The worker said something."""
        self._quiet, self._last = 0.0, now

    def broken(self, now: float) -> bool:
        """Look: has it been silent for too long?"""
        self._quiet += min(now - self._last, self.look)
        self._last = now
        return self._quiet >= self.limit


class Backoff:
    """What speaks against starting the next worker at once: how the last ones ended."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._fruitless = 0  # workers in a row that ended without having begun a job
        self._relapses = 0  # that ended under a young job
        self._begun: float | None = None  # when this worker began its last job

    def born(self) -> None:
        """A worker is started."""
        self._begun = None

    def begun(self, now: float) -> None:
        """It began a job."""
        self._begun = now

    def finished(self) -> None:
        """It finished a job."""
        self._relapses = 0

    def ended(self, now: float, *, under_job: bool) -> float | None:
        """It ended; seconds to wait before the next one, None to give up."""
        if self._begun is None:
            self._fruitless += 1
            delays = self._patience.backoff
            return delays[self._fruitless] if self._fruitless < len(delays) else None
        self._fruitless = 0
        if not under_job:
            return 0.0
        young = now - self._begun <= self._patience.young
        self._relapses = self._relapses + 1 if young else 0
        delays = self._patience.relapse
        return delays[min(max(self._relapses, 1), len(delays)) - 1]
