"""A job: one task, most often a recipe on its way to pictures, as a state machine of values."""

import dataclasses
from dataclasses import dataclass, field
from enum import StrEnum

from studio.domain.errors import Problem
from studio.domain.recipe import Recipe
from studio.domain.training import Training
from studio.domain.upscaling import Upscaling

Task = Recipe | Training | Upscaling


class JobState(StrEnum):
    """Where a job stands. The last four are final."""

    QUEUED = "queued"
    LOADING = "loading"
    RUNNING = "running"
    PAUSED = "paused"  # stopped with a checkpoint
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  # the worker died under it

    @property
    def final(self) -> bool:
        """No event can change a job in this state."""
        return not _NEXT[self]


_ENDS = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED})
_NEXT: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: _ENDS | {JobState.LOADING},
    JobState.LOADING: _ENDS | {JobState.RUNNING, JobState.PAUSED},
    JobState.RUNNING: _ENDS | {JobState.PAUSED},
    JobState.PAUSED: _ENDS | {JobState.QUEUED},
    **dict.fromkeys(_ENDS, frozenset[JobState]()),
}


def recipe_of(task: object) -> Recipe:
    """The task as a recipe. Raises TypeError when it is another one."""
    if isinstance(task, Recipe):
        return task
    raise TypeError("this job makes no pictures")


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture: which of the batch, its seed, and the digest of its pixels in the blob store."""

    index: int
    seed: int
    digest: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What a job took: seconds of each phase, peak memory of the worker in bytes."""

    seconds: dict[str, float] = field(default_factory=dict)
    peak_memory: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """One task and how far it has come; `step` of `total` counts the present phase.

    `problem` and `details`, a traceback for "copy details", say why it failed.
    """

    id: str
    task: Task
    state: JobState = JobState.QUEUED
    phase: str = ""
    step: int = 0
    total: int = 0
    pictures: tuple[Picture, ...] = ()
    problem: Problem | None = None
    details: str = ""
    cost: Cost | None = None

    @property
    def recipe(self) -> Recipe:
        """The recipe of a job that makes pictures. Raises TypeError for other tasks."""
        return recipe_of(self.task)

    @property
    def makes_pictures(self) -> bool:
        """Is its task a recipe?"""
        return isinstance(self.task, Recipe)

    def moved(self, state: JobState) -> "Job":
        """This job in another state; unchanged when the state machine does not allow the step.

        Events of a worker may arrive late (a result after its cancel), so an illegal step is not an error:
        a final state stays what it is.
        """
        return dataclasses.replace(self, state=state) if state in _NEXT[self.state] else self
