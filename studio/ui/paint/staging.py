"""What was generated, over the canvas, until it is taken or thrown away. The canvas can be painted on meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.domain.geometry import Rect
from studio.session.in_place import Patch
from studio.ui.paint.pictures import image_of
from studio.ui.paint.view import View
from studio.ui.theme.icons import pixmap
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button, tool_button
from studio.ui.widgets.labels import label
from studio.ui.widgets.wheel import Slider

_WIPE = 100  # steps of the slider
_NAME = 40  # letters of the prompt that name a layer


@dataclass(frozen=True, slots=True)
class Candidate:
    """A patch with its picture and the words it was asked for with."""

    patch: Patch
    image: QImage
    prompt: str

    @property
    def name(self) -> str:
        """The beginning of the prompt, as a layer's name; "" where there is none."""
        return " ".join(self.prompt.split())[:_NAME]


@dataclass(frozen=True, slots=True)
class Contrast:
    """How a candidate differs from the canvas: a picture to be laid over its place, and the sum of it in words."""

    candidate: Candidate
    image: QImage
    words: str


class Staging(QFrame):
    """The bar under the candidates: which one is shown, before and after, what differs, take it or not.

    `accepted` brings the candidate that is taken, `kept` all of them and the number of the one that is shown; `changed`
    tells that the canvas shows something else. `contrast_wanted` asks for `show_contrast` of the current candidate.

    What comes is shown at once, previews too, until the user turns to one of the candidates; the next request begins
    anew.
    """

    accepted = Signal(object)  # Candidate
    kept = Signal(object, int)  # tuple of Candidate
    changed = Signal()
    contrast_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.candidates: list[Candidate] = []
        self.index = 0
        self.preview: tuple[QImage, Rect] | None = None
        self.progress: tuple[Rect, float] | None = None
        self._following = True
        self._contrast: Contrast | None = None
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
        self.contrast_button = tool_button(
            "contrast",
            self.tr("Difference"),
            hint=self.tr("Show where the result differs from the canvas: the lighter, the more"),
            shortcut="Shift+D",
            checkable=True,
        )
        self.accept_button = push_button(
            self.tr("Accept"), look="accent-small", sign="check", hint=self.tr("As a new layer"), shortcut="Return"
        )
        self.keep_button = push_button(
            self.tr("Keep all"),
            hint=self.tr("All results as layers of a group, of which only this one is seen"),
            shortcut="Shift+Return",
        )
        self.discard_button = push_button(
            self.tr("Discard"), hint=self.tr("Throw this result away; the gallery keeps it"), shortcut="Del"
        )
        self.badge = label("", "small")
        self.shield = label("")
        self.measure = label("", "small")
        self._arrange()
        self._connect()
        parent.installEventFilter(self)
        self.hide()

    @property
    def current(self) -> Candidate | None:
        """The one that is shown."""
        return self.candidates[self.index] if self.candidates else None

    @property
    def watching(self) -> bool:
        """Is what is being made seen, and not the current candidate?"""
        return self.preview is not None and (self._following or not self.candidates)

    @property
    def contrasting(self) -> bool:
        """Is the difference seen, or wanted?"""
        return self.contrast_button.isChecked() and self.current is not None

    def add(self, candidate: Candidate) -> None:
        """One more; it is shown at once, unless the user looks at another."""
        self.candidates.append(candidate)
        if self._following or len(self.candidates) == 1:
            self.index = len(self.candidates) - 1
            self.wipe.setValue(_WIPE)
        self._show()

    def step(self, by: int) -> None:
        """The next one, or the one before; round and round. From what is being made, back to the current one."""
        if self.candidates:
            if not self.watching:
                self.index = (self.index + by) % len(self.candidates)
            self._turn_to()

    def accept(self) -> None:
        """Take the one that is shown; the others go."""
        if (taken := self.current) is not None and not self.watching:
            self.clear()
            self.accepted.emit(taken)

    def keep_all(self) -> None:
        """Take all, with the one that is shown to be seen."""
        if self.candidates and not self.watching:
            taken, index = tuple(self.candidates), self.index
            self.clear()
            self.kept.emit(taken, index)

    def discard(self) -> None:
        """Throw the one that is shown away."""
        if self.candidates and not self.watching:
            del self.candidates[self.index]
            self.index = max(0, min(self.index, len(self.candidates) - 1))
            self._show()

    def clear(self) -> None:
        """None at all."""
        self.candidates = []
        self.index = 0
        self._following = True
        self._show()

    def show_preview(self, image: QImage | None, rect: Rect) -> None:
        """A guess at the picture that is being made, in its place."""
        self.preview = None if image is None else (image, rect)
        self._judge()
        self.changed.emit()

    def show_progress(self, rect: Rect, share: float | None) -> None:
        """How far the picture in this place is: 0 to 1, below 0 for not countable, None for none."""
        if self.progress is None and share is not None:
            self._following = True
        self.progress = None if share is None else (rect, share)
        self.changed.emit()

    def show_contrast(self, contrast: Contrast) -> None:
        """How a candidate differs; one that is not wanted any more is left."""
        if self.contrasting and contrast.candidate is self.current:
            self._contrast = contrast
            self._judge()
            self.changed.emit()

    def takes(self, key: Qt.Key, held: Qt.KeyboardModifier) -> bool:
        """Does this key mean a candidate now?"""
        return self.current is not None and self._meaning(key, held) is not None

    def press(self, key: Qt.Key, held: Qt.KeyboardModifier) -> None:
        """Do what the key means."""
        if (meaning := self._meaning(key, held)) is not None:
            meaning()

    def _meaning(self, key: Qt.Key, held: Qt.KeyboardModifier) -> Callable[[], None] | None:
        held &= ~Qt.KeyboardModifier.KeypadModifier
        key = Qt.Key.Key_Return if key == Qt.Key.Key_Enter else key
        bare, shift = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
        return {
            (Qt.Key.Key_Return, bare): self.accept,
            (Qt.Key.Key_Return, shift): self.keep_all,
            (Qt.Key.Key_Delete, bare): self.discard,
            (Qt.Key.Key_N, bare): lambda: self.step(1),
            (Qt.Key.Key_N, shift): lambda: self.step(-1),
            (Qt.Key.Key_D, shift): self.contrast_button.click,
        }.get((key, held))

    def paint(self, painter: QPainter, view: View) -> None:
        """The preview or the candidate in its place, and the progress below."""
        painter.save()
        painter.setTransform(view.transform(), True)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self.watching and self.preview is not None:
            painter.drawImage(_area(self.preview[1]), self.preview[0])
        elif (shown := self.current) is not None:
            area = _area(shown.patch.rect)
            seen = QRectF(area.left(), area.top(), area.width() * self.wipe.value() / _WIPE, area.height())
            painter.setClipRect(seen, Qt.ClipOperation.IntersectClip)
            painter.drawImage(area, shown.image)
            if self._contrast is not None:
                painter.drawImage(area, self._contrast.image)
        painter.restore()
        self._paint_lines(painter, view)

    def _paint_lines(self, painter: QPainter, view: View) -> None:
        shown = self.current
        if shown is not None and not self.watching and self.wipe.value() < _WIPE:
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
            self.badge.setText(shown.patch.badge)
            self.badge.setVisible(bool(shown.patch.badge))
            self.shield.setVisible(bool(shown.patch.badge))
            self.keep_button.setVisible(len(self.candidates) > 1)
            self._judge()
            self.raise_()
        else:
            self.contrast_button.setChecked(False)
        if self._contrast is not None and (self._contrast.candidate is not shown or not self.contrasting):
            self._contrast = None
            self._judge()
        if self.contrasting and self._contrast is None:
            self.contrast_wanted.emit()
        self.changed.emit()

    def _judge(self) -> None:
        """What is seen decides what can be done."""
        if self.current is None:
            return
        place = "…" if self.watching else str(self.index + 1)
        self.count.setText(f"{place} / {len(self.candidates)}")
        for button in (self.before_button, self.next_button):
            button.setEnabled(len(self.candidates) > 1 or self.watching)
        for verb in (self.discard_button, self.keep_button, self.accept_button):
            verb.setEnabled(not self.watching)
        self.measure.setText(self._contrast.words if self._contrast is not None else "")
        self.measure.setVisible(self._contrast is not None)
        self._place()

    def _turn_to(self) -> None:
        """The user looks at the current candidate, whatever comes."""
        self._following = False
        self._show()

    def _place(self) -> None:
        """At the foot of the canvas; in two rows where one is too wide."""
        parent = self.parentWidget()
        if parent is not None:
            room = parent.width() - 2 * SPACE.small
            for direction in (QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom):
                self._rows.setDirection(direction)
                if self.sizeHint().width() <= room:
                    break
            self.adjustSize()
            self.move((parent.width() - self.width()) // 2, parent.height() - self.height() - SPACE.large)

    def _connect(self) -> None:
        self.before_button.clicked.connect(lambda: self.step(-1))
        self.next_button.clicked.connect(lambda: self.step(1))
        self.accept_button.clicked.connect(self.accept)
        self.discard_button.clicked.connect(self.discard)
        self.keep_button.clicked.connect(self.keep_all)
        self.contrast_button.clicked.connect(self._turn_to)
        self.wipe.sliderPressed.connect(self._turn_to)
        self.wipe.valueChanged.connect(lambda _: self.changed.emit())
        self.wipe.restored.connect(lambda: self.wipe.setValue(_WIPE))

    def _arrange(self) -> None:
        self.shield.setPixmap(pixmap("shield-check", COLOURS.success, 16, self.devicePixelRatioF()))
        row = QHBoxLayout()
        row.setSpacing(SPACE.small)
        for part in (self.before_button, self.count, self.next_button, self.wipe, self.contrast_button):
            row.addWidget(part)
        verbs = QHBoxLayout()
        verbs.setSpacing(SPACE.small)
        for button in (self.discard_button, self.keep_button, self.accept_button):
            verbs.addWidget(button)
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._rows.setSpacing(SPACE.medium)
        self._rows.addLayout(row)
        self._rows.addLayout(verbs)
        exact = QHBoxLayout()
        exact.setSpacing(SPACE.hair)
        exact.addStretch(1)
        exact.addWidget(self.shield)
        exact.addWidget(self.badge)
        exact.addSpacing(SPACE.medium)
        exact.addWidget(self.measure)
        exact.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.medium, SPACE.small, SPACE.medium, SPACE.small)
        column.setSpacing(SPACE.hair)
        column.addLayout(self._rows)
        column.addLayout(exact)


def candidate(patch: Patch, prompt: str) -> Candidate:
    """A patch with the image that shows it."""
    return Candidate(patch, image_of(patch.pixels), prompt)


def _area(rect: Rect) -> QRectF:
    return QRectF(rect.x, rect.y, rect.width, rect.height)
