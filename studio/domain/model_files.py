"""Recognise a model on disk from its configs and safetensors headers, without loading or unpickling anything.

The bounds below refuse files made to exhaust memory or time (a million tiny tensors, a 160,000 channel
config) before a library sees them.
"""

import json
import math
import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.domain.catalog import Family
from studio.domain.errors import ErrorKind, StudioError

MAX_HEADER = 16 * 2**20
MAX_TENSORS = 50_000
MAX_CONFIG = 2**20
MAX_CHANNELS = 8192
MAX_LAYERS = 128
_DTYPE_BYTES = {
    "F64": 8,
    "I64": 8,
    "U64": 8,
    "F32": 4,
    "I32": 4,
    "U32": 4,
    "F16": 2,
    "BF16": 2,
    "I16": 2,
    "U16": 2,
    "I8": 1,
    "U8": 1,
    "BOOL": 1,
    "F8_E4M3": 1,
    "F8_E5M2": 1,
}
_PICKLES = (".bin", ".ckpt", ".pt", ".pth", ".pkl")
_WEIGHTS = {
    "unet": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "model",
    "text_encoder_2": "model",
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """Shape and type of one tensor, as the header states them."""

    dtype: str
    shape: tuple[int, ...]


def recognise(path: Path) -> Family:
    """The family of the model at `path` (a diffusers folder or a single safetensors file).

    Checks everything that is checked here. Raises StudioError (MODEL) with the reason and what to do.
    """
    try:
        if not path.exists():
            raise _refusal(
                f"There is no model at {path}.", "Check the path, or list the models with `safelight models`."
            )
        return _recognise_folder(path) if path.is_dir() else _recognise_file(path)
    except OSError as error:
        raise _refusal(f"{path} cannot be read: {error.strerror}.", "Check its permissions and the disk.") from error


def weight_files(path: Path) -> list[Path]:
    """The safetensors files of a model, sorted; a single file is its own list."""
    if path.is_file():
        return [path]
    return sorted(file for part in _WEIGHTS for file in (path / part).glob("*.safetensors"))


def weights_size(path: Path) -> int:
    """Bytes of weights on disk."""
    return sum(file.stat().st_size for file in weight_files(path))


def read_header(path: Path) -> dict[str, Tensor]:
    """Names, types and shapes of the tensors in a safetensors file, checked against its real size.

    Raises StudioError (MODEL) when the file is cut, hostile or no safetensors file.
    """
    try:
        return _read_header(path)
    except OSError as error:
        raise _refusal(
            f"{path.name} cannot be read: {error.strerror}.", "Check its permissions and the disk."
        ) from error


# ------------------------------------------------------------------------------------------------ headers


def _read_header(path: Path) -> dict[str, Tensor]:
    _require_ordinary(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        if start[:2] in (b"PK", b"\x80\x02") or start[:1] == b"\x80":
            raise _refusal(
                f"{path.name} is a pickle, which could run code, whatever its name says.",
                "Use the model's safetensors version.",
            )
        if len(start) < 8:
            raise _cut(path)
        length = struct.unpack("<Q", start)[0]
        if length > MAX_HEADER:
            raise _refusal(
                f"The header of {path.name} claims {length:,} bytes; this is no sound safetensors file.",
                "Download the model again from a source you trust.",
            )
        if 8 + length > size:
            raise _cut(path)
        raw = file.read(length)
    return _parse_header(path, raw, size - 8 - length)


def _require_ordinary(path: Path) -> None:
    """A pipe or a device, which may never end, is refused before anything reads it. Raises OSError when it is gone."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise _refusal(f"{path.name} is no ordinary file.", "Put the file itself in its place.")


def _parse_header(path: Path, raw: bytes, data: int) -> dict[str, Tensor]:
    try:
        entries = json.loads(raw)
        entries.pop("__metadata__", None)
        if len(entries) > MAX_TENSORS:
            raise _refusal(
                f"{path.name} claims {len(entries):,} tensors, more than any model has.",
                "Download the model again from a source you trust.",
            )
        tensors, end = {}, 0
        for name, entry in entries.items():
            tensors[name] = Tensor(entry["dtype"], tuple(entry["shape"]))
            end = max(end, _checked_end(entry))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _refusal(f"The header of {path.name} is damaged.", "Download the model again.") from error
    if end > data:
        raise _cut(path)
    return tensors


def _checked_end(entry: dict[str, Any]) -> int:
    """Where the tensor ends in the data, when shape, type and offsets agree; ValueError otherwise."""
    begin, end = entry["data_offsets"]
    shape = entry["shape"]
    if any(not isinstance(side, int) or side < 0 for side in (*shape, begin, end)) or len(shape) > 8:
        raise ValueError("shape")
    if math.prod(shape) * _DTYPE_BYTES[entry["dtype"]] != end - begin:
        raise ValueError("offsets")
    return int(end)


# ------------------------------------------------------------------------------------------------ folders


def _recognise_folder(path: Path) -> Family:
    if not any(path.iterdir()):
        raise _refusal(f"The model folder {path} is empty.", "Download or copy the model into it again.")
    index = path / "model_index.json"
    if not index.is_file():
        raise _refusal(
            f"{path} is no model folder: it has no model_index.json.",
            "Choose the folder that holds model_index.json, or a .safetensors file.",
        )
    for name in _files_inside(path):
        _refuse_escape(path, name)
        if name.exists():  # not so a broken link, which the part that needs it reports
            _require_ordinary(name)
    family = _family_of_configs(path, str(_read_config(index).get("_class_name", "")))
    for part in _parts(family):
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
        raise _refusal(f"{entry.name} in the model folder is a link to itself.", "Delete that link.") from error
    allowed = [home, *(parent / "blobs" for parent in home.parents[:2])]
    if not any(target.is_relative_to(folder) for folder in allowed):
        raise _refusal(
            f"{entry.name} in the model folder is a link that leads out of it.",
            "Copy the file itself into the folder if you trust it.",
        )


def _parts(family: Family) -> tuple[str, ...]:
    encoders = ("text_encoder", "text_encoder_2") if family is Family.SDXL else ("text_encoder",)
    return ("unet", "vae", *encoders)


def _family_of_configs(path: Path, pipeline: str) -> Family:
    if pipeline.startswith("StableDiffusionXL"):
        return Family.SDXL
    if not pipeline.startswith("StableDiffusion"):
        raise _refusal(
            f"{path.name} is a {pipeline or 'nameless'} model, which this version cannot run.",
            "Supported: the starter, Stable Diffusion 1.x and Stable Diffusion XL.",
        )
    unet = _read_config(path / "unet" / "config.json")
    if unet.get("addition_embed_type") == "text" and unet.get("cross_attention_dim") == 384:
        return Family.STARTER
    if unet.get("cross_attention_dim") == 1024:
        raise _refusal(
            f"{path.name} is a Stable Diffusion 2 model, which this version cannot run.",
            "Use a Stable Diffusion 1.x or XL model.",
        )
    return Family.SD1


def _check_part(folder: Path, stem: str) -> None:
    _check_config(folder / "config.json")
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        pickles = [p.name for p in folder.glob("*") if p.suffix.lower() in _PICKLES]
        if pickles:
            raise _refusal(
                f"{folder.name} has its weights only as {pickles[0]}, a pickle, which could run code.",
                "Use the model's safetensors version.",
            )
        raise _refusal(
            f"The weights of {folder.name} are missing.", f"Download {stem}.safetensors into {folder} again."
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
        raise _refusal(
            f"{path.parent.name}/{path.name} names files that are no safetensors files of its folder.",
            "Use the model's safetensors version.",
        )


def _check_config(path: Path) -> None:
    """Refuse configs that would allocate absurd networks."""
    config = _read_config(path)
    for key in ("attn_implementation", "_attn_implementation"):
        if "/" in str(config.get(key, "")):
            raise _refusal(
                f"{path.parent.name}/{path.name} asks for code of a hub ({key}).",
                "Download the model again from a source you trust.",
            )
    for name, value in _numbers(config):
        layers = "layers" in name or (name.startswith("num_") and name.endswith("blocks"))
        width = "channels" in name or name in (
            "hidden_size",
            "intermediate_size",
            "cross_attention_dim",
            "d_model",
            "d_ff",
        )
        if (layers and value > MAX_LAYERS) or (width and value > 4 * MAX_CHANNELS) or value > 2**31:
            raise _refusal(
                f"{path.parent.name}/{path.name} asks for {name} = {value:,}, which no real model has.",
                "Download the model again from a source you trust.",
            )


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
            raise _refusal(f"{path.parent.name}/{path.name} is too large for a config.", "Download the model again.")
        config = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise _refusal(
            f"The model folder lacks {path.parent.name}/{path.name}.", "Download the model again."
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise _refusal(f"{path.parent.name}/{path.name} cannot be read.", "Download the model again.") from error
    if not isinstance(config, dict):
        raise _refusal(f"{path.parent.name}/{path.name} is no config.", "Download the model again.")
    return config


# ------------------------------------------------------------------------------------------------ single files


def _recognise_file(path: Path) -> Family:
    tensors = read_header(path)
    if path.suffix != ".safetensors":  # diffusers goes by the name, and unpickles what is called otherwise
        raise _refusal(f"{path.name} is not named as a safetensors file.", f"Rename it to {path.stem}.safetensors.")
    if any(name.startswith("conditioner.embedders.1") for name in tensors):
        return Family.SDXL
    key = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
    if key in tensors and tensors[key].shape[-1:] == (768,):
        return Family.SD1
    raise _refusal(
        f"{path.name} is no checkpoint of a supported family.",
        "Supported single files: Stable Diffusion 1.x and Stable Diffusion XL.",
    )


def _cut(path: Path) -> StudioError:
    return _refusal(f"{path.name} is cut short.", "Download or copy it again; the rest of the file is missing.")


def _refusal(message: str, hint: str) -> StudioError:
    return StudioError(ErrorKind.MODEL, message, hint, "model")
