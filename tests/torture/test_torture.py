"""Nothing is ever lost: the program is killed at every phase, and all that was asked for is there in the end, once, and
the same as if nothing had happened. The long run is a command: see `torment.py`.
"""

import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.domain.recipe import Recipe
from tests.torture.engine import picture_of
from tests.torture.torment import examine, settle, torment

pytestmark = [pytest.mark.timeout(600), pytest.mark.skipif(sys.platform == "win32", reason="kills by signals")]


@pytest.mark.parametrize("seed", [11])
def test_kills_of_window_and_worker_cost_nothing(tmp_path: Path, seed: int) -> None:
    count = torment(tmp_path, 8, seed)
    jobs = settle(tmp_path, seed)
    assert count.asked, "no job was told to be safe: nothing was tested"
    assert not examine(tmp_path, jobs, count.asked, picture_of)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(21, 26))
def test_hundreds_of_kills_cost_nothing(tmp_path: Path, seed: int) -> None:
    count = torment(tmp_path, 100, seed)
    jobs = settle(tmp_path, seed)
    assert not examine(tmp_path, jobs, count.asked, picture_of)


def test_what_is_wrong_is_seen(tmp_path: Path) -> None:
    """The judge itself: a picture that is gone, one that is there twice, and one of other pixels are told."""
    torment(tmp_path, 4, 31)
    jobs = settle(tmp_path, 31)
    made = sorted((tmp_path / "pictures").rglob("*.png"))
    assert len(made) >= 3, "nothing was made"
    assert not examine(tmp_path, jobs, set(), picture_of)
    made[0].with_name("again.png").write_bytes(made[0].read_bytes())
    made[1].unlink()
    wrong = examine(tmp_path, jobs, {"nobody"}, picture_of)
    assert len(wrong) == 3 and "nobody" in wrong[0]
    assert any("2 times" in each for each in wrong) and any("0 times" in each for each in wrong)

    def inverted(recipe: Recipe) -> NDArray[np.uint8]:
        return np.asarray(255 - picture_of(recipe), np.uint8)

    assert any("another picture" in each for each in examine(tmp_path, jobs, set(), inverted))
