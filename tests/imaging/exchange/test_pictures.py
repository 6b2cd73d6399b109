"""Flat pictures in and out: colours, depths, orientation, transparency, profiles, metadata."""

import errno
import io
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import Layer, PaintLayer
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size
from studio.imaging import png
from studio.imaging.blend import premultiplied, straight
from studio.imaging.exchange import FORMATS, Saving, format_for, read, write
from studio.imaging.exchange.colour import srgb_profile
from studio.imaging.metadata.carry import Carried
from studio.imaging.pixels import Pixels
from tests.imaging.exchange.documents import STORE, noise, painted, rendered, solid

RED = (255, 0, 0, 255)


def canvas(*layers: Layer, size: Size = Size(70, 300)) -> Document:
    return Document(size, layers)


def seen(path: Path) -> Pixels:
    """Premultiplied pixels of the canvas that a file becomes."""
    return rendered(read(path, STORE).document)


def wide_gamut() -> bytes:
    """A profile whose red, green and blue are more colourful than sRGB's: its own with swapped primaries."""
    profile = bytearray(srgb_profile())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


@pytest.mark.parametrize("suffix", [".png", ".tiff", ".tif"])
@pytest.mark.parametrize("clear", [True, False])
def test_without_loss(tmp_path: Path, suffix: str, clear: bool) -> None:
    paper = () if clear else (PaintLayer(tiles=solid(Rect(-9, -9, 400, 400), (9, 9, 9, 255))),)
    document = canvas(*paper, PaintLayer(tiles=painted(1, Rect(-5, 20, 60, 270)), mode=BlendMode.MULTIPLY, opacity=0.7))
    path = tmp_path / f"a{suffix}"
    assert write(path, document, STORE) == ()
    with Image.open(path) as image:
        assert image.mode == ("RGBA" if clear else "RGB")
        meant = straight(rendered(document))
        assert (np.asarray(image) == meant[..., : len(image.mode)]).all()
        assert image.info["icc_profile"] == srgb_profile()
    found = read(path, STORE)
    assert (rendered(found.document) == rendered(document)).all()
    assert found.notices == ()
    assert found.document.layers[0].name == "a"


@pytest.mark.parametrize("suffix", [".webp", ".avif", ".jpg"])
def test_with_quality(tmp_path: Path, suffix: str) -> None:
    document = canvas(PaintLayer(tiles=solid(Rect(0, 0, 70, 150), (90, 40, 20, 255))), size=Size(64, 300))
    path, small = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    notices = write(path, document, STORE, Saving(quality=95))
    write(small, document, STORE, Saving(quality=5))
    assert small.stat().st_size <= path.stat().st_size
    with Image.open(path) as image:
        assert image.info["icc_profile"] == srgb_profile()
    pixels = seen(path).astype(int)
    assert np.abs(pixels[:140] - (90, 40, 20, 255)).max() <= 6
    below = (255, 255, 255, 255) if suffix == ".jpg" else (0, 0, 0, 0)
    assert np.abs(pixels[160:] - below).max() <= 6
    assert ("#ffffff" in str(notices)) is (suffix == ".jpg")


def test_lossless_webp_and_a_chosen_background(tmp_path: Path) -> None:
    document = canvas(PaintLayer(tiles=painted(1, Rect(0, 0, 60, 270))))
    write(tmp_path / "a.webp", document, STORE, Saving(lossless=True))
    assert (seen(tmp_path / "a.webp") == rendered(document)).all()
    write(tmp_path / "a.jpg", canvas(), STORE, Saving(background=(0, 0, 255)))
    assert np.abs(seen(tmp_path / "a.jpg").astype(int) - (0, 0, 254, 255)).max() <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tiff"])
def test_photos_are_turned_upright(tmp_path: Path, orientation: int, suffix: str) -> None:
    image = Image.fromarray(np.kron(noise(1, 40, 3)[..., :3], np.ones((8, 8, 1), np.uint8)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a{suffix}"
    best: dict[str, Any] = {"quality": 100, "subsampling": 0} if suffix == ".jpg" else {}
    image.save(path, exif=exif, **best)
    with Image.open(path) as stored:
        meant = np.asarray(ImageOps.exif_transpose(stored))
    assert (seen(path)[..., :3] == meant).all()
    assert read(path, STORE).carried.exif == b""


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
@pytest.mark.parametrize("suffix", [".png", ".tiff", ".webp", ".gif", ".bmp", ".tga", ".jp2"])
def test_modes(tmp_path: Path, mode: str, suffix: str) -> None:
    image = Image.fromarray(noise(3, 20, 30)).convert("RGB" if mode in ("1", "P") else mode)
    image = image.convert(mode, palette=Image.Palette.ADAPTIVE) if mode == "P" else image.convert(mode)
    path = tmp_path / f"a{suffix}"
    if (suffix == ".bmp" and mode == "LA") or (suffix == ".jp2" and mode in ("1", "P")):
        pytest.skip("not in that format")
    exact: dict[str, Any] = {"lossless": True, "exact": True} if suffix == ".webp" else {}
    image.save(path, **exact)
    with Image.open(path) as stored:
        meant = np.asarray(stored.convert("RGBA"))
    assert (seen(path) == premultiplied(meant)).all()


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("packing", [cv2.IMWRITE_TIFF_COMPRESSION_LZW, 1, 8])
def test_16_bits_are_rounded_not_cut(tmp_path: Path, suffix: str, channels: int, packing: int) -> None:
    values = np.random.default_rng(4).integers(0, 65_536, (300, 20, channels), dtype=np.uint16)
    if channels == 4:
        values[..., 3] = 65_535
    path = tmp_path / f"a{suffix}"
    assert cv2.imwrite(str(path), values, [cv2.IMWRITE_TIFF_COMPRESSION, packing] if suffix == ".tiff" else [])
    ordered = values[..., [2, 1, 0]] if channels > 1 else np.repeat(values, 3, axis=2)
    found = read(path, STORE)
    assert (rendered(found.document)[..., :3] == (ordered.astype(int) * 255 + 32_767) // 65_535).all()
    assert "16 bits" in str(found.notices[0])


def test_a_tiff_in_tiles(tmp_path: Path) -> None:
    import tifffile

    values = noise(5, 300, 70)[..., :3]
    for compression in (None, "zlib"):
        tifffile.imwrite(tmp_path / "a.tiff", values, tile=(32, 48), photometric="rgb", compression=compression)
        assert (seen(tmp_path / "a.tiff")[..., :3] == values).all()
    tifffile.imwrite(tmp_path / "a.tiff", np.moveaxis(values, 2, 0).copy(), photometric="rgb", planarconfig="separate")
    assert (seen(tmp_path / "a.tiff")[..., :3] == values).all()


@pytest.mark.parametrize("suffix", [".png", ".tiff", ".jpg", ".webp"])
def test_profiles_are_honoured_and_told(tmp_path: Path, suffix: str) -> None:
    image = Image.new("RGB", (32, 32), (255, 0, 0))
    path = tmp_path / f"a{suffix}"
    image.save(path, icc_profile=wide_gamut(), quality=100)
    found = read(path, STORE)
    assert np.abs(rendered(found.document).astype(int) - (0, 255, 0, 255)).max() <= 8
    assert "converted" in str(found.notices[0])
    image.save(path, icc_profile=srgb_profile(), quality=100)
    assert read(path, STORE).notices == ()
    image.save(path, icc_profile=b"nonsense", quality=100)
    found = read(path, STORE)
    assert np.abs(rendered(found.document).astype(int) - RED).max() <= 8
    assert suffix == ".webp" or "ignored" in str(found.notices[0])


def test_inks(tmp_path: Path) -> None:
    image = Image.new("RGB", (32, 32), (255, 0, 0)).convert("CMYK")
    for suffix in (".jpg", ".tiff"):
        image.save(tmp_path / f"a{suffix}", quality=100)
        found = read(tmp_path / f"a{suffix}", STORE)
        assert np.abs(rendered(found.document).astype(int) - RED).max() <= 6
        assert "CMYK" in str(found.notices[0])
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    Image.new("LAB", (9, 9), (128, 128, 128)).save(tmp_path / "b.tiff", icc_profile=lab)
    assert np.abs(seen(tmp_path / "b.tiff").astype(int) - (119, 119, 119, 255)).max() <= 3


def test_metadata_goes_along(tmp_path: Path) -> None:
    image = Image.new("RGB", (9, 9))
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "a description", 6
    image.save(buffer, "PNG", exif=exif)
    text = png.with_chunks(buffer.getvalue(), [png.international("parameters", "a cat\nSteps: 20")])
    (tmp_path / "a.png").write_bytes(text)
    found = read(tmp_path / "a.png", STORE)
    assert found.carried.texts == {"parameters": "a cat\nSteps: 20"}
    for suffix in (".png", ".jpg", ".webp", ".avif"):
        path = tmp_path / f"b{suffix}"
        write(path, found.document, STORE, Saving(carried=found.carried))
        with Image.open(path) as saved:
            block = saved.info["exif"]
            assert saved.getexif().get(0x0112, 1) == 1
        if suffix == ".png":
            assert read(path, STORE).carried == found.carried
        else:
            assert "a cat".encode("utf-16-be") in block
    long = Saving(carried=Carried(texts={"parameters": "x" * 100_000}))
    assert "left out" in str(write(tmp_path / "c.jpg", found.document, STORE, long))


def test_a_colour_key_and_an_animation(tmp_path: Path) -> None:
    image = Image.new("RGB", (2, 1), (9, 8, 7))
    image.putpixel((1, 0), (1, 2, 3))
    image.save(tmp_path / "a.png", transparency=(9, 8, 7))
    assert seen(tmp_path / "a.png").tolist() == [[[0, 0, 0, 0], [1, 2, 3, 255]]]
    frames = [Image.new("RGB", (2, 2), colour) for colour in ("red", "blue")]
    for suffix in (".gif", ".webp", ".tiff"):
        path = tmp_path / f"b{suffix}"
        more: dict[str, Any] = {"lossless": True} if suffix == ".webp" else {}
        frames[0].save(path, save_all=True, append_images=frames[1:], **more)
        found = read(path, STORE)
        assert (rendered(found.document) == RED).all()
        assert "first" in str(found.notices[0])


def test_what_cannot_be_saved(tmp_path: Path) -> None:
    for name in ("a.gif", "a.psb", "a", "a.svg"):
        with pytest.raises(StudioError, match="no ending") as caught:
            write(tmp_path / name, canvas(), STORE)
        assert ".ora" in caught.value.problem.hint
    with pytest.raises(StudioError, match="WebP holds"):
        write(tmp_path / "a.webp", canvas(size=Size(16_384, 1)), STORE)
    with pytest.raises(StudioError, match="could not be written") as caught:
        write(tmp_path / "missing" / "a.png", canvas(), STORE)
    assert caught.value.problem.kind is ErrorKind.DISK
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".ora", ".psd", ".png", ".jpg", ".tiff"])
def test_a_full_disk_leaves_the_old_file(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StudioError, match="No space left") as caught:
        write(path, canvas(PaintLayer(tiles=painted(1, Rect(0, 0, 9, 9)))), STORE)
    assert caught.value.problem.kind is ErrorKind.DISK
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_the_table(tmp_path: Path) -> None:
    assert format_for(tmp_path / "A.JPEG").name == "JPEG"
    suffixes = [suffix for entry in FORMATS for suffix in entry.suffixes]
    assert len(suffixes) == len(set(suffixes))
    assert {entry.name for entry in FORMATS if entry.layers} == {"OpenRaster", "Photoshop"}
    for entry in FORMATS:
        if entry.write:
            path = tmp_path / f"a{entry.suffixes[0]}"
            write(path, canvas(PaintLayer(tiles=solid(Rect(0, 0, 70, 300), RED))), STORE)
            assert np.abs(seen(path).astype(int) - RED).max() <= 6


def test_xmp_that_jpeg_does_not_hold_is_left_out_and_told(tmp_path: Path) -> None:
    path, xmp = tmp_path / "a.jpg", {"XML:com.adobe.xmp": "x" * 70_000}
    document = canvas(PaintLayer(tiles=painted(1, Rect(0, 0, 70, 300))))
    notice = write(path, document, STORE, Saving(carried=Carried(texts=xmp)))[-1]
    assert "left out" in notice.what
    with Image.open(path) as image:
        assert "xmp" not in image.info
