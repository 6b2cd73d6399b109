"""The configs in the folders of models: read within bounds, which no real network exceeds."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio.domain.errors import StudioError
from studio.domain.tensor_files import refusal

MAX_CONFIG = 2**20
MAX_CHANNELS = 8192
MAX_LAYERS = 128
MAX_POSITIONS = 512  # a side of a transformer's grid of positions, a table that grows with the square
_HEADS = ("num_attention_heads", "motion_num_attention_heads", "num_heads")
_WIDTHS = (
    "hidden_size",
    "intermediate_size",
    "cross_attention_dim",
    "d_model",
    "d_ff",
    "joint_attention_dim",
    "caption_projection_dim",
    "pooled_projection_dim",
    "attention_head_dim",
    "added_kv_proj_dim",
    "base_dim",
    "ffn_dim",
    "freq_dim",
    "image_dim",
    "text_dim",
    "z_dim",
)
_LIMITS = {  # of other numbers that networks are laid out by
    "pos_embed_max_size": MAX_POSITIONS,
    "pos_embed_seq_len": 2**14,
    "rope_max_seq_len": 2**14,
    "motion_max_seq_length": 2**10,
    "dim_mult": 64,
    "patch_size": 64,
    "patch_size_t": 64,
    "vocab_size": 2**20,
}
_MODULE = "MotionAdapter"


def require_sound_config(path: Path) -> None:
    """Raise StudioError (MODEL) for a config that would allocate absurd networks, or ask for code of a hub."""
    config = read_config(path)
    for key in ("attn_implementation", "_attn_implementation"):
        if "/" in str(config.get(key, "")):
            raise refusal(
                f"{path.parent.name}/{path.name} asks for code of a hub ({key}).",
                "Download the model again from a source you trust.",
            )
    for name, value in _numbers(config):
        if value > _largest(name):
            raise refusal(
                f"{path.parent.name}/{path.name} asks for {name} = {value:,}, which no real model has.",
                "Download the model again from a source you trust.",
            )


def _largest(name: str) -> int:
    """The largest number that the setting `name` of a network may have."""
    if "layers" in name or (name.startswith("num_") and name.endswith("blocks")) or name in _HEADS:
        return MAX_LAYERS
    if "channels" in name or name in _WIDTHS:
        return 4 * MAX_CHANNELS
    return _LIMITS.get(name, 2**31)


def _numbers(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _numbers(item, str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item, name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value


def read_config(path: Path) -> dict[str, Any]:
    """The config in the file `path`. Raises StudioError (MODEL) when it is missing, damaged or too large for one."""
    try:
        if path.stat().st_size > MAX_CONFIG:
            raise refusal(f"{path.parent.name}/{path.name} is too large for a config.", "Download the model again.")
        config = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise refusal(f"The model folder lacks {path.parent.name}/{path.name}.", "Download the model again.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise refusal(f"{path.parent.name}/{path.name} cannot be read.", "Download the model again.") from error
    if not isinstance(config, dict):
        raise refusal(f"{path.parent.name}/{path.name} is no config.", "Download the model again.")
    return config


def is_motion_module(path: Path) -> bool:
    """Is this the folder of a motion module, sound or not?"""
    try:
        config = path / "config.json"
        known = config.is_file() and not (path / "model_index.json").exists()
        return known and read_config(config).get("_class_name") == _MODULE
    except (OSError, StudioError):
        return False
