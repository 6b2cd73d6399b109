"""Low-rank adaptation of a frozen denoiser (Hu et al. 2021), by peft, and the file it is kept in."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from peft import LoraConfig
from peft.utils import get_peft_model_state_dict

from studio.domain.catalog import Family
from studio.domain.codec import to_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.training import Training, few_steps_sampling, published
from studio.engine import adapters
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel
from studio.engine.train.checkpoint import write_tensors

ADAPTER = "learnt"
_ATTENTION = ["to_q", "to_k", "to_v", "to_out.0", "proj_in", "proj_out", "ff.net.0.proj", "ff.net.2"]
# The starter's attention is on its smaller levels alone; what an object looks like is in its convolutions.
_CONVOLUTIONS = ["conv1", "conv2", "conv_shortcut", "time_emb_proj", "conv_in", "conv_out"]
_JOINT = ["attn.to_q", "attn.to_k", "attn.to_v", "attn.to_out.0", "attn.add_q_proj", "attn.add_k_proj"]
_JOINT += ["attn.add_v_proj", "attn.to_add_out", "ff.net.0.proj", "ff.net.2"]
TARGETS: dict[Family, list[str]] = {
    Family.STARTER: [*_ATTENTION, *_CONVOLUTIONS],
    Family.SD1: _ATTENTION,
    Family.SDXL: _ATTENTION,
    Family.SD3: _JOINT,
}


def inject(model: LoadedModel, training: Training) -> dict[str, torch.nn.Parameter]:
    """Put fresh low-rank matrices into the denoiser and return them by name, in float32.

    The second of each pair is zero, so that the model is as it was. They are drawn from the training's seed.
    """
    config = LoraConfig(
        r=training.rank,
        lora_alpha=training.alpha,
        target_modules=TARGETS[model.family],
        init_lora_weights="gaussian",
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(training.seed)
        model.denoiser.add_adapter(config, adapter_name=ADAPTER)
    found = {name: value for name, value in model.denoiser.named_parameters() if f".{ADAPTER}." in name}
    for value in found.values():
        value.data = value.data.float()
        value.requires_grad_(True)
    return found


def remove(model: LoadedModel) -> None:
    """Take the matrices out again; the denoiser is then what it was, bit for bit."""
    adapters.detach(model)


@contextlib.contextmanager
def bare(model: LoadedModel) -> Iterator[None]:
    """Inside the block the matrices take no part: the denoiser answers as the base."""
    model.denoiser.disable_adapters()
    try:
        yield
    finally:
        model.denoiser.enable_adapters()


def write(path: Path, model: LoadedModel, training: Training, step: int) -> None:
    """Write the matrices as a LoRA file in diffusers' names, float16, with the training's recipe in its header.

    The scale alpha / rank is multiplied into the second matrix, so that readers that know no alpha agree. Raises
    StudioError (DISK).
    """
    scale = training.alpha / training.rank
    state: Mapping[str, Any] = get_peft_model_state_dict(model.denoiser, adapter_name=ADAPTER)
    part = "transformer" if model.family is Family.SD3 else "unet"
    tensors = {
        f"{part}.{name}": (value.detach().float() * (scale if ".lora_B." in name else 1.0)).half()
        for name, value in state.items()
    }
    about = {
        "safelight.training": json.dumps(to_json(published(training))),
        "safelight.step": str(step),
        "safelight.base": model.family.value,
        "safelight.base_hash": model.digest,
        "safelight.trigger": training.trigger,
    }
    if training.trigger.strip():
        about["safelight.waits_for_trigger"] = "yes"  # so that without it the base is exactly what it was
    if (sampling := few_steps_sampling(training)) is not None:
        about["safelight.sampling"] = json.dumps(to_json(sampling))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_tensors(path, tensors, about)
    except OSError as error:
        raise StudioError(
            ErrorKind.DISK,
            f"The LoRA {path} could not be written: {error.strerror}.",
            "Free some space or choose another folder, and continue: the checkpoint is kept.",
            "output",
        ) from error
