"""`safelight loop`: from a prompt to a file that closes, and what it says about it."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from studio.cli.clips import joined
from studio.domain.job_json import task_from_json
from studio.domain.sequence import Attention, FrameSequence, Method
from studio.domain.treatment import FlowLoop
from studio.imaging.video.info import probe
from studio.imaging.video.notes import clip_text
from studio.imaging.video.reading import VideoReader
from studio.resources import resources
from tests.cli import fake_engine
from tests.cli.conftest import Call
from tests.cli.test_processes import Spawn, blobs, wait_for, workers_of

SMALL = ("--size", "64", "--seed", "3")


def asked(path: str) -> Any:
    """The request that a clip's file says it was made by."""
    return task_from_json(json.loads(clip_text(Path(path))))


def test_a_loop_is_made_and_judged(call: Call) -> None:
    done = call("loop", "sea at night", "--frames", 6, "-o", "x.webm", *SMALL)
    assert (done.code, done.out) == (0, "x.webm\n")
    assert "6 frames at 12 frames a second." in done.err and "Seed 3" in done.err
    info = probe(Path("x.webm"))
    assert info.frames == 6 and info.rate == 12
    report = call("loop", "sea at night", "--frames", 8, "--fps", "24000/1001", "-o", "y.webm", *SMALL, "--json").json
    assert (report["frames"], report["seed"], report["file"]) == (8, 3, str(Path("y.webm").absolute()))
    assert 0.8 < report["measures"]["seam_ratio"] < 1.2 and report["light"] in ("green", "amber")
    assert [each["turn"] for each in report["provenance"]] == [at / 8 for at in range(8)]
    assert {each["model_hash"] for each in report["provenance"]} == {fake_engine.MODEL_HASH}
    assert report["seconds"]["total"] > 0


@pytest.mark.parametrize("suffix", ["webp", "gif", "mp4"])
def test_the_suffix_says_the_format_and_frames_keep_their_order(call: Call, suffix: str) -> None:
    assert call("loop", "sea", "--frames", 4, "--fps", 10, "-o", f"x.{suffix}", *SMALL).code == 0
    with VideoReader(Path(f"x.{suffix}")) as reader:
        assert len(reader) == 4
        for at in range(4):
            gaps = [np.abs(reader.frame(at)[..., :3] - fake_engine.waves(64, 64, 3 + other / 4).astype(float)).mean()
                    for other in range(4)]  # fmt: skip
            assert int(np.argmin(gaps)) == at


def test_the_options_become_the_request_that_the_file_keeps(call: Call) -> None:
    motion = ("--motion", 0.6, "--common", 0.25, "--harmonics", 2)
    together = ("--attention", "neighbours", "--smoother", 2, "--flow", 0.5)
    drawn = ("--negative", "fog", "--steps", 9, "--guidance", 4.5, "--sampler", "euler", "--open")
    assert call("loop", "sea", "--frames", 4, "-o", "x.webp", *SMALL, *motion, *together, *drawn).code == 0
    found = asked("x.webp")
    assert isinstance(found, FrameSequence)
    assert (found.motion, found.common, found.harmonics, found.closed) == (0.6, 0.25, 2, False)
    assert (found.consistency.attention, found.consistency.smoother, found.consistency.flow) == (
        Attention.NEIGHBOURS, 2, 0.5,
    )  # fmt: skip
    recipe = found.recipe
    assert (recipe.prompt, recipe.negative, recipe.seed, recipe.model_hash) == (
        "sea", "fog", 3, fake_engine.MODEL_HASH,
    )  # fmt: skip
    assert (recipe.sampling.sampler, recipe.sampling.steps, recipe.sampling.guidance) == ("euler", 9, 4.5)


def test_prompts_have_their_places_on_the_loop(call: Call) -> None:
    ring = ("--prompt-at", "0.75", "a red fox", "--prompt-at", 0.5, "the sea, at night")
    assert call("loop", "a boat", "--frames", 4, "-o", "x.webp", *SMALL, *ring).code == 0
    keys = [(key.at, key.prompt) for key in asked("x.webp").prompts]
    assert keys == [(0.0, "a boat"), (0.5, "the sea, at night"), (0.75, "a red fox")]


def test_a_prompt_at_the_beginning_takes_the_place_of_the_first(call: Call) -> None:
    assert call("loop", "a boat", "--frames", 4, "-o", "x.webp", *SMALL, "--prompt-at", 0, "a fox").code == 0
    assert [(key.at, key.prompt) for key in asked("x.webp").prompts] == [(0.0, "a fox")]


@pytest.mark.parametrize(
    ("given", "one"),
    [
        (["--prompt-at", "0.5", "a fox"], ["--prompt-at", "0.5 a fox"]),
        (["--prompt-at", "0.5 a fox", "-o", "x.webm"], ["--prompt-at", "0.5 a fox", "-o", "x.webm"]),
        (["a", "--", "--prompt-at", "0.5", "b"], ["a", "--", "--prompt-at", "0.5", "b"]),
        (["--prompt-at", "0.5"], ["--prompt-at", "0.5"]),
        ([], []),
    ],
)
def test_two_values_become_one(given: list[str], one: list[str]) -> None:
    assert joined(given) == one


def test_a_still_flows_along_arrows(call: Call) -> None:
    Image.fromarray(fake_engine.waves(64, 48, 0.3)).save("still.png")
    flow = ("--method", "flow", "--image", "still.png", "--arrow", "0.5,0.8,0.25,0", "--arrow", "0.1,0.1,0,-0.5")
    assert call("loop", "sea", "--frames", 5, "-o", "x.webp", *flow).code == 0
    found = asked("x.webp")
    assert isinstance(found, FlowLoop)
    assert [(each.x, each.y, each.dx, each.dy) for each in found.arrows] == [(0.5, 0.8, 0.25, 0), (0.1, 0.1, 0, -0.5)]
    assert found.path == "still.png", "whoever gets the file is not told of folders"
    info = probe(Path("x.webp"))
    assert (info.frames, info.size.width, info.size.height) == (5, 64, 48)


def test_without_a_still_one_is_made_first_and_is_gone_afterwards(call: Call, home: Path) -> None:
    done = call("loop", "sea", "--method", "flow", "--arrow", "0.5,0.5,0,0.5", "--frames", 3, "-o", "x.webp", *SMALL)
    assert done.code == 0
    with VideoReader(Path("x.webp")) as reader:
        assert np.abs(reader.frame(0)[..., :3] - fake_engine.gradient(64, 64, 3).astype(float)).mean() < 6
    assert not Path(asked("x.webp").path).exists() and blobs(home) == []


def test_a_clip_is_drawn_anew_as_suits_it(call: Call) -> None:
    assert call("loop", "sea", "--frames", 4, "-o", "a.webp", *SMALL).code == 0
    options = ("--method", "video", "--video", "a.webp", "--strength", 0.3)
    assert call("loop", "a fox", "--frames", 4, "-o", "b.webp", *SMALL, *options).code == 0
    found = asked("b.webp")
    assert (found.method, found.strength) == (Method.VIDEO, 0.3)
    assert found.source.paths == ("a.webp",)
    assert found.consistency.attention is Attention.ALL and found.consistency.flow > 0.5
    given = ("--attention", "own", "--flow", 0)
    assert call("loop", "a fox", "--frames", 4, "-o", "c.webp", *SMALL, *options, *given).code == 0
    consistency = asked("c.webp").consistency
    assert (consistency.attention, consistency.flow) == (Attention.OWN, 0.0)


WRONG: list[tuple[tuple[object, ...], str]] = [
    (("-o", "there.webm"), "output"),
    (("-o", "x.txt"), "output"),
    (("-o", "x.webm", "--fps", "fast"), "rate"),
    (("-o", "x.webm", "--fps", "0"), "rate"),
    (("-o", "x.webm", "--fps", "241"), "rate"),
    (("-o", "x.webm", "--motion", "0"), "motion"),
    (("-o", "x.webm", "--motion", "1.5"), "motion"),
    (("-o", "x.webm", "--frames", "1"), "frames"),
    (("-o", "x.webm", "--frames", "100000"), "frames"),
    (("-o", "x.webm", "--sampler", "euler-a"), "sampling.sampler"),
    (("-o", "x.webm", "--common", "1"), "common"),
    (("-o", "x.webm", "--harmonics", "9"), "harmonics"),
    (("-o", "x.webm", "--flow", "1"), "consistency.flow"),
    (("-o", "x.webm", "--prompt-at", "half", "a fox"), "prompts"),
    (("-o", "x.webm", "--prompt-at", "1.5", "a fox"), "prompts"),
    (("-o", "x.webm", "--prompt-at", "0.5", "a fox", "--prompt-at", "0.5", "a boat"), "prompts"),
    (("-o", "x.webm", "--method", "video"), "source"),
    (("-o", "x.webm", "--method", "flow"), "arrows"),
    (("-o", "x.webm", "--method", "flow", "--arrow", "1,2,3"), "arrows"),
    (("-o", "x.webm", "--method", "flow", "--arrow", "1,2,3,nan"), "arrows"),
    (("-o", "x.webm", "--method", "dance"), ""),
    (("-o", "x.webm", "--attention", "some"), ""),
]


@pytest.mark.parametrize(("options", "field"), WRONG, ids=lambda value: " ".join(map(str, value))[:40])
def test_what_cannot_be_is_refused_before_anything_is_done(
    call: Call, home: Path, options: tuple[object, ...], field: str
) -> None:
    Path("there.webm").write_bytes(b"mine")
    refused = call("loop", "sea", "--seed", 3, *options, "--json")
    assert refused.code == 2
    assert (refused.json["error"]["kind"], refused.json["error"]["field"]) == ("input", field)
    assert refused.json["error"]["hint"]
    assert [path.name for path in Path().iterdir()] == ["there.webm"] and Path("there.webm").read_bytes() == b"mine"
    assert blobs(home) == []


def test_a_failure_of_the_engine_is_told_and_leaves_nothing(call: Call, home: Path) -> None:
    done = call("loop", "refuse", "-o", "x.webm", *SMALL)
    assert (done.code, done.out) == (3, "") and "The model is damaged." in done.err
    assert list(Path().iterdir()) == [] and blobs(home) == []


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_a_loop_that_is_cancelled_leaves_nothing(home: Path, spawn: Callable[..., Any]) -> None:
    start: Spawn = spawn
    process = start("loop", "slow", "--frames", 400, "-o", "x.webm", *SMALL)
    wait_for(lambda: bool(blobs(home)), "frame")
    workers: list[psutil.Process] = workers_of(process)
    began = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert time.monotonic() - began < 8
    assert (process.returncode, out, err) == (130, "", "Cancelled.\n")
    assert not [worker for worker in workers if worker.is_running()]
    assert list(Path().iterdir()) == [] and blobs(home) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not (resources() / "models" / "starter").is_dir(), reason="the starter model is not here")
def test_the_shipped_model_makes_a_loop_without_a_seam(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from studio.cli import main
    from studio.session.paths import HOME_VARIABLE

    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert main(["loop", "sunset over the sea", "-o", "x.webm", "--seed", "5", "--device", "cpu", "--json"]) == 0
    report = json.loads(capfd.readouterr().out)
    assert report["frames"] == 24 and 0.8 <= report["measures"]["seam_ratio"] <= 1.2
    assert report["measures"]["dynamic_degree"] > 0 and not report["measures"]["held"]
