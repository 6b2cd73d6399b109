"""A session saves finished pictures through its runner and tells the outcome in its own thread."""

from collections.abc import Callable
from pathlib import Path

import pytest

from studio.domain.catalog import Family, Library, ModelInfo
from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.jobs import Job, Picture
from studio.domain.messages import Event, PictureDone, Ready, Run, WorkerOptions
from studio.domain.recipe import Recipe
from studio.domain.training import Training
from studio.session.gallery import Entry
from studio.session.paths import Paths
from studio.session.studio import Errand, Studio


class NoWorker:
    """Takes everything and says nothing."""

    def __init__(self, post: Callable[[Event], None], options: WorkerOptions) -> None:
        pass

    def start(self) -> None:
        pass

    def close(self, timeout: float = 1.0) -> None:
        pass

    def submit(self, run: Run) -> None:
        pass

    def cancel(self, job_id: str) -> None:
        pass

    def pause(self, job_id: str) -> None:
        pass


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(Paths(tmp_path / "data", tmp_path / "config", tmp_path / "pictures"), NoWorker, lambda _event: None)


def finish_a_picture(studio: Studio) -> None:
    job = studio.queue.submit(Recipe(prompt="sea"), 16)
    studio.handle(PictureDone(job.id, Picture(0, 7, "0" * 64, 256, 256)))


def refuse(job: Job, picture: Picture, engine: Ready | None) -> Entry | None:
    raise StudioError(ErrorKind.DISK, "The disk is full.")


def test_without_a_runner_the_outcome_is_there_at_once(studio: Studio) -> None:
    problems: list[Problem] = []
    studio.problem.connect(problems.append)
    studio.keep = refuse
    finish_a_picture(studio)
    assert problems == [Problem(ErrorKind.DISK, "The disk is full.")]


def test_a_runner_does_the_saving_and_the_telling_apart(studio: Studio) -> None:
    tasks: list[Errand] = []
    problems: list[Problem] = []
    studio.problem.connect(problems.append)
    studio.keep, studio.run = refuse, tasks.append
    finish_a_picture(studio)
    [task] = tasks
    tell = task()
    assert not problems
    tell()
    assert len(problems) == 1


def test_a_training_whose_base_cannot_be_trained_is_not_queued(studio: Studio, tmp_path: Path) -> None:
    holes = ModelInfo("holes", "/models/holes", Family.SD1, 1, inpainting=True)
    studio.scan = lambda: Library((holes,))
    studio.refresh_library()
    with pytest.raises(StudioError, match="holes is a model for inpainting") as error:
        studio.submit_training(Training(folder="pictures", base="holes", output=str(tmp_path / "a.safetensors")))
    assert error.value.problem.field == "base"
    assert studio.queue.jobs == ()
