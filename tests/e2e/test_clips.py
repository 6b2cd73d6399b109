"""A clip from the first key to the finished file, in a real window with the starter model.

    python -m pytest tests/e2e/test_clips.py             a small loop: it streams in, is scrubbed and keyed
    python -m pytest tests/e2e/test_clips.py -m slow     the whole errand, and kills within a clip (10 minutes)

With Xvfb installed the windows are real ones on a virtual screen.
"""

import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.domain.easing import Ease
from studio.domain.jobs import Job, JobState, Picture
from studio.domain.sequence import FrameSequence
from studio.domain.timeline.seen import value_at
from studio.session.clips.joins import join_scores
from studio.session.clips.sources import take_of
from studio.session.headless import Headless
from studio.session.rendering import Report
from studio.session.workers import worker_factory
from studio.ui.animate.export_dialog import ExportDialog
from tests.e2e.clips import LEFT, Sitting, animate, jobs, kept, measured, paths_of, pixels, project
from tests.e2e.screen import Program, Screen, studio_window, virtual_screen, wait_for
from tests.ui.desk import application

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(900),
    pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise", "grabbing the keyboard"),
]
outside = pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool")
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(scope="session")
def qapp() -> Iterator[QApplication]:
    yield application()


# ---------------------------------------------------------------------------------------------- the steps


def make(sitting: Sitting, frames: int, steps: int) -> None:
    """Ctrl+Return: frames land one by one in the project, and play before the last is there."""
    editor = sitting.editor
    form = editor.inspector.generate.form
    form.rows["frames"].show_value(frames)
    form.rows["steps"].show_value(steps)
    form.seed.set_value(7, locked=True)
    landed: list[int] = []
    looks: list[tuple[set[int], bool]] = []

    def look(_take: str, number: int) -> None:
        if not landed:
            job = editor.making.job(sitting.clip)
            looks.append((sitting.stored(), job is not None and not job.state.final))
        landed.append(number)

    editor.making.arrived.connect(look)
    QTest.keyClick(sitting.window.focusWidget(), Qt.Key.Key_Return, CTRL)
    sitting.wait(lambda: editor.player.playback.playing)
    assert len(sitting.media.takes) == 1 and sitting.media.active == sitting.media.takes[0].id
    sitting.wait(lambda: not editor.making.is_made(sitting.media.active))
    sitting.wait(lambda: len(landed) == frames)
    editor.making.arrived.disconnect(look)
    assert sorted(landed) == list(range(frames)), "each frame is told of once"
    ((first, making),) = looks
    assert landed[0] in first and making, "the first frame is in the file while the others are being made"
    assert len(first) < frames
    assert set(sitting.frames) == sitting.stored() == set(range(frames))
    editor.player.playback.stop()


def scrub(sitting: Sitting) -> None:
    """The ruler is dragged across the seam: each frame that is shown has exactly the pixels of the take."""
    editor, frames = sitting.editor, sitting.frames
    ruler, count = editor.panel.ruler, len(frames)
    before = editor.desk.desk.session.history.current
    sitting.take(ruler, sitting.in_ruler(count // 2 + 0.5))
    for place in (count // 2, 1, count - 2, count - 1, count, 0, -1):
        sitting.go(ruler, sitting.in_ruler(place + 0.5))
        assert editor.desk.playhead == place % count
        shown = sitting.seen()
        assert (shown[..., 3] == 255).all()
        assert np.array_equal(shown[..., :3], pixels(frames[place % count])), f"frame {place}"
    sitting.drop(ruler, sitting.in_ruler(0.5))
    assert editor.desk.desk.session.history.current is before, "looking is no edit"


def key_across_the_seam(sitting: Sitting) -> None:
    """A key of opacity is dragged over the seam: one step of the history, and the curve runs on across it."""
    editor, count = sitting.editor, sitting.clip.length
    strip, (track,) = editor.panel.strip, sitting.timeline.tracks
    editor.panel.lanes.show(track.id, "opacity")
    low, high, late, over = Fraction(count // 3), 0.25, Fraction(count - 1), Fraction(1)
    for at, value in ((low, 0.25), (late, 0.75)):
        QTest.mouseDClick(strip, LEFT, pos=sitting.in_lane(float(at), value))
        high = sitting.keys()[at]
        assert high == pytest.approx(value, abs=0.03)
    before = sitting.keys()
    places = [sitting.in_lane(float(late) + way, high) for way in (0.0, 0.7, 1.4, 2.0)]
    sitting.drag(strip, *places, held=SHIFT)
    after = {low: before[low], over: high}
    assert sitting.keys() == after, "its place is one on the ring"
    editor.desk.undo()
    assert sitting.keys() == before, "the drag is one step"
    editor.desk.redo()
    ease = next(key.ease for lane in sitting.clip.lanes for key in lane.keys if key.at == low)
    for frame in (count - 2, count - 1, 0):
        share = float((frame - low) % count / ((over - low) % count))
        value = _between(before[low], high, ease, share)
        assert value_at(sitting.clip, "opacity", frame, count) == pytest.approx(value, abs=1e-6)
        editor.desk.set_playhead(frame)
        assert abs(int(sitting.seen()[..., 3].max()) - 255 * value) <= 1, (
            f"frame {frame} is as opaque as its curve says"
        )
    while sitting.keys():
        editor.desk.undo()
    assert len(sitting.media.takes) == 1


def _between(first: float, last: float, ease: Ease, share: float) -> float:
    return first + (last - first) * ease.at(share)


def roll_again(sitting: Sitting) -> None:
    """From the in to the out point: another take, whose other frames are the same bytes, with joins that fit."""
    editor, panel, count = sitting.editor, sitting.editor.panel, sitting.clip.length
    first, last = count // 3, count // 3 + count // 4
    old, frames = sitting.media.active, sitting.frames
    for key, frame in ((Qt.Key.Key_I, first), (Qt.Key.Key_O, last)):
        editor.desk.set_playhead(frame)
        sitting.press(panel.strip, key)
    told: list[str] = []
    editor.making.noted.connect(told.append)
    panel.actions_of["reroll"].trigger()
    sitting.wait(lambda: sitting.media.active != old)
    sitting.wait(lambda: told)
    assert "usual step" in told[0]
    fresh, changed = sitting.frames, range(first, last + 1)
    assert set(fresh) == set(frames)
    assert all(fresh[number] == frames[number] for number in frames if number not in changed)
    assert all(fresh[number] != frames[number] for number in changed)
    joins = join_scores(lambda number: pixels(fresh[number]), count, first, last, True)
    assert all(join is not None and join.score <= 2 for join in joins), joins
    editor.player.playback.stop()


def export(sitting: Sitting, path: Path) -> None:
    """The dialog writes a WebM that is what it should be."""
    sitting.window.commands["clip-export"].trigger()
    (dialog,) = sitting.page.findChildren(ExportDialog)
    assert "in and out point" in dialog.what.currentText(), "what was marked goes first"
    dialog.what.setCurrentIndex(dialog.what.findText("The ring, one turn"))
    assert dialog.path.text().endswith(".webm"), "what is offered for a loop"
    dialog.path.selectAll()
    QTest.keyClicks(dialog.path, str(path))
    found: list[object] = []
    dialog.exporting.ended.connect(found.append)
    dialog.exporting.failed.connect(found.append)
    QTest.mouseClick(dialog.export_button, LEFT, pos=QPoint(8, 8))
    sitting.wait(lambda: found)
    (report,) = found
    assert isinstance(report, Report), report
    assert (report.frames, report.closed) == (sitting.clip.length, True)
    assert dialog.pages.currentIndex() == 2 and dialog.report.verdict.isVisible()
    dialog.close()


# ---------------------------------------------------------------------------------------------- within the program


def test_a_small_loop_streams_in_and_is_scrubbed_and_keyed(qtbot: QtBot, tmp_path: Path) -> None:
    with animate(tmp_path, qtbot) as sitting:
        make(sitting, frames=6, steps=4)
        scrub(sitting)
        key_across_the_seam(sitting)


@pytest.mark.slow
def test_a_loop_from_the_first_key_to_the_measured_file(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda _: 11)  # what is rolled again has the same seed each time
    path = tmp_path / "loop.webm"
    with animate(tmp_path / "home", qtbot) as sitting:
        make(sitting, frames=24, steps=12)
        scrub(sitting)
        key_across_the_seam(sitting)
        roll_again(sitting)
        export(sitting, path)
    found = measured(path)
    assert found["frames"] == 24
    assert 0.8 <= found["measures"]["seam_ratio"] <= 1.2, found["reasons"]
    assert found["measures"]["dynamic_degree"] > 0


# ---------------------------------------------------------------------------------------------- from outside


def the_job(home: Path) -> Job | None:
    """The only one."""
    found = jobs(home)
    assert len(found) <= 1
    return found[0] if found else None


def frames_now(home: Path) -> dict[int, bytes]:
    """Those of its take that are in the project."""
    job = the_job(home)
    return kept(home, take_of(job)) if job is not None else {}


def enter(program: Program, home: Path) -> None:
    """Go to the workspace, and ask for a loop if there is none yet."""
    program.keys("ctrl+alt+3")
    wait_for(lambda: project(home), "the page")
    if the_job(home) is None:
        program.keys("ctrl+Return")
        wait_for(lambda: the_job(home), "the job of a loop")


def begin_and_kill(screen: Screen, home: Path) -> dict[int, bytes]:
    """Kill the window as soon as some frames are there. They are what is there afterwards."""
    with studio_window(screen, home) as program:
        enter(program, home)
        before = wait_for(lambda: frames_now(home), "the first frame", 300)
        program.process.kill()
        program.process.wait(10)
    assert not over(home)
    after = frames_now(home)
    assert after.items() >= before.items() and 0 < len(after) < 24
    return after


def live_and_kill(screen: Screen, home: Path, known: dict[int, bytes], seconds: float, victim: str) -> bool:
    """Let the window live so long, and kill it, or its worker and after a while the window. Whether the clip was being
    made; into `known` comes what has been kept.
    """
    with studio_window(screen, home) as program:
        enter(program, home)
        time.sleep(seconds)
        hit = not over(home)
        known |= frames_now(home)
        if victim == "worker":
            for worker in program.children():
                os.kill(worker.pid, signal.SIGKILL)
            time.sleep(seconds)
        program.process.kill()
        program.process.wait(10)
    now = frames_now(home)
    assert now.items() >= known.items(), "what was kept is lost, or other than before"
    known |= now
    return hit


def over(home: Path) -> bool:
    job = the_job(home)
    return job is not None and job.state.final


def undisturbed(task: FrameSequence, home: Path) -> dict[int, bytes]:
    """The frames of a task that nothing interrupts."""
    found: dict[int, bytes] = {}

    def take(picture: Picture, png: bytes) -> None:
        found[picture.index] = png

    with Headless(paths_of(home), worker_factory(), "cpu") as studio:
        studio.frames(task, take)
    return found


def finish(screen: Screen, home: Path) -> FrameSequence:
    """Start once more and wait for the whole clip; what it was made by."""
    with studio_window(screen, home) as program:
        enter(program, home)
        wait_for(lambda: over(home) and len(frames_now(home)) == 24, "the whole clip", 300)
        program.keys("ctrl+q")
        assert program.process.wait(30) == 0
    job = the_job(home)
    assert job is not None and job.state is JobState.DONE and isinstance(job.task, FrameSequence)
    return job.task


@outside
@pytest.mark.slow
def test_a_clip_goes_on_after_a_kill_with_the_frames_that_are_missing(tmp_path: Path) -> None:
    home, buffer = tmp_path / "home", tmp_path / "screen"
    buffer.mkdir()
    with virtual_screen(buffer) as screen:
        known = begin_and_kill(screen, home)
        task = finish(screen, home)
    frames, wanted = frames_now(home), undisturbed(task, tmp_path / "other")
    assert frames.items() >= known.items()
    assert sorted(frames) == sorted(wanted) == list(range(24))
    for number, png in wanted.items():
        assert np.array_equal(pixels(frames[number]), pixels(png)), f"frame {number} is another than without the kill"


@outside
@pytest.mark.slow
def test_nothing_is_lost_by_kills_at_any_moment(tmp_path: Path) -> None:
    home, buffer, dice = tmp_path / "home", tmp_path / "screen", random.Random(6)
    buffer.mkdir()
    known: dict[int, bytes] = {}
    victims = ("window", "worker", "window", "window", "worker")
    with virtual_screen(buffer) as screen:
        hits = sum(live_and_kill(screen, home, known, dice.uniform(2, 9), victim) for victim in victims)
        assert hits >= 3, "the clip was done too soon"
        finish(screen, home)
    frames = frames_now(home)
    assert sorted(frames) == list(range(24)) and frames.items() >= known.items()
