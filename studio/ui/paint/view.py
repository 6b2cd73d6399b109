"""Where the document lies on the screen: one immutable value, the only place that turns one's points into the other's.

Screen points are logical pixels of the surface, document points are pixels of the document; y grows downwards in both.
"""

import dataclasses
import functools
import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPolygonF, QTransform

from studio.domain.geometry import Rect, Size

MARGIN = 32.0  # logical pixels around a document that is fitted
LEAST, MOST = 0.02, 64.0
NOTCH = 1.25  # factor of one wheel notch or key
FIT_MOST = 4.0  # a small document is not blown up beyond this to fill a large screen


@dataclass(frozen=True, slots=True)
class View:
    """A surface of `width` × `height` that looks at the document's point (`x`, `y`), which lies in its middle.

    `zoom` is device pixels per document pixel on a screen of `ratio` device pixels per logical one. The document is
    turned by `angle` degrees clockwise; `mirrored` flips what is seen from left to right, after the turn.
    """

    width: float = 1.0
    height: float = 1.0
    ratio: float = 1.0
    zoom: float = 1.0
    x: float = 0.0
    y: float = 0.0
    angle: float = 0.0
    mirrored: bool = False

    @property
    def scale(self) -> float:
        """Logical pixels per document pixel."""
        return self.zoom / self.ratio

    @property
    def upright(self) -> bool:
        """Whether the document's rows are rows of the screen, read from the left."""
        return self.angle == 0 and not self.mirrored

    def transform(self) -> QTransform:
        """From the document to the screen; upright documents begin on whole device pixels, so that they stay sharp.

        Not to be changed: it is handed out again.
        """
        return _both_ways(self)[0]

    def to_screen(self, x: float, y: float) -> QPointF:
        """A point of the document on the screen."""
        return self.transform().map(QPointF(x, y))

    def to_document(self, point: QPointF) -> QPointF:
        """A point of the screen in the document."""
        return self._inverse().map(point)

    def screen_rect(self, rect: Rect) -> QRectF:
        """The smallest upright rectangle of the screen that holds a rectangle of the document."""
        return self.transform().mapRect(QRectF(rect.x, rect.y, rect.width, rect.height))

    def screen_polygon(self, rect: Rect) -> QPolygonF:
        """The corners of a rectangle of the document, on the screen."""
        return self.transform().map(QPolygonF(QRectF(rect.x, rect.y, rect.width, rect.height)))

    def document_rect(self, rect: QRectF) -> Rect:
        """The smallest rectangle of whole document pixels that holds a rectangle of the screen."""
        found = self._inverse().mapRect(rect)
        left, top = math.floor(found.left() + 1e-6), math.floor(found.top() + 1e-6)
        return Rect(left, top, math.ceil(found.right() - 1e-6) - left, math.ceil(found.bottom() - 1e-6) - top)

    @property
    def visible(self) -> Rect:
        """The pixels of the document that may be in sight."""
        return self.document_rect(QRectF(0, 0, self.width, self.height))

    def resized(self, width: float, height: float, ratio: float) -> "View":
        """The same on a surface of another size; what one device pixel shows stays."""
        return dataclasses.replace(self, width=max(1.0, width), height=max(1.0, height), ratio=ratio)

    def zoomed(self, zoom: float, anchor: QPointF | None = None) -> "View":
        """Another zoom, kept within limits; the document's point under `anchor` (default: the middle) stays there."""
        return self._around(anchor, zoom=min(MOST, max(LEAST, zoom)))

    def panned(self, dx: float, dy: float) -> "View":
        """The document moved by logical pixels of the screen."""
        middle = self.to_document(QPointF(self.width / 2, self.height / 2))
        there = self.to_document(QPointF(self.width / 2 - dx, self.height / 2 - dy))
        return dataclasses.replace(self, x=self.x + there.x() - middle.x(), y=self.y + there.y() - middle.y())

    def turned(self, degrees: float, anchor: QPointF | None = None) -> "View":
        """The document turned on the screen, clockwise as it is seen."""
        by = -degrees if self.mirrored else degrees
        angle = math.remainder(self.angle + by, 360.0)
        return self._around(anchor, angle=0.0 if abs(angle) < 1e-9 else angle)

    def flipped(self) -> "View":
        """What is seen, from left to right."""
        return dataclasses.replace(self, mirrored=not self.mirrored)

    def fitted(self, size: Size) -> "View":
        """The whole document with a margin, as far as the zoom may go."""
        turn = QTransform().rotate(self.angle)
        seen = turn.mapRect(QRectF(0, 0, size.width, size.height))
        width, height = max(1.0, self.width - 2 * MARGIN), max(1.0, self.height - 2 * MARGIN)
        zoom = min(width / seen.width(), height / seen.height(), FIT_MOST) * self.ratio
        zoom = min(MOST, max(LEAST, zoom))
        return dataclasses.replace(self, zoom=zoom, x=size.width / 2, y=size.height / 2)

    def kept_over(self, size: Size) -> "View":
        """The same, but the middle of the surface lies on the document, so that it cannot be lost."""
        return dataclasses.replace(self, x=min(max(self.x, 0.0), size.width), y=min(max(self.y, 0.0), size.height))

    def _turned(self) -> QTransform:
        """The way to the screen without the move."""
        turned = QTransform()
        turned.scale(-1.0 if self.mirrored else 1.0, 1.0)
        turned.rotate(self.angle)
        turned.scale(self.scale, self.scale)
        return turned

    def _inverse(self) -> QTransform:
        return _both_ways(self)[1]

    def _around(self, anchor: QPointF | None, **changes: float) -> "View":
        at = QPointF(self.width / 2, self.height / 2) if anchor is None else anchor  # a point of zeros is false
        point = self.to_document(at)
        changed: View = dataclasses.replace(self, **changes)  # type: ignore[arg-type]
        away = changed._turned().inverted()[0].map(QPointF(at.x() - self.width / 2, at.y() - self.height / 2))
        return dataclasses.replace(changed, x=point.x() - away.x(), y=point.y() - away.y())

    def _whole(self, length: float) -> float:
        return round(length * self.ratio) / self.ratio


@functools.lru_cache(maxsize=8)
def _both_ways(view: View) -> tuple[QTransform, QTransform]:
    """From the document to the screen, and back; a dozen things ask for it at each movement of the pen."""
    turned = view._turned()
    middle = turned.map(QPointF(view.x, view.y))
    left, top = view.width / 2 - middle.x(), view.height / 2 - middle.y()
    if view.angle % 90 == 0:
        left, top = view._whole(left), view._whole(top)
    there = turned * QTransform.fromTranslate(left, top)
    return there, there.inverted()[0]
