"""One job on its way to the worker: its files are found, the journal keeps it, and only then it is sent."""

import contextlib
import dataclasses
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Protocol

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.jobs import Job, JobState, Task
from studio.domain.messages import Run
from studio.domain.plan import Rung
from studio.session.job_list import WAITS, JobList, dated

CHECKPOINT_SECONDS = 2.0  # of denoising that a kill may cost


class Submitter(Protocol):
    """The part of a worker host that a queue needs. Its methods may be called from any thread."""

    def submit(self, run: Run) -> None:
        """Carry out a job."""

    def cancel(self, job_id: str) -> None:
        """Stop a job; its terminal event comes within the host's bound."""

    def pause(self, job_id: str) -> None:
        """Stop a job at a checkpoint."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where a task's model, LoRAs and motion module lie, "" and () where it needs none."""

    model_path: str = ""
    lora_paths: tuple[str, ...] = ()
    module_path: str = ""


class Asked(IntEnum):
    """What its user wants of the job that the worker has, the most of several; the worker's answer may cross it."""

    NOTHING = 0
    WAIT = 1  # stop, and go on by itself
    PAUSE = 2
    CANCEL = 3


Locate = Callable[[Task], Located]


class Dispatch:
    """Sends jobs of a list to the worker. `locate` raises StudioError when a task's files are not there any more;
    `memory_factor` corrects what a job is expected to take.
    """

    def __init__(
        self, worker: Submitter, store: Path, jobs: JobList, locate: Locate, memory_factor: Callable[[Job], float]
    ) -> None:
        self.worker = worker
        self._store, self._list, self._locate, self._memory_factor = store, jobs, locate, memory_factor
        self._outbox: dict[str, Run] = {}  # until the journal has them
        self._sending = threading.RLock()  # what follows a job to the worker does not overtake it
        self.previews = True  # ask for them

    def start(self, job: Job) -> bool:
        """Send a job to the worker once the journal has it, and name it as busy; False when it cannot begin now, or at
        all: then it has failed.
        """
        try:
            task = self._list.resolved(job.task)
            if task is None:
                return False
            located = self._locate(task)
        except StudioError as error:
            failed = dataclasses.replace(job, problem=error.problem).moved(JobState.FAILED)
            self._list.put(dated(failed))
            return False
        job = dataclasses.replace(job.moved(JobState.QUEUED), task=task)
        self._list.busy = job.id
        self._outbox[job.id] = Run(
            job.id,
            task,
            located.model_path,
            str(self._store),
            self.previews,
            located.lora_paths,
            done=len(job.pictures),
            made=tuple(picture.index for picture in job.pictures) if job.makes_frames else (),
            checkpoint_seconds=CHECKPOINT_SECONDS if self._list.journal is not None else -1.0,
            rung=job.plan.rung if job.plan is not None else Rung.FULL,
            memory_factor=self._memory_factor(job),
            module_path=located.module_path,
        )
        self._list.put(job, then=lambda: self._send(job))
        return True

    def take_back(self, job_id: str) -> bool:
        """Whether a job had not reached the worker yet; it never will then."""
        with self._sending:
            return self._outbox.pop(job_id, None) is not None

    def let_go(self, job: Job) -> None:
        """Free a job to be changed, also on its way to the worker. Raises StudioError (INPUT) when it has begun; one
        that has made pictures has, as their files would pass for those of the changed job.
        """
        begun = job.state not in (*WAITS, JobState.PAUSED) or bool(job.pictures)
        if begun or (job.id == self._list.busy and not self.take_back(job.id)):
            message = "This job has begun and cannot be changed any more."
            raise StudioError(ErrorKind.INPUT, message, "Queue the changed settings as a new job.")
        if job.id == self._list.busy:
            self._list.busy = None

    def _send(self, job: Job) -> None:
        """In the journal's thread, if there is one: the row is there, so the job may start, if it is still wanted."""
        checkpoint = self._list.checkpoint(job)
        with self._sending:
            if (run := self._outbox.pop(job.id, None)) is not None:
                with contextlib.suppress(RuntimeError):  # the program ends meanwhile; it goes on the next time
                    self.worker.submit(dataclasses.replace(run, checkpoint=checkpoint))
