"""What a stranger found at the command line for clips: odd options, odd names, frames that look the same."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from studio.domain.messages import Run
from studio.domain.sequence import Provenance
from studio.domain.treatment import Arrow, FlowLoop
from studio.engine.frames import finished
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import encode_png
from tests.cli.conftest import Call

FLOW = ("--method", "flow", "--arrow", "0.5,0.5,0.1,0")
WRONG: list[tuple[tuple[object, ...], str, str]] = [
    (("--arrow", "0.5,0.5,0.1,0"), "method", "--method flow"),
    (("--image", "still.png"), "method", "--method flow"),
    (("--freeze", "still.png"), "method", "--method flow"),
    (("--video", "still.png"), "method", "--method video"),
    ((*FLOW, "--prompt-at", "0.5", "a fox"), "method", "leave --prompt-at out"),
    (("--prompt-at", "0.5"), "prompts", "--prompt-at 0.5"),
    (("--method", "video", "--video", "text.mp4"), "source.path", "MP4 or WebM"),
    ((*FLOW, "--image", "text.mp4"), "source.path", ""),
    ((*FLOW, "--freeze", "text.mp4"), "source.path", ""),
]


@pytest.mark.parametrize(("options", "field", "hint"), WRONG, ids=lambda value: " ".join(map(str, value))[:40])
def test_what_would_be_ignored_or_unreadable_is_refused_at_once(
    call: Call, options: tuple[object, ...], field: str, hint: str
) -> None:
    Path("text.mp4").write_text("hello")
    Path("still.png").write_bytes(encode_png(np.zeros((32, 32, 3), np.uint8)))
    refused = call("loop", "sea", "-o", "new/x.webm", "--json", *options)
    error = refused.json["error"]
    assert (refused.code, error["kind"], error["field"]) == (2, "input", field)
    assert hint in error["hint"]
    assert not Path("new").exists()


def test_a_name_that_is_too_long_is_told_before_anything_is_made(call: Call) -> None:
    for command in (("loop", "sea"), ("interpolate", "clip.png")):
        Path("clip.png").write_bytes(encode_png(np.zeros((8, 8, 3), np.uint8)))
        done = call(*command, "-o", "n" * 300 + ".webm", "--json")
        assert (done.code, done.json["error"]["kind"], done.json["error"]["field"]) == (5, "disk", "output")


def test_a_folder_is_no_clip(call: Call) -> None:
    Path("folder.mp4").mkdir()
    error = call("measure", "folder.mp4", "--json").json["error"]
    assert "folder" in error["message"] and "image" not in error["hint"]


def test_frames_that_look_the_same_outlive_each_other(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    task = FlowLoop("still.png", (Arrow(0.5, 0.5, 0.1, 0.0),), "", 2, Fraction(12))
    command = Run("job", task, "", str(tmp_path))
    pixels = np.full((8, 8, 3), 7, np.uint8)
    first, second = (finished(command, index, 0, pixels, Provenance("flow", 3)) for index in range(2))
    store.discard(first.picture.digest)  # whoever keeps frames does this, when the second one is not heard of yet
    assert store.get(second.picture.digest)
