"""Projects that were open lately, and work without a name."""

import datetime
import json
from pathlib import Path

import pytest

from studio.domain.document import edits
from studio.session.canvas import CanvasSession
from studio.session.paths import HOME_VARIABLE, Paths
from studio.session.project import recent
from studio.session.project.recent import Recent
from studio.session.project.untitled import discard, left_over, new_path
from tests.session.project.painter import BLANK, step


def files(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).touch()
    return [folder / name for name in names]


def test_the_latest_project_comes_first_and_once(tmp_path: Path) -> None:
    a, b = files(tmp_path, "a", "b")
    recents = Recent(tmp_path / "data" / "recent.json")
    assert not recents.paths
    for path in (a, b, a):
        recents.add(path)
    assert Recent(tmp_path / "data" / "recent.json").paths == (a, b)
    recents.remove(a)
    assert recents.paths == (b,)


def test_projects_that_are_gone_are_left_out(tmp_path: Path) -> None:
    a, b = files(tmp_path, "a", "b")
    recents = Recent(tmp_path / "recent.json")
    recents.add(a)
    recents.add(b)
    b.unlink()
    assert recents.paths == (a,)


def test_only_so_many_are_kept(tmp_path: Path) -> None:
    recents = Recent(tmp_path / "recent.json")
    for path in files(tmp_path, *(f"{n}.safelight" for n in range(recent.LIMIT + 5))):
        recents.add(path)
    assert len(recents.paths) == recent.LIMIT


@pytest.mark.parametrize("content", ["", "{", '[1, null, "a\\u0000b"]', "{}", "[" * 99999, '["' + "x" * 9999 + '"]'])
def test_a_damaged_list_is_an_empty_one(content: str, tmp_path: Path) -> None:
    (tmp_path / "recent.json").write_text(content)
    recents = Recent(tmp_path / "recent.json")
    assert not recents.paths
    recents.add(*files(tmp_path, "a"))
    assert recents.paths == (tmp_path / "a",)


def test_a_list_that_cannot_be_written_costs_nothing_else(tmp_path: Path) -> None:
    files(tmp_path, "file")
    Recent(tmp_path / "file" / "recent.json").add(tmp_path)
    assert Recent(tmp_path / "file" / "recent.json").paths == ()


def test_a_name_of_any_bytes_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "caf\udce9.safelight"
    try:
        path.touch()
    except OSError:
        pytest.skip("this file system takes text only")
    recents = Recent(tmp_path / "recent.json")
    recents.add(path)
    assert json.loads((tmp_path / "recent.json").read_bytes().decode("utf-8", "surrogateescape")) == [str(path)]
    assert recents.paths == (path,)


def test_the_folders_are_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    paths = Paths.of_user()
    assert paths.untitled == tmp_path / "data" / "untitled"
    assert paths.recent_projects.parent == tmp_path / "data"


def test_untitled_work_is_offered_when_no_window_has_it(tmp_path: Path) -> None:
    folder = tmp_path / "untitled"
    assert not left_over(folder)
    session = CanvasSession.create_untitled(folder, BLANK)
    assert session.untitled
    step(session, 1, 0)
    session.commit("paint", edits.changed(session.document, "below", name="x"))
    document = session.document
    assert session.flush()
    assert not left_over(folder), "it is open"
    session.close()
    (offer,) = left_over(folder)
    assert offer.path == session.path
    assert offer.size > 0
    assert abs(datetime.datetime.now() - offer.written) < datetime.timedelta(minutes=5)
    again = CanvasSession.open(offer.path, untitled=True)
    assert again.document == document
    again.close()
    discard(offer.path)
    assert list(folder.iterdir()) == []


def test_untitled_work_without_a_step_is_not_kept(tmp_path: Path) -> None:
    CanvasSession.create_untitled(tmp_path, BLANK).close()
    assert list(tmp_path.iterdir()) == []


def test_untitled_work_that_gets_a_name_is_there_only(tmp_path: Path) -> None:
    session = CanvasSession.create_untitled(tmp_path / "untitled", BLANK)
    session.commit("paint", edits.changed(session.document, "below", name="x"))
    session.save_as(tmp_path / "mine.safelight").result(100)
    assert not session.untitled
    assert list((tmp_path / "untitled").iterdir()) == []
    document = session.document
    session.close()
    again = CanvasSession.open(tmp_path / "mine.safelight")
    assert again.document == document
    again.close()


def test_what_is_open_is_not_discarded(tmp_path: Path) -> None:
    session = CanvasSession.create_untitled(tmp_path, BLANK)
    discard(session.path)
    assert session.path.exists()
    session.close()


def test_two_pieces_of_untitled_work_have_two_names(tmp_path: Path) -> None:
    now = datetime.datetime(2026, 1, 2, 3, 4, 5)
    assert new_path(tmp_path, now) != new_path(tmp_path, now)
    assert new_path(tmp_path, now).name.startswith("2026-01-02 03-04-05")
