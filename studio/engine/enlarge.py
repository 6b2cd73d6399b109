"""The job that enlarges a picture from a file."""

from collections.abc import Callable
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


def enlarge(
    command: Run, task: Upscaling, load: Callable[[], Upscaler], emit: Callable[[Event], None], poll: Poll
) -> Finished:
    """Carry out one job; see `studio.worker.engine.Engine.run`. Raises StudioError for a file that is no picture."""

    def progress(phase: Phase, done: int, total: int) -> None:
        poll()
        emit(Progress(command.job_id, phase, done, total))

    clock = PhaseClock()
    with clock.phase(Phase.LOAD):
        progress(Phase.LOAD, 0, 0)
        upscaler, pixels = load(), load_layered(Path(task.path))
        require_valid_upscaling(task, Size(pixels.shape[1], pixels.shape[0]))
    with clock.phase(Phase.UPSCALE), interruptible((upscaler.network,), poll):
        large = upscale(upscaler, pixels, task.factor, lambda done, total: progress(Phase.UPSCALE, done, total))
    with clock.phase(Phase.SAVE):
        progress(Phase.SAVE, 0, 0)
        digest = BlobStore(Path(command.store)).put(encode_png(large))
    emit(PictureDone(command.job_id, Picture(0, 0, digest, large.shape[1], large.shape[0])))
    return Finished(command.job_id, clock.cost())
