"""Rulers along the canvas; a drag from one of them puts a guide down."""

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.domain.document.document import Guide
from studio.domain.document.edits import with_guides
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.picture import Picture
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, TYPE

THICK = 20
_APART = 64.0  # logical pixels between two numbers at least
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)


class Ruler(QWidget):
    """Counts the document's pixels above (or, upright, beside) a surface; shown while the view is not turned."""

    def __init__(self, desk: PaintDesk, surface: Picture, *, upright: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._surface, self._upright = desk, surface, upright
        self._pulled: float | None = None  # where a guide is being dragged to
        fixed, wide = QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding
        self.setSizePolicy(fixed if upright else wide, wide if upright else fixed)
        self.setAccessibleName(self.tr("Ruler"))
        self.setToolTip(self.tr("Drag onto the canvas to put a guide down"))
        self.setCursor(Qt.CursorShape.SplitHCursor if upright else Qt.CursorShape.SplitVCursor)
        surface.view_changed.connect(lambda _: self.update())

    def sizeHint(self) -> QSize:
        """A narrow strip."""
        return QSize(THICK, THICK)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lines and numbers."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(COLOURS.panel))
        painter.setFont(font(TYPE.caption - 1))
        view = self._surface.view
        if view.angle == 0:
            step = next((step for step in _STEPS if step * view.scale >= _APART), _STEPS[-1])
            fine = step / (10 if step >= 10 and step * view.scale >= 100 else 5 if step >= 5 else 1)
            seen = view.visible
            low, high = (seen.y, seen.bottom) if self._upright else (seen.x, seen.right)
            for number in range(math.floor(low / fine), math.ceil(high / fine) + 1):
                self._paint_line(painter, number * fine, (number * fine) % step == 0)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take a guide out of the ruler."""
        self._pulled = self._at(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """It goes with the pointer."""
        self._pulled = self._at(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Put it down, if it is over the canvas."""
        pulled, self._pulled = self._pulled, None
        if pulled is not None:
            pulled = self._at(event.position())
        place = self._surface.mapFrom(self.window(), self.mapTo(self.window(), event.position().toPoint()))
        if pulled is None or not self._surface.rect().contains(place) or self._surface.view.angle != 0:
            return
        guide = Guide(float(round(pulled)), self._upright)
        self._desk.edit(self.tr("Guide"), lambda document: with_guides(document, (*document.guides, guide)))

    def _at(self, place: QPointF) -> float:
        spot = self._surface.mapFrom(self.window(), self.mapTo(self.window(), place.toPoint()))
        at = self._surface.view.to_document(QPointF(spot))
        return at.x() if self._upright else at.y()

    def _paint_line(self, painter: QPainter, value: float, long: bool) -> None:
        at = self._surface.view.to_screen(value, value)
        painter.setPen(QPen(QColor(COLOURS.edge), 1))
        if self._upright:
            painter.drawLine(QPointF(THICK - (10 if long else 4), at.y()), QPointF(THICK, at.y()))
        else:
            painter.drawLine(QPointF(at.x(), THICK - (10 if long else 4)), QPointF(at.x(), THICK))
        if not long:
            return
        painter.setPen(QColor(COLOURS.muted))
        if self._upright:
            painter.save()
            painter.translate(2, at.y() - 2)
            painter.rotate(-90)
            painter.drawText(QRectF(0, 0, 60, 12), Qt.AlignmentFlag.AlignLeft, f"{value:g}")
            painter.restore()
        else:
            painter.drawText(QRectF(at.x() + 3, 1, 60, 12), Qt.AlignmentFlag.AlignLeft, f"{value:g}")
