"""The program under torture: a studio without a window, whose user does things at random until it is killed.

    python player.py HOME ENGINE SEED PLAY|DRAIN

Prints a line for each phase that a job enters, `worker PID` for each worker, and `asked ID` once a job that was asked
for is safe. PLAY goes on until it is killed; DRAIN asks for nothing more, lets everything go on, and ends when all is
done.
"""

import os
import random
import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from studio.domain.geometry import Size
from studio.domain.jobs import Job, JobState, Priority
from studio.domain.messages import Event, WorkerOptions
from studio.domain.recipe import Recipe, Sampling
from studio.session import dispatch
from studio.session.headless import Headless
from studio.session.paths import Paths
from studio.session.studio import Worker
from studio.session.workers import worker_factory
from studio.worker.host import Host

WORDS = ("a lighthouse", "two red apples", "greedy owls", "a boat at night", "hills", "poison")
AGAIN = (JobState.FAILED, JobState.CANCELLED)


def say(text: str) -> None:
    """A line, whole also where two threads speak."""
    os.write(1, f"{text}\n".encode())


def recipe(chance: random.Random, real: bool) -> Recipe:
    """Something to make; now and then it is poison."""
    words = chance.choices(WORDS, (6, 6, 3, 6, 6, 0 if real else 1))[0]
    steps = chance.randint(30, 80) if real else chance.randint(4, 12)
    sampling = Sampling(chance.choice(("dpmpp-2m", "euler-a", "dpmpp-2m-sde", "euler")), steps, 3.0)
    seed, batch = chance.randrange(10_000), chance.choice((1, 1, 2))
    return Recipe(words, size=Size(64, 64), sampling=sampling, seed=seed, batch=batch)


class Player:
    """One life of the program."""

    def __init__(self, home: Path, engine: str, seed: int) -> None:
        self.chance = random.Random(seed)
        self.real = engine.startswith("studio.")
        paths = Paths(home / "data", home / "config", home / "pictures")
        factory = worker_factory(engine=engine)
        self.hosts: list[Worker] = []

        def make(post: Callable[[Event], None], options: WorkerOptions) -> Worker:
            self.hosts.append(factory(post, options))
            return self.hosts[-1]

        self.headless = Headless(paths, make, "cpu", paths.queue)
        self.queue = self.headless.studio.queue
        self.headless.studio.queue.changed.connect(self._tell)
        self._told = ("", "")
        self._pid: int | None = None

    def play(self) -> None:
        """Do things until the end."""
        acts = (
            self.ask,
            self.ask,
            self.cancel,
            self.pause,
            self.resume,
            self.hold,
            self.go_on,
            self.shuffle,
            self.retry,
        )
        with self.headless:
            while True:
                self._listen(self.chance.uniform(0.0, 0.12))
                self.chance.choice(acts)()
                if self.chance.random() < 0.02:
                    self.fill_the_disk()

    def drain(self) -> None:
        """Let everything be done."""
        with self.headless:
            self._listen(0.3)
            self.go_on()
            while True:
                for job in self.queue.jobs:
                    if job.state is JobState.PAUSED:
                        self.queue.resume(job.id)
                    elif job.state in AGAIN or (
                        job.state is JobState.QUARANTINED and "poison" not in job.recipe.prompt
                    ):
                        self.queue.retry(job.id)
                if not self.queue.open_count:
                    break
                self._listen(0.05)

    # ------------------------------------------------------------------------------------------ what its user does

    def ask(self) -> None:
        if self.queue.open_count > 6:
            return
        priority = self.chance.choice(tuple(Priority))
        job = self.headless.studio.submit(recipe(self.chance, self.real), priority=priority)
        journal = self.headless.studio.journal
        if journal is not None:
            journal.put((), lambda: self._safe(job))

    def cancel(self) -> None:
        self._with_some(self.queue.cancel)

    def pause(self) -> None:
        self._with_some(self.queue.pause)

    def resume(self) -> None:
        self._with_some(self.queue.resume)

    def shuffle(self) -> None:
        self._with_some(self.queue.run_next)
        self._with_some(lambda job_id: self.queue.move(job_id, None))

    def retry(self) -> None:
        self._with_some(self.queue.retry)

    def hold(self) -> None:
        if self.chance.random() < 0.3:
            self.queue.hold()

    def go_on(self) -> None:
        self.queue.go_on()

    def fill_the_disk(self) -> None:
        """For a moment, no file may grow."""
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
        threading.Timer(0.2, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))).start()

    def _with_some(self, act: Callable[[str], object]) -> None:
        if jobs := self.queue.jobs:
            act(self.chance.choice(jobs).id)

    # ------------------------------------------------------------------------------------------ what it says

    def _listen(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.headless.listen(left)
            host = self.hosts[0]
            if isinstance(host, Host) and host.pid != self._pid:
                self._pid = host.pid
                say(f"worker {self._pid or 0}")

    def _tell(self, job: Job) -> None:
        place = (job.id, job.phase if job.state.active else job.state.value)
        if place != self._told:
            self._told = place
            say(f"phase {place[1] or 'start'}")

    def _safe(self, job: Job) -> None:
        journal = self.headless.studio.journal
        if journal is not None and any(known.id == job.id for known in journal.jobs()):
            say(f"asked {job.id}")


if __name__ == "__main__":
    dispatch.CHECKPOINT_SECONDS = 0.2  # to lose less than the kills would leave
    player = Player(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    player.play() if sys.argv[4] == "PLAY" else player.drain()
