"""The host: starts a worker, supervises it, and keeps the promises of the protocol whatever the worker does."""

import atexit
import contextlib
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
    Beat,
    Cancel,
    Cancelled,
    Command,
    Died,
    Event,
    Failed,
    Finished,
    FreeMemory,
    Interrupted,
    JobEvent,
    Pause,
    Paused,
    Quit,
    Ready,
    Run,
    Started,
    Unavailable,
    WorkerOptions,
)
from studio.worker import problems
from studio.worker.ledger import Ledger, Wish
from studio.worker.loop import EXIT_UNAVAILABLE
from studio.worker.patience import Backoff, Patience, Silence

Deliver = Callable[[Event], None]

_KILLED = -9  # exit code of a worker that was killed and whose end did not come


class Line(Protocol):
    """A running worker and the way to it. Its events go to the `Deliver` it was made with; the last one is Died."""

    @property
    def pid(self) -> int:
        """The process the engine runs in."""

    @property
    def beats(self) -> bool:
        """Does the worker say Beat each second, so that it can be told from a silent one?"""

    def send(self, command: Command) -> None:
        """Pass a command on. Returns at once, also when the worker is busy, stuck or gone."""

    def kill(self) -> bool:
        """End the worker whatever it does; False for a kind that cannot be killed."""

    def join(self, timeout: float) -> None:
        """Wait until the worker is gone, at most `timeout` seconds."""

    def last_words(self) -> str:
        """The end of what the worker wrote to its standard error."""


@dataclass(frozen=True, slots=True)
class _Report:
    """An event of the worker with this number; reports of earlier workers are stale."""

    number: int
    event: Event


DEFAULT_OPTIONS = WorkerOptions()
DEFAULT_PATIENCE = Patience()


class Host(ABC):
    """A worker that is always there: it is started, watched, stopped, killed and replaced as needed.

    `engine` names a factory as "package.module:factory" and is imported only inside the worker. All methods may be
    called from any thread, return at once (but `close`), and are carried out in order by one supervising thread. That
    thread alone calls `on_event`, in order; a callback must not raise, and while it blocks, nothing is supervised.

    Promises: each submitted job gets exactly one terminal event, and nothing of it arrives after that; it may then be
    submitted again. A cancelled or paused job is answered at once if it has not started, and within `Patience.grace` or
    `Patience.pause` and a moment if it has. A job whose worker ends or falls silent, or that does not react to its
    pause, is Interrupted; the next worker gets the others.
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
        self._backoff = Backoff(patience)
        self._silence: Silence | None = None  # while the worker's beats are waited for
        self._gone_by: float | None = None  # when to stop waiting for the end of a worker that was killed
        self._fault: Problem | None = None  # why it was killed; None: for the sake of a job that is answered
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
        """Queue a job; nothing happens while one of its id is outstanding. Raises RuntimeError after `close`."""
        if not self._put(run):
            raise RuntimeError("The host is closed.")

    def cancel(self, job_id: str) -> None:
        """Stop a job; nothing happens when it has ended already or was never submitted."""
        self._put(Cancel(job_id))

    def pause(self, job_id: str) -> None:
        """Stop a job, at a checkpoint if it runs; nothing happens when it has ended already."""
        self._put(Pause(job_id))

    def free_memory(self) -> None:
        """Drop loaded models once no job runs."""
        self._put(FreeMemory())

    def close(self, timeout: float = 1.0) -> None:
        """Pause what runs and end the worker, by force after `timeout` seconds. Can be called again.

        What is not paused by then or has not begun is Interrupted.
        """
        self._farewell = timeout
        self._put(Quit())
        atexit.unregister(self.close)
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout + 2 * self._patience.reap)

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
        look = self._silence.next_look if self._silence else None
        waits = (self._respawn_at, self._part_at, self._gone_by, self._ledger.next_deadline(), look)
        times = [t for t in waits if t is not None]
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
            case Pause(job_id):
                self._pause(job_id)
            case FreeMemory():
                self._send(item)
            case Quit():
                self._quit()
            case _Report(number, event) if number == self._number:
                self._hear(event)
        for run in self._ledger.due():
            self._send(run)

    def _keep_time(self) -> None:
        now = time.monotonic()
        if self._respawn_at is not None and self._respawn_at <= now:
            self._start_worker()
        if self._part_at is not None and self._part_at <= now:
            self._parted = True
        if self._gone_by is not None and self._gone_by <= now:
            self._lost(_KILLED)
        for job_id in self._ledger.overdue(now):
            self._force(job_id)
        if self._silence and self._silence.broken(now):
            self._kill(problems.of_silence(self._silence.limit))

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

    def _pause(self, job_id: str) -> None:
        if self._ledger.pause(job_id, time.monotonic() + self._patience.pause):
            self._on_event(Paused(job_id))
        self._send(Pause(job_id))

    def _force(self, job_id: str) -> None:
        """Answer a job that does not react to its cancel or pause, and replace its worker if it can be killed."""
        self._kill(None)
        self._parted = self._part_at is not None
        match self._ledger.give_up(job_id):
            case Wish.CANCEL:
                self._on_event(Cancelled(job_id))
            case Wish.PAUSE:
                self._on_event(Interrupted(job_id, problems.of_slow_pause(self._patience.pause)))

    def _kill(self, fault: Problem | None) -> None:
        """End the worker if it can be killed. Its end is waited for without standing still; see `_lost`."""
        if self._gone_by is None and self._line and self._line.kill():
            self._gone_by = time.monotonic() + self._patience.reap
            self._fault, self._silence = fault, None

    def _quit(self) -> None:
        self._send(Quit())
        self._respawn_at = self._silence = None
        self._part_at = time.monotonic() + (self._farewell if self._line else 0.0)

    def _send(self, command: Command) -> None:
        if self._line:
            self._line.send(command)

    def _grace_ends(self) -> float:
        return time.monotonic() + self._patience.grace

    # ---------------------------------------------------------------------------------------- what the worker says

    def _hear(self, event: Event) -> None:
        if self._silence:
            self._silence.heard(time.monotonic())
        match event:
            case Died(exit_code):
                self._lost(exit_code)
            case _ if self._replaced:
                pass
            case Ready():
                if self._silence:
                    self._silence = Silence(self._patience.silence, time.monotonic())
                self._on_event(event)
            case Unavailable():
                self._unavailable = event
                self._on_event(event)
            case Beat():
                pass
            case _:
                self._hear_of_job(event)

    @property
    def _replaced(self) -> bool:
        """Was the worker killed for the sake of a job that is answered, so that it has nothing more to tell?"""
        return self._gone_by is not None and self._fault is None

    def _hear_of_job(self, event: JobEvent) -> None:
        if isinstance(event, Started):
            self._backoff.begun(time.monotonic())
        elif isinstance(event, Finished):
            self._backoff.finished()
        if self._ledger.admit(event, self._grace_ends()):
            self._on_event(event)

    def _lost(self, exit_code: int) -> None:
        """The worker has ended, or does not although it was killed."""
        if self._part_at is not None:
            self._parted = True
            return
        words = self._line.last_words() if self._line else ""
        replaced, fault = self._replaced, self._fault
        self._line = self._silence = self._gone_by = self._fault = None
        self._number += 1
        if replaced:
            self._start_worker()
        elif self._unavailable:
            self._backoff.ended(time.monotonic(), under_job=False)
            self._fail_all(self._unavailable.problem, self._unavailable.details)
        else:
            self._on_event(Died(exit_code))
            under_job = self._answer_running(fault or problems.of_crash(exit_code), words)
            self._respawn_or_give_up(exit_code, words, under_job)

    def _answer_running(self, problem: Problem, details: str) -> bool:
        """Tell the job that runs what happened to it; False when there is none."""
        match self._ledger.take_running():
            case run, cancelled:
                self._on_event(Cancelled(run.job_id) if cancelled else Interrupted(run.job_id, problem, details))
                return True
        return False

    def _respawn_or_give_up(self, exit_code: int, words: str, under_job: bool) -> None:
        now = time.monotonic()
        delay = self._backoff.ended(now, under_job=under_job)
        if delay is not None:
            self._respawn_at = now + delay
        else:
            self._fail_all(problems.of_repeated_death(exit_code), words)

    def _fail_all(self, problem: Problem, details: str) -> None:
        for run in self._ledger.take_all():
            self._on_event(Failed(run.job_id, problem, details))

    # ---------------------------------------------------------------------------------------- workers come and go

    def _start_worker(self) -> None:
        """Start the next worker, which gets everything that is outstanding."""
        self._respawn_at = self._unavailable = None
        self._backoff.born()
        deliver = functools.partial(self._report, self._number)
        try:
            self._line = self.connect(deliver)
        except OSError as error:
            deliver(Unavailable(problems.of_engine(error), str(error)))
            deliver(Died(EXIT_UNAVAILABLE))
        if self._line and self._line.beats:
            self._silence = Silence(self._patience.birth, time.monotonic())
        for run in self._ledger.renew():
            self._send(run)

    def _report(self, number: int, event: Event) -> None:
        self._inbox.put(_Report(number, event))

    def _end(self) -> None:
        line, self._line = self._line, None
        if line and line.kill():
            line.join(self._patience.reap)
        self._hear_the_rest()
        self._answer_running(problems.of_quit(), "")
        for run in self._ledger.take_all():
            self._on_event(Interrupted(run.job_id, problems.of_quit()))

    def _hear_the_rest(self) -> None:
        """What the worker said of its jobs before its end: what it has made is not lost."""
        with contextlib.suppress(queue.Empty):
            while True:
                match self._inbox.get_nowait():
                    case _Report(number, event) if number == self._number and isinstance(event, JobEvent):
                        self._hear_of_job(event)
