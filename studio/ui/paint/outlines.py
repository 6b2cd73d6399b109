"""The line around what is selected, found away from the window's thread for what is in sight."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QPointF, QThreadPool, Signal, Slot
from PySide6.QtGui import QPainterPath, QPolygonF

from studio.domain.document.layers import Mask
from studio.domain.document.tiles import places_in
from studio.domain.errors import StudioError
from studio.domain.geometry import Rect
from studio.imaging.selections import outlines
from studio.imaging.tiles import Pixels, TileStore

_SPARE = 2  # pixels beyond what is in sight, where the line is closed unseen


@dataclass(frozen=True, slots=True)
class Look:
    """What the line is wanted for: a selection, the part of the document in sight, and the level on the screen."""

    selection: Mask | None
    seen: Rect
    level: int


class SelectionOutline(QObject):
    """`path` is the line in document pixels, empty where nothing is selected; `found` tells of another one."""

    found = Signal()
    _made = Signal(object, object)  # Look, corners of each closed line

    def __init__(self, store: TileStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.path = QPainterPath()
        self._wanted: Look | None = None
        self._under_way = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._made.connect(self._take)

    def look_at(self, look: Look) -> None:
        """Find the line for this; the newest wish wins."""
        if look == self._wanted:
            return
        self._wanted = look
        if look.selection is None:
            self.path = QPainterPath()
            self.found.emit()
        elif not self._under_way:
            self._begin(look)

    def close(self) -> None:
        """Wait for what is under way."""
        self._wanted = None
        self._pool.waitForDone()
        self._made.disconnect(self._take)

    def _begin(self, look: Look) -> None:
        self._under_way = True
        self._pool.start(lambda: self._make(look))

    def _make(self, look: Look) -> None:
        lines: list[list[tuple[float, float]]] = []
        try:
            lines = _lines(self._store, look)
        except StudioError:
            lines = []  # edits that read the damaged tile tell of it
        finally:
            self._made.emit(look, lines)

    @Slot(object, object)
    def _take(self, look: Look, lines: list[list[tuple[float, float]]]) -> None:
        self._under_way = False
        if self._wanted is None or self._wanted.selection is None:
            return
        if look.selection is self._wanted.selection:
            self.path = QPainterPath()
            for line in lines:
                self.path.addPolygon(QPolygonF([QPointF(x, y) for x, y in line]))
                self.path.closeSubpath()
            self.found.emit()
        if look != self._wanted:
            self._begin(self._wanted)


def _lines(store: TileStore, look: Look) -> list[list[tuple[float, float]]]:
    assert look.selection is not None
    step = 1 << look.level
    seen = look.seen.grown(_SPARE * step)
    left, top = seen.x // step * step, seen.y // step * step
    whole = Rect(left, top, seen.right - left, seen.bottom - top)
    values = thinned(store, look.selection, whole, step)
    lines = outlines(values, Rect(0, 0, values.shape[1], values.shape[0]))
    return [[(left + float(x) * step, top + float(y) * step) for x, y in line] for line in lines]


def thinned(store: TileStore, mask: Mask, rect: Rect, step: int) -> Pixels:
    """Every `step`th value of a mask; tile by tile, so that a large document costs no large array."""
    if step == 1:
        return store.mask(mask, rect)
    out = np.full((-(-rect.height // step), -(-rect.width // step)), mask.outside, np.uint8)
    for place in places_in(rect):
        if (digest := mask.tiles.get(place)) is not None:
            part = place.rect.intersected(rect)
            x, y = -(-(part.x - rect.x) // step), -(-(part.y - rect.y) // step)
            first_x, first_y = rect.x + x * step - place.rect.x, rect.y + y * step - place.rect.y
            values = store.get(digest)[
                first_y : part.bottom - place.rect.y : step, first_x : part.right - place.rect.x : step
            ]
            out[y : y + values.shape[0], x : x + values.shape[1]] = values
    return out
