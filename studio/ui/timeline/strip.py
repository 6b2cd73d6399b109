"""The strip: tracks with their clips and lanes, painted; what hands do to it goes to `Hands`."""

from collections.abc import Iterable

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.domain.timeline.model import Timeline, Track
from studio.ui.theme.tokens import COLOURS
from studio.ui.timeline.axis import TimeAxis
from studio.ui.timeline.clip_paint import paint_clips
from studio.ui.timeline.desk import TimelineDesk
from studio.ui.timeline.facts import Facts, Thumbnails, Waves
from studio.ui.timeline.guesses import Guesses
from studio.ui.timeline.inks import ink, mixed
from studio.ui.timeline.lane_paint import paint_keys
from studio.ui.timeline.measure_paint import paint_measures
from studio.ui.timeline.rows import Lanes, Row, RowKind, Rows, rows_of
from studio.ui.timeline.scene import ChosenKey, Scene
from studio.ui.timeline.spots import Spot, spot_at
from studio.ui.timeline.ticks import steps
from studio.ui.timeline.word_paint import paint_words

_REGIONS = 4  # painted one by one; more are painted as one
_PAINTERS = {
    RowKind.CLIPS: paint_clips,
    RowKind.KEYS: paint_keys,
    RowKind.WORDS: paint_words,
    RowKind.MEASURES: paint_measures,
}


class Strip(QWidget):
    """Paints `desk.shown` as the axis and the scroll offset `top` say; only what is in view."""

    rows_changed = Signal()
    top_changed = Signal()
    keys_changed = Signal()  # others are chosen

    def __init__(self, desk: TimelineDesk, axis: TimeAxis, facts: Facts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk, self.axis, self.facts = desk, axis, facts
        self.guesses = Guesses()
        self.thumbnails: Thumbnails | None = None
        self.waves: Waves | None = None
        self.lanes = Lanes({})
        self.rows = Rows()
        self.top = 0
        self.keys: frozenset[ChosenKey] = frozenset()
        self.hovered = ""
        self.guide: float | None = None  # where a drag has snapped to
        self.band: QRectF | None = None  # the rubber band
        self.landing: tuple[Row | None, int] | None = None  # where what is dropped would lie
        self._marked = 0
        self._measured: Timeline | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Timeline"))
        axis.changed.connect(self.update)
        desk.playhead_changed.connect(self._move_playhead)
        desk.selection_changed.connect(self.update)
        desk.takes_changed.connect(lambda _: self.update())
        desk.changed.connect(lambda *_: self.arrange())
        desk.previewed.connect(lambda _: self.arrange())
        self.arrange()

    def sizeHint(self) -> QSize:
        """Three tracks."""
        return QSize(640, 200)

    def minimumSizeHint(self) -> QSize:
        """A track."""
        return QSize(160, 80)

    def arrange(self) -> None:
        """Find the place of each row anew."""
        rows = rows_of(self.desk.shown, self.lanes)
        if rows != self.rows:
            self.rows = rows
            self.scroll_to(self.top)
            self.rows_changed.emit()
        timeline = self.desk.timeline  # not what is dragged: the view must not run away from the hand
        if timeline is not self._measured:
            self._measured = timeline
            self.axis.set_length(timeline.length, timeline.ring)
        self.update()

    def set_lanes(self, lanes: Lanes) -> None:
        """Other lanes are open."""
        self.lanes = lanes
        self.arrange()

    def scroll_to(self, top: int) -> None:
        """Other rows at the upper edge."""
        top = min(max(0, top), max(0, self.rows.height - self.height()))
        if top != self.top:
            self.top = top
            self.top_changed.emit()
            self.update()

    def choose_keys(self, keys: Iterable[ChosenKey]) -> None:
        """Select these keys, and no others."""
        chosen = frozenset(keys)
        if chosen != self.keys:
            self.keys = chosen
            self.keys_changed.emit()
            self.update()

    def spot(self, x: float, y: float) -> Spot:
        """What lies at a place of the widget."""
        return spot_at(self.desk.shown, self.axis.view, self.rows, x, y + self.top)

    def hover(self, clip_id: str) -> None:
        """The pointer is over this clip."""
        if clip_id != self.hovered:
            self.hovered = clip_id
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More or less is in view."""
        super().resizeEvent(event)
        self.axis.set_width(self.width())
        self.scroll_to(self.top)
        self.rows_changed.emit()

    # ------------------------------------------------------------------------------------------ drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """What is in view, and of that what has changed."""
        painter = QPainter(self)
        parts = [*event.region()]  # type: ignore[misc]  # the stubs do not know that it can be iterated
        for dirty in parts if len(parts) <= _REGIONS else [event.rect()]:
            painter.save()
            painter.setClipRect(dirty)
            self._paint(painter, QRectF(dirty))
            painter.restore()
        if self.hasFocus():
            painter.setPen(QPen(ink(COLOURS.focus), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _paint(self, painter: QPainter, dirty: QRectF) -> None:
        painter.translate(0, -self.top)
        scene = self._scene(painter, dirty.translated(0, self.top))
        tracks = {track.id: track for track in scene.timeline.tracks}
        rows = self.rows.between(scene.dirty.top(), scene.dirty.bottom())
        for row in rows:
            self._paint_ground(scene, row, tracks[row.track])
        rest = QRectF(
            scene.dirty.left(), self.rows.height, scene.dirty.width(), scene.dirty.bottom() - self.rows.height
        )
        if rest.height() > 0:
            painter.fillRect(rest, ink(COLOURS.canvas))
        self._paint_grid(scene)
        for row in rows:
            _PAINTERS[row.kind](scene, row, tracks[row.track])
        self._paint_over(scene)

    def _scene(self, painter: QPainter, dirty: QRectF) -> Scene:
        active = self.desk.active_clip
        return Scene(
            painter, self.axis.view, self.desk.shown, self.axis.turns(), dirty, self.desk.desk.document.size,
            self.facts, self.guesses, self.thumbnails, self.waves, self.devicePixelRatioF(), self.desk.selected,
            active.id if active is not None else "", self.hovered, self.keys,
        )  # fmt: skip

    def _paint_ground(self, scene: Scene, row: Row, track: Track) -> None:
        box = QRectF(scene.dirty.left(), row.top, scene.dirty.width(), row.height)
        plain = row.kind is RowKind.CLIPS and not track.locked
        scene.painter.fillRect(box, ink(COLOURS.window if plain else COLOURS.canvas))
        scene.painter.fillRect(QRectF(box.left(), row.bottom - 1, box.width(), 1), ink(COLOURS.line))

    def _paint_grid(self, scene: Scene) -> None:
        major, _ = steps(scene.view.scale, scene.timeline.rate)
        first = int(scene.view.frame(scene.dirty.left()) // major) * major
        last = int(scene.view.frame(scene.dirty.right())) + major
        high = QRectF(0, scene.dirty.top(), 1, scene.dirty.height())
        for frame in range(first, last, major):
            if frame >= 0 or scene.timeline.ring:
                high.moveLeft(round(scene.view.x(frame)))
                scene.painter.fillRect(high, mixed(COLOURS.canvas, COLOURS.line, 0.7))
        if scene.timeline.zone is not None:
            for turn in scene.turns:
                shift = turn * scene.timeline.ring
                left, right = (
                    scene.view.x(scene.timeline.zone.start + shift),
                    scene.view.x(scene.timeline.zone.end + shift),
                )
                box = QRectF(left, scene.dirty.top(), right - left, scene.dirty.height())
                scene.painter.fillRect(box.intersected(scene.dirty), ink(COLOURS.sky, 16))

    def _paint_over(self, scene: Scene) -> None:
        painter, view, dirty = scene.painter, scene.view, scene.dirty
        ring = scene.timeline.ring
        if ring:  # what only repeats is dimmed, and the seam marked
            for left, right in ((dirty.left(), view.x(0)), (view.x(ring), dirty.right())):
                painter.fillRect(
                    QRectF(left, dirty.top(), max(0.0, right - left), dirty.height()), ink(COLOURS.canvas, 165)
                )
            for turn in scene.turns:
                x = round(view.x(turn * ring))
                painter.fillRect(QRectF(x, dirty.top(), 1, dirty.height()), ink(COLOURS.warning, 190))
        for marker in scene.timeline.markers:
            for turn in scene.turns:
                x = round(view.x(marker.at + turn * ring))
                painter.fillRect(QRectF(x, dirty.top(), 1, dirty.height()), ink(COLOURS.success, 90))
        self._paint_hands(scene)
        for turn in scene.turns:
            x = round(view.x(self.desk.playhead + turn * ring))
            painter.fillRect(QRectF(x, dirty.top(), 1, dirty.height()), ink(COLOURS.lamp, 255 if turn == 0 else 110))

    def _paint_hands(self, scene: Scene) -> None:
        painter, dirty = scene.painter, scene.dirty
        if self.landing is not None:
            row, frame = self.landing
            top, high = (row.top, row.height) if row is not None else (int(dirty.top()), int(dirty.height()))
            painter.fillRect(QRectF(scene.view.x(frame), top, 3, high), ink(COLOURS.text))
        if self.band is not None:
            painter.setPen(QPen(ink(COLOURS.focus), 1))
            painter.setBrush(ink(COLOURS.focus, 30))
            painter.drawRect(self.band)
        if self.guide is not None:
            painter.setPen(QPen(ink(COLOURS.warning), 1, Qt.PenStyle.DashLine))
            for turn in scene.turns:
                x = round(scene.view.x(self.guide + turn * scene.timeline.ring)) + 0.5
                painter.drawLine(QPoint(int(x), int(dirty.top())), QPoint(int(x), int(dirty.bottom())))

    def _move_playhead(self, frame: int) -> None:
        """Only where it was and where it is."""
        for place in (self._marked, frame):
            for turn in self.axis.turns():
                x = round(self.axis.view.x(place + turn * self.desk.shown.ring))
                self.update(QRect(x - 1, 0, 3, self.height()))
        self._marked = frame
