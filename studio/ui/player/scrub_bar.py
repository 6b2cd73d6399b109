"""The bar below the picture: the whole timeline, what of it can be played at once, the zone, the playhead."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.domain.timeline.model import Timeline
from studio.ui.theme.tokens import COLOURS, SPACE

_HIGH = 20
_GROOVE = 4.0
_KNOB = 6.0
_SIDE = SPACE.medium


class ScrubBar(QWidget):
    """`scrubbed` tells the frame under the pointer while it is dragged."""

    scrubbed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Position"))
        self.setToolTip(
            self.tr("Drag to move the playhead. The light line shows the frames that can be played at once.")
        )
        self._timeline, self._length = Timeline(), 0
        self._playhead = 0
        self._ranges: list[tuple[int, int]] = []

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(200, _HIGH)

    def show_timeline(self, timeline: Timeline) -> None:
        """Another length or zone."""
        self._timeline, self._length = timeline, timeline.length
        self.update()

    def show_playhead(self, frame: int) -> None:
        """The frame that is seen."""
        if frame != self._playhead:
            self._playhead = frame
            self.setAccessibleDescription(self.tr("Frame {frame} of {count}").format(frame=frame, count=self._length))
            self.update()

    def show_ranges(self, ranges: list[tuple[int, int]]) -> None:
        """The frames that are in the cache, as (first, one beyond the last)."""
        if ranges != self._ranges:
            self._ranges = ranges
            self.update()

    def frame_at(self, x: float) -> int:
        """The frame under a place of the bar."""
        length = self._length
        share = (x - _SIDE) / max(1.0, self.width() - 2 * _SIDE)
        return min(max(0, int(share * length)), max(0, length - 1))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Groove, zone, cached frames, knob."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        self._fill(painter, 0, max(1, self._length), COLOURS.hover, _GROOVE)
        if self._length:
            for first, end in self._ranges:
                self._fill(painter, first, end, COLOURS.faint, _GROOVE)
            self._paint_zone(painter)
            middle = QPointF(self._x(self._playhead + 0.5), self.height() / 2)
            painter.setBrush(QColor(COLOURS.panel))
            painter.drawEllipse(middle, _KNOB + 1, _KNOB + 1)
            painter.setBrush(QColor(COLOURS.lamp))
            painter.drawEllipse(middle, _KNOB, _KNOB)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        if event.button() == Qt.MouseButton.LeftButton and self._length:
            self.scrubbed.emit(self.frame_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the playhead."""
        if event.buttons() & Qt.MouseButton.LeftButton and self._length:
            self.scrubbed.emit(self.frame_at(event.position().x()))

    def _paint_zone(self, painter: QPainter) -> None:
        """Brackets over the frames between in and out; on a ring it may lie across the seam."""
        zone, length = self._timeline.zone, self._length
        if zone is None:
            return
        parts = [(zone.start, min(zone.end, length))]
        if self._timeline.ring and zone.end > length:
            parts.append((0, zone.end - length))
        painter.setBrush(QColor(COLOURS.focus))
        top, high = self.height() / 2 - 7, 2.0
        for first, end in parts:
            painter.drawRect(QRectF(self._x(first), top, self._x(end) - self._x(first), high))
        painter.drawRect(QRectF(self._x(zone.start), top, 2.0, 14.0))
        out = zone.end if zone.end <= length else zone.end - length
        painter.drawRect(QRectF(self._x(out) - 2.0, top, 2.0, 14.0))

    def _fill(self, painter: QPainter, first: int, end: int, colour: str, high: float) -> None:
        painter.setBrush(QColor(colour))
        left, right = self._x(first), self._x(end)
        painter.drawRoundedRect(QRectF(left, (self.height() - high) / 2, right - left, high), high / 2, high / 2)

    def _x(self, frame: float) -> float:
        return _SIDE + (self.width() - 2 * _SIDE) * frame / max(1, self._length)
