"""How long it will take: learned from the steps this machine has just made."""

import time
from collections.abc import Callable, Iterable

from studio.domain.jobs import Job, JobState
from studio.domain.messages import Phase
from studio.domain.recipe import Recipe

_SMOOTHING = 0.3


class Pace:
    """Seconds per denoising step and per picture beyond its steps, by model and size."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._steps: dict[tuple[str, int], float] = {}
        self._last: tuple[str, int, float] | None = None

    def observe(self, job: Job) -> None:
        """Note a job's progress; call it at each change."""
        now = self._clock()
        if job.phase != Phase.DENOISE:
            self._last = None
            return
        if self._last is not None and self._last[0] == job.id and job.step > self._last[1]:
            seconds = (now - self._last[2]) / (job.step - self._last[1])
            known = self._steps.get(_key(job.recipe), seconds)
            self._steps[_key(job.recipe)] = known + _SMOOTHING * (seconds - known)
        self._last = (job.id, job.step, now)

    def remaining(self, jobs: Iterable[Job]) -> float | None:
        """Seconds until the given jobs are done, or None while nothing like the first of them was measured.

        What comes after the first job that nothing is known of, such as one that makes no pictures, is left out.
        """
        total = 0.0
        for job in jobs:
            seconds = self._steps.get(_key(job.recipe)) if job.makes_pictures else None
            if seconds is None:
                return total or None
            total += seconds * _steps_left(job)
        return total


def _steps_left(job: Job) -> int:
    if job.state is JobState.RUNNING and job.phase == Phase.DENOISE:
        return job.total - job.step
    return (job.recipe.batch - len(job.pictures)) * job.recipe.sampling.steps


def _key(recipe: Recipe) -> tuple[str, int]:
    return recipe.model, recipe.size.pixels
