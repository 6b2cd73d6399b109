"""The list of all jobs over a real journal: what is taken up, and what may go."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.domain.errors import ErrorKind, Problem
from studio.domain.jobs import Job, JobState, Picture, Priority, made_by
from studio.domain.messages import Cancelled, Checkpoint, Paused, Preview, Run
from studio.domain.recipe import Branch, Recipe, SourceImage
from studio.session.job_list import JobList
from studio.session.journal import Journal
from studio.session.queue import JobQueue


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal.open(tmp_path / "queue.safelight", create=True)
    yield journal
    journal.close()


def finished(number: int, priority: Priority) -> Job:
    return Job(f"{priority}-{number}", Recipe(), JobState.DONE, priority=priority, ended=float(number))


def test_old_results_leave_the_list_but_not_what_a_batch_has_done(journal: Journal) -> None:
    jobs = [finished(number, priority) for number in range(520) for priority in Priority]
    journal.put(jobs)
    journal.flush()
    JobList().adopt(journal, journal.jobs())
    journal.flush()
    left = {job.id for job in journal.jobs()}
    assert {f"{Priority.BATCH}-{number}" for number in range(520)} <= left
    gone = {f"{Priority.INTERACTIVE}-{number}" for number in range(520)} - left
    assert gone == {f"{Priority.INTERACTIVE}-{number}" for number in range(20)}, "the oldest, and no more"


def test_what_was_under_way_is_interrupted_and_goes_on(journal: Journal) -> None:
    states = (JobState.LOADING, JobState.RUNNING, JobState.QUEUED, JobState.PAUSED, JobState.FAILED)
    journal.put(Job(str(state), Recipe(), state, rank=number) for number, state in enumerate(states))
    journal.flush()
    jobs = JobList()
    assert jobs.adopt(journal, journal.jobs()) == 3
    assert [job.id for job in jobs.open] == ["loading", "running", "queued"]
    assert jobs["running"].state is JobState.INTERRUPTED and jobs["running"].deaths == 0
    journal.flush()
    assert {job.id: job.state for job in journal.jobs()}["running"] is JobState.INTERRUPTED


class Worker:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.cancelled: list[str] = []

    def submit(self, run: Run) -> None:
        self.runs.append(run)

    def cancel(self, job_id: str) -> None:
        self.cancelled.append(job_id)

    def pause(self, job_id: str) -> None: ...


def test_a_job_is_in_the_file_before_the_worker_gets_it(journal: Journal) -> None:
    seen: list[list[str]] = []

    class Looking(Worker):
        def submit(self, run: Run) -> None:
            super().submit(run)
            seen.append([job.id for job in journal.jobs()])

    queue = JobQueue(worker := Looking(), Path("store"), awaits_journal=True)
    early = queue.submit(Recipe())
    assert not worker.runs, "the journal is not there yet"
    queue.adopt(journal, ())
    journal.flush()
    assert [run.job_id for run in worker.runs] == [early.id] and seen == [[early.id]]


def test_a_job_that_is_cancelled_on_its_way_never_starts(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    late: list[object] = []
    monkeypatch.setattr(journal, "put", lambda jobs, then=None: late.append(then) if then else None)
    queue = JobQueue(worker := Worker(), Path("store"))
    queue.adopt(journal, ())
    job = queue.submit(Recipe())
    queue.cancel(job.id)
    known = queue.job(job.id)
    assert known is not None and known.state is JobState.CANCELLED
    for then in late:
        then()  # type: ignore[operator]
    assert not worker.runs and not worker.cancelled


def test_a_job_goes_on_from_its_checkpoint_and_a_branch_from_its_origins(journal: Journal) -> None:
    queue = JobQueue(worker := Worker(), Path("store"))
    queue.adopt(journal, ())
    job = queue.submit(Recipe(batch=2))
    journal.flush()
    for step in (3, 6, 9):
        queue.handle(Checkpoint(job.id, 0, step, b"after %d" % step))
    queue.pause(job.id)
    queue.keep_preview(Preview(job.id, 0, 9, 1, 1, bytes(3)))
    queue.keep_preview(Preview("nobody", 0, 9, 1, 1, bytes(3)))
    branch = queue.branch(job.id, 0, Branch(7, "dusk"))
    queue.run_next(branch.id)
    queue.handle(Paused(job.id))
    journal.flush()
    assert (worker.runs[-1].job_id, worker.runs[-1].checkpoint) == (branch.id, b"after 6")
    queue.cancel(branch.id)
    queue.handle(Cancelled(branch.id))
    queue.resume(job.id)
    journal.flush()
    assert (worker.runs[-1].job_id, worker.runs[-1].checkpoint) == (job.id, b"after 9")
    assert [each.step for each in queue.history(job.id, 0)] == [9] and not queue.history("nobody", 0)


def test_a_job_waits_for_a_picture_that_could_not_be_saved(journal: Journal) -> None:
    jobs = JobList()
    maker = Job("maker", Recipe(), JobState.DONE, pictures=(Picture(0, 0, "d", 8, 8),))
    taker = Job("taker", Recipe(source=SourceImage(made_by("maker"))))
    jobs.put(maker)
    jobs.put(taker)
    assert [job.id for job in jobs.blockers(taker)] == ["maker"]
    jobs.put(Job("maker", Recipe(), JobState.DONE, pictures=(Picture(0, 0, "d", 8, 8, "/p.png"),)))
    assert not jobs.blockers(taker)


def test_problems_travel_with_their_jobs(journal: Journal) -> None:
    job = Job("1", Recipe(), JobState.FAILED, problem=Problem(ErrorKind.MEMORY, "x", "y"), details="z", ended=3.0)
    journal.put((job,))
    journal.flush()
    assert journal.jobs() == (job,)
