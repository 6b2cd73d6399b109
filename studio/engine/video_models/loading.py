"""Models made for video, from diffusers folders: by classes of our own choice, with parts that fit each other."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.domain.catalog import FAMILIES, Family
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.model_files import weights_size
from studio.engine.libraries import diffusers, torch, transformers
from studio.engine.loading import PartLoader, read_json
from studio.engine.models import LoadedModel
from studio.engine.sampling import NoiseSchedule, noise_schedule
from studio.engine.video_models.coding import StillCoder, VideoCoder
from studio.engine.video_models.words import T5Conditioner

# Tokens of a prompt, as many as diffusers' own pipelines read.
_WAN_TOKENS, _LTX_TOKENS = 512, 128
_NEW_LTX_TOKENS = 256  # of LTX-Video 0.9.5 and later, which name another pipeline
# What decides LTX-Video's schedule beside the shift; the rest of its scheduler config is left alone.
_DYNAMIC = {
    "shift": (0.0, 100.0),
    "base_shift": (0.0, 100.0),
    "max_shift": (0.0, 100.0),
    "shift_terminal": (0.0, 1.0),
    "base_image_seq_len": (1.0, 2.0**20),
    "max_image_seq_len": (1.0, 2.0**20),
}


def open_video_model(loader: PartLoader, digest: str) -> LoadedModel:
    """Load the folder of an identified Wan or LTX-Video model. Raises StudioError (MODEL) when its parts do not fit."""
    if loader.plan.dtype is torch.float16:  # in which T5 and these transformers overflow
        loader.plan = dataclasses.replace(loader.plan, dtype=loader.plan.upcast_vae)
    model = _open_wan(loader, digest) if loader.family is Family.WAN else _open_ltx(loader, digest)
    if not model.schedule.is_flow:
        raise _misfit(loader.path, f"its scheduler is for another kind of model: {FAMILIES[model.family].title} flows")
    return model


def coder_of(model: LoadedModel, seed: int = 0) -> VideoCoder:
    """The autoencoder of a video model; `seed` decides what it draws."""
    config = model.vae.config
    if model.family is Family.WAN:
        mean, spread = torch.tensor(config.latents_mean), torch.tensor(config.latents_std)
        return VideoCoder(model.vae, mean, spread, int(config.scale_factor_temporal), seed)
    scale, ratio = float(config.scaling_factor), int(model.vae.temporal_compression_ratio)
    ahead = not config.decoder_causal
    return VideoCoder(model.vae, model.vae.latents_mean, model.vae.latents_std / scale, ratio, seed, looks_ahead=ahead)


def still_coder(model: LoadedModel) -> StillCoder:
    """The autoencoder of a video model as one for pictures."""
    return StillCoder(coder_of(model))


def multiple_of(model: LoadedModel) -> int:
    """The granularity of picture sizes that a loaded video model takes, in pixels."""
    patch = model.denoiser.config.patch_size
    along = int(patch[1]) if isinstance(patch, list | tuple) else int(patch)
    return max(FAMILIES[model.family].size_multiple, model.vae_scale * along)


# ------------------------------------------------------------------------------------------------ Wan


def _open_wan(loader: PartLoader, digest: str) -> LoadedModel:
    path, options = loader.path, [name for name in ("transformer_2", "image_encoder") if (loader.path / name).is_dir()]
    loader.total = 3 + len(options)
    parts = {
        "text_encoder": loader.network(transformers.UMT5EncoderModel, "text_encoder"),
        "tokenizer": _tokenizer(path, _WAN_TOKENS),
        "transformer": loader.network(diffusers.WanTransformer3DModel, "transformer"),
        "transformer_2": None,
        "vae": loader.network(diffusers.AutoencoderKLWan, "vae").float(),  # as its makers decode; it is small
    }
    if "transformer_2" in options:
        parts["transformer_2"] = loader.network(diffusers.WanTransformer3DModel, "transformer_2")
    pictures: dict[str, Any] = {"image_encoder": None, "image_processor": None}
    if "image_encoder" in options:
        pictures["image_encoder"] = loader.network(transformers.CLIPVisionModel, "image_encoder")
        processor = transformers.CLIPImageProcessor.from_pretrained(path / "image_processor", local_files_only=True)
        pictures["image_processor"] = processor
    _check_wan(path, parts, pictures)
    settings = _wan_settings(path, read_json(path / "model_index.json"), parts)
    schedule = noise_schedule(read_json(path / "scheduler" / "scheduler_config.json"))
    pipes = (
        diffusers.WanPipeline(**parts, scheduler=_flow_placeholder(), **settings),
        diffusers.WanImageToVideoPipeline(**parts, **pictures, scheduler=_flow_placeholder(), **settings),
    )
    words = T5Conditioner(parts["tokenizer"], parts["text_encoder"], masked=True)
    return _model(loader, digest, schedule, words, pipes)


def _check_wan(path: Path, parts: Mapping[str, Any], pictures: Mapping[str, Any]) -> None:
    vae, wide = parts["vae"].config, parts["text_encoder"].config.d_model
    for network in filter(None, (parts["transformer"], parts["transformer_2"])):
        config = network.config
        if config.text_dim != wide or config.out_channels != vae.z_dim:
            raise _misfit(path, "its transformer reads other text or other latents than its other parts give")
        if config.in_channels not in (vae.z_dim, 2 * vae.z_dim + vae.scale_factor_temporal):
            raise _misfit(path, f"its transformer reads {config.in_channels} channels, as no known one does")
        if config.image_dim is not None and pictures["image_encoder"] is None:
            raise _misfit(path, "its folder image_encoder is missing")
    if len(vae.latents_mean) != vae.z_dim or len(vae.latents_std) != vae.z_dim or 0 in vae.latents_std:
        raise _misfit(path, "the scale of its latents is damaged")


def _wan_settings(path: Path, index: Mapping[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    """Where the second transformer takes over, as a share of the noise; and how a first picture is given (Wan 2.2)."""
    boundary, expands = index.get("boundary_ratio"), index.get("expand_timesteps", False)
    sound = boundary is None or (isinstance(boundary, int | float) and 0 <= boundary <= 1)
    if not sound or not isinstance(expands, bool) or (boundary is None) != (parts["transformer_2"] is None):
        raise _misfit(path, "its model_index.json does not say when its second transformer takes over")
    return {"boundary_ratio": boundary, "expand_timesteps": expands}


# ------------------------------------------------------------------------------------------------ LTX-Video


def _open_ltx(loader: PartLoader, digest: str) -> LoadedModel:
    path = loader.path
    loader.total = 3
    new = read_json(path / "model_index.json").get("_class_name") == "LTXConditionPipeline"
    parts = {
        "text_encoder": loader.network(transformers.T5EncoderModel, "text_encoder"),
        "tokenizer": _tokenizer(path, _NEW_LTX_TOKENS if new else _LTX_TOKENS),
        "transformer": loader.network(diffusers.LTXVideoTransformer3DModel, "transformer"),
        "vae": loader.network(diffusers.AutoencoderKLLTXVideo, "vae"),
    }
    config, wide = parts["transformer"].config, parts["text_encoder"].config.d_model
    if config.patch_size != 1 or config.patch_size_t != 1 or config.in_channels != config.out_channels:
        raise _misfit(path, "its transformer reads latents in patches, which this version cannot give it")
    if config.caption_channels != wide or config.in_channels != parts["vae"].config.latent_channels:
        raise _misfit(path, "its transformer reads other text or other latents than its other parts give")
    schedule = _ltx_schedule(path, read_json(path / "scheduler" / "scheduler_config.json"))
    kinds = diffusers.LTXPipeline, diffusers.LTXConditionPipeline
    pipes = (kinds[0](**parts, scheduler=_flow_placeholder()), kinds[1](**parts, scheduler=_flow_placeholder()))
    return _model(
        loader, digest, schedule, T5Conditioner(parts["tokenizer"], parts["text_encoder"], masked=False), pipes
    )


def _ltx_schedule(path: Path, config: Mapping[str, Any]) -> NoiseSchedule:
    """The schedule, with what makes its shift follow the number of latents."""
    found = {name: config[name] for name in _DYNAMIC if config.get(name) is not None}
    for name, value in found.items():
        low, high = _DYNAMIC[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise _misfit(path, f"its scheduler has an impossible {name}")
    dynamic = config.get("use_dynamic_shifting") is True
    return NoiseSchedule({**noise_schedule(config).settings, **found, "use_dynamic_shifting": dynamic})


# ------------------------------------------------------------------------------------------------ both


def _tokenizer(path: Path, tokens: int) -> Any:
    kind = transformers.T5TokenizerFast
    return kind.from_pretrained(
        path / "tokenizer", model_max_length=tokens, local_files_only=True, trust_remote_code=False
    )


def _flow_placeholder() -> Any:
    """A scheduler that pipelines accept; each run sets its own."""
    return diffusers.FlowMatchEulerDiscreteScheduler()


def _model(
    loader: PartLoader, digest: str, schedule: NoiseSchedule, words: T5Conditioner, pipes: tuple[Any, Any]
) -> LoadedModel:
    for pipe in pipes:
        pipe.set_progress_bar_config(disable=True)
    path = loader.path
    return LoadedModel(path, loader.family, digest, weights_size(path), schedule, words, *pipes)


def _misfit(path: Path, reason: str) -> StudioError:
    return StudioError(
        ErrorKind.MODEL,
        f"The model {path.name} cannot be used: {reason}.",
        "Download the model again; its parts may belong to different models.",
        "model",
    )
