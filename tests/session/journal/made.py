"""Jobs and journals for tests."""

import sqlite3
import threading
from pathlib import Path
from typing import Any

from studio.domain.jobs import Job
from studio.domain.messages import Checkpoint, Preview
from studio.domain.recipe import Recipe
from studio.session.journal import Journal

LONG = 60.0  # seconds after which a test fails that waits for an event


def job(number: int, **values: Any) -> Job:
    """The job of this number."""
    return Job(f"{number:012x}", Recipe(prompt=f"picture {number}", seed=number), rank=float(number), **values)


def preview(job_id: str, step: int, index: int = 0, width: int = 64, height: int = 32) -> Preview:
    """A plain grey preview, as light as its step is late."""
    return Preview(job_id, index, step, width, height, bytes([step % 256]) * (width * height * 3))


def checkpoint(job_id: str, step: int, index: int = 0) -> Checkpoint:
    """A checkpoint whose data says which it is."""
    return Checkpoint(job_id, index, step, f"{job_id} {index} {step}".encode())


def saved(journal: Journal, *jobs: Job) -> bool:
    """Put jobs and wait until `then` is called; whether it was."""
    done = threading.Event()
    journal.put(jobs, done.set)
    return done.wait(LONG)


def asked(path: Path, query: str, *values: object) -> Any:
    """The first value of what a query finds in a file."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        return connection.execute(query, values).fetchone()[0]
    finally:
        connection.close()


def done(path: Path, *commands: str) -> None:
    """Change a file behind everybody's back."""
    connection = sqlite3.connect(path)
    for command in commands:
        connection.execute(command)
    connection.commit()
    connection.close()
