"""A picture made again, and compared with its file."""

from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from studio.domain.geometry import Rect, Size
from studio.domain.jobs import Cost, Job, JobState, Picture
from studio.domain.messages import Finished, Phase, PictureDone, Progress, Started
from studio.domain.recipe import Recipe
from studio.imaging.blobs import BlobStore
from studio.imaging.differences import Difference
from studio.session.journal import Journal
from studio.session.reproduce import Comparison
from studio.ui.reproduction.dialog import ReproductionDialog, explanation, headline
from tests.ui.desk import Desk, Desks
from tests.ui.fakes import picture, png

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")  # what the offscreen platform says of every dialog
SIZE = Size(256, 256)


def come_out(desk: Desk, spot: int = 0) -> None:
    """The worker makes the job that it has: a blue picture with a square of another colour in it."""
    run = desk.worker.run
    image = picture(SIZE)
    image.fill(QColor("blue"))
    for x in range(spot):
        for y in range(spot):
            image.setPixelColor(20 + x, 30 + y, QColor(3, 0, 255))
    for event in (Started(run.job_id), Progress(run.job_id, Phase.DENOISE, 12, 12)):
        desk.worker.post(event)
    digest = BlobStore(Path(run.store)).put(png(image))
    desk.worker.post(PictureDone(run.job_id, Picture(0, run.recipe.seed, digest, SIZE.width, SIZE.height)))
    desk.worker.post(Finished(run.job_id, Cost()))


def made(desk: Desk) -> Recipe:
    """A picture on the canvas, saved."""
    desk.window.panel.prompt.show_text("a lighthouse")
    desk.generate()
    desk.bot.waitUntil(lambda: bool(desk.worker.runs))
    come_out(desk)
    desk.bot.waitUntil(lambda: desk.window.stage.entry is not None and desk.studio.queue.open_count == 0)
    return desk.worker.run.recipe


def dialog() -> ReproductionDialog:
    (found,) = (widget for widget in QApplication.topLevelWidgets() if isinstance(widget, ReproductionDialog))
    return found


def reproduce(desk: Desk) -> ReproductionDialog:
    desk.window.commands["reproduce"].trigger()
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)
    return dialog()


def test_the_same_pixels_are_equal_and_nothing_is_kept(desk: Desk) -> None:
    recipe = made(desk)
    shown = reproduce(desk)
    assert desk.worker.run.recipe == recipe
    assert shown.heading.text() == "Making it again"
    come_out(desk)
    desk.bot.waitUntil(lambda: shown.heading.text() == "Equal: all 65,536 pixels")
    assert not shown.keep_button.isVisible() and not shown.segments.isVisible()
    desk.bot.waitUntil(lambda: len(desk.studio.queue.jobs) == 1)  # our job is no part of the list
    assert desk.window.history.rowCount() == 1
    assert not list(desk.studio.paths.blobs.rglob("*.png")), "its pixels are not kept either"
    assert desk.window.stage.entry is not None, "the picture stays on the canvas"
    shown.close_button.click()
    assert not shown.isVisible()


def test_other_pixels_are_counted_shown_and_kept_if_wanted(desk: Desk) -> None:
    made(desk)
    shown = reproduce(desk)
    come_out(desk, 4)
    desk.bot.waitUntil(lambda: shown.heading.text() == "16 of 65,536 pixels differ, by at most 3 of 255")
    assert "probably edited afterwards" in shown.text.text()
    assert shown.views.checkedId() == 2
    heat = shown.box.image
    inside, outside = heat.pixelColor(21, 31), heat.pixelColor(100, 100)
    assert inside.lightness() > outside.lightness() + 40
    shown.views.button(1).click()
    assert shown.box.image.pixelColor(21, 31) == QColor(3, 0, 255)
    shown.views.button(0).click()
    assert shown.box.image.pixelColor(21, 31) == QColor("blue")
    assert desk.window.history.rowCount() == 1
    shown.keep_button.click()
    desk.bot.waitUntil(lambda: desk.window.history.rowCount() == 2)
    entry = desk.window.history.entry(0)
    assert entry is not None
    info = entry.info()
    assert info.recipe is not None and info.recipe.prompt == "a lighthouse"
    assert not shown.keep_button.isEnabled()
    shown.close()


def test_closing_the_dialog_stops_the_job(desk: Desk) -> None:
    made(desk)
    shown = reproduce(desk)
    shown.close_button.click()
    desk.bot.waitUntil(lambda: desk.studio.queue.open_count == 0)
    assert desk.worker.cancelled == [desk.worker.run.job_id]
    desk.bot.waitUntil(lambda: len(desk.studio.queue.jobs) == 1)


def test_a_failure_is_told_in_the_dialog(desk: Desk) -> None:
    made(desk)
    shown = reproduce(desk)
    desk.worker.fail("It broke.", "Mend it.")
    desk.bot.waitUntil(lambda: shown.heading.text() == "It broke.")
    assert shown.text.text() == "Mend it." and not shown.bar.isVisible()
    shown.close()


def test_a_picture_without_a_recipe_is_told(desk: Desk) -> None:
    made(desk)
    entry = desk.window.stage.entry
    assert entry is not None
    entry.path.write_bytes(png(picture(SIZE)))
    desk.window.commands["reproduce"].trigger()
    shown = dialog()
    desk.bot.waitUntil(lambda: "carries no recipe" in shown.heading.text())
    assert len(desk.worker.runs) == 1
    shown.close()


def test_closing_the_window_closes_the_dialog(desks: Desks, tmp_path: Path) -> None:
    desk = desks.open(tmp_path)
    made(desk)
    reproduce(desk)
    worker = desk.worker
    desks.close(desk)
    assert not any(isinstance(widget, ReproductionDialog) for widget in QApplication.topLevelWidgets())
    assert worker.cancelled == [worker.run.job_id], "nobody waits for it any more"


def test_what_an_earlier_session_left_half_made_is_dropped(desks: Desks, tmp_path: Path) -> None:
    file = tmp_path / "queue.safelight"
    journal = Journal.open(file, create=True)
    journal.put([Job("again-123", Recipe(), JobState.RUNNING), Job("other", Recipe("kept"))])
    journal.close()
    desk = desks.open(tmp_path, file)
    desk.bot.waitUntil(lambda: bool(desk.worker.runs))
    assert desk.worker.run.job_id == "other"
    desk.bot.waitUntil(lambda: [job.id for job in desk.studio.queue.jobs] == ["other"])
    assert desk.window.aftercare.news.message.text() == "A waiting job is carried out."


@pytest.mark.parametrize(
    ("pixels", "lossy", "expected"),
    [
        (0, False, "Equal: all 65,536 pixels"),
        (0, True, "Equal as far as its format keeps pixels"),
        (1, False, "1 of 65,536 pixels differs, by 3 of 255"),
        (1204, False, "1,204 of 65,536 pixels differ, by at most 3 of 255"),
    ],
)
def test_the_headline(pixels: int, lossy: bool, expected: str) -> None:
    where = Rect(0, 0, 1, 1) if pixels else None
    assert headline(Comparison(Difference(SIZE, pixels, 3 if pixels else 0, where), lossy)) == expected


def test_several_reasons_are_a_list() -> None:
    found = Difference(SIZE, 1, 3, Rect(0, 0, 1, 1))
    assert explanation(Comparison(found, False, ("One.",))) == "One."
    assert explanation(Comparison(found, False, ("One.", "Two."))) == "• One.\n• Two."
    assert explanation(Comparison(found, False, ("One.",) * 9)).count("•") == 4
