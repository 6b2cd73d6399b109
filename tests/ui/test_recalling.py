"""Settings come back from pictures: offered, never forced."""

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QWidget

from studio.domain.recipe import SourceImage
from tests.ui.desk import Desk


def drop(target: QWidget, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(target, QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, mime, buttons, keys))
    QApplication.sendEvent(target, QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, buttons, keys))


def made_and_changed(desk: Desk) -> Path:
    """A picture made with settings that the form no longer shows; its file."""
    panel = desk.window.panel
    panel.prompt.show_text("old words")
    panel.negative.show_text("old fears")
    panel.seed.set_value(123, locked=True)
    panel.steps.set_value(5)
    desk.make()
    panel.prompt.show_text("new words")
    panel.negative.show_text("")
    panel.steps.set_value(20)
    panel.seed.set_value(9, locked=False)
    entry = desk.window.stage.entry
    assert entry is not None
    return entry.path


def test_use_these_settings_brings_everything_back(desk: Desk) -> None:
    made_and_changed(desk)
    desk.window.commands["use-settings"].trigger()
    recipe = desk.window.panel.recipe()
    assert (recipe.prompt, recipe.negative, recipe.seed, recipe.sampling.steps) == ("old words", "old fears", 123, 5)
    assert desk.window.panel.seed.locked, "Generate makes the same picture again"


def test_use_only_the_prompt_or_the_seed(desk: Desk) -> None:
    made_and_changed(desk)
    desk.window.commands["use-prompt"].trigger()
    recipe = desk.window.panel.recipe()
    assert (recipe.prompt, recipe.seed, recipe.sampling.steps) == ("old words", 9, 20)
    desk.window.commands["use-seed"].trigger()
    assert desk.window.panel.recipe().seed == 123


def test_a_dropped_picture_becomes_the_source_and_its_settings_are_offered(desk: Desk) -> None:
    path = made_and_changed(desk)
    drop(desk.window.area, path)
    panel, offer = desk.window.panel, desk.window.area.offer
    assert panel.recipe().source == SourceImage(str(path), 0.6)
    assert panel.recipe().prompt == "new words", "offered, not forced"
    assert offer.isVisible()
    offer.prompt_button.click()
    assert panel.recipe().prompt == "old words"
    assert panel.recipe().sampling.steps == 20
    assert not offer.isVisible()
    panel.source.remove_button.click()
    assert panel.recipe().source is None


def test_a_picture_without_settings_is_only_a_source(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "plain.png"
    assert QImage(32, 32, QImage.Format.Format_RGB888).save(str(path))
    drop(desk.window.panel, path)
    source = desk.window.panel.source
    desk.bot.waitUntil(lambda: not source.picture.pixmap().isNull())
    source.strength.set_value(0.3)
    desk.generate()
    assert desk.worker.run.recipe.source == SourceImage(str(path), 0.3)
    assert not desk.window.area.offer.isVisible()


def test_the_shown_picture_becomes_the_source(desk: Desk) -> None:
    path = made_and_changed(desk)
    desk.window.commands["use-source"].trigger()
    assert desk.window.panel.recipe().source == SourceImage(str(path), 0.6)


def test_copy_puts_the_pixels_on_the_clipboard(desk: Desk) -> None:
    desk.make("blue")
    desk.window.commands["copy"].trigger()
    assert QApplication.clipboard().image().pixelColor(3, 3).name() == "#0000ff"


def test_save_copies_the_file_with_its_settings(desk: Desk, tmp_path: Path) -> None:
    path = made_and_changed(desk)
    entry = desk.window.stage.entry
    assert entry is not None
    desk.window.actions_.save_to(entry, tmp_path / "copy.png")
    assert (tmp_path / "copy.png").read_bytes() == path.read_bytes()
    desk.window.actions_.save_to(entry, tmp_path / "nowhere" / "copy.png")
    assert "could not be written" in desk.window.area.banner.message.text()


def test_the_strip_walks_by_keys(desk: Desk) -> None:
    desk.make("blue")
    desk.make("red")
    strip = desk.window.strip
    strip.setFocus()
    desk.bot.waitUntil(strip.hasFocus)
    desk.bot.keyClick(strip, Qt.Key.Key_Right)
    desk.bot.keyClick(strip, Qt.Key.Key_Return)
    desk.bot.waitUntil(lambda: desk.shown() == "#0000ff")
    assert strip.is_current(1)
    desk.window.commands["newer"].trigger()
    desk.bot.waitUntil(lambda: desk.shown() == "#ff0000")
    assert strip.is_current(0)


def test_a_picture_that_is_gone_is_said_to_be(desk: Desk) -> None:
    path = made_and_changed(desk)
    path.unlink()
    desk.window.commands["use-settings"].trigger()
    assert desk.window.area.banner.isVisible()
