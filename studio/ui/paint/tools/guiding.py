"""Guides in the hand: pulled out of a ruler, moved, and dropped beside the picture to be rid of them."""

import dataclasses
from typing import ClassVar

from PySide6.QtCore import QCoreApplication, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QMenu, QWidget

from studio.domain.document.document import Document, Guide
from studio.domain.document.edits import with_guides
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.picture import Picture
from studio.ui.paint.tools.base import Pointer, Tool
from studio.ui.paint.view import View
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, TYPE

_REACH = 5.0  # logical pixels
_LABEL = QPointF(10, -8)  # from the pointer to the number


class GuideTool(Tool):
    """Moves a guide by whole pixels. Dropped outside of the canvas, or of the surface, it is deleted."""

    name: ClassVar[str] = "guide"

    def __init__(self, desk: PaintDesk, picture: Picture) -> None:
        super().__init__(desk)
        self._picture = picture
        self._before: Guide | None = None  # None for one that was pulled out of a ruler
        self._now: Guide | None = None
        self._pen = Pointer(0, 0)

    @property
    def active(self) -> bool:
        """Is a guide in the hand?"""
        return self._now is not None

    @property
    def resting(self) -> tuple[Guide, ...]:
        """The guides that are not in the hand."""
        guides = self.desk.document.guides
        return guides if self._before is None else _without(guides, self._before)

    def hit(self, at: Pointer) -> Guide | None:
        """The guide under the pointer."""

        def away(guide: Guide) -> float:
            return abs((at.x if guide.vertical else at.y) - guide.at) * at.scale

        nearest = min(self.desk.document.guides, key=away, default=None)
        return nearest if nearest is not None and away(nearest) <= _REACH else None

    def press(self, at: Pointer) -> None:
        """Take hold of the guide there."""
        if (guide := self.hit(at)) is not None and self.desk.ready() and not self.desk.read_only:
            self._before = self._now = guide
            self.move(at)

    def pull(self, at: Pointer, *, vertical: bool) -> None:
        """Take a new guide out of a ruler."""
        if self.desk.ready() and not self.desk.read_only:
            self._now = Guide(0.0, vertical)
            self.move(at)

    def move(self, at: Pointer) -> None:
        """It goes along."""
        if self._now is not None:
            self._pen = at
            self._now = dataclasses.replace(self._now, at=float(round(at.x if self._now.vertical else at.y)))
            self.desk.overlay_changed.emit()

    def release(self, at: Pointer) -> None:
        """Put it down, if there is a place for it; one edit."""
        self.move(at)
        before, now = self._before, self._now
        kept = self._kept(at)
        self.cancel()
        if now is None or before == (now if kept else None):
            return
        moved = _tr("Guide") if before is None else _tr("Move guide")

        def change(document: Document) -> Document:
            guides = document.guides if before is None else _without(document.guides, before)
            return with_guides(document, (*guides, now) if kept else guides)

        self.desk.edit(moved if kept else _tr("Delete guide"), change)

    def delete(self, guide: Guide) -> None:
        """One guide less."""
        self.desk.edit(_tr("Delete guide"), lambda document: with_guides(document, _without(document.guides, guide)))

    def delete_all(self) -> None:
        """No guides."""
        self.desk.edit(_tr("Delete guides"), lambda document: with_guides(document, ()))

    def menu(self, guide: Guide, parent: QWidget) -> QMenu:
        """What can be done with a guide."""
        menu = QMenu(parent)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(_tr("Delete this guide"), lambda: self.delete(guide))
        menu.addAction(_tr("Delete all guides"), self.delete_all)
        menu.setEnabled(not self.desk.read_only)
        return menu

    def cancel(self) -> None:
        """It is where it was."""
        self._before = self._now = None
        self.desk.overlay_changed.emit()

    def cursor_at(self, at: Pointer) -> Qt.CursorShape:
        """Which way it goes."""
        guide = self._now or self.hit(at)
        if guide is None:
            return self.cursor
        return Qt.CursorShape.SplitHCursor if guide.vertical else Qt.CursorShape.SplitVCursor

    def overlay(self, painter: QPainter, view: View) -> None:
        """The guide in the hand and where it is; faint where it would be gone."""
        if self._now is None:
            return
        colour = QColor(COLOURS.sky if self._kept(self._pen) else COLOURS.off)
        draw_guide(painter, view, self._now, colour)
        painter.setFont(font(TYPE.caption))
        painter.drawText(view.to_screen(self._pen.x, self._pen.y) + _LABEL, f"{self._now.at:g}")

    def _kept(self, at: Pointer) -> bool:
        """Whether a guide let go there stays."""
        if self._now is None:
            return False
        size = self.desk.document.size
        on_canvas = 0 <= self._now.at <= (size.width if self._now.vertical else size.height)
        place = self._picture.view.to_screen(at.x, at.y).toPoint()
        return on_canvas and self._picture.rect().contains(place)


def draw_guide(painter: QPainter, view: View, guide: Guide, colour: QColor) -> None:
    """A line across everything in sight."""
    seen = view.visible
    along = (seen.y, seen.bottom) if guide.vertical else (seen.x, seen.right)
    ends = [(guide.at, float(end)) if guide.vertical else (float(end), guide.at) for end in along]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not view.upright)
    painter.setPen(QPen(colour, 1))
    painter.drawLine(view.to_screen(*ends[0]), view.to_screen(*ends[1]))


def _without(guides: tuple[Guide, ...], guide: Guide) -> tuple[Guide, ...]:
    """Once less: two guides may lie at one place."""
    if guide not in guides:
        return guides
    number = guides.index(guide)
    return (*guides[:number], *guides[number + 1 :])


def _tr(text: str) -> str:
    return QCoreApplication.translate("PaintTools", text)
