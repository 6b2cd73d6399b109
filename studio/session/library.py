"""The models on disk, and LoRAs and motion modules beside them: found, recognised and named, without loading any."""

import json
from pathlib import Path
from typing import Any

from studio.domain.catalog import FAMILIES, Family, Library, ModelInfo, ModuleInfo, UnusableModel
from studio.domain.codec import from_json
from studio.domain.config_files import is_motion_module
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.model_files import is_for_inpainting, recognise, weights_size
from studio.domain.module_files import recognise_module
from studio.domain.recipe import Recipe, Sampling, validate
from studio.domain.sequence import FrameSequence, Method
from studio.domain.user_paths import exists, expanded
from studio.session.loras import LORAS, scan_loras

CARD = "safelight.json"  # optional, in a model's folder: title, summary, licence, examples, size, sampling, role


def scan(folders: tuple[Path, ...]) -> Library:
    """All models, LoRAs and motion modules in the given folders, the first folder's first; of one name the first wins.

    A folder whose card names a role helps other models (an upscaler, say) and is passed over.
    """
    models: dict[str, ModelInfo] = {}
    modules: dict[str, ModuleInfo] = {}
    unusable = []
    for entry in (entry for folder in folders for entry in _candidates(folder)):
        try:
            if is_motion_module(entry):
                modules.setdefault(entry.name, read_module(entry))
                continue
            model = read_model(entry)
            models.setdefault(model.name, model)
        except StudioError as error:
            unusable.append(UnusableModel(entry.name, str(entry), error.problem.message, error.problem.hint))
    loras, bad_loras = scan_loras(folders)
    return Library(tuple(models.values()), (*unusable, *bad_loras), loras, tuple(modules.values()))


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


def find_module(library: Library, name: str, model: ModelInfo) -> ModuleInfo:
    """The motion module of this name, or at this path, which fits `model`.

    Raises StudioError (MODEL) saying what is wrong with it, or which modules there are.
    """
    module = _named_module(library, name)
    if module.family is not model.family:
        raise _module_problem(
            f"The motion module “{module.name}” moves {FAMILIES[module.family].title} models, and {model.name} is "
            f"{model.traits.title}.",
            "Choose a model that it fits, or do without it.",
        )
    return module


def require_pictures(model: ModelInfo) -> None:
    """Raise StudioError (INPUT) for a model that draws clips, and no single pictures."""
    if model.traits.video:
        raise StudioError(
            ErrorKind.INPUT,
            f"The model {model.name} draws clips, and no single pictures.",
            "Choose another model, or draw a clip with this one.",
            "model",
        )


def require_motion(library: Library, sequence: FrameSequence, model: ModelInfo) -> None:
    """Raise StudioError when nothing could move a clip as it asks: INPUT for a method that the model has not, MODEL
    for a motion module that is missing or does not fit.
    """
    if sequence.module:
        find_module(library, sequence.module, model)
    if model.traits.video and sequence.method is Method.CIRCLE:
        message = f"The model {model.name} draws all frames of a clip together."
        raise StudioError(ErrorKind.INPUT, message, "Choose the method for video models, not the circle.", "method")
    if sequence.method is Method.MOTION and not model.traits.video and not sequence.module:
        raise StudioError(
            ErrorKind.INPUT,
            f"The model {model.name} draws single pictures, and no motion module is chosen.",
            "Choose a motion module, a video model, or the noise circle, which moves any model.",
            "module",
        )


def _named_module(library: Library, name: str) -> ModuleInfo:
    for module in library.modules:
        if module.name == name:
            return module
    for bad in library.unusable:
        if bad.name == name:
            raise _module_problem(bad.reason, bad.hint)
    path = expanded(Path(name))
    if name.strip() and (path.is_absolute() or len(path.parts) > 1 or exists(path)):
        return read_module(path.absolute())
    names = ", ".join(module.name for module in library.modules) or "none are installed"
    raise _module_problem(
        f"There is no motion module “{name[:80]}”.",
        f"Name one of: {names}; or put the folder of an AnimateDiff module into the models folder.",
    )


def _module_problem(message: str, hint: str) -> StudioError:
    return StudioError(ErrorKind.MODEL, message, hint, "module")


def read_module(path: Path) -> ModuleInfo:
    """Recognise the motion module in the folder `path`. Raises StudioError (MODEL)."""
    family, frames = recognise_module(path)
    return ModuleInfo(path.name, str(path), family, weights_size(path), frames)


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
