"""Listens to a host and waits for what it says."""

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeVar

import psutil

from studio.domain.messages import Event, Log, Run, is_terminal
from studio.domain.recipe import Recipe, Sampling
from studio.worker.host import Host
from studio.worker.patience import Patience
from tests.worker import engines

PATIENCE = 60.0  # seconds a test waits for what must come; reached only by a failing test

AT_ONCE = (0.0, 0.0, 0.0)
QUICK = Patience(grace=0.3, pause=0.3, backoff=AT_ONCE, relapse=AT_ONCE)
SLOW = Patience(grace=600.0, pause=600.0)  # of a host that proves that a stop was soft

E = TypeVar("E")


def run(job_id: str, script: str, steps: int = 3, checkpoint: bytes = b"") -> Run:
    """A job for `engines.Scripted`."""
    return Run(job_id, Recipe(prompt=script, sampling=Sampling(steps=steps)), "", "", checkpoint=checkpoint)


def engine(name: str) -> str:
    """The dotted name of an engine of `engines`."""
    return f"{engines.__name__}:{name}"


class Recorder:
    """Keeps all events in order; to be given to a host as `on_event`."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.threads: set[str] = set()
        self._changed = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self.threads.add(threading.current_thread().name)
            self._changed.notify_all()

    def wait_for(self, kind: type[E], job_id: str | None = None, count: int = 1) -> E:
        """The `count`th event of a kind (of a job)."""
        return self._wait(lambda: self.of(kind, job_id), count)

    def wait_for_end(self, job_id: str, count: int = 1) -> Event:
        """The job's terminal event, of its `count`th life."""
        return self._wait(lambda: self.ends(job_id), count)

    def wait_for_ends(self, job_ids: Iterable[str]) -> None:
        """Until each job has a terminal event."""
        for job_id in job_ids:
            self.wait_for_end(job_id)

    def of(self, kind: type[E], job_id: str | None = None) -> list[E]:
        """The events of a kind (of a job) so far."""
        return [e for e in self.events if isinstance(e, kind) and job_id in (None, getattr(e, "job_id", None))]

    def ends(self, job_id: str) -> list[Event]:
        """The terminal events of a job so far."""
        return [event for event in self.job(job_id) if is_terminal(event)]

    def job(self, job_id: str) -> list[Event]:
        """The events of a job so far."""
        return [event for event in self.events if getattr(event, "job_id", None) == job_id]

    def log(self, job_id: str) -> str:
        """What the job's only Log says."""
        return self.wait_for(Log, job_id).message

    def _wait(self, found: Callable[[], list[E]], count: int) -> E:
        with self._changed:
            if not self._changed.wait_for(lambda: len(found()) >= count, PATIENCE):
                raise AssertionError(f"it did not come; there were {self.events[-20:]}")
            return found()[count - 1]


def alive(pid: int) -> bool:
    """Is there such a process, zombies not counted?"""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def wait_until_gone(pid: int) -> None:
    """Wait for the end of a process that is not our child, for which there is no event."""
    limit = time.monotonic() + PATIENCE
    while alive(pid):
        assert time.monotonic() < limit, f"process {pid} goes on"
        time.sleep(0.01)


Open = Callable[..., tuple[Host, Recorder]]  # what the fixture `open_host` gives
