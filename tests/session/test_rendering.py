"""Projects to files, which are decoded again: by us, and by FFmpeg or Pillow where it matters."""

import dataclasses
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from studio.domain.document.document import Document
from studio.domain.errors import ErrorKind, JobCancelled, StudioError
from studio.domain.geometry import Size
from studio.domain.timeline.model import (
    Canvas,
    Clip,
    Generated,
    Key,
    Lane,
    Media,
    Sound,
    Still,
    Timeline,
    Track,
    TrackKind,
    Video,
    Zone,
)
from studio.imaging.pixels import Pixels
from studio.imaging.verdict import Light
from studio.imaging.video.notes import clip_text
from studio.imaging.video.reading import VideoReader
from studio.imaging.video.writing import write_clip
from studio.session.canvas import CanvasSession
from studio.session.cutting import Cut, alone, find_clip, frame_size, whole, zoned
from studio.session.montage import Montage, montage_of
from studio.session.rendering import Stage, preset_by_name, render
from tests.session.rendered import FRAMES, LOOP, RATE, SIZE, TASK, looping, plain, project, tone, turning


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[CanvasSession]:
    session = looping(tmp_path / "loop.safelight")
    yield session
    session.close()


def film(folder: Path) -> Video:
    """A video of ten frames, each of one colour of its own."""
    path = folder / "film.mov"
    write_clip(path, [plain((0, 20 * n, 0, 255)) for n in range(10)], SIZE, RATE, "prores-4444")
    return Video(str(path), RATE, 10, SIZE)


@pytest.fixture
def mixed(tmp_path: Path) -> Iterator[CanvasSession]:
    """A line with generated frames, a video, a still and the canvas, and a sound under all of it."""
    Image.fromarray(plain((0, 0, 222), Size(128, 96))).save(tmp_path / "still.png")
    clips = (
        Clip("g", LOOP, 0, 4, name="waves"),
        Clip("v", film(tmp_path), 4, 4, Fraction(6), Fraction(-1), name="film"),
        Clip("s", Still(str(tmp_path / "still.png"), Size(128, 96)), 8, 3, name="still"),
        Clip("c", Canvas(), 11, 3, name="canvas"),
    )
    song = Clip("a", Sound(str(tone(tmp_path / "song.wav", 440, 2)), Fraction(2)), 0, 14, name="song")
    tracks = (Track("t", clips=clips), Track("a", TrackKind.AUDIO, clips=(song,)))
    session = project(
        tmp_path / "mixed.safelight", Timeline(RATE, tracks), {"a": [turning(index) for index in range(FRAMES)]}
    )
    yield session
    session.close()


def near(found: Pixels, expected: Pixels, levels: float) -> bool:
    return bool(np.abs(found[..., :3].astype(int) - expected[..., :3]).mean() < levels)


EXPECTED = [turning(n) for n in range(4)] + [plain((0, 20 * n, 0)) for n in (6, 5, 4, 3)]
EXPECTED += [plain((0, 0, 222))] * 3 + [plain((200, 0, 0))] * 3


@pytest.mark.parametrize(("name", "levels"), [("a.webm", 6.0), ("a.gif", 6.0), ("frames", 0.75)])
def test_each_kind_of_clip_is_in_the_file(name: str, levels: float, mixed: CanvasSession, tmp_path: Path) -> None:
    report = render(montage_of(mixed), whole(mixed.document), tmp_path / name)
    assert report.problems == () and report.frames == 14 and report.size == SIZE
    assert report.sound is (name == "a.webm") and not report.closed and report.measures is None
    with VideoReader(report.path) as reader:
        found = [*reader.frames()]
    assert len(found) == 14
    assert all(near(frame, expected, levels) for frame, expected in zip(found, EXPECTED, strict=True))
    if name == "frames":
        assert sorted(file.name for file in (tmp_path / name).iterdir())[-1].endswith("0014.png")


def test_the_sound_is_in_time(mixed: CanvasSession, tmp_path: Path) -> None:
    report = render(montage_of(mixed), zoned(zone(mixed, 5, 14)), tmp_path / "a.mov", "prores-4444")
    with av.open(str(report.path)) as file:
        samples = np.concatenate([frame.to_ndarray() for frame in file.decode(audio=0)], axis=1).reshape(-1, 2)
    assert 0.9 <= len(samples) / 48_000 < 1  # the container cuts between packets
    left = samples[:24_000, 0] / 32768
    assert np.abs(left - 0.5 * np.sin(2 * np.pi * 440 * (0.5 + np.arange(24_000) / 48_000))).max() < 2e-3


def zone(session: CanvasSession, start: int, end: int) -> Document:
    timeline = dataclasses.replace(session.document.timeline, zone=Zone(start, end))
    return dataclasses.replace(session.document, timeline=timeline)


@pytest.mark.parametrize("name", ["a.webm", "a.gif", "a.webp", "a.mp4"])
def test_a_ring_is_one_turn_that_loops_and_is_measured(name: str, loop: CanvasSession, tmp_path: Path) -> None:
    report = render(montage_of(loop), whole(loop.document), tmp_path / name)
    assert report.problems == () and report.frames == FRAMES and report.closed and not report.alpha
    assert report.loops is (True if name in ("a.gif", "a.webp") else None)
    assert report.measures is not None and 0.8 < report.measures.seam_ratio < 1.2
    assert report.verdict is not None and report.verdict.light is not Light.RED
    if name == "a.gif":
        with Image.open(report.path) as image:
            assert image.info["loop"] == 0 and image.n_frames == FRAMES  # type: ignore[attr-defined]


def test_the_seam_is_that_of_the_file(loop: CanvasSession, tmp_path: Path) -> None:
    """A ring whose last frame jumps is told so."""
    cut = whole(loop.document)
    broken = dataclasses.replace(cut.timeline.tracks[0].clips[0], length=5)
    timeline = Timeline(RATE, (Track("t", clips=(broken,)),), ring=5)
    report = render(montage_of(loop), dataclasses.replace(cut, timeline=timeline, frames=5), tmp_path / "a.webm")
    assert report.measures is not None and report.measures.seam_ratio > 1.5
    assert report.verdict is not None and report.verdict.light is Light.RED


def test_turns_repeat_a_loop(loop: CanvasSession, tmp_path: Path) -> None:
    report = render(montage_of(loop), whole(loop.document), tmp_path / "a.mp4", turns=3)
    assert report.frames == 3 * FRAMES and report.problems == () and report.seconds == Fraction(24, 10)


def test_transparency_is_kept_where_it_can_be_and_costs_nothing_else(mixed: CanvasSession, tmp_path: Path) -> None:
    """The clip begins opaque and fades out, so that room for transparency is only asked for later."""
    lanes = (Lane("opacity", (Key(Fraction(1), 1.0), Key(Fraction(4), 0.0))),)
    clip = Clip("s", Still(str(tmp_path / "still.png"), Size(128, 96)), 0, 5, lanes=lanes)
    timeline = Timeline(RATE, (Track("t", clips=(clip,)),))
    cut = Cut(timeline, 0, 5, RATE, SIZE)
    report = render(montage_of(mixed), cut, tmp_path / "a.mov")
    assert report.preset == "prores-4444" and report.alpha and report.problems == ()
    with VideoReader(report.path) as reader:
        alphas = [float(frame[..., 3].mean()) for frame in reader.frames()]
    assert np.allclose(alphas, [255, 255, 170, 85, 0], atol=2)
    flat = render(montage_of(mixed), cut, tmp_path / "a.mp4")
    assert not flat.alpha and any("black lies behind" in notice for notice in flat.notices)
    with VideoReader(flat.path) as reader:
        assert reader.frame(4).max() < 4
    solid = render(montage_of(mixed), dataclasses.replace(cut, frames=2), tmp_path / "b.mov")
    assert not solid.alpha


def test_another_size_and_rate(loop: CanvasSession, tmp_path: Path) -> None:
    cut = dataclasses.replace(whole(loop.document), size=Size(32, 32)).at_rate(Fraction(20))
    assert [cut.place(index) for index in range(cut.frames)] == [n // 2 for n in range(16)]
    report = render(montage_of(loop), cut, tmp_path / "a.webm")
    assert (report.frames, report.size) == (16, Size(32, 32)) and report.rate == 20
    with pytest.raises(StudioError):
        cut.at_rate(Fraction(0))


def test_a_gif_tells_of_its_rate(loop: CanvasSession, tmp_path: Path) -> None:
    cut = dataclasses.replace(whole(loop.document), rate=Fraction(24), frames=FRAMES)
    report = render(montage_of(loop), cut, tmp_path / "a.gif")
    assert report.rate == 25 and any("24" in notice for notice in report.notices) and report.problems == ()


def test_the_recipe_travels_with_a_clip(loop: CanvasSession, tmp_path: Path) -> None:
    clip = loop.document.timeline.tracks[0].clips[0]
    report = render(montage_of(loop), alone(loop.document, clip), tmp_path / "a.webm")
    assert '"sea"' in clip_text(report.path)


def test_progress_is_told_and_a_cancel_leaves_nothing(loop: CanvasSession, tmp_path: Path) -> None:
    told: list[tuple[Stage, int, int]] = []
    render(montage_of(loop), whole(loop.document), tmp_path / "a.webm", progress=lambda *all_: told.append(all_))
    assert told[:FRAMES] == [(Stage.WRITING, n + 1, FRAMES) for n in range(FRAMES)]
    assert told[FRAMES:] == [(Stage.CHECKING, n + 1, FRAMES) for n in range(FRAMES)]
    calls = 0

    def poll() -> None:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise JobCancelled

    before = sorted(tmp_path.iterdir())
    with pytest.raises(JobCancelled):
        render(montage_of(loop), whole(loop.document), tmp_path / "b.webm", poll=poll)
    assert sorted(tmp_path.iterdir()) == before


def test_what_cannot_be_rendered_is_told(loop: CanvasSession, tmp_path: Path) -> None:
    (tmp_path / "there.webm").touch()
    cut = whole(loop.document)
    for name, preset in (("there.webm", ""), ("a.doc", ""), ("a.webm", "zork")):
        with pytest.raises(StudioError) as caught:
            render(montage_of(loop), cut, tmp_path / name, preset)
        assert caught.value.problem.kind is ErrorKind.INPUT
    assert render(montage_of(loop), cut, tmp_path / "there.webm", replace=True).frames == FRAMES
    for document in (Document(), dataclasses.replace(loop.document, timeline=Timeline())):
        with pytest.raises(StudioError, match="nothing on this project's timeline"):
            whole(document)
    with pytest.raises(StudioError, match="no zone"):
        zoned(loop.document)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_a_full_disk_leaves_nothing(loop: CanvasSession, tmp_path: Path) -> None:
    """A process that may not write files of more than 40 kB, in place of a disk that is full."""
    loop.close()
    (tmp_path / "out").mkdir()
    code = """
        import dataclasses, resource, signal, sys
        from pathlib import Path
        from studio.domain.errors import StudioError
        from studio.domain.geometry import Size
        from studio.session.canvas import CanvasSession
        from studio.session.cutting import whole
        from studio.session.montage import montage_of
        from studio.session.rendering import render
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        session = CanvasSession.open(Path(sys.argv[1]))
        cut = dataclasses.replace(whole(session.document), size=Size(640, 480))
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
        for name in ("a.mov", "frames"):
            try:
                render(montage_of(session), cut, Path(sys.argv[2]) / name)
                print(name, "was written")
            except StudioError as error:
                print(name, error.problem.kind, error.problem.message)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(loop.path), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [[n, "disk"] for n in ("a.mov", "frames")], done
    assert not [*(tmp_path / "out").iterdir()]


# ------------------------------------------------------------------------------------------------ cuts


FILM = Video("f", Fraction(25), 100, SIZE)


def generated(**fields: Any) -> Clip:
    return dataclasses.replace(Clip("g", LOOP, 3, 40), **fields)


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        (generated(), (8, RATE, True, [0, 1, 2, 3, 4, 5, 6, 7])),
        (generated(offset=Fraction(3)), (8, RATE, True, [3, 4, 5, 6, 7, 0, 1, 2])),
        (generated(speed=Fraction(3, 2)), (8, Fraction(15), True, [0, 1, 2, 3, 4, 5, 6, 7])),
        (generated(speed=Fraction(-1)), (8, RATE, True, [0, 7, 6, 5, 4, 3, 2, 1])),
        (generated(length=5), (3, RATE, False, [0, 1, 2])),
        (generated(media=FILM, offset=Fraction(10), length=4), (5, Fraction(25), False, [10, 11, 12, 13, 14])),
        (generated(media=Canvas(), length=4), (4, Fraction(20), False, [0, 0, 0, 0])),
    ],
)  # fmt: skip
def test_a_clip_alone_shows_each_frame_of_its_media_once(
    clip: Clip, expected: tuple[int, Fraction, bool, list[int]]
) -> None:
    from studio.domain.timeline.seen import shots_at

    cut = alone(Document(SIZE, timeline=Timeline(Fraction(20), (Track("t", clips=(clip,)),))), clip)
    assert (cut.frames, cut.rate, cut.closed) == expected[:3] and cut.size == SIZE
    assert [shots_at(cut.timeline, cut.place(index))[0].source for index in range(cut.frames)] == expected[3]


def test_clips_are_found_by_name_or_id() -> None:
    clips = tuple(Clip(f"{n}", LOOP, 10 * n, 5, name=name) for n, name in enumerate(("One", "two", "TWO", "")))
    timeline = Timeline(RATE, (Track("t", clips=clips),))
    assert find_clip(timeline, "one") is clips[0] and find_clip(timeline, "3") is clips[3]
    with pytest.raises(StudioError, match="2 clips"):
        find_clip(timeline, "Two")
    with pytest.raises(StudioError, match="no clip “four”"):
        find_clip(timeline, "four")
    with pytest.raises(StudioError, match="sound"):
        alone(Document(timeline=timeline), Clip("s", Sound("s.wav", Fraction(1)), 0, 5))


def test_frames_are_as_large_as_the_largest_clip() -> None:
    def sized(*media: Media) -> Size:
        clips = tuple(Clip(f"{n}", each, 10 * n, 5) for n, each in enumerate(media))
        return frame_size(Document(Size(99, 99), timeline=Timeline(tracks=(Track("t", clips=clips),))))

    large = Generated(TASK, RATE, 4, Size(128, 64))
    assert sized(LOOP, large, Still("s.png", Size(9999, 9999))) == Size(128, 64)
    assert sized(Canvas(), Still("s.png", Size(9999, 9999))) == sized() == Size(99, 99)


@pytest.mark.parametrize(
    ("name", "closed", "preset"),
    [("a.webm", True, "webm-loop"), ("b.webm", False, "webm-vp9"), ("a.mp4", False, "mp4-h264"),
     ("a.MOV", True, "prores-4444"),
     ("a.png", True, "apng"), ("a", True, "png-sequence"), ("a.####.png", False, "png-sequence"),
     ("a.####.exr", False, "exr-sequence"),
     ("a.exr", False, "exr-sequence"), ("a.gif", False, "gif")],
)  # fmt: skip
def test_names_choose_presets(name: str, closed: bool, preset: str) -> None:
    assert preset_by_name(Path(name), closed) == preset


# ------------------------------------------------------------------------------------------------ speed


class _Slow(Montage):
    """A montage that takes its time for each frame, as an encoder does."""

    def frame(self, timeline: Timeline, t: int, size: Size) -> Pixels:
        time.sleep(0.02)
        return plain((0, 0, 9, 255), size)


def test_composing_runs_ahead_of_whoever_takes_the_frames() -> None:
    from studio.session.rendering import _Frames

    class Reader:
        def pixels(self, media: Media, source: int) -> Pixels:
            raise AssertionError

        def key(self, media: Media, source: int) -> str:
            raise AssertionError

    clip = Clip("v", Video("f", RATE, 100, SIZE), 0, 20)  # one thread
    cut = Cut(Timeline(RATE, (Track("t", clips=(clip,)),)), 0, 20, RATE, SIZE)
    began = time.monotonic()
    with _Frames(_Slow(Reader()), cut, False, strict=False) as frames:
        for _ in frames:
            time.sleep(0.02)
    assert time.monotonic() - began < 20 * 0.04 * 0.85


def test_a_file_with_missing_frames_is_whole(loop: CanvasSession, tmp_path: Path) -> None:
    """Frames that are missing are stood in for by what the window shows, and files that are gone by a placeholder."""
    shutil.rmtree(tmp_path / "nowhere", ignore_errors=True)
    clip = Clip("s", Still(str(tmp_path / "nowhere" / "s.png"), SIZE), 0, 3)
    report = render(
        montage_of(loop), Cut(Timeline(RATE, (Track("t", clips=(clip,)),)), 0, 3, RATE, SIZE), tmp_path / "a.webm"
    )
    assert report.frames == 3 and report.problems == ()
