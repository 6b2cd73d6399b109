"""Acts that cross events on their way, as a stranger would try them: nothing may be lost, stalled or done otherwise."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.jobs import DEADLY, Cost, Job, JobState, Picture, Priority
from studio.domain.messages import (
    Cancelled,
    Event,
    Failed,
    Finished,
    Interrupted,
    Paused,
    PictureDone,
    Run,
    Started,
    WorkerOptions,
)
from studio.domain.recipe import Recipe
from studio.domain.training import Training
from studio.session.dispatch import Located
from studio.session.headless import Headless
from studio.session.job_list import JobList
from studio.session.journal import Journal
from studio.session.paths import Paths
from studio.session.queue import JobQueue

CRASH = Problem(ErrorKind.CRASH, "The worker ended.")


class Worker:
    """Remembers what it was asked, in its order."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.runs: list[Run] = []

    def submit(self, run: Run) -> None:
        self.runs.append(run)
        self.asked.append(("submit", run.job_id))

    def cancel(self, job_id: str) -> None:
        self.asked.append(("cancel", job_id))

    def pause(self, job_id: str) -> None:
        self.asked.append(("pause", job_id))


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def queue(worker: Worker) -> JobQueue:
    return JobQueue(worker, Path("store"))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal.open(tmp_path / "queue.safelight", create=True)
    yield journal
    journal.close()


def state(queue: JobQueue, job: Job) -> JobState:
    found = queue.job(job.id)
    assert found is not None
    return found.state


def picture(index: int, path: str = "") -> Picture:
    return Picture(index, index, "0" * 64, 8, 8, path)


@pytest.mark.parametrize("ending", [Paused, lambda name: Interrupted(name, CRASH)])
def test_a_cancel_that_crosses_another_end_still_counts(
    queue: JobQueue, worker: Worker, ending: Callable[[str], Paused | Interrupted]
) -> None:
    """The host has answered already, so that it has nothing more to cancel."""
    job = queue.submit(Recipe())
    queue.handle(Started(job.id))
    queue.pause(job.id)
    queue.cancel(job.id)
    queue.handle(ending(job.id))
    assert state(queue, job) is JobState.CANCELLED and len(worker.runs) == 1


def test_what_the_worker_has_is_not_edited_even_if_it_has_not_begun(queue: JobQueue, worker: Worker) -> None:
    job = queue.submit(Recipe(prompt="old"))
    with pytest.raises(StudioError, match="has begun"):
        queue.edit(job.id, Recipe(prompt="new"))
    queue.handle(PictureDone(job.id, picture(0)))
    queue.handle(Finished(job.id, Cost()))
    found = queue.job(job.id)
    assert found is not None and found.recipe.prompt == worker.runs[0].recipe.prompt == "old"


def test_a_job_that_waits_for_the_journal_is_edited(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    late: list[Callable[[], None]] = []
    monkeypatch.setattr(journal, "put", lambda jobs, then=None: late.append(then) if then else None)
    queue = JobQueue(worker := Worker(), Path("store"))
    queue.adopt(journal, ())
    job = queue.submit(Recipe(prompt="old"))
    queue.edit(job.id, Recipe(prompt="new"))
    for then in late:
        then()
    assert [run.recipe.prompt for run in worker.runs] == ["new"]


def test_a_job_that_has_made_pictures_is_not_edited(queue: JobQueue) -> None:
    """Its files are known by its name: one of the old would pass for the new."""
    job = queue.submit(Recipe(prompt="old", batch=2), output="/out.png")
    queue.handle(PictureDone(job.id, picture(0)))
    queue.pause(job.id)
    queue.handle(Paused(job.id))
    with pytest.raises(StudioError, match="has begun"):
        queue.edit(job.id, Recipe(prompt="new", batch=2))


def test_a_job_that_was_paused_by_itself_stays_so_when_the_queue_is_paused_meanwhile(queue: JobQueue) -> None:
    job = queue.submit(Recipe())
    queue.pause(job.id)
    queue.hold()
    queue.handle(Paused(job.id))
    assert state(queue, job) is JobState.PAUSED


@pytest.mark.parametrize("ending", [Paused, lambda name: Interrupted(name, CRASH)])
def test_a_paused_job_stays_so_when_the_program_ends_meanwhile(
    queue: JobQueue, ending: Callable[[str], Paused | Interrupted]
) -> None:
    job = queue.submit(Recipe())
    queue.pause(job.id)
    queue.closing()
    queue.handle(ending(job.id))
    assert state(queue, job) is JobState.PAUSED


def test_a_job_that_is_resumed_before_it_has_paused_goes_on(queue: JobQueue, worker: Worker) -> None:
    job = queue.submit(Recipe())
    queue.pause(job.id)
    queue.resume(job.id)
    queue.handle(Paused(job.id))
    assert len(worker.runs) == 2 and state(queue, job) is JobState.QUEUED


def test_a_cancel_never_overtakes_its_job_on_the_way_to_the_worker(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal's thread hands the job over while its owner cancels it."""
    entered, go_on = threading.Event(), threading.Event()

    class Slow(Worker):
        def submit(self, run: Run) -> None:
            entered.set()
            go_on.wait(5)
            super().submit(run)

    queue = JobQueue(worker := Slow(), Path("store"))
    queue.adopt(journal, ())
    job = queue.submit(Recipe())
    assert entered.wait(5)
    canceller = threading.Thread(target=queue.cancel, args=(job.id,))
    canceller.start()
    canceller.join(0.2)
    go_on.set()
    canceller.join(5)
    journal.flush()
    assert worker.asked == [("submit", job.id), ("cancel", job.id)]


def test_a_queue_that_was_paused_before_its_journal_came_stays_so(journal: Journal) -> None:
    queue = JobQueue(Worker(), Path("store"), awaits_journal=True)
    queue.hold()
    queue.adopt(journal, ())
    assert journal.held


def test_an_id_is_given_once(queue: JobQueue, worker: Worker) -> None:
    queue.submit(Recipe(prompt="first"), job_id="x")
    with pytest.raises(StudioError):
        queue.submit(Recipe(prompt="second"), job_id="x")
    found = queue.job("x")
    assert found is not None and found.recipe.prompt == "first"


def test_a_job_is_duplicated_whose_needs_are_off_the_list(queue: JobQueue) -> None:
    first = queue.submit(Recipe())
    second = queue.submit(Recipe(), needs=(first.id,))
    queue.handle(Finished(first.id, Cost()))
    queue.handle(Finished(second.id, Cost()))
    queue.forget([first.id])
    assert queue.duplicate(second.id).needs == ()


def test_a_listener_that_queues_does_not_let_two_jobs_start(worker: Worker) -> None:
    def locate(task: object) -> Located:
        if isinstance(task, Recipe) and task.model == "gone":
            raise StudioError(ErrorKind.MODEL, "The model is gone.")
        return Located()

    queue = JobQueue(worker, Path("store"), locate)
    queue.hold()
    queue.submit(Recipe(model="gone"))
    queue.submit(Recipe(seed=1))
    queue.submit(Recipe(seed=2))

    def more(job: Job) -> None:
        if job.state is JobState.FAILED:
            queue.submit(Recipe(seed=3))

    queue.changed.connect(more)
    queue.go_on()
    assert len(worker.runs) == 1


def test_jobs_that_wait_for_others_are_not_looked_at_again_and_again(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in work, not in seconds."""
    maker = queue.submit(Recipe())
    queue.cancel(maker.id)
    queue.handle(Cancelled(maker.id))
    looks: list[str] = []
    blockers = JobList.blockers

    def counted(self: JobList, job: Job) -> tuple[Job, ...]:
        looks.append(job.id)
        return blockers(self, job)

    monkeypatch.setattr(JobList, "blockers", counted)
    jobs = [queue.submit(Recipe(seed=seed), needs=(maker.id,)) for seed in range(200)]
    assert queue.stuck and len(looks) < 3 * len(jobs)
    queue.retry(maker.id)
    queue.handle(Finished(maker.id, Cost()))
    assert queue.busy, "they are looked at again when what they need is done"


def test_what_is_taken_away_elsewhere_is_waited_for_no_more(queue: JobQueue, worker: Worker) -> None:
    maker = queue.submit(Recipe())
    queue.cancel(maker.id)
    queue.handle(Cancelled(maker.id))
    taker = queue.submit(Recipe(), needs=(maker.id,))
    assert queue.stuck
    queue.merge((), (maker.id,))
    assert worker.runs[-1].job_id == taker.id


def test_a_queue_is_not_paused_for_good_because_no_engine_was_there_at_the_end(queue: JobQueue) -> None:
    job = queue.submit(Recipe())
    queue.submit(Recipe())
    queue.closing()
    queue.handle(Failed(job.id, Problem(ErrorKind.ENVIRONMENT, "The engine cannot be loaded.")))
    assert not queue.held


class Deadly(Worker):
    """A worker that ends under each job."""

    def __init__(self, post: Callable[[Event], None], _: WorkerOptions) -> None:
        super().__init__()
        self._post = post

    def start(self) -> None: ...

    def close(self, timeout: float = 1.0) -> None: ...

    def submit(self, run: Run) -> None:
        super().submit(run)
        assert len(self.runs) <= DEADLY, "it should have been set aside"
        self._post(Started(run.job_id))
        self._post(Interrupted(run.job_id, CRASH))


def test_a_training_that_kills_its_workers_is_waited_for_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    headless = Headless(Paths(tmp_path / "data", tmp_path / "config", tmp_path / "pictures"), Deadly)
    monkeypatch.setattr(headless.studio, "check_training", lambda _: "")
    training = Training(folder=str(tmp_path), output=str(tmp_path / "x.safetensors"))
    ended = threading.Timer(20, headless.cancel)  # so that a failure is one
    ended.start()
    with headless, pytest.raises(StudioError, match=CRASH.message):
        headless.train(training)
    ended.cancel()
    ended.join()


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), min_size=30, max_size=120))
def test_a_batch_whose_ranks_lie_close_is_reordered_by_moving_few(moves: list[tuple[int, int]]) -> None:
    now, changed = 1.8e9, list[Job]()
    queue = JobQueue(Worker(), Path("store"))
    queue.hold()
    jobs = [Job(f"{number:03}", Recipe(), priority=Priority.BATCH, rank=now + number * 1e-6) for number in range(400)]
    queue.merge(jobs, ())
    order = [job.id for job in jobs]
    queue.changed.connect(changed.append)
    for which, before in moves:
        job_id, other = order[190 + which], order[190 + before]
        queue.move(job_id, other)
        if job_id != other:
            order.remove(job_id)
            order.insert(order.index(other), job_id)
        assert [job.id for job in queue.open_jobs] == order
    assert len(changed) <= 20 * len(moves)


def test_a_job_that_is_added_and_cancelled_elsewhere_at_once_is_cancelled(journal: Journal) -> None:
    """Who runs the queue hears of the job before the wish, or would not know whom it means."""
    told: list[str] = []
    both = threading.Event()

    def hear(word: str) -> None:
        told.append(word)
        if len(told) == 2:
            both.set()

    other = Journal.open(journal.path)
    assert journal.run_here()
    other.put((Job("new", Recipe()),))
    assert other.flush()
    other.wish("cancel", "new")
    journal.foreign.connect(lambda jobs, gone: hear("job"))
    journal.wished.connect(lambda act, job_id: hear("wish"))
    assert both.wait(20)
    other.close()
    assert told == ["job", "wish"]
