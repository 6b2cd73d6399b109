"""Keys, curves and prompts in the hand."""

from fractions import Fraction

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.domain.easing import PRESETS, Ease
from studio.domain.timeline.model import Key, Lane
from studio.domain.timeline.requests import request_set_key
from studio.ui.timeline.axis import TimeView
from studio.ui.timeline.lane_view import keys_of, scale_of, segments
from studio.ui.timeline.popups import NamePopup, PromptPopup
from studio.ui.timeline.rows import RowKind
from studio.ui.timeline.scene import ChosenKey
from tests.ui.timeline.conftest import Open
from tests.ui.timeline.editing import CTRL, SHIFT, Table, line, ring

# what the offscreen platform says of menus and small windows
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise", "grabbing the keyboard")


def opacity(table: Table, name: str) -> list[tuple[float, float]]:
    return [(float(key.at), round(key.value, 2)) for key in keys_of(table.clip(name), "opacity")]


def at_value(table: Table, frame: float, value: float, track: str = "below") -> QPoint:
    """Where a value is at a frame of a lane of opacity."""
    rows = table.panel.strip.rows.rows
    row = next(row for row in rows if row.track == track and row.kind is RowKind.KEYS)
    found = table.timeline.track(track)
    assert found is not None
    y = scale_of(found, row).y(value) - table.panel.strip.top
    return QPoint(round(table.panel.axis.view.x(frame)), round(y))


@pytest.fixture
def keyed(opened: Open) -> Table:
    """A ring with the lane of opacity open: keys 0.2 at frame 4 and 0.8 at frame 20."""
    table = opened(ring())
    table.panel.lanes.show("below", "opacity")
    return table


def test_a_double_click_sets_a_key_with_the_value_that_is_there(opened: Open) -> None:
    table = opened(line())
    table.panel.lanes.show("below", "opacity")
    QTest.mouseDClick(table.panel.strip, Qt.MouseButton.LeftButton, pos=at_value(table, 65, 0.5))
    ((at, value),) = opacity(table, "c")
    assert at == 5
    assert value == pytest.approx(0.5, abs=0.02)
    assert table.panel.strip.keys == {ChosenKey("c", "opacity", Fraction(5))}
    table.key(Qt.Key.Key_Delete)
    assert opacity(table, "c") == []
    assert table.clip("c").length == 20  # the key is deleted, and not the clip


def test_a_key_is_dragged_across_the_seam_in_one_step(keyed: Table) -> None:
    places = [at_value(keyed, frame, 0.8) for frame in (20, 22, 24, 26)]
    keyed.drag(*places, held=SHIFT)
    assert opacity(keyed, "a") == [(2, 0.8), (4, 0.2)]
    assert keyed.panel.strip.keys == {ChosenKey("a", "opacity", Fraction(2))}
    keyed.drag(at_value(keyed, 2, 0.8), at_value(keyed, -1, 0.8), held=SHIFT)
    assert opacity(keyed, "a") == [(4, 0.2), (23, 0.8)]
    keyed.desk.undo()
    keyed.desk.undo()
    assert opacity(keyed, "a") == [(4, 0.2), (20, 0.8)]


def test_values_are_dragged_and_held_within_their_range(keyed: Table) -> None:
    keyed.drag(at_value(keyed, 4, 0.2), at_value(keyed, 4, 0.6))
    at, value = opacity(keyed, "a")[0]
    assert at == 4
    assert value == pytest.approx(0.6, abs=0.03)
    keyed.drag(at_value(keyed, 20, 0.8), at_value(keyed, 20, 3.0))
    assert opacity(keyed, "a")[1] == (20, 1.0)


def test_a_key_goes_a_little_way_and_catches_at_what_is_near(table: Table) -> None:
    table.panel.lanes.show("below", "opacity")
    table.panel.axis.set_view(TimeView(6.0, 0.0, table.panel.axis.view.width))  # 9 pixels are a frame and a half
    table.desk.request("Key", lambda timeline: request_set_key(timeline, "c", "opacity", Fraction(10), 0.5))
    table.drag(at_value(table, 70, 0.5), at_value(table, 70.5, 0.5), at_value(table, 71, 0.5))
    assert opacity(table, "c") == [(11, 0.5)]  # not held by the place where it was
    table.desk.set_playhead(75)
    table.drag(at_value(table, 71, 0.5), at_value(table, 73, 0.5), at_value(table, 74, 0.5))
    assert opacity(table, "c") == [(15, 0.5)]


def test_several_keys_go_together(keyed: Table) -> None:
    keyed.click(at_value(keyed, 4, 0.2))
    keyed.click(at_value(keyed, 20, 0.8), held=CTRL)
    keyed.drag(at_value(keyed, 20, 0.8), at_value(keyed, 22, 0.8), held=SHIFT)
    assert opacity(keyed, "a") == [(6, 0.2), (22, 0.8)]


def test_a_key_cannot_take_the_place_of_another(keyed: Table) -> None:
    keyed.drag(at_value(keyed, 20, 0.8), at_value(keyed, 10, 0.8), at_value(keyed, 4, 0.8), held=SHIFT)
    assert opacity(keyed, "a") == [(4, 0.2), (10, 0.8)]


def test_the_handles_bend_the_curve(keyed: Table) -> None:
    keyed.click(at_value(keyed, 4, 0.2))
    # ease-in-out: the handle at the key lies 0.42 of the way to the next one
    handle = at_value(keyed, 4 + 0.42 * 16, 0.2)
    keyed.drag(handle, at_value(keyed, 4 + 0.25 * 16, 0.2 + 0.6 * 0.5))
    ease = keys_of(keyed.clip("a"), "opacity")[0].ease
    assert ease.x1 == pytest.approx(0.25, abs=0.02)
    assert ease.y1 == pytest.approx(0.5, abs=0.03)
    assert (ease.x2, ease.y2) == (0.58, 1.0)


def test_the_curve_of_a_ring_runs_across_the_seam(keyed: Table) -> None:
    parts = list(segments(keyed.timeline, keyed.clip("a"), "opacity"))
    across = [(part.start, part.end, part.first, part.last) for part in parts]
    assert (-4.0, 4.0, 0.8, 0.2) in across
    assert (20.0, 28.0, 0.8, 0.2) in across
    # its last key's handle can be taken where it is seen: beyond the seam
    keyed.panel.key_edits.ease(PRESETS["linear"])
    keyed.click(at_value(keyed, 20, 0.8))
    keyed.panel.key_edits.ease(PRESETS["ease-in-out"])
    keyed.drag(at_value(keyed, 20 + 0.58 * 8, 0.2), at_value(keyed, 20 + 0.75 * 8, 0.2))
    assert keys_of(keyed.clip("a"), "opacity")[1].ease.x2 == pytest.approx(0.75, abs=0.03)


def test_a_line_holds_its_first_and_last_value(table: Table) -> None:
    import dataclasses

    lane = Lane("opacity", (Key(Fraction(5), 0.5), Key(Fraction(9), 1.0)))
    clip = dataclasses.replace(table.clip("a"), lanes=(lane,))
    found = [(part.start, part.end, part.first, part.last) for part in segments(table.timeline, clip, "opacity")]
    assert found == [(0, 5, 0.5, 0.5), (5, 9, 0.5, 1.0), (9, 20, 1.0, 1.0)]


def test_keys_by_the_keyboard(keyed: Table) -> None:
    keyed.desk.select(["a"])
    keyed.key(Qt.Key.Key_Period)
    assert keyed.desk.playhead == 4
    assert keyed.panel.strip.keys == {ChosenKey("a", "opacity", Fraction(4))}
    QTest.keyClick(keyed.panel.strip, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    QTest.keyClick(keyed.panel.strip, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert opacity(keyed, "a") == [(5, 0.21), (20, 0.8)]
    keyed.desk.set_playhead(10)
    keyed.key(Qt.Key.Key_K, SHIFT)
    assert [at for at, _ in opacity(keyed, "a")] == [5, 10, 20]
    keyed.panel.key_edits.ease(PRESETS["hold"])
    assert keys_of(keyed.clip("a"), "opacity")[1].ease == Ease(hold=True)


def test_a_value_is_typed_and_told(keyed: Table) -> None:
    keyed.click(at_value(keyed, 4, 0.2))
    assert keyed.panel.strip.accessibleDescription() == "Opacity, key 4 frames after the start of “waves”: 0.2"
    keyed.panel.menus.open_for_keys(QPoint(0, 0))
    assert keyed.panel.menus.shown is not None
    keyed.panel.menus.shown.actions()[0].trigger()
    keyed.panel.menus.shown.close()
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, NamePopup)
    assert popup.field.text() == "0.2"
    popup.field.setText("0,75")
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    assert opacity(keyed, "a")[0] == (4, 0.75)
    keyed.panel.key_edits.type_value(next(iter(keyed.panel.strip.keys)), "half")
    assert "no number" in keyed.notes[-1]
    assert opacity(keyed, "a")[0] == (4, 0.75)


def test_prompts_are_flags_that_are_moved_and_written(keyed: Table) -> None:
    keyed.panel.lanes.show("below", "words")
    keyed.drag(keyed.place(12.3, "below", RowKind.WORDS), keyed.place(15.3, "below", RowKind.WORDS), held=SHIFT)
    assert [float(words.at) for words in keyed.clip("a").words] == [0, 15]
    QTest.mouseDClick(keyed.panel.strip, Qt.MouseButton.LeftButton, pos=keyed.place(6, "below", RowKind.WORDS))
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, PromptPopup)
    QTest.keyClicks(popup.prompt, "dawn")
    QTest.keyClick(popup.prompt, Qt.Key.Key_Return, CTRL)
    assert [(float(words.at), words.prompt) for words in keyed.clip("a").words] == [
        (0, "calm"),
        (6, "dawn"),
        (15, "storm"),
    ]
    QTest.mouseDClick(keyed.panel.strip, Qt.MouseButton.LeftButton, pos=keyed.place(15.2, "below", RowKind.WORDS))
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, PromptPopup)
    assert popup.prompt.toPlainText() == "storm"
    popup.close()
