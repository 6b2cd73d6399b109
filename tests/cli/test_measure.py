"""`safelight measure`, `loopify`, `interpolate` and `deflicker`: clips in, a light with its reasons and clips out."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.imaging.pixels import Pixels
from studio.imaging.video.info import probe
from studio.imaging.video.reading import VideoReader
from tests.cli.conftest import Call
from tests.imaging.looping import clips

SIDE = 96


def written(name: str, frames: list[Pixels]) -> str:
    """An animated PNG of 10 frames a second."""
    first, *others = map(Image.fromarray, frames)
    first.save(name, save_all=True, append_images=others, duration=100, compress_level=1)
    return name


def test_a_good_loop_is_green_and_its_numbers_are_told(call: Call) -> None:
    name = written("loop.png", clips.correct(24, SIDE))
    told = call("measure", name)
    assert told.code == 0 and "24 frames of 96 × 96 at 10 frames a second" in told.out
    assert "Green: the seam is a usual step" in told.out and "velocity jump" in told.out
    report = call("measure", name, "--json").json
    assert (report["light"], report["frames"], report["fps"], report["size"]) == ("green", 24, 10.0, "96x96")
    assert 0.8 < report["measures"]["seam_ratio"] < 1.2 and len(report["measures"]["series"]["steps"]) == 24


def test_a_clip_with_two_ends_is_not_blamed_for_its_seam(call: Call) -> None:
    name = written("pan.png", clips.pan(12, side=SIDE))
    assert call("measure", name, "--json").json["light"] == "red"
    told = call("measure", name, "--open")
    assert told.code == 0 and "Green" in told.out and "seam" not in told.out


def test_a_still_is_no_clip_and_a_text_none_at_all(call: Call) -> None:
    Image.fromarray(clips.correct(1, SIDE)[0]).save("still.jpg")
    told = call("measure", "still.jpg")
    assert told.code == 0 and "Red: it is a single picture." in told.out
    Path("words.mp4").write_text("not a video")
    refused = call("measure", "words.mp4", "--json")
    assert refused.code == 2 and refused.json["error"]["kind"] == "input"
    assert call("measure", "missing.mp4").code == 2


def test_a_clip_is_made_to_loop(call: Call) -> None:
    name = written("twice.png", clips.correct(16, SIDE) * 2)
    done = call("loopify", name, "-o", "loop.webp", "--most", 20)
    assert (done.code, done.out) == (0, "loop.webp\n")
    assert "16 frames at 10 frames a second: frames" in done.err and "Green" in done.err
    info = probe(Path("loop.webp"))
    assert info.frames == 16 and info.rate == 10
    report = call("loopify", name, "-o", "again.webp", "--most", 20, "--json").json
    assert report["light"] == "green" and report["cut"]["stop"] - report["cut"]["first"] == 16
    assert report["file"] == str(Path("again.webp").absolute())


def test_a_loop_already_keeps_its_frames(call: Call) -> None:
    name = written("ring.png", clips.correct(12, SIDE))
    done = call("loopify", name, "-o", "same.png")
    assert done.code == 0 and "12 frames at 10 frames a second: the clip is a loop already" in done.err
    with VideoReader(Path("ring.png")) as before, VideoReader(Path("same.png")) as after:
        assert all(np.array_equal(a, b) for a, b in zip(before.frames(), after.frames(), strict=True))
    pan = written("pan.png", clips.pan(12, side=SIDE))
    assert call("loopify", pan, "-o", "none.png").code == 2


def test_frames_come_between_frames(call: Call) -> None:
    name = written("few.png", clips.correct(12, SIDE))
    report = call("interpolate", name, "-o", "ring.webp", "--json").json
    assert (report["frames"], report["light"], report["fps"]) == (24, "green", 20.0)
    assert report["measures"]["closed"] is True
    done = call("interpolate", name, "-o", "line.webp", "--open", "--fps", "10")
    assert done.code == 0 and probe(Path("line.webp")).frames == 23 and probe(Path("line.webp")).rate == 10


def test_flicker_is_taken_out(call: Call) -> None:
    frames = [
        (frame * (1 if index % 3 else 0.85)).astype("uint8") for index, frame in enumerate(clips.correct(12, SIDE))
    ]
    name = written("flickers.png", frames)
    before = call("measure", name, "--json").json["measures"]
    report = call("deflicker", name, "-o", "calm.png", "--json").json
    assert report["measures"]["flicker"] < 0.2 * before["flicker"] and 0.8 < report["measures"]["seam_ratio"] < 1.2
    assert (report["frames"], report["fps"], report["measures"]["closed"]) == (12, 10.0, True)
    half = call("deflicker", name, "-o", "half.png", "--open", "--strength", 0.5, "--json").json["measures"]
    assert half["closed"] is False and 0.3 < half["flicker"] / before["flicker"] < 0.7


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("interpolate", "few.png", "-o", "few.png"), "output"),
        (("interpolate", "few.png", "-o", "x.txt"), "output"),
        (("interpolate", "few.png", "-o", "x.webp", "--factor", 1), "factor"),
        (("interpolate", "few.png", "-o", "x.webp", "--fps", "fast"), "rate"),
        (("interpolate", "few.png", "-o", "x.webp", "--fps", "1e9"), "rate"),
        (("loopify", "few.png", "-o", "x.webp", "--least", 50), "least"),
        (("loopify", "few.png", "-o", "x.webp", "--fps", "0"), "rate"),
        (("deflicker", "few.png", "-o", "x.webp", "--strength", 0), "strength"),
        (("deflicker", "few.png", "-o", "x.webp", "--strength", "nan"), "strength"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_left(call: Call, arguments: tuple[object, ...], field: str) -> None:
    before = Path(written("few.png", clips.correct(4, SIDE))).read_bytes()
    refused = call(*arguments, "--json")
    assert refused.code == 2 and refused.json["error"]["field"] == field
    assert [path.name for path in Path().iterdir()] == ["few.png"] and Path("few.png").read_bytes() == before
