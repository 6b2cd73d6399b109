"""A picture's way as a strip of film: a slider whose groove is the pictures themselves."""

import functools

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.denoise.way import Way
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, SPACE, TYPE
from studio.ui.widgets.wheel import Slider

CELL = 56  # logical pixels, the height of a frame
_NUMBER = 16  # the line of numbers below
_GAP = 4
_EDGE = 3  # room for the ring at either side
_RADIUS = 4


class FilmStrip(Slider):
    """One stop for each guess that was kept, and the finished picture at the end.

    Where there is no room for all of them, frames stand for their neighbours; the ringed one always shows the stop that
    is chosen.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._way: Way | None = None
        self._result = QImage()
        self._small = functools.lru_cache(512)(self._scaled)
        self.setAccessibleName(self.tr("Steps of the picture"))
        self.setToolTip(self.tr("The picture as it was guessed after each step"))
        self.setFixedHeight(CELL + _NUMBER + 2 * _EDGE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.restored.connect(lambda: self.setValue(self.maximum()))

    def show_way(self, way: Way, result: QImage) -> None:
        """Another way; `result` is null where it led to no picture. The last stop is chosen."""
        self._way, self._result = way, result
        self._small.cache_clear()
        self.setRange(0, max(0, len(way.kept) - result.isNull()))
        self.setPageStep(max(1, len(way.kept) // 8))
        self.setValue(self.maximum())
        self.update()

    def image(self, stop: int) -> QImage:
        """The picture of a stop as it was kept; null when it is damaged."""
        if self._way is None:
            return QImage()
        if stop >= len(self._way.kept):
            return self._result
        image = QImage()
        image.loadFromData(self._way.kept[stop].jpeg)
        return image

    def frame(self, place: int) -> QRectF:
        """Where the frame of this number from the left is."""
        return QRectF(_EDGE + place * self._pitch(), _EDGE, self._pitch() - _GAP, CELL)

    def minimumSizeHint(self) -> QSize:
        """A few frames."""
        return QSize(3 * (CELL + _GAP), self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Frames, and the number of its step below each."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(font(TYPE.caption))
        stops = self._shown()
        for place, stop in enumerate(stops):
            self._paint_frame(painter, place, stop)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the frame under the pointer."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setValue(self._stop_at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer."""
        if self.isSliderDown():
            self.setValue(self._stop_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self.setSliderDown(False)

    def _pitch(self) -> float:
        size = self._way.size if self._way else None
        wide = size.width / size.height if size else 1.0
        return CELL * min(2.0, max(0.5, wide)) + _GAP

    def _shown(self) -> list[int]:
        """The stops of the frames, from left to right."""
        count = self.maximum() + 1
        if self._way is None or (self._result.isNull() and not self._way.kept):
            return []
        room = max(2, int((self.width() - 2 * _EDGE + _GAP) / self._pitch()))
        if count <= room:
            return list(range(count))
        frames = [round(place * (count - 1) / (room - 1)) for place in range(room)]
        frames[self._place_of(self.value(), room)] = self.value()
        return frames

    def _place_of(self, stop: int, room: int) -> int:
        return round(stop * (room - 1) / max(1, self.maximum()))

    def _stop_at(self, point: QPointF) -> int:
        """The stop under the pointer: between the frames' middles all stops can be reached."""
        frames, pitch = self._shown(), self._pitch()
        place = (point.x() - _EDGE) / pitch
        if len(frames) == self.maximum() + 1:
            return min(self.maximum(), max(0, int(place)))
        return min(self.maximum(), max(0, round((place - 0.5) / (len(frames) - 1) * self.maximum())))

    def _paint_frame(self, painter: QPainter, place: int, stop: int) -> None:
        cell = self.frame(place)
        shape = QPainterPath()
        shape.addRoundedRect(cell, _RADIUS, _RADIUS)
        painter.fillPath(shape, QColor(COLOURS.field))
        ratio = self.devicePixelRatioF()
        image = self._small(stop, QSize(round(cell.width() * ratio), round(cell.height() * ratio)))
        if not image.isNull():
            painter.setClipPath(shape)
            painter.drawImage(cell, image)
            painter.setClipping(False)
        chosen = stop == self.value()
        if chosen:
            painter.setPen(QPen(QColor(COLOURS.lamp), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(cell.adjusted(-1, -1, 1, 1), _RADIUS + 1, _RADIUS + 1)
        painter.setPen(QColor(COLOURS.text if chosen else COLOURS.muted))
        line = QRectF(cell.left(), cell.bottom() + _EDGE, cell.width(), _NUMBER)
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, self._number(stop))
        if chosen and self.hasFocus():
            painter.setPen(QPen(QColor(COLOURS.focus), 2))
            y = line.bottom() - 1
            painter.drawLine(QPointF(cell.center().x() - SPACE.small, y), QPointF(cell.center().x() + SPACE.small, y))

    def _number(self, stop: int) -> str:
        if self._way is None:
            return ""
        return str(self._way.kept[stop].step) if stop < len(self._way.kept) else self.tr("Result")

    def _scaled(self, stop: int, size: QSize) -> QImage:
        image = self.image(stop)
        if image.isNull():
            return image
        mode, smooth = Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
        scaled = image.scaled(size, mode, smooth)
        return scaled.copy(
            (scaled.width() - size.width()) // 2, (scaled.height() - size.height()) // 2, size.width(), size.height()
        )
