import contextlib
import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenEXR
import psutil
import pytest
from PIL import Image

from studio.domain.errors import ErrorKind, JobCancelled, StudioError
from studio.domain.geometry import Size
from studio.imaging.pixels import Pixels
from studio.imaging.video.notes import clip_text
from studio.imaging.video.presets import PRESETS, Family, ffmpeg, gif_rate, preset_for, preset_of
from studio.imaging.video.reading import VideoReader
from studio.imaging.video.verifying import check, verify
from studio.imaging.video.writing import Written, write_clip
from tests.imaging.video.clips import RED, SIZE, clip, number_of, numbered

FRAMES, RATE = 24, Fraction(25)
RECIPE = json.dumps({"prompt": "a “quoted” = ; # line\nand \\ another — 桜", "numbers": [1, 2.5]}, ensure_ascii=False)
WITH_ALPHA = sorted(preset.id for preset in PRESETS.values() if preset.alpha)
PICTURES = ("gif", "webp", "apng")


def place(folder: Path, preset_id: str) -> Path:
    preset = PRESETS[preset_id]
    return folder / ("clip" if preset.family is Family.SEQUENCE else f"clip{preset.suffix}")


def write(folder: Path, preset_id: str, *, size: Size = SIZE, alpha: bool = False, count: int = FRAMES) -> Written:
    return write_clip(place(folder, preset_id), clip(count, size, alpha), size, RATE, preset_id, metadata=RECIPE)


def encoders() -> list[psutil.Process]:
    """The FFmpeg processes of this one."""
    return [child for child in psutil.Process().children() if "ffmpeg" in child.name()]


def counted_by_ffmpeg(path: Path) -> int:
    """Frames that FFmpeg alone decodes."""
    command = [ffmpeg(), "-loglevel", "error", "-i", str(path), "-map", "0:v:0", "-f", "framemd5", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return sum(not line.startswith("#") for line in done.stdout.splitlines())


def counted(written: Written) -> int:
    """Frames that another reader than ours finds."""
    if PRESETS[written.preset].family is Family.SEQUENCE:
        return len([*written.path.parent.iterdir()])
    if written.preset in ("webp", "avif", "apng", "gif"):
        with Image.open(written.path) as image:
            return int(image.n_frames)  # type: ignore[attr-defined]
    return counted_by_ffmpeg(written.path)


@pytest.mark.parametrize("preset_id", sorted(PRESETS))
def test_every_preset_holds_what_went_in(tmp_path: Path, preset_id: str) -> None:
    written, preset = write(tmp_path, preset_id), PRESETS[preset_id]
    assert (written.frames, written.size, written.rate) == (FRAMES, SIZE, RATE)
    assert counted(written) == FRAMES
    found = check(written)
    assert not found.problems
    assert (found.frames, found.size, found.alpha) == (FRAMES, SIZE, False)
    with VideoReader(written.path) as reader:
        frames = [*reader.frames()]
        assert [number_of(frame) for frame in frames] == [*range(FRAMES)]
        for frame, expected in zip(frames, clip(FRAMES), strict=True):
            assert np.abs(frame[48, 80, :3].astype(int) - RED).max() <= 3
            if preset.lossless:
                assert np.array_equal(frame[..., :3], expected)
        assert preset_id == "png-sequence" or reader.info.rate == RATE
    assert clip_text(written.path) == ("" if not preset.metadata else RECIPE)
    assert bool(written.notices) == (not preset.metadata)
    assert {path.name for path in tmp_path.iterdir()} == {place(tmp_path, preset_id).name}


@pytest.mark.parametrize("preset_id", WITH_ALPHA)
def test_transparency_is_kept_where_the_format_has_it(tmp_path: Path, preset_id: str) -> None:
    written = write(tmp_path, preset_id, alpha=True, count=6)
    assert written.alpha
    assert check(written).alpha
    with VideoReader(written.path) as reader:
        for number, frame in enumerate(reader.frames()):
            assert number_of(frame) == number
            assert frame[2, 90, 3] == 255
            assert frame[60, 10, 3] == 0
            assert abs(int(frame[24, 80, 3]) - 128) <= 3 or preset_id == "gif"  # all or nothing there
            assert np.abs(frame[60, 90, :3].astype(int) - RED).max() <= 3


def test_what_has_no_transparency_shows_black_and_says_so(tmp_path: Path) -> None:
    written = write(tmp_path, "mp4-h264", alpha=True, count=3)
    assert not written.alpha
    assert any("no transparency" in notice for notice in written.notices)
    with VideoReader(written.path) as reader:
        frame = reader.frame(1)
        assert frame[60, 10].max() <= 3
        assert 30 <= frame[24, 60, 0] <= 100  # a half of what was 140


@pytest.mark.parametrize("preset_id", sorted(PRESETS))
def test_odd_sizes(tmp_path: Path, preset_id: str) -> None:
    size = Size(97, 61)
    written = write(tmp_path, preset_id, size=size, count=4)
    expected = Size(98, 62) if PRESETS[preset_id].even else size
    assert written.size == expected
    assert any("even sides" in notice for notice in written.notices) == PRESETS[preset_id].even
    assert not check(written).problems
    with VideoReader(written.path) as reader:
        assert np.abs(reader.frame(2)[-1, -1, :3].astype(int) - RED).max() <= 3


@pytest.mark.parametrize("preset_id", sorted(PRESETS))
def test_a_single_frame(tmp_path: Path, preset_id: str) -> None:
    written = write(tmp_path, preset_id, count=1)
    found = check(written)
    assert (found.frames, found.problems) == (1, ())


def test_loops_say_that_they_play_for_ever(tmp_path: Path) -> None:
    for preset_id in PICTURES:
        written = write(tmp_path, preset_id, count=3)
        with Image.open(written.path) as image:
            assert image.info["loop"] == 0
        assert check(written).loops


def test_a_clip_that_plays_once_is_told(tmp_path: Path) -> None:
    first, *others = (Image.fromarray(frame) for frame in clip(3))
    first.save(tmp_path / "once.gif", save_all=True, append_images=others, duration=40)
    found = verify(
        tmp_path / "once.gif", frames=5, size=Size(1, 1), rate=Fraction(10), loops=True, alpha=True, sound=True
    )
    assert found.loops is False
    assert len(found.problems) == 6


def test_the_rates_of_a_gif() -> None:
    assert [gif_rate(Fraction(rate)).rate for rate in (10, 24, 25, 30, 60)] == [10, 25, 25, Fraction(100, 3), 50]
    assert gif_rate(Fraction(24)).changes
    assert not gif_rate(Fraction(20)).changes


def test_a_gif_keeps_every_frame_at_the_nearest_rate(tmp_path: Path) -> None:
    written = write_clip(tmp_path / "a.gif", clip(9), SIZE, Fraction(24), "gif")
    assert (written.frames, written.rate) == (9, Fraction(25))
    assert any("24" in notice and "25" in notice for notice in written.notices)
    with Image.open(written.path) as image:
        for number in range(9):
            image.seek(number)
            assert image.info["duration"] == 40


def test_exr_is_linear_and_multiplied_by_alpha(tmp_path: Path) -> None:
    frame = np.full((4, 4, 4), 188, np.uint8)  # of 255 in sRGB: half of the light
    frame[..., 3] = 128
    written = write_clip(tmp_path / "e", [frame], Size(4, 4), Fraction(24000, 1001), "exr-sequence")
    with OpenEXR.File(str(written.path)) as file:
        values = file.channels()["RGBA"].pixels
        assert file.header()["framesPerSecond"] == Fraction(24000, 1001)
    assert values.dtype == np.float16
    assert values[0, 0].astype(float) == pytest.approx([0.5 * 128 / 255] * 3 + [128 / 255], abs=0.003)


def test_turns_repeat_the_clip(tmp_path: Path) -> None:
    written = write_clip(tmp_path / "a.webm", [*clip(5)], SIZE, RATE, "webm-vp9", turns=3)
    with VideoReader(written.path) as reader:
        assert [number_of(frame) for frame in reader.frames()] == [*range(5)] * 3
    with pytest.raises(ValueError, match="turns"):
        write_clip(tmp_path / "b.webm", clip(5), SIZE, RATE, "webm-vp9", turns=2)


def test_a_file_is_replaced_only_on_request(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    path.write_bytes(b"mine")
    with pytest.raises(StudioError, match="exists already"):
        write_clip(path, clip(2), SIZE, RATE, "webm-vp9")
    assert path.read_bytes() == b"mine"
    written = write_clip(path, clip(2), SIZE, RATE, "webm-vp9", replace=True)
    assert written.bytes == path.stat().st_size > 100
    assert [*tmp_path.iterdir()] == [path]


def test_a_sequence_by_pattern_and_in_place_of_a_longer_one(tmp_path: Path) -> None:
    written = write_clip(tmp_path / "s.###.png", clip(5), SIZE, RATE, "png-sequence")
    assert written.path.name == "s.001.png"
    with pytest.raises(StudioError, match="exists already"):
        write_clip(tmp_path / "s.###.png", clip(3), SIZE, RATE, "png-sequence")
    assert len([*tmp_path.iterdir()]) == 5
    write_clip(tmp_path / "s.###.png", clip(3), SIZE, RATE, "png-sequence", replace=True)
    assert len([*tmp_path.iterdir()]) == 3


def test_progress_is_told_frame_by_frame(tmp_path: Path) -> None:
    told: list[int] = []
    write_clip(tmp_path / "a.mp4", clip(4), SIZE, RATE, "mp4-h264", on_progress=told.append)
    assert told == [1, 2, 3, 4]


# ------------------------------------------------------------------------------------------------ what goes wrong


@pytest.mark.parametrize("preset_id", sorted(PRESETS))
def test_cancel_leaves_nothing(tmp_path: Path, preset_id: str) -> None:
    polled = iter(range(100))

    def poll() -> None:
        if next(polled) > 3:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        write_clip(place(tmp_path, preset_id), clip(FRAMES), SIZE, RATE, preset_id, poll=poll)
    assert not [*tmp_path.iterdir()]
    assert not encoders()


def test_an_error_while_frames_are_made_leaves_nothing(tmp_path: Path) -> None:
    def frames() -> Iterator[Pixels]:
        yield numbered(0)
        raise StudioError(ErrorKind.MEMORY, "No room.")

    with pytest.raises(StudioError, match="No room"):
        write_clip(tmp_path / "a.mp4", frames(), SIZE, RATE, "mp4-h264")
    assert not [*tmp_path.iterdir()]


def test_requests_that_make_no_sense(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    for frames, size, rate, preset_id in (
        ([], SIZE, RATE, "mp4-h264"),
        ([numbered(0)], Size(0, 5), RATE, "mp4-h264"),
        ([numbered(0)], SIZE, Fraction(0), "mp4-h264"),
        ([numbered(0)], SIZE, RATE, "vhs"),
    ):
        with pytest.raises(StudioError) as raised:
            write_clip(path, frames, size, rate, preset_id)
        assert raised.value.problem.kind is ErrorKind.INPUT
    with pytest.raises(ValueError, match="frame 1"):
        write_clip(path, [numbered(0), numbered(1, Size(8, 8))], SIZE, RATE, "mp4-h264")
    assert not [*tmp_path.iterdir()]


def test_a_size_that_an_encoder_refuses_is_told_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="x265") as raised:
        write_clip(tmp_path / "a.mp4", [np.zeros((2, 2, 3), np.uint8)], Size(2, 2), RATE, "mp4-hevc")
    assert raised.value.problem.kind is ErrorKind.INPUT
    assert not [*tmp_path.iterdir()]


@contextlib.contextmanager
def a_small_disk(size: int) -> Iterator[None]:
    """Files cannot grow beyond `size` bytes, neither ours nor FFmpeg's, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("preset_id", sorted(PRESETS))
def test_a_full_disk_leaves_nothing_and_tells_why(tmp_path: Path, preset_id: str) -> None:
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (64, 96, 3), np.uint8) for _ in range(40)]
    with a_small_disk(4096), pytest.raises(StudioError) as raised:
        write_clip(place(tmp_path, preset_id), noise, SIZE, RATE, preset_id)
    assert raised.value.problem.kind is ErrorKind.DISK
    assert "clip" in raised.value.problem.message
    assert raised.value.problem.hint
    assert not [*tmp_path.iterdir()]


def test_an_encoder_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    def frames() -> Iterator[Pixels]:
        for number in range(500):
            if number == 20:
                (encoder,) = encoders()
                encoder.send_signal(signal.SIGKILL)
            yield numbered(number % 100, Size(640, 480))

    with pytest.raises(StudioError, match="ended from outside") as raised:
        write_clip(tmp_path / "a.mp4", frames(), Size(640, 480), RATE, "mp4-h264")
    assert raised.value.problem.kind is ErrorKind.DISK
    assert not [*tmp_path.iterdir()]


def test_a_folder_that_cannot_be_written_to_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for preset_id in ("mp4-h264", "png-sequence"):
        with pytest.raises(StudioError) as raised:
            write_clip(place(tmp_path / "file", preset_id), clip(2), SIZE, RATE, preset_id)
        assert raised.value.problem.kind is ErrorKind.DISK


def test_nothing_is_left_when_the_program_itself_is_interrupted(tmp_path: Path) -> None:
    code = f"""
import itertools, sys
from pathlib import Path
from fractions import Fraction
from studio.imaging.video.writing import write_clip
from tests.imaging.video.clips import SIZE, numbered
def frames():
    for number in itertools.count():
        if number == 30: print("on", flush=True)
        yield numbered(number % 100)
write_clip(Path({str(tmp_path)!r}) / "a.mp4", frames(), SIZE, Fraction(24), "mp4-h264")
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) != 0
    assert not [*tmp_path.iterdir()]


def test_an_encoder_that_talks_much_is_listened_to(tmp_path: Path) -> None:
    """More than a pipe holds on its standard error must not stop it."""
    from studio.imaging.video.encoding import Encoder

    arguments = ["-loglevel", "debug", "-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", "96x64", "-i", "pipe:0"]
    with Encoder([*arguments, "-c:v", "libx264", str(tmp_path / "a.mp4")], "a.mp4") as encoder:
        for frame in clip(100):
            encoder.write(frame)
        encoder.finish(lambda: None)
    assert counted_by_ffmpeg(tmp_path / "a.mp4") == 100


def test_presets_are_found_by_id_and_suffix() -> None:
    assert preset_of("mp4-h264").title == "MP4 (H.264)"
    found = preset_for(".WEBM")
    assert found is not None
    assert found.id == "webm-vp9"
    assert preset_for(".txt") is None


# ------------------------------------------------------------------------------------------------ long clips


def tiny(count: int) -> Iterator[Pixels]:
    frame = np.zeros((16, 16, 3), np.uint8)
    for number in range(count):
        frame[:8] = number * 37 % 256
        yield frame


@pytest.mark.slow
def test_a_hundred_thousand_frames_stream_in_bounded_memory(tmp_path: Path) -> None:
    count, ours = 100_000, psutil.Process()
    before = ours.memory_info().rss
    peak, encoder = [0], [0]

    def poll() -> None:
        peak[0] = max(peak[0], ours.memory_info().rss - before)
        for child in encoders():
            with contextlib.suppress(psutil.Error):
                encoder[0] = max(encoder[0], child.memory_info().rss)

    began = time.monotonic()
    polls = iter(range(10**9))
    written = write_clip(
        tmp_path / "a.mp4", tiny(count), Size(16, 16), RATE, "mp4-h264",
        poll=lambda: poll() if next(polls) % 5000 == 0 else None,
    )  # fmt: skip
    print(f"{time.monotonic() - began:.1f} s, ours {peak[0] / 2**20:.0f} MiB, FFmpeg's {encoder[0] / 2**20:.0f} MiB")
    assert peak[0] < 64 * 2**20
    assert encoder[0] < 400 * 2**20
    with VideoReader(written.path) as reader:
        assert len(reader) == count
        before = ours.memory_info().rss
        seen = 0
        for frame in reader.frames():
            seen += int(abs(int(frame[2, 8, 0]) - seen * 37 % 256) <= 12)
        assert seen == count
        assert ours.memory_info().rss - before < 96 * 2**20
