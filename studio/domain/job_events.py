"""What an event of its worker makes of a job."""

import dataclasses

from studio.domain.jobs import Job, JobState
from studio.domain.messages import (
    Cancelled,
    Failed,
    Finished,
    Interrupted,
    JobEvent,
    Loaded,
    Paused,
    Phase,
    PictureDone,
    Planned,
    Progress,
    Started,
)
from studio.domain.recipe import Recipe
from studio.domain.sequence import FrameSequence


def after(job: Job, event: JobEvent) -> Job:
    """The job after an event of its own. What says nothing of its state changes nothing, and neither does an end that
    comes too late.
    """
    if job.state.final:
        return job
    match event:
        case Started():
            return job.moved(JobState.LOADING)
        case Loaded():
            return _loaded(job, event)
        case Planned():
            return dataclasses.replace(job, plan=event.plan)
        case Progress():
            job = job if event.phase is Phase.LOAD else job.moved(JobState.RUNNING)
            return dataclasses.replace(job, phase=event.phase, step=event.step, total=event.total)
        case PictureDone():
            others = (each for each in job.pictures if each.index != event.picture.index)
            return dataclasses.replace(job.progressed(), pictures=(*others, event.picture))
        case _:
            return _ended(job, event)


def _ended(job: Job, event: JobEvent) -> Job:
    match event:
        case Finished():
            return dataclasses.replace(job.progressed(), cost=event.cost).moved(JobState.DONE)
        case Failed():
            return dataclasses.replace(job, problem=event.problem, details=event.details).moved(JobState.FAILED)
        case Interrupted():
            return job.died(event.problem, event.details)
        case Paused():
            return job.moved(JobState.PAUSED)
        case Cancelled():
            return job.moved(JobState.CANCELLED)
        case _:
            return job


def _loaded(job: Job, event: Loaded) -> Job:
    if not isinstance(job.task, Recipe | FrameSequence):
        return job
    return dataclasses.replace(job, task=job.task.carried_out(event.model_hash, event.lora_hashes))
