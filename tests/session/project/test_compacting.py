"""Compacting: what it is said to free, what it drops, and what stays."""

import time
from pathlib import Path

import numpy as np
import pytest

from studio.domain.document import edits
from studio.domain.document.document import Document
from studio.domain.document.layers import PaintLayer
from studio.domain.document.tiles import EMPTY
from studio.domain.errors import StudioError
from studio.domain.geometry import Rect, Size
from studio.imaging.tiles import Pixels
from studio.session.canvas import CanvasSession
from studio.session.project.schema import disk_bytes
from tests.session.project.test_store import rested

BOX = Rect(0, 0, 256, 256)
BLANK = Document(Size(256, 256), (PaintLayer(id="paint"),), active="paint")


def noise(seed: int) -> Pixels:
    """Pixels that no compression makes much smaller: 256 KiB a tile."""
    return np.random.default_rng(seed).integers(0, 256, (256, 256, 4), dtype=np.uint8)


def paint(session: CanvasSession, seed: int) -> None:
    tiles = session.store.painted(EMPTY, BOX, noise(seed))
    session.commit(f"step {seed}", edits.with_tiles(session.document, "paint", tiles))


def painted(path: Path, steps: int = 12) -> CanvasSession:
    session = CanvasSession.create(path, BLANK)
    for seed in range(steps):
        paint(session, seed)
    session.name("the fourth", session.history.versions[4].id)
    assert session.flush()
    return session


def seen(session: CanvasSession, version_id: int) -> Pixels:
    layer = session.history.document_of(version_id).find("paint")
    assert isinstance(layer, PaintLayer)
    return session.store.paint(layer.tiles, BOX)


def test_all_steps_but_the_current_and_the_named_can_be_dropped(tmp_path: Path) -> None:
    session = painted(tmp_path / "work.safelight")
    heard: list[int] = []
    session.versions_changed.connect(lambda: heard.append(1))
    weight = session.weigh(time.time() + 1).result(100)
    before = disk_bytes(session.path)
    assert weight.disk == before and weight.undo > 10 * 200_000
    freed = session.compact(time.time() + 1).result(100)
    after = disk_bytes(session.path)
    assert abs(freed - (before - after)) < 65536 and freed > 10 * 200_000
    assert abs(weight.freed - freed) < 0.1 * before, "it was foretold"
    assert [each.label for each in session.history.versions] == ["step 3", "step 11"] and heard == [1]
    session.close()
    again = CanvasSession.open(session.path)
    assert [(each.label, each.name) for each in again.history.versions] == [("step 3", "the fourth"), ("step 11", "")]
    named, current = (each.id for each in again.history.versions)
    assert np.array_equal(seen(again, current), noise(11)) and np.array_equal(seen(again, named), noise(3))
    assert again.undo() and again.history.current.id == named
    again.close()


def test_steps_that_are_young_enough_stay(tmp_path: Path) -> None:
    session = painted(tmp_path / "work.safelight")
    middle = session.history.versions[8]
    session.weigh(middle.made).result(100)
    session.compact(middle.made).result(100)
    assert [each.id for each in session.history.versions] == [5, *range(9, 14)]
    whole = session.weigh().result(100)
    assert whole.freed < 0.1 * whole.disk, "nothing is left to free"
    assert session.undo() and session.redo()
    session.close()


def test_a_project_that_was_opened_again_knows_what_its_history_takes(tmp_path: Path) -> None:
    painted(tmp_path / "work.safelight").close()
    session = CanvasSession.open(tmp_path / "work.safelight")
    weight = session.weigh().result(100)
    assert 11 * 200_000 < weight.undo < 11 * 300_000
    other = CanvasSession.open(tmp_path / "work.safelight")
    with pytest.raises(StudioError, match="read"):
        other.compact()
    with pytest.raises(StudioError, match="read"):
        other.weigh().result(100)
    other.close()
    session.close()


def test_a_file_that_was_away_for_a_while_is_compacted_as_any(tmp_path: Path) -> None:
    session = painted(tmp_path / "work.safelight")
    rested(session)
    session.path.rename(tmp_path / "away")
    with pytest.raises(StudioError, match="moved"):
        session._writer.run(session._project.rest).result(100)
    (tmp_path / "away").rename(session.path)
    assert session.compact(time.time() + 1).result(100) > 10 * 200_000
    session.close()


def test_painting_goes_on_while_the_file_is_compacted(tmp_path: Path) -> None:
    session = painted(tmp_path / "work.safelight")
    done = session.compact(time.time() + 1)
    for seed in range(20, 25):
        paint(session, seed)
    assert done.result(100) > 0
    assert session.flush()
    session.close()
    again = CanvasSession.open(session.path)
    assert [each.label for each in again.history.versions] == [
        "step 3",
        "step 11",
        *(f"step {n}" for n in range(20, 25)),
    ]
    assert np.array_equal(seen(again, again.history.current.id), noise(24))
    again.close()


def test_a_smaller_limit_shortens_the_history_with_later_steps(tmp_path: Path) -> None:
    session = painted(tmp_path / "work.safelight")
    session.limit_undo(1024 * 1024)
    for seed in range(30, 40):
        paint(session, seed)
        rested(session)
    kept = [each.label for each in session.history.versions]
    assert len(kept) < 12 and "step 3" in kept and kept[-1] == "step 39"
    session.close()


def test_untitled_work_without_its_history_is_still_work(tmp_path: Path) -> None:
    session = CanvasSession.create_untitled(tmp_path, BLANK)
    paint(session, 1)
    session.compact(time.time() + 1).result(100)
    assert len(session.history.versions) == 1
    session.close()
    again = CanvasSession.open(session.path, untitled=True)
    again.close()
    assert again.path.exists()
