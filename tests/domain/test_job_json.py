"""Jobs as JSON: nothing is lost, and nothing is half understood."""

import dataclasses
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.errors import ErrorKind, Problem
from studio.domain.job_json import dumps, loads, loads_all, task_from_json, task_to_json
from studio.domain.jobs import Cost, Job, JobState, Picture, Priority, Task
from studio.domain.plan import Plan, Rung
from studio.domain.recipe import Recipe
from studio.domain.training import Training
from studio.domain.upscaling import Upscaling
from tests.domain.recipes import TEXT, branched_recipes
from tests.domain.sequences import sequences, treatments
from tests.domain.test_recipe_json import JSON

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
COUNTS = st.integers(0, 10**6)
TASKS: st.SearchStrategy[Task] = st.one_of(
    branched_recipes(),
    st.builds(Upscaling, TEXT, st.sampled_from([2, 4])),
    st.builds(Training, folder=TEXT, output=TEXT, steps=COUNTS, learning_rate=NUMBERS),
    sequences(),
    treatments(),
)
JOBS = st.builds(
    Job,
    TEXT,
    TASKS,
    st.sampled_from(JobState),
    phase=TEXT,
    step=COUNTS,
    total=COUNTS,
    pictures=st.lists(st.builds(Picture, COUNTS, COUNTS, TEXT, COUNTS, COUNTS, TEXT, TEXT), max_size=3).map(tuple),
    problem=st.none() | st.builds(Problem, st.sampled_from(ErrorKind), TEXT, TEXT, TEXT),
    details=st.text(max_size=50),  # with what no file name has, too: a traceback may quote anything
    cost=st.none() | st.builds(Cost, st.dictionaries(TEXT, NUMBERS, max_size=3), COUNTS),
    priority=st.sampled_from(Priority),
    rank=NUMBERS,
    needs=st.lists(TEXT, max_size=3).map(tuple),
    output=TEXT,
    deaths=COUNTS,
    made=NUMBERS,
    ended=NUMBERS,
    plan=st.none() | st.builds(Plan, st.sampled_from(Rung), TEXT, TEXT, COUNTS, COUNTS, NUMBERS, TEXT),
    origin=TEXT,
)


@given(JOBS)
def test_reading_what_was_written_gives_the_same_job(job: Job) -> None:
    text = dumps(job)
    assert text.isascii() and "\n" not in text
    assert loads(text) == job
    assert type(loads(text).priority) is Priority


@given(TASKS)
def test_a_task_survives_the_way_through_text(task: Task) -> None:
    assert task_from_json(json.loads(json.dumps(task_to_json(task)))) == task


def test_what_is_nothing_takes_no_room() -> None:
    assert json.loads(dumps(Job("1", Upscaling("a.png")))) == {
        "id": "1",
        "state": "queued",
        "task": {"kind": "upscaling", "value": {"path": "a.png", "factor": 4}},
    }


def test_what_decides_the_pixels_is_written_whatever_its_default_is() -> None:
    value = task_to_json(Recipe())["value"]
    defaults = {field.name for field in dataclasses.fields(Recipe) if getattr(Recipe(), field.name)}
    assert set(value) == defaults


def document(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(dumps(Job("1", Recipe(prompt="sea"))))
    return found | changes


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Expecting value"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "no job"),
        ("{}", "no task"),
        (json.dumps(document(task=None)), "no task"),
        (json.dumps(document(task={"kind": "dance", "value": {}})), "no task that this version knows"),
        (json.dumps(document(task={"kind": [], "value": {}})), "no task"),
        (json.dumps(document(task={"kind": "recipe", "value": {"colour": "red"}})), "recipe has an unknown entry"),
        (json.dumps(document(colour="red")), "job has an unknown entry “colour”"),
        (json.dumps(document(state="dancing")), "job.state is none of"),
        (json.dumps(document(rank="first")), "job.rank should be float"),
        (json.dumps(document(pictures=[{"index": 0}])), "job.pictures[0] is incomplete"),
        (json.dumps({"task": document()["task"]}), "job is incomplete"),
    ],
)
def test_anything_else_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        loads(text)


@given(JSON)
def test_no_other_json_is_taken_for_a_job(value: Any) -> None:
    with pytest.raises(ValueError, match="it is no"):
        loads(json.dumps(value))


@given(st.lists(JOBS | st.sampled_from(["", "{}", "[]", "1,2", "[" * 10_000, "}{", '{"id"']), max_size=5))
def test_many_are_read_as_each_by_itself(items: list[Job | str]) -> None:
    texts = [item if isinstance(item, str) else dumps(item) for item in items]
    assert loads_all(texts) == [None if isinstance(item, str) else item for item in items]


def test_a_text_that_ends_one_list_and_begins_another_cannot_hide_among_many() -> None:
    job = dumps(Job("1", Recipe()))
    assert loads_all([f"{job},{job}"]) == [None]
    assert loads_all([job, f"{job}],[{job}"]) == [loads(job), None]
    assert loads_all(["", f"{job},{job}"]) == [None, None]


def test_more_than_a_portion_is_read_in_its_order() -> None:
    jobs = [Job(str(number), Recipe(seed=number)) for number in range(450)]
    assert loads_all([dumps(job) for job in jobs]) == jobs
