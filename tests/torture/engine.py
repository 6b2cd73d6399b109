"""An engine that denoises nothing, but has all that can be lost of one that does: phases, steps that depend on those
before, chance that is drawn on the way, and checkpoints. Its pictures say by every pixel whether something was lost.
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.domain.errors import JobPaused
from studio.domain.jobs import Cost, Picture
from studio.domain.messages import (
    Checkpoint,
    Event,
    Finished,
    Loaded,
    Phase,
    PictureDone,
    Preview,
    Progress,
    Ready,
    Run,
    WorkerOptions,
)
from studio.domain.recipe import Recipe
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import encode_png

SIDE = 16
STEP_SECONDS = 0.01

State = NDArray[np.float64]


class Walk:
    """A way of many steps, each drawn from chance and from where the one before led."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe, self.step = recipe, 0
        self.chance = np.random.default_rng(recipe.seed)
        self.state: State = self.chance.standard_normal((SIDE, SIDE, 3))

    def go(self) -> None:
        self.step += 1
        drawn = self.chance.standard_normal(self.state.shape)
        self.state = np.sin(1.7 * self.state + drawn + len(self.recipe.prompt) + self.step)

    def kept(self) -> bytes:
        state = {"step": self.step, "chance": self.chance.bit_generator.state, "seed": self.recipe.seed}
        head = json.dumps({**state, "prompt": self.recipe.prompt}).encode()
        return len(head).to_bytes(4, "big") + head + self.state.tobytes()

    def take_up(self, data: bytes) -> None:
        size = int.from_bytes(data[:4], "big")
        head = json.loads(data[4 : 4 + size])
        assert (head["seed"], head["prompt"]) == (self.recipe.seed, self.recipe.prompt), "the checkpoint of another"
        self.step, self.chance.bit_generator.state = head["step"], head["chance"]
        self.state = np.frombuffer(data[4 + size :], np.float64).reshape(SIDE, SIDE, 3)

    def pixels(self) -> NDArray[np.uint8]:
        return np.asarray((self.state * 127 + 128).round(), np.uint8)


def picture_of(recipe: Recipe) -> NDArray[np.uint8]:
    """What a recipe of one picture makes when nothing interrupts it."""
    walk = Walk(recipe)
    for _ in range(recipe.sampling.steps):
        walk.go()
    return walk.pixels()


class Walker:
    """Carries out recipes as walks. “poison” in a prompt ends the process in the middle of each try; “greedy” runs out
    of memory at its first try, and not when it goes on.
    """

    def __init__(self, options: WorkerOptions) -> None:
        self.options = options

    def describe(self) -> Ready:
        return Ready("cpu", "a walker", "float64", 1, 2**30, {"walk": "1"})

    def run(self, command: Run, emit: Callable[[Event], None], poll: Callable[[], None]) -> Finished:
        job, recipe = command.job_id, command.recipe
        for phase, seconds in ((Phase.LOAD, 0.03), (Phase.ENCODE, 0.01)):
            emit(Progress(job, phase, 0, 0))
            time.sleep(seconds)
            poll()
            if phase is Phase.LOAD:
                emit(Loaded(job, "0123456789abcdef"))
        for index in range(command.done, recipe.batch):
            walk = Walk(recipe.for_picture(index))
            if index == command.done and command.checkpoint:
                walk.take_up(command.checkpoint)
            self._walk(walk, command, index, emit, poll)
            emit(Progress(job, Phase.DECODE, index, recipe.batch))
            time.sleep(0.01)
            poll()
            emit(Progress(job, Phase.SAVE, index, recipe.batch))
            digest = BlobStore(Path(command.store)).put(encode_png(walk.pixels()))
            emit(PictureDone(job, Picture(index, walk.recipe.seed, digest, SIDE, SIDE)))
        return Finished(job, Cost({Phase.DENOISE: 0.1}, 1000))

    def free(self) -> None:
        return

    def _walk(
        self, walk: Walk, command: Run, index: int, emit: Callable[[Event], None], poll: Callable[[], None]
    ) -> None:
        steps = walk.recipe.sampling.steps
        try:
            while walk.step < steps:
                poll()
                time.sleep(STEP_SECONDS)
                walk.go()
                self._misbehave(walk, command)
                emit(Progress(command.job_id, Phase.DENOISE, walk.step, steps))
                emit(Preview(command.job_id, index, walk.step, SIDE, SIDE, walk.pixels().tobytes()))
                if command.checkpoint_seconds >= 0 and walk.step % 2:
                    emit(Checkpoint(command.job_id, index, walk.step, walk.kept()))
        except JobPaused:
            emit(Checkpoint(command.job_id, index, walk.step, walk.kept()))
            raise

    def _misbehave(self, walk: Walk, command: Run) -> None:
        if "poison" in walk.recipe.prompt and walk.step == 1:
            os.abort()
        if "greedy" in walk.recipe.prompt and walk.step == 3 and not command.checkpoint:
            raise MemoryError


def create(options: WorkerOptions) -> Walker:
    """The factory."""
    return Walker(options)
