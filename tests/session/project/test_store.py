"""What a project costs on the disk and in memory, what is deleted when, and a disk that has no room."""

import contextlib
import os
import sqlite3
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from studio.domain.document import edits
from studio.domain.document.document import Document
from studio.domain.document.history import History
from studio.domain.document.layers import PaintLayer
from studio.domain.document.tiles import EMPTY, TILE, Place
from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.geometry import Rect, Size
from studio.imaging.tiles import Pixels, TileStore
from studio.session.canvas import CanvasSession
from studio.session.project.project import Project
from studio.session.project.store import Change
from tests.session.project.disks import files_at_most
from tests.session.project.painter import BLANK, step

RAW = TILE * TILE * 4
NOISE = np.random.default_rng(1)


def noise(side: int = TILE) -> Pixels:
    """Pixels that no compression makes much smaller."""
    return NOISE.integers(0, 256, (side, side, 4), dtype=np.uint8)


def counted(path: Path, query: str) -> int:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    ((number,),) = connection.execute(query).fetchall()
    connection.close()
    return int(number or 0)


def rested(session: CanvasSession) -> None:
    """Wait until a session has done all work that can wait."""
    project = session._project
    assert session.flush()
    until = time.monotonic() + 100
    while session._writer.run(lambda: None).result(100) is None and time.monotonic() < until:
        more: list[bool] = []
        session._writer.run(lambda more=more: more.append(project.rest())).result(100)  # type: ignore[misc]
        if more == [False]:
            return


def strokes(session: CanvasSession, count: int, seed: int = 0) -> None:
    """Strokes over one to four tiles each."""
    places = np.random.default_rng(seed)
    for number in range(count):
        x, y = places.integers(0, session.document.size.width - 100, 2)
        layer = session.document.find("paint")
        assert isinstance(layer, PaintLayer)
        tiles = session.store.painted(layer.tiles, Rect(int(x), int(y), 100, 100), noise(100))
        session.commit(f"stroke {number}", edits.with_tiles(session.document, "paint", tiles))


def painted_16k(store: TileStore) -> Document:
    """The largest canvas, a tile everywhere."""
    digest = store.put(noise())
    tiles = EMPTY.edited({Place(column, row): digest for column in range(64) for row in range(64)})
    return Document(Size(16384, 16384), (PaintLayer(id="paint", tiles=tiles),))


def check_costs(folder: Path, count: int) -> None:
    session = CanvasSession.create(folder / "work.safelight", Document(Size(16384, 16384)))
    session.commit("fill", painted_16k(session.store))
    strokes(session, 1)
    assert session.flush()
    session.store._budget = 0  # decoded tiles are a cache, and no cost of undo
    parts = "SELECT sum(length(data)) + (SELECT sum(length(label) + 120) FROM versions) FROM parts"
    tiles_before = counted(session.path, "SELECT count(*) FROM tiles")
    parts_before = counted(session.path, parts)
    tracemalloc.start()
    strokes(session, count)
    assert session.flush()
    memory, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    touched = (counted(session.path, "SELECT count(*) FROM tiles") - tiles_before) * RAW
    beside = counted(session.path, parts) - parts_before
    stored = counted(session.path, "SELECT sum(size) FROM tiles")
    session.compact().result(600)
    session.close()
    size = session.path.stat().st_size
    print(f"{count} strokes: {touched / 2**20:.1f} MiB of tiles touched, {memory / 2**20:.2f} MiB in memory,")
    print(
        f"a file of {size / 2**20:.1f} MiB, {stored / 2**20:.1f} of it tiles, {beside / count:.0f} bytes a stroke else"
    )
    assert memory <= 0.2 * touched, "the tiles themselves are in the file"
    assert size <= 1.2 * touched
    assert beside / count < 16 * 1024


def test_a_stroke_costs_its_tiles_and_little_beside(tmp_path: Path) -> None:
    check_costs(tmp_path, 60)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_thousand_strokes_cost_their_tiles_and_little_beside(tmp_path: Path) -> None:
    check_costs(tmp_path, 1000)


def test_the_oldest_steps_go_when_the_history_takes_too_much(tmp_path: Path) -> None:
    limit = 3 * 2**20
    session = CanvasSession(Project.create(tmp_path / "work.safelight", BLANK), undo_limit=limit)
    session.commit("add", edits.insert(session.document, PaintLayer(id="paint")))
    session.commit("keep", edits.changed(session.document, "paint", name="kept"))
    kept = session.name("keep me").id
    document = session.document
    for number in range(40):
        tiles = session.store.painted(EMPTY, Rect(0, 0, 512, 512), noise(512))  # about 1 MiB
        session.commit(f"step {number}", edits.with_tiles(session.document, "paint", tiles))
        assert session.flush()
        rested(session)
    assert session._project.undo_bytes() <= limit * 1.5
    assert 3 <= len(session.history.versions) < 12
    assert session.history.document_of(kept) is document
    versions = session.history.versions
    session.compact().result(100)
    assert session.path.stat().st_size < 3 * limit
    while session.undo():
        pass
    assert session.history.current == versions[0]
    assert session.flush()
    session.close()
    again = CanvasSession.open(session.path)
    assert [each.id for each in again.history.versions] == [each.id for each in versions]
    for version in again.history.versions:
        layer = again.history.document_of(version.id).find("paint")
        assert layer is None or isinstance(layer, PaintLayer)
        assert layer is None or again.store.paint(layer.tiles, Rect(0, 0, 512, 512)).shape == (512, 512, 4)
    again.close()


def test_what_no_version_names_is_swept_after_opening(tmp_path: Path) -> None:
    path = tmp_path / "work.safelight"
    session = CanvasSession.create(path, BLANK)
    for number in range(10):
        step(session, 2, number)
    assert session.flush()
    rested(session)
    before = counted(path, "SELECT count(*) FROM tiles"), counted(path, "SELECT count(*) FROM parts")
    for _ in range(5):
        session.store.put(noise())  # pixels of an edit that was given up
    session._writer.run(lambda: session._project.spill(10 * RAW)).result(100)
    rested(session)
    assert counted(path, "SELECT count(*) FROM tiles") == before[0] + 5, "they may still be used by this session"
    session.close()
    again = CanvasSession.open(path)
    rested(again)
    assert (counted(path, "SELECT count(*) FROM tiles"), counted(path, "SELECT count(*) FROM parts")) == before
    again.close()


def test_pixels_that_were_written_early_are_used_by_a_later_commit(tmp_path: Path) -> None:
    session = CanvasSession.create(tmp_path / "work.safelight", BLANK)
    digest = session.store.put(noise())
    session._writer.run(lambda: session._project.spill(10 * RAW)).result(100)
    assert session._project.blobs.fresh_bytes == 0
    rested(session)
    session.save_as(tmp_path / "copy.safelight").result(100)
    rested(session)
    session.commit("use", edits.with_tiles(session.document, "below", EMPTY.edited({Place(0, 0): digest})))
    rested(session)
    session.compact().result(100)
    session.close()
    again = CanvasSession.open(session.path)
    assert again.store.get(digest).any()
    rested(again)
    assert again._project.blobs.read(digest)
    again.close()


def test_undone_branches_survive_sweeping_and_compacting(tmp_path: Path) -> None:
    session = CanvasSession.create(tmp_path / "work.safelight", BLANK)
    for number in range(30):
        step(session, 9, number)
    rested(session)
    documents = {each.id: session.history.document_of(each.id) for each in session.history.versions}
    session.compact().result(100)
    session.close()
    again = CanvasSession.open(session.path)
    assert {each.id: again.history.document_of(each.id) for each in again.history.versions} == documents
    for document in documents.values():
        for layer in document.layers:
            assert isinstance(layer, PaintLayer)
            again.store.paint(layer.tiles, document.rect)
    again.close()


def test_a_full_file_system_is_told_and_the_change_can_be_saved_later(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "work.safelight", BLANK)
    history, store = project.history(), TileStore(project.blobs)
    project.rest()
    assert project._store is not None
    connection = project._store.connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    tiles = store.painted(EMPTY, Rect(0, 0, 512, 512), noise(512))
    version = history.commit("paint", edits.with_tiles(history.document, "below", tiles))
    change = Change(version.id, version.id, (version,), {version.id: history.document})
    for _ in range(2):
        with pytest.raises(StudioError, match="no space left") as caught:
            project.save(change)
        assert caught.value.problem.kind is ErrorKind.DISK
        assert "Free some space" in caught.value.problem.hint
    connection.execute("PRAGMA max_page_count = 1000000")
    assert project.save(change) == frozenset()
    project.close()
    again = Project.open(project.path)
    assert again.history().document == history.document
    assert np.array_equal(
        TileStore(again.blobs).paint(tiles, Rect(0, 0, 512, 512)), store.paint(tiles, Rect(0, 0, 512, 512))
    )
    again.close()


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on file sizes")
def test_work_goes_on_while_the_disk_is_full_and_is_saved_when_it_has_room(tmp_path: Path) -> None:
    session = CanvasSession.create(tmp_path / "work.safelight", Document(Size(2048, 2048), (PaintLayer(id="paint"),)))
    told: list[Problem] = []
    saved: list[bool] = []
    session.problem.connect(told.append)
    session.saved.connect(saved.append)
    strokes(session, 3, seed=1)
    assert session.flush()
    session.compact().result(100)
    with files_at_most(session.path.stat().st_size + 200_000):
        strokes(session, 12, seed=2)
        assert not session.flush()
        assert session.unsaved
        assert len(told) == 1, "it is told once, not with every stroke"
        assert told[0].kind is ErrorKind.DISK
        assert told[0].hint
        assert session.undo()
        assert session.redo()
        assert not session.flush()
        layer = session.document.find("paint")
        assert isinstance(layer, PaintLayer)
        seen = session.store.paint(layer.tiles, session.document.rect)
        assert seen.any(), "all is there, from memory"
        with files_at_most(50_000), pytest.raises(StudioError):
            session.save_as(tmp_path / "full.safelight").result(100)
        assert not (tmp_path / "full.safelight").exists()
    history = session.history
    session.retry()
    assert session.flush(), "everything is saved, in order"
    assert saved[-1]
    session.close()
    again = CanvasSession.open(session.path)
    assert [each.label for each in again.history.versions] == [each.label for each in history.versions]
    assert again.document == history.document
    assert np.array_equal(again.store.paint(layer.tiles, session.document.rect), seen)
    assert len(told) == 1
    again.close()


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on file sizes")
def test_unsaved_work_can_be_saved_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = CanvasSession.create(tmp_path / "work.safelight", BLANK)
    step(session, 4, 0)
    assert session.flush()
    session.path.rename(tmp_path / "gone.safelight")  # the old place is lost for good
    for number in range(1, 8):
        step(session, 4, number)
    assert not session.flush()
    session.save_as(tmp_path / "new.safelight").result(100)
    assert session.flush()
    document, versions = session.document, session.history.versions
    session.close()
    again = CanvasSession.open(tmp_path / "new.safelight")
    assert again.document == document
    assert [each.id for each in again.history.versions] == [each.id for each in versions]
    again.close()


@contextlib.contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """In the skin of a user whom the folder belongs to: permissions mean nothing to root."""
    if os.geteuid():
        yield
        return
    nobody = 65534
    for each in (folder, *folder.rglob("*")):
        os.chown(each, nobody, nobody)
    os.seteuid(nobody)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.name == "nt", reason="needs permissions")
def test_a_folder_that_can_only_be_read_from_now_on_is_told_and_work_goes_on() -> None:
    """Nothing is open for writing when the folder is closed: the log cannot be made, and the file not be changed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        CanvasSession.create(folder / "work.safelight", Document(Size(512, 512), (PaintLayer(id="paint"),))).close()
        with as_nobody(folder):
            session = CanvasSession.open(folder / "work.safelight")
            hold, held = threading.Event(), threading.Event()

            def wait() -> None:
                held.set()
                hold.wait(60)

            session._writer.run(wait)
            assert held.wait(60)
            (folder / "work.safelight").chmod(0o444)
            folder.chmod(0o555)
            told: list[Problem] = []
            session.problem.connect(told.append)
            hold.set()
            strokes(session, 4)
            assert not session.flush()
            assert told[0].kind is ErrorKind.DISK
            assert told[0].hint
            assert len(told) == 1
            assert session.undo()
            assert session.redo()
            for each in folder.iterdir():
                each.chmod(0o644)
            folder.chmod(0o755)  # last: SQLite makes its log as closed as it finds the file
            # A try that was under way while the files were opened may leave SQLite's log half closed until the next.
            assert any(session.flush() for _ in range(3)), "it is saved as soon as that is possible"
            document = session.document
            session.close()
            again = CanvasSession.open(folder / "work.safelight")
            assert again.document == document
            again.close()


def test_a_commit_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    """The writer is held up; commits go on."""
    session = CanvasSession.create(tmp_path / "work.safelight", Document(Size(2048, 2048), (PaintLayer(id="paint"),)))
    release = threading.Event()

    def hold() -> None:
        release.wait(60)

    held = session._writer.run(hold)
    strokes(session, 5)
    assert not held.done(), "the commits waited for the writer"
    assert session.unsaved == 5
    release.set()
    assert session.flush()
    session.close()


def test_a_history_that_ends_nowhere_is_damaged() -> None:
    history = History.of(BLANK, "New")
    for current, tip in ((2, 1), (1, 2)):
        with pytest.raises(ValueError, match="nowhere"):
            History(history.versions, current, tip, lambda _: BLANK)
