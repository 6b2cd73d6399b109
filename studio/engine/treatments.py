"""The job that makes frames without a model: a still that flows, a clip made to loop, frames between frames, a
clip without its flicker.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.messages import Event, Finished, Phase, Progress, Run
from studio.domain.sequence import MAX_FRAMES, Provenance
from studio.domain.treatment import Deflicker, FlowLoop, Interpolation, Treatment
from studio.engine.clock import PhaseClock
from studio.engine.frames import finished
from studio.engine.models import Poll
from studio.imaging.looping.mixing import Made
from studio.imaging.looping.treating import Treated, treated
from studio.imaging.pixels import Pixels


@dataclass(frozen=True, slots=True)
class Treating:
    """One job. What it makes depends on its task alone, so that a job that was killed makes the frames that miss."""

    command: Run
    task: Treatment
    emit: Callable[[Event], None]
    poll: Poll
    clock: PhaseClock
    made: set[int] = field(default_factory=set)

    def run(self) -> Finished:
        """Carry it out; see `studio.worker.engine.Engine.run`. Raises StudioError for files that cannot be used."""
        self.made.update(self.command.made)
        with self.clock.phase(Phase.SMOOTH):
            self._progress(Phase.LOAD, 0, 0)
            with treated(self.task, self.poll, frozenset(self.made), self._read) as found:
                self._make(found)
        return Finished(self.command.job_id, self.clock.cost())

    def rest(self) -> Run:
        """The command for what is left of the job: the frames that were not made."""
        return replace(self.command, made=tuple(sorted(self.made)), done=len(self.made))

    def _make(self, found: Treated) -> None:
        if found.total > MAX_FRAMES:
            message = f"{found.total:,} frames are too many for one job."
            hint = f"Choose a shorter part or a smaller factor; {MAX_FRAMES:,} frames are the most."
            raise StudioError(ErrorKind.INPUT, message, hint, "source.count")
        self._progress(Phase.SMOOTH, len(self.made), found.total)
        for frame in found.frames:
            self.poll()
            pixels = _without_idle_alpha(frame.pixels)
            self.emit(finished(self.command, frame.index, 0, pixels, self._provenance(frame, found.total)))
            self.made.add(frame.index)
            self._progress(Phase.SMOOTH, len(self.made), found.total)

    def _provenance(self, frame: Made, total: int) -> Provenance:
        match self.task:
            case FlowLoop():
                return Provenance("flow", 0, frame.index / total, note=frame.note)
            case Interpolation(factor=factor):
                before, step = divmod(frame.index, factor)
                note = frame.note or (f"{step} of {factor} steps from frame {before} to the next" if step else "")
                return Provenance("interpolation", 0, mix=step / factor, note=note)
            case Deflicker():
                return Provenance("deflicker", 0, note=frame.note)
            case _:
                return Provenance("loopify", 0, note=frame.note)

    def _read(self, done: int, total: int) -> None:
        self._progress(Phase.LOAD, done, total)

    def _progress(self, phase: Phase, done: int, total: int) -> None:
        self.poll()
        self.emit(Progress(self.command.job_id, phase, done, total))


def _without_idle_alpha(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 4 and (pixels[..., 3] == 255).all():
        return np.ascontiguousarray(pixels[..., :3])
    return pixels
