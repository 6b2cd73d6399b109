"""The engine: carries out one job after the other, phase by phase."""

import gc
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.domain.catalog import FAMILIES
from studio.domain.jobs import Picture
from studio.domain.messages import (
    Event,
    Finished,
    Loaded,
    Log,
    Phase,
    PictureDone,
    Preview,
    Progress,
    Ready,
    Run,
    WorkerOptions,
)
from studio.domain.recipe import require_valid
from studio.domain.samplers import SAMPLERS
from studio.domain.study import Study
from studio.domain.training import Training
from studio.domain.upscaling import Upscaling
from studio.engine import libraries, preview, upscale
from studio.engine.adapters import adapters_of, fit
from studio.engine.clock import PhaseClock
from studio.engine.conditioning import Conditioning
from studio.engine.device import DevicePlan, apply_threads, plan_for
from studio.engine.enlarge import enlarge
from studio.engine.failures import out_of_memory
from studio.engine.hook import OnStep, interruptible
from studio.engine.inpainting import Hole, open_hole
from studio.engine.libraries import torch
from studio.engine.loading import identify, open_model
from studio.engine.models import LoadedModel, Poll
from studio.engine.pictures import Denoising, decode, denoise, encode_source
from studio.engine.sampling import CleanGuess, require_fitting
from studio.engine.source import source_tensor
from studio.engine.study import Studies
from studio.engine.upscale import Upscaler
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import Pixels, encode_png

Emit = Callable[[Event], None]
KEPT_MODELS = 2
KEPT_SHARE = 0.3  # of the device's memory may be held by models that are kept for the next job
POLL_SECONDS = 0.004  # a network has hundreds of blocks, and asking may cost a system call


def create(options: WorkerOptions) -> "StudioEngine":
    """An engine for this machine. Raises StudioError (ENVIRONMENT) when the wanted device is not there."""
    return StudioEngine(plan_for(options))


class StudioEngine:
    """Turns recipes into pictures; one job at a time, in one thread."""

    def __init__(self, plan: DevicePlan) -> None:
        self.plan = plan
        self._models: OrderedDict[str, LoadedModel] = OrderedDict()
        self._upscaler: Upscaler | None = None
        self._studies = Studies()
        apply_threads(plan)

    def describe(self) -> Ready:
        """The device and the versions in use."""
        plan = self.plan
        versions = libraries.versions() | upscale.versions()
        return Ready(plan.device, plan.name, plan.dtype_name, plan.threads, plan.memory, versions)

    def run(self, command: Run, emit: Emit, poll: Poll) -> Finished:
        """Carry out one job; see `studio.worker.engine.Engine.run`."""
        hint = "Choose a smaller picture, close other programs, or restart the worker."
        with out_of_memory("make this picture", hint), libraries.quiet():
            if isinstance(command.task, Study):
                return self._studies.run(command, command.task, emit, poll, self._model)
            if isinstance(command.task, Training):
                return self._train(command, command.task, emit, poll)
            if isinstance(command.task, Upscaling):
                return enlarge(command, command.task, self._loaded_upscaler, emit, poll)
            return _Job(command, emit, poll, self._model, self._loaded_upscaler).run()

    def free(self) -> None:
        """Drop loaded models and caches."""
        self._models.clear()
        self._studies.forget()
        self._upscaler = None
        gc.collect()
        if self.plan.device.startswith("cuda"):
            torch.cuda.empty_cache()

    def _model(self, path: Path, poll: Poll, report: Callable[[int, int], None]) -> LoadedModel:
        """The model at `path`, loaded now or kept from an earlier job."""
        family, digest = identify(path, poll)
        key = f"{path.resolve()} {digest}"
        if key not in self._models:
            self._make_room()
            self._models[key] = open_model(path, family, digest, self.plan, poll, report)
        self._models.move_to_end(key)
        return self._models[key]

    def _train(self, command: Run, training: Training, emit: Emit, poll: Poll) -> Finished:
        from studio.engine.train.job import TrainingJob  # only who trains pays for peft and the rest: a second

        return TrainingJob(command, training, emit, poll, self._model, self.plan).run()

    def _loaded_upscaler(self) -> Upscaler:
        """The upscaler, loaded when it is first needed."""
        if self._upscaler is None:
            self._upscaler = upscale.load_upscaler(self.plan, upscale.shipped_upscaler())
        return self._upscaler

    def _make_room(self) -> None:
        def is_too_much() -> bool:
            held = sum(model.bytes for model in self._models.values())
            return len(self._models) >= KEPT_MODELS or held > KEPT_SHARE * self.plan.memory

        while self._models and is_too_much():
            self._models.popitem(last=False)
            gc.collect()


class _Job:
    """One job on its way through the phases."""

    def __init__(
        self,
        command: Run,
        emit: Emit,
        poll: Poll,
        load: Callable[[Path, Poll, Callable[[int, int], None]], LoadedModel],
        load_upscaler: Callable[[], Upscaler],
    ) -> None:
        self.command, self.recipe = command, command.recipe
        self.emit, self.poll, self.load, self.load_upscaler = emit, poll, load, load_upscaler
        self.clock = PhaseClock()
        self.polled = 0.0

    def run(self) -> Finished:
        self.poll()
        with self.clock.phase(Phase.LOAD):
            model = self._loaded()
        with interruptible(model.networks(), self._poll_now_and_then):
            with self.clock.phase(Phase.LOAD):
                self._fit_preview(model)
            with self.clock.phase(Phase.ENCODE):
                conditioning, source, hole = self._encoded(model)
            for index in range(self.recipe.batch):
                self._make(model, conditioning, source, hole, index)
        return Finished(self.command.job_id, self.clock.cost())

    # ---------------------------------------------------------------------------------------------- phases

    def _loaded(self) -> LoadedModel:
        self._progress(Phase.LOAD, 0, 0)
        model = self.load(
            Path(self.command.model_path), self.poll, lambda done, total: self._progress(Phase.LOAD, done, total)
        )
        adapters = adapters_of(self.recipe, self.command.lora_paths, model.family, self.poll)
        self.emit(Loaded(self.command.job_id, model.digest, tuple(adapter.digest for adapter in adapters)))
        require_valid(self.recipe, max(FAMILIES[model.family].size_multiple, model.vae_scale))
        model.require_places(self.recipe.size)
        require_fitting(SAMPLERS[self.recipe.sampling.sampler], model.schedule)
        fit(model, adapters, self.poll)
        if self.recipe.upscale != 1:
            self.load_upscaler()  # what is wrong with it shows before the work
        return model

    def _fit_preview(self, model: LoadedModel) -> None:
        if self.command.previews and model.preview is None:
            model.preview = preview.fit(model.vae, model.vae_scale)

    def _encoded(self, model: LoadedModel) -> tuple[Conditioning, torch.Tensor | None, Hole | None]:
        self._progress(Phase.ENCODE, 0, 0)
        source, inpaint = self.recipe.source, self.recipe.inpaint
        picture = None if source is None else source_tensor(source, self.recipe.size)
        hole = None if inpaint is None else open_hole(model, inpaint, self.recipe.size)
        guided = self.recipe.sampling.guidance > 1
        found = model.conditioner.encode(self.recipe.prompt, self.recipe.negative, guided, self._log)
        return found, picture, hole

    def _make(
        self,
        model: LoadedModel,
        conditioning: Conditioning,
        source: torch.Tensor | None,
        hole: Hole | None,
        index: int,
    ) -> None:
        """One picture at a time: in a batch its bytes would depend on the number of its neighbours."""
        recipe = self.recipe.for_picture(index)
        generator = torch.Generator("cpu").manual_seed(recipe.seed)
        with self.clock.phase(Phase.ENCODE):
            start = None if source is None else encode_source(model, source, generator)
        with self.clock.phase(Phase.DENOISE):
            job = Denoising(recipe, conditioning, generator, start, hole)
            latents = denoise(model, job, lambda pipe, scheduler: self._watcher(model, pipe, scheduler, index))
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

    def _upscaled(self, pixels: Pixels) -> Pixels:
        """The picture enlarged as the recipe asks; a cancel takes effect between tiles and the network's blocks."""

        def on_tile(done: int, total: int) -> None:
            self._progress(Phase.UPSCALE, done, total)
            self.poll()

        upscaler = self.load_upscaler()
        with interruptible((upscaler.network,), self._poll_now_and_then):
            return upscale.upscale(upscaler, pixels, self.recipe.upscale, on_tile)

    # ---------------------------------------------------------------------------------------------- steps

    def _watcher(self, model: LoadedModel, pipe: Any, scheduler: Any, index: int) -> OnStep:
        """Progress over the whole batch, a preview, and a chance to stop, after each step of picture `index`."""
        guess = CleanGuess(scheduler, model.schedule)
        done = 0

        def on_step(prediction: torch.Tensor, timestep: Any, sample: torch.Tensor) -> None:
            nonlocal done
            done += 1
            total = int(pipe.num_timesteps)
            self._progress(Phase.DENOISE, index * total + done, self.recipe.batch * total)
            if self.command.previews and model.preview is not None:
                self._preview(model.preview(guess(prediction, timestep, sample)), index, done)
            self.poll()

        return on_step

    def _preview(self, picture: preview.PreviewPicture, index: int, step: int) -> None:
        self.emit(Preview(self.command.job_id, index, step, picture.width, picture.height, picture.rgb))

    def _progress(self, phase: Phase, step: int, total: int) -> None:
        self.emit(Progress(self.command.job_id, phase, step, total))

    def _log(self, message: str) -> None:
        self.emit(Log(self.command.job_id, message))

    def _poll_now_and_then(self) -> None:
        now = time.monotonic()
        if now - self.polled >= POLL_SECONDS:
            self.polled = now
            self.poll()
