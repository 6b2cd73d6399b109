"""The list of jobs stays quick and quiet, shows all that is known of a job, and can be used by everybody."""

import dataclasses
import itertools
import random
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.domain.errors import ErrorKind, Problem
from studio.domain.jobs import Job, JobState, Picture, Priority
from studio.domain.messages import Preview
from studio.domain.plan import Plan, Rung
from studio.domain.recipe import Branch, Recipe
from studio.ui.loader import PictureLoader
from studio.ui.queue import actions
from studio.ui.queue.model import QueueModel, Section
from studio.ui.queue.panel import QueuePanel
from studio.ui.queue.rows import GAP, time_left
from studio.ui.queue.stack import HEADING
from tests.ui.fakes import png
from tests.ui.queueing import listed, place, point_at, press, said

BROKEN = Problem(ErrorKind.MEMORY, "The device has too little memory for that many pixels.", "Choose a smaller size.")


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[QueuePanel]:
    loader, window = PictureLoader(), QWidget()
    qtbot.addWidget(window)
    made = QueuePanel(loader, window)
    window.resize(800, 600)
    made.resize(272, 600)
    window.show()
    window.activateWindow()
    yield made
    loader.close()


def job(name: str, state: JobState = JobState.QUEUED, rank: float = 0.0, prompt: str = "", **more: object) -> Job:
    return dataclasses.replace(Job(name, Recipe(prompt=prompt or name), state, rank=rank), **more)  # type: ignore[arg-type]


def crowd(count: int) -> list[Job]:
    return [job(f"j{number:05}", rank=number) for number in range(count)]


def test_sections_follow_one_another() -> None:
    model = QueueModel()
    jobs = [
        job("old", JobState.DONE, ended=1.0),
        job("new", JobState.FAILED, ended=2.0),
        job("batch", rank=1, priority=Priority.BATCH),
        job("later", rank=2),
        job("sooner", rank=1),
        job("paused", JobState.PAUSED, rank=0),
        job("lost", JobState.INTERRUPTED, rank=0),
        job("runs", JobState.RUNNING, rank=9),
    ]
    model.show_jobs(jobs)
    found = [each.id for row in range(model.rowCount()) if (each := model.job(row))]
    assert found == ["runs", "lost", "sooner", "later", "batch", "paused", "new", "old"]
    assert model.begins() == {Section.RUNNING: 0, Section.WAITING: 1, Section.PAUSED: 5, Section.OVER: 6}


@pytest.mark.parametrize("seed", range(6))
def test_any_changes_leave_every_row_at_its_place(seed: int) -> None:
    chance, model, jobs = random.Random(seed), QueueModel(), dict[str, Job]()
    for _ in range(400):
        name = f"j{chance.randrange(40)}"
        if chance.random() < 0.1 and name in jobs:
            del jobs[name]
            model.forget(name)
        else:
            state = chance.choice(list(JobState))
            jobs[name] = job(name, state, chance.random(), ended=chance.random() if state.final else 0.0)
            model.show_job(jobs[name])
        if chance.random() < 0.3:
            model.settle()
    model.settle()
    fresh = QueueModel()
    fresh.show_jobs(jobs.values())
    rows = range(model.rowCount())
    assert [model.job(row) for row in rows] == [fresh.job(row) for row in range(fresh.rowCount())]
    assert {name: model.row_of(name) for name in jobs} == {name: fresh.row_of(name) for name in jobs}
    assert +model.counts == +fresh.counts


def test_a_burst_of_changes_lays_the_list_once(panel: QueuePanel) -> None:
    jobs = crowd(2000)
    panel.show_jobs(jobs)
    anew, moved = QSignalSpy(panel.model.modelReset), QSignalSpy(panel.model.rowsMoved)
    for each in jobs:
        panel.show_job(each.moved(JobState.CANCELLED))
    assert not anew.count()
    panel.model.settle()
    assert (anew.count(), moved.count()) == (1, 0)
    assert panel.model.begins() == {Section.OVER: 0}


def test_what_is_selected_stays_selected_when_the_list_is_laid_anew(panel: QueuePanel) -> None:
    jobs = crowd(300)
    panel.show_jobs(jobs)
    panel.view.choose(["j00007", "j00008", "j00123"])
    for each in jobs[200:]:
        panel.show_job(each.moved(JobState.CANCELLED))
    listed(panel)
    assert [each.id for each in panel.view.chosen()] == ["j00007", "j00008", "j00123"]
    current = panel.model.job(panel.view.currentIndex().row())
    assert current is not None and current.id == "j00007"


def test_progress_draws_its_own_row_and_nothing_else(panel: QueuePanel, qtbot: QtBot) -> None:
    running = job("runs", JobState.RUNNING, phase="denoise", total=50)
    panel.show_jobs([running, *crowd(50)])
    own = place(panel, running)
    point_at(panel, own.center())
    qtbot.wait(20)
    drawn = Painted(panel)
    laid, anew = QSignalSpy(panel.model.layoutChanged), QSignalSpy(panel.model.modelReset)
    for step in range(1, 50):
        panel.show_job(dataclasses.replace(running, step=step))
        qtbot.waitUntil(lambda: drawn.times > 0)
    qtbot.wait(20)
    assert drawn.area.isValid() and own.contains(drawn.area)
    assert not laid.count() and not anew.count()
    assert panel.view.tools.isVisible(), "what can be done with it stays under the pointer"


class Painted:
    """Where the list was drawn since."""

    def __init__(self, panel: QueuePanel) -> None:
        self.area, self.times, self._paint = QRect(), 0, panel.view.paintEvent
        panel.view.paintEvent = self._note  # type: ignore[method-assign]

    def _note(self, event: object) -> None:
        self.area, self.times = self.area.united(event.rect()), self.times + 1  # type: ignore[attr-defined]
        self._paint(event)  # type: ignore[arg-type]


def test_only_rows_in_sight_ask_for_their_pictures(panel: QueuePanel, qtbot: QtBot) -> None:
    asked = set[str]()

    def stopped(each: Job) -> bytes:
        asked.add(each.id)
        return png(QImage(8, 8, QImage.Format.Format_RGB888))

    panel.thumbnails.stopped = stopped
    panel.show_jobs([dataclasses.replace(each, state=JobState.PAUSED) for each in crowd(1000)])
    qtbot.waitUntil(lambda: len(asked) >= 5)
    assert len(asked) < 20


@pytest.mark.parametrize(
    ("seconds", "room", "words"),
    [(51, 10, "about 51 s"), (51, 6, "51 s"), (3, 4, "3 s"), (125, 16, "about 2 min 05 s"), (125, 12, "about 2 min"),
     (125, 8, "2 min"), (125, 3, "")],
)  # fmt: skip
def test_the_time_that_is_left_is_said_in_as_many_words_as_fit(seconds: float, room: int, words: str) -> None:
    assert time_left(seconds, lambda text: len(text) <= room) == words


def test_a_job_that_stopped_shows_where(panel: QueuePanel) -> None:
    image = QImage(16, 16, QImage.Format.Format_RGB888)
    image.fill(Qt.GlobalColor.red)
    panel.thumbnails.stopped = lambda _job: png(image)
    found = panel.thumbnails.picture(job("p", JobState.PAUSED))
    assert found is not None and found.pixelColor(3, 3).name() == "#ff0000"


def test_a_job_that_is_paused_keeps_its_last_guess(panel: QueuePanel) -> None:
    running = job("runs", JobState.RUNNING)
    panel.show_job(running)
    panel.show_preview(Preview("runs", 0, 3, 4, 4, bytes([0, 0, 255]) * 16))
    for state in (JobState.PAUSED, JobState.QUEUED):
        stopped = dataclasses.replace(running, state=state, step=3)
        panel.show_job(stopped)
        found = panel.thumbnails.picture(stopped)
        assert found is not None and found.pixelColor(1, 1).name() == "#0000ff"


def test_a_problem_makes_its_row_higher_and_wraps_with_the_width(panel: QueuePanel, qtbot: QtBot) -> None:
    broken, plain = job("broken", JobState.FAILED, problem=BROKEN, ended=2.0), job("plain", JobState.DONE, ended=1.0)
    panel.show_jobs([broken, plain])
    narrow = place(panel, broken).height()
    assert narrow > place(panel, plain).height() + 40
    assert place(panel, plain).top() > place(panel, broken).bottom()
    panel.resize(700, 600)
    qtbot.waitUntil(lambda: place(panel, broken).height() < narrow)


def test_rows_and_points_agree(panel: QueuePanel) -> None:
    panel.show_jobs([job("runs", JobState.RUNNING), *crowd(30), job("broken", JobState.FAILED, problem=BROKEN)])
    panel.view.executeDelayedItemsLayout()
    panel.view.verticalScrollBar().setValue(57)
    for row in range(panel.model.rowCount()):
        index = panel.model.index(row)
        area = panel.view.visualRect(index)
        assert panel.view.indexAt(area.center()).row() == row
        assert panel.view.indexAt(area.topLeft() - QPoint(0, 2)).row() != row
        assert panel.view.between(area.top() + 1) == row
        assert panel.view.between(area.bottom() - 1) == row + 1
    areas = [panel.view.visualRect(panel.model.index(row)) for row in range(panel.model.rowCount())]
    between = [lower.top() - upper.bottom() - 1 for upper, lower in itertools.pairwise(areas)]
    assert between == [GAP + HEADING, *[GAP] * 29, GAP + HEADING]


def test_the_last_row_can_be_scrolled_to(panel: QueuePanel) -> None:
    panel.show_jobs([*crowd(200), job("broken", JobState.FAILED, problem=BROKEN)])
    panel.view.executeDelayedItemsLayout()
    press(panel, Qt.Key.Key_End)
    area = panel.view.visualRect(panel.view.currentIndex())
    assert panel.view.currentIndex().row() == 200
    assert area.top() >= 0 and area.bottom() <= panel.view.viewport().height()
    press(panel, Qt.Key.Key_Home)
    assert panel.view.verticalScrollBar().value() == 0, "the heading above the first row too"


def test_keys_walk_and_select(panel: QueuePanel) -> None:
    panel.show_jobs(crowd(30))
    panel.view.choose(["j00000"])
    press(panel, Qt.Key.Key_Down)
    press(panel, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert [each.id for each in panel.view.chosen()] == ["j00001", "j00002"]
    press(panel, Qt.Key.Key_PageDown)
    assert panel.view.currentIndex().row() > 5
    opened = QSignalSpy(panel.opened)
    press(panel, Qt.Key.Key_Return)
    assert opened.count() == 1
    press(panel, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(panel.view.chosen()) == 30


def test_a_screen_reader_finds_a_list_with_its_jobs(panel: QueuePanel) -> None:
    waits = job("b", rank=2, prompt="a hare")
    panel.model.blockers = lambda each: [job("a", prompt="a fox")] if each.id == "b" else []
    panel.show_jobs([job("a", rank=1, prompt="a fox"), waits])
    found = QAccessible.queryAccessibleInterface(panel.view)
    assert found.role() is QAccessible.Role.List
    names = [found.child(number).text(QAccessible.Text.Name) for number in range(found.childCount())]
    assert names == ["a fox, Waiting", "a hare, After: a fox"]
    assert found.child(1).role() is QAccessible.Role.ListItem


def test_the_plan_is_told_and_a_step_down_is_seen(panel: QueuePanel) -> None:
    plain = job("plain", JobState.RUNNING, plan=Plan(Rung.FULL, "cuda", "float16", 2**31, 2**33, 40.0))
    reason = "Memory was short: the picture is decoded in tiles."
    stepped = job("stepped", JobState.DONE, plan=Plan(Rung.TILED, "cuda", "float16", reason=reason), ended=1.0)
    panel.show_jobs([plain, stepped, job("other", JobState.DONE)])
    tips = [panel.model.index(row).data(Qt.ItemDataRole.ToolTipRole) for row in (0, 1)]
    assert "cuda · float16" in tips[0] and "about 2.0 of 8.0 GB" in tips[0] and "40 s" in tips[0]
    assert reason in tips[1]
    assert place(panel, stepped).height() > place(panel, job("other", JobState.DONE)).height()


def test_a_strangers_prompt_is_no_markup(panel: QueuePanel) -> None:
    panel.show_jobs([job("a", prompt="<img src=x> & <b>bold</b>")])
    tip = panel.model.index(0).data(Qt.ItemDataRole.ToolTipRole)
    assert "&lt;img src=x&gt; &amp; &lt;b&gt;" in tip


def test_a_branch_is_named_by_its_own_words(panel: QueuePanel) -> None:
    recipe = Recipe(prompt="a fox", branches=(Branch(5, "a hare"),))
    branch = Job("a", recipe)
    panel.show_jobs([branch])
    assert said(panel, branch) == "a hare, Waiting"
    assert "branches off at step 5" in panel.model.index(0).data(Qt.ItemDataRole.ToolTipRole)


def test_what_is_offered_fits_the_job() -> None:
    done = job("d", JobState.DONE, pictures=(Picture(0, 1, "x", 8, 8, "p.png"),))
    everything = {act.id: act for act in actions.acts()}
    for each in (done, *(job("x", state) for state in JobState)):
        for name in actions.at_hand(each):
            assert everything[name].fits(each), f"{name} stands on a job that is {each.state}"
    assert actions.fitting(everything[actions.EDIT], crowd(2)) == [], "only one can be edited at a time"
    assert actions.USE in actions.at_hand(done)


def test_menus_offer_only_what_can_be_done(panel: QueuePanel) -> None:
    def words(each: Job) -> set[str]:
        menu = panel.menu([each])
        found = {action.text() for action in menu.actions() if not action.isSeparator()}
        menu.close()
        menu.deleteLater()
        return found

    assert {"Run next", "Edit…", "Move up", "Pause", "Cancel"} <= words(job("a"))
    assert {"Try again", "Copy details", "Remove from list"} <= words(job("a", JobState.QUARANTINED, problem=BROKEN))
    assert not {"Edit…", "Run next", "Remove from list"} & words(job("a", JobState.RUNNING))
