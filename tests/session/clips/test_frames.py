"""Frames of any media: found, stood in for, missing, shared, and bounded in memory."""

import dataclasses
import struct
import threading
import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.domain.document import edits as layers
from studio.domain.document.layers import PaintLayer
from studio.domain.document.tiles import EMPTY
from studio.domain.geometry import Rect, Size
from studio.domain.timeline.model import Canvas, Generated, Sound, Still, Take, Timeline, Video
from studio.imaging.compose import Compositor
from studio.imaging.pictures import load_layered
from studio.imaging.pixels import Pixels
from studio.session.canvas import CanvasSession
from studio.session.clips import files
from studio.session.clips.frames import CanvasPicture, FrameReader
from studio.session.clips.media import describe
from studio.session.clips.takes import Made
from tests.session.clips.desk import DOCUMENT, SIZE, TASK, noise, picture, png
from tests.session.clips.test_takes import changed

MEDIA = Generated(TASK, Fraction(8), 8, SIZE, takes=(Take("a", 8, TASK),), active="a")
LINE = dataclasses.replace(MEDIA, closed=False)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[CanvasSession]:
    made = CanvasSession.create(tmp_path / "work.safelight", DOCUMENT)
    yield made
    made.close()


def film(path: Path, frames: int = 5) -> Path:
    """An animated picture, each frame of another grey."""
    shown = [Image.fromarray(picture(40 * index % 256)) for index in range(frames)]
    shown[0].save(path, save_all=True, append_images=shown[1:], duration=100, loop=0)
    return path


def grey(pixels: Pixels) -> int:
    """The value of a plain picture."""
    assert pixels.shape[2] == 4 and not pixels.flags.writeable
    return int(pixels[..., :3].mean().round())


def test_frames_of_a_take_are_seen(session: CanvasSession) -> None:
    session.takes.keep_all("a", [Made(n, png(10 * n)) for n in range(8)]).result(10)
    reader = FrameReader(session.takes)
    assert [grey(reader.pixels(MEDIA, n)) for n in (0, 3, 7, 8, -1)] == [0, 30, 70, 0, 70], "a loop goes round"
    assert [grey(reader.pixels(LINE, n)) for n in (8, -1)] == [70, 0], "a line ends"
    assert reader.pixels(MEDIA, 3) is reader.pixels(MEDIA, 11)


def test_a_frame_that_is_not_there_yet_is_stood_in_for_by_the_nearest(session: CanvasSession) -> None:
    session.takes.keep_all("a", [Made(1, png(10)), Made(4, png(40))]).result(10)
    reader = FrameReader(session.takes)
    assert [grey(reader.pixels(LINE, n)) for n in range(8)] == [10, 10, 10, 40, 40, 40, 40, 40]
    assert grey(reader.pixels(MEDIA, 7)) == 10, "around the seam"
    before = reader.key(MEDIA, 7)
    session.takes.keep("a", 7, png(70)).result(10)
    assert grey(reader.pixels(MEDIA, 7)) == 70 and reader.key(MEDIA, 7) != before


def test_until_a_take_has_frames_the_one_before_is_seen(session: CanvasSession) -> None:
    session.takes.keep_all("a", [Made(n, png(10 * n)) for n in range(8)]).result(10)
    reader = FrameReader(session.takes)
    both = dataclasses.replace(MEDIA, takes=(*MEDIA.takes, Take("b", 8, TASK), Take("c", 8, TASK)), active="c")
    assert grey(reader.pixels(both, 3)) == 30 and reader.key(both, 3) == reader.key(MEDIA, 3)
    session.takes.keep("c", 3, png(200)).result(10)
    assert grey(reader.pixels(both, 3)) == 200 and reader.key(both, 3) != reader.key(MEDIA, 3)


def test_equal_frames_of_two_takes_are_decoded_once(session: CanvasSession) -> None:
    session.takes.keep("a", 0, png(10)).result(10)
    session.takes.copy("a", "b", {0: 5}).result(10)
    other = dataclasses.replace(MEDIA, takes=(Take("b", 8, TASK),), active="b")
    reader = FrameReader(session.takes)
    assert reader.key(MEDIA, 0) == reader.key(other, 5)
    assert reader.pixels(MEDIA, 0) is reader.pixels(other, 5)


def test_damaged_frames_are_stood_in_for(session: CanvasSession) -> None:
    session.takes.keep_all("a", [Made(0, png(0)), Made(1, png(10)), Made(2, b"no picture")]).result(10)
    digest = session.takes.digest("a", 0)
    session.close()
    changed(session.path, f"UPDATE stills SET data = x'00' WHERE digest = x'{digest}'")
    again = CanvasSession.open(session.path)
    again.takes.expect("a")
    reader = FrameReader(again.takes)
    assert grey(reader.pixels(LINE, 0)) == 10
    assert reader.pixels(LINE, 2).shape == (SIZE.height, SIZE.width, 4), "a placeholder"
    again.close()


def bomb() -> bytes:
    """A PNG that says it has ten thousand million pixels."""
    head = struct.pack(">II5B", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))


def test_a_frame_that_claims_to_be_enormous_is_none(session: CanvasSession) -> None:
    session.takes.keep("a", 0, bomb()).result(10)
    assert FrameReader(session.takes).pixels(MEDIA, 0).shape == (SIZE.height, SIZE.width, 4)


@pytest.mark.parametrize(
    "media",
    [
        Generated(TASK, Fraction(8), 8, SIZE),
        Video("/nowhere/film.mp4", Fraction(24), 100, Size(1920, 1080)),
        Still("/nowhere/a\0b.png", Size(64, 64)),
        Still("/nowhere/" + "x" * 5000, Size(1, 10_000)),
        Sound("/nowhere/sound.wav", Fraction(3)),
        Canvas(),
    ],
    ids=["no take", "video", "no name", "long name", "sound", "no canvas"],
)
def test_what_is_missing_gives_a_placeholder(media: Still, session: CanvasSession) -> None:
    reader = FrameReader(session.takes)
    pixels = reader.pixels(media, 3)
    height, width = pixels.shape[:2]
    size = getattr(media, "size", Size(512, 512))
    assert pixels.shape[2] == 4 and (pixels[..., 3] == 255).all() and max(height, width) <= 512
    assert height / width == pytest.approx(size.height / size.width, rel=0.01) or min(height, width) == 1
    assert reader.pixels(media, 4) is pixels


def test_a_placeholder_says_which_file(session: CanvasSession) -> None:
    reader = FrameReader(session.takes)
    one, other = (reader.pixels(Still(f"/nowhere/{name}.png", Size(400, 300)), 0) for name in ("one", "other"))
    assert one.shape == other.shape and not np.array_equal(one, other)
    bare = reader.pixels(Still("/nowhere/ ", Size(400, 300)), 0)
    assert (one == [236, 236, 236, 255]).all(axis=2).any() and not np.array_equal(one, bare)


def test_videos_and_pictures_are_read_from_their_files(tmp_path: Path, session: CanvasSession) -> None:
    video = describe(film(tmp_path / "film.png"))
    Image.fromarray(picture(90)).save(tmp_path / "still.png")
    reader = FrameReader(session.takes)
    assert isinstance(video, Video) and (video.frames, video.rate) == (5, Fraction(10))
    assert [grey(reader.pixels(video, n)) for n in (0, 2, 4, 9)] == [0, 80, 160, 160]
    still = describe(tmp_path / "still.png")
    assert isinstance(still, Still) and grey(reader.pixels(still, 7)) == 90
    before = reader.key(still, 0)
    Image.fromarray(picture(50).repeat(2, axis=0)).save(tmp_path / "still.png")
    assert reader.key(still, 0) != before and grey(reader.pixels(still, 7)) == 50, "the file is another now"
    (tmp_path / "film.png").unlink()
    assert reader.pixels(video, 0).shape == (SIZE.height, SIZE.width, 4)
    reader.forget()


def test_a_file_that_cannot_be_read_is_not_tried_at_each_frame(
    tmp_path: Path, session: CanvasSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "film.mp4").write_bytes(b"no film")
    tried: list[Path] = []

    def load(path: Path) -> Pixels:
        tried.append(path)
        return load_layered(path)

    monkeypatch.setattr(files, "load_layered", load)
    still = Still(str(tmp_path / "film.mp4"), SIZE)
    reader = FrameReader(session.takes)
    for number in range(5):
        assert reader.pixels(still, number).shape[2] == 4
    assert len(tried) == 1


def test_memory_and_open_files_are_bounded(tmp_path: Path, session: CanvasSession) -> None:
    session.takes.keep_all("a", [Made(n, noise(n)) for n in range(8)]).result(10)
    one = 128 * 128 * 4
    reader = FrameReader(session.takes, budget=3 * one)
    for number in range(8):
        reader.pixels(MEDIA, number)
    assert reader._bytes == 3 * one == sum(pixels.nbytes for pixels in reader._recent.values())
    films = [describe(film(tmp_path / f"{n}.gif")) for n in range(files.MOST + 3)]
    for media in films:
        assert grey(reader.pixels(media, 1)) == pytest.approx(40, abs=2)
    assert len(reader._files._open) == files.MOST
    reader.forget()
    assert not reader._files._open and reader._bytes == 0


def test_many_threads_read_at_once(tmp_path: Path, session: CanvasSession) -> None:
    session.takes.keep_all("a", [Made(n, png(10 * n)) for n in range(8)]).result(10)
    films = [describe(film(tmp_path / f"{n}.png")) for n in range(4)]
    reader = FrameReader(session.takes, budget=5 * 64 * 64 * 4)
    reader._files = files.Files(most=1)
    wrong: list[object] = []

    def read(seed: int) -> None:
        chance = np.random.default_rng(seed)
        for _ in range(60):
            number, which = int(chance.integers(5)), int(chance.integers(5))
            if which < 4:
                found, right = grey(reader.pixels(films[which], number)), 40 * number
            else:
                found, right = grey(reader.pixels(MEDIA, number)), 10 * number
            if found != right:
                wrong.append((which, number, found))

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong
    reader.forget()


def test_the_canvas_is_seen_as_it_is(session: CanvasSession) -> None:
    session.commit("layer", layers.insert(session.document, PaintLayer(id="paint")))
    view = CanvasPicture(lambda: session.document, Compositor(session.store))
    reader = FrameReader(session.takes, view)
    assert (reader.pixels(Canvas(), 0)[..., 3] == 0).all()
    before = reader.key(Canvas(), 0)
    half = np.zeros((SIZE.height, SIZE.width, 4), np.uint8)
    half[:, :32] = (64, 0, 0, 128)
    tiles = session.store.painted(EMPTY, Rect.of(SIZE), half)
    session.commit("paint", layers.with_tiles(session.document, "paint", tiles))
    assert reader.key(Canvas(), 0) != before
    assert reader.pixels(Canvas(), 0)[5, 5].tolist() == [128, 0, 0, 128], "not multiplied by alpha"
    now = reader.key(Canvas(), 0)
    session.commit("timeline", dataclasses.replace(session.document, timeline=Timeline(Fraction(24))))
    assert reader.key(Canvas(), 0) == now, "an edit of the timeline leaves the canvas"
