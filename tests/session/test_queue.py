"""The queue: order, one job at a time, and states that follow whatever the worker says."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.geometry import Size
from studio.domain.jobs import Cost, Job, JobState, Picture
from studio.domain.messages import (
    Cancelled,
    Event,
    Failed,
    Finished,
    Loaded,
    Paused,
    Phase,
    PictureDone,
    Preview,
    Progress,
    Run,
    Started,
    TrainingStep,
)
from studio.domain.recipe import Lora, Recipe
from studio.domain.training import Training
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
    return JobQueue(worker, Path("store"))


def submit(queue: JobQueue, **changes: object) -> Job:
    return queue.submit(dataclasses.replace(Recipe(prompt="sea"), **changes), "/models/starter", 16)  # type: ignore[arg-type]


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
    assert queue.jobs[1].state is JobState.CANCELLED
    assert worker.cancelled == []
    queue.handle(Finished(first.id, Cost()))
    assert len(worker.runs) == 1


def test_cancelling_the_running_job_waits_for_the_worker(queue: JobQueue, worker: FakeWorker) -> None:
    first, second = submit(queue), submit(queue)
    queue.cancel(first.id)
    assert worker.cancelled == [first.id]
    assert not queue.jobs[0].state.final
    queue.handle(Cancelled(first.id))
    assert queue.jobs[0].state is JobState.CANCELLED
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
    recipe = Recipe(prompt="sea", loras=(Lora("ink", 0.5), Lora("moss")))
    job = queue.submit(recipe, "/models/starter", 16, ("/loras/ink", "/loras/moss"))
    assert worker.runs[0].lora_paths == ("/loras/ink", "/loras/moss")
    queue.handle(Loaded(job.id, "abc", ("1", "2")))
    assert queue.jobs[0].recipe.loras == (Lora("ink", 0.5, "1"), Lora("moss", 1.0, "2"))


def test_a_failure_keeps_its_problem_and_the_queue_goes_on(queue: JobQueue, worker: FakeWorker) -> None:
    first, second = submit(queue), submit(queue)
    problem = Problem(ErrorKind.MODEL, "The weights are cut short.", "Download them again.")
    queue.handle(Failed(first.id, problem, "Traceback: the details"))
    assert (queue.jobs[0].problem, queue.jobs[0].details) == (problem, "Traceback: the details")
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


EVENTS = ("started", "loaded", "progress", "picture", "finished", "cancelled", "failed", "cancel", "submit")


def event_named(name: str, job_id: str) -> Event:
    return {
        "started": Started(job_id),
        "loaded": Loaded(job_id, "hash"),
        "progress": Progress(job_id, Phase.DENOISE, 1, 4),
        "picture": PictureDone(job_id, Picture(0, 0, "d", 8, 8)),
        "finished": Finished(job_id, Cost()),
        "cancelled": Cancelled(job_id),
        "failed": Failed(job_id, Problem(ErrorKind.INTERNAL, "x")),
    }[name]  # type: ignore[return-value]


@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 3)), max_size=40))
def test_any_order_of_events_leaves_legal_states(script: list[tuple[str, int]]) -> None:
    worker = FakeWorker()
    queue = JobQueue(worker, Path("store"))
    ends: dict[str, JobState] = {}
    for name, which in script:
        if name == "submit":
            submit(queue)
        elif which < len(queue.jobs):
            job_id = queue.jobs[which].id
            if name == "cancel":
                queue.cancel(job_id)
            else:
                queue.handle(event_named(name, job_id))
        for job in queue.jobs:
            if job.id in ends:
                assert job.state is ends[job.id], "a final state changed"
            if job.state.final:
                ends[job.id] = job.state
    sent = [run.job_id for run in worker.runs]
    assert len(sent) == len(set(sent)), "a job was sent twice"


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
    return queue.submit_training(Training(folder="pictures", output=output), "/models/starter")


def test_a_training_is_paused_and_goes_on_behind_what_was_queued_meanwhile(queue: JobQueue, worker: FakeWorker) -> None:
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


def test_only_a_running_training_is_paused(queue: JobQueue, worker: FakeWorker) -> None:
    picture, waiting = submit(queue), training(queue)
    queue.pause(picture.id)
    queue.pause(waiting.id)
    queue.pause("nothing")
    queue.resume(waiting.id)
    assert worker.paused == []


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
        queue.submit_training(Training(output="a.safetensors"), "")
    assert queue.jobs == ()


def state(queue: JobQueue, job_id: str) -> JobState:
    return next(job.state for job in queue.jobs if job.id == job_id)
