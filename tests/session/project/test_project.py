"""Project files: what is in them comes back, one window writes, and what is no project is refused and left alone."""

import random
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from studio.domain.document import edits
from studio.domain.document.document import Document
from studio.domain.document.layers import PaintLayer
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size
from studio.session.canvas import CanvasSession
from studio.session.project import schema
from studio.session.project.lock import ProjectLock
from studio.session.project.project import OTHER_WINDOW, Project
from tests.session.project.painter import BLANK, ROOT, step


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of some steps, closed."""
    path = tmp_path_factory.mktemp("painted") / "work.safelight"
    session = CanvasSession.create(path, BLANK)
    for number in range(25):
        step(session, 5, number)
    assert session.flush()
    session.close()
    assert [each.name for each in path.parent.iterdir()] == ["work.safelight"], "one file, nothing beside it"
    return path


def look(path: Path) -> None:
    """Open a project and read all of it. Raises StudioError."""
    session = CanvasSession.open(path)
    try:
        for version in session.history.versions:
            document = session.history.document_of(version.id)
            for layer in document.layers:
                assert isinstance(layer, PaintLayer)
                session.store.paint(layer.tiles, document.rect)
    finally:
        session.close()


def refused(path: Path) -> StudioError:
    """How a file is refused, which leaves it as it was."""
    before = path.read_bytes()
    with pytest.raises(StudioError) as caught:
        CanvasSession.open(path).close()
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name], "nothing is left beside it"
    assert caught.value.problem.hint
    return caught.value


def test_the_file_says_what_it_is(painted: Path) -> None:
    with sqlite3.connect(painted) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (0x53464C54,)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS),)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


@pytest.mark.parametrize("content", [b"GIF89a" + bytes(200), b"PK\3\4", b"{}", b"SQLite format 3?" + bytes(200)])
def test_other_files_are_no_projects(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "other.safelight").write_bytes(content)
    error = refused(tmp_path / "other.safelight")
    assert error.problem.kind is ErrorKind.INPUT
    assert "is not a Safelight project" in error.problem.message


def test_a_database_of_another_program_is_no_project(tmp_path: Path) -> None:
    path = tmp_path / "other.safelight"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE versions(id INTEGER)")
    connection.commit()
    connection.close()
    assert "is not a Safelight project" in str(refused(path))


def test_a_folder_and_a_missing_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="cannot be reached"):
        Project.open(tmp_path)
    with pytest.raises(StudioError, match="cannot be reached") as caught:
        Project.open(tmp_path / "gone.safelight")
    assert caught.value.problem.kind is ErrorKind.DISK


def test_a_newer_file_is_refused_and_left_alone(painted: Path, tmp_path: Path) -> None:
    path = tmp_path / "newer.safelight"
    shutil.copyfile(painted, path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    connection.close()
    error = refused(path)
    assert "newer version" in error.problem.message
    assert "Update Safelight" in error.problem.hint


def test_a_newer_file_whose_version_is_in_the_log_only(painted: Path, tmp_path: Path) -> None:
    shutil.copyfile(painted, tmp_path / "made.safelight")
    connection = sqlite3.connect(tmp_path / "made.safelight")
    connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    path = tmp_path / "killed.safelight"
    for suffix in ("", "-wal"):
        shutil.copyfile(tmp_path / f"made.safelight{suffix}", f"{path}{suffix}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StudioError, match="newer version"):
        Project.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("part", [0, 0.0005, 0.002, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused_and_left_alone(painted: Path, tmp_path: Path, part: float) -> None:
    path = tmp_path / "cut.safelight"
    data = painted.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    error = refused(path)
    assert "damaged" in error.problem.message
    assert error.problem.kind is ErrorKind.DISK


def flip(painted: Path, folder: Path, seed: int) -> None:
    """Turn some bits of a project and open it: it is refused and left alone, or opens and says which part is gone, or
    nothing was hit."""
    chance = random.Random(seed)
    path = folder / f"flipped-{seed}.safelight"
    data = bytearray(painted.read_bytes())
    for _ in range(chance.choice((1, 1, 3, 100))):
        # Tables of contents are a small part of the file, and are hit as often as pixels.
        place = chance.randrange(len(data)) if chance.random() < 0.5 else chance.randrange(min(len(data), 40000))
        data[place] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    try:
        look(path)
    except StudioError as error:
        assert error.problem.kind in (ErrorKind.DISK, ErrorKind.INPUT)
        assert error.problem.hint
    path.unlink()


def test_flipped_bits_never_end_in_a_traceback(painted: Path, tmp_path: Path) -> None:
    for seed in (189, *range(40)):  # 189: SQLite's message holds bytes that are no text
        flip(painted, tmp_path, seed)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_many_flipped_bits_never_end_in_a_traceback(painted: Path, tmp_path: Path) -> None:
    for seed in range(100, 2000):
        flip(painted, tmp_path, seed)


def test_a_file_that_is_refused_for_flipped_bits_is_left_alone(painted: Path, tmp_path: Path) -> None:
    path = tmp_path / "flipped.safelight"
    data = painted.read_bytes()
    with sqlite3.connect(painted) as connection:
        row = connection.execute(
            "SELECT parts.data FROM parts JOIN versions ON versions.document = parts.digest"
            " JOIN place ON place.current = versions.id"
        ).fetchone()
    connection.close()
    path.write_bytes(data.replace(row[0], row[0].replace(b'"below"', b'"belOw"')))
    assert path.read_bytes() != data
    assert "damaged" in refused(path).problem.message


def test_a_damaged_tile_costs_that_tile_only(painted: Path, tmp_path: Path) -> None:
    path = tmp_path / "flipped.safelight"
    shutil.copyfile(painted, path)
    session = CanvasSession.open(path)
    layer = next(each for each in session.document.layers if isinstance(each, PaintLayer) and len(each.tiles) > 1)
    first, *others = layer.tiles.values()
    session.close()
    connection = sqlite3.connect(path)
    ((data,),) = connection.execute("SELECT data FROM tiles WHERE digest = ?", (bytes.fromhex(first),))
    damaged = bytes((*data[:-1], data[-1] ^ 4))
    connection.execute("UPDATE tiles SET data = ? WHERE digest = ?", (damaged, bytes.fromhex(first)))
    connection.commit()
    connection.close()
    session = CanvasSession.open(path)
    with pytest.raises(StudioError, match="a piece of the picture cannot be read"):
        session.store.get(first)
    assert all(session.store.get(digest).any() for digest in others)
    session.close()


def test_an_older_file_is_brought_up_to_date(painted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def next_version(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE clips(id INTEGER PRIMARY KEY)")

    path = tmp_path / "old.safelight"
    shutil.copyfile(painted, path)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, next_version))
    look(path)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS),)
    assert connection.execute("SELECT count(*) FROM clips").fetchone() == (0,)
    connection.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    painted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def next_version(connection: sqlite3.Connection) -> None:
        connection.execute("DROP TABLE tiles")
        connection.execute("CREATE TABLE parts(id INTEGER)")  # exists

    path = tmp_path / "old.safelight"
    shutil.copyfile(painted, path)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, next_version))
        with pytest.raises(StudioError):
            Project.open(path)
    look(path)


def test_the_second_window_reads_only_and_says_so(painted: Path, tmp_path: Path) -> None:
    path = tmp_path / "shared.safelight"
    shutil.copyfile(painted, path)
    first, second = CanvasSession.open(path), CanvasSession.open(path)
    assert not first.read_only
    assert second.read_only
    assert second.why == OTHER_WINDOW
    assert second.document == first.document
    for act in (
        lambda: second.commit("paint", edits.changed(second.document, "below", opacity=0.25)),
        second.undo,
        lambda: second.name("mine"),
    ):
        with pytest.raises(StudioError, match="reading only"):
            act()
    first.commit("paint", edits.changed(first.document, "below", opacity=0.25))
    assert first.flush()
    first.close()
    third = CanvasSession.open(path)
    assert not third.read_only, "the first one let go"
    second.close()
    third.close()


def test_the_second_window_can_go_on_in_a_copy(painted: Path, tmp_path: Path) -> None:
    path = tmp_path / "shared.safelight"
    shutil.copyfile(painted, path)
    first, second = CanvasSession.open(path), CanvasSession.open(path)
    second.save_as(tmp_path / "copy.safelight").result(100)
    assert not second.read_only
    second.commit("paint", edits.changed(second.document, "below", opacity=0.25))
    assert second.flush()
    with pytest.raises(StudioError, match="open in another window"):
        second.save_as(path).result(100)
    assert second.path == tmp_path / "copy.safelight"
    first.close()
    second.close()


HOLDER = "import sys; from pathlib import Path; from studio.session.project.project import Project\n"
HOLDER += "project = Project.open(Path(sys.argv[1])); print(project.why or 'mine', flush=True); sys.stdin.read()"


def test_the_lock_holds_between_processes_and_dies_with_its_process(painted: Path, tmp_path: Path) -> None:
    path = tmp_path / "shared.safelight"
    shutil.copyfile(painted, path)
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "mine\n"
    mine = Project.open(path)
    assert mine.why == OTHER_WINDOW
    mine.close()
    other.kill()
    other.communicate()
    mine = Project.open(path)
    assert not mine.read_only
    mine.close()


def test_a_new_project_replaces_nothing(painted: Path) -> None:
    before = painted.read_bytes()
    with pytest.raises(StudioError, match="exists"):
        Project.create(painted, BLANK)
    assert painted.read_bytes() == before


def test_a_closed_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StudioError) as caught:
        Project.create(tmp_path / "file" / "new.safelight", BLANK)
    assert caught.value.problem.kind is ErrorKind.DISK
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_file_that_vanishes_while_it_is_open_is_told_and_work_goes_on(tmp_path: Path) -> None:
    session = CanvasSession.create(tmp_path / "work.safelight", BLANK)
    told: list[str] = []
    session.problem.connect(lambda problem: told.append(problem.message))
    (tmp_path / "work.safelight").rename(tmp_path / "elsewhere.safelight")
    for number in range(4):
        step(session, 1, number)
    assert not session.flush()
    assert len(told) == 1
    assert "moved, deleted or replaced" in told[0]
    (tmp_path / "elsewhere.safelight").rename(tmp_path / "work.safelight")
    session.retry()
    assert session.flush()
    document = session.document
    session.close()
    again = CanvasSession.open(tmp_path / "work.safelight")
    assert again.document == document
    again.close()


def test_what_lies_in_a_closed_folder_is_read_even_after_a_kill(
    painted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder's lock file is refused, as a read-only folder does; its log, left by a kill, must be heeded."""
    made = CanvasSession.create(tmp_path / "made.safelight", BLANK)
    step(made, 1, 0)
    made.commit("paint", edits.changed(made.document, "below", name="after"))
    assert made.flush()
    (tmp_path / "closed").mkdir()
    path = tmp_path / "closed" / "killed.safelight"
    for suffix in ("", "-wal"):
        shutil.copyfile(tmp_path / f"made.safelight{suffix}", f"{path}{suffix}")
    shutil.copyfile(painted, tmp_path / "closed" / "whole.safelight")
    before = sorted((each.name, each.read_bytes()) for each in path.parent.iterdir())

    def closed(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(ProjectLock, "take", closed)
    session = CanvasSession.open(path)
    assert "cannot be written" in session.why
    assert session.document == made.document
    session.close()
    look(tmp_path / "closed" / "whole.safelight")
    assert sorted((each.name, each.read_bytes()) for each in path.parent.iterdir()) == before
    made.close()


def test_a_stale_log_beside_the_target_of_save_as_does_no_harm(tmp_path: Path) -> None:
    """SQLite would take the log of a killed program for that of the file which takes its place."""
    old = CanvasSession.create(tmp_path / "old.safelight", BLANK)
    for number in range(5):
        step(old, 3, number)
    assert old.flush()
    target = tmp_path / "target.safelight"
    for suffix in ("", "-wal"):
        shutil.copyfile(tmp_path / f"old.safelight{suffix}", f"{target}{suffix}")
    old.close()
    new = CanvasSession.create(tmp_path / "new.safelight", Document(Size(64, 64)))
    new.save_as(target).result(100)
    layer = PaintLayer(id="only")
    new.commit("add", edits.insert(new.document, layer))
    tiles = new.store.painted(layer.tiles, Rect(0, 0, 9, 9), np.full((9, 9, 4), 7, np.uint8))
    new.commit("paint", edits.with_tiles(new.document, "only", tiles))
    document = new.document
    assert new.flush()
    new.close()
    again = CanvasSession.open(target)
    assert again.document == document
    again.close()
    look(target)
