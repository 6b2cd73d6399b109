"""Our own metadata: the recipe as JSON, and a capsule of what it was carried out with."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import studio
from studio.domain import recipe_json
from studio.domain.codec import from_json, to_json
from studio.domain.messages import Ready
from studio.domain.recipe import Recipe

PNG_KEYWORD = "safelight"
NAME = "Safelight"
SOFTWARE = f"{NAME} {studio.__version__}"


@dataclass(frozen=True, slots=True)
class Capsule:
    """What made the picture: program, device, number format, and versions of the libraries below it.

    Together with the recipe, whose `model_hash` names the weights, it decides every byte of the pixels.
    """

    software: str = SOFTWARE
    device: str = ""
    device_name: str = ""
    dtype: str = ""
    versions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, engine: Ready | None) -> "Capsule":
        """The capsule of a running engine; only the program's name when nothing is known of it."""
        if engine is None:
            return cls()
        return cls(SOFTWARE, engine.device, engine.device_name, engine.dtype, dict(engine.versions))


def write(recipe: Recipe, capsule: Capsule) -> str:
    """The text for our chunk: what `recipe_json.dumps` writes, and the capsule under "made_with"."""
    document: dict[str, Any] = json.loads(recipe_json.dumps(_discreet(recipe)))
    return json.dumps({**document, "made_with": to_json(capsule)}, ensure_ascii=False, allow_nan=False)


def read(text: str) -> tuple[Recipe, Capsule]:
    """What `write` wrote; a bad capsule reads as an empty one. Raises StudioError (INPUT) without a sound recipe."""
    recipe = recipe_json.loads(text)
    try:
        return recipe, from_json(Capsule, json.loads(text).get("made_with", {}))
    except ValueError:
        return recipe, Capsule(software="")


def _discreet(recipe: Recipe) -> Recipe:
    """The recipe with paths in the user's home folder written as ~/…: a shared picture need not tell a user's name."""
    source = recipe.source and dataclasses.replace(recipe.source, path=_from_home(recipe.source.path))
    loras = tuple(dataclasses.replace(lora, name=_from_home(lora.name)) for lora in recipe.loras)
    inpaint = recipe.inpaint and dataclasses.replace(
        recipe.inpaint, image=_from_home(recipe.inpaint.image), mask=_from_home(recipe.inpaint.mask)
    )
    return dataclasses.replace(recipe, model=_from_home(recipe.model), source=source, loras=loras, inpaint=inpaint)


def _from_home(path: str) -> str:
    try:
        return f"~/{Path(path).relative_to(Path.home()).as_posix()}"
    except (ValueError, RuntimeError):
        return path
