"""Where a picture lies in a view: pure arithmetic, in logical pixels of the view."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF

from studio.domain.geometry import Size

MARGIN = 24.0
LEAST, MOST = 0.02, 32.0
FIT_MOST = 4.0  # a small picture is not blown up beyond this to fill a large screen
NOTCH = 1.2  # factor of one wheel notch


@dataclass
class Viewport:
    """`zoom` is device pixels per picture pixel; `centre` the picture's point in the middle of the view."""

    view: QSizeF
    picture: Size
    ratio: float = 1.0
    zoom: float = 1.0
    centre: QPointF | None = None  # None keeps the whole picture fitted

    @property
    def fitted(self) -> bool:
        """Does the picture follow the size of the view?"""
        return self.centre is None

    @property
    def scale(self) -> float:
        """Logical pixels per picture pixel."""
        return (self.fit_zoom() if self.fitted else self.zoom) / self.ratio

    @property
    def _middle(self) -> QPointF:
        """The picture's point in the middle of the view; `is None`, because a QPointF at the origin is false."""
        return QPointF(self.picture.width / 2, self.picture.height / 2) if self.centre is None else self.centre

    def fit_zoom(self) -> float:
        """The zoom that shows the whole picture with a margin."""
        width = max(1.0, self.view.width() - 2 * MARGIN)
        height = max(1.0, self.view.height() - 2 * MARGIN)
        fitting = min(width / self.picture.width, height / self.picture.height) * self.ratio
        return max(LEAST, min(FIT_MOST * self.ratio, fitting))

    def rect(self) -> QRectF:
        """The picture's place in the view, on whole device pixels so that it stays sharp."""
        width, height = self.picture.width * self.scale, self.picture.height * self.scale
        middle = self._middle
        left = self.view.width() / 2 - middle.x() * self.scale
        top = self.view.height() / 2 - middle.y() * self.scale
        return QRectF(self._snapped(left), self._snapped(top), self._snapped(width), self._snapped(height))

    def fit(self) -> None:
        """Show the whole picture from now on."""
        self.centre = None

    def zoom_to(self, zoom: float, anchor: QPointF | None = None) -> None:
        """Change the zoom; the picture's point under `anchor` (default: the middle) stays where it is."""
        at = QPointF(self.view.width() / 2, self.view.height() / 2) if anchor is None else anchor
        point = self.to_picture(at)
        self.zoom = max(LEAST, min(MOST, zoom))
        scale = self.zoom / self.ratio
        self.centre = QPointF(
            point.x() - (at.x() - self.view.width() / 2) / scale, point.y() - (at.y() - self.view.height() / 2) / scale
        )

    def pan(self, delta: QPointF) -> None:
        """Move the picture by `delta` logical pixels; some of it always stays in view."""
        scale, middle = self.scale, self._middle
        self.zoom = scale * self.ratio
        self.centre = QPointF(
            min(max(middle.x() - delta.x() / scale, 0.0), float(self.picture.width)),
            min(max(middle.y() - delta.y() / scale, 0.0), float(self.picture.height)),
        )

    def to_picture(self, point: QPointF) -> QPointF:
        """A point of the view in the picture's pixels."""
        rect = self.rect()
        return QPointF((point.x() - rect.left()) / self.scale, (point.y() - rect.top()) / self.scale)

    def _snapped(self, length: float) -> float:
        return round(length * self.ratio) / self.ratio
