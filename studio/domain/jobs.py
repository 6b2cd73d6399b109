"""A job: one task, most often a recipe on its way to pictures, as a state machine of values."""

import dataclasses
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import PurePath

from studio.domain.errors import Problem
from studio.domain.plan import Plan
from studio.domain.recipe import Recipe
from studio.domain.sequence import Footage, FrameSequence
from studio.domain.training import Training
from studio.domain.treatment import Deflicker, FlowLoop, Interpolation, Loopify
from studio.domain.upscaling import Upscaling

Task = Recipe | Training | Upscaling | FrameSequence | FlowLoop | Loopify | Interpolation | Deflicker
FRAME_TASKS = FrameSequence | FlowLoop | Loopify | Interpolation | Deflicker
DEADLY = 2  # workers that may end under a job in a row before it is set aside
_MADE_BY = "job:"


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    LOADING = "loading"
    RUNNING = "running"
    PAUSED = "paused"  # stopped by its user, with a checkpoint if it had begun
    INTERRUPTED = "interrupted"  # the worker or the program ended under it; it goes on by itself
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    QUARANTINED = "quarantined"  # two workers in a row ended under it

    @property
    def final(self) -> bool:
        """No event can change a job in this state; its user still can try it again."""
        return self in _ENDS

    @property
    def active(self) -> bool:
        """Does a worker have the job?"""
        return self in (JobState.LOADING, JobState.RUNNING)


_ENDS = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.QUARANTINED})
_STOPS = _ENDS | {JobState.PAUSED, JobState.INTERRUPTED}
_NEXT: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: _STOPS | {JobState.LOADING},
    JobState.LOADING: _STOPS | {JobState.RUNNING},
    JobState.RUNNING: _STOPS,
    JobState.PAUSED: _ENDS | {JobState.QUEUED},
    JobState.INTERRUPTED: _ENDS | {JobState.QUEUED, JobState.PAUSED},
    **dict.fromkeys(_ENDS, frozenset[JobState]()),
}
_TRIED_AGAIN = frozenset({JobState.FAILED, JobState.CANCELLED, JobState.QUARANTINED})


class Priority(IntEnum):
    """Who goes first: smaller before larger."""

    INTERACTIVE = 0  # somebody waits for it
    BATCH = 1


def recipe_of(task: object) -> Recipe:
    """The task as a recipe. Raises TypeError when it is another one."""
    if isinstance(task, Recipe):
        return task
    raise TypeError("this job makes no pictures")


def made_by(job_id: str, index: int = 0) -> str:
    """In place of the path of a picture: picture `index` of another job, once that is done."""
    return f"{_MADE_BY}{job_id}#{index}"


def maker_of(path: str) -> tuple[str, int] | None:
    """The job and the index that `made_by` put in place of a path; None for a real path."""
    if not path.startswith(_MADE_BY):
        return None
    job_id, _, index = path.removeprefix(_MADE_BY).partition("#")
    return job_id, int(index) if index.isdecimal() else 0


def sources_of(task: Task) -> tuple[str, ...]:
    """The pictures that a task begins with: paths, or what `made_by` gives."""
    match task:
        case Recipe(source=source, inpaint=inpaint):
            paths = (source.path if source else "", *((inpaint.image, inpaint.mask) if inpaint else ()))
            return tuple(path for path in paths if path)
        case Upscaling(path=path):
            return (path,)
        case FrameSequence(source=footage, held=held, first=first, last=last):
            frames = (footage.paths if footage else ()) + tuple(each.path for each in held)
            return tuple(path for path in (*frames, first, last) if path)
        case FlowLoop(path=path, freeze=freeze):
            return tuple(each for each in (path, freeze) if each)
        case Loopify(source=footage) | Interpolation(source=footage) | Deflicker(source=footage):
            return footage.paths
        case _:
            return ()


def with_sources(task: Task, paths: dict[str, str]) -> Task:
    """The task with some of its `sources_of` in another place."""
    match task:
        case Recipe(source=source, inpaint=inpaint):
            if source is not None:
                source = dataclasses.replace(source, path=paths.get(source.path, source.path))
            if inpaint is not None:
                image, mask = (paths.get(path, path) for path in (inpaint.image, inpaint.mask))
                inpaint = dataclasses.replace(inpaint, image=image, mask=mask)
            return dataclasses.replace(task, source=source, inpaint=inpaint)
        case Upscaling(path=path):
            return dataclasses.replace(task, path=paths.get(path, path))
        case FrameSequence(source=footage, held=held, first=first, last=last):
            return dataclasses.replace(
                task,
                source=footage and _with_paths(footage, paths),
                held=tuple(dataclasses.replace(each, path=paths.get(each.path, each.path)) for each in held),
                first=paths.get(first, first),
                last=paths.get(last, last),
            )
        case FlowLoop(path=path, freeze=freeze):
            return dataclasses.replace(task, path=paths.get(path, path), freeze=paths.get(freeze, freeze))
        case Loopify(source=footage) | Interpolation(source=footage) | Deflicker(source=footage):
            return dataclasses.replace(task, source=_with_paths(footage, paths))
        case _:
            return task


def without_folders(task: Task) -> Task:
    """The task as others may read it: of the pictures that it begins with only the names of their files."""
    return with_sources(task, {path: PurePath(path).name for path in sources_of(task)})


def _with_paths(footage: Footage, paths: dict[str, str]) -> Footage:
    return dataclasses.replace(footage, paths=tuple(paths.get(path, path) for path in footage.paths))


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture or frame: which of the batch or clip, its seed, and the digest of its pixels in the store.

    `path` is the file that it was saved as, "" until it is. `about` is a frame's `Provenance` as JSON.
    """

    index: int
    seed: int
    digest: str
    width: int
    height: int
    path: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a job took: seconds of each phase, peak memory of the worker in bytes.

    `memory_share` is the memory that its work took, as a share of what was estimated without `Run.memory_factor`; 0
    where that was not measured.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    peak_memory: int = 0
    memory_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Job:
    """One task and how far it has come; `step` of `total` counts the present phase.

    `problem` and `details`, a traceback for "copy details", say why it failed or was set aside. Jobs that wait run in
    the order of `priority` and `rank`, and not before those that they `needs`. `made` and `ended` are seconds since
    1970. `output` is where its pictures go, "" for the gallery. `deaths` counts the workers that ended under it in a
    row, `plan` says how the worker set about it, and `origin` is the picture (`made_by`) whose way it branches off.
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
    priority: Priority = Priority.INTERACTIVE
    rank: float = 0.0
    needs: tuple[str, ...] = ()
    output: str = ""
    deaths: int = 0
    made: float = 0.0
    ended: float = 0.0
    plan: Plan | None = None
    origin: str = ""

    @property
    def recipe(self) -> Recipe:
        """The recipe of a job that makes pictures. Raises TypeError for other tasks."""
        return recipe_of(self.task)

    @property
    def makes_pictures(self) -> bool:
        """Is its task a recipe?"""
        return isinstance(self.task, Recipe)

    @property
    def makes_frames(self) -> bool:
        """Does it make the frames of a clip?"""
        return isinstance(self.task, FRAME_TASKS)

    @property
    def needed(self) -> frozenset[str]:
        """The jobs that must be done before this one: those it names, and those whose pictures it begins with."""
        makers = (maker_of(path) for path in sources_of(self.task))
        return frozenset((*self.needs, *(found[0] for found in makers if found)))

    def moved(self, state: JobState) -> "Job":
        """This job in another state; unchanged when the state machine does not allow the step.

        Events of a worker may arrive late (a result after its cancel), so an illegal step is not an error:
        a final state stays what it is.
        """
        return dataclasses.replace(self, state=state) if state in _NEXT[self.state] else self

    def died(self, problem: Problem, details: str = "") -> "Job":
        """A worker ended under this job: interrupted, or set aside when it is the second in a row."""
        if not (self.state.active or self.state is JobState.QUEUED):
            return self
        known = dataclasses.replace(self, deaths=self.deaths + 1, problem=problem, details=details)
        return known.moved(JobState.QUARANTINED if known.deaths >= DEADLY else JobState.INTERRUPTED)

    def again(self) -> "Job":
        """This job as its user tries it again: waiting, with the pictures that it has made. Unchanged if it is done, or
        not over.
        """
        if self.state not in _TRIED_AGAIN:
            return self
        return dataclasses.replace(
            self,
            state=JobState.QUEUED, phase="", step=0, total=0, problem=None, details="", deaths=0, ended=0.0,
        )  # fmt: skip

    def progressed(self) -> "Job":
        """This job after it came further than the worker before: no row of deaths any more."""
        return dataclasses.replace(self, deaths=0, problem=None, details="") if self.deaths else self


def order(job: Job) -> tuple[int, float, str]:
    """What the waiting are sorted by."""
    return job.priority, job.rank, job.id
