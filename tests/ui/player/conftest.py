"""Players that are closed after each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.domain.timeline.model import Timeline
from tests.ui.player.theatre import Theatre, open_theatre

OpenTheatre = Callable[..., Theatre]


@pytest.fixture
def play(qtbot: QtBot, tmp_path: Path) -> Iterator[OpenTheatre]:
    """Opens a player of a timeline."""
    made: list[Theatre] = []

    def open_one(timeline: Timeline, **settings: object) -> Theatre:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(open_theatre(qtbot, folder, timeline, **settings))  # type: ignore[arg-type]
        return made[-1]

    yield open_one
    for theatre in made:
        theatre.close()
