"""A window on a session of its own, without a screen and without an engine."""

import gc
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.ui import garbage
from tests.ui.desk import Desk, Desks, application, bury


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return QApplication


@pytest.fixture(scope="session")
def qapp() -> Iterator[QApplication]:
    yield application()


@pytest.fixture
def desks(qtbot: QtBot) -> Iterator[Desks]:
    made = Desks(qtbot)
    yield made
    made.close_all()


@pytest.fixture
def desk(desks: Desks, tmp_path: Path) -> Desk:
    return desks.open(tmp_path)


@pytest.fixture(scope="session", autouse=True)
def imports_stay_frozen() -> Iterator[None]:
    """A window freezes what exists and thaws it at its end: here, everything that the tests have imported.

    Its collector goes on as ever, and finds what a test has made.
    """
    names = ("collect", "disable", "enable", "get_count", "get_threshold")
    same = {name: getattr(gc, name) for name in names}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(garbage, "gc", SimpleNamespace(**same, freeze=lambda: None, unfreeze=lambda: None))
        yield


@pytest.fixture(autouse=True)
def nothing_stays(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[None]:
    """No test leaves a window, a thread or a running timer behind."""
    threads = set(threading.enumerate())
    hook = sys.excepthook
    yield
    qapp.processEvents()
    gc.collect()
    bury()
    left = [widget for widget in qapp.topLevelWidgets() if not widget.isHidden()]
    assert not left, f"{request.node.name} leaves widgets: {left}"
    assert not set(threading.enumerate()) - threads, f"{request.node.name} leaves threads"
    timers = [timer for timer in _timers(qapp) if timer.isActive()]
    assert not timers, f"{request.node.name} leaves timers of {[timer.parent() for timer in timers]}"
    assert sys.excepthook == hook, f"{request.node.name} leaves its exception hook"


def _timers(root: QObject) -> list[QTimer]:
    widgets = [timer for widget in QApplication.allWidgets() for timer in widget.findChildren(QTimer)]
    return [*root.findChildren(QTimer), *widgets]
