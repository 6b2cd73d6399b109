"""A painter at an editor: a project in a folder of its own, and a pen."""

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.domain.document.document import Document
from studio.domain.document.layers import PaintLayer
from studio.domain.geometry import Rect, Size
from studio.imaging.tiles import Pixels
from studio.session.canvas import CanvasSession
from studio.ui.paint.clipboard import leave_behind
from studio.ui.paint.editor import Editor

NOTHING = Qt.KeyboardModifier.NoModifier


@dataclass
class Sitting:
    """An open editor; places are document pixels."""

    editor: Editor
    bot: QtBot
    window: QWidget
    closed: bool = field(default=False)

    @property
    def document(self) -> Document:
        return self.editor.desk.document

    @property
    def layer(self) -> PaintLayer:
        layer = self.editor.desk.active
        assert isinstance(layer, PaintLayer)
        return layer

    def at(self, x: float, y: float) -> QPoint:
        """A place on the surface."""
        return self.editor.surface.view.to_screen(x, y).toPoint()

    def look(self, x: float, y: float, zoom: float = 1.0) -> None:
        """See the document at a zoom, with a place in the middle."""
        import dataclasses

        surface = self.editor.surface
        surface.set_view(dataclasses.replace(surface.view, zoom=zoom, x=x, y=y, angle=0.0, mirrored=False))

    def drag(self, *places: tuple[float, float], held: Qt.KeyboardModifier = NOTHING) -> None:
        """Press at the first place, go through the others, let go at the last."""
        surface, left = self.editor.surface, Qt.MouseButton.LeftButton
        QTest.mousePress(surface, left, held, self.at(*places[0]))
        for place in places[1:]:
            QTest.mouseMove(surface, self.at(*place))
        QTest.mouseRelease(surface, left, held, self.at(*places[-1]))
        self.settle()

    def click(self, x: float, y: float, held: Qt.KeyboardModifier = NOTHING) -> None:
        self.drag((x, y), held=held)

    def key(self, key: Qt.Key, held: Qt.KeyboardModifier = NOTHING) -> None:
        QTest.keyClick(self.editor.surface, key, held)

    def pen(
        self,
        kind: QEvent.Type,
        x: float,
        y: float,
        pressure: float = 1.0,
        eraser: bool = False,
        tilt: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """A tablet's pen; its tilt in degrees to the right and towards the user."""
        surface = self.editor.surface
        place = surface.view.to_screen(x, y)
        pointer = QPointingDevice.PointerType.Eraser if eraser else QPointingDevice.PointerType.Pen
        device = QPointingDevice(
            "pen", 7, QPointingDevice.DeviceType.Stylus, pointer, QPointingDevice.Capability.Pressure, 1, 1
        )
        released = kind is QEvent.Type.TabletRelease
        held = Qt.MouseButton.NoButton if released else Qt.MouseButton.LeftButton
        event = QTabletEvent(
            kind, device, place, QPointF(surface.mapToGlobal(place.toPoint())), pressure, *tilt, 0.0, 0.0, 0.0,
            NOTHING, Qt.MouseButton.LeftButton, held,
        )  # fmt: skip
        QApplication.sendEvent(surface, event)

    def settle(self) -> None:
        """Wait for what was begun."""
        desk = self.editor.desk
        end = time.monotonic() + 10
        while desk.is_busy:
            assert time.monotonic() < end
            self.bot.wait(1)

    def pixels(self, rect: Rect) -> Pixels:
        """What is seen."""
        desk = self.editor.desk
        return desk.compositor.render(desk.document, rect)

    def own(self, rect: Rect) -> Pixels:
        """What the active layer has."""
        return self.editor.desk.store.paint(self.layer.tiles, rect)

    def colour(self, x: int, y: int) -> tuple[int, ...]:
        """The pixel of the picture."""
        return tuple(int(value) for value in self.pixels(Rect(x, y, 1, 1))[0, 0])

    def shown(self, x: float, y: float) -> str:
        """The colour on the screen at a place of the document, once all tiles are there."""
        surface = self.editor.surface
        surface.grab()
        self.bot.waitUntil(lambda: not self.editor.composition.busy)
        self.bot.wait(5)
        return surface.grab().toImage().pixelColor(surface.view.to_screen(x, y).toPoint()).name()

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.editor.close_work()
            self.editor.session.close()
            leave_behind()
            self.window.close()
            self.window.deleteLater()


def sit_down(bot: QtBot, folder: Path, size: Size = Size(256, 256), *layers: PaintLayer) -> Sitting:
    """A new project with these layers, or one empty one, shown at 100 %."""
    layers = layers or (PaintLayer(name="Layer 1"),)
    document = Document(size, layers, active=layers[-1].id)
    session = CanvasSession.create(folder / "work.safelight", document)
    return sit_down_at(bot, session)


def sit_down_at(bot: QtBot, session: CanvasSession) -> Sitting:
    """An editor of a session."""
    window = QWidget()
    editor = Editor(session, window)
    window.resize(900, 700)
    editor.resize(900, 700)
    window.show()
    window.activateWindow()
    sitting = Sitting(editor, bot, window)
    size = editor.desk.document.size
    sitting.look(size.width / 2, size.height / 2)
    editor.surface.setFocus()
    return sitting


def solid(rect: Rect, colour: tuple[int, int, int], alpha: int = 255) -> Pixels:
    out = np.empty((rect.height, rect.width, 4), np.uint8)
    out[...] = (*colour, alpha)
    return out
