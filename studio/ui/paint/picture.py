"""The composed document on the screen: drawn where it changed, under a view that zooms, turns and mirrors."""

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPixmap,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from studio.domain.geometry import Rect
from studio.ui.paint.composition import Composition, level_for
from studio.ui.paint.view import NOTCH, View
from studio.ui.theme.tokens import COLOURS

CHECK = 8  # logical pixels of a square that stands for transparency
_CHECKS = ("#8f8f94", "#a3a3a8")
_SPARE = 2  # pixels around a patch that smoothing looks at
_CRISP = 2.0  # times; from here on pixels are shown as squares


class Picture(QWidget):
    """Draws the composed document under a `View`, and only what changed.

    What the document looks like is kept in an image of the widget's size; overlays are drawn above it in `paint_over`,
    which subclasses fill, so that an overlay that moves costs no composing.
    """

    view_changed = Signal(object)  # View

    def __init__(self, composition: Composition, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        self.view = View(self.width(), self.height(), self.devicePixelRatioF())
        self.canvas = Rect(0, 0, 1, 1)
        self.fitted = True  # follows the size of the window until the user zooms or pans
        self.composition = composition
        self._screen = QImage()
        self._stale = QRegion()
        composition.arrived.connect(self._arrived)

    def show_canvas(self, canvas: Rect) -> None:
        """A document of another size."""
        if canvas != self.canvas:
            self.canvas = canvas
            self.fit()

    def set_view(self, view: View, *, fitted: bool = False) -> None:
        """Look from elsewhere."""
        self.fitted = fitted
        if view != self.view:
            self.view = view
            self.view_changed.emit(view)
            self.redraw()

    def fit(self) -> None:
        """The whole document, from now on."""
        self.set_view(self.view.fitted(self.canvas.size), fitted=True)

    def zoom_to(self, zoom: float, anchor: QPointF | None = None) -> None:
        """A zoom in device pixels per document pixel."""
        self.set_view(self.view.zoomed(zoom, anchor).kept_over(self.canvas.size))

    def zoom_by(self, notches: float, anchor: QPointF | None = None) -> None:
        """Nearer or farther."""
        self.zoom_to(self.view.zoom * NOTCH**notches, anchor)

    def turn(self, degrees: float) -> None:
        """Turn the document clockwise, as a sheet of paper under the hand."""
        self.set_view(self.view.turned(degrees))

    def straighten(self) -> None:
        """Upright again."""
        self.set_view(self.view.turned(self.view.angle if self.view.mirrored else -self.view.angle))

    def mirror(self) -> None:
        """What is seen, from left to right."""
        self.set_view(self.view.flipped(), fitted=self.fitted)

    def redraw(self, rect: Rect | None = None) -> None:
        """Draw a rectangle of the document again, None for all."""
        if rect is None:
            self._stale = QRegion(self.rect())
            self.update()
            return
        part = self.view.screen_rect(rect).adjusted(-_SPARE, -_SPARE, _SPARE, _SPARE).toAlignedRect()
        part = part.intersected(self.rect())
        self._stale += part
        self.update(part)

    @property
    def level(self) -> int:
        """The level of tiles that is drawn."""
        return level_for(self.view.zoom)

    def paint_over(self, painter: QPainter, part: QRectF) -> None:
        """What is drawn over the picture, in logical pixels; `part` is what is drawn again."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bring the kept image up to date, show it, draw over it."""
        self._renew()
        painter = QPainter(self)
        part = QRectF(event.rect())
        ratio = self.view.ratio
        source = QRectF(part.x() * ratio, part.y() * ratio, part.width() * ratio, part.height() * ratio)
        painter.drawImage(part, self._screen, source)
        self.paint_over(painter, part)
        if self.hasFocus():
            painter.setPen(QColor(COLOURS.edge))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stay fitted, or keep the middle."""
        super().resizeEvent(event)
        self._resized()

    def changeEvent(self, event: QEvent) -> None:
        """Another screen may have another pixel ratio."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._resized()

    def _resized(self) -> None:
        view = self.view.resized(self.width(), self.height(), self.devicePixelRatioF())
        self.set_view(view.fitted(self.canvas.size) if self.fitted else view, fitted=self.fitted)

    def _arrived(self, rect: Rect) -> None:
        self.redraw(rect)

    def _renew(self) -> None:
        ratio = self.view.ratio
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        if (self._screen.width(), self._screen.height()) != (width, height):
            self._screen = QImage(width, height, QImage.Format.Format_RGB32)
            self._stale = QRegion(self.rect())
        if self._stale.isEmpty():
            return
        self.composition.want(self.level, self.view.visible)
        painter = QPainter(self._screen)
        painter.scale(ratio, ratio)
        for part in self._stale:  # type: ignore[attr-defined]  # the stubs know nothing of it
            self._draw(painter, QRectF(part))
        painter.end()
        self._stale = QRegion()

    def _draw(self, painter: QPainter, part: QRectF) -> None:
        """The ground, the checks under the document, and the document, inside a rectangle of the screen."""
        painter.save()
        painter.setClipRect(part)
        painter.fillRect(part, QColor(COLOURS.canvas))
        sheet = QPainterPath()
        sheet.addPolygon(self.view.screen_polygon(self.canvas))
        sheet.closeSubpath()
        painter.setClipPath(sheet, Qt.ClipOperation.IntersectClip)
        painter.fillRect(part, _checks())
        self._draw_patch(painter, self.view.document_rect(part).grown(_SPARE << self.level))
        painter.restore()

    def _draw_patch(self, painter: QPainter, seen: Rect) -> None:
        level = self.level
        rect = seen.intersected(self.canvas)
        if rect.empty:
            return
        left, top = rect.x >> level, rect.y >> level
        right, bottom = -(-rect.right >> level), -(-rect.bottom >> level)
        patch = self.composition.patch(level, Rect(left, top, right - left, bottom - top))
        times = self.view.zoom * (1 << level)
        crisp = times >= _CRISP or (times == 1.0 and self.view.angle % 90 == 0)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not crisp)
        painter.setTransform(self.view.transform() * painter.transform())
        painter.drawImage(QRectF(left << level, top << level, patch.width() << level, patch.height() << level), patch)


def _checks() -> QBrush:
    side = CHECK * 2
    tile = QPixmap(side, side)
    tile.fill(QColor(_CHECKS[0]))
    painter = QPainter(tile)
    painter.fillRect(0, 0, CHECK, CHECK, QColor(_CHECKS[1]))
    painter.fillRect(CHECK, CHECK, CHECK, CHECK, QColor(_CHECKS[1]))
    painter.end()
    return QBrush(tile)
