"""An editor of a small canvas."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.domain.document.layers import PaintLayer
from studio.domain.geometry import Size
from tests.ui.paint.sitting import Sitting, sit_down

SitDown = Callable[..., Sitting]


@pytest.fixture
def sit(qtbot: QtBot, tmp_path: Path) -> Iterator[SitDown]:
    """Opens an editor of a canvas with these layers, and closes it afterwards."""
    made: list[Sitting] = []

    def open_one(size: Size = Size(256, 256), *layers: PaintLayer) -> Sitting:
        made.append(sit_down(qtbot, tmp_path / str(len(made)), size, *layers))
        return made[-1]

    yield open_one
    for sitting in made:
        sitting.close()


@pytest.fixture
def sitting(sit: SitDown) -> Sitting:
    """One empty layer of 256 × 256 pixels."""
    return sit()
