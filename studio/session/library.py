"""The models on disk, and LoRAs beside them: found, recognised and named, without loading any."""

import json
from pathlib import Path
from typing import Any

from studio.domain.catalog import Family, Library, ModelInfo, UnusableModel
from studio.domain.codec import from_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.model_files import is_for_inpainting, recognise, weights_size
from studio.domain.recipe import Recipe, Sampling, validate
from studio.domain.user_paths import exists, expanded
from studio.session.loras import LORAS, scan_loras

CARD = "safelight.json"  # optional, in a model's folder: title, summary, licence, examples, size, sampling, role


def scan(folders: tuple[Path, ...]) -> Library:
    """All models and LoRAs in the given folders, the first folder's first; the first of two with one name wins.

    A folder whose card names a role helps other models (an upscaler, say) and is passed over.
    """
    models: dict[str, ModelInfo] = {}
    unusable = []
    for entry in (entry for folder in folders for entry in _candidates(folder)):
        try:
            model = read_model(entry)
            models.setdefault(model.name, model)
        except StudioError as error:
            unusable.append(UnusableModel(entry.name, str(entry), error.problem.message, error.problem.hint))
    loras, bad_loras = scan_loras(folders)
    return Library(tuple(models.values()), (*unusable, *bad_loras), loras)


def _candidates(folder: Path) -> list[Path]:
    """What may be a model; nothing where the folder is missing or closed to us."""
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith(".") and entry.name != LORAS)
        found = [entry for entry in entries if entry.suffix.lower() == ".safetensors" or entry.is_dir()]
        return [entry for entry in found if "role" not in _read_card(entry / CARD)]
    except OSError:
        return []


def find(library: Library, name: str) -> ModelInfo:
    """The model of this name, or at this path.

    Raises StudioError (MODEL) saying what is wrong with it, or which models there are.
    """
    for model in library.models:
        if model.name == name:
            return model
    for bad in library.unusable:
        if bad.name == name:
            raise StudioError(ErrorKind.MODEL, bad.reason, bad.hint, "model")
    path = expanded(Path(name))
    if name.strip() and (path.is_absolute() or len(path.parts) > 1 or exists(path)):
        return read_model(path.absolute())
    names = ", ".join(model.name for model in library.models) or "none are installed"
    raise StudioError(
        ErrorKind.MODEL,
        f"There is no model “{name[:80]}”.",
        f"Name one of: {names}; or give the path of a model folder or .safetensors file.",
        "model",
    )


def read_model(path: Path) -> ModelInfo:
    """Recognise the model at `path`. Raises StudioError (MODEL)."""
    family = recognise(path)
    try:
        size = weights_size(path)
    except OSError as error:
        raise StudioError(
            ErrorKind.MODEL,
            f"{path.name} cannot be read: {error.strerror}.",
            "Check its permissions and the disk.",
            "model",
        ) from error
    return _described(path, family, size, _read_card(path / CARD))


def _described(path: Path, family: Family, size: int, card: dict[str, Any]) -> ModelInfo:
    name = path.stem if path.is_file() else path.name
    try:
        model = ModelInfo(
            name,
            str(path),
            family,
            size,
            title=str(card.get("title", name)),
            summary=str(card.get("summary", "")),
            licence=str(card.get("licence", "")),
            examples=tuple(str(example) for example in card.get("examples", ())),
            size=from_json(Size, card["size"]) if "size" in card else None,
            sampling=from_json(Sampling, card["sampling"]) if "sampling" in card else None,
            inpainting=is_for_inpainting(path),
        )
        _check_defaults(model)
        return model
    except (ValueError, TypeError) as error:
        raise StudioError(
            ErrorKind.MODEL,
            f"{path.name}/{CARD} is damaged: {error}.",
            "Correct or delete that file; the model works without it.",
            "model",
        ) from error


def _check_defaults(model: ModelInfo) -> None:
    """Raise ValueError when the settings a card recommends could not be used."""
    recipe = Recipe(model=model.name, size=model.default_size, sampling=model.default_sampling)
    for problem in validate(recipe, model.traits.size_multiple):
        raise ValueError(problem.message.rstrip("."))
    if recipe.sampling.sampler not in {sampler.id for sampler in model.samplers()}:
        raise ValueError(f"the model cannot use the sampler “{recipe.sampling.sampler}”")


def _read_card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return card if isinstance(card, dict) else {}
