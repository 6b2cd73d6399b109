import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.domain.catalog import Family
from studio.engine import bench
from studio.engine.libraries import torch


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    count = torch.get_num_threads()
    yield
    torch.set_num_threads(count)


@pytest.mark.parametrize("what", ["starter", "overhead", "defaults"])
def test_each_measurement_gives_positive_figures(
    what: str, models: dict[Family, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(models[Family.STARTER])
    assert bench.main([what, "--json", "--rounds", "1", "--skip-large", "--model", model]) == 0
    figures = json.loads(capsys.readouterr().out)[what]
    assert figures
    assert all(value > 0 for value in figures.values())


def test_a_cancel_returns_soon_in_each_phase(models: dict[Family, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["cancel", "--rounds", "3", "--model", str(models[Family.STARTER])]) == 0
    rows = dict(line.rsplit(None, 1) for line in capsys.readouterr().out.splitlines()[1:])
    for phase in ("encode", "denoise", "decode"):
        assert float(rows[f"  cancel in {phase}, ms"]) < 2000
