"""Clips without a window: frames are handed on as they come, once each, and nothing is left behind."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.jobs import Cost, Job, JobState, Picture
from studio.domain.messages import Cancelled as WasCancelled
from studio.domain.messages import Event, Failed, Finished, Phase, PictureDone, Progress, Run, Started, WorkerOptions
from studio.domain.recipe import Recipe
from studio.domain.sequence import FrameSequence
from studio.domain.treatment import Arrow, FlowLoop
from studio.imaging.blobs import BlobStore
from studio.session.headless import Cancelled, Headless
from studio.session.paths import Paths

FRAMES = 4
STILL = b"\x89PNG\r\n\x1a\n"
FLOW = FlowLoop("", (Arrow(0.5, 0.5, 0.1, 0),), frames=FRAMES, rate=Fraction(12))


class Filmer:
    """Answers at once: `frames` of each clip, and then its `end`."""

    frames = FRAMES
    end: Callable[[str], Event] = staticmethod(lambda job_id: Finished(job_id, Cost({}, 0)))

    def __init__(self, post: Callable[[Event], None], options: WorkerOptions) -> None:
        self.post = post

    def start(self) -> None:
        pass

    def close(self, timeout: float = 1.0) -> None:
        pass

    def submit(self, run: Run) -> None:
        self.post(Started(run.job_id))
        for index in range(self.frames):
            if index not in run.made:
                digest = BlobStore(Path(run.store)).put(b"frame %d" % index)
                self.post(Progress(run.job_id, Phase.SMOOTH, index, self.frames))
                self.post(PictureDone(run.job_id, Picture(index, 0, digest, 8, 8, about=f'{{"turn":{index}}}')))
        self.post(self.end(run.job_id))

    def cancel(self, job_id: str) -> None:
        self.post(WasCancelled(job_id))

    def pause(self, job_id: str) -> None:
        pass


class Failing(Filmer):
    """Its second frame is its last."""

    frames = 2
    end = staticmethod(lambda job_id: Failed(job_id, Problem(ErrorKind.MODEL, "The model is damaged.", "Get another.")))


class Waiting(Filmer):
    """Never ends by itself."""

    end = staticmethod(lambda job_id: Progress(job_id, Phase.SMOOTH, 1, 1))


@pytest.fixture
def still(tmp_path: Path) -> FlowLoop:
    """A request whose picture is there."""
    path = tmp_path / "still.png"
    path.write_bytes(STILL)
    return FlowLoop(str(path), FLOW.arrows, frames=FRAMES, rate=FLOW.rate)


def studio(tmp_path: Path, kind: type[Filmer] = Filmer) -> Headless:
    return Headless(Paths(tmp_path / "data", tmp_path / "config", tmp_path / "pictures"), kind)


def left(tmp_path: Path) -> list[Path]:
    """Files of the blob stores."""
    return [path for path in (tmp_path / "data" / "blobs").rglob("*") if path.is_file()]


def test_each_frame_is_handed_on_once_with_its_pixels(tmp_path: Path, still: FlowLoop) -> None:
    taken: list[tuple[int, bytes, str]] = []
    headless = studio(tmp_path)
    with headless:
        job = headless.frames(still, lambda frame, png: taken.append((frame.index, png, frame.about)))
        assert not left(tmp_path), "the store lets go of frames that are safe"
    assert taken == [(index, b"frame %d" % index, f'{{"turn":{index}}}') for index in range(FRAMES)]
    assert job.state is JobState.DONE and job.task == still
    assert [picture.path for picture in job.pictures] == ["taken"] * FRAMES
    assert not left(tmp_path) and not list((tmp_path / "pictures").rglob("*.png"))


def test_a_second_clip_hears_nothing_of_the_first(tmp_path: Path, still: FlowLoop) -> None:
    first: list[int] = []
    second: list[int] = []
    with studio(tmp_path) as headless:
        headless.frames(still, lambda frame, png: first.append(frame.index))
        headless.frames(still, lambda frame, png: second.append(frame.index))
    assert first == second == list(range(FRAMES))


def test_what_the_engine_refuses_is_raised(tmp_path: Path, still: FlowLoop) -> None:
    taken: list[int] = []
    with studio(tmp_path, Failing) as headless, pytest.raises(StudioError) as error:
        headless.frames(still, lambda frame, png: taken.append(frame.index))
    assert error.value.problem == Problem(ErrorKind.MODEL, "The model is damaged.", "Get another.")
    assert taken == [0, 1] and not left(tmp_path)


def test_a_frame_that_cannot_be_kept_ends_the_clip_and_its_pixels_stay(tmp_path: Path, still: FlowLoop) -> None:
    taken: list[int] = []

    def take(frame: Picture, png: bytes) -> None:
        if frame.index == 1:
            raise StudioError(ErrorKind.DISK, "The disk is full.", "Make room.")
        taken.append(frame.index)

    with studio(tmp_path, Waiting) as headless, pytest.raises(StudioError, match="The disk is full"):
        headless.frames(still, take)
    assert 0 in taken
    assert b"frame 1" in [path.read_bytes() for path in left(tmp_path)]


def test_a_cancel_ends_the_wait(tmp_path: Path, still: FlowLoop) -> None:
    with studio(tmp_path, Waiting) as headless, pytest.raises(Cancelled):
        headless.frames(still, lambda frame, png: headless.cancel())
    assert not left(tmp_path)


@pytest.mark.parametrize(
    ("task", "field"),
    [(FlowLoop("still.png"), "arrows"), (FrameSequence(Recipe(prompt="sea"), 1), ""), (FLOW, "path")],
)
def test_what_cannot_be_made_is_refused_before_the_worker_hears_of_it(
    tmp_path: Path, task: FrameSequence | FlowLoop, field: str
) -> None:
    heard: list[Job] = []
    with studio(tmp_path) as headless, pytest.raises(StudioError) as error:
        headless.studio.frame.connect(lambda job, picture: heard.append(job))
        headless.frames(task, lambda frame, png: None)
    assert error.value.problem.field == field or not field
    assert not heard and not headless.studio.queue.jobs
