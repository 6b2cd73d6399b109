"""What is trained: a LoRA, a LoRA for few steps, a denoiser, an autoencoder, each with its loss and its result."""

import contextlib
import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from studio.domain.catalog import FAMILIES, Family
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.recipe import Sampling
from studio.domain.training import Precision, Training, TrainingKind, keeps_base
from studio.engine.device import DevicePlan
from studio.engine.libraries import diffusers, torch
from studio.engine.models import LoadedModel, Poll
from studio.engine.train import lora, sheets
from studio.engine.train.calls import Reader
from studio.engine.train.data import Example
from studio.engine.train.denoising import (
    Lessons,
    Networks,
    bits,
    loss_of,
    objective_for,
    validation_loss,
)
from studio.engine.train.folders import write_model
from studio.engine.train.networks import new_denoiser
from studio.engine.train.prior import Prior
from studio.imaging.pixels import Pixels


class Course(Protocol):
    """One kind of training, set up."""

    parameters: dict[str, torch.nn.Parameter]
    network: torch.nn.Module

    def loss(self, step: int, micro: int) -> torch.Tensor:
        """The loss of one batch, with its graph."""

    def validate(self) -> tuple[float, float | None]:
        """The loss on held-out pictures, and the bound in bits per dimension where there is one."""

    def sheet(self, poll: Poll) -> Pixels:
        """The sample prompts as drawn now."""

    def write(self, output: Path, step: int) -> None:
        """Write the result. Raises StudioError (DISK)."""

    def close(self) -> None:
        """Leave the loaded model as it was found."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What every course is given: the run, the base model, its examples and those that are held out."""

    training: Training
    model: LoadedModel
    examples: Sequence[Example]
    held_out: Sequence[Example]
    plan: DevicePlan
    poll: Poll

    def autocast(self) -> Callable[[], AbstractContextManager[Any]]:
        """Half precision inside the networks, where it is wanted and the device has it."""
        wanted = self.training.precision
        half = wanted is Precision.BF16 or (wanted is Precision.AUTO and self.plan.dtype is torch.bfloat16)
        kind = self.plan.device.partition(":")[0]
        return lambda: torch.autocast(kind, torch.bfloat16, enabled=half and kind != "mps")


class DenoisingCourse:
    """What all trainings of a denoiser share: the loss of the objective on the pictures, and how it is validated."""

    def __init__(self, setting: Setting, network: Any) -> None:
        self._setting, self._model = setting, setting.model
        self.network = network
        self._networks = networks_of(setting, network)
        self._objective = objective_for(setting.training, setting.model)
        self.reader = Reader(setting.model)
        self._lessons = Lessons(setting.examples, setting.training)

    def loss(self, step: int, micro: int) -> torch.Tensor:
        """The objective's loss."""
        return loss_of(self._networks, self._objective, self.reader, self._lessons.batch(step, micro))

    def validate(self) -> tuple[float, float | None]:
        """See `Course`."""
        held = self._setting.held_out
        found = validation_loss(self._networks, self._objective, self.reader, held)
        return found, bits(self._networks, self._model, self._objective, self.reader, held)


class LoraCourse(DenoisingCourse):
    """Low-rank matrices learn the pictures while a second term keeps what the base draws without the trigger."""

    def __init__(self, setting: Setting) -> None:
        model, training, denoiser = setting.model, setting.training, setting.model.denoiser
        super().__init__(setting, denoiser)
        self.parameters = lora.inject(model, training)
        self._usual = _plain_attention(denoiser, setting.plan)
        self._checkpointing = training.gradient_checkpointing
        if self._checkpointing:
            denoiser.train()
            denoiser.enable_gradient_checkpointing()
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            self._prior = Prior(model, training, setting.examples, setting.poll) if keeps_base(training) else None
            undo.pop_all()

    def loss(self, step: int, micro: int) -> torch.Tensor:
        """The objective's loss, and that of the prior."""
        loss = super().loss(step, micro)
        if self._prior is None:
            return loss
        return loss + self._setting.training.prior * self._prior.loss(self._networks, self._objective, step, micro)

    def sheet(self, poll: Poll) -> Pixels:
        """See `Course`."""
        return sheets.draw(self._model, self._setting.training, sheets.sampling_for(self._model), poll)

    def write(self, output: Path, step: int) -> None:
        """See `Course`."""
        lora.write(output, self._model, self._setting.training, step)

    def close(self) -> None:
        """See `Course`."""
        denoiser = self._model.denoiser
        lora.remove(self._model)
        if self._checkpointing:
            denoiser.disable_gradient_checkpointing()
        denoiser.eval()
        denoiser.set_attn_processor(self._usual)


class FewStepsCourse(LoraCourse):
    """Learns to go in one step, without guidance, where the base goes in two with guidance.

    Progressive distillation (Salimans & Ho 2022) of a guided flow (Meng et al. 2023): on a grid of `segments` times the
    target is the mean velocity of the base's two Euler steps from one time to the next.
    """

    def __init__(self, setting: Setting) -> None:
        if not setting.model.schedule.is_flow:
            raise StudioError(
                ErrorKind.INPUT, "Only flow models can be taught to need few steps here.", "Choose the starter.", "base"
            )
        super().__init__(setting)
        self._empty = self.reader([""])

    def loss(self, step: int, micro: int) -> torch.Tensor:
        """The squared distance to the base's mean velocity."""
        batch, training = self._lessons.batch(step, micro), self._setting.training
        shift = float(self._model.schedule.settings.get("flow_shift", 1.0))
        grid = torch.linspace(1, 0, training.segments + 1)
        grid = shift * grid / (1 + (shift - 1) * grid)
        place = (batch.u * training.segments).long().clamp(max=training.segments - 1)
        start, end = grid[place], grid[place + 1]
        sample = _between(batch.clean, batch.noise, start)
        captions = self.reader(batch.captions)
        with torch.no_grad(), lora.bare(self._model):
            middle = (start + end) / 2
            half = sample + _along(middle - start, sample) * self._guided(sample, start, captions)
            final = half + _along(end - middle, sample) * self._guided(half, middle, captions)
        wanted = (final - sample) / _along(end - start, sample)
        return (self._networks.predict(sample, start * 1000, captions) - wanted).square().mean()

    def sheet(self, poll: Poll) -> Pixels:
        """See `Course`; drawn as it is meant to be used."""
        sampling = Sampling("euler", self._setting.training.segments, 1.0)
        return sheets.draw(self._model, self._setting.training, sampling, poll)

    def _guided(self, sample: torch.Tensor, t: torch.Tensor, captions: Any) -> torch.Tensor:
        """The base's velocity with classifier-free guidance (Ho & Salimans 2022)."""
        empty = replace(self._empty, states=self._empty.states.expand_as(captions.states))
        with_text = self._networks.predict(sample, t * 1000, captions)
        without = self._networks.predict(sample, t * 1000, empty)
        return without + self._setting.training.guidance * (with_text - without)


class DenoiserCourse(DenoisingCourse):
    """All weights of a denoiser of the starter family, from scratch or going on from a base."""

    def __init__(self, setting: Setting) -> None:
        training, base = setting.training, setting.model.denoiser
        network = new_denoiser(base, training.seed) if training.scratch else copy.deepcopy(base)
        network = network.float().to(setting.plan.device).train().requires_grad_(True)
        _plain_attention(network, setting.plan)
        if training.gradient_checkpointing:
            network.enable_gradient_checkpointing()
        self.parameters = dict(network.named_parameters())
        super().__init__(setting, network)

    def sheet(self, poll: Poll) -> Pixels:
        """See `Course`."""
        with self._finished() as denoiser, sheets.standing_in(self._model, denoiser):
            return sheets.draw(self._model, self._setting.training, sheets.sampling_for(self._model), poll)

    def write(self, output: Path, step: int) -> None:
        """See `Course`: a model folder beside whose other parts are the base's."""
        with self._finished() as denoiser:
            write_model(output, self._model, {"unet": denoiser}, self._setting.training, step)

    def close(self) -> None:
        """See `Course`; the loaded model was never touched."""

    @contextlib.contextmanager
    def _finished(self) -> Iterator[Any]:
        """The denoiser as it is used: in the model's number format, the usual attention, no graph."""
        copied = copy.deepcopy(self.network).to(self._model.vae.dtype).eval().requires_grad_(False)
        copied.set_attn_processor(diffusers.models.attention_processor.AttnProcessor2_0())
        yield copied


def networks_of(setting: Setting, denoiser: Any) -> Networks:
    """The denoiser with what it needs."""
    model = setting.model
    dtype = next(denoiser.parameters()).dtype
    return Networks(model.family, denoiser, setting.plan.device, model.vae_scale, dtype, setting.autocast())


def course_for(setting: Setting) -> Course:
    """The course of a run on pictures that were encoded."""
    kinds: dict[TrainingKind, Callable[[Setting], Course]] = {
        TrainingKind.LORA: LoraCourse,
        TrainingKind.FEW_STEPS: FewStepsCourse,
        TrainingKind.DENOISER: DenoiserCourse,
    }
    return kinds[setting.training.kind](setting)


def multiple_of(family: Family) -> int:
    """The granularity of picture sizes."""
    return FAMILIES[family].size_multiple


def _plain_attention(denoiser: Any, plan: DevicePlan) -> Any:
    """On a CPU the plain matrix products are faster in the backward pass than the fused ones; the former processors."""
    usual = dict(denoiser.attn_processors)
    plain = diffusers.models.attention_processor.AttnProcessor()
    if plan.device == "cpu" and type(denoiser).__name__ == "UNet2DConditionModel":
        denoiser.set_attn_processor(plain)
    return usual


def _along(values: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return values.reshape(-1, *[1] * (like.ndim - 1))


def _between(clean: torch.Tensor, noise: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    share = _along(t, clean)
    return (1 - share) * clean + share * noise
