"""Frames on their way from the worker into the project: at once, after a restart, for undone takes, on a full disk."""

import dataclasses
import functools
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.jobs import Cost, Job, JobState
from studio.domain.messages import Cancelled, ClipPreview, Finished
from studio.domain.sequence import Footage, FrameSequence, Provenance
from studio.domain.timeline.model import Generated
from studio.domain.treatment import Interpolation, Loopify
from studio.session.canvas import CanvasSession
from studio.session.clips import generating
from studio.session.clips.sources import take_of, take_path
from studio.session.clips.streaming import ClipJobs
from studio.session.project.store import Store
from studio.session.studio import Errand, Studio
from tests.session.clips.desk import (  # fmt: skip
    DOCUMENT,
    FRAMES,
    RATE,
    Worker,
    clip_of,
    edits,
    finish,
    picture,
    png,
    send,
    start,
    studio_in,
    takes_of,
)
from tests.session.project.test_store import counted


class Bench:
    """A studio, a project, and what is heard."""

    def __init__(self, folder: Path, journal: Path | None = None, session: CanvasSession | None = None) -> None:
        self.worker = Worker()
        self.studio = studio_in(folder, self.worker, journal)
        self.jobs = ClipJobs(self.studio)
        self.session = session or CanvasSession.create(folder / "work.safelight", DOCUMENT)
        self.heard: list[tuple[object, ...]] = []
        for name in ("frame_kept", "take_changed", "ended"):
            getattr(self.jobs, name).connect(functools.partial(self.hear, name), check_nargs=False)
        self.problems: list[Problem] = []
        self.jobs.problem.connect(self.problems.append)

    def hear(self, name: str, *told: object) -> None:
        self.heard.append((name, *told))

    def adopt(self) -> "Bench":
        self.jobs.adopt(self.session, edits(self.session))
        return self

    def begin(self) -> tuple[str, Job]:
        take = self.jobs.begin(generating.generation(clip_of(self.session), RATE))
        return take, self.job(take)

    def job(self, take: str) -> Job:
        job = self.jobs.job(take)
        assert job is not None
        return job

    def close(self) -> None:
        self.jobs.leave()
        self.session.close()
        self.studio.end()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path).adopt()
    yield made
    made.close()


def stored(studio: Studio) -> int:
    return sum(path.is_file() for path in studio.gallery.store.folder.rglob("*"))


def test_a_generation_is_a_take_a_job_and_one_step(bench: Bench) -> None:
    before = len(bench.session.history.versions)
    take, job = bench.begin()
    assert [each.id for each in takes_of(bench.session)] == [take] and take_of(job) == take
    media = clip_of(bench.session).media
    assert isinstance(media, Generated) and media.active == take and media.takes[0].task == job.task
    assert len(bench.session.history.versions) == before + 1
    assert [run.job_id for run in bench.worker.runs] == [job.id] and bench.worker.runs[0].made == ()


def test_each_frame_is_in_the_project_before_the_store_lets_go_of_it(bench: Bench) -> None:
    take, job = bench.begin()
    start(bench.studio, job)
    for number in (2, 0, 1):
        send(bench.studio, job, number)
        assert bench.session.takes.png(take, number) == png(number)
        assert bench.session.takes.provenance(take, number) == Provenance("circle", number)
        assert stored(bench.studio) == 0
    assert [told[2] for told in bench.heard if told[0] == "frame_kept"] == [2, 0, 1]
    assert all(made.path for made in bench.job(take).pictures)
    finish(bench.studio, job)
    assert bench.heard[-1][:2] == ("ended", take) and not bench.problems


def test_equal_frames_are_all_kept(bench: Bench) -> None:
    take, job = bench.begin()
    send(bench.studio, job, *range(4), value=lambda _: png(7))
    assert bench.session.takes.numbers(take) == {0, 1, 2, 3} and stored(bench.studio) == 0


def test_a_frame_whose_pixels_the_project_has_needs_no_store(bench: Bench) -> None:
    take, job = bench.begin()
    send(bench.studio, job, 0)
    digest = bench.session.takes.digest(take, 0)
    again = dataclasses.replace(bench.job(take).pictures[0], index=1, path="")
    assert not bench.studio.gallery.store.path(digest).exists()
    bench.studio.frame.emit(job, again)
    assert bench.session.takes.numbers(take) == {0, 1}


def test_previews_are_told_by_take(bench: Bench) -> None:
    take, job = bench.begin()
    seen: list[tuple[str, ClipPreview]] = []
    bench.jobs.preview.connect(lambda *told: seen.append(told))
    event = ClipPreview(job.id, 1, (0,), 1, 1, b"abc")
    bench.studio.handle(event)
    assert seen == [(take, event)]


def test_a_generation_that_cannot_be_made_changes_nothing(bench: Bench) -> None:
    wrong = dataclasses.replace(generating.generation(clip_of(bench.session), RATE))
    assert isinstance(wrong.task, FrameSequence)
    versions = bench.session.history.versions
    with pytest.raises(StudioError, match="frames cannot be made"):
        bench.jobs.begin(dataclasses.replace(wrong, task=dataclasses.replace(wrong.task, frames=1)))
    with pytest.raises(StudioError, match="no longer"):
        bench.jobs.begin(dataclasses.replace(wrong, clip="gone"))
    assert bench.session.history.versions == versions and not bench.studio.queue.jobs


def test_an_edit_that_is_refused_queues_nothing(bench: Bench) -> None:
    bench.jobs.adopt(bench.session, lambda label, change: False)
    with pytest.raises(StudioError, match="could not be changed"):
        bench.begin()
    assert not bench.studio.queue.jobs


def test_a_project_that_can_only_be_read_takes_no_frames(tmp_path: Path, bench: Bench) -> None:
    other = CanvasSession.open(bench.session.path)
    jobs = ClipJobs(bench.studio)
    jobs.adopt(other, edits(other))
    with pytest.raises(StudioError, match="No project"):
        jobs.begin(generating.generation(clip_of(other), RATE))
    other.close()


def test_an_undone_generation_goes_on_and_redo_brings_it_back(bench: Bench) -> None:
    take, job = bench.begin()
    send(bench.studio, job, 0)
    bench.session.undo()
    assert takes_of(bench.session) == ()
    send(bench.studio, job, 1, 2)
    bench.session.redo()
    assert [each.id for each in takes_of(bench.session)] == [take]
    assert bench.session.takes.numbers(take) == {0, 1, 2}


def test_frames_of_a_project_that_is_not_open_wait_for_it(bench: Bench) -> None:
    take, job = bench.begin()
    send(bench.studio, job, 0)
    bench.jobs.leave()
    send(bench.studio, job, 1, 2)
    finish(bench.studio, job)
    assert bench.session.takes.numbers(take) == {0} and stored(bench.studio) == 2
    bench.studio.queue.forget_finished()
    assert bench.job(take).state is JobState.DONE, "a job with frames that are nowhere else is not forgotten"
    bench.adopt()
    assert bench.session.takes.numbers(take) == {0, 1, 2} and stored(bench.studio) == 0
    bench.studio.queue.forget_finished()
    assert bench.studio.queue.jobs == ()


def test_frames_of_another_project_are_left_alone(tmp_path: Path, bench: Bench) -> None:
    take, job = bench.begin()
    other = CanvasSession.create(tmp_path / "other.safelight", DOCUMENT)
    bench.jobs.adopt(other, edits(other))
    send(bench.studio, job, 0)
    finish(bench.studio, job)
    assert other.takes.numbers(take) == frozenset() and stored(bench.studio) == 1 and not bench.problems
    bench.adopt()
    assert bench.session.takes.numbers(take) == {0}
    other.close()


def test_what_a_full_disk_refused_is_kept_later(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    take, job = bench.begin()

    def full(*_: object) -> None:
        raise StudioError(ErrorKind.DISK, "There is no space left.")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "keep_frames", full)
        send(bench.studio, job, 0, 1)
    assert [problem.kind for problem in bench.problems] == [ErrorKind.DISK] and stored(bench.studio) == 2
    bench.jobs.retry()
    assert bench.session.takes.numbers(take) == {0, 1} and stored(bench.studio) == 0


def test_what_is_told_after_the_project_was_closed_waits(tmp_path: Path) -> None:
    bench = Bench(tmp_path).adopt()
    waiting: list[Errand] = []
    take, job = bench.begin()
    bench.studio.run = waiting.append
    send(bench.studio, job, 0)
    bench.jobs.leave()
    bench.session.close()
    for errand in waiting:
        errand()()
    assert stored(bench.studio) == 1 and not bench.problems
    again = Bench(tmp_path, session=CanvasSession.open(bench.session.path))
    again.jobs = ClipJobs(bench.studio)
    bench.studio.run = lambda errand: errand()()
    again.adopt()
    assert again.session.takes.numbers(take) == {0}
    again.session.close()


def test_after_a_restart_the_frames_that_are_missing_are_made(tmp_path: Path) -> None:
    journal = tmp_path / "data" / "queue.safelight"
    bench = Bench(tmp_path, journal).adopt()
    bench.studio.start()
    take, job = bench.begin()
    assert bench.studio.journal is not None
    bench.studio.journal.flush()
    start(bench.studio, job)
    send(bench.studio, job, 0, 1)
    bench.jobs.leave()
    sent = send(bench.studio, job, 4, 5)
    bench.studio.gallery.store.discard(sent[1].digest)  # nobody has kept it: it is lost
    bench.session.close()
    bench.studio.end()

    again = Bench(tmp_path, journal, CanvasSession.open(bench.session.path)).adopt()
    again.studio.start()
    assert again.studio.journal is not None
    again.studio.journal.flush()
    assert again.session.takes.numbers(take) == {0, 1, 4}, "what waited in the store"
    assert [run.made for run in again.worker.runs] == [(0, 1, 4)], "the job goes on with the others"
    send(again.studio, again.job(take), 2, 3, 5, 6, 7)
    finish(again.studio, again.job(take))
    assert again.session.takes.missing(take, FRAMES) == () and stored(again.studio) == 0
    again.close()


def test_a_range_is_made_anew_between_locked_neighbours(bench: Bench) -> None:
    first, job = bench.begin()
    send(bench.studio, job, *range(FRAMES))
    finish(bench.studio, job)
    there = bench.session.takes.numbers(first)
    take = bench.jobs.begin(generating.reroll(clip_of(bench.session), 7, 0, 99, there))
    assert bench.session.takes.numbers(take) == set(range(1, 7)), "the others are there at once"
    task = bench.job(take).task
    assert isinstance(task, FrameSequence) and task.only == (0, 7) and task.recipe.seed == 99
    assert {held.index: Path(held.path).read_bytes() for held in task.held} == {n: png(n) for n in (1, 2, 5, 6)}
    kept = takes_of(bench.session)[-1]
    assert isinstance(kept.task, FrameSequence) and kept.origin == first
    assert [held.path for held in kept.task.held] == [take_path(first, n) for n in (1, 2, 5, 6)]
    send(bench.studio, bench.job(take), 0, 7, value=lambda n: png(n + 100))
    assert [bench.session.takes.png(take, n) for n in (0, 1, 7)] == [png(100), png(1), png(107)]
    assert bench.session.takes.png(first, 0) == png(0), "the take before is as it was"
    assert counted(bench.session.path, "SELECT count(*) FROM stills") == FRAMES + 2
    assert stored(bench.studio) == 4, "what the job begins with stays until it is forgotten"
    finish(bench.studio, bench.job(take))
    bench.studio.queue.forget_finished()
    assert stored(bench.studio) == 0


def test_a_frame_that_is_also_begun_with_stays_in_the_store(bench: Bench) -> None:
    _, job = bench.begin()
    send(bench.studio, job, *range(FRAMES))
    finish(bench.studio, job)
    take = bench.jobs.begin(generating.interpolated(clip_of(bench.session), 2))
    task = bench.job(take).task
    assert isinstance(task, Interpolation) and len(task.source.paths) == FRAMES
    send(bench.studio, bench.job(take), 0, value=png)  # the first of them as it was
    assert all(Path(path).exists() for path in task.source.paths)
    media = clip_of(bench.session).media
    assert isinstance(media, Generated) and (media.rate, media.frames, media.active) == (2 * RATE, 16, take)


def test_what_is_missing_in_the_clip_to_begin_with_is_told(bench: Bench) -> None:
    _, job = bench.begin()
    send(bench.studio, job, 0, 1)
    versions = bench.session.history.versions
    bench.jobs.begin(generating.interpolated(clip_of(bench.session), 2))
    assert [problem.message for problem in bench.problems] == ["Frame 3 of the clip to begin with is missing."]
    assert bench.session.history.versions == versions and len(bench.studio.queue.jobs) == 1


def test_the_length_of_a_loop_that_was_found_is_known_in_the_end(bench: Bench) -> None:
    _, job = bench.begin()
    send(bench.studio, job, *range(FRAMES))
    finish(bench.studio, job)
    take = bench.jobs.begin(generating.looped(clip_of(bench.session), RATE, least=2))
    assert isinstance(bench.job(take).task, Loopify) and takes_of(bench.session)[-1].frames == FRAMES
    send(bench.studio, bench.job(take), *range(5))
    bench.studio.handle(Finished(bench.job(take).id, Cost()))
    media = clip_of(bench.session).media
    assert isinstance(media, Generated) and media.frames == 5 and takes_of(bench.session)[-1].frames == 5


def test_a_repaired_frame_is_a_take_with_one_other_frame(bench: Bench) -> None:
    first, job = bench.begin()
    send(bench.studio, job, *range(FRAMES))
    there = bench.session.takes.numbers(first)
    repair = generating.repair(clip_of(bench.session), [3], "Painted", there)
    take = bench.jobs.replace_frames(repair, {3: picture(200)}, "painted over")
    assert bench.session.takes.missing(take, FRAMES) == ()
    changed = [n for n in range(FRAMES) if bench.session.takes.digest(take, n) != bench.session.takes.digest(first, n)]
    assert changed == [3] and ("take_changed", take) in bench.heard
    assert bench.session.takes.provenance(take, 3) == Provenance("circle", 3, note="painted over")
    bench.session.undo()
    assert [each.id for each in takes_of(bench.session)] == [first]
    assert bench.session.redo() and takes_of(bench.session)[-1].id == take


def test_missing_frames_go_to_the_take_that_lacks_them(bench: Bench) -> None:
    take, job = bench.begin()
    send(bench.studio, job, 0, 1, 5)
    bench.studio.handle(Cancelled(job.id))
    versions = bench.session.history.versions
    missing = bench.session.takes.missing(take, FRAMES)
    assert bench.jobs.begin(generating.completion(clip_of(bench.session), missing)) == take
    task = bench.job(take).task
    assert isinstance(task, FrameSequence) and task.only == (2, 3, 4, 6, 7)
    assert bench.session.history.versions == versions, "no step of the history"
    send(bench.studio, bench.job(take), *task.only)
    assert bench.session.takes.missing(take, FRAMES) == ()


def test_frames_of_a_take_are_footage_for_another_clip(bench: Bench) -> None:
    take, job = bench.begin()
    send(bench.studio, job, *range(FRAMES))
    generation = generating.generation(clip_of(bench.session), RATE)
    assert isinstance(generation.task, FrameSequence)
    source = Footage((take_path(take),), 2, 3)
    task = dataclasses.replace(generation.task, source=source, frames=3)
    again = bench.jobs.begin(dataclasses.replace(generation, task=task, frames=3))
    found = bench.job(again).task
    assert isinstance(found, FrameSequence) and found.source is not None
    assert [Path(path).read_bytes() for path in found.source.paths] == [png(n) for n in (2, 3, 4)]


def test_what_a_forgotten_job_began_with_stays_while_a_frame_of_another_is_nowhere_else(bench: Bench) -> None:
    first, job = bench.begin()
    send(bench.studio, job, *range(FRAMES))
    finish(bench.studio, job)
    take = bench.jobs.begin(generating.reroll(clip_of(bench.session), 0, 0, 9, bench.session.takes.numbers(first)))
    again, other = bench.begin()
    bench.jobs.leave()
    send(bench.studio, other, 1)  # the same pixels as the neighbour that the re-roll is held to
    finish(bench.studio, other)
    finish(bench.studio, bench.job(take))
    bench.studio.queue.forget([bench.job(take).id])
    bench.adopt()
    assert bench.session.takes.png(again, 1) == png(1) and stored(bench.studio) == 0


def test_work_away_from_the_owners_thread_comes_in_order(bench: Bench) -> None:
    waiting: deque[Future[Callable[[], None]]] = deque()
    with ThreadPoolExecutor(1) as thread:
        bench.studio.run = lambda errand: waiting.append(thread.submit(errand))

        def told() -> None:
            while waiting:
                waiting.popleft().result(60)()

        take = bench.jobs.begin(generating.generation(clip_of(bench.session), RATE))
        assert [each.id for each in takes_of(bench.session)] == [take] and bench.jobs.job(take) is None
        told()
        job = bench.job(take)
        send(bench.studio, job, 0, 1, 2)
        bench.session.undo()
        told()
        assert bench.session.takes.numbers(take) == {0, 1, 2} and stored(bench.studio) == 0
        send(bench.studio, job, 3)
        bench.jobs.leave()  # while a frame is on its way
        told()
        assert bench.session.takes.numbers(take) == {0, 1, 2, 3} and stored(bench.studio) == 0
        assert [each[2] for each in bench.heard if each[0] == "frame_kept"] == [0, 1, 2, 3]
        bench.adopt()
        told()
        finish(bench.studio, job)
        told()
        assert bench.heard[-1][:2] == ("ended", take)
