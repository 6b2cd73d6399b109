"""A picture's own metadata say how to make it again, and why other pixels may come out."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size
from studio.domain.inpainting import Inpaint
from studio.domain.jobs import made_by
from studio.domain.model_digest import model_digest
from studio.domain.recipe import Branch, Lora, Recipe, Sampling, SourceImage
from studio.imaging import metadata
from studio.imaging.metadata import Capsule
from studio.imaging.pixels import Pixels, encode_png
from studio.session.gallery import encoded
from studio.session.paths import Paths
from studio.session.reproduce import attempt_for, compare, read_original
from studio.session.studio import Studio
from tests.cli.conftest import write_model
from tests.session.test_studio import NoWorker

PIXELS: Pixels = np.random.default_rng(0).integers(0, 256, (32, 64, 3), dtype=np.uint8)
VERSIONS = {"torch": "2.13.0", "diffusers": "0.42.1", "peft": "1", "torchsde": "1", "pillow": "1", "upscaler": "ab"}
THEN = Capsule("Safelight 1", "cpu", "A processor", "bfloat16", VERSIONS, "sdpa (flash)", 2)
RECIPE = Recipe("sea", model="mine", size=Size(64, 32), sampling=Sampling("euler", 4, 3.0), seed=3)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """A session with a model “mine”, whose worker does nothing."""
    write_model(tmp_path / "data" / "models" / "mine")
    return Studio(Paths(tmp_path / "data", tmp_path / "config", tmp_path / "pictures"), NoWorker, lambda _event: None)


def saved(
    tmp_path: Path, recipe: Recipe = RECIPE, pixels: Pixels = PIXELS, capsule: Capsule = THEN, name: str = "a.png"
) -> Path:
    path = tmp_path / name
    path.write_bytes(encoded(encode_png(pixels), recipe, capsule, path.suffix))
    return path


def wide(pixels: Pixels, factor: int) -> Pixels:
    return pixels.repeat(factor, 0).repeat(factor, 1)


# ------------------------------------------------------------------------------------------------ what is to be made


def test_the_attempt_is_the_recipe_without_what_the_engine_found(tmp_path: Path, studio: Studio) -> None:
    digest = model_digest(studio.paths.models / "mine")
    branches = (Branch(2, "night", "", 3.0, 9),)
    recipe = dataclasses.replace(RECIPE, model_hash=digest, upscale=2, branches=branches)
    attempt = attempt_for(read_original(saved(tmp_path, recipe, wide(PIXELS, 2))), studio)
    assert attempt.recipe == dataclasses.replace(recipe, model_hash="")
    assert attempt.doubts == ()
    assert attempt.finished(PIXELS) is PIXELS


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_without_a_recipe_of_ours_nothing_can_be_made_again(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    Image.fromarray(PIXELS).save(path, exif=metadata.exif_for(RECIPE, THEN))
    with pytest.raises(StudioError, match="carries no recipe") as caught:
        read_original(path)
    assert caught.value.problem.kind is ErrorKind.INPUT


def test_a_picture_that_was_scaled_afterwards_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="128x64 pixels, and its recipe makes 64x32"):
        read_original(saved(tmp_path, pixels=wide(PIXELS, 2)))


def test_another_model_of_that_name_is_refused_unless_it_is_wished(tmp_path: Path, studio: Studio) -> None:
    recipe = dataclasses.replace(RECIPE, model_hash="0" * 16)
    original = read_original(saved(tmp_path, recipe))
    with pytest.raises(StudioError, match="The model mine is another than it was") as caught:
        attempt_for(original, studio)
    assert (caught.value.problem.kind, "--anyway" in caught.value.problem.hint) == (ErrorKind.MODEL, True)
    attempt = attempt_for(original, studio, anyway=True)
    assert "model mine" in attempt.doubts[0]
    assert compare(original, PIXELS ^ np.uint8(1), THEN, attempt.doubts).reasons == attempt.doubts


def test_a_missing_model_or_lora_is_named(tmp_path: Path, studio: Studio) -> None:
    for recipe in (dataclasses.replace(RECIPE, model="gone"), dataclasses.replace(RECIPE, loras=(Lora("gone"),))):
        with pytest.raises(StudioError, match="“gone”"):
            attempt_for(read_original(saved(tmp_path, recipe)), studio)


def test_a_picture_to_start_from_must_be_there(tmp_path: Path, studio: Studio) -> None:
    for path in (str(tmp_path / "gone.png"), made_by("ab12", 0)):
        original = read_original(saved(tmp_path, dataclasses.replace(RECIPE, source=SourceImage(path))))
        with pytest.raises(StudioError, match="it began with is gone") as caught:
            attempt_for(original, studio)
        assert caught.value.problem.field == "source.path"


def test_a_picture_to_start_from_that_changed_since_is_a_reason(
    tmp_path: Path, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    start = tmp_path / "start.png"
    recipe = dataclasses.replace(RECIPE, source=SourceImage(str(start)))
    path = saved(tmp_path, recipe)
    for shift in (-60, 60):
        Image.fromarray(PIXELS).save(start)
        times = path.stat().st_mtime + shift
        os.utime(start, (times, times))
        attempt = attempt_for(read_original(path), studio)
        assert attempt.recipe.source == recipe.source
        assert [doubt for doubt in attempt.doubts if "start.png" in doubt] == list(attempt.doubts)
        assert len(attempt.doubts) == (shift > 0)


def test_an_inpainted_picture_is_made_as_then_and_put_back(tmp_path: Path, studio: Studio) -> None:
    photo, mask = wide(PIXELS, 4), np.zeros((128, 256), np.uint8)
    mask[20:40, 30:60] = 255
    Image.fromarray(photo).save(tmp_path / "photo.png")
    Image.fromarray(mask).save(tmp_path / "mask.png")
    settings = Inpaint(str(tmp_path / "photo.png"), str(tmp_path / "mask.png"), feather=0, grow=0)
    original = read_original(saved(tmp_path, dataclasses.replace(RECIPE, size=Size(32, 32), inpaint=settings), photo))
    attempt = attempt_for(original, studio)
    assert attempt.recipe.inpaint is not None
    assert Path(attempt.recipe.inpaint.mask).is_file()
    assert "32x32" in attempt.doubts[0]
    size = attempt.recipe.size
    again = attempt.finished(np.zeros((size.height, size.width, 3), np.uint8))
    found = compare(original, again, THEN).difference
    assert again.shape == photo.shape
    assert found.where is not None
    assert found.where.intersected(Rect(30, 20, 30, 20)) == found.where


# ------------------------------------------------------------------------------------------------ what came of it


def test_equal_pixels_need_no_reason(tmp_path: Path) -> None:
    found = compare(read_original(saved(tmp_path)), PIXELS, dataclasses.replace(THEN, device="cuda"))
    assert (found.equal, found.reasons, found.lossy) == (True, (), False)


def test_a_picture_that_was_edited_is_told_from_one_that_was_made_elsewhere(tmp_path: Path) -> None:
    touched = PIXELS.copy()
    touched[3, 5] ^= 255
    original = read_original(saved(tmp_path, pixels=touched))
    found = compare(original, PIXELS, THEN)
    assert (found.equal, found.difference.pixels, found.difference.where) == (False, 1, Rect(5, 3, 1, 1))
    assert found.reasons == (
        "All that the file says of its making is as it was: the file was probably edited afterwards.",
    )


def test_reasons_come_in_the_order_of_their_likelihood(tmp_path: Path) -> None:
    original = read_original(saved(tmp_path))
    now = Capsule("Safelight 2", "cuda", "A card", "float16", {"torch": "3"}, "sdpa (math)", 5, "tiled")
    found = compare(original, PIXELS ^ np.uint8(1), now, ("The model is another.",))
    words = ("model", "device", "number format", "processor", "torch", "attention", "plan", "threads", "program")
    assert len(found.reasons) == len(words)
    assert all(word in reason for word, reason in zip(words, found.reasons, strict=True))
    assert "made with 2.13.0, and this is 3" in found.reasons[4]


@pytest.mark.parametrize(
    ("library", "change"),
    [
        ("upscaler", {"upscale": 2}),
        ("peft", {"loras": (Lora("ink"),)}),
        ("torchsde", {"sampling": Sampling("dpmpp-sde", 4, 3.0)}),
        ("pillow", {"source": SourceImage("a.png")}),
    ],
)
def test_only_libraries_that_had_a_part_are_reasons(tmp_path: Path, library: str, change: dict[str, Any]) -> None:
    now = dataclasses.replace(THEN, versions={**VERSIONS, library: "2"})
    for recipe, told in ((RECIPE, 0), (dataclasses.replace(RECIPE, **change), 1)):
        pixels = wide(PIXELS, recipe.upscale)
        reasons = compare(read_original(saved(tmp_path, recipe, pixels)), pixels ^ np.uint8(1), now).reasons
        assert sum(library in reason for reason in reasons) == told


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_lossy_files_are_compared_after_the_same_loss(tmp_path: Path, name: str) -> None:
    original = read_original(saved(tmp_path, name=name))
    assert (original.pixels != PIXELS).any()
    found = compare(original, PIXELS, THEN)
    assert (found.equal, found.lossy) == (True, True)
    found = compare(original, PIXELS[::-1], THEN)
    assert not found.equal
    assert "do not keep the pixels" in found.reasons[0]


def test_a_file_that_tells_nothing_of_its_making_says_so(tmp_path: Path) -> None:
    original = read_original(saved(tmp_path, capsule=Capsule()))
    reasons = compare(original, PIXELS ^ np.uint8(1), THEN).reasons
    assert "does not say what it was made with" in reasons[-1]
