"""The player's picture area: zoom and pan, and what lies over the frame."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QStyle, QWidget

from studio.domain.geometry import Size
from studio.ui.canvas.viewport import NOTCH, Viewport
from studio.ui.player.comparing import STEP, Comparison, Mode, divider_x, draw_comparison, draw_names
from studio.ui.player.drawing import Guide, draw_badge, draw_frame, draw_guides, draw_message
from studio.ui.player.previews import PreviewLoop
from studio.ui.theme.tokens import COLOURS, SPACE

_GRIP = 12.0  # logical pixels around the divider where it can be taken
_FLICKER = 400  # milliseconds
_PATIENCE = 250  # milliseconds until a missing frame is told
_NOTHING = Size(1, 1)


class PictureArea(QWidget):
    """`sized` tells that a whole frame is seen at another size, `menu_wanted` where a menu is asked for."""

    sized = Signal()
    menu_wanted = Signal(QPointF)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setMinimumSize(160, 120)
        self.setAccessibleName(self.tr("Player picture"))
        self.viewport_ = Viewport(QSizeF(self.size()), _NOTHING)
        self.images: tuple[QImage | None, ...] = ()
        self.skin: QImage | None = None
        self.guides: frozenset[Guide] = frozenset()
        self.comparison: Comparison | None = None
        self.preview: PreviewLoop | None = None
        self._message = ("", "")
        self._waiting = ""
        self._grip: QPointF | None = None
        self._dividing = False
        self._flicker = QTimer(self, interval=_FLICKER)
        self._flicker.timeout.connect(self.exchange)
        self._previewing = QTimer(self)
        self._previewing.timeout.connect(self.update)
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE)
        self._patience.timeout.connect(self.update)

    # ------------------------------------------------------------------------------------------ what is shown

    @property
    def zoom(self) -> float:
        """Device pixels per pixel of a full frame."""
        return self.viewport_.scale * self.viewport_.ratio

    @property
    def shown_size(self) -> Size:
        """Pixels of the screen that a whole frame takes."""
        picture = self.viewport_.picture
        return Size(max(1, round(picture.width * self.zoom)), max(1, round(picture.height * self.zoom)))

    @property
    def may_move(self) -> bool:
        """False where the desktop asks for reduced motion."""
        return self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0

    def set_frame_size(self, size: Size) -> None:
        """The size of the timeline's frames in full."""
        if size != self.viewport_.picture:
            self.viewport_.picture = size
            self.viewport_.fit()
            self._moved()

    def show_images(self, images: tuple[QImage | None, ...], waiting: str = "") -> None:
        """The frame, or the same frame of each film that is compared. Where one is not there yet, what was shown stays,
        and after a moment `waiting` says so.
        """
        if all(images) and images:
            self.images = images
        self._await(waiting)
        self.update()

    def show_message(self, title: str, text: str) -> None:
        """Words instead of a picture; "" for the picture."""
        if (title, text) != self._message:
            self._message = (title, text)
            self.setAccessibleDescription(f"{title} {text}".strip())
            self.update()

    def show_skin(self, skin: QImage | None) -> None:
        """The onion skin over the frame."""
        if skin is not None or self.skin is not None:
            self.skin = skin
            self.update()

    def set_guides(self, guides: frozenset[Guide]) -> None:
        """Other lines over the picture."""
        self.guides = guides
        self.update()

    def set_comparison(self, comparison: Comparison | None) -> None:
        """Two films, or one."""
        if (comparison is None) != (self.comparison is None):
            self.images = ()
        self.comparison = comparison
        flickers = comparison is not None and comparison.mode is Mode.FLICKER and self.may_move
        if flickers != self._flicker.isActive():
            self._flicker.start() if flickers else self._flicker.stop()
        self._moved()

    def show_preview(self, preview: PreviewLoop | None) -> None:
        """A moving preview in the picture's place; without motion where the desktop asks for that."""
        self.preview = preview
        if preview is None or not self.may_move:
            self._previewing.stop()
        elif not self._previewing.isActive() or self._previewing.interval() != preview.interval:
            self._previewing.start(preview.interval)
        self.update()

    def exchange(self) -> None:
        """The flicker shows the other take."""
        if self.comparison is not None:
            self.comparison = self.comparison.turned()
            self.update()

    def close_work(self) -> None:
        """Stop every timer."""
        for timer in (self._flicker, self._previewing, self._patience):
            timer.stop()

    def _await(self, waiting: str) -> None:
        if waiting and not self._waiting:
            self._patience.start()
        elif not waiting:
            self._patience.stop()
        self._waiting = waiting

    # ------------------------------------------------------------------------------------------ view

    def fit(self) -> None:
        """The whole frame."""
        self.viewport_.fit()
        self._moved()

    def zoom_to(self, zoom: float, anchor: QPointF | None = None) -> None:
        """A zoom in device pixels per pixel of a full frame; the point under `anchor` stays."""
        self.viewport_.zoom_to(zoom, anchor)
        self._moved()

    def zoom_by(self, notches: float, anchor: QPointF | None = None) -> None:
        """Nearer or farther."""
        self.zoom_to(self.zoom * NOTCH**notches, anchor)

    def _moved(self) -> None:
        width = self.width() / 2 if self._beside else self.width()
        self.viewport_.view, self.viewport_.ratio = QSizeF(width, self.height()), self.devicePixelRatioF()
        self.sized.emit()
        self.update()

    @property
    def _beside(self) -> bool:
        return self.comparison is not None and self.comparison.mode is Mode.SIDE_BY_SIDE

    # ------------------------------------------------------------------------------------------ painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Ground, frame, what lies over it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(COLOURS.canvas))
        rect = self.viewport_.rect()
        if self._message[0]:
            draw_message(painter, self.rect(), *self._message, ratio=self.devicePixelRatioF())
        else:
            self._paint_picture(painter, rect)
            if self._waiting and not self._patience.isActive():
                draw_badge(painter, QPointF(SPACE.small, self.height() - 2 * SPACE.medium - SPACE.small), self._waiting)
        if self.hasFocus():
            painter.setPen(QColor(COLOURS.edge))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_picture(self, painter: QPainter, rect: QRectF) -> None:
        ratio, images = self.devicePixelRatioF(), self.images
        if self.comparison is not None and len(images) > 2 and images[1] is not None and images[2] is not None:
            self._paint_comparison(painter, rect, (images[1], images[2]), self.comparison)
            return
        if images and images[0] is not None:
            draw_frame(painter, rect, images[0], ratio)
            if self.skin is not None:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawImage(rect, self.skin)
        elif self.viewport_.picture != _NOTHING:
            painter.fillRect(rect, QColor(COLOURS.panel))
        draw_guides(painter, rect, self.guides)
        if self.preview is not None:
            guess = self.preview.image() if self.may_move else self.preview.still
            if guess is not None:
                self._paint_preview(painter, rect, guess, self.preview.step)

    def _paint_preview(self, painter: QPainter, rect: QRectF, guess: QImage, step: int) -> None:
        size = QSizeF(guess.size()).scaled(rect.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(rect.center() - QPointF(size.width() / 2, size.height() / 2), size)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, guess)
        at = rect.topLeft() + QPointF(SPACE.small, SPACE.small)
        draw_badge(painter, at, self.tr("Preview, step {step}").format(step=step))

    def _paint_comparison(
        self, painter: QPainter, rect: QRectF, images: tuple[QImage, QImage], comparison: Comparison
    ) -> None:
        ratio = self.devicePixelRatioF()
        if comparison.mode is not Mode.SIDE_BY_SIDE:
            draw_comparison(painter, rect, images, comparison, ratio)
            draw_guides(painter, rect, self.guides)
            draw_names(painter, rect, comparison)
            return
        half = self.width() / 2
        for image, left, name in zip(images, (0.0, half), comparison.names, strict=True):
            painter.save()
            painter.setClipRect(QRectF(left, 0, half, self.height()))
            place = rect.translated(round(left), 0)
            draw_frame(painter, place, image, ratio)
            draw_guides(painter, place, self.guides)
            corner = QPointF(max(left, place.left()), max(0.0, place.top())) + QPointF(SPACE.small, SPACE.small)
            draw_badge(painter, corner, name)
            painter.restore()
        painter.fillRect(QRectF(half, 0, 1, self.height()), QColor(COLOURS.edge))

    # ------------------------------------------------------------------------------------------ events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep fitted, or keep the middle."""
        super().resizeEvent(event)
        self._moved()

    def changeEvent(self, event: QEvent) -> None:
        """Another screen may have another pixel ratio."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._moved()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ctrl+wheel zooms at the pointer, the plain wheel pans."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(event.angleDelta().y() / 120, self._in_half(event.position()))
        elif not self.viewport_.fitted:
            self._pan(QPointF(event.pixelDelta() if not event.pixelDelta().isNull() else event.angleDelta() / 2))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the divider, or the picture where it is larger than the area."""
        left = event.button() == Qt.MouseButton.LeftButton
        if left and self._on_divider(event.position()):
            self._dividing = True
        elif event.button() == Qt.MouseButton.MiddleButton or (left and not self.viewport_.fitted):
            self._grip = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag what is held."""
        if self._dividing:
            rect = self.viewport_.rect()
            self._divide((event.position().x() - rect.left()) / max(1.0, rect.width()))
        elif self._grip is not None:
            self._pan(event.position() - self._grip)
            self._grip = event.position()
        else:
            self._point(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._grip, self._dividing = None, False
        self._point(event.position())

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Between the whole frame and its own size."""
        self.zoom_to(1.0) if self.viewport_.fitted else self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """While takes are compared: Ctrl and an arrow move the divider, X shows the other one."""
        comparison, ctrl = self.comparison, event.modifiers() == Qt.KeyboardModifier.ControlModifier
        ways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if comparison is not None and comparison.mode is Mode.WIPE and ctrl and event.key() in ways:
            self._divide(comparison.divider + STEP * ways[Qt.Key(event.key())])
        elif comparison is not None and comparison.mode is Mode.FLICKER and event.key() == Qt.Key.Key_X:
            self.exchange()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the picture."""
        self.menu_wanted.emit(QPointF(event.globalPos()))

    def _divide(self, share: float) -> None:
        if self.comparison is not None:
            self.comparison = self.comparison.moved(share)
            self.update()

    def _on_divider(self, point: QPointF) -> bool:
        if self.comparison is None or self.comparison.mode is not Mode.WIPE:
            return False
        return abs(point.x() - divider_x(self.viewport_.rect(), self.comparison)) <= _GRIP

    def _point(self, point: QPointF) -> None:
        shape = Qt.CursorShape.SplitHCursor if self._on_divider(point) else Qt.CursorShape.ArrowCursor
        self.setCursor(Qt.CursorShape.OpenHandCursor if not self.viewport_.fitted and shape is
                       Qt.CursorShape.ArrowCursor else shape)  # fmt: skip

    def _in_half(self, point: QPointF) -> QPointF:
        """Side by side, both halves show the same part."""
        half = self.width() / 2
        return QPointF(point.x() - half, point.y()) if self._beside and point.x() >= half else point

    def _pan(self, delta: QPointF) -> None:
        self.viewport_.pan(delta)
        self._moved()
