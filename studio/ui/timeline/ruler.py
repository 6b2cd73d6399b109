"""The ruler: time, in and out point, markers; a press goes there."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.domain.timeline.model import Timeline, Zone
from studio.ui.theme.tokens import COLOURS, TYPE
from studio.ui.timeline.axis import TimeAxis
from studio.ui.timeline.beat_paint import paint_beats
from studio.ui.timeline.desk import TimelineDesk
from studio.ui.timeline.inks import ink
from studio.ui.timeline.scene import elided, letters, width_of
from studio.ui.timeline.ticks import steps, timecode

HEIGHT = 44
_ZONE = 8  # height of the bar between in and out point
_FLAG = 12
_REACH = 7.0

Snapped = Callable[[float, int], int]  # a place, and the frame from which something is dragged there


class Ruler(QWidget):
    """Shows `shown` of the desk through the axis. A drag takes the playhead along, at an end of the zone the in or out
    point, at a marker's flag the marker. `frames` counts in frames instead of time.
    """

    scrubbed = Signal(int)
    zone_dragged = Signal(object, bool)  # Zone, and whether that was all of it
    marker_dragged = Signal(int, int, bool)  # from, to
    marker_opened = Signal(int, QPointF)  # to be named
    menu_wanted = Signal(object, int)  # QPoint of the screen, frame
    wheeled = Signal(QWheelEvent)

    def __init__(self, desk: TimelineDesk, axis: TimeAxis, snapped: Snapped, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._axis, self._snapped = desk, axis, snapped
        self.frames = False
        self._held: Callable[[float, bool], None] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Ruler"))
        self.setAccessibleDescription(self.tr("Drag to look through the timeline"))
        axis.changed.connect(self.update)
        desk.playhead_changed.connect(lambda _: self.update())
        for signal in (desk.changed, desk.previewed):
            signal.connect(lambda *_: self.update())

    def sizeHint(self) -> QSize:
        """A strip for numbers, marks and the zone."""
        return QSize(400, HEIGHT)

    # ------------------------------------------------------------------------------------------ hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the playhead, of the zone, or of a marker."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        x, y = event.position().x(), event.position().y()
        marker = self._marker_at(x, y)
        end = self._zone_end_at(x, y)
        if marker is not None:
            self._held = self._hold_marker(marker)
        elif end:
            self._held = self._hold_zone(end)
        else:
            self._held = self._scrub
            self._scrub(x, False)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """It goes along."""
        x, y = event.position().x(), event.position().y()
        if self._held is not None:
            self._held(x, False)
            return
        grip = self._marker_at(x, y) is not None or self._zone_end_at(x, y)
        self.setCursor(Qt.CursorShape.SizeHorCursor if grip else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        held, self._held = self._held, None
        if held is not None:
            held(event.position().x(), True)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Name a marker."""
        marker = self._marker_at(event.position().x(), event.position().y())
        if marker is not None:
            self._held = None
            self.marker_opened.emit(marker, event.globalPosition())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with a place in time."""
        self.menu_wanted.emit(event.globalPos(), int(self._axis.view.frame(event.pos().x())))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scrolls and zooms, as over the strip."""
        self.wheeled.emit(event)

    def event(self, event: QEvent) -> bool:
        """A tooltip names the place."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._hint(event.pos().x(), event.pos().y()), self)
            return True
        return super().event(event)

    def _hint(self, x: float, y: float) -> str:
        timeline = self._desk.shown
        marker = self._marker_at(x, y)
        if marker is not None:
            name = next((mark.name for mark in timeline.markers if mark.at == marker), "")
            words = self.tr("Marker “{name}” at {time}: drag it, double-click to name it")
            return words.format(name=name, time=timecode(marker, timeline.rate))
        frame = int(self._axis.view.frame(x) // 1)
        if timeline.ring:
            frame %= timeline.ring
        words = self.tr("{time}, frame {frame}")
        return words.format(time=timecode(frame, timeline.rate), frame=frame)

    def _scrub(self, x: float, _done: bool) -> None:
        self.scrubbed.emit(int(self._axis.view.frame(x) // 1))

    def _hold_marker(self, marker: int) -> Callable[[float, bool], None]:
        def move(x: float, done: bool) -> None:
            self.marker_dragged.emit(marker, self._snapped(self._axis.view.frame(x), marker), done)

        return move

    def _hold_zone(self, end: str) -> Callable[[float, bool], None]:
        zone = self._desk.timeline.zone or Zone(0, 1)

        def move(x: float, done: bool) -> None:
            frame = self._snapped(self._axis.view.frame(x), zone.start if end == "in" else zone.end)
            moved = (
                Zone(min(frame, zone.end - 1), zone.end)
                if end == "in"
                else Zone(zone.start, max(frame, zone.start + 1))
            )
            self.zone_dragged.emit(moved, done)

        return move

    def _marker_at(self, x: float, y: float) -> int | None:
        if y < HEIGHT - _ZONE - _FLAG - 2 or y >= HEIGHT - _ZONE:
            return None
        timeline = self._desk.shown
        for turn in self._axis.turns():
            for marker in timeline.markers:
                left = self._axis.view.x(marker.at + turn * timeline.ring)
                if -2 <= x - left <= self._flag_width(marker.name):
                    return marker.at
        return None

    def _zone_end_at(self, x: float, y: float) -> str:
        zone = self._desk.shown.zone
        if zone is None or y < HEIGHT - _ZONE:
            return ""
        ends = {"in": zone.start, "out": zone.end}
        near = min(ends, key=lambda end: abs(self._axis.view.x(ends[end]) - x))
        return near if abs(self._axis.view.x(ends[near]) - x) <= _REACH else ""

    # ------------------------------------------------------------------------------------------ drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Numbers, marks, the zone, markers, the playhead."""
        painter = QPainter(self)
        timeline = self._desk.shown
        painter.fillRect(self.rect(), ink(COLOURS.panel))
        self._paint_marks(painter, timeline)
        paint_beats(painter, self._axis.view, timeline, HEIGHT - _ZONE)
        self._paint_outside(painter, timeline)
        self._paint_zone(painter, timeline)
        for turn in self._axis.turns():
            for marker in timeline.markers:
                self._paint_flag(painter, self._axis.view.x(marker.at + turn * timeline.ring), marker.name)
        painter.fillRect(QRectF(0, HEIGHT - 1, self.width(), 1), ink(COLOURS.line))
        self._paint_playhead(painter, timeline)
        painter.end()

    def _paint_marks(self, painter: QPainter, timeline: Timeline) -> None:
        view = self._axis.view
        major, minor = steps(view.scale, timeline.rate)
        first = int(view.left // minor) * minor
        painter.setFont(letters(TYPE.caption))
        marks: list[QRectF] = []
        for frame in range(first, int(view.right) + minor + 1, minor):
            if frame < 0 and not timeline.ring:
                continue
            x = round(view.x(frame))
            place = frame % timeline.ring if timeline.ring else frame
            if frame % major == 0:
                painter.fillRect(QRectF(x, 4, 1, HEIGHT - _ZONE - 4), ink(COLOURS.edge))
                words = str(place) if self.frames else timecode(place, timeline.rate)
                painter.setPen(ink(COLOURS.muted))
                painter.drawText(QPointF(x + 5, 14), words)
            else:
                marks.append(QRectF(x, HEIGHT - _ZONE - 5, 1, 5))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink(COLOURS.edge))
        painter.drawRects(marks)

    def _paint_outside(self, painter: QPainter, timeline: Timeline) -> None:
        """The turns of a ring that only repeat the one that counts are dimmed, and the seam is marked."""
        if not timeline.ring:
            return
        view = self._axis.view
        start, end = view.x(0), view.x(timeline.ring)
        for left, right in ((0.0, start), (end, float(self.width()))):
            painter.fillRect(QRectF(left, 0, max(0.0, right - left), HEIGHT), ink(COLOURS.canvas, 150))
        for turn in self._axis.turns():
            x = round(view.x(turn * timeline.ring))
            painter.fillRect(QRectF(x, 0, 1, HEIGHT), ink(COLOURS.warning))

    def _paint_zone(self, painter: QPainter, timeline: Timeline) -> None:
        top = HEIGHT - _ZONE
        if timeline.zone is None:
            return
        for turn in self._axis.turns():
            shift = turn * timeline.ring
            left = self._axis.view.x(timeline.zone.start + shift)
            right = self._axis.view.x(timeline.zone.end + shift)
            painter.fillRect(QRectF(left, top, right - left, _ZONE - 2), ink(COLOURS.sky, 90))
            for x in (left, right - 3):
                painter.fillRect(QRectF(x, top, 3, _ZONE - 2), ink(COLOURS.sky))

    def _flag_width(self, name: str) -> float:
        return min(120.0, width_of(name, TYPE.caption - 1) + 10) if name else 8.0

    def _paint_flag(self, painter: QPainter, x: float, name: str) -> None:
        wide = self._flag_width(name)
        top = HEIGHT - _ZONE - _FLAG - 1
        if not -wide < x < self.width():
            return
        x = round(x)
        painter.fillRect(QRectF(x, top, wide, _FLAG), ink(COLOURS.success))
        painter.fillRect(QRectF(x, top, 1, HEIGHT - top), ink(COLOURS.success))
        if name:
            painter.setFont(letters(TYPE.caption - 1))
            painter.setPen(ink(COLOURS.canvas))
            words = elided(name, round(wide - 8), TYPE.caption - 1)
            painter.drawText(QRectF(x + 5, top, wide, _FLAG), Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_playhead(self, painter: QPainter, timeline: Timeline) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for turn in self._axis.turns():
            painter.setOpacity(1.0 if turn == 0 else 0.45)
            x = round(self._axis.view.x(self._desk.playhead + turn * timeline.ring))
            if -10 < x < self.width() + 10:
                painter.fillRect(QRectF(x, 20, 1, HEIGHT), ink(COLOURS.lamp))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(ink(COLOURS.lamp))
                shape = [(-5.5, 2), (6.5, 2), (6.5, 14), (0.5, 21), (-5.5, 14)]
                painter.drawPolygon(QPolygonF([QPointF(x + dx, dy) for dx, dy in shape]))
        painter.setOpacity(1.0)
