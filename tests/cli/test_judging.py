"""`safelight bench starter` with a judge that only says what it was asked."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Call

FIGURE = {"value": 0.5, "low": 0.25, "high": 0.75}
RESULT = {
    "prompts": 64,
    "seeds": 2,
    "models": {"starter": {"retrieval": FIGURE}},
    "real pictures": {"retrieval": FIGURE, "diversity": {**FIGURE, "low": None, "high": None}},
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the judge was asked; it answers `RESULT`."""
    requests: list[Any] = []

    def run(command: list[str], **_: Any) -> "subprocess.CompletedProcess[str]":
        if command[2] != "studio.engine.judge":
            figures = {"starter": {"warm picture, s": 1.25, "model": command[command.index("--model") + 1]}}
            return subprocess.CompletedProcess(command, 0, json.dumps(figures), "")
        requests.append(json.loads(command[3]))
        return subprocess.CompletedProcess(command, 0, json.dumps(RESULT))

    monkeypatch.setattr(subprocess, "run", run)
    return requests


def answer(monkeypatch: pytest.MonkeyPatch, printed: str, code: int) -> None:
    """Let every process print this."""
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, code, printed, ""))


def test_models_are_judged_together(call: Call, home: Path, asked: list[Any]) -> None:
    other = home / "data" / "models" / "starter"
    report = call(
        "bench", "starter", "--model", "starter", "--model", other, "--seeds", 3, "--page", "p", "--json"
    ).json
    (request,) = asked
    assert [model["name"] for model in request["models"]] == ["starter", "starter"]
    assert request["models"][1]["path"] == str(other)
    assert request["seeds"] == 3
    assert Path(request["page"]) == Path("p").absolute()
    assert report["starter"]["judgement"] == RESULT
    assert report["starter"]["speed"][str(other)] == {"warm picture, s": 1.25, "model": str(other)}


def test_people_see_a_table(call: Call, asked: list[Any]) -> None:
    done = call("bench", "starter")
    assert done.code == 0
    assert [model["name"] for model in asked[0]["models"]] == ["starter"]
    assert (asked[0]["seeds"], asked[0]["page"]) == (2, "")
    assert "1.25" in done.out
    assert "0.500 (0.250 to 0.750)" in done.out
    assert "real pictures" in done.out


def test_a_model_that_is_not_there_is_an_error(call: Call, asked: list[Any]) -> None:
    done = call("bench", "starter", "--model", "nosuch")
    assert (done.code, "There is no model “nosuch”" in done.err) == (3, True)
    assert not asked


def test_other_suites_judge_nothing(call: Call, asked: list[Any]) -> None:
    done = call("bench", "overhead", "--seeds", "3")
    assert (done.code, "bench starter" in done.err) == (2, True)
    assert not asked


def test_what_the_judge_refuses_is_told(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = {"kind": "disk", "message": "No room.", "hint": "Make some.", "field": ""}
    answer(monkeypatch, json.dumps({"error": problem}), 1)
    done = call("bench", "starter")
    assert (done.code, "No room. Make some." in done.err) == (5, True)
    answer(monkeypatch, "", -9)
    done = call("bench", "starter")
    assert (done.code, "exit code -9" in done.err) == (1, True)
