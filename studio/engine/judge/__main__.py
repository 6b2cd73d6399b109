"""Judge models: `python -m studio.engine.judge REQUEST`, where `safelight bench starter` is the command for people.

REQUEST is one JSON document (see `Request`). The result is one JSON document on standard output, {"error": …} when it
cannot be done; progress goes to standard error.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.domain.catalog import ModelInfo
from studio.domain.codec import from_json, to_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.messages import WorkerOptions
from studio.domain.recipe import MAX_BATCH, STARTER
from studio.engine.judge.evaluation import Bench, Judgement, draw, judge, known, open_bench
from studio.engine.judge.page import Judged, write_page
from studio.engine.run import StudioEngine, create
from studio.imaging.files import require_writable
from studio.resources import resources


@dataclass(frozen=True, slots=True)
class Request:
    """Models to judge on the same prompts, seeds and distractors; `page` is a folder for the evaluation page, or ""."""

    models: tuple[ModelInfo, ...]
    seeds: int = 2
    page: str = ""


def main(arguments: Sequence[str]) -> int:
    """Carry out the request; the exit code is 1 when it could not be done."""
    try:
        request = from_json(Request, json.loads(arguments[0]))
        result = evaluate(request, _open, create(WorkerOptions("auto")), _tell)
    except StudioError as error:
        print(json.dumps({"error": to_json(error.problem)}))
        return 1
    print(json.dumps(result))
    return 0


def evaluate(
    request: Request, open_it: Callable[[], Bench], engine: StudioEngine, tell: Callable[[str], None]
) -> dict[str, Any]:
    """The figures of each model and of real pictures; writes the page if one is wanted.

    Raises StudioError: INPUT for a number of seeds out of range, DISK when the page's folder cannot be written, and
    what opening the bench and drawing raise.
    """
    if not 1 <= request.seeds <= MAX_BATCH:
        message = f"{request.seeds} seeds cannot be drawn."
        raise StudioError(ErrorKind.INPUT, message, f"Choose 1 to {MAX_BATCH} with --seeds.")
    folder = Path(request.page) if request.page else None
    if folder is not None:
        require_writable(folder)
    bench = open_it()
    judged = {
        name: _judged(model, name, request.seeds, bench, engine, tell) for name, model in _named(request.models).items()
    }
    ceiling = judge(bench.reference.ceiling, bench)
    if folder is not None:
        write_page(folder, judged, ceiling, bench, resources() / "fonts" / "Inter-Regular.ttf")
    return {
        "prompts": len(bench.prompts),
        "seeds": request.seeds,
        "models": {name: _figures(found.judgement) for name, found in judged.items()},
        "real pictures": _figures(ceiling),
    }


def _open() -> Bench:
    return open_bench(resources() / "evaluation", resources() / "models" / STARTER)


def _named(models: Sequence[ModelInfo]) -> dict[str, ModelInfo]:
    """Models by their names, or by their paths where two have one name."""
    names = [model.name for model in models]
    return {model.name if names.count(model.name) == 1 else model.path: model for model in models}


def _judged(
    model: ModelInfo, name: str, seeds: int, bench: Bench, engine: StudioEngine, tell: Callable[[str], None]
) -> Judged:
    total = seeds * len(bench.prompts)
    with tempfile.TemporaryDirectory() as store:
        drawn = draw(model, bench.prompts, seeds, engine, Path(store), lambda done: tell(f"{name}: {done} of {total}"))
    return Judged(model, drawn, judge(known(drawn, bench.scorer), bench))


def _figures(judgement: Judgement) -> dict[str, Any]:
    return {name: to_json(figure) for name, figure in judgement.figures.items()}


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
