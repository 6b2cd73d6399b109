"""LoRA files of a few zeros, made without torch."""

import json
import struct
from collections.abc import Mapping
from pathlib import Path

DIFFUSERS = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"
KOHYA = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"


def write_lora(
    path: Path, width: int = 384, rank: int = 4, metadata: Mapping[str, object] | None = None, layer: str = DIFFUSERS
) -> Path:
    """One pair for a layer that reads text of this width, in the dialect of the layer's name."""
    down, up = ("lora_down", "lora_up") if layer.startswith("lora_") else ("lora_A", "lora_B")
    shapes = {f"{layer}.{down}.weight": [rank, width], f"{layer}.{up}.weight": [32, rank]}
    return write_tensors(path, shapes, metadata)


def write_tensors(path: Path, shapes: Mapping[str, list[int]], metadata: Mapping[str, object] | None = None) -> Path:
    """A sound safetensors file of float16 zeros."""
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata is not None else {}
    end = 0
    for name, shape in shapes.items():
        size = 2
        for side in shape:
            size *= side
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    raw = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(raw)) + raw + bytes(end))
    return path
