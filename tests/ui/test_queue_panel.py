"""The queue says what runs, what waits and what happened, and lets it be changed."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from studio.domain.catalog import Library
from studio.domain.jobs import Job, JobState
from studio.domain.messages import Phase
from studio.domain.recipe import Recipe
from studio.ui.bridge import Bridge
from studio.ui.panels.job_row import JobRow
from studio.ui.phases import duration, phase_text
from studio.ui.window import MainWindow
from tests.ui.desk import Desk
from tests.ui.fakes import make_studio


def row(desk: Desk, number: int) -> JobRow:
    found = desk.window.queue.row(desk.studio.queue.jobs[number].id)
    assert found is not None
    return found


def test_a_waiting_job_is_cancelled_without_the_running_one(desk: Desk) -> None:
    desk.generate()
    desk.worker.begin(step=5)
    desk.generate()
    desk.bot.waitUntil(lambda: row(desk, 0).state.text() == "Denoising 5/12")
    assert row(desk, 1).state.text() == "Waiting"
    row(desk, 1).cancel_button.click()
    assert [job.state for job in desk.studio.queue.jobs] == [JobState.RUNNING, JobState.CANCELLED]
    assert not desk.worker.cancelled
    assert row(desk, 1).state.text() == "Cancelled"
    assert not row(desk, 1).cancel_button.isVisible()


def test_clear_finished_keeps_what_is_open(desk: Desk) -> None:
    desk.make()
    desk.bot.waitUntil(lambda: desk.studio.queue.jobs[0].state is JobState.DONE)
    desk.generate()
    desk.window.queue.clear_button.click()
    assert len(desk.studio.queue.jobs) == 1
    desk.bot.waitUntil(row(desk, 0).isVisible)
    assert not desk.window.queue.clear_button.isVisible()


def test_cancel_all_empties_the_queue(desk: Desk) -> None:
    for _ in range(3):
        desk.generate()
    desk.window.commands["cancel-all"].trigger()
    desk.bot.waitUntil(lambda: not desk.studio.queue.open_jobs)
    assert len(desk.worker.runs) == 1, "none of the waiting jobs started"


def test_a_click_on_the_running_job_shows_it(desk: Desk) -> None:
    desk.make("blue")
    desk.generate()
    desk.worker.begin()
    desk.window.strip.step(0)
    desk.bot.waitUntil(desk.window.area.follow_button.isVisible)
    desk.bot.mouseClick(row(desk, 1), Qt.MouseButton.LeftButton)
    desk.worker.preview(1, "red")
    desk.bot.waitUntil(lambda: desk.shown() == "#ff0000")


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (Phase.LOAD, "Loading model"),
        (Phase.ENCODE, "Reading prompt"),
        (Phase.DENOISE, "Denoising 3/12"),
        (Phase.DECODE, "Decoding"),
        (Phase.SAVE, "Saving"),
    ],
)
def test_phases_are_named_plainly(phase: Phase, words: str) -> None:
    job = Job("a", Recipe(), JobState.RUNNING, phase, 3, 12)
    assert phase_text(job) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "under 1 s"), (41.6, "42 s"), (125, "2 min 05 s"), (7260, "2 h 01 min")]
)
def test_times_are_said_as_one_says_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_without_a_model_the_window_says_so(desk: Desk, tmp_path: Path) -> None:
    bridge = Bridge()
    studio, _ = make_studio(tmp_path / "other", bridge)
    studio.library = Library()
    window = MainWindow(studio, bridge)
    desk.bot.addWidget(window)
    window.requests.generate()
    assert "no model" in window.area.banner.message.text().lower()
    assert not studio.queue.jobs
    with desk.bot.waitSignal(window.closed):
        window.close()
