"""Brush and eraser: exactly the expected pixels, one step of undo each."""

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest

from studio.domain.document.brushes import Brush, PenPoint, Symmetry
from studio.domain.document.edits import changed
from studio.domain.geometry import Rect, Size
from studio.imaging.composing.courtesy import Courtesy
from studio.imaging.strokes import Stroke, painted
from studio.ui.paint.panels.brush_form import BrushForm
from studio.ui.paint.tools.brush import BrushTool, axes
from tests.ui.paint.sitting import Sitting

HARD = Brush(size=12, hardness=1.0, spacing=0.05)
CANVAS = Rect(0, 0, 256, 256)


@pytest.fixture(autouse=True)
def _hard_red_brush(sitting: Sitting) -> None:
    sitting.editor.desk.set_options(brush=HARD, eraser=HARD)
    sitting.editor.desk.set_inks(dataclasses.replace(sitting.editor.desk.inks, front=(200, 30, 40)))


def expected(*points: tuple[float, float]) -> np.ndarray:
    stroke = Stroke(HARD, within=CANVAS)
    stroke.extend(PenPoint(x, y) for x, y in points)
    stroke.finish()
    return painted(np.zeros((256, 256, 4), np.uint8), stroke.coverage(CANVAS), (200, 30, 40))


def test_a_stroke_of_the_mouse_paints_exactly_its_pixels_and_is_one_step(sitting: Sitting) -> None:
    steps = len(sitting.editor.session.history.versions)
    sitting.drag((40, 40), (90, 60), (140, 40))
    assert np.array_equal(sitting.own(CANVAS), expected((40, 40), (90, 60), (140, 40)))
    assert len(sitting.editor.session.history.versions) == steps + 1
    assert sitting.editor.session.history.current.label == "Brush stroke"
    assert sitting.shown(40, 40) == "#c81e28"


def test_undo_and_redo_bring_back_the_pixels(sitting: Sitting) -> None:
    sitting.drag((40, 40), (140, 40))
    after = sitting.own(CANVAS)
    sitting.editor.desk.undo()
    assert not sitting.own(CANVAS).any()
    sitting.editor.desk.redo()
    assert np.array_equal(sitting.own(CANVAS), after)


def test_the_screen_shows_the_stroke_before_the_pen_is_lifted(sitting: Sitting) -> None:
    surface = sitting.editor.surface
    sitting.shown(0, 0)
    QTest.mousePress(surface, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, sitting.at(60, 60))
    QTest.mouseMove(surface, sitting.at(120, 60))
    QTest.mouseMove(surface, sitting.at(180, 60))
    assert surface.grab().toImage().pixelColor(sitting.at(80, 60)).name() == "#c81e28"
    assert not sitting.own(CANVAS).any(), "it is no edit yet"
    sitting.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(surface, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, sitting.at(180, 60))
    sitting.settle()
    assert not sitting.own(CANVAS).any(), "Esc takes it back"
    assert sitting.shown(80, 60) != "#c81e28"


def test_what_is_seen_while_painting_is_what_is_kept(sitting: Sitting) -> None:
    surface = sitting.editor.surface
    sitting.shown(0, 0)
    QTest.mousePress(surface, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, sitting.at(60, 60))
    for x in range(60, 200, 7):
        QTest.mouseMove(surface, sitting.at(x, 60 + x % 50))
    QTest.mouseRelease(surface, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, sitting.at(200, 60))
    live = surface.grab().toImage()
    sitting.settle()
    sitting.shown(0, 0)
    surface.redraw()
    assert surface.grab().toImage() == live


def test_the_eraser_takes_away(sitting: Sitting) -> None:
    sitting.drag((40, 40), (140, 40))
    sitting.editor.take_up("eraser")
    sitting.click(90, 40)
    assert sitting.own(Rect(90, 40, 1, 1))[0, 0].tolist() == [0, 0, 0, 0]
    assert sitting.own(Rect(50, 40, 1, 1))[0, 0].tolist() == [200, 30, 40, 255]
    assert sitting.editor.session.history.current.label == "Eraser stroke"


def test_pressure_of_the_pen_makes_the_stroke_thin(sitting: Sitting) -> None:
    sitting.editor.desk.set_options(brush=dataclasses.replace(HARD, size=40, size_by_pressure=1.0))

    def width(pressure: float, y: float) -> int:
        sitting.pen(QEvent.Type.TabletPress, 60, y, pressure)
        sitting.pen(QEvent.Type.TabletMove, 128, y, pressure)
        sitting.pen(QEvent.Type.TabletMove, 190, y, pressure)
        sitting.pen(QEvent.Type.TabletRelease, 190, y, pressure)
        sitting.settle()
        return int((sitting.own(CANVAS)[:, 128, 3] > 128).sum())

    light, strong = width(0.25, 60), 0
    sitting.editor.desk.undo()
    strong = width(1.0, 60)
    assert 8 <= light <= 12 and 38 <= strong <= 42


def test_the_other_end_of_the_pen_erases(sitting: Sitting) -> None:
    sitting.drag((40, 40), (140, 40))
    sitting.pen(QEvent.Type.TabletPress, 90, 40, eraser=True)
    sitting.pen(QEvent.Type.TabletRelease, 90, 40, eraser=True)
    sitting.settle()
    assert sitting.own(Rect(90, 40, 1, 1))[0, 0, 3] == 0


@pytest.mark.parametrize(("fields", "words"), [({"locked": True}, "locked"), ({"visible": False}, "hidden")])
def test_why_a_layer_cannot_be_painted_on_is_said(sitting: Sitting, fields: dict[str, bool], words: str) -> None:
    desk = sitting.editor.desk
    desk.edit("x", lambda document: changed(document, document.active, **fields))
    sitting.click(50, 50)
    assert words in sitting.editor.toast.text()
    assert not sitting.own(CANVAS).any()
    sitting.editor.toast.hide()


def test_strokes_stay_in_the_document(sitting: Sitting) -> None:
    sitting.drag((100, 100), (400, 100))
    assert sitting.layer.tiles.bounds == Rect(0, 0, 256, 256)


def test_a_stroke_hits_the_same_pixels_under_a_turned_and_mirrored_view(sitting: Sitting) -> None:
    surface = sitting.editor.surface
    sitting.drag((40, 40), (90, 60))
    plain = sitting.own(CANVAS)
    sitting.editor.desk.undo()
    surface.set_view(surface.view.turned(90).flipped())
    sitting.drag((40, 40), (90, 60))
    assert np.array_equal(sitting.own(CANVAS), plain)


def test_painting_at_a_small_zoom_shows_live_too(sitting: Sitting) -> None:
    surface = sitting.editor.surface
    sitting.look(128, 128, 0.25)
    sitting.shown(0, 0)
    sitting.editor.desk.set_options(brush=dataclasses.replace(HARD, size=60))
    QTest.mousePress(surface, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, sitting.at(128, 128))
    QTest.mouseMove(surface, sitting.at(160, 128))
    QTest.mouseMove(surface, sitting.at(180, 128))
    assert surface.grab().toImage().pixelColor(sitting.at(132, 128)).name() == "#c81e28"
    QTest.mouseRelease(surface, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, sitting.at(180, 128))
    sitting.settle()
    assert sitting.colour(132, 128) == (200, 30, 40, 255)


def test_symmetry_is_about_the_middle_of_the_canvas_and_its_axes_are_seen(sitting: Sitting) -> None:
    form = sitting.editor.options.findChild(BrushForm)
    assert form is not None
    form.symmetry.setCurrentIndex(form.symmetry.findText("Left and right"))
    form.symmetry.activated.emit(form.symmetry.currentIndex())
    sitting.drag((40, 60), (60, 60))
    alpha = sitting.own(Rect(0, 0, 256, 256))[..., 3]
    assert alpha[60, 50] == 255 and np.array_equal(alpha, alpha[:, ::-1])
    form.show_options()
    assert form.symmetry.currentText() == "Left and right"
    tool = sitting.editor.tools["brush"]
    assert isinstance(tool, BrushTool)
    assert axes(tool.symmetry, Size(256, 256)) == [((128.0, 0.0), (128.0, 256.0))]
    assert len(axes(Symmetry(50, 50, radial=6), Size(100, 100))) == 6 and axes(Symmetry(), Size(9, 9)) == []


@pytest.mark.parametrize(("tilt", "wide"), [((50.0, 0.0), True), ((0.0, 50.0), False)])
def test_a_pens_tilt_turns_the_tip_when_the_panel_says_so(
    sitting: Sitting, tilt: tuple[float, float], wide: bool
) -> None:
    sitting.editor.desk.set_options(brush=Brush(size=80, hardness=1.0, roundness=0.2))
    form = sitting.editor.options.findChild(BrushForm)
    assert form is not None
    form.turning.click()
    for kind in (QEvent.Type.TabletPress, QEvent.Type.TabletRelease):
        sitting.pen(kind, 128, 128, tilt=tilt)
    sitting.settle()
    rows, columns = np.nonzero(sitting.own(CANVAS)[..., 3] > 128)
    assert (np.ptp(columns) > 3 * np.ptp(rows)) == wide
    assert (np.ptp(rows) > 3 * np.ptp(columns)) != wide


def test_a_pen_held_flat_paints_flatter_when_the_panel_says_so(sitting: Sitting) -> None:
    form = sitting.editor.options.findChild(BrushForm)
    assert form is not None
    areas = []
    for percent, y in ((0, 60), (90, 180)):
        sitting.editor.desk.set_options(brush=Brush(size=60, hardness=1.0))
        form.tilt.set_value(percent)
        for kind in (QEvent.Type.TabletPress, QEvent.Type.TabletRelease):
            sitting.pen(kind, 128, y, tilt=(60.0, 0.0))
        sitting.settle()
        areas.append(int((sitting.own(Rect(0, y - 50, 256, 100))[..., 3] > 128).sum()))
    assert areas[1] < 0.6 * areas[0]


def test_small_pictures_wait_for_the_pen_and_only_as_long_as_it_is_down(sitting: Sitting) -> None:
    """Waiting for ever would look like a picture that is never made."""
    told: list[bool] = []
    waits = Courtesy.pen

    def tell(courtesy: Courtesy, *, down: bool) -> None:
        told.append(down)
        waits(courtesy, down=down)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Courtesy, "pen", tell)
        sitting.drag((40, 40), (90, 60), (140, 40))
        assert told == [True, False]
        sitting.drag((40, 80), (90, 80))
        assert told == [True, False, True, False]
