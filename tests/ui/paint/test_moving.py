"""Move, crop and the frame."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.domain.document.document import Document
from studio.domain.document.edits import changed, with_frame, with_tiles
from studio.domain.document.layers import Mask, PaintLayer
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
    sitting.settle()
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


def select(sitting: Sitting, rect: Rect) -> None:
    sitting.editor.take_up("select-rectangle")
    sitting.drag((rect.x, rect.y), (rect.right, rect.bottom))
    sitting.editor.take_up("move")


def hold(sitting: Sitting, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Press, and go there."""
    surface = sitting.editor.surface
    QTest.mousePress(surface, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, sitting.at(*start))
    QTest.mouseMove(surface, sitting.at(*end))
    sitting.settle()


def let_go(sitting: Sitting, at: tuple[int, int]) -> None:
    surface = sitting.editor.surface
    QTest.mouseRelease(surface, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, sitting.at(*at))
    sitting.settle()


def test_what_is_selected_is_seen_on_its_way_as_it_will_be(sitting: Sitting) -> None:
    put_spot(sitting)
    desk, layer = sitting.editor.desk, sitting.layer
    mask = desk.store.masked(Mask(outside=255), Rect(0, 0, 256, 120), np.full((120, 256), 100, np.uint8))
    desk.edit("Mask", lambda document: changed(document, layer.id, mask=mask, opacity=0.5))
    select(sitting, Rect(110, 90, 30, 30))
    steps = len(sitting.editor.session.history.versions)
    shown: list[Document] = []
    desk.previewed.connect(shown.append)
    hold(sitting, (115, 105), (105, 111))
    before = desk.compositor.render(shown[-1], Rect(0, 0, 256, 256))
    assert desk.carried == (-10, 6), "the ants go along"
    assert len(sitting.editor.session.history.versions) == steps
    let_go(sitting, (105, 111))
    assert np.array_equal(sitting.pixels(Rect(0, 0, 256, 256)), before)
    assert len(sitting.editor.session.history.versions) == steps + 1 and desk.carried == (0, 0)


def test_esc_puts_a_part_back(sitting: Sitting) -> None:
    put_spot(sitting)
    select(sitting, Rect(110, 90, 30, 30))
    hold(sitting, (115, 105), (115, 155))
    assert sitting.shown(112, 155) == "#c80000" and sitting.shown(115, 105) != "#c80000"
    sitting.key(Qt.Key.Key_Escape)
    let_go(sitting, (115, 155))
    assert sitting.shown(115, 105) == "#c80000" and box(sitting) == SPOT
    assert sitting.editor.desk.carried == (0, 0)


def test_a_part_that_is_moved_again_leaves_what_it_came_to_lie_over(sitting: Sitting) -> None:
    put_spot(sitting)
    desk, blue = sitting.editor.desk, Rect(40, 100, 20, 10)

    def more(document: Document) -> Document:
        tiles = desk.store.painted(sitting.layer.tiles, blue, solid(blue, (0, 0, 200)))
        return with_tiles(document, document.active, tiles)

    desk.edit("Blue", more)
    before = sitting.own(Rect(0, 0, 256, 256))
    select(sitting, Rect(90, 90, 40, 40))
    sitting.drag((105, 105), (55, 112))
    over = sitting.own(Rect(0, 0, 256, 256))
    assert over[110, 55].tolist() == [200, 0, 0, 255] and over[103, 55].tolist() == [0, 0, 200, 255]
    sitting.drag((55, 112), (105, 105))
    assert np.array_equal(sitting.own(Rect(0, 0, 256, 256)), before), "back where it was, nothing is lost"


def test_steps_by_keys_in_a_row_are_one_edit(sitting: Sitting) -> None:
    put_spot(sitting)
    sitting.editor.take_up("move")
    steps = len(sitting.editor.session.history.versions)
    for _ in range(5):
        sitting.key(Qt.Key.Key_Right)
    sitting.settle()
    assert box(sitting) == SPOT.moved(5, 0)
    assert len(sitting.editor.session.history.versions) == steps + 1
    sitting.editor.toast.hide()


def test_a_masked_layer_is_shown_with_its_mask_on_the_way(sitting: Sitting) -> None:
    put_spot(sitting)
    desk, layer = sitting.editor.desk, sitting.layer
    mask = desk.store.masked(Mask(outside=255), Rect(100, 100, 10, 10), np.zeros((10, 10), np.uint8))
    desk.edit("Mask", lambda document: changed(document, layer.id, mask=mask))
    sitting.editor.take_up("move")
    shown: list[Document] = []
    desk.previewed.connect(shown.append)
    hold(sitting, (50, 50), (57, 53))
    before = desk.compositor.render(shown[-1], Rect(0, 0, 256, 256))
    let_go(sitting, (57, 53))
    assert np.array_equal(sitting.pixels(Rect(0, 0, 256, 256)), before) and not before[105, 110, 3]


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
