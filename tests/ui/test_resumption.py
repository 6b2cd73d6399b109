"""Jobs come back: after a quit, after a kill, after the engine was lost under them."""

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication

from studio.domain.errors import ErrorKind, Problem
from studio.domain.jobs import Job, JobState
from studio.domain.messages import Interrupted, Paused
from studio.domain.recipe import Recipe
from studio.session.journal import Journal
from studio.ui.messages import NewsBar
from tests.ui.desk import Desk, Desks

LOST = Problem(ErrorKind.CRASH, "The worker did not answer for 15 s and was ended.", "Choose a smaller size.")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "queue.safelight"


def leave(file: Path, *jobs: Job, held: bool = False) -> None:
    """What a session that was killed left in its journal."""
    journal = Journal.open(file, create=True)
    journal.put(jobs)
    journal.hold(held)
    journal.close()


def waiting(number: int, **changes: object) -> Job:
    return Job(f"job{number}", Recipe(f"picture {number}"), rank=number, **changes)  # type: ignore[arg-type]


def bar(desk: Desk) -> NewsBar:
    return desk.window.aftercare.news


def running(desk: Desk, step: int = 0) -> Job:
    """A job that is being denoised."""
    desk.generate()
    desk.bot.waitUntil(lambda: bool(desk.worker.runs))
    desk.worker.begin(step)
    desk.bot.waitUntil(lambda: desk.studio.queue.jobs[0].state is JobState.RUNNING)
    return desk.studio.queue.jobs[0]


def test_closing_asks_nothing_and_the_jobs_go_on_in_the_next_window(desks: Desks, tmp_path: Path, file: Path) -> None:
    desk = desks.open(tmp_path, file)
    desk.window.panel.prompt.show_text("a red lighthouse at dusk")
    first = running(desk, 7)
    desk.generate()
    desk.generate()
    assert bar(desk).isHidden()
    desks.close(desk)
    desk = desks.open(tmp_path, file)
    desk.bot.waitUntil(bar(desk).isVisible)
    assert bar(desk).message.text() == "3 jobs go on where they stopped."
    assert bar(desk).hint.text() == "“a red lighthouse at dusk” was at step 7 of 12."
    desk.bot.waitUntil(lambda: bool(desk.worker.runs))
    assert desk.worker.run.job_id == first.id
    bar(desk).close_button.click()
    assert not bar(desk).isVisible()


def test_the_news_can_pause_the_queue_and_let_it_go_on(desks: Desks, tmp_path: Path, file: Path) -> None:
    leave(file, waiting(1, state=JobState.RUNNING), waiting(2))
    desk = desks.open(tmp_path, file)
    desk.bot.waitUntil(bar(desk).isVisible)
    bar(desk).pause_button.click()
    assert desk.studio.queue.held and bar(desk).go_on_button.isVisible() and not bar(desk).pause_button.isVisible()
    assert bar(desk).message.text() == "The queue is paused."
    bar(desk).go_on_button.click()
    assert not desk.studio.queue.held
    assert not bar(desk).isVisible(), "what goes on is no news"


def test_the_news_leads_to_the_queue(desks: Desks, tmp_path: Path, file: Path) -> None:
    leave(file, waiting(1))
    desk = desks.open(tmp_path, file)
    desk.bot.waitUntil(bar(desk).isVisible)
    assert bar(desk).message.text() == "A waiting job is carried out."
    docked = next(docked for docked in desk.window.docks if docked.objectName() == "queue")
    docked.hide()
    desk.window.workspaces.show_page("train")
    bar(desk).queue_button.click()
    assert desk.window.workspaces.current == "generate" and docked.isVisible()
    desk.bot.waitUntil(lambda: bool(desk.worker.runs))
    desk.worker.begin()
    desk.worker.finish("blue")
    desk.bot.waitUntil(lambda: desk.studio.queue.open_count == 0)
    assert not bar(desk).isVisible(), "nothing goes on any more"


def test_a_queue_that_was_paused_says_so(desks: Desks, tmp_path: Path, file: Path) -> None:
    leave(file, waiting(1), waiting(2), held=True)
    desk = desks.open(tmp_path, file)
    desk.bot.waitUntil(bar(desk).isVisible)
    assert bar(desk).message.text() == "The queue is paused, and 2 jobs wait in it."
    assert "The queue is paused" in desk.window.area.bar.caption.text()
    assert not desk.worker.runs
    bar(desk).go_on_button.click()
    desk.bot.waitUntil(lambda: bool(desk.worker.runs))


def test_what_had_failed_in_an_earlier_session_is_no_news(desks: Desks, tmp_path: Path, file: Path) -> None:
    failed = waiting(1, state=JobState.FAILED, problem=LOST, ended=1.0)
    leave(file, failed, waiting(2, state=JobState.QUARANTINED, problem=LOST, ended=2.0), waiting(3))
    desk = desks.open(tmp_path, file)
    desk.bot.waitUntil(lambda: len(desk.studio.queue.jobs) == 3)
    desk.bot.waitUntil(bar(desk).isVisible)
    assert not desk.window.area.banner.isVisible()


def test_without_unfinished_jobs_nothing_is_said(desks: Desks, tmp_path: Path, file: Path) -> None:
    leave(file, waiting(1, state=JobState.DONE, ended=1.0))
    desk = desks.open(tmp_path, file)
    desk.bot.waitUntil(lambda: len(desk.studio.queue.jobs) == 1)
    assert not bar(desk).isVisible()


def test_a_lost_engine_is_told_with_the_step_that_the_job_goes_on_from(desk: Desk) -> None:
    job = running(desk, 8)
    desk.worker.post(Interrupted(job.id, LOST, "Traceback: the details"))
    desk.bot.waitUntil(bar(desk).isVisible)
    assert bar(desk).message.text() == "The engine stopped and is started again; the job goes on by itself."
    assert LOST.message in bar(desk).hint.text()
    bar(desk).copy_button.click()
    assert "Traceback: the details" in QGuiApplication.clipboard().text()
    assert not desk.window.area.banner.isVisible(), "it is no problem any more"
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)
    desk.worker.begin(6)
    told = "The engine stopped and was started again; the job goes on from step 6 of 12."
    desk.bot.waitUntil(lambda: bar(desk).message.text() == told)
    desk.worker.finish("blue")
    desk.bot.waitUntil(lambda: desk.window.stage.entry is not None and desk.studio.queue.open_count == 0)
    assert bar(desk).isVisible() and not bar(desk).pause_button.isVisible(), "its details can still be copied"


def test_a_job_that_loses_two_engines_is_set_aside_and_can_be_tried_again(desk: Desk) -> None:
    desk.window.panel.prompt.show_text("a poisonous picture")
    job = running(desk)
    desk.worker.post(Interrupted(job.id, LOST, "first"))
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)
    desk.worker.post(Interrupted(job.id, LOST, "second"))
    banner = desk.window.area.banner
    desk.bot.waitUntil(banner.isVisible)
    assert "“a poisonous picture” was set aside" in banner.message.text()
    assert LOST.message in banner.hint.text() and LOST.hint in banner.hint.text()
    assert not bar(desk).isVisible()
    assert desk.studio.queue.jobs[0].state is JobState.QUARANTINED
    banner.retry_button.click()
    assert not banner.isVisible()
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 3)
    assert desk.worker.run.job_id == job.id


def test_a_failure_has_no_try_again_of_another_one(desk: Desk) -> None:
    banner = desk.window.area.banner
    banner.report(LOST, retry=lambda: None)
    assert banner.retry_button.isVisible()
    banner.report(LOST)
    assert not banner.retry_button.isVisible()


def test_a_paused_job_leaves_its_picture_in_sight(desk: Desk) -> None:
    job = running(desk, 4)
    desk.worker.preview(4, "red")
    desk.bot.waitUntil(lambda: desk.window.area.view.image is not None)
    desk.studio.queue.pause(job.id)
    desk.worker.post(Paused(job.id))
    desk.bot.waitUntil(lambda: desk.studio.queue.jobs[0].state is JobState.PAUSED)
    assert desk.shown() == "#ff0000"
    assert desk.window.area.bar.caption.text().startswith("Paused")
    desk.studio.queue.resume(job.id)
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)
    assert desk.shown() == "#ff0000", "until the next preview"
    desk.worker.begin(4)
    desk.worker.preview(5, "green")
    desk.bot.waitUntil(lambda: desk.shown() == "#008000")


def test_pausing_the_queue_leaves_the_picture_in_sight(desk: Desk) -> None:
    job = running(desk, 4)
    desk.worker.preview(4, "red")
    desk.bot.waitUntil(lambda: desk.window.area.view.image is not None)
    desk.studio.queue.hold()
    desk.worker.post(Paused(job.id))
    desk.bot.waitUntil(lambda: desk.studio.queue.jobs[0].state is JobState.QUEUED)
    assert desk.shown() == "#ff0000"
    assert desk.window.area.bar.caption.text() == "The queue is paused"


def test_the_news_fits_into_a_narrow_window(desks: Desks, tmp_path: Path, file: Path) -> None:
    leave(file, waiting(1), waiting(2))
    desk = desks.open(tmp_path, file)
    desk.window.resize(880, 600)
    desk.bot.waitUntil(bar(desk).isVisible)
    for part in (bar(desk).message, bar(desk).pause_button, bar(desk).queue_button):
        desk.bot.waitUntil(lambda part=part: part.width() >= part.minimumSizeHint().width())  # type: ignore[misc]
        desk.bot.waitUntil(lambda part=part: part.visibleRegion().boundingRect() == part.rect())  # type: ignore[misc]
    assert bar(desk).message.height() >= bar(desk).message.heightForWidth(bar(desk).message.width())
    assert desk.window.area.view.height() >= desk.window.area.view.minimumHeight()
