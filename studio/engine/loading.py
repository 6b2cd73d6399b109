"""Models from disk: diffusers folders and single checkpoint files, by classes of our own choice, never theirs."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from studio.domain.catalog import FAMILIES, Family
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.model_digest import model_digest
from studio.domain.model_files import has_third_encoder, is_for_inpainting, recognise, weights_size
from studio.engine import libraries as lib
from studio.engine.conditioning import Appendix, Conditioner, TextEncoder
from studio.engine.device import DevicePlan
from studio.engine.failures import while_loading
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel, Poll
from studio.engine.sampling import noise_schedule, placeholder
from studio.resources import resources

Report = Callable[[int, int], None]
Settle = Callable[[Any], None]
T5_TOKENS = 256  # of a prompt, as many as diffusers' own pipeline reads
_SAFE = {"local_files_only": True, "use_safetensors": True}


def identify(path: Path, poll: Poll) -> tuple[Family, str]:
    """Family and content hash of the model at `path`. Raises StudioError (MODEL) when it is unsafe or unknown."""
    family = recognise(path)
    with while_loading(path):
        return family, model_digest(path, poll)


def open_model(
    path: Path,
    family: Family,
    digest: str,
    plan: DevicePlan,
    poll: Poll,
    report: Report,
    settle: Settle = lambda network: None,
) -> LoadedModel:
    """Load an identified model as `plan` says; `poll` runs between its parts and `report(done, total)` counts them.

    `settle` is called for each network as soon as that is on its device, and may lay its weights elsewhere.
    Raises StudioError: MODEL when it is damaged, MEMORY when it does not fit.
    """
    with while_loading(path), lib.quiet():
        loader = PartLoader(path, family, plan, poll, report, settle)
        if FAMILIES[family].video:
            from studio.engine.video_models.loading import open_video_model  # it needs what stands above

            return open_video_model(loader, digest)
        parts = loader.folder_parts() if path.is_dir() else loader.file_parts()
        return _assembled(path, family, digest, parts, plan)


class PartLoader:
    """Loads one part of a model after the other and counts them."""

    def __init__(
        self, path: Path, family: Family, plan: DevicePlan, poll: Poll, report: Report, settle: Settle
    ) -> None:
        self.path, self.family, self.plan, self.poll, self.report = path, family, plan, poll, report
        self.settle = settle
        self.suffixes = _encoder_suffixes(path, family)
        self.total = len(self.suffixes) + 2
        self.done = 0

    def folder_parts(self) -> dict[str, Any]:
        """The pipeline's components from a diffusers folder."""
        parts: dict[str, Any] = {}
        for suffix in self.suffixes:
            parts[f"text_encoder{suffix}"] = self.network(self._encoder_class(suffix), f"text_encoder{suffix}")
            parts[f"tokenizer{suffix}"] = self._tokenizer(f"tokenizer{suffix}")
        if self.family is Family.SD3:
            parts["transformer"] = self.network(lib.SD3_TRANSFORMER, "transformer")
        else:
            parts["unet"] = self.network(lib.UNET, "unet")
        parts["vae"] = self.network(self._autoencoder_class(), "vae")
        parts["schedule"] = read_json(self.path / "scheduler" / "scheduler_config.json")
        parts["index"] = read_json(self.path / "model_index.json")
        return parts

    def file_parts(self) -> dict[str, Any]:
        """The components from a single checkpoint, with the configs that ship with the program."""
        configs = config_folder(self.family)
        self.poll()
        given: dict[str, Any] = {"tokenizer": clip_tokenizer("<|endoftext|>")}
        if self.family is Family.SDXL:
            given["tokenizer_2"] = clip_tokenizer("!")
        if is_for_inpainting(self.path):
            given["unet"] = self._inpainting_unet(configs)
        pipe = _kinds(self.family)[0].from_single_file(
            str(self.path),
            config=str(configs),
            local_files_only=True,
            torch_dtype=self.plan.dtype,
            scheduler=placeholder(),
            **given,
        )
        names = ("text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2", "unet", "vae")
        parts = {name: pipe.components[name] for name in names if pipe.components.get(name) is not None}
        for network in (part for part in parts.values() if isinstance(part, torch.nn.Module)):
            self.counted(network)
        parts["schedule"] = read_json(configs / "scheduler" / "scheduler_config.json")
        parts["index"] = read_json(configs / "model_index.json")
        return parts

    def _inpainting_unet(self, configs: Path) -> Any:
        """The UNet of a single file that reads nine channels; the shipped config is of one that reads four."""
        return lib.UNET.from_single_file(
            str(self.path),
            config=str(configs),
            subfolder="unet",
            local_files_only=True,
            torch_dtype=self.plan.dtype,
            in_channels=9,
        )

    def _encoder_class(self, suffix: str) -> Any:
        if self.family is Family.STARTER:
            return lib.BERT
        if suffix == "_3":
            return lib.T5
        return lib.CLIP_PROJECTED if suffix or self.family is Family.SD3 else lib.CLIP

    def _autoencoder_class(self) -> Any:
        return lib.AUTOENCODERS[read_json(self.path / "vae" / "config.json").get("_class_name", "AutoencoderKL")]

    def _tokenizer(self, name: str) -> Any:
        options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        if name == "tokenizer_3":
            return lib.T5_TOKENIZER.from_pretrained(self.path / name, model_max_length=T5_TOKENS, **options)
        kind = lib.BERT_TOKENIZER if self.family is Family.STARTER else lib.CLIP_TOKENIZER
        return kind.from_pretrained(self.path / name, **options)

    def network(self, kind: Any, name: str) -> Any:
        """The network of class `kind` in the folder `name`, on its device. Raises StudioError (MODEL) when it lacks
        weights.
        """
        self.poll()
        folder = self.path / name
        options: dict[str, Any] = {**_SAFE, "torch_dtype": self.plan.dtype, "output_loading_info": True}
        if not _plain_weights(folder):
            options["variant"] = "fp16"
        network, found = kind.from_pretrained(folder, **options)
        missing = sorted(found["missing_keys"])
        if missing:
            raise StudioError(
                ErrorKind.MODEL,
                f"The weights of {name} lack {len(missing)} tensors, such as {missing[0]}.",
                "Download the model again; these weights do not belong to its config.",
                "model",
            )
        return self.counted(network)

    def counted(self, network: Any) -> Any:
        """The network, set to infer and on its device; reported as one part more."""
        moved = network.eval().requires_grad_(False).to(self.plan.device)
        self.settle(moved)
        self.done += 1
        self.report(self.done, self.total)
        return moved


def clip_tokenizer(pad: str) -> Any:
    """CLIP's tokenizer from the vocabulary that ships with the program; SDXL pads its second one with "!"."""
    folder = resources() / "configs" / "clip"
    names = str(folder / "vocab.json"), str(folder / "merges.txt")
    return lib.CLIP_TOKENIZER(*names, model_max_length=77, pad_token=pad)


def config_folder(family: Family) -> Path:
    """The folder of the configs and tokenizers for single files of this family."""
    folder = resources() / "configs" / family.value
    if folder.is_dir():
        return folder
    raise StudioError(
        ErrorKind.ENVIRONMENT,
        f"The configs for {family.value} checkpoints are missing.",
        "Install the program again, or use the model as a diffusers folder.",
    )


def _encoder_suffixes(path: Path, family: Family) -> tuple[str, ...]:
    """How the names of the text encoders end."""
    if family is Family.SD3:
        return ("", "_2", "_3") if has_third_encoder(path) else ("", "_2")
    return ("", "_2") if family is Family.SDXL else ("",)


def _plain_weights(folder: Path) -> bool:
    return any(".fp16" not in file.name for file in folder.glob("*.safetensors"))


def read_json(path: Path) -> Mapping[str, Any]:
    """A config. Raises ValueError or OSError when it is none."""
    found = json.loads(path.read_text("utf-8"))
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} is no config")
    return found


def _assembled(path: Path, family: Family, digest: str, parts: dict[str, Any], plan: DevicePlan) -> LoadedModel:
    schedule = noise_schedule(parts.pop("schedule"))
    if FAMILIES[family].flow and not schedule.is_flow:
        raise StudioError(
            ErrorKind.MODEL,
            f"The scheduler in {path.name} is for another kind of model: {FAMILIES[family].title} is a flow.",
            "Download its folder scheduler again.",
            "model",
        )
    index = parts.pop("index")
    parts["transformer" if family is Family.SD3 else "unet"].to(memory_format=plan.memory_format)
    _prepare_autoencoder(parts["vae"], family, plan)
    zero_negative = family is Family.SDXL and bool(index.get("force_zeros_for_empty_prompt", True))
    text_to_image, image_to_image = (_pipeline(kind, family, parts, zero_negative) for kind in _kinds(family))
    return LoadedModel(
        path,
        family,
        digest,
        weights_size(path),
        schedule,
        Conditioner(_encoders(family, parts), zero_negative, _appendix(parts) if family is Family.SD3 else None),
        text_to_image,
        image_to_image,
    )


def _prepare_autoencoder(vae: Any, family: Family, plan: DevicePlan) -> None:
    """SDXL's autoencoder overflows in float16, unless its config says that it was mended."""
    if family is Family.SDXL and plan.dtype is torch.float16 and getattr(vae.config, "force_upcast", True):
        vae.to(plan.upcast_vae)
    vae.to(memory_format=plan.memory_format)


def _kinds(family: Family) -> tuple[Any, Any]:
    return {Family.SDXL: lib.SDXL_PIPELINES, Family.SD3: lib.SD3_PIPELINES}.get(family, lib.SD_PIPELINES)


def _pipeline(kind: Any, family: Family, parts: dict[str, Any], zero_negative: bool) -> Any:
    if family is Family.SDXL:
        pipe = kind(**parts, scheduler=placeholder(), add_watermarker=False, force_zeros_for_empty_prompt=zero_negative)
    elif family is Family.SD3:
        pipe = kind(**{"text_encoder_3": None, "tokenizer_3": None, **parts}, scheduler=placeholder())
    else:
        pipe = kind(
            **parts, scheduler=placeholder(), safety_checker=None, feature_extractor=None, requires_safety_checker=False
        )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _encoders(family: Family, parts: dict[str, Any]) -> tuple[TextEncoder, ...]:
    first, tokenizer = parts["text_encoder"], parts["tokenizer"]
    if family in (Family.SDXL, Family.SD3):
        second = TextEncoder(parts["tokenizer_2"], parts["text_encoder_2"], penultimate=True)
        return TextEncoder(tokenizer, first, penultimate=True), second
    if family is Family.STARTER:
        return (TextEncoder(tokenizer, first, chunks=1),)
    return (TextEncoder(tokenizer, first),)


def _appendix(parts: dict[str, Any]) -> Appendix:
    """T5 of a Stable Diffusion 3 model, whose text encoders must suit its transformer."""
    config, network = parts["transformer"].config, parts.get("text_encoder_3")
    clips = [parts[name].config for name in ("text_encoder", "text_encoder_2")]
    width = int(config.joint_attention_dim)
    if (
        sum(clip.hidden_size for clip in clips) > width
        or sum(clip.projection_dim for clip in clips) != config.pooled_projection_dim
        or (network is not None and network.config.d_model != width)
    ):
        raise StudioError(
            ErrorKind.MODEL,
            "The text encoders of this model have other widths than its transformer reads.",
            "Download the model again; these parts belong to different models.",
            "model",
        )
    encoder = None if network is None else TextEncoder(parts["tokenizer_3"], network, chunks=1)
    return Appendix(encoder, T5_TOKENS, width)
