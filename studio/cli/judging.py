"""The judge on the command line: how good the starter's pictures are, and the files that it judges with made anew.

It works in a process of its own (`studio.engine.judge`), as all that loads the engine does.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from studio.domain.catalog import ModelInfo
from studio.domain.codec import from_json, to_json
from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.user_paths import expanded
from studio.resources import resources
from studio.session import library
from studio.session.paths import Paths

JUDGE = "studio.engine.judge"
MAKING = "studio.engine.judge.making"


def chosen(names: Sequence[str]) -> tuple[ModelInfo, ...]:
    """The models of these names or paths. Raises StudioError (MODEL) for one that is not there."""
    found = library.scan((resources() / "models", Paths.of_user().models))
    return tuple(library.find(found, name) for name in dict.fromkeys(names))


def judged(models: Sequence[ModelInfo], seeds: int, page: Path | None) -> dict[str, Any]:
    """The judge's figures of all `models` on the same prompts, seeds and distractors; progress goes to standard error.

    `page` is a folder for the evaluation page. Raises StudioError with what the judge said, or INTERNAL when it ended
    without a word.
    """
    folder = "" if page is None else str(expanded(page).absolute())
    return _answer(JUDGE, {"models": to_json(tuple(models)), "seeds": seeds, "page": folder})


def made(folder: Path, numbers: Mapping[str, int]) -> dict[str, Any]:
    """Make the judge's files anew in `folder`; `numbers` as in `studio.engine.judge.making.Making`. How many pictures
    each was made of. Raises StudioError as `judged` does."""
    return _answer(MAKING, {"folder": str(expanded(folder).absolute()), **numbers})


def _answer(module: str, request: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-m", module, json.dumps(request)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    try:
        result = json.loads(done.stdout)
    except ValueError:
        result = None
    if not isinstance(result, dict):
        raise StudioError(
            ErrorKind.INTERNAL,
            f"The judge ended with exit code {done.returncode}.",
            "What it said is above; please report it.",
        )
    if "error" in result:
        problem = from_json(Problem, result["error"])
        raise StudioError(problem.kind, problem.message, problem.hint, problem.field)
    return result


def print_judgement(result: dict[str, Any]) -> None:
    """A table: a row for each figure, a column for each model, real pictures last."""
    columns = {**result["models"], "real pictures": result["real pictures"]}
    table = Table(f"{result['prompts']} prompts × {result['seeds']}", *columns, box=None)
    for name in result["real pictures"]:
        table.add_row(name, *(_cell(figures.get(name)) for figures in columns.values()))
    Console().print(table)


def _cell(figure: dict[str, float | None] | None) -> str:
    if figure is None:
        return ""
    interval = "" if figure["low"] is None else f" ({figure['low']:.3f} to {figure['high']:.3f})"
    return f"{figure['value']:.3f}{interval}"
