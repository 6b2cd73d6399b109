"""Thumbnails of frames, made away from the window's thread; the latest wish first, old wishes dropped."""

from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QThreadPool, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from studio.domain.timeline.model import Canvas, Generated, Media

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Key = tuple[str, int, int]  # what it is of, source frame, height
_WISHES = 256
_BYTES = 48 * 1024 * 1024
_TELL = 40  # milliseconds: many new ones are told of at once


class FrameThumbnails(QObject):
    """Shrinks what `pixels(media, source)` brings, uint8 (H, W, 4) straight alpha, which is called in other threads.

    `made` tells that there are new ones. `close` waits for what is being made.
    """

    made = Signal()
    _ready = Signal(object, object)  # Key, QImage

    def __init__(self, pixels: "Callable[[Media, int], NDArray[np.uint8]]", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pixels = pixels
        self._known: OrderedDict[Key, QImage] = OrderedDict()
        self._bytes = 0
        self._stale: set[Key] = set()  # shown until there is a newer one
        self._wishes: deque[tuple[Key, Media]] = deque()
        self._asked: set[Key] = set()
        self._lock = Lock()
        self._closed = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._teller = QTimer(self, singleShot=True, interval=_TELL)
        self._teller.timeout.connect(self.made)
        self._ready.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def picture(self, media: Media, source: int, height: int) -> QImage | None:
        """Source frame `source`, `height` device pixels high, at once; None while it is being made."""
        key = (_name(media), source, height)
        image = self._known.get(key)
        if image is not None:
            self._known.move_to_end(key)
        if image is None or key in self._stale:
            self._want(key, media)
        return image

    def forget_take(self, take_id: str) -> None:
        """Its frames are others now."""
        self._forget(f"take:{take_id}")

    def forget_canvas(self) -> None:
        """The canvas is another now."""
        self._forget("canvas")

    def forget_file(self, path: str) -> None:
        """The file is another now."""
        self._forget(f"file:{path}")

    def close(self) -> None:
        """Wait for what is being made."""
        with self._lock:
            self._closed = True
            self._wishes.clear()
        self._pool.waitForDone()
        self._teller.stop()

    def _forget(self, name: str) -> None:
        self._stale |= {key for key in self._known if key[0] == name}
        self.made.emit()

    def _want(self, key: Key, media: Media) -> None:
        with self._lock:
            if key in self._asked or self._closed:
                return
            self._asked.add(key)
            self._wishes.append((key, media))
            if len(self._wishes) > _WISHES:
                self._asked.discard(self._wishes.popleft()[0])
        self._pool.start(self._make)

    def _make(self) -> None:
        with self._lock:
            if not self._wishes:
                return
            key, media = self._wishes.pop()
        image = QImage()
        try:
            pixels = self._pixels(media, key[1])
            high, wide = pixels.shape[:2]
            data = pixels.tobytes()  # must outlive `whole`
            whole = QImage(data, wide, high, wide * 4, QImage.Format.Format_RGBA8888)
            # tall pictures are shrunk in two goes, of which the first one is quick
            if high > 4 * key[2]:
                whole = whole.scaledToHeight(2 * key[2], Qt.TransformationMode.FastTransformation)
            small = whole.scaledToHeight(key[2], Qt.TransformationMode.SmoothTransformation)
            image = small.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        finally:
            self._ready.emit(key, image)

    @Slot(object, object)
    def _take(self, key: Key, image: QImage) -> None:
        with self._lock:
            self._asked.discard(key)
            if self._closed:
                return
        old = self._known.pop(key, None)
        self._bytes += image.sizeInBytes() - (old.sizeInBytes() if old is not None else 0)
        self._known[key] = image
        self._stale.discard(key)
        while self._bytes > _BYTES and len(self._known) > 1:
            gone, oldest = self._known.popitem(last=False)
            self._stale.discard(gone)
            self._bytes -= oldest.sizeInBytes()
        if not self._teller.isActive():
            self._teller.start()


def _name(media: Media) -> str:
    """What decides a media's pixels, apart from which frame it is."""
    if isinstance(media, Generated):
        return f"take:{media.active}"
    return "canvas" if isinstance(media, Canvas) else f"file:{media.path}"
