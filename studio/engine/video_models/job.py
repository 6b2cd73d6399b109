"""The job that draws a clip as a whole, with a motion module or a video model."""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio.domain.catalog import FAMILIES, Family
from studio.domain.errors import ErrorKind, JobPaused, StudioError
from studio.domain.messages import Event, Finished, Log, Phase, Progress, Run
from studio.domain.samplers import SAMPLERS
from studio.domain.sequence import FrameSequence, Method, Provenance, require_valid_sequence, words_at
from studio.engine import preview
from studio.engine.clock import PhaseClock
from studio.engine.device import DevicePlan
from studio.engine.footage import frames_of
from studio.engine.frames import finished
from studio.engine.hook import OnStep, interruptible
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel, Poll
from studio.engine.polling import NowAndThen
from studio.engine.setting_up import Load, set_up
from studio.engine.source import covering
from studio.engine.video_models.conduct import Conduct, conduct_of
from studio.engine.video_models.course import Course, Known
from studio.engine.video_models.denoising import denoise_clip
from studio.engine.video_models.drivers import AnimateDiff, Driver, Ltx, Score, Wan
from studio.engine.video_models.grid import Grid
from studio.engine.video_models.keeping import ClipKeeper
from studio.engine.video_models.loading import multiple_of, still_coder
from studio.engine.video_models.motion import set_in_motion
from studio.engine.video_models.start import (
    as_image,
    first_words,
    held_latents,
    keys_of,
    noise_of,
    picture,
    source_latents,
    words_by_frame,
)
from studio.engine.video_models.view import View
from studio.imaging.pixels import Pixels

Place = Callable[[LoadedModel], contextlib.AbstractContextManager[None]]


@dataclass(slots=True)
class _Begun:
    """What is known of the clip before its first step."""

    conduct: Conduct
    grid: Grid
    score: Score
    source: torch.Tensor | None
    held: Known | None
    words: torch.Tensor | None

    def native(self) -> torch.Tensor:
        """The noise in the shape that steps see: a picture for the end is tokens in front of a packed clip's own."""
        native = self.grid.native(self.score.noise)
        led = self.grid.packed and self.score.last is not None
        return torch.nn.functional.pad(native, (0, 0, self.grid.places, 0)) if led else native

    def ends(self) -> tuple[torch.Tensor, ...]:
        """The pictures at the ends, as numbers."""
        pictures = (self.score.first, self.score.last)
        return tuple(torch.from_numpy(np.array(image)) for image in pictures if image is not None)


class ClipJob:
    """One clip; `place` puts the plan for the memory into effect. With `anywhere` it goes on from a checkpoint of
    another device, with other bits.
    """

    def __init__(
        self, command: Run, sequence: FrameSequence, emit: Callable[[Event], None], poll: Poll, load: Load,
        place: Place, plan: DevicePlan, clock: PhaseClock, *, anywhere: bool = False,
    ) -> None:  # fmt: skip
        self.command, self.sequence, self.emit, self.poll = command, sequence, emit, poll
        self.load, self.place, self.plan, self.clock = load, place, plan, clock
        self.keeper = ClipKeeper(command, emit, plan, anywhere)
        self.module = ""  # the motion module's content hash

    def run(self) -> Finished:
        """Carry it out; see `studio.worker.engine.Engine.run`."""
        self.poll()
        with self.clock.phase(Phase.LOAD):
            model = self._loaded()
            driver = self._driver(model)
            driver.check(self.sequence)
        try:
            with self.place(model), interruptible(model.networks(), NowAndThen(self.poll)):
                latents, conduct = self._denoised(model, driver)
                self._deliver(driver, latents, conduct, model.digest)
        except JobPaused:
            self.keeper.keep()
            raise
        finally:
            model.guests = ()
        return Finished(self.command.job_id, self.clock.cost())

    def rest(self) -> Run:
        """The command for what is left of the job."""
        made = (*self.command.made, *self.keeper.made)
        return dataclasses.replace(self.command, done=self.keeper.done, made=made, checkpoint=self.keeper.last)

    # ---------------------------------------------------------------------------------------------- load

    def _loaded(self) -> LoadedModel:
        recipe = self.sequence.recipe
        model = set_up(self.command, recipe, self.load, self.emit, self.poll)
        traits = FAMILIES[model.family]
        require_valid_sequence(self.sequence, multiple_of(model) if traits.video else 1)
        if traits.samplers and recipe.sampling.sampler not in traits.samplers:
            raise StudioError(
                ErrorKind.INPUT,
                f"{traits.title} cannot be sampled with {SAMPLERS[recipe.sampling.sampler].title}.",
                f"Choose {SAMPLERS[traits.samplers[0]].title}.",
                "sampling.sampler",
            )
        return model

    def _driver(self, model: LoadedModel) -> Driver:
        if FAMILIES[model.family].video:
            seed = self.sequence.recipe.seed
            return Wan(model, seed) if model.family is Family.WAN else Ltx(model, seed)
        if not self.command.module_path:
            raise StudioError(
                ErrorKind.INPUT,
                f"{model.path.name} draws single pictures, and no motion module is chosen.",
                "Choose a motion module, a video model, or the noise circle, which moves any model.",
                "module",
            )
        moved = set_in_motion(model, Path(self.command.module_path), self.plan, self.poll)
        self.module, model.guests = moved.digest, (moved.layers,)
        return AnimateDiff(model, moved)

    # ---------------------------------------------------------------------------------------------- denoise

    def _denoised(self, model: LoadedModel, driver: Driver) -> tuple[torch.Tensor, Conduct]:
        with self.clock.phase(Phase.ENCODE):
            self._progress(Phase.ENCODE, 0, 0)
            begun = self._begun(model, driver)
            guesses = self._preview_of(model)
            start = begun.native(), begun.source, begun.held.latents if begun.held else None, *begun.ends()
            state = self.keeper.begin(model, self.sequence, self.module, start)
        conduct = begun.conduct
        strength = self.sequence.strength if begun.source is not None else 1.0
        course = Course(begun.grid, begun.score.noise, begun.source, strength, begun.held, conduct.roll, state)
        ring = conduct.extent.ring
        view = View(course, driver.latents_name, conduct.length, conduct.overlap, ring, begun.words)
        watch = functools.partial(self._watcher, course, conduct, guesses)
        with self.clock.phase(Phase.DENOISE):
            return denoise_clip(driver, begun.score, course, view, watch), conduct

    def _begun(self, model: LoadedModel, driver: Driver) -> _Begun:
        sequence, recipe = self.sequence, self.sequence.recipe
        leads = driver.leads and bool(sequence.first or sequence.last)
        conduct = conduct_of(sequence, driver.coder.ratio, driver.most, driver.usual, leads)
        self._tell(model, conduct)
        extent, scale, size = conduct.extent, model.vae_scale, recipe.size
        grid = Grid(
            model.latent_channels, extent.latents, size.height // scale, size.width // scale, packed=driver.packed
        )
        generator = torch.Generator("cpu").manual_seed(recipe.seed)
        noise = noise_of(sequence, conduct, grid.shape, generator)
        if leads and driver.packed:
            generator.manual_seed(recipe.seed)  # that pipeline draws the noise itself
        key = keys_of(sequence)[0]
        words = first_words(recipe, key, model.conditioner, self._log)
        first = as_image(sequence.first, size) if leads else None
        last = as_image(sequence.first if sequence.closed else sequence.last, size) if leads else None
        score = Score(
            recipe, words, (key.prompt, key.negative), float(sequence.rate),
            driver.coder.ratio * (extent.latents - 1) + 1, noise, generator, first, last,
        )  # fmt: skip
        ring = None if FAMILIES[model.family].video else words_by_frame(sequence, model.conditioner, self._log)
        return _Begun(conduct, grid, score, self._source(driver, conduct), self._held(driver, conduct, leads), ring)

    def _source(self, driver: Driver, conduct: Conduct) -> torch.Tensor | None:
        footage = self.sequence.source
        if footage is None or self.sequence.method is not Method.VIDEO:
            return None
        frames = [covering(frame, self.sequence.recipe.size) for frame in frames_of(footage, self.poll)]
        if not frames:
            raise StudioError(ErrorKind.INPUT, "The clip to draw anew has no frames.", "Choose another one.", "source")
        return source_latents(frames, conduct.extent, driver.coder)

    def _held(self, driver: Driver, conduct: Conduct, leads: bool) -> Known | None:
        sequence, size = self.sequence, self.sequence.recipe.size
        paths = {held.index: held.path for held in sequence.held}
        if not leads:
            ends = {0: sequence.first, sequence.frames - 1: sequence.last}
            paths = {index: path for index, path in ends.items() if path} | paths
        return held_latents({index: picture(path, size) for index, path in paths.items()}, conduct.extent, driver.coder)

    def _tell(self, model: LoadedModel, conduct: Conduct) -> None:
        """What is done otherwise than asked."""
        if len(self.sequence.prompts) > 1 and FAMILIES[model.family].video:
            self._log("This model reads one prompt for the whole clip: the first one is used.")
        if not conduct.extent.even:
            ratio, made = conduct.extent.ratio, conduct.extent.drawn
            self._log(
                f"This model draws loops of a multiple of {ratio} frames; some of {made} are left out. "
                f"Choose a multiple of {ratio} for the most even motion."
            )

    # ---------------------------------------------------------------------------------------------- steps

    def _preview_of(self, model: LoadedModel) -> preview.LatentsToRgb | None:
        if self.command.previews and model.preview is None:
            video = FAMILIES[model.family].video
            model.preview = preview.fit(still_coder(model) if video else model.vae, model.vae_scale)
        return model.preview if self.command.previews else None

    def _watcher(
        self,
        course: Course,
        conduct: Conduct,
        guesses: preview.LatentsToRgb | None,
        pipe: Any,
        guess: Callable[..., torch.Tensor],
    ) -> OnStep:
        """Progress, a moving preview, a checkpoint now and then, and a chance to stop after each step."""

        def on_step(prediction: torch.Tensor, timestep: Any, sample: torch.Tensor) -> None:
            self._progress(Phase.DENOISE, course.step, course.total)
            self.keeper.state = course.state
            if guesses is not None:
                self._preview(guesses, guess(prediction, timestep, sample), conduct, course.step)
            self.keeper.keep_now_and_then()
            self.poll()

        return on_step

    def _preview(self, guesses: preview.LatentsToRgb, clean: torch.Tensor, conduct: Conduct, step: int) -> None:
        extent = conduct.extent
        rgb = guesses.predict(clean[0].detach().float().cpu().transpose(0, 1))
        indices = [extent.shown_by(extent.within(latent)[0]) for latent in range(extent.latents)]
        self.emit(preview.clip_preview(self.command.job_id, step, indices, rgb))

    # ---------------------------------------------------------------------------------------------- frames

    def _deliver(self, driver: Driver, latents: torch.Tensor, conduct: Conduct, model_digest: str) -> None:
        there = {*self.command.made, *(held.index for held in self.sequence.held)}
        wanted = [index for index in self.sequence.wanted if index not in there]
        frames = self._decoded(driver, latents, conduct, wanted)
        for count, index in enumerate(wanted):
            with self.clock.phase(Phase.DECODE):
                self._progress(Phase.DECODE, count, len(wanted))
                pixels = next(frames)
            self.poll()
            with self.clock.phase(Phase.SAVE):
                seed = self.sequence.recipe.seed
                made = finished(self.command, index, seed, pixels, self._provenance(index, model_digest))
            self.emit(made)
            self.keeper.made.append(index)

    def _decoded(
        self, driver: Driver, latents: torch.Tensor, conduct: Conduct, wanted: Sequence[int]
    ) -> Iterator[Pixels]:
        drawn = [conduct.extent.drawn_for(index) for index in wanted]
        return driver.coder.decode(latents, conduct.extent, drawn)

    def _provenance(self, index: int, model_digest: str) -> Provenance:
        sequence, keys = self.sequence, keys_of(self.sequence)
        key, _, mix = words_at(keys, index / sequence.frames, sequence.closed)
        note = f"motion module {self.module}" if self.module else ""
        recipe = sequence.recipe
        return Provenance(sequence.method.value, recipe.seed, -1.0, key, mix, recipe.model, model_digest, note)

    def _progress(self, phase: Phase, done: int, total: int) -> None:
        self.emit(Progress(self.command.job_id, phase, done, total))

    def _log(self, message: str) -> None:
        self.emit(Log(self.command.job_id, message))
