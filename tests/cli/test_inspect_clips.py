"""`safelight inspect` of clips: what they are, and the request that they carry."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from studio.domain.codec import to_json
from studio.domain.geometry import Size
from studio.domain.job_json import task_to_json
from studio.domain.jobs import Task
from studio.domain.recipe import Recipe
from studio.domain.sequence import Footage, FrameSequence, PromptKey
from studio.domain.treatment import Arrow, Deflicker, FlowLoop, Interpolation, Loopify
from studio.imaging.pixels import Pixels
from studio.imaging.video.writing import write_clip
from tests.cli.conftest import Call

CLIP = Footage(("/clips/a.mp4",))
SEQUENCE = FrameSequence(Recipe("the sea"), prompts=(PromptKey(0, "a calm sea"), PromptKey(0.5, "a storm")))
PRESETS = [
    ("webm-loop", "a.webm", "WEBM"), ("mp4-h264", "a.mp4", "MP4"), ("gif", "a.gif", "GIF"), ("webp", "a.webp", "WEBP"),
    ("apng", "a.png", "PNG"),
]  # fmt: skip


def frames(count: int = 4) -> Iterator[Pixels]:
    for index in range(count):
        yield np.full((32, 48, 3), 40 * index, np.uint8)


def written(name: str, preset: str, task: Task | None) -> str:
    text = json.dumps(task_to_json(task)) if task else ""
    write_clip(Path(name), frames(), Size(48, 32), Fraction(10), preset, metadata=text)
    return name


@pytest.mark.parametrize(("preset", "name", "kind"), PRESETS, ids=[preset[0] for preset in PRESETS])
def test_a_clip_of_any_format_tells_its_request(call: Call, preset: str, name: str, kind: str) -> None:
    done = call("inspect", written(name, preset, SEQUENCE), "--json")
    told = done.json
    assert (done.code, told["kind"], told["format"], told["warnings"]) == (0, "clip", kind, [])
    assert (told["size"], told["frames"], told["fps"], told["sound"]) == ("48x32", 4, 10.0, False)
    assert (told["task"], told["request"]) == ("sequence", to_json(SEQUENCE))
    lines = call("inspect", name).out
    assert "a storm" in lines and "xmp" not in lines.lower() and '{"' not in lines and "{'" not in lines


@pytest.mark.parametrize(
    ("kind", "task"),
    [("flow-loop", FlowLoop("/a.png", (Arrow(0.5, 0.5, 0.1, 0),))), ("loopify", Loopify(CLIP)),
     ("interpolation", Interpolation(CLIP)), ("deflicker", Deflicker(CLIP))],
)  # fmt: skip
def test_every_request_for_frames_is_told(call: Call, kind: str, task: Task) -> None:
    told = call("inspect", written("a.gif", "gif", task), "--json").json
    assert (told["kind"], told["task"], told["request"]) == ("clip", kind, to_json(task))


def test_a_clip_without_a_request_is_fine(call: Call) -> None:
    for preset, name, kind in PRESETS:
        told = call("inspect", written(name, preset, None), "--json").json
        assert (told["kind"], told["format"], told["frames"], told["request"]) == ("clip", kind, 4, None)
    Path("a.mp4").rename("b.dat")
    assert call("inspect", "b.dat", "--json").json["kind"] == "clip"
    first, *others = map(Image.fromarray, frames())
    first.save("strange.gif", save_all=True, append_images=others, comment="by another \x1b[2Jprogram")
    lines = call("inspect", "strange.gif").out
    assert "by another \\x1b[2Jprogram" in lines and "frames:" in lines


@pytest.mark.parametrize(
    "text",
    ['{"kind": "sequence", "value": {"unknown": 1}}', '{"kind": "opera", "value": {}}'],
    ids=["a later field", "a later kind"],
)
def test_a_request_that_is_not_understood_is_warned_of(call: Call, text: str) -> None:
    write_clip(Path("a.gif"), frames(), Size(48, 32), Fraction(10), "gif", metadata=text)
    told = call("inspect", "a.gif", "--json").json
    assert (told["kind"], told["request"], told["comment"], len(told["warnings"])) == ("clip", None, text, 1)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, json.dumps(task_to_json(Recipe("a fox")))], ids=["deep", "a picture's"]
)
def test_what_is_no_request_for_frames_is_a_comment(call: Call, text: str) -> None:
    write_clip(Path("a.gif"), frames(), Size(48, 32), Fraction(10), "gif", metadata=text)
    told = call("inspect", "a.gif", "--json").json
    assert (told["kind"], told["request"], told["comment"]) == ("clip", None, text)


def test_pictures_stay_pictures_even_if_they_move(call: Call) -> None:
    first, *others = map(Image.fromarray, frames())
    first.save("still.gif", comment="a still")
    assert call("inspect", "still.gif", "--json").json["fields"] == {"comment": "a still"}
    texts = PngImagePlugin.PngInfo()
    texts.add_text("parameters", "a fox\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 48x32")
    first.save("moves.png", save_all=True, append_images=others, pnginfo=texts)
    told = call("inspect", "moves.png", "--json").json
    assert (told["kind"], told["recipe"]["prompt"]) == ("picture", "a fox")


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_one_of_many_numbered_pictures_is_a_picture(call: Call, suffix: str) -> None:
    for index, frame in enumerate(frames()):
        Image.fromarray(frame).save(f"photo_{index:03}.{suffix}")
    assert call("inspect", f"photo_001.{suffix}", "--json").json["kind"] == "picture"


def test_a_numbered_frame_with_a_request_is_of_a_clip(call: Call) -> None:
    written("shot.####.png", "png-sequence", SEQUENCE)
    told = call("inspect", min(Path().glob("shot.*.png")), "--json").json
    assert (told["kind"], told["frames"], told["task"]) == ("clip", 4, "sequence")


def test_a_damaged_video_is_refused_as_a_video(call: Call) -> None:
    written("a.mp4", "mp4-h264", SEQUENCE)
    Path("a.mp4").write_bytes(Path("a.mp4").read_bytes()[:200])
    refused = call("inspect", "a.mp4", "--json")
    assert (refused.code, refused.json["error"]["kind"]) == (2, "input")
    assert "video" in refused.json["error"]["hint"]
    Path("folder.webm").mkdir()
    assert call("inspect", "folder.webm").code != 0
