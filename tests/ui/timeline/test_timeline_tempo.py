"""Guesses in clips that are being made, tracks that change their places, and the beats of the music."""

import dataclasses
from fractions import Fraction

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from studio.domain.messages import ClipPreview
from studio.domain.timeline.model import Beats, Timeline, Track, TrackKind
from studio.ui.theme.tokens import COLOURS
from studio.ui.timeline.beats_popup import BeatsPopup
from studio.ui.timeline.facts import Facts
from studio.ui.timeline.ruler import HEIGHT
from studio.ui.timeline.track_drag import landing
from tests.ui.timeline.conftest import Open
from tests.ui.timeline.editing import RATE, Table, line, ring

# what the offscreen platform says of menus and small windows
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise", "grabbing the keyboard")

RED, BLUE = (255, 0, 0), (0, 0, 255)


def guesses(step: int, *colours: tuple[int, int, int]) -> ClipPreview:
    """A plain guess at frames 0, 12 …"""
    indices = tuple(range(0, 24, 24 // len(colours)))
    return ClipPreview("job", step, indices, 4, 3, b"".join(bytes(colour) * 12 for colour in colours))


def test_guesses_are_seen_in_the_clip_until_its_frames_are_there(opened: Open) -> None:
    there: set[int] = set()
    table = opened(ring(), Facts(present=lambda take: frozenset(there), arriving=lambda take: True))
    panel = table.panel

    def seen(frame: float) -> str:
        place = table.place(frame, "below", share=0.6)
        return panel.strip.grab().toImage().pixelColor(place).name()

    before = seen(2)
    panel.preview("second", guesses(1, RED, BLUE))
    assert (seen(2), seen(17)) == ("#ff0000", "#0000ff")
    panel.preview("second", guesses(2, BLUE, RED))
    assert (seen(2), seen(17)) == ("#0000ff", "#ff0000"), "newer ones take their place"
    panel.preview("first", guesses(2, RED))
    assert seen(2) == "#0000ff", "another take is not seen"
    there.update(range(4))
    table.desk.takes_changed.emit("second")
    assert (seen(2), seen(17)) == (before, "#ff0000"), "frames that are there are no longer guessed at"
    panel.drop_preview("second")
    assert seen(17) == before


def drag_header(table: Table, track: str, to: QPoint, *, drop: bool = True) -> None:
    """Take a track by the right end of its header, below the buttons, and go to a place of the headers."""
    headers = table.panel.headers
    header = headers.header(track)
    assert header is not None
    begin = QPoint(header.width() - 6, header.height() - 3)
    QTest.mousePress(header, Qt.MouseButton.LeftButton, pos=begin)
    for share in (0.5, 1.0):
        way = header.mapFrom(headers, to) - begin
        QTest.mouseMove(header, begin + QPoint(round(way.x() * share), round(way.y() * share)))
    if drop:
        QTest.mouseRelease(header, Qt.MouseButton.LeftButton, pos=header.mapFrom(headers, to))


def stacked() -> Timeline:
    """Three tracks with pictures, two with sounds; from top to bottom: c b a, s t."""
    pictures = [Track(name, TrackKind.VIDEO) for name in "abc"]
    sounds = [Track(name, TrackKind.AUDIO) for name in "st"]
    return dataclasses.replace(line(), tracks=(*pictures, *sounds))


@pytest.mark.parametrize(
    ("track", "y", "names"),
    [
        ("c", 100, "acbst"), ("c", 190, "cabst"), ("c", 400, "cabst"), ("a", 10, "bcast"), ("a", 70, "bacst"),
        ("b", 96, "abcst"), ("s", 300, "abcts"), ("t", 0, "abcts"), ("b", 110, "abcst"),
    ],
)  # fmt: skip
def test_a_track_is_dragged_to_another_place(opened: Open, track: str, y: int, names: str) -> None:
    table = opened(stacked())
    before = table.timeline
    drag_header(table, track, QPoint(200, y))
    assert "".join(each.id for each in table.timeline.tracks) == names
    if names != "abcst":
        assert table.undone() == before, "in one step"


def test_a_track_is_let_go_where_it_was(opened: Open) -> None:
    table = opened(stacked())
    before = table.timeline
    drag_header(table, "c", QPoint(200, 190), drop=False)
    assert landing(before, table.panel.strip.rows, "c", 190) is not None
    header = table.panel.headers.header("c")
    assert header is not None
    QTest.keyClick(header, Qt.Key.Key_Escape)
    QTest.mouseRelease(header, Qt.MouseButton.LeftButton)
    assert table.timeline is before


def popup_of(table: Table) -> BeatsPopup:
    table.panel.actions_of["beats"].trigger()
    (popup,) = (each for each in table.panel.findChildren(BeatsPopup) if each.isVisible())
    return popup


def press(popup: BeatsPopup, words: str) -> None:
    (button,) = (each for each in popup.findChildren(QAbstractButton) if words in each.text())
    button.click()


def test_beats_are_drawn_and_drags_catch_at_them(table: Table) -> None:
    panel = table.panel
    popup = popup_of(table)
    popup.bpm.setValue(100)
    popup.first.setValue(3)
    press(popup, "Show beats")
    assert table.timeline.beats == Beats(Fraction(100), 4, Fraction(3))
    picture = panel.ruler.grab().toImage()
    shades = [picture.pixelColor(round(panel.axis.view.x(frame)), HEIGHT - 19).name() for frame in (3, 17, 46, 61)]
    assert [shade == COLOURS.violet for shade in shades] == [True, False, False, True], "bars are taller"
    panel.axis.set_view(dataclasses.replace(panel.axis.view, scale=5.0))
    for beats, start in ((table.timeline.beats, 75), (None, 74)):
        panel.edits.set_beats(beats)
        table.drag(table.place(70, "below"), table.place(77, "below"), table.place(84, "below"))
        assert table.clip("c").start == start, "there is a beat on frame 75" if beats else "nothing is near"
        table.desk.undo()


def test_a_ring_of_whole_bars_fits_the_beats_exactly(round_table: Table) -> None:
    popup = popup_of(round_table)
    popup.bpm.setValue(131)
    popup.bars.setValue(2)
    press(popup, "Ring of 88 frames")
    after = round_table.timeline
    assert after.ring == 88 and after.beats is not None
    assert after.beats.bpm * 88 == 60 * RATE * 8, "eight beats in a turn, and nothing left"
    before = round_table.undone()
    assert before.ring == 24 and before.beats is None, "in one step"
    round_table.desk.redo()
    again = popup_of(round_table)
    assert again.beats == after.beats, "what is only shown rounded stays as it is"
    press(again, "Remove")
    assert round_table.timeline.beats is None and round_table.timeline.ring == 88
