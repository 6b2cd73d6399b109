"""`safelight inspect`, `safelight models` and `safelight plugins`."""

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from studio.cli.program import harmless, note, print_json
from studio.domain import model_files
from studio.domain.catalog import FAMILIES, LoraInfo, ModelInfo
from studio.domain.codec import to_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.lora_files import is_lora, read_lora, training_of
from studio.domain.model_digest import model_digest
from studio.domain.tensor_files import read_header
from studio.domain.user_paths import exists, expanded
from studio.imaging import metadata
from studio.imaging.metadata import PictureInfo
from studio.resources import resources
from studio.session import library
from studio.session.captioners import plugin_folders
from studio.session.loras import LORAS
from studio.session.paths import Paths
from studio.session.plugins import Plugin
from studio.session.plugins import load as load_plugins

_MODEL_SUFFIXES = (".safetensors", ".ckpt", ".pt", ".pth", ".bin")


def inspect(path: Path, as_json: bool) -> int:
    """Carry out `inspect`. Raises StudioError for what is neither a picture nor a clip nor a model."""
    path = expanded(path)
    if not exists(path):
        raise StudioError(ErrorKind.INPUT, f"There is no file {path}.", "Check the path.")
    warnings: tuple[str, ...] = ()
    if path.is_dir() or path.suffix.lower() in _MODEL_SUFFIXES:
        facts = _of_weights(path.absolute())
    else:
        facts, warnings = _of_file(path)
    if as_json:
        print_json({"path": str(path.absolute()), **facts, "warnings": list(warnings)})
        return 0
    _print_facts(facts)
    for warning in warnings:
        note(f"warning: {warning}")
    return 0


def _of_file(path: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    from studio.cli.clip_inspection import facts_of_clip  # the readers of video take a while to load

    if (clip := facts_of_clip(path)) is not None:
        return clip
    info = metadata.read(path)
    return _of_picture(info), info.warnings


def models(as_json: bool) -> int:
    """Carry out `models`."""
    folder = Paths.of_user().models
    found = library.scan((resources() / "models", folder))
    if as_json:
        print_json(
            {
                "folder": str(folder),
                "models": [_of_listed(model) for model in found.models],
                "loras": [_of_listed_lora(lora) for lora in found.loras],
                "modules": [{**dataclasses.asdict(each), "family": each.family.value} for each in found.modules],
                "unusable": [dataclasses.asdict(bad) for bad in found.unusable],
            }
        )
        return 0
    table = Table("model", "family", "size", "path", box=None)
    for model in found.models:
        name, path = harmless(model.name), harmless(model.path)
        table.add_row(Text(name), model.traits.title, _megabytes(model.bytes), Text(path, overflow="fold"))
    console = Console(soft_wrap=False)
    console.print(table if found.models else "No models are installed.")
    if found.loras:
        console.print(_table_of_loras(found.loras))
    for module in found.modules:
        line = f"motion module for {FAMILIES[module.family].title}: {module.name} ({module.frames} frames at a time)"
        console.print(Text(harmless(line)), soft_wrap=True, highlight=False)
    for bad in found.unusable:
        line = harmless(f"not usable: {bad.name}: {bad.reason} {bad.hint}")
        console.print(Text(line), soft_wrap=True, highlight=False)
    where = f"Add models to {folder}, LoRAs to {folder / LORAS}"
    console.print(Text(where), soft_wrap=True, highlight=False)
    return 0


def plugins(as_json: bool) -> int:
    """Carry out `plugins`; it loads them, which runs their code."""
    folders = plugin_folders(Paths.of_user())
    found = load_plugins(folders)
    if as_json:
        print_json({"folder": str(folders[-1]), "plugins": [_of_plugin(plugin) for plugin in found]})
        return 0
    table = Table("plugin", "offers", "what it does", "path", box=None)
    for plugin in (plugin for plugin in found if plugin.module):
        texts = (plugin.name, f"captions: {plugin.title}", plugin.about, str(plugin.path))
        table.add_row(*(Text(harmless(text), overflow="fold") for text in texts))
    console = Console(soft_wrap=False)
    console.print(table if table.row_count else "There are no plugins.")
    for line in (str(plugin.problem) for plugin in found if plugin.problem):
        console.print(Text(harmless(f"not usable: {line}")), soft_wrap=True, highlight=False)
    console.print(Text(harmless(f"Add plugins to {folders[-1]}")), soft_wrap=True, highlight=False)
    return 0


def _of_plugin(plugin: Plugin) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "path": str(plugin.path),
        "usable": plugin.module is not None,
        "offers": ["captioner"] if plugin.module else [],
        "title": plugin.title,
        "about": plugin.about,
        "problem": str(plugin.problem) if plugin.problem else "",
    }


def _table_of_loras(loras: tuple[LoraInfo, ...]) -> Table:
    table = Table("LoRA", "for", "rank", "trigger", "size", "path", box=None)
    for lora in loras:
        name, trigger, path = (Text(harmless(text), overflow="fold") for text in (lora.name, lora.trigger, lora.path))
        table.add_row(
            name, FAMILIES[lora.family].title, str(lora.rank), trigger, f"{lora.bytes / 2**20:,.1f} MiB", path
        )
    return table


def _of_listed_lora(lora: LoraInfo) -> dict[str, Any]:
    return {**dataclasses.asdict(lora), "family": lora.family.value}


def _of_weights(path: Path) -> dict[str, Any]:
    return _of_lora(path) if path.is_file() and is_lora(path) else _of_model(library.read_model(path))


def _of_lora(path: Path) -> dict[str, Any]:
    return {
        "kind": "lora",
        **_of_listed_lora(read_lora(path)),
        "parameters": _parameters([path]),
        "hash": model_digest(path),
        "training": training_of(path),
    }


def _of_listed(model: ModelInfo) -> dict[str, Any]:
    return {
        "name": model.name,
        "title": model.title,
        "family": model.family.value,
        "bytes": model.bytes,
        "path": model.path,
        "size": str(model.default_size),
        "sampling": to_json(model.default_sampling),
        "samplers": [sampler.id for sampler in model.samplers()],
    }


def _of_model(model: ModelInfo) -> dict[str, Any]:
    files = model_files.weight_files(Path(model.path))
    return {
        "kind": "model",
        **_of_listed(model),
        "parameters": _parameters(files),
        "hash": model_digest(Path(model.path)),
        "summary": model.summary,
        "licence": model.licence,
    }


def _of_picture(info: PictureInfo) -> dict[str, Any]:
    return {
        "kind": "picture",
        "format": info.format,
        "size": str(info.size),
        "software": info.software,
        "generated": info.generated,
        "recipe": to_json(info.recipe) if info.recipe else None,
        "made_with": to_json(info.capsule) if info.capsule else None,
        "parameters": info.parameters,
        "fields": info.fields,
    }


def _parameters(files: list[Path]) -> int:
    return sum(math.prod(tensor.shape) for file in files for tensor in read_header(file).values())


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB"


def _print_facts(facts: dict[str, Any]) -> None:
    """One line for each fact that is there; raw texts only where they could not be understood."""
    hidden = {"kind", "examples", "samplers"} | ({"fields", "parameters"} if facts.get("recipe") else set())
    console = Console(soft_wrap=True)
    for name, value in _flat({key: value for key, value in facts.items() if key not in hidden}):
        console.print(Text(harmless(f"{name + ':':<24} {value}")), highlight=False)


def _flat(facts: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            value = {str(index): item for index, item in enumerate(value)}
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        elif value not in ("", None, [], False):
            yield f"{prefix}{name}", f"{value:,}" if name in ("bytes", "parameters") else str(value)
