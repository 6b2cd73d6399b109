"""`safelight reproduce`: equal, other pixels, or a clear refusal; with a stand-in, and with the model that ships."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.cli import main
from studio.cli.reproducing import DIFFERENT
from studio.imaging import metadata, png
from studio.imaging.metadata import safelight
from studio.imaging.pixels import Pixels, encode_png
from studio.resources import resources
from studio.session.paths import HOME_VARIABLE
from tests.cli.conftest import Call, Result


def touched(path: str | Path, x: int, y: int) -> None:
    """Change a pixel by 40 levels, and nothing that the file says."""
    info = metadata.read(Path(path))
    assert info.recipe is not None and info.capsule is not None
    with Image.open(path) as image:
        pixels: Pixels = np.array(image)
    pixels[y, x] = pixels[y, x] - 40 if pixels[y, x].min() >= 40 else np.minimum(pixels[y, x], 215) + 40
    Path(path).write_bytes(metadata.embed(encode_png(pixels), info.recipe, info.capsule))


def told(path: str | Path, **versions: str) -> None:
    """Let the file say that it was made with other versions."""
    info = metadata.read(Path(path))
    assert info.recipe is not None and info.capsule is not None
    capsule = dataclasses.replace(info.capsule, versions={**info.capsule.versions, **versions})
    with Image.open(path) as image:
        data = encode_png(np.array(image))
    Path(path).write_bytes(
        png.with_chunks(data, (png.international("safelight", safelight.write(info.recipe, capsule)),))
    )


def made(call: Call, name: str, *options: object) -> Result:
    """A picture by the stand-in, whose model has another hash than it says: hence --anyway below."""
    done = call("generate", "sea", "--size", "64x32", "--seed", 9, "-o", name, *options)
    assert done.code == 0
    return done


@pytest.mark.parametrize("name", ["sea.png", "sea.jpg", "sea.webp"])
def test_the_same_pixels_come_out(call: Call, name: str) -> None:
    made(call, name)
    done = call("reproduce", name, "--anyway", "--json")
    assert done.code == 0
    assert done.json["equal"]
    assert (done.json["pixels"], done.json["differing"], done.json["where"]) == (2048, 0, None)
    assert done.json["lossy"] == (name != "sea.png")
    assert done.err == ""
    assert call("reproduce", name, "--anyway").out.startswith("equal: all 2,048 pixels came out again")


def test_upscaled_and_inpainted_pictures_are_made_again_too(call: Call) -> None:
    made(call, "large.png", "--upscale", 2)
    made(call, "sea.png")
    marks = np.zeros((32, 64), np.uint8)
    marks[8:20, 8:40] = 255
    Image.fromarray(marks).save("mask.png")
    assert call("inpaint", "sea.png", "--mask", "mask.png", "a boat", "--seed", 2, "-o", "boat.png").code == 0
    assert call("outpaint", "sea.png", "--right", 32, "--seed", 2, "-o", "wide.png").code == 0
    for name in ("large.png", "boat.png", "wide.png"):
        assert call("reproduce", name, "--anyway").code == 0


def test_pixels_that_moved_are_told_and_shown(call: Call) -> None:
    made(call, "sea.png")
    touched("sea.png", 12, 7)
    options = ("--anyway", "--difference", "moved.png", "--keep", "again.png")
    done = call("reproduce", "sea.png", *options, "--json")
    assert done.code == DIFFERENT
    assert (done.json["differing"], done.json["largest"]) == (1, 40)
    assert done.json["where"] == {"x": 12, "y": 7, "width": 1, "height": 1}
    with Image.open("moved.png") as moved:
        assert np.argwhere(np.array(moved).any(axis=2)).tolist() == [[7, 12]]
    assert done.json["files"] == [str(Path("again.png").absolute())]
    assert call("reproduce", "again.png", "--anyway").code == 0
    text = call("reproduce", "sea.png", "--anyway")
    assert text.out == "different: 1 of 2,048 pixels, by up to 40 of 255 levels, inside 1x1 at 12,7\n"
    assert "note: " in text.err


def test_another_model_ends_it_unless_it_is_wished(call: Call) -> None:
    made(call, "sea.png")
    done = call("reproduce", "sea.png", "--json", engine="no.such:engine")
    assert (done.code, done.json["error"]["kind"]) == (3, "model")
    assert "another than it was" in done.json["error"]["message"]


@pytest.mark.parametrize("option", ["--keep", "--difference"])
@pytest.mark.parametrize("name", ["sea.png", "new.gif", "missing/x"])
def test_what_cannot_be_saved_is_refused_before_any_work(call: Call, option: str, name: str) -> None:
    made(call, "sea.png")
    before = Path("sea.png").read_bytes()
    done = call("reproduce", "sea.png", "--anyway", option, name, "--json", engine="no.such:engine")
    assert (done.code, Path("sea.png").read_bytes()) == (2, before)


def test_a_photo_cannot_be_made_again(call: Call) -> None:
    Image.new("RGB", (8, 8)).save("photo.png")
    for name in ("photo.png", "missing.png"):
        done = call("reproduce", name, "--json", engine="no.such:engine")
        assert (done.code, done.json["error"]["kind"]) == (2, "input")


@pytest.mark.skipif(not (resources() / "models" / "starter").is_dir(), reason="the starter model is not here")
@pytest.mark.timeout(300)
@pytest.mark.slow
def test_the_starters_pictures_come_out_again_bit_by_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    options = ("--size", "64x64", "--steps", "3", "--seed", "5", "--device", "cpu")
    assert main(["generate", "a house by the sea", "-o", "house.png", *options]) == 0
    assert main(["reproduce", "house.png"]) == 0
    assert "equal: all 4,096 pixels came out again" in capsys.readouterr().out
    touched("house.png", 3, 4)
    told("house.png", torch="1.0")
    assert main(["reproduce", "house.png"]) == DIFFERENT
    printed = capsys.readouterr()
    assert printed.out == "different: 1 of 4,096 pixels, by up to 40 of 255 levels, inside 1x1 at 3,4\n"
    assert "Another torch: it was made with 1.0" in printed.err
