"""The stroke that is being drawn: straight into the tiles on the screen, until the edit it becomes takes its place."""

from collections.abc import Iterable
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from studio.domain.document.document import Document
from studio.domain.document.tiles import places_in
from studio.domain.geometry import Rect
from studio.imaging.composing.levels import enlarged
from studio.imaging.strokes import Stroke
from studio.imaging.tiles import Pixels
from studio.ui.paint.composition import Composition
from studio.ui.paint.desk import PaintDesk

NOWHERE = Rect(0, 0, 0, 0)


class LiveTarget(Protocol):
    """What the stroke looks like as long as it is not an edit."""

    def picture(self, stroke: Stroke, rect: Rect, level: int) -> tuple[Rect, Pixels] | None:
        """The picture with it, where a rectangle of the document changed."""

    def tint(self, stroke: Stroke, rect: Rect) -> Pixels | None:
        """The mask's values with it."""


class Live(QObject):
    """One stroke at a time. `redrawn` tells where the picture is another, `tinted` where the mask is."""

    redrawn = Signal(object)  # Rect
    tinted = Signal(object, object)  # Rect, values (h, w)

    def __init__(self, desk: PaintDesk, composition: Composition, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._composition = desk, composition
        self._stroke: Stroke | None = None
        self._target: LiveTarget | None = None
        self._shown = NOWHERE  # where the stroke is in the picture
        self._lingers = False
        self.level = 0  # that is on the screen
        composition.arrived.connect(self._arrived)
        desk.changed.connect(self._changed)
        desk.busy_changed.connect(self._settled)

    def begin(self, stroke: Stroke, target: LiveTarget) -> None:
        """Another stroke."""
        self._stroke, self._target, self._shown, self._lingers = stroke, target, NOWHERE, False

    def grow(self, whole: Rect, parts: Iterable[Rect]) -> None:
        """Show what was added in these parts; their union where they overlap."""
        rects = list(parts)
        for rect in rects if len(rects) > 1 and not _overlap(rects) else [whole]:
            self._show(rect)

    def linger(self) -> None:
        """The stroke is done; it stays to be seen until the document has it."""
        self._lingers = True

    def end(self) -> None:
        """Take it away."""
        stroke, target, self._stroke, self._target = self._stroke, self._target, None, None
        self._lingers = False
        if stroke is None or target is None:
            return
        bounds = self._shown.intersected(self._desk.document.rect)
        self._composition.show_document(self._desk.document, places_in(bounds))
        self.redrawn.emit(bounds)
        self.tinted.emit(bounds, None)

    def _show(self, rect: Rect) -> None:
        if self._stroke is None or self._target is None:
            return
        rect = rect.intersected(self._desk.document.rect)
        if rect.empty:
            return
        if (values := self._target.tint(self._stroke, rect)) is not None:
            self._shown = self._shown.united(rect)
            self.tinted.emit(rect, values)
        elif (found := self._target.picture(self._stroke, rect, self.level)) is not None:
            self._composition.paste(self.level, *found)
            whole = enlarged(found[0], self.level)
            self._shown = self._shown.united(whole)
            self.redrawn.emit(whole)

    def _arrived(self, rect: Rect) -> None:
        """A tile was made that knows nothing of the stroke."""
        if self._stroke is not None:
            self._show(rect.intersected(self._stroke.bounds))

    def _changed(self, document: Document, previous: Document) -> None:
        if self._lingers and document is not previous:
            self._stroke = self._target = None
            self._lingers = False

    def _settled(self, busy: str) -> None:
        """All edits are done: a stroke that is still waited for has failed, or changed nothing."""
        if not busy and self._lingers:
            self.end()


def _overlap(rects: list[Rect]) -> bool:
    return any(not a.intersected(b).empty for n, a in enumerate(rects) for b in rects[n + 1 :])
