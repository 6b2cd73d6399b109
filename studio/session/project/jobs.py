"""What a project has to know of the jobs in it; all else of them belongs to `studio/session/journal/`."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from studio.domain.jobs import JobState
from studio.session.project.schema import transaction

ENDS = ",".join(f"'{state}'" for state in JobState if state.final)
_SIZES = (("jobs", "value"), ("checkpoints", "data"), ("previews", "data"))


def runner_of(project: Path) -> Path:
    """What whoever runs the queue of a project has locked, for `ProjectLock`."""
    return project.with_name(f"{project.name}.queue")


def job_bytes(connection: sqlite3.Connection) -> int:
    """The bytes of all jobs and of what is kept of them. Raises sqlite3.Error."""
    queries = (f"SELECT sum(length({column})) FROM {table}" for table, column in _SIZES)
    return sum(connection.execute(query).fetchone()[0] or 0 for query in queries)


def delete(connection: sqlite3.Connection, ids: Iterable[str]) -> None:
    """Delete jobs with what is kept of them. Raises sqlite3.Error."""
    for job_id in ids:
        connection.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
        forget(connection, job_id)


def forget(connection: sqlite3.Connection, job_id: str) -> None:
    """Delete what is kept of a job. Raises sqlite3.Error."""
    connection.execute("DELETE FROM checkpoints WHERE job = ?", (job_id,))
    connection.execute("DELETE FROM previews WHERE job = ?", (job_id,))


def keep_finished_only(connection: sqlite3.Connection) -> None:
    """Delete the jobs that are not over, and what the queue was asked for: they belong to the file that this one is a
    copy of. Raises sqlite3.Error.
    """
    with transaction(connection):
        open_jobs = connection.execute(f"SELECT id FROM jobs WHERE state NOT IN ({ENDS})").fetchall()
        delete(connection, (job_id for (job_id,) in open_jobs))
        connection.execute("DELETE FROM wishes")
        connection.execute("DELETE FROM queue WHERE name = 'held'")
