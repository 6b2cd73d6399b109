"""One clip: noise in, clean latents out, through the pipeline of its driver."""

import contextlib
from collections.abc import Callable
from typing import Any

from studio.domain.errors import ErrorKind, StudioError
from studio.engine.hook import OnStep, watched_steps
from studio.engine.libraries import torch
from studio.engine.pictures import led_by
from studio.engine.sampling import draw_from
from studio.engine.video_models.course import Course
from studio.engine.video_models.drivers import Driver, Score
from studio.engine.video_models.view import View

Watch = Callable[[Any, Callable[..., torch.Tensor]], OnStep]


def denoise_clip(driver: Driver, score: Score, course: Course, view: View, watch: Watch) -> torch.Tensor:
    """Clean latents (1, C, F, h, w) in the model's scale, frame 0 first.

    `watch(pipeline, guess)` gives what is to be called after each step; `guess` makes the clean guess (1, C, F, h, w),
    frame 0 first, of what it is called with. Raises StudioError (MODEL) when the numbers overflow, and passes on
    whatever the watcher raises.
    """
    recipe, pipe, scheduler = score.recipe, driver.pipe(score), driver.scheduler(score)
    size, sampling = recipe.size, recipe.sampling
    draw_from(scheduler, score.generator)
    guess, grid = driver.guess(score, scheduler, course.grid), course.grid

    def turned_back(prediction: torch.Tensor, timestep: Any, sample: torch.Tensor) -> torch.Tensor:
        return torch.roll(guess(prediction, timestep, sample), course.roll - course.rolled, 2)

    with contextlib.ExitStack() as undo:
        undo.enter_context(led_by(pipe, scheduler))
        course.follow(pipe, sampling.steps, score.generator)
        undo.enter_context(watched_steps(scheduler, _working(course, watch(pipe, turned_back))))
        for network in driver.networks:
            undo.enter_context(view.through(network))
        words = {name: value for name, value in score.words.arguments().items() if "pooled" not in name}
        found = pipe(
            **words,
            **driver.arguments(score, grid),
            width=size.width,
            height=size.height,
            num_inference_steps=sampling.steps,
            guidance_scale=sampling.guidance,
            generator=score.generator,
            output_type="latent",
            return_dict=False,
        )[0]
    latents = course.before_roll(grid.unpacked(found) if found.ndim == 3 else found)
    if not bool(torch.isfinite(latents).all()):
        raise StudioError(
            ErrorKind.MODEL,
            "The model ran out of its number range and produced no frames.",
            "Lower the guidance, choose another sampler, or check that the model is sound.",
            "sampling",
        )
    return latents


def _working(course: Course, on_step: OnStep) -> OnStep:
    """`on_step` for the steps in which the network works."""

    def watch(prediction: torch.Tensor, timestep: Any, sample: torch.Tensor) -> None:
        if course.step > course.begin:
            on_step(prediction, timestep, sample)

    return watch
