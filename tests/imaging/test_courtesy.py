"""What can wait waits for the pen, and nothing else does."""

import threading
import time

from studio.imaging.composing.courtesy import Courtesy


def _pieces(courtesy: Courtesy, patient: bool, done: list[float]) -> threading.Thread:
    def work() -> None:
        if patient:
            with courtesy.patience():
                courtesy.give_way()
        else:
            courtesy.give_way()
        done.append(time.monotonic())

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_patient_work_waits_until_the_pen_is_up() -> None:
    courtesy, done = Courtesy(), list[float]()
    courtesy.pen(down=True)
    thread = _pieces(courtesy, patient=True, done=done)
    time.sleep(0.05)
    assert not done
    lifted = time.monotonic()
    courtesy.pen(down=False)
    thread.join(5)
    assert done[0] >= lifted


def test_a_stroke_without_an_end_holds_nothing_up_for_ever() -> None:
    courtesy, done = Courtesy(), list[float]()
    courtesy.pen(down=True)
    _pieces(courtesy, patient=True, done=done).join(5)
    assert done


def test_other_threads_never_wait_nor_does_the_same_one_afterwards() -> None:
    courtesy = Courtesy()
    courtesy.pen(down=True)
    with courtesy.patience():
        pass
    start = time.monotonic()
    for _ in range(1000):
        courtesy.give_way()
    assert time.monotonic() - start < 0.2
