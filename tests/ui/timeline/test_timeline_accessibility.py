"""What a screen reader finds in the strip."""

import dataclasses
import gc

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QAccessible, QAccessibleInterface

from studio.ui.timeline.accessibility import StripList
from studio.ui.timeline.facts import Diagnosis, Facts, Light
from tests.ui.timeline.conftest import Open
from tests.ui.timeline.editing import Table, line, ring

# what the offscreen platform says of menus and small windows
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise", "grabbing the keyboard")
NAME, ABOUT, VALUE = QAccessible.Text.Name, QAccessible.Text.Description, QAccessible.Text.Value


def list_of(table: Table) -> StripList:
    found = QAccessible.queryAccessibleInterface(table.panel.strip)
    assert isinstance(found, StripList)
    return found


def items(table: Table) -> list[QAccessibleInterface]:
    face = list_of(table)
    found = [face.child(index) for index in range(face.childCount())]
    return [item for item in found if item is not None]


def test_each_clip_in_view_is_an_item_from_the_uppermost_track_down(table: Table) -> None:
    assert list_of(table).role() is QAccessible.Role.List
    assert [item.text(VALUE) for item in items(table)] == ["d.mp4", "a.mp4", "b.mp4", "c.mp4", "s.wav"]
    assert items(table)[2].text(NAME) == "Video “b.mp4” on track V1, from 00:00:20 to 00:01:16"
    assert items(table)[2].text(ABOUT) == "Video, 00:00:20 to 00:01:16, 20 frames"
    table.panel.axis.set_view(dataclasses.replace(table.panel.axis.view, scale=40.0, left=45.0))
    assert [item.text(VALUE) for item in items(table)] == ["d.mp4", "c.mp4", "s.wav"], "others are scrolled out"


def test_it_says_how_good_a_clip_is_and_what_of_it_is_there(opened: Open) -> None:
    facts = Facts(
        present=lambda take: frozenset(range(5)),
        arriving=lambda take: True,
        diagnosis=lambda clip: Diagnosis(Light.POOR, "The seam jumps.") if clip.id == "a" else None,
    )
    words = items(opened(ring(), facts))[1].text(ABOUT)
    assert "Take 2 of 2. 5 of 24 frames are there; more are being made. Poor: The seam jumps" in words


def test_selection_places_and_what_lies_at_a_place(table: Table) -> None:
    table.desk.select(["a", "b"], "b")
    states = {item.text(VALUE): item.state() for item in items(table)}
    assert [name for name, state in states.items() if state.selected] == ["a.mp4", "b.mp4"]
    assert [name for name, state in states.items() if state.focused] == ["b.mp4"]
    face, strip = list_of(table), table.panel.strip
    b = items(table)[2]
    middle = b.rect().center()
    assert table.panel.strip.spot(*strip.mapFromGlobal(middle).toTuple()).clip == table.clip("b")
    there = face.childAt(middle.x(), middle.y())
    assert there is not None and there.text(VALUE) == "b.mp4" and face.indexOfChild(there) == 2
    gap = strip.mapToGlobal(table.place(50, "below"))
    assert face.childAt(gap.x(), gap.y()) is None
    assert b.parent() is face and b.childCount() == 0


def test_a_clip_across_the_seam_is_where_it_is_in_view(round_table: Table) -> None:
    (d,) = (item for item in items(round_table) if item.text(VALUE) == "d.mp4")
    strip = round_table.panel.strip
    assert strip.rect().contains(strip.mapFromGlobal(d.rect().center()))


def test_items_outlive_their_clips_and_panels_without_harm(opened: Open) -> None:
    table = opened(line())
    table.desk.select(["b"])
    b = items(table)[2]
    name = QAccessible.uniqueId(b)
    table.panel.delete()
    assert not b.isValid() and b.text(NAME) == "" and b.rect().isEmpty() and b.state().invalid
    assert [item.text(VALUE) for item in items(table)] == ["d.mp4", "a.mp4", "c.mp4", "s.wav"]
    QAccessible.deleteAccessibleInterface(name)
    table.desk.undo()
    assert items(table)[2].text(VALUE) == "b.mp4", "another item, as Qt has deleted the one before"
    left = [QAccessible.uniqueId(item) for item in items(table)]
    table.panel.setParent(None)
    table.panel.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    for each in left:
        item = QAccessible.accessibleInterface(each)
        assert item is None or not item.isValid()
