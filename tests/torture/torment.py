"""Kills the program again and again while its user works, and looks what is left.

    python tests/torture/torment.py --kills 500 [--engine studio.engine.run:create] [--seed N] [--home FOLDER]

Each kill hits the window's process or its worker, at a random moment or as a job enters some phase. Now and then the
disk is full, and memory runs out under the jobs. Then everything is let go to its end, and nothing may be lost, made
twice, or other than if nothing had happened.
"""

import argparse
import contextlib
import os
import queue
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from studio.domain.jobs import Job, JobState
from studio.domain.recipe import Recipe
from studio.imaging import metadata
from studio.session.journal import Journal
from studio.session.paths import Paths

HERE = Path(__file__).parent
WALKER = "tests.torture.engine:create"
WORK = ("load", "encode", "denoise", "decode", "save")
PHASES = (*WORK, "denoise", "queued", "paused", "done", "interrupted", "cancelled")
VARIABLE = "SAFELIGHT_TEST_OOM"  # as in studio/engine/shortage.py
SHORT = 0.3  # of the real engine's lives
_LIFE = (0.2, 1.6)  # seconds that the program lives at most before it is hit, once it has begun to work
_REAL_LIFE = (0.5, 20.0)  # the same with the real engine, which loads a model first
_IDLE = 20.0  # seconds that it may live without beginning anything: its user may have paused everything
_LAST = 900.0  # seconds that the end may take


@dataclass
class Count:
    """What happened."""

    windows: int = 0
    workers: int = 0
    short: int = 0  # lives in which each job runs out of memory once
    phases: Counter[str] = field(default_factory=Counter)
    asked: set[str] = field(default_factory=set)

    @property
    def kills(self) -> int:
        return self.windows + self.workers


class Life:
    """One start of the program, until it is killed."""

    def __init__(self, home: Path, engine: str, seed: int, what: str, *, short: bool = False) -> None:
        self.lasts = _LIFE if engine == WALKER else _REAL_LIFE
        command = [sys.executable, str(HERE / "player.py"), str(home), engine, str(seed), what]
        environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1]), "OMP_WAIT_POLICY": "PASSIVE"}
        if short:
            environment[VARIABLE] = f"denoise@{2 + seed % 25}"
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        self.worker = 0
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.strip())

    def next(self, until: float) -> tuple[str, str] | None:
        """The next thing it says, None when the time is over."""
        with contextlib.suppress(queue.Empty):
            word, _, rest = self.lines.get(timeout=max(0.0, until - time.monotonic())).partition(" ")
            if word == "worker":
                self.worker = int(rest)
            return word, rest
        return None

    def kill(self) -> None:
        self.process.kill()
        self.end()

    def end(self) -> None:
        self.process.wait()
        self._thread.join()
        if self.process.stdout is not None:
            self.process.stdout.close()


def torment(home: Path, kills: int, seed: int, engine: str = WALKER) -> Count:
    """Hit the program so often."""
    chance, count, lives = random.Random(seed), Count(), 0
    while count.kills < kills:
        lives += 1
        short = engine != WALKER and chance.random() < SHORT
        life = Life(home, engine, seed * 100_000 + lives, "PLAY", short=short)
        count.short += short
        _hit(life, chance, count, kills)
        _hear_out(life, count)
    return count


def _hit(life: Life, chance: random.Random, count: Count, kills: int) -> None:
    """Some workers of this life, and then itself."""
    for _ in range(chance.choice((0, 0, 1, 2))):
        if count.kills + 1 < kills and _wait(life, chance, count) and life.worker:
            with contextlib.suppress(ProcessLookupError):
                os.kill(life.worker, signal.SIGKILL)
                count.workers += 1
                life.worker = 0
    _wait(life, chance, count)
    life.kill()
    count.windows += 1


def _wait(life: Life, chance: random.Random, count: Count) -> bool:
    """Until a random moment, or a random phase."""
    phase = chance.choice((*PHASES, "", "", ""))
    until = time.monotonic() + _IDLE
    begun = False
    while (heard := life.next(until)) is not None:
        if heard[0] == "asked":
            count.asked.add(heard[1])
        if heard[0] == "phase":
            if not begun and heard[1] in WORK:
                begun, until = True, time.monotonic() + chance.uniform(*life.lasts)
            if heard[1] == phase and begun:
                time.sleep(chance.choice((0.0, 0.0, 0.003, 0.01)))
                count.phases[phase] += 1
                return True
        if life.process.poll() is not None:
            raise AssertionError(f"the program ended by itself: {life.process.returncode}")
    return begun


def _hear_out(life: Life, count: Count) -> None:
    while (heard := life.next(0.0)) is not None:
        if heard[0] == "asked":
            count.asked.add(heard[1])


def settle(home: Path, seed: int, engine: str = WALKER) -> tuple[Job, ...]:
    """Let everything go to its end; the jobs as they are then."""
    life = Life(home, engine, seed, "DRAIN")
    try:
        code = life.process.wait(_LAST)
    finally:
        life.kill()
    assert code == 0, f"the last life ended with {code}"
    journal = Journal.open(Paths(home / "data", home / "config", home / "pictures").queue)
    try:
        return journal.jobs()
    finally:
        journal.close()


def examine(
    home: Path, jobs: tuple[Job, ...], asked: set[str], reference: Callable[[Recipe], NDArray[np.uint8]]
) -> list[str]:
    """Everything that is wrong; empty when nothing was lost, made twice or changed."""
    wrong = [f"{name} was asked for and is gone" for name in asked - {job.id for job in jobs}]
    made = _made(home / "pictures")
    for job in jobs:
        poison = "poison" in job.recipe.prompt
        if job.state is not (JobState.QUARANTINED if poison else JobState.DONE):
            wrong.append(f"{job.id} is {job.state}: {job.problem}")
        for index in range(0 if poison else job.recipe.batch):
            wrong += _wrong_with(job, index, made.pop(f"{job.id}#{index}", []), reference)
    return wrong + [f"{name} belongs to no job" for name in made]


def _made(folder: Path) -> dict[str, list[Path]]:
    """The pictures by the job that they say made them."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*.png")):
        found.setdefault(metadata.read(path).job, []).append(path)
    return found


def _wrong_with(job: Job, index: int, paths: list[Path], reference: Callable[[Recipe], NDArray[np.uint8]]) -> list[str]:
    if len(paths) != 1:
        return [f"{job.id}#{index} was saved {len(paths)} times"]
    kept = [Path(picture.path) for picture in job.pictures if picture.index == index]
    if kept != paths:
        return [f"{job.id}#{index} lies at {paths[0]}, and its job says {kept}"]
    with Image.open(paths[0]) as image:
        same = np.array_equal(np.asarray(image.convert("RGB")), reference(job.recipe.requested().for_picture(index)))
    return [] if same else [f"{job.id}#{index} is another picture than without the kills"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", default=WALKER)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    sys.path.insert(0, str(HERE.parents[1]))
    reference = _reference(options.engine)
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder)
        began = time.monotonic()
        count = torment(home, options.kills, options.seed, options.engine)
        jobs = settle(home, options.seed, options.engine)
        wrong = examine(home, jobs, count.asked, reference)
    print(f"{count.kills} kills ({count.windows} windows, {count.workers} workers), {time.monotonic() - began:.0f} s")
    print(f"in {count.short} lives memory ran out under each job")
    print(f"hit as a job entered: {dict(count.phases.most_common())}")
    print(f"{len(jobs)} jobs, {len(count.asked)} of them told to be safe; {len(wrong)} wrong")
    print("\n".join(wrong))
    return bool(wrong)


def _reference(engine: str) -> Callable[[Recipe], NDArray[np.uint8]]:
    if engine == WALKER:
        from tests.torture.engine import picture_of

        return picture_of
    from studio.session.workers import worker_factory
    from tests.torture.real import Reference

    return Reference(worker_factory(engine=engine))


if __name__ == "__main__":
    sys.exit(main())
