"""The inspector: its edits are steps of the document's history, a drag is one of them."""

import dataclasses
from fractions import Fraction

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.domain.geometry import Size
from studio.domain.sequence import FrameSequence, Method
from studio.domain.timeline.model import Generated, Video
from studio.domain.timeline.requests import lane_keys, request_set_key
from studio.domain.timeline.seen import value_at
from studio.ui.animate.gestures import Gestures
from studio.ui.animate.new_clips import with_media
from studio.ui.animate.sequence_form import SequenceForm
from studio.ui.timeline.rows import MEASURES, WORDS
from studio.ui.widgets.slider_field import SliderField
from tests.ui.animate.clips import Stage
from tests.ui.fakes import library


def task_of(stage: Stage) -> FrameSequence:
    task = stage.media.task
    assert isinstance(task, FrameSequence)
    return task


def steps(stage: Stage) -> int:
    return len(stage.editor.session.history.versions)


def test_a_drag_of_a_setting_is_one_step_and_undo_takes_it_back(stage: Stage) -> None:
    stage.make()
    stage.editor.player.playback.stop()
    form, before = stage.editor.inspector.generate.form, steps(stage)
    field = form.rows["motion"].control
    assert isinstance(field, SliderField)
    slider = field.slider
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(20, 10))
    for x in (30, 45, 60):
        QTest.mouseMove(slider, QPoint(x, 10))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(60, 10))
    assert task_of(stage).motion == field.value != 0.35
    assert steps(stage) == before + 1
    stage.editor.desk.undo()
    assert task_of(stage).motion == 0.35 == field.value


def test_gestures_end_with_time_and_with_another_field() -> None:
    now = [0.0]
    gestures = Gestures(lambda: now[0])
    first = gestures.key("motion")
    now[0] = 1.0
    assert gestures.key("motion") == first
    now[0] = 3.0
    second = gestures.key("motion")
    assert second != first and gestures.key("steps") not in (first, second)
    assert gestures.key("motion") != second


def test_the_form_reads_what_it_was_shown(qtbot: QtBot) -> None:
    form = SequenceForm(library())
    qtbot.addWidget(form)
    shown = form.start()
    held = dataclasses.replace(shown.consistency, smoother=2, flow=0.5, steady=False)
    recipe = dataclasses.replace(shown.recipe, seed=77)
    task = dataclasses.replace(
        shown, recipe=recipe, frames=30, rate=Fraction(24000, 1001), closed=False, motion=0.5, harmonics=3, common=0.2,
        consistency=held, method=Method.VIDEO, strength=0.3,
    )  # fmt: skip
    form.show_task(task)
    assert form.task(shown) == task
    assert form.rows["strength"].isVisibleTo(form) and not form.rows["motion"].isVisibleTo(form)


def test_the_length_can_follow_the_beat(qtbot: QtBot) -> None:
    form = SequenceForm(library())
    qtbot.addWidget(form)
    form.beats.show_value(True)
    form.beat["bpm"].show_value(100)
    form.beat["bars"].show_value(2)
    assert form.task(form.start()).frames == 58  # 8 beats of 0.6 s at 12 frames a second: 57.6
    assert "99.31" in form.beat_note.text()


def test_a_second_prompt_begins_at_the_playhead_and_is_drawn(stage: Stage) -> None:
    stage.make(8)
    editor, panel = stage.editor, stage.editor.inspector.generate
    editor.player.playback.stop()
    first = panel.prompt.text()
    editor.desk.set_playhead(4)
    panel.add_prompt.click()
    panel.prompt.setPlainText("snow")
    assert [(int(words.at), words.prompt) for words in stage.clip.words] == [(0, first), (4, "snow")]
    track = stage.timeline.track_of(stage.clip.id)
    assert track is not None and WORDS in editor.panel.lanes.opened(track.id)
    panel.add_prompt.setFocus()
    editor.desk.set_playhead(1)
    assert panel.prompt.text() == first
    editor.desk.set_playhead(5)
    assert panel.prompt.text() == "snow"
    stage.desk.window.generate()
    stage.submitted(2)
    assert [(key.at, key.prompt) for key in stage.task.prompts] == [(0.0, first), (0.5, "snow")]
    panel.ring.dropped.emit(Fraction(0))
    assert stage.clip.words == () and task_of(stage).recipe.prompt == "snow" == panel.prompt.text()


def test_takes_are_chosen_named_compared_and_deleted(stage: Stage) -> None:
    stage.make()
    stage.make()
    editor, panel = stage.editor, stage.editor.inspector.takes
    editor.player.playback.stop()
    editor.inspector.takes_tab.click()
    first, second = (take.id for take in stage.media.takes)
    assert [row.take.id for row in panel.rows] == [second, first] and stage.media.active == second
    panel.rows[1].compare.click()
    assert editor.player.area.comparison is not None
    assert editor.player.area.comparison.names == ("Take 2", "Take 1")
    editor.player.set_compare(None)
    QTest.mouseClick(panel.rows[1], Qt.MouseButton.LeftButton)
    assert stage.media.active == first
    row = next(row for row in panel.rows if row.take.id == first)
    row.ask_name()
    row.edit.setText("calm")
    row.edit.editingFinished.emit()
    assert [take.name for take in stage.media.takes] == ["calm", ""]
    QTest.keyClick(next(row for row in panel.rows if row.take.id == second), Qt.Key.Key_Delete)
    assert [take.id for take in stage.media.takes] == [first]
    editor.desk.set_playhead(3)
    assert "Frame 4" in panel.source.text() and "180°" in panel.source.text()


def test_a_value_is_set_for_all_of_a_clip_or_at_the_playhead_where_it_moves(stage: Stage) -> None:
    stage.make(8)
    editor, panel = stage.editor, stage.editor.inspector.clip_panel
    editor.player.playback.stop()
    editor.inspector.clip_tab.click()
    editor.desk.set_playhead(4)
    panel.fields["opacity"].set_value(0.5)
    assert [key.value for key in lane_keys(stage.clip, "opacity")] == [0.5]
    assert value_at(stage.clip, "opacity", 7) == 0.5
    clip_id = stage.clip.id
    editor.desk.request("Key", lambda now: request_set_key(now, clip_id, "opacity", Fraction(4), 1.0))
    panel.fields["opacity"].set_value(0.75)
    assert {int(key.at): key.value for key in lane_keys(stage.clip, "opacity")} == {0: 0.5, 4: 0.75}
    editor.desk.set_playhead(0)
    assert panel.fields["opacity"].value == 0.5 and "Opacity" in panel.keyed.text()
    editor.desk.undo()
    editor.desk.undo()
    editor.desk.undo()
    panel.speed.setValue(200)
    assert (stage.clip.speed, stage.clip.length) == (Fraction(2), 4)
    panel.start.setValue(2)
    panel.length.setValue(5)
    assert (stage.clip.start, stage.clip.length) == (2, 5)
    panel.speed.setValue(0)
    assert stage.clip.speed == 2 == panel.speed.value() / 100
    assert any("speed 0" in note for note in stage.notes)


@pytest.mark.slow
def test_measures_open_their_lane(stage: Stage) -> None:
    stage.make()
    editor = stage.editor
    editor.player.playback.stop()
    stage.bot.waitUntil(lambda: editor.measuring.of(stage.clip) is not None, timeout=20_000)
    assert editor.inspector.foot.verdict.isVisible()
    editor.inspector.foot.verdict.click()
    editor.inspector.measures.lane_button.click()
    track = stage.timeline.track_of(stage.clip.id)
    assert track is not None and MEASURES in editor.panel.lanes.opened(track.id)


def test_a_frame_goes_to_the_canvas_and_comes_back_as_a_take(stage: Stage) -> None:
    stage.make()
    editor, window = stage.editor, stage.desk.window
    editor.player.playback.stop()
    editor.desk.set_playhead(2)
    editor.do("repair")
    frames = window.paint.ready().editor.frames
    stage.bot.waitUntil(lambda: frames.repair is not None)
    assert window.workspaces.current == "paint" and frames.repair is not None and frames.repair.number == 2
    frames.bring_back()
    stage.bot.waitUntil(lambda: window.workspaces.current == "animate")
    assert len(stage.media.takes) == 2 and frames.repair is None


@pytest.mark.slow
def test_a_video_is_made_to_loop_beside_what_it_was(stage: Stage) -> None:
    """A clip that was not made here has other buttons."""
    video = Video(__file__, Fraction(12), 30, Size(64, 64))
    editor = stage.editor
    editor.desk.request("Import", lambda now: with_media(now, [(video, "film")], 0))
    editor.desk.select([stage.clip.id])
    foot, panel = editor.inspector.foot, editor.inspector.generate
    assert {name for name, button in foot.tools.items() if button.isEnabled()} == {"loop"}
    assert panel.foreign.isVisible() and "film" in panel.foreign.text()
    foot.tools["loop"].click()
    stage.submitted(1)
    assert isinstance(stage.clip.media, Generated) and stage.media.closed
