"""Candidates over the canvas: looking through them, what differs, keeping one or all, while painting goes on."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from studio.domain.document.layers import GroupLayer
from studio.domain.geometry import Rect
from studio.ui.paint.page import PaintPage
from studio.ui.paint.staging import Staging
from tests.ui.desk import Desk
from tests.ui.paint.test_in_place import ask, picture, settle
from tests.ui.paint.test_in_place import page as page
from tests.ui.paint.test_page import stroke

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def three(desk: Desk, page: PaintPage) -> Staging:
    """Three results: red, green, blue; the last is shown."""
    for colour in ("red", "lime", "blue"):
        ask(desk)
        desk.worker.begin()
        desk.worker.finish(colour)
        count = len(page.editor.staging.candidates)
        desk.bot.waitUntil(lambda count=count: len(page.editor.staging.candidates) > count)  # type: ignore[misc]
    page.editor.surface.setFocus()
    return page.editor.staging


def test_keys_walk_both_ways_and_round(desk: Desk, page: PaintPage, three: Staging) -> None:
    assert three.index == 2 and three.count.text() == "3 / 3"
    desk.press(Qt.Key.Key_N, SHIFT)
    assert three.index == 1
    desk.press(Qt.Key.Key_N)
    desk.press(Qt.Key.Key_N)
    assert three.index == 0 and three.count.text() == "1 / 3"
    desk.press(Qt.Key.Key_N, SHIFT)
    assert three.index == 2


def test_all_are_kept_as_one_step_and_only_the_chosen_is_seen(desk: Desk, page: PaintPage, three: Staging) -> None:
    editor = page.editor
    before, steps = picture(page), len(editor.session.history.versions)
    desk.press(Qt.Key.Key_N, SHIFT)
    desk.press(Qt.Key.Key_Return, SHIFT)
    settle(desk, page)
    assert three.isHidden()
    group = editor.desk.document.layers[-1]
    assert isinstance(group, GroupLayer) and [layer.visible for layer in group.children] == [False, True, False]
    assert editor.desk.active is group.children[1]
    assert picture(page)[300, 300].tolist() == [0, 255, 0, 255]
    surface = editor.surface
    place = surface.view.to_screen(300, 300).toPoint()
    desk.bot.waitUntil(lambda: surface.grab().toImage().pixelColor(place) == QColor("lime"))
    assert len(editor.session.history.versions) == steps + 1
    for number, colour in ((0, [255, 0, 0, 255]), (2, [0, 0, 255, 255])):
        pixels = editor.desk.compositor.layer_pixels(group.children[number], Rect(300, 300, 1, 1))
        assert pixels[0, 0].tolist() == colour
    editor.desk.undo()
    assert np.array_equal(picture(page), before)


def test_the_difference_is_shown_and_follows_the_canvas(desk: Desk, page: PaintPage, three: Staging) -> None:
    editor = page.editor
    desk.press(Qt.Key.Key_D, SHIFT)
    assert three.contrast_button.isChecked()
    desk.bot.waitUntil(lambda: three.measure.text() == "100 % of the pixels differ, by up to 255 of 255")
    surface = editor.surface
    seen = surface.grab().toImage().pixelColor(surface.view.to_screen(300, 300).toPoint())
    assert seen != QColor("blue") and seen.lightness() > 200, "much differs"
    editor.desk.set_inks(editor.desk.inks.__class__(front=(0, 0, 255)))
    editor.edits.fill()
    settle(desk, page)
    desk.bot.waitUntil(lambda: three.measure.text() == "Nothing differs")
    desk.press(Qt.Key.Key_N)
    desk.bot.waitUntil(lambda: three.measure.text().startswith("100 %"))
    desk.press(Qt.Key.Key_D, SHIFT)
    assert three.measure.isHidden() and not three.contrasting


def test_painting_goes_on_below_a_candidate(desk: Desk, page: PaintPage, three: Staging) -> None:
    stroke(desk, page)
    assert page.editor.session.history.current.label == "Brush stroke"
    assert len(three.candidates) == 3 and three.isVisible()
    painted = picture(page)
    three.accept_button.click()
    settle(desk, page)
    outside = np.ones((768, 768), bool)
    outside[256:512, 256:512] = False
    assert np.array_equal(picture(page)[outside], painted[outside])


def test_one_who_looks_at_a_candidate_is_not_interrupted(desk: Desk, page: PaintPage, three: Staging) -> None:
    ask(desk)
    desk.worker.begin()
    desk.worker.preview(2, "yellow")
    desk.bot.waitUntil(lambda: three.watching)
    assert three.count.text() == "… / 3" and not three.accept_button.isEnabled()
    desk.press(Qt.Key.Key_Return)
    assert len(three.candidates) == 3, "what is not seen is not taken"
    desk.press(Qt.Key.Key_N)
    assert not three.watching and three.index == 2 and three.accept_button.isEnabled()
    desk.worker.finish("red")
    desk.bot.waitUntil(lambda: len(three.candidates) == 4)
    assert three.index == 2 and three.count.text() == "3 / 4"


def test_a_preview_is_seen_until_its_picture_comes(desk: Desk, page: PaintPage, three: Staging) -> None:
    ask(desk)
    desk.worker.begin()
    desk.worker.preview(2, "yellow")
    desk.bot.waitUntil(lambda: three.watching)
    desk.worker.finish("red")
    desk.bot.waitUntil(lambda: len(three.candidates) == 4)
    assert three.index == 3 and not three.watching


def test_the_bar_fits_over_a_narrow_canvas(page: PaintPage, three: Staging) -> None:
    surface = page.editor.surface
    for width in (1200, 340):
        surface.setFixedWidth(width)
        three.contrast_button.click()
        assert three.x() >= 0 and three.geometry().right() < width
