"""The bench of the queue measures a window that really has all those jobs."""

import json

import pytest
from PySide6.QtWidgets import QApplication

from studio.ui.queue import bench


def test_every_figure_is_taken_and_printed(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "create_application", lambda _arguments: qapp)
    monkeypatch.setattr(bench, "_MOVES", 3)
    assert bench.main(["--jobs", "200", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["queue-panel"]
    assert set(figures) == {
        "stands still while they are taken up",
        "panel opens",
        "a job goes elsewhere",
        "a step is shown",
        "a letter of the filter",
        "all are cancelled",
    }
    assert figures["a job goes elsewhere"]["count"] == 3
    assert all(figure["cpu"] > 0 for figure in figures.values())
