"""The measuring of the player."""

from fractions import Fraction

import pytest
from PySide6.QtWidgets import QApplication

from studio.domain.geometry import Size
from studio.ui.player import bench


def test_it_measures_scrubbing_and_the_gap_at_the_seam(qapp: QApplication) -> None:
    scrub = bench.scrubbing(qapp, Size(64, 48), moves=20)
    loop = bench.looping(qapp, Size(64, 48), Fraction(60), turns=2)
    figures = {figure.name: figure for figure in (*scrub, *loop, *bench.caching(2000))}
    assert figures["scrub on cached frames of 64x48, p95"].value > 0
    assert figures["scrub on cached frames of 64x48, p95"].limit == 16
    assert figures["64x48 at 60 fps: frames a second reached"].value > 0
    assert figures["64x48 at 60 fps: gap at the seam, longest"].value > 10
    assert figures["bytes in use of the budget"].value <= 1


@pytest.mark.slow
def test_the_figures_are_met(qapp: QApplication) -> None:
    """Other programs can make the wall clock's slower."""
    for figure in bench.measure(qapp):
        if not figure.name.endswith(", p95"):
            assert not figure.limit or figure.value <= figure.limit, str(figure)
