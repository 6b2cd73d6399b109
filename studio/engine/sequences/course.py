"""The course of a clip: groups of frames that are denoised together, one after the other, to be gone on with.

What is drawn in a group depends only on the request and on the groups before it, so that whoever has these, and the
state of the group that was under way, goes on bit by bit.
"""

import time
from collections.abc import Callable
from typing import Any

from studio.domain.messages import Checkpoint, Event, Log, Run
from studio.engine.checkpoints import Identity, State, UnusableError, pack, unpack
from studio.engine.libraries import torch
from studio.engine.replay import Track

_SIZES, _STEP, _PLACE, _SCHEDULER = "course.sizes", "course.step", "course.latents", "course.scheduler"


class Course:
    """`begin` says where the clip is, and `group` gives the latents of the next group of frames: those of an earlier
    run, or new ones.
    """

    def __init__(self, command: Run, emit: Callable[[Event], None], anywhere: bool = False) -> None:
        self._command, self._emit, self._anywhere = command, emit, anywhere
        self._identity: Identity | None = None
        self._groups: list[torch.Tensor] = []
        self._next = 0
        self.track = Track()
        self._kept_at = time.monotonic()

    @property
    def now(self) -> bytes:
        """A checkpoint of how far it has come, as `Run` takes it; b"" before the first step."""
        if self._identity is None:
            return self._command.checkpoint
        return pack(self._state(), self._identity) if self.steps else b""

    @property
    def steps(self) -> int:
        """The groups that are done, and the one under way counts, too, once it has begun: it only ever grows."""
        return len(self._groups) * 10_000 + self.track.step

    def begin(self, identity: Identity, channels: int, device: Any) -> None:
        """Take up what `Run.checkpoint` keeps of the clip `identity`, with latents of so many channels."""
        self._identity = identity
        if not self._command.checkpoint:
            return
        try:
            shape = (None, channels, None, None)
            self._take_up(unpack(self._command.checkpoint, identity, shape, device, self._anywhere))
        except UnusableError as error:
            self._emit(Log(self._command.job_id, f"The clip begins anew: what was kept of it {error}."))

    def group(self, make: Callable[[Track], torch.Tensor]) -> torch.Tensor:
        """The latents (B, C, h, w) of the next group; `make` denoises it, from where its track is."""
        if self._next == len(self._groups):
            made = make(self.track)
            self._groups.append(made)
            self.track = Track()
        self._next += 1
        return self._groups[self._next - 1]

    def keep_now_and_then(self) -> None:
        """To be called after each step: sends a checkpoint when it is time."""
        every = self._command.checkpoint_seconds
        if every >= 0 and time.monotonic() - self._kept_at >= every:
            self.keep()

    def keep(self) -> None:
        """Send a checkpoint, if anything has been done."""
        if self._identity is not None and self.steps:
            self._emit(Checkpoint(self._command.job_id, 0, self.steps, self.now))
            self._kept_at = time.monotonic()

    def _state(self) -> State:
        """All of it as one state: the finished groups as its latents, the scheduler's among its memory."""
        memory: dict[str, Any] = {_SIZES: [len(group) for group in self._groups], _STEP: self.track.step}
        now = self.track.state
        if now is not None:
            memory |= {_PLACE: now.latents, **{f"{_SCHEDULER}.{name}": value for name, value in now.memory.items()}}
        some = self._groups or [now.latents[:0]] if now is not None else self._groups
        generator = now.generator if now is not None else torch.Generator("cpu").get_state()
        return State(self.steps, torch.cat(some), memory, generator)

    def _take_up(self, state: State) -> None:
        memory = dict(state.memory)
        sizes, step, latents = memory.pop(_SIZES, None), memory.pop(_STEP, None), memory.pop(_PLACE, None)
        if not _are_sizes(sizes, len(state.latents)) or type(step) is not int or step < 0:
            raise UnusableError("is damaged")
        self._groups = list(state.latents.split(sizes)) if sizes else []
        if step and isinstance(latents, torch.Tensor):
            own = {name.removeprefix(f"{_SCHEDULER}."): value for name, value in memory.items()}
            self.track = Track(State(step, latents, own, state.generator))


def _are_sizes(sizes: Any, count: int) -> bool:
    return isinstance(sizes, list) and all(type(size) is int and size > 0 for size in sizes) and sum(sizes) == count
