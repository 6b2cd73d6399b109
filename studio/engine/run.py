"""The engine: carries out one job after the other, phase by phase."""

import contextlib
import dataclasses
import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.domain.errors import JobPaused
from studio.domain.geometry import Size
from studio.domain.jobs import Picture
from studio.domain.messages import (
    Event,
    Finished,
    Log,
    Phase,
    PictureDone,
    Preview,
    Progress,
    Ready,
    Run,
    WorkerOptions,
)
from studio.domain.plan import Rung
from studio.domain.recipe import Recipe
from studio.domain.sequence import FrameSequence
from studio.domain.study import Study
from studio.domain.training import Training
from studio.domain.treatment import Treatment
from studio.domain.upscaling import Upscaling
from studio.engine import libraries, preview, upscale
from studio.engine.attention import attention_backend
from studio.engine.clock import PhaseClock
from studio.engine.conditioning import Conditioning
from studio.engine.device import DevicePlan, apply_threads, cpu_plan, plan_for
from studio.engine.enlarge import Enlarging
from studio.engine.failures import out_of_memory
from studio.engine.hook import OnStep, interruptible
from studio.engine.inpainting import Hole, open_hole
from studio.engine.keeper import Keeper
from studio.engine.ladder import Attempt, climb, in_effect, placing_for
from studio.engine.libraries import torch
from studio.engine.memory import free_memory, give_back
from studio.engine.models import LoadedModel, Poll
from studio.engine.pictures import Denoising, decode, denoise, encode_source
from studio.engine.planning import Planner, Room, need_of, rungs_for, upscaling_need
from studio.engine.polling import NowAndThen
from studio.engine.replay import Track, Turn
from studio.engine.sampling import CleanGuess
from studio.engine.sequences.group import group_size
from studio.engine.sequences.job import SequenceJob
from studio.engine.setting_up import Load, set_up
from studio.engine.shelf import Shelf
from studio.engine.source import source_tensor
from studio.engine.study import Studies
from studio.engine.treatments import Treating
from studio.engine.upscale import Upscaler
from studio.engine.video_models.job import ClipJob
from studio.engine.video_models.planning import draws_whole, need_of_clip
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import Pixels, encode_png

Emit = Callable[[Event], None]


def create(options: WorkerOptions) -> "StudioEngine":
    """An engine for this machine. Raises StudioError (ENVIRONMENT) when the wanted device is not there."""
    return StudioEngine(plan_for(options))


class StudioEngine:
    """Turns recipes into pictures; one job at a time, in one thread."""

    def __init__(self, plan: DevicePlan) -> None:
        self.plan = plan
        self._shelf = Shelf(plan)
        self._models, self._model = self._shelf.models, self._shelf.model
        self._studies = Studies()
        apply_threads(plan)

    def describe(self) -> Ready:
        """The device and the versions in use."""
        plan = self.plan
        versions = libraries.versions() | upscale.versions()
        attention = attention_backend(plan)
        return Ready(plan.device, plan.name, plan.dtype_name, plan.threads, plan.memory, versions, attention)

    def run(self, command: Run, emit: Emit, poll: Poll) -> Finished:
        """Carry out one job; see `studio.worker.engine.Engine.run`."""
        hint = "Choose a smaller picture, close other programs, or restart the worker."
        with out_of_memory("make this picture", hint), libraries.quiet():
            if isinstance(command.task, Study):
                return self._studies.run(command, command.task, emit, poll, self._model)
            if isinstance(command.task, Training):
                return self._train(command, command.task, emit, poll)
            if isinstance(command.task, Treatment):
                return Treating(command, command.task, emit, poll, PhaseClock()).run()
            return self._climb(command, emit, poll)

    def free(self) -> None:
        """Drop loaded models and caches."""
        self._shelf.clear()
        self._studies.forget()
        give_back(self.plan.device)

    def _train(self, command: Run, training: Training, emit: Emit, poll: Poll) -> Finished:
        from studio.engine.train.job import TrainingJob  # only who trains pays for peft and the rest: a second

        return TrainingJob(command, training, emit, poll, self._model, self.plan).run()

    def _climb(self, command: Run, emit: Emit, poll: Poll) -> Finished:
        """A job that comes down the ladder when memory runs out; the seconds of all attempts are counted together."""
        draws = isinstance(command.task, Recipe | FrameSequence)
        path = Path(command.model_path) if draws and command.model_path else None
        planner, clock = self._planner(command, path), PhaseClock()

        def attempt(rest: Run, rung: Rung, tell: Emit) -> Attempt:
            plan, store = planner.device(rung), Path(rest.store)
            load_upscaler = functools.partial(self._shelf.upscaler, plan)
            if isinstance(rest.task, Upscaling):
                return Enlarging(rest, rest.task, load_upscaler, tell, poll, clock)
            placing = placing_for(rung, planner.computing, planner.processor, store)
            tile = planner.need.tile if rung >= Rung.TILED else 0
            load = functools.partial(self._shelf.model, placing=placing)
            place = functools.partial(in_effect, placing=placing, tile=tile)
            if isinstance(rest.task, FrameSequence):
                small, anywhere = rung >= Rung.TILED, rung is Rung.CPU
                if draws_whole(rest.task, Path(rest.model_path)):
                    return ClipJob(rest, rest.task, tell, poll, load, place, plan, clock, anywhere=anywhere)
                return SequenceJob(
                    rest, rest.task, tell, poll, load, place, plan, clock, small=small, anywhere=anywhere
                )
            return _Job(rest, tell, poll, load, load_upscaler, plan, clock, place, anywhere=rung is Rung.CPU)

        def make_room(rung: Rung) -> None:
            if rung >= Rung.ALONE:
                placing = placing_for(rung, planner.computing, planner.processor, Path(command.store))
                self._studies.forget()
                self._shelf.keep_only(path, placing.name)
                give_back(self.plan.device)

        return climb(command, planner, attempt, make_room, emit)

    def _planner(self, command: Run, path: Path | None) -> Planner:
        """What a recipe with the model at `path`, or an upscaling, takes, and what there is."""
        plan, task = self.plan, command.task
        processor = plan if plan.device == "cpu" else cpu_plan(plan.threads)
        if isinstance(task, Recipe | FrameSequence) and path is not None:
            recipe = task if isinstance(task, Recipe) else task.recipe
            how = plan.dtype.itemsize, command.memory_factor
            if isinstance(task, FrameSequence) and draws_whole(task, path):
                need, size = need_of_clip(task, path, command.module_path, *how), recipe.size
            else:
                need, size = need_of(recipe, path, *how), recipe.size
                if isinstance(task, FrameSequence):
                    need = dataclasses.replace(need, denoise=need.denoise * group_size(recipe))
        else:
            need, size = upscaling_need(0), Size(0, 0)
        own, others = self._shelf.held(path)
        room = Room(free_memory(plan.device), free_memory(processor.device), others, own)
        rungs = rungs_for(need, room, plan, Path(command.store))
        return Planner(need, room, size, plan, processor, rungs, command.memory_factor)


@dataclass(frozen=True, slots=True)
class _Encoded:
    """What all pictures of a job begin with; `picture` is the one to start from, (1, 3, H, W) in 0 to 1."""

    conditioning: Conditioning
    turns: tuple[Turn, ...]
    picture: torch.Tensor | None
    hole: Hole | None


class _Job:
    """One job on its way through the phases. `keeper` knows what it takes to go on from where it stops."""

    def __init__(
        self,
        command: Run,
        emit: Emit,
        poll: Poll,
        load: Load,
        load_upscaler: Callable[[], Upscaler],
        plan: DevicePlan,
        clock: PhaseClock,
        place: Callable[[LoadedModel], contextlib.AbstractContextManager[None]],
        anywhere: bool,
    ) -> None:
        self.command, self.recipe = command, command.recipe
        self.emit, self.poll, self.load, self.load_upscaler = emit, poll, load, load_upscaler
        self.keeper = Keeper(command, emit, plan, anywhere)
        self.clock, self.place = clock, place

    def run(self) -> Finished:
        self.poll()
        with self.clock.phase(Phase.LOAD):
            model = self._loaded()
        with self.place(model), interruptible(model.networks(), NowAndThen(self.poll)):
            with self.clock.phase(Phase.LOAD):
                self._fit_preview(model)
            with self.clock.phase(Phase.ENCODE):
                encoded = self._encoded(model)
            try:
                for index in range(self.command.done, self.recipe.batch):
                    self._make(model, encoded, index)
            except JobPaused:
                self.keeper.keep()
                raise
        return Finished(self.command.job_id, self.clock.cost())

    def rest(self) -> Run:
        """The command for what is left of the job."""
        return dataclasses.replace(self.command, done=self.keeper.done, checkpoint=self.keeper.last)

    # ---------------------------------------------------------------------------------------------- phases

    def _loaded(self) -> LoadedModel:
        model = set_up(self.command, self.recipe, self.load, self.emit, self.poll)
        if self.recipe.upscale != 1:
            self.load_upscaler()  # what is wrong with it shows before the work
        return model

    def _fit_preview(self, model: LoadedModel) -> None:
        if self.command.previews and model.preview is None:
            model.preview = preview.fit(model.vae, model.vae_scale)

    def _encoded(self, model: LoadedModel) -> _Encoded:
        self._progress(Phase.ENCODE, 0, 0)
        recipe, source, inpaint = self.recipe, self.recipe.source, self.recipe.inpaint
        picture = None if source is None else source_tensor(source, recipe.size)
        hole = None if inpaint is None else open_hole(model, inpaint, recipe.size)

        def read(prompt: str, negative: str, guidance: float) -> Conditioning:
            return model.conditioner.encode(prompt, negative, guidance > 1, self._log)

        words = read(recipe.prompt, recipe.negative, recipe.sampling.guidance)
        turns = tuple(Turn(turn, read(turn.prompt, turn.negative, turn.guidance)) for turn in recipe.branches)
        return _Encoded(words, turns, picture, hole)

    def _make(self, model: LoadedModel, encoded: _Encoded, index: int) -> None:
        """One picture at a time: in a batch its bytes would depend on the number of its neighbours."""
        recipe, picture, hole = self.recipe.for_picture(index), encoded.picture, encoded.hole
        generator = torch.Generator("cpu").manual_seed(recipe.seed)
        with self.clock.phase(Phase.ENCODE):
            track = self.keeper.begin(model, recipe, picture, hole, index)
            start = None if picture is None else encode_source(model, picture, generator)
        with self.clock.phase(Phase.DENOISE):
            job = Denoising(recipe, encoded.conditioning, generator, start, hole, encoded.turns)
            latents = denoise(model, job, functools.partial(self._watcher, model, track, index), track)
        with self.clock.phase(Phase.DECODE):
            self._progress(Phase.DECODE, index, self.recipe.batch)
            pixels = decode(model, latents)
        self.poll()
        if recipe.upscale != 1:
            with self.clock.phase(Phase.UPSCALE):
                pixels = self._upscaled(pixels)
        with self.clock.phase(Phase.SAVE):
            self._progress(Phase.SAVE, index, self.recipe.batch)
            digest = BlobStore(Path(self.command.store)).put(encode_png(pixels))
        height, width = pixels.shape[:2]
        self.emit(PictureDone(self.command.job_id, Picture(index, recipe.seed, digest, width, height)))
        self.keeper.finish()

    def _upscaled(self, pixels: Pixels) -> Pixels:
        """The picture enlarged as the recipe asks; a cancel takes effect between tiles and the network's blocks."""

        def on_tile(done: int, total: int) -> None:
            self._progress(Phase.UPSCALE, done, total)
            self.poll()

        upscaler = self.load_upscaler()
        with interruptible((upscaler.network,), NowAndThen(self.poll)):
            return upscale.upscale(upscaler, pixels, self.recipe.upscale, on_tile)

    # ---------------------------------------------------------------------------------------------- steps

    def _watcher(self, model: LoadedModel, track: Track, index: int, pipe: Any, scheduler: Any) -> OnStep:
        """Progress over the whole batch, a preview, a checkpoint now and then, and a chance to stop after each step."""
        guess = CleanGuess(scheduler, model.schedule)

        def on_step(prediction: torch.Tensor, timestep: Any, sample: torch.Tensor) -> None:
            total = int(pipe.num_timesteps)
            self._progress(Phase.DENOISE, index * total + track.step, self.recipe.batch * total)
            if self.command.previews and model.preview is not None:
                self._preview(model.preview(guess(prediction, timestep, sample)), index, track.step)
            self.keeper.keep_now_and_then()
            self.poll()

        return on_step

    def _preview(self, picture: preview.PreviewPicture, index: int, step: int) -> None:
        self.emit(Preview(self.command.job_id, index, step, picture.width, picture.height, picture.rgb))

    def _progress(self, phase: Phase, step: int, total: int) -> None:
        self.emit(Progress(self.command.job_id, phase, step, total))

    def _log(self, message: str) -> None:
        self.emit(Log(self.command.job_id, message))
