"""How long a training run will take and how much memory, before it starts and while it runs."""

from dataclasses import dataclass

from studio.domain.catalog import Family, ModelInfo
from studio.domain.training import (
    LORA_KINDS,
    PRIOR_DRAWN_STEPS,
    PRIOR_PICTURES,
    PRIOR_SAMPLES,
    Training,
    TrainingKind,
    keeps_base,
)
from studio.session.training_log import RunLog

STARTER_BYTES = 120 * 2**20  # of a model of the starter family that is trained from scratch
_CPU_SPEED = 40e9  # operations per second and thread
_GPU_SPEED = 20e12  # operations per second
_PASSES = 3.0  # forward, and twice as much backward
_TEACHING = 4.0  # few-steps training: two steps of the base, each with and without the text
_ASKED = PRIOR_SAMPLES * (1.0 + _PASSES)  # prior, for each picture: the base answers, then the LoRA, which learns of it
_DRAWING = 2.0 * PRIOR_PICTURES * PRIOR_DRAWN_STEPS  # prior, once: its pictures, each step with and without the text
# Operations of one forward pass through the denoiser for each pixel of a picture of the usual size.
_OPERATIONS = {
    Family.STARTER: 1.1e9 / 256**2,
    Family.SD1: 0.8e12 / 512**2,
    Family.SDXL: 6e12 / 1024**2,
    Family.SD3: 1.1e13 / 1024**2,
}
_ACTIVATIONS = 1.2  # of one picture at the model's own size, as a share of its weights
_PROGRAM = 6e8  # bytes that the worker takes by itself


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds and bytes; `measured` when the time comes from steps that this machine made."""

    seconds: float
    memory: float
    measured: bool


def estimate(
    training: Training, base: ModelInfo | None, past: tuple[RunLog, ...], *, threads: int, cuda: bool
) -> Estimate:
    """What a run will take. `past` are earlier runs of this machine, the newest first: the newest of the same kind and
    base tells its pace, which is taken to grow with the pixels of a step and with what the prior asks besides."""
    weights = float(base.bytes if base else STARTER_BYTES)
    own = base.default_size.width * base.default_size.height if base else training.side**2
    learnt = next(
        (
            seconds / work(run.training)
            for run in past
            if (run.training.kind, run.training.base) == (training.kind, training.base)
            and (seconds := run.seconds_per_step) is not None
        ),
        None,
    )
    pace = learnt if learnt is not None else _guess(base, threads, cuda=cuda)
    drawing = _DRAWING * training.side**2 if keeps_base(training) else 0.0
    seconds = pace * (work(training) * training.steps + drawing)
    return Estimate(seconds, _memory(training, weights, own), learnt is not None)


def _guess(base: ModelInfo | None, threads: int, *, cuda: bool) -> float:
    """Seconds per pixel of a pass."""
    operations = _OPERATIONS[base.family if base else Family.STARTER]
    return operations / (_GPU_SPEED if cuda else _CPU_SPEED * max(1, threads))


def work(training: Training) -> float:
    """Of one step: its pixels, times the passes that each of them makes through the denoiser."""
    passes = _PASSES + (_TEACHING if training.kind is TrainingKind.FEW_STEPS else 0.0)
    passes += _ASKED if keeps_base(training) else 0.0
    return passes * training.batch * training.accumulate * training.side**2


def _memory(training: Training, weights: float, own: int) -> float:
    share = 0.25 if training.gradient_checkpointing else 1.0
    samples = training.batch * (1 + PRIOR_SAMPLES if keeps_base(training) else 1)  # whose graphs are kept at once
    activations = _ACTIVATIONS * share * weights * samples * training.side**2 / own
    if training.kind in LORA_KINDS:
        return _PROGRAM + weights + activations
    copies = 8 + (2 if training.ema else 0)  # float32 weights, gradients and two moments, against two bytes on disk
    return _PROGRAM + copies * weights + activations
