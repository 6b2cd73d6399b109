"""A user at a window: what a test does and what it sees."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.session.studio import Studio
from studio.ui.application import create_application
from studio.ui.bridge import Bridge
from studio.ui.window import MainWindow
from tests.ui.fakes import FakeWorker, make_studio


def application() -> QApplication:
    """The only one of this process, also where tests of several folders run in it."""
    there = QApplication.instance()
    return there if isinstance(there, QApplication) else create_application(["safelight"])


@dataclass
class Desk:
    """An open window and everything behind it."""

    window: MainWindow
    studio: Studio
    worker: FakeWorker
    bot: QtBot

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """A key where the focus is."""
        self.bot.keyClick(self.window.focusWidget(), key, modifier)

    def generate(self) -> None:
        """Ctrl+Return."""
        self.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    def make(self, colour: str = "blue") -> None:
        """One picture, from the key to the canvas."""
        known = self.window.history.rowCount()
        self.generate()
        self.worker.begin()
        self.worker.finish(colour)
        self.bot.waitUntil(lambda: self.window.history.rowCount() > known and self.window.stage.entry is not None)

    def shown(self) -> str:
        """The colour in the middle of the canvas, as #rrggbb."""
        image = self.window.area.view.image
        assert image is not None
        return image.pixelColor(image.width() // 2, image.height() // 2).name()


class Desks:
    """Opens windows and closes them, and looks for what they leave behind."""

    def __init__(self, bot: QtBot) -> None:
        self._bot, self._open = bot, list[Desk]()

    def open(self, home: Path, journal: Path | None = None) -> Desk:
        bridge = Bridge()
        studio, worker = make_studio(home, bridge, journal=journal)
        window = MainWindow(studio, bridge)
        desk = Desk(window, studio, worker, self._bot)
        self._open.append(desk)
        window.show()
        window.activateWindow()
        self._bot.waitUntil(lambda: worker.started and studio.engine is not None)
        window.panel.prompt.setFocus()
        self._bot.waitUntil(window.panel.prompt.hasFocus)
        return desk

    def close(self, desk: Desk) -> None:
        self._open.remove(desk)
        with self._bot.waitSignal(desk.window.closed):
            desk.window.close()
        desk.window.deleteLater()
        desk.window.bridge.deleteLater()
        desk.window = None  # type: ignore[assignment]
        bury()

    def close_all(self) -> None:
        for desk in tuple(self._open):
            self.close(desk)


def bury() -> None:
    """Delete now what was to be deleted later."""
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
