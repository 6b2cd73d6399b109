"""The program killed while a user paints: what was saved is there, and it is whole."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.domain.document.layers import PaintLayer
from studio.session.canvas import CanvasSession
from studio.session.project.project import Project
from tests.session.project import painter
from tests.session.project.painter import ROOT, Model, State, state, step

LONGEST = 5  # steps that a painter makes before it waits until they are saved
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


class Painters:
    """Runs painters and kills them."""

    def __init__(self) -> None:
        command = [sys.executable, painter.__file__]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def paint_and_kill(self, path: Path, seed: int, number: int, saves: int, seconds: float) -> int:
        """The step before which everything was reported as saved. The kill comes so many seconds after so many such
        reports.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{path} {seed} {number}\n")
        self._process.stdin.flush()
        saved, reports, painter_id = number, 0, 0
        killer = threading.Timer(seconds, lambda: os.kill(painter_id, signal.SIGKILL))
        for line in self._process.stdout:
            word, *rest = line.split()
            if word == "killed":
                break
            if word == "painting":
                painter_id = int(rest[0])
            else:
                saved, reports = int(rest[0]), reports + 1
            if reports == saves:
                killer.start()
        killer.join()
        return saved

    def close(self) -> None:
        self._process.communicate(timeout=100)


@pytest.fixture
def painters() -> Iterator[Painters]:
    running = Painters()
    yield running
    running.close()


def left(path: Path, copy: Path) -> State:
    """What a project holds, looked at in a copy, so that the next painter finds the log as the kill left it."""
    copy.parent.mkdir()
    for suffix in ("", "-wal"):
        if (source := Path(f"{path}{suffix}")).exists():
            shutil.copyfile(source, f"{copy}{suffix}")
    session = CanvasSession.open(copy)
    try:
        for layer in session.document.layers:
            assert isinstance(layer, PaintLayer)
            for digest in layer.tiles.values():
                session.store.get(digest)  # verified by its digest
        for version in session.history.versions:
            session.history.document_of(version.id)
        return state(session.history)
    finally:
        session.close()
        shutil.rmtree(copy.parent)


def rounds(painters: Painters, folder: Path, kills: int, seed: int) -> None:
    """Paint and kill again and again on one project."""
    chance = random.Random(seed)
    path = folder / "work.safelight"
    Project.create(path, painter.BLANK).close()
    model, number = Model.new(), 0
    for kill in range(kills):
        saves = chance.choice((0, 1, 1, 2, 5))
        seconds = chance.random() * (0.02 if saves else 0.3)
        saved = painters.paint_and_kill(path, seed, number, saves, seconds)
        models = [model.reopened()]
        states = [state(model.history)]
        for done in range(number, saved + LONGEST):
            step(model, seed, done)
            models.append(model.reopened())
            states.append(state(model.history))
        found = left(path, folder / "copy" / "work.safelight")
        possible = [index for index in range(saved - number, len(states)) if states[index] == found]
        assert possible, f"kill {kill}: neither the state of step {saved} nor one after it"
        # A step may change nothing (an undo of the first); the last of equal states is as good as any.
        number, model = number + possible[-1], models[possible[-1]]


def test_a_kill_loses_nothing_that_was_saved(painters: Painters, tmp_path: Path) -> None:
    rounds(painters, tmp_path, kills=15, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(2, 10))
def test_many_kills_lose_nothing_that_was_saved(painters: Painters, tmp_path: Path, seed: int) -> None:
    rounds(painters, tmp_path, kills=30, seed=seed)
