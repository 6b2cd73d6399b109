"""What pictures say of themselves: ours in full, A1111's as far as it goes, and nonsense as a warning."""

import dataclasses
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from PIL import Image, PngImagePlugin

import studio
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.messages import Ready
from studio.domain.plan import Plan, Rung
from studio.domain.recipe import Lora, Recipe, Sampling, SourceImage
from studio.imaging import metadata, png
from studio.imaging.metadata import Capsule, safelight, xmp
from studio.imaging.metadata.carry import Carried, painted_over
from studio.imaging.pixels import decode, encode_png
from tests.domain.recipes import recipes

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
PLAIN = encode_png(PIXELS)
ENGINE = Ready(
    "cuda", "A fine GPU", "bfloat16", 4, 8 * 2**30, {"torch": "2.13.0", "diffusers": "0.42.1"}, "sdpa (flash)"
)
RECIPE = Recipe("sea at night", "fog", "starter", Size(512, 256), Sampling("euler", 9, 3.5), 42, model_hash="ab" * 8)
PARAMETERS = (
    "a fox\nNegative prompt: fog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 3, Size: 512x512, Model: v1-5"
)


def written(tmp_path: Path, *chunks: bytes) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(png.with_chunks(PLAIN, chunks))
    return path


def ours(tmp_path: Path, **recipe: Any) -> Path:
    """A picture of ours whose recipe was changed by someone."""
    document = json.loads(safelight.write(RECIPE, Capsule()))
    document["recipe"].update(recipe)
    return written(tmp_path, png.international("safelight", json.dumps(document)))


def test_a_picture_of_ours_tells_everything(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(metadata.embed(PLAIN, RECIPE, Capsule.of(ENGINE)))
    info = metadata.read(path)
    assert info.recipe == RECIPE
    assert info.capsule == Capsule(
        f"Safelight {studio.__version__}", "cuda", "A fine GPU", "bfloat16", ENGINE.versions, "sdpa (flash)", 4
    )
    assert (info.format, info.size, info.software) == ("PNG", Size(8, 6), f"Safelight {studio.__version__}")
    assert (info.prompt, info.negative, info.generated, info.warnings) == ("sea at night", "fog", True, ())
    assert info.parameters["Sampler"] == "Euler"
    assert (decode(path.read_bytes()) == PIXELS).all()


def test_other_programs_find_what_they_look_for() -> None:
    with Image.open(io.BytesIO(metadata.embed(PLAIN, RECIPE, Capsule()))) as image:
        assert image.info["parameters"].startswith("sea at night\nNegative prompt: fog\nSteps: 9, Sampler: Euler")
        description = ElementTree.fromstring(image.info["XML:com.adobe.xmp"].strip("\ufeff")).find(".//{*}Description")
    assert description is not None
    (source,) = (value for key, value in description.items() if key.endswith("}DigitalSourceType"))
    assert source.endswith("/digitalsourcetype/trainedAlgorithmicMedia")


def test_a_picture_made_from_another_is_marked_as_composite() -> None:
    recipe = dataclasses.replace(RECIPE, source=SourceImage("a.png"))
    data = metadata.embed(PLAIN, recipe, Capsule())
    text = png.read(io.BytesIO(data)).fields[xmp.PNG_KEYWORD]
    assert xmp.source_type(text) is xmp.SourceType.COMPOSITE


@given(recipes())
def test_any_recipe_survives(recipe: Recipe) -> None:
    texts = png.read(io.BytesIO(metadata.embed(PLAIN, recipe, Capsule.of(ENGINE))))
    assert safelight.read(texts.fields["safelight"]) == (recipe, Capsule.of(ENGINE))
    assert texts.warnings == ()


def test_paths_at_home_do_not_tell_whose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    recipe = dataclasses.replace(RECIPE, model=str(tmp_path / "m"), source=SourceImage(str(tmp_path / "a" / "b.png")))
    recipe = dataclasses.replace(recipe, loras=(Lora(str(tmp_path / "ink.safetensors"), 0.5, "abc"), Lora("moss")))
    data = metadata.embed(PLAIN, recipe, Capsule())
    assert str(tmp_path).encode() not in data
    read, _ = safelight.read(png.read(io.BytesIO(data)).fields["safelight"])
    assert read.source is not None
    assert (read.model, read.source.path) == ("~/m", "~/a/b.png")
    assert read.loras == (Lora("~/ink.safetensors", 0.5, "abc"), Lora("moss"))
    assert Path(read.source.path).expanduser() == tmp_path / "a" / "b.png"


def lossy(path: Path, recipe: Recipe, capsule: Capsule) -> Path:
    """A JPEG or WebP of ours."""
    exif, packet = metadata.exif_for(recipe, capsule), metadata.xmp_for(recipe, capsule)
    Image.fromarray(PIXELS).save(path, exif=exif, xmp=packet)
    return path


def test_a_capsule_names_the_job_and_what_became_of_the_plan() -> None:
    plan = Plan(Rung.CPU, "cpu", "float32")
    capsule = Capsule.of(ENGINE, "ab12#3", plan)
    assert (capsule.device, capsule.dtype, capsule.rung, capsule.job) == ("cpu", "float32", "cpu", "ab12#3")
    assert Capsule.of(ENGINE, plan=Plan()).rung == ""
    assert Capsule.of(None, "ab12#3").job == "ab12#3"


def test_a_capsule_of_an_older_version_is_read(tmp_path: Path) -> None:
    document = json.loads(safelight.write(RECIPE, Capsule.of(ENGINE)))
    for name in ("attention", "threads", "rung", "job"):
        del document["made_with"][name]
    info = metadata.read(written(tmp_path, png.international("safelight", json.dumps(document))))
    assert info.capsule == dataclasses.replace(Capsule.of(ENGINE), attention="", threads=0)
    assert (info.recipe, info.job, info.warnings) == (RECIPE, "", ())


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_lossy_pictures_of_ours_tell_everything_too(tmp_path: Path, name: str) -> None:
    recipe = dataclasses.replace(
        RECIPE, prompt='“sea” <at> "night" & \u0430\U0001f98a\n\x07', source=SourceImage("b.png")
    )
    capsule = Capsule.of(ENGINE, "ab12#3")
    info = metadata.read(lossy(tmp_path / name, recipe, capsule))
    assert (info.recipe, info.capsule, info.job, info.generated) == (recipe, capsule, "ab12#3", True)
    assert (info.parameters["Seed"], info.warnings) == ("42", ())


def test_what_we_say_survives_programs_that_write_xmp_anew(tmp_path: Path) -> None:
    element = safelight.write_ascii(RECIPE, Capsule()).replace('"', "&quot;")
    packet = f'<x xmlns:safelight="urn:safelight:1.0"><safelight:picture>{element}</safelight:picture></x>'
    Image.fromarray(PIXELS).save(tmp_path / "a.jpg", xmp=packet.encode())
    assert metadata.read(tmp_path / "a.jpg").recipe == RECIPE


def test_a_recipe_too_long_for_a_jpegs_xmp_leaves_what_other_programs_read(tmp_path: Path) -> None:
    long = dataclasses.replace(RECIPE, prompt="\N{SNOWMAN} " * 15_000 + "sea")
    assert metadata.fits_jpeg(long)
    info = metadata.read(lossy(tmp_path / "a.jpg", long, Capsule.of(ENGINE)))
    assert (info.prompt, info.capsule, info.generated) == (long.prompt, None, True)


def test_a_picture_painted_over_says_nothing_of_a_recipe_any_more() -> None:
    packet = xmp.packet(xmp.SourceType.GENERATED, safelight.write_ascii(RECIPE, Capsule()), "ab12#0")
    texts = {"safelight": "x", "safelight-job": "ab12#0", xmp.PNG_KEYWORD: packet, "Author": "Ada"}
    after = painted_over(Carried(texts=texts)).texts
    assert after.keys() == {xmp.PNG_KEYWORD, "Author", "Retouch"}
    assert (xmp.ours(after[xmp.PNG_KEYWORD], "picture"), xmp.ours(after[xmp.PNG_KEYWORD], "job")) == ("", "")
    assert xmp.source_type(after[xmp.PNG_KEYWORD]) is xmp.SourceType.COMPOSITE
    ElementTree.fromstring(after[xmp.PNG_KEYWORD].strip("\ufeff"))


def test_a1111_in_a_png(tmp_path: Path) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("parameters", PARAMETERS)
    Image.fromarray(PIXELS).save(tmp_path / "a.png", pnginfo=texts)
    info = metadata.read(tmp_path / "a.png")
    assert info.recipe == Recipe("a fox", "fog", "v1-5", Size(512, 512), Sampling("euler-a", 20, 7.0), 3)
    assert (info.software, info.capsule, info.generated) == ("A1111 or compatible", None, False)


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_a1111_in_exif(tmp_path: Path, name: str) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + PARAMETERS.encode("utf-16-be")
    Image.fromarray(PIXELS).save(tmp_path / name, exif=exif)
    info = metadata.read(tmp_path / name)
    assert info.recipe is not None
    assert (info.recipe.prompt, info.recipe.seed) == ("a fox", 3)


def test_a1111_in_a_gif_comment(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "a.gif", comment=PARAMETERS.encode())
    assert metadata.read(tmp_path / "a.gif").prompt == "a fox"


def test_a_photo_says_nothing(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "a.jpg")
    assert metadata.read(tmp_path / "a.jpg") == metadata.PictureInfo("JPEG", Size(8, 6))


def test_an_ordinary_description_is_no_prompt(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0131] = "My holiday", "A camera"
    Image.fromarray(PIXELS).save(tmp_path / "a.jpg", exif=exif)
    info = metadata.read(tmp_path / "a.jpg")
    assert (info.recipe, info.software, info.fields["ImageDescription"]) == (None, "A camera", "My holiday")


def test_json_under_parameters_is_not_taken_for_a_prompt(tmp_path: Path) -> None:
    info = metadata.read(written(tmp_path, png.text("parameters", '{"sui_image_params": {}}')))
    assert info.recipe is None
    assert info.fields["parameters"].startswith("{")


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, '{"safelight": 9, "recipe": {}}', '{"safelight": 1, "recipe": {"x": 1}}']
)
def test_a_bad_recipe_is_a_warning_and_a1111_helps_out(tmp_path: Path, text: str) -> None:
    info = metadata.read(written(tmp_path, png.international("safelight", text), png.text("parameters", PARAMETERS)))
    assert [warning for warning in info.warnings if "recipe cannot be read" in warning]
    assert info.prompt == "a fox"


def test_a_bad_capsule_costs_only_the_capsule(tmp_path: Path) -> None:
    document = {**json.loads(safelight.write(RECIPE, Capsule())), "made_with": ["nonsense"]}
    info = metadata.read(written(tmp_path, png.international("safelight", json.dumps(document))))
    assert info.recipe == RECIPE
    assert info.software == "Safelight"


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"size": {"width": 10**400, "height": 8}}, "prompt"),
        ({"sampling": {"steps": 10**9, "sampler": "euler", "guidance": 3.5}}, "size"),
        ({"sampling": {"guidance": float("nan")}}, "size"),
        ({"batch": 10**9}, "seed"),
        ({"seed": -(10**30)}, "size"),
        ({"source": {"path": "a.png", "strength": 1e9}}, "seed"),
        ({"prompt": "x" * 200_000}, "seed"),
    ],
)
def test_absurd_values_are_replaced_and_named(tmp_path: Path, change: dict[str, Any], kept: str) -> None:
    info = metadata.read(ours(tmp_path, **change))
    assert info.recipe is not None
    assert getattr(info.recipe, kept) == getattr(RECIPE, kept)
    assert len(info.warnings) == 1


def test_damaged_exif_is_a_warning(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "a.jpg", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert "EXIF data was skipped" in metadata.read(tmp_path / "a.jpg").warnings[0]


def test_what_is_no_picture_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"hello")
    with pytest.raises(StudioError) as caught:
        metadata.read(tmp_path / "a.png")
    assert caught.value.problem.kind is ErrorKind.INPUT


def test_a_jpeg_has_room_for_one_segment_of_text() -> None:
    assert metadata.fits_jpeg(RECIPE)
    assert not metadata.fits_jpeg(dataclasses.replace(RECIPE, prompt="x" * 40_000))
