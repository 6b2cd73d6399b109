"""From the key to a loop that plays: one key, one step of the history, frames that stream in, and their measures."""

from fractions import Fraction
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.domain.jobs import Picture
from studio.domain.messages import PictureDone
from studio.domain.sequence import Method
from studio.domain.timeline.model import Generated
from studio.domain.treatment import Interpolation
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import encode_png
from studio.ui.timeline.facts import Light
from tests.ui.animate.clips import SIDE, Stage, frame
from tests.ui.fakes import EXAMPLES


def test_one_key_makes_a_loop(stage: Stage) -> None:
    editor = stage.editor
    assert editor.welcome.isVisible() and editor.inspector.generate.prompt.text() == EXAMPLES[0]
    stage.short(6)
    stage.desk.generate()  # Ctrl+Return
    stage.submitted(1)
    assert not editor.welcome.isVisible()
    assert (stage.task.frames, stage.task.method, stage.task.recipe.prompt) == (6, Method.CIRCLE, EXAMPLES[0])
    assert (stage.timeline.ring, stage.timeline.rate, stage.clip.length) == (6, Fraction(12), 6)
    assert editor.desk.active_clip is stage.clip and stage.media.active == stage.run_take
    editor.desk.undo()
    assert not any(track.clips for track in stage.timeline.tracks)  # one step
    editor.desk.redo()
    assert stage.media.takes


def test_frames_stream_in_play_and_are_measured(stage: Stage) -> None:
    editor = stage.editor
    stage.short(6)
    stage.desk.window.generate()
    stage.submitted(1)
    stage.begin()
    foot = editor.inspector.foot
    stage.bot.waitUntil(lambda: foot.words.isVisible() and "3/12" in foot.words.text())
    stage.preview(tuple(range(6)))
    stage.bot.waitUntil(lambda: editor.player.area.preview is not None)
    assert not editor.player.playback.playing
    stage.send(0)
    stage.bot.waitUntil(lambda: editor.player.playback.playing)
    facts = editor.panel.strip.facts
    assert facts.present(stage.run_take) == frozenset({0}) and facts.arriving(stage.run_take)
    assert facts.diagnosis(stage.clip) is None
    stage.send(*range(1, 6))
    stage.finish()
    assert not facts.arriving(stage.run_take) and not foot.words.isVisible()
    stage.bot.waitUntil(lambda: facts.diagnosis(stage.clip) is not None, timeout=20_000)
    found = facts.diagnosis(stage.clip)
    assert found is not None and found.light in Light and found.reason and len(found.warp) == 6
    editor.inspector.measures_tab.click()
    assert editor.inspector.measures.verdict.isVisible()
    editor.player.playback.stop()


def test_another_take_of_a_chosen_clip_has_another_seed_and_is_one_step(stage: Stage) -> None:
    stage.editor.inspector.generate.form.seed.set_value(7, locked=True)
    stage.make()
    assert stage.task.recipe.seed == 7
    stage.editor.inspector.generate.form.seed.lock.setChecked(False)
    first, seed = stage.media.active, stage.task.recipe.seed
    stage.desk.window.generate()
    stage.submitted(2)
    assert len(stage.media.takes) == 2 and stage.media.active != first
    assert stage.task.recipe.seed != seed
    stage.editor.desk.undo()
    assert [take.id for take in stage.media.takes] == [first]
    stage.editor.player.playback.stop()


def test_cancel_keeps_what_is_there_and_the_rest_can_be_made(stage: Stage) -> None:
    stage.short(6)
    stage.desk.window.generate()
    stage.submitted(1)
    stage.begin()
    stage.send(0, 1)
    foot = stage.editor.inspector.foot
    stage.bot.mouseClick(foot.cancel_button, Qt.MouseButton.LeftButton)
    stage.bot.waitUntil(lambda: not foot.cancel_button.isEnabled())
    assert stage.editor.session.takes.numbers(stage.media.active) == {0, 1}
    take = stage.media.active
    stage.bot.mouseClick(foot.tools["complete"], Qt.MouseButton.LeftButton)
    stage.submitted(2)
    assert stage.task.only == (2, 3, 4, 5) and stage.run_take == take and len(stage.media.takes) == 1
    stage.editor.player.playback.stop()


def test_what_cannot_be_made_changes_nothing_and_says_why_at_its_field(stage: Stage) -> None:
    form = stage.editor.inspector.generate.form
    form.rows["method"].show_value(Method.MOTION)  # the starter draws single pictures
    stage.desk.window.generate()
    assert not stage.timeline.tracks and not stage.desk.worker.runs
    assert any("motion module" in note for note in stage.notes)
    assert form.rows["module"].problem.isVisible()


def test_a_range_is_rolled_again_between_its_neighbours(stage: Stage) -> None:
    stage.make(8)
    editor = stage.editor
    editor.reroll(stage.clip.id, 7, 0)  # across the seam
    stage.submitted(2)
    assert stage.task.only == (0, 7) and {held.index for held in stage.task.held} == {1, 2, 5, 6}
    assert len(stage.media.takes) == 2
    takes = editor.session.takes
    stage.bot.waitUntil(lambda: takes.numbers(stage.media.active) == {1, 2, 3, 4, 5, 6})
    stage.begin()
    stage.send(7, 0, mark=3)
    told: list[str] = []
    editor.making.noted.connect(told.append)
    stage.finish()
    stage.bot.waitUntil(lambda: bool(told), timeout=20_000)
    assert "usual step" in told[0]
    editor.player.playback.stop()


@pytest.mark.slow
def test_a_frame_is_interpolated_over(stage: Stage) -> None:
    stage.make(8)
    editor = stage.editor
    editor.player.playback.stop()
    editor.desk.set_playhead(3)
    before = editor.session.takes.digest(stage.media.active, 3)
    first = stage.media.active
    stage.bot.mouseClick(editor.inspector.foot.tools["bridge"], Qt.MouseButton.LeftButton)
    stage.bot.waitUntil(lambda: len(stage.media.takes) == 2, timeout=20_000)
    takes, second = editor.session.takes, stage.media.active
    stage.bot.waitUntil(lambda: len(takes.numbers(second)) == 8)
    assert takes.digest(second, 3) != before and takes.digest(second, 4) == takes.digest(first, 4)
    found = takes.provenance(second, 3)
    assert found is not None and found.method == "interpolation" and found.note


@pytest.mark.slow
def test_a_dry_run_is_small_and_short(stage: Stage) -> None:
    stage.make()
    stage.editor.player.playback.stop()
    task = stage.task
    stage.editor.do("dry-run")
    stage.submitted(2)
    assert stage.task.recipe.sampling.steps == 4 and stage.task.recipe.size.pixels < task.recipe.size.pixels
    assert stage.media.take is not None and stage.media.take.name == "Dry run"
    assert isinstance(stage.media.task, type(task)) and stage.media.task.recipe.size == task.recipe.size


@pytest.mark.slow
def test_twice_the_frames_begin_with_those_of_the_take(stage: Stage) -> None:
    stage.make()
    stage.editor.player.playback.stop()
    stage.editor.do("double")
    stage.submitted(2)
    run = stage.run.task
    assert isinstance(run, Interpolation) and run.factor == 2 and len(run.source.paths) == 6
    assert stage.clip.length == 6  # twice as many in the same time


def test_an_interrupted_clip_finds_its_project_again(stage: Stage) -> None:
    """Frames that come while another project is open wait, and are kept when it is opened again."""
    stage.short(6)
    stage.desk.window.generate()
    stage.submitted(1)
    stage.begin()
    stage.send(0)
    take, paint = stage.run_take, stage.desk.window.paint.ready()
    path = stage.editor.session.path
    paint.begin(paint.editor.desk.document.size, white=True)
    assert stage.editor.session.path != path and stage.editor.welcome.isVisible()
    digest = BlobStore(Path(stage.run.store)).put(encode_png(frame(1, 6)))
    stage.desk.worker.post(PictureDone(stage.run.job_id, Picture(1, 5, digest, SIDE, SIDE)))
    QTest.qWait(100)
    paint.open_path(path)
    stage.bot.waitUntil(lambda: stage.editor.session.takes.numbers(take) == {0, 1})
    assert isinstance(stage.clip.media, Generated)
    stage.editor.player.playback.stop()
