"""An engine for the bench: it sends what a quick model would send, without computing. It runs in the worker."""

import time
from pathlib import Path

import numpy as np

from studio.domain.jobs import Cost, Picture
from studio.domain.messages import Finished, Loaded, Phase, PictureDone, Preview, Progress, Ready, Run, WorkerOptions
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import encode_png
from studio.worker.engine import Emit, Poll

NAME = f"{__name__}:create"
PREVIEWS = 40  # of one picture
PAUSE = 0.02  # seconds between two previews
_SMALLER = 8  # times, each side of a preview


class Scripted:
    """Sends previews and one picture of noise."""

    def describe(self) -> Ready:
        """What it is."""
        return Ready("cpu", "a script", "float32", 1, 2**30, {})

    def run(self, command: Run, emit: Emit, poll: Poll) -> Finished:
        """Denoise, as seen from outside."""
        job, recipe, rng = command.job_id, command.recipe, np.random.default_rng(command.recipe.seed)
        emit(Loaded(job, "0" * 16))
        width, height = recipe.size.width // _SMALLER, recipe.size.height // _SMALLER
        for step in range(1, PREVIEWS + 1):
            poll()
            emit(Progress(job, Phase.DENOISE, step, PREVIEWS))
            emit(Preview(job, 0, step, width, height, rng.bytes(width * height * 3)))
            time.sleep(PAUSE)
        size = recipe.result_size
        coarse = rng.integers(0, 256, (-(-size.height // 16), -(-size.width // 16), 3), np.uint8)
        pixels = coarse.repeat(16, 0).repeat(16, 1)[: size.height, : size.width]
        digest = BlobStore(Path(command.store)).put(encode_png(np.ascontiguousarray(pixels)))
        emit(PictureDone(job, Picture(0, recipe.seed, digest, size.width, size.height)))
        return Finished(job, Cost({Phase.DENOISE: PREVIEWS * PAUSE}, 0))

    def free(self) -> None:
        """Nothing is held."""


def create(_options: WorkerOptions) -> Scripted:
    """The factory that the worker is given the name of."""
    return Scripted()
