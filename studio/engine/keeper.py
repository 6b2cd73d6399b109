"""The checkpoints of one job: sent now and then, and taken up again by the next run."""

import time
from collections.abc import Callable
from typing import Any

from studio.domain.messages import Checkpoint, Event, Log, Run
from studio.domain.recipe import Recipe
from studio.engine.checkpoints import Identity, UnusableError, pack, unpack
from studio.engine.device import DevicePlan
from studio.engine.inpainting import Hole
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel
from studio.engine.replay import Track


class Keeper:
    """Knows which picture is made, and how far it has come.

    `done` are the pictures that are there. With `anywhere` the job goes on from a checkpoint of another device, which
    gives other bits: for a job that had to leave its device.
    """

    def __init__(self, command: Run, emit: Callable[[Event], None], plan: DevicePlan, anywhere: bool = False) -> None:
        self.done = command.done
        self._command, self._emit, self._plan, self._anywhere = command, emit, plan, anywhere
        self._now: tuple[Track, Identity] | None = None
        self._kept_at = 0.0

    @property
    def last(self) -> bytes:
        """A checkpoint of picture `done` after its last whole step, as `Run` takes it; b"" before the first."""
        if self._now is None:
            return self._given(self.done)
        track, identity = self._now
        return b"" if track.state is None else pack(track.state, identity)

    def begin(
        self, model: LoadedModel, recipe: Recipe, source: torch.Tensor | None, hole: Hole | None, index: int
    ) -> Track:
        """The track of picture `index`, of which `recipe` is; from the job's checkpoint on, where that fits."""
        identity = Identity.of(model, self._plan, recipe, source, hole)
        size, scale = recipe.size, model.vae_scale
        shape = (1, model.latent_channels, size.height // scale, size.width // scale)
        track = self._taken_up(self._given(index), identity, shape, model.denoiser.device, index)
        self._now, self._kept_at = (track, identity), time.monotonic()
        return track

    def keep_now_and_then(self) -> None:
        """To be called after each step: sends a checkpoint when it is time."""
        every = self._command.checkpoint_seconds
        if every >= 0 and time.monotonic() - self._kept_at >= every:
            self.keep()

    def keep(self) -> None:
        """Send a checkpoint of the picture that is being made, if a step of it is."""
        if self._now is not None and (state := self._now[0].state) is not None:
            data = pack(state, self._now[1])
            self._emit(Checkpoint(self._command.job_id, self.done, state.step, data))
            self._kept_at = time.monotonic()

    def finish(self) -> None:
        """Picture `done` is there."""
        self.done += 1
        self._now = None

    def _given(self, index: int) -> bytes:
        return self._command.checkpoint if index == self._command.done else b""

    def _taken_up(self, data: bytes, identity: Identity, shape: tuple[int, ...], device: Any, index: int) -> Track:
        if not data:
            return Track()
        try:
            return Track(unpack(data, identity, shape, device, self._anywhere))
        except UnusableError as error:
            self._emit(Log(self._command.job_id, f"Picture {index + 1} begins anew: what was kept of it {error}."))
            return Track()
