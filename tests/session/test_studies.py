from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from studio.domain.errors import ErrorKind, Problem
from studio.domain.jobs import Cost
from studio.domain.messages import Cancelled, Failed, Finished, Interrupted, PathStep, Paused, Run, Studied
from studio.domain.recipe import Recipe
from studio.domain.study import Frame, Study
from studio.session.queue import JobQueue
from studio.session.studies import Studies

FRAME = Frame(1, 1, b"rgb")
STUDY = Study(steps=5)


@dataclass
class Worker:
    """Remembers what it was told."""

    runs: list[Run] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)

    def submit(self, run: Run) -> None:
        self.runs.append(run)

    def cancel(self, job_id: str) -> None:
        self.cancelled.append(job_id)

    def pause(self, job_id: str) -> None:
        raise AssertionError("a study cannot be paused")

    @property
    def newest(self) -> str:
        return self.runs[-1].job_id


@dataclass
class Bench:
    worker: Worker
    queue: JobQueue
    studies: Studies
    seen: list[object] = field(default_factory=list)

    def at(self, t: float) -> Study:
        study = replace(STUDY, t=t)
        self.studies.want(study, "/model")
        return study

    def answer(self) -> None:
        event = Studied(self.worker.newest, 0.5, 0.5, 0.0, 0.5, 0.5, FRAME, FRAME, FRAME, 0.1)
        assert self.studies.handle(event)

    def step(self) -> None:
        assert self.studies.handle(PathStep(self.worker.newest, 1, 5, 0.4, FRAME))

    def end(self) -> None:
        assert self.studies.handle(Finished(self.worker.newest, Cost()))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    worker = Worker()
    queue = JobQueue(worker, tmp_path)
    studies = Studies(worker, queue, tmp_path)
    made = Bench(worker, queue, studies)
    studies.found.connect(lambda study, _: made.seen.append(study.t))
    studies.walked.connect(lambda _, step: made.seen.append(step.step))
    return made


def test_while_one_is_under_way_only_the_newest_waits(bench: Bench) -> None:
    for t in (0.1, 0.2, 0.3, 0.4):
        bench.at(t)
    assert [run.task for run in bench.worker.runs] == [replace(STUDY, t=0.1)]
    bench.answer()
    bench.end()
    assert [run.task.t for run in bench.worker.runs if isinstance(run.task, Study)] == [0.1, 0.4]
    assert bench.seen == [0.1]


def test_a_path_is_given_up_for_a_newer_study_and_not_before_it_began(bench: Bench) -> None:
    bench.at(0.1)
    first = bench.worker.newest
    bench.at(0.2)
    assert not bench.worker.cancelled, "a worker that loads a model would be killed for it"
    bench.answer()
    assert bench.worker.cancelled == [first]
    bench.step()
    assert bench.seen == [0.1], "what is given up is not shown"
    assert bench.studies.handle(Cancelled(first))
    assert bench.worker.newest != first
    assert bench.worker.cancelled == [first]


def test_a_path_is_shown(bench: Bench) -> None:
    bench.at(0.1)
    bench.answer()
    bench.step()
    bench.end()
    assert bench.seen == [0.1, 1]
    assert not bench.studies.under_way


def test_jobs_go_first_and_the_study_comes_again(bench: Bench) -> None:
    busy: list[bool] = []
    bench.studies.busy.connect(busy.append)
    study = bench.at(0.1)
    first = bench.worker.newest
    bench.answer()
    job = bench.queue.submit(Recipe(), 8)
    assert bench.worker.cancelled == [first] and busy == [True]
    assert bench.studies.handle(Cancelled(first))
    assert bench.worker.newest == job.id, "no study while a job is open"
    bench.at(0.7)
    assert bench.worker.newest == job.id
    bench.queue.handle(Finished(job.id, Cost()))
    assert busy == [True, False]
    assert bench.worker.runs[-1].task == replace(study, t=0.7)


def test_studies_are_no_jobs_of_the_queue(bench: Bench) -> None:
    bench.at(0.1)
    assert not bench.queue.jobs
    assert not bench.studies.handle(Finished("somebody else's", Cost()))


@pytest.mark.parametrize("end", [Failed, Interrupted])
def test_a_failure_is_told_and_the_next_one_goes_on(bench: Bench, end: type[Failed] | type[Interrupted]) -> None:
    told: list[str] = []
    bench.studies.failed.connect(lambda study, problem, details: told.append(f"{study.t} {problem.message} {details}"))
    bench.at(0.1)
    bench.studies.handle(end(bench.worker.newest, Problem(ErrorKind.INPUT, "broken"), "traceback"))
    assert told == ["0.1 broken traceback"]
    bench.at(0.2)
    assert len(bench.worker.runs) == 2


def test_a_study_that_the_worker_paused_is_over(bench: Bench) -> None:
    bench.at(0.1)
    bench.studies.handle(Paused(bench.worker.newest))
    assert not bench.studies.under_way
    bench.at(0.2)
    assert len(bench.worker.runs) == 2


def test_what_is_dropped_does_not_come(bench: Bench) -> None:
    bench.at(0.1)
    bench.at(0.2)
    bench.studies.drop()
    bench.answer()
    bench.end()
    assert len(bench.worker.runs) == 1
