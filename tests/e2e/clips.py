"""The workspace Animate with the starter model: what its user does there, and what the project holds."""

import io
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.domain.jobs import Job
from studio.domain.timeline.model import Clip, Generated, Timeline
from studio.session.canvas import CanvasSession
from studio.session.journal import Journal
from studio.session.paths import Paths
from studio.session.project.frames import of_take, still
from studio.session.studio import Studio
from studio.session.workers import worker_factory
from studio.ui.animate.editor import ClipEditor
from studio.ui.animate.page import AnimatePage
from studio.ui.bridge import Bridge
from studio.ui.timeline.lane_view import scale_of
from studio.ui.timeline.rows import RowKind
from studio.ui.window import MainWindow
from tests.ui.desk import bury

PATIENCE = 240_000  # milliseconds that a clip may take on a busy machine
NOTHING, LEFT = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton


def paths_of(home: Path) -> Paths:
    """The user folders of a program that runs with this home."""
    return Paths(home / "data", home / "config", home / "pictures")


def pixels(png: bytes) -> NDArray[np.uint8]:
    """(h, w, 3)."""
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


def rgba(image: QImage) -> NDArray[np.uint8]:
    """(h, w, 4), straight."""
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    return np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.width(), 4).copy()


def measured(path: Path) -> dict[str, Any]:
    """What `safelight measure` says of a file."""
    command = [sys.executable, "-m", "studio", "measure", str(path), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


# ---------------------------------------------------------------------------------------------- from outside


def jobs(home: Path) -> tuple[Job, ...]:
    """What the journal of the window holds, as another process sees it."""
    path = paths_of(home).queue
    if not path.exists():
        return ()
    journal = Journal.open(path)
    try:
        return journal.jobs()
    finally:
        journal.close()


def project(home: Path) -> Path | None:
    """The only project there is."""
    found = sorted(paths_of(home).untitled.glob("*.safelight"))
    assert len(found) <= 1
    return found[0] if found else None


def kept(home: Path, take: str) -> dict[int, bytes]:
    """The PNGs of a take that are in the project now, read without its lock."""
    path = project(home)
    if path is None:
        return {}
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)
    try:
        found = {number: still(connection, frame.digest) for number, frame in of_take(connection, take).items()}
    finally:
        connection.close()
    assert all(found.values()), "a frame is named, and its pixels are not there"
    return {number: png for number, png in found.items() if png is not None}


# ---------------------------------------------------------------------------------------------- from within


@dataclass
class Sitting:
    """A user before the window, in the workspace Animate."""

    window: MainWindow
    studio: Studio
    page: AnimatePage
    bot: QtBot

    @property
    def editor(self) -> ClipEditor:
        return self.page.editor

    @property
    def timeline(self) -> Timeline:
        return self.editor.desk.timeline

    @property
    def clip(self) -> Clip:
        """The only one."""
        (clip,) = (clip for track in self.timeline.tracks for clip in track.clips)
        return clip

    @property
    def media(self) -> Generated:
        media = self.clip.media
        assert isinstance(media, Generated)
        return media

    @property
    def frames(self) -> dict[int, bytes]:
        """The PNGs of the take that is seen."""
        takes = self.editor.session.takes
        found = {number: takes.png(self.media.active, number) for number in takes.numbers(self.media.active)}
        return {number: png for number, png in found.items() if png is not None}

    def wait(self, probe: Callable[[], object], patience: int = PATIENCE) -> None:
        """Until something is so."""
        self.bot.waitUntil(lambda: bool(probe()), timeout=patience)

    def stored(self) -> set[int]:
        """Which frames of the take another opening of the project file finds."""
        session = CanvasSession.open(self.editor.session.path)
        try:
            assert session.read_only, "the window has it"
            return set(session.takes.numbers(self.media.active))
        finally:
            session.close()

    def press(self, widget: QWidget, key: Qt.Key, held: Qt.KeyboardModifier = NOTHING) -> None:
        """A key where the focus is."""
        widget.setFocus()
        QTest.keyClick(widget, key, held)

    def drag(self, widget: QWidget, *places: QPoint, held: Qt.KeyboardModifier = NOTHING) -> None:
        """Press at the first place, go through the others, let go at the last."""
        self.take(widget, places[0], held)
        for place in places[1:]:
            self.go(widget, place, held)
        self.drop(widget, places[-1], held)

    def take(self, widget: QWidget, place: QPoint, held: Qt.KeyboardModifier = NOTHING) -> None:
        QTest.mousePress(widget, LEFT, held, place)

    def go(self, widget: QWidget, place: QPoint, held: Qt.KeyboardModifier = NOTHING) -> None:
        """Move with the button down; QTest knows no buttons in moves."""
        where, kind = QPointF(widget.mapToGlobal(place)), QEvent.Type.MouseMove
        event = QMouseEvent(kind, QPointF(place), where, Qt.MouseButton.NoButton, LEFT, held)
        QApplication.sendEvent(widget, event)

    def drop(self, widget: QWidget, place: QPoint, held: Qt.KeyboardModifier = NOTHING) -> None:
        QTest.mouseRelease(widget, LEFT, held, place)

    def in_ruler(self, frame: float) -> QPoint:
        """Where a frame is in the ruler; beyond the ring it is one of the next turn."""
        return QPoint(round(self.editor.panel.axis.view.x(frame)), 6)

    def in_lane(self, frame: float, value: float) -> QPoint:
        """Where a value is in the only lane of keys."""
        strip = self.editor.panel.strip
        row = next(row for row in strip.rows.rows if row.kind is RowKind.KEYS)
        track = self.timeline.track(row.track)
        assert track is not None
        y = scale_of(track, row).y(value) - strip.top
        return QPoint(round(self.editor.panel.axis.view.x(frame)), round(y))

    def keys(self) -> dict[Fraction, float]:
        """The keys of the only lane."""
        return {key.at: key.value for lane in self.clip.lanes for key in lane.keys}

    def seen(self) -> NDArray[np.uint8]:
        """What the player shows once the frame at the playhead is there: (h, w, 4), straight."""
        player, frame = self.editor.player, self.editor.desk.playhead
        self.wait(lambda: player.reel.has(frame) and player.reel.idle, 20_000)
        QApplication.processEvents()
        (image,) = player.area.images
        assert image is not None and image is player.reel.image(frame)
        return rgba(image)


@contextmanager
def animate(home: Path, bot: QtBot) -> Iterator[Sitting]:
    """The real window with a worker process, in the workspace Animate; closed afterwards as its user would."""
    bridge, paths = Bridge(), paths_of(home)
    studio = Studio(paths, worker_factory("process"), bridge.post, journal=paths.queue)
    window = MainWindow(studio, bridge)
    window.resize(1440, 900)
    window.show()
    assert QTest.qWaitForWindowExposed(window, 20_000)
    window.activateWindow()  # without a window manager only a window that is there gets the keys
    assert QTest.qWaitForWindowActive(window, 20_000)
    try:
        page = window.animate.page()
        bot.waitUntil(page.editor.inspector.generate.prompt.isVisible)
        yield Sitting(window, studio, page, bot)
    finally:
        with bot.waitSignal(window.closed, timeout=60_000):
            window.close()
        window.deleteLater()
        bridge.deleteLater()
        bury()
