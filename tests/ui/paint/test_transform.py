"""Free transform: the handles, what is applied, and what Esc takes back."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.domain.document.document import Document
from studio.domain.document.edits import changed, insert, with_tiles
from studio.domain.document.layers import ImageLayer, Mask, PaintLayer
from studio.domain.document.tiles import EMPTY
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect
from studio.ui.paint.tools import transform
from studio.ui.paint.tools.transform import TransformTool
from tests.ui.paint.sitting import Sitting, solid

SPOT = Rect(100, 100, 40, 20)
CANVAS = Rect(0, 0, 256, 256)


@pytest.fixture
def tool(sitting: Sitting) -> TransformTool:
    desk = sitting.editor.desk

    def change(document: Document) -> Document:
        layer = document.find(document.active)
        assert isinstance(layer, PaintLayer)
        return with_tiles(document, layer.id, desk.store.painted(layer.tiles, SPOT, solid(SPOT, (200, 0, 0))))

    assert desk.edit("Spot", change)
    sitting.editor.take_up("transform")
    made = sitting.editor.tools["transform"]
    assert isinstance(made, TransformTool) and made.active
    sitting.settle()
    assert made.holds
    return made


def box(sitting: Sitting) -> Rect:
    alpha = sitting.own(CANVAS)[..., 3] > 128
    rows, columns = np.flatnonzero(alpha.any(1)), np.flatnonzero(alpha.any(0))
    x, y = int(columns[0]), int(rows[0])
    return Rect(x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1)


def enter(sitting: Sitting) -> None:
    sitting.key(Qt.Key.Key_Return)
    sitting.settle()


def test_a_corner_scales_and_the_opposite_one_stays(sitting: Sitting, tool: TransformTool) -> None:
    steps = len(sitting.editor.session.history.versions)
    sitting.drag((140, 120), (180, 160))
    assert box(sitting) == SPOT, "nothing is applied before Enter"
    assert sitting.shown(170, 150) == "#c80000", "but it is seen"
    enter(sitting)
    assert box(sitting) == Rect(100, 100, 80, 60)
    assert len(sitting.editor.session.history.versions) == steps + 1
    assert sitting.editor.tool == "move", "the tool is put down"
    sitting.editor.desk.undo()
    assert box(sitting) == SPOT


def test_shift_keeps_the_shape(sitting: Sitting, tool: TransformTool) -> None:
    sitting.look(128, 128)
    surface, left = sitting.editor.surface, Qt.MouseButton.LeftButton
    QTest.mousePress(surface, left, Qt.KeyboardModifier.ShiftModifier, sitting.at(140, 120))
    QTest.mouseRelease(surface, left, Qt.KeyboardModifier.ShiftModifier, sitting.at(180, 125))
    enter(sitting)
    assert box(sitting) == Rect(100, 100, 80, 40)


def test_inside_moves_and_outside_turns(sitting: Sitting, tool: TransformTool) -> None:
    sitting.drag((120, 110), (130, 125))
    middle, far = (130.0, 125.0), 60.0
    sitting.drag((middle[0] + far, middle[1]), (middle[0], middle[1] + far))
    enter(sitting)
    assert box(sitting) == Rect(120, 105, 20, 40)


def test_ctrl_on_a_corner_makes_perspective(sitting: Sitting, tool: TransformTool) -> None:
    sitting.drag((140, 100), (140, 60), held=Qt.KeyboardModifier.ControlModifier)
    enter(sitting)
    alpha = sitting.own(CANVAS)[..., 3]
    left, right = int((alpha[:, 103] > 128).sum()), int((alpha[:, 137] > 128).sum())
    assert left < 28 and right > 48


def test_ctrl_on_a_side_skews(sitting: Sitting, tool: TransformTool) -> None:
    sitting.drag((120, 100), (140, 100), held=Qt.KeyboardModifier.ControlModifier)
    enter(sitting)
    alpha = sitting.own(CANVAS)[..., 3] > 128
    assert np.flatnonzero(alpha[101])[0] > np.flatnonzero(alpha[118])[0] + 12


def test_esc_takes_it_back(sitting: Sitting, tool: TransformTool) -> None:
    sitting.drag((140, 120), (180, 160))
    sitting.key(Qt.Key.Key_Escape)
    assert sitting.shown(170, 150) != "#c80000" and box(sitting) == SPOT and not tool.active


def test_another_tool_applies_it(sitting: Sitting, tool: TransformTool) -> None:
    sitting.drag((140, 120), (180, 160))
    sitting.editor.take_up("brush")
    sitting.settle()
    assert box(sitting) == Rect(100, 100, 80, 60)


def test_only_what_is_selected_is_transformed(sitting: Sitting, tool: TransformTool) -> None:
    sitting.key(Qt.Key.Key_Escape)
    sitting.editor.take_up("select-rectangle")
    sitting.drag((120, 90), (160, 130))
    sitting.editor.take_up("transform")
    sitting.settle()
    sitting.drag((130, 110), (130, 160))
    enter(sitting)
    alpha = sitting.own(CANVAS)[..., 3]
    assert alpha[110, 110] == 255 and alpha[110, 130] == 0 and alpha[160, 130] == 255 and alpha[160, 110] == 0


def test_a_part_looks_on_its_way_as_it_will(sitting: Sitting, tool: TransformTool) -> None:
    """Opacity and mask of the layer bound what is in the hand as they will bound it when it is put down."""
    sitting.key(Qt.Key.Key_Escape)
    desk, layer = sitting.editor.desk, sitting.layer
    mask = desk.store.masked(Mask(outside=255), Rect(0, 0, 256, 130), np.full((130, 256), 128, np.uint8))
    desk.edit("Mask", lambda document: changed(document, layer.id, mask=mask, opacity=0.5))
    sitting.editor.take_up("select-rectangle")
    sitting.drag((120, 90), (160, 130))
    shown: list[Document] = []
    desk.previewed.connect(shown.append)
    sitting.editor.take_up("transform")
    sitting.settle()
    sitting.drag((130, 110), (110, 120))
    before = desk.compositor.render(shown[-1], CANVAS)
    enter(sitting)
    assert np.array_equal(before, sitting.pixels(CANVAS)) and before[..., 3].max() == 64


def test_a_picture_keeps_its_pixels_under_the_transformation(sitting: Sitting, tool: TransformTool) -> None:
    sitting.key(Qt.Key.Key_Escape)
    desk = sitting.editor.desk
    rect = Rect(0, 0, 30, 30)
    tiles = desk.store.painted(EMPTY, rect, solid(rect, (0, 0, 200)))
    picture = ImageLayer(name="Photo", tiles=tiles, width=30, height=30)
    desk.edit("Photo", lambda document: insert(document, picture))
    sitting.editor.take_up("transform")
    sitting.drag((30, 30), (60, 90))
    enter(sitting)
    layer = desk.active
    assert isinstance(layer, ImageLayer) and layer.tiles == tiles
    assert layer.matrix[0] == pytest.approx(2.0) and layer.matrix[4] == pytest.approx(3.0)
    assert sitting.colour(50, 80) == (0, 0, 200, 255)
    sitting.editor.edits.apply_transform()
    sitting.settle()
    assert isinstance(desk.active, PaintLayer) and sitting.colour(50, 80) == (0, 0, 200, 255)


def test_an_empty_layer_says_so(sitting: Sitting) -> None:
    sitting.editor.take_up("transform")
    sitting.settle()
    assert "nothing here" in sitting.editor.toast.text()
    sitting.editor.toast.hide()


def test_a_transformation_goes_on_while_panels_look_again(sitting: Sitting, tool: TransformTool) -> None:
    sitting.editor.desk.look_again()
    assert tool.holds
    sitting.drag((120, 110), (150, 140))
    enter(sitting)
    assert box(sitting) == SPOT.moved(30, 30)


def test_a_click_takes_up_what_could_not_be_read_before(
    sitting: Sitting, tool: TransformTool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object) -> None:
        raise StudioError(ErrorKind.DISK, "A tile is damaged.")

    sitting.key(Qt.Key.Key_Escape)
    with monkeypatch.context() as broken:
        broken.setattr(transform, "_lift", damaged)
        sitting.editor.take_up("transform")
        sitting.settle()
    sitting.click(120, 110)
    assert tool.holds
