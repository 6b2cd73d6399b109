"""The program killed while frames stream in: no frame that was kept is lost, and all others are made in the end."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.session.canvas import CanvasSession
from studio.session.clips.sources import take_of
from studio.session.journal import Journal
from tests.session.clips import streamer
from tests.session.clips.desk import FRAMES, takes_of
from tests.session.project.painter import ROOT

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


class Streamers:
    """Runs streamers and kills them."""

    def __init__(self) -> None:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "1"}
        command = [sys.executable, streamer.__file__]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def stream_and_kill(self, folder: Path, frames: int, seconds: float) -> set[tuple[str, int]]:
        """What was told to be kept. The kill comes so many seconds after so many frames, 0 for the beginning."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{folder}\n")
        self._process.stdin.flush()
        kept: set[tuple[str, int]] = set()
        streamer_id = 0
        killer = threading.Timer(seconds, lambda: os.kill(streamer_id, signal.SIGKILL))
        for line in self._process.stdout:
            word, *rest = line.split()
            if word == "killed":
                break
            if word == "streaming":
                streamer_id = int(rest[0])
            else:
                kept.add((rest[0], int(rest[1])))
            if len(kept) == frames and not killer.ident:
                killer.start()
        killer.join()
        return kept

    def close(self) -> None:
        self._process.communicate(timeout=100)


@pytest.fixture
def streamers() -> Iterator[Streamers]:
    running = Streamers()
    yield running
    running.close()


def rounds(streamers: Streamers, folder: Path, kills: int, seed: int) -> None:
    """Stream and kill again and again."""
    chance, kept = random.Random(seed), set[tuple[str, int]]()
    for _ in range(kills):
        frames = chance.choice((0, 1, 3, 10))
        kept |= streamers.stream_and_kill(folder, frames, chance.random() * (0.02 if frames else 0.3))
        if not (folder / "work.safelight").exists() or not (folder / "data" / "queue.safelight").exists():
            continue  # it did not come so far
        session = CanvasSession.open(folder / "work.safelight")
        journal = Journal.open(folder / "data" / "queue.safelight")
        try:
            jobs = journal.jobs()
            for take, number in kept:
                assert session.takes.png(take, number) is not None, f"frame {number} was kept and is gone"
            for job in jobs:
                told = {picture.index for picture in job.pictures if picture.path}
                assert told <= session.takes.numbers(take_of(job)), "the journal believes in frames that are not there"
            over = {take_of(job) for job in jobs if job.state.final}
            assert all(session.takes.missing(take.id, FRAMES) == () for take in takes_of(session) if take.id in over)
            assert {take_of(job) for job in jobs} <= {take.id for take in takes_of(session)}
        finally:
            journal.close()
            session.close()
    assert len(kept) > kills


def test_a_kill_loses_no_kept_frame(streamers: Streamers, tmp_path: Path) -> None:
    rounds(streamers, tmp_path, kills=12, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(2, 8))
def test_many_kills_lose_no_kept_frame(streamers: Streamers, tmp_path: Path, seed: int) -> None:
    rounds(streamers, tmp_path, kills=60, seed=seed)
