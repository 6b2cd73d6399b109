"""`safelight batch` as somebody starts it who does not wait for the first."""

import json
from pathlib import Path

import pytest

from studio.cli import batching
from studio.domain.jobs import JobState
from tests.cli import fake_engine
from tests.cli.conftest import Call
from tests.cli.test_queue import jobs

PROJECT = "jobs.safelight"


def write(*prompts: str) -> None:
    lines = ({"prompt": prompt, "size": "64", "steps": 2, "output": f"{prompt}.png"} for prompt in prompts)
    Path("jobs.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")


def test_a_batch_that_was_planned_before_another_did_it_does_not_do_it_again(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two are started at once: both see that nothing is done, and the slower one comes when all is."""
    write("sea", "fox")
    assert call("batch", "jobs.jsonl").code == 0
    before = jobs(PROJECT)
    monkeypatch.setattr(batching, "_known", lambda project: {})
    done = call("batch", "jobs.jsonl")
    assert done.code == 2 and "meanwhile" in done.err
    assert jobs(PROJECT) == before


def test_a_batch_goes_on_once_an_engine_is_there_again(call: Call) -> None:
    write("sea", "fox")
    assert call("batch", "jobs.jsonl", engine=f"{fake_engine.__name__}:unavailable").code == 7
    done = call("batch", "jobs.jsonl")
    assert done.code == 0, done.err
    assert {job.state for job in jobs(PROJECT).values()} == {JobState.DONE}
