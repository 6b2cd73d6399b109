"""Thumbnails and waves for a panel, from the frames and files of its project."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from studio.domain.document.document import Document
from studio.ui.timeline.panel import TimelinePanel
from studio.ui.timeline.thumbnails import FrameThumbnails
from studio.ui.timeline.waves import FileWaves

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from studio.domain.timeline.model import Media


class Supplies(QObject):
    """Gives a panel what `pixels(media, source)` brings, uint8 (H, W, 4) straight alpha, and the loudness of its
    sounds, and lets it look again when there is more. `close` before the panel goes.
    """

    def __init__(self, panel: TimelinePanel, pixels: "Callable[[Media, int], NDArray[np.uint8]]") -> None:
        super().__init__(panel)
        self._desk = panel.desk
        self.thumbnails, self.waves = FrameThumbnails(pixels, self), FileWaves(self)
        panel.strip.thumbnails, panel.strip.waves = self.thumbnails, self.waves
        self.thumbnails.made.connect(panel.look_again)
        self.waves.made.connect(panel.look_again)
        self._desk.takes_changed.connect(self.thumbnails.forget_take)
        self._desk.desk.changed.connect(self._document_changed)

    def forget_file(self, path: str) -> None:
        """A file is another now, or has been found again."""
        self.thumbnails.forget_file(path)
        self.waves.forget(path)

    def close(self) -> None:
        """Wait for what is being made."""
        self._desk.desk.changed.disconnect(self._document_changed)
        self._desk.takes_changed.disconnect(self.thumbnails.forget_take)
        self.thumbnails.close()
        self.waves.close()

    def _document_changed(self, document: Document, previous: Document) -> None:
        if document.layers is not previous.layers or document.size != previous.size:
            self.thumbnails.forget_canvas()
