"""A timeline through .otio and back, and timelines of other programs."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.timeline.model import Canvas, Clip, Generated, Media, Sound, Still, Timeline, Track, Video
from studio.domain.timeline.validity import timeline_problem
from studio.session.interchange.exact import address, exact_rate, located
from studio.session.interchange.files import export_timeline, import_timeline
from tests.session.interchange.timelines import LOOP, NTSC, UNMADE, VIDEO, full

S, T = otio.schema, otio.opentime


def there(path: Path, *, sequence: bool = False) -> Media:
    """What a file is, by its name."""
    if sequence:
        return Video(str(path), Fraction(25), 12, Size(10, 10), digest="numbered")
    if path.suffix == ".png":
        return Still(str(path), Size(10, 10), "there")
    if path.suffix == ".bad":
        raise StudioError(ErrorKind.INPUT, f"{path.name} is damaged.", "Mend it.")
    if path.suffix == ".wav":
        return Sound(str(path), Fraction(9), "there")
    return Video(str(path), Fraction(25), 250, Size(64, 48), sound="loud" in path.stem, digest="there")


def changed(path: Path, change: Callable[[Any], None]) -> None:
    """The file as another program leaves it."""
    timeline = otio.adapters.read_from_file(str(path))
    change(timeline)
    otio.adapters.write_to_file(timeline, str(path))


def span(start: float, length: float, rate: float) -> Any:
    return T.TimeRange(T.RationalTime(start, rate), T.RationalTime(length, rate))


@pytest.mark.parametrize("ring", [0, 118])
@pytest.mark.parametrize("rate", [Fraction(12), NTSC, Fraction(25, 2)])
def test_nothing_is_lost(rate: Fraction, ring: int, tmp_path: Path) -> None:
    timeline = full(rate, ring)
    assert not timeline_problem(timeline)
    export_timeline(tmp_path / "a.otio", timeline, "Näme")
    found = import_timeline(tmp_path / "a.otio", there)
    assert found.timeline == timeline
    assert found.name == "Näme" and found.notices == ()
    assert found.missing == ("/films/a walk #1 é%.mp4", "/films/tree.png", "/films/song.wav") or len(found.missing) == 3


def test_nothing_is_lost_through_another_program(tmp_path: Path) -> None:
    export_timeline(tmp_path / "a.otio", full(), "a")
    changed(tmp_path / "a.otio", lambda timeline: None)
    assert import_timeline(tmp_path / "a.otio", there).timeline == full()


def test_others_understand_it(tmp_path: Path) -> None:
    export_timeline(tmp_path / "a.otio", full(), "a")
    timeline = otio.adapters.read_from_file(str(tmp_path / "a.otio"))
    assert [track.kind for track in timeline.tracks] == ["Video", "Video", "Video", "Audio"]
    gap, loop, walk, *_ = timeline.tracks[0]
    assert isinstance(gap, S.Gap) and gap.duration() == T.RationalTime(3, 24000 / 1001)
    assert set(loop.media_references()) == {"aa", "bb"} and loop.active_media_reference_key == "bb"
    assert isinstance(loop.effects[0], S.LinearTimeWarp) and loop.effects[0].time_scalar == pytest.approx(-2 / 3)
    assert walk.media_reference.target_url == "file:///films/a%20walk%20%231%20%C3%A9%25.mp4"
    assert walk.media_reference.available_range.duration == T.RationalTime(240, 24000 / 1001)
    unmade = next(clip for clip in timeline.find_clips() if clip.name == "to come")
    assert isinstance(unmade.media_reference, S.GeneratorReference) and not unmade.enabled
    assert unmade.media_reference.parameters["value"]["source"]["paths"][0] == "walk.mp4"
    assert [(marker.name, marker.marked_range.start_time.value) for marker in timeline.tracks.markers] == [
        ("start", 0),
        ("", 17),
    ]


def test_frames_of_takes_lie_beside_it(tmp_path: Path) -> None:
    class Frames:
        def numbers(self, take: str) -> frozenset[int]:
            return frozenset({0, 2, 3}) if take == "aa" else frozenset()

        def png(self, take: str, number: int) -> bytes | None:
            return None if number == 3 else f"{take}{number}".encode()

    exported = export_timeline(tmp_path / "a b.otio", full(), "a", frames=Frames())
    folder = tmp_path / "a b media" / "aa"
    assert exported.media == (folder,)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {"00000.png": b"aa0", "00002.png": b"aa2"}
    timeline = otio.adapters.read_from_file(str(exported.path))
    first = timeline.find_clips()[0].media_references()["aa"]
    assert isinstance(first, S.ImageSequenceReference)
    assert first.target_url_for_image_number(2) == "a%20b%20media/aa/00002.png"
    found = import_timeline(exported.path, there)
    assert found.timeline == full() and found.frames == {"aa": folder}


def test_what_others_change_counts(tmp_path: Path) -> None:
    (tmp_path / "new.mp4").touch()

    def change(timeline: Any) -> None:
        track = timeline.tracks[0]
        track[0].source_range = span(0, 13, 24000 / 1001)  # the gap is 10 longer
        loop = track[1]
        loop.source_range = T.TimeRange(T.RationalTime(6, 12), T.RationalTime(10, 24000 / 1001))
        loop.active_media_reference_key = "aa"
        loop.effects[0].time_scalar = 0.5
        loop.name = "renamed"
        track[2].media_reference.target_url = "new.mp4"
        track[2].enabled = False
        track.enabled = False

    export_timeline(tmp_path / "a.otio", full(), "a")
    changed(tmp_path / "a.otio", change)
    track = import_timeline(tmp_path / "a.otio", there).timeline.tracks[0]
    loop, walk = track.clips[:2]
    assert (loop.start, loop.length, loop.name) == (13, 10, "renamed") and loop.offset == 6
    assert (
        isinstance(loop.media, Generated)
        and loop.media.active == "aa"
        and loop.lanes == full().tracks[0].clips[0].lanes
    )
    assert walk.start == 23 and not walk.enabled and walk.speed == Fraction(3, 2) and walk.offset == Fraction(22, 7)
    assert isinstance(walk.media, Video) and walk.media.path == str(tmp_path / "new.mp4")
    assert track.hidden


def test_copied_clips_get_ids_of_their_own(tmp_path: Path) -> None:
    def change(timeline: Any) -> None:
        timeline.tracks[0].append(timeline.tracks[0][1].deepcopy())

    export_timeline(tmp_path / "a.otio", full(), "a")
    changed(tmp_path / "a.otio", change)
    found = import_timeline(tmp_path / "a.otio", there).timeline
    assert not timeline_problem(found)
    assert found.tracks[0].clips[-1].media == found.tracks[0].clips[0].media


def test_a_loop_that_was_outgrown_becomes_a_line(tmp_path: Path) -> None:
    def change(timeline: Any) -> None:
        timeline.tracks[0].insert(0, S.Gap(duration=T.RationalTime(500, 24000 / 1001)))

    export_timeline(tmp_path / "a.otio", full(ring=118), "a")
    changed(tmp_path / "a.otio", change)
    found = import_timeline(tmp_path / "a.otio", there)
    assert found.timeline.ring == 0 and "line" in found.notices[0]


def saved(path: Path, *tracks: Any) -> Path:
    timeline = S.Timeline("foreign")
    timeline.tracks.extend(tracks)
    otio.adapters.write_to_file(timeline, str(path / "f.otio"))
    return path / "f.otio"


def clip(url: str, start: float, length: float, rate: float = 25, available: Any = None) -> Any:
    reference = S.ExternalReference(target_url=url, available_range=available)
    return S.Clip(name=Path(url).stem, media_reference=reference, source_range=span(start, length, rate))


def test_a_timeline_of_another_program(tmp_path: Path) -> None:
    for name in ("a.mp4", "loud.mov", "b.png", "c.wav", "no.bad"):
        (tmp_path / name).touch()
    slow = clip("a.mp4", 100, 10)
    slow.effects.append(S.LinearTimeWarp(time_scalar=0.5))
    frozen = clip("a.mp4", 7, 10)
    frozen.effects.append(S.FreezeFrame())
    timecoded = clip("a.mp4", 90050, 10, available=span(90000, 250, 25))
    fade = S.Transition(in_offset=T.RationalTime(2, 25), out_offset=T.RationalTime(2, 25))
    gap = S.Gap(duration=T.RationalTime(10, 25))
    rest = [clip("b.png", 0, 20), clip("no.bad", 0, 5), clip("gone.mp4", 50, 5)]
    video = S.Track("V", children=[clip("a.mp4", 5, 10), fade, slow, gap, frozen, timecoded, *rest])
    audio = S.Track("A", kind="Audio", children=[clip("loud.mov", 25, 50), clip("c.wav", 5, 5), clip("a.mp4", 0, 9)])
    found = import_timeline(saved(tmp_path, audio, video), there)
    timeline = found.timeline
    assert not timeline_problem(timeline) and timeline.rate == 25
    clips = timeline.tracks[0].clips
    assert [(c.start, c.length, int(c.offset)) for c in clips] == [
        (0, 10, 5), (10, 10, 100), (30, 10, 7), (40, 10, 50), (50, 20, 0), (70, 5, 0), (75, 5, 50),
    ]  # fmt: skip
    assert clips[1].speed == Fraction(1, 2) and 0 < clips[2].speed < Fraction(1, 10**8)
    assert isinstance(clips[4].media, Still) and clips[4].media.digest == "there"
    sounds = timeline.tracks[1].clips
    assert [(c.start, int(c.offset), c.media) for c in sounds] == [
        (0, 25, Sound(str(tmp_path / "loud.mov"), Fraction(10), "there")),
        (50, 5, Sound(str(tmp_path / "c.wav"), Fraction(9), "there")),
    ]
    assert found.missing == (str(tmp_path / "no.bad"), str(tmp_path / "gone.mp4"))
    told = " ".join(found.notices)
    assert "became cuts" in told and "no.bad" in told and "has no sound" in told


def test_rates_do_not_drift(tmp_path: Path) -> None:
    """A thousand clips of 10 frames at 25 on a timeline of NTSC rate: places are rounded, lengths are not summed."""
    first = clip("x.mp4", 0, 24, 23.98)
    rest = [clip("x.mp4", 0, 10) for _ in range(1000)]
    timeline = import_timeline(saved(tmp_path, S.Track(children=[first, *rest])), there).timeline
    assert timeline.rate == NTSC
    assert timeline.length == round(24 + 400 * NTSC)


def test_nested_timelines_become_clips(tmp_path: Path) -> None:
    inner = S.Stack(name="inner", source_range=span(5, 20, 25))
    low = S.Track(children=[clip("low.mp4", 0, 100)])
    fade = S.Transition(in_offset=T.RationalTime(1, 25), out_offset=T.RationalTime(1, 25))
    high = S.Track(
        children=[S.Gap(duration=T.RationalTime(10, 25)), clip("high.mp4", 3, 6), fade, clip("high2.mp4", 0, 4)]
    )
    inner.extend([low, high])
    found = import_timeline(saved(tmp_path, S.Track(children=[clip("a.mp4", 0, 5), inner, clip("z.mp4", 0, 5)])), there)
    seen = [(c.name, c.start, c.length, int(c.offset)) for c in found.timeline.tracks[0].clips]
    assert seen == [
        ("a", 0, 5, 0),
        ("low", 5, 5, 5),
        ("high", 10, 6, 3),
        ("high2", 16, 4, 0),
        ("low", 20, 5, 20),
        ("z", 25, 5, 0),
    ]
    assert any("inner" in notice for notice in found.notices)


def test_of_a_trimmed_track_only_what_is_seen_comes(tmp_path: Path) -> None:
    track = S.Track(children=[clip("a.mp4", 0, 10), clip("b.mp4", 0, 10)], source_range=span(5, 8, 25))
    found = import_timeline(saved(tmp_path, track), there).timeline.tracks[0].clips
    assert [(c.name, c.start, c.length, int(c.offset)) for c in found] == [("a", 0, 5, 5), ("b", 5, 3, 0)]


def test_a_generator_of_another_program_leaves_a_gap(tmp_path: Path) -> None:
    bars = S.Clip("bars", S.GeneratorReference(generator_kind="SMPTEBars"), span(0, 9, 25))
    found = import_timeline(saved(tmp_path, S.Track(children=[bars, clip("a.mp4", 0, 5)])), there)
    assert [(c.name, c.start) for c in found.timeline.tracks[0].clips] == [("a", 9)]
    assert "SMPTEBars" in found.notices[0]


def test_numbered_pictures_are_a_video(tmp_path: Path) -> None:
    reference = S.ImageSequenceReference("shots/", "s.", ".png", start_frame=1001, frame_zero_padding=4, rate=24)
    reference.available_range = span(0, 48, 24)
    found = import_timeline(saved(tmp_path, S.Track(children=[S.Clip("s", reference, span(2, 12, 24))])), there)
    media = found.timeline.tracks[0].clips[0].media
    assert isinstance(media, Video) and media.path == str(tmp_path / "shots" / "s.1001.png")
    assert media.frames == 48 and found.timeline.tracks[0].clips[0].offset == 2
    (tmp_path / "shots").mkdir()
    (tmp_path / "shots" / "s.1001.png").touch()
    found = import_timeline(tmp_path / "f.otio", there)
    media = found.timeline.tracks[0].clips[0].media
    assert isinstance(media, Video) and media.digest == "numbered" and media.rate == 24


BAD = {
    "empty": b"",
    "no json": b"{",
    "a list": b"[1]",
    "a clip without a length": b'{"OTIO_SCHEMA": "Clip.2", "media_references": {}, "active_media_reference_key": ""}',
    "unknown": b'{"OTIO_SCHEMA": "Zork.1"}',
    "half": b'{"OTIO_SCHEMA": "Timeline.1"}',
    "deep": b"[" * 100_000,
    "deep and sound": b"[" * 900 + b"]" * 900,
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("name", list(BAD))
def test_a_bad_file_is_told(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.otio"
    path.write_bytes(BAD[name])
    if name == "a clip without a length":
        assert import_timeline(path, there).timeline.length == 0
        return
    with pytest.raises(StudioError) as caught:
        import_timeline(path, there)
    assert caught.value.problem.kind is ErrorKind.INPUT


@pytest.mark.parametrize("value", ["1e999", "-5", "NaN"])
def test_hostile_times_are_told(value: str, tmp_path: Path) -> None:
    path = saved(tmp_path, S.Track(children=[clip("a.mp4", 0, 77)]))
    path.write_text(path.read_text("utf-8").replace("77.0", value), "utf-8")
    try:
        assert import_timeline(path, there).timeline.length == 0  # what has no length is left out
    except StudioError as error:
        assert error.problem.kind is ErrorKind.INPUT


def test_damaged_words_of_ours_are_told(tmp_path: Path) -> None:
    export_timeline(tmp_path / "a.otio", full(), "a")
    document = json.loads((tmp_path / "a.otio").read_text("utf-8"))
    document["tracks"]["children"][0]["children"][2]["metadata"]["safelight"]["lanes"] = [{"parameter": 5}]
    document["tracks"]["children"][1]["metadata"]["safelight"]["mode"] = "zork"
    (tmp_path / "a.otio").write_text(json.dumps(document), "utf-8")
    found = import_timeline(tmp_path / "a.otio", there)
    assert not timeline_problem(found.timeline) and len(found.notices) == 2
    walk = found.timeline.tracks[0].clips[1]
    assert isinstance(walk.media, Video) and walk.media.path == VIDEO.path


def test_nothing_is_overwritten_and_nothing_empty_written(tmp_path: Path) -> None:
    for name, timeline in (("a.otio", Timeline()), ("a.mov", full()), ("there.otio", full())):
        (tmp_path / "there.otio").touch()
        with pytest.raises(StudioError) as caught:
            export_timeline(tmp_path / name, timeline, "a")
        assert caught.value.problem.kind is ErrorKind.INPUT
    export_timeline(tmp_path / "there.otio", full(), "a", replace=True)
    assert import_timeline(tmp_path / "there.otio", there).timeline == full()
    with pytest.raises(StudioError, match=r"no\.otio"):
        import_timeline(tmp_path / "no.otio", there)


def test_strange_texts_are_written(tmp_path: Path) -> None:
    timeline = Timeline(tracks=(Track("t", name="\ud800 \0 é", clips=(Clip("c", Canvas(), 0, 5, name="\udfff"),)),))
    export_timeline(tmp_path / "a.otio", timeline, "\ud800")
    found = import_timeline(tmp_path / "a.otio", there).timeline
    assert found.tracks[0].clips[0].length == 5


@pytest.mark.parametrize(
    ("rate", "exact"),
    [(23.976, NTSC), (23.98, NTSC), (29.97, Fraction(30000, 1001)), (24, Fraction(24)), (12.5, Fraction(25, 2)),
     (59.94005994005994, Fraction(60000, 1001)), (1 / 3, Fraction(1, 3))],
)  # fmt: skip
def test_rates_are_exact(rate: float, exact: Fraction) -> None:
    assert exact_rate(rate) == exact


def test_paths_and_addresses(tmp_path: Path) -> None:
    odd = tmp_path / "a #b %20?é.mp4"
    assert located(address(odd), Path("/elsewhere")) == str(odd)
    assert address(odd, tmp_path) == "a%20%23b%20%2520%3F%C3%A9.mp4"
    assert located(address(odd, tmp_path), tmp_path) == str(odd)
    assert located("file://localhost/x/y%20z.mov", tmp_path) == "/x/y z.mov"
    assert located("/x/y z.mov", tmp_path) == "/x/y z.mov"


def test_times_survive_their_floats(tmp_path: Path) -> None:
    long = Clip("c", dataclasses.replace(LOOP, frames=10**6), 0, 10**6, Fraction(10**9 - 1, 10**9), Fraction(999, 1000))
    timeline = Timeline(Fraction(60000, 1001), (Track("t", clips=(long, Clip("d", UNMADE, 10**6 + 1, 7))),))
    export_timeline(tmp_path / "a.otio", timeline, "a")
    assert import_timeline(tmp_path / "a.otio", there).timeline == timeline


def test_the_library_is_loaded_when_it_is_needed() -> None:
    code = "import sys, studio.session.interchange.files as files; print('opentimelineio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
