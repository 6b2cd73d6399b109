"""A panel of a small timeline."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.domain.timeline.model import Timeline
from studio.ui.timeline.facts import Facts
from tests.ui.timeline.editing import Table, line, ring, sit_down

Open = Callable[..., Table]


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> Iterator[Open]:
    """Opens panels of timelines, and closes them afterwards."""
    made: list[Table] = []

    def open_one(timeline: Timeline, facts: Facts | None = None) -> Table:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(sit_down(qtbot, folder, timeline, facts))
        return made[-1]

    yield open_one
    for table in made:
        table.close()


@pytest.fixture
def table(opened: Open) -> Table:
    """A line of three clips, with an overlay and a sound."""
    return opened(line())


@pytest.fixture
def round_table(opened: Open) -> Table:
    """A ring of 24 frames."""
    return opened(ring())
