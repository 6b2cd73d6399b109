"""Recognise a model on disk from its configs and safetensors headers, without loading or unpickling anything.

The bounds below, and those of `tensor_files`, refuse files made to exhaust memory or time (a 160,000 channel
config) before a library sees them.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from studio.domain.catalog import Family
from studio.domain.tensor_files import Tensor, read_header, refusal, require_ordinary

MAX_CONFIG = 2**20
MAX_CHANNELS = 8192
MAX_LAYERS = 128
MAX_POSITIONS = 512  # a side of a transformer's grid of positions, a table that grows with the square
_HEADS = ("num_attention_heads", "num_heads")
_WIDTHS = (
    "hidden_size",
    "intermediate_size",
    "cross_attention_dim",
    "d_model",
    "d_ff",
    "joint_attention_dim",
    "caption_projection_dim",
    "pooled_projection_dim",
)
_PICKLES = (".bin", ".ckpt", ".pt", ".pth", ".pkl")
_ALTERNATIVES = {"text_encoder_3": ", or delete that folder to do without T5"}
_SD3_TRANSFORMER = "SD3Transformer2DModel"
_FIRST_KEY = "model.diffusion_model.input_blocks.0.0.weight"  # of a UNet: (width, channels, 3, 3)
_LATENTS, _INPAINTING = 4, 9  # channels a UNet reads: latents; or latents, a mask and the latents of the masked picture
_SD3_KEY = "model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight"
_WEIGHTS = {
    "unet": "diffusion_pytorch_model",
    "transformer": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "model",
    "text_encoder_2": "model",
    "text_encoder_3": "model",
}


def recognise(path: Path) -> Family:
    """The family of the model at `path` (a diffusers folder or a single safetensors file).

    Checks everything that is checked here. Raises StudioError (MODEL) with the reason and what to do.
    """
    try:
        if not path.exists():
            raise refusal(
                f"There is no model at {path}.", "Check the path, or list the models with `safelight models`."
            )
        return _recognise_folder(path) if path.is_dir() else _recognise_file(path)
    except OSError as error:
        raise refusal(f"{path} cannot be read: {error.strerror}.", "Check its permissions and the disk.") from error


def is_for_inpainting(path: Path) -> bool:
    """Does the UNet of the recognised model at `path` read a mask and the masked picture beside the latents?

    Raises StudioError (MODEL) when its config or header cannot be read.
    """
    if path.is_file():
        return _channels_of_file(read_header(path)) == _INPAINTING
    unet = path / "unet" / "config.json"
    return unet.is_file() and _read_config(unet).get("in_channels") == _INPAINTING


def weight_files(path: Path) -> list[Path]:
    """The safetensors files of a model, sorted; a single file is its own list."""
    if path.is_file():
        return [path]
    return sorted(file for part in _WEIGHTS for file in (path / part).glob("*.safetensors"))


def weights_size(path: Path) -> int:
    """Bytes of weights on disk."""
    return sum(file.stat().st_size for file in weight_files(path))


# ------------------------------------------------------------------------------------------------ folders


def _recognise_folder(path: Path) -> Family:
    if not any(path.iterdir()):
        raise refusal(f"The model folder {path} is empty.", "Download or copy the model into it again.")
    index = path / "model_index.json"
    if not index.is_file():
        raise refusal(
            f"{path} is no model folder: it has no model_index.json.",
            "Choose the folder that holds model_index.json, or a .safetensors file.",
        )
    for name in _files_inside(path):
        _refuse_escape(path, name)
        if name.exists():  # not so a broken link, which the part that needs it reports
            require_ordinary(name)
    family = _family_of_configs(path, str(_read_config(index).get("_class_name", "")))
    for part in _parts(path, family):
        _check_part(path / part, _WEIGHTS[part])
    return family


def _files_inside(path: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(path):
        yield from (Path(folder) / name for name in (*names, *files))


def _refuse_escape(root: Path, entry: Path) -> None:
    """Hub caches link files to a sibling `blobs` folder; anything further out is refused."""
    if not entry.is_symlink():
        return
    try:
        target, home = entry.resolve(), root.resolve()
    except RuntimeError as error:  # of Python before 3.13
        raise refusal(f"{entry.name} in the model folder is a link to itself.", "Delete that link.") from error
    allowed = [home, *(parent / "blobs" for parent in home.parents[:2])]
    if not any(target.is_relative_to(folder) for folder in allowed):
        raise refusal(
            f"{entry.name} in the model folder is a link that leads out of it.",
            "Copy the file itself into the folder if you trust it.",
        )


def _parts(path: Path, family: Family) -> tuple[str, ...]:
    if family is Family.SD3:
        last = ("text_encoder_3",) if has_third_encoder(path) else ()
        return ("transformer", "vae", "text_encoder", "text_encoder_2", *last)
    encoders = ("text_encoder", "text_encoder_2") if family is Family.SDXL else ("text_encoder",)
    return ("unet", "vae", *encoders)


def has_third_encoder(path: Path) -> bool:
    """Does the folder of a Stable Diffusion 3 model hold its T5? The model can do without, and many leave it out."""
    return (path / "text_encoder_3").is_dir()


def _family_of_configs(path: Path, pipeline: str) -> Family:
    if pipeline.startswith("StableDiffusionXL"):
        _require_known_input(path.name, _read_config(path / "unet" / "config.json").get("in_channels", _LATENTS))
        return Family.SDXL
    if pipeline.startswith("StableDiffusion3"):
        return _family_of_transformer(path)
    if not pipeline.startswith("StableDiffusion"):
        raise refusal(
            f"{path.name} is a {pipeline or 'nameless'} model, which this version cannot run.",
            "Supported: the starter, Stable Diffusion 1.x, Stable Diffusion XL and Stable Diffusion 3.",
        )
    unet = _read_config(path / "unet" / "config.json")
    if unet.get("addition_embed_type") == "text" and unet.get("cross_attention_dim") == 384:
        return Family.STARTER
    if unet.get("cross_attention_dim") == 1024:
        raise refusal(
            f"{path.name} is a Stable Diffusion 2 model, which this version cannot run.",
            "Use a Stable Diffusion 1.x, XL or 3 model.",
        )
    _require_known_input(path.name, unet.get("in_channels", _LATENTS))
    return Family.SD1


def _require_known_input(name: str, channels: object) -> None:
    if channels not in (_LATENTS, _INPAINTING):
        raise refusal(
            f"The denoiser of {name} reads {str(channels)[:20]} channels, which this version cannot give it.",
            f"Use a model whose denoiser reads {_LATENTS} channels, or {_INPAINTING} as those for inpainting do.",
        )


def _family_of_transformer(path: Path) -> Family:
    kind = _read_config(path / "transformer" / "config.json").get("_class_name", _SD3_TRANSFORMER)
    if kind != _SD3_TRANSFORMER:
        raise refusal(
            f"The transformer of {path.name} is a {str(kind)[:60]}, which this version cannot run.",
            "Use a Stable Diffusion 3 or 3.5 model.",
        )
    return Family.SD3


def _check_part(folder: Path, stem: str) -> None:
    _check_config(folder / "config.json")
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        pickles = [p.name for p in folder.glob("*") if p.suffix.lower() in _PICKLES]
        if pickles:
            raise refusal(
                f"{folder.name} has its weights only as {pickles[0]}, a pickle, which could run code.",
                "Use the model's safetensors version.",
            )
        raise refusal(
            f"The weights of {folder.name} are missing.",
            f"Download {stem}.safetensors into {folder} again{_ALTERNATIVES.get(folder.name, '')}.",
        )
    for file in files:
        read_header(file)
    for index in sorted(folder.glob("*.safetensors.index*.json")):
        _check_index(index)


def _check_index(path: Path) -> None:
    """Refuse an index of shards that names anything but safetensors files beside it: a pickle would be unpickled."""
    shards = _read_config(path).get("weight_map")
    names = shards.values() if isinstance(shards, dict) else ["nothing"]
    if any(not isinstance(name, str) or "/" in name or not name.endswith(".safetensors") for name in names):
        raise refusal(
            f"{path.parent.name}/{path.name} names files that are no safetensors files of its folder.",
            "Use the model's safetensors version.",
        )


def _check_config(path: Path) -> None:
    """Refuse configs that would allocate absurd networks."""
    config = _read_config(path)
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
    return MAX_POSITIONS if name == "pos_embed_max_size" else 2**31


def _numbers(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _numbers(item, str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item, name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value


def _read_config(path: Path) -> dict[str, Any]:
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


# ------------------------------------------------------------------------------------------------ single files


def _recognise_file(path: Path) -> Family:
    tensors = read_header(path)
    if path.suffix != ".safetensors":  # diffusers goes by the name, and unpickles what is called otherwise
        raise refusal(f"{path.name} is not named as a safetensors file.", f"Rename it to {path.stem}.safetensors.")
    if any(name.startswith("conditioner.embedders.1") for name in tensors):
        _require_known_input(path.name, _channels_of_file(tensors))
        return Family.SDXL
    if any(part in name for name in tensors for part in (".lora_down.", ".lora_A.", ".lora.down.")):
        raise refusal(
            f"{path.name} is a LoRA, which changes a model and is none by itself.",
            "Put it into the folder “loras” inside the models folder, and choose it beside a model.",
        )
    key = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
    if key in tensors and tensors[key].shape[-1:] == (768,):
        _require_known_input(path.name, _channels_of_file(tensors))
        return Family.SD1
    if _SD3_KEY in tensors or _SD3_KEY.removeprefix("model.diffusion_model.") in tensors:
        raise refusal(
            f"{path.name} is Stable Diffusion 3 as a single file, which this version cannot open.",
            "Use the same model as a diffusers folder: the one that holds model_index.json and a folder transformer.",
        )
    raise refusal(
        f"{path.name} is no checkpoint of a supported family.",
        "Supported single files: Stable Diffusion 1.x and Stable Diffusion XL.",
    )


def _channels_of_file(tensors: Mapping[str, Tensor]) -> int:
    """What the UNet of a checkpoint reads; latents where the first convolution is missing, which loading reports."""
    first = tensors.get(_FIRST_KEY)
    return first.shape[1] if first is not None and len(first.shape) == 4 else _LATENTS
