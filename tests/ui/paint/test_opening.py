"""What the window says of a project right after it was put on the table."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.domain.document import edits
from studio.domain.document.document import Document
from studio.domain.document.layers import PaintLayer
from studio.domain.geometry import Size
from studio.session.canvas import CanvasSession
from studio.ui.paint.page import PaintPage
from studio.ui.paint.toast import Toast
from tests.ui.desk import Desk
from tests.ui.paint.sitting import sit_down_at


def test_a_project_that_is_saved_while_its_editor_is_made_is_shown_as_saved(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk may be quicker than the panels; nobody tells again what was told before they listened."""
    session = CanvasSession.create(tmp_path / "a.safelight", Document(Size(64, 64), (PaintLayer(id="a"),)))

    def slowly(parent: QWidget) -> Toast:
        assert session.flush(60)
        return Toast(parent)

    monkeypatch.setattr("studio.ui.paint.editor.Toast", slowly)
    session._writer.run(lambda: None).result(60)
    session.commit("paint", edits.changed(session.document, "a", opacity=0.5))
    sitting = sit_down_at(qtbot, session)
    qtbot.wait(20)
    assert sitting.editor.saved
    sitting.close()


def test_the_zoom_shown_is_that_of_the_project_on_the_table(desk: Desk) -> None:
    desk.window.workspaces.show_page("paint")
    page = desk.window.workspaces.page("paint")
    assert isinstance(page, PaintPage)
    page.begin(Size(64, 64), True)
    desk.bot.waitUntil(lambda: page.editor.surface.hasFocus())
    assert page.editor.surface.view.zoom > 2
    assert desk.window.status.zoom[1].text().startswith(f"{page.editor.surface.view.zoom * 100:.0f}")
