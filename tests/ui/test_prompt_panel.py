"""The controls do what hands expect."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QTextCursor, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from studio.domain.geometry import Size
from studio.domain.samplers import SAMPLERS
from studio.ui.panels.aspects import ASPECTS, allowed, shaped
from studio.ui.panels.emphasis import STEP, Selection, change_weight
from tests.ui.desk import Desk
from tests.ui.fakes import STARTER

CTRL = Qt.KeyboardModifier.ControlModifier


def selected(text: str) -> Selection:
    """`text` with the selection written as |…|."""
    before, inside, after = text.split("|")
    return Selection(before + inside + after, len(before), len(before) + len(inside))


@pytest.mark.parametrize(
    ("before", "step", "after"),
    [
        ("a |red| fox", STEP, "a (|red|:1.1) fox"),
        ("a (|red|:1.1) fox", STEP, "a (|red|:1.2) fox"),
        ("a (|red|:1.1) fox", -STEP, "a |red| fox"),
        ("a |red| fox", -STEP, "a (|red|:0.9) fox"),
        ("a |(red:1.4)| fox", STEP, "a (|red|:1.5) fox"),
        ("a (|red|) fox", STEP, "a (|red|:1.2) fox"),
        ("a r||ed fox", STEP, "a (|red|:1.1) fox"),
        ("a |red | fox", STEP, "a (|red|:1.1)  fox"),
        ("a (|red|:3) fox", STEP, "a (|red|:3) fox"),
        ("||", STEP, "||"),
    ],
)
def test_weights(before: str, step: float, after: str) -> None:
    assert change_weight(selected(before), step) == selected(after)


def test_ctrl_up_weighs_the_selected_words_and_undo_takes_it_back(desk: Desk) -> None:
    prompt = desk.window.panel.prompt
    prompt.show_text("a red fox")
    cursor = prompt.textCursor()
    cursor.setPosition(2)
    cursor.setPosition(5, QTextCursor.MoveMode.KeepAnchor)
    prompt.setTextCursor(cursor)
    desk.press(Qt.Key.Key_Up, CTRL)
    desk.press(Qt.Key.Key_Up, CTRL)
    assert prompt.text() == "a (red:1.2) fox"
    prompt.undo()
    assert prompt.text() == "a (red:1.1) fox"


@pytest.mark.parametrize("multiple", [8, 16, 64])
def test_shapes_are_in_the_models_multiple(multiple: int) -> None:
    for aspect in ASPECTS:
        size = shaped(aspect, 512 * 512, multiple)
        assert size.width % multiple == size.height % multiple == 0
        assert size.width / size.height == pytest.approx(aspect.width / aspect.height, rel=0.15)
        assert shaped(aspect, 512 * 512, multiple, upright=True) == Size(size.height, size.width)
    assert allowed(Size(9000, 9000), multiple).pixels <= 4096 * 2048


def test_a_typed_size_is_rounded_to_the_multiple(desk: Desk) -> None:
    field = desk.window.panel.size_field
    field.width_box.setFocus()
    field.width_box.selectAll()
    desk.bot.keyClicks(field.width_box, "250")
    desk.bot.keyClick(field.width_box, Qt.Key.Key_Tab)
    assert field.value == Size(256, 256)
    field.height_box.setValue(384)
    field.swap_button.click()
    assert field.value == Size(384, 256)


def test_another_model_offers_its_settings_and_forces_none(desk: Desk) -> None:
    panel = desk.window.panel
    panel.size_field.set_value(Size(320, 256))
    panel.steps.set_value(7)
    panel.model.box.setFocus()
    desk.bot.keyClick(panel.model.box, Qt.Key.Key_Down)
    assert panel.model.model is not None and panel.model.model.name == "big"
    assert (panel.size_field.value, panel.steps.value) == (Size(320, 256), 7)
    assert panel.model.offer_button.isVisible()
    panel.model.offer_button.click()
    recipe = panel.recipe()
    assert (recipe.size, recipe.sampling) == (Size(1024, 1024), panel.model.model.default_sampling)
    assert not panel.model.offer_button.isVisible()
    assert desk.window.area.empty.chips.findChildren(QWidget)


def test_a_model_with_a_coarser_multiple_rounds_the_size(desk: Desk) -> None:
    panel = desk.window.panel
    panel.model.choose("big")
    panel.size_field.set_value(Size(264, 256))
    assert panel.size_field.value == Size(264, 256)
    panel.model.choose("starter")
    assert panel.size_field.value == Size(264, 256).rounded_to(STARTER.traits.size_multiple)


def test_a_flow_model_lists_only_samplers_it_can_use(desk: Desk) -> None:
    panel = desk.window.panel
    panel.model.choose("big")
    other = next(sampler.id for sampler in SAMPLERS.values() if sampler.flow_options is None)
    panel.sampler.choose(other)
    assert panel.sampler.value == other
    panel.model.choose("starter")
    assert panel.sampler.findData(other) == -1
    assert panel.sampler.value == "dpmpp-2m"


def wheel(target: QWidget) -> None:
    middle = QPointF(target.rect().center())
    turned = QWheelEvent(
        middle, target.mapToGlobal(middle), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(target, turned)


def test_the_wheel_turns_only_what_has_the_focus(desk: Desk) -> None:
    panel = desk.window.panel
    before = panel.recipe()
    targets: tuple[QWidget, ...] = (
        panel.steps.slider,
        panel.steps.box,
        panel.size_field.width_box,
        panel.sampler,
        panel.model.box,
        panel.foot.batch,
    )
    for target in targets:
        wheel(target)
    assert panel.recipe() == before
    panel.steps.slider.setFocus()
    desk.bot.waitUntil(panel.steps.slider.hasFocus)
    wheel(panel.steps.slider)
    assert panel.steps.value > before.sampling.steps


def test_a_slider_is_dragged_typed_and_double_clicked_to_its_default(desk: Desk) -> None:
    steps = desk.window.panel.steps
    middle = steps.slider.rect().center()
    desk.bot.mouseClick(steps.slider, Qt.MouseButton.LeftButton, pos=middle)
    assert 20 < steps.value < 31
    steps.box.setFocus()
    steps.box.selectAll()
    desk.bot.keyClicks(steps.box, "120")
    desk.bot.keyClick(steps.box, Qt.Key.Key_Tab)
    assert steps.value == 120, "the box takes more than the slider shows"
    desk.bot.mouseDClick(steps.slider, Qt.MouseButton.LeftButton, pos=middle)
    assert steps.value == 12


def test_a_chip_fills_the_prompt(desk: Desk) -> None:
    chips = desk.window.area.empty.chips.findChildren(QWidget)
    desk.bot.mouseClick(chips[1], Qt.MouseButton.LeftButton)
    assert desk.window.panel.prompt.text() == "a fox in the snow, watercolour"
    assert desk.window.panel.prompt.hasFocus()


def test_the_negative_prompt_unfolds(desk: Desk) -> None:
    panel = desk.window.panel
    assert not panel.negative.isVisible()
    panel.negative_button.click()
    assert panel.negative.isVisible()


def test_upscaling_shows_the_size_that_results(desk: Desk) -> None:
    panel = desk.window.panel
    panel.size_field.set_value(Size(256, 384))
    assert panel.upscale.result.text() == ""
    panel.upscale.buttons[4].click()
    assert panel.recipe().upscale == 4
    assert panel.upscale.result.text() == "1024 × 1536"
    panel.size_field.swap_button.click()
    assert panel.upscale.result.text() == "1536 × 1024"
    panel.upscale.buttons[1].click()
    assert (panel.recipe().upscale, panel.upscale.result.text()) == (1, "")


def test_what_would_be_too_large_cannot_be_chosen(desk: Desk) -> None:
    panel = desk.window.panel
    panel.upscale.buttons[4].click()
    panel.size_field.set_value(Size(4096, 256))
    assert [factor for factor, button in panel.upscale.buttons.items() if button.isEnabled()] == [1, 2]
    assert panel.recipe().upscale == 2
    panel.size_field.set_value(Size(256, 256))
    assert all(button.isEnabled() for button in panel.upscale.buttons.values())


def test_a_recalled_recipe_brings_its_upscaling(desk: Desk) -> None:
    panel = desk.window.panel
    panel.upscale.buttons[2].click()
    kept = panel.recipe()
    panel.upscale.buttons[1].click()
    panel.show_recipe(kept, seed_locked=True)
    assert panel.recipe() == kept
