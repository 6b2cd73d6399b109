"""What reaches a queue beside its worker's events: other processes change its journal, and ask whoever runs it for what
only that can do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio.domain.errors import Problem
from studio.domain.jobs import Job

if TYPE_CHECKING:
    from studio.session.queue import JobQueue


@dataclass(frozen=True, slots=True)
class ForeignChange:
    """Jobs of the journal as they are now, and ids of those that are gone."""

    jobs: tuple[Job, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """An act on a job, "" for the whole queue: cancel, pause, resume, retry, next, hold or go-on."""

    act: str
    job_id: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """The journal cannot be written, or some of it not be read."""

    problem: Problem


Outside = ForeignChange | Wish | Trouble


def grant(queue: "JobQueue", wish: Wish) -> None:
    """Do what another process asks for; nothing happens for acts and jobs that this one does not know."""
    acts: dict[str, Callable[[str], object]] = {
        "cancel": queue.cancel,
        "pause": queue.pause,
        "resume": queue.resume,
        "retry": queue.retry,
        "next": queue.run_next,
        "hold": lambda _: queue.hold(),
        "go-on": lambda _: queue.go_on(),
    }
    known = not wish.job_id or queue.job(wish.job_id) is not None
    if wish.act in acts and known:
        acts[wish.act](wish.job_id)
