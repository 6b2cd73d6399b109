"""`safelight render` and `safelight import-timeline`."""

import dataclasses
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from studio.domain.document.document import Document
from studio.domain.timeline.model import Clip, Timeline, Track, Video, Zone
from studio.imaging.video.info import probe
from studio.session.canvas import CanvasSession
from tests.cli.conftest import Call
from tests.session.rendered import FRAMES, LOOP, RATE, SIZE, looping, project, turning


@pytest.fixture
def loop(tmp_path: Path) -> Path:
    """A project with a loop, which nobody has open."""
    looping(tmp_path / "loop.safelight").close()
    return tmp_path / "loop.safelight"


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Path]:
    """A project in another window: a loop for two turns, one without all frames, and a missing video; a zone."""
    half = dataclasses.replace(LOOP, active="b")
    film = Video(str(tmp_path / "gone.mp4"), RATE, 50, SIZE)
    clips = (Clip("c1", LOOP, 0, 16, name="Waves"), Clip("c2", half, 16, 8, name="Half"), Clip("c3", film, 24, 6))
    timeline = Timeline(RATE, (Track("t", name="Main", clips=clips),), zone=Zone(2, 7))
    frames = [turning(index) for index in range(FRAMES)]
    session = project(tmp_path / "line.safelight", timeline, {"a": frames, "b": frames[:3]})
    yield session.path
    session.close()


def test_a_loop_is_rendered_and_judged(call: Call, loop: Path) -> None:
    done = call("render", loop, "-o", "loop.webm")
    assert done.code == 0 and done.out.strip().endswith("loop.webm")
    assert "8 frames of 64x48" in done.err and "seam" in done.err
    report = call("render", loop, "-o", "again.gif", "--json").json
    assert report["frames"] == FRAMES and report["loops"] is True and report["closed"] and report["problems"] == []
    assert 0.8 < report["seam_ratio"] < 1.2 and report["verdict"]["light"] != "red"
    assert Path(report["file"]) == Path("again.gif").absolute() and report["remarks"] == []


def test_parts_of_a_timeline_that_a_window_has_open(call: Call, line: Path) -> None:
    assert call("render", line, "-o", "zone.webm", "--json").json["frames"] == 5
    assert call("render", line, "-o", "same.webm", "--zone", "--json").json["frames"] == 5
    report = call("render", line, "--timeline", "-o", "all.webm", "--size", "32x24", "--fps", "20", "--json").json
    assert (report["frames"], report["size"], report["rate"]) == (60, "32x24", "20")
    assert any("3 of its 8 frames" in remark for remark in report["remarks"])
    assert any("gone.mp4 is missing" in remark for remark in report["remarks"])
    one = call("render", line, "--clip", "waves", "-o", "one.mov", "--turns", 2, "--json").json
    assert (one["frames"], one["preset"], one["closed"]) == (16, "prores-4444", True)
    assert probe(Path("all.webm")).frames == 60


def test_numbered_files(call: Call, loop: Path) -> None:
    report = call("render", loop, "-o", "frames", "--json").json
    assert report["preset"] == "png-sequence" and len([*Path("frames").iterdir()]) == FRAMES


def test_the_clips_are_listed(call: Call, line: Path) -> None:
    done = call("render", line, "--list")
    assert done.code == 0 and "Waves" in done.out and "3 of 8 frames" in done.out
    found = call("render", line, "--list", "--json").json
    assert [clip["name"] for clip in found["clips"]] == ["Waves", "Half", ""]
    assert found["clips"][1]["takes"][1] == {"id": "b", "name": "", "active": True, "frames": 8, "there": 3}
    assert found["zone"] == {"start": 2, "end": 7} and found["clips"][2]["path"].endswith("gone.mp4")


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-o", "a.doc"),
        ("-o", "a.webm", "--preset", "zork"),
        ("-o", "a.webm", "--size", "big"),
        ("-o", "a.webm", "--fps", "0"),
        ("-o", "a.webm", "--fps", "fast"),
        ("-o", "a.webm", "--clip", "zork"),
        ("-o", "a.webm", "--clip", "Waves", "--zone"),
        ("-o", "a.webm", "--turns", "0"),
        ("-o", "there.webm"),
        ("-o", "there.otio"),
    ],
)
def test_what_cannot_be_rendered_is_told(call: Call, line: Path, options: tuple[str, ...]) -> None:
    for name in ("there.webm", "there.otio"):
        Path(name).touch()
    done = call("render", line, *options, "--json")
    assert done.code == 2 and done.json["error"]["message"]
    assert sorted(path.name for path in Path().iterdir()) == ["there.otio", "there.webm"]


def test_a_project_without_a_timeline_is_told(call: Call, tmp_path: Path) -> None:
    CanvasSession.create(tmp_path / "canvas.safelight", Document()).close()
    done = call("render", tmp_path / "canvas.safelight", "-o", "a.webm")
    assert done.code == 2 and "nothing on its timeline" in done.err
    assert call("render", tmp_path / "no.safelight", "-o", "a.webm").code in (2, 5)


def test_timelines_go_to_other_editors_and_come_back(call: Call, line: Path) -> None:
    exported = call("render", line, "-o", "out.otio", "--media", "--json").json
    assert sorted(Path(path).name for path in exported["media"]) == ["a", "b"]
    assert len([*Path("out media/a").iterdir()]) == FRAMES
    for name in ("out.xml", "out.edl"):
        assert call("render", line, "-o", name).code == 0
    done = call("import-timeline", "out.otio", "-o", "back.safelight", "--json")
    assert done.json["clips"] == 3 and done.json["missing"][0].endswith("gone.mp4")
    session = CanvasSession.open(Path("back.safelight"))
    original = CanvasSession.open(line)
    assert session.document.timeline == original.document.timeline and session.document.size == SIZE
    assert done.json["frames_made"] == FRAMES + 3
    for take in ("a", "b"):
        assert session.takes.numbers(take) == original.takes.numbers(take)
        assert session.takes.png(take, 2) == original.takes.png(take, 2)
    session.close()
    original.close()
    assert call("import-timeline", "out.edl", "-o", "cuts.safelight", "--fps", "30").code == 0
    assert call("import-timeline", "out.edl", "-o", "cuts.safelight").code == 2
    assert call("import-timeline", "back.safelight", "-o", "other.safelight").code == 2


def test_frames_made_here_become_movies_for_final_cut(call: Call, loop: Path) -> None:
    exported = call("render", loop, "-o", "out.xml", "--media", "--json").json
    assert [Path(path).name for path in exported["media"]] == ["a.mov"]
    assert probe(Path(exported["media"][0])).frames == FRAMES
    timeline = otio.adapters.read_from_file("out.xml")
    urls = {clip.media_reference.target_url for clip in timeline.find_clips()}
    assert urls == {"out%20media/a.mov"}
    found = call("import-timeline", "out.xml", "-o", "back.safelight", "--json").json
    assert found["missing"] == [] and Fraction(found["rate"]) == 30
