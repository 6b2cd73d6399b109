"""Which jobs still owe their submitter an answer. No threads, no clock: the host tells what happened and when."""

from collections.abc import Iterator
from dataclasses import dataclass

from studio.domain.messages import JobEvent, Run, Started, is_terminal


@dataclass(slots=True)
class _Entry:
    """A job given to the worker. `answered`: its terminal event was delivered, but the worker still holds it."""

    run: Run
    started: bool = False
    answered: bool = False
    deadline: float | None = None  # when to stop waiting for the worker's reaction to a cancel


class Ledger:
    """The outstanding jobs of a host, in the order they were submitted.

    Keeps the promise of exactly one terminal event per job: every event that is to be delivered passes here first.
    """

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def add(self, run: Run) -> bool:
        """Enter a job; False when a job of this id is still in here."""
        if run.job_id in self._entries:
            return False
        self._entries[run.job_id] = _Entry(run)
        return True

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

    def cancel(self, job_id: str, deadline: float) -> bool:
        """The user cancels a job; True when it is to be answered now, because it has not started.

        A started job gets until `deadline` to react, counted from the first cancel.
        """
        entry = self._entries.get(job_id)
        if entry is None or entry.answered:
            return False
        if entry.started:
            entry.deadline = entry.deadline or deadline
            return False
        entry.answered = True
        return True

    def overdue(self, now: float) -> list[str]:
        """Jobs that have not reacted to their cancel in time."""
        return [name for name, entry in self._entries.items() if entry.deadline is not None and entry.deadline <= now]

    def next_deadline(self) -> float | None:
        """When `overdue` will next name a job."""
        return min((entry.deadline for entry in self._entries.values() if entry.deadline is not None), default=None)

    def give_up(self, job_id: str) -> bool:
        """Expect nothing more of a job; True when it is still to be answered."""
        entry = self._entries[job_id]
        owed, entry.answered, entry.deadline = not entry.answered, True, None
        return owed

    def take_running(self) -> tuple[Run, bool] | None:
        """Strike out the job that runs and is not answered; with it, whether its user had cancelled it."""
        for entry in self._pending():
            if entry.started:
                del self._entries[entry.run.job_id]
                return entry.run, entry.deadline is not None
        return None

    def take_all(self) -> list[Run]:
        """Strike out everything; the jobs that are still to be answered."""
        owed = [entry.run for entry in self._pending()]
        self._entries.clear()
        return owed

    def renew(self) -> list[Run]:
        """A new worker knows nothing: forget what is answered; the jobs to send to it."""
        owed = self.take_all()
        for run in owed:
            self.add(run)
        return owed

    def _pending(self) -> Iterator[_Entry]:
        return (entry for entry in self._entries.values() if not entry.answered)
