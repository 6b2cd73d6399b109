"""Adjustment layers from the menu, and their numbers."""

import dataclasses

import pytest
from PySide6.QtCore import Qt

from studio.domain.document.adjustments import Blur, ColorBalance, HueSaturation, Levels, Sharpen
from studio.domain.document.layers import AdjustmentLayer
from studio.session.canvas import CanvasSession
from studio.ui.paint.panels.adjustments import kinds, knobs, value_at, with_value
from tests.ui.paint.sitting import Sitting, sit_down_at


@pytest.mark.parametrize("adjustment", [Levels(), HueSaturation(), ColorBalance(), Blur(), Sharpen()])
def test_each_number_can_be_read_and_set(adjustment: Levels | HueSaturation | ColorBalance | Blur | Sharpen) -> None:
    for knob in knobs(adjustment):
        value = (knob.low + knob.high) / 2 * knob.share
        changed = with_value(adjustment, knob.path, value)
        assert value_at(changed, knob.path) == value
        others = {other.path for other in knobs(adjustment)} - {knob.path}
        assert all(value_at(changed, path) == value_at(adjustment, path) for path in others)


def paint(sitting: Sitting, colour: tuple[int, int, int]) -> None:
    sitting.editor.desk.set_inks(dataclasses.replace(sitting.editor.desk.inks, front=colour))
    sitting.editor.edits.fill()
    sitting.settle()


def test_an_adjustment_is_added_and_turned(sitting: Sitting) -> None:
    editor = sitting.editor
    paint(sitting, (100, 100, 100))
    editor.add_adjustment("levels")
    layer = editor.desk.active
    assert isinstance(layer, AdjustmentLayer) and layer.adjustment == Levels()
    assert editor.adjustment_tab.isVisible() and editor.adjustment.isVisible()
    steps = len(editor.session.history.versions)
    field = editor.adjustment.fields["out_black"]
    field.slider.sliderPressed.emit()
    for value in (20, 50, 100):
        field.slider.setValue(value)
    assert len(editor.session.history.versions) == steps + 1, "a drag is one step"
    assert sitting.colour(9, 9) == (255, 255, 255, 255)
    assert sitting.shown(9, 9) == "#ffffff"
    editor.desk.undo()
    assert editor.adjustment.fields["out_black"].value == 0
    editor.desk.undo()
    assert not editor.adjustment_tab.isVisible() and editor.options.isVisible()


def test_black_stays_below_white(sitting: Sitting) -> None:
    editor = sitting.editor
    editor.add_adjustment("levels")
    editor.adjustment.fields["black"].set_value(90)
    editor.adjustment.fields["white"].set_value(50)
    layer = editor.desk.active
    assert isinstance(layer, AdjustmentLayer) and layer.adjustment == Levels(black=0.9)
    assert editor.adjustment.fields["white"].value == 100


def test_a_white_can_be_typed_whose_first_digit_is_below_black(sitting: Sitting) -> None:
    editor = sitting.editor
    editor.add_adjustment("levels")
    editor.adjustment.fields["black"].set_value(30)
    box = editor.adjustment.fields["white"].box

    def typed(text: str) -> Levels:
        box.setFocus()
        box.selectAll()
        sitting.bot.keyClicks(box, text)
        sitting.bot.keyClick(box, Qt.Key.Key_Return)
        layer = editor.desk.active
        assert isinstance(layer, AdjustmentLayer) and isinstance(layer.adjustment, Levels)
        return layer.adjustment

    assert typed("70").white == pytest.approx(0.7)
    assert typed("20").white == pytest.approx(0.7), "black must stay below white"
    assert box.value() == 70


def test_a_selection_becomes_the_adjustments_mask(sitting: Sitting) -> None:
    editor = sitting.editor
    paint(sitting, (100, 100, 100))
    editor.take_up("select-rectangle")
    sitting.drag((0, 0), (128, 256))
    editor.add_adjustment("levels")
    editor.adjustment.fields["out_black"].set_value(100)
    assert sitting.colour(20, 20)[0] == 255 and sitting.colour(200, 20)[0] == 100


def test_a_project_opens_with_the_numbers_of_its_active_adjustment(sitting: Sitting) -> None:
    sitting.editor.add_adjustment("levels")
    path = sitting.editor.session.path
    sitting.close()
    again = sit_down_at(sitting.bot, CanvasSession.open(path))
    assert again.editor.adjustment_tab.isVisible() and again.editor.adjustment.isVisible()
    again.close()


def test_every_kind_can_be_added(sitting: Sitting) -> None:
    for kind, title, plain in kinds():
        sitting.editor.add_adjustment(kind)
        layer = sitting.editor.desk.active
        assert isinstance(layer, AdjustmentLayer) and layer.adjustment == plain and layer.name == f"{title} 1"
        assert set(sitting.editor.adjustment.fields) == {knob.path for knob in knobs(plain)}
