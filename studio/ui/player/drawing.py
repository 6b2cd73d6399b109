"""How a frame, what is transparent in it, badges and guides are painted."""

import functools
from enum import StrEnum

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QImage, QPainter, QPen

from studio.ui.theme.icons import pixmap
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, SPACE, TYPE

SMOOTH_BELOW = 3.0  # times; above it, pixels are shown as squares
ACTION_SAFE, TITLE_SAFE = 0.93, 0.90  # SMPTE RP 2046-1: shares of width and height
_SIGN = 28  # logical pixels
_SQUARE = 8  # logical pixels of the chequers
_DARK, _LIGHT = "#2a2a2e", "#36363b"


class Guide(StrEnum):
    """Lines over the picture."""

    SAFE_AREAS = "safe areas"
    THIRDS = "thirds"
    CENTRE = "centre"


def draw_frame(painter: QPainter, rect: QRectF, image: QImage, ratio: float) -> None:
    """A frame into its place; `ratio` is device pixels per logical pixel."""
    if image.hasAlphaChannel():
        _draw_chequers(painter, rect)
    scale = rect.width() * ratio / max(1, image.width())
    same = abs(scale - 1.0) < 1e-6
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not same and scale < SMOOTH_BELOW)
    painter.drawImage(rect, image)


def draw_guides(painter: QPainter, rect: QRectF, guides: frozenset[Guide]) -> None:
    """The guides that are wanted, light with a dark edge so that they are seen on any picture."""
    lines = []
    if Guide.SAFE_AREAS in guides:
        lines += [_inner(rect, share) for share in (ACTION_SAFE, TITLE_SAFE)]
    for colour, width in ((QColor(0, 0, 0, 110), 3.0), (QColor(255, 255, 255, 170), 1.0)):
        painter.setPen(QPen(colour, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for each in lines:
            painter.drawRect(each)
        if Guide.THIRDS in guides:
            _draw_thirds(painter, rect)
        if Guide.CENTRE in guides:
            _draw_centre(painter, rect)


def draw_badge(painter: QPainter, at: QPointF, text: str, *, right: bool = False) -> None:
    """A caption on a dark plate, `at` its top left corner, or with `right` its top right one."""
    letters = caption_font()
    painter.setFont(letters)
    width = QFontMetrics(letters).horizontalAdvance(text) + 2 * SPACE.small
    plate = QRectF(at.x() - (width if right else 0), at.y(), width, 2 * SPACE.medium)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(17, 17, 19, 205))
    painter.drawRoundedRect(plate, 4, 4)
    painter.setPen(QColor(COLOURS.text))
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def draw_message(painter: QPainter, rect: QRect, title: str, text: str, ratio: float = 1.0) -> None:
    """Words under a sign in the middle of an area without a picture."""
    around = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    room = rect.adjusted(SPACE.huge, SPACE.small, -SPACE.huge, -SPACE.small)
    heading, body = font(TYPE.title, strong=True), font(TYPE.body)
    high = QFontMetrics(heading).boundingRect(room, around, title).height()
    total = _SIGN + SPACE.medium + high + SPACE.small + QFontMetrics(body).boundingRect(room, around, text).height()
    room.setTop(room.top() + max(0, (room.height() - total) // 2))
    sign = pixmap("film", COLOURS.faint, _SIGN, ratio)
    painter.drawPixmap(QPointF(room.center().x() - _SIGN / 2, room.top()), sign)
    room.setTop(room.top() + _SIGN + SPACE.medium)
    painter.setFont(heading)
    painter.setPen(QColor(COLOURS.text))
    painter.drawText(room, around, title)
    room.setTop(room.top() + high + SPACE.small)
    painter.setFont(body)
    painter.setPen(QColor(COLOURS.muted))
    painter.drawText(room, around, text)


@functools.cache
def caption_font() -> QFont:
    """The letters of badges."""
    return font(TYPE.caption)


def _draw_chequers(painter: QPainter, rect: QRectF) -> None:
    painter.setBrushOrigin(rect.topLeft())
    painter.fillRect(rect, QBrush(_chequers()))


@functools.cache
def _chequers() -> QImage:
    image = QImage(2 * _SQUARE, 2 * _SQUARE, QImage.Format.Format_RGB32)
    image.fill(QColor(_DARK))
    painter = QPainter(image)
    for at in (0, _SQUARE):
        painter.fillRect(at, at, _SQUARE, _SQUARE, QColor(_LIGHT))
    painter.end()
    return image


def _inner(rect: QRectF, share: float) -> QRectF:
    dx, dy = rect.width() * (1 - share) / 2, rect.height() * (1 - share) / 2
    return rect.adjusted(dx, dy, -dx, -dy)


def _draw_thirds(painter: QPainter, rect: QRectF) -> None:
    for part in (1 / 3, 2 / 3):
        x, y = rect.left() + rect.width() * part, rect.top() + rect.height() * part
        painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
        painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))


def _draw_centre(painter: QPainter, rect: QRectF) -> None:
    middle, arm = rect.center(), SPACE.large
    painter.drawLine(QPointF(middle.x() - arm, middle.y()), QPointF(middle.x() + arm, middle.y()))
    painter.drawLine(QPointF(middle.x(), middle.y() - arm), QPointF(middle.x(), middle.y() + arm))
