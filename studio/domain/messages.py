"""The whole contract between the program and its worker: commands in, events out.

Both sides import this module and nothing else of each other. Everything here can be pickled. Each event of a
job carries its id, and each job that was submitted gets exactly one terminal event: `Finished`, `Cancelled`,
`Failed`, `Paused` or `Interrupted`.
"""

from dataclasses import dataclass
from enum import StrEnum

from studio.domain.errors import Problem
from studio.domain.jobs import Cost, Picture, Task, recipe_of
from studio.domain.plan import Plan, Rung
from studio.domain.recipe import Recipe
from studio.domain.study import Frame, HeatMap, Study


class Phase(StrEnum):
    """What a running job is doing."""

    LOAD = "load"
    ENCODE = "encode"
    DENOISE = "denoise"
    DECODE = "decode"
    UPSCALE = "upscale"
    SAVE = "save"
    SMOOTH = "smooth"  # a clip: its frames follow each other's motion
    PREPARE = "prepare"  # training: read and encode the pictures
    TRAIN = "train"


# ------------------------------------------------------------------------------------------------ commands


@dataclass(frozen=True, slots=True)
class Run:
    """Carry out `task`; finished pixels go to the blob store in folder `store`.

    `model_path` is where the task's model was found, "" where it needs none. `previews` asks for a picture of the
    clean guess at each step. `lora_paths` are where the recipe's LoRAs were found, in their order, `module_path` is
    where a clip's motion module was, "" for none.

    A job that had begun goes on: its first `done` pictures are there (of a clip: `done` frames, and `made` are their
    numbers), and `checkpoint` is one of picture `done`, b"" if
    there is none; one of another recipe, model or machine is left out of account. While it denoises, a `Checkpoint` is
    sent each `checkpoint_seconds` (0: after each step; below 0: never) and when it is paused. `rung` is the first that
    is tried, and `memory_factor` what jobs like this one took, as a share of the memory that was estimated.
    """

    job_id: str
    task: Task | Study
    model_path: str
    store: str
    previews: bool = True
    lora_paths: tuple[str, ...] = ()
    done: int = 0
    made: tuple[int, ...] = ()
    checkpoint: bytes = b""
    checkpoint_seconds: float = -1.0
    rung: Rung = Rung.FULL
    memory_factor: float = 1.0
    module_path: str = ""

    @property
    def recipe(self) -> Recipe:
        """The recipe of a job that makes pictures. Raises TypeError for other tasks."""
        return recipe_of(self.task)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop this job, queued or running."""

    job_id: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop this running job so that it can go on from where it is; one that keeps no checkpoints begins anew then."""

    job_id: str


@dataclass(frozen=True, slots=True)
class FreeMemory:
    """Drop loaded models and caches once no job runs."""


@dataclass(frozen=True, slots=True)
class Quit:
    """End the loop after pausing what runs."""


Command = Run | Cancel | Pause | FreeMemory | Quit


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
    attention: str = ""  # the backend of the networks' attention


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
    """The job's model is in memory; the hashes are those of its weights and, in their order, of its LoRAs."""

    job_id: str
    model_hash: str
    lora_hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """How the job is set about; sent again when memory ran out and the next rung is taken."""

    job_id: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """From here picture `index` can go on, whatever happens: `step` steps of it are done. `data` is for `Run`."""

    job_id: str
    index: int
    step: int
    data: bytes


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
class ClipPreview:
    """The clean guesses for the frames `indices` of a clip after `step`: `rgb` holds as many pictures one after the
    other, each height × width × 3 bytes, sRGB. They are small, and may be dropped as those of `Preview`.
    """

    job_id: str
    step: int
    indices: tuple[int, ...]
    width: int
    height: int
    rgb: bytes


@dataclass(frozen=True, slots=True)
class PictureDone:
    """A finished picture, or a finished frame of a clip, lies in the blob store."""

    job_id: str
    picture: Picture


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """An optimiser step was made: `step` of `total`, the loss of its pictures, the learning rate, its seconds."""

    job_id: str
    step: int
    total: int
    loss: float
    learning_rate: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Validated:
    """The loss on held-out pictures after `step`; `bits` is the variational bound in bits per dimension, if known."""

    job_id: str
    step: int
    loss: float
    bits: float | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The sample prompts as drawn after `step`: a PNG in the blob store, the prompts side by side."""

    job_id: str
    step: int
    digest: str


@dataclass(frozen=True, slots=True)
class CheckpointKept:
    """From here the run can go on, whatever happens: after `step`, in the run's folder."""

    job_id: str
    step: int


@dataclass(frozen=True, slots=True)
class ModelDone:
    """What was trained lies at `path` and can be used."""

    job_id: str
    path: str


@dataclass(frozen=True, slots=True)
class Studied:
    """The forward view of a study: x_t = `alpha`·x0 + `sigma`·ε, and what the model makes of it.

    `model_t` is the time of the model's own schedule with the same noise-to-signal ratio, where it was asked. `guess`
    is its E[x0 | x_t], and `x0_error` the root mean square of its difference to x0 in latents. `score` maps
    |∇ log p(x_t)|, and `score_rms` is its root mean square per number of the latents; both are None at t = 0, where
    nothing is noised.
    """

    job_id: str
    t: float
    model_t: float
    log_snr: float
    alpha: float
    sigma: float
    clean: Frame
    noisy: Frame
    guess: Frame
    x0_error: float
    score: HeatMap | None = None
    score_rms: float | None = None


@dataclass(frozen=True, slots=True)
class PathStep:
    """The reverse path of a study after `step` of `total`, at the model's own time `t`; step 0 is where it begins."""

    job_id: str
    step: int
    total: int
    t: float
    picture: Frame


@dataclass(frozen=True, slots=True)
class Paused:
    """The job stopped at its user's wish with a checkpoint, and goes on when it is submitted again."""

    job_id: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Made by the host: the worker ended, or fell silent and was ended, under the job. `details` as in `Failed`."""

    job_id: str
    problem: Problem
    details: str = ""


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
class Beat:
    """The worker's process lives; sent each second and kept by the host."""


@dataclass(frozen=True, slots=True)
class Died:
    """Made by the host: the worker process ended by itself. `exit_code` is negative for a signal; a new one starts."""

    exit_code: int


TrainingEvent = TrainingStep | Validated | Sheet | CheckpointKept | ModelDone
StudyEvent = Studied | PathStep
JobEvent = (
    Started
    | Loaded
    | Planned
    | Checkpoint
    | Progress
    | Preview
    | ClipPreview
    | PictureDone
    | TrainingEvent
    | StudyEvent
    | Paused
    | Interrupted
    | Finished
    | Cancelled
    | Failed
    | Log
)
Event = Ready | Unavailable | JobEvent | Beat | Died


def is_terminal(event: Event) -> bool:
    """Does this event end its job?"""
    return isinstance(event, Finished | Cancelled | Failed | Paused | Interrupted)
