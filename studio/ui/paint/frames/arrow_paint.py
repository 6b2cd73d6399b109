"""Arrows on the canvas: each fades in from its tail to its head, as if it had just flown there."""

import functools
import math

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
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


class ArrowPaint:
    """Draws arrows out of two pictures, a shaft and a head, into a picture that is kept for the next time."""

    def __init__(self) -> None:
        self._for: tuple[tuple[Arrow, ...], View, Size] | None = None
        self._image = QPixmap()
        self._at = QPointF()

    def draw(self, painter: QPainter, view: View, size: Size, arrows: tuple[Arrow, ...], opacity: float = 1.0) -> None:
        """The arrows of a canvas of `size`, in logical pixels of the screen."""
        if self._for is None or self._for[0] is not arrows or self._for[1:] != (view, size):
            self._for = arrows, view, size
            self._draw_all(view, _placed(view, size, arrows))
        if not self._image.isNull():
            painter.setOpacity(opacity)
            painter.drawPixmap(self._at, self._image)
            painter.setOpacity(1.0)

    def _draw_all(self, view: View, lines: list[QLineF]) -> None:
        self._image = QPixmap()
        seen = _around(lines).intersected(QRectF(0, 0, view.width, view.height).toAlignedRect())
        if seen.isEmpty():
            return
        image = _blank(seen.width(), seen.height(), view.ratio)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.scale(view.ratio, view.ratio)
        painter.translate(-seen.topLeft())
        shaft, head = _shaft(view.ratio), _head(view.ratio)
        for line in lines:
            _draw_arrow(painter, line, shaft, head, view.ratio)
        painter.end()
        image.setDevicePixelRatio(view.ratio)
        self._image, self._at = image, QPointF(seen.topLeft())


def _placed(view: View, size: Size, arrows: tuple[Arrow, ...]) -> list[QLineF]:
    """Where arrows are on the screen, from tail to tip."""
    way, found = view.transform(), []
    for arrow in arrows:
        x, y = arrow.x * size.width, arrow.y * size.height
        line = way.map(QLineF(x, y, x + arrow.dx * size.width * _SEEN, y + arrow.dy * size.height * _SEEN))
        if line.length() >= 1:
            found.append(line)
    return found


def _around(lines: list[QLineF]) -> QRect:
    """What the arrows are drawn in."""
    if not lines:
        return QRect()
    across = [x for line in lines for x in (line.x1(), line.x2())]
    down = [y for line in lines for y in (line.y1(), line.y2())]
    left, top = min(across), min(down)
    whole = QRectF(left, top, max(across) - left, max(down) - top)
    return whole.adjusted(-_HEAD, -_HEAD, _HEAD, _HEAD).toAlignedRect()


def _draw_arrow(painter: QPainter, line: QLineF, shaft: QPixmap, head: QPixmap, ratio: float) -> None:
    length, angle = line.length(), -line.angle()
    point = min(_HEAD, length * _LEAST)
    rest, thick = length - 0.75 * point, 0.5 + 0.5 * point / _HEAD
    middle = line.pointAt(rest / 2 / length)
    rect, scale = _rect(shaft), rest / shaft.width()
    painter.drawPixmapFragments(QPainter.PixmapFragment.create(middle, rect, scale, thick / ratio, angle), 1, shaft)
    at, scale = line.pointAt(1 - 0.5 * point / length), point / _HEAD / ratio
    painter.drawPixmapFragments(QPainter.PixmapFragment.create(at, _rect(head), scale, scale, angle), 1, head)


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
