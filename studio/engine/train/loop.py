"""The trainer: optimiser steps on named parameters, the same whether or not they were interrupted.

Nothing here draws a random number: what a step does is decided by its index, so that a run that goes on from a
checkpoint repeats the uninterrupted one bit for bit on the same machine.
"""

import functools
import importlib
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.training import Decay, Optimizer, Training
from studio.engine.libraries import torch

LEAST_RATE = 0.02  # of the full learning rate, at the end of a cosine
COOLDOWN = 0.4  # share of the steps in which a rate that was constant falls
BETAS = (0.9, 0.99)
EMA_START = 10.0  # averages begin short: the decay is at most (k + 1) / (k + EMA_START) in step k

Parameters = Mapping[str, torch.nn.Parameter]
Loss = Callable[[int, int], torch.Tensor]


@dataclass(frozen=True, slots=True)
class Step:
    """What an optimiser step did: the mean loss of its pictures, the learning rate, the gradient's norm."""

    index: int
    loss: float
    learning_rate: float
    gradient: float


class Trainer:
    """Minimises `loss(step, micro)`, which builds the graph of one batch, over `parameters` in float32.

    `step` counts the optimiser steps that were made.
    """

    def __init__(self, parameters: Parameters, training: Training, loss: Loss) -> None:
        self.parameters, self.training, self._loss = dict(parameters), training, loss
        self.step = 0
        self._optimizer = _optimizer(list(self.parameters.values()), training)
        self._average = {name: value.detach().clone() for name, value in parameters.items()} if training.ema else {}

    def advance(self) -> Step:
        """Make one optimiser step. Raises StudioError (MODEL) when the loss or its gradient is no number any more;
        the parameters are then as they were before."""
        self._optimizer.zero_grad(set_to_none=True)
        total = 0.0
        for micro in range(self.training.accumulate):
            loss = self._loss(self.step, micro) / self.training.accumulate
            loss.backward()
            total += float(loss.detach())
        gradient = self._clipped()
        if not (math.isfinite(total) and math.isfinite(gradient)):
            raise _diverged(self.step + 1, total)
        rate = learning_rate(self.training, self.step)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.step()
        self.step += 1
        self._follow()
        return Step(self.step, total, rate, gradient)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Inside the block the parameters hold their averages over the last steps, if those are kept."""
        if not self._average:
            yield
            return
        own = {name: value.data for name, value in self.parameters.items()}
        self._put(self._average)
        try:
            yield
        finally:
            self._put(own)

    def state(self) -> dict[str, torch.Tensor]:
        """Everything needed to go on, by name: parameters, the optimiser's moments, averages."""
        found: dict[str, torch.Tensor] = {}
        for name, value in self.parameters.items():
            found[f"parameter:{name}"] = value.detach()
            for moment, tensor in self._optimizer.state.get(value, {}).items():
                found[f"{moment}:{name}"] = torch.as_tensor(tensor)
            if self._average:
                found[f"average:{name}"] = self._average[name]
        return found

    def load(self, state: Mapping[str, torch.Tensor], step: int) -> None:
        """Go on from what `state` gave after `step`. Raises KeyError or RuntimeError when it belongs to other
        parameters."""
        moments: dict[str, dict[str, torch.Tensor]] = {}
        for key, tensor in state.items():
            kind, _, name = key.partition(":")
            if kind == "parameter":
                with torch.no_grad():
                    self.parameters[name].copy_(tensor)
            elif kind == "average":
                self._average[name].copy_(tensor)
            else:
                moments.setdefault(name, {})[kind] = tensor.clone()
        for name, value in self.parameters.items():
            if name in moments:
                self._optimizer.state[value] = moments[name]
        self.step = step

    def _clipped(self) -> float:
        norm = torch.nn.utils.clip_grad_norm_(self.parameters.values(), self.training.clip or math.inf)
        return float(norm)

    @torch.no_grad()
    def _follow(self) -> None:
        if self._average:
            decay = min(self.training.ema, self.step / (self.step - 1 + EMA_START))
            ours = list(self._average.values())
            torch._foreach_lerp_(ours, [value.detach() for value in self.parameters.values()], 1 - decay)

    def _put(self, values: Mapping[str, torch.Tensor]) -> None:
        for name, parameter in self.parameters.items():
            parameter.data = values[name]


def learning_rate(training: Training, step: int) -> float:
    """The rate of optimiser step `step`, counted from 0: a linear warm-up, then constant or half a cosine
    (Loshchilov & Hutter 2017) down to `LEAST_RATE` of it, or both in turn: constant at first, and a cosine over
    the last `COOLDOWN` of the steps (Hägele et al. 2024)."""
    if step < training.warmup:
        return training.learning_rate * (step + 1) / training.warmup
    if training.decay is Decay.CONSTANT:
        return training.learning_rate
    start = training.warmup
    if training.decay is Decay.COOLDOWN:
        start = max(start, round((1 - COOLDOWN) * training.steps))
    share = min(1.0, max(0, step - start) / max(1, training.steps - start))
    return training.learning_rate * (LEAST_RATE + (1 - LEAST_RATE) * 0.5 * (1 + math.cos(math.pi * share)))


def _optimizer(parameters: list[torch.nn.Parameter], training: Training) -> Any:
    """AdamW (Loshchilov & Hutter 2019), in one fused pass where torch has one."""
    fused = parameters[0].device.type in ("cpu", "cuda")
    eight_bit = training.optimizer is Optimizer.ADAMW_8BIT
    kind = _eight_bit() if eight_bit else functools.partial(torch.optim.AdamW, fused=fused)
    return kind(parameters, lr=training.learning_rate, betas=BETAS, weight_decay=training.weight_decay)


def _eight_bit() -> Any:
    try:
        return importlib.import_module("bitsandbytes").optim.AdamW8bit
    except ImportError as error:
        raise StudioError(
            ErrorKind.ENVIRONMENT,
            "The 8-bit optimiser needs bitsandbytes, which is not installed.",
            "Choose AdamW, or install bitsandbytes into the studio's environment.",
            "optimizer",
        ) from error


def _diverged(step: int, loss: float) -> StudioError:
    what = "loss" if not math.isfinite(loss) else "gradient"
    return StudioError(
        ErrorKind.MODEL,
        f"The {what} became infinite or no number in step {step:,}, so the training stopped.",
        "The last checkpoint is kept. Start again with a smaller learning rate or a longer warm-up, or with fp32.",
        "learning_rate",
    )
