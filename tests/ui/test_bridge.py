"""Events from the worker's thread reach the window's, in order, without stalling it."""

import gc
import threading
import time
from collections import deque
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QThread, QTimer
from pytestqt.qtbot import QtBot

from studio.domain.jobs import Cost
from studio.domain.messages import Event, Finished, Phase, Preview, Progress, Started
from studio.ui.bridge import Bridge


@pytest.fixture
def bridge(qapp: object) -> Iterator[Bridge]:
    made = Bridge()
    yield made
    made.close()


def preview(job: str, step: int) -> Preview:
    return Preview(job, 0, step, 1, 1, b"rgb")


def test_events_arrive_in_order_in_the_window_thread(bridge: Bridge, qtbot: QtBot) -> None:
    got: list[Event] = []
    threads: set[bool] = set()
    bridge.arrived.connect(got.append)
    bridge.arrived.connect(lambda _event: threads.add(QThread.currentThread() is bridge.thread()))
    sent: list[Event] = [
        Started("a"),
        *(Progress("a", Phase.DENOISE, step, 50) for step in range(50)),
        Finished("a", Cost()),
    ]
    thread = threading.Thread(target=lambda: deque(map(bridge.post, sent)))
    thread.start()
    thread.join()
    assert not got, "nothing is handled in the posting thread"
    qtbot.waitUntil(lambda: len(got) == len(sent))
    assert got == sent
    assert threads == {True}


def test_only_the_newest_unread_preview_of_each_job_is_kept(bridge: Bridge, qtbot: QtBot) -> None:
    got: list[Event] = []
    bridge.arrived.connect(got.append)
    for step in range(1, 6):
        bridge.post(preview("a", step))
        bridge.post(preview("b", step))
    bridge.post(Started("end"))
    qtbot.waitUntil(lambda: Started("end") in got)
    assert got == [preview("a", 5), preview("b", 5), Started("end")]


def test_the_end_of_a_job_drops_its_unread_preview_and_nothing_else(bridge: Bridge, qtbot: QtBot) -> None:
    got: list[Event] = []
    bridge.arrived.connect(got.append)
    for event in (preview("a", 1), preview("b", 1), Finished("a", Cost())):
        bridge.post(event)
    qtbot.waitUntil(lambda: Finished("a", Cost()) in got)
    assert got == [preview("b", 1), Finished("a", Cost())]


def test_a_burst_of_slow_events_is_handled_in_slices(bridge: Bridge) -> None:
    handled: list[int] = []

    def handle(event: Event) -> None:
        assert isinstance(event, Progress)
        end = time.thread_time() + 0.0005
        while time.thread_time() < end:
            pass
        handled.append(event.step)

    gaps, last = [0.0], [time.thread_time()]

    def tick() -> None:  # in time of this thread: another program on the machine is no stall of ours
        now = time.thread_time()
        gaps.append(now - last[0])
        last[0] = now

    bridge.arrived.connect(handle)
    clock = QTimer(interval=0)
    clock.timeout.connect(tick)
    clock.start()
    gc.collect()
    gc.disable()  # a collection over the test-suite's heap is no stall of the bridge
    try:
        for step in range(1000):
            bridge.post(Progress("a", Phase.DENOISE, step, 1000))
        last[0] = time.thread_time()
        while len(handled) < 1000:
            QCoreApplication.processEvents()
    finally:
        gc.enable()
        clock.stop()
    assert handled == list(range(1000))
    assert max(gaps) < 0.016
    assert len(gaps) > 30


def test_a_held_bridge_keeps_everything_but_old_previews(bridge: Bridge, qtbot: QtBot) -> None:
    got: list[Event] = []
    bridge.arrived.connect(got.append)
    bridge.arrived.connect(lambda event: bridge.hold() if event == Started("a") else None)
    sent: list[Event] = [Started("a"), *(preview("a", step) for step in range(3)), Progress("a", Phase.DENOISE, 3, 4)]
    for event in sent:
        bridge.post(event)
    qtbot.waitUntil(lambda: bool(got))
    bridge.post(preview("a", 4))
    bridge.post(Finished("b", Cost()))
    qtbot.wait(20)
    assert got == [Started("a")]
    bridge.release()
    qtbot.waitUntil(lambda: Finished("b", Cost()) in got)
    assert got == [Started("a"), preview("a", 4), Progress("a", Phase.DENOISE, 3, 4), Finished("b", Cost())]
    bridge.post(Started("c"))
    qtbot.waitUntil(lambda: got[-1] == Started("c"))


def test_a_closed_bridge_takes_nothing_and_hands_over_what_is_unread(bridge: Bridge, qtbot: QtBot) -> None:
    got: list[Event] = []
    bridge.arrived.connect(got.append)
    for event in (Started("a"), preview("a", 1), Finished("a", Cost()), preview("b", 1)):
        bridge.post(event)
    assert bridge.close() == (Started("a"), Finished("a", Cost()))
    bridge.post(Started("b"))
    qtbot.wait(20)
    assert not got
    assert bridge.close() == ()
