"""Two takes in one picture area: wipe, side by side, difference, flicker."""

import dataclasses
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from studio.ui.player.drawing import draw_badge, draw_frame
from studio.ui.theme.tokens import COLOURS, SPACE

GAIN = 4  # how much stronger differences are shown
_AIR = SPACE.small
STEP = 0.02  # of the width: what a key moves the divider by


class Mode(StrEnum):
    """How two takes are shown."""

    WIPE = "wipe"
    SIDE_BY_SIDE = "side by side"
    DIFFERENCE = "difference"
    FLICKER = "flicker"


_TITLES = {
    Mode.WIPE: str(QT_TRANSLATE_NOOP("Comparing", "Wipe")),
    Mode.SIDE_BY_SIDE: str(QT_TRANSLATE_NOOP("Comparing", "Side by side")),
    Mode.DIFFERENCE: str(QT_TRANSLATE_NOOP("Comparing", "Difference")),
    Mode.FLICKER: str(QT_TRANSLATE_NOOP("Comparing", "Flicker")),
}


def title_of(mode: Mode) -> str:
    """A mode's name in the user's language."""
    return QCoreApplication.translate("Comparing", _TITLES[mode])


@dataclass(frozen=True, slots=True)
class Comparison:
    """`names` are of the takes A and B. The wipe shows A at the left of `divider`, a share of the width; the flicker
    shows B while `second`.
    """

    mode: Mode = Mode.WIPE
    names: tuple[str, str] = ("A", "B")
    divider: float = 0.5
    second: bool = False

    def moved(self, divider: float) -> "Comparison":
        """The divider elsewhere."""
        return dataclasses.replace(self, divider=min(1.0, max(0.0, divider)))

    def turned(self) -> "Comparison":
        """A and B exchanged in time: the flicker shows the other one."""
        return dataclasses.replace(self, second=not self.second)


def difference(first: QImage, second: QImage) -> QImage:
    """|A - B| of each channel, `GAIN` times as strong, opaque; as large as A."""
    made = first.convertToFormat(QImage.Format.Format_RGB32)
    painter = QPainter(made)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Difference)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(QRectF(made.rect()), second)
    painter.end()
    once = made.copy()
    painter = QPainter(made)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Plus)
    for _ in range(GAIN - 1):
        painter.drawImage(0, 0, once)
    painter.end()
    return made


def draw_comparison(
    painter: QPainter, rect: QRectF, images: tuple[QImage, QImage], comparison: Comparison, ratio: float
) -> None:
    """A and B over each other in `rect`, as wipe, difference or flicker."""
    first, second = images
    if comparison.mode is Mode.DIFFERENCE:
        draw_frame(painter, rect, difference(first, second), ratio)
    elif comparison.mode is Mode.FLICKER:
        draw_frame(painter, rect, images[comparison.second], ratio)
    else:
        draw_frame(painter, rect, first, ratio)
        at = divider_x(rect, comparison)
        painter.save()
        painter.setClipRect(QRectF(at, rect.top(), rect.right() - at, rect.height()))
        draw_frame(painter, rect, second, ratio)
        painter.restore()


def draw_names(painter: QPainter, rect: QRectF, comparison: Comparison) -> None:
    """Which take is seen where, and the wipe's divider."""
    left, right = rect.topLeft() + QPointF(_AIR, _AIR), rect.topRight() + QPointF(-_AIR, _AIR)
    first, second = comparison.names
    if comparison.mode is Mode.DIFFERENCE:
        text = QCoreApplication.translate("Comparing", "{a} − {b}, × {gain}")
        draw_badge(painter, left, text.format(a=first, b=second, gain=GAIN))
    elif comparison.mode is Mode.FLICKER:
        draw_badge(painter, left, comparison.names[comparison.second])
    else:
        _draw_divider(painter, rect, divider_x(rect, comparison))
        draw_badge(painter, left, first)
        draw_badge(painter, right, second, right=True)


def divider_x(rect: QRectF, comparison: Comparison) -> float:
    """Where the divider stands in the area."""
    return rect.left() + rect.width() * comparison.divider


def _draw_divider(painter: QPainter, rect: QRectF, at: float) -> None:
    for colour, width in ((QColor(0, 0, 0, 140), 3.0), (QColor(COLOURS.text), 1.0)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(QPointF(at, rect.top()), QPointF(at, rect.bottom()))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(0, 0, 0, 140), 1.0))
    painter.setBrush(QColor(COLOURS.text))
    middle = QPointF(at, rect.center().y())
    painter.drawEllipse(middle, 9, 9)
    painter.setPen(QPen(QColor(COLOURS.canvas), 1.5))
    for way in (-1, 1):
        tip = middle + QPointF(5 * way, 0)
        painter.drawLine(tip, tip + QPointF(-2.5 * way, -2.5))
        painter.drawLine(tip, tip + QPointF(-2.5 * way, 2.5))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
