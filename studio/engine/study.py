"""The forward and the reverse process, looked at: q(x_t | x_0), the clean guess, the score, and the way back.

x_t = α·x0 + σ·ε is made by the objective the schedule belongs to (`studio.engine.train.objectives`). A model is asked
only on its own schedule: for another one at the time at which its own has the same noise-to-signal ratio σ/α, for x_t/α
is the same there. Its score follows from E[ε | x_t] by Tweedie's formula (Efron 2011), ∇ log p(x_t) = -E[ε | x_t]/σ.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from studio.domain.catalog import FAMILIES
from studio.domain.geometry import Size
from studio.domain.messages import Event, Finished, PathStep, Phase, Progress, Run, Studied
from studio.domain.recipe import Recipe, SourceImage
from studio.domain.samplers import SAMPLERS
from studio.domain.study import PATH_SHOWN, Frame, HeatMap, Study, require_valid_study
from studio.domain.training import ObjectiveName
from studio.engine import preview
from studio.engine.adapters import fit
from studio.engine.clock import PhaseClock
from studio.engine.conditioning import Conditioning
from studio.engine.hook import OnStep, interruptible
from studio.engine.latents import to_denoiser
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel, Poll
from studio.engine.noise import initial_noise
from studio.engine.pictures import Denoising, decode, denoise
from studio.engine.polling import NowAndThen
from studio.engine.reverse import Place, denoise_from, predict, start_of
from studio.engine.sampling import CleanGuess, require_fitting
from studio.engine.source import source_tensor
from studio.engine.train.objectives import Noised, Objective, build
from studio.imaging.pixels import Pixels

Emit = Callable[[Event], None]
Key = tuple[object, ...]
Remember = Callable[[Key, Callable[[], Any]], Any]
Load = Callable[[Path, Poll, Callable[[int, int], None]], LoadedModel]
KEPT = 8  # x0s, and what they look like
SIDE, STRIP_SIDE = 512, 160  # pixels of what is sent
_BISECTIONS = 48


class Studies:
    """Carries out studies, and remembers the last x0s, so that a moving slider encodes nothing twice."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, Any] = OrderedDict()

    def run(self, command: Run, study: Study, emit: Emit, poll: Poll, load: Load) -> Finished:
        """Emit `Studied`, then one `PathStep` for each picture of the reverse path. Raises StudioError."""
        return _Look(command, study, emit, poll, self.remembered).run(load)

    def remembered(self, key: Key, make: Callable[[], Any]) -> Any:
        """What `make` once gave for `key`."""
        if key not in self._kept:
            self._kept[key] = make()
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def forget(self) -> None:
        """Drop what is remembered."""
        self._kept.clear()


@dataclass(frozen=True, slots=True)
class Forward:
    """A place on the chosen schedule, and the place on the model's own where it is asked."""

    alpha: float
    sigma: float
    log_snr: float
    own_t: float
    own: Noised


class Forwards:
    """x_t of one x0 (1, C, h, w) and one ε on the schedule of `name`, for a model with these scheduler settings."""

    def __init__(self, name: ObjectiveName, settings: Any, clean: torch.Tensor, noise: torch.Tensor) -> None:
        self.own = build(ObjectiveName.AUTO, settings)
        chosen = build(name, settings)
        self.chosen = self.own if _same_process(chosen, self.own) else chosen
        self._clean, self._noise = clean, noise

    def at(self, t: float) -> Forward:
        """Noised to the time `t` in [0, 1] of the chosen schedule; 0 is the data itself."""
        if t == 0:
            return Forward(1.0, 0.0, float("inf"), 0.0, self.own.at(self._clean, self._noise, torch.zeros(1)))
        noised = self.noised(self.chosen, t)
        log_snr = float(self.chosen.log_snr(torch.tensor([t])))
        alpha, sigma = float(noised.alpha), float(noised.sigma)
        if self.chosen is self.own:
            return Forward(alpha, sigma, log_snr, t, noised)
        own_t = equal_snr(self.own, log_snr)
        return Forward(alpha, sigma, log_snr, own_t, self.noised(self.own, own_t))

    def noised(self, objective: Objective, t: float) -> Noised:
        """x_t at a time of one of the two schedules."""
        return objective.at(self._clean, self._noise, torch.tensor([t]))


def _same_process(first: Objective, second: Objective) -> bool:
    """Are these two ways to read one process? ε and v share their chain."""
    return first.name == second.name or {first.name, second.name} <= {"epsilon", "v"}


def equal_snr(objective: Objective, log_snr: float) -> float:
    """The time in [0, 1] at which a schedule, whose log-SNR falls with time, has this one; else its nearer end."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if float(objective.log_snr(torch.tensor([middle]))) > log_snr:
            low = middle
        else:
            high = middle
    return high


class _Look:
    """One study on its way."""

    def __init__(
        self,
        command: Run,
        study: Study,
        emit: Emit,
        poll: Poll,
        remembered: Remember,
    ) -> None:
        self.command, self.study, self.emit, self.poll, self.remembered = command, study, emit, poll, remembered
        self.clock = PhaseClock()
        self.steps = 0  # of the reverse path

    def run(self, load: Load) -> Finished:
        self.poll()
        with self.clock.phase(Phase.LOAD):
            model = self._loaded(load)
        with interruptible(model.networks(), NowAndThen(self.poll)):
            with self.clock.phase(Phase.ENCODE):
                key, clean = self._clean(model)
                noise = torch.randn(clean.shape, generator=torch.Generator("cpu").manual_seed(self.study.seed))
                forwards = Forwards(self.study.objective, model.schedule.settings, clean, noise)
                forward = forwards.at(self.study.t)
            with self.clock.phase(Phase.DENOISE):
                shown = self.remembered(("shown", *key), lambda: to_frame(decode(model, placed(model, clean)), SIDE))
                self.emit(self._studied(model, forwards, forward, clean, shown))
            if self.study.steps and self.study.t > 0:
                with self.clock.phase(Phase.DECODE):
                    self._walk_back(model, forward, clean, noise)
        return Finished(self.command.job_id, self.clock.cost())

    # ---------------------------------------------------------------------------------------------- x0

    def _loaded(self, load: Load) -> LoadedModel:
        report = self._reporter(Phase.LOAD)
        model = load(Path(self.command.model_path), self.poll, report)
        require_valid_study(self.study, max(FAMILIES[model.family].size_multiple, model.vae_scale))
        model.require_places(self.study.size)
        require_fitting(SAMPLERS[self.study.sampler], model.schedule)
        fit(model, (), self.poll)  # what is studied is the bare model
        return model

    def _clean(self, model: LoadedModel) -> tuple[Key, torch.Tensor]:
        """What x0 is remembered by, and x0, the picture's or a sample's: latents (1, C, h, w), float32 on the CPU."""
        study = self.study
        if not study.picture:
            recipe = study.sample_recipe(FAMILIES[model.family].sampling)
            return (model.digest, recipe), self.remembered((model.digest, recipe), lambda: self._sample(model, recipe))
        key: Key = (model.digest, study.size, study.picture, *_stamp(Path(study.picture)))
        source = SourceImage(study.picture)
        return key, self.remembered(key, lambda: encode_clean(model, source_tensor(source, study.size)))

    def _sample(self, model: LoadedModel, recipe: Recipe) -> torch.Tensor:
        report = self._reporter(Phase.ENCODE)
        done = 0

        def watch(pipe: Any, _scheduler: Any) -> OnStep:
            def on_step(*_: Any) -> None:
                nonlocal done
                done += 1
                report(done, int(pipe.num_timesteps))

            return on_step

        generator = torch.Generator("cpu").manual_seed(recipe.seed)
        job = Denoising(recipe, self._conditioning(model, recipe.sampling.guidance), generator)
        return denoise(model, job, watch).float().cpu()

    def _conditioning(self, model: LoadedModel, guidance: float) -> Conditioning:
        return model.conditioner.encode(self.study.prompt, "", guidance > 1, lambda _: None)

    # ---------------------------------------------------------------------------------------------- forward

    def _studied(
        self, model: LoadedModel, forwards: Forwards, forward: Forward, clean: torch.Tensor, shown: Frame
    ) -> Studied:
        study = self.study
        if study.t == 0:
            return Studied(self.command.job_id, 0.0, 0.0, forward.log_snr, 1.0, 0.0, shown, shown, shown, 0.0)
        own = forward.own
        conditioning = self._conditioning(model, 1.0)  # unguided: what the model itself takes for E[x0 | x_t]
        prediction = predict(model, own.sample, float(own.timestep), conditioning, study.size)
        guess = forwards.own.clean_guess(prediction, own)
        score = forwards.own.score(prediction, own) * (float(own.sigma) / forward.sigma)
        return Studied(
            self.command.job_id,
            study.t,
            forward.own_t,
            forward.log_snr,
            forward.alpha,
            forward.sigma,
            shown,
            to_frame(decode(model, placed(model, own.x_t)), SIDE),
            to_frame(decode(model, placed(model, guess)), SIDE),
            rms(guess - clean),
            heat_map(score),
            rms(score),
        )

    # ---------------------------------------------------------------------------------------------- reverse

    def _walk_back(self, model: LoadedModel, forward: Forward, clean: torch.Tensor, noise: torch.Tensor) -> None:
        """Send `PATH_SHOWN` pictures of the path at most, its start and its end among them."""
        study = self.study
        generator = torch.Generator("cpu").manual_seed(study.seed)
        drawn = initial_noise(tuple(noise.shape), None, generator)  # leaves the generator as an ordinary job has it
        conditioning = self._conditioning(model, study.guidance)
        if study.t == 1:  # samplers begin from noise alone
            job = Denoising(study.recipe, conditioning, torch.Generator("cpu").manual_seed(study.seed))
            last = denoise(model, job, lambda pipe, scheduler: self._walker(model, pipe, scheduler))
        else:
            start = start_of(model, study.recipe, float(forward.own.timestep))
            if start is None:
                return
            job = Denoising(study.recipe, conditioning, generator)
            place = Place(start, clean, drawn)
            last = denoise_from(model, job, place, lambda pipe, scheduler: self._walker(model, pipe, scheduler))
        self._arrived(model, last)

    def _walker(self, model: LoadedModel, pipe: Any, scheduler: Any) -> OnStep:
        """Shows where the path is before each step."""
        scale = CleanGuess(scheduler, model.schedule)
        done = 0

        def on_step(_prediction: torch.Tensor, timestep: Any, sample: torch.Tensor) -> None:
            nonlocal done
            self.steps = int(pipe.num_timesteps)
            if done in shown_steps(self.steps):
                t = (float(timestep) + (0 if model.schedule.is_flow else 1)) / model.schedule.train_steps
                picture = self._in_strip(model, scale.at_data_scale(sample, timestep))
                self.emit(PathStep(self.command.job_id, done, self.steps, min(1.0, t), picture))
            done += 1
            self.poll()

        return on_step

    def _arrived(self, model: LoadedModel, latents: torch.Tensor) -> None:
        picture = to_frame(decode(model, latents), SIDE)
        self.emit(PathStep(self.command.job_id, self.steps, self.steps, 0.0, picture))

    def _in_strip(self, model: LoadedModel, latents: torch.Tensor) -> Frame:
        """By the autoencoder where it is a quick one, else by the linear map that previews are drawn with."""
        if hasattr(model.vae.config, "latent_magnitude"):
            return to_frame(decode(model, latents), STRIP_SIDE)
        if model.preview is None:
            model.preview = preview.fit(model.vae, model.vae_scale)
        seen = model.preview(latents)
        return Frame(seen.width, seen.height, seen.rgb)

    # ---------------------------------------------------------------------------------------------- small things

    def _reporter(self, phase: Phase) -> Callable[[int, int], None]:
        def report(done: int, total: int) -> None:
            self.emit(Progress(self.command.job_id, phase, done, total))
            self.poll()

        return report


@torch.no_grad()
def encode_clean(model: LoadedModel, picture: torch.Tensor) -> torch.Tensor:
    """The latents of `picture` (1, 3, H, W) in 0 to 1 on the denoiser's scale, float32 on the CPU.

    The mode of the autoencoder's posterior, so that the same picture always gives the same x0.
    """
    vae = model.vae
    encoded = vae.encode((picture * 2 - 1).to(vae.device, vae.dtype))
    latents = encoded.latents if hasattr(encoded, "latents") else encoded.latent_dist.mode()
    return to_denoiser(vae, latents.float().cpu())


def placed(model: LoadedModel, latents: torch.Tensor) -> torch.Tensor:
    """Latents on the model's device."""
    return latents.to(model.denoiser.device)


def _stamp(path: Path) -> Key:
    """Another one when the file was changed."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return ()
    return found.st_mtime_ns, found.st_size


def shown_steps(total: int) -> Sequence[int]:
    """Which of the places before `total` steps are shown, evenly spaced from the first on."""
    count = min(total, PATH_SHOWN - 1)
    return sorted({round(i * total / count) for i in range(count)})


def heat_map(score: torch.Tensor) -> HeatMap:
    """The length of a field (1, C, h, w) at each of its h × w places."""
    lengths = score[0].square().sum(0).sqrt().cpu()
    low, high = float(lengths.min()), float(lengths.max())
    levels = ((lengths - low) / max(high - low, 1e-12) * 255).round().to(torch.uint8)
    return HeatMap(lengths.shape[1], lengths.shape[0], levels.contiguous().numpy().tobytes(), low, high)


def rms(field: torch.Tensor) -> float:
    """The root mean square of all numbers."""
    return float(field.double().square().mean().sqrt())


def to_frame(pixels: Pixels, limit: int) -> Frame:
    """A picture no larger than `limit` a side."""
    height, width = pixels.shape[:2]
    size = Size(width, height).fitted_into(Size(limit, limit))
    if (size.width, size.height) != (width, height):
        image = Image.fromarray(pixels).resize((size.width, size.height), Image.Resampling.LANCZOS)
        pixels = np.asarray(image)
    return Frame(size.width, size.height, np.ascontiguousarray(pixels).tobytes())
