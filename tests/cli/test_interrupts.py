"""Signals to stop."""

import signal
import sys

import pytest

from studio.cli.interrupts import cancelling

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


def test_the_first_signal_asks_and_the_second_insists() -> None:
    asked: list[bool] = []
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), cancelling(lambda: asked.append(True)):
        signal.raise_signal(signal.SIGTERM)
        assert asked == [True]
        signal.raise_signal(signal.SIGINT)
    assert asked == [True]
    assert signal.getsignal(signal.SIGTERM) == before


def test_what_was_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    asked: list[bool] = []
    try:
        with cancelling(lambda: asked.append(True)):
            signal.raise_signal(signal.SIGHUP)
        assert asked == []
    finally:
        signal.signal(signal.SIGHUP, before)
