"""The headers of tracks and lanes, beside the strip and scrolled with it."""

import html
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPoint, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.domain.document.blending import BlendMode
from studio.domain.timeline.model import Track, TrackKind
from studio.ui.paint.titles import mode_title
from studio.ui.theme.icons import icon
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.timeline.inks import ink
from studio.ui.timeline.naming import tr, track_name
from studio.ui.timeline.rows import Row, RowKind
from studio.ui.timeline.strip import Strip
from studio.ui.timeline.track_drag import Landing, landing
from studio.ui.timeline.track_edits import TrackEdits
from studio.ui.widgets.buttons import tool_button
from studio.ui.widgets.labels import ElidedLabel
from studio.ui.widgets.wheel import Choice, Slider

WIDTH = 216
_SIDE = 24
_KINDS = {TrackKind.VIDEO: "film", TrackKind.OVERLAY: "layers", TrackKind.AUDIO: "audio-lines"}


def small_button(sign: str, name: str, hint: str = "", *, checkable: bool = False) -> QToolButton:
    """A button for a header's line."""
    made = tool_button(sign, name, hint=hint, checkable=checkable)
    made.setFixedSize(_SIDE, _SIDE)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made


class TrackHeader(QWidget):
    """A track's name, whether it is seen and locked, how it is blended or how loud it is."""

    menu_wanted = Signal(str, object)  # track id, QPoint of the screen
    lanes_wanted = Signal(str, object)
    dragged = Signal(str, QPoint)  # track id, where to on the screen
    dropped = Signal(str, bool)  # track id, False where it is not to be moved after all

    def __init__(self, edits: TrackEdits, track: Track, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._edits, self._id, self._kind = edits, track.id, track.kind
        self._pressed: QPoint | None = None  # on the screen
        self._dragging = False
        audio = track.kind is TrackKind.AUDIO
        self.name = ElidedLabel(look="heading")
        self.field = QLineEdit()
        self.field.setAccessibleName(tr("Name of the track"))
        self.field.setToolTip(tr("What the track is called"))
        self.field.setFixedHeight(_SIDE + 2)
        self.field.hide()
        self.field.editingFinished.connect(self._renamed)
        self.lanes = small_button("spline", tr("Lanes"), tr("Keys, prompts and measures of this track"))
        self.lanes.clicked.connect(
            lambda: self.lanes_wanted.emit(self._id, self.lanes.mapToGlobal(self.lanes.rect().bottomLeft()))
        )
        self.eye = small_button("eye", tr("Show the track"), tr("Hear the track") if audio else "", checkable=True)
        self.eye.clicked.connect(lambda checked: edits.set_hidden(self._id, not checked))
        self.lock = small_button("lock-open", tr("Lock the track"), tr("A locked track refuses edits"), checkable=True)
        self.lock.clicked.connect(lambda checked: edits.set_locked(self._id, checked))
        sign = small_button(_KINDS[track.kind], tr("Track"), tr("Name, order, delete"))
        sign.clicked.connect(lambda: self.menu_wanted.emit(self._id, sign.mapToGlobal(sign.rect().bottomLeft())))
        self.mode = Choice()
        self.amount = Slider()
        first = QHBoxLayout()
        first.setSpacing(2)
        first.addWidget(sign)
        first.addSpacing(2)
        first.addWidget(self.name, 1)
        first.addWidget(self.field, 1)
        for button in (self.lanes, self.eye, self.lock):
            first.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.hair, SPACE.hair - 1, SPACE.hair, SPACE.hair - 1)
        column.setSpacing(2)
        column.addLayout(first)
        self._add_amounts(column)
        column.addStretch(1)
        self.show_track(track, "")

    def _add_amounts(self, column: QVBoxLayout) -> None:
        """Overlays are blended, sounds are loud; the ground is as it is."""
        if self._kind is TrackKind.VIDEO:
            return
        audio = self._kind is TrackKind.AUDIO
        line = QHBoxLayout()
        line.setContentsMargins(SPACE.hair, 0, SPACE.hair, 0)
        line.setSpacing(SPACE.small)
        if not audio:
            for mode in BlendMode:
                if mode is not BlendMode.PASS_THROUGH:
                    self.mode.addItem(mode_title(mode), mode)
            self.mode.setFixedHeight(26)
            self.mode.setStyleSheet("QComboBox { min-height: 24px; max-height: 24px; }")
            self.mode.setMinimumContentsLength(6)
            self.mode.setAccessibleName(tr("Blend mode of the track"))
            self.mode.setToolTip(tr("How the track meets what lies below"))
            self.mode.activated.connect(lambda _: self._edits.set_mode(self._id, BlendMode(self.mode.currentData())))
            line.addWidget(self.mode, 1)
        self.amount.setRange(0, 100)
        self.amount.setAccessibleName(tr("Loudness of the track") if audio else tr("Opacity of the track"))
        self.amount.valueChanged.connect(lambda value: self._edits.set_opacity(self._id, value / 100))
        self.amount.sliderPressed.connect(self._edits.begin)
        self.amount.restored.connect(lambda: self.amount.setValue(100))
        line.addWidget(self.amount, 1)
        column.addLayout(line)

    def show_track(self, track: Track, name: str) -> None:
        """The track as it is now."""
        audio = track.kind is TrackKind.AUDIO
        self.name.set_text(name)
        shown, hidden = ("volume-2", "volume-x") if audio else ("eye", "eye-off")
        self.eye.setChecked(not track.hidden)
        self.eye.setIcon(
            icon(hidden if track.hidden else shown, COLOURS.faint if track.hidden else COLOURS.muted, COLOURS.text)
        )
        self.lock.setChecked(track.locked)
        self.lock.setIcon(
            icon(
                "lock" if track.locked else "lock-open",
                COLOURS.warning if track.locked else COLOURS.faint,
                COLOURS.text,
            )
        )
        with QSignalBlocker(self.mode), QSignalBlocker(self.amount):
            self.mode.setCurrentIndex(self.mode.findData(track.mode))
            self.amount.setValue(round(track.opacity * 100))
        words = tr("Loudness: {n} %") if audio else tr("Opacity: {n} %")
        self.amount.setToolTip(words.format(n=round(track.opacity * 100)))
        self.setAccessibleName(tr("Track {name}").format(name=name))

    def rename(self) -> None:
        """Type another name."""
        self.field.setText(self.name.text())
        self.name.hide()
        self.field.show()
        self.field.selectAll()
        self.field.setFocus()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Rename."""
        if self.name.geometry().contains(event.position().toPoint()):
            self.rename()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the track, beside its buttons."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed = event.globalPosition().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """It goes along."""
        here = event.globalPosition().toPoint()
        if self._pressed is None:
            return
        if not self._dragging and (here - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            self._dragging = True
            self.grabKeyboard()
        if self._dragging:
            self.dragged.emit(self._id, here)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """It is put down."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._let_go(done=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc lets go of it where it was."""
        if self._dragging and event.key() == Qt.Key.Key_Escape:
            self._let_go(done=False)
        else:
            super().keyPressEvent(event)

    def _let_go(self, *, done: bool) -> None:
        dragging, self._pressed, self._dragging = self._dragging, None, False
        if dragging:
            self.releaseKeyboard()
            self.dropped.emit(self._id, done)

    def contextMenuEvent(self, event: QEvent) -> None:
        """The track's menu."""
        self.menu_wanted.emit(self._id, event.globalPos())  # type: ignore[attr-defined]

    def _renamed(self) -> None:
        if self.field.isHidden():
            return
        self.field.hide()
        self.name.show()
        self._edits.rename(self._id, self.field.text().strip())


class LaneHeader(QWidget):
    """A lane's title, what its inks mean, a button that adds a key or a prompt, one that makes it tall, one that closes
    it.
    """

    def __init__(
        self, row: Row, title: str, add: Callable[[], object] | None, grow: Callable[[], object] | None,
        close: Callable[[], object], inks: Sequence[tuple[str, str]] = (), parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        label = ElidedLabel(title, "small")
        line = QHBoxLayout(self)
        line.setContentsMargins(SPACE.huge + SPACE.small, 2, SPACE.hair, 2)
        line.setSpacing(2)
        words = QVBoxLayout()
        words.setContentsMargins(0, SPACE.hair, 0, 0)
        words.setSpacing(2)
        words.addWidget(label)
        for name, colour in inks:
            legend = QLabel(f'<span style="color:{colour}">▬</span> {html.escape(name)}')
            legend.setProperty("look", "small")
            words.addWidget(legend)
        words.addStretch(1)
        line.addLayout(words, 1)
        for sign, name, act in (
            ("diamond-plus", tr("Add a key at the playhead"), add),
            ("scaling", tr("Taller or lower"), grow),
            ("x", tr("Close this lane"), close),
        ):
            if act is not None:
                button = small_button(sign, f"{title}: {name}", name)
                button.clicked.connect(lambda _=False, act=act: act())
                line.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self.setAccessibleName(title)


class _Line(QWidget):
    """Where a dragged track would be put in."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A bar."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), ink(COLOURS.lamp))
        painter.end()


class Headers(QWidget):
    """Lays a header beside each row of the strip."""

    track_menu_wanted = Signal(str, object)
    lanes_menu_wanted = Signal(str, object)

    def __init__(
        self, strip: Strip, edits: TrackEdits, lane: Callable[[Row], LaneHeader], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._strip, self._edits, self._lane = strip, edits, lane
        self._made: dict[tuple[str, RowKind, str], QWidget] = {}
        self._line = _Line(self)
        self._landing: Landing | None = None
        self.setFixedWidth(WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Tracks"))
        strip.rows_changed.connect(self.arrange)
        strip.top_changed.connect(self.arrange)
        strip.desk.changed.connect(lambda *_: self.arrange())
        self.arrange()

    def header(self, track_id: str) -> TrackHeader | None:
        """The header of a track."""
        found = self._made.get((track_id, RowKind.CLIPS, ""))
        return found if isinstance(found, TrackHeader) else None

    def arrange(self) -> None:
        """As the strip's rows lie, and as the tracks are."""
        rows = {(row.track, row.kind, row.parameter): row for row in self._strip.rows.rows}
        for key in [key for key in self._made if key not in rows]:
            gone = self._made.pop(key)
            gone.hide()
            gone.deleteLater()
        timeline = self._strip.desk.shown
        before: QWidget | None = None
        for key, row in rows.items():
            track = timeline.track(row.track)
            if track is None:
                continue
            made = self._made.get(key) or self._make(key, row, track)
            if isinstance(made, TrackHeader):
                made.show_track(track, track_name(timeline, track))
            made.setGeometry(0, row.top - self._strip.top, WIDTH, row.height - 1)
            if before is not None:
                QWidget.setTabOrder(before, made)
            before = made
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lines between the rows."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), ink(COLOURS.panel))
        for row in self._strip.rows.rows:
            line = QRectF(0, row.bottom - 1 - self._strip.top, WIDTH, 1)
            painter.fillRect(line, ink(COLOURS.line))
        painter.fillRect(QRectF(WIDTH - 1, 0, 1, self.height()), ink(COLOURS.line))
        painter.end()

    def sizeHint(self) -> QSize:
        """As high as there is room."""
        return QSize(WIDTH, 160)

    def _drag(self, track_id: str, place: QPoint) -> None:
        y = self.mapFromGlobal(place).y() + self._strip.top
        self._landing = landing(self._strip.desk.timeline, self._strip.rows, track_id, y)
        self._line.setVisible(self._landing is not None)
        if self._landing is not None:
            self._line.setGeometry(0, max(0, self._landing.line - self._strip.top - 2), WIDTH, 3)
            self._line.raise_()

    def _drop(self, track_id: str, done: bool) -> None:
        self._line.hide()
        place, self._landing = self._landing, None
        if done and place is not None:
            self._edits.put(track_id, place.index)

    def _make(self, key: tuple[str, RowKind, str], row: Row, track: Track) -> QWidget:
        made: QWidget
        if row.kind is RowKind.CLIPS:
            made = TrackHeader(self._edits, track, self)
            made.menu_wanted.connect(self.track_menu_wanted)
            made.dragged.connect(self._drag)
            made.dropped.connect(self._drop)
            made.lanes_wanted.connect(self.lanes_menu_wanted)
        else:
            made = self._lane(row)
            made.setParent(self)
        made.show()
        self._made[key] = made
        return made
