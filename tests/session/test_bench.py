"""The measurements of the queue run through, on small work, and say what they should."""

import json

import pytest

from studio.session import bench


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_figures_are_there_with_their_limits(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--json", "--skip-large", "--rounds", "1"]) == 0
    found = json.loads(capsys.readouterr().out)["queue"]
    assert set(found) == {"starter", "cancel"}
    assert 0.3 < found["starter"]["with the journal / without, by all computing"] < 3
    assert found["cancel"]["cancel of a worker that is stopped, s"] < 10  # a busy machine's; the bench has the limit
