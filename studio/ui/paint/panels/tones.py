"""How often each tone occurs in what lies under an adjustment layer; counted away from the window's thread."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import GroupLayer, Layer
from studio.domain.errors import StudioError
from studio.imaging.blend import straight
from studio.imaging.compose import Compositor
from studio.imaging.composing.courtesy import COURTESY
from studio.imaging.tiles import Pixels

Heights = Sequence[float]
ALL = "value"  # the channel that is all of them
_SIDE = 256  # pixels of the small picture that is counted
_BINS = 128  # two tones each
_COMMON = 99.0  # percent of the tones that are drawn in full: one that stands out must not flatten the others


class Tones(QObject):
    """Tells the heights (0 to 1) of each channel's histogram under a layer."""

    found = Signal(object)  # dict of channel and heights
    _counted = Signal(object, object)  # what was counted, and what came of it

    def __init__(self, compositor: Compositor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._compositor = compositor
        self._wanted: Document | None = None
        self._shown: Document | None = None
        self.heights: dict[str, Heights] = {}  # as they were counted last
        self._busy = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._counted.connect(self._take)

    def look(self, document: Document, layer_id: str) -> None:
        """Count what lies under a layer, where that is not what was last to be counted."""
        below = Document(document.size, layers_below(document.layers, layer_id))
        latest = self._wanted or self._shown
        if latest is None or below.size != latest.size or not _same(below.layers, latest.layers):
            self._wanted = below
            self._start()

    def close_work(self) -> None:
        """Wait for what is being counted."""
        self._wanted = None
        self._pool.waitForDone()
        self._counted.disconnect(self._take)

    def _start(self) -> None:
        if self._busy or self._wanted is None:
            return
        self._busy, document, self._wanted = True, self._wanted, None
        self._shown = document
        self._pool.start(lambda: self._count(document))

    def _count(self, document: Document) -> None:
        heights: dict[str, Heights] = {}
        try:
            with COURTESY.patience():
                heights = heights_of(self._compositor.thumbnail(document, _SIDE))
        except StudioError:
            heights = {}  # the picture itself tells of a damaged tile
        finally:
            self._counted.emit(document, heights)

    @Slot(object, object)
    def _take(self, _document: Document, heights: dict[str, Heights]) -> None:
        self._busy, self.heights = False, heights
        self.found.emit(heights)
        self._start()


def layers_below(layers: tuple[Layer, ...], layer_id: str) -> tuple[Layer, ...]:
    """What a layer of a stack, or of a group in it, changes: what lies under it, inside its group if that is closed."""
    for number, layer in enumerate(layers):
        if layer.id == layer_id:
            return layers[:number]
        if isinstance(layer, GroupLayer) and any(each.id == layer_id for each in Document(layers=(layer,)).walk()):
            inside = layers_below(layer.children, layer_id)
            return (*layers[:number], *inside) if layer.mode is BlendMode.PASS_THROUGH else inside
    return ()


def heights_of(pixels: Pixels) -> dict[str, Heights]:
    """The heights (0 to 1) of the histograms of premultiplied pixels (h, w, 4), by channel; transparent ones are left
    out, and tones much more common than the rest are cut off at 1.
    """
    seen = straight(np.ascontiguousarray(pixels))[pixels[..., 3] > 0]
    counts = [np.bincount(seen[:, channel] >> 1, minlength=_BINS) for channel in range(3)]
    found = zip((ALL, "red", "green", "blue"), (np.sum(counts, 0), *counts), strict=True)
    return {name: _drawn(count) for name, count in found} if len(seen) else {}


def _drawn(count: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Heights:
    most = np.percentile(count[count > 0], _COMMON)
    heights: list[float] = np.minimum(count / most, 1).tolist()
    return heights


def _same(one: tuple[Layer, ...], other: tuple[Layer, ...]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
