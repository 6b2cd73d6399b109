"""What other processes changed in a journal since one looked last."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from studio.domain.jobs import Job
from studio.session.journal import rows
from studio.session.journal.batch import Batch


@dataclass(frozen=True, slots=True)
class News:
    """Jobs as they are now, the ids of those that are gone, and whether the whole queue is held."""

    jobs: tuple[Job, ...]
    gone: tuple[str, ...]
    held: bool


class Others:
    """Remembers how far it looked. Safe in several threads."""

    def __init__(self, connection: sqlite3.Connection, writer: str) -> None:
        """From now on; `writer` is whose own changes are none. Raises sqlite3.Error."""
        self._writer = writer
        self._lock = threading.Lock()
        self._version = -1  # SQLite's count of what other connections changed
        self.held = bool(rows.value(connection, "held"))
        self._changed, self._removals = (rows.value(connection, name) for name in ("changed", "removals"))
        self._ids = set[str]()
        with contextlib.suppress(sqlite3.Error):  # a damaged index costs only that removed jobs are not heard of
            self._ids = rows.ids(connection)

    def read(self, jobs: Iterable[Job], changed: int, removals: int) -> None:
        """These were all jobs after so many changes and removals."""
        with self._lock:
            self._changed, self._removals = max(self._changed, changed), max(self._removals, removals)
            self._ids.update(job.id for job in jobs)

    def wrote(self, batch: Batch) -> None:
        """This was written by the writer itself."""
        with self._lock:
            self._ids.difference_update(batch.removed)
            self._ids.update(batch.jobs)
            self.held = self.held if batch.held is None else batch.held

    def look(self, connection: sqlite3.Connection) -> News | None:
        """What is new; None if nothing is. Always with the same connection. Raises sqlite3.Error."""
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        if version == self._version:
            return None
        with self._lock, snapshot(connection):
            changed, removals, held = (rows.value(connection, name) for name in ("changed", "removals", "held"))
            jobs = rows.changed_jobs(connection, self._changed, self._writer) if changed > self._changed else []
            gone = self._ids - rows.ids(connection) if removals > self._removals else set()
            turned, self.held = self.held != bool(held), bool(held)
            self._version, self._changed, self._removals = version, changed, removals
            self._ids.difference_update(gone)
            self._ids.update(job.id for job in jobs)
        return News(tuple(jobs), tuple(gone), self.held) if jobs or gone or turned else None


@contextlib.contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """All tables as of one moment."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:  # SQLite ends it itself when the file is damaged
            connection.execute("COMMIT")
