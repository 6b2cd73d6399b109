"""Loading pictures of every kind, and refusing what is none."""

import io
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.imaging import png
from studio.imaging.pictures import MAX_SIDE, load_layered, load_picture, picture_size, require_picture
from studio.imaging.pixels import Pixels, decode, encode_png

RED, WHITE, BLACK = (255, 0, 0), (255, 255, 255), (0, 0, 0)


def two_halves() -> Image.Image:
    """Four wide and two high: red on the left, white on the right."""
    image = Image.new("RGB", (4, 2), WHITE)
    image.paste(RED, (0, 0, 2, 2))
    return image


def saved(tmp_path: Path, image: Image.Image, name: str = "a.png", **options: object) -> Path:
    path = tmp_path / name
    image.save(path, **options)  # type: ignore[arg-type]
    return path


def is_two_halves(pixels: Pixels, tolerance: int = 0) -> bool:
    expected = np.asarray(two_halves()).astype(int)
    return pixels.shape == (2, 4, 3) and pixels.dtype == np.uint8 and abs(pixels - expected).max() <= tolerance


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tiff", "a.gif", "a.webp", "a.ppm", "a.tga", "a.jp2"])
def test_formats_without_loss(tmp_path: Path, name: str) -> None:
    options = {"lossless": True} if name == "a.webp" else {}
    assert is_two_halves(load_picture(saved(tmp_path, two_halves(), name, **options)))


@pytest.mark.parametrize(("name", "tolerance"), [("a.jpg", 4), ("a.avif", 12)])
def test_formats_with_loss(tmp_path: Path, name: str, tolerance: int) -> None:
    image = two_halves().resize((64, 32), Image.Resampling.NEAREST)
    pixels = load_picture(saved(tmp_path, image, name, quality=100, subsampling="4:4:4"))
    assert abs(pixels[16, 10] - np.array(RED)).max() <= tolerance
    assert abs(pixels[16, 54] - np.array(WHITE)).max() <= tolerance


@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA", "CMYK"])
def test_colour_modes(tmp_path: Path, mode: str) -> None:
    assert is_two_halves(load_picture(saved(tmp_path, two_halves().convert(mode), "a.tiff")))


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_grey_modes(tmp_path: Path, mode: str) -> None:
    image = Image.new("L", (3, 2), 255).convert(mode)
    pixels = load_picture(saved(tmp_path, image))
    assert pixels.shape == (2, 3, 3)
    assert (pixels == 255).all()


def test_one_pixel(tmp_path: Path) -> None:
    assert load_picture(saved(tmp_path, Image.new("RGB", (1, 1), RED))).tolist() == [[[255, 0, 0]]]


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bits(tmp_path: Path, channels: int, suffix: str) -> None:
    ramp = np.linspace(0, 65_535, 64).astype(np.uint16).reshape(8, 8)
    values = ramp if channels == 1 else np.dstack([ramp] * 3 + [np.full_like(ramp, 65_535)] * (channels - 3))
    path = tmp_path / f"a{suffix}"
    assert cv2.imwrite(str(path), values)
    pixels = load_picture(path).astype(int)
    assert pixels.shape == (8, 8, 3)
    assert abs(pixels - (ramp / 257)[..., None]).max() <= 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 0.5, 1]], np.float32), [0, 128, 255]),
        (np.array([[0, np.nan, 255]], np.float32), [0, 0, 255]),
        (np.array([[0, 65_535, -5]], np.int32), [0, 255, 0]),
    ],
)
def test_32_bits(
    tmp_path: Path, values: np.ndarray[tuple[int, int], np.dtype[np.generic]], expected: list[int]
) -> None:
    pixels = load_picture(saved(tmp_path, Image.fromarray(values), "a.tiff"))
    assert pixels[0, :, 0].tolist() == expected


@pytest.mark.parametrize("background", [WHITE, BLACK, (0, 0, 255)])
def test_transparent_parts_show_the_background(tmp_path: Path, background: tuple[int, int, int]) -> None:
    image = Image.new("RGBA", (2, 1), (255, 0, 0, 0))
    image.putpixel((1, 0), (255, 0, 0, 255))
    pixels = load_picture(saved(tmp_path, image), background)
    assert pixels.tolist() == [[list(background), [255, 0, 0]]]


def test_half_transparency_mixes(tmp_path: Path) -> None:
    pixels = load_picture(saved(tmp_path, Image.new("RGBA", (1, 1), (255, 0, 0, 128))))
    assert pixels[0, 0, 0] == 255
    assert abs(int(pixels[0, 0, 1]) - 127) <= 1


def test_a_transparent_palette_colour(tmp_path: Path) -> None:
    image = two_halves().convert("P", palette=Image.Palette.ADAPTIVE)
    path = saved(tmp_path, image, transparency=image.getpixel((0, 0)))
    assert load_picture(path, BLACK)[0, 0].tolist() == [0, 0, 0]
    assert load_picture(path, BLACK)[0, 3].tolist() == [255, 255, 255]


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_of_an_animation_the_first_frame_is_taken(tmp_path: Path, name: str) -> None:
    frames = [Image.new("RGB", (2, 2), colour) for colour in (RED, BLACK)]
    path = saved(tmp_path, frames[0], name, save_all=True, append_images=frames[1:], duration=100)
    assert abs(load_picture(path)[0, 0] - np.array(RED)).max() <= 4


def test_a_photo_is_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held turned to the right
    pixels = load_picture(saved(tmp_path, two_halves(), exif=exif))
    assert pixels.shape == (4, 2, 3)
    assert pixels[0, 0].tolist() == list(RED)
    assert pixels[3, 0].tolist() == list(WHITE)


def test_damaged_exif_does_not_cost_the_picture(tmp_path: Path) -> None:
    path = saved(tmp_path, two_halves().resize((16, 8)), "a.jpg", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert load_picture(path).shape == (8, 16, 3)


def test_a_colour_profile_is_applied(tmp_path: Path) -> None:
    """The same numbers mean another colour in a profile with swapped red and blue primaries."""
    linear = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert linear
    image = Image.new("LAB", (1, 1), (128, 128, 128))
    assert load_picture(saved(tmp_path, image, "a.tiff", icc_profile=linear))[0, 0].tolist() == pytest.approx(
        [119, 119, 119], abs=3
    )


@pytest.mark.parametrize("profile", [b"nonsense", bytes(1000)])
def test_a_damaged_colour_profile_is_ignored(tmp_path: Path, profile: bytes) -> None:
    assert is_two_halves(load_picture(saved(tmp_path, two_halves(), icc_profile=profile)))


def test_a_cmyk_photo(tmp_path: Path) -> None:
    image = two_halves().resize((64, 32), Image.Resampling.NEAREST).convert("CMYK")
    pixels = load_picture(saved(tmp_path, image, "a.jpg", quality=100))
    assert abs(pixels[16, 10] - np.array(RED)).max() <= 6


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def header(width: int, height: int) -> bytes:
    return png.SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


@pytest.mark.parametrize("size", [(MAX_SIDE + 1, 1), (1, MAX_SIDE + 1), (16_384, 16_384), (2**31 - 1, 2**31 - 1)])
def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(header(*size) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b""))
    with pytest.raises(StudioError, match="too large to load") as caught:
        load_picture(path)
    assert caught.value.problem.kind is ErrorKind.INPUT


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"zTXt", b"parameters\0\0" + zlib.compress(bytes(80_000_000))),
        chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(80_000_000))),
        chunk(b"zTXt", b"parameters\0\0garbage"),
        chunk(b"iTXt", b"x"),
        struct.pack(">I", 4) + b"tEXt" + b"a\0bc" + b"\0\0\0\0",
        chunk(b"eXIf", b"garbage"),
    ],
    ids=["text bomb", "profile bomb", "damaged text", "cut text", "wrong checksum", "damaged EXIF"],
)
def test_hostile_texts_do_not_cost_the_picture(tmp_path: Path, extra: bytes) -> None:
    data = encode_png(np.asarray(two_halves()))
    path = tmp_path / "a.png"
    path.write_bytes(data[:33] + extra + data[33:])
    assert is_two_halves(load_picture(path))


def test_every_cut_of_a_file_is_an_error_or_a_picture(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (24, 24, 3), dtype=np.uint8)
    for name in ("a.png", "a.jpg", "a.webp", "a.gif", "a.tiff", "a.bmp"):
        whole = saved(tmp_path, Image.fromarray(noise), name).read_bytes()
        for length in range(0, len(whole), max(1, len(whole) // 40)):
            path = tmp_path / f"cut-{name}"
            path.write_bytes(whole[:length])
            try:
                assert load_picture(path).shape == (24, 24, 3)
            except StudioError as error:
                assert error.problem.kind is ErrorKind.INPUT
                assert error.problem.hint


def test_flipped_bytes_are_an_error_or_a_picture(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    noise = random.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    for name in ("a.png", "a.jpg", "a.webp", "a.gif", "a.tiff", "a.avif"):
        whole = saved(tmp_path, Image.fromarray(noise), name).read_bytes()
        for _ in range(40):
            data = bytearray(whole)
            data[random.integers(len(data))] = random.integers(256)
            path = tmp_path / f"flipped-{name}"
            path.write_bytes(data)
            try:
                assert load_picture(path).ndim == 3
            except StudioError as error:
                assert error.problem.kind in (ErrorKind.INPUT, ErrorKind.MEMORY)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="There is no picture at") as caught:
        load_picture(tmp_path / "missing.png")
    assert caught.value.problem.field == "source.path"


@pytest.mark.parametrize("path", ["with\0zero", "x" * 5000])
def test_what_cannot_be_there(path: str) -> None:
    with pytest.raises(StudioError):
        load_picture(Path(path))


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="is a folder"):
        load_picture(tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StudioError, match="no ordinary file"):
        load_picture(tmp_path / "pipe")


@pytest.mark.parametrize("content", [b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", b"<svg/>"])
def test_what_is_no_picture(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    for read in (load_picture, require_picture):
        with pytest.raises(StudioError, match="no picture in a format") as caught:
            read(path)
        assert caught.value.problem.kind is ErrorKind.INPUT


def test_stored_pixels_come_back(tmp_path: Path) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    assert (decode(encode_png(pixels)) == pixels).all()
    assert Image.open(io.BytesIO(encode_png(pixels))).info == {}


def test_layers_keep_transparency_and_the_size_is_known_without_decoding(tmp_path: Path) -> None:
    layered = two_halves().convert("RGBA")
    layered.putalpha(Image.linear_gradient("L").resize((4, 2)))
    path = saved(tmp_path, layered)
    assert (load_layered(path) == np.asarray(layered)).all()
    assert picture_size(path) == Size(4, 2)
    assert is_two_halves(load_layered(saved(tmp_path, two_halves(), "plain.png")))
