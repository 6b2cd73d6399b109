"""Edits that are asked for faster than they are made: none is lost, and each knows of those before it."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.domain.document.adjustments import Levels
from studio.domain.document.document import Document
from studio.domain.document.edits import changed, insert, with_selection, with_tiles
from studio.domain.document.layers import AdjustmentLayer, GroupLayer, ImageLayer, Mask, PaintLayer
from studio.domain.document.tiles import EMPTY, Place
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect
from studio.imaging import matrices
from studio.imaging.tiles import MemoryBlobs, TileStore
from studio.ui.paint.clipboard import picture_in
from studio.ui.paint.desk import Change
from studio.ui.paint.outlines import Look, SelectionOutline
from tests.ui.paint.sitting import NOTHING, Sitting

CANVAS = Rect(0, 0, 256, 256)


def renamed(sitting: Sitting, name: str) -> Change:
    layer_id = sitting.document.active
    return lambda document: changed(document, layer_id, name=name)


def after(wait: threading.Event, change: Change) -> Change:
    def waiting(document: Document) -> Document:
        wait.wait(10)
        return change(document)

    return waiting


def impossible(document: Document) -> Document:
    raise StudioError(ErrorKind.INPUT, "That cannot be done.")


def painted(sitting: Sitting, value: int) -> Change:
    store, layer_id = sitting.editor.desk.store, sitting.document.active
    pixels = np.full((256, 256, 4), value, np.uint8)
    return lambda document: with_tiles(document, layer_id, store.painted(EMPTY, CANVAS, pixels))


def soon(change: Change) -> Change:
    """Done while the next edit waits for it."""

    def waiting(document: Document) -> Document:
        threading.Event().wait(0.01)
        return change(document)

    return waiting


def test_an_edit_that_fails_takes_none_before_it_away(sitting: Sitting) -> None:
    desk, go = sitting.editor.desk, threading.Event()
    desk.later("One", after(go, renamed(sitting, "kept")))
    desk.later("Two", impossible)
    desk.later("Three", lambda document: changed(document, document.active, opacity=0.5))
    go.set()
    sitting.settle()
    assert (sitting.layer.name, sitting.layer.opacity) == ("kept", 0.5)


def test_a_layer_chosen_while_an_edit_is_made_stays_chosen(sitting: Sitting) -> None:
    desk, go = sitting.editor.desk, threading.Event()
    first = sitting.document.active
    sitting.editor.edits.add_paint()
    second = sitting.document.active
    desk.later("One", after(go, renamed(sitting, "renamed")))
    desk.choose(first)
    desk.later("Two", lambda document: changed(document, second, opacity=0.5))
    go.set()
    sitting.settle()
    assert sitting.document.active == first
    layer = sitting.document.find(second)
    assert layer is not None and (layer.name, layer.opacity) == ("renamed", 0.5)


def test_a_layer_that_an_edit_brings_is_chosen_also_with_another_edit_behind_it(sitting: Sitting) -> None:
    desk, go = sitting.editor.desk, threading.Event()
    desk.later("One", after(go, lambda document: insert(document, PaintLayer(id="new", name="new"))))
    desk.later("Two", renamed(sitting, "renamed"))
    go.set()
    sitting.settle()
    assert sitting.document.active == "new"


def test_what_comes_of_a_picture_that_is_still_being_read_is_kept_when_the_editor_closes(sitting: Sitting) -> None:
    desk, go = sitting.editor.desk, threading.Event()
    change = renamed(sitting, "read")
    desk.aside("Reading", lambda _: go.wait(10), lambda _: desk.later("Placing", change))
    go.set()
    sitting.close()
    assert sitting.editor.session.document.layers[0].name == "read"


def test_what_is_copied_has_the_stroke_that_is_still_being_made(sitting: Sitting) -> None:
    desk = sitting.editor.desk
    desk.later("Paint", soon(painted(sitting, 255)))
    sitting.editor.selection.copy()
    sitting.editor.selection.paste(picture_in(QGuiApplication.clipboard().mimeData()), CANVAS)
    sitting.settle()
    assert (sitting.own(CANVAS) == 255).all()


def test_what_cannot_be_copied_is_not_cut(sitting: Sitting) -> None:
    desk, go = sitting.editor.desk, threading.Event()
    desk.edit("Paint", painted(sitting, 255))
    desk.later("One", after(go, renamed(sitting, "slow")))
    sitting.editor.selection.cut()
    go.set()
    sitting.settle()
    assert (sitting.own(CANVAS) == 255).all()


@pytest.mark.parametrize("kind", ["adjustment", "mask", "layer"])
def test_an_edit_sees_what_was_selected_and_painted_just_before(sitting: Sitting, kind: str) -> None:
    desk, edits = sitting.editor.desk, sitting.editor.edits
    half = desk.store.masked(Mask(), Rect(0, 0, 128, 256), np.full((256, 128), 255, np.uint8))
    if kind == "layer":
        desk.later("Paint", soon(painted(sitting, 255)))
        edits.select_pixels()
        sitting.settle()
        assert sitting.document.selection is not None
        assert (desk.store.mask(sitting.document.selection, CANVAS) == 255).all()
        return
    desk.later("Select", soon(lambda document: with_selection(document, half)))
    edits.add_mask() if kind == "mask" else edits.add_adjustment(Levels(), "Levels")
    sitting.settle()
    layer = desk.active
    assert layer is not None and layer.mask == half
    assert isinstance(layer, AdjustmentLayer) == (kind == "adjustment")


def test_the_last_group_stays_as_the_last_layer_does(sitting: Sitting) -> None:
    sitting.editor.edits.group()
    sitting.editor.edits.remove()
    assert isinstance(sitting.document.layers[0], GroupLayer)


def test_the_bucket_fills_a_mask_where_the_selection_is(sitting: Sitting) -> None:
    desk = sitting.editor.desk
    half = desk.store.masked(Mask(), Rect(0, 0, 128, 256), np.full((256, 128), 255, np.uint8))
    sitting.editor.edits.add_mask()
    desk.edit("Select", lambda document: with_selection(document, half))
    sitting.editor.take_up("fill")
    sitting.click(40, 40)
    mask = sitting.layer.mask
    assert mask is not None
    values = desk.store.mask(mask, CANVAS)
    assert not values[:, :128].any() and (values[:, 128:] == 255).all()


def test_a_gradient_is_laid_into_the_mask_that_is_painted_on(sitting: Sitting) -> None:
    desk = sitting.editor.desk
    before = sitting.own(CANVAS).copy()
    sitting.editor.edits.add_mask()
    sitting.editor.take_up("gradient")
    sitting.drag((0, 128), (255, 128))
    mask = sitting.layer.mask
    assert mask is not None
    row = desk.store.mask(mask, CANVAS)[128].astype(int)
    assert row[2] < 8 and row[253] > 247 and (np.diff(row) >= -1).all()
    assert np.array_equal(sitting.own(CANVAS), before)


def test_the_line_goes_on_after_a_damaged_tile(qtbot: QtBot) -> None:
    class Damaged(MemoryBlobs):
        def read(self, digest: str) -> bytes:
            if digest == "gone":
                raise StudioError(ErrorKind.DISK, "A tile is damaged.")
            return super().read(digest)

    store = TileStore(Damaged())
    outline = SelectionOutline(store)
    sound = store.masked(Mask(), Rect(10, 10, 20, 20), np.full((20, 20), 255, np.uint8))
    with qtbot.waitSignal(outline.found):
        outline.look_at(Look(Mask(EMPTY.edited({Place(0, 0): "gone"})), CANVAS, 0))
    with qtbot.waitSignal(outline.found):
        outline.look_at(Look(sound, CANVAS, 0))
    assert outline.path.boundingRect() == QRectF(10, 10, 20, 20)
    outline.close()


def test_another_button_let_go_does_not_end_the_stroke(sitting: Sitting) -> None:
    surface, left, right = sitting.editor.surface, Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
    QTest.mousePress(surface, left, NOTHING, sitting.at(40, 40))
    QTest.mouseMove(surface, sitting.at(60, 40))
    QTest.mousePress(surface, right, NOTHING, sitting.at(60, 40))
    QTest.mouseRelease(surface, right, NOTHING, sitting.at(60, 40))
    assert surface.drawing
    QTest.mouseRelease(surface, left, NOTHING, sitting.at(60, 40))
    sitting.settle()
    assert not surface.drawing


def test_a_stroke_that_is_refused_is_not_seen_any_longer(sitting: Sitting) -> None:
    desk, edits = sitting.editor.desk, sitting.editor.edits
    desk.edit("Paint", painted(sitting, 255))
    edits.add_mask()
    edits.toggle(sitting.document.active, "locked")
    assert sitting.shown(100, 100) == "#ffffff"
    sitting.drag((80, 100), (100, 100), (120, 100))
    mask = sitting.layer.mask
    assert mask is not None and (desk.store.mask(mask, CANVAS) == 255).all()
    assert sitting.shown(100, 100) == "#ffffff"


def test_a_picture_is_taken_up_as_the_edit_before_leaves_it(sitting: Sitting) -> None:
    desk = sitting.editor.desk
    moved = matrices.translation(30, 40)
    desk.edit("Place", lambda document: insert(document, ImageLayer(id="photo", width=20, height=20)))
    desk.later("Move", soon(lambda document: changed(document, "photo", matrix=moved)))
    sitting.editor.take_up("transform")
    sitting.drag((40, 50), (50, 50))
    sitting.key(Qt.Key.Key_Return)
    sitting.settle()
    layer = desk.active
    assert isinstance(layer, ImageLayer) and layer.matrix == matrices.translation(40, 40)
