"""The journal's tables: rows in, rows out. All functions work on a connection to a project file."""

import contextlib
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from studio.domain import job_json
from studio.domain.jobs import Job
from studio.session.journal.batch import Batch, Of
from studio.session.journal.kept import CHECKPOINTS, PREVIEWS, KeptPreview, superfluous
from studio.session.project.jobs import ENDS, delete, forget
from studio.session.project.schema import checksum, transaction

_JOBS = "SELECT id, state, ended, CAST(value AS BLOB), checked FROM jobs"
NO_STEP = 2**62  # beyond all steps
Row = tuple[str, str, float, bytes]


def row(job: Job) -> Row:
    """A job's id, state, end and JSON."""
    return job.id, str(job.state), job.ended, job_json.dumps(job).encode()


def value(connection: sqlite3.Connection, name: str) -> int:
    """A number that the whole queue has; 0 where it was never set."""
    found = connection.execute("SELECT value FROM queue WHERE name = ?", (name,)).fetchone()
    return found[0] if found and isinstance(found[0], int) else 0


def write(connection: sqlite3.Connection, batch: Batch, writer: str) -> None:
    """Write a batch in one transaction. Raises sqlite3.Error; nothing of it is in the file then."""
    rows = [row(job) for job in batch.jobs.values()]
    with transaction(connection):
        if rows or batch.removed or batch.held is not None:
            _count(connection, "changed")
        if batch.removed:
            _count(connection, "removals")
            delete(connection, batch.removed)
        if batch.held is not None:
            _set(connection, "held", batch.held)
        changed = value(connection, "changed")
        connection.executemany(
            "INSERT INTO jobs (id, state, ended, value, changed, writer, checked) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET state = excluded.state, ended = excluded.ended, value = excluded.value,"
            " changed = excluded.changed, writer = excluded.writer, checked = excluded.checked",
            ((*each, changed, writer, _check(each[3], *each[:3])) for each in rows),
        )
        for of, checkpoints in batch.checkpoints.items():
            _write_steps(connection, "checkpoints", of, ((step, data) for step, data in checkpoints.items()))
            _thin(connection, "checkpoints", of, CHECKPOINTS)
        for of, previews in batch.previews.items():
            seen = ((each.step, each.width, each.height, each.jpeg) for each in previews.values())
            _write_steps(connection, "previews", of, seen)
            _thin(connection, "previews", of, PREVIEWS)


def ids(connection: sqlite3.Connection) -> set[str]:
    """The ids of all jobs."""
    found = connection.execute("SELECT CAST(id AS BLOB) FROM jobs")
    return {bytes(job_id).decode("utf-8", "replace") for (job_id,) in found if job_id is not None}


def jobs(connection: sqlite3.Connection) -> tuple[list[Job], int]:
    """All jobs in the order in which they came, and how many rows are damaged."""
    try:
        rows = connection.execute(f"{_JOBS} ORDER BY number").fetchall()
    except sqlite3.Error:  # one row may be to blame, and the others can be had one by one
        numbers = [number for (number,) in connection.execute("SELECT number FROM jobs ORDER BY changed")]
        rows = [_one(connection, number) for number in sorted(numbers)]
    return _read(rows)


def changed_jobs(connection: sqlite3.Connection, since: int, writer: str) -> list[Job]:
    """The jobs that others than `writer` have written after the transaction `since`; without damaged ones."""
    found = connection.execute(f"{_JOBS} WHERE changed > ? AND writer <> ? ORDER BY changed, number", (since, writer))
    return _read(found.fetchall())[0]


def checkpoint(connection: sqlite3.Connection, of: Of, before: int) -> bytes:
    """The newest whole checkpoint of a picture with less than `before` steps done; b"" if there is none."""
    found = connection.execute(
        "SELECT step, CAST(data AS BLOB), checked FROM checkpoints WHERE job = ? AND picture = ? AND step < ?"
        " ORDER BY step DESC",
        (*of, before),
    )
    return next((bytes(data) for step, data, checked in found if _check(data, *of, step) == checked), b"")


def previews(connection: sqlite3.Connection, of: Of, before: int) -> list[KeptPreview]:
    """The whole previews of a picture with less than `before` steps done, in their order."""
    found = connection.execute(
        "SELECT step, width, height, CAST(data AS BLOB), checked FROM previews"
        " WHERE job = ? AND picture = ? AND step < ? ORDER BY step",
        (*of, before),
    )
    return [
        KeptPreview(step, width, height, data)
        for step, width, height, data, checked in found
        if _check(data, *of, step, width, height) == checked
    ]


def take_wishes(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """What others asked for (act, job), which is no longer in the file then."""
    if connection.execute("SELECT 1 FROM wishes").fetchone() is None:
        return []
    with transaction(connection):
        found = connection.execute("SELECT act, job FROM wishes ORDER BY id").fetchall()
        connection.execute("DELETE FROM wishes")
    return found


def wish(connection: sqlite3.Connection, act: str, job_id: str) -> None:
    """Ask whoever runs the queue."""
    with transaction(connection):
        connection.execute("INSERT INTO wishes (act, job) VALUES (?, ?)", (act, job_id))


def prune(connection: sqlite3.Connection, most: int) -> None:
    """Delete checkpoints and previews beyond `most` bytes: those of finished jobs first, beginning with the one that
    ended first; then the oldest checkpoints of the others, but not those that a job needs to go on.
    """
    sizes = connection.execute(
        "SELECT kept.job, CAST(total(kept.size) AS INTEGER), jobs.id IS NOT NULL FROM"
        " (SELECT job, length(data) AS size FROM checkpoints UNION ALL SELECT job, length(data) FROM previews) AS kept"
        f" LEFT JOIN jobs ON jobs.id = kept.job AND jobs.state IN ({ENDS}) GROUP BY kept.job ORDER BY jobs.ended"
    ).fetchall()
    excess = sum(size for _, size, _ in sizes) - most
    if excess <= 0:
        return
    with transaction(connection):
        for job_id, size, finished in sizes:
            if finished and excess > 0:
                forget(connection, job_id)
                excess -= size
        for number, size in connection.execute(_NOT_NEEDED).fetchall() if excess > 0 else ():
            if excess > 0:
                connection.execute("DELETE FROM checkpoints WHERE rowid = ?", (number,))
                excess -= size


_NOT_NEEDED = (
    "SELECT rowid, coalesce(length(data), 0) FROM checkpoints WHERE EXISTS (SELECT 1 FROM checkpoints AS newer WHERE"
    " newer.job = checkpoints.job AND (newer.picture, newer.step) > (checkpoints.picture, checkpoints.step))"
    " ORDER BY rowid"
)


def _check(data: object, *values: object) -> int:
    return zlib.crc32(data if isinstance(data, bytes) else b"", checksum(*values))


def _set(connection: sqlite3.Connection, name: str, number: int) -> None:
    connection.execute("INSERT OR REPLACE INTO queue VALUES (?, ?)", (name, int(number)))


def _count(connection: sqlite3.Connection, name: str) -> None:
    _set(connection, name, value(connection, name) + 1)


def _write_steps(connection: sqlite3.Connection, table: str, of: Of, steps: Iterable[tuple[int | bytes, ...]]) -> None:
    """Write steps, whose last value is the data, of a job that is in the file."""
    job_id, index = of
    if connection.execute("SELECT 1 FROM jobs WHERE id = ?", (job_id,)).fetchone() is None:
        return
    rows = [(job_id, index, *values, _check(values[-1], job_id, index, *values[:-1])) for values in steps]
    connection.execute(f"DELETE FROM {table} WHERE job = ? AND picture = ? AND step >= ?", rows[0][:3])
    places = ", ".join("?" * len(rows[0]))
    connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)


def _thin(connection: sqlite3.Connection, table: str, of: Of, most: int) -> None:
    steps = [step for (step,) in connection.execute(f"SELECT step FROM {table} WHERE job = ? AND picture = ?", of)]
    connection.executemany(
        f"DELETE FROM {table} WHERE job = ? AND picture = ? AND step = ?",
        ((*of, step) for step in superfluous(steps, most)),
    )


def _one(connection: sqlite3.Connection, number: int) -> tuple[Any, ...]:
    found: tuple[Any, ...] | None = None
    with contextlib.suppress(sqlite3.Error):
        found = connection.execute(f"{_JOBS} WHERE number = ?", (number,)).fetchone()
    return found or (None,) * 5


def _read(rows: Sequence[tuple[Any, ...]]) -> tuple[list[Job], int]:
    """The jobs of whole rows, and how many rows are damaged."""
    texts = [
        bytes(data).decode("ascii", "replace")
        for job_id, state, ended, data, checked in rows
        if _check(data, job_id, state, ended) == checked
    ]
    found = [job for job in job_json.loads_all(texts) if job is not None]
    return found, len(rows) - len(found)
