"""The jobs of a session: their order, their states, and what the worker says of them.

Not thread-safe on purpose: `handle` is called in the thread that owns the queue (the window's, or the command
line's main thread), to which the front end brings the worker's events.
"""

import dataclasses
import itertools
import uuid
from pathlib import Path
from typing import Protocol

from psygnal import Signal

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.jobs import Job, JobState, Picture, Task
from studio.domain.messages import (
    Cancelled,
    Event,
    Failed,
    Finished,
    JobEvent,
    Loaded,
    Log,
    Paused,
    Phase,
    PictureDone,
    Preview,
    Progress,
    Run,
    Started,
    TrainingEvent,
)
from studio.domain.recipe import Recipe, require_valid
from studio.domain.training import Training, require_valid_training
from studio.domain.upscaling import Upscaling
from studio.session.pace import Pace


class Submitter(Protocol):
    """The part of a worker host that a queue needs."""

    def submit(self, run: Run) -> None:
        """Carry out a job."""

    def cancel(self, job_id: str) -> None:
        """Stop a job; its terminal event comes within the host's bound."""

    def pause(self, job_id: str) -> None:
        """Stop a job at a checkpoint."""


class JobQueue:
    """Jobs in order; at most one is with the worker at a time, so a crash can cost the others nothing."""

    changed = Signal(Job)
    preview = Signal(Preview)
    picture = Signal(Job, Picture)
    notice = Signal(Job, str)
    training = Signal(Job, object)  # a TrainingEvent of a job

    def __init__(self, worker: Submitter, store: Path) -> None:
        self._worker, self._store = worker, store
        self._jobs: dict[str, Job] = {}
        self._paths: dict[str, str] = {}
        self._lora_paths: dict[str, tuple[str, ...]] = {}
        self._active: str | None = None
        self.previews = True  # ask for them when a job starts
        self.pace = Pace()

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All jobs of this session, oldest first."""
        return tuple(self._jobs.values())

    @property
    def open_jobs(self) -> tuple[Job, ...]:
        """The jobs that wait or run, in the order they will run."""
        return tuple(job for job in self._jobs.values() if not job.state.final and job.state is not JobState.PAUSED)

    def submit(self, recipe: Recipe, model_path: str, multiple: int, lora_paths: tuple[str, ...] = ()) -> Job:
        """Queue a recipe whose model lies at `model_path` and works in multiples of `multiple` pixels.

        `lora_paths` are where its LoRAs lie, in their order.
        Raises StudioError (INPUT) when the recipe is not valid; nothing is queued then.
        """
        require_valid(recipe, multiple)
        return self._submit(recipe, model_path, lora_paths)

    def submit_training(self, training: Training, model_path: str) -> Job:
        """Queue a training run on the model at `model_path`.

        Raises StudioError (INPUT) when it is not valid, or when its output is being trained already.
        """
        require_valid_training(training)
        for job in self._jobs.values():
            if isinstance(job.task, Training) and job.task.output == training.output and not job.state.final:
                raise StudioError(
                    ErrorKind.INPUT, "This is being trained already.", "Continue that run, or choose a name.", "output"
                )
        return self._submit(training, model_path)

    def submit_upscaling(self, task: Upscaling) -> Job:
        """Queue the enlargement of a picture, which needs no model."""
        return self._submit(task, "")

    def _submit(self, task: Task, model_path: str, lora_paths: tuple[str, ...] = ()) -> Job:
        job = Job(uuid.uuid4().hex[:12], task)
        self._paths[job.id] = model_path
        self._lora_paths[job.id] = lora_paths
        self._put(job)
        self._feed()
        return self._jobs[job.id]

    def pause(self, job_id: str) -> None:
        """Stop a running training at a checkpoint; other jobs go on."""
        job = self._jobs.get(job_id)
        if job is not None and job_id == self._active and isinstance(job.task, Training):
            self._worker.pause(job_id)

    def resume(self, job_id: str) -> None:
        """Queue a paused job again."""
        job = self._jobs.get(job_id)
        if job is not None and job.state is JobState.PAUSED:
            self._put(job.moved(JobState.QUEUED))
            self._feed()

    def cancel(self, job_id: str) -> None:
        """Stop a job, queued or running; a job that is over stays as it is."""
        if job_id == self._active:
            self._worker.cancel(job_id)
        elif job_id in self._jobs:
            self._put(self._jobs[job_id].moved(JobState.CANCELLED))

    def cancel_all(self) -> None:
        """Stop every job, the waiting ones first so that none of them starts."""
        for job in reversed([job for job in self._jobs.values() if not job.state.final]):
            self.cancel(job.id)

    def forget_finished(self) -> None:
        """Drop the jobs that are over from the list; their pictures stay."""
        self._jobs = {job.id: job for job in self._jobs.values() if not job.state.final}

    def remaining_seconds(self) -> float | None:
        """Estimated seconds until the queue is empty; None when nothing is known yet."""
        return self.pace.remaining(self.open_jobs)

    def handle(self, event: Event) -> None:
        """Take in an event of the worker."""
        if not isinstance(event, JobEvent):
            return
        job = self._jobs.get(event.job_id)
        if job is None or job.state.final:
            return
        if isinstance(event, Preview):
            self.preview.emit(event)
        elif isinstance(event, TrainingEvent):
            self.training.emit(job, event)
        elif isinstance(event, Log):
            self.notice.emit(job, event.message)
        else:
            self._advance(job, event)

    def _advance(self, job: Job, event: JobEvent) -> None:
        match event:
            case Started():
                self._put(job.moved(JobState.LOADING))
            case Loaded():
                self._loaded(job, event)
            case Progress():
                job = job if event.phase is Phase.LOAD else job.moved(JobState.RUNNING)
                self._put(dataclasses.replace(job, phase=event.phase, step=event.step, total=event.total))
            case PictureDone():
                job = dataclasses.replace(job, pictures=(*job.pictures, event.picture))
                self._put(job)
                self.picture.emit(job, event.picture)
            case Finished():
                self._end(dataclasses.replace(job, cost=event.cost), JobState.DONE)
            case Paused():
                self._end(job, JobState.PAUSED)
            case Cancelled():
                self._end(job, JobState.CANCELLED)
            case Failed():
                self._end(dataclasses.replace(job, problem=event.problem, details=event.details), JobState.FAILED)

    def _end(self, job: Job, state: JobState) -> None:
        if job.id == self._active:
            self._active = None
        if state.final:
            self._paths.pop(job.id, None)
            self._lora_paths.pop(job.id, None)
        self._put(job.moved(state))
        self._feed()

    def _loaded(self, job: Job, event: Loaded) -> None:
        if isinstance(job.task, Recipe):
            self._put(dataclasses.replace(job, task=job.task.carried_out(event.model_hash, event.lora_hashes)))

    def _feed(self) -> None:
        if self._active is not None:
            return
        waiting = itertools.islice((job for job in self._jobs.values() if job.state is JobState.QUEUED), 1)
        for job in waiting:
            self._active = job.id
            self._worker.submit(self._run(job))

    def _run(self, job: Job) -> Run:
        store = str(self._store)
        return Run(job.id, job.task, self._paths[job.id], store, self.previews, self._lora_paths[job.id])

    def _put(self, job: Job) -> None:
        self._jobs[job.id] = job
        if job.makes_pictures:
            self.pace.observe(job)
        self.changed.emit(job)
