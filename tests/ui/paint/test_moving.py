"""Move, crop and the frame."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.domain.document.document import Document
from studio.domain.document.edits import with_frame, with_tiles
from studio.domain.document.layers import PaintLayer
from studio.domain.geometry import Rect, Size
from studio.ui.paint.tools.framing import FrameTool
from studio.ui.paint.tools.handles import INSIDE, Limits, dragged
from tests.ui.paint.sitting import Sitting, solid

SPOT = Rect(100, 100, 20, 10)


def put_spot(sitting: Sitting) -> None:
    desk = sitting.editor.desk

    def change(document: Document) -> Document:
        layer = document.find(document.active)
        assert isinstance(layer, PaintLayer)
        tiles = desk.store.painted(layer.tiles, SPOT, solid(SPOT, (200, 0, 0)))
        return with_tiles(document, layer.id, tiles)

    assert desk.edit("Spot", change)


def box(sitting: Sitting) -> Rect:
    """What the layer covers."""
    alpha = sitting.own(Rect(0, 0, 256, 256))[..., 3]
    rows, columns = np.flatnonzero(alpha.any(1)), np.flatnonzero(alpha.any(0))
    x, y = int(columns[0]), int(rows[0])
    return Rect(x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1)


def test_a_layer_is_dragged_by_whole_pixels(sitting: Sitting) -> None:
    put_spot(sitting)
    sitting.editor.take_up("move")
    sitting.drag((50, 50), (60, 55), (87, 39))
    assert box(sitting) == SPOT.moved(37, -11)
    assert sitting.editor.session.history.current.label == "Move"
    assert sitting.shown(140, 92) == "#c80000"
    sitting.editor.desk.undo()
    assert box(sitting) == SPOT


def test_what_is_dragged_is_seen_on_its_way(sitting: Sitting) -> None:
    put_spot(sitting)
    sitting.editor.take_up("move")
    surface, left = sitting.editor.surface, Qt.MouseButton.LeftButton
    QTest.mousePress(surface, left, Qt.KeyboardModifier.NoModifier, sitting.at(50, 50))
    QTest.mouseMove(surface, sitting.at(90, 50))
    assert sitting.shown(145, 105) == "#c80000" and sitting.shown(105, 105) != "#c80000"
    sitting.key(Qt.Key.Key_Escape)
    assert sitting.shown(105, 105) == "#c80000"
    QTest.mouseRelease(surface, left, Qt.KeyboardModifier.NoModifier, sitting.at(90, 50))
    assert box(sitting) == SPOT


def test_arrow_keys_go_by_pixels(sitting: Sitting) -> None:
    put_spot(sitting)
    sitting.editor.take_up("move")
    sitting.key(Qt.Key.Key_Right)
    sitting.settle()
    sitting.key(Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    sitting.settle()
    assert box(sitting) == SPOT.moved(1, 10)


def test_only_what_is_selected_moves_and_the_selection_with_it(sitting: Sitting) -> None:
    put_spot(sitting)
    sitting.editor.take_up("select-rectangle")
    sitting.drag((110, 90), (140, 120))
    sitting.editor.take_up("move")
    sitting.drag((115, 105), (115, 155))
    pixels = sitting.own(Rect(0, 0, 256, 256))[..., 3]
    assert pixels[105, 105] == 255 and pixels[105, 115] == 0 and pixels[155, 115] == 255 and pixels[155, 105] == 0
    selection = sitting.document.selection
    assert selection is not None
    assert sitting.editor.desk.store.mask(selection, Rect(115, 150, 1, 1))[0, 0] == 255


def test_crop_by_enter(sitting: Sitting) -> None:
    put_spot(sitting)
    sitting.editor.take_up("crop")
    sitting.drag((90, 95), (150, 145))
    assert sitting.document.size == Size(256, 256), "not before Enter"
    sitting.key(Qt.Key.Key_Return)
    sitting.settle()
    assert sitting.document.size == Size(60, 50)
    assert sitting.own(Rect(10, 5, 1, 1))[0, 0].tolist() == [200, 0, 0, 255]
    sitting.editor.toast.hide()


def test_the_frame_is_moved_and_resized_in_steps_of_the_model(sitting: Sitting) -> None:
    desk = sitting.editor.desk
    desk.edit("x", lambda document: with_frame(document, Rect(64, 64, 128, 128)))
    sitting.editor.take_up("frame")
    tool = sitting.editor.tools["frame"]
    assert isinstance(tool, FrameTool)
    tool.step = 64
    sitting.drag((128, 128), (138, 121))
    assert sitting.document.frame == Rect(74, 57, 128, 128)
    sitting.drag((202, 185), (230, 185))
    assert sitting.document.frame == Rect(74, 57, 128, 128), "too little for a step"
    sitting.drag((202, 121), (245, 121))
    assert sitting.document.frame == Rect(74, 57, 192, 128)


def test_the_opposite_side_stays_and_the_shape_may() -> None:
    rect = Rect(100, 100, 200, 100)
    assert dragged(rect, (-1, 0), -50, 0, Limits()) == Rect(50, 100, 250, 100)
    assert dragged(rect, (1, 1), 100, 0, Limits(ratio=2.0)) == Rect(100, 100, 300, 150)
    assert dragged(rect, (-1, -1), 1000, 1000, Limits(step=8, least=64)) == Rect(236, 136, 64, 64)
    assert dragged(rect, INSIDE, 3.4, -2.6, Limits()) == rect.moved(3, -3)
