"""The recipe as versioned JSON text: what pictures carry and other programs may read."""

import json
from typing import Any

from studio.domain.codec import from_json, to_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.recipe import Recipe

VERSION = 1


def dumps(recipe: Recipe) -> str:
    """One line of JSON: `{"safelight": 1, "recipe": {...}}`."""
    return json.dumps({"safelight": VERSION, "recipe": to_json(recipe)}, ensure_ascii=False, allow_nan=False)


def loads(text: str) -> Recipe:
    """Read what `dumps` wrote; raises StudioError (INPUT) on anything else."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable("it is not JSON") from error
    if not isinstance(document, dict) or not isinstance(document.get("recipe"), dict):
        raise _unreadable("it holds no recipe")
    return _read(document)


def _read(document: dict[str, Any]) -> Recipe:
    version = document.get("safelight")
    if version != VERSION:
        raise _unreadable(f"it has version {version!r}, and this program reads version {VERSION}")
    try:
        return from_json(Recipe, document["recipe"])
    except ValueError as error:
        raise _unreadable(str(error)) from error


def _unreadable(why: str) -> StudioError:
    return StudioError(
        ErrorKind.INPUT,
        f"The recipe cannot be read: {why}.",
        "Use a recipe written by this program, or update the program.",
    )
