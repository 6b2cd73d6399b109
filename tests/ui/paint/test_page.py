"""The workspace in the window: its project, its menus and keys, and what becomes possible when."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from studio.domain.geometry import Rect, Size
from studio.ui.paint.page import PaintPage
from tests.ui.desk import Desk, Desks

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def page(desk: Desk) -> PaintPage:
    return enter(desk)


def enter(desk: Desk) -> PaintPage:
    desk.window.workspaces.show_page("paint")
    page = desk.window.workspaces.page("paint")
    assert isinstance(page, PaintPage)
    desk.bot.waitUntil(lambda: page.editor.surface.hasFocus())
    return page


def settle(desk: Desk, page: PaintPage) -> None:
    desk.bot.waitUntil(lambda: not page.editor.desk.is_busy)


def stroke(desk: Desk, page: PaintPage) -> None:
    surface = page.editor.surface
    middle = surface.rect().center()
    QTest.mousePress(surface, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    QTest.mouseMove(surface, middle * 1.1)
    QTest.mouseRelease(surface, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle * 1.1)
    settle(desk, page)


def test_a_first_canvas_has_white_paper_and_a_layer_to_paint_on(desk: Desk, page: PaintPage) -> None:
    document = page.editor.desk.document
    assert document.size == Size(1024, 1024)
    assert [layer.name for layer in document.layers] == ["Paper", "Layer 1"]
    assert page.editor.desk.active is document.layers[1]
    assert (page.editor.desk.compositor.render(document, Rect(0, 0, 8, 8)) == 255).all()


def test_keys_take_up_tools_and_change_the_view(desk: Desk, page: PaintPage) -> None:
    editor = page.editor
    for key, tool in ((Qt.Key.Key_E, "eraser"), (Qt.Key.Key_W, "wand"), (Qt.Key.Key_B, "brush")):
        desk.press(key)
        assert editor.tool == tool and editor.strip.buttons[tool].isChecked()
    size = editor.brush.size
    desk.press(Qt.Key.Key_BracketRight)
    assert editor.brush.size > size
    desk.press(Qt.Key.Key_5)
    assert editor.brush.opacity == 0.5
    desk.press(Qt.Key.Key_M)
    assert editor.surface.view.mirrored
    desk.press(Qt.Key.Key_1, CONTROL)
    assert editor.surface.view.zoom == 1.0
    desk.press(Qt.Key.Key_0, CONTROL)
    assert editor.surface.fitted
    desk.press(Qt.Key.Key_X)
    assert editor.desk.inks.front == (255, 255, 255)


def test_undo_becomes_possible_with_a_stroke(desk: Desk, page: PaintPage) -> None:
    commands = desk.window.commands
    stroke(desk, page)
    assert commands["paint-undo"].isEnabled() and not commands["paint-redo"].isEnabled()
    desk.press(Qt.Key.Key_Z, CONTROL)
    assert commands["paint-redo"].isEnabled()
    assert page.editor.session.history.current.label != "Brush stroke"


def test_commands_of_the_selection_wait_for_one(desk: Desk, page: PaintPage) -> None:
    commands = desk.window.commands
    assert not commands["select-none"].isEnabled() and not commands["image-crop"].isEnabled()
    desk.press(Qt.Key.Key_A, CONTROL)
    settle(desk, page)
    assert commands["select-none"].isEnabled() and commands["image-crop"].isEnabled()
    desk.press(Qt.Key.Key_D, CONTROL)
    assert not commands["select-none"].isEnabled()


def test_keys_mean_what_the_workspace_says(desk: Desk, page: PaintPage) -> None:
    commands = desk.window.commands
    assert commands["canvas-open"].isEnabled() and not commands["start-from"].isEnabled()
    assert commands["paint-undo"].shortcuts()
    desk.window.workspaces.show_page("generate")
    assert not commands["canvas-open"].isEnabled() and commands["start-from"].isEnabled()
    assert not commands["tool-brush"].isEnabled()
    assert desk.window.windowTitle() == "Safelight"
    taken: dict[str, list[str]] = {}
    for name, action in commands.actions.items():
        if action.isEnabled():
            for key in action.shortcuts():
                taken.setdefault(key.toString(), []).append(name)
    assert not {key: names for key, names in taken.items() if len(names) > 1}


def test_no_key_means_two_things_in_this_workspace(desk: Desk, page: PaintPage) -> None:
    stroke(desk, page)
    desk.press(Qt.Key.Key_A, CONTROL)
    settle(desk, page)
    taken: dict[str, list[str]] = {}
    for name, action in desk.window.commands.actions.items():
        if action.isEnabled():
            for key in action.shortcuts():
                taken.setdefault(key.toString(), []).append(name)
    assert not {key: names for key, names in taken.items() if len(names) > 1}


def test_the_title_tells_name_and_state(desk: Desk, page: PaintPage) -> None:
    stroke(desk, page)
    desk.bot.waitUntil(lambda: desk.window.windowTitle() == "Untitled · saved — Safelight")


def test_what_was_painted_is_there_at_the_next_start(desks: Desks, tmp_path: Path) -> None:
    first = desks.open(tmp_path)
    page = enter(first)
    stroke(first, page)
    pixels = page.editor.desk.compositor.render(page.editor.desk.document, Rect(0, 0, 1024, 1024))
    desks.close(first)
    second = desks.open(tmp_path)
    page = enter(second)
    after = page.editor.desk.compositor.render(page.editor.desk.document, Rect(0, 0, 1024, 1024))
    assert np.array_equal(after, pixels) and (pixels[..., 0] < 128).any()
    assert page.editor.session.history.current.label == "Brush stroke"
    page.editor.desk.undo()
    assert page.editor.session.history.current.label != "Brush stroke"


def test_an_untouched_canvas_leaves_nothing(desks: Desks, tmp_path: Path) -> None:
    desk = desks.open(tmp_path)
    enter(desk)
    folder = desk.studio.paths.untitled
    desks.close(desk)
    assert not list(folder.iterdir())


def test_where_nothing_can_be_written_one_paints_all_the_same(desk: Desk) -> None:
    untitled = desk.studio.paths.untitled
    untitled.parent.mkdir(parents=True, exist_ok=True)
    untitled.write_text("a file where the folder should be")
    page = enter(desk)
    assert desk.window.area.banner.isVisible()
    stroke(desk, page)
    assert page.editor.session.history.current.label == "Brush stroke"


def test_a_new_canvas_takes_the_place_of_the_old_one(desk: Desk, page: PaintPage) -> None:
    stroke(desk, page)
    old = page.editor
    page.editor.take_up("eraser")
    page.begin(Size(300, 200), False)
    assert page.editor is not old and page.editor.desk.document.size == Size(300, 200)
    assert [layer.name for layer in page.editor.desk.document.layers] == ["Layer 1"]
    assert page.editor.tool == "eraser"
    assert len(page.sessions.left_over) == 1, "the old one is kept"


def test_save_as_goes_on_there_and_open_brings_it_back(desk: Desk, page: PaintPage, tmp_path: Path) -> None:
    stroke(desk, page)
    page.save_as(tmp_path / "fox.safelight")
    desk.bot.waitUntil(lambda: desk.window.windowTitle().startswith("fox"))
    page.begin(Size(64, 64), True)
    page.open_path(tmp_path / "fox.safelight")
    assert page.editor.desk.document.size == Size(1024, 1024) and page.title == "fox"
    page.open_path(tmp_path / "gone.safelight")
    assert desk.window.area.banner.isVisible()


def test_a_picture_is_opened_exported_and_brought_in(desk: Desk, page: PaintPage, tmp_path: Path) -> None:
    image = QImage(80, 60, QImage.Format.Format_RGB888)
    image.fill(QColor(10, 120, 200))
    assert image.save(str(tmp_path / "sea.png"))
    page.open_path(tmp_path / "sea.png")
    desk.bot.waitUntil(lambda: page.editor.desk.document.size == Size(80, 60))
    page.export(tmp_path / "out.png")
    desk.bot.waitUntil(lambda: (tmp_path / "out.png").exists())
    assert QImage(str(tmp_path / "out.png")).pixelColor(40, 30) == QColor(10, 120, 200)
    page.editor.toast.hide()
    page.begin(Size(200, 200), True)
    page.editor.image.bring_in(tmp_path / "sea.png", (100, 100))
    settle(desk, page)
    document = page.editor.desk.document
    assert document.layers[-1].name == "sea"
    assert page.editor.desk.compositor.render(document, Rect(100, 100, 1, 1))[0, 0].tolist() == [10, 120, 200, 255]


def test_panels_can_make_room(desk: Desk, page: PaintPage) -> None:
    width = page.editor.surface.width()
    desk.window.commands["view-panels"].trigger()
    desk.bot.waitUntil(lambda: page.editor.surface.width() > width + 200)
    desk.window.commands["view-panels"].trigger()
    desk.bot.waitUntil(lambda: page.editor.surface.width() == width)


def test_history_lists_branches_and_goes_there(desk: Desk, page: PaintPage) -> None:
    editor = page.editor
    stroke(desk, page)
    editor.desk.undo()
    editor.edits.add_paint()
    next(tab for tab in editor.findChildren(QToolButton) if tab.text() == "History").click()
    shown = editor.history.list
    rows = shown.steps.rows
    assert [row.version.label for row in rows][:2] == ["New layer", "Brush stroke"]
    assert [row.depth for row in rows][:2] == [0, 1]
    place = shown.visualRect(shown.steps.index(1)).center()
    QTest.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert editor.session.history.current.label == "Brush stroke"
