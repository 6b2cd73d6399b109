"""A process that puts jobs until it is killed; and what a journal should hold after each of its acts."""

import os
import random
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from studio.domain.jobs import Job, JobState
from studio.session.journal import Journal
from tests.session.journal.made import checkpoint, job, preview

JOBS = 12
LARGE = bytes(40_000)


@dataclass
class Model:
    """What has to survive: jobs in their order, the newest checkpoint of each, and whether the queue is held."""

    jobs: dict[str, Job] = field(default_factory=dict)
    checkpoints: dict[str, bytes] = field(default_factory=dict)
    held: bool = False

    def put(self, jobs: list[Job]) -> None:
        self.jobs.update((each.id, each) for each in jobs)

    def remove(self, ids: list[str]) -> None:
        for job_id in ids:
            self.jobs.pop(job_id, None)
            self.checkpoints.pop(job_id, None)

    def copy(self) -> "Model":
        return Model(dict(self.jobs), dict(self.checkpoints), self.held)


def act(number: int, seed: int, model: Model, journal: Journal | None = None) -> None:
    """Do the act of this number in the model, and in the journal, too."""
    chance = random.Random(f"{seed} {number}")
    (kind,) = chance.choices(("put", "many", "remove", "checkpoint", "preview", "hold"), (10, 1, 1, 6, 2, 1))
    one = job(chance.randrange(JOBS), state=chance.choice(list(JobState)), step=number)
    match kind:
        case "put" | "many":
            jobs = [one] if kind == "put" else [job(1000 + number * 100 + each) for each in range(30)]
            model.put(jobs)
            if journal is not None:
                journal.put(jobs)
        case "remove":
            ids = [one.id, *(each for each in model.jobs if each > job(1000).id)]
            model.remove(ids)
            if journal is not None:
                journal.remove(ids)
        case "checkpoint" if one.id in model.jobs:
            kept = checkpoint(one.id, number)
            kept = type(kept)(kept.job_id, kept.index, kept.step, kept.data + LARGE)
            model.checkpoints[one.id] = kept.data
            if journal is not None:
                journal.keep_checkpoint(kept)
        case "preview" if journal is not None and one.id in model.jobs:
            journal.keep_preview(preview(one.id, number))
        case "hold":
            model.held = not model.held
            if journal is not None:
                journal.hold(model.held)


def found(journal: Journal) -> Model:
    """What a journal holds."""
    jobs = {each.id: each for each in journal.jobs()}
    kept = {job_id: data for job_id in jobs if (data := journal.checkpoint(job_id, 0))}
    return Model(jobs, kept, journal.held)


def live(path: Path, seed: int, number: int) -> None:
    """Go on until killed; tell each number before which all is safe."""
    journal = Journal.open(path)
    assert journal.run_here()
    model, bursts = found(journal), random.Random()
    while True:
        for _ in range(bursts.choice((1, 1, 2, 5))):
            act(number, seed, model, journal)
            number += 1
        safe = threading.Event()
        journal.put((), safe.set)
        safe.wait()
        os.write(1, f"safe {number}\n".encode())


def main() -> None:
    """Fork one for each line."""
    for line in sys.stdin:
        path, seed, number = line.split()
        child = os.fork()
        if not child:
            live(Path(path), int(seed), int(number))
        os.write(1, f"living {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"killed\n")


if __name__ == "__main__":
    main()
