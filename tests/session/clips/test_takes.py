"""The frames of takes in a project file: kept, shared, damaged, copied, counted and swept."""

import contextlib
import sqlite3
import time
from pathlib import Path

import pytest

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.sequence import Provenance
from studio.session.canvas import CanvasSession
from studio.session.clips.takes import Made
from studio.session.project import schema
from studio.session.project.frames import Frame
from studio.session.project.project import Project
from tests.session.clips.desk import DOCUMENT, about, noise, png, with_take
from tests.session.project.test_store import counted, rested


def opened(folder: Path) -> CanvasSession:
    return CanvasSession.create(folder / "work.safelight", DOCUMENT)


def changed(path: Path, *statements: str) -> None:
    """Change a project behind its back."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_kept_frame_is_there_at_once_and_after_a_restart(tmp_path: Path) -> None:
    session = opened(tmp_path)
    heard: list[str] = []
    session.takes.changed.connect(heard.append)
    session.takes.keep("a", 3, png(3), about(3)).result(10)
    with_take(session, "a")
    assert session.takes.png("a", 3) == png(3) and session.takes.png("a", 2) is None
    assert session.takes.numbers("a") == {3} and session.takes.numbers("b") == frozenset()
    assert session.takes.provenance("a", 3) == Provenance("circle", 3) and heard == ["a"]
    session.close()
    again = CanvasSession.open(session.path)
    rested(again)
    assert again.takes.png("a", 3) == png(3) and again.takes.missing("a", 5) == (0, 1, 2, 4)
    again.close()


def test_equal_frames_are_stored_once(tmp_path: Path) -> None:
    session = opened(tmp_path)
    session.takes.keep_all("a", [Made(n, png(n % 2), about(n)) for n in range(6)]).result(10)
    session.takes.copy("a", "b", {n: n + 1 for n in range(4)} | {17: 0}).result(10)
    assert counted(session.path, "SELECT count(*) FROM stills") == 2
    assert session.takes.numbers("b") == {1, 2, 3, 4} and session.takes.png("b", 2) == png(1)
    assert session.takes.provenance("b", 2) == Provenance("circle", 1)
    assert session.takes.keep_known("c", 0, session.takes.digest("a", 1)).result(10)
    assert not session.takes.keep_known("c", 1, "0" * 64).result(10)
    assert session.takes.numbers("c") == {0}
    session.close()


def test_a_frame_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    session = opened(tmp_path)
    session.takes.keep("a", 0, png(1)).result(10)
    assert session.takes.numbers("a") == {0}
    session.takes.keep("a", 0, png(2)).result(10)
    assert session.takes.png("a", 0) == png(2)
    session.close()


def test_damaged_rows_are_missing_frames(tmp_path: Path) -> None:
    session = opened(tmp_path)
    session.takes.keep_all("a", [Made(n, png(n), about(n)) for n in range(6)]).result(10)
    with_take(session, "a")
    digest = session.takes.digest("a", 1)
    session.close()
    changed(
        session.path,
        "UPDATE frames SET about = 'other' WHERE number = 0",
        f"UPDATE stills SET data = x'1234' WHERE digest = x'{digest}'",
        "UPDATE frames SET number = 'two' WHERE number = 2",
        "UPDATE frames SET about = CAST(x'ff' AS TEXT) WHERE number = 3",
        "DELETE FROM stills WHERE digest = (SELECT digest FROM frames WHERE number = 4)",
    )
    again = CanvasSession.open(session.path)
    rested(again)
    assert [again.takes.png("a", n) is not None for n in range(6)] == [False] * 5 + [True]
    assert again.takes.numbers("a") == {5}, "what was found damaged is not named any more"
    again.takes.keep("a", 1, png(1)).result(10)
    assert again.takes.png("a", 1) == png(1), "made again, it is whole"
    again.close()


def test_a_project_that_can_only_be_read_shows_its_frames(tmp_path: Path) -> None:
    session = opened(tmp_path)
    session.takes.keep("a", 0, png(0)).result(10)
    other = CanvasSession.open(session.path)
    assert other.read_only and other.takes.png("a", 0) == png(0)
    session.takes.keep("a", 1, png(1)).result(10)
    assert other.takes.numbers("a") == {0, 1}, "what the other window keeps is seen"
    with pytest.raises(StudioError, match="reading only") as refused:
        other.takes.keep("a", 2, png(2)).result(10)
    assert refused.value.problem.kind is ErrorKind.INPUT
    other.close()
    session.close()


def test_nothing_is_kept_after_the_end(tmp_path: Path) -> None:
    session = opened(tmp_path)
    session.close()
    assert session.takes.keep("a", 0, png(0)).cancelled()


def version_2(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project as the version before wrote it."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:2])
        Project.create(path, DOCUMENT).close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert "frames" not in tables and connection.execute("PRAGMA user_version").fetchone() == (2,)


def test_a_project_of_the_version_before_takes_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.safelight"
    version_2(path, monkeypatch)
    session = CanvasSession.open(path)
    assert session.document == DOCUMENT and session.takes.numbers("a") == frozenset()
    session.takes.keep("a", 0, png(0)).result(10)
    session.close()
    assert counted(path, "SELECT user_version FROM pragma_user_version") == len(schema.MIGRATIONS)


def test_an_old_project_that_cannot_be_written_has_no_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.safelight"
    version_2(path, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "bring_up_to_date", lambda path: None)  # as where the file is closed
        session = CanvasSession.open(path)
        assert session.takes.numbers("a") == frozenset() and session.takes.png("a", 0) is None
        assert not session.takes.named("no such take")
        session.close()


def test_save_as_takes_the_frames_along(tmp_path: Path) -> None:
    session = opened(tmp_path)
    session.takes.keep("a", 0, noise(0)).result(10)
    with_take(session, "a")
    session.save_as(tmp_path / "copy.safelight").result(10)
    session.takes.keep("a", 1, noise(1)).result(10)
    assert session.takes.png("a", 0) == noise(0)
    session.close()
    first, second = (CanvasSession.open(tmp_path / name) for name in ("work.safelight", "copy.safelight"))
    assert first.takes.numbers("a") == {0} and second.takes.numbers("a") == {0, 1}
    first.close()
    second.close()


def kept(session: CanvasSession, take: str, *seeds: int) -> None:
    session.takes.keep_all(take, [Made(n, noise(seed)) for n, seed in enumerate(seeds)]).result(10)


def test_frames_go_with_the_last_version_that_names_their_take(tmp_path: Path) -> None:
    session = opened(tmp_path)
    with_take(session, "a")
    kept(session, "a", *range(8))
    with_take(session, "b")
    kept(session, "b", 0, 1, 100)
    session.undo()
    rested(session)
    assert session.compact().result(10) is not None
    assert session.takes.numbers("b") == {0, 1, 2}, "redo would bring it back"
    before = session.path.stat().st_size
    weight = session.weigh(time.time() + 1).result(10)
    session.compact(time.time() + 1).result(10)
    assert len(session.history.versions) == 1
    assert counted(session.path, "SELECT count(*) FROM frames WHERE take = 'b'") == 0
    assert counted(session.path, "SELECT count(*) FROM stills") == 8, "those that the other take has, too, stay"
    assert [session.takes.png("a", n) == noise(n) for n in range(8)] == [True] * 8
    assert weight.undo == pytest.approx(len(noise(100)), rel=0.1)
    assert before - session.path.stat().st_size == pytest.approx(weight.freed, abs=0.1 * before)
    session.close()


def test_frames_count_as_what_the_history_takes(tmp_path: Path) -> None:
    session = opened(tmp_path)
    with_take(session, "a")
    kept(session, "a", *range(4))
    rested(session)
    assert session.undo_bytes().result(10) == 0
    session.undo()
    rested(session)
    assert session.undo_bytes().result(10) == sum(len(noise(n)) for n in range(4))
    session.close()


def test_the_oldest_steps_go_when_their_frames_take_too_much(tmp_path: Path) -> None:
    session = CanvasSession(Project.create(tmp_path / "work.safelight", DOCUMENT), undo_limit=300_000)
    for number in range(10):
        with_take(session, str(number), alone=True)
        kept(session, str(number), *range(10 * number, 10 * number + 3))
        rested(session)
    assert 2 <= len(session.history.versions) < 9
    session.compact().result(10)
    left = {version.label for version in session.history.versions} - {"New"}
    assert {f"take {n}" for n in range(10) if session.takes.numbers(str(n))} == left
    session.close()


def test_frames_that_are_about_to_come_stay_whatever_names_them(tmp_path: Path) -> None:
    session = opened(tmp_path)
    session.takes.expect("a")
    kept(session, "a", 1, 2)
    kept(session, "b", 3)  # before the version that names it
    session.compact(time.time() + 1).result(10)
    assert session.takes.numbers("a") == {0, 1} and session.takes.numbers("b") == {0}
    with_take(session, "b")
    assert session.flush()
    session.takes.settle("a")
    session.close()
    again = CanvasSession.open(session.path)
    rested(again)
    assert again.takes.numbers("a") == frozenset() and again.takes.numbers("b") == {0}
    assert counted(again.path, "SELECT count(*) FROM stills") == 1
    again.close()


def test_all_or_none_of_some_frames_are_kept(tmp_path: Path) -> None:
    session = opened(tmp_path)
    whole, broken = Frame(0, b"\0" * 32), Frame(1, None)  # type: ignore[arg-type]
    with pytest.raises(StudioError):
        session._writer.run(lambda: session._project.keep_frames("a", [whole, broken], {})).result(10)
    assert counted(session.path, "SELECT count(*) FROM frames") == 0
    session.close()
