"""The program killed while it works on its queue: what was told to be safe is there, and it is whole."""

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

from studio.session.journal import Journal
from tests.session.journal import putter
from tests.session.journal.made import asked, job, saved
from tests.session.journal.putter import Model, act, found
from tests.session.project.painter import ROOT

LONGEST = 5  # acts after which a putter waits until they are safe
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


class Putters:
    """Runs processes and kills them."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, putter.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )

    def live_and_die(self, path: Path, seed: int, number: int, reports: int, seconds: float) -> int:
        """The act before which all was told to be safe; the kill comes so many seconds after so many such reports."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{path} {seed} {number}\n")
        self._process.stdin.flush()
        safe, heard, process_id = number, 0, 0
        killer = threading.Timer(seconds, lambda: os.kill(process_id, signal.SIGKILL))
        for line in self._process.stdout:
            word, *rest = line.split()
            if word == "killed":
                break
            if word == "living":
                process_id = int(rest[0])
            else:
                safe, heard = int(rest[0]), heard + 1
            if heard == reports and seconds:
                killer.start()
            elif heard == reports:
                os.kill(process_id, signal.SIGKILL)
        if seconds:
            killer.join()
        return safe

    def close(self) -> None:
        self._process.communicate(timeout=100)


@pytest.fixture
def putters() -> Iterator[Putters]:
    running = Putters()
    yield running
    running.close()


def left(path: Path, copy: Path) -> Model:
    """What a file holds, looked at in a copy, so that the next process finds the log as the kill left it."""
    copy.parent.mkdir()
    for suffix in ("", "-wal"):
        if (source := Path(f"{path}{suffix}")).exists():
            shutil.copyfile(source, f"{copy}{suffix}")
    journal = Journal.open(copy)
    problems: list[object] = []
    journal.problem.connect(problems.append)
    try:
        assert asked(copy, "PRAGMA integrity_check") == "ok"
        return found(journal)
    finally:
        journal.close()
        assert problems == []
        shutil.rmtree(copy.parent)


def rounds(putters: Putters, folder: Path, kills: int, seed: int) -> None:
    """Work and kill again and again on one file."""
    chance = random.Random(seed)
    path = folder / "queue.safelight"
    Journal.open(path, create=True).close()
    model, number = Model(), 0
    for kill in range(kills):
        reports = chance.choice((0, 1, 1, 2, 5))
        seconds = chance.random() * chance.choice((0, 0.01, 0.03) if reports else (0.2,))
        safe = putters.live_and_die(path, seed, number, reports, seconds)
        models = [model.copy()]
        for done in range(number, safe + LONGEST):
            act(done, seed, model)
            models.append(model.copy())
        there = left(path, folder / "copy" / "queue.safelight")
        possible = [
            index
            for index in range(safe - number, len(models))
            if models[index] == there and list(models[index].jobs) == list(there.jobs)
        ]
        assert possible, f"kill {kill}: neither what was there before act {safe} nor what came after it"
        number, model = number + possible[-1], models[possible[-1]]


def test_a_kill_loses_nothing_that_was_told_to_be_safe(putters: Putters, tmp_path: Path) -> None:
    rounds(putters, tmp_path, kills=25, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(2, 8))
def test_many_kills_lose_nothing_that_was_told_to_be_safe(putters: Putters, tmp_path: Path, seed: int) -> None:
    rounds(putters, tmp_path, kills=60, seed=seed)


_RUNNER = """
import sys
from pathlib import Path
from studio.session.journal import Journal
journal = Journal.open(Path(sys.argv[1]))
print(journal.run_here(), flush=True)
sys.stdin.read()
"""


def test_another_process_can_run_the_queue_after_a_kill(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "queue.safelight", create=True)
    command = [sys.executable, "-c", _RUNNER, str(journal.path)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as runner:
        assert runner.stdout is not None and runner.stdout.readline() == b"True\n"
        assert journal.running_elsewhere and not journal.run_here()
        runner.kill()
    assert not journal.running_elsewhere and journal.run_here()
    assert saved(journal, job(1))
    journal.close()
