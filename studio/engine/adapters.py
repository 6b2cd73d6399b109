"""LoRAs on a loaded model: attached by peft, weighed, and taken off again exactly.

A LoRA adds `weight`·(α/r)·BAx to what a layer answers (Hu et al. 2021). The small matrices run beside the layer and are
never added into its weights, so the bare model comes back bit for bit. They stay attached between jobs that want them.
"""

import contextlib
import json
import re
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import safe_open

from studio.domain.catalog import FAMILIES, Family
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.lora_files import read_lora
from studio.domain.model_digest import model_digest
from studio.domain.recipe import Recipe
from studio.engine.failures import while_loading
from studio.engine.libraries import diffusers, torch
from studio.engine.models import Adapter, LoadedModel, Poll

_SETTINGS_KEY = "lora_adapter_metadata"  # where diffusers keeps peft's settings, as JSON
_DOWN, _UP = ".lora_A.weight", ".lora_B.weight"
_KOHYA = "lora_"
# How older versions of diffusers call layers and matrices, and its translation of kohya's names still does.
_DENOISER_SPELLINGS = (
    (".processor.", "."),
    *((f".to_{letter}_lora.", f".to_{letter}.lora.") for letter in "qkv"),
    (".to_out_lora.", ".to_out.0.lora."),
)
_TEXT_SPELLINGS = (
    *((f".to_{letter}_lora.", f".{letter}_proj.lora.") for letter in "qkv"),
    (".to_out_lora.", ".out_proj.lora."),
    (".lora_linear_layer.", ".lora."),
)
_SPELLINGS = ((".lora.down.weight", _DOWN), (".lora.up.weight", _UP))
_ANOTHER = "It was made for another model, or its file is damaged; choose one that was made for this model."


@dataclass(frozen=True, slots=True)
class Pair:
    """The matrices of one layer, `down` (r, in, …) and `up` (out, r, …), and the factor α/r before them."""

    down: torch.Tensor
    up: torch.Tensor
    scale: float


Layers = dict[str, dict[str, Pair]]  # by component of the pipeline, then by name of the layer


def adapters_of(recipe: Recipe, paths: Sequence[str], family: Family, poll: Poll) -> tuple[Adapter, ...]:
    """The LoRAs of a recipe, found at `paths` in its order, with their content hashes.

    One that waits for its trigger has weight 0 where the prompt lacks it: the base is then exactly what it was.

    Raises StudioError (MODEL) when one is damaged, unsafe or made for another family.
    """
    return tuple(
        _identified(Path(path), lora.weight, recipe.prompt, family, poll)
        for lora, path in zip(recipe.loras, paths, strict=True)
    )


def fit(model: LoadedModel, adapters: Sequence[Adapter], poll: Poll) -> None:
    """Let `model` carry these LoRAs and no others; one of weight 0 is as if it were not there.

    Files that are attached already are not read again. Raises StudioError (MODEL) when one does not fit; whatever is
    raised leaves the bare model.
    """
    wanted = tuple(adapter for adapter in adapters if adapter.weight != 0)
    if [adapter.digest for adapter in wanted] != [adapter.digest for adapter in model.adapters]:
        detach(model)
        with contextlib.ExitStack() as undo:
            undo.callback(detach, model)
            for index, adapter in enumerate(wanted):
                poll()
                _attach(model, _name(index), adapter.path)
            undo.pop_all()
    _weigh(model, wanted)


def detach(model: LoadedModel) -> None:
    """Take all LoRAs off; the model is bit for bit what it was before."""
    for network in _networks(model):
        if hasattr(network, "peft_config"):
            diffusers.utils.recurse_remove_peft_layers(network)
            del network.peft_config
            network._hf_peft_config_loaded = False  # where diffusers and transformers note that there is one
    model.adapters = ()
    model.conditioner.variant = ()


def _identified(path: Path, weight: float, prompt: str, family: Family, poll: Poll) -> Adapter:
    found = read_lora(path)
    if found.family is not family:
        raise _problem(
            f"The LoRA {found.name} was made for {FAMILIES[found.family].title}, not for {FAMILIES[family].title}.",
            "Take it out, or choose a model that it fits.",
        )
    return Adapter(path, model_digest(path, poll), weight if found.acts_on(prompt) else 0)


def _name(index: int) -> str:
    return f"lora{index}"


def _networks(model: LoadedModel) -> tuple[Any, ...]:
    return (*model.conditioner.networks(), model.denoiser)


# ------------------------------------------------------------------------------------------------ attaching


def _attach(model: LoadedModel, name: str, path: Path) -> None:
    with while_loading(path, "LoRA"):
        layers = read_layers(path, model.text_to_image)
        for component, pairs in layers.items():
            network = model.text_to_image.components.get(component)
            if network is None:
                raise _problem(f"The LoRA {path.name} changes a {component}, which this model lacks.", _ANOTHER)
            _inject(network, name, _fitted(network, pairs, path))


def _fitted(network: Any, pairs: Mapping[str, Pair], path: Path) -> dict[str, Pair]:
    """The pairs in the shape and number format of the layers they belong to. Raises StudioError (MODEL)."""
    modules = dict(network.named_modules())
    prefix = "text_model."  # of CLIP's layers in older versions of transformers
    found = {}
    for written, pair in pairs.items():
        layer = written if written in modules else written.removeprefix(prefix)
        found[layer] = _shaped(modules.get(layer), layer, pair, path)
    return found


def _shaped(module: Any, layer: str, pair: Pair, path: Path) -> Pair:
    module = module.get_base_layer() if hasattr(module, "get_base_layer") else module  # of another LoRA
    if not isinstance(module, torch.nn.Linear | torch.nn.Conv2d):
        raise _problem(f"The LoRA {path.name} changes “{layer[-80:]}”, which this model lacks.", _ANOTHER)
    weight, rank = module.weight, pair.down.shape[0]
    inside, outside = weight.shape[1:], (1,) * (weight.ndim - 2)
    if pair.up.numel() != weight.shape[0] * rank or pair.down.numel() != rank * inside.numel():
        raise _problem(
            f"The LoRA {path.name} does not fit this model: “{layer[-80:]}” has another size.",
            _ANOTHER,
        )
    if not (torch.isfinite(pair.down).all() and torch.isfinite(pair.up).all()):
        raise _problem(f"The LoRA {path.name} holds numbers that are infinite or none at all.", _ANOTHER)
    down, up = pair.down.to(weight), pair.up.to(weight)
    return Pair(down.reshape(rank, *inside), up.reshape(weight.shape[0], rank, *outside), pair.scale)


def _inject(network: Any, name: str, pairs: Mapping[str, Pair]) -> None:
    import peft  # only who uses LoRAs pays for it: half a second

    ranks = {layer: pair.down.shape[0] for layer, pair in pairs.items()}
    usual = Counter(ranks.values()).most_common(1)[0][0]
    others = {f"^{re.escape(layer)}": rank for layer, rank in ranks.items() if rank != usual}
    config = peft.LoraConfig(
        r=usual, lora_alpha=usual, rank_pattern=others, target_modules=list(pairs), inference_mode=True
    )
    keys = {f"{layer}{part}": torch.empty(0) for layer in pairs for part in (_DOWN, _UP)}
    with warnings.catch_warnings():  # several LoRAs on one network are meant
        warnings.filterwarnings("ignore", "Already found a `peft_config`", UserWarning)
        peft.inject_adapter_in_model(config, network, name, low_cpu_mem_usage=True, state_dict=keys)
    for layer, pair in pairs.items():
        module = network.get_submodule(layer)
        module.lora_A[name].weight = torch.nn.Parameter(pair.down, requires_grad=False)
        module.lora_B[name].weight = torch.nn.Parameter(pair.up, requires_grad=False)
        module.lora_alpha[name] = pair.scale * ranks[layer]


def _weigh(model: LoadedModel, wanted: tuple[Adapter, ...]) -> None:
    names = [_name(index) for index in range(len(wanted))]
    for network in _networks(model) if wanted else ():
        for module in network.modules():
            if hasattr(module, "lora_A"):
                module.set_adapter([name for name in names if name in module.lora_A], inference_mode=True)
                for name, adapter in zip(names, wanted, strict=True):
                    module.set_scale(name, adapter.weight)
    texts = [set(getattr(network, "peft_config", ())) for network in model.conditioner.networks()]
    reading = (name in set().union(*texts) for name in names)
    model.conditioner.variant = tuple(
        f"{adapter.digest}:{adapter.weight}" for adapter, reads in zip(wanted, reading, strict=True) if reads
    )
    model.adapters = wanted


# ------------------------------------------------------------------------------------------------ reading


def read_layers(path: Path, pipeline: Any) -> Layers:
    """The matrices in a LoRA file for a pipeline of its family; diffusers translates the names of other programs."""
    with safe_open(path, framework="pt") as file:
        state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        settings = _settings((file.metadata() or {}).get(_SETTINGS_KEY, ""))
    alphas = {
        id(state[f"{layer}.lora_down.weight"]): float(alpha)
        for layer, alpha in ((key.removesuffix(".alpha"), value) for key, value in state.items() if _is_alpha(key))
    }
    if all(key.startswith(_KOHYA) for key in state):
        state, _ = pipeline.lora_state_dict(state, unet_config=pipeline.unet.config)
    components = {key.partition(".")[0] for key in state}
    return {
        component: _pairs(_in_peft_names(component, state), alphas, settings.get(component, {}))
        for component in sorted(components)
    }


def _is_alpha(key: str) -> bool:
    return key.endswith(".alpha")


def _in_peft_names(component: str, state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The part of one component, by the names of its layers and peft's of the matrices."""
    prefix = f"{component}."
    spellings = _TEXT_SPELLINGS if component.startswith("text_encoder") else _DENOISER_SPELLINGS
    part = {}
    for key, value in state.items():
        if key.startswith(prefix):
            name = key.removeprefix(prefix)
            for old, new in (*spellings, *_SPELLINGS):
                name = name.replace(old, new)
            part[name] = value
    return part


def _pairs(
    part: Mapping[str, torch.Tensor], alphas: Mapping[int, float], settings: Mapping[str, Any]
) -> dict[str, Pair]:
    found = {}
    for key, down in part.items():
        if key.endswith(_DOWN):
            layer, rank = key.removesuffix(_DOWN), down.shape[0]
            alpha = alphas.get(id(down), _alpha(layer, rank, settings))
            found[layer] = Pair(down, part[f"{layer}{_UP}"], alpha / rank)
    if 2 * len(found) != len(part):
        raise ValueError("some of its matrices have no partner")
    return found


def _settings(text: str) -> dict[str, dict[str, Any]]:
    """peft's settings by component; nothing where there are none that make sense."""
    found: dict[str, dict[str, Any]] = {}
    try:
        entries = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return found
    for key, value in entries.items() if isinstance(entries, dict) else ():
        component, _, name = key.partition(".")
        found.setdefault(component, {})[name] = value
    return found


def _alpha(layer: str, rank: int, settings: Mapping[str, Any]) -> float:
    """α as peft was told; r where the file does not say, which makes the factor 1."""
    alpha = settings.get("lora_alpha", rank)
    patterns = settings.get("alpha_pattern")
    for pattern, value in patterns.items() if isinstance(patterns, dict) else ():
        name = pattern.removeprefix("^")  # names of layers, not patterns: those of strangers are not searched with
        if layer == name or layer.endswith(f".{name}"):
            alpha = value
    alpha = float(alpha) if isinstance(alpha, int | float) else float(rank)
    return alpha * rank**0.5 if settings.get("use_rslora") is True else alpha


def _problem(message: str, hint: str) -> StudioError:
    return StudioError(ErrorKind.MODEL, message, hint, "loras")
