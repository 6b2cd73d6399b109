"""The settings of a training that its preset chooses well, for those who want to choose themselves."""

from PySide6.QtCore import QCoreApplication

from studio.domain.training import (
    LORA_KINDS,
    MAX_BATCH,
    MAX_RANK,
    MAX_SIDE,
    MAX_STEPS,
    MIN_SIDE,
    Decay,
    ObjectiveName,
    Optimizer,
    Precision,
    TrainingKind,
    Weighting,
)
from studio.ui.train.rows import Row, check_row, choice_row, lines_row, slider_row


def _tr(text: str) -> str:
    return QCoreApplication.translate("TrainingForm", text)


_LORA, _FEW_STEPS, _DENOISER = TrainingKind.LORA, TrainingKind.FEW_STEPS, TrainingKind.DENOISER
ONLY_FOR = {
    "rank": LORA_KINDS,
    "alpha": LORA_KINDS,
    "prior": {_LORA},
    "segments": {_FEW_STEPS},
    "guidance": {_FEW_STEPS},
    "objective": {_LORA, _DENOISER},
    "weighting": {_LORA, _DENOISER},
    "caption_dropout": {_LORA, _DENOISER},
}  # rows that have a meaning for some kinds of training only
_TYPED_SEEDS = 2**32  # more are taken, and none is easier to read out


def advanced_rows() -> dict[str, dict[str, Row]]:
    """Headings, and below each the rows by the name of their field in `Training`."""
    return {
        _tr("Course"): _course(),
        _tr("What is learnt"): _learnt(),
        _tr("Watching"): _watching(),
        _tr("Machine"): _machine(),
    }


def _course() -> dict[str, Row]:
    return {
        "steps": slider_row(
            _tr("Steps"), _tr("More steps learn more, and in the end by heart"),
            50, 4000, step=50, least=1, most=MAX_STEPS,
        ),
        "learning_rate": slider_row(
            _tr("Learning rate"),
            _tr("How far each step goes. Too high and the loss jumps, too low and nothing is learnt"),
            1e-5, 2e-3, step=1e-5, decimals=4, least=0, most=1,
        ),
        "batch": slider_row(
            _tr("Batch"), _tr("Pictures looked at together; costs memory"), 1, 16, least=1, most=MAX_BATCH
        ),
        "accumulate": slider_row(
            _tr("Accumulate"), _tr("Batches per step; like a larger batch without its memory"),
            1, 16, least=1, most=MAX_BATCH,
        ),
        "warmup": slider_row(
            _tr("Warm-up"), _tr("Steps in which the learning rate rises"), 0, 500, step=10, least=0, most=MAX_STEPS
        ),
        "decay": choice_row(
            _tr("Decay"),
            _tr("How the learning rate goes after its warm-up"),
            {
                Decay.COSINE: _tr("Cosine, down to nothing"),
                Decay.COOLDOWN: _tr("Cosine at the end"),
                Decay.CONSTANT: _tr("None"),
            },
        ),
        "optimizer": choice_row(
            _tr("Optimiser"),
            _tr("The 8-bit one saves memory and needs the library bitsandbytes"),
            {Optimizer.ADAMW: "AdamW", Optimizer.ADAMW_8BIT: "AdamW 8-bit"},
        ),
        "weight_decay": slider_row(
            _tr("Weight decay"), _tr("Pulls weights towards 0"), 0, 0.1, step=0.005, decimals=3, least=0, most=1
        ),
        "clip": slider_row(
            _tr("Clip"), _tr("Longest gradient that is followed"), 0, 5, step=0.1, decimals=1, least=0, most=1e6
        ),
    }  # fmt: skip


def _learnt() -> dict[str, Row]:
    return {
        "segments": slider_row(
            _tr("Into steps"), _tr("In how many steps a picture shall be drawn"), 1, 16, least=1, most=64
        ),
        "guidance": slider_row(
            _tr("Guidance"), _tr("The guidance that is learnt, so that none is needed later"),
            1, 10, step=0.5, decimals=1, least=1, most=30,
        ),
        "rank": slider_row(_tr("Rank"), _tr("How much a LoRA can hold"), 1, 128, least=1, most=MAX_RANK),
        "alpha": slider_row(
            _tr("Alpha"), _tr("How strongly it acts: alpha / rank"), 1, 128, least=1, most=16 * MAX_RANK
        ),
        "prior": slider_row(
            _tr("Keep base"), _tr("How strongly it keeps what the base makes without the trigger word"),
            0, 2, step=0.1, decimals=1, least=0, most=100,
        ),
        "side": slider_row(
            _tr("Resolution"), _tr("Pictures are taken at about this side², in pixels"),
            128, 1024, step=32, least=MIN_SIDE, most=MAX_SIDE,
        ),
        "objective": choice_row(
            _tr("Objective"),
            _tr("What the network learns to predict; “As the base” is right for a LoRA"),
            {
                ObjectiveName.AUTO: _tr("As the base"),
                ObjectiveName.EPSILON: _tr("Noise (ε)"),
                ObjectiveName.V: _tr("Velocity (v)"),
                ObjectiveName.VP_SDE: _tr("Score, VP-SDE"),
                ObjectiveName.VE_SDE: _tr("Score, VE-SDE"),
                ObjectiveName.EDM: _tr("Score, EDM"),
                ObjectiveName.FLOW: _tr("Rectified flow"),
            },
        ),
        "weighting": choice_row(
            _tr("Weighting"),
            _tr("How losses at different noise levels are weighed"),
            {Weighting.UNIFORM: _tr("Uniform"), Weighting.MIN_SNR: _tr("Min-SNR")},
        ),
        "caption_dropout": slider_row(
            _tr("No caption"), _tr("Share of pictures learnt without words; guidance needs some"),
            0, 0.5, step=0.05, decimals=2, least=0, most=1,
        ),
        "buckets": check_row(_tr("Keep aspect ratios"), _tr("Otherwise pictures are cropped to squares")),
        "flip": check_row(_tr("Mirror at random"), _tr("Good for styles, bad for lettering and faces")),
    }  # fmt: skip


def _watching() -> dict[str, Row]:
    every = {"least": 1, "most": MAX_STEPS}
    return {
        "sample_prompts": lines_row(
            _tr("Samples"),
            _tr("Drawn now and then, so that you see what is learnt"),
            _tr("One prompt a line; without any, the first captions"),
        ),
        "sample_every": slider_row(
            _tr("Draw every"), _tr("Steps between two sample sheets"), 10, 1000, step=10, **every
        ),
        "validation": slider_row(
            _tr("Held out"), _tr("Share of the pictures that is only looked at, never learnt"),
            0, 0.5, step=0.01, decimals=2, least=0, most=0.5,
        ),
        "validate_every": slider_row(
            _tr("Check every"), _tr("Steps between two looks at the held-out pictures"), 10, 1000, step=10, **every
        ),
        "checkpoint_every": slider_row(
            _tr("Keep every"), _tr("Steps between two checkpoints; so much can be lost at most"),
            10, 1000, step=10, **every,
        ),
    }  # fmt: skip


def _machine() -> dict[str, Row]:
    return {
        "ema": slider_row(
            _tr("Average"), _tr("Decay of the averaged weights (EMA); 0 is none"),
            0, 0.999, step=0.001, decimals=3, least=0, most=0.999999,
        ),
        "precision": choice_row(
            _tr("Precision"),
            _tr("Number format of the network; weights that learn are always kept in float32"),
            {Precision.AUTO: _tr("Automatic"), Precision.BF16: "bfloat16", Precision.FP32: "float32"},
        ),
        "gradient_checkpointing": check_row(_tr("Save memory"), _tr("Computes twice instead of remembering; slower")),
        "seed": slider_row(
            _tr("Seed"), _tr("Equal seed and settings learn the equal weights"), 0, 1000, least=0, most=_TYPED_SEEDS
        ),
    }  # fmt: skip
