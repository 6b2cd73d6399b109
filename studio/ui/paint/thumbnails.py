"""Small pictures of layers and of versions, made away from the window's thread."""

from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal, Slot

from studio.domain.document.document import Document
from studio.domain.document.layers import ImageLayer, Layer, PaintLayer
from studio.domain.errors import StudioError
from studio.domain.geometry import Size
from studio.imaging.composing.courtesy import COURTESY
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.panels.layer_row import THUMBNAIL
from studio.ui.paint.pictures import image_of

_DELAY = 150  # milliseconds after an edit: a drag makes many


class Thumbnails(QObject):
    """`made` brings the id of a layer and its picture (QImage), `THUMBNAIL` pixels a side."""

    made = Signal(str, object)
    _ready = Signal(object, object)  # Layer, pixels or None

    def __init__(self, desk: PaintDesk, ratio: float = 1.0, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._ratio = desk, ratio
        self._known: dict[str, tuple[object, Size]] = {}
        self._document = Document()
        self._busy = self._closed = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._timer = QTimer(self, singleShot=True, interval=_DELAY)
        self._timer.timeout.connect(self._next)
        self._ready.connect(self._take)

    def want(self, document: Document) -> None:
        """Bring the pictures of these layers up to date, a moment from now."""
        self._document = document
        if not self._timer.isActive() and not self._closed:
            self._timer.start()

    def close(self) -> None:
        """Wait for what is being made."""
        self._closed = True
        self._timer.stop()
        self._pool.waitForDone()
        self._ready.disconnect(self._take)

    def _next(self) -> None:
        if self._busy or self._closed:
            return
        if self._desk.screen_busy():
            self._timer.start()
            return
        document = self._document
        for layer in document.walk():
            if (content := _content(layer)) is not None and self._known.get(layer.id) != (content, document.size):
                self._known[layer.id] = (content, document.size)
                self._busy = True
                self._pool.start(lambda layer=layer: self._make(layer, document))
                return

    def _make(self, layer: Layer, document: Document) -> None:
        pixels = None
        try:
            side = round(THUMBNAIL * self._ratio)
            with COURTESY.patience():
                pixels = self._desk.compositor.layer_thumbnail(layer, document.rect, side)
        except StudioError:
            pixels = None  # the picture itself tells of a damaged tile
        finally:
            self._ready.emit(layer, pixels)

    @Slot(object, object)
    def _take(self, layer: Layer, pixels: object) -> None:
        self._busy = False
        if pixels is not None:
            self.made.emit(layer.id, image_of(pixels))  # type: ignore[arg-type]
        self._next()


def _content(layer: Layer) -> object:
    """What decides a layer's picture; None for those that have a sign instead."""
    if isinstance(layer, PaintLayer):
        return layer.tiles
    return (layer.tiles, layer.matrix) if isinstance(layer, ImageLayer) else None
