"""The steps of one clip: begun late, rolled, and with frames that stay, all around `scheduler.step`.

Diffusers' pipelines are driven as they are; what a clip needs beyond them is done to what a step hands back.
"""

import functools
from dataclasses import dataclass, field
from typing import Any

from studio.domain.errors import ErrorKind, StudioError
from studio.engine.checkpoints import State, capture, restore
from studio.engine.libraries import diffusers, torch
from studio.engine.sampling import override
from studio.engine.video_models.grid import Grid

_TREE = "DPMSolverSDEScheduler"  # its noise is correlated within a step, whose two halves would be rolled apart


@dataclass(frozen=True, slots=True)
class Known:
    """Frames that are there already: clean latents (1, C, F, h, w), and which of the F count."""

    latents: torch.Tensor
    which: tuple[int, ...]


@dataclass(slots=True)
class Course:
    """How the latents of a clip go from step to step.

    With `source`, clean latents, the first steps pass without the network, so that a share of `strength` is left, and
    the rest begins with them, noised. `held` frames are put back after each step at that step's noise. `roll` shifts
    the ring of latents by so many after each step (Mobius: Bi et al. 2025), so that no place of the ring is always an
    end of what the network sees; `rolled` is the shift so far, in latents.

    `state` is where the clip stands after its last whole step. One that it is begun with is gone on from: the steps
    before pass, and the rest is that of a run that was never stopped.
    """

    grid: Grid
    noise: torch.Tensor
    source: torch.Tensor | None = None
    strength: float = 1.0
    held: Known | None = None
    roll: int = 0
    state: State | None = None
    step: int = field(default=0, init=False)
    total: int = field(default=0, init=False)
    rolled: int = field(default=0, init=False)
    _late: int = field(default=0, init=False)
    _kept: State | None = field(default=None, init=False)
    _before: dict[str, Any] = field(default_factory=dict, init=False)

    def follow(self, pipe: Any, steps: int, generator: torch.Generator) -> None:
        """Let the scheduler of `pipe`, which is to make `steps` steps and draws from `generator`, go this way.

        Raises StudioError (INPUT) for a sampler that cannot be rolled.
        """
        scheduler = pipe.scheduler
        kind = type(scheduler)
        if self.roll and kind.__name__ == _TREE:
            raise StudioError(
                ErrorKind.INPUT,
                "This sampler's noise cannot be shifted along with a loop of latents.",
                "Choose another sampler, such as DDIM, Euler or DPM++ 2M.",
                "sampling.sampler",
            )
        if self.source is not None:
            self._late = (steps - max(1, int(steps * self.strength))) * int(getattr(scheduler, "order", 1))
        self._kept = self.state
        course = self

        @functools.wraps(kind.step)
        def step(self: Any, model_output: Any, timestep: Any, sample: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            if course.step == 0:
                course.total, course._before = int(pipe.num_timesteps), dict(vars(self))
            course.step += 1
            if course.step <= course.begin:
                return _answer(course._passed(self, sample, generator))
            result = kind.step(self, model_output, timestep, sample, *args, **kwargs)
            return _answer(course._after(self, result[0], generator))

        override(scheduler, step=step)

    @property
    def begin(self) -> int:
        """The steps that pass without the network."""
        return self._kept.step if self._kept else self._late

    @property
    def resting(self) -> bool:
        """Does the present step pass without the network?"""
        return self.step < self.begin

    def before_roll(self, video: torch.Tensor) -> torch.Tensor:
        """Latents (B, C, F, h, w) of the present ring, turned back to where frame 0 comes first."""
        return torch.roll(video, -self.rolled, 2)

    def _passed(self, scheduler: Any, sample: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        if self.step < self.begin:
            return sample
        if self._kept is not None:
            restore(self._kept, scheduler, generator, sample.dtype)
            self.rolled = (self.step - self._late) * self.roll % self.grid.frames
            return self._kept.latents.to(sample)
        assert self.source is not None
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(self.begin)
            scheduler._step_index = None  # asking for the scale of the input has set it at the start of the way
        return self.grid.native(self._noised(scheduler, self.source)).to(sample)

    def _after(self, scheduler: Any, latents: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        if self.held is not None:
            latents = self._with_held(scheduler, latents, self.held)
        if self.roll:
            _roll_memory(scheduler, latents.shape, self.grid, self.roll)
            latents = self.grid.native(torch.roll(self.grid.unpacked(latents), self.roll, 2))
            self.rolled = (self.rolled + self.roll) % self.grid.frames
        self.state = capture(scheduler, self._before, self.step, latents, generator)
        return latents

    def _with_held(self, scheduler: Any, latents: torch.Tensor, held: Known) -> torch.Tensor:
        clean = held.latents
        known = clean if self.step >= self.total else self._noised(scheduler, clean)
        video = self.before_roll(self.grid.unpacked(latents)).clone()
        video[:, :, list(held.which)] = known[:, :, list(held.which)].to(video)
        return self.grid.native(torch.roll(video, self.rolled, 2))

    def _noised(self, scheduler: Any, clean: torch.Tensor) -> torch.Tensor:
        """`clean` with the clip's noise, as much as there is before the next step; float32."""
        timestep = scheduler.timesteps[self.step : self.step + 1]
        device = timestep.device
        clean, noise = clean.float().to(device), self.noise.to(device)
        found: torch.Tensor
        if hasattr(scheduler, "scale_noise"):
            found = scheduler.scale_noise(clean, timestep, noise)
        else:
            found = scheduler.add_noise(clean, noise, timestep)
        return found


def _answer(latents: torch.Tensor) -> Any:
    """What pipelines take as a step's result, by index or by name."""
    return diffusers.schedulers.scheduling_utils.SchedulerOutput(prev_sample=latents)


def _roll_memory(scheduler: Any, shape: torch.Size, grid: Grid, roll: int) -> None:
    """Shift what a multistep sampler remembers of the last steps along with the latents."""

    def rolled(value: Any) -> Any:
        if isinstance(value, list):
            return [rolled(item) for item in value]
        if isinstance(value, torch.Tensor) and value.shape == shape:
            return grid.native(torch.roll(grid.unpacked(value), roll, 2))
        return value

    vars(scheduler).update({name: rolled(value) for name, value in vars(scheduler).items()})
