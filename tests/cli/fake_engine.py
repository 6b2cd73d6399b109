"""An engine without diffusion: it paints a gradient, and does what words in the prompt ask for."""

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from studio.domain.codec import to_json
from studio.domain.errors import ErrorKind, JobPaused, StudioError
from studio.domain.jobs import Cost, Picture
from studio.domain.messages import (
    CheckpointKept,
    Event,
    Finished,
    Loaded,
    Log,
    ModelDone,
    Phase,
    PictureDone,
    Preview,
    Progress,
    Ready,
    Run,
    TrainingStep,
    WorkerOptions,
)
from studio.domain.sequence import FrameSequence, Provenance
from studio.domain.training import Training, TrainingKind, run_folder
from studio.domain.treatment import FlowLoop
from studio.domain.upscaling import Upscaling
from studio.imaging.blobs import BlobStore
from studio.imaging.pictures import load_layered, load_picture
from studio.imaging.pixels import encode_png

Emit = Callable[[Event], None]
Poll = Callable[[], None]
NAME = f"{__name__}:create"
MODEL_HASH = "0123456789abcdef"
LORA_HASH = "fedcba9876543210"


def gradient(width: int, height: int, seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The picture for a seed: height × width × 3."""
    rows = np.linspace(0, 255, height)[:, None, None] * np.ones((1, width, 3))
    return (rows + seed).astype(np.int64).astype(np.uint8)


def waves(width: int, height: int, turn: float) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A picture that is the same again after each turn: height × width × 3."""
    rows, columns = np.mgrid[0:height, 0:width]
    angle = 2 * np.pi * (columns / width - turn)
    shades = [np.sin(angle + phase) * np.cos(rows / 9) for phase in (0, 1, 2)]
    return np.asarray(np.rint(127 + 100 * np.stack(shades, axis=-1)), np.uint8)


class Painter:
    """Paints at once, unless the prompt says "slow" or "stuck"; "crash", "refuse" and "exhaust" end otherwise."""

    def __init__(self, options: WorkerOptions) -> None:
        self.options = options

    def describe(self) -> Ready:
        return Ready(self.options.device, "a painter", "float32", 1, 2**30, {"paint": "1.0"})

    def run(self, command: Run, emit: Emit, poll: Poll) -> Finished:
        job = command.job_id
        emit(Progress(job, Phase.LOAD, 0, 0))
        if isinstance(command.task, Upscaling):
            return self._enlarge(command, command.task, emit)
        if isinstance(command.task, Training):
            return self._train(command, command.task, emit, poll)
        if isinstance(command.task, FrameSequence | FlowLoop):
            return self._film(command, command.task, emit, poll)
        recipe = command.recipe
        emit(Loaded(job, MODEL_HASH, (LORA_HASH,) * len(command.lora_paths)))
        self._obey(recipe.prompt, job, emit)
        for index in range(command.done, recipe.batch):
            for step in range(recipe.sampling.steps):
                poll()
                emit(Progress(job, Phase.DENOISE, step + 1, recipe.sampling.steps))
                if command.previews:
                    emit(Preview(job, index, step + 1, 2, 1, bytes(6)))
                if "slow" in recipe.prompt:
                    time.sleep(0.05)
            size = recipe.result_size
            data = encode_png(gradient(size.width, size.height, recipe.seed + index))
            digest = BlobStore(Path(command.store)).put(data)
            emit(PictureDone(job, Picture(index, recipe.seed + index, digest, size.width, size.height)))
        return Finished(job, Cost({Phase.DENOISE: 0.5}, 1000))

    def _film(self, command: Run, task: FrameSequence | FlowLoop, emit: Emit, poll: Poll) -> Finished:
        """Waves that go round once, or a still that is moved as the first arrow says."""
        job = command.job_id
        if isinstance(task, FrameSequence):
            emit(Loaded(job, MODEL_HASH))
            self._obey(task.recipe.prompt, job, emit)
        for index in range(task.frames):
            poll()
            if index in command.made:
                continue
            emit(Progress(job, Phase.DENOISE, index + 1, task.frames))
            turn = index / task.frames
            if isinstance(task, FrameSequence):
                pixels = waves(task.recipe.size.width, task.recipe.size.height, task.recipe.seed + turn)
                if "slow" in task.recipe.prompt:
                    time.sleep(0.05)
            else:
                still = load_picture(Path(task.path))
                height, width = still.shape[:2]
                way = round(height * task.arrows[0].dy * turn), round(width * task.arrows[0].dx * turn)
                pixels = np.roll(still, way, axis=(0, 1))
            about = json.dumps(to_json(Provenance(type(task).__name__, 0, turn, model_hash=MODEL_HASH)))
            digest = BlobStore(Path(command.store)).put(encode_png(pixels))
            emit(PictureDone(job, Picture(index, 0, digest, pixels.shape[1], pixels.shape[0], about=about)))
        return Finished(job, Cost({Phase.DENOISE: 0.5}, 1000))

    def _enlarge(self, command: Run, task: Upscaling, emit: Emit) -> Finished:
        pixels = load_layered(Path(task.path)).repeat(task.factor, 0).repeat(task.factor, 1)
        digest = BlobStore(Path(command.store)).put(encode_png(pixels))
        emit(PictureDone(command.job_id, Picture(0, 0, digest, pixels.shape[1], pixels.shape[0])))
        return Finished(command.job_id, Cost({Phase.UPSCALE: 0.5}, 1000))

    def _train(self, command: Run, task: Training, emit: Emit, poll: Poll) -> Finished:
        """Counts steps, keeps the count as its checkpoint, and writes it as the result."""
        job, kept = command.job_id, run_folder(task.output) / "checkpoint"
        kept.parent.mkdir(parents=True, exist_ok=True)
        step = int(kept.read_text()) if kept.exists() else 0
        try:
            while step < task.steps:
                poll()
                step += 1
                emit(TrainingStep(job, step, task.steps, 1 / step, task.learning_rate, 0.01))
                emit(Progress(job, Phase.TRAIN, step, task.steps))
                if "slow" in task.trigger:
                    time.sleep(0.05)
        except JobPaused:
            kept.write_text(str(step))
            emit(CheckpointKept(job, step))
            raise
        if "fail" in task.trigger:
            raise StudioError(ErrorKind.MODEL, "The loss became infinite.", "Use a smaller learning rate.")
        Path(task.output).parent.mkdir(parents=True, exist_ok=True)
        if task.kind is TrainingKind.LORA:
            Path(task.output).write_text(f"{task.base} {step}")
        else:
            shutil.copytree(command.model_path, task.output)
        emit(ModelDone(job, task.output))
        return Finished(job, Cost({Phase.TRAIN: 0.5}, 1000))

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
