"""The window killed while a user paints in it: the project and the next window have what was committed last."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from studio.domain.document.document import Document
from studio.domain.document.layers import PaintLayer
from studio.session.canvas import CanvasSession
from studio.session.project.recent import Recent
from tests.ui.paint import painting_window
from tests.ui.paint.painting_window import CANVAS, ROOT, digest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@dataclass
class Told:
    """What a window said until it was killed."""

    opened: str = ""
    states: list[str] = field(default_factory=list)  # the document before, and after each edit
    saved: int = 0  # so many edits were surely in the file


class Windows:
    """Opens windows and kills them."""

    def __init__(self) -> None:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
        self._process = subprocess.Popen(
            [sys.executable, painting_window.__file__],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip

    def paint_and_kill(self, home: Path, seed: str, edits: int, seconds: float) -> Told:
        """The kill comes so many seconds after so many edits were begun; at least 0."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{home} {seed}\n")
        self._process.stdin.flush()
        found, window = Told(), 0
        killer = threading.Timer(seconds, lambda: os.kill(window, signal.SIGKILL))
        for line in self._process.stdout:
            word, *rest = line.split()
            if word == "painting":
                window = int(rest[0])
            elif word == "opened":
                found.opened = rest[0]
                found.states.append(rest[0])
            elif word == "will":
                assert int(rest[0]) == len(found.states)
                found.states.append(rest[1])
            elif word == "saved":
                found.saved = max(found.saved, int(rest[0]))
            else:
                break
            if word == "will" and len(found.states) == edits + 1:
                killer.start()
        killer.join()
        return found

    def close(self) -> None:
        self._process.kill()
        self._process.communicate(timeout=100)


@pytest.fixture
def windows() -> Iterator[Windows]:
    running = Windows()
    yield running
    running.close()


def left(home: Path, copy: Path) -> tuple[Document, set[str]]:
    """What the window's project holds, all of it read: the document, and those of all versions. Looked at in a copy, so
    that the next window finds the log as the kill left it.
    """
    (path,) = Recent(home / "data" / "recent-projects.json").paths[:1]
    copy.mkdir()
    for suffix in ("", "-wal"):
        if (source := Path(f"{path}{suffix}")).exists():
            shutil.copyfile(source, copy / f"work.safelight{suffix}")
    session = CanvasSession.open(copy / "work.safelight")
    try:
        documents = [session.history.document_of(version.id) for version in session.history.versions]
        for document in documents:
            for layer in document.layers:
                assert isinstance(layer, PaintLayer)
                for name in layer.tiles.values():
                    session.store.get(name)  # verified by its digest
        return session.document, {digest(document) for document in documents}
    finally:
        session.close()
        shutil.rmtree(copy)


def rounds(windows: Windows, home: Path, kills: int, seed: int) -> int:
    """Open, paint and kill again and again on one project; how many edits were made."""
    chance, before, edits = random.Random(seed), "", 0
    for kill in range(kills):
        found = windows.paint_and_kill(home, f"{seed}-{kill}", chance.choice((1, 2, 5, 12)), chance.random() * 0.05)
        assert found.opened == before or kill == 0, f"kill {kill}: the next window shows another document"
        document, versions = left(home, home / "copy")
        assert document.size == CANVAS
        before = digest(document)
        possible = [index for index, state in enumerate(found.states) if state == before]
        assert possible and possible[-1] >= found.saved, f"kill {kill}: what was saved is not there"
        assert set(found.states[: found.saved + 1]) <= versions, f"kill {kill}: a version is lost"
        edits += len(found.states) - 1
    return edits


def test_a_killed_window_loses_nothing_that_was_committed(windows: Windows, tmp_path: Path) -> None:
    assert rounds(windows, tmp_path, kills=4, seed=1) >= 4


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(2, 10))
def test_many_killed_windows_lose_nothing_that_was_committed(windows: Windows, tmp_path: Path, seed: int) -> None:
    rounds(windows, tmp_path, kills=25, seed=seed)
