"""Fast mode: switched on and off, followed, kept, and offered by the LoRA itself."""

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from studio.domain.catalog import Family, Library, LoraInfo
from studio.domain.lora_files import read_lora
from studio.domain.recipe import Lora, Recipe, Sampling
from studio.ui.panels.prompt_panel import PromptPanel
from tests.domain.loras import write_lora
from tests.ui.desk import Desk, Desks
from tests.ui.fakes import BIG, FILM, INK, STARTER

SWIFT = LoraInfo(
    "swift", "/models/loras/swift.safetensors", Family.STARTER, 2**20, "Swift", sampling=Sampling("euler", 6, 1.0)
)
TURBO = LoraInfo(
    "turbo", "/models/loras/turbo.safetensors", Family.SDXL, 2**20, "Turbo", sampling=Sampling("lcm", 4, 1.0)
)
OWN = Sampling("dpmpp-2m", 17, 4.5)


def offering(desk: Desk, *loras: LoraInfo) -> PromptPanel:
    """The panel with these LoRAs in the library, and settings of the user's own."""
    panel = desk.window.panel
    desk.studio.scan = lambda: Library((STARTER, BIG), (), (INK, FILM, *loras))
    desk.studio.refresh_library()
    panel.show_sampling(OWN)
    return panel


def test_it_is_offered_where_a_lora_for_it_fits(desk: Desk) -> None:
    button = desk.window.panel.foot.fast_button
    assert not button.isVisible() and not desk.window.commands["fast"].isEnabled()
    panel = offering(desk, SWIFT)
    assert button.isVisible() and desk.window.commands["fast"].isEnabled()
    assert "Euler, 6 steps, guidance 1" in button.toolTip() and "“Swift”" in button.toolTip()
    panel.model.choose("big")
    assert not button.isVisible()


def test_on_sets_lora_and_settings_and_off_brings_everything_back(desk: Desk) -> None:
    panel = offering(desk, SWIFT)
    panel.loras.set_value((Lora("ink", 0.5),))
    panel.foot.fast_button.click()
    recipe = panel.recipe()
    assert recipe.loras == (Lora("ink", 0.5), Lora("swift")) and recipe.sampling == SWIFT.sampling
    desk.generate()
    assert desk.worker.run.recipe.sampling == SWIFT.sampling
    panel.steps.set_value(9)
    panel.foot.fast_button.click()
    assert (panel.recipe().loras, panel.recipe().sampling) == ((Lora("ink", 0.5),), OWN)
    assert not panel.foot.fast_button.isChecked()


def test_the_key_switches_it(desk: Desk) -> None:
    panel = offering(desk, SWIFT)
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    desk.press(Qt.Key.Key_F, both)
    assert panel.foot.fast_button.isChecked() and panel.recipe().sampling == SWIFT.sampling
    desk.press(Qt.Key.Key_F, both)
    assert panel.recipe().sampling == OWN


def test_removing_its_lora_by_hand_is_the_same_as_off(desk: Desk) -> None:
    panel = offering(desk, SWIFT)
    panel.foot.fast_button.click()
    panel.loras.rows[0].remove_button.click()
    assert not panel.foot.fast_button.isChecked() and panel.recipe().sampling == OWN


def test_a_lora_chosen_by_hand_offers_its_settings_and_forces_nothing(desk: Desk) -> None:
    panel = offering(desk, SWIFT)
    panel.loras.add("swift")
    row = panel.loras.rows[0]
    assert panel.recipe().sampling == OWN, "never unasked"
    desk.bot.waitUntil(row.settings_button.isVisible)
    assert "Euler, 6 steps, guidance 1" in row.settings_text.text()
    row.settings_button.click()
    assert panel.recipe().sampling == SWIFT.sampling and not row.settings_button.isVisible()
    panel.steps.set_value(8)
    assert row.settings_button.isVisible()
    panel.foot.fast_button.click()
    assert (panel.recipe().loras, panel.recipe().sampling) == ((), OWN)


def test_a_plain_lora_offers_no_settings(desk: Desk) -> None:
    panel = offering(desk, SWIFT)
    panel.loras.add("ink")
    assert not panel.loras.rows[0].settings_button.isVisible() and not panel.foot.fast_button.isChecked()


def test_defaults_are_those_of_the_lora_while_it_is_on(desk: Desk) -> None:
    panel = offering(desk, SWIFT)
    panel.foot.fast_button.click()
    panel.steps.set_value(11)
    panel.steps.restore()
    assert panel.steps.value == 6
    panel.show_sampling(OWN)
    panel.use_defaults()
    assert panel.recipe().sampling == SWIFT.sampling
    panel.foot.fast_button.click()
    panel.steps.restore()
    assert panel.steps.value == STARTER.default_sampling.steps


def test_another_model_goes_on_with_its_own_lora(desk: Desk) -> None:
    panel = offering(desk, SWIFT, TURBO)
    panel.foot.fast_button.click()
    panel.model.choose("big")
    assert panel.recipe().loras == (Lora("turbo"),) and panel.recipe().sampling == TURBO.sampling
    panel.foot.fast_button.click()
    assert (panel.recipe().loras, panel.recipe().sampling) == ((), OWN)


def test_another_model_without_a_lora_for_it_ends_it(desk: Desk) -> None:
    panel = offering(desk, SWIFT)
    panel.foot.fast_button.click()
    panel.model.choose("big")
    assert (panel.recipe().loras, panel.recipe().sampling) == ((), OWN)


def test_recalled_settings_are_shown_as_they_are(desk: Desk) -> None:
    panel = offering(desk, SWIFT)
    panel.foot.fast_button.click()
    plain = dataclasses.replace(panel.recipe(), loras=(), sampling=Sampling("euler", 30, 2.0))
    panel.show_recipe(plain, seed_locked=True)
    assert panel.recipe() == plain and not panel.foot.fast_button.isChecked()
    quick = dataclasses.replace(plain, loras=(Lora("swift", 0.8),), sampling=Sampling("euler", 4, 1.0))
    panel.show_recipe(quick, seed_locked=True)
    assert panel.recipe() == quick and panel.foot.fast_button.isChecked()
    panel.foot.fast_button.click()
    assert panel.recipe().sampling == STARTER.default_sampling, "nothing of before is known"


def test_it_is_kept_with_the_draft(desks: Desks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.ui.fakes.library", lambda: Library((STARTER, BIG), (), (INK, SWIFT)))
    desk = desks.open(tmp_path)
    desk.window.panel.foot.fast_button.click()
    desks.close(desk)
    panel = desks.open(tmp_path).window.panel
    assert panel.foot.fast_button.isChecked() and panel.recipe().sampling == SWIFT.sampling
    panel.foot.fast_button.click()
    assert panel.recipe().sampling == STARTER.default_sampling


def test_it_says_that_a_negative_prompt_is_not_heard(desk: Desk) -> None:
    panel = offering(desk, SWIFT)
    panel.show_recipe(Recipe("sea", "fog", sampling=OWN), seed_locked=False)
    assert panel.negative.isVisible() and not panel.negative_note.isVisible()
    panel.foot.fast_button.click()
    assert panel.negative_note.isVisible()
    panel.negative.show_text("")
    assert not panel.negative_note.isVisible()


def test_a_lora_of_others_is_known_by_its_name_and_the_users_settings_win(desk: Desk, tmp_path: Path) -> None:
    lightning = read_lora(write_lora(tmp_path / "sdxl_lightning_4step_lora.safetensors", 2048))
    panel = offering(desk, lightning)
    panel.model.choose("big")
    panel.loras.add(lightning.name)
    assert panel.recipe().sampling == OWN, "never unasked"
    panel.loras.set_value(())
    panel.foot.fast_button.click()
    assert panel.recipe().loras == (Lora(lightning.name),) and panel.recipe().sampling == Sampling("euler", 4, 1.0)
    panel.steps.set_value(6)
    assert panel.recipe().sampling == Sampling("euler", 6, 1.0) and panel.foot.fast_button.isChecked()
