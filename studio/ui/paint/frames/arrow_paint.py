"""Arrows on the canvas: each fades in from its tail to its head, as if it had just flown there."""

import math
from dataclasses import dataclass, field

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from studio.domain.geometry import Size
from studio.domain.treatment import Arrow
from studio.ui.paint.view import View
from studio.ui.theme.tokens import COLOURS

_PARTS = ((0.0, 0.35, 70, 1.4), (0.35, 0.65, 140, 2.0), (0.65, 1.0, 255, 2.6))  # from, to, of 255, logical pixels
_HEAD = 9.0  # logical pixels: the longest head
_SHARE = 0.5  # of an arrow's length that its head has at most
_SEEN = 0.9  # of its length that is drawn, so that arrows in a row are told apart
_DARK = QColor(0, 0, 0, 120)


@dataclass(slots=True)
class _Shapes:
    """The arrows' shafts, part by part, and all heads, on the screen."""

    shafts: tuple[list[QLineF], ...] = field(default_factory=lambda: tuple([] for _ in _PARTS))
    heads: QPainterPath = field(default_factory=QPainterPath)


class ArrowPaint:
    """Draws arrows; what was worked out for a view and a set of arrows is kept for the next time."""

    def __init__(self) -> None:
        self._for: tuple[tuple[Arrow, ...], View, Size] | None = None
        self._shapes = _Shapes()

    def draw(self, painter: QPainter, view: View, size: Size, arrows: tuple[Arrow, ...], opacity: float = 1.0) -> None:
        """The arrows of a canvas of `size`, in logical pixels of the screen."""
        if not arrows:
            return
        now = (arrows, view, size)
        if self._for is None or self._for[0] is not arrows or self._for[1:] != now[1:]:
            self._for, self._shapes = now, _shapes(view, size, arrows)
        painter.save()
        painter.setOpacity(opacity)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shapes, colour = self._shapes, QColor(COLOURS.lamp)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(_DARK, 2.0, join=Qt.PenJoinStyle.RoundJoin))
        painter.drawPath(shapes.heads)
        for dark in (True, False):
            for lines, (_, _, alpha, width) in zip(shapes.shafts, _PARTS, strict=True):
                shade = QColor(0, 0, 0, alpha * 110 // 255) if dark else QColor(colour)
                if not dark:
                    shade.setAlpha(alpha)
                cap = Qt.PenCapStyle.FlatCap
                painter.setPen(QPen(shade, width + 2 if dark else width, Qt.PenStyle.SolidLine, cap))
                painter.drawLines(lines)
        painter.fillPath(shapes.heads, colour)
        painter.restore()


def _shapes(view: View, size: Size, arrows: tuple[Arrow, ...]) -> _Shapes:
    found = _Shapes()
    found.heads.setFillRule(Qt.FillRule.WindingFill)
    for arrow in arrows:
        start = view.to_screen(arrow.x * size.width, arrow.y * size.height)
        end = view.to_screen((arrow.x + arrow.dx) * size.width, (arrow.y + arrow.dy) * size.height)
        dx, dy = (end.x() - start.x()) * _SEEN, (end.y() - start.y()) * _SEEN
        length = math.hypot(dx, dy)
        if length < 1:
            continue
        head = min(_HEAD, length * _SHARE)
        shaft = 1 - 0.8 * head / length
        for lines, (first, last, _, _) in zip(found.shafts, _PARTS, strict=True):
            a, b = first * shaft, last * shaft
            lines.append(QLineF(start.x() + dx * a, start.y() + dy * a, start.x() + dx * b, start.y() + dy * b))
        _add_head(found.heads, QPointF(start.x() + dx, start.y() + dy), dx / length * head, dy / length * head)
    return found


def _add_head(path: QPainterPath, tip: QPointF, x: float, y: float) -> None:
    """A barbed head that points along (x, y), which is as long as it is."""
    back, wide = QPointF(tip.x() - x, tip.y() - y), 0.5
    path.moveTo(tip)
    path.lineTo(back.x() - y * wide, back.y() + x * wide)
    path.lineTo(tip.x() - x * 0.72, tip.y() - y * 0.72)
    path.lineTo(back.x() + y * wide, back.y() - x * wide)
    path.closeSubpath()
