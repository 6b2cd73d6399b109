"""Generating on the canvas: what is asked of the engine, and what its pictures do to the document."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QImage

from studio.domain.document.document import Document
from studio.domain.document.edits import with_frame, with_selection
from studio.domain.geometry import Rect, Size
from studio.domain.inpainting import INTENTS, Intent
from studio.imaging.selections import Combination, combined, ellipse
from studio.imaging.tiles import Pixels
from studio.session.in_place import frame_size
from studio.ui.paint.page import PaintPage
from tests.ui.desk import Desk

FRAME = Rect(256, 256, 256, 256)


@pytest.fixture
def page(desk: Desk) -> PaintPage:
    desk.window.workspaces.show_page("paint")
    page = desk.window.workspaces.page("paint")
    assert isinstance(page, PaintPage)
    page.begin(Size(768, 768), True)
    page.editor.desk.edit("Frame", lambda document: with_frame(document, FRAME))
    desk.bot.waitUntil(lambda: page.editor.surface.hasFocus())
    return page


def ask(desk: Desk) -> None:
    runs = len(desk.worker.runs)
    desk.window.panel.generate.emit()
    desk.bot.waitUntil(lambda: len(desk.worker.runs) > runs)


def picture(page: PaintPage) -> Pixels:
    desk = page.editor.desk
    return desk.compositor.render(desk.document, desk.document.rect)


def settle(desk: Desk, page: PaintPage) -> None:
    desk.bot.waitUntil(lambda: not page.editor.desk.is_busy)


def select_disc(page: PaintPage) -> None:
    store = page.editor.desk.store

    def change(document: Document) -> Document:
        area = ellipse(300, 300, 400, 380, document.rect)
        return with_selection(document, combined(store, None, area.values, area.rect, Combination.REPLACE))

    page.editor.desk.edit("Disc", change)


def test_a_new_picture_goes_into_the_frame_as_a_layer(desk: Desk, page: PaintPage) -> None:
    before = picture(page)
    ask(desk)
    recipe = desk.worker.run.recipe
    assert recipe.source is None and recipe.inpaint is None and recipe.size == Size(256, 256)
    desk.worker.begin()
    desk.worker.finish("blue")
    staging = page.editor.staging
    desk.bot.waitUntil(lambda: staging.current is not None and staging.isVisible())
    assert np.array_equal(picture(page), before), "nothing is changed before it is accepted"
    page.editor.surface.setFocus()
    desk.press(Qt.Key.Key_Return)
    settle(desk, page)
    after = picture(page)
    assert after[300, 300].tolist() == [0, 0, 255, 255]
    outside = np.ones((768, 768), bool)
    outside[256:512, 256:512] = False
    assert np.array_equal(after[outside], before[outside])
    assert page.editor.desk.document.layers[-1].name == desk.window.panel.prompt.text()[:40]
    page.editor.desk.undo()
    assert np.array_equal(picture(page), before)


def test_less_strength_begins_with_what_is_seen(desk: Desk, page: PaintPage) -> None:
    page.editor.desk.set_options(strength=0.4)
    ask(desk)
    source = desk.worker.run.recipe.source
    assert source is not None and source.strength == 0.4
    image = QImage(source.path)
    assert (image.width(), image.height()) == (256, 256) and image.pixelColor(9, 9).name() == "#ffffff"
    assert Path(source.path).is_relative_to(desk.studio.paths.blobs)


def test_a_selection_is_made_anew_and_nothing_else_is_touched(desk: Desk, page: PaintPage) -> None:
    select_disc(page)
    page.editor.desk.set_options(inpaint=dataclasses.replace(INTENTS[Intent.FILL], grow=0, feather=4))
    before = picture(page)
    ask(desk)
    inpaint = desk.worker.run.recipe.inpaint
    assert inpaint is not None and QImage(inpaint.mask).pixelColor(0, 0).name() == "#000000"
    desk.worker.begin()
    desk.worker.preview(2, "red")
    desk.bot.waitUntil(lambda: page.editor.staging.preview is not None)
    desk.worker.finish("blue")
    staging = page.editor.staging
    desk.bot.waitUntil(lambda: staging.current is not None)
    desk.bot.waitUntil(lambda: staging.preview is None and staging.progress is None)
    assert "unchanged" in staging.badge.text()
    staging.accept_button.click()
    settle(desk, page)
    after = picture(page)
    assert (after[340, 350] != before[340, 350]).any()
    far = np.ones((768, 768), bool)
    far[300 - 12 : 380 + 12, 300 - 12 : 400 + 12] = False
    assert np.array_equal(after[far], before[far])


def test_results_are_looked_through_and_thrown_away(desk: Desk, page: PaintPage) -> None:
    desk.window.panel.foot.batch.setValue(3)
    ask(desk)
    desk.worker.begin()
    desk.worker.finish()
    staging = page.editor.staging
    desk.bot.waitUntil(lambda: len(staging.candidates) == 3)
    page.editor.surface.setFocus()
    desk.press(Qt.Key.Key_N)
    assert staging.index == 0
    desk.press(Qt.Key.Key_Delete)
    assert len(staging.candidates) == 2 and len(page.editor.desk.document.layers) == 2
    staging.discard_button.click()
    staging.discard_button.click()
    assert staging.isHidden()


def test_the_canvas_can_be_edited_while_a_job_runs(desk: Desk, page: PaintPage) -> None:
    ask(desk)
    desk.worker.begin()
    page.editor.edits.add_paint()
    assert len(page.editor.desk.document.layers) == 3
    desk.worker.fail()
    desk.bot.waitUntil(lambda: desk.window.area.banner.isVisible())
    assert page.editor.staging.progress is None


def test_what_comes_for_a_project_that_was_closed_is_in_the_gallery_only(desk: Desk, page: PaintPage) -> None:
    ask(desk)
    desk.worker.begin()
    page.begin(Size(128, 128), True)
    known = desk.window.history.rowCount()
    desk.worker.finish("blue")
    desk.bot.waitUntil(lambda: desk.window.history.rowCount() > known)
    desk.bot.wait(20)
    assert page.editor.staging.current is None


def test_a_project_can_be_left_before_its_job_is_queued(desk: Desk, page: PaintPage) -> None:
    select_disc(page)
    runs, known = len(desk.worker.runs), desk.window.history.rowCount()
    desk.window.panel.generate.emit()
    page.begin(Size(128, 128), True)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    desk.bot.waitUntil(lambda: len(desk.worker.runs) > runs)
    inpaint = desk.worker.run.recipe.inpaint
    desk.worker.begin()
    desk.worker.finish("blue")
    desk.bot.waitUntil(lambda: desk.window.history.rowCount() > known)
    assert page.editor.staging.current is None and page.editor.staging.progress is None
    assert inpaint is not None and Path(inpaint.mask).exists(), "the job can be made again"
    desk.bot.waitUntil(lambda: desk.studio.queue.open_count == 0)
    desk.studio.queue.forget_finished()
    assert not Path(inpaint.mask).exists() and not Path(inpaint.image).exists(), "nothing needs them any more"


def test_the_model_works_at_a_size_it_can() -> None:
    native = Size(512, 512)
    assert frame_size(Size(512, 512), native, 8) == Size(512, 512)
    assert frame_size(Size(600, 500), native, 64) == Size(576, 512)
    large = frame_size(Size(2048, 1024), native, 64)
    assert large.width > 1.8 * large.height and 0.8 * native.pixels <= large.pixels <= 1.2 * native.pixels
    small = frame_size(Size(64, 64), native, 64)
    assert small == Size(512, 512)
