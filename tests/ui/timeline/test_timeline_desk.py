"""The desk: one undo with the canvas, a playhead that stays on the timeline, drags that are no edits yet."""

import dataclasses

from studio.domain.document.layers import PaintLayer
from studio.domain.timeline.model import Timeline
from studio.domain.timeline.requests import request_delete_clips, request_move_clips, request_ring
from tests.ui.timeline.editing import Table


def test_canvas_and_timeline_have_one_undo(table: Table) -> None:
    before = table.timeline
    assert table.desk.request("Move", lambda timeline: request_move_clips(timeline, ["c"], 5))
    layer = PaintLayer(name="Sky")
    table.desk.desk.edit("Layer", lambda document: dataclasses.replace(document, layers=(layer,), active=layer.id))
    table.desk.undo()
    assert table.clip("c").start == 65
    table.desk.undo()
    assert table.timeline == before
    table.desk.redo()
    assert table.clip("c").start == 65


def test_what_cannot_be_is_noted_and_changes_nothing(table: Table) -> None:
    before = table.timeline
    assert not table.desk.request("Move", lambda timeline: request_move_clips(timeline, ["b"], 30))
    assert table.timeline is before
    assert "overlap" in table.notes[-1]


def test_requests_with_one_merge_key_are_one_step(table: Table) -> None:
    before = table.timeline
    for _ in range(3):
        table.desk.request("Move", lambda timeline: request_move_clips(timeline, ["c"], 1), "a-drag")
    assert table.clip("c").start == 63
    assert table.undone() == before


def test_a_preview_is_shown_and_is_no_edit(table: Table) -> None:
    before = table.timeline
    seen: list[Timeline] = []
    table.desk.previewed.connect(seen.append)
    assert not table.desk.preview(lambda timeline: request_move_clips(timeline, ["c"], 7))
    assert table.desk.timeline is before
    assert table.desk.shown is seen[-1] is not before
    assert "overlap" in table.desk.preview(lambda timeline: request_move_clips(timeline, ["b"], 30))
    assert table.desk.shown is seen[-1]  # the last that could be
    table.desk.preview(None)
    assert table.desk.shown is before is seen[-1]


def test_the_playhead_stays_on_a_line_and_goes_round_a_ring(table: Table) -> None:
    told: list[int] = []
    table.desk.playhead_changed.connect(told.append)
    table.desk.set_playhead(500)
    assert table.desk.playhead == 79
    table.desk.set_playhead(-3)
    assert table.desk.playhead == 0
    table.desk.request("Ring", lambda timeline: request_ring(timeline, 80))
    table.desk.set_playhead(-1)
    assert table.desk.playhead == 79
    table.desk.set_playhead(81)
    assert (table.desk.playhead, told) == (1, [79, 0, 79, 1])


def test_a_clip_that_is_gone_is_not_selected_and_the_playhead_comes_back(table: Table) -> None:
    table.desk.select(["b", "c"], "c")
    assert table.desk.active_clip == table.clip("c")
    table.desk.request("Delete sound", lambda timeline: request_delete_clips(timeline, ["s"]))
    table.desk.set_playhead(75)
    table.desk.request("Delete", lambda timeline: request_delete_clips(timeline, ["c"]))
    assert table.desk.selected == {"b"}
    assert table.desk.active_clip == table.clip("b")
    assert table.desk.playhead == 53  # the last frame that is left
