"""What the loop asks of an engine; the engine itself is named by a dotted string and never imported here."""

from collections.abc import Callable
from typing import Protocol

from studio.domain.messages import Event, Finished, Ready, Run, WorkerOptions

Emit = Callable[[Event], None]
Poll = Callable[[], None]


class Engine(Protocol):
    """Carries out tasks, one job at a time, in the thread that created it."""

    def describe(self) -> Ready:
        """The device and the versions in use."""

    def run(self, command: Run, emit: Emit, poll: Poll) -> Finished:
        """Carry out one job.

        Emits Loaded once the model is in memory, Progress, Preview, Log and PictureDone, and returns the terminal
        event. Calls `poll` as often as it can (at least once a denoising step): it raises JobCancelled when the job is
        to stop, and JobPaused when it is to stop with a checkpoint; both must pass through. A StudioError raised
        here fails the job; the engine must be usable afterwards.
        """

    def free(self) -> None:
        """Drop loaded models and caches."""


EngineFactory = Callable[[WorkerOptions], Engine]
