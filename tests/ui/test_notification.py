"""The desktop is told of long jobs while the user is elsewhere."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from studio.domain.jobs import JobState, Priority
from studio.domain.recipe import Recipe
from studio.session.settings import SettingsFile
from studio.ui.notification import LONG, Desktop, Notifier
from tests.ui.desk import Desk


@dataclass
class Ear:
    """What the desktop hears, and a clock that a test turns."""

    heard: list[tuple[str, str]] = field(default_factory=list)
    time: float = 1000.0

    def tell(self, title: str, text: str) -> None:
        self.heard.append((title, text))


@pytest.fixture
def ear(desk: Desk) -> Ear:
    """The window is out of use, and a second notifier hears what the first would say."""
    ear = Ear()
    notifier = Notifier(desk.studio, desk.window, ear.tell, lambda: ear.time)
    desk.window.ending.append(notifier.close_work)
    other = QWidget()
    other.show()
    other.activateWindow()
    desk.bot.waitUntil(lambda: not desk.window.isActiveWindow())
    other.close()
    desk.bot.waitUntil(lambda: QApplication.activeWindow() is None)
    return ear


def run(desk: Desk, ear: Ear, seconds: float, *, fails: bool = False) -> None:
    """Carry out the job that waits at the head, which takes this long."""
    ahead = desk.studio.queue.open_jobs[0].id
    desk.bot.waitUntil(lambda: desk.worker.runs[-1].job_id == ahead)
    desk.worker.begin()
    desk.bot.waitUntil(lambda: desk.studio.queue.open_jobs[0].state is JobState.RUNNING)
    ear.time += seconds
    desk.worker.fail("It broke.") if fails else desk.worker.finish("blue")
    desk.bot.waitUntil(lambda: all(job.id != ahead for job in desk.studio.queue.open_jobs))


def submit(desk: Desk, prompt: str, priority: Priority = Priority.INTERACTIVE, batch: int = 1) -> None:
    desk.studio.submit(Recipe(prompt, batch=batch), priority=priority)


def test_a_long_job_is_told_with_its_name_and_time(desk: Desk, ear: Ear) -> None:
    submit(desk, "a red lighthouse at dusk")
    run(desk, ear, 130)
    assert ear.heard == [("The picture is finished", "a red lighthouse at dusk\nIt took 2 min 10 s.")]


def test_a_short_job_is_not(desk: Desk, ear: Ear) -> None:
    submit(desk, "quick")
    run(desk, ear, LONG - 1)
    assert not ear.heard


def test_a_failure_is_told_with_its_reason(desk: Desk, ear: Ear) -> None:
    submit(desk, "a lighthouse")
    run(desk, ear, 60, fails=True)
    assert ear.heard == [("A job failed", "a lighthouse\nIt broke.")]


def test_the_end_of_a_long_queue_is_told_and_none_of_its_short_jobs(desk: Desk, ear: Ear) -> None:
    for number in range(3):
        submit(desk, f"picture {number}")
    run(desk, ear, 10)
    run(desk, ear, 10, fails=True)
    assert not ear.heard
    run(desk, ear, 10)
    assert ear.heard == [("The queue is finished", "2 jobs done, 1 failed in 30 s.")]
    submit(desk, "another")
    run(desk, ear, 15)
    assert len(ear.heard) == 1, "another queue begins with its first job"


def test_a_batch_is_told_at_its_end_only(desk: Desk, ear: Ear) -> None:
    for number in range(2):
        submit(desk, f"picture {number}", Priority.BATCH)
    run(desk, ear, 60)
    assert not ear.heard
    run(desk, ear, 60)
    assert [title for title, _ in ear.heard] == ["The queue is finished"]


def test_several_pictures_are_counted(desk: Desk, ear: Ear) -> None:
    submit(desk, "a lighthouse", batch=3)
    run(desk, ear, 60)
    assert ear.heard[0][0] == "3 pictures finished"


def test_nothing_is_told_while_the_window_is_in_use(desk: Desk, ear: Ear) -> None:
    desk.window.activateWindow()
    desk.bot.waitUntil(lambda: QApplication.activeWindow() is not None)
    submit(desk, "watched")
    run(desk, ear, 60)
    assert not ear.heard


def test_a_cancelled_job_is_not_told(desk: Desk, ear: Ear) -> None:
    submit(desk, "stopped")
    desk.bot.waitUntil(lambda: bool(desk.worker.runs))
    desk.worker.begin()
    desk.bot.waitUntil(lambda: desk.studio.queue.open_jobs[0].state is JobState.RUNNING)
    ear.time += 60
    desk.window.requests.cancel()
    desk.bot.waitUntil(lambda: not desk.studio.queue.open_jobs)
    assert not ear.heard


def test_it_can_be_turned_off_and_stays_so(desk: Desk, ear: Ear, tmp_path: Path) -> None:
    action = desk.window.aftercare.notifier.action
    assert action.isChecked()
    action.trigger()
    submit(desk, "unheard")
    run(desk, ear, 60)
    assert not ear.heard
    assert not SettingsFile(tmp_path / "config" / "settings.json").value.desktop.notify


@pytest.mark.qt_log_ignore("does not support raise")  # what the offscreen platform says
def test_following_it_brings_the_window_to_the_front_with_the_picture(desk: Desk) -> None:
    desk.make("green")
    desk.make("blue")
    newest, older = desk.window.history.entry(0), desk.window.history.entry(1)
    assert newest is not None and older is not None
    desk.window.stage.choose(older)
    desk.bot.waitUntil(lambda: desk.shown() == "#008000")
    desk.window.workspaces.show_page("train")
    desk.window.showMinimized()
    notifier = desk.window.aftercare.notifier
    notifier.desktop.clicked.emit()
    desk.bot.waitUntil(lambda: desk.shown() == "#0000ff" and desk.window.isVisible())
    assert desk.window.workspaces.current == "generate" and not desk.window.isMinimized()


def test_a_desktop_without_notifications_is_no_obstacle(desk: Desk) -> None:
    assert not QSystemTrayIcon.isSystemTrayAvailable()
    Desktop(desk.window).tell("Title", "Text")


@pytest.mark.qt_log_ignore("systemTrayWindowChanged")  # what the offscreen platform lacks
def test_a_desktop_with_notifications_gets_the_words(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[str, str]] = []
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: True))
    monkeypatch.setattr(QSystemTrayIcon, "supportsMessages", staticmethod(lambda: True))
    monkeypatch.setattr(QSystemTrayIcon, "showMessage", lambda _self, title, text, *_: shown.append((title, text)))
    desktop = Desktop(desk.window)
    with desk.bot.waitSignal(desktop.clicked):
        desktop.tell("Title", "Text")
        (tray,) = desktop.findChildren(QSystemTrayIcon)
        tray.messageClicked.emit()
    assert shown == [("Title", "Text")]
