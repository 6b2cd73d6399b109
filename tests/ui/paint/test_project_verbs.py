"""Named versions, compacting, and what the history may take: from the menu to the project file."""

from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QToolButton

from studio.domain.geometry import Rect
from studio.session.canvas import CanvasSession
from studio.ui.paint.compacting import CompactDialog, LimitDialog
from studio.ui.paint.page import PaintPage
from studio.ui.paint.versions import NameDialog, VersionsDialog
from tests.ui.desk import Desk
from tests.ui.paint.test_page import enter, stroke

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")  # what the offscreen platform says of every dialog
Made = TypeVar("Made", bound=QDialog)


@pytest.fixture
def page(desk: Desk) -> PaintPage:
    return enter(desk)


def asked(desk: Desk, page: PaintPage, command: str, kind: type[Made]) -> Made:
    """Choose a command; its dialog."""
    desk.window.commands[command].trigger()
    return dialog_of(desk, page, kind)


def dialog_of(desk: Desk, page: PaintPage, kind: type[Made]) -> Made:
    def shown() -> list[Made]:
        return [dialog for dialog in page.findChildren(kind) if dialog.isVisible()]

    desk.bot.waitUntil(lambda: bool(shown()))
    return shown()[-1]


def name_it(desk: Desk, page: PaintPage, name: str) -> None:
    dialog = asked(desk, page, "canvas-name", NameDialog)
    assert not dialog.ok.isEnabled() or dialog.field.text()
    dialog.field.setText(name)
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)


def test_a_version_is_named_and_gone_back_to(desk: Desk, page: PaintPage) -> None:
    session = page.editor.session
    whole = Rect(0, 0, 1024, 1024)
    stroke(desk, page)
    painted = page.editor.desk.compositor.render(page.editor.desk.document, whole)
    name_it(desk, page, "  first line  ")
    assert [each.name for each in session.named] == ["first line"]
    page.editor.edits.fill()
    desk.bot.waitUntil(lambda: not page.editor.desk.is_busy)
    steps = len(session.history.versions)
    dialog = asked(desk, page, "canvas-versions", VersionsDialog)
    assert dialog.chosen is not None and dialog.chosen.name == "first line"
    desk.bot.waitUntil(lambda: dialog.model.picture(dialog.model.rows[0].id) is not None)
    dialog.revert_button.click()
    assert session.history.current.label == "Back to first line"
    assert not dialog.revert_button.isEnabled(), "it is what the canvas shows"
    assert (page.editor.desk.compositor.render(page.editor.desk.document, whole) == painted).all()
    dialog.reject()
    page.editor.desk.undo()
    assert len(session.history.versions) == steps + 1, "nothing is lost"
    assert session.history.current.label != "Back to first line"


def test_names_are_changed_and_taken_away(desk: Desk, page: PaintPage) -> None:
    stroke(desk, page)
    name_it(desk, page, "rough")
    page.editor.edits.add_paint()
    dialog = asked(desk, page, "canvas-versions", VersionsDialog)
    dialog.name_button.click()
    naming = dialog_of(desk, page, NameDialog)
    naming.field.setText("clean")
    naming.ok.click()
    assert [each.name for each in dialog.model.rows] == ["clean", "rough"], "the latest first"
    dialog.list.setCurrentIndex(dialog.model.index(1))
    assert dialog.model.setData(dialog.model.index(1), "very rough")
    desk.bot.waitUntil(lambda: [each.name for each in page.editor.session.named] == ["very rough", "clean"])
    assert dialog.chosen is not None and dialog.chosen.name == "very rough", "it stays selected"
    QTest.keyClick(dialog.list, Qt.Key.Key_Delete)
    assert [each.name for each in page.editor.session.named] == ["clean"]
    dialog.remove_button.click()
    assert not page.editor.session.named and not dialog.rename_button.isEnabled()
    assert dialog.empty.isVisible()
    dialog.reject()


def test_compacting_says_what_it_costs_and_what_it_brought(desk: Desk, page: PaintPage) -> None:
    editor = page.editor
    for _ in range(4):
        stroke(desk, page)
    name_it(desk, page, "kept")
    stroke(desk, page)
    steps = len(editor.session.history.versions)
    dialog = asked(desk, page, "canvas-compact", CompactDialog)
    assert dialog.older is None and f"All {steps} steps" in dialog.drops.text()
    desk.bot.waitUntil(lambda: "Frees about" in dialog.frees.text())
    assert dialog.steps.count() == 2, "no step is an hour old"
    dialog.steps.setCurrentIndex(1)
    assert f"{steps - 2} steps of {steps} go for good" in dialog.drops.text()
    desk.bot.waitUntil(lambda: "Frees about" in dialog.frees.text())
    dialog.ok.click()
    desk.bot.waitUntil(lambda: editor.toast.text().startswith("Compacted: "))
    assert [each.name for each in editor.session.history.versions] == ["kept", ""]
    page.editor.desk.undo()
    assert editor.session.history.current.name == "kept"


def test_the_history_tells_what_it_takes_and_may_take(desk: Desk, page: PaintPage) -> None:
    stroke(desk, page)
    next(tab for tab in page.editor.findChildren(QToolButton) if tab.text() == "History").click()
    history = page.editor.history
    desk.bot.waitUntil(lambda: history.size_button.text().endswith("of 2 GB"))
    desk.bot.waitUntil(lambda: all(history.list.steps.picture(s.version.id) for s in history.list.steps.rows))
    history.size_button.click()
    dialog = dialog_of(desk, page, LimitDialog)
    dialog.box.setValue(300)
    dialog.ok.click()
    desk.bot.waitUntil(lambda: history.size_button.text().endswith("of 300 MB"))
    assert desk.studio.settings.value.canvas.undo_megabytes == 300
    assert page.editor.session._writer.limit == 300 * 2**20


def test_a_project_that_can_only_be_read_is_looked_at(desk: Desk, page: PaintPage) -> None:
    stroke(desk, page)
    name_it(desk, page, "mine")
    page.save_as(desk.studio.paths.data / "fox.safelight")
    desk.bot.waitUntil(lambda: page.title == "fox")
    path = page.editor.session.path
    page.begin(page.editor.desk.document.size, True)
    holder = CanvasSession.open(path)
    page.open_path(path)
    commands = desk.window.commands
    assert not commands["canvas-name"].isEnabled() and not commands["canvas-compact"].isEnabled()
    assert "Another window" in commands["canvas-compact"].toolTip()
    dialog = asked(desk, page, "canvas-versions", VersionsDialog)
    assert [each.name for each in dialog.model.rows] == ["mine"]
    for button in (dialog.name_button, dialog.rename_button, dialog.remove_button, dialog.revert_button):
        assert not button.isEnabled()
    dialog.reject()
    holder.close()


def test_a_dialog_goes_with_its_project(desk: Desk, page: PaintPage) -> None:
    dialog = asked(desk, page, "canvas-compact", CompactDialog)
    page.begin(page.editor.desk.document.size, True)
    desk.bot.waitUntil(lambda: not dialog.isVisible())
