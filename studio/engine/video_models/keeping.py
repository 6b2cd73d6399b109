"""The checkpoints of a clip: where its denoising stands, sent now and then, and taken up by the next run."""

import dataclasses
import json
import time
from collections.abc import Callable

from studio.domain.codec import to_json
from studio.domain.messages import Checkpoint, Event, Log, Run
from studio.domain.sequence import FrameSequence
from studio.engine.checkpoints import Identity, State, UnusableError, pack, unpack
from studio.engine.device import DevicePlan
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel
from studio.engine.video_models.start import digest


class ClipKeeper:
    """Knows how far the clip has come: `state` after its last whole step, and the frames `made` by this run."""

    def __init__(self, command: Run, emit: Callable[[Event], None], plan: DevicePlan, anywhere: bool) -> None:
        self._command, self._emit, self._plan, self._anywhere = command, emit, plan, anywhere
        self._identity: Identity | None = None
        self._kept_at = time.monotonic()
        self.state: State | None = None
        self.made: list[int] = []

    @property
    def done(self) -> int:
        """The frames that are there."""
        return self._command.done + len(self.made)

    @property
    def last(self) -> bytes:
        """A checkpoint after the last whole step, as `Run` takes it; b"" before the first."""
        if self._identity is None:
            return self._command.checkpoint
        return b"" if self.state is None else pack(self.state, self._identity)

    def begin(
        self,
        model: LoadedModel,
        sequence: FrameSequence,
        module: str,
        start: tuple[torch.Tensor | None, ...],
    ) -> State | None:
        """Where the clip goes on from, None for its beginning. `start` is all that it begins with, first the noise in
        the shape of the latents that steps see; `module` is the motion module's content hash.
        """
        latents = start[0]
        assert latents is not None
        identity = Identity.of(model, self._plan, sequence.recipe, None, None)
        plain = dataclasses.replace(sequence, recipe=sequence.recipe.carried_out(""), only=(), module=module)
        known = digest(*start)
        self._identity = identity.within(json.dumps([to_json(plain), known], sort_keys=True))
        self._kept_at = time.monotonic()
        self.state = self._taken_up(self._command.checkpoint, self._identity, latents, model.denoiser.device)
        return self.state

    def keep_now_and_then(self) -> None:
        """To be called after each step: sends a checkpoint when it is time."""
        every = self._command.checkpoint_seconds
        if every >= 0 and time.monotonic() - self._kept_at >= every:
            self.keep()

    def keep(self) -> None:
        """Send a checkpoint, if a step is done."""
        if self.state is not None and self._identity is not None:
            data = pack(self.state, self._identity)
            self._emit(Checkpoint(self._command.job_id, self.done, self.state.step, data))
            self._kept_at = time.monotonic()

    def _taken_up(self, data: bytes, identity: Identity, latents: torch.Tensor, device: object) -> State | None:
        if not data:
            return None
        try:
            return unpack(data, identity, tuple(latents.shape), device, self._anywhere)
        except UnusableError as error:
            self._emit(Log(self._command.job_id, f"The clip begins anew: what was kept of it {error}."))
            return None
