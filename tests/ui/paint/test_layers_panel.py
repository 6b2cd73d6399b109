"""The list of layers: what it shows, and what its controls do."""

import dataclasses

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest

from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import GroupLayer, Layer
from studio.domain.geometry import Rect
from studio.ui.paint.panels.layer_row import eye_rect, mask_rect, thumbnail_rect
from studio.ui.paint.panels.layer_tree import PICTURE
from tests.ui.paint.sitting import Sitting


def names(document: Document) -> list[str]:
    """From above to below, as the list shows them."""
    return [layer.name for layer in reversed(list(document.walk()))]


def shown(sitting: Sitting, parent: QModelIndex | None = None) -> list[str]:
    model, parent = sitting.editor.layers.model, parent or QModelIndex()
    found = []
    for row in range(model.rowCount(parent)):
        index = model.index(row, 0, parent)
        found += [str(index.data()), *shown(sitting, index)]
    return found


def press(sitting: Sitting, name: str) -> None:
    sitting.editor.layers._buttons[name].click()
    sitting.settle()


def named(sitting: Sitting, name: str) -> Layer:
    return next(layer for layer in sitting.document.walk() if layer.name == name)


def test_new_layers_go_above_and_become_active(sitting: Sitting) -> None:
    press(sitting, "add")
    assert shown(sitting) == ["Layer 2", "Layer 1"]
    assert sitting.layer.name == "Layer 2"
    assert sitting.editor.layers.view.currentIndex().data() == "Layer 2"


def test_a_click_chooses_a_layer_and_is_no_step(sitting: Sitting) -> None:
    press(sitting, "add")
    steps = len(sitting.editor.session.history.versions)
    view = sitting.editor.layers.view
    index = sitting.editor.layers.model.index(1, 0)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())
    assert sitting.layer.name == "Layer 1"
    assert len(sitting.editor.session.history.versions) == steps


def test_the_eye_hides_and_the_picture_follows(sitting: Sitting) -> None:
    fill(sitting, (10, 200, 30))
    view, index = sitting.editor.layers.view, sitting.editor.layers.model.index(0, 0)
    place = eye_rect(view.visualRect(index)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert not sitting.layer.visible
    assert sitting.colour(20, 20) == (0, 0, 0, 0)
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert sitting.layer.visible
    assert sitting.shown(20, 20) == "#0ac81e"


def test_mode_and_opacity(sitting: Sitting) -> None:
    panel = sitting.editor.layers
    fill(sitting, (200, 100, 0))
    steps = len(sitting.editor.session.history.versions)
    panel.opacity.slider.sliderPressed.emit()
    for percent in (80, 60, 50):
        panel.opacity.slider.setValue(percent)
    assert sitting.layer.opacity == 0.5
    assert len(sitting.editor.session.history.versions) == steps + 1, "a drag is one step"
    assert sitting.colour(5, 5)[3] == 128
    panel.mode.setCurrentIndex(panel.mode.findData(BlendMode.MULTIPLY))
    panel.mode.activated.emit(panel.mode.currentIndex())
    assert sitting.layer.mode is BlendMode.MULTIPLY
    sitting.editor.desk.undo()
    assert panel.mode.currentData() == BlendMode.NORMAL


def test_duplicate_delete_and_the_last_one_stays(sitting: Sitting) -> None:
    press(sitting, "duplicate")
    assert shown(sitting) == ["Layer 1 copy", "Layer 1"]
    press(sitting, "delete")
    assert shown(sitting) == ["Layer 1"]
    press(sitting, "delete")
    assert shown(sitting) == ["Layer 1"]
    assert "last layer" in sitting.editor.toast.text()
    sitting.editor.toast.hide()


def test_group_merge_and_drag_into_it(sitting: Sitting) -> None:
    press(sitting, "add")
    press(sitting, "group")
    group = sitting.editor.desk.active
    assert isinstance(group, GroupLayer) and [child.name for child in group.children] == ["Layer 2"]
    model = sitting.editor.layers.model
    data = model.mimeData([model.index_of(named(sitting, "Layer 1").id)])
    model.dropMimeData(data, Qt.DropAction.MoveAction, 1, 0, model.index_of(group.id))
    moved = named(sitting, group.name)
    assert isinstance(moved, GroupLayer) and [child.name for child in moved.children] == ["Layer 1", "Layer 2"]
    assert shown(sitting) == [group.name, "Layer 2", "Layer 1"]


def test_a_drag_to_the_top(sitting: Sitting) -> None:
    press(sitting, "add")
    press(sitting, "add")
    model = sitting.editor.layers.model
    data = model.mimeData([model.index_of(named(sitting, "Layer 1").id)])
    model.dropMimeData(data, Qt.DropAction.MoveAction, 0, 0, QModelIndex())
    assert shown(sitting) == ["Layer 1", "Layer 3", "Layer 2"]
    data = model.mimeData([model.index_of(named(sitting, "Layer 1").id)])
    model.dropMimeData(data, Qt.DropAction.MoveAction, 2, 0, QModelIndex())
    assert shown(sitting) == ["Layer 3", "Layer 1", "Layer 2"]


def test_rename(sitting: Sitting) -> None:
    model = sitting.editor.layers.model
    assert model.setData(model.index(0, 0), "  Sky ", Qt.ItemDataRole.EditRole)
    assert sitting.layer.name == "Sky" and shown(sitting) == ["Sky"]
    assert not model.setData(model.index(0, 0), "  ", Qt.ItemDataRole.EditRole)


def test_merge_down_gives_the_same_picture(sitting: Sitting) -> None:
    fill(sitting, (200, 100, 0))
    press(sitting, "add")
    sitting.editor.edits.change(opacity=0.5)
    fill(sitting, (0, 0, 255))
    before = sitting.colour(9, 9)
    press(sitting, "merge")
    assert shown(sitting) == ["Layer 1"]
    assert sitting.colour(9, 9) == before


def test_a_mask_is_painted_on_when_it_is_chosen(sitting: Sitting) -> None:
    fill(sitting, (200, 100, 0))
    press(sitting, "mask")
    assert sitting.editor.desk.on_mask
    sitting.drag((100, 100), (150, 100))
    assert sitting.colour(120, 100) == (0, 0, 0, 0), "black hides"
    assert sitting.own(Rect(120, 100, 1, 1))[0, 0, 3] == 255, "the pixels are still there"
    assert sitting.editor.session.history.current.label == "Mask stroke"
    view, index = sitting.editor.layers.view, sitting.editor.layers.model.index(0, 0)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=thumbnail_rect(view.visualRect(index)).center())
    assert not sitting.editor.desk.on_mask
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=mask_rect(view.visualRect(index)).center())
    assert sitting.editor.desk.on_mask


def test_rows_say_what_they_are(sitting: Sitting) -> None:
    layer_id = sitting.layer.id
    sitting.editor.edits.toggle(layer_id, "locked")
    sitting.editor.edits.toggle(layer_id, "visible")
    text = sitting.editor.layers.model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert text == "Layer 1, hidden, locked"


def test_thumbnails_come(sitting: Sitting) -> None:
    fill(sitting, (10, 200, 30))
    model = sitting.editor.layers.model

    def green() -> bool:
        image = model.index(0, 0).data(PICTURE)
        return image is not None and image.pixelColor(5, 5).name() == "#0ac81e"

    sitting.bot.waitUntil(green)


def fill(sitting: Sitting, colour: tuple[int, int, int]) -> None:
    sitting.editor.desk.set_inks(dataclasses.replace(sitting.editor.desk.inks, front=colour))
    sitting.editor.edits.fill()
    sitting.settle()
    sitting.editor.desk.set_inks(dataclasses.replace(sitting.editor.desk.inks, front=(0, 0, 0)))
