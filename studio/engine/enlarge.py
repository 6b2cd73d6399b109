"""The job that enlarges a picture from a file."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from studio.domain.geometry import Size
from studio.domain.jobs import Picture
from studio.domain.messages import Event, Finished, Phase, PictureDone, Progress, Run
from studio.domain.upscaling import Upscaling, require_valid_upscaling
from studio.engine.clock import PhaseClock
from studio.engine.hook import interruptible
from studio.engine.models import Poll
from studio.engine.upscale import Upscaler, upscale
from studio.imaging.blobs import BlobStore
from studio.imaging.pictures import load_layered
from studio.imaging.pixels import encode_png


@dataclass(frozen=True, slots=True)
class Enlarging:
    """One job; `load` gives the upscaler."""

    command: Run
    task: Upscaling
    load: Callable[[], Upscaler]
    emit: Callable[[Event], None]
    poll: Poll
    clock: PhaseClock

    def run(self) -> Finished:
        """Carry it out; see `studio.worker.engine.Engine.run`. Raises StudioError for a file that is no picture."""
        task, clock = self.task, self.clock
        with clock.phase(Phase.LOAD):
            self._progress(Phase.LOAD, 0, 0)
            upscaler, pixels = self.load(), load_layered(Path(task.path))
            require_valid_upscaling(task, Size(pixels.shape[1], pixels.shape[0]))
        with clock.phase(Phase.UPSCALE), interruptible((upscaler.network,), self.poll):
            large = upscale(upscaler, pixels, task.factor, functools.partial(self._progress, Phase.UPSCALE))
        with clock.phase(Phase.SAVE):
            self._progress(Phase.SAVE, 0, 0)
            digest = BlobStore(Path(self.command.store)).put(encode_png(large))
        self.emit(PictureDone(self.command.job_id, Picture(0, 0, digest, large.shape[1], large.shape[0])))
        return Finished(self.command.job_id, clock.cost())

    def rest(self) -> Run:
        """The command for what is left of the job: all of it."""
        return self.command

    def _progress(self, phase: Phase, done: int, total: int) -> None:
        self.poll()
        self.emit(Progress(self.command.job_id, phase, done, total))
