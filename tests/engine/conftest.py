"""Tiny models of every family, and an engine to run them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from studio.domain.catalog import Family
from studio.engine.run import StudioEngine
from tests.engine import tiny
from tests.engine.jobs import PLAN, Runner


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[Family, Path]:
    """A model folder of each family."""
    folder = tmp_path_factory.mktemp("models")
    builders: dict[Family, Callable[[Path], Path]] = {
        Family.SD1: tiny.build_sd1,
        Family.SDXL: tiny.build_sdxl,
        Family.SD3: tiny.build_sd3,
        Family.STARTER: tiny.build_starter,
    }
    return {family: build(folder / family.value) for family, build in builders.items()}


@pytest.fixture(scope="session")
def engine() -> StudioEngine:
    """One float32 engine for all tests: that it serves them all is a claim of its own."""
    return StudioEngine(PLAN)


@pytest.fixture
def runner(engine: StudioEngine, models: dict[Family, Path], tmp_path: Path) -> Runner:
    """Runs recipes on the tiny models."""
    return Runner(engine, models, tmp_path / "store")
