"""The curve editor: as an adjustment with a live picture, as the brush's pressure curve, and by keys alone."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.domain.document.adjustments import LINE, CurvePoint, Curves
from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import AdjustmentLayer, GroupLayer, PaintLayer
from studio.domain.document.tiles import EMPTY
from studio.domain.geometry import Rect
from studio.imaging.adjust import curve
from studio.ui.paint.panels.brush_form import FIRM, SOFT, BrushForm
from studio.ui.paint.panels.curve_editor import CurveEditor, CurveField
from studio.ui.paint.panels.curve_points import GAP, MOST, Points, added, between, moved, without
from studio.ui.paint.panels.curves_form import CurvesForm
from studio.ui.paint.panels.tones import Tones, heights_of, layers_below
from tests.ui.paint.sitting import NOTHING, Sitting

LEFT = Qt.MouseButton.LeftButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
CANVAS = Rect(0, 0, 256, 256)
SHARES = st.floats(-0.5, 1.5)


def straight(points: Points, xs: object) -> list[float]:
    found: list[float] = curve(points, np.asarray(xs, np.float64)).tolist()
    return found


@pytest.fixture
def editor(qtbot: QtBot) -> CurveEditor:
    made = CurveEditor(straight)
    qtbot.addWidget(made)
    made.resize(214, 156)  # a field of 200 × 142
    made.show()
    return made


def spot(editor: CurveEditor, x: float, y: float) -> QPoint:
    return editor._place(x, y).toPoint()


def drag(editor: CurveEditor, start: QPoint, end: QPoint) -> None:
    QTest.mousePress(editor, LEFT, NOTHING, start)
    QTest.mouseMove(editor, end)
    QTest.mouseRelease(editor, LEFT, NOTHING, end)


@given(st.lists(st.tuples(st.sampled_from("amr"), st.integers(0, 20), SHARES, SHARES), max_size=40))
def test_whatever_a_hand_does_the_points_run_from_left_to_right(deeds: list[tuple[str, int, float, float]]) -> None:
    points: Points = LINE
    for deed, number, x, y in deeds:
        number = min(number, len(points) - 1)
        if deed == "a":
            points, number = added(points, CurvePoint(x, y))
            assert 0 <= number < len(points)
        else:
            points = moved(points, number, CurvePoint(x, y)) if deed == "m" else without(points, number)
        assert 2 <= len(points) <= MOST
        assert all(0 <= value <= 1 for point in points for value in (point.x, point.y))
        curve(points, np.linspace(0, 1, 5))  # refuses points out of order


def test_a_point_between_two_lies_on_the_curve() -> None:
    bent = (CurvePoint(0, 0), CurvePoint(0.5, 0.9), CurvePoint(1, 1))
    at = between(bent, 2, straight)
    assert at.x == 0.75 and at.y == pytest.approx(straight(bent, [0.75])[0])


def test_a_click_adds_a_drag_moves_and_far_out_removes(editor: CurveEditor) -> None:
    QTest.mouseClick(editor, LEFT, NOTHING, spot(editor, 0.5, 0.8))
    assert len(editor.points) == 3 and editor.chosen == 1
    assert editor.points[1].x == pytest.approx(0.5, abs=0.01) and editor.points[1].y == pytest.approx(0.8, abs=0.01)
    drag(editor, spot(editor, 0.5, 0.8), spot(editor, 0.25, 0.3))
    assert editor.points[1].x == pytest.approx(0.25, abs=0.01) and editor.points[1].y == pytest.approx(0.3, abs=0.01)
    drag(editor, spot(editor, 0.25, 0.3), spot(editor, 0.25, 0.3) + QPoint(0, 300))
    assert [*editor.points] == [*LINE]
    drag(editor, spot(editor, 1, 1), QPoint(600, 600))
    assert len(editor.points) == 2, "two always stay"


def test_a_click_beside_the_curve_takes_its_height(editor: CurveEditor) -> None:
    QTest.mouseClick(editor, LEFT, NOTHING, spot(editor, 0.5, 0.53))
    x = editor.points[1].x
    assert editor.points[1].y == pytest.approx(x), "so that the picture does not jump"


def test_a_click_right_of_the_last_point_adds_another(editor: CurveEditor) -> None:
    editor.show_points((CurvePoint(0.0, 0.0), CurvePoint(0.5, 1.0)))
    drag(editor, spot(editor, 0.9, 0.4), spot(editor, 0.9, 0.4))
    assert [point.x for point in editor.points[:2]] == [0.0, 0.5]
    assert editor.chosen == 2 and abs(editor.points[2].x - 0.9) < 0.01


def test_esc_takes_a_drag_back(editor: CurveEditor) -> None:
    QTest.mousePress(editor, LEFT, NOTHING, spot(editor, 0.5, 0.5))
    QTest.mouseMove(editor, spot(editor, 0.5, 0.9))
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    QTest.mouseRelease(editor, LEFT, NOTHING, spot(editor, 0.5, 0.9))
    assert editor.points == LINE


def test_everything_can_be_done_by_keys(editor: CurveEditor) -> None:
    editor.setFocus()
    QTest.keyClick(editor, Qt.Key.Key_Insert)
    assert editor.points[1] == CurvePoint(0.5, 0.5) and editor.chosen == 1
    QTest.keyClick(editor, Qt.Key.Key_Up, SHIFT)
    QTest.keyClick(editor, Qt.Key.Key_Left)
    assert editor.points[1].y == pytest.approx(0.5 + 10 * GAP) and editor.points[1].x == pytest.approx(0.5 - GAP)
    assert "Point 2 of 3: 50 % becomes 54 %" in editor.accessibleDescription()
    QTest.keyClick(editor, Qt.Key.Key_Right, CONTROL)
    assert editor.chosen == 2
    QTest.keyClick(editor, Qt.Key.Key_Home)
    QTest.keyClick(editor, Qt.Key.Key_Up)
    assert editor.points[0].y == pytest.approx(GAP)
    QTest.keyClick(editor, Qt.Key.Key_Right, CONTROL)
    QTest.keyClick(editor, Qt.Key.Key_Delete)
    assert len(editor.points) == 2 and editor.points[1] == CurvePoint(1, 1)


def test_the_chosen_point_can_be_typed(qtbot: QtBot) -> None:
    field = CurveField(straight, 255, "Curve", "hint")
    qtbot.addWidget(field)
    seen: list[Points] = []
    field.changed.connect(seen.append)
    field.show_points((CurvePoint(0, 0), CurvePoint(0.3, 0.4), CurvePoint(1, 1)))
    field.editor.setFocus()
    QTest.keyClick(field.editor, Qt.Key.Key_End)
    QTest.keyClick(field.editor, Qt.Key.Key_Left, CONTROL)
    assert (field.across.value(), field.up.value()) == (76, 102)
    field.up.setValue(204)
    assert seen[-1][1] == CurvePoint(0.3, 0.8), "what was not typed stays as exact as it was"
    field.straighten.click()
    assert seen[-1] == LINE and not field.remove.isEnabled()


def test_curves_change_the_picture_as_they_are_bent(sitting: Sitting) -> None:
    editor = sitting.editor
    editor.desk.set_inks(dataclasses.replace(editor.desk.inks, front=(100, 100, 100)))
    editor.edits.fill()
    sitting.settle()
    editor.add_adjustment("curves")
    form = editor.adjustment.curves
    assert isinstance(form, CurvesForm) and form.isVisible()
    sitting.bot.waitUntil(lambda: bool(form._heights))
    assert max(form._heights["red"]) == 1 and form._heights["red"][50] == 1, "the grey that lies below"
    steps = len(editor.session.history.versions)
    form.show_channel("red")
    field = form.field.editor
    QTest.mousePress(field, LEFT, NOTHING, spot(field, 0.5, 0.5))
    for height in (0.6, 0.7, 0.8):
        QTest.mouseMove(field, spot(field, 0.5, height))
    QTest.mouseRelease(field, LEFT, NOTHING, spot(field, 0.5, 0.8))
    red, green, blue, _ = sitting.colour(9, 9)
    assert red > 140 and green == blue == 100
    assert sitting.shown(9, 9) == f"#{red:02x}6464"
    assert len(editor.session.history.versions) == steps + 1, "a drag is one step"
    layer = editor.desk.active
    assert isinstance(layer, AdjustmentLayer) and isinstance(layer.adjustment, Curves)
    assert layer.adjustment.value == LINE and len(layer.adjustment.red) == 3
    editor.desk.undo()
    assert form.field.editor.points == LINE and sitting.colour(9, 9)[0] == 100


def test_delete_takes_a_point_and_not_the_layers_pixels(sitting: Sitting) -> None:
    editor = sitting.editor
    editor.add_adjustment("curves")
    form = editor.adjustment.curves
    assert form is not None
    QTest.mouseClick(form.field.editor, LEFT, NOTHING, spot(form.field.editor, 0.5, 0.7))
    QTest.keyClick(form.field.editor, Qt.Key.Key_Delete)
    layer = editor.desk.active
    assert isinstance(layer, AdjustmentLayer) and layer.adjustment == Curves()


def test_switches_of_adjustments(sitting: Sitting) -> None:
    editor = sitting.editor
    editor.add_adjustment("hue")
    editor.adjustment.boxes["colorize"].click()
    layer = editor.desk.active
    assert isinstance(layer, AdjustmentLayer) and getattr(layer.adjustment, "colorize", None) is True
    editor.desk.undo()
    assert not editor.adjustment.boxes["colorize"].isChecked()


def test_what_lies_below_is_what_is_counted() -> None:
    a, b, c, d = (PaintLayer(name=name) for name in "abcd")
    closed = GroupLayer(children=(b, c))
    open_one = dataclasses.replace(closed, mode=BlendMode.PASS_THROUGH)
    assert layers_below((a, closed, d), d.id) == (a, closed)
    assert layers_below((a, closed, d), c.id) == (b,)
    assert layers_below((a, open_one, d), c.id) == (a, b)


def test_the_tones_are_those_under_the_layer_that_was_looked_at_last(sitting: Sitting) -> None:
    desk = sitting.editor.desk
    dark, light = (
        PaintLayer(
            id=str(value),
            tiles=desk.store.painted(EMPTY, CANVAS, np.full((256, 256, 4), (value,) * 3 + (255,), np.uint8)),
        )
        for value in (20, 220)
    )
    document = Document(CANVAS.size, (dark, AdjustmentLayer(id="one"), light, AdjustmentLayer(id="two")))
    tones = Tones(desk.compositor)
    for layer_id in ("one", "two", "one"):
        tones.look(document, layer_id)
    sitting.bot.waitUntil(lambda: not tones._busy)
    assert tones.heights == heights_of(desk.compositor.thumbnail(Document(CANVAS.size, (dark,)), 64))
    tones.close_work()


def test_tones_that_are_not_there_have_no_height() -> None:
    pixels = np.zeros((8, 8, 4), np.uint8)
    assert heights_of(pixels) == {}, "nothing but transparent pixels"
    pixels[:4] = (50, 25, 0, 128)  # half transparent: the colour is (100, 50, 0)
    found = heights_of(pixels)
    assert found["red"][50] == 1 and found["green"][25] == 1 and found["blue"][0] == 1
    assert sum(found["value"]) == 3


def test_the_pens_feel_is_chosen_or_bent(sitting: Sitting) -> None:
    form = sitting.editor.options.findChild(BrushForm)
    assert form is not None
    form.pen_fold.click()
    assert form.pressure.isVisible() and not form.tip.isVisible()
    form.feel.setCurrentIndex(0)
    form.feel.activated.emit(0)
    assert sitting.editor.desk.options.brush.pressure_curve == SOFT
    assert form.pressure.editor.points == SOFT and form.feel.currentText() == "Soft"
    field = form.pressure.editor
    drag(field, spot(field, 0.3, 0.6), spot(field, 0.3, 0.2))
    bent = sitting.editor.desk.options.brush.pressure_curve
    assert len(bent) == 3 and bent[1].y < 0.3 and form.feel.currentText() == "Own curve"
    assert sitting.editor.desk.options.eraser.pressure_curve == LINE, "the eraser has its own"
    form.feel.activated.emit(form.feel.findText("Firm"))
    form.tip_fold.click()
    assert form.tip.isVisible() and not form.pressure.isVisible(), "one fold is open at a time"
    assert FIRM != SOFT


def test_a_soft_feel_paints_wider_with_a_light_hand(sitting: Sitting) -> None:
    from PySide6.QtCore import QEvent

    desk, widths = sitting.editor.desk, []
    for row, points in ((60, SOFT), (180, FIRM)):
        brush = dataclasses.replace(desk.options.brush, size=40, hardness=1.0, size_by_pressure=1.0)
        desk.set_options(brush=dataclasses.replace(brush, pressure_curve=points))
        sitting.pen(QEvent.Type.TabletPress, 60, row, 0.3)
        sitting.pen(QEvent.Type.TabletMove, 160, row, 0.3)
        sitting.pen(QEvent.Type.TabletRelease, 160, row, 0.3)
        sitting.settle()
        alpha = desk.store.paint(sitting.layer.tiles, desk.document.rect)[..., 3]
        widths.append(int((alpha[row - 40 : row + 40, 110] > 128).sum()))
    assert widths[0] > 2 * widths[1] > 0


def test_tip_and_spacing_are_set(sitting: Sitting) -> None:
    form = sitting.editor.options.findChild(BrushForm)
    assert form is not None
    form.tip.setCurrentIndex(form.tip.findText("Sponge"))
    form.tip.activated.emit(form.tip.currentIndex())
    brush = sitting.editor.desk.options.brush
    assert (brush.kind, brush.texture) == ("textured", "sponge")
    form.preset.setCurrentIndex(0)
    form.preset.activated.emit(0)
    assert sitting.editor.desk.options.brush.kind == "round" and form.tip.currentText() == "Round"
