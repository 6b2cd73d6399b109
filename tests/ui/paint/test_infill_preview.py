"""The infill is seen before the model runs, and is gone as soon as something else is done."""

import dataclasses

import numpy as np
import pytest

from studio.domain.document.document import Document
from studio.domain.document.edits import with_selection
from studio.domain.document.layers import PaintLayer
from studio.domain.document.tiles import EMPTY
from studio.domain.geometry import Rect, Size
from studio.domain.inpainting import INTENTS, Infill, Intent
from studio.imaging.selections import Combination, combined, rectangle
from studio.ui.paint.panels.generate_form import GenerateForm
from tests.ui.paint.conftest import SitDown
from tests.ui.paint.sitting import Sitting

CANVAS, MARKED = Rect(0, 0, 200, 160), Rect(80, 60, 40, 40)
GREEN, RED = (40, 120, 40, 255), (255, 0, 0, 255)


@pytest.fixture
def painted(sit: SitDown) -> Sitting:
    """Green with a red square, which is selected; the tool in hand is the frame."""
    sitting = sit(Size(200, 160), PaintLayer(name="meadow"))
    desk = sitting.editor.desk
    pixels = np.empty((160, 200, 4), np.uint8)
    pixels[...] = GREEN
    pixels[MARKED.y : MARKED.bottom, MARKED.x : MARKED.right] = RED

    def change(document: Document) -> Document:
        tiles = desk.store.painted(EMPTY, CANVAS, pixels)
        document = document.replaced(sitting.layer.id, lambda layer: PaintLayer(id=layer.id, tiles=tiles))
        found = rectangle(MARKED.x, MARKED.y, MARKED.right, MARKED.bottom, document.rect)
        return with_selection(document, combined(desk.store, None, found.values, found.rect, Combination.REPLACE))

    desk.edit("paint", change)
    desk.set_options(inpaint=dataclasses.replace(INTENTS[Intent.FILL], infill=Infill.EDGE_EXTEND, grow=2, feather=2))
    sitting.editor.take_up("frame")
    return sitting


def form(sitting: Sitting) -> GenerateForm:
    (found,) = sitting.editor.options.findChildren(GenerateForm)
    assert isinstance(found, GenerateForm)
    return found


def choose(sitting: Sitting, infill: Infill) -> None:
    desk = sitting.editor.desk
    desk.set_options(inpaint=dataclasses.replace(desk.options.inpaint, infill=infill))


def middle(sitting: Sitting) -> str:
    sitting.settle()
    return sitting.shown(100, 80)


def test_the_infill_is_shown_while_the_button_is_pressed_and_follows_the_settings(painted: Sitting) -> None:
    assert middle(painted) == "#ff0000"
    versions = len(painted.editor.session.history.versions)
    form(painted).shown.click()
    assert middle(painted) == "#287828"
    painted.editor.desk.set_options(
        inpaint=dataclasses.replace(painted.editor.desk.options.inpaint, infill=Infill.NONE)
    )
    assert middle(painted) == "#ff0000"
    painted.editor.desk.set_options(
        inpaint=dataclasses.replace(painted.editor.desk.options.inpaint, infill=Infill.BLUR)
    )
    assert middle(painted) != "#ff0000"
    form(painted).shown.click()
    assert middle(painted) == "#ff0000"
    assert len(painted.editor.session.history.versions) == versions, "it is no edit"


def test_another_tool_or_an_edit_ends_it(painted: Sitting) -> None:
    form(painted).shown.click()
    assert middle(painted) == "#287828"
    painted.editor.take_up("brush")
    assert not form(painted).shown.isChecked()
    assert middle(painted) == "#ff0000"
    painted.editor.take_up("frame")
    form(painted).shown.click()
    assert middle(painted) == "#287828"
    painted.editor.desk.undo()
    assert not form(painted).shown.isChecked()
