"""Removing what is selected on the canvas, with no model at hand."""

import numpy as np
from PySide6.QtCore import Qt

from studio.domain.document.document import Document
from studio.domain.document.edits import with_selection
from studio.domain.document.layers import Mask, PaintLayer
from studio.domain.document.tiles import EMPTY
from studio.domain.geometry import Rect, Size
from studio.imaging.selections import Combination, combined, rectangle
from studio.imaging.tiles import Pixels, TileStore
from studio.ui.paint.page import PaintPage
from tests.ui.desk import Desk
from tests.ui.paint.conftest import SitDown
from tests.ui.paint.sitting import Sitting

THING = Rect(100, 90, 30, 24)
CANVAS = Rect(0, 0, 256, 200)


def meadow() -> Pixels:
    """A field of stripes, with something red in it."""
    rows, columns = np.mgrid[:200, :256]
    field = np.where(((rows + columns) // 4 % 2)[..., None] == 0, (60, 140, 50), (120, 180, 80))
    pixels = np.dstack([field, np.full((200, 256), 255)]).astype(np.uint8)
    pixels[THING.y : THING.bottom, THING.x : THING.right] = (255, 0, 0, 255)
    return pixels


def lay(sit: SitDown) -> Sitting:
    sitting = sit(Size(256, 200), PaintLayer(name="meadow"))
    desk = sitting.editor.desk

    def paint(document: Document) -> Document:
        tiles = desk.store.painted(EMPTY, CANVAS, meadow())
        return document.replaced(sitting.layer.id, lambda layer: PaintLayer(id=layer.id, name="meadow", tiles=tiles))

    desk.edit("meadow", paint)
    return sitting


def select(sitting: Sitting, area: Rect) -> None:
    desk = sitting.editor.desk

    def change(document: Document) -> Document:
        found = rectangle(area.x, area.y, area.right, area.bottom, document.rect)
        return with_selection(document, combined(desk.store, None, found.values, found.rect, Combination.REPLACE))

    desk.edit("select", change)


def test_a_thing_goes_and_the_ground_goes_on_in_a_layer_of_its_own(sit: SitDown) -> None:
    sitting = lay(sit)
    before = sitting.pixels(CANVAS)
    select(sitting, THING)
    sitting.editor.selection.remove_content()
    sitting.settle()
    after = sitting.pixels(CANVAS)
    truth = meadow()
    inner = np.s_[THING.y : THING.bottom, THING.x : THING.right]
    assert not (after[inner][..., :3] == (255, 0, 0)).all(axis=2).any()
    ground = np.stack([truth[0, 0, :3], truth[0, 4, :3]]).astype(int)
    wrong = np.abs(after[inner][..., None, :3].astype(int) - ground).max(axis=3).min(axis=2)
    assert (wrong < 40).mean() > 0.9, "it is made of the field's two greens"
    reach = THING.grown(6 + 8 + 1)
    outside = np.ones((200, 256), bool)
    outside[reach.y : reach.bottom, reach.x : reach.right] = False
    assert np.array_equal(after[outside], before[outside])
    assert [layer.name for layer in sitting.document.layers] == ["meadow", "Removed 1"]
    sitting.editor.desk.undo()
    assert np.array_equal(sitting.pixels(CANVAS), before)


def test_without_a_selection_it_says_so(sit: SitDown) -> None:
    sitting = lay(sit)
    notes: list[str] = []
    sitting.editor.desk.noted.connect(notes.append)
    sitting.editor.selection.remove_content()
    sitting.settle()
    assert len(sitting.document.layers) == 1
    assert "selection" in notes[0]


def test_its_key_waits_for_a_selection(desk: Desk) -> None:
    desk.window.workspaces.show_page("paint")
    page = desk.window.workspaces.page("paint")
    assert isinstance(page, PaintPage)
    page.begin(Size(64, 64), True)
    desk.bot.waitUntil(page.editor.surface.hasFocus, timeout=30_000)
    command, paint = desk.window.commands["paint-remove"], page.editor.desk
    assert not command.isEnabled()
    paint.edit("select", lambda document: with_selection(document, corner(paint.store)))
    desk.bot.waitUntil(command.isEnabled)
    desk.press(Qt.Key.Key_Delete, Qt.KeyboardModifier.ShiftModifier)
    desk.bot.waitUntil(lambda: len(paint.document.layers) == 3, timeout=30_000)


def corner(store: TileStore) -> Mask:
    return store.masked(Mask(), Rect(4, 4, 9, 9), np.full((9, 9), 255, np.uint8))
