"""An engine without diffusion: it paints a gradient, and does what words in the prompt ask for."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.jobs import Cost, Picture
from studio.domain.messages import (
    Event,
    Finished,
    Loaded,
    Log,
    Phase,
    PictureDone,
    Preview,
    Progress,
    Ready,
    Run,
    WorkerOptions,
)
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import encode_png

Emit = Callable[[Event], None]
Poll = Callable[[], None]
NAME = f"{__name__}:create"
MODEL_HASH = "0123456789abcdef"


def gradient(width: int, height: int, seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The picture for a seed: height × width × 3."""
    rows = np.linspace(0, 255, height)[:, None, None] * np.ones((1, width, 3))
    return (rows + seed).astype(np.int64).astype(np.uint8)


class Painter:
    """Paints at once, unless the prompt says "slow" or "stuck"; "crash", "refuse" and "exhaust" end otherwise."""

    def __init__(self, options: WorkerOptions) -> None:
        self.options = options

    def describe(self) -> Ready:
        return Ready(self.options.device, "a painter", "float32", 1, 2**30, {"paint": "1.0"})

    def run(self, command: Run, emit: Emit, poll: Poll) -> Finished:
        recipe, job = command.recipe, command.job_id
        emit(Progress(job, Phase.LOAD, 0, 0))
        emit(Loaded(job, MODEL_HASH))
        self._obey(recipe.prompt, job, emit)
        for index in range(recipe.batch):
            for step in range(recipe.sampling.steps):
                poll()
                emit(Progress(job, Phase.DENOISE, step + 1, recipe.sampling.steps))
                if command.previews:
                    emit(Preview(job, index, step + 1, 2, 1, bytes(6)))
                if "slow" in recipe.prompt:
                    time.sleep(0.05)
            size = recipe.size
            data = encode_png(gradient(size.width, size.height, recipe.seed + index))
            digest = BlobStore(Path(command.store)).put(data)
            emit(PictureDone(job, Picture(index, recipe.seed + index, digest, size.width, size.height)))
        return Finished(job, Cost({Phase.DENOISE: 0.5}, 1000))

    def free(self) -> None:
        return

    def _obey(self, prompt: str, job: str, emit: Emit) -> None:
        if "remark" in prompt:
            emit(Log(job, "The prompt was cut."))
        if "crash" in prompt:
            os.abort()
        if "refuse" in prompt:
            raise StudioError(ErrorKind.MODEL, "The model is damaged.", "Download it again.")
        if "exhaust" in prompt:
            raise MemoryError
        if "stuck" in prompt:
            time.sleep(600)


def create(options: WorkerOptions) -> Painter:
    """The factory."""
    return Painter(options)


def unavailable(options: WorkerOptions) -> Painter:
    """A factory on a machine that lacks something."""
    raise StudioError(ErrorKind.ENVIRONMENT, f"There is no device {options.device}.", "Choose cpu.")
