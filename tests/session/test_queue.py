"""The queue: order, one job at a time, and states that follow whatever the worker says."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.geometry import Size
from studio.domain.jobs import Cost, Job, JobState, Picture, Priority, made_by
from studio.domain.messages import (
    Cancelled,
    Checkpoint,
    Event,
    Failed,
    Finished,
    Interrupted,
    Loaded,
    Paused,
    Phase,
    PictureDone,
    Preview,
    Progress,
    Run,
    Started,
    TrainingStep,
    is_terminal,
)
from studio.domain.recipe import Branch, Lora, Recipe, SourceImage
from studio.domain.training import Training
from studio.session.dispatch import Located
from studio.session.queue import JobQueue


class FakeWorker:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.cancelled: list[str] = []
        self.paused: list[str] = []

    def submit(self, run: Run) -> None:
        self.runs.append(run)

    def cancel(self, job_id: str) -> None:
        self.cancelled.append(job_id)

    def pause(self, job_id: str) -> None:
        self.paused.append(job_id)


@pytest.fixture
def worker() -> FakeWorker:
    return FakeWorker()


@pytest.fixture
def queue(worker: FakeWorker) -> JobQueue:
    return JobQueue(worker, Path("store"), lambda _: Located("/models/starter", ("/loras/ink",)))


def submit(queue: JobQueue, **changes: object) -> Job:
    return queue.submit(dataclasses.replace(Recipe(prompt="sea"), **changes), 16)  # type: ignore[arg-type]


def state(queue: JobQueue, job_id: str) -> JobState:
    job = queue.job(job_id)
    assert job is not None
    return job.state


def present(queue: JobQueue, job: Job) -> Job:
    found = queue.job(job.id)
    assert found is not None
    return found


def test_the_worker_gets_one_job_at_a_time_in_order(queue: JobQueue, worker: FakeWorker) -> None:
    first, second = submit(queue, seed=1), submit(queue, seed=2)
    assert [run.recipe.seed for run in worker.runs] == [1]
    queue.handle(Finished(first.id, Cost({"denoise": 1.0})))
    assert [run.recipe.seed for run in worker.runs] == [1, 2]
    queue.handle(Finished(second.id, Cost()))
    assert [job.state for job in queue.jobs] == [JobState.DONE, JobState.DONE]
    assert queue.open_jobs == ()


def test_an_invalid_recipe_is_refused_and_nothing_is_queued(queue: JobQueue, worker: FakeWorker) -> None:
    with pytest.raises(StudioError) as caught:
        submit(queue, size=Size(250, 256))
    assert caught.value.problem.field == "size"
    assert "256x256" in caught.value.problem.hint
    assert not queue.jobs
    assert not worker.runs


def test_cancelling_a_waiting_job_never_reaches_the_worker(queue: JobQueue, worker: FakeWorker) -> None:
    first, second = submit(queue), submit(queue)
    queue.cancel(second.id)
    assert state(queue, second.id) is JobState.CANCELLED
    assert worker.cancelled == []
    queue.handle(Finished(first.id, Cost()))
    assert len(worker.runs) == 1


def test_cancelling_the_running_job_waits_for_the_worker(queue: JobQueue, worker: FakeWorker) -> None:
    first, second = submit(queue), submit(queue)
    queue.cancel(first.id)
    assert worker.cancelled == [first.id]
    assert not state(queue, first.id).final
    queue.handle(Cancelled(first.id))
    assert state(queue, first.id) is JobState.CANCELLED
    assert worker.runs[-1].job_id == second.id


def test_cancel_all_starts_none_of_the_waiting(queue: JobQueue, worker: FakeWorker) -> None:
    jobs = [submit(queue) for _ in range(4)]
    queue.cancel_all()
    queue.handle(Cancelled(jobs[0].id))
    assert len(worker.runs) == 1
    assert all(job.state is JobState.CANCELLED for job in queue.jobs)


def test_progress_of_loading_does_not_count_as_running(queue: JobQueue) -> None:
    job = submit(queue)
    queue.handle(Started(job.id))
    queue.handle(Progress(job.id, Phase.LOAD, 1, 4))
    assert queue.jobs[0].state is JobState.LOADING
    queue.handle(Loaded(job.id, "abc"))
    queue.handle(Progress(job.id, Phase.DENOISE, 3, 12))
    job = queue.jobs[0]
    assert (job.state, job.step, job.total, job.recipe.model_hash) == (JobState.RUNNING, 3, 12, "abc")


def test_loras_travel_with_their_paths_and_come_back_with_their_hashes(queue: JobQueue, worker: FakeWorker) -> None:
    job = queue.submit(Recipe(prompt="sea", loras=(Lora("ink", 0.5), Lora("moss"))), 16)
    assert worker.runs[0].model_path == "/models/starter" and worker.runs[0].lora_paths == ("/loras/ink",)
    queue.handle(Loaded(job.id, "abc", ("1", "2")))
    assert queue.jobs[0].recipe.loras == (Lora("ink", 0.5, "1"), Lora("moss", 1.0, "2"))


def test_a_failure_keeps_its_problem_and_the_queue_goes_on(queue: JobQueue, worker: FakeWorker) -> None:
    first, second = submit(queue), submit(queue)
    problem = Problem(ErrorKind.MODEL, "The weights are cut short.", "Download them again.")
    queue.handle(Failed(first.id, problem, "Traceback: the details"))
    assert (present(queue, first).problem, present(queue, first).details) == (problem, "Traceback: the details")
    assert worker.runs[-1].job_id == second.id


def test_previews_and_pictures_are_passed_on(queue: JobQueue) -> None:
    previews: list[Preview] = []
    pictures: list[tuple[Job, Picture]] = []
    queue.preview.connect(previews.append)
    queue.picture.connect(lambda job, picture: pictures.append((job, picture)))
    job = submit(queue)
    preview = Preview(job.id, 0, 1, 1, 1, b"rgb")
    picture = Picture(0, 7, "digest", 256, 256)
    queue.handle(preview)
    queue.handle(PictureDone(job.id, picture))
    assert previews == [preview]
    assert [(j.id, p) for j, p in pictures] == [(job.id, picture)]
    assert queue.jobs[0].pictures == (picture,)


EVENTS = (
    *("started", "loaded", "progress", "picture", "checkpoint"),
    *("finished", "cancelled", "failed", "paused", "interrupted"),
)
ACTS = ("cancel", "pause", "resume", "retry", "next", "last", "hold", "go on", "forget", "duplicate", "submit")


def event_named(name: str, job_id: str) -> Event:
    return {
        "started": Started(job_id),
        "loaded": Loaded(job_id, "hash"),
        "progress": Progress(job_id, Phase.DENOISE, 1, 4),
        "picture": PictureDone(job_id, Picture(0, 0, "d", 8, 8)),
        "checkpoint": Checkpoint(job_id, 0, 1, b"x"),
        "finished": Finished(job_id, Cost()),
        "cancelled": Cancelled(job_id),
        "failed": Failed(job_id, Problem(ErrorKind.INTERNAL, "x")),
        "paused": Paused(job_id),
        "interrupted": Interrupted(job_id, Problem(ErrorKind.CRASH, "x")),
    }[name]  # type: ignore[return-value]


def act_named(queue: JobQueue, name: str, job_id: str) -> None:
    acts: dict[str, Callable[[str], object]] = {
        "cancel": queue.cancel,
        "pause": queue.pause,
        "resume": queue.resume,
        "retry": queue.retry,
        "next": queue.run_next,
        "last": lambda name: queue.move(name, None),
        "hold": lambda _: queue.hold(),
        "go on": lambda _: queue.go_on(),
        "forget": lambda name: queue.forget([name]),
        "duplicate": queue.duplicate,
        "submit": lambda _: submit(queue),
    }
    acts[name](job_id)


@given(st.lists(st.tuples(st.sampled_from(EVENTS + ACTS), st.integers(0, 3)), max_size=60))
def test_any_order_of_events_and_acts_leaves_a_legal_queue(script: list[tuple[str, int]]) -> None:
    """A worker that answers at its own pace: only the job that it has speaks, and each run ends once."""
    worker = FakeWorker()
    queue = JobQueue(worker, Path("store"))
    submit(queue)
    running: list[str] = []  # what the worker has, as it knows it
    sent = 0
    for name, which in script:
        running += [run.job_id for run in worker.runs[sent:]]
        sent = len(worker.runs)
        assert len(running) <= 1, "the worker has one job at a time"
        before = {job.id: job for job in queue.jobs}
        if name in ACTS and queue.jobs:
            act_named(queue, name, queue.jobs[which % len(queue.jobs)].id)
        elif name in EVENTS and running:
            event = event_named(name, running[0])
            if is_terminal(event):
                running.clear()
            queue.handle(event)
        for job in queue.jobs:
            known = before.get(job.id)
            if known is not None and known.state.final and name in EVENTS:
                assert job.state is known.state, "an event changed what was over"
        waiting = [job.id for job in queue.open_jobs if not job.state.active]
        assert len(waiting) == len(set(waiting)), "a job stands in the line once"
        assert all(not job.state.final for job in queue.open_jobs)
    if not queue.held and not queue.busy:
        assert not queue.open_jobs, "a free worker, and a job that waits for nothing"


@pytest.fixture
def three(queue: JobQueue, worker: FakeWorker) -> list[Job]:
    """One that runs and two that wait."""
    jobs = [submit(queue, seed=seed) for seed in range(3)]
    queue.handle(Started(jobs[0].id))
    return jobs


def seeds(queue: JobQueue) -> list[int]:
    return [job.recipe.seed for job in queue.open_jobs]


def test_interactive_jobs_go_before_a_batch(queue: JobQueue) -> None:
    for seed, priority in enumerate((Priority.BATCH, Priority.BATCH, Priority.INTERACTIVE)):
        queue.submit(Recipe(seed=seed), priority=priority)
    assert seeds(queue) == [0, 2, 1], "what runs is left alone"


def test_the_waiting_are_moved(queue: JobQueue, three: list[Job]) -> None:
    fourth = submit(queue, seed=3)
    queue.run_next(fourth.id)
    assert seeds(queue) == [0, 3, 1, 2]
    queue.move(fourth.id, three[2].id)
    assert seeds(queue) == [0, 1, 3, 2]
    queue.move(three[1].id, None)
    assert seeds(queue) == [0, 3, 2, 1]
    queue.move(three[0].id, None)
    assert seeds(queue) == [0, 3, 2, 1], "what runs stays where it is"


@given(st.lists(st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(0, 5))), max_size=80))
def test_moving_is_moving_in_a_list(moves: list[tuple[int, int | None]]) -> None:
    """However often, also where the numbers between two neighbours run out."""
    queue = JobQueue(FakeWorker(), Path("store"))
    queue.hold()
    names = [submit(queue, seed=seed).id for seed in range(6)]
    wanted = list(names)
    for which, before in moves:
        name = names[which]
        other = None if before is None else names[before]
        queue.move(name, other)
        if other != name:
            wanted.remove(name)
            wanted.insert(len(wanted) if other is None else wanted.index(other), name)
        assert [job.id for job in queue.open_jobs] == wanted


def test_there_is_always_room_between_two(queue: JobQueue, three: list[Job]) -> None:
    _, low, high = three
    others = [submit(queue, seed=10 + n) for n in range(2)]
    for other in others:
        queue.move(other.id, high.id)
    for turn in range(200):
        queue.move(others[turn % 2].id, high.id)
        assert seeds(queue) == [0, 1, 11 - turn % 2, 10 + turn % 2, 2]
    assert low.rank != high.rank


def test_pausing_the_queue_stops_what_runs_and_lets_it_go_on_first(
    queue: JobQueue, three: list[Job], worker: FakeWorker
) -> None:
    queue.hold()
    assert worker.paused == [three[0].id]
    queue.handle(Paused(three[0].id))
    assert state(queue, three[0].id) is JobState.QUEUED and len(worker.runs) == 1
    queue.go_on()
    assert worker.runs[-1].job_id == three[0].id


def test_a_single_job_that_was_paused_stays_so_when_the_queue_goes_on(
    queue: JobQueue, three: list[Job], worker: FakeWorker
) -> None:
    queue.pause(three[1].id)
    queue.pause(three[0].id)
    queue.handle(Paused(three[0].id))
    assert worker.runs[-1].job_id == three[2].id
    queue.hold()
    queue.go_on()
    assert [state(queue, job.id) for job in three[:2]] == [JobState.PAUSED] * 2
    queue.handle(Paused(three[2].id))
    assert len(worker.runs) == 3 and worker.runs[-1].job_id == three[2].id, "stopped only by the pause of the queue"
    queue.resume(three[1].id)
    queue.handle(Finished(three[2].id, Cost()))
    assert worker.runs[-1].job_id == three[1].id


def test_a_job_that_lost_its_worker_goes_on_at_once_and_before_the_others(
    queue: JobQueue, three: list[Job], worker: FakeWorker
) -> None:
    queue.handle(PictureDone(three[0].id, Picture(0, 0, "d", 8, 8)))
    queue.handle(Interrupted(three[0].id, Problem(ErrorKind.CRASH, "The worker ended.")))
    assert state(queue, three[0].id) is JobState.QUEUED
    assert worker.runs[-1].job_id == three[0].id and worker.runs[-1].done == 1


def test_a_job_under_which_two_workers_end_is_set_aside_and_the_queue_goes_on(
    queue: JobQueue, three: list[Job], worker: FakeWorker
) -> None:
    crash = Problem(ErrorKind.CRASH, "The worker ended.")
    for _ in range(2):
        queue.handle(Interrupted(three[0].id, crash, "its last words"))
    aside = present(queue, three[0])
    assert (aside.state, aside.problem, aside.details) == (JobState.QUARANTINED, crash, "its last words")
    assert worker.runs[-1].job_id == three[1].id
    assert queue.retry(aside.id).state is JobState.QUEUED and queue.retry(aside.id).deaths == 0


def test_deaths_are_forgotten_when_the_job_comes_further(queue: JobQueue, three: list[Job]) -> None:
    for _ in range(4):
        queue.handle(Interrupted(three[0].id, Problem(ErrorKind.CRASH, "x")))
        queue.handle(Checkpoint(three[0].id, 0, 3, b"x"))
    assert state(queue, three[0].id) is not JobState.QUARANTINED


def test_a_retried_job_makes_only_what_is_missing(queue: JobQueue, worker: FakeWorker) -> None:
    job = submit(queue, batch=3)
    queue.handle(PictureDone(job.id, Picture(0, 0, "d", 8, 8)))
    queue.handle(Failed(job.id, Problem(ErrorKind.MEMORY, "x")))
    queue.retry(job.id)
    assert worker.runs[-1].done == 1
    queue.handle(Finished(job.id, Cost()))
    assert queue.retry(job.id).state is JobState.DONE, "what is done stays done"


def test_a_job_that_needs_anothers_picture_waits_for_its_file(queue: JobQueue, worker: FakeWorker) -> None:
    first = submit(queue)
    second = submit(queue, source=SourceImage(made_by(first.id)))
    third = submit(queue, seed=3)
    queue.handle(PictureDone(first.id, Picture(0, 0, "d", 8, 8)))
    queue.handle(Finished(first.id, Cost()))
    assert worker.runs[-1].job_id == third.id, "the picture is still being saved"
    queue.saved(first.id, 0, "/pictures/sea.png")
    queue.handle(Finished(third.id, Cost()))
    assert worker.runs[-1].job_id == second.id
    assert worker.runs[-1].recipe.source == SourceImage("/pictures/sea.png")


def test_a_job_whose_need_fails_waits_and_does_not_hold_up_the_others(queue: JobQueue, worker: FakeWorker) -> None:
    first = submit(queue)
    second = queue.submit(Recipe(seed=2), needs=(first.id,))
    third = submit(queue, seed=3)
    queue.handle(Failed(first.id, Problem(ErrorKind.INTERNAL, "x")))
    assert worker.runs[-1].job_id == third.id
    assert [job.id for job in queue.blockers(second)] == [first.id]
    queue.handle(Finished(third.id, Cost()))
    assert queue.stuck and not queue.wants_worker
    queue.forget_finished()
    assert queue.job(first.id) is not None, "it is still needed"
    queue.retry(first.id)
    queue.handle(Finished(first.id, Cost()))
    assert worker.runs[-1].job_id == second.id


def test_jobs_cannot_wait_for_each_other_or_for_nothing(queue: JobQueue) -> None:
    queue.hold()
    first = submit(queue)
    second = queue.submit(Recipe(), needs=(first.id,))
    with pytest.raises(StudioError, match="wait for each other"):
        queue.edit(first.id, Recipe(source=SourceImage(made_by(second.id))))
    with pytest.raises(StudioError, match="no job"):
        queue.submit(Recipe(), needs=("nobody",))


def test_a_waiting_job_is_edited_and_one_that_runs_is_not(
    queue: JobQueue, three: list[Job], worker: FakeWorker
) -> None:
    queue.edit(three[1].id, Recipe(prompt="hill", seed=7))
    assert seeds(queue) == [0, 7, 2]
    with pytest.raises(StudioError, match="has begun"):
        queue.edit(three[0].id, Recipe(prompt="hill"))
    with pytest.raises(StudioError):
        queue.edit(three[1].id, Recipe(size=Size(250, 256)), 16)
    assert seeds(queue) == [0, 7, 2]


def test_a_branch_names_the_picture_whose_way_it_leaves(queue: JobQueue, worker: FakeWorker) -> None:
    job = submit(queue, batch=2, branches=(Branch(2, "dusk"), Branch(8, "night")))
    branch = queue.branch(job.id, 1, Branch(5, "dawn"))
    assert branch.origin == made_by(job.id, 1)
    assert branch.recipe.seed == 1 and branch.recipe.batch == 1
    assert branch.recipe.branches == (Branch(2, "dusk"), Branch(5, "dawn"))
    with pytest.raises(StudioError, match="does not fit"):
        queue.branch(job.id, 0, Branch(12, "late"))


def test_a_model_that_is_gone_fails_its_job_and_no_other(worker: FakeWorker) -> None:
    def locate(task: object) -> Located:
        if isinstance(task, Recipe) and task.model == "gone":
            raise StudioError(ErrorKind.MODEL, "The model is gone.")
        return Located("/models/starter")

    queue = JobQueue(worker, Path("store"), locate)
    lost, other = queue.submit(Recipe(model="gone")), queue.submit(Recipe())
    assert state(queue, lost.id) is JobState.FAILED and present(queue, lost).problem is not None
    assert [run.job_id for run in worker.runs] == [other.id]


def test_what_ends_with_the_program_goes_on_in_the_next(queue: JobQueue, three: list[Job], worker: FakeWorker) -> None:
    queue.closing()
    queue.handle(Paused(three[0].id))
    assert state(queue, three[0].id) is JobState.QUEUED and len(worker.runs) == 1


def test_a_job_that_did_not_pause_in_time_is_paused_and_not_to_blame(
    queue: JobQueue, three: list[Job], worker: FakeWorker
) -> None:
    for _ in range(3):
        queue.pause(three[0].id)
        queue.handle(Interrupted(three[0].id, Problem(ErrorKind.CRASH, "It did not stop in time.")))
        assert state(queue, three[0].id) is JobState.PAUSED
        assert present(queue, three[0]).deaths == 0
        queue.pause(three[1].id)
        queue.handle(Paused(three[1].id))
        queue.resume(three[0].id)
        queue.handle(Finished(three[2].id, Cost()))


def test_without_an_engine_one_job_fails_and_the_others_wait(queue: JobQueue, three: list[Job]) -> None:
    held: list[bool] = []
    queue.held_changed.connect(held.append)
    queue.handle(Failed(three[0].id, Problem(ErrorKind.ENVIRONMENT, "The engine cannot be loaded.")))
    assert state(queue, three[0].id) is JobState.FAILED
    assert [job.id for job in queue.open_jobs] == [job.id for job in three[1:]] and held == [True]


def test_ten_thousand_jobs_are_no_burden(worker: FakeWorker) -> None:
    """Counted in work, not in seconds: a job's progress must not look at the others."""
    queue = JobQueue(worker, Path("store"))
    queue.hold()
    jobs = [queue.submit(Recipe(seed=seed), priority=Priority.BATCH) for seed in range(10_000)]
    queue.run_next(jobs[-1].id)
    queue.go_on()
    assert worker.runs[-1].job_id == jobs[-1].id
    told: list[str] = []
    queue.changed.connect(lambda job: told.append(job.id))
    queue.handle(Progress(jobs[-1].id, Phase.DENOISE, 1, 12))
    queue.move(jobs[5000].id, jobs[1].id)
    assert told == [jobs[-1].id, jobs[5000].id]


def test_the_remaining_time_is_learned_from_the_steps() -> None:
    now = [0.0]
    queue = JobQueue(FakeWorker(), Path("store"))
    queue.pace._clock = lambda: now[0]
    first = submit(queue)
    submit(queue)
    assert queue.remaining_seconds() is None
    queue.handle(Started(first.id))
    for step in range(1, 7):
        queue.handle(Progress(first.id, Phase.DENOISE, step, 12))
        now[0] += 0.5
    # six steps of the first and twelve of the second are left, at half a second each
    assert queue.remaining_seconds() == pytest.approx(9.0)


def test_forgetting_keeps_the_open_jobs(queue: JobQueue) -> None:
    first, second = submit(queue), submit(queue)
    queue.handle(Finished(first.id, Cost()))
    queue.forget_finished()
    assert [job.id for job in queue.jobs] == [second.id]


def training(queue: JobQueue, output: str = "cat.safetensors") -> Job:
    return queue.submit(Training(folder="pictures", output=output))


def test_a_training_is_paused_and_goes_on_when_it_is_resumed(queue: JobQueue, worker: FakeWorker) -> None:
    told: list[object] = []
    queue.training.connect(lambda job, event: told.append((job.id, event)))
    job = training(queue)
    queue.handle(Started(job.id))
    queue.handle(Progress(job.id, Phase.TRAIN, 3, 500))
    step = TrainingStep(job.id, 3, 500, 0.5, 1e-3, 0.1)
    queue.handle(step)
    assert told == [(job.id, step)]
    queue.pause(job.id)
    assert worker.paused == [job.id]
    picture = submit(queue)
    queue.handle(Paused(job.id))
    assert state(queue, job.id) is JobState.PAUSED
    assert worker.runs[-1].job_id == picture.id, "the next job starts at once"
    assert [open_.id for open_ in queue.open_jobs] == [picture.id]
    queue.resume(job.id)
    queue.handle(Finished(picture.id, Cost()))
    assert worker.runs[-1].job_id == job.id and worker.runs[-1].model_path == "/models/starter"
    queue.handle(Progress(job.id, Phase.TRAIN, 4, 500))
    queue.handle(Finished(job.id, Cost()))
    assert state(queue, job.id) is JobState.DONE


def test_a_paused_training_can_be_cancelled_and_is_not_forgotten(queue: JobQueue) -> None:
    job = training(queue)
    queue.handle(Started(job.id))
    queue.handle(Progress(job.id, Phase.TRAIN, 1, 2))
    queue.handle(Paused(job.id))
    queue.forget_finished()
    assert state(queue, job.id) is JobState.PAUSED
    queue.cancel(job.id)
    assert state(queue, job.id) is JobState.CANCELLED


def test_one_output_is_trained_once_at_a_time(queue: JobQueue) -> None:
    job = training(queue)
    with pytest.raises(StudioError, match="trained already"):
        training(queue)
    training(queue, "dog.safetensors")
    queue.cancel(job.id)
    queue.handle(Cancelled(job.id))
    training(queue)


def test_a_bad_training_is_not_queued(queue: JobQueue) -> None:
    with pytest.raises(StudioError, match="folder"):
        queue.submit(Training(output="a.safetensors"))
    assert queue.jobs == ()
