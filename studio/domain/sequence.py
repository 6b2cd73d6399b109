"""The request for the frames of a clip in one tree, as a recipe is for pictures.

Frame e of a loop of N lives on a ring: its index is e mod N, its angle 2π·e/N, and the end, which is the beginning, is
left out.
"""

import dataclasses
import itertools
import math
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from studio.domain.easing import LINEAR, Ease, ease_problem
from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.recipe import MAX_GUIDANCE, Recipe, validate
from studio.domain.samplers import SAMPLERS

MAX_FRAMES = 2048  # of one job
MAX_RATE = 240
MAX_PROMPT_KEYS = 64
MAX_HARMONICS = 4
COMMON = 0.6  # of the steps: the picture keeps its things, and light, water and clouds move
COMMON_OF_PROMPTS = 0.17  # the shapes stay, and the light goes with the words


class Method(StrEnum):
    """Where the frames' motion comes from."""

    CIRCLE = "circle"  # a circle of starting noise, and the prompt ring; any model that draws pictures
    VIDEO = "video"  # the frames of another clip, drawn anew
    MOTION = "motion"  # a motion module or a video model draws all frames together


class Attention(StrEnum):
    """Which other frames a frame looks at while it is drawn (cross-frame attention)."""

    OWN = "own"  # none
    NEIGHBOURS = "neighbours"  # the first frame and the one before (Text2Video-Zero, Rerender A Video)
    ALL = "all"  # every frame (ControlVideo)


@dataclass(frozen=True, slots=True)
class PromptKey:
    """From the share `at` of the clip, in [0, 1), these words; `ease` leads on to the next key, on a loop's last key to
    the first.
    """

    at: float
    prompt: str = ""
    negative: str = ""
    ease: Ease = LINEAR


@dataclass(frozen=True, slots=True)
class Consistency:
    """What holds the frames together.

    `smoother` counts the steps at which each other frame's clean guess is replaced by what its neighbours' motion makes
    of it (ControlVideo's interleaved-frame smoother). `flow` in [0, 1) is the share of the motion-compensated frame
    before in each finished frame. `steady` moves the frames of a loop to where the picture changes equally fast, and
    makes them equally sharp.
    `colour` holds the colours of the first frame.
    """

    attention: Attention = Attention.OWN
    smoother: int = 0
    flow: float = 0.0
    steady: bool = True
    colour: bool = True


def usual_consistency(method: Method) -> Consistency:
    """What suits a method: frames of a circle hold together by themselves, those drawn on another clip need more."""
    return Consistency(Attention.ALL, 0, 0.85) if method is Method.VIDEO else Consistency()


@dataclass(frozen=True, slots=True)
class Footage:
    """Frames to begin with: `paths` is one video (or animated picture), or one still for each frame. Of these the
    frames from `first` on are taken, `count` of them, 0 for all.
    """

    paths: tuple[str, ...]
    first: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """Frame `index` is there already, in the file `path`, and stays: its neighbours are drawn to fit."""

    index: int
    path: str


@dataclass(frozen=True, slots=True)
class Windows:
    """How a motion module or a video model sees a clip that is longer than it can see at once.

    `length` frames at a time (0: all), which overlap by `overlap`; on a loop windows go round. `roll` shifts the ring
    of latents by so many frames at each step (Mobius). `reuse_noise` repeats shuffled noise (FreeNoise).
    """

    length: int = 0
    overlap: int = 4
    roll: int = 0
    reuse_noise: bool = False


class Scheduled(StrEnum):
    """What may change along a clip."""

    MOTION = "motion"
    STRENGTH = "strength"
    GUIDANCE = "guidance"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A parameter's value for each frame of a clip, in their order; between them it goes straight."""

    parameter: Scheduled
    values: tuple[float, ...]

    def at(self, place: float, closed: bool) -> float:
        """The value at the share `place` of the clip, in [0, 1); on a loop the last one leads to the first."""
        count = len(self.values)
        before, share = divmod(place * count, 1)
        index = min(int(before), count - 1)
        after = (index + 1) % count if closed else min(index + 1, count - 1)
        return self.values[index] * (1 - share) + self.values[after] * share


@dataclass(frozen=True, slots=True)
class FrameSequence:
    """A request for `frames` frames at `rate` frames a second; `closed` makes a loop of them.

    `recipe` is what they share, for one picture: its prompt counts where `prompts` is empty. `motion` in (0, 1] is the
    radius of the noise circle; a `steady` loop takes that at which the picture changes as much as any other picture of
    this motion. `harmonics` ≥ 1 how many circles of 1, 2 … turns are laid on top of each other. `common`
    in [0, 1) is the share of the steps that all frames have in common, which decide what is in the picture; the circle
    is laid around what these leave. Below 0: `COMMON`, or `COMMON_OF_PROMPTS` where prompts change. `source`
    is drawn anew by Method.VIDEO with `strength` in (0, 1]. `only` names the frames to make, () for all, and `held`
    those that must not change. `module` is a motion module's name. `first` and `last` are pictures that a video model
    begins and ends with. `schedules` say what changes along the clip, in place of the one value for all of it.
    """

    recipe: Recipe
    frames: int = 24
    rate: Fraction = Fraction(12)
    closed: bool = True
    method: Method = Method.CIRCLE
    motion: float = 0.35
    harmonics: int = 1
    common: float = -1.0
    prompts: tuple[PromptKey, ...] = ()
    consistency: Consistency = field(default_factory=Consistency)
    source: Footage | None = None
    strength: float = 0.5
    only: tuple[int, ...] = ()
    held: tuple[Held, ...] = ()
    module: str = ""
    windows: Windows = field(default_factory=Windows)
    first: str = ""
    last: str = ""
    schedules: tuple[Schedule, ...] = ()

    def scheduled(self, parameter: Scheduled) -> Schedule | None:
        """How a parameter changes along the clip; None where it does not."""
        return next((each for each in self.schedules if each.parameter is parameter), None)

    def value(self, parameter: Scheduled, place: float) -> float:
        """A parameter at the share `place` of the clip, in [0, 1)."""
        schedule = self.scheduled(parameter)
        if schedule is not None:
            return schedule.at(place, self.closed)
        usual = {Scheduled.MOTION: self.motion, Scheduled.STRENGTH: self.strength}
        return usual.get(parameter, self.recipe.sampling.guidance)

    @property
    def wanted(self) -> tuple[int, ...]:
        """The indices of the frames to make, in order."""
        return tuple(sorted(set(self.only))) or tuple(range(self.frames))

    @property
    def common_steps(self) -> int:
        """How many of the sampler's calls of the network all frames have in common; 0 for other methods."""
        if self.method is not Method.CIRCLE or self.held:
            return 0
        usual = COMMON_OF_PROMPTS if len(self.prompts) > 1 else COMMON
        sampling = self.recipe.sampling
        return int((usual if self.common < 0 else self.common) * SAMPLERS[sampling.sampler].calls(sampling.steps))

    def angle(self, index: int) -> float:
        """Where frame `index` lies on the ring, in turns from 0 to below 1."""
        return index % self.frames / self.frames

    def carried_out(self, model_hash: str, lora_hashes: tuple[str, ...] = ()) -> "FrameSequence":
        """The same with the content hashes that an engine found; see `Recipe.carried_out`."""
        return dataclasses.replace(self, recipe=self.recipe.carried_out(model_hash, lora_hashes))


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where one frame comes from: its place on the noise circle in turns (below 0 where there is none), the index of
    the prompt key before it and the share of the way to the next one, and what made it.
    """

    method: str
    seed: int
    turn: float = -1.0
    key: int = 0
    mix: float = 0.0
    model: str = ""
    model_hash: str = ""
    note: str = ""


def changes(task: object) -> bool:
    """Are other things asked for along the clip that a task makes, so that its look and its course change with them?"""
    return isinstance(task, FrameSequence) and (len(task.prompts) > 1 or bool(task.schedules))


def words_at(keys: tuple[PromptKey, ...], at: float, closed: bool) -> tuple[int, int, float]:
    """The keys before and after the share `at` of a clip, and how much of the way from one to the other is done.

    `keys` is not empty and sorted by `at`. On a loop the last key leads to the first; else the ends hold.
    """
    last = len(keys) - 1
    before = next((index for index in range(last, -1, -1) if keys[index].at <= at), -1)
    if before < 0 or before == last:
        if not closed or last == 0:
            return (0, 0, 0.0) if before < 0 else (last, last, 0.0)
        before, after = last, 0
    else:
        after = before + 1
    gap = (keys[after].at - keys[before].at) % 1
    share = (at - keys[before].at) % 1 / gap if gap else 0.0
    return before, after, keys[before].ease.at(share)


def sequence_problems(sequence: FrameSequence, multiple: int = 8) -> tuple[Problem, ...]:
    """Everything wrong with a request for frames, most important first; `multiple` as in `studio.domain.recipe`."""
    found = list(validate(sequence.recipe, multiple))
    for check in (
        _check_frames,
        _check_motion,
        _check_prompts,
        _check_source,
        _check_choice,
        _check_consistency,
        _check_schedules,
    ):
        found += check(sequence)
    return tuple(found)


def require_valid_sequence(sequence: FrameSequence, multiple: int = 8) -> None:
    """Raise the first of `sequence_problems` as a StudioError."""
    for problem in sequence_problems(sequence, multiple):
        raise StudioError(problem.kind, problem.message, problem.hint, problem.field)


def _problem(name: str, message: str, hint: str) -> Problem:
    return Problem(ErrorKind.INPUT, message, hint, name)


def _check_frames(sequence: FrameSequence) -> list[Problem]:
    found = []
    recipe = sequence.recipe
    sampler = SAMPLERS.get(recipe.sampling.sampler)
    if sampler is not None and sampler.stochastic and sequence.method is not Method.MOTION:
        hint = "Choose one that draws no noise on the way: DPM++ 2M, DDIM, Euler."
        message = f"With the sampler {sampler.title}, each frame would be shaken by noise of its own."
        found.append(_problem("sampling.sampler", message, hint))
    least = 2 if sequence.closed else 1
    if not least <= sequence.frames <= MAX_FRAMES:
        hint = f"Choose {least} to {MAX_FRAMES:,}; a loop of two seconds at 12 frames a second has 24."
        found.append(_problem("frames", f"A clip of {sequence.frames:,} frames cannot be made.", hint))
    if not 0 < sequence.rate <= MAX_RATE:
        hint = f"Choose above 0 and up to {MAX_RATE}; 12, 24 and 30 are usual."
        found.append(_problem("rate", f"A clip cannot run at {sequence.rate} frames a second.", hint))
    if recipe.batch != 1 or recipe.source or recipe.inpaint or recipe.ring or recipe.branches or recipe.upscale != 1:
        message = "A clip is made of plain frames."
        hint = "Leave out batch, picture to start from, mask, branches and upscaling; enlarge the finished clip."
        found.append(_problem("recipe", message, hint))
    return found


def _check_motion(sequence: FrameSequence) -> list[Problem]:
    found = []
    if not math.isfinite(sequence.motion) or not 0 < sequence.motion <= 1:
        hint = "Choose above 0 (hardly any) up to 1 (all of the picture changes); 0.2 to 0.5 are usual."
        found.append(_problem("motion", f"An amount of motion of {sequence.motion} cannot be used.", hint))
    if not sequence.common < 1 or not math.isfinite(sequence.common):
        hint = "Choose 0 (everything may change) to below 1; 0.6 is usual."
        found.append(_problem("common", f"{sequence.common:.0%} of the steps cannot be in common.", hint))
    if not 1 <= sequence.harmonics <= MAX_HARMONICS:
        found.append(_problem("harmonics", f"{sequence.harmonics} circles cannot be laid on top of each other.",
                              f"Choose 1 to {MAX_HARMONICS}."))  # fmt: skip
    return found


def _check_prompts(sequence: FrameSequence) -> list[Problem]:
    keys, found = sequence.prompts, []
    if len(keys) > MAX_PROMPT_KEYS:
        found.append(_problem("prompts", f"{len(keys)} prompts in one clip are too many.",
                              f"Choose at most {MAX_PROMPT_KEYS}."))  # fmt: skip
    if any(not 0 <= key.at < 1 for key in keys):
        found.append(_problem("prompts", "A prompt's place lies outside of the clip.", "Choose 0 to below 1."))
    if any(later.at <= earlier.at for earlier, later in itertools.pairwise(keys)):
        hint = "Give each prompt a place of its own, in the order of time."
        found.append(_problem("prompts", "Two prompts have one place, or are out of order.", hint))
    found += [_problem("prompts", why, "Draw the curve anew.") for key in keys if (why := ease_problem(key.ease))]
    return found


def _check_source(sequence: FrameSequence) -> list[Problem]:
    found = []
    if sequence.method is Method.VIDEO and (sequence.source is None or not sequence.source.paths):
        hint = "Choose a video file or a clip of the timeline."
        found.append(_problem("source", "There is no clip to draw anew.", hint))
    if not math.isfinite(sequence.strength) or not 0 < sequence.strength <= 1:
        hint = "Choose above 0 (keep the clip) up to 1 (ignore it); 0.3 to 0.6 are usual."
        found.append(_problem("strength", f"A strength of {sequence.strength} cannot be used.", hint))
    source = sequence.source
    if source is not None and (source.first < 0 or source.count < 0):
        found.append(_problem("source", "The part of the clip to draw anew is none.", "Choose a part that it has."))
    return found


def _check_choice(sequence: FrameSequence) -> list[Problem]:
    indices = (*sequence.only, *(held.index for held in sequence.held))
    if any(not 0 <= index < sequence.frames for index in indices):
        return [_problem("only", f"The clip has the frames 0 to {sequence.frames - 1}.", "Choose some of these.")]
    if set(sequence.only) & {held.index for held in sequence.held}:
        return [_problem("only", "A frame cannot both stay and be made anew.", "Choose one of the two.")]
    return []


def _check_consistency(sequence: FrameSequence) -> list[Problem]:
    consistency = sequence.consistency
    found = []
    if not 0 <= consistency.flow < 1 or not math.isfinite(consistency.flow):
        hint = "Choose 0 (off) to below 1; 0.5 to 0.8 are usual."
        found.append(_problem("consistency.flow", f"Flow smoothing of {consistency.flow} cannot be used.", hint))
    if not 0 <= consistency.smoother <= 100:
        hint = "Choose 0 (off) to 100; 2 are usual."
        found.append(_problem("consistency.smoother", f"{consistency.smoother} steps cannot be smoothed.", hint))
    return found


_RANGES = {Scheduled.MOTION: (0.0, 1.0), Scheduled.STRENGTH: (0.0, 1.0), Scheduled.GUIDANCE: (0.0, MAX_GUIDANCE)}


def _check_schedules(sequence: FrameSequence) -> list[Problem]:
    found = []
    for schedule in sequence.schedules:
        low, high = _RANGES[schedule.parameter]
        if len(schedule.values) != sequence.frames:
            message = f"The {schedule.parameter} is given for {len(schedule.values)} of {sequence.frames} frames."
            found.append(_problem("schedules", message, "Give one value for each frame."))
        elif not all(low <= value <= high for value in schedule.values):
            message = f"The {schedule.parameter} leaves its range along the clip."
            found.append(_problem("schedules", message, f"Stay within {low:g} to {high:g}."))
    if len({schedule.parameter for schedule in sequence.schedules}) != len(sequence.schedules):
        found.append(_problem("schedules", "One parameter has two courses.", "Give it one."))
    return found
