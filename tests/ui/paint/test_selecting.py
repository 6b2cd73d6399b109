"""Selections, and that they bound what is painted; bucket, gradient, pipette."""

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from studio.domain.document.brushes import Brush
from studio.domain.document.layers import Mask, PaintLayer
from studio.domain.geometry import Rect, Size
from studio.imaging.tiles import Pixels
from studio.ui.paint.clipboard import picture_in
from tests.ui.paint.sitting import Sitting

CANVAS = Rect(0, 0, 256, 256)
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


def chosen(sitting: Sitting) -> Pixels:
    """The selection's values on the whole canvas."""
    selection = sitting.document.selection
    return sitting.editor.desk.store.mask(selection if selection is not None else Mask(), CANVAS)


def boxed(*boxes: tuple[int, int, int, int]) -> Pixels:
    out = np.zeros((256, 256), np.uint8)
    for left, top, right, bottom in boxes:
        out[top:bottom, left:right] = 255
    return out


def ink(sitting: Sitting, colour: tuple[int, int, int]) -> None:
    sitting.editor.desk.set_inks(dataclasses.replace(sitting.editor.desk.inks, front=colour))


def test_a_rectangle(sitting: Sitting) -> None:
    sitting.editor.take_up("select-rectangle")
    sitting.drag((40, 50), (100, 90))
    assert np.array_equal(chosen(sitting), boxed((40, 50, 100, 90)))


def test_keys_add_subtract_and_intersect(sitting: Sitting) -> None:
    sitting.editor.take_up("select-rectangle")
    sitting.drag((40, 50), (100, 90))
    sitting.drag((120, 50), (140, 90), held=SHIFT)
    assert np.array_equal(chosen(sitting), boxed((40, 50, 100, 90), (120, 50, 140, 90)))
    sitting.drag((40, 50), (60, 90), held=ALT)
    assert np.array_equal(chosen(sitting), boxed((60, 50, 100, 90), (120, 50, 140, 90)))
    sitting.drag((0, 0), (110, 256), held=SHIFT | ALT)
    assert np.array_equal(chosen(sitting), boxed((60, 50, 100, 90)))


def test_a_click_deselects(sitting: Sitting) -> None:
    sitting.editor.take_up("select-rectangle")
    sitting.drag((40, 50), (100, 90))
    sitting.click(10, 10)
    assert sitting.document.selection is None
    sitting.editor.desk.undo()
    assert np.array_equal(chosen(sitting), boxed((40, 50, 100, 90)))


def test_an_ellipse_and_a_lasso_have_their_areas(sitting: Sitting) -> None:
    sitting.editor.take_up("select-ellipse")
    sitting.drag((40, 40), (140, 120))
    assert chosen(sitting).sum() / 255 == pytest.approx(np.pi * 50 * 40, rel=0.01)
    sitting.editor.take_up("lasso")
    sitting.drag((50, 50), (150, 50), (150, 150), (50, 150))
    assert np.array_equal(chosen(sitting), boxed((50, 50, 150, 150)))


def test_a_polygon_is_closed_by_enter_and_corners_can_be_taken_back(sitting: Sitting) -> None:
    sitting.editor.take_up("select-polygon")
    for place in ((50, 50), (150, 50), (200, 200), (150, 150), (50, 150)):
        sitting.click(*place)
        if place == (200, 200):
            sitting.key(Qt.Key.Key_Backspace)
    sitting.key(Qt.Key.Key_Return)
    sitting.settle()
    assert np.array_equal(chosen(sitting), boxed((50, 50, 150, 150)))
    sitting.click(10, 10)
    sitting.key(Qt.Key.Key_Escape)
    sitting.settle()
    assert np.array_equal(chosen(sitting), boxed((50, 50, 150, 150))), "Esc takes only the new one back"


def test_painting_stays_inside_the_selection(sitting: Sitting) -> None:
    sitting.editor.take_up("select-rectangle")
    sitting.drag((100, 0), (150, 256))
    sitting.editor.take_up("brush")
    sitting.editor.desk.set_options(brush=Brush(size=20, hardness=1.0))
    sitting.drag((50, 128), (200, 128))
    alpha = sitting.own(CANVAS)[..., 3]
    assert not alpha[:, :100].any() and not alpha[:, 150:].any()
    assert (alpha[124:132, 100:150] == 255).all()


def two_halves(sitting: Sitting) -> None:
    """Red at the left, blue at the right."""
    for colour, (left, right) in (((200, 0, 0), (0, 128)), ((0, 0, 200), (128, 256))):
        sitting.editor.take_up("select-rectangle")
        sitting.drag((left, 0), (right, 256))
        ink(sitting, colour)
        sitting.editor.edits.fill()
        sitting.settle()
    sitting.editor.selection.select_none()


def test_wand_and_colour_range_find_one_half(sitting: Sitting) -> None:
    two_halves(sitting)
    sitting.editor.take_up("wand")
    sitting.click(20, 20)
    assert np.array_equal(chosen(sitting), boxed((0, 0, 128, 256)))
    sitting.editor.take_up("colour-range")
    sitting.click(220, 20)
    assert np.array_equal(chosen(sitting), boxed((128, 0, 256, 256)))


def test_invert_grow_shrink_and_feather(sitting: Sitting) -> None:
    sitting.editor.take_up("select-rectangle")
    sitting.drag((100, 100), (150, 150))
    edits = sitting.editor.selection
    edits.shrink(10)
    sitting.settle()
    assert np.array_equal(chosen(sitting), boxed((110, 110, 140, 140)))
    edits.invert()
    sitting.settle()
    assert np.array_equal(chosen(sitting), 255 - boxed((110, 110, 140, 140)))
    edits.feather(4)
    sitting.settle()
    assert 0 < chosen(sitting)[125, 110] < 255
    edits.select_none()
    edits.grow(4)
    sitting.settle()
    assert "Nothing is selected" in sitting.editor.toast.text()
    sitting.editor.toast.hide()


def test_the_bucket_fills_what_is_joined(sitting: Sitting) -> None:
    two_halves(sitting)
    ink(sitting, (0, 180, 0))
    sitting.editor.take_up("fill")
    sitting.click(20, 20)
    assert sitting.colour(100, 200) == (0, 180, 0, 255)
    assert sitting.colour(200, 200) == (0, 0, 200, 255)
    assert sitting.editor.session.history.current.label == "Fill"


def test_a_gradient_from_black_to_white(sitting: Sitting) -> None:
    sitting.editor.take_up("gradient")
    sitting.drag((0, 128), (255, 128))
    row = sitting.own(CANVAS)[128, :, 0].astype(int)
    assert row[2] < 8 and row[253] > 247 and abs(row[128] - 128) < 4
    assert (np.diff(row) >= -1).all()


def test_the_pipette_and_alt_with_the_brush(sitting: Sitting) -> None:
    two_halves(sitting)
    sitting.editor.take_up("pick")
    sitting.click(200, 20)
    assert sitting.editor.desk.inks.front == (0, 0, 200)
    sitting.editor.take_up("brush")
    steps = len(sitting.editor.session.history.versions)
    sitting.click(20, 20, held=ALT)
    assert sitting.editor.desk.inks.front == (200, 0, 0)
    assert len(sitting.editor.session.history.versions) == steps, "Alt paints nothing"


def test_the_quick_mask_is_painted_and_becomes_the_selection(sitting: Sitting) -> None:
    sitting.editor.set_quick_mask(True)
    sitting.editor.desk.set_options(brush=Brush(size=40, hardness=1.0))
    sitting.drag((100, 100), (150, 100))
    values = chosen(sitting)
    assert values[100, 125] == 0 and values[10, 10] == 255
    assert not sitting.own(CANVAS).any(), "no pixel of the layer is painted"
    inside = sitting.shown(125, 100)
    assert inside != sitting.shown(10, 10), "a red film shows what is not selected"
    sitting.editor.set_quick_mask(False)
    sitting.editor.take_up("brush")
    sitting.drag((125, 60), (125, 140))
    assert not sitting.own(Rect(125, 100, 1, 1)).any()
    assert sitting.own(Rect(125, 70, 1, 1))[0, 0, 3] == 255


def test_ants_march_round_a_selection_and_stop_with_it(sitting: Sitting) -> None:
    overlays = sitting.editor.surface.overlays
    sitting.editor.take_up("select-rectangle")
    sitting.drag((40, 50), (100, 90))
    sitting.bot.waitUntil(lambda: not overlays._outline.path.isEmpty())
    box = overlays._outline.path.boundingRect()
    assert (box.left(), box.top(), box.right(), box.bottom()) == (40, 50, 100, 90)
    sitting.editor.selection.select_none()
    assert overlays._outline.path.isEmpty() and not overlays._clock.isActive()


def test_copy_cut_and_paste(sitting: Sitting) -> None:
    two_halves(sitting)
    sitting.editor.take_up("select-rectangle")
    sitting.drag((100, 100), (156, 120))
    sitting.editor.selection.cut()
    sitting.settle()
    assert sitting.own(Rect(110, 110, 1, 1))[0, 0, 3] == 0
    sitting.editor.selection.select_none()
    sitting.editor.selection.paste(picture_in(QGuiApplication.clipboard().mimeData()), CANVAS)
    sitting.settle()
    assert isinstance(sitting.layer, PaintLayer) and sitting.layer.name == "Pasted 1"
    assert sitting.colour(110, 110) == (200, 0, 0, 255) and sitting.colour(140, 110) == (0, 0, 200, 255)
    assert sitting.document.size == Size(256, 256)
