"""Files of tensors: whole or not there, and readable for whom files here are."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from safetensors.torch import load_file

from studio.engine.libraries import torch
from studio.engine.train.checkpoint import write_tensors

pytestmark = pytest.mark.skipif(os.name != "posix", reason="file modes are of POSIX")


@pytest.fixture(params=[0o022, 0o027, 0o077])
def mask(request: pytest.FixtureRequest) -> Iterator[int]:
    """The process's umask, set back afterwards."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_a_file_of_tensors_has_the_mode_of_any_new_file(tmp_path: Path, mask: int) -> None:
    write_tensors(tmp_path / "a.safetensors", {"x": torch.ones(2)}, {"about": "it"})
    assert stat.S_IMODE((tmp_path / "a.safetensors").stat().st_mode) == 0o666 & ~mask
    assert load_file(tmp_path / "a.safetensors")["x"].tolist() == [1.0, 1.0]
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"], "nothing half written stays"
