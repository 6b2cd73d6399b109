"""The worker's loop: commands in, events out. It is the same in a process, a thread or on another machine."""

import importlib
import logging
import queue
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from studio.domain.errors import JobCancelled, JobPaused, Problem
from studio.domain.messages import (
    Cancel,
    Cancelled,
    Command,
    Failed,
    Finished,
    FreeMemory,
    Pause,
    Paused,
    Quit,
    Run,
    Started,
    Unavailable,
    WorkerOptions,
)
from studio.worker import problems
from studio.worker.engine import Emit, Engine, EngineFactory

EXIT_UNAVAILABLE = 3  # exit code of a worker that could not load its engine

T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Channel:
    """The loop's end of a line. Whoever fills `inbox` puts Quit when the other end is closed."""

    inbox: "queue.SimpleQueue[Command]"
    send: Emit

    def receive(self, wait: bool) -> Command | None:
        """The next command; None when there is none and `wait` is false."""
        try:
            return self.inbox.get(block=wait)
        except queue.Empty:
            return None


def named(engine: str) -> EngineFactory:
    """The factory "package.module:factory", which is imported only when it is called."""

    def create(options: WorkerOptions) -> Engine:
        module, _, name = engine.partition(":")
        return cast(EngineFactory, getattr(importlib.import_module(module), name))(options)

    return create


def serve(channel: Channel, create_engine: EngineFactory, options: WorkerOptions) -> int:
    """Create the engine and carry out commands until Quit; returns the exit code for the worker.

    Sends Ready first, or Unavailable as its only event. Jobs run one at a time in the order they came. Each job gets
    exactly one terminal event, and no failing job ends the loop. Quit pauses the job that runs; of those that have not
    begun nothing is said.
    """
    made = _attempt(lambda: _create(create_engine, options, channel.send), problems.of_engine)
    if isinstance(made, _Failure):
        channel.send(Unavailable(made.problem, made.details))
        return EXIT_UNAVAILABLE
    _Loop(channel, made).run()
    return 0


def _create(create_engine: EngineFactory, options: WorkerOptions, send: Emit) -> Engine:
    engine = create_engine(options)
    send(engine.describe())
    return engine


class _Loop:
    """What `serve` knows between two commands."""

    def __init__(self, channel: Channel, engine: Engine) -> None:
        self._channel = channel
        self._engine = engine
        self._backlog: deque[Run] = deque()
        self._running = ""
        self._stop = False  # the running job was cancelled; stays set, in case the engine swallows JobCancelled once
        self._pause = False  # the same for its pause
        self._free = False
        self._quit = False

    def run(self) -> None:
        while not self._quit:
            self._drain(wait=not self._backlog)
            if self._free:
                self._free_memory()
            elif self._backlog and not self._quit:
                self._carry_out(self._backlog.popleft())

    def _carry_out(self, run: Run) -> None:
        self._running, self._stop, self._pause = run.job_id, False, False
        self._channel.send(Started(run.job_id))
        try:
            result = _attempt(lambda: self._to_the_end(run), problems.of_job)
            if isinstance(result, _Failure):
                self._channel.send(Failed(run.job_id, result.problem, result.details))
        except JobCancelled:
            self._channel.send(Cancelled(run.job_id))
        except JobPaused:
            self._channel.send(Paused(run.job_id))
        self._running = ""

    def _to_the_end(self, run: Run) -> Finished:
        """The terminal event is sent in here, so that one that cannot be pickled is a failure of its job."""
        finished = self._engine.run(run, self._channel.send, self._poll)
        self._channel.send(finished)
        return finished

    def _poll(self) -> None:
        self._drain(wait=False)
        if self._stop:
            raise JobCancelled
        if self._pause or self._quit:
            raise JobPaused

    def _drain(self, wait: bool) -> None:
        command = self._channel.receive(wait)
        while command is not None:
            self._note(command)
            command = self._channel.receive(wait=False)

    def _note(self, command: Command) -> None:
        match command:
            case Run():
                self._backlog.append(command)
            case Cancel(job_id):
                self._stop = self._stop or job_id == self._running
                self._strike_out(job_id, Cancelled(job_id))
            case Pause(job_id):
                self._pause = self._pause or job_id == self._running
                self._strike_out(job_id, Paused(job_id))
            case FreeMemory():
                self._free = True
            case Quit():
                self._quit = True

    def _strike_out(self, job_id: str, answer: Cancelled | Paused) -> None:
        """Answer a job that has not begun."""
        for run in [run for run in self._backlog if run.job_id == job_id]:
            self._backlog.remove(run)
            self._channel.send(answer)

    def _free_memory(self) -> None:
        self._free = False
        result = _attempt(self._engine.free, problems.of_job)
        if isinstance(result, _Failure):
            _log.warning("The engine could not free its memory.\n%s", result.details)


@dataclass(frozen=True, slots=True)
class _Failure:
    problem: Problem
    details: str


def _attempt(action: Callable[[], T], explain: Callable[[Exception], Problem]) -> T | _Failure:
    """The worker's one boundary: whatever an engine raises becomes a value here. JobCancelled and JobPaused pass."""
    try:
        return action()
    except Exception as error:
        return _Failure(explain(error), traceback.format_exc())
