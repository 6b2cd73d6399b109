"""LoRA files for the tiny models, in the dialects of diffusers and of kohya's scripts."""

import json
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from studio.domain.catalog import Family

ATTENTION = (".to_q", ".to_k", ".to_v", ".to_out.0")
PROJECTIONS = (".q_proj", ".out_proj", ".fc1")
Matrices = dict[str, tuple[torch.Tensor, torch.Tensor]]


def matrices(folder: Path, kind: Any, layers: tuple[str, ...] = ATTENTION, rank: int = 4, seed: int = 0) -> Matrices:
    """Random pairs for the layers of a network whose names end so; rank + 2 where they say so much themselves."""
    network = kind.from_pretrained(folder)
    found = {}
    for name, module in network.named_modules():
        if name.endswith(layers):
            draw = torch.Generator().manual_seed(zlib.crc32(name.encode()) + seed)
            ranks = rank + 2 if name.endswith(".to_v") else rank
            shape = module.weight.shape
            found[name] = (
                torch.randn(ranks, *shape[1:], generator=draw) * 0.3,
                torch.randn(shape[0], ranks, *(1,) * (len(shape) - 2), generator=draw) * 0.3,
            )
    assert found
    return found


def save(path: Path, parts: Mapping[str, Matrices], base: Family, settings: Mapping[str, Any] | None = None) -> Path:
    """As diffusers' `save_lora_weights` writes it, with our trainer's metadata; `settings` are peft's."""
    tensors = {}
    for component, pairs in parts.items():
        for layer, (down, up) in pairs.items():
            tensors[f"{component}.{layer}.lora_A.weight"] = down
            tensors[f"{component}.{layer}.lora_B.weight"] = up
    metadata = {"safelight.base": base.value, "format": "pt"}
    if settings is not None:
        metadata["lora_adapter_metadata"] = json.dumps(settings)
    save_file(tensors, path, metadata)
    return path


def save_kohya(path: Path, parts: Mapping[str, Matrices], base: Family, alpha: float | None = None) -> Path:
    """As kohya's scripts write it, where layers are joined by underscores and α lies beside each pair."""
    prefixes = {"unet": "lora_unet_", "text_encoder": "lora_te1_" if base is Family.SDXL else "lora_te_"}
    tensors: dict[str, torch.Tensor] = {}
    for component, pairs in parts.items():
        for layer, (down, up) in pairs.items():
            model = "" if component == "unet" else "text_model_"
            name = f"{prefixes[component]}{model}{layer.replace('.', '_')}"
            tensors |= {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up}
            if alpha is not None:
                tensors[f"{name}.alpha"] = torch.tensor(alpha)
    save_file(tensors, path, {"safelight.base": base.value})
    return path


def scaled(pairs: Matrices, factor: float) -> Matrices:
    """The same with another strength."""
    return {name: (down, up * factor) for name, (down, up) in pairs.items()}


def without(pairs: Matrices, ends: Iterable[str]) -> Matrices:
    """Fewer layers."""
    return {name: pair for name, pair in pairs.items() if not name.endswith(tuple(ends))}
