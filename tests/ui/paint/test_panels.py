"""Colour, navigator, rulers, text, and that everybody can use them."""

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QToolButton,
    QWidget,
)

from studio.domain.document.document import Guide
from studio.domain.document.layers import TextLayer
from studio.domain.geometry import Rect
from studio.ui.paint.keys import TOOLS
from studio.ui.paint.panels.text_form import TextForm
from studio.ui.theme.icons import icon
from studio.ui.widgets.scroll import FittingColumn
from tests.ui.paint.sitting import NOTHING, Sitting

CANVAS = Rect(0, 0, 256, 256)
LEFT = Qt.MouseButton.LeftButton


def test_square_and_bar_set_the_front_colour(sitting: Sitting) -> None:
    panel, desk = sitting.editor.colour, sitting.editor.desk
    square = panel.square
    QTest.mouseClick(square, LEFT, NOTHING, QPoint(square.width() - 1, 1))
    assert desk.inks.front == (255, 0, 0)
    bar = panel.bar
    QTest.mouseClick(bar, LEFT, NOTHING, QPoint(10, 5 + round((bar.height() - 10) / 3)))
    red, green, blue = desk.inks.front
    assert green == 255 and red < 20 and blue < 20
    assert panel.hex.text() == QColor(*desk.inks.front).name()
    QTest.keyClick(square, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert desk.inks.front[1] == 230


def test_hexadecimal_swap_and_default(sitting: Sitting) -> None:
    panel, desk = sitting.editor.colour, sitting.editor.desk
    panel.hex.setText("#336699")
    panel.hex.editingFinished.emit()
    assert desk.inks.front == (0x33, 0x66, 0x99)
    panel.hex.setText("nonsense")
    panel.hex.editingFinished.emit()
    assert desk.inks.front == (0x33, 0x66, 0x99)
    panel.swap_button.click()
    assert desk.inks.front == (255, 255, 255) and desk.inks.back == (0x33, 0x66, 0x99)
    panel.default_button.click()
    assert (desk.inks.front, desk.inks.back) == ((0, 0, 0), (255, 255, 255))


def test_a_grey_keeps_the_hue_that_was_set(sitting: Sitting) -> None:
    panel = sitting.editor.colour
    panel.bar.changed.emit(0.6)
    panel.square.changed.emit(0.0, 0.5)
    panel.square.changed.emit(1.0, 1.0)
    assert abs(QColor(*sitting.editor.desk.inks.front).hsvHueF() - 0.6) < 0.01


def test_colours_that_were_painted_with_are_kept(sitting: Sitting) -> None:
    panel, desk = sitting.editor.colour, sitting.editor.desk
    panel.hex.setText("#cc2222")
    panel.hex.editingFinished.emit()
    sitting.click(100, 100)
    panel.use_default()
    assert panel.recent[0].isEnabled() and not panel.recent[1].isEnabled()
    panel.recent[0].click()
    assert desk.inks.front == (0xCC, 0x22, 0x22)


def test_the_navigator_goes_where_it_is_clicked(sitting: Sitting) -> None:
    navigator = sitting.editor.navigator
    next(tab for tab in sitting.editor.findChildren(QToolButton) if tab.text() == "Navigator").click()
    sitting.bot.waitUntil(lambda: not navigator._image.isNull())
    sitting.look(128, 128, 8.0)
    place = navigator._transform().map(QPointF(200, 40)).toPoint()
    QTest.mouseClick(navigator, LEFT, NOTHING, place)
    view = sitting.editor.surface.view
    assert abs(view.x - 200) < 3 and abs(view.y - 40) < 3


def test_a_guide_is_pulled_from_the_ruler(sitting: Sitting) -> None:
    sitting.editor.toggle_rulers()
    sitting.bot.waitUntil(lambda: sitting.editor.rulers[1].isVisible())
    sitting.look(128, 128)
    ruler, surface = sitting.editor.rulers[1], sitting.editor.surface
    QTest.mousePress(ruler, LEFT, NOTHING, QPoint(5, 100))
    place = ruler.mapFromGlobal(surface.mapToGlobal(sitting.at(100, 100)))
    QTest.mouseRelease(ruler, LEFT, NOTHING, place)
    assert sitting.document.guides == (Guide(100.0, vertical=True),)
    sitting.editor.surface.guides.delete_all()
    assert not sitting.document.guides


def test_a_text_is_written_where_it_is_clicked_and_changed_as_it_is_typed(sitting: Sitting) -> None:
    sitting.editor.take_up("text")
    sitting.click(20, 60)
    layer = sitting.editor.desk.active
    assert isinstance(layer, TextLayer) and layer.text.content == "Text"
    form = sitting.editor.options.findChild(TextForm)
    assert form is not None
    steps = len(sitting.editor.session.history.versions)
    for words in ("A", "An", "An owl"):
        form.words.setPlainText(words)
        sitting.settle()
    layer = sitting.editor.desk.active
    assert isinstance(layer, TextLayer) and layer.text.content == "An owl" and layer.name == "An owl"
    assert len(sitting.editor.session.history.versions) == steps + 1, "typing is one step"
    assert (sitting.pixels(CANVAS)[..., 3] > 0).sum() > 100
    sitting.click(30, 80)
    assert sitting.editor.desk.active is not None and sitting.editor.desk.active.id == layer.id, "taken up again"
    sitting.click(200, 200)
    assert sitting.editor.desk.active.id != layer.id


def test_the_size_of_a_text_can_be_typed_digit_by_digit(sitting: Sitting) -> None:
    sitting.editor.take_up("text")
    sitting.click(20, 60)
    form = sitting.editor.options.findChild(TextForm)
    assert form is not None
    box = form.letters.box
    box.setFocus()
    box.selectAll()
    shown = []
    for digit in "96":
        sitting.bot.keyClicks(box, digit)
        shown.append(box.value())
    sitting.settle()
    layer = sitting.editor.desk.active
    assert isinstance(layer, TextLayer)
    assert (shown, layer.text.size, box.value()) == ([9, 96], 96, 96)


def test_every_tool_has_a_sign_a_key_and_a_form(sitting: Sitting) -> None:
    for entry in TOOLS:
        assert not icon(entry.sign).isNull() and entry.key
        sitting.editor.take_up(entry.id)
        assert sitting.editor.options.currentWidget() is not None
        assert entry.key.split("+")[-1] in sitting.editor.strip.buttons[entry.id].toolTip()
    sitting.editor.toast.hide()


def test_every_control_has_a_name_and_every_sign_a_tooltip(sitting: Sitting) -> None:
    for entry in TOOLS:
        sitting.editor.take_up(entry.id)
    sitting.editor.toast.hide()
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)
    for control in sitting.editor.findChildren(QWidget):
        if not isinstance(control, kinds) or isinstance(control, QScrollBar):
            continue
        if control.objectName().startswith("qt_"):
            continue
        text = control.text() if isinstance(control, QAbstractButton) else ""
        assert control.accessibleName() or text, f"{control} has no name"
        if not text:
            assert control.toolTip(), f"{control.accessibleName()} has no tooltip"


def test_the_view_turns_and_mirrors_without_changing_the_document(sitting: Sitting) -> None:
    surface = sitting.editor.surface
    before = sitting.pixels(CANVAS)
    surface.turn(30)
    surface.mirror()
    surface.straighten()
    assert abs(surface.view.angle) < 1e-9 and surface.view.mirrored
    assert np.array_equal(sitting.pixels(CANVAS), before)


def test_what_is_said_of_a_tool_is_seen_whole(sitting: Sitting) -> None:
    """However large the forms of other tools are that were shown before."""
    columns = sitting.editor.findChildren(FittingColumn)
    column = next(column for column in columns if column.widget() is sitting.editor.options)
    for name in ("brush", "move", "transform", "crop"):
        sitting.editor.take_up(name)
        sitting.editor.toast.hide()
    for name in ("transform", "move", "crop"):
        sitting.editor.take_up(name)
        sitting.bot.waitUntil(lambda: column.verticalScrollBar().maximum() == 0 and column.height() < 150)
    sitting.editor.toast.hide()
