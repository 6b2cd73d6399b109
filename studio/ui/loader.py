"""Reads pictures away from the window's thread."""

from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage, QImageReader

from studio.domain.user_paths import expanded

WHOLE = 0
MAX_MEGABYTES = 512  # of one decoded picture; a small file may claim to be enormous


class PictureLoader(QObject):
    """A small pool of reading threads; `loaded` is emitted in the window's thread."""

    loaded = Signal(str, int, QImage)  # path, limit, picture (null when it cannot be read)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(2)
        self._under_way: set[tuple[str, int]] = set()
        self._closed = False
        self.loaded.connect(self._done)

    def request(self, path: str, limit: int = WHOLE) -> None:
        """Read a file, scaled down into a square of `limit` pixels; `WHOLE` keeps its size."""
        key = (path, limit)
        if self._closed or key in self._under_way:
            return
        self._under_way.add(key)
        self._pool.start(lambda: self._read(path, limit))

    def close(self) -> None:
        """Forget what waits and let the threads end."""
        self._closed = True
        self._pool.clear()
        self._pool.waitForDone()

    def _read(self, path: str, limit: int) -> None:
        image = QImage() if self._closed else read_picture(path, limit)
        self.loaded.emit(path, limit, image)

    def _done(self, path: str, limit: int, _image: QImage) -> None:
        self._under_way.discard((path, limit))


def read_picture(path: str, limit: int = WHOLE) -> QImage:
    """The picture at `path`, upright, no larger than `limit` a side; a null image when it cannot be read."""
    file = expanded(Path(path))
    if not file.is_file():
        return QImage()
    reader = QImageReader(str(file))
    reader.setAutoTransform(True)
    reader.setDecideFormatFromContent(True)
    reader.setAllocationLimit(MAX_MEGABYTES)
    size = reader.size()
    if limit and size.isValid() and max(size.width(), size.height()) > limit:
        reader.setScaledSize(size.scaled(QSize(limit, limit), Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()
