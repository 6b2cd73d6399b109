"""The host: starts a worker, supervises it, and keeps the promises of the protocol whatever the worker does."""

import atexit
import functools
import queue
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from studio.domain.errors import Problem
from studio.domain.messages import (
    Cancel,
    Cancelled,
    Command,
    Died,
    Event,
    Failed,
    FreeMemory,
    JobEvent,
    Pause,
    Quit,
    Ready,
    Run,
    Started,
    Unavailable,
    WorkerOptions,
)
from studio.worker import problems
from studio.worker.ledger import Ledger
from studio.worker.loop import EXIT_UNAVAILABLE

Deliver = Callable[[Event], None]

_REAP_SECONDS = 5.0  # a killed process is gone in about 30 ms; its memory must be free before the next one starts


class Line(Protocol):
    """A running worker and the way to it. Its events go to the `Deliver` it was made with; the last one is Died."""

    @property
    def pid(self) -> int:
        """The process the engine runs in."""

    def send(self, command: Command) -> None:
        """Pass a command on. Returns at once, also when the worker is busy, stuck or gone."""

    def kill(self) -> bool:
        """End the worker whatever it does; False for a kind that cannot be killed."""

    def join(self, timeout: float) -> None:
        """Wait until the worker is gone, at most `timeout` seconds."""

    def last_words(self) -> str:
        """The end of what the worker wrote to its standard error."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a host waits, in seconds.

    `grace`: for a running job to react to its cancel. `backoff`: before the next worker, after 0, 1, 2 ... workers in a
    row that ended without having begun a job; behind its end the host gives up until another job is submitted.
    """

    grace: float = 1.2
    backoff: tuple[float, ...] = (0.0, 0.25, 1.0)


@dataclass(frozen=True, slots=True)
class _Report:
    """An event of the worker with this number; reports of earlier workers are stale."""

    number: int
    event: Event


DEFAULT_OPTIONS = WorkerOptions()
DEFAULT_PATIENCE = Patience()


class Host(ABC):
    """A worker that is always there: it is started, watched, cancelled, killed and replaced as needed.

    `engine` names a factory as "package.module:factory" and is imported only inside the worker. All methods may be
    called from any thread, return at once (but `close`), and are carried out in order by one supervising thread. That
    thread alone calls `on_event`, in order; a callback must not raise, and while it blocks, nothing is supervised.

    Promises: each submitted job gets exactly one terminal event. A cancelled job is answered at once if it has not
    started, and within `Patience.grace` and a moment if it has. Nothing of a job arrives after its terminal event.
    """

    def __init__(
        self,
        engine: str,
        on_event: Deliver,
        options: WorkerOptions = DEFAULT_OPTIONS,
        patience: Patience = DEFAULT_PATIENCE,
    ) -> None:
        self.engine = engine
        self.options = options
        self._on_event = on_event
        self._patience = patience
        self._inbox: queue.SimpleQueue[Command | _Report] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._supervise, name="worker-host", daemon=True)
        self._gate = threading.Lock()  # nothing follows Quit into the inbox
        self._closed = False
        self._farewell = 0.0
        # All below belongs to the supervising thread.
        self._ledger = Ledger()
        self._line: Line | None = None
        self._number = 0
        self._fruitless = 0  # workers in a row that ended without having begun a job
        self._begun = False  # this worker has begun a job
        self._unavailable: Unavailable | None = None
        self._respawn_at: float | None = None
        self._part_at: float | None = None
        self._parted = False

    @abstractmethod
    def connect(self, deliver: Deliver) -> Line:
        """Start a worker. Raises OSError when the system refuses."""

    # ---------------------------------------------------------------------------------------- for everybody

    @property
    def pid(self) -> int | None:
        """The process the engine runs in; None while there is none."""
        line = self._line
        return line.pid if line else None

    def start(self) -> None:
        """Start the worker; Ready or Unavailable tells how it went. To be called once."""
        atexit.register(self.close)
        self._thread.start()

    def submit(self, run: Run) -> None:
        """Queue a job. Job ids are unique over a host's life. Raises RuntimeError after `close`."""
        if not self._put(run):
            raise RuntimeError("The host is closed.")

    def cancel(self, job_id: str) -> None:
        """Stop a job; nothing happens when it has ended already or was never submitted."""
        self._put(Cancel(job_id))

    def pause(self, job_id: str) -> None:
        """Stop a running job at a checkpoint; nothing happens when it does not run."""
        self._put(Pause(job_id))

    def free_memory(self) -> None:
        """Drop loaded models once no job runs."""
        self._put(FreeMemory())

    def close(self, timeout: float = 1.0) -> None:
        """Cancel everything and end the worker, by force after `timeout` seconds. Can be called again."""
        self._farewell = timeout
        self._put(Quit())
        atexit.unregister(self.close)
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout + 2 * _REAP_SECONDS)

    def _put(self, command: Command) -> bool:
        with self._gate:
            if self._closed:
                return False
            self._closed = isinstance(command, Quit)
            self._inbox.put(command)
            return True

    # ---------------------------------------------------------------------------------------- the supervising thread

    def _supervise(self) -> None:
        try:
            self._start_worker()
            while not self._parted:
                self._take(self._next_item())
                self._keep_time()
        finally:
            self._end()

    def _next_item(self) -> Command | _Report | None:
        """The next thing to deal with; None when the clock comes first."""
        times = [t for t in (self._respawn_at, self._part_at, self._ledger.next_deadline()) if t is not None]
        try:
            return self._inbox.get(timeout=max(0.0, min(times) - time.monotonic()) if times else None)
        except queue.Empty:
            return None

    def _take(self, item: Command | _Report | None) -> None:
        match item:
            case Run():
                self._submit(item)
            case Cancel(job_id):
                self._cancel(job_id)
            case Pause() | FreeMemory():
                self._send(item)
            case Quit():
                self._quit()
            case _Report(number, event) if number == self._number:
                self._hear(event)

    def _keep_time(self) -> None:
        now = time.monotonic()
        if self._respawn_at is not None and self._respawn_at <= now:
            self._start_worker()
        if self._part_at is not None and self._part_at <= now:
            self._parted = True
        for job_id in self._ledger.overdue(now):
            self._force(job_id)

    def _submit(self, run: Run) -> None:
        if not self._ledger.add(run):
            return
        if self._line:
            self._send(run)
        elif self._respawn_at is None:  # the host had given up; one more try
            self._start_worker()

    def _cancel(self, job_id: str) -> None:
        if self._ledger.cancel(job_id, self._grace_ends()):
            self._on_event(Cancelled(job_id))
        self._send(Cancel(job_id))

    def _force(self, job_id: str) -> None:
        """Answer a job that does not react to its cancel, and replace its worker if it can be killed."""
        killed = self._line.kill() if self._line else False
        if self._ledger.give_up(job_id):
            self._on_event(Cancelled(job_id))
        if self._part_at is not None:
            self._parted = True
        elif killed:
            self._start_worker()

    def _quit(self) -> None:
        self._send(Quit())
        self._respawn_at = None
        self._part_at = time.monotonic() + (self._farewell if self._line else 0.0)

    def _send(self, command: Command) -> None:
        if self._line:
            self._line.send(command)

    def _grace_ends(self) -> float:
        return time.monotonic() + self._patience.grace

    # ---------------------------------------------------------------------------------------- what the worker says

    def _hear(self, event: Event) -> None:
        match event:
            case Died(exit_code):
                self._lost(exit_code)
            case Ready():
                self._on_event(event)
            case Unavailable():
                self._unavailable = event
                self._on_event(event)
            case _:
                self._hear_of_job(event)

    def _hear_of_job(self, event: JobEvent) -> None:
        if isinstance(event, Started):
            self._begun = True
        if self._ledger.admit(event, self._grace_ends()):
            self._on_event(event)

    def _lost(self, exit_code: int) -> None:
        """The worker has ended by itself."""
        words = self._line.last_words() if self._line else ""
        self._line = None
        if self._part_at is not None:
            self._parted = True
            return
        self._fruitless = 0 if self._begun else self._fruitless + 1
        if self._unavailable:
            self._fail_all(self._unavailable.problem, self._unavailable.details)
            return
        self._on_event(Died(exit_code))
        self._answer_running(exit_code, words)
        self._respawn_or_give_up(exit_code, words)

    def _answer_running(self, exit_code: int, words: str) -> None:
        match self._ledger.take_running():
            case run, cancelled:
                self._on_event(
                    Cancelled(run.job_id) if cancelled else Failed(run.job_id, problems.of_crash(exit_code), words)
                )

    def _respawn_or_give_up(self, exit_code: int, words: str) -> None:
        if self._fruitless < len(self._patience.backoff):
            self._respawn_at = time.monotonic() + self._patience.backoff[self._fruitless]
        else:
            self._fail_all(problems.of_repeated_death(exit_code), words)

    def _fail_all(self, problem: Problem, details: str) -> None:
        for run in self._ledger.take_all():
            self._on_event(Failed(run.job_id, problem, details))

    # ---------------------------------------------------------------------------------------- workers come and go

    def _start_worker(self) -> None:
        """Replace the worker by a new one, which gets everything that is outstanding."""
        if self._line:
            self._line.join(_REAP_SECONDS)
        self._number += 1
        self._line, self._respawn_at, self._unavailable, self._begun = None, None, None, False
        deliver = functools.partial(self._report, self._number)
        try:
            self._line = self.connect(deliver)
        except OSError as error:
            deliver(Unavailable(problems.of_engine(error), str(error)))
            deliver(Died(EXIT_UNAVAILABLE))
        for run in self._ledger.renew():
            self._send(run)

    def _report(self, number: int, event: Event) -> None:
        self._inbox.put(_Report(number, event))

    def _end(self) -> None:
        line, self._line = self._line, None
        if line and line.kill():
            line.join(_REAP_SECONDS)
        for run in self._ledger.take_all():
            self._on_event(Cancelled(run.job_id))
