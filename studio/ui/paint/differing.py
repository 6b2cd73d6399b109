"""Shows how a candidate differs from the canvas, also while the canvas is painted on."""

from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal, Slot

from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.errors import StudioError
from studio.imaging.blend import blend
from studio.imaging.difference import Difference, difference, heat
from studio.imaging.tiles import Pixels
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.pictures import image_of
from studio.ui.paint.staging import Candidate, Contrast, Staging

_DELAY = 60  # milliseconds after a change: a drag makes many


class Differing(QObject):
    """Makes what the staging bar wants to show: in a thread of its own, the latest wish only."""

    _made = Signal(object, object)  # Candidate, (Difference, pixels) or None

    def __init__(self, desk: PaintDesk, staging: Staging, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._staging = desk, staging
        self._busy = self._stale = self._closed = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._timer = QTimer(self, singleShot=True, interval=_DELAY)
        self._timer.timeout.connect(self._begin)
        self._made.connect(self._take)
        staging.contrast_wanted.connect(self._begin)
        desk.changed.connect(lambda *_: self._changed())

    def close_work(self) -> None:
        """Wait for the one that is being made."""
        self._closed = True
        self._timer.stop()
        self._pool.waitForDone()
        self._made.disconnect(self._take)

    def _changed(self) -> None:
        if self._staging.contrasting and not self._timer.isActive():
            self._timer.start()

    def _begin(self) -> None:
        shown = self._staging.current
        if self._closed or shown is None or not self._staging.contrasting:
            return
        self._stale = self._busy
        if not self._busy:
            self._busy = True
            document = self._desk.document
            self._pool.start(lambda: self._make(shown, document))

    def _make(self, shown: Candidate, document: Document) -> None:
        found = None
        try:
            before = self._desk.compositor.render(document, shown.patch.rect)
            apart = difference(before, blend(BlendMode.NORMAL, before, shown.patch.pixels))
            found = apart, heat(apart.strengths)
        except StudioError:
            found = None  # the picture itself tells of a damaged tile
        finally:
            self._made.emit(shown, found)

    @Slot(object, object)
    def _take(self, shown: Candidate, found: tuple[Difference, Pixels] | None) -> None:
        self._busy = False
        if found is not None:
            apart, pixels = found
            self._staging.show_contrast(Contrast(shown, image_of(pixels), self._words(apart)))
        if self._stale:
            self._begin()

    def _words(self, apart: Difference) -> str:
        if not apart.most:
            return self.tr("Nothing differs")
        text = self.tr("{share} % of the pixels differ, by up to {most} of 255")
        share = apart.share * 100
        return text.format(share=f"{share:.0f}" if share >= 1 else f"{share:.1g}", most=apart.most)
