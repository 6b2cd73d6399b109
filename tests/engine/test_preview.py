from pathlib import Path

import numpy as np
import pytest

from studio.domain.catalog import PICTURE_FAMILIES, Family
from studio.domain.messages import Preview
from studio.engine.libraries import torch
from studio.engine.loading import identify, open_model
from studio.engine.preview import LIMIT, fit, synthetic_pictures
from studio.resources import resources
from tests.engine.jobs import PLAN, Runner, recipe

STARTER = resources() / "models/starter"


@pytest.mark.parametrize("family", list(PICTURE_FAMILIES))
def test_the_fitted_map_resembles_the_autoencoder(models: dict[Family, Path], family: Family) -> None:
    path = models[family]
    model = open_model(path, *identify(path, lambda: None), PLAN, lambda: None, lambda done, total: None)
    found = fit(model.vae, model.vae_scale)
    assert found.error < 0.2  # an untrained autoencoder is far from linear
    again = fit(model.vae, model.vae_scale)
    assert torch.equal(found.weight, again.weight) and torch.equal(found.bias, again.bias)


def test_a_preview_is_small_and_its_bytes_match_its_size(runner: Runner) -> None:
    for preview in runner(recipe(size=64), previews=True).of(Preview):
        assert len(preview.rgb) == preview.width * preview.height * 3
        assert preview.width == preview.height <= 64


def test_previews_never_exceed_the_limit(runner: Runner) -> None:
    runner(recipe(), previews=True)
    fitted = next(m.preview for m in runner.engine._models.values() if m.family is Family.SD1 and m.preview)
    wide = fitted(torch.zeros(1, 4, 64, 600))
    assert max(wide.width, wide.height) == LIMIT
    assert len(wide.rgb) == wide.width * wide.height * 3


def test_synthetic_pictures_are_colourful_and_always_the_same() -> None:
    pictures = synthetic_pictures(6, 32)
    assert torch.equal(pictures, synthetic_pictures(6, 32))
    assert float(pictures.min()) >= 0 and float(pictures.max()) <= 1
    assert float(pictures.mean(dim=(2, 3)).std()) > 0.1


@pytest.mark.skipif(
    not STARTER.is_dir(),
    reason="the starter model is not in this checkout",
)
def test_the_starters_last_preview_looks_like_its_picture(models: dict[Family, Path], runner: Runner) -> None:
    here = Runner(runner.engine, {Family.STARTER: STARTER}, runner.store)
    result = here(
        recipe(Family.STARTER, prompt="sunset over the sea", steps=8, size=256), Family.STARTER, previews=True
    )
    last = result.of(Preview)[-1]
    rgb = np.frombuffer(last.rgb, np.uint8).reshape(last.height, last.width, 3).astype(float)
    block = 256 // last.width
    shrunk = result.pixels().reshape(last.height, block, last.width, block, 3).mean(axis=(1, 3))
    assert np.sqrt(((rgb - shrunk) ** 2).mean()) < 25
