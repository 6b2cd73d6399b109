"""A pipeline asked for one prediction, or begun in the middle of its way from noise to picture.

Both go through the model's own diffusers pipeline, so that what the network is given besides latents (sizes, pooled
embeddings, packed shapes) is what it is given in an ordinary job.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from studio.domain.geometry import Size
from studio.domain.recipe import Recipe
from studio.domain.samplers import SAMPLERS
from studio.engine.conditioning import Conditioning
from studio.engine.hook import OnStep, watched_steps
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel
from studio.engine.pictures import Denoising
from studio.engine.sampling import build_scheduler, draw_from, override

_ANY = SAMPLERS["dpmpp-2m"]  # serves every family, and gives latents to the network as they are


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path begins: at entry `begin` of its timesteps, with `clean` noised by `noise`, both (1, C, h, w)."""

    begin: int
    clean: torch.Tensor
    noise: torch.Tensor


def predict(
    model: LoadedModel, sample: torch.Tensor, timestep: float, conditioning: Conditioning, size: Size
) -> torch.Tensor:
    """What the network answers to `sample` (1, C, h, w) at its own time `timestep`; float32 on the CPU."""
    scheduler = build_scheduler(_ANY, model.schedule, 10, 0)
    kind, kept = type(scheduler), list[torch.Tensor]()

    @functools.wraps(kind.set_timesteps)
    def set_timesteps(self: Any, *_args: Any, device: Any = None, **_options: Any) -> None:
        whole = float(timestep).is_integer()
        self.timesteps = torch.tensor([timestep], dtype=torch.int64 if whole else torch.float32, device=device)
        self.num_inference_steps = 1

    @functools.wraps(kind.step)
    def step(_self: Any, model_output: torch.Tensor, _timestep: Any, latents: torch.Tensor, **_options: Any) -> Any:
        kept.append(model_output)
        return (latents,)

    override(scheduler, set_timesteps=set_timesteps, step=step)
    model.text_to_image.scheduler = scheduler
    _run(model, conditioning, sample, size, num_inference_steps=1, guidance_scale=1.0)
    return kept[0].float().cpu()


def start_of(model: LoadedModel, recipe: Recipe, timestep: float) -> int | None:
    """The entry of the sampler's timesteps that is next at or below `timestep`; None where all lie above it."""
    scheduler = build_scheduler(SAMPLERS[recipe.sampling.sampler], model.schedule, recipe.sampling.steps, recipe.seed)
    scheduler.set_timesteps(recipe.sampling.steps)
    times = [float(time) for time in scheduler.timesteps]
    return next((i for i in range(0, len(times), scheduler.order) if times[i] <= timestep + 0.5), None)


def denoise_from(model: LoadedModel, job: Denoising, place: Place, watch: Callable[[Any, Any], OnStep]) -> torch.Tensor:
    """Clean latents as `denoise` gives them, with the steps before `place` left out, as image-to-image does it.

    SDEdit, Meng et al. 2021. `job.generator` must stand where the starting noise was drawn from it.
    """
    recipe, sampling = job.recipe, job.recipe.sampling
    network = model.denoiser
    scheduler = build_scheduler(SAMPLERS[sampling.sampler], model.schedule, sampling.steps, recipe.seed)
    draw_from(scheduler, job.generator)
    scheduler.set_timesteps(sampling.steps, device=network.device)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(place.begin)
    clean, noise = (part.to(network.device, network.dtype) for part in (place.clean, place.noise))
    start = scheduler.add_noise(clean, noise, scheduler.timesteps[place.begin : place.begin + 1])
    on_step = watch(model.text_to_image, scheduler)
    _begin_at(scheduler, place.begin)
    model.text_to_image.scheduler = scheduler
    with watched_steps(scheduler, on_step):
        return _run(
            model,
            job.conditioning,
            start,
            recipe.size,
            num_inference_steps=sampling.steps,
            guidance_scale=sampling.guidance,
            generator=job.generator,
            **({} if model.schedule.is_flow else {"eta": SAMPLERS[sampling.sampler].eta}),
        )


def _begin_at(scheduler: Any, begin: int) -> None:
    """Hand out the timesteps from `begin` on, and take starting latents as they are given.

    Only the pipeline, which reads the timesteps once they are set, may see fewer of them: solvers tell by their number
    which step is the last.
    """
    kind = type(scheduler)
    fresh = False

    @functools.wraps(kind.set_timesteps)
    def set_timesteps(self: Any, *args: Any, **options: Any) -> None:
        nonlocal fresh
        kind.set_timesteps(self, *args, **options)
        if hasattr(kind, "set_begin_index"):
            kind.set_begin_index(self, begin)
        fresh = True

    def set_begin_index(self: Any, _begin_index: int = 0) -> None:
        kind.set_begin_index(self, begin)

    def read(self: Any) -> torch.Tensor:
        nonlocal fresh
        times: torch.Tensor = vars(self)["timesteps"]
        first, fresh = fresh, False
        return times[begin:] if first else times

    def write(self: Any, times: torch.Tensor) -> None:
        vars(self)["timesteps"] = times

    members = {"set_timesteps": set_timesteps, "timesteps": property(read, write), "init_noise_sigma": 1.0}
    if hasattr(kind, "set_begin_index"):
        members["set_begin_index"] = set_begin_index
    override(scheduler, **members)


def _run(
    model: LoadedModel, conditioning: Conditioning, latents: torch.Tensor, size: Size, **options: Any
) -> torch.Tensor:
    network = model.denoiser
    found: torch.Tensor = model.text_to_image(
        **conditioning.arguments(),
        latents=latents.to(network.device, network.dtype),
        width=size.width,
        height=size.height,
        output_type="latent",
        return_dict=False,
        **options,
    )[0]
    return found
