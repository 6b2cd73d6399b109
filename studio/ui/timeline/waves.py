"""The loudness of sounds, read away from the window's thread, once for each file."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal, Slot

from studio.domain.errors import StudioError
from studio.domain.timeline.model import Sound
from studio.ui.timeline.wave_paint import PER_SECOND

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class FileWaves(QObject):
    """`made` tells that there is a new one. A file that cannot be read stays without."""

    made = Signal()
    _ready = Signal(str, object)  # path, peaks or None

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: dict[str, NDArray[np.float32] | None] = {}
        self._closed = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._ready.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def peaks(self, media: Sound) -> "NDArray[np.float32] | None":
        """The greatest absolute sample of each hundredth of a second, 0 to 1; None while it is being read."""
        if media.path not in self._known and not self._closed:
            self._known[media.path] = None
            self._pool.start(lambda: self._read(media.path))
        return self._known.get(media.path)

    def forget(self, path: str) -> None:
        """The file is another now."""
        self._known.pop(path, None)
        self.made.emit()

    def close(self) -> None:
        """Wait for what is being read."""
        self._closed = True
        self._pool.clear()
        self._pool.waitForDone()

    def _read(self, path: str) -> None:
        from pathlib import Path

        import numpy as np

        from studio.imaging.video.sound import peaks

        try:
            found = np.abs(peaks(Path(path), PER_SECOND)).max(axis=1)
        except StudioError:
            return  # the clip itself tells of a file that is missing
        if not self._closed:
            self._ready.emit(path, found)

    @Slot(str, object)
    def _take(self, path: str, found: "NDArray[np.float32]") -> None:
        self._known[path] = found
        self.made.emit()
