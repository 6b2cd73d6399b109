"""The whole canvas in small, and what of it is in sight: a click or a drag goes there."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QThreadPool, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QTransform, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.domain.document.document import Document
from studio.domain.errors import StudioError
from studio.imaging.composing.courtesy import COURTESY
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.picture import Picture
from studio.ui.paint.pictures import image_of
from studio.ui.theme.tokens import COLOURS, SPACE

_SIDE = 256  # pixels of the small picture
_DELAY = 200  # milliseconds after an edit


class Navigator(QWidget):
    """Shows a desk's document, and moves the view of a surface."""

    _made = Signal(object)

    def __init__(self, desk: PaintDesk, surface: Picture, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._surface = desk, surface
        self._image = QImage()
        self._busy = self._closed = False
        self._asked: Document | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Navigator"))
        self.setToolTip(self.tr("Click or drag to look elsewhere; the wheel zooms"))
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._timer = QTimer(self, singleShot=True, interval=_DELAY)
        self._timer.timeout.connect(self._ask)
        self._made.connect(self._take)
        desk.changed.connect(lambda *_: self._want())
        surface.view_changed.connect(lambda _: self.update())

    def close_work(self) -> None:
        """Wait for what is being made."""
        self._closed = True
        self._timer.stop()
        self._pool.waitForDone()
        self._made.disconnect(self._take)

    def sizeHint(self) -> QSize:
        """As high as the colours beside it."""
        return QSize(200, 160)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, and a frame around what is in sight."""
        if self._asked is not self._desk.document and not self._timer.isActive():
            self._ask()
        painter = QPainter(self)
        place = self._place()
        painter.fillRect(place, QColor(COLOURS.field))
        if not self._image.isNull():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, self._image)
        view = self._surface.view
        corners = [QPointF(0, 0), QPointF(view.width, 0), QPointF(view.width, view.height), QPointF(0, view.height)]
        seen = self._transform().map(QPolygonF([view.to_document(corner) for corner in corners]))
        painter.setClipRect(place.adjusted(-1, -1, 1, 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((QColor(0, 0, 0, 160), 3.0), (QColor(COLOURS.lamp), 1.5)):
            painter.setPen(QPen(colour, width))
            painter.drawPolygon(seen)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Look there."""
        at = self._transform().inverted()[0].map(event.position())
        view = self._surface.view
        here = view.to_screen(at.x(), at.y())
        moved = view.panned(view.width / 2 - here.x(), view.height / 2 - here.y())
        self._surface.set_view(moved.kept_over(self._surface.canvas.size))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """And go on."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Nearer or farther."""
        self._surface.zoom_by(event.angleDelta().y() / 120)
        event.accept()

    def _place(self) -> QRectF:
        size = self._desk.document.size
        room = QRectF(self.rect()).adjusted(SPACE.medium, SPACE.hair, -SPACE.medium, -SPACE.small)
        scale = min(room.width() / size.width, room.height() / size.height)
        place = QRectF(0, 0, size.width * scale, size.height * scale)
        place.moveCenter(room.center())
        return place

    def _transform(self) -> QTransform:
        place = self._place()
        scale = place.width() / self._desk.document.size.width
        return QTransform.fromScale(scale, scale) * QTransform.fromTranslate(place.x(), place.y())

    def _want(self) -> None:
        if self.isVisible() and not self._timer.isActive() and not self._closed:
            self._timer.start()

    def _ask(self) -> None:
        if self._busy or self._closed:
            return
        self._busy = True
        self._asked = document = self._desk.document
        self._pool.start(lambda: self._make(document))

    def _make(self, document: Document) -> None:
        pixels = None
        try:
            with COURTESY.patience():
                pixels = self._desk.compositor.thumbnail(document, _SIDE)
        except StudioError:
            pixels = None  # the picture itself tells of a damaged tile
        finally:
            self._made.emit(pixels)

    @Slot(object)
    def _take(self, pixels: object) -> None:
        self._busy = False
        if pixels is not None:
            self._image = image_of(pixels)  # type: ignore[arg-type]
            self.update()
