"""Frames that are denoised side by side: as one batch of a pipeline, which costs a fraction of one after the other."""

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from studio.domain.recipe import Recipe
from studio.domain.samplers import SAMPLERS
from studio.domain.sequence import Attention
from studio.engine.checkpoints import State
from studio.engine.conditioning import Conditioning
from studio.engine.hook import OnStep
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel
from studio.engine.pictures import Denoising, denoise
from studio.engine.replay import Track
from studio.engine.sampling import build_scheduler, override
from studio.engine.sequences.attention import looking_around

_PIXELS = 8 * 256 * 256  # of the frames that are denoised at once
_MOST = 32

Correct = Callable[[Any, torch.Tensor, Any, torch.Tensor, int], torch.Tensor]
Watch = Callable[[Any, Any], OnStep]


def group_size(recipe: Recipe, small: bool = False) -> int:
    """How many frames are denoised at once. It decides the last bits of the pictures, and so depends on the request
    alone, and on whether memory ran out (`small`).
    """
    return 1 if small else max(1, min(_MOST, 3 * _PIXELS // recipe.size.pixels))


@dataclass(frozen=True, slots=True)
class Group:
    """Frames to denoise: their embeddings and their noise or, with `begin`, their noisy latents after so many calls of
    the network, both (B, C, h, w); the solver remembers nothing from before. `until` ends it early. With `correct`,
    what the network predicts at a step is replaced by what that gives. `guidance` is that of each frame, () for the
    recipe's.
    """

    conditioning: Conditioning
    latents: torch.Tensor
    begin: int = 0
    until: int | None = None
    guidance: tuple[float, ...] = ()
    attention: Attention = Attention.OWN
    correct: Correct | None = None


class _Guidances(float):
    """A guidance scale for each frame of a batch. Pipelines multiply one number with (B, C, h, w); to all else it is
    the largest.
    """

    def __new__(cls, values: tuple[float, ...], model: LoadedModel) -> "_Guidances":
        return super().__new__(cls, max(values))

    def __init__(self, values: tuple[float, ...], model: LoadedModel) -> None:
        network = model.denoiser
        self._scales = torch.tensor(values, dtype=network.dtype, device=network.device).view(-1, 1, 1, 1)

    def __mul__(self, other: Any) -> Any:
        return self._scales * other if isinstance(other, torch.Tensor) else super().__mul__(other)

    __rmul__ = __mul__


class _Enough(BaseException):
    """The last step that is wanted is done; a BaseException because libraries log and swallow `Exception`s."""


def draw(model: LoadedModel, recipe: Recipe, group: Group, watch: Watch, track: Track) -> torch.Tensor:
    """The latents (B, C, h, w) of a group at its end. `track` may be under way.

    Raises what `studio.engine.pictures.denoise` raises.
    """
    generator = torch.Generator("cpu").manual_seed(recipe.seed)
    if group.begin and track.state is None:
        begun = group.latents.to(model.denoiser.dtype)
        track.state = State(group.begin, begun, {"_step_index": group.begin}, generator.get_state())
    guidance = _Guidances(group.guidance, model) if len(set(group.guidance)) > 1 else None
    job = Denoising(recipe, group.conditioning, generator, noise=group.latents, guidance=guidance)

    def watched(pipe: Any, scheduler: Any) -> OnStep:
        if group.correct is not None:
            _corrected(scheduler, group.correct, track)
        on_step = watch(pipe, scheduler)

        def on(prediction: torch.Tensor, timestep: Any, sample: torch.Tensor) -> None:
            on_step(prediction, timestep, sample)
            if track.step == group.until:
                raise _Enough

        return on

    frames = len(group.latents)
    if group.until is None or track.step < group.until:
        with contextlib.suppress(_Enough), looking_around(model.denoiser, group.attention, frames):
            denoise(model, job, watched, track)
    assert track.state is not None
    return track.state.latents


def begin_at(model: LoadedModel, recipe: Recipe, clean: torch.Tensor, noise: torch.Tensor, step: int) -> torch.Tensor:
    """Clean latents with as much of the noise as there is after `step` calls of the network, on the sampler's scale."""
    scheduler = build_scheduler(SAMPLERS[recipe.sampling.sampler], model.schedule, recipe.sampling.steps, recipe.seed)
    scheduler.set_timesteps(recipe.sampling.steps)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(step)
    time = scheduler.timesteps[step : step + 1].repeat(len(noise))
    noisy: torch.Tensor = scheduler.add_noise(clean.float().expand_as(noise), noise.float(), time)
    return noisy


def chunks(count: int, size: int) -> Iterator[slice]:
    """`count` frames in groups of at most `size`, as even as they can be."""
    parts = -(-count // size)
    ends = [round(count * part / parts) for part in range(parts + 1)]
    yield from (slice(start, end) for start, end in itertools.pairwise(ends) if end > start)


def _corrected(scheduler: Any, correct: Correct, track: Track) -> None:
    """Let `scheduler` step by corrected predictions, but where steps pass without the network."""
    kind, passing, calls = type(scheduler), track.step, 0

    @functools.wraps(kind.step)
    def step(self: Any, model_output: torch.Tensor, timestep: Any, sample: torch.Tensor, *args: Any, **kw: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > passing:
            model_output = correct(self, model_output, timestep, sample, calls - 1)
        return kind.step(self, model_output, timestep, sample, *args, **kw)

    override(scheduler, step=step)
