"""Rulers along the canvas; a drag from one of them puts a guide down."""

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.paint.surface import Surface
from studio.ui.paint.tools.base import Pointer
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, TYPE

THICK = 20
_APART = 64.0  # logical pixels between two numbers at least
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)


class Ruler(QWidget):
    """Counts the document's pixels above (or, upright, beside) a surface; shown while the view is not turned."""

    def __init__(self, surface: Surface, *, upright: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._surface, self._upright = surface, upright
        fixed, wide = QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding
        self.setSizePolicy(fixed if upright else wide, wide if upright else fixed)
        self.setAccessibleName(self.tr("Ruler"))
        self.setToolTip(
            self.tr("Drag onto the canvas to put a guide down. The Move tool moves guides; dragged back here, they go.")
        )
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
        if event.button() is Qt.MouseButton.LeftButton and self._surface.view.angle == 0:
            self._surface.overlays.show_guides = True
            self._surface.guides.pull(self._pointer(event), vertical=self._upright)
            self._surface.hold(self._surface.guides)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """It goes with the pointer."""
        self._surface.guides.move(self._pointer(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Put it down, if it is over the canvas."""
        self._surface.hold(None)
        self._surface.guides.release(self._pointer(event))

    def _pointer(self, event: QMouseEvent) -> Pointer:
        view = self._surface.view
        place = self._surface.mapFromGlobal(self.mapToGlobal(event.position()))
        at = view.to_document(place)
        return Pointer(at.x(), at.y(), scale=view.scale)

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
