"""LoRAs in the window: offered where they fit, weighed, kept, recalled, and told when they cannot be used."""

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel, QMenu, QWidgetAction

from studio.domain.catalog import Family, Library, LoraInfo
from studio.domain.recipe import MAX_LORAS, Lora
from studio.ui.panels.lora_row import LoraRow
from tests.ui.desk import Desk, Desks
from tests.ui.fakes import BIG, FILM, INK, STARTER


def names(menu: QMenu) -> list[str]:
    return [str(action.data()) for action in menu.actions() if action.data()]


def note(menu: QMenu) -> str:
    labels = [action.defaultWidget() for action in menu.actions() if isinstance(action, QWidgetAction)]
    return "\n".join(found.text() for found in labels if isinstance(found, QLabel))


def add(desk: Desk, name: str) -> LoraRow:
    field = desk.window.panel.loras
    menu = field.menu()
    next(action for action in menu.actions() if action.data() == name).trigger()
    menu.deleteLater()
    desk.bot.waitUntil(field.rows[-1].isVisible)
    return field.rows[-1]


def test_only_what_fits_the_model_and_is_not_in_use_is_offered(desk: Desk) -> None:
    panel = desk.window.panel
    assert names(panel.loras.menu()) == ["ink", "moss"]
    assert "1 more for other models" in note(panel.loras.menu())
    add(desk, "ink")
    assert names(panel.loras.menu()) == ["moss"]
    add(desk, "moss")
    assert "All that fit are in use." in note(panel.loras.menu())
    panel.model.choose("big")
    assert names(panel.loras.menu()) == ["film"]


def test_a_lora_that_waits_says_so_until_the_prompt_has_its_trigger(desk: Desk) -> None:
    row = add(desk, "ink")
    row.describe(dataclasses.replace(INK, waits=True), "")
    row.show_prompt("a castle")
    assert row.note.isVisible() and "“inkwash”" in row.note.text()
    row.show_prompt("a castle, Inkwash")
    assert not row.note.isVisible()


def test_an_added_lora_is_in_the_request_with_its_path(desk: Desk) -> None:
    row = add(desk, "ink")
    assert desk.window.panel.recipe().loras == (Lora("ink", 1.0),)
    row.weight.set_value(0.65)
    desk.generate()
    assert desk.worker.run.recipe.loras == (Lora("ink", 0.65),)
    assert desk.worker.run.lora_paths == (INK.path,)


def test_the_weight_is_dragged_typed_and_double_clicked(desk: Desk) -> None:
    row = add(desk, "ink")
    slider = row.weight.slider
    desk.bot.waitUntil(lambda: slider.width() > 60)
    middle = slider.rect().center()
    desk.bot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=middle)
    assert abs(row.weight.value) < 0.2, "the middle is off"
    row.weight.box.setFocus()
    row.weight.box.selectAll()
    desk.bot.keyClicks(row.weight.box, "3.5")
    desk.bot.keyClick(row.weight.box, Qt.Key.Key_Tab)
    assert desk.window.panel.recipe().loras == (Lora("ink", 3.5),), "the box takes more than the slider shows"
    desk.bot.mouseDClick(slider, Qt.MouseButton.LeftButton, pos=middle)
    assert row.weight.value == 1.0


def test_tab_walks_the_cards_from_top_to_bottom(desk: Desk) -> None:
    panel = desk.window.panel
    cards = [add(desk, "ink"), add(desk, "moss")]
    panel.seed.lock.setFocus()
    wanted = [stop for row in cards for stop in row.stops() if stop.isVisible()]
    walked = []
    for _ in range(len(wanted) + 2):
        desk.press(Qt.Key.Key_Tab)
        walked.append(desk.window.focusWidget())
    assert walked == [*wanted, panel.loras.add_button, panel.source.pick_button]


def test_a_removed_lora_is_gone(desk: Desk) -> None:
    add(desk, "moss")
    row = add(desk, "ink")
    row.remove_button.click()
    assert desk.window.panel.recipe().loras == (Lora("moss"),)


def test_the_trigger_word_goes_into_the_prompt_with_one_click(desk: Desk) -> None:
    panel = desk.window.panel
    panel.prompt.show_text("a fox in the snow")
    assert not add(desk, "moss").trigger_button.isVisible(), "it has none"
    row = add(desk, "ink")
    assert row.trigger_button.isVisible()
    assert row.trigger_button.text() == "+ inkwash"
    cursor = panel.prompt.textCursor()
    cursor.setPosition(len("a fox"))
    panel.prompt.setTextCursor(cursor)
    row.trigger_button.click()
    assert panel.prompt.text() == "a fox inkwash in the snow"
    assert panel.prompt.hasFocus()
    assert not row.trigger_button.isEnabled(), "it is there already"
    panel.prompt.undo()
    assert panel.prompt.text() == "a fox in the snow"
    assert row.trigger_button.isEnabled()


def test_loras_are_kept_with_the_draft(desks: Desks, tmp_path: Path) -> None:
    first = desks.open(tmp_path)
    add(first, "ink").weight.set_value(0.5)
    desks.close(first)
    assert desks.open(tmp_path).window.panel.recipe().loras == (Lora("ink", 0.5),)


def test_use_these_settings_brings_them_back(desk: Desk) -> None:
    add(desk, "ink").weight.set_value(0.25)
    desk.make()
    panel = desk.window.panel
    panel.loras.rows[0].remove_button.click()
    add(desk, "moss")
    desk.window.commands["use-settings"].trigger()
    assert panel.recipe().loras == (Lora("ink", 0.25),)


def test_one_that_does_not_fit_or_is_gone_says_so_and_nothing_is_queued(desk: Desk) -> None:
    panel, banner = desk.window.panel, desk.window.area.banner
    row = add(desk, "ink")
    assert not row.note.isVisible()
    panel.model.choose("big")
    assert "Made for Safelight starter" in row.note.text()
    assert row.note.isVisible()
    desk.generate()
    assert not desk.worker.runs
    assert "“ink” was made for Safelight starter" in banner.message.text()
    assert "film" in banner.hint.text(), "the hint names what fits"
    assert panel.loras.add_button.property("wrong")
    panel.model.choose("starter")
    assert not row.note.isVisible()
    panel.loras.set_value((Lora("gone", 0.5),))
    assert "Not in the LoRA folder" in panel.loras.rows[0].note.text()
    desk.generate()
    assert not desk.worker.runs
    assert "There is no LoRA “gone”" in banner.message.text()


def test_a_lora_that_was_just_made_is_offered_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    new = LoraInfo("new", "/models/loras/new.safetensors", Family.STARTER, 2**20, "New", "newword", 8)
    panel = desk.window.panel
    panel.loras.set_value((Lora("new"),))
    desk.bot.waitUntil(panel.loras.rows[0].note.isVisible)
    monkeypatch.setattr(desk.studio, "scan", lambda: Library((STARTER, BIG), (), (INK, new)))
    panel.loras.opening.emit()
    assert not panel.loras.rows[0].note.isVisible()
    assert panel.loras.rows[0].trigger_button.text() == "+ newword"
    assert names(panel.loras.menu()) == ["ink"]


def test_the_models_follow_the_library_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = desk.window.panel
    panel.model.choose("big")
    small = dataclasses.replace(STARTER, name="small", path="/models/small", title="Small one")
    monkeypatch.setattr(desk.studio, "scan", lambda: Library((STARTER, small, BIG)))
    desk.studio.refresh_library()
    assert panel.model.box.count() == 3
    assert panel.recipe().model == "big", "the choice stays"
    monkeypatch.setattr(desk.studio, "scan", lambda: Library((small,)))
    desk.studio.refresh_library()
    assert panel.recipe().model == "small"


def test_without_any_the_menu_says_how_to_get_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.studio, "scan", lambda: Library((STARTER,), (), (FILM,)))
    desk.studio.refresh_library()
    opened: list[QUrl] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    menu = desk.window.panel.loras.menu()
    assert names(menu) == []
    assert "There is no LoRA for Safelight starter yet.\nTrain one" in note(menu)
    menu.actions()[-1].trigger()
    folder = desk.studio.paths.models / "loras"
    assert folder.is_dir()
    assert opened == [QUrl.fromLocalFile(str(folder))]


def test_no_more_than_a_recipe_may_hold(desk: Desk) -> None:
    field = desk.window.panel.loras
    field.set_value(tuple(Lora(f"lora{i}") for i in range(MAX_LORAS)))
    assert not field.add_button.isEnabled()
    field.rows[0].remove_button.click()
    assert field.add_button.isEnabled()
