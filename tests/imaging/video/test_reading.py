import subprocess
import threading
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.imaging.video.info import probe
from studio.imaging.video.presets import ffmpeg
from studio.imaging.video.reading import VideoReader
from tests.imaging.video.clips import RED, SIZE, clip, encode, number_of, numbered

FRAMES = 60
GROUPS = ("-g", "12", "-pix_fmt", "yuv420p")
# Containers with and without times, with frames out of order, open groups of pictures, and one key frame only.
FORMATS = {
    "b.mp4": ("-c:v", "libx264", "-bf", "3", *GROUPS),
    "open.mp4": ("-c:v", "libx265", "-x265-params", "log-level=error:open-gop=1:keyint=12"),
    "v.webm": ("-c:v", "libvpx-vp9", "-g", "12", "-cpu-used", "8", "-deadline", "realtime"),
    "m.avi": ("-c:v", "mpeg4", "-bf", "2", *GROUPS),
    "t.ts": ("-c:v", "mpeg2video", "-bf", "2", *GROUPS),
    "open.ts": ("-c:v", "libx264", "-x264-params", "open-gop=1:keyint=12", "-bf", "3", "-pix_fmt", "yuv420p"),
    "raw.h264": ("-c:v", "libx264", *GROUPS),
    "i.mkv": ("-c:v", "mjpeg", "-q:v", "2"),
    "a.gif": (),
    "a.apng": ("-f", "apng"),
}


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_frame_is_the_right_one_in_any_order(tmp_path: Path, name: str) -> None:
    path = encode(tmp_path / name, [*clip(FRAMES)], *FORMATS[name], rate="25")
    with VideoReader(path) as reader:
        assert (len(reader), reader.info.rate, reader.info.size) == (FRAMES, Fraction(25), SIZE)
        assert [number_of(frame) for frame in reader.frames()] == [*range(FRAMES)]
        assert [number_of(frame) for frame in reader.frames(50, 10, -7)] == [*range(50, 10, -7)]
    with VideoReader(path) as reader:  # nothing of it in memory yet
        order = [37, 3, 59, 0, 12, 11, 13, 48, 24, 23, *range(30, 42), 5]
        assert [number_of(reader.frame(index)) for index in order] == order
        assert not reader.info.problem


@pytest.mark.parametrize(("name", "arguments"), [("a.webp", ("-c:v", "libwebp_anim")), ("a.avif", ("-cpu-used", "8"))])
def test_animated_pictures(tmp_path: Path, name: str, arguments: tuple[str, ...]) -> None:
    path = encode(tmp_path / name, [*clip(12)], *arguments)
    with VideoReader(path) as reader:
        assert (len(reader), reader.info.rate, reader.info.size) == (12, Fraction(24), SIZE)
        assert [number_of(reader.frame(index)) for index in (5, 11, 0, 6)] == [5, 11, 0, 6]


def test_a_webp_that_merged_equal_frames_plays_as_long_as_before(tmp_path: Path) -> None:
    frames = [numbered(0), numbered(0), numbered(0), numbered(1), numbered(2), numbered(2)]
    with VideoReader(encode(tmp_path / "held.webp", frames, "-c:v", "libwebp_anim", "-lossless", "1")) as reader:
        assert [number_of(frame) for frame in reader.frames()] == [0, 0, 0, 1, 2, 2]


def test_variable_rate_becomes_constant_by_the_times(tmp_path: Path) -> None:
    frames, lasting = [], (1, 1, 3, 1, 5, 1, 2, 4)  # 30ths of a second
    listing = ["ffconcat version 1.0"]
    for number, held in enumerate(lasting):
        Image.fromarray(numbered(number)).save(tmp_path / f"{number}.png")
        listing += [f"file {number}.png", f"duration {held / 30:.6f}"]
        frames += [number] * held
    (tmp_path / "list.txt").write_text("\n".join(listing), "utf-8")
    path = tmp_path / "vfr.mp4"
    command = [ffmpeg(), "-loglevel", "error", "-f", "concat", "-i", str(tmp_path / "list.txt"), "-fps_mode", "vfr"]
    subprocess.run([*command, "-c:v", "libx264", "-enc_time_base", "1/30", str(path)], check=True)
    with VideoReader(path) as reader:
        assert reader.info.variable
        assert reader.info.rate == 30
        shown = [number_of(frame) for frame in reader.frames()]
        assert shown[: len(frames) - 3] == frames[:-3]  # how long the last one lasts is not for sure in MP4


@pytest.mark.parametrize(
    "arguments",
    [
        ("-display_rotation", "90"),
        ("-display_rotation", "180"),
        ("-display_rotation", "-90"),
        ("-display_hflip",),
        ("-display_rotation", "90", "-display_hflip"),
    ],
)
def test_rotation_is_applied_as_ffmpeg_applies_it(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    plain = encode(tmp_path / "plain.mp4", [*clip(2)], "-c:v", "libx264", "-crf", "10", "-pix_fmt", "yuv444p")
    turned, upright = tmp_path / "turned.mp4", tmp_path / "upright.png"
    quiet = [ffmpeg(), "-loglevel", "error"]
    subprocess.run([*quiet, *arguments, "-i", str(plain), "-c", "copy", str(turned)], check=True)
    subprocess.run(
        [*quiet, "-i", str(turned), "-frames:v", "1", str(upright)], check=True
    )  # FFmpeg's own auto-rotation
    expected = np.asarray(Image.open(upright).convert("RGB")).astype(int)
    with VideoReader(turned) as reader:
        found = reader.frame(0).astype(int)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 6
    with VideoReader(plain) as reader:
        stored = reader.frame(0)
    assert found.shape != stored.shape or np.abs(found - stored).max() > 100


def test_square_pixels_come_of_anamorphic_ones(tmp_path: Path) -> None:
    path = encode(tmp_path / "wide.mp4", [*clip(3)], "-vf", "setsar=16/9", "-c:v", "libx264", "-pix_fmt", "yuv420p")
    assert probe(path).size == Size(round(96 * 16 / 9), 64)
    path = encode(tmp_path / "tall.mp4", [*clip(3)], "-vf", "setsar=2/3", "-c:v", "libx264", "-pix_fmt", "yuv420p")
    with VideoReader(path) as reader:
        assert reader.frame(1).shape == (96, 96, 3)
    path = encode(tmp_path / "wrong.mkv", [*clip(3)], "-vf", "setsar=1000/1", "-c:v", "libx264", "-pix_fmt", "yuv420p")
    assert probe(path).size == SIZE  # no pixel is a thousand times as wide as high


@pytest.mark.parametrize(
    "arguments",
    [
        ("-vf", "scale=out_color_matrix=bt709", "-colorspace", "bt709"),
        ("-vf", "scale=out_color_matrix=bt601", "-colorspace", "smpte170m"),
        ("-vf", "scale=out_color_matrix=bt709:out_range=pc", "-colorspace", "bt709", "-color_range", "pc"),
        ("-vf", "scale=out_color_matrix=bt601"),  # says nothing: what is small is BT.601
    ],
)
def test_colours_follow_the_file_s_own_word(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    path = encode(tmp_path / "c.mkv", [*clip(2)], *arguments, "-c:v", "libx264", "-crf", "4", "-pix_fmt", "yuv444p")
    with VideoReader(path) as reader:
        red = reader.frame(0)[48, 80].astype(int)
    assert np.abs(red - RED).max() <= 3


def test_high_dynamic_range_is_brought_down(tmp_path: Path) -> None:
    grey = [np.full((64, 64, 3), 148, np.uint8)]  # 0.58 of full scale: in PQ 203 cd/m², the white of a page
    tagged = ("-color_trc", "smpte2084", "-colorspace", "bt2020nc", "-color_primaries", "bt2020")
    scaled = ("-vf", "scale=out_color_matrix=bt2020,setparams=color_trc=smpte2084:color_primaries=bt2020")
    path = encode(tmp_path / "hdr.mkv", grey, *scaled, *tagged, "-c:v", "libx265", "-pix_fmt", "yuv420p10le")
    with VideoReader(path) as reader:
        assert reader.frame(0)[32, 32].min() >= 245


def test_numbered_stills_are_a_clip_and_gaps_are_named(tmp_path: Path) -> None:
    for number in (3, 4, 7, 8):
        Image.fromarray(numbered(number)).save(tmp_path / f"shot.{number:04d}.png")
    Image.fromarray(numbered(99)).save(tmp_path / "other.0005.png")
    with VideoReader(tmp_path / "shot.0003.png") as reader:
        assert [number_of(frame) for frame in reader.frames()] == [3, 4, 4, 4, 7, 8]
        assert "5–6" in reader.info.problem
    with VideoReader(tmp_path / "other.0005.png") as reader:
        assert len(reader) == 1


def test_stills_of_another_size_are_scaled(tmp_path: Path) -> None:
    Image.fromarray(numbered(1)).save(tmp_path / "a1.png")
    Image.fromarray(numbered(2, Size(192, 128))).save(tmp_path / "a2.png")
    with VideoReader(tmp_path / "a1.png") as reader:
        assert [frame.shape for frame in reader.frames()] == [(64, 96, 3)] * 2
        assert "another size" in reader.info.problem


def test_transparency_of_a_gif_is_told_only_where_there_is_some(tmp_path: Path) -> None:
    opaque = encode(tmp_path / "opaque.gif", [*clip(3)])
    assert not probe(opaque).alpha
    first, *others = (Image.fromarray(numbered(number, alpha=True)) for number in range(3))
    first.save(tmp_path / "clear.gif", save_all=True, append_images=others, duration=40, disposal=2)
    with VideoReader(tmp_path / "clear.gif") as reader:
        assert reader.info.alpha
        assert [number_of(frame) for frame in reader.frames()] == [0, 1, 2]
        assert reader.frame(1)[-1, 0, 3] == 0


def test_a_cut_file_gives_what_is_there_and_says_so(tmp_path: Path) -> None:
    whole = encode(tmp_path / "w.mp4", [*clip(FRAMES)], "-c:v", "libx264", "-movflags", "+faststart", *GROUPS)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    with VideoReader(cut) as reader:
        numbers = [number_of(frame) for frame in reader.frames()]
        assert numbers[:8] == [*range(8)]
        assert numbers == sorted(numbers)
        assert len(numbers) < FRAMES
        assert "cut short" in reader.info.problem


@pytest.mark.parametrize("name", ["no.mp4", "empty.mp4", "noise.mp4", "text.txt", "list.m3u8", "head.mp4", "folder"])
def test_what_is_no_video_is_refused_with_a_reason(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    elif name == "list.m3u8":
        part = encode(tmp_path / "part.ts", [*clip(3)], "-c:v", "mpeg2video")
        path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{part}\n#EXT-X-ENDLIST\n", "utf-8")
    elif name == "head.mp4":
        path.write_bytes(encode(tmp_path / "w.mp4", [*clip(9)], "-c:v", "libx264").read_bytes()[:600])
    elif name != "no.mp4":
        noise = np.random.default_rng(0).integers(0, 256, 5000, np.uint8).tobytes()
        path.write_bytes({"empty.mp4": b"", "noise.mp4": noise}.get(name, b"hello\n" * 100))
    for take in (probe, VideoReader):
        with pytest.raises(StudioError) as raised:
            take(path)
        assert raised.value.problem.kind is ErrorKind.INPUT
        assert raised.value.problem.hint


def test_absurd_sizes_are_refused_before_anything_is_decoded(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mkv", [np.zeros((4, 16_400, 3), np.uint8)], "-c:v", "ffv1")
    with pytest.raises(StudioError, match="too large"):
        probe(path)


def test_damage_anywhere_ends_in_frames_or_in_an_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for name in ("b.mp4", "v.webm", "a.gif"):
        whole = encode(tmp_path / name, [*clip(20)], *FORMATS[name]).read_bytes()
        for _ in range(12):
            data = np.frombuffer(whole, np.uint8).copy()
            data[rng.integers(0, len(data), 40)] = rng.integers(0, 256, 40)
            path = tmp_path / f"damaged{Path(name).suffix}"
            path.write_bytes(data.tobytes())
            try:
                with VideoReader(path) as reader:
                    assert all(frame.dtype == np.uint8 for frame in reader.frames(0, 200))
            except StudioError as error:
                assert error.problem.hint


def test_frames_beyond_the_end_are_an_index_error(tmp_path: Path) -> None:
    with VideoReader(encode(tmp_path / "a.mp4", [*clip(3)], "-c:v", "libx264")) as reader:
        for index in (-1, 3):
            with pytest.raises(IndexError):
                reader.frame(index)


def test_threads_share_a_reader(tmp_path: Path) -> None:
    found: dict[int, list[int]] = {}
    with VideoReader(encode(tmp_path / "a.mp4", [*clip(40)], *FORMATS["b.mp4"])) as reader:

        def read(seed: int) -> None:
            order = np.random.default_rng(seed).integers(0, 40, 30)
            found[seed] = [number_of(reader.frame(int(index))) - int(index) for index in order]

        threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {seed: [0] * 30 for seed in range(4)}


def test_a_claimed_rate_is_exact(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", [*clip(5)], "-c:v", "libx264", rate="24000/1001")
    info = probe(path)
    assert (info.rate, info.seconds, info.exact) == (Fraction(24000, 1001), 5 * Fraction(1001, 24000), True)
