"""The reverse path as a strip of pictures, from the present moment back to a clean picture."""

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.domain.study import PATH_SHOWN
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, SPACE, TYPE

HEIGHT = 128
_LINE = 18


@dataclass(frozen=True, slots=True)
class Stop:
    """A picture of the path at the model's own time `t`."""

    t: float
    image: QImage


class PathStrip(QWidget):
    """Up to `PATH_SHOWN` pictures side by side with their times; or words while there is no path."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stops: list[Stop] = []
        self.words = ""
        self._stale = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Reverse path"))

    def add(self, stop: Stop, first: bool) -> None:
        """One more picture; the first one takes the place of an older path."""
        self.stops = [stop] if first else [*self.stops, stop]
        self.words, self._stale = "", False
        times = ", ".join(f"{stop.t:.2f}" for stop in self.stops)
        self.setAccessibleDescription(self.tr("Pictures at the times {times}").format(times=times))
        self.update()

    def fade(self) -> None:
        """The path is no longer that of the present moment."""
        self._stale = True
        self.update()

    def say(self, words: str) -> None:
        """There is no path."""
        self.stops, self.words = [], words
        self.setAccessibleDescription(words)
        self.update()

    def sizeHint(self) -> QSize:
        """One row of small squares."""
        return QSize(PATH_SHOWN * (HEIGHT - _LINE), HEIGHT)

    def hasHeightForWidth(self) -> bool:
        """Yes: the pictures are squares."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Room for the squares and the line below them."""
        return round(min(HEIGHT, width / PATH_SHOWN - SPACE.small + _LINE))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The pictures, each with its time below."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(font(TYPE.caption))
        side = min(self.width() / PATH_SHOWN - SPACE.small, HEIGHT - _LINE)
        pitch = side + SPACE.small
        for i in range(PATH_SHOWN):
            place = QRectF(i * pitch, 0, side, side)
            if i < len(self.stops):
                self._draw(painter, place, self.stops[i])
            elif not self.stops:
                painter.fillRect(place, QColor(COLOURS.window))
        if self.words:
            painter.setFont(font(TYPE.body))
            painter.setPen(QColor(COLOURS.muted))
            row = QRect(SPACE.large, 0, self.width() - 2 * SPACE.large, round(side))
            painter.drawText(row, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.words)
        painter.end()

    def _draw(self, painter: QPainter, place: QRectF, stop: Stop) -> None:
        size = stop.image.size().scaled(place.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        inside = QRectF(0, 0, size.width(), size.height())
        inside.moveCenter(place.center())
        painter.setOpacity(0.35 if self._stale else 1.0)
        painter.drawImage(inside, stop.image)
        painter.setOpacity(1.0)
        painter.setPen(QColor(COLOURS.muted))
        text = QRectF(place.left(), place.bottom(), place.width(), _LINE)
        painter.drawText(text, Qt.AlignmentFlag.AlignCenter, f"t = {stop.t:.2f}")
