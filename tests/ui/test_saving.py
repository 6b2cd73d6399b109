"""Saving a picture on a slow disk, and saving the last ones when the window is closed."""

import functools
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.jobs import Job, JobState, Picture
from studio.domain.messages import Event, Ready, Started
from studio.session.gallery import Entry
from studio.ui import saver
from studio.ui.bridge import Bridge
from studio.ui.saver import Saver
from tests.ui.desk import Desk, Desks


class SlowDisk:
    """Saves as the gallery does, but only once it is `free`."""

    def __init__(self, desk: Desk) -> None:
        self.free, self.threads = threading.Event(), list[threading.Thread]()
        self._keep, desk.studio.keep = desk.studio.keep, self.keep

    def keep(self, job: Job, picture: Picture, engine: Ready | None) -> Entry | None:
        self.threads.append(threading.current_thread())
        assert self.free.wait(20)
        return self._keep(job, picture, engine)


@pytest.fixture
def disk(desk: Desk) -> Iterator[SlowDisk]:
    made = SlowDisk(desk)
    yield made
    made.free.set()


def run_a_job(desk: Desk, batch: int = 1) -> None:
    desk.window.panel.foot.batch.setValue(batch)
    desk.generate()
    desk.worker.begin()
    desk.bot.waitUntil(lambda: desk.studio.queue.jobs[0].state is JobState.RUNNING)


def heard(desk: Desk) -> list[str]:
    """What the session says from now on: "saved", or the state of a job."""
    said: list[str] = []
    desk.studio.saved.connect(lambda _job, _entry: said.append("saved"))
    desk.studio.queue.changed.connect(lambda job: said.append(job.state.value))
    return said


def refuse(job: Job, picture: Picture, engine: Ready | None) -> Entry | None:
    raise StudioError(ErrorKind.DISK, "The disk is full.", "Delete something.")


# ---------------------------------------------------------------------------------------------- while it is open


def test_a_slow_disk_does_not_stall_the_window(desk: Desk, disk: SlowDisk) -> None:
    run_a_job(desk)
    desk.worker.finish("blue")
    desk.bot.waitUntil(lambda: len(disk.threads) == 1)
    desk.window.panel.prompt.selectAll()
    start = time.perf_counter()
    desk.bot.keyClicks(desk.window.panel.prompt, "two foxes")
    ticks: list[float] = []
    clock = QTimer(interval=1)
    clock.timeout.connect(lambda: ticks.append(time.perf_counter()))
    clock.start()
    desk.bot.waitUntil(lambda: len(ticks) > 5)
    clock.stop()
    assert time.perf_counter() - start < 5
    assert desk.window.panel.prompt.text() == "two foxes"
    assert disk.threads != [threading.main_thread()]
    assert desk.window.history.rowCount() == 0
    disk.free.set()
    desk.bot.waitUntil(lambda: desk.window.stage.entry is not None)
    assert desk.shown() == "#0000ff"


def test_a_job_is_done_when_its_pictures_are_saved(desk: Desk, disk: SlowDisk) -> None:
    run_a_job(desk, batch=2)
    desk.generate()
    said = heard(desk)
    desk.worker.finish()
    desk.bot.waitUntil(lambda: len(disk.threads) == 1)
    desk.bot.wait(30)
    assert said == ["running"], "what follows the picture waits"
    assert len(desk.worker.runs) == 1
    disk.free.set()
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)
    assert said == ["running", *["running", "saved"], "running", *["running", "saved"], "done", "queued"], (
        "and told where it lies"
    )
    assert len(set(disk.threads)) == 1


def test_previews_that_come_meanwhile_are_shown_afterwards(desk: Desk, disk: SlowDisk) -> None:
    run_a_job(desk, batch=2)
    desk.worker.picture(0, "blue")
    desk.bot.waitUntil(lambda: len(disk.threads) == 1)
    for step, colour in enumerate(("red", "green", "yellow"), 1):
        desk.worker.preview(step, colour, index=1)
    disk.free.set()
    desk.bot.waitUntil(lambda: desk.window.area.view.image is not None and desk.shown() == "#ffff00")
    assert desk.window.history.rowCount() == 1


def test_a_full_disk_is_told_and_the_queue_goes_on(desk: Desk) -> None:
    desk.studio.keep = refuse
    run_a_job(desk)
    desk.worker.finish()
    desk.bot.waitUntil(lambda: desk.studio.queue.jobs[0].state is JobState.DONE)
    assert desk.window.area.banner.message.text() == "The disk is full."


def test_a_defect_in_saving_comes_out_in_the_window_thread(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(job: Job, picture: Picture, engine: Ready | None) -> Entry | None:
        raise KeyError("lost")

    desk.studio.keep = lose
    run_a_job(desk)
    caught: list[tuple[type[BaseException], threading.Thread]] = []
    with monkeypatch.context() as patch:
        patch.setattr(sys, "excepthook", lambda kind, *_: caught.append((kind, threading.current_thread())))
        desk.worker.finish()
        desk.bot.waitUntil(lambda: desk.studio.queue.jobs[0].state is JobState.DONE)
    assert caught == [(KeyError, threading.main_thread())]


# ---------------------------------------------------------------------------------------------- at the end


def finish_when_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the worker's last word be a whole job that nobody has heard of yet."""

    def close(timeout: float = 0.0) -> None:
        assert not desk.window.isVisible()
        desk.worker.begin()
        desk.worker.finish()

    monkeypatch.setattr(desk.worker, "close", close)


def test_a_picture_nobody_had_heard_of_is_saved_at_closing(
    desk: Desk, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.generate()
    desk.generate()
    finish_when_stopped(desk, monkeypatch)
    studio, worker = desk.studio, desk.worker
    desks.close(desk)
    [entry] = studio.gallery.entries()
    recipe = entry.info().recipe
    assert recipe is not None and (recipe.seed, recipe.model_hash) == (worker.runs[0].recipe.seed, "abc")
    assert len(worker.runs) == 1, "the next job is not given to a worker that has ended"


def test_closing_waits_for_a_picture_that_is_being_saved(
    desk: Desk, desks: Desks, disk: SlowDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_a_job(desk, batch=3)
    desk.worker.picture(0)
    desk.bot.waitUntil(lambda: len(disk.threads) == 1)
    desk.worker.picture(1)  # waits in the bridge
    monkeypatch.setattr(desk.worker, "close", lambda timeout: desk.worker.picture(2))
    studio, late = desk.studio, threading.Timer(0.2, disk.free.set)
    late.start()
    desks.close(desk)
    assert disk.free.is_set()
    assert len(studio.gallery.entries()) == 3
    assert not any(thread.is_alive() for thread in disk.threads)
    late.join()


def test_a_picture_that_cannot_be_saved_at_closing_is_written_down(
    desk: Desk, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.studio.keep = refuse
    desk.generate()
    finish_when_stopped(desk, monkeypatch)
    log = desk.window.crashes.path
    desks.close(desk)
    assert "The disk is full. Delete something." in log.read_text()


def test_closing_does_not_wait_for_ever(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saver, "PATIENCE", 0.05)
    free, threads = threading.Event(), set[threading.Thread]()
    written: list[int] = []
    told: list[int] = []

    def task(number: int) -> Callable[[], None]:
        threads.add(threading.current_thread())
        assert free.wait(20)
        written.append(number)
        return functools.partial(told.append, number)

    stuck = Saver(Bridge())
    for number in range(2):
        stuck.run(functools.partial(task, number))
    stuck.close()
    assert not written
    free.set()
    for thread in threads:
        thread.join(20)
    qtbot.wait(10)
    assert (written, told) == ([0, 1], []), "all is written in the end, and nobody is told"


def test_the_bridge_waits_for_the_last_of_several(qtbot: QtBot) -> None:
    bridge = Bridge()
    busy = Saver(bridge)
    said: list[Event | int] = []
    bridge.arrived.connect(said.append)
    for number in range(3):
        busy.run(functools.partial(functools.partial, said.append, number))
    bridge.post(Started("later"))
    qtbot.waitUntil(lambda: Started("later") in said)
    assert said == [0, 1, 2, Started("later")]
    busy.close()
    bridge.close()
