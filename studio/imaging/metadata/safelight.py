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
from studio.domain.plan import Plan, Rung
from studio.domain.recipe import Recipe

PNG_KEYWORD = "safelight"
JOB_KEYWORD = "safelight-job"  # of pictures without a recipe of ours: the job that made the file
NAME = "Safelight"
SOFTWARE = f"{NAME} {studio.__version__}"


@dataclass(frozen=True, slots=True)
class Capsule:
    """What made the picture: program, device, number format, and versions of the libraries below it.

    Together with the recipe, whose `model_hash` names the weights, it decides every byte of the pixels. `rung` is the
    plan's by its name in lower case, "" for the full one, and `job` the job and the index ("ID#INDEX") in whose journal
    the picture's way is kept. Files of older versions have neither these nor `attention` and `threads`.
    """

    software: str = SOFTWARE
    device: str = ""
    device_name: str = ""
    dtype: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    attention: str = ""
    threads: int = 0
    rung: str = ""
    job: str = ""

    @classmethod
    def of(cls, engine: Ready | None, job: str = "", plan: Plan | None = None) -> "Capsule":
        """The capsule of a running engine that follows `plan`; of the program alone when nothing is known of it."""
        rung = plan.rung.name.lower() if plan and plan.rung is not Rung.FULL else ""
        if engine is None:
            return cls(rung=rung, job=job)
        device, dtype = (plan.device, plan.dtype) if plan else ("", "")
        return cls(
            SOFTWARE, device or engine.device, engine.device_name, dtype or engine.dtype, dict(engine.versions),
            engine.attention, engine.threads, rung, job,
        )  # fmt: skip


def write(recipe: Recipe, capsule: Capsule) -> str:
    """The text for our chunk: what `recipe_json.dumps` writes, and the capsule under "made_with"."""
    return json.dumps(_document(recipe, capsule), ensure_ascii=False, allow_nan=False)


def write_ascii(recipe: Recipe, capsule: Capsule) -> str:
    """The same in ASCII without control characters, for places that do not take every character."""
    return json.dumps(_document(recipe, capsule), ensure_ascii=True, allow_nan=False)


def _document(recipe: Recipe, capsule: Capsule) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(recipe_json.dumps(_discreet(recipe)))
    return {**document, "made_with": to_json(capsule)}


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
