"""Clips in the hand: moved, trimmed, rolled, slipped, slid, cut, chosen."""

import dataclasses
from fractions import Fraction

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.domain.document.document import Document
from studio.domain.timeline.model import Timeline, Track, TrackKind
from studio.domain.timeline.requests import request_lock_track, request_move_clips
from studio.ui.timeline.axis import TimeView
from tests.ui.timeline.conftest import Open
from tests.ui.timeline.editing import ALT, CTRL, RATE, SHIFT, Table, video


def test_a_drag_moves_a_clip_in_one_step(table: Table) -> None:
    before = table.timeline
    seen: list[Timeline] = []
    table.desk.previewed.connect(seen.append)
    table.drag(*(table.place(frame, "below") for frame in (65, 66, 67, 68)), held=SHIFT)
    assert table.clip("c").start == 63
    assert len({id(timeline) for timeline in seen}) >= 3  # it was seen on its way
    assert table.desk.selected == {"c"}
    assert table.undone() == before


def test_a_dragged_clip_catches_at_its_neighbour_and_the_guide_is_shown(table: Table) -> None:
    table.panel.axis.set_view(TimeView(5.0, 0.0, table.panel.axis.view.width))  # 9 pixels are nearly two frames
    table.drag(table.place(65, "below"), table.place(55, "below"), table.place(46, "below"), drop=False)
    assert table.panel.strip.guide == 40
    QTest.mouseRelease(table.panel.strip, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(0, 0))
    assert table.clip("c").start == 40
    assert table.panel.strip.guide is None


def test_without_the_magnet_nothing_catches(table: Table) -> None:
    table.panel.axis.set_view(TimeView(5.0, 0.0, table.panel.axis.view.width))
    table.key(Qt.Key.Key_S)
    table.drag(table.place(65, "below"), table.place(46, "below"))
    assert table.clip("c").start == 41


def test_what_cannot_go_so_far_goes_as_far_as_it_can(table: Table) -> None:
    table.drag(*(table.place(frame, "below") for frame in (65, 58, 30)), held=SHIFT, drop=False)
    assert "overlap" in table.panel.toolbar.note.text()
    QTest.mouseRelease(table.panel.strip, Qt.MouseButton.LeftButton, SHIFT, table.place(30, "below"))
    assert table.clip("c").start == 40
    assert not table.panel.toolbar.note.text()


def test_escape_lets_go_without_effect(table: Table) -> None:
    before = table.timeline
    table.drag(table.place(65, "below"), table.place(70, "below"), drop=False)
    assert table.desk.shown is not before
    table.key(Qt.Key.Key_Escape)
    assert table.desk.shown is table.timeline is before
    QTest.mouseRelease(table.panel.strip, Qt.MouseButton.LeftButton, SHIFT, table.place(70, "below"))
    assert table.timeline is before


def test_what_changes_meanwhile_is_kept_by_a_drag(table: Table) -> None:
    table.drag(table.place(65, "below"), table.place(70, "below"), held=SHIFT, drop=False)
    table.desk.desk.edit("Elsewhere", lambda document: _moved(document, "d"))
    assert table.desk.shown.clip("c").start == 65  # type: ignore[union-attr]
    QTest.mouseRelease(table.panel.strip, Qt.MouseButton.LeftButton, SHIFT, table.place(70, "below"))
    assert (table.clip("c").start, table.clip("d").start) == (65, 50)


def _moved(document: Document, clip_id: str) -> Document:
    return dataclasses.replace(document, timeline=request_move_clips(document.timeline, [clip_id], 6))


def test_a_clip_goes_to_another_track_of_its_sort(table: Table) -> None:
    table.drag(table.place(46, "above"), table.place(46, "below"), held=SHIFT)
    track = table.timeline.track_of("d")
    assert track is not None
    assert track.id == "below"
    table.drag(table.place(46, "below"), table.place(46, "sound"), held=SHIFT)
    assert table.timeline.track_of("d") == table.timeline.track("below")


def test_edges_are_trimmed(table: Table) -> None:
    table.drag(table.place(79.8, "below"), table.place(84.8, "below"), held=SHIFT)
    assert (table.clip("c").start, table.clip("c").length) == (60, 25)
    table.drag(table.place(60.2, "below"), table.place(63.2, "below"), held=SHIFT)
    assert (table.clip("c").start, table.clip("c").length, int(table.clip("c").offset)) == (63, 22, 53)


@pytest.mark.parametrize("way", ["keys", "tool"])
def test_a_ripple_trim_takes_along_what_follows(table: Table, way: str) -> None:
    if way == "tool":
        table.key(Qt.Key.Key_B)
    held = CTRL if way == "keys" else Qt.KeyboardModifier.NoModifier
    table.panel.strip.snapper.on = False
    table.drag(table.place(19.8, "below"), table.place(14.8, "below"), held=held)
    assert [(clip.start, clip.length) for clip in table.timeline.tracks[0].clips] == [(0, 15), (15, 20), (55, 20)]


@pytest.mark.parametrize("edge", [19.8, 20.2])
def test_a_cut_is_rolled_from_either_side(table: Table, edge: float) -> None:
    table.drag(table.place(edge, "below"), table.place(edge + 4, "below"), held=ALT | SHIFT)
    assert [(clip.start, clip.length) for clip in table.timeline.tracks[0].clips[:2]] == [(0, 24), (24, 16)]


def test_slip_shows_other_frames_in_the_same_place(table: Table) -> None:
    table.drag(table.place(30, "below"), table.place(26, "below"), held=ALT)
    assert (table.clip("b").start, int(table.clip("b").offset)) == (20, 54)
    table.drag(table.place(30, "below"), table.place(95, "below"), held=ALT)
    assert table.clip("b").offset == 0  # there is nothing before its first frame


def test_slide_lets_the_neighbours_make_room(table: Table) -> None:
    table.key(Qt.Key.Key_U)
    table.panel.strip.snapper.on = False
    table.drag(table.place(30, "below"), table.place(33, "below"))
    assert [(clip.start, clip.length) for clip in table.timeline.tracks[0].clips] == [(0, 23), (23, 20), (60, 20)]


def test_the_razor_cuts_one_clip_or_all(table: Table) -> None:
    table.key(Qt.Key.Key_C)
    table.click(table.place(70, "below"))
    assert [clip.start for clip in table.timeline.tracks[0].clips] == [0, 20, 60, 70]
    assert len(table.timeline.tracks[2].clips) == 1
    table.click(table.place(50, "above"), held=SHIFT)
    assert [clip.start for clip in table.timeline.tracks[1].clips] == [44, 50]
    assert [clip.start for clip in table.timeline.tracks[2].clips] == [0, 50]
    table.key(Qt.Key.Key_V)
    assert table.panel.actions_of["tool-select"].isChecked()


def test_clicks_choose_clips(table: Table) -> None:
    table.click(table.place(10, "below"))
    assert table.desk.selected == {"a"}
    table.click(table.place(30, "below"), held=CTRL)
    assert table.desk.selected == {"a", "b"}
    assert table.desk.active_clip == table.clip("b")
    table.click(table.place(30, "below"), held=CTRL)
    assert table.desk.selected == {"a"}
    table.click(table.place(65, "below"), held=SHIFT)
    assert table.desk.selected == {"a", "b", "c"}
    table.click(table.place(65, "below"))
    assert table.desk.selected == {"c"}
    table.click(table.place(50, "below"))
    assert not table.desk.selected


def test_the_rubber_band_chooses_what_it_touches(table: Table) -> None:
    table.drag(table.place(42, "below", share=0.9), table.place(47, "above"), table.place(62, "above"))
    assert table.desk.selected == {"c", "d"}
    assert table.panel.strip.band is None
    table.drag(table.place(56, "above"), table.place(42, "above"), held=CTRL)
    assert table.desk.selected == {"c", "d"}
    table.drag(table.place(100, "above"), table.place(90, "above"))
    assert not table.desk.selected


def test_a_group_is_chosen_and_moved_as_one(opened: Open) -> None:
    clips = (video("a", 0, 10, group="g"), video("b", 30, 10))
    above = Track("above", TrackKind.OVERLAY, clips=(video("c", 4, 10, group="g"),))
    table = opened(Timeline(RATE, (Track("below", clips=clips), above)))
    table.click(table.place(5, "below"))
    assert table.desk.selected == {"a", "c"}
    table.drag(table.place(5, "below"), table.place(10, "below"), held=SHIFT)
    assert (table.clip("a").start, table.clip("c").start) == (5, 9)


def test_a_locked_track_refuses_a_drag(table: Table) -> None:
    table.desk.request("Lock", lambda timeline: request_lock_track(timeline, "below", True))
    before = table.timeline
    table.drag(table.place(65, "below"), table.place(70, "below"))
    assert table.timeline is before


def test_a_clip_is_dragged_across_the_seam(round_table: Table) -> None:
    round_table.drag(round_table.place(20, "above"), round_table.place(27, "above"), held=SHIFT)
    assert round_table.clip("d").start == 1
    round_table.drag(round_table.place(4, "above"), round_table.place(1, "above"), held=SHIFT)
    assert round_table.clip("d").start == 22


def test_the_wheel_scrolls_and_with_ctrl_zooms_about_the_pointer(table: Table) -> None:
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QWheelEvent

    def turn(steps: int, held: Qt.KeyboardModifier) -> None:
        place = QPointF(400, 60)
        none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
        where = QPointF(table.panel.strip.mapToGlobal(place))
        event = QWheelEvent(place, where, QPoint(), QPoint(0, 120 * steps), none, held, phase, False)
        table.panel.strip.wheelEvent(event)

    under = table.panel.axis.view.frame(400)
    turn(2, CTRL)
    assert table.panel.axis.view.scale > 12
    assert table.panel.axis.view.frame(400) == pytest.approx(under)
    left = table.panel.axis.view.left
    turn(-1, Qt.KeyboardModifier.NoModifier)  # all tracks are seen: time scrolls
    assert table.panel.axis.view.left > left


def test_slipping_counts_source_frames(opened: Open) -> None:
    slow = dataclasses.replace(video("a", 0, 20), speed=Fraction(1, 2))
    table = opened(Timeline(RATE, (Track("below", clips=(slow,)),)))
    table.drag(table.place(10, "below"), table.place(6, "below"), held=ALT)
    assert table.clip("a").offset == 52
