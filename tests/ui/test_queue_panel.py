"""The queue says what runs, what waits and what happened, and lets it be changed."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication

from studio.domain.catalog import Library
from studio.domain.jobs import Job, JobState, made_by
from studio.domain.messages import Paused, Phase
from studio.domain.recipe import Recipe
from studio.ui.bridge import Bridge
from studio.ui.phases import altogether, duration, phase_text
from studio.ui.queue import actions
from studio.ui.queue.model import Group
from studio.ui.window import MainWindow
from tests.ui.desk import Desk
from tests.ui.fakes import make_studio
from tests.ui.queueing import click, drop, follow_link, listed, place, press, said, use_tool


def ask(desk: Desk, *prompts: str) -> list[Job]:
    """Queue requests with these words; the jobs, in the order they were asked for."""
    before = {job.id for job in desk.studio.queue.jobs}
    for prompt in prompts:
        desk.window.panel.prompt.show_text(prompt)
        desk.generate()
    new = [job for job in desk.studio.queue.jobs if job.id not in before]
    return sorted(new, key=lambda job: job.made)


def now(desk: Desk, job: Job) -> Job:
    found = desk.studio.queue.job(job.id)
    assert found is not None
    return found


def waiting(desk: Desk) -> list[str]:
    return [job.recipe.prompt for job in desk.studio.queue.open_jobs if job.state is JobState.QUEUED][1:]


def test_what_runs_stands_first_and_what_is_over_last(desk: Desk) -> None:
    done, runs, waits = ask(desk, "first", "second", "third")
    desk.worker.begin()
    desk.worker.finish()
    desk.bot.waitUntil(lambda: desk.worker.run.job_id == runs.id)
    desk.worker.begin(5)
    desk.bot.waitUntil(lambda: "Denoising 5/12" in said(desk.window.queue, runs))
    assert listed(desk.window.queue) == [runs.id, waits.id, done.id]
    assert said(desk.window.queue, waits) == "third, Waiting"
    assert said(desk.window.queue, done) == "first, Done · 1 s"


def test_a_waiting_job_is_cancelled_without_the_running_one(desk: Desk) -> None:
    runs, waits = ask(desk, "first", "second")
    desk.worker.begin(step=5)
    desk.bot.waitUntil(lambda: now(desk, runs).state is JobState.RUNNING)
    use_tool(desk.window.queue, waits, actions.CANCEL)
    assert (now(desk, runs).state, now(desk, waits).state) == (JobState.RUNNING, JobState.CANCELLED)
    assert not desk.worker.cancelled
    assert said(desk.window.queue, waits) == "second, Cancelled"


def test_clear_finished_keeps_what_is_open(desk: Desk) -> None:
    desk.make()
    desk.bot.waitUntil(lambda: desk.studio.queue.jobs[0].state is JobState.DONE)
    (left,) = ask(desk, "another")
    clear = desk.window.queue.queue_menu().actions()[1]
    assert clear.isEnabled()
    clear.trigger()
    assert listed(desk.window.queue) == [left.id]
    assert not desk.window.queue.queue_menu().actions()[1].isEnabled()


def test_cancel_all_empties_the_queue(desk: Desk) -> None:
    ask(desk, "a", "b", "c")
    desk.window.queue.queue_menu().actions()[0].trigger()
    desk.bot.waitUntil(lambda: not desk.studio.queue.open_jobs)
    assert len(desk.worker.runs) == 1, "none of the waiting jobs started"


def test_a_click_on_the_running_job_shows_it(desk: Desk) -> None:
    desk.make("blue")
    (runs,) = ask(desk, "next")
    desk.worker.begin()
    desk.window.strip.step(0)
    desk.bot.waitUntil(desk.window.area.follow_button.isVisible)
    desk.bot.waitUntil(lambda: now(desk, runs).state.active)
    click(desk.window.queue, place(desk.window.queue, runs).center())
    desk.worker.preview(1, "red")
    desk.bot.waitUntil(lambda: desk.shown() == "#ff0000")


def test_a_click_on_a_finished_job_shows_its_picture(desk: Desk) -> None:
    first, second = ask(desk, "first", "second")
    for colour in ("blue", "red"):
        desk.worker.begin()
        desk.worker.finish(colour)
        desk.bot.waitUntil(lambda: not desk.studio.queue.open_jobs or desk.worker.run.job_id == second.id)
    desk.bot.waitUntil(lambda: bool(now(desk, second).pictures) and bool(now(desk, second).pictures[0].path))
    desk.bot.waitUntil(lambda: desk.shown() == "#ff0000")
    click(desk.window.queue, place(desk.window.queue, first).center())
    desk.bot.waitUntil(lambda: desk.shown() == "#0000ff")


def test_a_row_shows_the_latest_guess_and_then_the_picture(desk: Desk) -> None:
    (job,) = ask(desk, "a picture")
    desk.worker.begin()
    desk.worker.preview(3, "red")
    thumbnails = desk.window.queue.thumbnails
    desk.bot.waitUntil(lambda: thumbnails.picture(now(desk, job)) is not None)
    image = thumbnails.picture(now(desk, job))
    assert image is not None and image.pixelColor(5, 5).name() == "#ff0000"
    desk.worker.finish("blue")
    desk.bot.waitUntil(lambda: now(desk, job).state is JobState.DONE and bool(now(desk, job).pictures[0].path))
    desk.bot.waitUntil(lambda: thumbnails.picture(now(desk, job)) is not None)
    image = thumbnails.picture(now(desk, job))
    assert image is not None and image.pixelColor(5, 5).name() == "#0000ff"


def test_a_failure_is_told_on_its_row_and_can_be_tried_again(desk: Desk) -> None:
    (job,) = ask(desk, "too much")
    desk.worker.begin()
    desk.worker.fail("It broke.", "Mend it.")
    desk.bot.waitUntil(lambda: now(desk, job).state is JobState.FAILED)
    panel = desk.window.queue
    assert said(panel, now(desk, job)) == "too much, Failed, It broke. Mend it."
    follow_link(panel, now(desk, job), actions.COPY)
    copied = QGuiApplication.clipboard().text()
    assert "It broke." in copied and "Traceback: the details" in copied and "too much" in copied
    follow_link(panel, now(desk, job), actions.RETRY)
    assert [run.job_id for run in desk.worker.runs] == [job.id, job.id]
    assert listed(panel) == [job.id], "it is the same job that goes on"


def test_the_whole_queue_is_paused_and_goes_on(desk: Desk) -> None:
    panel = desk.window.queue
    (first,) = ask(desk, "first")
    desk.worker.begin(4)
    desk.bot.waitUntil(lambda: now(desk, first).state is JobState.RUNNING)
    assert not panel.banner.isVisible()
    panel.pause_button.click()
    assert panel.banner.isVisible() and desk.studio.queue.held
    assert desk.worker.paused == [first.id]
    assert panel.pause_button.accessibleName() == "Let the queue go on"
    panel.continue_button.click()
    assert not panel.banner.isVisible() and not desk.studio.queue.held


def test_escape_takes_nothing_from_a_paused_queue(desk: Desk) -> None:
    first, _ = ask(desk, "first", "second")
    desk.worker.begin(4)
    desk.bot.waitUntil(lambda: now(desk, first).state is JobState.RUNNING)
    desk.window.queue.pause_button.click()
    desk.worker.post(Paused(first.id))
    desk.bot.waitUntil(lambda: not desk.studio.queue.busy)
    desk.press(Qt.Key.Key_Escape)
    assert [job.state for job in desk.studio.queue.open_jobs] == [JobState.QUEUED, JobState.QUEUED]


def test_one_job_is_paused_and_goes_on(desk: Desk) -> None:
    _, job = ask(desk, "first", "second")
    panel = desk.window.queue
    panel.view.choose([job.id])
    menu = panel.menu([now(desk, job)])
    next(action for action in menu.actions() if action.text() == "Pause").trigger()
    assert now(desk, job).state is JobState.PAUSED
    use_tool(panel, now(desk, job), actions.CONTINUE)
    assert now(desk, job).state is JobState.QUEUED


def test_a_dragged_job_goes_where_it_falls(desk: Desk) -> None:
    _, a, b, c = ask(desk, "runs", "a", "b", "c")
    panel = desk.window.queue
    drop(panel, [c.id], place(panel, a).topLeft() + QPoint(20, 4))
    assert waiting(desk) == ["c", "a", "b"]
    drop(panel, [c.id, a.id], place(panel, b).bottomLeft() + QPoint(20, -4))
    assert waiting(desk) == ["b", "c", "a"]
    assert [desk.studio.queue.jobs[n].id for n in range(4)] == listed(panel)


def test_only_our_own_jobs_can_be_dropped(desk: Desk) -> None:
    _, a, _b = ask(desk, "runs", "a", "b")
    panel = desk.window.queue
    drop(panel, ["nobody"], place(panel, a).center())
    assert waiting(desk) == ["a", "b"]


def test_keys_move_a_waiting_job(desk: Desk) -> None:
    runs, a, b, c = ask(desk, "runs", "a", "b", "c")
    desk.worker.begin()
    desk.bot.waitUntil(lambda: now(desk, runs).state.active)
    panel = desk.window.queue
    listed(panel)
    order = [job.id for job in desk.studio.queue.open_jobs]
    assert order == [runs.id, a.id, b.id, c.id]
    panel.view.choose([c.id])
    alt = Qt.KeyboardModifier.AltModifier
    for wanted in ([a, c, b], [c, a, b], [c, a, b]):
        press(panel, Qt.Key.Key_Up, alt)
        assert listed(panel)[1:] == [job.id for job in wanted]
    for wanted in ([a, c, b], [a, b, c], [a, b, c]):
        press(panel, Qt.Key.Key_Down, alt)
        assert listed(panel)[1:] == [job.id for job in wanted]
    assert [job.id for job in panel.view.chosen()] == [c.id], "it stays selected"


def test_run_next_puts_several_first_in_their_order(desk: Desk) -> None:
    _, a, b, c = ask(desk, "runs", "a", "b", "c")
    panel = desk.window.queue
    listed(panel)
    panel.view.choose([b.id, c.id])
    press(panel, Qt.Key.Key_Home, Qt.KeyboardModifier.AltModifier)
    assert waiting(desk) == ["b", "c", "a"]
    assert a.id in listed(panel)


def test_delete_cancels_what_waits_and_removes_what_is_over(desk: Desk) -> None:
    desk.make()
    done = desk.studio.queue.jobs[0]
    desk.bot.waitUntil(lambda: now(desk, done).state is JobState.DONE)
    runs, waits, stays = ask(desk, "runs", "waits", "stays")
    desk.worker.begin()
    desk.bot.waitUntil(lambda: now(desk, runs).state.active)
    panel = desk.window.queue
    listed(panel)
    click(panel, place(panel, waits).center())
    click(panel, place(panel, done).center(), Qt.KeyboardModifier.ControlModifier)
    press(panel, Qt.Key.Key_Delete)
    assert now(desk, waits).state is JobState.CANCELLED
    assert desk.studio.queue.job(done.id) is None
    assert now(desk, stays).state is JobState.QUEUED and not desk.worker.cancelled


def test_a_duplicate_waits_behind(desk: Desk) -> None:
    (job,) = ask(desk, "twice")
    panel = desk.window.queue
    panel.view.choose([job.id])
    listed(panel)
    panel.wanted.emit(actions.DUPLICATE, [job.id])
    assert [each.recipe.prompt for each in desk.studio.queue.open_jobs] == ["twice", "twice"]
    assert len(listed(panel)) == 2


def test_the_next_job_begins_with_the_result_of_one_that_waits(desk: Desk) -> None:
    (first,) = ask(desk, "a fox")
    panel, source = desk.window.queue, desk.window.panel.source
    panel.wanted.emit(actions.USE, [first.id])
    assert source.file_name.text() == "Result of: a fox"
    (second,) = ask(desk, "a larger fox")
    assert second.recipe.source is not None and second.recipe.source.path == made_by(first.id)
    assert said(panel, second) == "a larger fox, After: a fox"
    desk.worker.begin()
    desk.worker.finish()
    desk.bot.waitUntil(lambda: desk.worker.run.job_id == second.id)
    began = desk.worker.run.recipe.source
    assert began is not None and Path(began.path).is_file()


def test_the_list_can_be_limited(desk: Desk) -> None:
    fox, hare = ask(desk, "a red fox", "a red hare")
    panel = desk.window.queue
    panel.filter.setText("RED fox")
    assert listed(panel) == [fox.id]
    panel.filter.setText("badger")
    assert listed(panel) == []
    assert panel.no_match.isVisible()
    panel.everything_button.click()
    assert listed(panel) == [fox.id, hare.id]
    panel.group.setCurrentIndex(panel.group.findData(Group.FAILED))
    assert listed(panel) == []
    desk.worker.begin()
    desk.worker.fail()
    desk.bot.waitUntil(lambda: listed(panel) == [fox.id])


def test_an_empty_queue_invites(desk: Desk) -> None:
    panel = desk.window.queue
    assert panel.nothing.isVisible() and not panel.view.isVisible() and not panel.head.isVisible()
    ask(desk, "something")
    listed(panel)
    assert panel.view.isVisible() and panel.head.isVisible() and not panel.nothing.isVisible()


def test_the_head_counts_and_estimates(desk: Desk) -> None:
    panel = desk.window.queue
    ask(desk, "a", "b", "c")
    desk.worker.begin()
    desk.bot.waitUntil(lambda: panel.summary.text() == "2 waiting")
    panel.show_remaining(250.0)
    assert panel.summary.text() == "2 waiting · about 4 min"
    panel.pause_button.click()
    assert "about" not in panel.summary.text(), "a paused queue has no end in sight"


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


def test_a_job_that_stopped_says_where_it_goes_on() -> None:
    job = Job("a", Recipe(), JobState.PAUSED, Phase.DENOISE, 3, 12)
    assert phase_text(job) == "Paused · goes on at 3/12"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "under 1 s"), (41.6, "42 s"), (125, "2 min 05 s"), (7260, "2 h 01 min")]
)
def test_times_are_said_as_one_says_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(9.0, "about 9 s"), (250.0, "about 4 min"), (4000.0, "about 1 h 10 min"), (48e3, "about 13 h")],
)
def test_the_end_of_a_queue_is_told_roughly(seconds: float, words: str) -> None:
    assert altogether(seconds) == words


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
