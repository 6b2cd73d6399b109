"""Trouble at the canvas: a disk without room while one paints, files that are no projects or damaged, and pictures
that mean harm. It is told in words, nothing is lost, and the window goes on."""

import os
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.domain.document import edits
from studio.domain.document.document import Document
from studio.domain.document.layers import PaintLayer
from studio.domain.geometry import Rect, Size
from studio.imaging.tiles import Pixels
from studio.session.canvas import CanvasSession
from studio.session.project import schema
from studio.session.project.recent import Recent
from studio.ui.paint.page import PaintPage
from tests.session.project.disks import files_at_most
from tests.ui.desk import Desk, Desks

LAUGHS = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))


def enter(desk: Desk) -> PaintPage:
    desk.window.workspaces.show_page("paint")
    page = desk.window.workspaces.page("paint")
    assert isinstance(page, PaintPage)
    desk.bot.waitUntil(lambda: page.editor.surface.hasFocus())
    return page


@pytest.fixture
def page(desk: Desk) -> PaintPage:
    page = enter(desk)
    page.begin(Size(400, 300), True)
    desk.bot.waitUntil(lambda: page.editor.surface.hasFocus())
    return page


def stroke(desk: Desk, page: PaintPage, number: int) -> None:
    """A wide line across the canvas, each at another height."""
    surface, left = page.editor.surface, Qt.MouseButton.LeftButton
    page.editor.change_brush(size=30.0)
    ends = [surface.view.to_screen(x, 20 + 25 * number).toPoint() for x in (20, 200, 380)]
    QTest.mousePress(surface, left, Qt.KeyboardModifier.NoModifier, ends[0])
    for end in ends[1:]:
        QTest.mouseMove(surface, end)
    QTest.mouseRelease(surface, left, Qt.KeyboardModifier.NoModifier, ends[-1])
    desk.bot.waitUntil(lambda: not page.editor.desk.is_busy)


def seen(page: PaintPage) -> Pixels:
    desk = page.editor.desk
    return desk.compositor.render(desk.document, Rect(0, 0, 400, 300))


def told(desk: Desk) -> str:
    banner = desk.window.area.banner
    return f"{banner.message.text()} {banner.hint.text()}" if banner.isVisible() else ""


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on file sizes")
def test_a_disk_that_fills_up_during_a_stroke_is_told_and_nothing_is_lost(desk: Desk, page: PaintPage) -> None:
    session = page.editor.session
    stroke(desk, page, 0)
    assert session.flush(60)
    page.editor._again.setInterval(50)
    with files_at_most(1000):
        for number in range(1, 4):
            stroke(desk, page, number)
        desk.bot.waitUntil(lambda: page.editor.session.path.name in told(desk))
        desk.bot.waitUntil(lambda: "saving" in desk.window.windowTitle())
        picture = seen(page)
        assert len(session.history.versions) == 5, "work goes on in memory"
        desk.window.commands["paint-undo"].trigger()
        assert not np.array_equal(seen(page), picture)
        desk.window.commands["paint-redo"].trigger()
        assert np.array_equal(seen(page), picture)
        assert session.unsaved
    desk.bot.waitUntil(lambda: page.editor.saved, timeout=20_000)
    assert not session.unsaved, "it is tried again without being asked"
    other = CanvasSession.open(session.path)
    assert other.document == session.document
    other.close()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(path: Path) -> None:
    """Every page of the file after the first has a bit turned."""
    data = bytearray(path.read_bytes())
    for place in range(4096 + 100, len(data), 1024):
        data[place] ^= 16
    path.write_bytes(data)


def foreign(path: Path) -> None:
    path.write_bytes(b"GIF89a" + bytes(5000))


def newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    connection.close()


DAMAGES = {cut: "damaged", flipped: "damaged", foreign: "not a Safelight project", newer: "newer version"}


@pytest.mark.parametrize(("damage", "words"), DAMAGES.items())
def test_a_file_that_cannot_be_opened_is_told_and_left_alone(
    desk: Desk, page: PaintPage, tmp_path: Path, damage: Callable[[Path], None], words: str
) -> None:
    stroke(desk, page, 1)
    session, path = page.editor.session, tmp_path / "old.safelight"
    assert session.flush(60)
    shutil.copyfile(made(tmp_path), path)
    damage(path)
    before = path.read_bytes()
    page.open_path(path)
    desk.bot.waitUntil(lambda: words in told(desk))
    assert path.read_bytes() == before
    assert page.editor.session is session, "what was on the table stays there"
    assert not page.editor.session.read_only


def made(folder: Path) -> Path:
    """A closed project with a stroke of noise."""
    path = folder / "made.safelight"
    session = CanvasSession.create(path, Document(Size(300, 300), (PaintLayer(id="a"),), active="a"))
    noise = np.random.default_rng(1).integers(0, 256, (300, 300, 4), np.uint8)
    tiles = session.store.painted(PaintLayer().tiles, Rect(0, 0, 300, 300), noise)
    session.commit("paint", edits.with_tiles(session.document, "a", tiles))
    session.close()
    return path


def test_a_project_that_was_damaged_in_between_is_told_at_the_next_start(desks: Desks, tmp_path: Path) -> None:
    first = desks.open(tmp_path)
    path = made(tmp_path)
    Recent(first.studio.paths.recent_projects).add(path)
    desks.close(first)
    cut(path)
    before = path.read_bytes()
    second = desks.open(tmp_path)
    page = enter(second)
    second.bot.waitUntil(lambda: "damaged" in told(second))
    assert path.read_bytes() == before
    assert page.editor.session.path != path
    stroke(second, page, 1)
    assert page.editor.session.flush(60)


def bomb(path: Path, text: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "image/openraster")
        archive.writestr("stack.xml", text)
    return path


HOSTILE = {
    "laughs": f'<!DOCTYPE image [<!ENTITY e0 "ha">{LAUGHS}]><image w="8" h="8"><stack name="&e9;"/></image>',
    "outside": '<!DOCTYPE image SYSTEM "file:///dev/zero"><image w="8" h="8"><stack/></image>',
    "absurd": '<image w="1000000000" h="1000000000"><stack/></image>',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_picture_that_means_harm_is_refused_in_words(desk: Desk, page: PaintPage, tmp_path: Path, name: str) -> None:
    path = bomb(tmp_path / "trap.ora", HOSTILE[name])
    session, document = page.editor.session, page.editor.desk.document
    page.open_path(path)
    desk.bot.waitUntil(lambda: "trap.ora" in told(desk))
    assert page.editor.session is session
    assert len(page.sessions.left_over) == 0, "nothing is left of the project that it would have become"
    page.editor.toast.hide()
    page.editor.image.bring_in(path, (100, 100))
    desk.bot.waitUntil(lambda: page.editor.toast.isVisible())
    assert page.editor.desk.document == document
