"""Denoise from the middle: the steps that are done pass without the network, and what was kept after them is put back.

The pipeline is started as ever, so that all that diffusers prepares (timesteps, where an image-to-image run begins,
shapes) is what it was, for every family and every sampler alike.
"""

import functools
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.recipe import SEED_LIMIT, Branch
from studio.engine.checkpoints import State, capture, restore
from studio.engine.conditioning import Conditioning
from studio.engine.hook import OnStep
from studio.engine.libraries import torch
from studio.engine.sampling import override


@dataclass(slots=True)
class Track:
    """How far one picture has come: the state after its last whole step, None before the first."""

    state: State | None = None

    @property
    def step(self) -> int:
        """The steps that are done."""
        return self.state.step if self.state else 0


@dataclass(frozen=True, slots=True)
class Turn:
    """A branch of the recipe with its text embeddings."""

    branch: Branch
    conditioning: Conditioning


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of the way under the same words and guidance: from step `start` to step `until`, None for the last.

    With a `seed`, what the sampler draws from `start` on comes from it.
    """

    conditioning: Conditioning
    guidance: float
    start: int = 0
    until: int | None = None
    seed: int | None = None


def legs_of(conditioning: Conditioning, guidance: float, turns: tuple[Turn, ...]) -> tuple[Leg, ...]:
    """The legs of a way with these turns, in the order of their steps."""
    ends = (*(turn.branch.step for turn in turns), None)
    first = Leg(conditioning, guidance, 0, ends[0])
    others = (
        Leg(turn.conditioning, turn.branch.guidance, turn.branch.step, end, turn.branch.seed)
        for turn, end in zip(turns, ends[1:], strict=True)
    )
    return (first, *others)


class LegEnd(BaseException):
    """The last step of a leg is done; a BaseException because libraries log and swallow `Exception`s."""


class Replay:
    """One run of a pipeline along one leg, from where its track is."""

    def __init__(self, track: Track, leg: Leg, generator: torch.Generator) -> None:
        self._track, self._leg, self._generator = track, leg, generator
        self._begin = track.state
        self._calls = 0
        self._before: dict[str, Any] = {}

    @property
    def begin(self) -> int:
        """The steps that pass without the network."""
        return self._begin.step if self._begin else 0

    def follow(self, pipe: Any) -> None:
        """Let the scheduler of `pipe` pass the steps that are done, and tell the track of all others.

        Raises StudioError (INPUT) at the first step when the leg ends beyond the last.
        """
        scheduler = pipe.scheduler
        kind = type(scheduler)

        @functools.wraps(kind.step)
        def step(self: Any, model_output: Any, timestep: Any, sample: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            if replay._calls == 0:
                replay._set_out(self, int(pipe.num_timesteps))
            replay._calls += 1
            if replay._calls < replay.begin:
                return (sample,)
            if replay._calls == replay.begin:
                return (replay._restored(self, sample),)
            result = kind.step(self, model_output, timestep, sample, *args, **kwargs)
            replay._done(self, result[0])
            return result

        replay = self
        override(scheduler, step=step)

    def watched(self, on_step: OnStep) -> OnStep:
        """`on_step` for the steps that are made, and the end of the leg after its last."""

        def watch(prediction: torch.Tensor, timestep: Any, sample: torch.Tensor) -> None:
            if self._calls > self.begin:
                on_step(prediction, timestep, sample)
                if self._calls == self._leg.until:
                    raise LegEnd

        return watch

    @contextmanager
    def resting(self, network: Any, channels: int) -> Iterator[None]:
        """While steps pass, the network answers with zeros (B, `channels`, h, w) at once."""
        forward, own = network.forward, "forward" in vars(network)

        def answer(*args: Any, **kwargs: Any) -> Any:
            if self._calls >= self.begin:
                return forward(*args, **kwargs)
            sample = args[0] if args else kwargs["hidden_states"]
            return (sample.new_zeros(len(sample), channels, *sample.shape[2:]),)

        network.forward = answer
        try:
            yield
        finally:
            if own:
                network.forward = forward
            else:
                del network.forward

    def _set_out(self, scheduler: Any, total: int) -> None:
        self._before = dict(vars(scheduler))
        if self._leg.until is not None and self._leg.until >= total:
            raise StudioError(
                ErrorKind.INPUT,
                f"A branch after step {self._leg.until:,} does not fit into the {total:,} steps of this picture.",
                "Branch earlier, or choose more steps or a higher strength.",
                "branches",
            )

    def _restored(self, scheduler: Any, like: torch.Tensor) -> torch.Tensor:
        assert self._begin is not None
        restore(self._begin, scheduler, self._generator, like.dtype)
        if self._leg.seed is not None and self._leg.start == self.begin:
            _draw_anew(scheduler, self._generator, self._leg.seed, self.begin)
        return self._begin.latents.to(like)

    def _done(self, scheduler: Any, latents: torch.Tensor) -> None:
        self._track.state = capture(scheduler, self._before, self._calls, latents, self._generator)


def _draw_anew(scheduler: Any, generator: torch.Generator, seed: int, step: int) -> None:
    """Draw from `seed` from now on: other numbers than those that the same seed gave the picture to begin with."""
    mixed = hashlib.sha256(f"{seed} {step}".encode()).digest()
    number = int.from_bytes(mixed[:8], "little") % SEED_LIMIT
    generator.manual_seed(number)
    if hasattr(scheduler, "noise_sampler_seed"):
        scheduler.noise_sampler_seed = number
