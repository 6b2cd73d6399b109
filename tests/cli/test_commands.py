"""The other commands: inspect, models, plugins, doctor, bench, demo."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from studio.cli import demonstration
from studio.domain.job_json import task_from_json
from studio.domain.sequence import FrameSequence
from studio.imaging import metadata
from studio.imaging.video.notes import clip_text
from tests.cli import fake_engine
from tests.cli.conftest import Call, write_weights

PARAMETERS = (
    "a fox\nNegative prompt: fog\nSteps: 20, Sampler: Restart, CFG scale: 7, Seed: 3, Size: 512x512, Model: v1-5"
)


def test_inspect_shows_the_recipe_of_a_picture(call: Call) -> None:
    call("generate", "sea at night", "--seed", 5, "-o", "a.png", "--size", 64)
    shown = call("inspect", "a.png")
    assert shown.code == 0
    assert "sea at night" in shown.out
    assert fake_engine.MODEL_HASH in shown.out
    document = call("inspect", "a.png", "--json").json
    assert (document["kind"], document["recipe"]["seed"], document["made_with"]["dtype"]) == ("picture", 5, "float32")
    assert (document["generated"], document["warnings"]) == (True, [])


def test_inspect_reads_a1111_and_warns(call: Call) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("parameters", PARAMETERS)
    Image.new("RGB", (8, 8)).save("a.png", pnginfo=texts)
    document = call("inspect", "a.png", "--json").json
    assert document["recipe"]["prompt"] == "a fox"
    assert document["parameters"]["Model"] == "v1-5"
    assert "Restart" in document["warnings"][0]
    assert "warning: The sampler “Restart”" in call("inspect", "a.png").err


def test_inspect_tells_what_a_model_is(call: Call, home: Path) -> None:
    document = call("inspect", home / "data" / "models" / "starter", "--json").json
    assert (document["kind"], document["family"], document["parameters"]) == ("model", "starter", 3)
    assert len(document["hash"]) == 16
    assert "starter" in call("inspect", home / "data" / "models" / "starter").out


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [("missing.png", 2, "no file"), ("text.png", 2, "no picture"), ("empty", 3, "empty"), ("a.ckpt", 3, "pickle"),
     ("a.safetensors", 3, "no checkpoint of a supported family")],
)  # fmt: skip
def test_inspect_says_what_it_cannot_read(call: Call, name: str, code: int, says: str) -> None:
    Path("text.png").write_text("hello")
    Path("empty").mkdir()
    Path("a.ckpt").write_bytes(b"PK\3\4" + bytes(100))
    write_weights(Path("a.safetensors"))
    done = call("inspect", name)
    assert (done.code, done.out) == (code, "")
    assert says in done.err


def test_models_lists_the_usable_and_the_others(call: Call, home: Path) -> None:
    (home / "data" / "models" / "broken").mkdir()
    document = call("models", "--json").json
    assert "starter" in [model["name"] for model in document["models"]]
    assert [(bad["name"], "empty" in bad["reason"]) for bad in document["unusable"]] == [("broken", True)]
    shown = call("models").out
    assert "starter" in shown
    assert "not usable: broken" in shown
    assert str(home / "data" / "models") in shown.replace("\n", "")


def test_plugins_lists_what_they_offer_and_what_is_wrong_with_them(call: Call, home: Path) -> None:
    folder = home / "data" / "plugins"
    folder.mkdir()
    (folder / "words.py").write_text('"""Says\x1b[31m so."""\ntitle = "Words"\ndef caption(path):\n    return ""\n')
    (folder / "bad.py").write_text("\n1 / 0\n")
    document = call("plugins", "--json").json
    assert document["folder"] == str(folder)
    listed = {plugin["name"]: plugin for plugin in document["plugins"]}
    assert {"colours", "words", "bad"} <= set(listed)
    words = listed["words"]
    assert (words["usable"], words["offers"], words["title"]) == (True, ["captioner"], "Words")
    assert not listed["bad"]["usable"] and "(bad.py, line 2)" in listed["bad"]["problem"]
    done = call("plugins")
    shown = done.out.replace("\n", "")
    assert done.code == 0 and "Words" in shown and "\x1b[31m so" not in shown
    assert "not usable: The plugin “bad” cannot be used: ZeroDivisionError" in shown and str(folder) in shown


def test_doctor_finds_a_sound_machine_sound(call: Call) -> None:
    done = call("doctor", "--json")
    checks = {check["name"]: check for check in done.json["checks"]}
    assert checks["engine"]["found"].startswith("a painter")
    assert {check["state"] for check in checks.values()} <= {"ok", "warn"}
    assert (done.code, done.json["ok"]) == (0, True)
    assert {
        "program",
        "processor",
        "memory",
        "disk",
        "pictures folder",
        "model",
        "libraries",
        "screen",
        "window",
    } <= set(checks)


def test_doctor_names_what_is_broken(call: Call, home: Path) -> None:
    (home / "pictures").write_text("a file in the way")
    done = call("doctor", engine=f"{fake_engine.__name__}:unavailable")
    assert done.code == 1
    assert "There is no device auto." in done.out
    assert "is a file, not a folder" in done.out
    assert "→ Choose cpu." in done.out


def test_bench_collects_the_suites(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], **_: Any) -> "subprocess.CompletedProcess[str]":
        ran.append(command[1:])
        good = json.dumps({"overhead": {"p50": 0.123456, "runs": [1, 2]}})
        broken = "cancel" in command
        return subprocess.CompletedProcess(command, int(broken), "" if broken else good, "Traceback\nIt broke.")

    monkeypatch.setattr(subprocess, "run", run)
    assert call("bench", "overhead", "--json").json == {"overhead": {"p50": 0.123456, "runs": [1, 2]}}
    done = call("bench")
    assert done.code == 1, "a suite broke"
    assert "0.1235" in done.out
    assert "It broke." in done.out
    assert ran[0] == ["-m", "studio.engine.bench", "overhead", "--json"]
    assert ["-m", "studio.ui.bench", "--json"] in ran
    assert ["-m", "studio.ui.paint.bench", "--json"] in ran
    assert ["-m", "studio.session.bench", "--json"] in ran
    assert ["-m", "studio.ui.queue.bench", "--json"] in ran
    assert len(ran) == 11


def test_bench_shows_figures_beside_their_limits(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    dab = {"wall": 0.0091, "cpu": 0.0042, "limit": 0.008, "unit": "s", "met": "by its own computing", "count": 360}
    memory = {"wall": 1.04, "cpu": 1.04, "limit": 1.2, "unit": "ratio", "met": "yes"}
    found = json.dumps({"canvas": {"dab": dab, "memory": memory}})
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0, found, ""))
    lines = call("bench", "canvas").out.splitlines()
    assert any(
        line.split() == ["dab", "9.1", "ms", "4.2", "ms", "8.0", "ms", "by", "its", "own", "computing"]
        for line in lines
    )
    assert any(line.split() == ["memory", "1.04", "1.04", "1.20", "yes"] for line in lines)


def test_bench_knows_its_suites(call: Call) -> None:
    done = call("bench", "speed")
    assert (done.code, "starter, overhead, defaults, cancel, checkpoint, train, window" in done.err) == (2, True)


def test_demo_makes_a_picture_and_a_loop(call: Call, home: Path) -> None:
    done = call("demo", "-o", "demo")
    assert done.out.splitlines() == [str(Path("demo") / "picture.png"), str(Path("demo") / "loop.webp")]
    recipe = metadata.read(Path("demo") / "picture.png").recipe
    assert recipe is not None
    task = task_from_json(json.loads(clip_text(Path("demo") / "loop.webp")))
    assert task == FrameSequence(recipe, demonstration.FRAMES, demonstration.RATE), "a loop of the same picture"
    report = call("demo", "--json").json
    assert [Path(path).parent for path in report["files"]] == [home / "pictures" / "demo"] * 2
    assert report["frames"] == report["loop"]["frames"] == demonstration.FRAMES
    assert 0.8 < report["loop"]["measures"]["seam_ratio"] < 1.2 and report["loop"]["size"] == "256x256"


def test_a_second_demo_takes_other_names(call: Call) -> None:
    call("demo", "-o", "demo")
    again = call("demo", "-o", "demo").out.splitlines()
    assert len(again) == 2 and all(Path(path).exists() for path in again)
    assert len(list(Path("demo").iterdir())) == 4


def test_an_unknown_command_is_an_error(call: Call) -> None:
    done = call("generat")
    assert (done.code, "generat" in done.err) == (2, True)


def test_what_strangers_wrote_cannot_command_the_terminal(call: Call) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("parameters", PARAMETERS.replace("a fox", "a \x1b[2Jfox\x9b2J"))
    Image.new("RGB", (8, 8)).save("a.png", pnginfo=texts)
    done = call("inspect", "a.png")
    assert "\\x1b[2Jfox" in done.out
    assert "\x1b" not in done.out + done.err
    assert "\x9b" not in done.out + done.err
