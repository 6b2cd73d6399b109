"""A job as JSON text, for the journal."""

import json
from typing import Any

from studio.domain.codec import from_json, to_json
from studio.domain.jobs import Job, Task
from studio.domain.recipe import Recipe
from studio.domain.training import Training
from studio.domain.upscaling import Upscaling

_KINDS: dict[str, type[Task]] = {"recipe": Recipe, "training": Training, "upscaling": Upscaling}


def task_to_json(task: Task) -> dict[str, Any]:
    """`{"kind": "recipe", "value": {...}}`."""
    kind = next(name for name, found in _KINDS.items() if isinstance(task, found))
    return {"kind": kind, "value": to_json(task)}


def task_from_json(value: Any) -> Task:
    """What `task_to_json` wrote. Raises ValueError on anything else."""
    if not isinstance(value, dict) or value.get("kind") not in _KINDS:
        raise ValueError("it is no task that this version knows")
    found: Task = from_json(_KINDS[value["kind"]], value.get("value"))
    return found


def dumps(job: Job) -> str:
    """One line of JSON with everything in a job."""
    document = {**_others(job), "task": task_to_json(job.task)}
    return json.dumps(document, ensure_ascii=True, allow_nan=False)


def loads(text: str) -> Job:
    """Read what `dumps` wrote. Raises ValueError on anything else."""
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(document, dict):
        raise ValueError("it is no job")
    task = task_from_json(document.pop("task", None))
    return from_json(Job, {**document, "task": task}, "job")


def _others(job: Job) -> dict[str, Any]:
    values: dict[str, Any] = to_json(job)
    del values["task"]
    return values
