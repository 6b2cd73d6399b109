"""Tiny models that draw clips, and the shipped one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from studio.domain.catalog import Family
from studio.engine.libraries import quiet
from studio.engine.loading import identify, open_model
from studio.engine.models import LoadedModel
from studio.engine.run import StudioEngine
from studio.resources import resources
from tests.engine.jobs import PLAN
from tests.engine.sequences.clips import Clips

Open = Callable[[Family], LoadedModel]


@pytest.fixture
def clips(engine: StudioEngine, models: dict[Family, Path], tmp_path: Path) -> Clips:
    """Runs clips on the tiny models."""
    return Clips(engine, models, tmp_path / "store")


@pytest.fixture(scope="session")
def opened(models: dict[Family, Path]) -> Open:
    """Loads a tiny model, each once."""
    return _opener(models)


@pytest.fixture(scope="session")
def shipped() -> Path:
    """The folder of the starter model, where it is."""
    path = resources() / "models" / "starter"
    if not path.is_dir():
        pytest.skip("the starter model is not here")
    return path


@pytest.fixture(scope="session")
def starter(shipped: Path) -> LoadedModel:
    """The shipped starter model."""
    return _opener({Family.STARTER: shipped})(Family.STARTER)


@pytest.fixture
def drawn(engine: StudioEngine, shipped: Path, tmp_path: Path) -> Clips:
    """Runs clips on the shipped starter model."""
    return Clips(engine, {Family.STARTER: shipped}, tmp_path / "store")


def _opener(models: dict[Family, Path]) -> Open:
    loaded: dict[Family, LoadedModel] = {}

    def load(family: Family) -> LoadedModel:
        if family not in loaded:
            with quiet():
                path = models[family]
                loaded[family] = open_model(path, *identify(path, lambda: None), PLAN, lambda: None, lambda *_: None)
        return loaded[family]

    return load
