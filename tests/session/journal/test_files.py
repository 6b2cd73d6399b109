"""The journal's file: full and closed disks, damage, older and newer versions, other programs."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.domain.document.document import Document
from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.geometry import Size
from studio.domain.jobs import Job, JobState
from studio.session.canvas import CanvasSession
from studio.session.journal import Journal
from studio.session.journal import journal as module
from studio.session.project import schema
from studio.session.project.project import Project
from tests.session.journal.made import LONG, asked, checkpoint, done, job, preview, saved
from tests.session.project.disks import files_at_most
from tests.session.project.painter import ROOT
from tests.session.project.test_store import as_nobody


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "queue.safelight"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal.open(path, create=True)
    yield opened
    opened.close()


def made(path: Path, *jobs: Job) -> Path:
    """A file with jobs, closed."""
    journal = Journal.open(path, create=True)
    assert saved(journal, *jobs)
    journal.close()
    return path


def read(path: Path) -> tuple[Job, ...]:
    """All jobs in a file."""
    journal = Journal.open(path)
    try:
        return journal.jobs()
    finally:
        journal.close()


# ---------------------------------------------------------------------------------------------- opening


def test_nothing_is_made_without_being_asked(path: Path) -> None:
    with pytest.raises(StudioError, match="cannot be reached") as caught:
        Journal.open(path)
    assert caught.value.problem.kind is ErrorKind.DISK and caught.value.problem.hint
    assert not path.exists()


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    assert read(made(tmp_path / "far" / "away" / "queue.safelight", job(1))) == (job(1),)


def test_what_is_no_project_is_refused_and_left_alone(path: Path) -> None:
    path.write_bytes(b"GIF89a" + bytes(200))
    for create in (False, True):
        with pytest.raises(StudioError, match="is not a Safelight project"):
            Journal.open(path, create=create)
    assert path.read_bytes() == b"GIF89a" + bytes(200)


def test_a_newer_file_is_refused_and_left_alone(path: Path) -> None:
    made(path)
    done(path, f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}", "PRAGMA journal_mode = DELETE")
    before = path.read_bytes()
    with pytest.raises(StudioError, match="newer version"):
        Journal.open(path)
    assert path.read_bytes() == before


def of_version_1(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project as the first version made it."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        Project.create(path, Document(Size(64, 64))).close()
    assert asked(path, "PRAGMA user_version") == 1
    return path


def test_a_project_of_the_first_version_takes_jobs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_version_1(path, monkeypatch)
    assert read(path) == ()
    made(path, job(1))
    assert read(path) == (job(1),)
    project = Project.open(path)
    assert project.history().document.size == Size(64, 64)
    project.close()


@pytest.mark.skipif(os.name == "nt", reason="needs permissions")
def test_a_project_of_the_first_version_that_is_closed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = of_version_1(folder / "old.safelight", monkeypatch)
        path.chmod(0o444)
        with as_nobody(folder), pytest.raises(StudioError, match="older version") as caught:
            Journal.open(path)
        assert caught.value.problem.hint


_OPENER = """
import sys
from pathlib import Path
from studio.session.journal import Journal
from tests.session.journal.made import job, saved
path, number = Path(sys.argv[1]), int(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
journal = Journal.open(path, create=True)
assert saved(journal, *(job(number * 100 + each) for each in range(20)))
journal.close()
"""


def test_many_processes_make_and_fill_one_file_at_once(path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _OPENER, str(path), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        for number in range(4)
    ]
    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=LONG)
        assert process.returncode == 0
    jobs = [job(number * 100 + each) for number in range(4) for each in range(20)]
    assert sorted(read(path), key=lambda each: each.id) == jobs


# ---------------------------------------------------------------------------------------------- beside a canvas


def test_a_canvas_and_two_journals_share_a_file(path: Path) -> None:
    session = CanvasSession.create(path, Document(Size(64, 64)))
    first, second = Journal.open(path), Journal.open(path)
    assert saved(first, job(1)) and saved(second, job(2))
    session.commit("resize", Document(Size(128, 128)))
    assert session.flush()
    assert session.compact().result(100) is not None
    assert saved(first, job(3))
    again = CanvasSession.open(path)
    assert again.read_only
    again.close()
    first.close()
    session.close()
    assert saved(second, job(4))
    assert second.jobs() == tuple(map(job, (1, 2, 3, 4)))
    second.close()
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_journal_keeps_its_locks_while_a_canvas_of_the_same_process_comes_and_goes(path: Path) -> None:
    """Whoever opens and closes the file by itself drops SQLite's locks; then another process takes the log away."""
    journal = Journal.open(path, create=True)
    assert saved(journal, job(1))
    CanvasSession.open(path).close()
    command = (
        "import sys, sqlite3; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM jobs').fetchall(); c.close()"
    )
    subprocess.run([sys.executable, "-c", command, str(path)], check=True)
    assert Path(f"{path}-wal").exists(), "it is not the last that has the file open"
    assert saved(journal, job(2))
    assert read(path) == (job(1), job(2))
    journal.close()


def test_compacting_keeps_jobs_and_foretells_the_size(path: Path) -> None:
    session = CanvasSession.create(path, Document(Size(64, 64)))
    journal = Journal.open(path)
    journal.put([job(1)])
    for index in range(6):
        data = random.Random(index).randbytes(500_000)
        journal.keep_checkpoint(type(checkpoint("", 0))(job(1).id, index, 1, data))
    journal.keep_preview(preview(job(1).id, 1))
    assert journal.flush()
    weight = session.weigh().result(100)
    assert weight.compacted > 3_000_000
    session.compact().result(100)
    assert abs(weight.compacted - schema.disk_bytes(path)) < 200_000
    session.close()
    assert journal.jobs() == (job(1),) and journal.previews(job(1).id, 0)
    assert journal.checkpoint(job(1).id, 5) == random.Random(5).randbytes(500_000)
    journal.close()


def test_a_copy_has_only_the_jobs_that_are_over(path: Path, tmp_path: Path) -> None:
    session = CanvasSession.create(path, Document(Size(64, 64)))
    journal = Journal.open(path)
    jobs = [job(number, state=state) for number, state in enumerate(JobState)]
    journal.put(jobs)
    for each in jobs:
        journal.keep_checkpoint(checkpoint(each.id, 3))
        journal.keep_preview(preview(each.id, 3))
    journal.hold(True)
    assert journal.flush()
    journal.wish("cancel", jobs[0].id)
    session.save_as(tmp_path / "copy.safelight").result(100)
    copy = Journal.open(tmp_path / "copy.safelight")
    assert copy.jobs() == tuple(each for each in jobs if each.state.final)
    for each in jobs:
        assert bool(copy.checkpoint(each.id, 0)) == bool(copy.previews(each.id, 0)) == each.state.final
        assert journal.checkpoint(each.id, 0) and journal.previews(each.id, 0)
    assert not copy.held
    assert asked(copy.path, "SELECT count(*) FROM wishes") == 0
    assert journal.jobs() == tuple(jobs)
    for opened in (copy, journal, session):
        opened.close()


def test_a_project_of_the_first_version_that_can_only_be_read_is_copied(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_version_1(path, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        first, second = CanvasSession.open(path), CanvasSession.open(path)
    second.save_as(tmp_path / "copy.safelight").result(100)
    first.close()
    second.close()
    assert asked(tmp_path / "copy.safelight", "PRAGMA user_version") == len(schema.MIGRATIONS)
    assert read(tmp_path / "copy.safelight") == ()


def test_a_file_whose_queue_runs_is_not_replaced(path: Path, tmp_path: Path) -> None:
    made(path, job(1))
    journal = Journal.open(path)
    assert journal.run_here()
    session = CanvasSession.create(tmp_path / "other.safelight", Document(Size(64, 64)))
    with pytest.raises(StudioError, match="running") as caught:
        session.save_as(path).result(100)
    assert caught.value.problem.kind is ErrorKind.INPUT
    assert session.path == tmp_path / "other.safelight"
    journal.close()
    session.save_as(path).result(100)
    session.close()
    assert read(path) == ()


# ---------------------------------------------------------------------------------------------- trouble


class Trouble:
    """Hears what cannot be written."""

    def __init__(self, journal: Journal) -> None:
        self.told: list[Problem] = []
        self.heard = threading.Event()
        journal.problem.connect(self._hear)

    def _hear(self, problem: Problem) -> None:
        self.told.append(problem)
        self.heard.set()


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on file sizes")
def test_a_full_disk_is_told_once_and_all_is_written_when_it_has_room(journal: Journal) -> None:
    trouble = Trouble(journal)
    jobs = [job(number) for number in range(300)]
    assert saved(journal, *jobs[:50])
    with files_at_most(Path(f"{journal.path}-wal").stat().st_size + 5000):
        assert saved(journal, *jobs[50:]), "then is called all the same"
        assert len(trouble.told) == 1
        assert "no space" in trouble.told[0].message or "refused" in trouble.told[0].message
        assert trouble.told[0].kind is ErrorKind.DISK and "saved as soon as" in trouble.told[0].hint
        for step in range(1, 30):
            journal.keep_checkpoint(checkpoint(jobs[0].id, step))
            journal.keep_preview(preview(jobs[0].id, step))
        journal.remove([jobs[1].id])
        assert saved(journal, job(2, state=JobState.DONE))
        assert not journal.flush()
        assert len(trouble.told) == 1, "and not with each change"
        assert journal.checkpoint(jobs[0].id, 0) == checkpoint(jobs[0].id, 29).data, "from memory"
        assert journal.previews(jobs[0].id, 0)[-1].step == 29
        assert journal.jobs() == tuple(jobs[:50])
    assert journal.flush()
    expected = (jobs[0], job(2, state=JobState.DONE), *jobs[3:])
    assert journal.jobs() == expected
    assert journal.checkpoint(jobs[0].id, 0) == checkpoint(jobs[0].id, 29).data
    assert len(trouble.told) == 1
    journal.close()
    assert read(journal.path) == expected


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on file sizes")
def test_what_could_not_be_written_is_tried_again_by_itself(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AGAIN", 0.05)
    trouble, written = Trouble(journal), threading.Event()
    assert saved(journal, job(1))
    with files_at_most(Path(f"{journal.path}-wal").stat().st_size):
        journal.put([job(2)])
        assert trouble.heard.wait(LONG)
    other = Journal.open(journal.path)
    other.foreign.connect(lambda jobs, gone: written.set() if jobs == (job(2),) else None)
    assert written.wait(LONG)
    other.close()


def test_while_the_disk_refuses_memory_holds_the_newest_checkpoint_of_a_job_only(journal: Journal) -> None:
    assert saved(journal, job(1))
    journal.path.rename(journal.path.with_name("away"))
    for index in range(3):
        for step in range(5):
            journal.keep_checkpoint(checkpoint(job(1).id, step, index))
            assert not journal.flush()
    assert journal._waiting.checkpoints == {(job(1).id, 2): {4: checkpoint(job(1).id, 4, 2).data}}
    journal.path.with_name("away").rename(journal.path)


def test_a_file_that_is_away_for_a_while_is_told_and_written_when_it_is_back(journal: Journal) -> None:
    trouble = Trouble(journal)
    assert saved(journal, job(1))
    journal.path.rename(journal.path.with_name("away"))
    assert saved(journal, job(2))
    assert "was moved, deleted or replaced" in trouble.told[0].message
    journal.path.write_bytes(b"another")
    assert saved(journal, job(3))
    assert journal.path.read_bytes() == b"another", "what is there now is somebody else's"
    journal.path.unlink()
    journal.path.with_name("away").rename(journal.path)
    assert journal.flush()
    assert journal.jobs() == (job(1), job(2), job(3))
    assert len(trouble.told) == 1


@pytest.mark.skipif(os.name == "nt", reason="needs permissions")
def test_a_closed_folder_is_read_and_what_cannot_be_written_is_told() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = made(folder / "queue.safelight", job(1), job(2, state=JobState.DONE))
        before = path.read_bytes()
        with as_nobody(folder):
            path.chmod(0o444)
            folder.chmod(0o555)
            journal = Journal.open(path)
            trouble = Trouble(journal)
            assert journal.jobs() == (job(1), job(2, state=JobState.DONE))
            assert journal.flush(), "there is nothing to write"
            assert trouble.told == []
            assert journal.run_here() and not journal.running_elsewhere
            for number in range(3, 6):
                assert saved(journal, job(number))
            assert not journal.flush()
            assert len(trouble.told) == 1 and "cannot be written" in trouble.told[0].message
            with pytest.raises(StudioError):
                journal.wish("cancel")
            journal.close()
            assert [each.name for each in folder.iterdir()] == [path.name]
            assert path.read_bytes() == before
            folder.chmod(0o755)


def test_another_program_that_writes_is_waited_for(journal: Journal) -> None:
    trouble = Trouble(journal)
    connection = sqlite3.connect(journal.path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    written = threading.Event()
    journal.put([job(1)], written.set)
    assert not written.wait(0.3)
    connection.execute("COMMIT")
    connection.close()
    assert written.wait(LONG)
    assert trouble.told == [] and journal.jobs() == (job(1),)


# ---------------------------------------------------------------------------------------------- damage


@pytest.mark.parametrize(
    "damage",
    [
        "value = substr(value, 2)",
        "value = NULL",
        "value = x'fe'",
        "value = 'text'",
        "checked = checked + 1",
        "checked = NULL",
        "state = 'done'",
        "state = CAST(x'fe' AS TEXT)",
        "id = 'another'",
        "id = CAST(x'fe' AS TEXT)",
    ],
)
def test_a_damaged_job_costs_itself_only_and_stays_in_the_file(path: Path, damage: str) -> None:
    made(path, job(1), job(2), job(3))
    done(path, "PRAGMA writable_schema = 1", "UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '')")
    done(path, f"UPDATE jobs SET {damage} WHERE number = 2")
    journal = Journal.open(path)
    trouble = Trouble(journal)
    assert journal.jobs() == (job(1), job(3))
    assert trouble.heard.wait(LONG)
    (problem,) = trouble.told
    assert problem.message.startswith("1 of the jobs") and problem.hint
    assert saved(journal, job(4))
    assert journal.jobs() == (job(1), job(3), job(4))
    assert asked(path, "SELECT count(*) FROM jobs") == 4
    journal.close()


def test_a_job_of_a_newer_program_is_left_alone(path: Path) -> None:
    made(path, job(1), job(2))
    connection = sqlite3.connect(path)
    (value,) = connection.execute("SELECT value FROM jobs WHERE number = 1").fetchone()
    newer = bytes(value).replace(b'"recipe"', b'"dance"')
    connection.execute("UPDATE jobs SET value = ? WHERE number = 1", (newer,))
    connection.commit()
    connection.close()
    assert read(path) == (job(2),)
    assert asked(path, "SELECT value FROM jobs WHERE number = 1") == newer


def flip(path: Path, pristine: bytes, seed: int) -> None:
    """Turn some bits: the journal opens and gives whole jobs only, or says that the file is damaged."""
    chance = random.Random(seed)
    data = bytearray(pristine)
    for _ in range(chance.choice((1, 1, 3, 100))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    jobs = {job(number).id: job(number) for number in range(60)}
    try:
        journal = Journal.open(path)
    except StudioError as error:
        assert error.problem.hint
        return
    try:
        for found in journal.jobs():
            assert jobs[found.id] == found
        for job_id in jobs:
            data_found = journal.checkpoint(job_id, 0)
            assert data_found in (b"", *(checkpoint(job_id, step).data for step in range(4)))
            journal.previews(job_id, 0)
        journal.put([job(100)])
        journal.remove([job(3).id])
        journal.flush()
    except StudioError as error:
        assert error.problem.kind is ErrorKind.DISK and error.problem.hint
    finally:
        journal.close()
        for each in path.parent.iterdir():
            each.unlink()


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("pristine") / "queue.safelight"
    journal = Journal.open(path, create=True)
    journal.put(map(job, range(60)))
    for number in range(60):
        for step in range(4):
            journal.keep_checkpoint(checkpoint(job(number).id, step))
        journal.keep_preview(preview(job(number).id, 2))
    journal.close()
    return path.read_bytes()


def test_flipped_bits_never_end_in_a_traceback(pristine: bytes, tmp_path: Path) -> None:
    for seed in range(60):
        flip(tmp_path / "flipped.safelight", pristine, seed)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_many_flipped_bits_never_end_in_a_traceback(pristine: bytes, tmp_path: Path) -> None:
    for seed in range(100, 3000):
        flip(tmp_path / "flipped.safelight", pristine, seed)


def test_what_a_kill_left_in_the_log_is_read_from_a_closed_folder() -> None:
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as other:
        folder = Path(name)
        journal = Journal.open(Path(other) / "queue.safelight", create=True)
        assert saved(journal, job(1))
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{journal.path}{suffix}", folder / f"queue.safelight{suffix}")
        journal.close()
        with as_nobody(folder):
            folder.chmod(0o555)
            assert read(folder / "queue.safelight") == (job(1),)
            folder.chmod(0o755)
