"""The jobs that make pictures again, known by their ids, also in later sessions."""

import uuid

from studio.session.queue import JobQueue

_OURS = "again-"


def new_id() -> str:
    """The id of another job of this kind."""
    return f"{_OURS}{uuid.uuid4().hex[:12]}"


def drop_old(queue: JobQueue) -> None:
    """Drop what an earlier session left: nobody waits for it any more."""
    left = [job for job in queue.jobs if job.id.startswith(_OURS)]
    for job in left:
        if not job.state.final:
            queue.cancel(job.id)
    queue.forget([job.id for job in left], unsaved=True)
