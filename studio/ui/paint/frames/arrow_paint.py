"""Arrows on the canvas: each fades in from its tail to its head, as if it had just flown there."""

import functools
import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPen, QPixmap, QPolygonF

from studio.domain.geometry import Size
from studio.domain.treatment import Arrow
from studio.ui.paint.view import View
from studio.ui.theme.tokens import COLOURS

_SEEN = 0.92  # of an arrow's length that is drawn, so that arrows in a row are told apart
_HEAD = 13.0  # logical pixels: the length of a head
_LEAST = 0.55  # of an arrow's length that its head has at most
_SHAFT = QRectF(0, 0, 64, 7)  # logical pixels of the picture of a shaft, which is stretched to its length
_FAINT, _STRONG = 30, 255  # of 255: a shaft's ends
_DARK = 150  # of 255: the rim that parts it from a light picture

Fragments = list[QPainter.PixmapFragment]


class ArrowPaint:
    """Draws arrows out of two pictures, a shaft and a head; where they go is kept for the next time."""

    def __init__(self) -> None:
        self._for: tuple[tuple[Arrow, ...], View, Size, float] | None = None
        self._shafts: Fragments = []
        self._heads: Fragments = []

    def draw(self, painter: QPainter, view: View, size: Size, arrows: tuple[Arrow, ...], opacity: float = 1.0) -> None:
        """The arrows of a canvas of `size`, in logical pixels of the screen."""
        if not arrows:
            return
        now = (arrows, view, size, opacity)
        if self._for is None or self._for[0] is not arrows or self._for[1:] != now[1:]:
            self._for = now
            self._place(view, size, arrows, opacity)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for fragments, pixmap in ((self._shafts, _shaft(view.ratio)), (self._heads, _head(view.ratio))):
            for fragment in fragments:
                painter.drawPixmapFragments(fragment, 1, pixmap)  # PySide knows no more than one
        painter.restore()

    def _place(self, view: View, size: Size, arrows: tuple[Arrow, ...], opacity: float) -> None:
        shaft, head, ratio = _rect(_shaft(view.ratio)), _rect(_head(view.ratio)), view.ratio
        self._shafts, self._heads = [], []
        for arrow in arrows:
            start = view.to_screen(arrow.x * size.width, arrow.y * size.height)
            end = view.to_screen((arrow.x + arrow.dx) * size.width, (arrow.y + arrow.dy) * size.height)
            dx, dy = (end.x() - start.x()) * _SEEN, (end.y() - start.y()) * _SEEN
            length = math.hypot(dx, dy)
            if length < 1:
                continue
            point = min(_HEAD, length * _LEAST)
            rest, angle = 1 - 0.75 * point / length, math.degrees(math.atan2(dy, dx))
            thick = 0.5 + 0.5 * point / _HEAD
            middle = QPointF(start.x() + dx * rest / 2, start.y() + dy * rest / 2)
            self._shafts.append(_fragment(middle, shaft, length * rest / shaft.width(), thick / ratio, angle, opacity))
            tip = 1 - 0.5 * point / length
            at, scale = QPointF(start.x() + dx * tip, start.y() + dy * tip), point / _HEAD / ratio
            self._heads.append(_fragment(at, head, scale, scale, angle, opacity))


def _fragment(
    at: QPointF, rect: QRectF, across: float, down: float, angle: float, opacity: float
) -> QPainter.PixmapFragment:
    return QPainter.PixmapFragment.create(at, rect, across, down, angle, opacity)


def _rect(pixmap: QPixmap) -> QRectF:
    return QRectF(0, 0, pixmap.width(), pixmap.height())


def _blank(width: float, height: float, ratio: float) -> QPixmap:
    """In device pixels: fragments know no ratio."""
    made = QPixmap(math.ceil(width * ratio), math.ceil(height * ratio))
    made.fill(Qt.GlobalColor.transparent)
    return made


@functools.lru_cache(maxsize=4)
def _shaft(ratio: float) -> QPixmap:
    made = _blank(_SHAFT.width(), _SHAFT.height(), ratio)
    painter = QPainter(made)
    painter.scale(ratio, ratio)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for colour, most, margin in ((QColor(0, 0, 0), _DARK, 0.9), (QColor(COLOURS.lamp), _STRONG, 2.1)):
        fade = QLinearGradient(0, 0, _SHAFT.width(), 0)
        for place, share in ((0.0, _FAINT / 255), (1.0, 1.0)):
            shade = QColor(colour)
            shade.setAlphaF(share * most / 255)
            fade.setColorAt(place, shade)
        painter.fillRect(_SHAFT.adjusted(0, margin, 0, -margin), fade)
    painter.end()
    return made


@functools.lru_cache(maxsize=4)
def _head(ratio: float) -> QPixmap:
    side = _HEAD + 3
    made = _blank(side, side, ratio)
    painter = QPainter(made)
    painter.scale(ratio, ratio)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    left, right, middle = 2.0, side - 1.5, side / 2
    wing, notch = _HEAD * 0.42, _HEAD * 0.28
    barb = [(right, middle), (left, middle - wing), (left + notch, middle), (left, middle + wing)]
    shape = QPolygonF([QPointF(*place) for place in barb])
    painter.setPen(QPen(QColor(0, 0, 0, _DARK), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap,
                        Qt.PenJoinStyle.RoundJoin))  # fmt: skip
    painter.drawPolygon(shape)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(COLOURS.lamp))
    painter.drawPolygon(shape)
    painter.end()
    return made
