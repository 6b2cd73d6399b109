from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.domain.catalog import PICTURE_FAMILIES, Family
from studio.domain.errors import StudioError
from studio.domain.geometry import Size
from studio.domain.messages import Phase, Progress
from studio.domain.recipe import SourceImage
from studio.domain.samplers import SAMPLERS
from studio.engine.libraries import quiet, torch
from studio.engine.models import LoadedModel
from studio.engine.sampling import build_scheduler
from studio.engine.source import covering, effective_strength, source_tensor, strength_rounded_up
from tests.engine.jobs import Result, Runner, recipe


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Red on the left, blue on the right, 80 × 40."""
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, :40, 0] = pixels[:, 40:, 2] = 230
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def _steps(result: Result) -> int:
    return sum(event.phase is Phase.DENOISE for event in result.of(Progress))


@pytest.mark.parametrize("strength", [0.01, 0.5, 1.0])
@pytest.mark.parametrize("family", list(PICTURE_FAMILIES))
def test_a_source_picture_runs_its_share_of_the_steps(
    runner: Runner, photo: Path, family: Family, strength: float
) -> None:
    result = runner(recipe(family, steps=6, source=SourceImage(str(photo), strength)), family)
    assert _steps(result) == max(1, int(6 * strength))
    assert (
        result.digests() == runner(recipe(family, steps=6, source=SourceImage(str(photo), strength)), family).digests()
    )


@pytest.mark.parametrize("sampler", list(SAMPLERS))
def test_every_sampler_starts_from_a_picture(runner: Runner, photo: Path, sampler: str) -> None:
    result = runner(recipe(sampler=sampler, steps=4, source=SourceImage(str(photo), 0.5)))
    assert result.pixels().std() > 0


def test_a_single_step_of_many_is_run_whatever_rounding_says() -> None:
    for steps in range(1, 1001):
        for strength in (1e-9, 1 / steps, 0.3):
            assert int(steps * effective_strength(steps, strength)) >= 1
    assert effective_strength(20, 0.6) == 0.6


def test_pipelines_that_round_up_run_as_many_steps() -> None:
    for steps in (1, 2, 7, 28, 999, 1000):
        for strength in (1e-9, 1 / steps, 0.3, 0.5, 0.999, 1.0):
            share = strength_rounded_up(steps, strength)
            assert steps - int(max(steps - steps * share, 0)) == int(steps * effective_strength(steps, strength))


@pytest.mark.parametrize("family", [Family.SD1, Family.SD3, Family.STARTER])
def test_the_result_is_that_of_diffusers_own_pipeline(runner: Runner, photo: Path, family: Family) -> None:
    request = recipe(family, steps=4, source=SourceImage(str(photo), 0.5))
    ours = runner(request, family).pixels()
    (model,) = [m for m in runner.engine._models.values() if m.family is family]
    np.testing.assert_array_equal(ours, _plain_image_to_image(model, request))


def _plain_image_to_image(model: LoadedModel, request: Any) -> Any:
    pipe = model.image_to_image
    pipe.scheduler = build_scheduler(SAMPLERS["dpmpp-2m"], model.schedule, 4, request.seed)
    image = source_tensor(request.source, request.size)
    size = {"height": request.size.height, "width": request.size.width} if model.family is Family.SD3 else {}
    with quiet():
        found = pipe(
            prompt=request.prompt,
            negative_prompt=request.negative,
            image=image,
            strength=0.5,
            num_inference_steps=4,
            guidance_scale=4.0,
            generator=torch.Generator().manual_seed(request.seed),
            output_type="pil",
            **size,
        )
    return np.asarray(found.images[0])


def test_a_weak_run_stays_closer_to_its_picture_than_a_strong_one(runner: Runner, photo: Path) -> None:
    """By the autoencoder's own account of the picture, since the tiny denoiser knows no pictures."""
    far = [
        runner(recipe(steps=10, sampler="ddim", source=SourceImage(str(photo), strength))).pixels().astype(float)
        for strength in (0.1, 0.9)
    ]
    near = runner(recipe(steps=1000, sampler="ddim", source=SourceImage(str(photo), 0.001))).pixels().astype(float)
    assert np.abs(far[0] - near).mean() < np.abs(far[1] - near).mean()


def test_covering_keeps_the_shape_and_crops_about_the_centre() -> None:
    pixels = np.zeros((10, 40, 3), np.uint8)
    pixels[:, 15:25] = 255
    square = covering(pixels, Size(20, 20))
    assert square.shape == (20, 20, 3)
    assert square[:, 4:16].min() > 200  # the middle third is as wide as the whole square is high
    assert covering(pixels, Size(80, 20)).shape == (20, 80, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (3000, 2)])
def test_odd_source_sizes_are_fine(runner: Runner, tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size, (200, 30, 40)).save(tmp_path / "odd.png")
    assert runner(recipe(source=SourceImage(str(tmp_path / "odd.png"), 0.5))).digests()


def test_a_missing_or_broken_source_is_a_problem(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing more")
    for name in ("missing.png", "broken.png"):
        with pytest.raises(StudioError) as caught:
            runner(recipe(source=SourceImage(str(tmp_path / name), 0.5)))
        assert caught.value.problem.hint
