"""What was typed is there again."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

from studio.domain.geometry import Size
from studio.session.settings import SettingsFile
from tests.ui.desk import Desk, Desks


def test_the_draft_and_the_window_come_back(desks: Desks, tmp_path: Path) -> None:
    first = desks.open(tmp_path)
    first.window.panel.prompt.show_text("a half written thou")
    first.window.panel.size_field.set_value(Size(320, 256))
    first.window.panel.seed.set_value(5, locked=True)
    first.window.docks[1].hide()
    desks.close(first)
    second = desks.open(tmp_path)
    recipe = second.window.panel.recipe()
    assert (recipe.prompt, recipe.size, recipe.seed) == ("a half written thou", Size(320, 256), 5)
    assert second.window.panel.seed.locked
    assert not second.window.docks[1].isVisible()


def test_the_draft_is_written_a_moment_after_typing(desk: Desk, tmp_path: Path) -> None:
    settings = tmp_path / "config" / "settings.json"
    desk.window.panel.prompt.selectAll()
    desk.bot.keyClicks(desk.window.panel.prompt, "kept")
    desk.bot.waitUntil(
        lambda: settings.exists() and json.loads(settings.read_text())["draft"]["prompt"] == "kept", timeout=600
    )


def test_a_killed_window_loses_nothing_older_than_a_moment(desks: Desks, tmp_path: Path) -> None:
    killed = textwrap.dedent(f"""
        import os, signal, sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parents[2])!r})
        from tests.ui import fakes
        from PySide6.QtCore import QTimer
        from studio.ui.application import create_application
        from studio.ui.bridge import Bridge
        from studio.ui.window import MainWindow
        application = create_application(["safelight"])
        bridge = Bridge()
        studio, worker = fakes.make_studio(Path({str(tmp_path)!r}), bridge)
        window = MainWindow(studio, bridge)
        window.show()
        window.panel.prompt.show_text("unsaved words")
        QTimer.singleShot(700, lambda: os.kill(os.getpid(), signal.SIGKILL))
        application.exec()
    """)
    ended = subprocess.run([sys.executable, "-c", killed], timeout=60, check=False)
    assert ended.returncode == -9
    assert desks.open(tmp_path).window.panel.prompt.text() == "unsaved words"


def test_a_draft_for_a_missing_model_is_shown_with_one_there_is(desks: Desks, tmp_path: Path) -> None:
    first = desks.open(tmp_path)
    first.window.panel.prompt.show_text("kept words")
    desks.close(first)
    file = tmp_path / "config" / "settings.json"
    file.write_text(file.read_text().replace('"model": "starter"', '"model": "gone"'))
    assert SettingsFile(file).value.draft is not None
    recipe = desks.open(tmp_path).window.panel.recipe()
    assert (recipe.prompt, recipe.model) == ("kept words", "starter")


def test_pictures_of_past_sessions_are_in_the_strip(desks: Desks, tmp_path: Path) -> None:
    first = desks.open(tmp_path)
    first.make()
    desks.close(first)
    second = desks.open(tmp_path)
    assert second.window.history.rowCount() == 1
    second.window.strip.step(1)
    second.bot.waitUntil(lambda: second.window.stage.entry is not None)
    assert second.shown() == "#0000ff"
