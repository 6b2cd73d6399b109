"""Recognise a model on disk from its configs and safetensors headers, without loading or unpickling anything.

The bounds of `config_files` and `tensor_files` refuse files made to exhaust memory or time (a 160,000 channel
config) before a library sees them.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from studio.domain.catalog import FAMILIES, Family
from studio.domain.config_files import is_motion_module, read_config, require_sound_config
from studio.domain.errors import StudioError
from studio.domain.tensor_files import Tensor, read_header, refusal, require_ordinary

_PICKLES = (".bin", ".ckpt", ".pt", ".pth", ".pkl")
_ALTERNATIVES = {"text_encoder_3": ", or delete that folder to do without T5"}
_SD3_TRANSFORMER = "SD3Transformer2DModel"
_FIRST_KEY = "model.diffusion_model.input_blocks.0.0.weight"  # of a UNet: (width, channels, 3, 3)
_LATENTS, _INPAINTING = 4, 9  # channels a UNet reads: latents; or latents, a mask and the latents of the masked picture
_SD3_KEY = "model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight"
_VIDEO_PIPELINES = {
    "WanPipeline": Family.WAN,
    "WanImageToVideoPipeline": Family.WAN,
    "WanVideoToVideoPipeline": Family.WAN,
    "LTXPipeline": Family.LTX,
    "LTXImageToVideoPipeline": Family.LTX,
    "LTXConditionPipeline": Family.LTX,
}
_VIDEO_PARTS = {
    Family.WAN: {"transformer": "WanTransformer3DModel", "vae": "AutoencoderKLWan"},
    Family.LTX: {"transformer": "LTXVideoTransformer3DModel", "vae": "AutoencoderKLLTXVideo"},
}
_WAN_OPTIONS = ("transformer_2", "image_encoder")  # parts that only some models have
_WEIGHTS = {
    "unet": "diffusion_pytorch_model",
    "transformer": "diffusion_pytorch_model",
    "transformer_2": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "model",
    "text_encoder_2": "model",
    "text_encoder_3": "model",
    "image_encoder": "model",
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
    return unet.is_file() and read_config(unet).get("in_channels") == _INPAINTING


def draws_clips(path: Path) -> bool:
    """Is the model at `path` one for video, as far as its model_index.json tells? False where that is unreadable."""
    try:
        index = path / "model_index.json"
        return index.is_file() and str(read_config(index).get("_class_name", "")) in _VIDEO_PIPELINES
    except (OSError, StudioError):
        return False


def weight_files(path: Path) -> list[Path]:
    """The safetensors files of a model or a motion module, sorted; a single file is its own list."""
    if path.is_file():
        return [path]
    parts = (path,) if is_motion_module(path) else tuple(path / part for part in _WEIGHTS)
    return sorted(file for part in parts for file in part.glob("*.safetensors"))


def weights_size(path: Path) -> int:
    """Bytes of weights on disk."""
    return sum(file.stat().st_size for file in weight_files(path))


# ------------------------------------------------------------------------------------------------ folders


def _recognise_folder(path: Path) -> Family:
    if not any(path.iterdir()):
        raise refusal(f"The model folder {path} is empty.", "Download or copy the model into it again.")
    index = path / "model_index.json"
    if is_motion_module(path):
        raise refusal(
            f"{path.name} is a motion module, which sets a model in motion and is none by itself.",
            "Choose a Stable Diffusion 1 model, and this module beside it in a clip.",
        )
    if not index.is_file():
        raise refusal(
            f"{path} is no model folder: it has no model_index.json.",
            "Choose the folder that holds model_index.json, or a .safetensors file.",
        )
    require_inside(path)
    family = _family_of_configs(path, str(read_config(index).get("_class_name", "")))
    for part in _parts(path, family):
        check_part(path / part, _WEIGHTS[part])
    return family


def require_inside(path: Path) -> None:
    """Raise StudioError (MODEL) for links that lead out of the folder, and for files that are no ordinary ones."""
    for name in _files_inside(path):
        _refuse_escape(path, name)
        if name.exists():  # not so a broken link, which the part that needs it reports
            require_ordinary(name)


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
    if family in _VIDEO_PARTS:
        options = _WAN_OPTIONS if family is Family.WAN else ()
        return ("transformer", "vae", "text_encoder", *(part for part in options if (path / part).is_dir()))
    encoders = ("text_encoder", "text_encoder_2") if family is Family.SDXL else ("text_encoder",)
    return ("unet", "vae", *encoders)


def has_third_encoder(path: Path) -> bool:
    """Does the folder of a Stable Diffusion 3 model hold its T5? The model can do without, and many leave it out."""
    return (path / "text_encoder_3").is_dir()


def _family_of_configs(path: Path, pipeline: str) -> Family:
    if pipeline.startswith("StableDiffusionXL"):
        _require_known_input(path.name, read_config(path / "unet" / "config.json").get("in_channels", _LATENTS))
        return Family.SDXL
    if pipeline.startswith("StableDiffusion3"):
        return _family_of_transformer(path)
    if pipeline in _VIDEO_PIPELINES:
        return _checked_video(path, _VIDEO_PIPELINES[pipeline])
    if not pipeline.startswith("StableDiffusion"):
        raise refusal(
            f"{path.name} is a {pipeline or 'nameless'} model, which this version cannot run.",
            "Supported: the starter, Stable Diffusion 1.x, XL and 3, Wan and LTX-Video.",
        )
    unet = read_config(path / "unet" / "config.json")
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
    kind = read_config(path / "transformer" / "config.json").get("_class_name", _SD3_TRANSFORMER)
    if kind != _SD3_TRANSFORMER:
        raise refusal(
            f"The transformer of {path.name} is a {str(kind)[:60]}, which this version cannot run.",
            "Use a Stable Diffusion 3 or 3.5 model.",
        )
    return Family.SD3


def _checked_video(path: Path, family: Family) -> Family:
    """The family of a video model whose networks are of the kinds that belong to it; others share their pipelines."""
    for part, kind in _VIDEO_PARTS[family].items():
        found = read_config(path / part / "config.json").get("_class_name", kind)
        if found != kind:
            raise refusal(
                f"The {part} of {path.name} is a {str(found)[:60]}, which this version cannot run.",
                f"Use a {FAMILIES[family].title} model whose {part} is a {kind}.",
            )
    return family


def check_part(folder: Path, stem: str) -> None:
    """Raise StudioError (MODEL) when the config or the weights of one network, `stem`.safetensors, are unsound."""
    require_sound_config(folder / "config.json")
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
    shards = read_config(path).get("weight_map")
    names = shards.values() if isinstance(shards, dict) else ["nothing"]
    if any(not isinstance(name, str) or "/" in name or not name.endswith(".safetensors") for name in names):
        raise refusal(
            f"{path.parent.name}/{path.name} names files that are no safetensors files of its folder.",
            "Use the model's safetensors version.",
        )


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
