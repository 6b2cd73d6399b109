"""A rectangle with handles, for whatever is framed: where it can be taken hold of, and what a drag makes of it."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from studio.domain.geometry import Rect
from studio.ui.paint.tools.base import Pointer
from studio.ui.paint.view import View
from studio.ui.theme.tokens import COLOURS

INSIDE = (0, 0)  # a grip: which sides move, -1 the left or upper one, 1 the right or lower one
Grip = tuple[int, int]
_GRIPS: tuple[Grip, ...] = ((-1, -1), (1, -1), (1, 1), (-1, 1), (0, -1), (1, 0), (0, 1), (-1, 0))
_REACH = 9.0  # logical pixels
_SIDE = 8.0
_SHAPES: dict[Grip, Qt.CursorShape] = {
    (-1, -1): Qt.CursorShape.SizeFDiagCursor,
    (1, 1): Qt.CursorShape.SizeFDiagCursor,
    (1, -1): Qt.CursorShape.SizeBDiagCursor,
    (-1, 1): Qt.CursorShape.SizeBDiagCursor,
    (0, -1): Qt.CursorShape.SizeVerCursor,
    (0, 1): Qt.CursorShape.SizeVerCursor,
    (1, 0): Qt.CursorShape.SizeHorCursor,
    (-1, 0): Qt.CursorShape.SizeHorCursor,
    INSIDE: Qt.CursorShape.SizeAllCursor,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a rectangle may be: sides are multiples of `step` of at least `least` and at most `most` pixels, and their
    ratio is `ratio` (width / height) where it is not 0."""

    step: int = 1
    least: int = 1
    most: int = 16384
    ratio: float = 0.0

    def side(self, length: float) -> int:
        """The nearest length that may be."""
        return min(self.most, max(self.least, round(length / self.step) * self.step))


def grip_at(rect: Rect, at: Pointer) -> Grip | None:
    """What of a rectangle lies under the pen: a corner, a side, its inside, or None."""
    for grip in _GRIPS:
        if at.near(*spot(rect, grip), reach=_REACH):
            return grip
    inside = rect.x <= at.x < rect.right and rect.y <= at.y < rect.bottom
    return INSIDE if inside else None


def shape_of(grip: Grip | None) -> Qt.CursorShape:
    """The pointer over a grip."""
    return Qt.CursorShape.CrossCursor if grip is None else _SHAPES[grip]


def spot(rect: Rect, grip: Grip) -> tuple[float, float]:
    """Where a grip is."""
    x = rect.x + rect.width * (grip[0] + 1) / 2
    y = rect.y + rect.height * (grip[1] + 1) / 2
    return x, y


def dragged(rect: Rect, grip: Grip, dx: float, dy: float, limits: Limits) -> Rect:
    """The rectangle after a grip was dragged by so many pixels; the opposite side or corner stays where it is."""
    if grip == INSIDE:
        return rect.moved(round(dx), round(dy))
    width, height = limits.side(rect.width + grip[0] * dx), limits.side(rect.height + grip[1] * dy)
    if limits.ratio:
        if grip[0] and (not grip[1] or abs(dx) >= abs(dy) * limits.ratio):
            height = limits.side(width / limits.ratio)
        else:
            width = limits.side(height * limits.ratio)
    x = rect.right - width if grip[0] < 0 else rect.x if grip[0] else rect.x + (rect.width - width) // 2
    y = rect.bottom - height if grip[1] < 0 else rect.y if grip[1] else rect.y + (rect.height - height) // 2
    return Rect(x, y, width, height)


def draw_handles(painter: QPainter, view: View, rect: Rect) -> None:
    """Small squares at the grips."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(0, 0, 0, 200), 1))
    painter.setBrush(QColor(COLOURS.text))
    for grip in _GRIPS:
        middle: QPointF = view.to_screen(*spot(rect, grip))
        painter.drawRect(QRectF(middle.x() - _SIDE / 2, middle.y() - _SIDE / 2, _SIDE, _SIDE))


def draw_shade(painter: QPainter, view: View, rect: Rect) -> None:
    """Everything but the rectangle, darkened."""
    path = QPainterPath()
    path.addRect(QRectF(0, 0, view.width, view.height))
    path.addPolygon(view.screen_polygon(rect))
    path.closeSubpath()
    painter.fillPath(path, QColor(0, 0, 0, 120))
