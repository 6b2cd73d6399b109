"""What lies over the canvas while a frame is repaired there: a veil over all that is not part of it, and onion skin.

The frames before and after are seen tinted, where they differ from the one on the canvas.
"""

from concurrent.futures import Future, ThreadPoolExecutor

from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath

from studio.domain.document.document import FrameRepair
from studio.domain.geometry import Rect, Size
from studio.session.clips.takes import TakeStore
from studio.ui.paint.frames.frame_desk import FrameDesk
from studio.ui.paint.view import View
from studio.ui.player.onion import OnionSkin, onion

Key = tuple[object, ...]
_VEIL = QColor(17, 17, 19, 165)


class FrameOverlay(QObject):
    """Drawn while a frame is on the canvas; the onion skin only while it is wanted, made beside the window's thread.

    `changed` tells that the canvas looks another way.
    """

    changed = Signal()
    _made = Signal(object, object)  # what it is of, a Future
    _kept = Signal()  # frames of its take are others

    def __init__(self, frames: FrameDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.onion = False  # is the onion skin wanted?
        self.skin = OnionSkin()
        self._frames = frames
        self._thread: ThreadPoolExecutor | None = None
        self._key: Key = ()
        self._image: QImage | None = None
        self._made.connect(self._show)
        frames.changed.connect(self._look)
        frames.takes.changed.connect(self._stored)
        self._kept.connect(self._look)

    def show_onion(self, wanted: bool) -> None:
        """See the frames around, or not."""
        self.onion = wanted
        self._look()

    def paint(self, painter: QPainter, view: View) -> None:
        """Over the canvas, in logical pixels of the screen."""
        repair = self._frames.repair
        if repair is None:
            return
        place, canvas = _area(repair.rect), _area(self._frames.desk.document.rect)
        painter.save()
        painter.setTransform(view.transform(), True)
        veiled = QPainterPath()
        veiled.addRect(canvas)
        veiled.addRect(place.intersected(canvas))  # odd and even: a hole
        painter.fillPath(veiled, _VEIL)
        if self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, self._image)
        painter.restore()

    def close_work(self) -> None:
        """Nothing comes any more."""
        self._frames.takes.changed.disconnect(self._stored)
        if self._thread is not None:
            self._thread.shutdown(wait=True)
            self._thread = None

    def _stored(self, take: str) -> None:
        """In the thread that writes."""
        repair = self._frames.repair
        if self.onion and repair is not None and repair.take == take:
            self._kept.emit()

    def _look(self) -> None:
        repair = self._frames.repair
        if not self.onion or repair is None:
            self._key, self._image = (), None
            self.changed.emit()
            return
        skin, takes = self.skin, self._frames.takes
        before, after = self._frames.around(skin.before, skin.after)
        key = (repair.take, repair.number, repair.rect, takes.numbers(repair.take) & {*before, *after})
        if key != self._key:
            self._key = key
            self._thread = self._thread or ThreadPoolExecutor(1, "onion")
            made = self._thread.submit(_ghosts, takes, repair, before, after, skin.opacity)
            made.add_done_callback(lambda done: self._made.emit(key, done))

    def _show(self, key: Key, done: "Future[QImage]") -> None:
        if key == self._key:
            self._image = done.result()
            self.changed.emit()


def _area(rect: Rect) -> QRectF:
    return QRectF(rect.x, rect.y, rect.width, rect.height)


def _ghosts(
    takes: TakeStore, repair: FrameRepair, before: tuple[int, ...], after: tuple[int, ...], opacity: float
) -> QImage:
    def image(number: int) -> QImage | None:
        png = takes.png(repair.take, number)
        found = QImage.fromData(png) if png is not None else QImage()
        return None if found.isNull() else found

    size = Size(repair.rect.width, repair.rect.height)
    ground = image(repair.number)
    return onion([image(n) for n in before], [image(n) for n in after], size, opacity, ground)
