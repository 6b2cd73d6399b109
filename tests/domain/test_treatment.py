"""Requests for frames without a model: what is wrong with them is told before any work."""

import dataclasses
import math
from fractions import Fraction

import pytest

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.sequence import MAX_FRAMES, Footage
from studio.domain.treatment import (
    MAX_ARROWS,
    MAX_FACTOR,
    Arrow,
    Deflicker,
    FlowLoop,
    Interpolation,
    Loopify,
    Treatment,
    require_valid_treatment,
)

RIGHT = Arrow(0.5, 0.5, 0.1, 0)
FLOW = FlowLoop("still.png", (RIGHT,))
VIDEO = Footage(("clip.mp4",))
SOUND: list[Treatment] = [FLOW, Loopify(VIDEO), Interpolation(VIDEO), Deflicker(VIDEO)]


@pytest.mark.parametrize("task", SOUND, ids=lambda task: type(task).__name__)
def test_usual_requests_are_right(task: Treatment) -> None:
    require_valid_treatment(task)


WRONG: list[tuple[Treatment, dict[str, object], str]] = [
    (FLOW, {"path": ""}, "path"),
    (FLOW, {"arrows": ()}, "arrows"),
    (FLOW, {"arrows": (RIGHT,) * (MAX_ARROWS + 1)}, "arrows"),
    (FLOW, {"arrows": (RIGHT, Arrow(0.5, math.nan, 0, 0))}, "arrows"),
    (FLOW, {"arrows": (Arrow(0.5, 0.5, math.inf, 0),)}, "arrows"),
    (FLOW, {"frames": 1}, "frames"),
    (FLOW, {"frames": MAX_FRAMES + 1}, "frames"),
    (FLOW, {"reach": 0.0}, "reach"),
    (FLOW, {"reach": math.nan}, "reach"),
    (FLOW, {"reach": 1.5}, "reach"),
    (Loopify(VIDEO), {"least": 1}, "least"),
    (Loopify(VIDEO), {"least": 12, "most": 11}, "most"),
    (Loopify(VIDEO), {"blend": -1}, "blend"),
    (Interpolation(VIDEO), {"factor": 1}, "factor"),
    (Interpolation(VIDEO), {"factor": MAX_FACTOR + 1}, "factor"),
    (Deflicker(VIDEO), {"strength": 0.0}, "strength"),
    (Deflicker(VIDEO), {"strength": 1.1}, "strength"),
    (Deflicker(VIDEO), {"strength": math.nan}, "strength"),
]
WRONG += [(task, {"rate": Fraction(rate)}, "rate") for task in SOUND for rate in (0, -1, 241)]
WRONG += [(task, {"source": Footage(())}, "source") for task in SOUND[1:]]


@pytest.mark.parametrize(
    ("task", "changes", "field"), WRONG, ids=[f"{at}-{field}" for at, (*_, field) in enumerate(WRONG)]
)
def test_what_is_wrong_is_told_with_what_to_do(task: Treatment, changes: dict[str, object], field: str) -> None:
    with pytest.raises(StudioError) as error:
        require_valid_treatment(dataclasses.replace(task, **changes))  # type: ignore[arg-type]
    problem = error.value.problem
    assert (problem.kind, problem.field) == (ErrorKind.INPUT, field) and problem.message and problem.hint
