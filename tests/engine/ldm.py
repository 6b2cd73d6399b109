"""Single-file checkpoints: a diffusers folder's weights under the names that Stable Diffusion 1 was published with."""

from pathlib import Path

from safetensors.torch import load_file, save_file

from studio.engine.libraries import torch

Tensors = dict[str, torch.Tensor]
_RESNET = (
    ("norm1", "in_layers.0"),
    ("conv1", "in_layers.2"),
    ("norm2", "out_layers.0"),
    ("conv2", "out_layers.3"),
    ("time_emb_proj", "emb_layers.1"),
    ("conv_shortcut", "skip_connection"),
)
_UNET = (
    ("time_embedding.linear_1", "time_embed.0"),
    ("time_embedding.linear_2", "time_embed.2"),
    ("conv_in", "input_blocks.0.0"),
    ("conv_norm_out", "out.0"),
    ("conv_out", "out.2"),
)
_ATTENTION = (("group_norm", "norm"), ("to_q", "q"), ("to_k", "k"), ("to_v", "v"), ("to_out.0", "proj_out"))


def write_checkpoint(folder: Path, target: Path, levels: int, layers: int, vae_levels: int) -> Path:
    """Write the model in `folder` as one file; `levels` and `layers` are the denoiser's."""
    unet = load_file(folder / "unet/diffusion_pytorch_model.safetensors")
    vae = load_file(folder / "vae/diffusion_pytorch_model.safetensors")
    text = load_file(folder / "text_encoder/model.safetensors")
    tensors = {f"model.diffusion_model.{_unet_name(name, levels, layers)}": value for name, value in unet.items()}
    tensors |= {
        f"first_stage_model.{_vae_name(name, vae_levels)}": _vae_value(name, value) for name, value in vae.items()
    }
    prefix = "" if any(name.startswith("text_model.") for name in text) else "text_model."
    tensors |= {f"cond_stage_model.transformer.{prefix}{name}": value for name, value in text.items()}
    save_file({name: value.clone().contiguous() for name, value in tensors.items()}, target)
    return target


def _renamed(name: str, pairs: tuple[tuple[str, str], ...]) -> str:
    """`name` with its first matching start replaced."""
    for ours, theirs in pairs:
        if name.startswith(f"{ours}."):
            return theirs + name[len(ours) :]
    return name


def _unet_name(name: str, levels: int, layers: int) -> str:
    parts = name.split(".")
    if parts[0] not in ("down_blocks", "mid_block", "up_blocks"):
        return _renamed(name, _UNET)
    if parts[0] == "mid_block":
        kind, index, rest = parts[1], int(parts[2]), ".".join(parts[3:])
        return (
            "middle_block.1." + rest if kind == "attentions" else f"middle_block.{2 * index}.{_renamed(rest, _RESNET)}"
        )
    block, kind, index, rest = int(parts[1]), parts[2], int(parts[3]), ".".join(parts[4:])
    if parts[0] == "down_blocks":
        if kind == "downsamplers":
            return f"input_blocks.{(layers + 1) * (block + 1)}.0.op.{parts[-1]}"
        place = f"input_blocks.{(layers + 1) * block + index + 1}"
    else:
        place = f"output_blocks.{(layers + 1) * block + index}"
        if kind == "upsamplers":
            attended = block > 0  # the deepest level has no attention, as in Stable Diffusion 1
            return f"output_blocks.{(layers + 1) * block + layers}.{2 if attended else 1}.{rest}"
    return f"{place}.1.{rest}" if kind == "attentions" else f"{place}.0.{_renamed(rest, _RESNET)}"


def _vae_name(name: str, levels: int) -> str:
    parts = name.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out").split(".")
    if len(parts) < 4 or parts[1] not in ("down_blocks", "up_blocks", "mid_block"):
        return ".".join(parts)
    side, rest = parts[0], ".".join(parts[4:])
    if parts[1] == "mid_block":
        index, rest = int(parts[3]), ".".join(parts[4:])
        if parts[2] == "attentions":
            return f"{side}.mid.attn_1.{_renamed(rest, _ATTENTION)}"
        return f"{side}.mid.block_{index + 1}.{rest}"
    level = int(parts[2]) if side == "encoder" else levels - 1 - int(parts[2])
    way = "down" if side == "encoder" else "up"
    if parts[3] in ("downsamplers", "upsamplers"):
        return f"{side}.{way}.{level}.{way}sample.{'.'.join(parts[5:])}"
    return f"{side}.{way}.{level}.block.{parts[4]}.{'.'.join(parts[5:])}"


def _vae_value(name: str, value: torch.Tensor) -> torch.Tensor:
    """The attention's matrices were 1 × 1 convolutions."""
    is_matrix = "mid_block.attentions" in name and name.endswith("weight") and value.ndim == 2
    return value[:, :, None, None] if is_matrix else value
