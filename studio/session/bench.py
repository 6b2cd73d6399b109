"""Measure the queue: `python -m studio.session.bench [--json] [--skip-large] [--rounds N]`.

What the journal and its checkpoints cost a job, as a ratio of jobs with and without them taken in turn; how long a
cancel takes when the worker does not react; and when the next job is seen after that, against a start from nothing.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from studio.domain.geometry import Size
from studio.domain.jobs import Job, JobState
from studio.domain.messages import Event, Preview, WorkerOptions
from studio.domain.recipe import STARTER, Recipe, Sampling
from studio.session.headless import Headless
from studio.session.paths import Paths
from studio.session.studio import Worker
from studio.session.workers import worker_factory
from studio.worker.host_process import ProcessHost

PROMPT = "a red fox over the sea"
COST_LIMIT, HARD_LIMIT, RESPAWN_LIMIT = 1.01, 2.0, 1.5
# In a process of its own, as everything of the engine's.
_MAKE_LARGE = """
import sys
from pathlib import Path
from studio.engine.benchmodels import random_sd15
random_sd15(Path(sys.argv[1]))
"""
_PATIENCE = 600.0  # seconds for anything at all

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of the worker's phases by the clock, of all computing, and of that outside the worker."""

    seconds: float
    computing: float
    here: float


class Table:
    """A studio to measure on, with its journal or without."""

    def __init__(self, home: Path, *, journal: bool) -> None:
        self._hosts: list[Worker] = []
        make = worker_factory()

        def factory(post: Callable[[Event], None], options: WorkerOptions) -> Worker:
            self._hosts.append(make(post, options))
            return self._hosts[-1]

        paths = Paths(home / "data", home / "config", home / "pictures")
        self.headless = Headless(paths, factory, "cpu", paths.queue if journal else None)
        self.queue = self.headless.studio.queue

    @property
    def host(self) -> ProcessHost:
        """The worker's host."""
        host = self._hosts[0]
        assert isinstance(host, ProcessHost)
        return host

    def make(self, recipe: Recipe) -> "Spent":
        """Carry out a recipe with a model that is loaded."""
        worker = psutil.Process(self.host.pid) if self.host.pid else None
        before = worker.cpu_times() if worker else None
        here = time.process_time()
        job = self.until_over(self.headless.studio.submit(recipe).id)
        if job.cost is None:
            raise RuntimeError(f"the job ended as {job.state}: {job.problem}")
        here = time.process_time() - here
        seconds = sum(seconds for phase, seconds in job.cost.seconds.items() if phase != "load")
        if worker is None or before is None:
            return Spent(seconds, here, here)
        after = worker.cpu_times()
        return Spent(seconds, here + after.user + after.system - before.user - before.system, here)

    def until_over(self, job_id: str) -> Job:
        """Wait for the end of a job."""
        self.until(lambda: self.state(job_id).final)
        job = self.queue.job(job_id)
        assert job is not None
        return job

    def state(self, job_id: str) -> JobState:
        """Where a job stands."""
        job = self.queue.job(job_id)
        assert job is not None
        return job.state

    def until(self, over: Callable[[], bool]) -> float:
        """Listen until something is so; how many seconds that took."""
        start = time.monotonic()
        while not over():
            if time.monotonic() - start > _PATIENCE:
                raise RuntimeError("what was waited for never happened")
            self.headless.listen(0.05)
        return time.monotonic() - start


def cost(folder: Path, recipe: Recipe, rounds: int) -> Figures:
    """Jobs with journal, checkpoints and history, over the same jobs without."""
    with_it, without = Table(folder / "with", journal=True), Table(folder / "without", journal=False)
    without.queue.previews = with_it.queue.previews
    with with_it.headless, without.headless:
        for table in (with_it, without):
            table.make(recipe)  # loads the model
        spent: tuple[list[Spent], list[Spent]] = ([], [])
        for number in range(rounds):
            for index in (0, 1) if number % 2 == 0 else (1, 0):
                spent[index].append((with_it, without)[index].make(recipe))
    clock = [statistics.median(each.seconds for each in of) for of in spent]
    computing = [statistics.median(each.computing for each in of) for of in spent]
    here = [statistics.median(each.here for each in of) for of in spent]
    return {
        "with the journal / without, by the clock": clock[0] / clock[1],
        "with the journal / without, by all computing": computing[0] / computing[1],
        "limit": COST_LIMIT,
        "what it computes outside the worker / the job": (here[0] - here[1]) / computing[1],
    }


def hard_cancel(folder: Path) -> Figures:
    """A worker that does not react: until its job is cancelled, and until the next job is seen."""
    recipe = Recipe(PROMPT, sampling=Sampling("dpmpp-2m", 30, 4.0))
    table = Table(folder / "hard", journal=True)
    previews: list[Preview] = []
    table.queue.preview.connect(previews.append)
    with table.headless:
        first = table.headless.studio.submit(recipe).id
        cold = table.until(lambda: bool(previews))
        os.kill(table.host.pid or 0, signal.SIGSTOP)
        second = table.headless.studio.submit(Recipe(PROMPT, seed=2)).id
        table.queue.cancel(first)
        cancelled = table.until(lambda: table.state(first).final)
        previews.clear()
        again = table.until(lambda: bool(previews))
        table.until_over(second)
    return {
        "cancel of a worker that is stopped, s": cancelled,
        "limit, s": HARD_LIMIT,
        "next job's first preview / that from nothing": again / cold,
        "limit": RESPAWN_LIMIT,
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m studio.session.bench", description="Measure the queue.")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of jobs")
    parser.add_argument("--skip-large", action="store_true", help="leave out the Stable Diffusion 1.5 size (4 GB)")
    options = parser.parse_args(arguments)
    found: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = Recipe(PROMPT, model=STARTER, sampling=Sampling("dpmpp-2m", 30, 4.0))
        found["starter"] = cost(folder / "small", small, 2 * options.rounds)
        if not options.skip_large:
            subprocess.run([sys.executable, "-c", _MAKE_LARGE, str(folder / "sd15")], check=True)
            sampling = Sampling("dpmpp-2m", 4, 7.0)
            large = Recipe(PROMPT, model=str(folder / "sd15"), size=Size(512, 512), sampling=sampling)
            found["Stable Diffusion 1.5 size"] = cost(folder / "large", large, options.rounds)
        found["cancel"] = hard_cancel(folder)
    if options.json:
        sys.stdout.write(json.dumps({"queue": found}, indent=1) + "\n")
    else:
        for title, rows in found.items():
            sys.stdout.write(f"{title}\n")
            sys.stdout.writelines(f"  {label:52s} {value:10.3f}\n" for label, value in rows.items())
    return 0


if __name__ == "__main__":
    sys.exit(main())
