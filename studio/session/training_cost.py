"""How long a training run will take and how much memory, before it starts and while it runs."""

from dataclasses import dataclass

from studio.domain.catalog import ModelInfo
from studio.domain.training import LORA_KINDS, Training, TrainingKind
from studio.session.training_log import RunLog

STARTER_BYTES = 120 * 2**20  # of a model of the starter family that is trained from scratch
_CPU_SPEED = 40e9  # operations per second and thread
_GPU_SPEED = 20e12  # operations per second
_PASSES = 3.0  # forward, and twice as much backward
_TEACHING = 4.0  # few-steps training: two steps of the base, each with and without the text
# Operations of one forward pass per parameter and latent pixel: Stable Diffusion 1 takes 0.8e12 for 0.86e9 parameters
# at 64 × 64.
_OPERATIONS = 0.8e12 / 0.86e9 / 64**2
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
    base tells its pace, which is taken to grow with the pixels of a step."""
    weights = float(base.bytes if base else STARTER_BYTES)
    own = base.default_size.width * base.default_size.height if base else training.side**2
    learnt = next(
        (
            seconds / _pixels(run.training)
            for run in past
            if (run.training.kind, run.training.base) == (training.kind, training.base)
            and (seconds := run.seconds_per_step) is not None
        ),
        None,
    )
    passes = _PASSES + (_TEACHING if training.kind is TrainingKind.FEW_STEPS else 0.0)
    per_pixel = learnt if learnt is not None else _guess(weights, passes, threads, cuda=cuda)
    seconds = per_pixel * _pixels(training) * training.steps
    return Estimate(seconds, _memory(training, weights, own), learnt is not None)


def _guess(weights: float, passes: float, threads: int, *, cuda: bool) -> float:
    """Seconds per pixel of a step. Weights on disk take two bytes a parameter, a latent stands for 8 × 8 pixels."""
    operations = passes * _OPERATIONS * (weights / 2) / 64
    return operations / (_GPU_SPEED if cuda else _CPU_SPEED * max(1, threads))


def _pixels(training: Training) -> int:
    return training.batch * training.accumulate * training.side**2


def _memory(training: Training, weights: float, own: int) -> float:
    share = 0.25 if training.gradient_checkpointing else 1.0
    activations = _ACTIVATIONS * share * weights * training.batch * training.side**2 / own
    if training.kind in LORA_KINDS:
        return _PROGRAM + weights + activations
    copies = 8 + (2 if training.ema else 0)  # float32 weights, gradients and two moments, against two bytes on disk
    return _PROGRAM + copies * weights + activations
