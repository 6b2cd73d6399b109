"""What a denoiser learns from one batch, and how well it does on pictures it never saw."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from studio.domain.catalog import Family
from studio.domain.training import ObjectiveName, Training
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel
from studio.engine.train import objectives
from studio.engine.train.bound import bits_per_dim
from studio.engine.train.calls import Captions, Reader, predict
from studio.engine.train.data import Example, Order
from studio.engine.train.objectives import Objective

VALIDATION_BATCH = 16
BOUND_EVALUATIONS = 8

Autocast = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Networks:
    """The denoiser that learns and what it needs of its model: family, device, pixels along a latent, number format."""

    family: Family
    denoiser: Any
    device: str
    scale: int
    dtype: torch.dtype
    autocast: Autocast

    def predict(self, sample: torch.Tensor, timestep: torch.Tensor, captions: Captions) -> torch.Tensor:
        """The denoiser's output in float32, in the machine's own memory as the losses are."""
        with self.autocast():
            given = sample.to(self.device, self.dtype)
            return (
                predict(self.family, self.denoiser, given, timestep.to(self.device), captions, self.scale).float().cpu()
            )


@dataclass(frozen=True, slots=True)
class Batch:
    """Clean latents (B, C, h, w) and captions, with the noise and the uniform times u (B,) that belong to them."""

    clean: torch.Tensor
    captions: list[str]
    noise: torch.Tensor
    u: torch.Tensor


class Lessons:
    """Batches by number: which pictures, which of their captions and views, which noise; all decided by the seed."""

    def __init__(self, examples: Sequence[Example], training: Training) -> None:
        self._examples, self._training = examples, training
        self._order = Order([tuple(one.latents.shape[1:]) for one in examples], training.batch, training.seed)

    def batch(self, step: int, micro: int) -> Batch:
        """The batch of micro step `micro` of optimiser step `step`."""
        training = self._training
        chosen = [self._examples[i] for i in self._order.batch(step * training.accumulate + micro)]
        generator = generator_for(training.seed, step, micro)
        choices = torch.rand((len(chosen), 3), generator=generator).tolist()
        clean = torch.stack(
            [one.latents[int(view * len(one.latents))] for one, (view, _, _) in zip(chosen, choices, strict=True)]
        ).float()
        captions = [
            "" if drop < training.caption_dropout else one.captions[int(caption * len(one.captions))]
            for one, (_, caption, drop) in zip(chosen, choices, strict=True)
        ]
        noise = torch.randn(clean.shape, generator=generator)
        u = torch.rand(len(chosen), generator=generator)
        return Batch(clean, captions, noise, u)


def generator_for(seed: int, *place: int | str) -> torch.Generator:
    """A generator for one place of a run; the same place has the same numbers however often the run is taken up."""
    digest = hashlib.sha256(repr((seed, *place)).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))


def objective_for(training: Training, model: LoadedModel) -> Objective:
    """The run's objective on the model's schedule."""
    return objectives.build(training.objective, model.schedule.settings, training.weighting)


def loss_of(networks: Networks, objective: Objective, reader: Reader, batch: Batch) -> torch.Tensor:
    """The mean loss of a batch."""
    noised = objective.noised(batch.clean, batch.noise, batch.u)
    prediction = networks.predict(noised.sample, noised.timestep, reader(batch.captions))
    return objective.loss(prediction, noised).mean()


@torch.no_grad()
def validation_loss(networks: Networks, objective: Objective, reader: Reader, examples: Sequence[Example]) -> float:
    """The mean loss on held-out pictures, with times spread evenly and noise that is always the same."""
    losses = []
    for index, example in enumerate(examples):
        clean = example.latents[:1].float()
        noise = torch.randn(clean.shape, generator=generator_for(0, index))
        u = torch.tensor([(index % VALIDATION_BATCH + 0.5) / VALIDATION_BATCH])
        batch = Batch(clean, [example.captions[0]], noise, u)
        losses.append(float(loss_of(networks, objective, reader, batch)))
    return sum(losses) / len(losses)


@torch.no_grad()
def bits(
    networks: Networks, model: LoadedModel, objective: Objective, reader: Reader, examples: Sequence[Example]
) -> float | None:
    """The variational bound on held-out latents in bits per dimension (Ho et al. 2020), estimated at a few timesteps;
    None for objectives that are no discrete chain."""
    if objective.name not in (ObjectiveName.EPSILON, ObjectiveName.V):
        return None
    prediction = {"epsilon": "epsilon", "v": "v_prediction"}[objective.name]
    schedule = {**model.schedule.settings, "prediction_type": prediction}
    totals = []
    for index, example in enumerate(examples[:VALIDATION_BATCH]):
        captions = reader([example.captions[0]])

        def guess(sample: torch.Tensor, timestep: torch.Tensor, captions: Captions = captions) -> torch.Tensor:
            return networks.predict(sample, timestep, captions)

        clean = example.latents[:1].float()
        bound = bits_per_dim(guess, clean, schedule, generator_for(1, index), evaluations=BOUND_EVALUATIONS)
        totals.append(float(bound.total))
    return sum(totals) / len(totals)
