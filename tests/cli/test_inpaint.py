"""`safelight inpaint`, `outpaint` and `remove`."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.domain.inpainting import Infill, Intent, Sides
from studio.imaging import metadata
from tests.cli.conftest import Call


def picture(
    name: str, width: int = 96, height: int = 64, channels: int = 3
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, channels), np.uint8)
    Image.fromarray(pixels).save(name)
    return pixels


def mask(name: str = "mask.png", width: int = 96, height: int = 64) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    values = np.zeros((height, width), np.uint8)
    values[20:40, 30:60] = 255
    Image.fromarray(values).save(name)
    return values


def read(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    with Image.open(name) as image:
        return np.array(image)


@pytest.mark.parametrize("channels", [3, 4])
def test_a_part_is_made_anew_and_the_rest_stays_byte_by_byte(call: Call, channels: int) -> None:
    before = picture("photo.png", channels=channels)
    marked = mask()
    done = call("inpaint", "photo.png", "a boat", "--mask", "mask.png", "-o", "out.png", "--seed", 3,
                "--feather", 0, "--grow", 0, "--json")  # fmt: skip
    assert done.code == 0
    after = read("out.png")
    assert after.shape == before.shape
    assert (after[marked == 0] == before[marked == 0]).all()
    assert (after[marked > 0] != before[marked > 0]).any(axis=1).mean() > 0.9
    report = done.json
    assert report["exact_outside"] is True
    assert (report["changed_outside"], report["pixels_outside"]) == (0, int((marked == 0).sum()))
    assert (report["result_size"], report["seed"]) == ("96x64", 3)
    assert report["files"] == [str(Path("out.png").absolute())]


def test_the_picture_says_how_it_was_made(call: Call) -> None:
    picture("photo.png")
    mask()
    done = call("inpaint", "photo.png", "a boat", "--mask", "mask.png", "-o", "out.png", "--intent", "add",
                "--feather", 6, "--strength", 0.8, "--padding", 16)  # fmt: skip
    assert (done.code, done.out) == (0, "out.png\n")
    assert "Exact: " in done.err
    info = metadata.read(Path("out.png"))
    assert info.recipe is not None and info.recipe.inpaint is not None
    found = info.recipe.inpaint
    assert (found.image, found.mask) == (str(Path("photo.png").absolute()), str(Path("mask.png").absolute()))
    assert (found.intent, found.infill, found.feather, found.padding) == (Intent.ADD, Infill.NONE, 6, 16)
    assert info.parameters["Denoising strength"] == "0.8"
    assert (info.parameters["Mask blur"], info.parameters["Masked area padding"]) == ("3", "16")
    assert info.warnings == ()


def test_a_picture_is_extended(call: Call) -> None:
    before = picture("photo.png")
    done = call("outpaint", "photo.png", "a sea", "--left", 32, "--bottom", 40, "--feather", 0, "--grow", 0,
                "-o", "out.png", "--json")  # fmt: skip
    assert (done.code, done.json["result_size"]) == (0, "128x104")
    after = read("out.png")
    assert (after[:64, 32:] == before).all()
    assert after[64:].std() > 0
    info = metadata.read(Path("out.png"))
    assert info.recipe is not None and info.recipe.inpaint is not None
    assert info.recipe.inpaint.extend == Sides(left=32, bottom=40)


def test_a_thing_is_removed_without_an_engine(call: Call) -> None:
    before, marked = picture("photo.png"), mask()
    done = call("remove", "photo.png", "--mask", "mask.png", "--feather", 0, "--grow", 0, "--json",
                engine="tests.cli.fake_engine:unavailable")  # fmt: skip
    assert (done.code, done.json["exact_outside"]) == (0, True)
    after = read("photo-removed.png")
    assert (after[marked == 0] == before[marked == 0]).all()
    assert (after[marked > 0] != before[marked > 0]).any()
    assert call("remove", "photo.png", "--mask", "mask.png", "-o", "photo-removed.png").code == 2


def test_formats_that_lose_are_told(call: Call) -> None:
    picture("photo.png", channels=4)
    mask()
    done = call("inpaint", "photo.png", "--mask", "mask.png", "-o", "out.jpg", "--json")
    assert (done.code, done.json["exact_outside"]) == (0, False)
    assert "save as .png" in done.err
    assert call("remove", "photo.png", "--mask", "mask.png", "-o", "gone.webp", "--json").json["exact_outside"] is False


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("inpaint", "photo.png", "--mask", "small.png"), "30x20 pixels, and the picture 96x64"),
        (("inpaint", "photo.png", "--mask", "black.png"), "empty"),
        (("inpaint", "photo.png", "--mask", "gone.png"), "no picture at"),
        (("inpaint", "photo.png", "--mask", "words.txt"), "no picture in a format"),
        (("inpaint", "photo.png", "--mask", "mask.png", "--intent", "paint"), "no intent"),
        (("inpaint", "photo.png", "--mask", "mask.png", "--infill", "magic"), "no infill"),
        (("inpaint", "photo.png", "--mask", "mask.png", "--strength", "0"), "strength of 0"),
        (("inpaint", "photo.png", "--mask", "mask.png", "--feather", "-1"), "feather of -1"),
        (("inpaint", "photo.png", "--mask", "mask.png", "-o", "photo.png"), "not overwritten"),
        (("inpaint", "photo.png", "--mask", "mask.png", "--steps", "0"), "0 steps"),
        (("inpaint", "photo.png"), "--mask"),
        (("outpaint", "photo.png"), "cannot be extended"),
        (("outpaint", "photo.png", "--left", "-3"), "cannot be extended"),
        (
            ("outpaint", "photo.png", "--left", "8000", "--right", "8000", "--top", "8000", "--bottom", "8000"),
            "more than",
        ),
        (("remove", "photo.png", "--mask", "small.png"), "30x20"),
    ],
)
def test_what_cannot_be_done_is_told_before_any_work(call: Call, arguments: tuple[str, ...], words: str) -> None:
    picture("photo.png")
    mask()
    mask("small.png", 30, 20)
    Image.new("L", (96, 64)).save("black.png")
    Path("words.txt").write_text("no picture")
    before = sorted(Path().iterdir())
    done = call(*arguments, engine="tests.cli.fake_engine:unavailable")
    assert done.code == 2
    assert words in done.err.replace("\n", " ")
    assert sorted(Path().iterdir()) == before
