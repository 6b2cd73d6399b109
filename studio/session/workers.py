"""Which worker a session runs on."""

from collections.abc import Callable

from studio.domain.messages import Event, WorkerOptions
from studio.session.studio import Worker, WorkerFactory
from studio.worker.host_process import ProcessHost
from studio.worker.host_thread import ThreadHost

ENGINE = "studio.engine.run:create"  # named, never imported on this side: it loads torch
HOSTS: dict[str, type[ProcessHost] | type[ThreadHost]] = {"process": ProcessHost, "thread": ThreadHost}


def worker_factory(kind: str = "process", engine: str = ENGINE) -> WorkerFactory:
    """Make workers of a kind of `HOSTS`: a process of its own, or a thread of this one for debugging."""

    def make(post: Callable[[Event], None], options: WorkerOptions) -> Worker:
        return HOSTS[kind](engine, post, options)

    return make
