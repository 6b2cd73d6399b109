"""The three kinds of clip drawers, driven alike: AnimateDiff, Wan and LTX-Video through diffusers' own pipelines."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from PIL import Image

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.recipe import Recipe
from studio.domain.samplers import SAMPLERS
from studio.domain.sequence import FrameSequence
from studio.engine.conditioning import Conditioning
from studio.engine.libraries import diffusers, torch
from studio.engine.models import LoadedModel
from studio.engine.sampling import CleanGuess, NoiseSchedule, build_scheduler
from studio.engine.video_models.coding import Coder, PictureCoder
from studio.engine.video_models.grid import Grid
from studio.engine.video_models.loading import coder_of
from studio.engine.video_models.motion import SEEN, Moved, linear
from studio.engine.video_models.words import T5Conditioner


@dataclass(frozen=True, slots=True)
class Score:
    """What a pipeline is to play: the recipe, its words, the rate, pictures for the ends, noise (1, C, F, h, w)."""

    recipe: Recipe
    words: Conditioning
    prompts: tuple[str, str]
    rate: float
    frames: int
    noise: torch.Tensor
    generator: torch.Generator
    first: Image.Image | None = None
    last: Image.Image | None = None


class Driver(Protocol):
    """One kind. `most` latents can be seen at once and `usual` are, 0 for all; `leads` tells whether pictures for the
    ends are given to the network, not put in place of its latents.
    """

    coder: Coder
    schedule: NoiseSchedule
    networks: tuple[Any, ...]
    latents_name: str
    packed: bool
    most: int
    usual: int
    leads: bool

    def check(self, sequence: FrameSequence) -> None:
        """Raise StudioError (INPUT) for what this model cannot do."""

    def pipe(self, score: Score) -> Any:
        """The pipeline for it."""

    def scheduler(self, score: Score) -> Any:
        """A fresh scheduler for it."""

    def arguments(self, score: Score, grid: Grid) -> dict[str, Any]:
        """Its keyword arguments, beside those that all pipelines share."""

    def guess(self, score: Score, scheduler: Any, grid: Grid) -> Any:
        """Gives the clean guess (1, C, F, h, w) for the prediction, the timestep and the noisy latents of a step."""


@dataclass(slots=True)
class AnimateDiff:
    """A model for pictures with a motion module in it. Each frame has its own latent and its own words."""

    model: LoadedModel
    moved: Moved
    latents_name: str = "sample"
    packed: bool = False
    leads: bool = False
    coder: Coder = field(init=False)
    schedule: NoiseSchedule = field(init=False)
    networks: tuple[Any, ...] = field(init=False)
    most: int = field(init=False)
    usual: int = field(init=False)

    def __post_init__(self) -> None:
        self.coder, self.schedule = PictureCoder(self.model.vae), linear(self.model.schedule)
        self.networks, self.most, self.usual = (self.moved.network,), self.moved.frames, min(SEEN, self.moved.frames)

    def check(self, sequence: FrameSequence) -> None:
        """See `Driver.check`."""
        if sequence.windows.length > self.most:
            raise _problem(
                f"This motion module sees at most {self.most} frames at a time, not {sequence.windows.length}.",
                f"Choose a window of up to {self.most} frames; {self.usual} are usual.",
                "windows",
            )

    def pipe(self, score: Score) -> Any:
        """See `Driver.pipe`."""
        return self.moved.pipe

    def scheduler(self, score: Score) -> Any:
        """See `Driver.scheduler`."""
        sampling = score.recipe.sampling
        return build_scheduler(SAMPLERS[sampling.sampler], self.schedule, sampling.steps, score.recipe.seed)

    def arguments(self, score: Score, grid: Grid) -> dict[str, Any]:
        """See `Driver.arguments`."""
        network = self.moved.network
        return {
            "latents": score.noise.to(network.device, network.dtype),
            "eta": SAMPLERS[score.recipe.sampling.sampler].eta,
            "num_frames": grid.frames,
        }

    def guess(self, score: Score, scheduler: Any, grid: Grid) -> Any:
        """See `Driver.guess`."""
        return CleanGuess(scheduler, self.schedule)


@dataclass(slots=True)
class Wan:
    """Wan 2.1 and 2.2; those that read pictures have more channels, or (Wan 2.2 5B) keep the first latent clean."""

    model: LoadedModel
    seed: int
    latents_name: str = "hidden_states"
    packed: bool = False
    leads: bool = True
    most: int = 0
    usual: int = 0
    coder: Coder = field(init=False)
    schedule: NoiseSchedule = field(init=False)
    networks: tuple[Any, ...] = field(init=False)

    def __post_init__(self) -> None:
        second = self.model.text_to_image.transformer_2
        self.coder, self.schedule = coder_of(self.model, self.seed), self.model.schedule
        self.networks = (self.model.denoiser, *([second] if second is not None else []))

    @property
    def _reads_pictures(self) -> bool:
        """Does each frame come with a picture's latents beside it?"""
        return int(self.model.denoiser.config.in_channels) > self.model.latent_channels

    def check(self, sequence: FrameSequence) -> None:
        """See `Driver.check`."""
        first, last = bool(sequence.first), bool(sequence.last)
        name, starts = self.model.path.name, bool(self.model.text_to_image.config.expand_timesteps)
        if self._reads_pictures and not first:
            hint = "Choose the picture to begin with, or a Wan model that goes by text alone."
            raise _problem(f"{name} sets a picture in motion, and there is none.", hint, "first")
        if first and not (self._reads_pictures or starts):
            hint = "Take the picture out, or choose a Wan model for image to video."
            raise _problem(f"{name} goes by text alone and cannot begin with a picture.", hint, "first")
        if last and not first:
            raise _problem("There is a picture to end with, and none to begin with.", "Choose both.", "first")
        if (last or (first and sequence.closed)) and not self._reads_pictures:
            hint = "Make an open clip without a last picture, or choose a Wan model that reads first and last pictures."
            raise _problem(f"{name} can begin with a picture, but not end with one.", hint, "last")

    def pipe(self, score: Score) -> Any:
        """See `Driver.pipe`."""
        return self.model.text_to_image if score.first is None else self.model.image_to_image

    def scheduler(self, score: Score) -> Any:
        """See `Driver.scheduler`."""
        sampling = score.recipe.sampling
        return build_scheduler(SAMPLERS[sampling.sampler], self.schedule, sampling.steps, score.recipe.seed)

    def arguments(self, score: Score, grid: Grid) -> dict[str, Any]:
        """See `Driver.arguments`."""
        found = {"latents": score.noise.to(self.model.denoiser.device), "num_frames": score.frames}
        if score.first is not None:
            found |= {"image": score.first, "last_image": score.last}
        return found

    def guess(self, score: Score, scheduler: Any, grid: Grid) -> Any:
        """See `Driver.guess`."""
        return CleanGuess(scheduler, self.schedule)


@dataclass(slots=True)
class Ltx:
    """LTX-Video: pictures for the ends are tokens beside those of the clip."""

    model: LoadedModel
    seed: int
    latents_name: str = "hidden_states"
    packed: bool = True
    leads: bool = True
    most: int = 0
    usual: int = 0
    coder: Coder = field(init=False)
    schedule: NoiseSchedule = field(init=False)
    networks: tuple[Any, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.coder, self.schedule = coder_of(self.model, self.seed), self.model.schedule
        self.networks = (self.model.denoiser,)

    def check(self, sequence: FrameSequence) -> None:
        """See `Driver.check`."""
        led = bool(sequence.first or sequence.last)
        if led and (sequence.source or sequence.held):
            raise _problem(
                "LTX-Video cannot be led by pictures at the ends and by other frames at once.",
                "Leave out the first and last picture, or the other frames.",
                "first",
            )
        if led and sequence.windows.length:
            hint = "Leave out the pictures, or let the model see the whole clip (window length 0)."
            raise _problem("LTX-Video cannot be led by pictures through windows.", hint, "windows")

    def pipe(self, score: Score) -> Any:
        """See `Driver.pipe`."""
        return self.model.image_to_image if self._led(score) else self.model.text_to_image

    def scheduler(self, score: Score) -> Any:
        """See `Driver.scheduler`."""
        settings = dict(self.schedule.settings)
        if self._led(score):
            settings["use_dynamic_shifting"] = False  # its pipeline brings the steps itself
        kind = diffusers.FlowMatchEulerDiscreteScheduler
        names = set(kind().config)
        return kind(**{name: value for name, value in settings.items() if name in names})

    def arguments(self, score: Score, grid: Grid) -> dict[str, Any]:
        """See `Driver.arguments`."""
        words = self.model.conditioner
        assert isinstance(words, T5Conditioner)
        device = self.model.denoiser.device
        found: dict[str, Any] = {
            "prompt_attention_mask": words.mask(score.prompts[0]).to(device),
            "num_frames": score.frames,
            "frame_rate": score.rate,
        }
        if score.words.negative is not None:
            found["negative_prompt_attention_mask"] = words.mask(score.prompts[1]).to(device)
        if not self._led(score):
            return found | {"latents": grid.native(score.noise).to(device)}
        kind = diffusers.pipelines.ltx.pipeline_ltx_condition.LTXVideoCondition
        ends = ((score.first, 0), (score.last, score.frames - 1))
        return found | {"conditions": [kind(image=image, frame_index=at) for image, at in ends if image is not None]}

    def guess(self, score: Score, scheduler: Any, grid: Grid) -> Any:
        """See `Driver.guess`."""
        sign = -1.0 if self._led(score) else 1.0  # of the velocity that the pipeline hands on

        def clean(prediction: torch.Tensor, timestep: Any, sample: torch.Tensor) -> torch.Tensor:
            sigma = float(timestep) / self.schedule.train_steps
            return grid.unpacked(sample.float() - sign * sigma * prediction.float())

        return clean

    def _led(self, score: Score) -> bool:
        return score.first is not None or score.last is not None


def _problem(message: str, hint: str, name: str) -> StudioError:
    return StudioError(ErrorKind.INPUT, message, hint, name)
