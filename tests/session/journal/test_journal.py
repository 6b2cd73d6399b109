"""The journal: what is put is there, whoever looks; only what may be lost waits."""

import dataclasses
import io
import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psygnal
import pytest
from PIL import Image

from studio.domain.jobs import Job, JobState
from studio.session.journal import Journal
from studio.session.journal import journal as module
from studio.session.journal.kept import CHECKPOINTS, PREVIEWS, SIDE, superfluous
from studio.session.project.project import Project
from tests.session.journal.made import LONG, asked, checkpoint, done, job, preview, saved

CHANGES = "SELECT value FROM queue WHERE name = 'changed'"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "queue.safelight"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal.open(path, create=True)
    yield opened
    opened.close()


@pytest.fixture
def other(journal: Journal) -> Iterator[Journal]:
    """Another process's, as far as files go."""
    opened = Journal.open(journal.path)
    yield opened
    opened.close()


class Ear:
    """Hears a signal and can be waited for."""

    def __init__(self, signal: psygnal.SignalInstance) -> None:
        self.heard: list[tuple[object, ...]] = []
        self._more = threading.Condition()
        signal.connect(self._hear, check_nargs=False)

    def _hear(self, *values: object) -> None:
        with self._more:
            self.heard.append(values)
            self._more.notify_all()

    def wait(self, count: int = 1) -> list[tuple[object, ...]]:
        with self._more:
            assert self._more.wait_for(lambda: len(self.heard) >= count, LONG)
            return list(self.heard)


# ---------------------------------------------------------------------------------------------- jobs


def test_a_job_is_in_the_file_before_then_is_called(journal: Journal) -> None:
    found: list[tuple[Job, ...]] = []
    called = threading.Event()

    def then() -> None:
        other = Journal.open(journal.path)
        found.append(other.jobs())
        other.close()
        called.set()

    journal.put([job(1), job(2)], then)
    assert called.wait(LONG)
    assert found == [(job(1), job(2))]


def test_jobs_come_back_in_the_order_in_which_they_came(journal: Journal) -> None:
    assert saved(journal, job(5), job(3))
    assert saved(journal, job(4))
    assert saved(journal, job(5, state=JobState.RUNNING))
    assert [each.id for each in journal.jobs()] == [job(5).id, job(3).id, job(4).id]
    journal.remove([job(5).id])
    assert saved(journal, job(5))
    assert [each.id for each in journal.jobs()] == [job(3).id, job(4).id, job(5).id]


def test_the_file_stays_a_project_beside_which_nothing_is_left(journal: Journal) -> None:
    assert saved(journal, job(1))
    journal.close()
    assert [each.name for each in journal.path.parent.iterdir()] == ["queue.safelight"]
    project = Project.open(journal.path)
    assert not project.read_only and project.history().document.layers == ()
    project.close()


def test_all_that_was_put_is_there_after_closing(journal: Journal) -> None:
    journal.put([job(1)])
    journal.put([job(1, state=JobState.LOADING)])
    journal.put([job(1, state=JobState.LOADING, step=3, total=9, phase="load")])
    journal.keep_preview(preview(job(1).id, 3))
    journal.close()
    journal.close()
    again = Journal.open(journal.path)
    assert again.jobs() == (job(1, state=JobState.LOADING, step=3, total=9, phase="load"),)
    assert len(again.previews(job(1).id, 0)) == 1
    again.close()


def test_progress_alone_waits_and_goes_with_what_cannot_wait(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LAZY", 3600)
    assert saved(journal, job(1, state=JobState.RUNNING), job(2))
    before = asked(journal.path, CHANGES)
    for step in range(1, 50):
        journal.put([job(1, state=JobState.RUNNING, phase="denoise", step=step, total=50)])
    time.sleep(0.05)  # the thread would have written it by now
    assert asked(journal.path, CHANGES) == before
    assert saved(journal, job(2, state=JobState.CANCELLED))
    assert asked(journal.path, CHANGES) == before + 1, "in one transaction"
    assert [each.step for each in journal.jobs()] == [49, 0]


@pytest.mark.parametrize("change", [{"state": JobState.DONE}, {"deaths": 1}, {"rank": 0.5}, {"output": "there"}])
def test_what_is_more_than_progress_does_not_wait(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    monkeypatch.setattr(module, "_LAZY", 3600)
    running = job(1, state=JobState.RUNNING, step=3)
    assert saved(journal, running)
    changed = dataclasses.replace(running, step=4, **change)  # type: ignore[arg-type]
    journal.put([changed])
    until = time.monotonic() + LONG
    while journal.jobs() != (changed,) and time.monotonic() < until:
        time.sleep(0.002)
    assert journal.jobs() == (changed,)


def test_progress_is_written_within_a_moment(journal: Journal) -> None:
    assert saved(journal, job(1))
    journal.put([job(1, step=5)])
    until = time.monotonic() + LONG
    while journal.jobs()[0].step != 5 and time.monotonic() < until:
        time.sleep(0.02)
    assert journal.jobs()[0].step == 5


def test_a_removed_job_is_gone_with_all_that_was_kept_of_it(journal: Journal) -> None:
    gone, stays = job(1).id, job(2).id
    journal.put([job(1), job(2)])
    for job_id in (gone, stays):
        journal.keep_checkpoint(checkpoint(job_id, 3))
        journal.keep_preview(preview(job_id, 3))
    assert journal.flush()
    journal.keep_checkpoint(checkpoint(gone, 4))
    journal.keep_preview(preview(gone, 4))
    journal.remove([gone, "unknown"])
    for _ in range(2):
        assert journal.checkpoint(gone, 0) == b"" and journal.previews(gone, 0) == ()
        assert journal.checkpoint(stays, 0) and journal.previews(stays, 0)
        assert journal.flush()
    assert journal.jobs() == (job(2),)
    assert asked(journal.path, "SELECT count(*) FROM checkpoints") == 1
    assert asked(journal.path, "SELECT count(*) FROM previews") == 1


def test_what_comes_late_of_a_removed_job_is_not_kept(journal: Journal) -> None:
    assert saved(journal, job(1))
    journal.remove([job(1).id])
    journal.keep_checkpoint(checkpoint(job(1).id, 4))
    journal.keep_preview(preview(job(1).id, 4))
    assert journal.flush()
    assert asked(journal.path, "SELECT count(*) FROM checkpoints") == 0
    assert asked(journal.path, "SELECT count(*) FROM previews") == 0


def test_a_job_that_is_put_again_after_its_removal_begins_anew(journal: Journal) -> None:
    assert saved(journal, job(1))
    journal.keep_checkpoint(checkpoint(job(1).id, 4))
    assert journal.flush()
    journal.remove([job(1).id])
    journal.put([job(1)])
    assert journal.checkpoint(job(1).id, 0) == b""
    assert journal.flush()
    assert journal.jobs() == (job(1),)
    assert journal.checkpoint(job(1).id, 0) == b""


def test_a_listener_that_fails_costs_nothing(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    called, ready = threading.Event(), threading.Event()

    def wait() -> None:
        ready.wait(LONG)

    def fail() -> None:
        raise RuntimeError("of a listener")

    journal.put([job(0)], wait)
    journal.put([job(1)], fail)
    journal.put([job(2)], called.set)
    ready.set()
    journal.put([job(3)])
    assert called.wait(LONG)
    assert journal.flush()
    assert journal.jobs() == (job(0), job(1), job(2), job(3))
    assert len(told) == 1


# ---------------------------------------------------------------------------------------------- checkpoints


def test_the_newest_checkpoint_is_found_before_and_after_it_is_written(journal: Journal) -> None:
    one = job(1).id
    journal.put([job(1)])
    for step in (2, 5, 9):
        journal.keep_checkpoint(checkpoint(one, step))
    journal.keep_checkpoint(checkpoint(one, 3, index=1))
    for _ in range(2):
        assert journal.checkpoint(one, 0) == checkpoint(one, 9).data
        assert journal.checkpoint(one, 0, 8) == checkpoint(one, 5).data
        assert journal.checkpoint(one, 0, 5) == checkpoint(one, 5).data
        assert journal.checkpoint(one, 0, 1) == b""
        assert journal.checkpoint(one, 1) == checkpoint(one, 3, 1).data
        assert journal.checkpoint(one, 2) == b""
        assert journal.checkpoint("unknown", 0) == b""
        assert journal.flush()


def test_a_picture_that_begins_anew_forgets_the_steps_that_it_had(journal: Journal) -> None:
    one = job(1).id
    journal.put([job(1)])
    for step in (2, 5, 9):
        journal.keep_checkpoint(checkpoint(one, step))
        journal.keep_preview(preview(one, step))
    assert journal.flush()
    journal.keep_checkpoint(checkpoint(one, 4))
    journal.keep_preview(preview(one, 4))
    for _ in range(2):
        assert journal.checkpoint(one, 0) == checkpoint(one, 4).data
        assert journal.checkpoint(one, 0, 3) == checkpoint(one, 2).data
        assert [each.step for each in journal.previews(one, 0)] == [2, 4]
        assert journal.flush()


@pytest.mark.parametrize("at_once", [True, False])
def test_of_many_checkpoints_the_newest_and_some_older_ones_stay(journal: Journal, at_once: bool) -> None:
    one = job(1).id
    journal.put([job(1)])
    for step in range(1, 60):
        journal.keep_checkpoint(checkpoint(one, step))
        assert at_once or journal.flush()
    assert journal.flush()
    steps = {step for step in range(1, 60) if journal.checkpoint(one, 0, step) == checkpoint(one, step).data}
    assert len(steps) == CHECKPOINTS and {1, 59} <= steps
    gaps = [after - before for before, after in itertools.pairwise(sorted(steps))]
    assert max(gaps) <= 2 * 59 / (CHECKPOINTS - 1) + 1, "they are spread over the whole way"


def test_a_finished_job_keeps_what_was_kept_of_it(journal: Journal) -> None:
    journal.put([job(1)])
    journal.keep_checkpoint(checkpoint(job(1).id, 3))
    journal.keep_preview(preview(job(1).id, 3))
    assert saved(journal, job(1, state=JobState.DONE))
    assert journal.checkpoint(job(1).id, 0) and journal.previews(job(1).id, 0)


@pytest.mark.parametrize("table", ["checkpoints", "previews"])
def test_what_is_damaged_is_as_if_it_were_not_there(journal: Journal, table: str) -> None:
    one = job(1).id
    journal.put([job(1)])
    for step in (2, 5):
        journal.keep_checkpoint(checkpoint(one, step))
        journal.keep_preview(preview(one, step))
    assert journal.flush()
    done(journal.path, f"UPDATE {table} SET data = data || x'00' WHERE step = 5")
    assert journal.checkpoint(one, 0) == checkpoint(one, 2 if table == "checkpoints" else 5).data
    assert [each.step for each in journal.previews(one, 0)] == ([2] if table == "previews" else [2, 5])
    done(journal.path, f"UPDATE {table} SET data = 7 WHERE step = 2")
    assert journal.checkpoint(one, 0) == (b"" if table == "checkpoints" else checkpoint(one, 5).data)


def test_beyond_what_may_be_kept_the_job_that_ended_first_loses_its_steps_first(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_BYTES", 450)
    monkeypatch.setattr(module, "_PRUNED", 0)
    journal.put([job(1, state=JobState.DONE, ended=30.0), job(2, state=JobState.FAILED, ended=20.0)])
    journal.put([job(3, state=JobState.DONE, ended=10.0), job(4, state=JobState.PAUSED)])
    for number in (4, 3, 2, 1):
        data = dataclasses.replace(checkpoint(job(number).id, 3), data=bytes(100))
        journal.keep_checkpoint(data)
        assert journal.flush()
    assert all(journal.checkpoint(job(number).id, 0) for number in (1, 2, 3, 4))
    journal.keep_checkpoint(dataclasses.replace(checkpoint(job(4).id, 9), data=bytes(100)))
    assert journal.flush()
    assert _kept(journal) == [job(1).id, job(2).id, job(4).id]
    journal.keep_checkpoint(dataclasses.replace(checkpoint(job(4).id, 2, index=1), data=bytes(300)))
    assert journal.flush()
    assert _kept(journal) == [job(4).id]
    assert journal.checkpoint(job(4).id, 0) == bytes(100), "there is room for it"
    journal.keep_checkpoint(dataclasses.replace(checkpoint(job(4).id, 5, index=1), data=bytes(300)))
    assert journal.flush()
    assert journal.checkpoint(job(4).id, 1) == bytes(300), "whatever it takes: without it the job cannot go on"
    assert asked(journal.path, "SELECT count(*) FROM checkpoints") == 1
    assert len(journal.jobs()) == 4


def _kept(journal: Journal) -> list[str]:
    return [job(number).id for number in range(9) if journal.checkpoint(job(number).id, 0)]


# ---------------------------------------------------------------------------------------------- previews


def test_a_preview_is_kept_small(journal: Journal) -> None:
    one = job(1).id
    journal.put([job(1)])
    journal.keep_preview(preview(one, 7, width=512, height=256))
    journal.keep_preview(preview(one, 9, width=20, height=30))
    for _ in range(2):
        large, small = journal.previews(one, 0)
        assert (large.step, large.width, large.height) == (7, SIDE, SIDE // 2)
        assert (small.step, small.width, small.height) == (9, 20, 30)
        with Image.open(io.BytesIO(large.jpeg)) as image:
            assert (image.format, image.size) == ("JPEG", (SIDE, SIDE // 2))
            assert image.getpixel((50, 50)) == (7, 7, 7)
        assert journal.flush()
    assert journal.previews(one, 1) == ()


def test_a_preview_that_is_none_costs_itself_only(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    one = job(1).id
    assert saved(journal, job(1))
    journal.keep_preview(preview(one, 1))
    journal.keep_preview(dataclasses.replace(preview(one, 2), rgb=b"short"))
    journal.put([job(2)])
    until = time.monotonic() + LONG
    while not told and time.monotonic() < until:
        time.sleep(0.002)
    assert journal.flush()
    assert journal.jobs() == (job(1), job(2))
    assert [each.step for each in journal.previews(one, 0)] == [1]
    journal.keep_preview(preview(one, 3))
    assert journal.flush()
    assert [each.step for each in journal.previews(one, 0)] == [1, 3]
    assert len(told) == 1


def test_many_previews_are_thinned_out_evenly(journal: Journal) -> None:
    one = job(1).id
    journal.put([job(1)])
    for step in range(1, 251):
        journal.keep_preview(preview(one, step, width=8, height=8))
        if step % 10 == 0:
            assert journal.flush()
    steps = [each.step for each in journal.previews(one, 0)]
    assert len(steps) == PREVIEWS and steps[0] == 1 and steps[-1] == 250
    assert max(after - before for before, after in itertools.pairwise(steps)) <= 8


def test_the_first_and_the_last_step_are_never_superfluous() -> None:
    for most in (2, 3, 8):
        for count in range(20):
            steps = [step * step for step in range(count)]
            dropped = superfluous(steps, most)
            left = sorted({*steps} - {*dropped})
            assert len(left) == min(most, count)
            assert not steps or (left[0], left[-1]) == (steps[0], steps[-1])


# ---------------------------------------------------------------------------------------------- other processes


def test_what_others_change_is_heard(journal: Journal, other: Journal) -> None:
    assert saved(journal, job(1), job(2), job(3))
    assert other.jobs() == journal.jobs()
    ear, own = Ear(other.foreign), Ear(journal.foreign)
    assert saved(journal, job(2, state=JobState.RUNNING), job(4))
    assert ear.wait() == [((job(2, state=JobState.RUNNING), job(4)), ())]
    journal.remove([job(1).id])
    assert ear.wait(2)[1] == ((), (job(1).id,))
    assert saved(other, job(5))
    assert own.wait() == [((job(5),), ())], "and one's own changes are not"
    journal.hold(True)
    assert ear.wait(3)[2] == ((), ())
    assert other.held
    assert len(own.heard) == 1


def test_what_was_changed_before_one_listens_is_heard_later(journal: Journal, other: Journal) -> None:
    assert saved(journal, job(1))
    assert other.jobs() == (job(1),)
    assert saved(journal, job(2))
    journal.remove([job(1).id])
    assert journal.flush()
    assert Ear(other.foreign).wait() == [((job(2),), (job(1).id,))]


def test_only_one_runs_the_queue(journal: Journal, other: Journal) -> None:
    assert not journal.running_elsewhere and not other.running_elsewhere
    assert journal.run_here() and journal.run_here()
    assert not other.run_here()
    assert other.running_elsewhere and not journal.running_elsewhere
    journal.close()
    assert not other.running_elsewhere and other.run_here()
    assert not (journal.path.parent / f".{journal.path.name}.queue.lock").exists() or other.run_here()


def test_a_wish_is_heard_once_by_the_one_that_runs_the_queue(journal: Journal, other: Journal) -> None:
    own, heard = Ear(other.wished), Ear(journal.wished)
    other.wish("cancel", "a")
    assert journal.run_here()
    assert heard.wait() == [("cancel", "a")], "also what was wished before it ran"
    other.wish("hold")
    journal.wish("next", "b")
    assert heard.wait(3) == [("cancel", "a"), ("hold", ""), ("next", "b")]
    assert own.heard == []
    assert asked(journal.path, "SELECT count(*) FROM wishes") == 0


def test_a_queue_that_is_held_stays_so(journal: Journal) -> None:
    assert not journal.held
    journal.hold(True)
    assert journal.held
    journal.close()
    again = Journal.open(journal.path)
    assert again.held
    again.hold(False)
    again.close()
    once_more = Journal.open(journal.path)
    assert not once_more.held
    once_more.close()


# ---------------------------------------------------------------------------------------------- speed


def test_putting_waits_for_nobody(journal: Journal, other: Journal) -> None:
    assert saved(journal, job(1))
    ready, go_on = threading.Event(), threading.Event()

    def block() -> None:
        ready.set()
        go_on.wait(LONG)

    journal.put([], block)
    assert ready.wait(LONG)
    begun = time.perf_counter()
    for step in range(100):
        journal.put([job(1, step=step)])
        journal.keep_checkpoint(checkpoint(job(1).id, step + 1))
        journal.keep_preview(preview(job(1).id, step + 1))
    took = time.perf_counter() - begun
    go_on.set()
    assert took < 1, f"{took:.3f} s for 300 calls while the disk stands still"
    assert journal.flush()
    assert journal.jobs()[0].step == 99


def test_ten_thousand_jobs_are_one_transaction_and_quickly_read(journal: Journal) -> None:
    jobs = [job(number) for number in range(10_000)]
    before = asked(journal.path, CHANGES) if saved(journal, job(1)) else 0
    begun = time.process_time()
    assert saved(journal, *jobs)
    took = time.process_time() - begun
    assert asked(journal.path, CHANGES) == before + 1
    reading = []
    for _ in range(5):
        begun = time.thread_time()
        found = journal.jobs()
        reading.append(time.thread_time() - begun)
    assert sorted(found, key=lambda each: each.id) == jobs
    print(f"10,000 jobs: put in {took:.3f} s, read in {min(reading):.3f} s (processor time)")
    assert took < 3 and min(reading) < 1, "several times what they take on a quiet machine"
