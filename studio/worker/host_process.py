"""The default host: the worker is a process of its own, which can be killed at any moment."""

import contextlib
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

from studio.domain.messages import Command, Died, WorkerOptions
from studio.worker import wire
from studio.worker.host import Deliver, Host, Line

FROZEN_FLAG = "--serve-as-worker"  # a packaged program is its own interpreter: its entry then calls `child.main`

_LAST_WORDS = 16_384  # bytes of standard error kept for "copy details"
_EXIT_SECONDS = 1.0  # between the end of a worker's events and the end of its process

_log = logging.getLogger(__name__)


class ProcessHost(Host):
    """Runs the worker in a child process. It ends with this process, however this one ends."""

    def connect(self, deliver: Deliver) -> Line:
        """Start a process."""
        return _ProcessLine(self.engine, self.options, deliver)


class _ProcessLine:
    """One child process and the three threads at its pipes."""

    def __init__(self, engine: str, options: WorkerOptions, deliver: Deliver) -> None:
        self._deliver = deliver
        self._process = _spawn()
        self._words = b""
        self._outbox: queue.SimpleQueue[Command | wire.Setup | None] = queue.SimpleQueue()
        self._outbox.put(wire.Setup(engine, options))
        self._ear = self._thread(self._read_words)
        self._threads = [self._ear, self._thread(self._write), self._thread(self._read)]

    def _thread(self, task: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=task, name=f"worker-{self.pid}{task.__name__}", daemon=True)
        thread.start()
        return thread

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def beats(self) -> bool:
        return True

    def send(self, command: Command) -> None:
        self._outbox.put(command)

    def kill(self) -> bool:
        if self._process.poll() is None:
            _kill_group(self._process)
        return True

    def join(self, timeout: float) -> None:
        for thread in self._threads:
            thread.join(timeout)

    def last_words(self) -> str:
        return self._words.decode(errors="replace")

    def _write(self) -> None:
        """In a thread of its own: a pipe holds 64 KiB, and a worker that is stopped reads nothing."""
        with contextlib.suppress(OSError), cast(BinaryIO, self._process.stdin) as pipe:
            while (message := self._outbox.get()) is not None:
                wire.write(pipe, message)

    def _read(self) -> None:
        try:
            with contextlib.suppress(EOFError), cast(BinaryIO, self._process.stdout) as pipe:
                while True:
                    self._deliver(wire.read(pipe))
        finally:
            self._outbox.put(None)
            exit_code = self._reap()
            self._ear.join(_EXIT_SECONDS)  # its last words come before the news of its end
            self._deliver(Died(exit_code))

    def _read_words(self) -> None:
        with cast(BinaryIO, self._process.stderr) as pipe:
            while chunk := os.read(pipe.fileno(), _LAST_WORDS):
                self._words = (self._words + chunk)[-_LAST_WORDS:]
                _log.info("worker %d: %s", self.pid, chunk.decode(errors="replace").rstrip())

    def _reap(self) -> int:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_EXIT_SECONDS)
        _kill_group(self._process)  # also what the worker started and left behind
        return self._process.wait()


def _spawn() -> "subprocess.Popen[bytes]":
    pipe = subprocess.PIPE
    return subprocess.Popen(_command(), stdin=pipe, stdout=pipe, stderr=pipe, env=_environment(), **_apart())


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, FROZEN_FLAG]
    return [sys.executable, "-P", "-m", "studio.worker.child"]  # -P: a torch.py in the working folder is not torch


def _environment() -> dict[str, str]:
    """The child finds modules where this process does, also when that was not by installation."""
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    return {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}


def _apart() -> dict[str, Any]:
    """Popen options that keep a terminal's Ctrl-C away from the child and let it be killed with its own children."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
