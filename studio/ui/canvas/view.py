"""The view of one picture: zoom, pan, a preview in place, the result fading in."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt, QTimer, QVariantAnimation, Signal
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
from studio.ui.canvas.scaled import ScaledPicture
from studio.ui.canvas.viewport import NOTCH, Viewport
from studio.ui.theme.tokens import COLOURS

FADE = 120  # milliseconds
_SHADOW = 8
_LINE = 3.0
_PULSE = 40  # milliseconds


class CanvasView(QWidget):
    """Raster painting of a frame at its final size. `zoomed` tells the zoom in device pixels per picture pixel."""

    zoomed = Signal(float)
    menu_wanted = Signal(QPointF)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(200, 160)
        self.setAccessibleName(self.tr("Picture"))
        self.viewport_ = Viewport(QSizeF(self.size()), Size(1, 1))
        self._picture: ScaledPicture | None = None
        self._before: ScaledPicture | None = None
        self._progress: float | None = None
        self._grip: QPointF | None = None
        self._space = False
        self._turn = 0.0
        self._fade = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=FADE)
        self._fade.valueChanged.connect(lambda _value: self.update())
        self._fade.finished.connect(self._faded)
        self._pulse = QTimer(self, interval=_PULSE)
        self._pulse.timeout.connect(self._beat)

    @property
    def image(self) -> QImage | None:
        """What is shown now."""
        return self._picture.image if self._picture else None

    @property
    def picture_size(self) -> Size:
        """The final size of what is shown."""
        return self.viewport_.picture

    @property
    def zoom(self) -> float:
        """Device pixels per picture pixel."""
        return self.viewport_.scale * self.viewport_.ratio

    def show_frame(self, size: Size) -> None:
        """An empty frame: a picture of this size is on its way."""
        self._settle(size)
        self._picture = None
        self.update()

    def show_preview(self, image: QImage, size: Size) -> None:
        """A guess at the picture, drawn at the final size."""
        self._settle(size)
        self._picture = ScaledPicture(image)
        self.update()

    def show_result(self, image: QImage) -> None:
        """The picture itself; it fades in over a preview of the same size."""
        size = Size(image.width(), image.height())
        before = self._picture if size == self.viewport_.picture else None
        self._settle(size)
        self._picture = ScaledPicture(image)
        self.show_progress(None)
        if before is not None and self._may_move():
            self._before = before
            self._fade.start()
        self.update()

    def show_progress(self, share: float | None) -> None:
        """The line under the frame: 0 to 1, below 0 for not countable, None for none."""
        self._progress = share
        moving = share is not None and share < 0 and self._may_move()
        if moving != self._pulse.isActive():
            self._pulse.start() if moving else self._pulse.stop()
        self.update()

    def fit(self) -> None:
        """The whole picture."""
        self.viewport_.fit()
        self._moved()

    def zoom_to(self, zoom: float, anchor: QPointF | None = None) -> None:
        """A zoom in device pixels per picture pixel."""
        self.viewport_.zoom_to(zoom, anchor)
        self._moved()

    def zoom_by(self, notches: float, anchor: QPointF | None = None) -> None:
        """Nearer or farther."""
        self.zoom_to(self.zoom * NOTCH**notches, anchor)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Ground, shadow, picture, frame, progress."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(COLOURS.canvas))
        if self.viewport_.picture != Size(1, 1):
            self._paint_frame(painter, self.viewport_.rect())
        if self.hasFocus():
            painter.setPen(QColor(COLOURS.edge))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_frame(self, painter: QPainter, rect: QRectF) -> None:
        _paint_shadow(painter, rect)
        painter.fillRect(rect, QColor(COLOURS.panel))
        ratio = self.devicePixelRatioF()
        if self._before is not None:
            self._before.draw(painter, rect, ratio)
        if self._picture is not None:
            self._picture.draw(painter, rect, ratio, float(self._fade.currentValue() or 0.0) if self._before else 1.0)
        painter.setPen(QColor(255, 255, 255, 20))
        painter.drawRect(rect.adjusted(-0.5, -0.5, 0.5, 0.5))
        if self._progress is not None:
            self._paint_progress(painter, QRectF(rect.left(), rect.bottom() + 8, rect.width(), _LINE))

    def _paint_progress(self, painter: QPainter, groove: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(COLOURS.hover))
        painter.drawRoundedRect(groove, _LINE / 2, _LINE / 2)
        painter.setBrush(QColor(COLOURS.lamp))
        share = self._progress or 0.0
        bar = QRectF(groove)
        if share < 0:
            bar.setWidth(groove.width() * 0.25)
            bar.moveLeft(groove.left() + groove.width() * 0.75 * (1 - abs(1 - 2 * self._turn)))
        else:
            bar.setWidth(groove.width() * min(1.0, share))
        painter.drawRoundedRect(bar, _LINE / 2, _LINE / 2)

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
            self.zoom_by(event.angleDelta().y() / 120, event.position())
        elif not self.viewport_.fitted:
            self._pan(QPointF(event.pixelDelta() if not event.pixelDelta().isNull() else event.angleDelta() / 2))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Middle button, or Space and the left one: take hold of the picture."""
        wanted = (
            (Qt.MouseButton.MiddleButton, Qt.MouseButton.LeftButton) if self._space else (Qt.MouseButton.MiddleButton,)
        )
        if event.button() in wanted:
            self._grip = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag what is held."""
        if self._grip is not None:
            self._pan(event.position() - self._grip)
            self._grip = event.position()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go."""
        self._grip = None
        self._point()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Between the whole picture and its own size."""
        self.zoom_to(1.0) if self.viewport_.fitted else self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space readies the hand."""
        if event.key() == Qt.Key.Key_Space:
            self._space = True
            self._point()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space up: an arrow again."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self._point()
        else:
            super().keyReleaseEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the picture."""
        self.menu_wanted.emit(QPointF(event.globalPos()))

    def _settle(self, size: Size) -> None:
        self._before = None
        self._fade.stop()
        if size != self.viewport_.picture:
            self.viewport_.picture = size
            self.viewport_.fit()
            self._moved()

    def _pan(self, delta: QPointF) -> None:
        self.viewport_.pan(delta)
        self._moved()

    def _moved(self) -> None:
        self.viewport_.view, self.viewport_.ratio = QSizeF(self.size()), self.devicePixelRatioF()
        self.zoomed.emit(self.zoom)
        self.update()

    def _point(self) -> None:
        self.setCursor(Qt.CursorShape.OpenHandCursor if self._space else Qt.CursorShape.ArrowCursor)

    def _faded(self) -> None:
        self._before = None
        self.update()

    def _beat(self) -> None:
        self._turn = (self._turn + _PULSE / 1600) % 1.0
        self.update()

    def _may_move(self) -> bool:
        """Does the desktop ask for reduced motion?"""
        return self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0


def _paint_shadow(painter: QPainter, rect: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 18))
    for spread in range(_SHADOW, 0, -2):
        painter.drawRoundedRect(rect.adjusted(-spread, -spread + 2, spread, spread + 2), spread, spread)
