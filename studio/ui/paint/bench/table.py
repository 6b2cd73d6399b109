"""An editor on a table: real layers in a real project, a pen, and the eye that sees whether the screen was painted."""

import dataclasses
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from studio.domain.document.blending import BlendMode
from studio.domain.document.brushes import Brush
from studio.domain.document.document import Document
from studio.domain.document.edits import insert
from studio.domain.document.layers import PaintLayer
from studio.domain.document.tiles import EMPTY, TILE, places_in
from studio.domain.geometry import Rect, Size
from studio.imaging.tiles import Pixels, TileStore
from studio.session.canvas import CanvasSession
from studio.ui.paint.editor import Editor

# The two uppermost are such that one layer can look as both do, so that they can be merged.
MODES = (
    BlendMode.NORMAL,
    BlendMode.MULTIPLY,
    BlendMode.SCREEN,
    BlendMode.OVERLAY,
    BlendMode.SOFT_LIGHT,
    BlendMode.COLOR,
    BlendMode.NORMAL,
    BlendMode.NORMAL,
)
ACTIVE = 4  # of the eight layers: the one that is painted on
_OPACITY = 0.8
_DIFFERENT = 64  # tiles, strewn at random: no two places have the same stack of them
WINDOW = Size(1280, 800)
_PATIENCE = 3600  # seconds for anything to end


class Paints(QObject):
    """Counts how often a widget was painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Look on."""
        self.count += event.type() is QEvent.Type.Paint
        return False


class Table:
    """An editor with a session on it, shown in a window of its own."""

    def __init__(self, application: QApplication, session: CanvasSession) -> None:
        self.application, self.session = application, session
        self.window = QWidget()
        self.editor = Editor(session, self.window)
        self.surface = self.editor.surface
        self.paints = Paints(self.surface)
        for widget in (self.window, self.editor):
            widget.resize(WINDOW.width, WINDOW.height)
        self.window.show()

    @classmethod
    def of_eight_layers(cls, application: QApplication, folder: Path, side: int) -> "Table":
        """Eight blended layers of `side` × `side` pixels with noise all over them, seen at 100 %; a 64 px brush."""
        session = CanvasSession.create(folder / f"{side}.safelight", Document(Size(side, side)))
        document, rng = session.document, np.random.default_rng(1)
        tiles = [session.store.put(noise_tile(rng)) for _ in range(_DIFFERENT)]
        for number, mode in enumerate(MODES):
            places = {place: tiles[rng.integers(_DIFFERENT)] for place in places_in(document.rect)}
            layer = PaintLayer(name=str(number), mode=mode, opacity=_OPACITY, tiles=EMPTY.edited(places))
            document = insert(document, layer)
        session.commit("Eight layers", dataclasses.replace(document, active=document.layers[ACTIVE].id))
        table = cls(application, session)
        surface = table.surface
        surface.set_view(dataclasses.replace(surface.view, zoom=1.0, x=side / 2, y=side / 2))
        table.editor.desk.set_options(brush=Brush(size=64.0, hardness=0.5, spacing=0.1))
        table.settle()
        return table

    @property
    def document(self) -> Document:
        """As it is."""
        return self.editor.desk.document

    @property
    def store(self) -> TileStore:
        """Its pixels."""
        return self.session.store

    @property
    def busy(self) -> bool:
        """Is an edit or a tile of the screen still being made?"""
        return self.editor.composition.busy or self.editor.desk.is_busy

    def show(self) -> None:
        """Wait until the screen shows the document as it is."""
        end, calm = time.monotonic() + _PATIENCE, 0
        while calm < 2:  # what was overtaken while it was made is made again after the next repaint
            if time.monotonic() > end:
                raise TimeoutError("the canvas did not come to rest")
            self.application.processEvents()
            calm = 0 if self.busy else calm + 1
            time.sleep(0.0005)

    def settle(self) -> None:
        """Wait until the screen shows the document as it is, and the file has it."""
        self.show()
        if not self.session.flush(_PATIENCE):
            raise TimeoutError("the canvas could not be saved")
        self.application.processEvents()

    def own(self, rect: Rect) -> Pixels:
        """The pixels of the active layer."""
        layer = self.editor.desk.active
        assert isinstance(layer, PaintLayer)
        return self.store.paint(layer.tiles, rect)

    def seen(self, rect: Rect) -> Pixels:
        """The picture."""
        return self.editor.desk.compositor.render(self.document, rect)

    def pen(self, kind: QEvent.Type, at: QPointF) -> None:
        """The left button of the mouse, in logical pixels of the surface."""
        left = Qt.MouseButton.LeftButton
        held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else left
        event = QMouseEvent(kind, at, self.surface.mapToGlobal(at), left, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self.surface, event)

    def close(self) -> None:
        """End it."""
        self.editor.close_work()
        self.session.close()
        self.window.close()
        self.window.deleteLater()
        self.application.processEvents()


def noise_tile(rng: np.random.Generator) -> Pixels:
    """A tile that no two layers share and no compression makes smaller; its colours stay below its alpha."""
    tile = rng.integers(0, 256, (TILE, TILE, 4), np.uint8)
    np.minimum(tile[..., :3], tile[..., 3:], out=tile[..., :3])
    return tile


def require(happened: bool, what: str) -> None:
    """Raise RuntimeError where something that was to be measured did not happen."""
    if not happened:
        raise RuntimeError(f"not measured: {what}")
