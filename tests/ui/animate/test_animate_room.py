"""The workspace in its window: the same project as Paint, its title, its undo, its keys."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QWidget,
)

from studio.domain.timeline.requests import request_add_marker
from tests.ui.animate.clips import Stage, enter
from tests.ui.desk import Desk

CTRL = Qt.KeyboardModifier.ControlModifier


def test_it_works_on_the_project_of_paint(stage: Stage, tmp_path: Path) -> None:
    window, page = stage.desk.window, stage.page
    paint = window.paint.ready()
    assert window.workspaces.current == "animate" and page.editor.session is paint.editor.session
    assert window.windowTitle().startswith(paint.title)
    page.editor.desk.request("Marker", lambda now: request_add_marker(now, 3))
    page.editor.panel.setFocus()
    assert window.commands["paint-undo"].isEnabled()
    stage.desk.press(Qt.Key.Key_Z, CTRL)
    assert not stage.timeline.markers
    stage.desk.press(Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert len(stage.timeline.markers) == 1
    path = tmp_path / "named.safelight"
    paint.save_as(path)
    stage.bot.waitUntil(lambda: window.windowTitle().startswith("named"))
    before = page.editor
    paint.begin(paint.editor.desk.document.size, white=True)
    assert window.workspaces.current == "animate" and page.editor is not before
    assert page.editor.session is paint.editor.session and not stage.timeline.markers
    paint.open_path(path)
    assert len(stage.timeline.markers) == 1


def test_commands_are_those_that_mean_something_here(stage: Stage) -> None:
    commands, window = stage.desk.window.commands, stage.desk.window
    assert commands["canvas-save"].isEnabled() and commands["canvas-open"].isEnabled()
    for name in ("layer-new", "tool-brush", "paint-clear", "fit", "start-from", "canvas-export"):
        assert not commands[name].isEnabled(), name
    assert [key.toString() for key in commands["cancel"].shortcuts()] == ["Ctrl+."]
    assert window.docks[0].isHidden()
    stage.make()
    player = stage.editor.player
    stage.bot.waitUntil(lambda: player.playback.playing)
    window.workspaces.show_page("paint")
    assert not player.playback.playing
    assert commands["layer-new"].isEnabled() and commands["fit"].isEnabled()
    assert "Esc" in [key.toString() for key in commands["cancel"].shortcuts()]


def test_every_control_has_a_name_and_every_sign_a_tooltip(stage: Stage) -> None:
    stage.make()
    stage.editor.player.playback.stop()
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)
    found = [each for each in stage.page.findChildren(QWidget) if isinstance(each, kinds)]
    for control in found:
        if control.objectName().startswith("qt_") or isinstance(control, QScrollBar):
            continue
        text = control.text() if isinstance(control, QAbstractButton) else ""
        assert control.accessibleName() or text, f"{control} in {control.parentWidget()} has no name"
        if not text:
            assert control.toolTip(), f"{control.accessibleName()} has no tooltip"


@pytest.mark.slow
def test_the_library_is_followed(desk: Desk) -> None:
    stage = enter(desk)
    form = stage.editor.inspector.generate.form
    form.model.choose("big")
    assert stage.editor.inspector.generate.draft.recipe.model == "big"
    assert stage.editor.inspector.generate.draft.recipe.size == form.rows["size"].read()
    desk.studio.library_changed.emit(desk.studio.library)
    assert form.model.model is not None and form.model.model.name == "big"


def test_a_project_with_clips_opens_with_what_is_seen_chosen(stage: Stage) -> None:
    stage.make()
    editor, paint = stage.editor, stage.desk.window.paint.ready()
    editor.player.playback.stop()
    clip, path = stage.clip, editor.session.path
    paint.begin(paint.editor.desk.document.size, white=True)
    assert stage.editor.desk.active_clip is None
    stage.page.setFocus()
    assert stage.editor.inspector.generate.prompt.hasFocus()
    paint.open_path(path)
    assert stage.editor is not editor and stage.editor.desk.active_clip == clip
    stage.page.setFocus()
    assert stage.editor.panel.strip.hasFocus()
