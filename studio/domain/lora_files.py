"""Recognise a LoRA on disk from its safetensors header alone: of which family, of what rank, by what name.

Two dialects are read: that of diffusers and peft (`unet.….lora_A.weight`) and that of kohya's scripts
(`lora_unet_….lora_down.weight`), which nearly all programs of the field write.
"""

import json
from pathlib import Path
from typing import Any

from studio.domain.catalog import FAMILIES, PICTURE_FAMILIES, Family, LoraInfo
from studio.domain.codec import from_json, to_json
from studio.domain.lora_conventions import few_steps_of, told_name
from studio.domain.recipe import Recipe, Sampling, validate
from studio.domain.samplers import SAMPLERS
from studio.domain.tensor_files import Header, Tensor, read_whole_header, refusal
from studio.domain.training import Training, TrainingKind, few_steps_sampling

TRAINING_KEY = "safelight.training"  # JSON: the recipe it was trained by
BASE_KEY = "safelight.base"  # the family of the model it was trained on
TRIGGER_KEY = "safelight.trigger"  # the word that calls up what it learnt
WAITS_KEY = "safelight.waits_for_trigger"  # "yes": without that word it does nothing
SAMPLING_KEY = "safelight.sampling"  # JSON: sampler, steps and guidance that it was made for
MAX_RANK = 4096
_SHOWN = 120  # characters of a title or a trigger
_DOWN = (".lora_A.weight", ".lora_down.weight", "lora.down.weight", "lora_linear_layer.down.weight")
_UP = (".lora_B.weight", ".lora_up.weight", "lora.up.weight", "lora_linear_layer.up.weight")
_PARTS = (
    "unet.",
    "transformer.",
    "text_encoder.",
    "text_encoder_2.",
    "lora_unet_",
    "lora_te_",
    "lora_te1_",
    "lora_te2_",
)
_WIDTHS = {384: Family.STARTER, 768: Family.SD1, 2048: Family.SDXL}  # of the text that cross-attention reads
_SD3_WIDTHS = (1536, 2432)  # of the hidden states of medium and large
_TITLES = ("modelspec.title", "ss_output_name")
_TRIGGERS = (TRIGGER_KEY, "modelspec.trigger_phrase")


def read_lora(path: Path) -> LoraInfo:
    """What the LoRA at `path` is. Raises StudioError (MODEL) with the reason when it cannot be used."""
    header = _checked(path)
    name = told_name(path)
    titles = [header.metadata[key] for key in _TITLES if header.metadata.get(key, "").strip()]
    trigger = next((header.metadata[key] for key in _TRIGGERS if header.metadata.get(key, "").strip()), "")
    family = _family(path, header)
    return LoraInfo(
        name,
        str(path),
        family,
        path.stat().st_size,
        _line(titles[0] if titles else name),
        _line(trigger),
        max(tensor.shape[0] for name, tensor in header.tensors.items() if name.endswith(_DOWN)),
        _sampling(header.metadata, family, (name, *titles)),
        bool(trigger) and header.metadata.get(WAITS_KEY) == "yes",
    )


def is_lora(path: Path) -> bool:
    """Does the safetensors file at `path` hold a LoRA, usable or not? Raises StudioError (MODEL) for a damaged file."""
    return any(name.endswith(_DOWN) for name in read_whole_header(path).tensors)


def training_of(path: Path) -> dict[str, Any] | None:
    """The recipe that a LoRA of ours was trained by, as JSON values; None where there is none that can be read."""
    try:
        found = json.loads(read_whole_header(path).metadata.get(TRAINING_KEY, ""))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _checked(path: Path) -> Header:
    """The header of a file that holds the pairs of plain matrices which we can apply, and nothing else."""
    header = read_whole_header(path)
    if path.suffix != ".safetensors":
        raise refusal(f"{path.name} is not named as a safetensors file.", f"Rename it to {path.stem}.safetensors.")
    tensors = header.tensors
    downs = [name for name in tensors if name.endswith(_DOWN)]
    if not downs:
        raise refusal(f"{path.name} is no LoRA.", "LoRAs hold pairs of small matrices; choose another file.")
    odd = next((name for name, tensor in tensors.items() if not _is_plain(name, tensor)), None)
    if odd is not None:
        raise refusal(
            f"{path.name} holds “{odd[-60:]}”, which is no part of a plain LoRA.",
            "DoRA, LoHa, LoKr and textual inversions cannot be used; look for a plain LoRA.",
        )
    return header


def _is_plain(name: str, tensor: Tensor) -> bool:
    if not name.startswith(_PARTS):
        return False
    if name.endswith(".alpha"):
        return tensor.shape in ((), (1,))
    if name.endswith(_DOWN):
        return len(tensor.shape) in (2, 4) and 1 <= tensor.shape[0] <= MAX_RANK
    return name.endswith(_UP) and len(tensor.shape) in (2, 4)


def _family(path: Path, header: Header) -> Family:
    """By the width of what cross-attention reads; by what the file says of itself where no layer of that kind is in."""
    width = next((tensor.shape[1] for name, tensor in header.tensors.items() if _reads_text(name)), None)
    if width in _WIDTHS:
        return _WIDTHS[width]
    said = _said(header.metadata)
    if said is None and any(name.startswith("transformer.") for name in header.tensors):
        said = Family.SD3 if _is_sd3(header) else None
    if said is not None:
        return said
    supported = ", ".join(traits.title for traits in map(FAMILIES.__getitem__, PICTURE_FAMILIES))
    raise refusal(
        f"{path.name} is a LoRA for another kind of model{f' (text of width {width:,})' if width else ''}.",
        f"Supported: {supported}.",
    )


def _reads_text(name: str) -> bool:
    return "attn2" in name and ("to_k" in name or "to_v" in name) and name.endswith(_DOWN)


def _is_sd3(header: Header) -> bool:
    """FLUX and others share the names of SD3's layers, but not their widths."""
    keys = (tensor for name, tensor in header.tensors.items() if ".attn." in name and name.endswith(_DOWN))
    return any(tensor.shape[1] in _SD3_WIDTHS for tensor in keys)


def _said(metadata: dict[str, str]) -> Family | None:
    """The family that the file's own texts name: ours, kohya's, or those of the ModelSpec standard."""
    base = metadata.get(BASE_KEY, "")
    if base in set(Family):
        return Family(base)
    text = f"{metadata.get('ss_base_model_version', '')} {metadata.get('modelspec.architecture', '')}".lower()
    if "sdxl" in text or "stable-diffusion-xl" in text:
        return Family.SDXL
    if "sd3" in text or "stable-diffusion-3" in text:
        return Family.SD3
    if "sd_v1" in text or "stable-diffusion-v1" in text:
        return Family.SD1
    return None


def _sampling(metadata: dict[str, str], family: Family, names: tuple[str, ...]) -> Sampling | None:
    """The settings that the file was made for: those it tells if its family can use them, or those of its name."""
    if not metadata.keys() & {SAMPLING_KEY, TRAINING_KEY}:
        return few_steps_of(names, family)
    try:
        told = json.loads(metadata.get(SAMPLING_KEY, "null")) or _of_training(json.loads(metadata[TRAINING_KEY]))
        found = from_json(Sampling, told)
    except (KeyError, ValueError, RecursionError):
        return None
    usable = not validate(Recipe(sampling=found), FAMILIES[family].size_multiple)
    fits = usable and not (FAMILIES[family].flow and SAMPLERS[found.sampler].flow_options is None)
    return found if fits else None


def _of_training(training: Any) -> Any:
    """What the recipe of few-steps training implies, for files without a word on their settings."""
    if not isinstance(training, dict) or training.get("kind") != TrainingKind.FEW_STEPS:
        return None
    return to_json(few_steps_sampling(from_json(Training, {key: training[key] for key in ("kind", "segments")})))


def _line(text: str) -> str:
    return " ".join(text.split())[:_SHOWN]
