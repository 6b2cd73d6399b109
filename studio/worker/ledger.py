"""Which jobs still owe their submitter an answer. No threads, no clock: the host tells what happened and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from studio.domain.messages import JobEvent, Run, Started, is_terminal


class Wish(Enum):
    """What the user wants of a job that has started."""

    CANCEL = auto()
    PAUSE = auto()


@dataclass(slots=True)
class _Entry:
    """A job given to the worker. `answered`: its terminal event was delivered, but the worker still holds it."""

    run: Run
    started: bool = False
    answered: bool = False
    wish: Wish | None = None
    deadline: float | None = None  # when to stop waiting for the worker's reaction


class Ledger:
    """The outstanding jobs of a host, in the order they were submitted.

    Keeps the promise of exactly one terminal event per submitted job: every event that is to be delivered passes here
    first. A job that was answered may be submitted again; its new life begins when the worker has let go of the former.
    """

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._later: dict[str, Run] = {}  # submitted again while the worker holds their former life

    def add(self, run: Run) -> bool:
        """Enter a job; True when it is to be sent to the worker now.

        One that is outstanding already is not entered again, and one whose former life the worker still holds waits
        for `due`.
        """
        entry = self._entries.get(run.job_id)
        if entry is None:
            self._entries[run.job_id] = _Entry(run)
        elif entry.answered:
            self._later.setdefault(run.job_id, run)
        return entry is None

    def admit(self, event: JobEvent, deadline: float) -> bool:
        """Note a worker's event; False when it must not be delivered.

        A cancel and a start can cross on the line: a job that starts although it was answered gets `deadline` to stop.
        """
        entry = self._entries.get(event.job_id)
        if entry is None:
            return False
        if isinstance(event, Started):
            entry.started = True
            entry.deadline = deadline if entry.answered else None
        elif is_terminal(event):
            del self._entries[event.job_id]
        return not entry.answered

    def due(self) -> list[Run]:
        """Enter the jobs that were submitted again and whose former life is over; they are to be sent now."""
        free = [run for job_id, run in self._later.items() if job_id not in self._entries]
        for run in free:
            self.add(self._later.pop(run.job_id))
        return free

    def cancel(self, job_id: str, deadline: float) -> bool:
        """The user cancels a job; True when it is to be answered now, because it has not started.

        A started job gets until `deadline` to react, counted from the first cancel.
        """
        return self._stop(job_id, Wish.CANCEL, deadline)

    def pause(self, job_id: str, deadline: float) -> bool:
        """The same for a pause, which means nothing for a job that is cancelled already."""
        return self._stop(job_id, Wish.PAUSE, deadline)

    def _stop(self, job_id: str, wish: Wish, deadline: float) -> bool:
        if self._later.pop(job_id, None) is not None:
            return True
        entry = self._entries.get(job_id)
        if entry is None or entry.answered:
            return False
        if not entry.started:
            entry.answered = True
            return True
        if entry.wish is None or wish is Wish.CANCEL:
            entry.wish = wish
            entry.deadline = deadline if entry.deadline is None else min(entry.deadline, deadline)
        return False

    def overdue(self, now: float) -> list[str]:
        """Jobs that have not reacted to their cancel or pause in time."""
        return [name for name, entry in self._entries.items() if entry.deadline is not None and entry.deadline <= now]

    def next_deadline(self) -> float | None:
        """When `overdue` will next name a job."""
        return min((entry.deadline for entry in self._entries.values() if entry.deadline is not None), default=None)

    def give_up(self, job_id: str) -> Wish | None:
        """Expect nothing more of an overdue job; what was wished of it, None when it is answered already."""
        entry = self._entries[job_id]
        owed = None if entry.answered else entry.wish
        entry.answered, entry.deadline = True, None
        return owed

    def take_running(self) -> tuple[Run, bool] | None:
        """Strike out the job that runs and is not answered; with it, whether its user had cancelled it."""
        for entry in self._pending():
            if entry.started:
                del self._entries[entry.run.job_id]
                return entry.run, entry.wish is Wish.CANCEL
        return None

    def take_all(self) -> list[Run]:
        """Strike out everything; the jobs that are still to be answered."""
        owed = [entry.run for entry in self._pending()] + list(self._later.values())
        self._entries.clear()
        self._later.clear()
        return owed

    def renew(self) -> list[Run]:
        """A new worker knows nothing: forget what is answered; the jobs to send to it."""
        owed = self.take_all()
        for run in owed:
            self.add(run)
        return owed

    def _pending(self) -> Iterator[_Entry]:
        return (entry for entry in self._entries.values() if not entry.answered)
