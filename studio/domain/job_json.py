"""A job as JSON text, for the journal.

What is nothing by default (None, 0, an empty text or list) and is so in a job is left out: a third of the text is left,
and a later version's other defaults change nothing in it.
"""

import dataclasses
import functools
import json
from collections.abc import Sequence
from typing import Any

from studio.domain.codec import from_json, to_json
from studio.domain.jobs import Job, Task
from studio.domain.recipe import Recipe
from studio.domain.sequence import FrameSequence
from studio.domain.training import Training
from studio.domain.treatment import Deflicker, FlowLoop, Interpolation, Loopify
from studio.domain.upscaling import Upscaling

_KINDS: dict[str, type[Task]] = {
    "recipe": Recipe,
    "training": Training,
    "upscaling": Upscaling,
    "sequence": FrameSequence,
    "flow-loop": FlowLoop,
    "loopify": Loopify,
    "interpolation": Interpolation,
    "deflicker": Deflicker,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def task_to_json(task: Task) -> dict[str, Any]:
    """`{"kind": "recipe", "value": {...}}`."""
    return {"kind": _NAMES[type(task)], "value": _lean(task)}


def task_from_json(value: Any) -> Task:
    """What `task_to_json` wrote. Raises ValueError on anything else."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ValueError("it is no task that this version knows")
    found: Task = from_json(_KINDS[kind], value.get("value"))
    return found


def dumps(job: Job) -> str:
    """One line of JSON with everything in a job."""
    document = _lean(job, but="task")
    document["task"] = task_to_json(job.task)
    return _ENCODER.encode(document)


def loads(text: str) -> Job:
    """Read what `dumps` wrote. Raises ValueError on anything else."""
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return _job(document)


def loads_all(texts: Sequence[str]) -> list[Job | None]:
    """Many jobs at once, in two thirds of the time; None in place of each that `loads` would not read."""
    found: list[Job | None] = []
    for start in range(0, len(texts), _PORTION):
        found += _portion(texts[start : start + _PORTION])
    return found


_PORTION = 200  # jobs that are read at once: with more, Python's collector looks at all of them again and again
_ENCODER = json.JSONEncoder(ensure_ascii=True, check_circular=False, separators=(",", ":"))


def _job(document: Any) -> Job:
    if not isinstance(document, dict):
        raise ValueError("it is no job")
    document["task"] = task_from_json(document.get("task"))
    return from_json(Job, document, "job")


def _portion(texts: Sequence[str]) -> list[Job | None]:
    try:
        documents = json.loads(f"[{','.join(texts)}]")
        if len(documents) == len(texts):
            return [_job(document) for document in documents]
    except (ValueError, RecursionError):
        pass
    return [_or_none(text) for text in texts]


def _or_none(text: str) -> Job | None:
    try:
        return loads(text)
    except ValueError:
        return None


def _lean(value: Any, but: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    kind: Any = type(value)
    for name, nothing in _nothings(kind):
        item = getattr(value, name)
        if name != but and (item or not nothing):
            found[name] = to_json(item)
    return found


@functools.cache
def _nothings(kind: Any) -> tuple[tuple[str, bool], ...]:
    """The fields of a dataclass, and whether each is nothing by default."""
    return tuple((field.name, _default(field) in (None, 0, "", (), {})) for field in dataclasses.fields(kind))


def _default(field: "dataclasses.Field[Any]") -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default
