"""`safelight bench`: the suites of the engine and of the window, each in a process of its own."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from studio.cli.judging import chosen, judged, print_judgement
from studio.cli.program import note, print_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.recipe import STARTER
from studio.resources import resources

ENGINE_MODULE = "studio.engine.bench"
JUDGED = "starter"
SUITES = {
    "starter": (ENGINE_MODULE, "starter"),
    "overhead": (ENGINE_MODULE, "overhead"),
    "defaults": (ENGINE_MODULE, "defaults"),
    "cancel": (ENGINE_MODULE, "cancel"),
    "checkpoint": (ENGINE_MODULE, "checkpoint"),
    "train": (ENGINE_MODULE, "train"),
    "window": ("studio.ui.bench",),
    "canvas": ("studio.ui.paint.bench",),
    "queue": ("studio.session.bench",),
    "queue-panel": ("studio.ui.queue.bench",),
}


@dataclass(frozen=True, slots=True)
class Judging:
    """What `bench starter` judges: models by name or path, the number of pictures of each prompt, and the folder for
    the evaluation page."""

    models: tuple[str, ...] = ()
    seeds: int = 2
    page: Path | None = None


def bench(suite: str, judging: Judging, as_json: bool) -> int:
    """Carry out the command; "" runs all suites. The exit code is 1 when a suite did not run through.

    Only `starter` by name judges pictures: that takes minutes, the rest seconds.
    """
    if suite and suite not in SUITES:
        raise StudioError(ErrorKind.INPUT, f"There is no suite “{suite}”.", f"Choose one of: {', '.join(SUITES)}.")
    if suite == JUDGED:
        return _judge(judging, as_json)
    if judging != Judging():
        message = "Only the suite starter takes --model, --seeds and --page."
        raise StudioError(ErrorKind.INPUT, message, "Write: safelight bench starter --model …")
    results: dict[str, Any] = {}
    for name in [suite] if suite else SUITES:
        if not as_json:
            note(f"Measuring: {name} …")
        found = run_suite((*SUITES[name], *_on_shipped_model(name)))
        results[name] = found.get(name, found)
        if not as_json:
            _print(name, results[name])
    if as_json:
        print_json(results)
    return 1 if any("error" in result for result in results.values()) else 0


def _judge(judging: Judging, as_json: bool) -> int:
    models = chosen(judging.models or (STARTER,))
    speed = {}
    for model in models:
        note(f"Timing {model.name} …")
        found = run_suite((*SUITES[JUDGED], "--model", model.path))
        speed[model.path] = found.get(JUDGED, found)
    note("Judging the pictures of the held-out prompts …")
    judgement = judged(models, judging.seeds, judging.page)
    if as_json:
        print_json({JUDGED: {"speed": speed, "judgement": judgement}})
    else:
        for path, figures in speed.items():
            _print(path, figures)
        print_judgement(judgement)
    return 1 if any("error" in figures for figures in speed.values()) else 0


def _on_shipped_model(suite: str) -> tuple[str, ...]:
    """The engine times a model of random weights, which cost the same, unless it is given one."""
    starter = resources() / "models" / STARTER
    return ("--model", str(starter)) if suite == "starter" and starter.is_dir() else ()


def run_suite(command: tuple[str, ...]) -> dict[str, Any]:
    """The figures of one suite, or what it said as "error"."""
    done = subprocess.run(
        [sys.executable, "-m", *command, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        result = json.loads(done.stdout)
    except ValueError:
        result = None
    if done.returncode or not isinstance(result, dict):
        words = done.stderr.strip().splitlines()
        return {"error": words[-1] if words else f"It ended with exit code {done.returncode}."}
    return result


def _print(name: str, result: dict[str, Any]) -> None:
    if result and all(isinstance(value, dict) and "limit" in value for value in result.values()):
        Console().print(_against_limits(name, result))
        return
    table = Table(name, "", box=None)
    for key, value in _flat(result):
        table.add_row(key, value)
    Console().print(table)


def _against_limits(name: str, result: dict[str, dict[str, Any]]) -> Table:
    """Figures that say whether their limit was met; seconds as milliseconds."""
    table = Table(name, "wall", "own cpu", "limit", "met", box=None)
    for key, figure in result.items():
        shown = [figure["wall"], figure["cpu"], figure["limit"]]
        seconds = figure["unit"] == "s"
        numbers = (f"{value * 1000:.1f} ms" if seconds else f"{value:.2f}" for value in shown)
        table.add_row(key, *numbers, figure["met"])
    return table


def _flat(value: Any, name: str = "") -> list[tuple[str, str]]:
    """Names and values of a nested result, figures to four digits."""
    if isinstance(value, dict):
        return [row for key, inner in value.items() for row in _flat(inner, f"{name} {key}".strip())]
    if isinstance(value, list):
        return [row for number, inner in enumerate(value, 1) for row in _flat(inner, f"{name} {number}".strip())]
    return [(name, f"{value:.4g}" if isinstance(value, float) else str(value))]
