"""The program's window with a scripted user who paints until the process is killed.

Run as a program, it waits for lines "HOME SEED" and lets a forked copy of itself open the window there, go to the
canvas, and paint with mouse and keys. The copy says, each on a line:

    opened DIGEST    the document that the window begins with
    will N DIGEST    before edit N: the document that it leads to
    saved N          all edits up to N are in the project file

Then, once it was killed, comes "killed".
"""

import hashlib
import os
import random
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.domain.document.document import Document
from studio.domain.document.document_json import Encoder
from studio.domain.document.history import Version
from studio.domain.geometry import Size
from studio.session.canvas import CanvasSession
from studio.ui.application import create_application
from studio.ui.bridge import Bridge
from studio.ui.paint.page import PaintPage
from studio.ui.window import MainWindow
from tests.ui.fakes import make_studio

ROOT = Path(__file__).resolve().parents[3]
CANVAS = Size(600, 500)


def digest(document: Document) -> str:
    """What a document is, pixels included: tiles are named by their content."""
    encoded = Encoder().encode(document)
    return hashlib.sha256(encoded.digest.encode()).hexdigest()[:16]


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


class Witness:
    """Tells what a session is about to do, and what it has saved."""

    def __init__(self, session: CanvasSession) -> None:
        self._session, self._commit = session, session.commit
        self._announced = self._done = 0
        session.commit = self.commit  # type: ignore[method-assign]
        session.saved.connect(self._saved)

    def commit(self, label: str, document: Document, merge: str = "") -> Version:
        self.announce(document)
        version = self._commit(label, document, merge)
        self.done()
        return version

    def announce(self, document: Document) -> None:
        self._announced += 1
        say("will", self._announced, digest(document))

    def done(self) -> None:
        """What was announced has been handed to the writer."""
        self._done = self._announced

    def _saved(self, saved: bool) -> None:
        if saved:
            say("saved", self._done)


class Painter:
    """Draws, fills, selects, adds layers, undoes and redoes, through the window."""

    def __init__(self, window: MainWindow, seed: str) -> None:
        self._window, self._chance = window, random.Random(seed)
        page = window.paint.page()
        assert isinstance(page, PaintPage)
        if page.editor.session.document.size != CANVAS:
            page.begin(CANVAS, True)
        self._page = page
        say("opened", digest(page.editor.session.document))
        self._witness = Witness(page.editor.session)

    def paint(self) -> None:
        """One act of the user, once the one before it is over: what an undo leads to could not be told otherwise."""
        while self._page.editor.desk.is_busy:
            QApplication.processEvents()
        commands, history = self._window.commands, self._page.editor.session.history
        kind = self._chance.choices(("brush", "eraser", "undo", "redo", "layer", "area"), (9, 2, 3, 2, 1, 2))[0]
        if kind == "undo" and history.current.parent is not None:
            self._witness.announce(history.document_of(history.current.parent))
            commands["paint-undo"].trigger()
            self._witness.done()
        elif kind == "redo" and history.undone:
            self._witness.announce(history.document_of(history.undone[0].id))
            commands["paint-redo"].trigger()
            self._witness.done()
        elif kind == "layer" and len(self._page.editor.desk.document.layers) < 5:
            commands["layer-new"].trigger()
        elif kind == "area":
            commands["tool-select-rectangle"].trigger()
            self._drag()
            commands["select-none"].trigger()
        elif kind in ("brush", "eraser"):
            commands[f"tool-{kind}"].trigger()
            self._page.editor.change_brush(size=self._chance.choice((3.0, 20.0, 90.0)))
            self._drag()

    def _drag(self) -> None:
        surface, left = self._page.editor.surface, Qt.MouseButton.LeftButton
        at = [QPoint(self._chance.randrange(surface.width()), self._chance.randrange(surface.height())) for _ in "abc"]
        QTest.mousePress(surface, left, Qt.KeyboardModifier.NoModifier, at[0])
        for point in at[1:]:
            QTest.mouseMove(surface, point)
            QApplication.processEvents()
        QTest.mouseRelease(surface, left, Qt.KeyboardModifier.NoModifier, at[-1])


def work(home: Path, seed: str) -> None:
    """Open the window and paint until killed."""
    application = create_application(["safelight"])
    bridge = Bridge()
    studio, _ = make_studio(home, bridge)
    window = MainWindow(studio, bridge)
    window.resize(1100, 750)
    window.show()
    window.activateWindow()
    application.processEvents()
    painter, parent = Painter(window, seed), os.getppid()
    while os.getppid() == parent:  # a test that is stopped leaves nobody painting
        painter.paint()
        application.processEvents()


def main() -> None:
    """Fork a window for each line."""
    for line in sys.stdin:
        home, seed = line.split()
        child = os.fork()
        if not child:
            work(Path(home), seed)
        say("painting", child)
        os.waitpid(child, 0)
        say("killed")


if __name__ == "__main__":
    main()
