"""The whole contract between the program and its worker: commands in, events out.

Both sides import this module and nothing else of each other. Everything here can be pickled. Each event of a
job carries its id, and each job that was submitted gets exactly one terminal event: `Finished`, `Cancelled` or
`Failed`.
"""

from dataclasses import dataclass
from enum import StrEnum

from studio.domain.errors import Problem
from studio.domain.jobs import Cost, Picture
from studio.domain.recipe import Recipe


class Phase(StrEnum):
    """What a running job is doing."""

    LOAD = "load"
    ENCODE = "encode"
    DENOISE = "denoise"
    DECODE = "decode"
    SAVE = "save"


# ------------------------------------------------------------------------------------------------ commands


@dataclass(frozen=True, slots=True)
class Run:
    """Carry out `recipe`; finished pixels go to the blob store in folder `store`.

    `model_path` is where `recipe.model` was found. `previews` asks for a picture of the clean guess at each step.
    """

    job_id: str
    recipe: Recipe
    model_path: str
    store: str
    previews: bool = True


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop this job, queued or running."""

    job_id: str


@dataclass(frozen=True, slots=True)
class FreeMemory:
    """Drop loaded models and caches once no job runs."""


@dataclass(frozen=True, slots=True)
class Quit:
    """End the loop after cancelling what runs."""


Command = Run | Cancel | FreeMemory | Quit


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How a worker is set up, given once at its start.

    `device` is "auto", "cpu", "cuda", "cuda:1", "mps"; `threads` 0 lets the engine choose, and `spare_core` makes it
    leave one core to the window.
    """

    device: str = "auto"
    threads: int = 0
    spare_core: bool = True


# ------------------------------------------------------------------------------------------------ events


@dataclass(frozen=True, slots=True)
class Ready:
    """The engine is loaded. `versions` maps library names to versions; memory is in bytes."""

    device: str
    device_name: str
    dtype: str
    threads: int
    memory: int
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The engine cannot be loaded, and the worker ends; instead of `Ready`. `details` is a traceback as in `Failed`.

    The host then fails what is outstanding with this problem, and tries again when the next job is submitted.
    """

    problem: Problem
    details: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """The worker took the job up and begins to load its model."""

    job_id: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """The job's model is in memory; `model_hash` is the content hash of its weights."""

    job_id: str
    model_hash: str


@dataclass(frozen=True, slots=True)
class Progress:
    """`step` of `total` in `phase`; total 0 means not countable."""

    job_id: str
    phase: Phase
    step: int
    total: int


@dataclass(frozen=True, slots=True)
class Preview:
    """The clean guess for picture `index` after `step`: `rgb` holds height × width × 3 bytes, sRGB.

    A preview is smaller than the picture; whoever is busy may drop it.
    """

    job_id: str
    index: int
    step: int
    width: int
    height: int
    rgb: bytes


@dataclass(frozen=True, slots=True)
class PictureDone:
    """A finished picture lies in the blob store."""

    job_id: str
    picture: Picture


@dataclass(frozen=True, slots=True)
class Finished:
    """All pictures are done."""

    job_id: str
    cost: Cost


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The job was stopped at its user's wish."""

    job_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The job ended with a problem; `details` is a traceback for "copy details", never shown bare."""

    job_id: str
    problem: Problem
    details: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """Something the user should know that is no failure: a prompt was cut, a fallback was taken."""

    job_id: str
    message: str


@dataclass(frozen=True, slots=True)
class Died:
    """Made by the host: the worker process ended by itself. `exit_code` is negative for a signal; a new one starts."""

    exit_code: int


JobEvent = Started | Loaded | Progress | Preview | PictureDone | Finished | Cancelled | Failed | Log
Event = Ready | Unavailable | JobEvent | Died


def is_terminal(event: Event) -> bool:
    """Does this event end its job?"""
    return isinstance(event, Finished | Cancelled | Failed)
