"""`safelight upscale` and `safelight generate --upscale`."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from studio.imaging import metadata
from tests.cli.conftest import Call

ORIENTATION, ARTIST = 0x0112, 0x013B


def picture(name: str, mode: str = "RGB", size: tuple[int, int] = (6, 4), **options: Any) -> Path:
    channels = len(mode)
    pixels = np.random.default_rng(1).integers(0, 256, (size[1], size[0], channels), np.uint8)
    Image.fromarray(pixels).save(name, **options)
    return Path(name)


def size_of(path: str) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def test_generate_upscales_and_says_so_in_the_picture(call: Call) -> None:
    done = call("generate", "sea", "--size", "64x32", "--upscale", 4, "--seed", 1, "-o", "sea.png")
    assert (done.code, size_of("sea.png")) == (0, (256, 128))
    assert "256x128, seed 1" in done.err
    info = metadata.read(Path("sea.png"))
    assert info.recipe is not None and info.recipe.upscale == 4
    assert (info.parameters["Hires upscale"], info.parameters["Hires upscaler"]) == ("4", "Safelight x4")
    assert call("inspect", "sea.png", "--json").json["recipe"]["upscale"] == 4
    report = call("generate", "sea", "--size", "64x32", "--upscale", 2, "--json").json
    assert (report["size"], report["upscale"], report["result_size"]) == ("64x32", 2, "128x64")


@pytest.mark.parametrize("options", [("--upscale", 3), ("--upscale", 0), ("--upscale", 4, "--size", "4096x32")])
def test_generate_refuses_what_cannot_be_upscaled(call: Call, options: tuple[object, ...]) -> None:
    done = call("generate", "sea", *options, "--json")
    assert done.code == 2
    assert done.json["error"]["field"] == "upscale"
    assert list(Path().iterdir()) == []


def test_an_enlarged_picture_of_ours_carries_the_recipe_that_makes_it(call: Call) -> None:
    call("generate", "sea", "--size", "64x32", "--seed", 1, "-o", "sea.png")
    done = call("upscale", "sea.png")
    assert (done.code, done.out, size_of("sea-x4.png")) == (0, "sea-x4.png\n", (256, 128))
    before, after = metadata.read(Path("sea.png")), metadata.read(Path("sea-x4.png"))
    assert before.recipe is not None and after.recipe is not None and after.capsule is not None
    assert (after.recipe.upscale, after.recipe.seed, after.recipe.size) == (4, 1, before.recipe.size)
    assert after.capsule.device_name == "a painter"


def test_texts_of_other_programs_stay(call: Call) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("parameters", "a fox\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1")
    texts.add_itxt("Comment", "Möwe")
    picture("fox.png", pnginfo=texts)
    assert call("upscale", "fox.png", "--factor", 2).code == 0
    info = metadata.read(Path("fox-x2.png"))
    assert (info.prompt, info.fields["Comment"]) == ("a fox", "Möwe")
    assert info.fields["Upscaler"] == "Safelight x4, 2 times"
    assert call("upscale", "fox.png", "-o", "fox.jpg").code == 0
    assert metadata.read(Path("fox.jpg")).prompt == "a fox"


def test_exif_stays_but_the_picture_is_turned_only_once(call: Call) -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[ARTIST] = 6, "Ada"
    picture("photo.jpg", exif=exif)
    assert call("upscale", "photo.jpg", "--factor", 2, "-o", "big.png").code == 0
    assert call("upscale", "photo.jpg", "--factor", 2, "-o", "big.webp").code == 0
    for name in ("big.png", "big.webp"):
        with Image.open(name) as image:
            assert image.size == (8, 12)
            assert (image.getexif()[ARTIST], image.getexif().get(ORIENTATION)) == ("Ada", None)


def test_transparency_stays_where_the_format_knows_it(call: Call) -> None:
    picture("sticker.png", "RGBA")
    for name, mode in (("big.png", "RGBA"), ("big.webp", "RGBA"), ("big.jpg", "RGB")):
        assert call("upscale", "sticker.png", "-o", name).code == 0
        with Image.open(name) as image:
            assert (image.mode, image.size) == (mode, (24, 16))


def test_json_names_the_file_and_its_size(call: Call) -> None:
    done = call("upscale", picture("fox.png"), "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json == {
        "file": str(Path("fox-x4.png").absolute()), "source": str(Path("fox.png").absolute()), "factor": 4,
        "size": "24x16", "seconds": {"upscale": 0.5},
    }  # fmt: skip


def test_nothing_is_overwritten(call: Call) -> None:
    picture("fox.png")
    (Path("out")).mkdir()
    for _ in range(2):
        assert call("upscale", "fox.png", "-o", "out").code == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["fox-x4-2.png", "fox-x4.png"]
    before = Path("fox.png").read_bytes()
    done = call("upscale", "fox.png", "-o", "fox.png")
    assert (done.code, Path("fox.png").read_bytes()) == (2, before)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("missing.png",), 2),
        (("text.png",), 2),
        (("cut.png",), 2),
        (("fox.png", "--factor", 3), 2),
        (("fox.png", "-o", "fox.tiff"), 2),
        (("wide.png",), 2),
        (("fox.png", "-o", "x" * 300 + ".png"), 5),
    ],
)
def test_bad_input_is_refused_before_any_work(call: Call, arguments: tuple[object, ...], code: int) -> None:
    Path("text.png").write_text("no picture")
    Path("cut.png").write_bytes(picture("fox.png", size=(40, 40)).read_bytes()[:2000])
    picture("wide.png", size=(2049, 1))
    done = call("upscale", *arguments, "--json", engine="no.such:engine")
    assert done.code == code
    assert done.json["error"]["hint"]
    assert len(list(Path().iterdir())) == 4
