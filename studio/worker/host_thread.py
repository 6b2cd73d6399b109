"""The host for one process: the worker is a thread. For debugging, and for machines where processes are dear.

A thread cannot be killed, and it gives no signs of life of its own. A job that does not react to its cancel or pause is
answered in time and abandoned: its further events are swallowed, and the jobs behind it wait until the engine lets go.
A crash of native code takes the whole program with it.
"""

import contextlib
import os
import queue
import threading

from studio.domain.messages import Command, Died, WorkerOptions
from studio.worker import environment
from studio.worker.host import Deliver, Host, Line
from studio.worker.loop import Channel, named, serve


class ThreadHost(Host):
    """Runs the worker in a daemon thread of this process, whose environment it sets up for the engine."""

    def connect(self, deliver: Deliver) -> Line:
        """Start a thread."""
        environment.apply()
        return _ThreadLine(self.engine, self.options, deliver)


class _ThreadLine:
    def __init__(self, engine: str, options: WorkerOptions, deliver: Deliver) -> None:
        self._create = named(engine)
        self._options = options
        self._deliver = deliver
        self._inbox: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="worker", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        return os.getpid()

    @property
    def beats(self) -> bool:
        return False

    def send(self, command: Command) -> None:
        self._inbox.put(command)

    def kill(self) -> bool:
        return False

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def last_words(self) -> str:
        return ""

    def _serve(self) -> None:
        code = 1
        try:
            with contextlib.suppress(SystemExit):  # an engine that exits ends its thread, not the program
                code = serve(Channel(self._inbox, self._deliver), self._create, self._options)
        finally:
            self._deliver(Died(code))
