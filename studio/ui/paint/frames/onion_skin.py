"""Onion skin on the canvas: the frames around the one that is repaired there, tinted, where they differ from it."""

from concurrent.futures import Future, ThreadPoolExecutor

from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtGui import QImage, QPainter

from studio.domain.document.document import FrameRepair
from studio.domain.geometry import Size
from studio.session.clips.takes import TakeStore
from studio.ui.paint.frames.frame_desk import FrameDesk
from studio.ui.paint.view import View
from studio.ui.player.onion import OnionSkin, onion

Key = tuple[object, ...]


class CanvasOnion(QObject):
    """Lies over the canvas while it is on and a frame is repaired; made beside the window's thread.

    `changed` tells that the canvas looks another way.
    """

    changed = Signal()
    _made = Signal(object, object)  # what it is of, a Future
    _kept = Signal()  # frames of its take are others

    def __init__(self, frames: FrameDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.on = False
        self.skin = OnionSkin()
        self._frames = frames
        self._thread: ThreadPoolExecutor | None = None
        self._key: Key = ()
        self._image: QImage | None = None
        self._made.connect(self._show)
        frames.changed.connect(self._look)
        frames.takes.changed.connect(self._stored)
        self._kept.connect(self._look)

    def switch(self, on: bool) -> None:
        """See the frames around, or not."""
        self.on = on
        self._look()

    def paint(self, painter: QPainter, view: View) -> None:
        """In the frame's place."""
        repair = self._frames.repair
        if self._image is None or repair is None:
            return
        painter.save()
        painter.setTransform(view.transform(), True)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        rect = repair.rect
        painter.drawImage(QRectF(rect.x, rect.y, rect.width, rect.height), self._image)
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
        if self.on and repair is not None and repair.take == take:
            self._kept.emit()

    def _look(self) -> None:
        repair = self._frames.repair
        if not self.on or repair is None:
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
