"""From the prompt to the canvas."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication

from studio.domain.geometry import Size
from studio.domain.jobs import Cost, JobState, Picture
from studio.domain.messages import Finished, Phase, PictureDone, Preview, Progress, Started
from studio.domain.recipe import Recipe, Sampling
from studio.domain.upscaling import Upscaling
from studio.imaging.blobs import BlobStore
from studio.ui.queue import actions
from tests.ui.desk import Desk
from tests.ui.fakes import picture, png
from tests.ui.queueing import follow_link, said

CTRL = Qt.KeyboardModifier.ControlModifier


def test_the_first_example_is_in_the_box_at_the_first_start(desk: Desk) -> None:
    assert desk.window.panel.prompt.text() == "a red lighthouse at dusk"
    assert desk.window.area.empty.isVisible()
    assert "Ctrl+Return" in desk.window.area.empty.title.text()


def test_ctrl_return_queues_what_is_shown(desk: Desk) -> None:
    panel = desk.window.panel
    panel.prompt.selectAll()
    desk.bot.keyClicks(panel.prompt, "two foxes")
    panel.negative.show_text("blurry")
    panel.size_field.width_box.setValue(512)
    panel.steps.set_value(9)
    panel.guidance.set_value(5.5)
    panel.sampler.choose("unipc")
    panel.foot.batch.setValue(3)
    panel.seed.set_value(42, locked=True)
    desk.generate()
    assert desk.worker.run.recipe == Recipe(
        "two foxes", "blurry", "starter", Size(512, 256), Sampling("unipc", 9, 5.5), seed=42, batch=3
    )


def test_generate_while_running_adds_to_the_queue(desk: Desk) -> None:
    desk.generate()
    desk.worker.begin()
    desk.bot.waitUntil(lambda: desk.studio.queue.jobs[0].state is JobState.RUNNING)
    desk.generate()
    assert len(desk.studio.queue.open_jobs) == 2
    assert len(desk.worker.runs) == 1, "the second waits for the first"
    assert "2" in desk.window.panel.foot.generate_button.text()


def test_the_preview_stands_at_the_final_size_and_the_result_stays(desk: Desk) -> None:
    desk.generate()
    desk.worker.begin()
    desk.worker.preview(1, "red")
    desk.bot.waitUntil(lambda: desk.window.area.view.image is not None)
    assert desk.shown() == "#ff0000"
    assert desk.window.area.view.picture_size == Size(256, 256)
    place = desk.window.area.view.viewport_.rect()
    desk.worker.finish("green")
    desk.bot.waitUntil(lambda: desk.window.stage.entry is not None)
    assert desk.shown() == "#008000"
    assert desk.window.area.view.viewport_.rect() == place
    assert desk.window.history.rowCount() == 1


def test_the_newest_preview_wins(desk: Desk) -> None:
    desk.generate()
    desk.worker.begin()
    for step, colour in enumerate(("red", "green", "blue", "yellow"), 1):
        desk.worker.preview(step, colour)
    desk.bot.waitUntil(lambda: desk.window.area.view.image is not None)
    assert desk.shown() == "#ffff00"


def test_a_late_preview_is_dropped(desk: Desk) -> None:
    desk.make("blue")
    desk.worker.preview(3, "red")
    desk.bot.wait(30)
    assert desk.shown() == "#0000ff"


def test_a_preview_whose_bytes_do_not_fit_is_dropped(desk: Desk) -> None:
    desk.generate()
    desk.worker.begin()
    desk.worker.post(Preview(desk.worker.run.job_id, 0, 1, 64, 64, b"short"))
    desk.bot.wait(30)
    assert desk.window.area.view.image is None


@pytest.mark.parametrize("key", [(Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier), (Qt.Key.Key_Period, CTRL)])
def test_cancel_by_key_while_the_prompt_has_the_focus(desk: Desk, key: tuple[Qt.Key, Qt.KeyboardModifier]) -> None:
    desk.generate()
    desk.worker.begin()
    desk.worker.preview(1, "red")
    desk.bot.waitUntil(lambda: desk.window.area.view.image is not None)
    desk.press(*key)
    desk.bot.waitUntil(lambda: desk.studio.queue.jobs[0].state is JobState.CANCELLED)
    assert desk.worker.cancelled == [desk.worker.run.job_id]
    assert desk.window.area.empty.isVisible(), "there is no picture to return to"
    assert not desk.window.panel.foot.cancel_button.isEnabled()


def test_a_cancelled_job_gives_the_picture_before_it_back(desk: Desk) -> None:
    desk.make("blue")
    desk.generate()
    desk.worker.begin()
    desk.worker.preview(1, "red")
    desk.bot.waitUntil(lambda: desk.shown() == "#ff0000")
    desk.press(Qt.Key.Key_Escape)
    desk.bot.waitUntil(lambda: desk.shown() == "#0000ff")


def test_a_chosen_picture_is_not_taken_away_by_a_running_job(desk: Desk) -> None:
    desk.make("blue")
    desk.generate()
    desk.worker.begin()
    desk.worker.preview(1, "red")
    desk.bot.waitUntil(lambda: desk.shown() == "#ff0000")
    strip = desk.window.strip
    strip.setFocus()
    desk.bot.waitUntil(strip.hasFocus)
    desk.bot.keyClick(strip, Qt.Key.Key_Return)
    desk.bot.waitUntil(lambda: desk.shown() == "#0000ff")
    desk.worker.preview(2, "green")
    desk.bot.wait(30)
    assert desk.shown() == "#0000ff"
    desk.bot.mouseClick(desk.window.area.follow_button, Qt.MouseButton.LeftButton)
    desk.worker.preview(3, "yellow")
    desk.bot.waitUntil(lambda: desk.shown() == "#ffff00")
    desk.press(Qt.Key.Key_Escape)


def test_a_batch_lands_in_the_history_newest_first(desk: Desk) -> None:
    desk.window.panel.foot.batch.setValue(4)
    desk.window.panel.seed.set_value(10, locked=True)
    desk.generate()
    desk.worker.begin()
    desk.worker.finish("blue")
    desk.bot.waitUntil(lambda: desk.window.history.rowCount() == 4)
    newest = desk.window.history.entry(0)
    assert newest is not None
    recipe = newest.info().recipe
    assert recipe is not None and recipe.seed == 13


def test_a_failure_is_told_with_its_hint_and_can_be_retried(desk: Desk) -> None:
    desk.generate()
    desk.worker.begin()
    desk.worker.fail("It broke.", "Mend it.")
    banner = desk.window.area.banner
    desk.bot.waitUntil(banner.isVisible)
    assert (banner.message.text(), banner.hint.text()) == ("It broke.", "Mend it.")
    banner.copy_button.click()
    assert "Traceback: the details" in QGuiApplication.clipboard().text()
    job = desk.studio.queue.jobs[0]
    assert said(desk.window.queue, job).endswith("Failed, It broke. Mend it.")
    follow_link(desk.window.queue, job, actions.RETRY)
    assert len(desk.worker.runs) == 2
    assert desk.worker.runs[0].recipe == desk.worker.runs[1].recipe.requested()
    banner.close_button.click()
    assert not banner.isVisible()


def test_a_wrong_field_is_marked_and_nothing_is_queued(desk: Desk) -> None:
    desk.window.panel.prompt.show_text("x" * 100_001)
    desk.generate()
    assert desk.window.area.banner.isVisible()
    assert desk.window.panel.prompt.property("wrong") is True
    assert not desk.studio.queue.jobs


def test_the_unlocked_seed_is_rolled_and_the_locked_one_kept(desk: Desk) -> None:
    seed = desk.window.panel.seed
    before = seed.value
    desk.generate()
    assert desk.worker.run.recipe.seed == seed.value != before
    seed.box.setFocus()
    seed.box.selectAll()
    desk.bot.keyClicks(seed.box, "77")
    assert seed.locked, "who types a seed means it"
    desk.worker.begin()
    desk.worker.finish()
    desk.bot.waitUntil(lambda: desk.studio.queue.jobs[0].state is JobState.DONE)
    desk.generate()
    assert desk.worker.run.recipe.seed == 77 == seed.value


def test_the_time_left_is_told(desk: Desk) -> None:
    desk.generate()
    desk.worker.begin()
    for step in (1, 2, 3):
        desk.worker.progress(step)
        desk.bot.wait(20)
    desk.bot.waitUntil(lambda: "left" in desk.window.status.eta[1].text(), timeout=2000)
    assert "Denoising 3/12" in desk.window.area.bar.caption.text()


def test_a_preview_of_a_picture_to_be_upscaled_stands_at_the_final_size(desk: Desk) -> None:
    desk.window.panel.upscale.buttons[2].click()
    desk.generate()
    desk.worker.begin()
    desk.worker.preview(1, "red")
    desk.bot.waitUntil(lambda: desk.window.area.view.image is not None)
    assert desk.window.area.view.picture_size == Size(512, 512)
    desk.worker.finish("green")
    desk.bot.waitUntil(lambda: desk.window.stage.entry is not None)
    assert desk.window.area.view.picture_size == Size(512, 512)


def test_a_finished_picture_is_upscaled_through_the_queue(desk: Desk) -> None:
    desk.make("blue")
    entry = desk.window.stage.entry
    assert entry is not None
    desk.window.commands["upscale"].trigger()
    run = desk.worker.run
    assert run.task == Upscaling(str(entry.path), 4)
    pixels = picture(Size(1024, 1024))
    pixels.fill(QColor("red"))
    digest = BlobStore(Path(run.store)).put(png(pixels))
    for event in (
        Started(run.job_id),
        Progress(run.job_id, Phase.UPSCALE, 0, 1),
        PictureDone(run.job_id, Picture(0, 0, digest, 1024, 1024)),
        Finished(run.job_id, Cost()),
    ):
        desk.worker.post(event)
    desk.bot.waitUntil(lambda: desk.window.history.rowCount() == 2)
    desk.bot.waitUntil(lambda: desk.window.area.view.picture_size == Size(1024, 1024))
    assert desk.shown() == "#ff0000"
    kept = desk.window.stage.entry
    assert kept is not None and kept.path.name.endswith("-x4.png")
    recipe = kept.info().recipe
    assert recipe is not None and (recipe.size, recipe.upscale) == (Size(256, 256), 4)
