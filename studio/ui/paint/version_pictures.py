"""Small pictures of the versions in the history, made one after another away from the window's thread."""

from collections.abc import Iterable

from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from studio.domain.document.document import Document
from studio.domain.errors import StudioError
from studio.imaging.composing.courtesy import COURTESY
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.pictures import image_of

SIDE = 96  # pixels, at most
_KEPT = 512  # pictures: 18 MB
_DELAY = 100  # milliseconds before each: a drag makes many versions, and the pen comes first


class VersionPictures(QObject):
    """`made` tells the id of a version whose picture is there now."""

    made = Signal(int)
    _ready = Signal(int, object, object)  # id, Document, pixels or None

    def __init__(self, desk: PaintDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._known: dict[int, tuple[Document, QImage]] = {}
        self._wanted: dict[int, None] = {}
        self._busy = self._closed = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._timer = QTimer(self, singleShot=True, interval=_DELAY)
        self._timer.timeout.connect(self._next)
        self._ready.connect(self._take)

    def picture(self, version_id: int) -> QImage | None:
        """The picture of a version, if it was made; while a step goes on, that of its beginning."""
        known = self._known.get(version_id)
        return known[1] if known is not None else None

    def want(self, version_ids: Iterable[int]) -> None:
        """Make these pictures, the first first and before all that were wanted earlier."""
        wanted = dict.fromkeys((*version_ids, *self._wanted))
        self._wanted = dict.fromkeys(list(wanted)[:_KEPT])
        if self._wanted and not self._busy and not self._closed and not self._timer.isActive():
            self._timer.start()

    def close_work(self) -> None:
        """Wait for the one that is being made."""
        self._closed = True
        self._timer.stop()
        self._pool.waitForDone()
        self._ready.disconnect(self._take)

    def _next(self) -> None:
        if self._desk.screen_busy():
            self._timer.start()
            return
        history = self._desk.session.history
        while self._wanted:
            version_id = next(iter(self._wanted))
            del self._wanted[version_id]
            try:
                document = history.document_of(version_id)
            except StudioError:
                continue  # it left the history, or is damaged, which is told to whoever goes there
            known = self._known.get(version_id)
            if known is None or known[0] is not document:
                self._busy = True
                self._pool.start(lambda version_id=version_id, document=document: self._make(version_id, document))
                return

    def _make(self, version_id: int, document: Document) -> None:
        pixels = None
        try:
            with COURTESY.patience():
                pixels = self._desk.compositor.thumbnail(document, SIDE)
        except StudioError:
            pixels = None  # the picture itself tells of a damaged tile
        finally:
            self._ready.emit(version_id, document, pixels)

    @Slot(int, object, object)
    def _take(self, version_id: int, document: Document, pixels: object) -> None:
        self._busy = False
        if pixels is not None:
            self._known.pop(version_id, None)
            self._known[version_id] = document, image_of(pixels)  # type: ignore[arg-type]
            while len(self._known) > _KEPT:
                del self._known[next(iter(self._known))]
            self.made.emit(version_id)
        self.want(())
