"""Projects between windows and starts: read-only ones, work without a name, recent ones, and those given by name."""

import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from studio.domain.geometry import Size
from studio.session.canvas import CanvasSession
from studio.session.project.project import SUFFIX
from studio.session.project.untitled import left_over
from studio.ui.dropping import is_project
from studio.ui.paint.left_over import LeftOverDialog
from studio.ui.paint.page import PaintPage
from studio.ui.paint.picture_rows import PICTURE
from tests.ui.desk import Desk, Desks
from tests.ui.paint.test_page import enter, stroke
from tests.ui.paint.test_project_verbs import dialog_of

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise")  # of the offscreen platform


@pytest.fixture
def page(desk: Desk) -> PaintPage:
    return enter(desk)


def save_as(desk: Desk, page: PaintPage, path: Path) -> None:
    page.save_as(path)
    desk.bot.waitUntil(lambda: desk.window.windowTitle().startswith(f"{path.stem} ·"))


def held(desk: Desk, page: PaintPage, path: Path) -> CanvasSession:
    """Another window has the project at `path`, and this one opens it, too."""
    stroke(desk, page)
    save_as(desk, page, path)
    page.begin(Size(64, 64), True)
    holder = CanvasSession.open(path)
    page.open_path(path)
    return holder


def test_a_project_of_another_window_is_read_only_until_it_is_free(desk: Desk, page: PaintPage, tmp_path: Path) -> None:
    holder = held(desk, page, tmp_path / "fox.safelight")
    bar = page.notes.read_only
    assert bar.isVisible() and "fox.safelight" in bar.message.text() and "Another window" in bar.hint.text()
    assert desk.window.windowTitle().startswith("fox (read-only)")
    stroke(desk, page)
    assert "Another window" in page.editor.toast.text()
    page.notes.again_button.click()
    assert bar.isVisible(), "it is still held"
    holder.close()
    page.notes.again_button.click()
    assert not bar.isVisible() and desk.window.windowTitle().startswith("fox ·")
    steps = len(page.editor.session.history.versions)
    stroke(desk, page)
    assert len(page.editor.session.history.versions) == steps + 1


def test_a_read_only_project_is_gone_on_with_in_a_copy(desk: Desk, page: PaintPage, tmp_path: Path) -> None:
    holder = held(desk, page, tmp_path / "fox.safelight")
    commands = desk.window.commands
    assert not commands["canvas-compact"].isEnabled() and not page.editor.history.name_button.isEnabled()
    save_as(desk, page, tmp_path / "copy.safelight")
    assert not page.notes.isVisible()
    assert commands["canvas-compact"].isEnabled() and page.editor.history.name_button.isEnabled()
    assert "Another" not in commands["canvas-compact"].toolTip()
    stroke(desk, page)
    assert page.editor.session.history.current.label == "Brush stroke"
    holder.close()


def test_work_without_a_name_is_offered_at_the_next_start(desks: Desks, tmp_path: Path) -> None:
    first = desks.open(tmp_path)
    page = enter(first)
    stroke(first, page)
    page.begin(Size(300, 200), True)
    stroke(first, page)
    save_as(first, page, tmp_path / "fox.safelight")
    desks.close(first)
    second = desks.open(tmp_path)
    page = enter(second)
    assert page.title == "fox", "what was open last is open again"
    bar = page.notes.left_over
    assert bar.isVisible() and bar.message.text().startswith("1 piece of work")
    page.notes.work_button.click()
    dialog = dialog_of(second, page, LeftOverDialog)
    second.bot.waitUntil(
        lambda: "1024 × 1024" in str(dialog.model.data(dialog.model.index(0), Qt.ItemDataRole.UserRole))
    )
    dialog.open_button.click()
    assert page.title == "Untitled" and page.editor.desk.document.size == Size(1024, 1024)
    assert page.editor.session.history.current.label == "Brush stroke" and not page.editor.session.why
    assert not bar.isVisible()


def test_work_without_a_name_is_deleted_when_asked_twice(desk: Desk, page: PaintPage, tmp_path: Path) -> None:
    stroke(desk, page)
    path = page.editor.session.path
    page.begin(Size(64, 64), True)
    page.show_left_over()
    dialog = dialog_of(desk, page, LeftOverDialog)
    QTest.keyClick(dialog.list, Qt.Key.Key_Delete)
    assert path.exists() and "for good" in dialog.delete_button.text()
    QTest.keyClick(dialog.list, Qt.Key.Key_Delete)
    assert not path.exists() and path not in page.sessions.recent.paths
    desk.bot.waitUntil(lambda: not dialog.isVisible())


def test_work_that_was_gone_on_with_is_shown_as_it_was_left(desk: Desk, page: PaintPage) -> None:
    def glimpse() -> QImage:
        page.begin(Size(64, 64), True)
        page.show_left_over()
        dialog = dialog_of(desk, page, LeftOverDialog)
        first = dialog.model.index(0)
        desk.bot.waitUntil(lambda: dialog.model.data(first, PICTURE) is not None)
        picture = dialog.model.data(first, PICTURE)
        dialog.reject()
        assert isinstance(picture, QImage)
        return picture

    page.editor.change_brush(size=300.0)
    stroke(desk, page)
    path = page.editor.session.path
    before = glimpse()
    page.open_path(path)
    page.editor.desk.undo()
    assert glimpse() != before


def test_the_next_start_has_the_project_that_was_on_the_table_last(desk: Desk, page: PaintPage, tmp_path: Path) -> None:
    stroke(desk, page)
    page.save_as(tmp_path / "fox.safelight")
    page.begin(Size(64, 64), True)
    desk.bot.waitUntil(lambda: tmp_path / "fox.safelight" in page.sessions.recent.paths)
    assert page.sessions.recent.paths[0] == page.editor.session.path


def titles(desk: Desk) -> list[str]:
    menu = desk.window.paint._recent
    menu.aboutToShow.emit()
    return [action.text().replace("&", "") for action in menu.actions() if not action.isSeparator()]


def test_recent_projects_and_nameless_work_are_in_the_menu(desk: Desk, page: PaintPage, tmp_path: Path) -> None:
    stroke(desk, page)
    page.begin(Size(64, 64), True)
    save_as(desk, page, tmp_path / "fox.safelight")
    save_as(desk, page, tmp_path / "owl.safelight")
    found = titles(desk)
    assert found[0] == "fox" and found[1].startswith("Untitled, ") and found[2].startswith("All work without a name")
    save_as(desk, page, tmp_path / "forest" / "fox.safelight")
    assert titles(desk)[:2] == ["owl", f"fox ({tmp_path})"], "of two with the same name, one is told by its folder"
    desk.window.paint._recent.actions()[0].trigger()
    assert page.title == "owl"


def test_a_project_given_by_name_is_opened_to_be_painted_on(desk: Desk, tmp_path: Path) -> None:
    assert is_project("fox" + SUFFIX)
    session = CanvasSession.create(tmp_path / "fox.safelight", enter(desk).editor.desk.document)
    session.close()
    desk.window.workspaces.show_page("generate")
    desk.window.open_files([str(tmp_path / "fox.safelight")])
    assert desk.window.workspaces.current == "paint" and desk.window.windowTitle().startswith("fox")


def test_saving_says_that_all_is_saved_and_asks_for_a_name(
    desk: Desk, page: PaintPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(page, "ask_save_as", lambda: asked.append(1))
    desk.press(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert asked == [1]
    save_as(desk, page, tmp_path / "fox.safelight")
    desk.bot.waitUntil(lambda: page.editor.saved)
    desk.press(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert asked == [1] and "“fox” is saved" in page.editor.toast.text()


def test_no_other_project_takes_the_place_of_one_that_cannot_be_saved(
    desk: Desk, page: PaintPage, tmp_path: Path
) -> None:
    save_as(desk, page, tmp_path / "fox.safelight")
    session = page.editor.session
    stroke(desk, page)
    assert session.flush(60)
    (tmp_path / "fox.safelight").rename(tmp_path / "away")
    stroke(desk, page)
    QImage(64, 64, QImage.Format.Format_RGB32).save(str(tmp_path / "owl.png"))
    page.open_path(tmp_path / "owl.png")
    desk.bot.waitUntil(lambda: not page._opening)
    page.begin(Size(64, 64), True)
    assert page.editor.session is session and session.unsaved
    assert "Save As" in desk.window.area.banner.hint.text()
    save_as(desk, page, tmp_path / "wolf.safelight")
    page.begin(Size(64, 64), True)
    assert page.editor.session is not session
    saved = CanvasSession.open(tmp_path / "wolf.safelight")
    assert saved.history.current.label == "Brush stroke"
    saved.close()


def test_the_window_stays_once_for_steps_that_cannot_be_saved(desk: Desk, page: PaintPage, tmp_path: Path) -> None:
    save_as(desk, page, tmp_path / "fox.safelight")
    stroke(desk, page)
    assert page.editor.session.flush(60)
    (tmp_path / "fox.safelight").rename(tmp_path / "away")
    stroke(desk, page)
    assert not desk.window.close()
    assert desk.window.isVisible()
    assert "close the window again" in desk.window.area.banner.hint.text()
    stroke(desk, page)
    assert not desk.window.close(), "there is something new to lose"  # the test's end closes again, and may


@pytest.mark.parametrize(("ask", "suffix"), [("ask_save_as", SUFFIX), ("ask_export", ".png")])
def test_a_file_is_replaced_only_by_its_whole_name(
    page: PaintPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: str, suffix: str
) -> None:
    there = tmp_path / f"fox{suffix}"
    there.write_bytes(b"dear to me")
    begun: list[str] = []

    def chosen(_parent: object, _title: str, start: str, _kinds: str) -> tuple[str, str]:
        begun.append(start)
        return (str(tmp_path / "fox") if len(begun) == 1 else ""), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", chosen)
    getattr(page, ask)()
    assert begun[1:] == [str(there)], "the dialog asks whether that is to be replaced"
    page._thread.submit(int).result()
    assert page.editor.session.flush(60) and there.read_bytes() == b"dear to me"


def test_a_picture_that_is_being_read_when_the_window_closes_leaves_no_project(desks: Desks, tmp_path: Path) -> None:
    QImage(64, 64, QImage.Format.Format_RGB32).save(str(tmp_path / "owl.png"))
    desk = desks.open(tmp_path)
    page = enter(desk)
    page._thread.submit(time.sleep, 0.5)  # what is read before it takes a while
    page.open_path(tmp_path / "owl.png")
    untitled = desk.studio.paths.untitled
    desks.close(desk)
    assert not left_over(untitled)


def test_a_new_canvas_begins_with_its_paper(desk: Desk, page: PaintPage) -> None:
    assert not desk.window.commands["paint-undo"].isEnabled()
    assert len(page.editor.session.history.versions) == 1
