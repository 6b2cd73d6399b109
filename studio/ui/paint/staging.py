"""What was generated, over the canvas, until it is taken or thrown away. The canvas can be painted on meanwhile."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.domain.geometry import Rect
from studio.ui.paint.in_place import Patch
from studio.ui.paint.pictures import image_of
from studio.ui.paint.view import View
from studio.ui.theme.icons import pixmap
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button, tool_button
from studio.ui.widgets.labels import label
from studio.ui.widgets.wheel import Slider

_WIPE = 100  # steps of the slider


@dataclass(frozen=True, slots=True)
class Candidate:
    """A patch with its picture and the words it was asked for with."""

    patch: Patch
    image: QImage
    prompt: str


class Staging(QFrame):
    """The bar under the candidates: which one is shown, before and after, take it or not.

    `accepted` brings the candidate that is taken; `changed` tells that the canvas shows something else.
    """

    accepted = Signal(object)  # Candidate
    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.candidates: list[Candidate] = []
        self.index = 0
        self.preview: tuple[QImage, Rect] | None = None
        self.progress: tuple[Rect, float] | None = None
        self.setObjectName("staging")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setStyleSheet(
            f"#staging {{ background: {COLOURS.panel}; border: 1px solid {COLOURS.edge};"
            f"border-radius: {SPACE.radius}px; }}"
        )
        self.before_button = tool_button("chevron-left", self.tr("The result before"), shortcut="Shift+N")
        self.next_button = tool_button("chevron-right", self.tr("The next result"), shortcut="N")
        self.count = label("", "caption")
        self.wipe = Slider()
        self.wipe.setRange(0, _WIPE)
        self.wipe.setValue(_WIPE)
        self.wipe.setFixedWidth(120)
        self.wipe.setAccessibleName(self.tr("Before and after"))
        self.wipe.setToolTip(self.tr("Wipe between the canvas as it is and the result"))
        self.accept_button = push_button(
            self.tr("Accept"), look="accent-small", sign="check", hint=self.tr("As a new layer"), shortcut="Return"
        )
        self.discard_button = push_button(
            self.tr("Discard"), hint=self.tr("Throw this result away; the gallery keeps it"), shortcut="Del"
        )
        self.badge = label("", "small")
        self.shield = label("")
        self._arrange()
        self._connect()
        parent.installEventFilter(self)
        self.hide()

    @property
    def current(self) -> Candidate | None:
        """The one that is shown."""
        return self.candidates[self.index] if self.candidates else None

    def add(self, candidate: Candidate) -> None:
        """One more; it is shown at once."""
        self.candidates.append(candidate)
        self.index = len(self.candidates) - 1
        self.wipe.setValue(_WIPE)
        self._show()

    def step(self, by: int) -> None:
        """The next one, or the one before; round and round."""
        if self.candidates:
            self.index = (self.index + by) % len(self.candidates)
            self._show()

    def accept(self) -> None:
        """Take the one that is shown; the others go."""
        if (taken := self.current) is not None:
            self.clear()
            self.accepted.emit(taken)

    def discard(self) -> None:
        """Throw the one that is shown away."""
        if self.candidates:
            del self.candidates[self.index]
            self.index = max(0, min(self.index, len(self.candidates) - 1))
            self._show()

    def clear(self) -> None:
        """None at all."""
        self.candidates = []
        self.index = 0
        self._show()

    def show_preview(self, image: QImage | None, rect: Rect) -> None:
        """A guess at the picture that is being made, in its place."""
        self.preview = None if image is None else (image, rect)
        self.changed.emit()

    def show_progress(self, rect: Rect, share: float | None) -> None:
        """How far the picture in this place is: 0 to 1, below 0 for not countable, None for none."""
        self.progress = None if share is None else (rect, share)
        self.changed.emit()

    def paint(self, painter: QPainter, view: View) -> None:
        """The preview or the candidate in its place, and the progress below."""
        painter.save()
        painter.setTransform(view.transform(), True)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self.preview is not None:
            painter.drawImage(_area(self.preview[1]), self.preview[0])
        elif (shown := self.current) is not None:
            area = _area(shown.patch.rect)
            seen = QRectF(area.left(), area.top(), area.width() * self.wipe.value() / _WIPE, area.height())
            painter.setClipRect(seen, Qt.ClipOperation.IntersectClip)
            painter.drawImage(area, shown.image)
        painter.restore()
        self._paint_lines(painter, view)

    def _paint_lines(self, painter: QPainter, view: View) -> None:
        shown = self.current
        if shown is not None and self.preview is None and self.wipe.value() < _WIPE:
            rect = shown.patch.rect
            x = rect.x + rect.width * self.wipe.value() / _WIPE
            painter.setPen(QPen(QColor(255, 255, 255), 2))
            painter.drawLine(view.to_screen(x, rect.y), view.to_screen(x, rect.bottom))
        if self.progress is not None:
            rect, share = self.progress
            groove = view.screen_rect(rect)
            groove = QRectF(groove.left(), groove.bottom() + 4, groove.width(), 3)
            painter.fillRect(groove, QColor(COLOURS.hover))
            width = groove.width() * (0.15 if share < 0 else min(1.0, share))
            painter.fillRect(QRectF(groove.left(), groove.top(), width, 3), QColor(COLOURS.lamp))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the foot of the canvas."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _show(self) -> None:
        shown = self.current
        self.setVisible(shown is not None)
        if shown is not None:
            self.count.setText(f"{self.index + 1} / {len(self.candidates)}")
            self.badge.setText(shown.patch.badge)
            self.badge.setVisible(bool(shown.patch.badge))
            self.shield.setVisible(bool(shown.patch.badge))
            for button in (self.before_button, self.next_button):
                button.setEnabled(len(self.candidates) > 1)
            self._place()
            self.raise_()
        self.changed.emit()

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is not None:
            self.adjustSize()
            self.move((parent.width() - self.width()) // 2, parent.height() - self.height() - SPACE.large)

    def _connect(self) -> None:
        self.before_button.clicked.connect(lambda: self.step(-1))
        self.next_button.clicked.connect(lambda: self.step(1))
        self.accept_button.clicked.connect(self.accept)
        self.discard_button.clicked.connect(self.discard)
        self.wipe.valueChanged.connect(lambda _: self.changed.emit())
        self.wipe.restored.connect(lambda: self.wipe.setValue(_WIPE))

    def _arrange(self) -> None:
        self.shield.setPixmap(pixmap("shield-check", COLOURS.success, 16, self.devicePixelRatioF()))
        row = QHBoxLayout()
        row.setSpacing(SPACE.small)
        for part in (self.before_button, self.count, self.next_button, self.wipe):
            row.addWidget(part)
        row.addSpacing(SPACE.medium)
        for button in (self.discard_button, self.accept_button):
            row.addWidget(button)
        exact = QHBoxLayout()
        exact.setSpacing(SPACE.hair)
        exact.addStretch(1)
        exact.addWidget(self.shield)
        exact.addWidget(self.badge)
        exact.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.medium, SPACE.small, SPACE.medium, SPACE.small)
        column.setSpacing(SPACE.hair)
        column.addLayout(row)
        column.addLayout(exact)


def candidate(patch: Patch, prompt: str) -> Candidate:
    """A patch with the image that shows it."""
    return Candidate(patch, image_of(patch.pixels), prompt)


def _area(rect: Rect) -> QRectF:
    return QRectF(rect.x, rect.y, rect.width, rect.height)
