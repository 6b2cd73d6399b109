"""Guides: pulled out of a ruler, moved with the move tool, deleted one by one, saved with the document."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.domain.document.document import Guide
from studio.domain.document.edits import with_guides
from studio.session.canvas import CanvasSession
from tests.ui.paint.sitting import NOTHING, Sitting

LEFT = Qt.MouseButton.LeftButton
ONE, TWO = Guide(100.0, vertical=True), Guide(60.0, vertical=False)


def guides(sitting: Sitting) -> tuple[Guide, ...]:
    return sitting.document.guides


@pytest.fixture
def guided(sitting: Sitting) -> Sitting:
    assert sitting.editor.desk.edit("Guides", lambda document: with_guides(document, (ONE, TWO)))
    sitting.editor.take_up("move")
    return sitting


def test_a_guide_is_moved(guided: Sitting) -> None:
    guided.drag((101, 180), (131, 200))
    assert guides(guided) == (TWO, Guide(131.0, vertical=True))
    assert guided.editor.session.history.current.label == "Move guide"
    guided.editor.desk.undo()
    assert guides(guided) == (ONE, TWO)


def test_off_the_canvas_it_is_gone(guided: Sitting) -> None:
    guided.drag((200, 60), (200, -20))
    assert guides(guided) == (ONE,)
    assert guided.editor.session.history.current.label == "Delete guide"


def test_back_to_the_ruler_it_is_gone_however_near_one_looks(guided: Sitting) -> None:
    guided.look(100, 100, 8.0)
    surface = guided.editor.surface
    QTest.mousePress(surface, LEFT, NOTHING, guided.at(100, 110))
    QTest.mouseMove(surface, QPoint(-6, 300))
    QTest.mouseRelease(surface, LEFT, NOTHING, QPoint(-6, 300))
    assert guides(guided) == (TWO,), "that place is still inside the canvas"


def test_esc_leaves_it_where_it_was(guided: Sitting) -> None:
    surface = guided.editor.surface
    QTest.mousePress(surface, LEFT, NOTHING, guided.at(100, 180))
    QTest.mouseMove(surface, guided.at(140, 180))
    assert guided.editor.surface.guides.resting == (TWO,), "it is in the hand"
    guided.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(surface, LEFT, NOTHING, guided.at(140, 180))
    assert guides(guided) == (ONE, TWO) and not surface.guides.active


def test_other_tools_and_hidden_guides_leave_them_alone(guided: Sitting) -> None:
    guided.editor.take_up("select-rectangle")
    guided.drag((100, 180), (140, 200))
    assert guides(guided) == (ONE, TWO) and guided.document.selection is not None
    guided.editor.selection.select_none()
    guided.editor.take_up("move")
    guided.editor.toggle_overlay("show_guides")
    guided.drag((100, 180), (140, 200))
    assert guides(guided) == (ONE, TWO)


def test_its_menu_deletes_one_or_all(guided: Sitting) -> None:
    surface = guided.editor.surface
    menu = surface.guides.menu(ONE, surface)
    menu.actions()[0].trigger()
    assert guides(guided) == (TWO,)
    menu.actions()[1].trigger()
    assert guides(guided) == ()
    menu.close()


def test_guides_are_saved_with_the_project(guided: Sitting) -> None:
    path = guided.editor.session.path
    guided.close()
    again = CanvasSession.open(path)
    assert again.document.guides == (ONE, TWO)
    again.close()
