"""The LoRAs on disk: found, recognised and named, and chosen for a model."""

from pathlib import Path

from studio.domain.catalog import FAMILIES, Library, LoraInfo, ModelInfo, UnusableModel
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.lora_files import read_lora
from studio.domain.user_paths import exists, expanded

LORAS = "loras"  # the folder of LoRAs inside a folder of models
_SUFFIXES = (".safetensors", ".pt", ".ckpt", ".bin")  # pickles too, to say why they are not taken


def scan_loras(folders: tuple[Path, ...]) -> tuple[tuple[LoraInfo, ...], tuple[UnusableModel, ...]]:
    """The LoRAs inside the given folders of models by title, and what cannot be used; of one name the first wins."""
    loras: dict[str, LoraInfo] = {}
    unusable = []
    for file in (file for folder in folders for file in _candidates(folder / LORAS)):
        try:
            lora = read_lora(file)
        except StudioError as error:
            unusable.append(UnusableModel(file.stem, str(file), error.problem.message, error.problem.hint))
            continue
        if lora.name in loras:
            reason = f"Another LoRA has the name “{lora.name}”: {loras[lora.name].path}."
            unusable.append(UnusableModel(lora.name, lora.path, reason, "Rename one of the two files."))
        else:
            loras[lora.name] = lora
    return tuple(sorted(loras.values(), key=lambda lora: lora.title.lower())), tuple(unusable)


def find_lora(library: Library, name: str, model: ModelInfo) -> LoraInfo:
    """The LoRA of this name, or at this path, which fits `model`.

    Raises StudioError (MODEL) saying what is wrong with it, or which fitting ones there are.
    """
    lora = _named(library, name, model)
    if lora.family is not model.family:
        raise _problem(
            f"The LoRA “{lora.name}” was made for {FAMILIES[lora.family].title}, and the model {model.name} is "
            f"{model.traits.title}.",
            f"Take it out, or choose a model that it fits. {_fitting(library, model)}",
        )
    return lora


def _named(library: Library, name: str, model: ModelInfo) -> LoraInfo:
    for lora in library.loras:
        if lora.name == name:
            return lora
    for bad in library.unusable:
        if bad.name == name and LORAS in Path(bad.path).parts:
            raise _problem(bad.reason, bad.hint)
    path = expanded(Path(name))
    if name.strip() and (path.is_absolute() or len(path.parts) > 1 or exists(path)):
        if not exists(path):
            raise _problem(f"There is no LoRA at {path}.", f"Check the path. {_fitting(library, model)}")
        try:
            return read_lora(path.absolute())
        except StudioError as error:
            raise _problem(error.problem.message, error.problem.hint) from error
    raise _problem(
        f"There is no LoRA “{name[:80]}”.",
        f"{_fitting(library, model)} A LoRA can also be named by the path of its .safetensors file.",
    )


def _candidates(folder: Path) -> list[Path]:
    """What may be a LoRA, also in folders inside; nothing where the folder is missing or closed to us."""
    try:
        found = sorted(file for file in folder.rglob("*") if file.suffix.lower() in _SUFFIXES)
        return [file for file in found if not file.name.startswith(".") and not file.is_dir()]
    except OSError:
        return []


def _fitting(library: Library, model: ModelInfo) -> str:
    names = ", ".join(lora.name for lora in library.loras_for(model.family))
    return f"These fit {model.name}: {names}." if names else f"There is none for {model.name} yet."


def _problem(message: str, hint: str) -> StudioError:
    return StudioError(ErrorKind.MODEL, message, hint, "loras")
