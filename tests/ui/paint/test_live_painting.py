"""Live painting in the window: the picture follows the sketch, is shown beside or over it, and becomes a layer."""

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.domain.document.document import Document
from studio.domain.document.edits import with_frame, with_selection
from studio.domain.document.layers import PaintLayer
from studio.domain.geometry import Rect, Size
from studio.domain.inpainting import INTENTS, Intent
from studio.imaging.selections import Combination, combined, ellipse
from studio.imaging.tiles import Pixels
from studio.session.live_requests import FEW
from studio.session.live_state import LiveState
from studio.ui.paint.live_painting import LivePaint
from studio.ui.paint.page import PaintPage
from tests.ui.desk import Desk

FRAME = Rect(256, 256, 256, 256)
HELD = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def page(desk: Desk) -> PaintPage:
    desk.window.workspaces.show_page("paint")
    page = desk.window.workspaces.page("paint")
    assert isinstance(page, PaintPage)
    page.begin(Size(768, 768), True)
    page.editor.desk.edit("Frame", lambda document: with_frame(document, FRAME))
    desk.bot.waitUntil(lambda: page.editor.surface.hasFocus())
    return page


@pytest.fixture
def live(desk: Desk, page: PaintPage) -> LivePaint:
    """Switched on by its key, the first picture blue."""
    desk.press(Qt.Key.Key_L, HELD)
    answer(desk, page, "blue")
    return page.live_painting


def answer(desk: Desk, page: PaintPage, colour: str, runs: int = 1) -> None:
    """Wait for the request with this number, and paint it."""
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == runs)
    desk.worker.begin()
    desk.worker.finish(colour)
    desk.bot.waitUntil(lambda: page.live_painting.live.state is LiveState.IDLE)


def stroke(page: PaintPage, rect: Rect, value: int = 30) -> None:
    """A filled rectangle on the active layer."""
    store = page.editor.desk.store

    def change(document: Document) -> Document:
        def painted(layer: object) -> PaintLayer:
            assert isinstance(layer, PaintLayer)
            pixels = np.full((rect.height, rect.width, 4), (value, value, value, 255), np.uint8)
            return dataclasses.replace(layer, tiles=store.painted(layer.tiles, rect, pixels))

        return document.replaced(document.active, painted)

    page.editor.desk.edit("Stroke", change)


def picture(page: PaintPage) -> Pixels:
    desk = page.editor.desk
    return desk.compositor.render(desk.document, desk.document.rect)


def rest(desk: Desk, page: PaintPage, milliseconds: int = 400) -> None:
    """Longer than changes are gathered."""
    desk.bot.wait(milliseconds)
    desk.bot.waitUntil(lambda: page.live_painting.live.newest is not None)


def test_the_picture_follows_the_sketch_and_is_no_job_of_the_queue(
    desk: Desk, page: PaintPage, live: LivePaint
) -> None:
    recipe = desk.worker.run.recipe
    assert recipe.source is not None and recipe.source.strength == 0.6 and recipe.sampling.steps == FEW
    assert desk.window.panel.foot.live_button.isChecked() and page.editor.live_bar.isVisible()
    assert page.editor.live_bar.words.text() == "Up to date"
    stroke(page, Rect(300, 300, 60, 60))
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)
    desk.worker.begin()
    desk.worker.preview(2, "red")
    desk.bot.waitUntil(lambda: live.view.preview is not None and live.view.share is not None)
    assert page.editor.live_bar.words.text() == "Painting…"
    desk.worker.finish("green")
    desk.bot.waitUntil(lambda: live.live.state is LiveState.IDLE)
    assert live.view.whole is not None and live.view.whole.pixelColor(50, 50).name() == "#008000"
    assert live.view.preview is None and live.view.share is None
    assert not desk.studio.queue.jobs and desk.window.history.rowCount() == 0
    assert len(page.editor.desk.document.layers) == 2, "nothing is changed before it is applied"


def test_edits_outside_of_the_frame_cost_nothing(desk: Desk, page: PaintPage, live: LivePaint) -> None:
    stroke(page, Rect(0, 0, 100, 100))
    assert live.live.state is LiveState.IDLE, "not even looked at"
    desk.window.panel.prompt.show_text("a harbour")
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)
    assert desk.worker.run.recipe.prompt == "a harbour"


def test_what_is_applied_is_what_was_seen_in_one_step(desk: Desk, page: PaintPage, live: LivePaint) -> None:
    before = picture(page)
    versions = len(page.editor.session.history.versions)
    page.editor.surface.setFocus()
    desk.press(Qt.Key.Key_Return)
    desk.bot.waitUntil(lambda: len(page.editor.desk.document.layers) == 3)
    after = picture(page)
    assert (after[256:512, 256:512] == (0, 0, 255, 255)).all()
    outside = np.ones((768, 768), bool)
    outside[256:512, 256:512] = False
    assert np.array_equal(after[outside], before[outside])
    assert len(page.editor.session.history.versions) == versions + 1
    rest(desk, page)
    assert len(desk.worker.runs) == 1 and not page.editor.live_bar.apply_button.isEnabled(), "it is finished"
    assert live.view.patch is None
    page.editor.desk.undo()
    assert np.array_equal(picture(page), before)
    desk.bot.waitUntil(lambda: live.view.patch is not None)
    assert len(desk.worker.runs) == 1, "and what was made of it is known"
    stroke(page, Rect(300, 300, 9, 9))
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)


def test_a_selection_is_painted_and_nothing_else_is_touched(desk: Desk, page: PaintPage, live: LivePaint) -> None:
    store = page.editor.desk.store

    def change(document: Document) -> Document:
        area = ellipse(300, 300, 400, 380, document.rect)
        return with_selection(document, combined(store, None, area.values, area.rect, Combination.REPLACE))

    page.editor.desk.set_options(inpaint=dataclasses.replace(INTENTS[Intent.FILL], grow=0, feather=4))
    page.editor.desk.edit("Disc", change)
    desk.bot.waitUntil(lambda: desk.worker.run.recipe.inpaint is not None)
    answer(desk, page, "blue", len(desk.worker.runs))
    before = picture(page)
    page.editor.live_bar.apply_button.click()
    desk.bot.waitUntil(lambda: len(page.editor.desk.document.layers) == 3)
    after = picture(page)
    far = np.ones((768, 768), bool)
    far[300 - 12 : 380 + 12, 300 - 12 : 400 + 12] = False
    assert np.array_equal(after[far], before[far]) and (after[340, 350] != before[340, 350]).any()


def test_over_the_sketch_it_fades_while_the_pen_is_down(desk: Desk, page: PaintPage, live: LivePaint) -> None:
    editor = page.editor
    assert editor.live_pane.isVisible()
    editor.live_bar.over_button.click()
    assert not editor.live_pane.isVisible()
    editor.live_bar.opacity.set_value(50)
    assert editor.desk.options.live_opacity == 0.5
    editor.live_bar.opacity.set_value(100)
    surface = editor.surface
    surface.grab()
    desk.bot.waitUntil(lambda: not editor.composition.busy)
    spot = surface.view.to_screen(300, 300).toPoint()
    assert surface.grab().toImage().pixelColor(spot).name() == "#0000ff"
    QTest.mousePress(surface, Qt.MouseButton.LeftButton, pos=surface.view.to_screen(450, 450).toPoint())
    assert surface.grab().toImage().pixelColor(spot).red() > 150, "the paper is seen through it"
    QTest.mouseRelease(surface, Qt.MouseButton.LeftButton, pos=surface.view.to_screen(450, 450).toPoint())
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)
    assert surface.grab().toImage().pixelColor(spot).red() > 150, "and until there is a newer one"


def test_another_seed_and_another_strength(desk: Desk, page: PaintPage, live: LivePaint) -> None:
    seed = desk.worker.run.recipe.seed
    page.editor.live_bar.seed_button.click()
    answer(desk, page, "red", 2)
    rolled = desk.worker.run.recipe.seed
    assert rolled != seed
    page.editor.live_bar.strength.set_value(80)
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 3)
    source = desk.worker.run.recipe.source
    assert desk.worker.run.recipe.seed == rolled and source is not None and source.strength == 0.8


def test_trouble_pauses_and_says_why(desk: Desk, page: PaintPage, live: LivePaint) -> None:
    stroke(page, Rect(300, 300, 60, 60))
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)
    desk.worker.begin()
    desk.worker.fail("The model ran out of memory.", "Choose a smaller frame.")
    bar = page.editor.live_bar
    desk.bot.waitUntil(lambda: live.live.state is LiveState.PAUSED)
    assert bar.words.text() == "The model ran out of memory." and "smaller frame" in bar.words.toolTip()
    assert not bar.apply_button.isEnabled()
    bar.resume_button.click()
    answer(desk, page, "green", 3)
    assert not bar.resume_button.isVisible() and bar.apply_button.isEnabled()


def test_generate_goes_first(desk: Desk, page: PaintPage, live: LivePaint) -> None:
    stroke(page, Rect(300, 300, 60, 60))
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)
    desk.worker.begin()
    desk.bot.waitUntil(lambda: live.view.share == 0)
    desk.window.panel.generate.emit()
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 3)
    desk.bot.waitUntil(lambda: page.editor.live_bar.words.text() == "Waits for the queue")
    desk.worker.begin()
    desk.worker.finish("red")
    desk.bot.waitUntil(lambda: page.editor.staging.current is not None)
    answer(desk, page, "green", 4)
    assert [job.id for job in desk.studio.queue.jobs] == [desk.worker.runs[2].job_id]


def test_switched_off_or_with_another_project_nothing_comes(desk: Desk, page: PaintPage, live: LivePaint) -> None:
    stroke(page, Rect(300, 300, 60, 60))
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)
    desk.worker.begin()
    desk.bot.waitUntil(lambda: live.view.share == 0)
    desk.window.panel.foot.live_button.click()
    assert desk.worker.cancelled == [desk.worker.run.job_id]
    assert not page.editor.live_bar.isVisible() and not page.editor.live_pane.isVisible() and live.view.whole is None
    stroke(page, Rect(300, 300, 20, 20), 90)
    desk.bot.wait(300)
    assert len(desk.worker.runs) == 2
    desk.window.panel.foot.live_button.click()
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 3)
    desk.worker.begin()
    page.begin(Size(128, 128), True)
    assert not live.live.on and not desk.window.panel.foot.live_button.isChecked()
    desk.worker.finish("red")
    desk.bot.wait(50)
    assert len(page.editor.desk.document.layers) == 2


def test_it_is_a_thing_of_the_canvas_only(desk: Desk, page: PaintPage, live: LivePaint) -> None:
    desk.window.workspaces.show_page("generate")
    assert not desk.window.panel.foot.live_button.isVisible() and not desk.window.commands["live"].isEnabled()
    desk.window.panel.prompt.show_text("a harbour")
    desk.bot.wait(300)
    assert len(desk.worker.runs) == 1, "nobody would see it"
    desk.window.workspaces.show_page("paint")
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)
