"""Final Cut Pro 7 XML and edit decision lists, read back by the adapters and by us."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from studio.domain.errors import StudioError
from studio.domain.geometry import Size
from studio.domain.timeline.model import (
    Clip,
    Generated,
    Marker,
    Media,
    Sound,
    Still,
    Take,
    Timeline,
    Track,
    TrackKind,
    Video,
)
from studio.domain.timeline.validity import timeline_problem
from studio.session.interchange.cuts import broadcast_rate
from studio.session.interchange.files import export_timeline, import_timeline
from tests.session.interchange.timelines import LOOP, NTSC, full

WALK = Video("/films/a walk.mp4", Fraction(25), 250, Size(640, 480), sound=True)


def there(path: Path, *, sequence: bool = False) -> Media:
    if path.suffix == ".png":
        return Still(str(path), Size(10, 10))
    return Sound(str(path), Fraction(10)) if path.suffix == ".wav" else WALK


def plain(rate: Fraction = Fraction(25)) -> Timeline:
    """Cuts and speeds, one sound and a marker."""
    clips = (
        Clip("c1", WALK, 3, 30, Fraction(50), name="one"),
        Clip("c2", WALK, 33, 20, Fraction(50), Fraction(1, 2), name="slow"),
        Clip("c3", WALK, 60, 20, Fraction(100), Fraction(-2), name="back"),
        Clip("c4", Still("/films/tree.png", Size(9, 9)), 80, 10, name="tree"),
    )
    sound = Clip("s1", Sound("/films/song.wav", Fraction(10)), 5, 40, Fraction(7), name="song")
    tracks = (Track("t1", name="V", clips=clips), Track("t2", TrackKind.AUDIO, "A", (sound,)))
    return Timeline(rate, tracks, (Marker(4, "here"),))


def spans(track: Any) -> list[tuple[str, float, float]]:
    """Of each clip of a track its name, and where it begins and ends on it."""
    found = []
    for clip in track.find_clips():
        at = track.range_of_child(clip)
        found.append((clip.name, at.start_time.value, at.end_time_exclusive().value))
    return found


def test_final_cut_reads_the_cuts(tmp_path: Path) -> None:
    exported = export_timeline(tmp_path / "a.xml", plain(), "film")
    assert exported.notices == ()
    timeline = otio.adapters.read_from_file(str(exported.path))
    assert timeline.name == "film"
    assert spans(timeline.tracks[0]) == [("one", 3, 33), ("slow", 33, 53), ("back", 60, 80), ("tree", 80, 90)]
    assert spans(timeline.tracks[1]) == [("song", 5, 45)]
    one, slow, back, _ = timeline.tracks[0].find_clips()
    assert one.media_reference.target_url == "file:///films/a%20walk.mp4"
    assert one.source_range.start_time.value == 50
    # A source frame of 50 at half speed is the frame 100 that is seen, at double speed backwards 100 is 50.
    assert slow.source_range.start_time.value == 100 and back.source_range.start_time.value == 50
    assert [marker.name for marker in timeline.tracks.markers] == ["here"]


def test_final_cut_gives_it_back(tmp_path: Path) -> None:
    for path in ("a walk.mp4", "tree.png", "song.wav"):
        (tmp_path / path).touch()
    text = export_timeline(tmp_path / "a.xml", plain(), "film").path.read_text("utf-8")
    (tmp_path / "a.xml").write_text(text.replace("file:///films/", tmp_path.as_uri() + "/"), "utf-8")
    found = import_timeline(tmp_path / "a.xml", there)
    expected = plain()
    assert found.notices == () and found.missing == ()
    assert found.timeline.rate == 25 and found.timeline.markers == expected.markers
    for track, before in zip(found.timeline.tracks, expected.tracks, strict=True):
        assert [(c.name, c.start, c.length, c.offset, c.speed) for c in track.clips] == [
            (c.name, c.start, c.length, c.offset, c.speed) for c in before.clips
        ]


@pytest.mark.parametrize("rate", [NTSC, Fraction(12), Fraction(10), Fraction(15), Fraction(25, 2), Fraction(60)])
def test_any_usual_rate_keeps_its_cuts(rate: Fraction, tmp_path: Path) -> None:
    told = broadcast_rate(rate)
    times = int(told / rate)
    for suffix in (".xml", ".edl"):
        path = export_timeline(tmp_path / f"a{suffix}", plain(rate), "film").path
        found = import_timeline(path, there, told)
        assert found.timeline.rate == told
        places = [(clip.start, clip.length) for clip in found.timeline.tracks[0].clips]
        ours = plain(rate).tracks[0].clips
        shift = 0 if suffix == ".xml" else ours[0].start  # a list of events does not begin with a gap
        assert places == [((clip.start - shift) * times, clip.length * times) for clip in ours]


def test_a_rate_without_timecode_is_refused(tmp_path: Path) -> None:
    for suffix in (".xml", ".edl"):
        with pytest.raises(StudioError, match="timecode"):
            export_timeline(tmp_path / f"a{suffix}", plain(Fraction(7)), "film")
    assert not [*tmp_path.iterdir()]


def test_an_edit_decision_list_is_one_track(tmp_path: Path) -> None:
    above = Track("o", TrackKind.OVERLAY, clips=(Clip("x", WALK, 10, 5, Fraction(0), name="above"),))
    timeline = plain()
    tracks = (timeline.tracks[0], above, timeline.tracks[1])
    exported = export_timeline(tmp_path / "a.edl", Timeline(Fraction(25), tracks), "film")
    assert "one track" in exported.notices[0]
    lines = [line for line in exported.path.read_text("utf-8").splitlines() if line[:3].isdigit()]
    assert [line.split()[-2:] for line in lines] == [
        ["00:00:00:03", "00:00:00:10"],
        ["00:00:00:10", "00:00:00:15"],
        ["00:00:00:15", "00:00:01:08"],
        ["00:00:01:08", "00:00:02:03"],
        ["00:00:02:10", "00:00:03:05"],
        ["00:00:03:05", "00:00:03:15"],
    ]
    assert lines[0].split()[-4:-2] == ["00:00:02:00", "00:00:02:07"]
    found = otio.adapters.read_from_file(str(exported.path), rate=25)
    assert [clip.name for clip in found.tracks[0].find_clips()] == ["one", "above", "one", "slow", "back", "tree"]


def test_a_ring_is_one_turn_and_a_loop_a_clip_for_each_turn(tmp_path: Path) -> None:
    """A loop of 24 frames at 12 on a ring of 40 at 12, crossing its seam."""
    timeline = Timeline(
        Fraction(12), (Track("t", clips=(Clip("c", LOOP, 30, 36, Fraction(6), name="loop"),)),), ring=40
    )
    assert not timeline_problem(timeline)
    path = export_timeline(tmp_path / "a.xml", timeline, "ring").path
    found = otio.adapters.read_from_file(str(path))
    # 10 frames before the seam, from frame 6; after it from 16: 8 of the first turn, then 18 of the second.
    assert spans(found.tracks[0]) == [("loop", 0, 16), ("loop", 16, 52), ("loop", 60, 80)]
    assert [clip.source_range.start_time.value for clip in found.tracks[0].find_clips()] == [32, 0, 12]


def test_takes_that_are_seen_become_movies(tmp_path: Path) -> None:
    made: list[tuple[str, str]] = []

    def movie(media: Generated, take: Take, path: Path) -> Path:
        made.append((take.id, path.name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".mov").touch()
        return path.with_suffix(".mov")

    timeline = full(Fraction(24))
    bare = export_timeline(tmp_path / "bare.xml", timeline, "film")
    assert any("have no file" in notice for notice in bare.notices)
    assert any("Blend modes" in notice for notice in bare.notices)
    exported = export_timeline(tmp_path / "a.xml", timeline, "film", movie=movie)
    assert made == [("bb", "bb")] and exported.media == (tmp_path / "a media" / "bb.mov",)
    found = otio.adapters.read_from_file(str(exported.path))
    urls = {
        clip.media_reference.target_url
        for clip in found.tracks[0].find_clips()
        if isinstance(clip.media_reference, otio.schema.ExternalReference)
    }
    assert "a%20media/bb.mov" in urls


EVENTS = """TITLE: other
FCM: NON-DROP FRAME
001  REEL1    V     C        01:00:02:00 01:00:04:00 01:00:00:00 01:00:02:00
* FROM CLIP NAME:  first
002  REEL1    V     C        01:00:10:00 01:00:11:00 01:00:02:00 01:00:03:00
M2   REEL1    050.0          01:00:10:00
* FROM CLIP NAME:  second
003  REEL2    V     D    012 02:00:00:00 02:00:02:00 01:00:03:00 01:00:05:00
* FROM CLIP NAME:  first
* TO CLIP NAME:  third
"""


def test_a_list_of_another_program(tmp_path: Path) -> None:
    (tmp_path / "other.edl").write_text(EVENTS, "utf-8")
    found = import_timeline(tmp_path / "other.edl", there, Fraction(25))
    assert not timeline_problem(found.timeline)
    clips = found.timeline.tracks[0].clips
    assert [clip.start for clip in clips][:2] == [0, 50] and clips[0].length == 50
    assert clips[0].offset == 50 and found.missing[0] == str(tmp_path / "first")
    assert any("25 frames a second" in notice for notice in found.notices)


@pytest.mark.parametrize("suffix", [".xml", ".edl"])
@pytest.mark.parametrize(
    "data",
    [b"", b"<xmeml", b"<xmeml version='4'/>", b"001  A V C 99:99:99:99 x y z\n", bytes(range(256)),
     b"<?xml version='1.0'?><!DOCTYPE z [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]><xmeml>&b;</xmeml>",
     b"<xmeml><sequence id='1'><rate><timebase>x</timebase></rate><media><video><track><clipitem/></track></video>"
     b"</media></sequence></xmeml>", b"<a>" * 100_000],
    ids=lambda data: data[:12].decode("latin-1") if isinstance(data, bytes) else None,
)  # fmt: skip
def test_bad_files_are_told(suffix: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(data)
    try:
        assert import_timeline(path, there).timeline.length == 0  # nothing in it, or nothing that can be used
    except StudioError as error:
        assert error.problem.message.startswith("bad") or "timeline" in error.problem.message
