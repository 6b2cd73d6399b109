"""The bench of the canvas measures what happened, and refuses to measure what did not."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.domain.document.layers import PaintLayer
from studio.domain.geometry import Rect
from studio.ui.paint.bench import __main__ as program
from studio.ui.paint.bench import opening, stalls, strokes, table
from studio.ui.paint.bench.figures import Figure, Samples, nearly_all, text

TILE_BYTES = 256 * 1024


@pytest.fixture
def small(qapp: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[table.Table]:
    """A table of 512² pixels, and little to do on it."""
    for module, name, value in (
        (table, "WINDOW", dataclasses.replace(table.WINDOW, width=900, height=700)),
        (strokes, "_STROKES", 1),
        (strokes, "_STEPS", 5),
        (strokes, "_TRAVELS", 1),
        (stalls, "_SAVED", 2),
        (stalls, "_AFTER", 0.02),
    ):
        monkeypatch.setattr(module, name, value)
    made = table.Table.of_eight_layers(qapp, tmp_path, 512)
    yield made
    made.close()


def test_strokes_are_painted_taken_back_and_counted(small: table.Table) -> None:
    before = small.seen(Rect(0, 0, 512, 512))
    assert len(strokes.dabs(small).cpu) == 5
    assert (small.seen(Rect(0, 0, 512, 512)) != before).any()
    assert len(strokes.undo(small).wall) == 2
    found = strokes.memory(small, 3)
    assert found.notes["touched_bytes"] in range(3 * TILE_BYTES, 13 * TILE_BYTES, TILE_BYTES)
    assert 0.5 < found.notes["file_bytes"] / found.notes["touched_bytes"] < 1.2  # type: ignore[operator]
    assert found.wall > 0.5


def test_large_edits_really_happen_while_the_event_loop_is_watched(small: table.Table) -> None:
    found = {figure.name: figure for figure in stalls.editing_stalls(small)}
    assert list(found) == [f"stall: {what} 512²" for what in ("compose", "autosave", "merge down", "flatten")]
    assert all(figure.cpu > 0 and figure.limit == 0.05 for figure in found.values())


def test_what_does_not_happen_is_not_measured(small: table.Table) -> None:
    layer = small.editor.desk.active
    assert isinstance(layer, PaintLayer)
    small.editor.edits.toggle(layer.id, "locked")
    with pytest.raises(RuntimeError, match=r"a stroke that changed|was painted"):
        strokes.dabs(small)


def test_a_project_is_opened_to_the_whole_picture(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    found = opening.opening(qapp, tmp_path, 1)
    assert found.notes["bytes"] >= 10**6  # type: ignore[operator]
    assert 0 < found.wall <= found.notes["whole_wall"]  # type: ignore[operator]
    assert found.cpu > 0


def test_figures_say_whether_their_limit_was_met(capsys: pytest.CaptureFixture[str]) -> None:
    assert [Figure("", *times, limit=0.008).met for times in ((0.007, 0.009), (0.009, 0.007), (0.009, 0.009))] == [
        "yes",
        "by its own computing",
        "no",
    ]
    assert (nearly_all(range(1, 101)), nearly_all([3.0, 1.0])) == (99, 3.0)
    samples = Samples()
    with samples.one():
        sum(range(1000))
    figure = samples.figure("sum", 1.0, note=1)
    assert figure.wall > 0
    assert figure.as_json() | {"unit": "s", "met": "yes", "note": 1, "count": 1} == figure.as_json()
    assert "ms" in text([figure])
    assert "0.50" in text([dataclasses.replace(figure, wall=0.5, unit="ratio")])


def test_the_program_prints_json(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figure = Figure("dab", 0.001, 0.001, 0.008)
    monkeypatch.setattr(program, "measure", lambda *_: [figure])
    assert program.main(["--json"]) == 0
    assert json.loads(capsys.readouterr().out)["canvas"]["dab"]["met"] == "yes"
    assert program.main([]) == 0
    assert "dab" in capsys.readouterr().out
