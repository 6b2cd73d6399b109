"""How long it will take and how much memory: learned from the jobs that this machine has made.

A value of the very same model, size and guidance counts first; else one of the same model, scaled by the pixels; else
one of another model of its family.
"""

import dataclasses
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from studio.domain.jobs import Job, JobState
from studio.domain.messages import Phase
from studio.domain.plan import Rung
from studio.domain.recipe import Recipe
from studio.domain.samplers import SAMPLERS
from studio.domain.sequence import FrameSequence
from studio.domain.training import Training
from studio.domain.upscaling import Upscaling
from studio.session.experience import Case, Experience
from studio.session.training_cost import work

_SMOOTHING = 0.3
_UNGUIDED = 0.5  # of a guided step, which asks the network twice
_PER_PICTURE = (Phase.DECODE, Phase.UPSCALE, Phase.SAVE)
_AFTER_DENOISING = frozenset(_PER_PICTURE)
_WITH_PIXELS = frozenset({Phase.DENOISE, *_PER_PICTURE})  # these take as much longer as there are more pixels
_MEMORY = "memory of "
_SAVE_EVERY = 30.0  # seconds; what was learned since is lost with the program, and soon learned again
_Likeness = tuple[object, ...]
_LEAST, _MOST = 0.5, 4.0  # by which an estimate of memory is corrected


@dataclass(frozen=True, slots=True)
class _Seen:
    """Where a job was when it was last looked at; `pictures` were there when the worker took it up."""

    job_id: str
    phase: str
    step: int
    at: float
    running: bool
    pictures: int
    cold: bool  # its model was another than that of the job before


class Pace:
    """Seconds of each phase by device, model, size and guidance, and how far estimates of memory were off.

    With a `path` all that is learned is kept in that file. `family` tells a model's, "" when it does not know.
    """

    def __init__(
        self,
        path: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        family: Callable[[str], str] = lambda model: "",
    ) -> None:
        self._clock, self._family = clock, family
        self._known = Experience(path)
        self._seen: _Seen | None = None
        self._model = ""  # of the last job that worked
        self._save_at = float("-inf")

    # ---------------------------------------------------------------------------------------------- learning

    def observe(self, job: Job) -> None:
        """Note a job's progress and its end; call it at each change."""
        if job.state is JobState.DONE:
            self._finish(job)
        if not job.state.active:
            if self._seen is not None and self._seen.job_id == job.id:
                self._seen = None
            return
        if job.plan is not None and job.plan.rung < Rung.OFFLOADED:
            self._known.device = _device(job)
        before, now = self._seen, self._clock()
        if before is None or before.job_id != job.id:
            cold = _model(job) != self._model
            self._seen = _Seen(job.id, job.phase, job.step, now, False, len(job.pictures), cold)
            self._model = _model(job)
            return
        counted = before.running and job.phase == before.phase and job.phase in (Phase.DENOISE, Phase.TRAIN)
        if counted and job.step > before.step:
            self._learn_step(job, (now - before.at) / (job.step - before.step))
        running = job.state is JobState.RUNNING
        self._seen = dataclasses.replace(before, phase=job.phase, step=job.step, at=now, running=running)

    def _learn_step(self, job: Job, seconds: float) -> None:
        if isinstance(job.task, Training):
            self._known.learn(self._training_case(job), seconds / work(job.task), _SMOOTHING)
        else:
            self._known.learn(self._case(job, Phase.DENOISE), seconds, _SMOOTHING)

    def _finish(self, job: Job) -> None:
        """Learn from what a job took as a whole."""
        seen = self._seen if self._seen is not None and self._seen.job_id == job.id else None
        if job.cost is None or seen is None:
            return
        seconds = job.cost.seconds
        if isinstance(job.task, Upscaling):
            self._known.learn(self._case(job, Phase.UPSCALE), sum(seconds.values()), _SMOOTHING)
        if isinstance(job.task, Recipe):
            made = len(job.pictures) - seen.pictures
            for phase in _PER_PICTURE:
                if made > 0 and phase in seconds:
                    self._known.learn(self._case(job, phase), seconds[phase] / made, _SMOOTHING)
            if Phase.ENCODE in seconds:
                self._known.learn(self._case(job, Phase.ENCODE), seconds[Phase.ENCODE], _SMOOTHING)
            if seen.cold and Phase.LOAD in seconds:
                self._known.learn(self._case(job, Phase.LOAD), seconds[Phase.LOAD], _SMOOTHING)
            if job.cost.memory_share > 0:
                self._known.learn(self._memory_case(job), job.cost.memory_share, _SMOOTHING)
        if job.makes_frames and len(job.pictures) > seen.pictures:
            after = sum(seconds.get(phase, 0.0) for phase in (Phase.DECODE, Phase.SMOOTH, Phase.SAVE))
            made = len(job.pictures) - seen.pictures
            self._known.learn(self._case(job, Phase.SMOOTH), after / made, _SMOOTHING)
        if self._clock() >= self._save_at:
            self._known.save()
            self._save_at = self._clock() + _SAVE_EVERY

    # ---------------------------------------------------------------------------------------------- telling

    def remaining(self, jobs: Iterable[Job]) -> float | None:
        """Seconds until the given jobs are done, or None while nothing like the first of them was measured.

        What comes after the first job that nothing is known of is left out.
        """
        total, model = 0.0, self._model
        remembered: dict[_Likeness, float | None] = {}
        for job in jobs:
            wanted = _model(job)
            alike = _likeness(job, wanted != model)
            if alike not in remembered or not alike:
                remembered[alike] = self._seconds(job, wanted != model)
            seconds = remembered[alike]
            if seconds is None:
                return total or None
            total, model = total + seconds, wanted
        return total

    def memory_factor(self, job: Job) -> float:
        """What jobs like this one took, as a share of the memory that the engine estimates; for `Run`."""
        found = self._known.get(self._memory_case(job))
        return 1.0 if found is None else min(_MOST, max(_LEAST, found))

    def _seconds(self, job: Job, cold: bool) -> float | None:
        def of(phase: Phase) -> float | None:
            return self._estimate(self._case(job, phase))

        match job.task:
            case Recipe():
                return _recipe_seconds(job, job.task, cold, of)
            case Training():
                pace = self._known.get(self._training_case(job))
                return None if pace is None else pace * work(job.task) * _steps_of_training(job, job.task)
            case Upscaling():
                whole = of(Phase.UPSCALE)
                return None if whole is None else whole * (1 - job.step / job.total if job.total else 1.0)
            case FrameSequence():
                step = of(Phase.DENOISE)
                return (
                    None
                    if step is None
                    else step * _clip_steps(job, job.task) + _frames_left(job) * (of(Phase.SMOOTH) or 0)
                )
            case _:
                frame = of(Phase.SMOOTH)
                return None if frame is None or not job.total else frame * (job.total - job.step)

    def _estimate(self, case: Case) -> float | None:
        known = self._known.get(case)
        if known is not None:
            return known
        like = [(other, value) for other, value in self._known.like(case) if other.pixels or not case.pixels]
        same = [(other, value) for other, value in like if other.model == case.model]
        related = [(other, value) for other, value in like if case.family and other.family == case.family]
        found = min(same or related, key=lambda entry: _distance(case, entry[0]), default=None)
        return None if found is None else found[1] * _scale(case, found[0])

    # ---------------------------------------------------------------------------------------------- cases

    def _case(self, job: Job, phase: Phase) -> Case:
        device = _device(job) if job.plan is not None else self._known.device
        match job.task:
            case Recipe(model=model, size=size, sampling=sampling, upscale=upscale):
                if phase not in _WITH_PIXELS:
                    return Case(device, phase, model, family=self._family(model))
                guided = phase is Phase.DENOISE and sampling.guidance > 1
                pixels = size.pixels * (upscale**2 if phase in (Phase.UPSCALE, Phase.SAVE) else 1)
                return Case(device, phase, model, pixels, guided, self._family(model))
            case FrameSequence(recipe=recipe):
                guided = recipe.sampling.guidance > 1
                family = self._family(recipe.model)
                return Case(device, f"{phase} of a clip", recipe.model, recipe.size.pixels, guided, family)
            case _ if job.makes_frames:
                return Case("", f"frames of a {type(job.task).__name__}")
            case _:
                return Case(device, f"{phase} of a file")

    def _training_case(self, job: Job) -> Case:
        assert isinstance(job.task, Training)
        return Case(self._known.device, f"{Phase.TRAIN} {job.task.kind}", job.task.base)

    def _memory_case(self, job: Job) -> Case:
        rung = Rung.FULL if job.plan is None or job.plan.rung is Rung.ALONE else job.plan.rung
        case = self._case(job, Phase.DENOISE)
        return dataclasses.replace(case, quantity=f"{_MEMORY}{rung.name.lower()}")


def _device(job: Job) -> str:
    """Where a job computes; weights that must be brought there make it another device."""
    if job.plan is None:
        return ""
    return f"{job.plan.device} {job.plan.dtype}{' offloaded' if job.plan.rung is Rung.OFFLOADED else ''}"


def _model(job: Job) -> str:
    match job.task:
        case Recipe(model=model) | FrameSequence(recipe=Recipe(model=model)):
            return model
        case Training(base=base):
            return base
        case _:
            return ""


def _likeness(job: Job, cold: bool) -> _Likeness:
    """Jobs of the same likeness take the same time; () for one that is like no other."""
    if not isinstance(job.task, Recipe) or job.phase or job.plan is not None:
        return ()
    recipe = job.task
    start = recipe.inpaint or recipe.source
    left = recipe.batch - len(job.pictures)
    strength = start.strength if start else 1.0
    return cold, recipe.model, recipe.size, recipe.sampling, recipe.upscale, left, strength


def _recipe_seconds(job: Job, recipe: Recipe, cold: bool, of: Callable[[Phase], float | None]) -> float | None:
    step = of(Phase.DENOISE)
    if step is None:
        return None
    begun = job.state.active and job.phase not in ("", Phase.LOAD)
    before = (
        0.0 if begun else (of(Phase.ENCODE) or 0.0) + ((of(Phase.LOAD) or 0.0) if cold or job.state.active else 0.0)
    )
    phases = [phase for phase in _PER_PICTURE if phase is not Phase.UPSCALE or recipe.upscale != 1]
    after = sum(of(phase) or 0.0 for phase in phases)
    return before + step * _steps_left(job, recipe) + after * (recipe.batch - len(job.pictures))


def _steps_left(job: Job, recipe: Recipe) -> int:
    if job.phase == Phase.DENOISE and job.total:
        return job.total - job.step
    pictures = recipe.batch - len(job.pictures) - (job.phase in _AFTER_DENOISING)
    return max(0, pictures) * _steps(recipe)


def _clip_steps(job: Job, sequence: FrameSequence) -> int:
    """The steps of frames that are left of a clip, as progress counts them."""
    if job.phase == Phase.DENOISE and job.total:
        return job.total - job.step
    if job.phase in (Phase.DECODE, Phase.SMOOTH, Phase.SAVE):
        return 0
    calls = _steps(sequence.recipe) - sequence.common_steps
    return len(sequence.wanted) * calls


def _frames_left(job: Job) -> int:
    assert isinstance(job.task, FrameSequence)
    return len(job.task.wanted) - len(job.pictures)


def _steps(recipe: Recipe) -> int:
    """The network's calls for one picture, as progress counts them."""
    calls = SAMPLERS[recipe.sampling.sampler].calls(recipe.sampling.steps)
    start = recipe.inpaint or recipe.source
    return calls if start is None else max(1, round(calls * start.strength))


def _steps_of_training(job: Job, training: Training) -> int:
    return training.steps - (job.step if job.phase == Phase.TRAIN else 0)


def _distance(wanted: Case, found: Case) -> float:
    """How different two sizes are, first of all in the same way of guidance."""
    ratio = max(wanted.pixels, 1) / max(found.pixels, 1)
    return max(ratio, 1 / ratio) * (1 if wanted.guided == found.guided else 100)


def _scale(wanted: Case, found: Case) -> float:
    """By what a value of one case becomes that of another."""
    pixels = wanted.pixels / found.pixels if wanted.pixels and found.pixels else 1.0
    if wanted.guided == found.guided:
        return pixels
    return pixels * _UNGUIDED if found.guided else pixels / _UNGUIDED
